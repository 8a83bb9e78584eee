"""What report.py measures: for each part a list of units, which are measured round by round."""

import os

from measurements import Unit
from ours import SERVER, Ours
from peers import LlamaCpp, MlxLm
from serve_compare import serving

DEPTHS = (0, 512, 4096)
BATCHES = (1, 2, 4, 8, 16)
PROMPT = 512
# Short enough for the rest to show, that a first token takes.
SHORT_PROMPT = 64

# The one that has as many bits per weight as ours.
EQUAL = "Q4_0-pure"


class Subjects:
    """Our bundles and the peers' files of one shape, each made when it is first asked for."""

    def __init__(self, shape, workshop, peers):
        self.shape, self.workshop, self.peers = shape, workshop, peers
        self.made = {}

    @property
    def folder(self):
        return self.workshop.synthetic(self.shape)

    def ours(self, numerics):
        if numerics not in self.made:
            self.made[numerics] = Ours(self.folder, numerics, self.workshop)
        return self.made[numerics]

    def peer(self, name):
        if name not in self.made:
            self.made[name] = LlamaCpp(self.workshop, self.shape, name)
        return self.made[name]

    def llama_formats(self):
        return [name for name in self.peers if name != "mlx-lm"]

    def all(self):
        return [self.ours("fast"), self.ours("exact"), *map(self.peer, self.llama_formats())]

    def equals(self):
        """Ours, and the peer with as many bits per weight."""
        return [self.ours("fast")] + [self.peer(EQUAL)] * (EQUAL in self.peers)

    def prepare(self):
        for subject in self.all():
            subject.numerics


def rates(subject, threads, prompt, generate, depth):
    def measured():
        return subject.measure(threads, prompt, generate, depth)

    return measured


def decode(subjects, options):
    for threads in options.threads:
        for subject in subjects.all():
            key = {"name": subject.name, "threads": threads}
            yield Unit(key, rates(subject, threads, 0, 64, 0), subject)
    if "mlx-lm" in subjects.peers:
        peer = MlxLm(subjects.workshop, subjects.folder)
        key = {"name": peer.name, "threads": 1}
        yield Unit(key, lambda: peer.measure(1, 0, 1, 0), peer, rounds=1)


def prefill(subjects, options):
    for threads in options.threads:
        for subject in subjects.all():
            key = {"name": subject.name, "threads": threads}
            yield Unit(key, rates(subject, threads, PROMPT, 0, 0), subject)


def depth(subjects, options):
    threads = max(options.threads)
    for place in (place for place in DEPTHS if place < options.deepest):
        for subject in subjects.equals():
            key = {"name": subject.name, "threads": threads, "depth": place}
            yield Unit(key, rates(subject, threads, 0, 32, place), subject)


def batch(subjects, options):
    threads = max(options.threads)
    for count in BATCHES:
        for subject in subjects.equals():
            key = {"name": subject.name, "threads": threads, "batch": count}
            yield Unit(key, lambda s=subject, n=count: s.batched(threads, n, 64, 32), subject)


def oversubscribed(subjects, options):
    """As many threads as cores, and twice as many."""
    fast = subjects.ours("fast")
    for threads in (os.cpu_count(), 2 * os.cpu_count()):
        key = {"name": fast.name, "threads": threads}
        yield Unit(key, rates(fast, threads, 64, 64, 64), fast)


def load(subjects, options):
    """From an open bundle to the first token, and what is in memory then."""
    threads = max(options.threads)
    for subject in (subjects.ours("fast"), subjects.ours("exact")):
        key = {"name": subject.name, "threads": threads}
        yield Unit(key, lambda s=subject: s.start(threads, SHORT_PROMPT), subject)


def memory(subjects, options):
    """Servers after their start and after a request."""
    threads = str(max(options.threads))
    bundle = subjects.ours("fast")
    ports = ["--port", "18581"]
    common = ["--ctx-size", "4096", "--parallel", "1", "--threads", threads, *ports]
    sides = [(bundle, [SERVER, "--model", bundle.bundle, *common])]
    if EQUAL in subjects.peers:
        peer = subjects.peer(EQUAL)
        program = subjects.workshop.program("llama-server")
        sides.append((peer, [program, "-m", peer.file, *common]))
    for subject, command in sides:
        key = {"name": subject.name, "threads": int(threads)}
        yield Unit(key, lambda c=command: server_memory(c, 18581), subject, rounds=1)


def server_memory(command, port):
    with serving(command, port) as process:
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
            lines = dict(line.split(":", 1) for line in file)
    kinds = {"resident": "VmRSS", "anonymous": "RssAnon", "mapped": "RssFile"}
    return {f"{name}_bytes": int(lines[kind].split()[0]) << 10 for name, kind in kinds.items()}


def compile_times(subjects, options):
    fast = subjects.ours("fast")
    key = {"name": fast.name}
    yield Unit(key, lambda: fast.compile_afresh(subjects.folder, "fast"), fast)


def kernels(subjects, options):
    """Where the time goes, by kernel; the bundle keeps it."""
    threads = max(options.threads)
    fast = subjects.ours("fast")
    key = {"name": fast.name, "threads": threads}
    yield Unit(key, lambda: fast.kernels(threads, PROMPT, 32), fast, rounds=1)


PARTS = {
    "decode": decode,
    "prefill": prefill,
    "depth": depth,
    "batch": batch,
    "threads": oversubscribed,
    "load": load,
    "memory": memory,
    "compile": compile_times,
    "kernels": kernels,
}
