#!/usr/bin/env python3
"""Makes tokenizer cases by running the reference, the PyPI package `tokenizers`, on random text.

The output has the layout of Tests/Fixtures/tokenizers, so the conformance tests can run it:

    python Tests/Tools/tokenizer_cases.py --out /tmp/fuzz/tokenizers --seed 1 DIR...
    MLX_FIXTURES=/tmp/fuzz swift test --filter TokenizerConformance

Each DIR holds a tokenizer.json, which gets --texts random texts. --pipelines N adds N tokenizers
put together at random from every component there is.
"""
import argparse
import json
import os
import random
import shutil
import unicodedata

import tokenizers
from tokenizers import Tokenizer

SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", " \n", "\u00a0", "\u2003", "\u3000",
          "\u200b", "\u180e", "\u0085", "\u2028", "\x1c", "\x0b", "\x0c", "\ufeff", "\u202f"]
SNIPPETS = ["'s", "'S", "'ll", "'LL", "'Re", "'\u017f", "\u2019s", "don't", "I'M", "can't've", "...",
            "!?", "#include", "foo_bar", "fooBar", "HTTPServer", "e\u0301", "\u00e9", "A\u030a",
            "\u212b", "\ufb01", "\u00bd", "\u00b2", "\u2167", "12345", "1,234.56", "0x1F", "١٢٣", "१२३",
            "日本語", "どこ", "カタカナ", "ー", "中文。", "한국어", "각", "\u1100\u1161\u11a8", "Привет",
            "שלום", "مرحبا", "สวัสดี", "नमस्ते", "👍", "👩‍👩‍👧", "🇩🇪", "❤️", "👍🏽", "İ", "ß", "ẞ", "ς",
            "Σ", "\u0000", "\u0001", "\ufffd", "\u2581", "▁▁", "Ġ", "Ċ", "<0x41>", "<0xE2>", "##ing",
            "</w>", "[UNK]", "<unk>", "<s>", "</s>", "\u200d", "\u0338", "\u1e0b\u0323", "\u0f71\u0f72",
            "\u115f", "\u3099", "が", "か\u3099", "\U00011384", "\U0001e4f0", "\U00016ea0", "https://x.y/z?q=1"]
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
MARKS = [c for c in SCALARS if unicodedata.category(chr(c))[0] == "M"]
ASSIGNED = [c for c in SCALARS if unicodedata.category(chr(c)) not in ("Cn", "Co")]


def random_text(rng, own):
    kinds = ["word", "space", "digits", "punctuation", "snippet", "own", "bmp", "assigned", "mark", "any"]
    weights = [rng.choice([0, 1, 4]) for _ in kinds]
    weights[0] += 1
    text = []
    for kind in rng.choices(kinds, weights, k=rng.randint(1, 24)):
        if kind == "word":
            letters = rng.choice(["abcdefghijklmnopqrstuvwxyz", "abcABC", "etaoin", "éèüñçø", "абвгд"])
            text.append("".join(rng.choices(letters, k=rng.randint(1, 9))))
        elif kind == "space":
            text.append(rng.choice(SPACES))
        elif kind == "digits":
            text.append(str(rng.randrange(10 ** rng.randint(1, 9))))
        elif kind == "punctuation":
            text.append("".join(rng.choices("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", k=rng.randint(1, 4))))
        elif kind == "snippet":
            text.append(rng.choice(SNIPPETS))
        elif kind == "own":
            text.append(rng.choice(own))
        elif kind == "bmp":
            text.append("".join(chr(ASSIGNED[rng.randrange(50000)]) for _ in range(rng.randint(1, 4))))
        elif kind == "assigned":
            text.append(chr(rng.choice(ASSIGNED)))
        elif kind == "mark":
            text.append("".join(chr(rng.choice(MARKS)) for _ in range(rng.randint(1, 3))))
        else:
            text.append(chr(rng.choice(SCALARS)))
    return "".join(text)


def attempt(action):
    """The result, or None where the reference itself fails (it may panic)."""
    try:
        return action()
    except BaseException as error:  # pyo3's PanicException isn't an Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        return None


