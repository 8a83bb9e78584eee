#!/usr/bin/env python3
"""How near every type of weights comes to the read bandwidth while generating, next to 4 bits in
groups of 64: the same stack of layers in every type (see synthetic/weight_types.py).

Like report.py it keeps every measurement as it is made, in a JSON file, and goes on with what is
missing; prints a Markdown table. Nothing else should run meanwhile.

  Benchmarks/weight_types.py --prepare                  makes the models and compiles them
  Benchmarks/weight_types.py --threads 1 --rounds 1
  Benchmarks/weight_types.py --types mxfp8,nvfp4 --numerics exact
"""

import argparse
import statistics
import time

from measurements import Measurements, Unit, note
from ours import Ours, build, spread
from peers import Workshop
from synthetic.weight_types import WEIGHT_TYPES

SHAPE = "layer-stack"
USUAL = "4bit-g64"


class Stack:
    """The stack of layers in one type, compiled."""

    def __init__(self, folder, numerics, workshop):
        self.bundle = Ours(folder, numerics, workshop)

    def unit(self, kind, numerics, threads):
        return Unit(
            {"type": kind, "mode": numerics, "threads": threads},
            lambda: self.bundle.measure(threads, 0, 48, 0),
            self.bundle,
        )


def share(rows, kind, mode, threads):
    values = [
        row["share"]
        for row in rows
        if (row["type"], row["mode"], row["threads"]) == (kind, mode, threads)
    ]
    return values, statistics.median(values) if values else 0


def table(rows):
    columns = sorted({(row["mode"], row["threads"]) for row in rows})
    kinds = [kind for kind in WEIGHT_TYPES if any(row["type"] == kind for row in rows)]
    heads = [f"{mode}, {threads} thread{'s' * (threads > 1)}" for mode, threads in columns]
    yield "| weights | MB | " + " | ".join(f"{head} | of {USUAL}" for head in heads) + " |"
    yield "|---" * (2 + 2 * len(columns)) + "|"
    for kind in kinds:
        size = next(row["bytes"] for row in rows if row["type"] == kind)
        cells = []
        for mode, threads in columns:
            values, median = share(rows, kind, mode, threads)
            _, usual = share(rows, USUAL, mode, threads)
            cells += [spread(values, 2), f"{median / usual:.2f}" if usual and median else "–"]
        yield f"| {kind} | {size / 1e6:.0f} | " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--types", default=",".join(WEIGHT_TYPES), help="see synthetic/weight_types.py")
    parser.add_argument("--numerics", default="fast", help="fast, exact or both")
    parser.add_argument("--threads", default="1", help="such as 1,2")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1e9, help="begin nothing after so many")
    parser.add_argument("--afresh", action="store_true", help="forget earlier figures")
    parser.add_argument("--prepare", action="store_true", help="make what is needed, measure nothing")
    parser.add_argument("--output", default="results/weight-types.json")
    parser.add_argument("--workshop", default="~/.cache/mlx-compile-benchmarks")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    kinds, modes = options.types.split(","), options.numerics.split(",")
    threads = [int(count) for count in options.threads.split(",")]

    build()
    workshop = Workshop(options.workshop)
    workshop.prepare_python()
    folders = workshop.synthetic_types(SHAPE, kinds)
    stacks = {
        (kind, mode): Stack(folder, mode, workshop)
        for mode in modes
        for kind, folder in zip(kinds, folders, strict=True)
    }
    if options.prepare:
        return
    measurements = Measurements(options.output)
    if options.afresh:
        measurements.forget(lambda row: row["type"] in kinds and row["mode"] in modes)

    def units():
        for (kind, mode), stack in stacks.items():
            for count in threads:
                yield stack.unit(kind, mode, count)

    if not measurements.measure(units, options.rounds, deadline):
        note("time is up; the same command again goes on")
    print(measurements.report["machine"])
    print("share of read bandwidth while generating, and in terms of", USUAL)
    print("\n".join(table(measurements.rows)))


if __name__ == "__main__":
    main()
