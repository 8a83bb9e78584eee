"""Random weights, the same in every file format.

Gaussian with standard deviation 1/sqrt(inputs); the two projections that write the residual stream
are scaled down by sqrt(2 * layers), norms are near one, so activations stay near unit scale.
"""

import math
import zlib
from typing import NamedTuple

import numpy as np


class Tensor(NamedTuple):
    name: str
    shape: tuple
    deviation: float | None  # None: a norm's weights, near one
    gguf_name: str


def tensors(shape):
    """All tensors of a model, in the order of the layers."""
    hidden, intermediate = shape.hidden, shape.intermediate
    query = shape.heads * shape.head_dimension
    keys = shape.key_value_heads * shape.head_dimension
    residual = 1 / math.sqrt(2 * shape.layers)

    def matrix(name, rows, columns, gguf_name, scale=1.0):
        deviation = scale / math.sqrt(columns)
        return Tensor(name + ".weight", (rows, columns), deviation, gguf_name + ".weight")

    def norm(name, columns, gguf_name):
        return Tensor(name + ".weight", (columns,), None, gguf_name + ".weight")

    yield matrix("model.embed_tokens", shape.vocabulary, hidden, "token_embd")
    for layer in range(shape.layers):
        path, block = f"model.layers.{layer}", f"blk.{layer}"
        attention = path + ".self_attn"
        yield norm(path + ".input_layernorm", hidden, block + ".attn_norm")
        for letter, rows in (("q", query), ("k", keys), ("v", keys)):
            name, gguf_name = f"{attention}.{letter}_proj", f"{block}.attn_{letter}"
            yield matrix(name, rows, hidden, gguf_name)
            if shape.family == "qwen2":
                yield Tensor(name + ".bias", (rows,), 0.1, gguf_name + ".bias")
        if shape.family == "qwen3":
            yield norm(attention + ".q_norm", shape.head_dimension, block + ".attn_q_norm")
            yield norm(attention + ".k_norm", shape.head_dimension, block + ".attn_k_norm")
        yield matrix(attention + ".o_proj", hidden, query, block + ".attn_output", residual)
        yield norm(path + ".post_attention_layernorm", hidden, block + ".ffn_norm")
        yield matrix(path + ".mlp.gate_proj", intermediate, hidden, block + ".ffn_gate")
        yield matrix(path + ".mlp.up_proj", intermediate, hidden, block + ".ffn_up")
        yield matrix(
            path + ".mlp.down_proj", hidden, intermediate, block + ".ffn_down", 2 * residual
        )
    yield norm("model.norm", hidden, "output_norm")
    if not shape.tied:
        yield matrix("lm_head", shape.vocabulary, hidden, "output")


def values(seed, tensor):
    """float32 values that are exact in bfloat16, and depend on seed and name alone."""
    stream = np.random.SFC64([seed, zlib.crc32(tensor.name.encode())])
    weights = np.random.Generator(stream).standard_normal(tensor.shape, dtype=np.float32)
    if tensor.deviation is None:
        weights *= np.float32(0.05)
        weights += 1
    else:
        weights *= np.float32(tensor.deviation)
    # In pieces that stay in a cache: the largest matrices take gigabytes.
    for bits in np.array_split(weights.reshape(-1).view(np.uint32), 1 + weights.size // 65536):
        bits += 0x7FFF + ((bits >> 16) & 1)
        bits &= 0xFFFF0000
    return weights
