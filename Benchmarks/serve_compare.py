#!/usr/bin/env python3
"""mlx-server and llama-server side by side: the same synthetic weights, threads, prompts and load.

Both servers run at once and take turns, so that what the machine's neighbours do hits both alike;
an idle one sleeps. Every round sends 1 and 8 clients to either side (`serve_load.py`'s load: as many
streaming requests at the same moment, each with another prompt). Printed are medians of the rounds
and what ours reaches in llama-server's terms. Then, of ours alone: the share of a step that
sampling takes, what the second turn of a long conversation computes, and what an 8k prompt does to
the pace of running streams.

  serve_compare.py --server .build/release/mlx-server             # under 5 minutes, medians of 3
  serve_compare.py --server … --model X.mlxbundle --workshop DIR  # with what is there already
  serve_compare.py --server … --phase load --rounds 1             # a part of it: see PHASES

The first run makes the models and builds llama.cpp, as `compare.py` does.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

from peers import Workshop
from serve_load import Request, percentile, random_prompt, run_round

CLIENTS = (1, 8)
PHASES = ("load", "sampling", "turns", "gaps")


def load_options(port, max_tokens, words, **extra):
    return argparse.Namespace(
        url=f"http://127.0.0.1:{port}",
        api="chat",
        model="default",
        max_tokens=max_tokens,
        prompt_words=words,
        same_prompt=False,
        timeout=240,
        extra={"ignore_eos": True, **extra},
    )


@contextlib.contextmanager
def serving(command, port):
    """A server that answers /health, ended with the block."""
    log = open(f"/tmp/serve_compare-{port}.log", "w", encoding="utf-8")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 600
        while not is_healthy(port):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]} doesn't serve; see {log.name}")
            time.sleep(0.5)
        yield process
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def wait_until_idle(process, most=120):
    """A server may make memory ready while nobody asks, which is not to fall on the other one."""
    deadline = time.monotonic() + most
    before = None
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            return
        used = int(fields[11]) + int(fields[12])  # user and system time in hundredths of a second
        if before is not None and used - before <= 5:
            return
        before = used
        time.sleep(1)


def is_healthy(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False


def figures(requests):
    """Tokens per second of a round in all, and every request's time to its first token."""
    for request in requests:
        if request.error or not request.times:
            sys.exit(f"a request failed: {request.error}")
    end = max(r.times[-1] for r in requests)
    total = sum(r.tokens for r in requests) / (end - min(r.started for r in requests))
    return total, [r.times[0] - r.started for r in requests]


def compare(options, ports, generator, processes):
    """Medians of total tokens/s and seconds to the first token, by side and number of clients."""
    totals = {(side, clients): [] for side in ports for clients in CLIENTS}
    first = {key: [] for key in totals}
    for _ in range(options.rounds):
        for side, port in ports.items():
            for clients in CLIENTS:
                for process in processes:
                    wait_until_idle(process)
                load = load_options(port, options.max_tokens, options.prompt_words)
                total, waits = figures(run_round(load, clients, generator))
                totals[side, clients].append(total)
                first[side, clients] += waits
                print(
                    f"  {side:12} {clients} clients: {total:6.1f} tok/s in all,"
                    f" first token after {statistics.median(waits):5.2f} s",
                    file=sys.stderr,
                )
    medians = statistics.median
    return {key: (medians(totals[key]), medians(first[key])) for key in totals}


def print_comparison(results):
    print("| clients | ours tok/s | llama-server tok/s | x | ours first | llama-server first | x |")
    print("|---|---|---|---|---|---|---|")
    for clients in CLIENTS:
        (ours, our_first), (theirs, their_first) = (
            results[side, clients] for side in ("ours", "llama-server")
        )
        print(
            f"| {clients} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f}"
            f" | {our_first:.2f} s | {their_first:.2f} s | {our_first / their_first:.2f} |"
        )


