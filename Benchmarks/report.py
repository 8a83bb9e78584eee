#!/usr/bin/env python3
"""Measures all that the README states about speed, and writes its tables and plots: one command.

For every shape: compiled anew and compiled again; then interleaved rounds of prompt and generation,
with one and two threads, of ours (fast and exact) and llama.cpp in three formats; generation deep in
a text and of several sequences at once; memory, time to the first token, the share of the machine's
limits by kernel; a few tokens of mlx-lm. Nothing else should run meanwhile. Some 10 minutes for the
two usual shapes on two cores, once everything is built and made (see compare.py).

  Benchmarks/report.py --output results                      Markdown, plots and all figures
  Benchmarks/report.py --shapes qwen3-8b --rounds 1          a larger shape
  Benchmarks/report.py --shapes tiny-qwen3 --rounds 1        whether it all works
"""

import argparse
import json
import os
import subprocess
import sys
import time

import plots
from ours import Ours, build, figures, machine, spread, version
from peers import LLAMA_CPP_PYTHON, LlamaCpp, MlxLm, Workshop

# What the interleaved rounds measure: who, and with which numbers of threads.
CONTESTS = {
    "fast": (1, 2),
    "exact": (1, 2),
    "Q4_0-pure": (1, 2),
    "Q4_K_M": (2,),
    "Q8_0": (2,),
}
DEPTHS = (0, 1024, 4096)
BATCHES = (1, 2, 4, 8, 16)


