#!/usr/bin/env python3
"""Measures all that the README states about speed, and writes its tables and plots.

One command does everything; every measurement is kept in OUTPUT/report.json as soon as it is made,
so that a run can be stopped, bounded (--seconds) or cut into parts (--part), and the next one goes
on with what is missing. Rounds go over all contestants in turn, so that whatever else the machine
does falls on all alike. Nothing else should run meanwhile.

  Benchmarks/report.py --prepare                             builds and makes all that is needed
  Benchmarks/report.py                                       the two usual shapes
  Benchmarks/report.py --part decode,prefill --seconds 200   some of it, and no longer than that
  Benchmarks/report.py --part decode --afresh                once more, forgetting what is there
  Benchmarks/report.py --shapes qwen3-8b --deepest 1000      a larger shape
  Benchmarks/report.py --shapes tiny-qwen3 --rounds 1        whether it all works
  Benchmarks/report.py --target x86-64-v3 --output results/avx2   as on a CPU without AVX-512
"""

import argparse
import os
import time

import plots
from measurements import Measurements, note
from ours import SERVER, build
from peers import TARGETS, Workshop
from report_parts import PARTS, Subjects
from report_text import markdown


def measure(options, subjects, measurements):
    """Whether all is measured: false where time ran out before."""
    deadline = time.monotonic() + options.seconds
    for shape in options.shapes:
        for part in options.part:

            def units(subject=subjects[shape], part=part):
                for unit in PARTS[part](subject, options):
                    unit.key = {"shape": subject.shape, "part": part} | unit.key
                    yield unit

            if not measurements.measure(units, options.rounds, deadline):
                return False
    return True


def numbers(text):
    return [int(part) for part in text.split(",")]


def parts(text):
    names = text.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        raise argparse.ArgumentTypeError(f"no part {unknown[0]}; there are {', '.join(PARTS)}")
    return names


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shapes",
        type=lambda text: text.split(","),
        default=["qwen3-0.6b", "llama-3.2-1b"],
        help="see synthetic/shapes.py",
    )
    parser.add_argument("--part", type=parts, default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="such as 1,2")
    parser.add_argument("--deepest", type=int, default=5000, help="leave out depths from here on")
    parser.add_argument(
        "--peers", default="Q4_0-pure,Q4_K_M,Q8_0,mlx-lm", help="llama.cpp's formats, and mlx-lm"
    )
    parser.add_argument(
        "--target", choices=TARGETS, default="native", help="what we and llama.cpp are compiled for"
    )
    parser.add_argument("--seconds", type=float, default=1e9, help="begin nothing after so many")
    parser.add_argument("--afresh", action="store_true", help="forget earlier figures of the parts")
    parser.add_argument("--prepare", action="store_true", help="make what is needed, measure nothing")
    parser.add_argument("--output", default="results", help="folder for report.md, JSON and plots")
    parser.add_argument("--workshop", default="~/.cache/mlx-compile-benchmarks")
    options = parser.parse_args()
    options.peers = [name for name in options.peers.split(",") if name]
    return options


def main():
    options = parse_options()
    build(*[SERVER] * ("memory" in options.part))
    workshop = Workshop(options.workshop, options.target)
    workshop.prepare_python()
    subjects = {shape: Subjects(shape, workshop, options.peers) for shape in options.shapes}
    if options.prepare:
        for subject in subjects.values():
            subject.prepare()
        return
    measurements = Measurements(os.path.join(options.output, "report.json"))
    if options.afresh:
        measurements.forget(
            lambda row: row["shape"] in options.shapes and row["part"] in options.part
        )
    complete = measure(options, subjects, measurements)
    measurements.save()
    pictures = plots.draw(measurements.report, options.output)
    text = markdown(measurements.report, pictures)
    with open(os.path.join(options.output, "report.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text)
    if not complete:
        note(f"time is up after {options.seconds:.0f} s; the same command again goes on")


if __name__ == "__main__":
    main()
