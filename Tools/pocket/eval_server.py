"""Scores a model behind an OpenAI-compatible server on the held-out evaluation set. Needs only the standard library.

  python eval_server.py --url http://127.0.0.1:8080/v1 [--kinds tool_single] [--limit 10] [--minimum 0.95]

Prints the exact answers per kind. The exit status is 1 when a smaller part than --minimum is exact.
"""
import argparse
import collections
import json
import os
import sys
import urllib.request

from scoring import cases, exact

HERE = os.path.dirname(os.path.abspath(__file__))


def request(url, body=None, key="none", timeout=300):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=timeout) as r:
        return json.load(r)


def wire_messages(messages):
    """The messages as the API wants them: calls with identifiers and arguments as text, results that name their call."""
    out, waiting, made = [], [], 0
    for m in messages:
        m = dict(m)
        if m.get("tool_calls"):
            calls = []
            for t in m["tool_calls"]:
                made += 1
                f = t["function"]
                calls.append({"id": f"call_{made}", "type": "function", "function": {"name": f["name"], "arguments": json.dumps(f["arguments"], ensure_ascii=False)}})
            m["tool_calls"] = calls
            m["content"] = m.get("content") or None
            waiting = [t["id"] for t in calls]
        elif m["role"] == "tool" and waiting:
            m["tool_call_id"] = waiting.pop(0)
        out.append(m)
    return out


def arguments(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def offered(tool):
    """A tool without `strict`: that asks the server to constrain the answer, and here the model is scored."""
    return dict(tool, function={key: value for key, value in tool["function"].items() if key != "strict"})


def answer(a, case):
    """Text and calls of the server's answer."""
    body = {"model": a.model, "messages": wire_messages(case["messages"]), "temperature": 0, "max_tokens": 500}
    if case["tools"]:
        body["tools"] = [offered(tool) for tool in case["tools"]]
    m = request(a.url.rstrip("/") + "/chat/completions", body, a.key, a.timeout)["choices"][0]["message"]
    calls = [{"name": t["function"]["name"], "arguments": arguments(t["function"]["arguments"])} for t in m.get("tool_calls") or []]
    return m.get("content") or "", calls


def first_model(a):
    return request(a.url.rstrip("/") + "/models", key=a.key, timeout=a.timeout)["data"][0]["id"]


def show(case, got):
    asked, want = case["messages"][-1]["content"], json.dumps(case["expected"], ensure_ascii=False)
    print(f"-- {case['kind']}\n   {asked[:300]}\n   want {want[:300]}\n   got  {str(got)[:300]}", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--url", default="http://127.0.0.1:8080/v1")
    ap.add_argument("--model", help="name of the model; the server's first one without it")
    ap.add_argument("--key", default="none", help="API key")
    ap.add_argument("--data", default=os.path.join(HERE, "eval", "chat_eval.jsonl"))
    ap.add_argument("--kinds", default="", help="regular expression that a kind must start with")
    ap.add_argument("--limit", type=int, default=10 ** 9, help="at most so many per kind")
    ap.add_argument("--minimum", type=float, default=0.0, help="smallest exact part of all cases that is a success")
    ap.add_argument("--timeout", type=float, default=300, help="seconds per request")
    ap.add_argument("--show", action="store_true", help="print wrong answers")
    a = ap.parse_args()
    a.model = a.model or first_model(a)
    ok, n = collections.Counter(), collections.Counter()
    for case in cases(a.data, a.kinds, a.limit):
        kind = case["kind"]
        try:
            got = answer(a, case)
            right = exact(kind, case["expected"], *got)
        except (OSError, ValueError, LookupError) as e:
            got, right = e, False
        n[kind] += 1
        ok[kind] += right
        if a.show and not right:
            show(case, got)
    for kind in n:
        print(f"{kind} {ok[kind]}/{n[kind]}")
    passed, total = sum(ok.values()), sum(n.values())
    print(f"{passed} passed, {total - passed} failed")
    sys.exit(0 if total and passed >= a.minimum * total else 1)


if __name__ == "__main__":
    main()
