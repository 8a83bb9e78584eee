#!/usr/bin/env python3
"""Compares our kernels with llama.cpp on the same synthetic weights, in one interleaved run.

Everything that is needed is built or made on first use, in a folder that is kept: llama.cpp from
PyPI's llama-cpp-python sources, the models, our bundles. Then every round measures, one after the
other, each side with each number of threads, and with ours the machine's read bandwidth, so that
whatever else the machine does falls on all alike. Prints a Markdown table of medians, with the
smallest and the largest value in brackets. Nothing else should run meanwhile.

  Benchmarks/compare.py                                   Qwen3-0.6B, one and two threads
  Benchmarks/compare.py --shape llama-3.2-1b --threads 2 --rounds 7
  Benchmarks/compare.py --depth 4096 --prompt 0           generation deep in a text
"""

import argparse
import json
import sys

from ours import Ours, build, machine, spread
from peers import FORMATS, LLAMA_CPP_PYTHON, LlamaCpp, MlxLm, Workshop


def table(contestants, threads, results):
    lines = [
        "| | MB | threads | prompt, tok/s | generation, tok/s | share of bandwidth | numerics |",
        "|---|---|---|---|---|---|---|",
    ]
    for contestant in contestants:
        for count in threads:
            rounds = results[contestant.name, count]
            column = {
                key: [values[key] for values in rounds if key in values]
                for key in ("prompt", "generate", "share")
            }
            lines.append(
                f"| {contestant.name} | {contestant.bytes / 1e6:.0f} | {count} "
                f"| {spread(column['prompt'])} | {spread(column['generate'])} "
                f"| {spread(column['share'], 2)} | {contestant.numerics} |"
            )
    return lines


def measure_all(contestants, options):
    results = {(c.name, count): [] for c in contestants for count in options.threads}
    for number in range(options.rounds):
        for count in options.threads:
            for contestant in contestants:
                rates = contestant.measure(count, options.prompt, options.generate, options.depth)
                results[contestant.name, count].append(rates)
                text = ", ".join(f"{key} {value:.2f}" for key, value in rates.items())
                note = f"round {number + 1}, {count} threads, {contestant.name}: {text}"
                print(note, file=sys.stderr, flush=True)
    return results


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shape", default="qwen3-0.6b", help="see synthetic/shapes.py")
    parser.add_argument("--weights", default="4bit-g64", help="see synthetic/weight_types.py")
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="such as 1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=128)
    parser.add_argument("--depth", type=int, default=0, help="tokens before the generated ones")
    parser.add_argument("--numerics", default="fast,exact")
    parser.add_argument(
        "--peers", default="Q4_0-pure,Q4_K_M,Q8_0", help=", ".join([*FORMATS, "mlx-lm"])
    )
    parser.add_argument("--workshop", default="~/.cache/mlx-compile-benchmarks")
    parser.add_argument("--json", help="also write every measurement to this file")
    options = parser.parse_args()

    build()
    workshop = Workshop(options.workshop)
    workshop.prepare_python()
    folder = workshop.synthetic(options.shape, options.weights)
    contestants = [Ours(folder, numerics, workshop) for numerics in options.numerics.split(",")]
    peers = [name for name in options.peers.split(",") if name]
    contestants += [LlamaCpp(workshop, options.shape, name) for name in peers if name in FORMATS]
    if "mlx-lm" in peers:
        contestants.append(MlxLm(workshop, folder))
    results = measure_all(contestants, options)

    print(f"{options.shape}, {options.weights}; {machine()}")
    print(f"llama.cpp of llama-cpp-python {LLAMA_CPP_PYTHON}; {options.rounds} interleaved rounds")
    for count in options.threads:
        measured = [v["bandwidth"] for v in results[contestants[0].name, count]]
        print(f"read bandwidth, {count} thread(s): {spread(measured)} GB/s")
    print()
    print("\n".join(table(contestants, options.threads, results)))
    if options.json:
        rows = [{"name": n, "threads": t, "rounds": r} for (n, t), r in results.items()]
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(
                {"machine": machine(), "options": vars(options), "rows": rows}, file, indent=1
            )


if __name__ == "__main__":
    main()
