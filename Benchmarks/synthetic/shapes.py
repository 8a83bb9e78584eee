"""The shapes: what config.json of the real models says."""

from dataclasses import dataclass, replace

LLAMA3_SCALING = {
    "factor": 32.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192,
    "rope_type": "llama3",
}


@dataclass(frozen=True)
class Shape:
    family: str
    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    head_dimension: int
    intermediate: int
    vocabulary: int
    tied: bool
    theta: float
    epsilon: float
    context: int
    scaling: dict | None = None

    @property
    def is_qwen(self):
        return self.family.startswith("qwen")

    @property
    def ordinary_tokens(self):
        """Number of tokens before the special ones."""
        if self.is_qwen:
            return 151643 if self.vocabulary > 100000 else self.vocabulary - 8
        return 128000 if self.vocabulary > 100000 else self.vocabulary - 10

    @property
    def special_tokens(self):
        """Special tokens by id: the first starts or pads a text, the third or last ends a turn."""
        base = self.ordinary_tokens
        if self.is_qwen:
            return {base: "<|endoftext|>", base + 1: "<|im_start|>", base + 2: "<|im_end|>"}
        return {
            base: "<|begin_of_text|>",
            base + 1: "<|end_of_text|>",
            base + 6: "<|start_header_id|>",
            base + 7: "<|end_header_id|>",
            base + 9: "<|eot_id|>",
        }

    @property
    def end_of_turn(self):
        return self.ordinary_tokens + (2 if self.is_qwen else 9)


SHAPES = {
    "qwen3-0.6b": Shape("qwen3", 1024, 28, 16, 8, 128, 3072, 151936, True, 1e6, 1e-6, 40960),
    "qwen3-1.7b": Shape("qwen3", 2048, 28, 16, 8, 128, 6144, 151936, True, 1e6, 1e-6, 40960),
    "qwen3-4b": Shape("qwen3", 2560, 36, 32, 8, 128, 9728, 151936, True, 1e6, 1e-6, 40960),
    "qwen3-8b": Shape("qwen3", 4096, 36, 32, 8, 128, 12288, 151936, False, 1e6, 1e-6, 40960),
    "llama-3.2-1b": Shape(
        "llama", 2048, 16, 32, 8, 64, 8192, 128256, True, 5e5, 1e-5, 131072, LLAMA3_SCALING
    ),
    "llama-3.2-3b": Shape(
        "llama", 3072, 28, 24, 8, 128, 8192, 128256, True, 5e5, 1e-5, 131072, LLAMA3_SCALING
    ),
    "qwen2.5-0.5b": Shape("qwen2", 896, 24, 14, 2, 64, 4864, 151936, True, 1e6, 1e-6, 32768),
    "qwen2.5-7b": Shape("qwen2", 3584, 28, 28, 4, 128, 18944, 152064, False, 1e6, 1e-6, 32768),
    "tiny-qwen3": Shape("qwen3", 256, 2, 4, 2, 64, 512, 1024, True, 1e6, 1e-6, 8192),
    "tiny-llama": Shape(
        "llama", 256, 2, 4, 2, 64, 512, 1024, True, 5e5, 1e-5, 131072, LLAMA3_SCALING
    ),
}
# A few layers and hardly a head, to compare types of weights with.
SHAPES["layer-stack"] = Shape("llama", 2048, 4, 16, 8, 128, 6144, 1024, True, 5e5, 1e-5, 4096)
SHAPES["llama-3.1-8b"] = replace(
    SHAPES["llama-3.2-3b"],
    hidden=4096,
    layers=32,
    heads=32,
    intermediate=14336,
    tied=False,
    scaling=LLAMA3_SCALING | {"factor": 8.0},
)


def configuration(shape):
    """config.json."""
    tokens = list(shape.special_tokens)
    config = {
        "architectures": [
            {
                "llama": "LlamaForCausalLM",
                "qwen2": "Qwen2ForCausalLM",
                "qwen3": "Qwen3ForCausalLM",
            }[shape.family]
        ],
        "model_type": shape.family,
        "hidden_act": "silu",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "max_position_embeddings": shape.context,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.key_value_heads,
        "rms_norm_eps": shape.epsilon,
        "rope_theta": shape.theta,
        "rope_scaling": shape.scaling,
        "tie_word_embeddings": shape.tied,
        "torch_dtype": "bfloat16",
        "vocab_size": shape.vocabulary,
        "bos_token_id": tokens[0],
        "eos_token_id": shape.end_of_turn if shape.is_qwen else [tokens[1], shape.end_of_turn],
    }
    if shape.family != "qwen2":
        config |= {"head_dim": shape.head_dimension, "attention_bias": False}
    if shape.is_qwen:
        config |= {
            "use_sliding_window": False,
            "sliding_window": None,
            "max_window_layers": shape.layers,
        }
    else:
        config |= {"mlp_bias": False}
    return config
