"""Writes a checkpoint of train_chat.py as a Hugging Face directory; mlx-lm then makes the MLX directories.

  python convert_chat.py --ckpt WORK/ckpt.pt --tokenizer TOK --out chat-hf
  mlx_lm.convert --hf-path chat-hf --mlx-path pocket-chat-bf16 --dtype bfloat16
  mlx_lm.convert --hf-path chat-hf --mlx-path pocket-chat-4bit -q --q-bits 4 --q-group-size 64
"""
import argparse
import json
import os
import shutil

import torch
from safetensors.torch import save_file

from model import Qwen3


def text_config(c, eos, pad):
    return {"vocab_size": c["vocab_size"], "hidden_size": c["hidden_size"], "intermediate_size": c["intermediate_size"], "num_hidden_layers": c["num_hidden_layers"],
            "num_attention_heads": c["num_attention_heads"], "num_key_value_heads": c["num_key_value_heads"], "head_dim": c["head_dim"], "hidden_act": "silu",
            "max_position_embeddings": 2048, "initializer_range": 0.02, "rms_norm_eps": c["rms_norm_eps"], "use_cache": True, "tie_word_embeddings": True,
            "rope_theta": c["rope_theta"], "rope_scaling": None, "attention_bias": False, "attention_dropout": 0.0, "use_sliding_window": False, "sliding_window": None,
            "max_window_layers": c["num_hidden_layers"], "bos_token_id": None, "eos_token_id": eos, "pad_token_id": pad}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--ckpt", required=True)
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--weights", choices=["net", "smooth"], default="smooth", help="the last weights, or their running mean")
    a = ap.parse_args()
    s = torch.load(a.ckpt)
    net = Qwen3(s["cfg"])
    net.load_state_dict(s[a.weights])
    os.makedirs(a.out, exist_ok=True)
    save_file(net.export(), f"{a.out}/model.safetensors", metadata={"format": "pt"})
    t = json.load(open(f"{a.tokenizer}/tokenizer.json"))
    ids = {x["content"]: x["id"] for x in t["added_tokens"]}
    cfg = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "torch_dtype": "bfloat16", **text_config(s["cfg"], ids["<|im_end|>"], ids["<|endoftext|>"])}
    json.dump(cfg, open(f"{a.out}/config.json", "w"), indent=2)
    json.dump({"eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]], "pad_token_id": ids["<|endoftext|>"], "do_sample": True, "temperature": 0.2, "top_p": 0.9},
              open(f"{a.out}/generation_config.json", "w"), indent=2)
    for f in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{a.tokenizer}/{f}", a.out)
    here = os.path.dirname(os.path.abspath(__file__))
    shutil.copy(f"{here}/chat_template.jinja", a.out)
    print("tokens", s["done"], "steps", s["t"])


if __name__ == "__main__":
    main()
