"""Loads the 4-bit MLX file of a pocket model into PyTorch and answers many prompts at once, greedily.

The weights are those of the file: every 4-bit number times its scale plus its bias. The sums are made in 32-bit floats.
"""
import json

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from model import Qwen3


def unpacked(packed, scales, biases, group):
    """Exact value of MLX affine 4-bit weights."""
    shifts = torch.arange(0, 32, 4)
    q = (packed.view(torch.int32).unsqueeze(-1) >> shifts) & 15
    q = q.reshape(packed.shape[0], -1, group).float()
    return (q * scales.float().unsqueeze(-1) + biases.float().unsqueeze(-1)).flatten(1)


def load(folder):
    cfg = json.load(open(f"{folder}/config.json"))
    t = load_file(f"{folder}/model.safetensors")
    group = cfg.get("quantization", {}).get("group_size")
    out = {}
    for n, w in t.items():
        if n.endswith((".scales", ".biases")):
            continue
        stem = n.removesuffix(".weight")
        out[n] = unpacked(w, t[stem + ".scales"], t[stem + ".biases"], group) if stem + ".scales" in t else w.float()
    net = Qwen3(cfg)
    net.load_exported(out)
    return net


def norm(x, w, eps):
    return F.rms_norm(x, (x.shape[-1],), w, eps)


def heads(x, n):
    return x.unflatten(-1, (n, -1)).transpose(1, 2)


def advance(net, ids, cache, mask):
    """Logits after the last of the new tokens; the cache grows by them."""
    c, eps = net.c, net.c["rms_norm_eps"]
    x = F.embedding(ids, net.embed_tokens)
    start = cache[0][0].shape[2] if cache else 0
    cos, sin = net.cos[start:start + ids.shape[1]], net.sin[start:start + ids.shape[1]]
    grown = []
    for i, layer in enumerate(net.layers):
        a, m = layer.self_attn, layer.mlp
        h = norm(x, layer.input_layernorm, eps)
        q, k, v = (heads(F.linear(h, p.weight), n) for p, n in
                   ((a.q_proj, c["num_attention_heads"]), (a.k_proj, c["num_key_value_heads"]), (a.v_proj, c["num_key_value_heads"])))
        q, k = net.rope(norm(q, a.q_norm, eps), cos, sin), net.rope(norm(k, a.k_norm, eps), cos, sin)
        if cache:
            k, v = torch.cat([cache[i][0], k], 2), torch.cat([cache[i][1], v], 2)
        grown.append((k, v))
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        x = x + F.linear(o.transpose(1, 2).flatten(2), a.o_proj.weight)
        h = norm(x, layer.post_attention_layernorm, eps)
        x = x + F.linear(F.silu(F.linear(h, m.gate_proj.weight)) * F.linear(h, m.up_proj.weight), m.down_proj.weight)
    return F.linear(norm(x[:, -1], net.norm, eps), net.embed_tokens), grown


@torch.inference_mode()
def answers(net, prompts, stop, limit):
    """Greedy continuations. Short prompts are padded on the left; positions are relative, so the shift changes nothing."""
    T = max(map(len, prompts))
    ids = torch.tensor([[0] * (T - len(p)) + p for p in prompts])
    real = torch.tensor([[False] * (T - len(p)) + [True] * len(p) for p in prompts])
    mask = (real[:, None, :] & torch.ones(T, T, dtype=torch.bool).tril()) | torch.eye(T, dtype=torch.bool)
    logits, cache = advance(net, ids, [], mask[:, None])
    out = [[] for _ in prompts]
    live = list(range(len(prompts)))
    for _ in range(limit):
        new = logits.argmax(-1).tolist()
        keep = [j for j, t in enumerate(new) if t not in stop]
        if not keep:
            break
        for j in keep:
            out[live[j]].append(new[j])
        if len(keep) < len(live):
            live, real, cache = [live[j] for j in keep], real[keep], [(k[keep], v[keep]) for k, v in cache]
        real = F.pad(real, (0, 1), value=True)
        logits, cache = advance(net, torch.tensor([[new[j]] for j in keep]), cache, real[:, None, None])
    return out