def note(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


class ShapeReport:
    """Everything about one shape."""

    def __init__(self, shape, options, workshop):
        self.shape, self.options, self.workshop = shape, options, workshop
        self.folder = workshop.synthetic(shape, 4, 64)
        self.threads = max(options.threads)
        note(f"{shape}: compiling")
        self.ours = {
            numerics: Ours(self.folder, numerics, workshop, afresh=numerics == "fast")
            for numerics in ("fast", "exact")
        }
        self.peers = {
            name: LlamaCpp(workshop, shape, name) for name in CONTESTS if name not in self.ours
        }
        self.results = {"threads": self.threads, "contest": [], "depth": {}, "batch": {}}

    def run(self):
        self.measure_contest()
        self.measure_depths()
        self.measure_batches()
        self.measure_kernels()
        if self.options.mlx_lm:
            note(f"{self.shape}: mlx-lm")
            peer = MlxLm(self.workshop, self.folder)
            rates = peer.measure(1, 1, 2, 0)
            self.results["mlx_lm"] = rates | {"versions": peer.versions, "bytes": peer.bytes}
        return self.results

    def contestants(self):
        for name, threads in CONTESTS.items():
            contestant = self.ours.get(name) or self.peers[name]
            for count in threads:
                if count in self.options.threads:
                    yield contestant, count

    def measure_contest(self):
        rows = {}
        for number in range(self.options.rounds):
            note(f"{self.shape}: round {number + 1} of {self.options.rounds}")
            for contestant, count in self.contestants():
                row = rows.setdefault(
                    (contestant.name, count),
                    {
                        "name": contestant.name,
                        "threads": count,
                        "bytes": contestant.bytes,
                        "numerics": contestant.numerics,
                        "rounds": [],
                    },
                )
                row["rounds"].append(contestant.measure(count, 512, 64, 0))
        self.results["contest"] = list(rows.values())

    def measure_depths(self):
        """Of both, one after the other at each depth."""
        fast, peer = self.ours["fast"], self.peers["Q4_0-pure"]
        series = {fast.name: {}, peer.name: {}}
        shares = {}
        for depth in DEPTHS:
            if depth >= self.options.deepest:
                continue
            note(f"{self.shape}: position {depth}")
            own = figures(fast.bench(self.threads, 1, 32, depth))
            series[fast.name][depth] = own["generate"]
            shares[depth] = own["share"]
            series[peer.name][depth] = peer.measure(self.threads, 0, 32, depth)["generate"]
        self.results["depth"], self.results["depth_share"] = series, shares

    def measure_batches(self):
        fast, peer = self.ours["fast"], self.peers["Q4_0-pure"]
        series = {fast.name: {}}
        for batch in BATCHES:
            note(f"{self.shape}: {batch} sequences")
            report = fast.bench(self.threads, 1, 32, 32, batch)
            series[fast.name][batch] = figures(report)["generate"]
        series[peer.name] = peer.batched(self.threads, BATCHES, 32, 32)
        self.results["batch"] = series

    def measure_kernels(self):
        """Where the time goes; the same run tells memory and the time to the first token."""
        note(f"{self.shape}: kernels")
        fast = self.ours["fast"]
        report = fast.bench(self.threads, 512, 32, 0, rounds=3)
        result = report["results"][0]
        sizes = fast.manifest["sizes"]
        pages = -(-512 // sizes["page_positions"]) * sizes["page_bytes"]
        scratch = sizes["scratch_bytes"].get(str(self.threads), 0)
        self.results |= {
            "kernels": report["kernels"],
            "roofline": report["roofline"],
            "first_token_seconds": result["first_token_seconds"],
            "resident_bytes": result["resident_bytes"],
            "planned_bytes": sizes["weights_bytes"] + pages + scratch,
            "compile_seconds": fast.compile_seconds[0],
            "recompile_seconds": fast.compile_seconds[1],
        }


# Markdown


def contest_lines(results):
    yield "| | MB | threads | prompt of 512, tok/s | generation, tok/s | share of bandwidth | numerics |"
    yield "|---|---|---|---|---|---|---|"
    for row in results["contest"]:
        columns = {
            key: [values[key] for values in row["rounds"] if key in values]
            for key in ("prompt", "generate", "share")
        }
        yield (
            f"| {row['name']} | {row['bytes'] / 1e6:.0f} | {row['threads']} "
            f"| {spread(columns['prompt'])} | {spread(columns['generate'])} "
            f"| {spread(columns['share'], 2)} | {row['numerics']} |"
        )
    if peer := results.get("mlx_lm"):
        yield (
            f"| mlx-lm, CPU | {peer['bytes'] / 1e6:.0f} | 1 | – | {peer['generate']:.2f} | – "
            f"| {peer['versions']} |"
        )


def series_lines(title, series):
    places = sorted({int(x) for points in series.values() for x in points})
    yield f"| {title} | " + " | ".join(map(str, places)) + " |"
    yield "|---" * (len(places) + 1) + "|"
    for name, points in series.items():
        values = {int(x): value for x, value in points.items()}
        cells = [f"{values[x]:.1f}" if x in values else "–" for x in places]
        yield f"| {name}, tok/s | " + " | ".join(cells) + " |"


def kernel_lines(results):
    for phase, title in (("generation", "a generated token"), ("prompt", "a prompt of 512")):
        yield f"| {title} | MB read | Gop | predicted, ms | took, ms | share |"
        yield "|---|---|---|---|---|---|"
        for row in results["kernels"].get(phase, []):
            share = f"{row['share']:.2f}" if row["predicted_seconds"] else ""
            yield (
                f"| {row['name']} | {row['bytes'] / 1e6:.1f} | {row['operations'] / 1e9:.2f} "
                f"| {row['predicted_seconds'] * 1e3:.3f} | {row['achieved_seconds'] * 1e3:.3f} "
                f"| {share} |"
            )
        yield ""


def fact_lines(results):
    roofline = results["roofline"]
    rates = [f"reads {roofline['read_bytes_per_second']['median'] / 1e9:.1f} GB/s"]
    for key, name in (("int8_operations_per_second", "int8"), ("float_operations_per_second", "float")):
        if roofline[key]:
            rates.append(f"{roofline[key]['median'] / 1e9:.0f} {name} Gop/s")
    memory = results["resident_bytes"] / results["planned_bytes"]
    yield f"- Limits in the same run, {results['threads']} threads: {', '.join(rates)}."
    yield f"- Open to first token: {results['first_token_seconds'] * 1e3:.0f} ms."
    yield (
        f"- Resident after loading: {results['resident_bytes'] / 1e6:.0f} MB, {memory:.2f} of "
        "weights, cache and scratch as planned."
    )
    yield (
        f"- Compiled in {results['compile_seconds']:.1f} s, again with the same weights in "
        f"{results['recompile_seconds']:.1f} s."
    )


def markdown(report, pictures):
    lines = [f"{report['machine']}; {report['versions']}; {report['rounds']} interleaved rounds.", ""]
    for shape, results in report["shapes"].items():
        lines += [f"### {shape}, 4 bits, group 64", "", *contest_lines(results), ""]
        lines += [*series_lines("generation after so many positions", results["depth"]), ""]
        lines += [*series_lines("sequences at once", results["batch"]), ""]
        lines += [*fact_lines(results), "", *kernel_lines(results)]
        lines += [f"![{name}]({name})" for name in pictures[shape]] + [""]
    return "\n".join(lines)


def compiler_version():
    output = subprocess.run(["clang-14", "--version"], capture_output=True, text=True, check=False)
    return output.stdout.splitlines()[0] if output.returncode == 0 else "clang of another version"


def numbers(text):
    return [int(part) for part in text.split(",")]


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", default="qwen3-0.6b,llama-3.2-1b", help="see synthetic/shapes.py")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="such as 1,2")
    parser.add_argument("--deepest", type=int, default=5000, help="leave out depths from here on")
    parser.add_argument("--no-mlx-lm", dest="mlx_lm", action="store_false")
    parser.add_argument("--output", default="results", help="folder for report.md, JSON and plots")
    parser.add_argument("--workshop", default="~/.cache/mlx-compile-benchmarks")
    return parser.parse_args()


def main():
    options = parse_options()
    build()
    workshop = Workshop(options.workshop)
    workshop.prepare_python()
    report = {
        "machine": machine(),
        "versions": f"{version()}, {compiler_version()}, "
        f"llama.cpp of llama-cpp-python {LLAMA_CPP_PYTHON}",
        "rounds": options.rounds,
        "shapes": {},
    }
    for shape in options.shapes.split(","):
        report["shapes"][shape] = ShapeReport(shape, options, workshop).run()
    pictures = plots.draw(report, options.output)
    text = markdown(report, pictures)
    with open(os.path.join(options.output, "report.json"), "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    with open(os.path.join(options.output, "report.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text)


if __name__ == "__main__":
    main()