def metric(port, name):
    """One of the server's counters; None where it isn't told."""
    try:
        url = f"http://127.0.0.1:{port}/metrics"
        text = urllib.request.urlopen(url, timeout=5).read().decode()
    except OSError:
        return None
    found = re.search(rf"^\w*{name}\w* ([0-9.eE+-]+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else None


def print_sampling(port, generator):
    """What sampling takes of the steps of eight streams that each sample as chats do."""
    names = ("step_seconds", "sampling_seconds", "delivery_seconds")
    before = [metric(port, name) for name in names]
    if None in before:
        print("sampling: this server doesn't tell its times")
        return
    load = load_options(port, 64, 8, temperature=0.7, top_p=0.8, top_k=20)
    run_round(load, 8, generator)
    step, sampling, delivery = (
        metric(port, name) - value for name, value in zip(names, before, strict=True)
    )
    print(
        f"sampling at 8 streams: {100 * sampling / step:.1f} % of the steps' time; telling the clients"
        f" {100 * delivery / step:.1f} %"
    )


def print_gaps(port, generator, words):
    """The pace of four streams, before, while and after a long prompt comes in. They are sampled,
    since the most likely tokens of random weights repeat themselves, and what can be guessed comes
    in bursts. What a stream takes grows with its own length: a gap in between is compared with what
    its token would take alone, on the line from the last ones before to the first ones after."""
    load = load_options(port, 6000, 8, temperature=1)
    streams = [Request(load, random_prompt(8, generator)) for _ in range(4)]
    threads = [threading.Thread(target=stream.run, daemon=True) for stream in streams]
    for thread in threads:
        thread.start()
    time.sleep(6)
    begin = time.perf_counter()
    long = Request(load_options(port, 1, words), random_prompt(words, generator))
    long.run()
    if long.error:
        sys.exit(f"the long prompt failed: {long.error}")
    end = long.times[0]
    time.sleep(4)
    before, after, ratios, gaps = [], [], [], []
    for stream in streams:
        stamps = [stamp for stamp in list(stream.times) if stamp > stream.started + 1]
        pairs = list(zip(stamps, stamps[1:], strict=False))
        first = [b - a for a, b in pairs if begin - 2 < a and b < begin]
        last = [b - a for a, b in pairs if end + 0.5 < a]
        between = [b - a for a, b in pairs if begin < b < end]
        low, high = statistics.median(first), statistics.median(last)
        for place, gap in enumerate(between):
            ratios.append(gap / (low + (high - low) * place / len(between)))
        before, after, gaps = before + first, after + last, gaps + between
    alone, later = statistics.median(before), statistics.median(after)
    worst, ratio = percentile(gaps, 0.99), percentile(ratios, 0.99)
    print(
        f"4 streams: a token every {alone * 1e3:.1f} ms before {words} words come in, and"
        f" {later * 1e3:.1f} ms after, {len(gaps) / len(streams):.0f} tokens later; meanwhile 99 % take"
        f" at most {ratio:.2f} x what they take alone at that length, and {worst * 1e3:.1f} ms"
        f" ({worst / alone:.2f} x before); the prompt took {end - begin:.1f} s"
    )


def ask(port, messages, max_tokens):
    """The answer to a conversation, and what the server counted."""
    body = {"messages": messages, "max_tokens": max_tokens, "temperature": 0, "ignore_eos": True}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=240) as response:
        answer = json.load(response)
    message = answer["choices"][0]["message"]
    text = message.get("content") or message.get("reasoning_content") or ""
    return text, answer["usage"], answer.get("timings", {})


def print_turns(port, generator, words):
    """What the second turn of a conversation has to compute."""
    messages = [{"role": "user", "content": random_prompt(words, generator)}]
    text, first, _ = ask(port, messages, 32)
    messages += [{"role": "assistant", "content": text}]
    messages += [{"role": "user", "content": random_prompt(16, generator)}]
    begin = time.perf_counter()
    _, second, timings = ask(port, messages, 1)
    cached = second["prompt_tokens_details"]["cached_tokens"]
    new = second["prompt_tokens"] - first["prompt_tokens"]
    print(
        f"second turn after {first['prompt_tokens']} tokens: {new} came since, answer and question,"
        f" and {second['prompt_tokens'] - cached} were computed, in"
        f" {time.perf_counter() - begin:.2f} s; {timings}"
    )


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", default=".build/release/mlx-server")
    parser.add_argument("--model", help="model or bundle (default: the workshop's synthetic one)")
    parser.add_argument("--shape", default="qwen3-0.6b")
    parser.add_argument("--workshop", default="~/.cache/mlx-compile-benchmarks")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompt-words", type=int, default=128)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--long-words", type=int, default=4096, help="two tokens each")
    parser.add_argument("--phase", choices=PHASES, action="append", help="one part, or several")
    parser.add_argument("--port", type=int, default=8240, help="and the next one")
    parser.add_argument("--seed", type=int)
    return parser.parse_args()


def main():
    options = parse_options()
    phases = options.phase or PHASES
    workshop = Workshop(options.workshop)
    model = options.model or workshop.synthetic(options.shape)
    generator = random.Random(options.seed)
    threads = str(options.threads)
    ports = {"ours": options.port}
    ours = [options.server, "-m", os.path.expanduser(model), "--threads", threads]
    ours += ["--parallel", "8", "--ctx-size", "9216", "--port", str(options.port)]
    with contextlib.ExitStack() as servers:
        processes = [servers.enter_context(serving(ours, options.port))]
        if "load" in phases:
            ports["llama-server"] = options.port + 1
            theirs = [workshop.program("llama-server"), "-t", threads, "--parallel", "8"]
            theirs += ["-m", workshop.gguf(options.shape, "Q4_0-pure"), "-c", "8192"]
            theirs += ["--port", str(options.port + 1)]
            processes.append(servers.enter_context(serving(theirs, options.port + 1)))
        for port in ports.values():
            run_round(load_options(port, 16, options.prompt_words), 2, generator)
        if "load" in phases:
            print_comparison(compare(options, ports, generator, processes))
        if "sampling" in phases:
            print_sampling(options.port, generator)
        if "turns" in phases:
            print_turns(options.port, generator, options.long_words // 2)
        if "gaps" in phases:
            print_gaps(options.port, generator, options.long_words)


if __name__ == "__main__":
    main()
