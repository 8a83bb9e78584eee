"""A byte-level BPE with the vocabulary size and the special tokens of the real model.

All tokens but the bytes are strings of two to four letters, so nearly any sampled id is printable.
"""

import itertools
import sys

LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
SPACE = "\u0120"

CHATML = (
    "{%- for m in messages %}"
    "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}"
)
LLAMA3 = (
    "{{ bos_token }}{%- for m in messages %}"
    "{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n'"
    " + m['content'] + '<|eot_id|>' }}{%- endfor %}{%- if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"
)


def byte_characters():
    """GPT-2's printable stand-ins for the 256 bytes, in the order of their ids."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [byte for byte in range(256) if byte not in keep]
    return [chr(byte) for byte in keep] + [chr(256 + index) for index in range(len(rest))]


def candidate_merges():
    pairs = ["".join(pair) for pair in itertools.product(LETTERS, LETTERS)]
    yield from ((SPACE, letter) for letter in LETTERS)
    yield from ((pair[0], pair[1]) for pair in pairs)
    yield from ((SPACE, pair) for pair in pairs)
    yield from ((pair, letter) for pair in pairs for letter in LETTERS)
    yield from itertools.product(pairs, pairs)


def vocabulary(count):
    """`count` ordinary tokens, and the merges that make them."""
    tokens = byte_characters()[:count]
    seen, merges = set(tokens), []
    for left, right in candidate_merges():
        if len(tokens) == count:
            return tokens, merges
        if left + right not in seen:
            seen.add(left + right)
            tokens.append(left + right)
            merges.append((left, right))
    sys.exit("the vocabulary is larger than this tokenizer can make")


def added_tokens(shape):
    """Special tokens by id; a llama vocabulary is filled up with reserved ones."""
    added = dict(shape.special_tokens)
    if not shape.is_qwen:
        base = shape.ordinary_tokens
        for index in range(base, shape.vocabulary):
            added.setdefault(index, f"<|reserved_special_token_{index - base}|>")
    return dict(sorted(added.items()))


def byte_level(**options):
    return {"type": "ByteLevel", **options}


def split_pattern(shape):
    return (
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
        + ("" if shape.is_qwen else "{1,3}")
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
    )


def post_processor(shape):
    """Llama starts every text with its first special token."""
    if shape.is_qwen:
        return None
    identifier, text = next(iter(shape.special_tokens.items()))
    start = {"SpecialToken": {"id": text, "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [start, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [
            start,
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": text, "type_id": 1}},
            {"Sequence": {"id": "B", "type_id": 1}},
        ],
        "special_tokens": {text: {"id": text, "ids": [identifier], "tokens": [text]}},
    }
    level = byte_level(add_prefix_space=True, trim_offsets=False, use_regex=True)
    return {"type": "Sequence", "processors": [level, template]}


def flags():
    return {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


def tokenizer_json(shape):
    tokens, merges = vocabulary(shape.ordinary_tokens)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": index, "content": text, **flags(), "special": True}
            for index, text in added_tokens(shape).items()
        ],
        "normalizer": {"type": "NFC"} if shape.is_qwen else None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": split_pattern(shape)},
                    "behavior": "Isolated",
                    "invert": False,
                },
                byte_level(add_prefix_space=False, trim_offsets=True, use_regex=False),
            ],
        },
        "post_processor": post_processor(shape),
        "decoder": byte_level(add_prefix_space=True, trim_offsets=True, use_regex=True),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {text: index for index, text in enumerate(tokens)},
            "merges": [list(merge) for merge in merges],
        },
    }


def chat_template(shape):
    return CHATML if shape.is_qwen else LLAMA3


def tokenizer_config(shape):
    texts = list(shape.special_tokens.values())
    return {
        "tokenizer_class": "Qwen2Tokenizer" if shape.is_qwen else "PreTrainedTokenizerFast",
        "bos_token": None if shape.is_qwen else texts[0],
        "eos_token": shape.special_tokens[shape.end_of_turn],
        "pad_token": texts[0] if shape.is_qwen else None,
        "model_max_length": shape.context,
        "chat_template": chat_template(shape),
        "clean_up_tokenization_spaces": False,
        "add_bos_token": not shape.is_qwen,
        "added_tokens_decoder": {
            str(index): {"content": text, **flags(), "special": True}
            for index, text in added_tokens(shape).items()
        },
    }
