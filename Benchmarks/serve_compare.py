#!/usr/bin/env python3
"""mlx-server and llama-server side by side: the same synthetic weights, threads, prompts and load.

Both servers run at once and take turns, so that what the machine's neighbours do hits both alike;
an idle one sleeps. Every round sends 1 and 8 clients to either side (`serve_load.py`'s load: as many
streaming requests at the same moment, each with another prompt). Printed are medians of the rounds
and what ours reaches in llama-server's terms. Then, of ours alone: the share of a step that
sampling takes, and what an 8k prompt does to the pace of running streams.

  serve_compare.py --server .build/release/mlx-server             # under 5 minutes, medians of 3
  serve_compare.py --server … --model X.mlxbundle --workshop DIR  # with what is there already

The first run makes the models and builds llama.cpp, as `compare.py` does.
"""

import argparse
import contextlib
import http.client
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


def compare(options, ports, generator):
    """Medians of total tokens/s and seconds to the first token, by side and number of clients."""
    totals = {(side, clients): [] for side in ports for clients in CLIENTS}
    first = {key: [] for key in totals}
    for _ in range(options.rounds):
        for side, port in ports.items():
            for clients in CLIENTS:
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
    before = [metric(port, name) for name in ("step_seconds", "sampling_seconds")]
    if None in before:
        print("sampling: this server doesn't tell its times")
        return
    load = load_options(port, 64, 8, temperature=0.7, top_p=0.8, top_k=20)
    run_round(load, 8, generator)
    step, sampling = (
        metric(port, name) - value
        for name, value in zip(("step_seconds", "sampling_seconds"), before, strict=True)
    )
    print(f"sampling at 8 streams: {100 * sampling / step:.1f} % of the steps' time")


def print_gaps(port, generator, words):
    """The pace of four streams, alone and while a long prompt comes in."""
    load = load_options(port, 2000, 8)
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
    gaps = {False: [], True: []}
    for stream in streams:
        stamps = list(stream.times)
        for a, b in zip(stamps, stamps[1:], strict=False):
            if a > stream.started + 1 and b < end:
                gaps[b > begin].append(b - a)
    alone = statistics.median(gaps[False])
    worst = percentile(gaps[True], 0.99)
    print(
        f"4 streams: a token every {alone * 1e3:.1f} ms; while {words} words come in, 99 % within"
        f" {worst * 1e3:.1f} ms ({worst / alone:.2f} x); the prompt took {end - begin:.1f} s"
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
    parser.add_argument("--long-words", type=int, default=4096, help="two tokens each; 0 for none")
    parser.add_argument("--port", type=int, default=8240, help="and the next one")
    parser.add_argument("--seed", type=int)
    return parser.parse_args()


def main():
    options = parse_options()
    workshop = Workshop(options.workshop)
    model = options.model or workshop.synthetic(options.shape, 4, 64)
    gguf = workshop.gguf(options.shape, "Q4_0-pure")
    llama = workshop.program("llama-server")
    generator = random.Random(options.seed)
    threads = str(options.threads)
    ports = {"ours": options.port, "llama-server": options.port + 1}
    ours = [options.server, "-m", os.path.expanduser(model), "--threads", threads]
    ours += ["--parallel", "8", "--ctx-size", "9216", "--port", str(options.port)]
    theirs = [llama, "-m", gguf, "-t", threads, "--parallel", "8", "-c", "8192"]
    theirs += ["--port", str(options.port + 1)]
    with serving(ours, ports["ours"]), serving(theirs, ports["llama-server"]):
        for port in ports.values():
            run_round(load_options(port, 16, options.prompt_words), 2, generator)
        print_comparison(compare(options, ports, generator))
        print_sampling(ports["ours"], generator)
        if options.long_words:
            print_gaps(ports["ours"], generator, options.long_words)


if __name__ == "__main__":
    main()