def make_cases(tokenizer, name, rng, texts):
    own = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    own += rng.sample(sorted(tokenizer.get_vocab()), min(50, tokenizer.get_vocab_size()))
    cases = []
    for index in range(texts):
        text = random_text(rng, own)
        ids = attempt(lambda: tokenizer.encode(text, add_special_tokens=False).ids)
        special = attempt(lambda: tokenizer.encode(text).ids)
        if ids is None or special is None:
            continue
        decoded = attempt(lambda: tokenizer.decode(ids, skip_special_tokens=False))
        skipped = attempt(lambda: tokenizer.decode(special, skip_special_tokens=True))
        cases.append({"id": "fuzz-%03d" % index, "text": text, "ids": ids,
                      "ids_special": None if special == ids else special,
                      "decoded": decoded, "decoded_skip_special": skipped})
    decode_cases, stream_cases = [], []
    every = sorted(tokenizer.get_vocab().values())
    for index in range(texts // 3):
        ids = rng.choices(every, k=rng.randint(1, 16))
        if rng.random() < 0.2:
            ids = [i + rng.choice([0, 0, 1 << 20]) for i in ids]
        decoded = attempt(lambda: tokenizer.decode(ids, skip_special_tokens=False))
        skipped = attempt(lambda: tokenizer.decode(ids, skip_special_tokens=True))
        decode_cases.append({"id": "fuzz-ids-%03d" % index, "ids": ids, "decoded": decoded,
                             "decoded_skip_special": skipped})
        stream_cases.append({"id": "fuzz-stream-%03d" % index, "ids": ids, "text": skipped})
    return {"format": 1, "tokenizer": name, "generator": {"tokenizers": tokenizers.__version__},
            "vocab_size": tokenizer.get_vocab_size(), "cases": cases, "decode_cases": decode_cases,
            "stream_cases": stream_cases}


def write(folder, settings, cases):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "tokenizer.json"), "w") as file:
        json.dump(settings, file, ensure_ascii=False)
    with open(os.path.join(folder, "cases.json"), "w") as file:
        json.dump(cases, file, ensure_ascii=False)


# Tokenizers put together at random.

PATTERNS = [r"\w+", r"\s+", r"[^\s]+", r"\p{L}+|\p{N}", r"(?i:'s|'t)|\p{L}+", r"[\r\n]", r"\s?\p{L}+",
            r"\s?\p{P}+", r"[一-龥]+", r"[0-9][0-9][0-9]", r" ?[^\s\p{L}\p{N}]+", r"(?=\d)", r"\d{1,3}",
            r"[^\W\d_]+", r"\S+", r"a|b", r"(?<=a)b", r"\p{Lu}\p{Ll}*", r"[^\S\n]+", r"\h{2}", r"x*",
            r"(\d{3})+$", r"^\s+", r"\b", r"[[:punct:]]", r"[\p{M}\p{Sk}]", r"\P{L}", r"[\w']+", "",
            r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{M}&&[^\p{Han}]]+|[\p{Han}]+",
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
            r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s", r"[[a-c]x]+", r"[^[a-c]x\W]+", r"[a-z&&[^aeiou]]+", r"\B",
            r"[^\D\S]", r"[^\P{L}a]", r"\d{,2}", r"(?m:a.b)", r"(?i:K|\u00e9)", r"[[:alpha:]&&[^a-f]]+",
            r"(?>a+)b", r"(?<x>a)\k<x>", r"\p{^L}+", r"[\]\[]", r"[]a]+", r"\s+\z", r"a{2}+"]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def random_pattern(rng):
    if rng.random() < 0.4:
        return {"String": rng.choice([" ", "a", "ab", "▁", "é", "\n", "aa", ".", "  "])}
    return {"Regex": rng.choice(PATTERNS)}


def random_normalizer(rng, charsmap):
    kind = rng.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "Strip", "Prepend",
                       "Replace", "BertNormalizer", "ByteLevel", "Precompiled", "Replace", "Strip"])
    flag = lambda: rng.random() < 0.5
    extra = {
        "Strip": lambda: {"strip_left": flag(), "strip_right": flag()},
        "Prepend": lambda: {"prepend": rng.choice(["▁", " ", "ab"])},
        "Replace": lambda: {"pattern": random_pattern(rng), "content": rng.choice(["", " ", "▁", "xy"])},
        "BertNormalizer": lambda: {"clean_text": flag(), "handle_chinese_chars": flag(),
                                   "strip_accents": rng.choice([None, True, False]), "lowercase": flag()},
        "Precompiled": lambda: {"precompiled_charsmap": charsmap},
    }.get(kind, dict)()
    return {"type": kind, **extra}


