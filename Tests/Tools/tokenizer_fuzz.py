#!/usr/bin/env python3
"""Compares our tokenizers with the PyPI package `tokenizers` on random Unicode, for as long as asked.

    swift build -c release --product tokenizer-bench
    python Tests/Tools/tokenizer_fuzz.py --seconds 60 DIR...

Each DIR holds a tokenizer.json. The first difference of each is printed with its text, cut down to
what is needed to show it; the exit status says whether there was any.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import time

from tokenizer_cases import attempt, random_text
from tokenizers import Tokenizer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


BATCH = 200


def ours(program, directory, texts):
    """What our tokenizer of a directory makes of texts."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run([program, "encode", directory], input=lines.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.split(b"\n") if line]


def reference(tokenizer, text):
    """What the package makes of a text, None for what it refuses."""
    ids = attempt(lambda: tokenizer.encode(text, add_special_tokens=False).ids)
    special = attempt(lambda: tokenizer.encode(text).ids)
    return {
        "ids": ids, "special": special,
        "decoded": None if ids is None else attempt(lambda: tokenizer.decode(ids, skip_special_tokens=False)),
        "skipped": None if special is None else attempt(lambda: tokenizer.decode(special)),
    }


def differing(expected, found):
    """The names of what differs."""
    return [name for name, value in expected.items() if value is not None and value != found[name]]


def smallest(tokenizer, answers, text):
    """A part of the text that still shows a difference."""
    step = max(1, len(text) // 2)
    while step:
        shorter = [text[:at] + text[at + step:] for at in range(0, len(text), step)]
        bad = [part for part, found in zip(shorter, answers(shorter))
               if part and differing(reference(tokenizer, part), found)]
        if bad:
            text = bad[0]
        else:
            step //= 2
    return text


def fuzz(program, directory, seconds, seed):
    tokenizer = Tokenizer.from_file(os.path.join(directory, "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    answers = lambda texts: ours(program, directory, texts)
    rng = random.Random("%s %s" % (directory, seed))
    own = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    own += rng.sample(sorted(tokenizer.get_vocab()), min(300, tokenizer.get_vocab_size()))
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        texts = ["".join(random_text(rng, own) for _ in range(rng.choice([1, 1, 1, 2, 8])))
                 for _ in range(BATCH)]
        count += BATCH
        for text, found in zip(texts, answers(texts)):
            if differing(reference(tokenizer, text), found):
                text = smallest(tokenizer, answers, text)
                expected, found = reference(tokenizer, text), answers([text])[0]
                print("%s: %s differ on %r" % (directory, differing(expected, found), text))
                print("  expected %s\n  found    %s" % (expected, found))
                return False
    print("%s: %d texts, no difference" % (directory, count), flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", metavar="DIR")
    parser.add_argument("--seconds", type=float, default=10, help="for each of them")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--program", default=os.path.join(ROOT, ".build/release/tokenizer-bench"))
    options = parser.parse_args()
    equal = [fuzz(options.program, directory, options.seconds, options.seed)
             for directory in options.directories]
    sys.exit(0 if all(equal) else 1)


if __name__ == "__main__":
    main()
