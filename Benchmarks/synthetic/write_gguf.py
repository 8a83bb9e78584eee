"""Writes the same weights as a GGUF file, for llama.cpp."""

import math
import os

import gguf
import numpy as np

from .tokenizer import added_tokens, chat_template, vocabulary
from .weights import tensors, values

# Rows that are quantised at once, which takes several times their memory.
ROWS = 4096


def write_gguf(shape, path, seed, name, kind):
    writer = gguf.GGUFWriter(path, shape.family, use_temp_file=False)
    add_shape(writer, shape, name, kind)
    add_tokenizer(writer, shape)
    write_tensors(writer, shape, seed, gguf.GGMLQuantizationType[kind])
    writer.close()
    print(f"{path}: {os.path.getsize(path)} bytes")


def add_shape(writer, shape, name, kind):
    writer.add_name(name + "-synthetic")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.intermediate)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_value_heads)
    writer.add_key_length(shape.head_dimension)
    writer.add_value_length(shape.head_dimension)
    writer.add_rope_freq_base(shape.theta)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType[f"MOSTLY_{kind}"])
    if shape.family == "llama":
        writer.add_rope_dimension_count(shape.head_dimension)


def add_tokenizer(writer, shape):
    base = shape.ordinary_tokens
    tokens, merges = vocabulary(base)
    added = added_tokens(shape)
    beyond = range(base, shape.vocabulary)
    kind = gguf.TokenType
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2" if shape.is_qwen else "llama-bpe")
    writer.add_token_list(tokens + [added.get(index, f"[PAD{index}]") for index in beyond])
    writer.add_token_types(
        [kind.NORMAL] * base + [kind.CONTROL if index in added else kind.UNUSED for index in beyond]
    )
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.add_bos_token_id(base)
    writer.add_eos_token_id(shape.end_of_turn)
    writer.add_pad_token_id(base if shape.is_qwen else base + 1)
    writer.add_add_bos_token(not shape.is_qwen)
    writer.add_chat_template(chat_template(shape))


def write_tensors(writer, shape, seed, kind):
    factors = frequency_factors(shape)
    if factors is not None:
        writer.add_tensor_info("rope_freqs.weight", factors.shape, factors.dtype, factors.nbytes)
    together, size = gguf.GGML_QUANT_SIZES[kind]
    for tensor in tensors(shape):
        count = math.prod(tensor.shape)
        if len(tensor.shape) == 1:
            float32 = np.dtype(np.float32)
            writer.add_tensor_info(tensor.gguf_name, tensor.shape, float32, 4 * count)
        else:
            writer.add_tensor_info(
                tensor.gguf_name,
                tensor.shape,
                np.dtype(np.float16),
                count // together * size,
                raw_dtype=kind,
            )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    if factors is not None:
        writer.write_tensor_data(factors)
    for tensor in tensors(shape):
        writer.write_tensor_data(gguf_values(shape, tensor, values(seed, tensor), kind))


def gguf_values(shape, tensor, weights, kind):
    """Vectors as float32, matrices as that kind."""
    if len(tensor.shape) == 1:
        return weights
    heads = {"attn_q": shape.heads, "attn_k": shape.key_value_heads}
    count = heads.get(tensor.gguf_name.split(".")[-2])
    if shape.family == "llama" and count:
        # llama.cpp rotates neighbouring channels where the model rotates halves.
        rows, columns = tensor.shape
        halves = weights.reshape(count, 2, rows // count // 2, columns)
        weights = np.ascontiguousarray(halves.swapaxes(1, 2).reshape(tensor.shape))
    if kind == gguf.GGMLQuantizationType.BF16:
        return (weights.view(np.uint32) >> 16).astype(np.uint16).view(np.float16)
    parts = range(0, len(weights), ROWS)
    return np.concatenate([gguf.quantize(weights[row : row + ROWS], kind) for row in parts])


def frequency_factors(shape):
    """llama3's scaling of the rotary frequencies, as divisors; None for a shape without it."""
    if shape.family != "llama" or not shape.scaling:
        return None
    scaling, dimension = shape.scaling, shape.head_dimension
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    length = scaling["original_max_position_embeddings"]
    factors = []
    for exponent in np.arange(0, dimension, 2, dtype=np.float64) / dimension:
        turns = length / (2 * math.pi * shape.theta**exponent)
        if turns > high:
            factors.append(1.0)
        elif turns < low:
            factors.append(scaling["factor"])
        else:
            share = (turns - low) / (high - low)
            factors.append(1 / ((1 - share) / scaling["factor"] + share))
    return np.array(factors, dtype=np.float32)