def random_pre_tokenizer(rng):
    kind = rng.choice(["ByteLevel", "Metaspace", "Split", "Split", "Split", "Digits", "Punctuation",
                       "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "CharDelimiterSplit",
                       "UnicodeScripts", "FixedLength"])
    flag = lambda: rng.random() < 0.5
    extra = {
        "ByteLevel": lambda: {"add_prefix_space": flag(), "trim_offsets": True, "use_regex": flag()},
        "Metaspace": lambda: {"replacement": rng.choice("▁▁_"), "split": flag(),
                              "prepend_scheme": rng.choice(["always", "first", "never"])},
        "Split": lambda: {"pattern": random_pattern(rng), "behavior": rng.choice(BEHAVIORS),
                          "invert": flag()},
        "Digits": lambda: {"individual_digits": flag()},
        "Punctuation": lambda: {"behavior": rng.choice(BEHAVIORS)},
        "CharDelimiterSplit": lambda: {"delimiter": rng.choice(" a-é")},
        "FixedLength": lambda: {"length": rng.randint(1, 6)},
    }.get(kind, dict)()
    return {"type": kind, **extra}


def random_decoder(rng):
    kind = rng.choice(["ByteLevel", "Metaspace", "WordPiece", "BPEDecoder", "ByteFallback", "Fuse", "Strip",
                       "Replace", "CTC"])
    flag = lambda: rng.random() < 0.5
    extra = {
        "ByteLevel": lambda: {"add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "Metaspace": lambda: {"replacement": "▁", "split": True,
                              "prepend_scheme": rng.choice(["always", "first", "never"])},
        "WordPiece": lambda: {"prefix": "##", "cleanup": flag()},
        "BPEDecoder": lambda: {"suffix": "</w>"},
        "Strip": lambda: {"content": rng.choice(" a▁"), "start": rng.randint(0, 2), "stop": rng.randint(0, 1)},
        "Replace": lambda: {"pattern": random_pattern(rng), "content": rng.choice(["", " ", "xy"])},
        "CTC": lambda: {"pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": flag()},
    }.get(kind, dict)()
    return {"type": kind, **extra}


def some(rng, make, name, list_name, most):
    count = rng.randint(0, most)
    if count == 0:
        return None
    if count == 1 and rng.random() < 0.7:
        return make()
    return {"type": "Sequence", list_name: [make() for _ in range(count)]}


def random_model(rng):
    flag = lambda: rng.random() < 0.5
    letters = list("abcdefghijklmnopqrstuvwxyzABC0123456789 .,'▁Ġé_-") + ["日", "本", "Ã", "©", "<unk>", "[UNK]"]
    kind = rng.choice(["BPE", "BPE", "BPE", "Unigram", "WordPiece", "WordLevel"])
    words = ["".join(rng.choices("abcdet ▁Ġ", k=rng.randint(2, 5))) for _ in range(60)]
    byte_tokens = ["<0x%02X>" % b for b in range(256)]
    if kind == "BPE":
        prefix, suffix = rng.choice([(None, None), (None, None), ("##", None), (None, "</w>"), ("##", "</w>")])
        base = [c for c in letters if rng.random() < 0.9]
        vocab = base + [(prefix or "") + c for c in base] + [c + (suffix or "") for c in base]
        vocab += [(prefix or "") + c + (suffix or "") for c in base]
        if flag():
            vocab += byte_tokens if flag() else byte_tokens[::2]
        vocab = list(dict.fromkeys(vocab))
        merges = []
        for _ in range(120):
            left, right = rng.choice(vocab), rng.choice(vocab)
            if prefix and not right.startswith(prefix):
                continue
            merged = left + right[len(prefix or ""):]
            if len(merged) > 12:
                continue
            merges.append([left, right] if flag() or " " in left + right else left + " " + right)
            if merged not in vocab:
                vocab.append(merged)
        if any(isinstance(m, list) for m in merges):
            merges = [m if isinstance(m, list) else m.split(" ") for m in merges]
        vocab += [w for w in words if w not in vocab][:20]
        return {"type": "BPE", "dropout": None, "unk_token": rng.choice([None, "<unk>"]) if "<unk>" in vocab else None,
                "continuing_subword_prefix": prefix, "end_of_word_suffix": suffix, "fuse_unk": flag(),
                "byte_fallback": flag(), "ignore_merges": flag(),
                "vocab": {token: i for i, token in enumerate(vocab)}, "merges": merges}
    tokens = list(dict.fromkeys(letters + words + ["##" + w for w in letters + words[:30]]))
    if kind == "Unigram":
        if flag():
            tokens += byte_tokens
        vocab = [[token, -rng.randint(1, 12) / 2] for token in tokens]
        return {"type": "Unigram", "unk_id": tokens.index("<unk>"), "vocab": vocab, "byte_fallback": flag()}
    ids = {token: i for i, token in enumerate(tokens)}
    if kind == "WordLevel":
        return {"type": "WordLevel", "vocab": ids, "unk_token": "[UNK]"}
    return {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": rng.choice(["##", ""]),
            "max_input_chars_per_word": rng.choice([100, 5]), "vocab": ids}


