"""When an answer counts as exactly right; used by eval_chat.py and eval_server.py."""
import collections
import json
import re


def parse_calls(text):
    out = []
    for m in re.findall(r"<tool_call>\s*(.*?)\s*</tool_call>", text, re.S):
        try:
            out.append(json.loads(m))
        except ValueError:
            out.append({"bad": m})
    return out


def same_json(a, b):
    try:
        return json.loads(a) == json.loads(b)
    except ValueError:
        return False


def exact(kind, expected, text, calls):
    """text: the answer without its tool calls; calls: a list of {"name": ..., "arguments": {...}}"""
    if "tool_calls" in expected:
        return calls == expected["tool_calls"]
    if calls:
        return False
    if kind == "story":
        return text.rstrip().endswith("The end.") and len(text) > 200
    if kind == "json":
        return same_json(text, expected["content"])
    if kind == "tool_none":       # free answers: right if no tool is called
        return bool(text.strip())
    return text.strip() == expected["content"].strip()


def right_names(expected, calls):
    return "tool_calls" in expected and [x.get("name") for x in calls] == [x["name"] for x in expected["tool_calls"]]


def cases(path, kinds, limit):
    """The cases whose kind starts with the regular expression `kinds`, at most `limit` of each kind."""
    n = collections.Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            d = json.loads(line)
            if n[d["kind"]] < limit and re.match(kinds, d["kind"]):
                n[d["kind"]] += 1
                yield d
