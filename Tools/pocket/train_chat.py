"""Trains pocket-chat on freshly generated conversations, with several worker processes of one thread each.

  python train_chat.py --work DIR --tokenizer DIR --init pocket-chat-bf16 --minutes 60

The learning rate follows the clock: it warms up, stays, and falls to zero when the minutes are used up. The work folder gets a
checkpoint every few minutes; the same call continues from it.
"""
import argparse
import json
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
import torch.multiprocessing as mp
from safetensors.torch import load_file
from tokenizers import Tokenizer

import gen_chat
from model import CFG, Optim, Qwen3, quantised


def encode(tok, d):
    segs = gen_chat.render(d)
    encs = tok.encode_batch([t for t, _ in segs], add_special_tokens=False)
    ids, msk = [], []
    for (_, y), e in zip(segs, encs):
        ids += e.ids
        msk += [y] * len(e.ids)
    return ids, msk


def conversations(tok, c, count, maxlen):
    cats = [k for k, v in gen_chat.MIX.items() for _ in range(v)]
    out = []
    while len(out) < count:
        ids, msk = encode(tok, gen_chat.make(c, c.pick(cats)))
        if len(ids) <= maxlen:
            out.append((ids, msk))
    return out


def group(c, docs, budget):
    """Conversations of similar length together, each group padded to at most `budget` tokens."""
    docs = sorted(docs, key=lambda x: len(x[0]) + c.r.random() * 12)
    out, cur = [], []
    for x in docs:
        if cur and len(x[0]) * (len(cur) + 1) > budget:
            out.append(cur)
            cur = []
        cur.append(x)
    out.append(cur)
    c.r.shuffle(out)
    return out


def batches(tok, seed, count, budget, maxlen, prompt_rate):
    c = gen_chat.Ctx(random.Random(seed))
    rng = np.random.default_rng(seed)
    for b in group(c, conversations(tok, c, count, maxlen), budget):
        T = max(len(x[0]) for x in b)
        ids = np.zeros((len(b), T), np.int64)
        msk = np.zeros((len(b), T), bool)
        for i, (a, m) in enumerate(b):
            ids[i, :len(a)] = a
            msk[i, :len(a)] = np.array(m) | (rng.random(len(a)) < prompt_rate)
        yield torch.from_numpy(ids), torch.from_numpy(msk), sum(len(x[0]) for x in b)


def endless(tok, a, seed):
    while True:
        yield from batches(tok, seed, a.docs, a.micro, a.maxlen, a.prompt_rate)
        seed += 1000


def loss_sum(net, ids, msk):
    h, emb = net(ids[:, :-1])
    y, m = ids[:, 1:], msk[:, 1:]
    return F.cross_entropy(F.linear(h[m], emb).float(), y[m], reduction="sum"), int(m.sum())


class Shared:
    """What the workers share: exact weights, the rounded weights that compute, a gradient buffer each, and counters."""

    def __init__(self, net, workers):
        share = lambda t: t.share_memory_()
        self.exact = {n: share(p.detach().clone()) for n, p in net.named_parameters()}
        self.smooth = {n: share(p.detach().clone()) for n, p in net.named_parameters()}
        self.rounded = {n: share(p.detach().bfloat16()) for n, p in net.named_parameters()}
        self.grads = [{n: share(torch.zeros_like(p)) for n, p in net.named_parameters()} for _ in range(workers)]
        self.stats = share(torch.zeros(workers, 3, dtype=torch.float64))     # loss, targets, tokens of this step
        self.taken = mp.Value("l", 0)
        self.rate = mp.Value("d", 0.0)
        self.stop = mp.Value("b", False)
        self.barrier = mp.Barrier(workers)

    def refresh(self, n):
        w = self.exact[n]
        self.rounded[n].copy_(quantised(w, 4, 64) if w.ndim == 2 else w)


def shares(names, sizes, workers):
    """The parameters that each worker updates: similar amounts of work."""
    out, load = [[] for _ in range(workers)], [0] * workers
    for n in sorted(names, key=lambda n: -sizes[n]):
        i = load.index(min(load))
        out[i].append(n)
        load[i] += sizes[n]
    return out


def claim(taken, n, limit):
    """Whether a worker may still add its next n tokens to this step."""
    with taken.get_lock():
        if taken.value >= limit:
            return False
        taken.value += n
        return True


def add_gradients(net, grads):
    with torch.no_grad():
        for n, p in net.named_parameters():
            grads[n].add_(p.grad)
            p.grad = None


def update(sh, opt, mine, targets, smooth):
    with torch.no_grad():
        for n in mine:
            sh.exact[n].grad = torch.stack([g[n] for g in sh.grads]).sum(0).div_(targets)
        opt.step(sh.rate.value)
        for n in mine:
            sh.smooth[n].lerp_(sh.exact[n], 1 - smooth)
            sh.refresh(n)


def load_checkpoint(path):
    return torch.load(path) if os.path.exists(path) else None


def learning_rate(step, progress, decay):
    return min(1, (step + 1) / 40, max(0.0, (1 - progress) / decay)) + 1e-4