def random_added(rng, size):
    contents = ["<s>", "</s>", "<|im_end|>", "word", "Hello", "  ", "\n\n", "<b>", "[X]", "é", "ABC", " a", "ab",
                "a", "日本", "<s>x", "<pad>", "|"]
    flag = lambda: rng.random() < 0.3
    return [{"id": size + i, "content": content, "single_word": flag(), "lstrip": flag(), "rstrip": flag(),
             "normalized": flag(), "special": rng.random() < 0.5}
            for i, content in enumerate(rng.sample(contents, rng.randint(0, 8)))]


def is_ambiguous(tokenizer, tokens):
    """Whether normalising leaves nothing of an added token, or makes two the same: what the reference
    does then is an accident."""
    if not tokenizer.normalizer:
        return False
    texts = [tokenizer.normalizer.normalize_str(t["content"]) for t in tokens if t["normalized"]]
    return "" in texts or len(set(texts)) < len(texts)


def random_pipeline(rng, charsmap):
    model = random_model(rng)
    post = rng.choice([None, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False},
                       {"type": "BertProcessing", "sep": ["b", 1], "cls": ["a", 0]},
                       {"type": "RobertaProcessing", "sep": ["b", 1], "cls": ["a", 0], "trim_offsets": True,
                        "add_prefix_space": True}])
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": random_added(rng, len(model["vocab"])),
            "normalizer": some(rng, lambda: random_normalizer(rng, charsmap), "normalizer", "normalizers", 3),
            "pre_tokenizer": some(rng, lambda: random_pre_tokenizer(rng), "pre_tokenizer", "pretokenizers", 3),
            "post_processor": post,
            "decoder": some(rng, lambda: random_decoder(rng), "decoder", "decoders", 3), "model": model}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--pipelines", type=int, default=0)
    parser.add_argument("--charsmap", help="a tokenizer.json whose Precompiled normaliser is used")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    for folder in options.folders:
        name = os.path.basename(os.path.normpath(folder))
        path = os.path.join(folder, "tokenizer.json")
        rng = random.Random("%s %d" % (name, options.seed))
        cases = make_cases(Tokenizer.from_file(path), name, rng, options.texts)
        os.makedirs(os.path.join(options.out, name))
        os.symlink(os.path.abspath(path), os.path.join(options.out, name, "tokenizer.json"))
        with open(os.path.join(options.out, name, "cases.json"), "w") as file:
            json.dump(cases, file, ensure_ascii=False)
    charsmap = "AAAAAA=="
    if options.charsmap:
        text = open(options.charsmap).read()
        charsmap = json.loads('"' + text.split('"precompiled_charsmap":', 1)[1].split('"')[1] + '"')
    rng = random.Random(options.seed)
    made = 0
    while made < options.pipelines:
        settings = random_pipeline(rng, charsmap)
        if not options.charsmap and "Precompiled" in json.dumps(settings.get("normalizer")):
            continue
        tokenizer = attempt(lambda: Tokenizer.from_str(json.dumps(settings)))
        if tokenizer is None or is_ambiguous(tokenizer, settings["added_tokens"]):
            continue
        name = "pipeline-%d-%04d" % (options.seed, made)
        write(os.path.join(options.out, name), settings, make_cases(tokenizer, name, rng, options.texts))
        made += 1


if __name__ == "__main__":
    main()
