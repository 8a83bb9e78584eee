"""Greedy answers of an MLX model directory for an evaluation file, with exact-match scores per kind.

  python eval_chat.py --model pocket-chat-4bit --data eval/chat_eval.jsonl [--kinds tool_single] [--limit 20] [--show]

Computes in PyTorch with the weights of the 4-bit file; with --mlx it runs mlx-lm, which takes much longer on a CPU.
"""
import argparse
import collections
import json

from transformers import AutoTokenizer

from scoring import cases, exact, parse_calls, right_names


def torch_answers(folder, prompts, stop, limit):
    import torch
    import batch_greedy
    net = batch_greedy.load(folder)
    torch.set_num_threads(1)
    out = [None] * len(prompts)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for at in range(0, len(order), 16):
        part = order[at:at + 16]
        for i, ids in zip(part, batch_greedy.answers(net, [prompts[i] for i in part], stop, limit)):
            out[i] = ids
    return out


def mlx_answers(folder, prompts, stop, limit):
    import mlx.core as mx
    from mlx_lm import load
    from mlx_lm.generate import generate_step
    mx.set_default_device(mx.cpu)
    model, _ = load(folder)
    out = []
    for p in prompts:
        out.append([])
        for t, _ in generate_step(mx.array(p), model, max_tokens=limit):
            if int(t) in stop:
                break
            out[-1].append(int(t))
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--data", required=True)
    ap.add_argument("--limit", type=int, default=10 ** 9, help="at most so many per kind")
    ap.add_argument("--kinds", default="", help="regular expression that a kind must start with")
    ap.add_argument("--thinking", action="store_true")
    ap.add_argument("--show", action="store_true", help="print wrong answers")
    ap.add_argument("--mlx", action="store_true", help="run mlx-lm")
    a = ap.parse_args()
    tok = AutoTokenizer.from_pretrained(a.model)
    stop = set(json.load(open(f"{a.model}/generation_config.json"))["eos_token_id"])
    data = list(cases(a.data, a.kinds, a.limit))
    prompts = [tok.encode(tok.apply_chat_template(d["messages"], tools=d["tools"], add_generation_prompt=True, enable_thinking=a.thinking, tokenize=False), add_special_tokens=False)
               for d in data]
    outs = (mlx_answers if a.mlx else torch_answers)(a.model, prompts, stop, 500)
    ok, n, names = collections.Counter(), collections.Counter(), collections.Counter()
    for d, ids in zip(data, outs):
        k, got = d["kind"], tok.decode(ids, skip_special_tokens=False)
        if a.thinking:
            got = got.split("</think>")[-1].lstrip("\n")
        calls = parse_calls(got)
        text = got if not calls else got.split("<tool_call>")[0]
        r = exact(k, d["expected"], text, calls)
        n[k] += 1
        ok[k] += r
        names[k] += right_names(d["expected"], calls)
        if a.show and not r:
            print(f"-- {k}\n   {d['messages'][-1]['content'][:300]}\n   want {json.dumps(d['expected'], ensure_ascii=False)[:300]}\n   got  {got[:300]!r}")
    for k in n:
        extra = f"   right tool names {names[k]}/{n[k]}" if names[k] else ""
        print(f"{k:16s} {ok[k]:4d}/{n[k]:<4d} {100 * ok[k] / n[k]:5.1f}%{extra}")
    print(f"{'all':16s} {sum(ok.values()):4d}/{sum(n.values()):<4d} {100 * sum(ok.values()) / sum(n.values()):5.1f}%")


if __name__ == "__main__":
    main()
