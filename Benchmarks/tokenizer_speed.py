#!/usr/bin/env python3
"""Our tokenizers against the reference, the PyPI package `tokenizers`, on one thread.

    Benchmarks/tokenizer_speed.py DIR...                  # each DIR holds a tokenizer.json
    Benchmarks/tokenizer_speed.py DIR --text FILE --rounds 11 --json

The two take turns, each run in a fresh process, so that another load on the machine falls on both
alike; medians of CPU time are printed, with the smallest and the largest value. Without --text, a
megabyte of mixed text is made. Needs `pip install tokenizers`, and builds what it measures.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BENCH = os.path.join(ROOT, ".build", "release", "tokenizer-bench")

SAMPLES = [
    "The quick brown fox jumps over the lazy dog, doesn't it? It's 12:45 already. ",
    "for (int i = 0; i < count; ++i) {\n    total += values[i] * 0x1F;  // sum up\n}\n",
    "def encode(self, text: str) -> list[int]:\n    return [self.vocab[t] for t in text.split()]\n\n",
    "日本語の文章をいくつか書いてみます。東京は日本の首都であり、人口が多い。",
    "中文文本处理是自然语言处理的重要部分，分词尤其关键。", "한국어 문장도 조금 넣어 봅시다. 오늘 날씨가 좋네요. ",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. ", "مرحبا بالعالم، كيف حالك اليوم؟ ",
    "👍🏽 🎉🎉 👩‍👩‍👧 🇩🇪 ❤️ 🚀🔥\n", "Größe: 3,14 € — «naïve café» …\n",
]

REFERENCE = """
import json, sys, time
from tokenizers import Tokenizer
now = lambda: time.process_time() * 1e3
text = open(sys.argv[2], newline="").read()
a = now(); tokenizer = Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
b = now(); tokenizer.encode("Hello")
c = now(); ids = tokenizer.encode(text, add_special_tokens=False).ids
d = now(); decoded = tokenizer.decode(ids, skip_special_tokens=False)
e = now()
print(json.dumps({"load": b - a, "encode": d - c, "decode": e - d, "ids": len(ids),
                  "characters": len(decoded)}))
"""


def mixed_text(size):
    """Text of all kinds, in which words keep changing so that no cache has them all."""
    rng, text, length = random.Random(7), [], 0
    while length < size:
        sample = rng.choice(SAMPLES)
        words = sample.split(" ")
        rng.shuffle(words)
        piece = sample if rng.random() < 0.5 else " ".join(words)
        piece += "%s%d " % ("".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))), rng.randrange(9999))
        text.append(piece)
        length += len(piece.encode())
    return "".join(text)


def run(command):
    environment = dict(os.environ, TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")
    return json.loads(subprocess.check_output(command, env=environment))


def compare(directory, text, rounds):
    """Medians, minima and maxima by side and figure."""
    sides = {"tokenizers": [sys.executable, "-c", REFERENCE, directory, text],
             "here": [BENCH, "time", directory, text]}
    runs = {side: [] for side in sides}
    for _ in range(rounds):
        for side, command in sides.items():
            runs[side].append(run(command))
    theirs, ours = runs["tokenizers"][0], runs["here"][0]
    for figure in ("ids", "characters"):
        assert theirs[figure] == ours[figure], "%s: %s and %s %s" % (
            directory, theirs[figure], ours[figure], figure)
    spread = lambda values: [statistics.median(values), min(values), max(values)]
    return {side: {name: spread([run[name] for run in of_side]) for name in of_side[0]}
            for side, of_side in runs.items()}


def table(directory, result, size, rounds):
    ids = int(result["here"]["ids"][0])
    print("%s: %d bytes, %d ids, ms of CPU time, median (smallest-largest) of %d runs"
          % (os.path.basename(os.path.normpath(directory)), size, ids, rounds))
    cell = lambda values: "%.1f (%.1f-%.1f)" % tuple(values) if values else "-"
    print("  %-20s %26s %26s %8s" % ("", "tokenizers", "here", "ratio"))
    for name in ("load", "load from a bundle", "encode", "decode", "decode in a stream"):
        theirs, ours = result["tokenizers"].get(name), result["here"][name]
        ratio = "%.1f x" % (theirs[0] / ours[0]) if theirs else ""
        print("  %-20s %26s %26s %8s" % (name, cell(theirs), cell(ours), ratio))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", metavar="DIR")
    parser.add_argument("--text", help="a file to encode")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--no-build", action="store_true", help="measure what is built already")
    options = parser.parse_args()
    if not options.no_build:
        subprocess.run(["swift", "build", "-c", "release", "--product", "tokenizer-bench"],
                       cwd=ROOT, check=True, stdout=sys.stderr)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", newline="") as file:
        if not options.text:
            file.write(mixed_text(1_000_000))
            file.flush()
        text = options.text or file.name
        results = {}
        for directory in options.directories:
            results[directory] = compare(directory, text, options.rounds)
            if not options.json:
                table(directory, results[directory], os.path.getsize(text), options.rounds)
    if options.json:
        print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
