"""Our side of a comparison: bundles made and measured with mlx-compile."""

import json
import os
import platform
import shutil
import statistics
import subprocess
import time

from peers import run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COMPILER = os.path.join(ROOT, ".build", "release", "mlx-compile")
SERVER = os.path.join(ROOT, ".build", "release", "mlx-server")


def build(*others):
    """Builds the compiler, and other programs of ours, where that has not been done."""
    if not all(map(os.path.exists, [COMPILER, *others])):
        run("make", "-C", ROOT, "build")


def version():
    return subprocess.run([COMPILER, "--version"], capture_output=True, text=True).stdout.strip()


def maker():
    """What tells the present compiler from others, and from itself before it was built again."""
    return f"{COMPILER} {os.path.getmtime(COMPILER)}"


class Ours:
    """A bundle under measurement; compiled anew where another compiler made it."""

    def __init__(self, folder, numerics, workshop):
        self.name = f"mlx-compile, {numerics}"
        self.target = workshop.target
        self.bundle = self._place(folder, numerics, workshop)
        if not self.is_compiled(folder, numerics, workshop):
            self._compile(folder, numerics)
        self._read_manifest()

    @staticmethod
    def _place(folder, numerics, workshop):
        return workshop.path(f"{os.path.basename(folder)}-{numerics}{workshop.suffix}.mlxbundle")

    @classmethod
    def is_compiled(cls, folder, numerics, workshop):
        """Whether there is a bundle that this very compiler made."""
        try:
            with open(cls._place(folder, numerics, workshop) + ".maker", encoding="utf-8") as file:
                return file.read() == maker()
        except FileNotFoundError:
            return False

    def _read_manifest(self):
        with open(os.path.join(self.bundle, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        self.bytes = manifest["sizes"]["weights_bytes"]
        divergence = manifest.get("divergence")
        self.numerics = "exact"
        if divergence:
            self.numerics = f"fast, KL {divergence['mean_kl']:.5f}"

    def _compile(self, folder, numerics):
        """How many seconds it takes."""
        started = time.perf_counter()
        target = ["--target", self.target, "--numerics", numerics]
        run(COMPILER, folder, *target, "--output", self.bundle)
        seconds = time.perf_counter() - started
        with open(self.bundle + ".maker", "w", encoding="utf-8") as file:
            file.write(maker())
        return seconds

    def compile_afresh(self, folder, numerics):
        """Seconds from nothing, and with the weights packed already."""
        shutil.rmtree(self.bundle)
        first, again = self._compile(folder, numerics), self._compile(folder, numerics)
        self._read_manifest()
        return {"compile_seconds": first, "recompile_seconds": again}

    def bench(self, threads, prompt=1, generate=64, depth=0, batch=1, rounds=1, store=False):
        """The report of one run of `mlx-compile bench`."""
        command = [COMPILER, "bench", self.bundle, "--json", "--rounds", str(rounds)]
        command += ["--threads", str(threads), "--prompt", str(max(prompt, 1))]
        command += ["--generate", str(max(generate, 1)), "--depth", str(depth)]
        command += ["--batch", str(batch)] + ["--store"] * store
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output)

    def measure(self, threads, prompt, generate, depth):
        """Tokens per second of what was asked for, and what the machine reads meanwhile."""
        found = figures(self.bench(threads, prompt, generate, depth))
        unasked = ["prompt", "prompt_share"] * (not prompt) + ["generate", "share"] * (not generate)
        return {name: value for name, value in found.items() if name not in unasked}

    def batched(self, threads, batch, prompt, generate):
        """Tokens per second of all sequences together."""
        found = figures(self.bench(threads, 1, generate, prompt, batch))
        return {name: found[name] for name in ("generate", "share", "bandwidth")}

    def start(self, threads, prompt):
        """Seconds to the first token of a prompt, and memory then."""
        result = self.bench(threads, prompt, 1, rounds=3)["results"][0]
        names = ["load_seconds", "first_token_seconds", "start_seconds"]
        names += ["resident_bytes", "planned_bytes"]
        return {name: result[name] for name in names}

    def kernels(self, threads, prompt, generate):
        """Predicted and achieved times of every kernel; the bundle keeps them."""
        report = self.bench(threads, prompt, generate, prompt, rounds=3, store=True)
        return {"kernels": report["kernels"], "roofline": report["roofline"]}


def figures(report):
    """What tables show of a report with one contestant."""
    result = report["results"][0]
    prompt = report["kernels"].get("prompt", [])
    return {
        "prompt": result["prompt_tokens_per_second"]["median"],
        "prompt_share": prompt[-1]["share"] if prompt else 0,
        "generate": result["generation_tokens_per_second"]["median"],
        "share": result["share_of_bandwidth"],
        "bandwidth": report["read_bandwidth"]["median"] / 1e9,
    }


def spread(values, digits=1):
    """The median, with the smallest and the largest value."""
    if not values:
        return "–"
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        text = file.read()
    name = next((line.split(":")[1].strip() for line in text.splitlines() if "model name" in line), "")
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "").split()
    known = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8")
    words = " ".join(flag for flag in known if flag in flags)
    return f"{name} ({words}), {os.cpu_count()} cores, {platform.system()} {platform.release()}"