def worker(rank, a, cfg, sh, mine, state):
    torch.set_num_threads(1)
    tok = Tokenizer.from_file(f"{a.tokenizer}/tokenizer.json")
    net = Qwen3(cfg).bfloat16()
    for n, p in net.named_parameters():
        p.data = sh.rounded[n]
    opt = Optim([(n, sh.exact[n]) for n in mine], a.muon_lr, a.adam_lr)
    t, done, used = 0, 0, 0.0
    if state:
        t, done, used = state["t"], state["done"], state["used"]
        opt.t, opt.st = t, {n: state["opt"][n] for n in mine if n in state["opt"]}
    data = endless(tok, a, 1000 * t + rank + 7)
    item = next(data)
    start, saved, losses = time.time(), time.time(), []
    while True:
        if rank == 0:
            spent = used + time.time() - start
            sh.rate.value = learning_rate(t, spent / (60 * a.minutes), a.decay)
            sh.stop.value = spent >= 60 * a.minutes
            sh.taken.value = 0
        for g in sh.grads[rank].values():
            g.zero_()
        sh.stats[rank].zero_()
        sh.barrier.wait()
        if sh.stop.value:
            break
        while claim(sh.taken, item[2], a.batch):
            ids, msk, n = item
            loss, k = loss_sum(net, ids, msk)
            loss.backward()
            add_gradients(net, sh.grads[rank])
            sh.stats[rank] += torch.tensor([float(loss.detach()), k, n], dtype=torch.float64)
            item = next(data)
        sh.barrier.wait()
        total = sh.stats.sum(0)
        update(sh, opt, mine, float(total[1]), a.smooth)
        t, done = t + 1, done + int(total[2])
        losses.append(float(total[0] / total[1]))
        if rank == 0 and t % 20 == 0:
            print(f"step {t} tokens {done / 1e6:.2f}M loss {np.mean(losses[-20:]):.4f} rate {sh.rate.value:.3f} {time.time() - start:.0f}s", flush=True)
        if time.time() - saved > 60 * a.save_minutes:
            saved = time.time()
            save_part(a.work, rank, opt)
            if rank == 0:
                save_weights(a.work, cfg, sh, t, done, used + time.time() - start)
        sh.barrier.wait()
    save_part(a.work, rank, opt)
    if rank == 0:
        save_weights(a.work, cfg, sh, t, done, used + time.time() - start)
        print(f"FINISHED {done / 1e6:.2f}M tokens", flush=True)


def replace(path, value):
    torch.save(value, path + ".tmp")
    os.replace(path + ".tmp", path)


def save_part(work, rank, opt):
    replace(f"{work}/optimiser{rank}.pt", opt.st)


def save_weights(work, cfg, sh, t, done, used):
    replace(f"{work}/ckpt.pt", dict(net=sh.exact, smooth=sh.smooth, cfg=cfg, t=t, done=done, used=used))


def initial(a, cfg):
    """Weights and counters to start from: the checkpoint, the given model, or random ones."""
    net = Qwen3(cfg)
    state = load_checkpoint(f"{a.work}/ckpt.pt")
    if state:
        net.load_state_dict(state["net"])
        state["opt"] = {}
        for r in range(a.workers):
            state["opt"].update(torch.load(f"{a.work}/optimiser{r}.pt"))
    elif a.init:
        net.load_exported(load_file(f"{a.init}/model.safetensors"))
    return net, state


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--work", required=True)
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--init", help="model directory in bf16 to continue from; random weights without it")
    ap.add_argument("--minutes", type=float, default=60, help="length of the whole training")
    ap.add_argument("--save-minutes", type=float, default=5)
    ap.add_argument("--decay", type=float, default=0.6, help="last part of training in which the learning rate falls to zero")
    ap.add_argument("--workers", type=int, default=2)
    ap.add_argument("--batch", type=int, default=6144, help="tokens per optimiser step")
    ap.add_argument("--micro", type=int, default=2048, help="tokens per forward pass")
    ap.add_argument("--docs", type=int, default=600)
    ap.add_argument("--maxlen", type=int, default=1024)
    ap.add_argument("--prompt-rate", type=float, default=0.03, help="part of the prompt tokens that is trained on, too")
    ap.add_argument("--muon-lr", type=float, default=0.015)
    ap.add_argument("--adam-lr", type=float, default=3e-3)
    ap.add_argument("--smooth", type=float, default=0.98, help="decay of the running mean of the weights")
    ap.add_argument("--layers", type=int, default=5)
    a = ap.parse_args()
    os.makedirs(a.work, exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    cfg = dict(CFG, num_hidden_layers=a.layers)
    net, state = initial(a, cfg)
    sh = Shared(net, a.workers)
    sizes = {n: p.numel() for n, p in net.named_parameters()}
    for n in sizes:
        sh.refresh(n)
    parts = shares(list(sizes), sizes, a.workers)
    print(f"parameters {sum(sizes.values()) / 1e6:.2f} M", flush=True)
    ps = [mp.Process(target=worker, args=(r, a, cfg, sh, parts[r], state)) for r in range(a.workers)]
    for p in ps:
        p.start()
    for p in ps:
        p.join()


if __name__ == "__main__":
    main()
