#!/usr/bin/env python3
"""Compares Sources/Tokenizers with the reference, the PyPI package `tokenizers`, on one thread.

    swift build -c release --build-tests -Xswiftc -enable-testing
    python Tests/Tools/tokenizer_speed.py DIR [--text FILE] [--rounds 7]

DIR holds a tokenizer.json. The two take turns, and medians of CPU time are printed, so that another
load on the machine falls on both alike. Without --text, a megabyte of mixed text is made.
"""
import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile

SAMPLES = [
    "The quick brown fox jumps over the lazy dog, doesn't it? It's 12:45 already. ",
    "for (int i = 0; i < count; ++i) {\n    total += values[i] * 0x1F;  // sum up\n}\n",
    "def encode(self, text: str) -> list[int]:\n    return [self.vocab[t] for t in text.split()]\n\n",
    "日本語の文章をいくつか書いてみます。東京は日本の首都であり、人口が多い。",
    "中文文本处理是自然语言处理的重要部分，分词尤其关键。", "한국어 문장도 조금 넣어 봅시다. 오늘 날씨가 좋네요. ",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. ", "مرحبا بالعالم، كيف حالك اليوم؟ ",
    "👍🏽 🎉🎉 👩‍👩‍👧 🇩🇪 ❤️ 🚀🔥\n", "Größe: 3,14 € — «naïve café» …\n",
]


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


def reference(directory, text):
    """One run in a fresh process: milliseconds of loading, encoding and decoding, and the ids' number."""
    script = """
import sys, time
from tokenizers import Tokenizer
now = lambda: time.process_time() * 1e3
text = open(sys.argv[2], newline="").read()
a = now(); tokenizer = Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
b = now(); tokenizer.encode("Hello")
c = now(); ids = tokenizer.encode(text, add_special_tokens=False).ids
d = now(); tokenizer.decode(ids, skip_special_tokens=False)
print(b - a, d - c, now() - d, len(ids))
"""
    environment = dict(os.environ, TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")
    output = subprocess.check_output([sys.executable, "-c", script, directory, text], env=environment)
    return [float(field) for field in output.split()]


def ours(directory, text):
    environment = dict(os.environ, TOKENIZER_SPEED=directory, TOKENIZER_TEXT=text)
    command = ["swift", "test", "-c", "release", "-Xswiftc", "-enable-testing", "--skip-build",
               "--filter", "SpeedTests"]
    output = subprocess.run(command, env=environment, capture_output=True, text=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("speed "))
    return [float(field) for field in line.split()[1:]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory")
    parser.add_argument("--text")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".txt", newline="") as file:
        if not options.text:
            file.write(mixed_text(1_000_000))
            file.flush()
        text = options.text or file.name
        runs = [(reference(options.directory, text), ours(options.directory, text))
                for _ in range(options.rounds)]
    theirs, mine = ([statistics.median(column) for column in zip(*side)] for side in zip(*runs))
    assert theirs[3] == mine[4], "the two disagree: %d and %d ids" % (theirs[3], mine[4])
    print("%d bytes, %d ids, medians of %d runs, ms of CPU time"
          % (os.path.getsize(text) if options.text else 1_000_000, mine[4], options.rounds))
    print("%-12s %12s %12s" % ("", "tokenizers", "here"))
    for name, reference_time, time in [("load", theirs[0], mine[0]), ("load table", None, mine[1]),
                                       ("encode", theirs[1], mine[2]), ("decode", theirs[2], mine[3])]:
        print("%-12s %12s %12.1f" % (name, "-" if reference_time is None else "%.1f" % reference_time, time))


main()
