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


def build():
    """Builds the compiler where that has not been done."""
    if not os.path.exists(COMPILER):
        run("make", "-C", ROOT, "build")


def version():
    return subprocess.run([COMPILER, "--version"], capture_output=True, text=True).stdout.strip()


class Ours:
    """A bundle under measurement."""

    def __init__(self, folder, numerics, workshop, afresh=False):
        """`afresh` measures a compile from nothing and one that finds the weights packed."""
        self.name = f"mlx-compile, {numerics}"
        self.bundle = workshop.path(f"{os.path.basename(folder)}-{numerics}.mlxbundle")
        self.compile_seconds = []
        if afresh:
            shutil.rmtree(self.bundle, ignore_errors=True)
            self._compile(folder, numerics)
        self._compile(folder, numerics)
        with open(os.path.join(self.bundle, "manifest.json"), encoding="utf-8") as file:
            self.manifest = json.load(file)
        self.bytes = self.manifest["sizes"]["weights_bytes"]
        divergence = self.manifest.get("divergence")
        self.numerics = "exact"
        if divergence:
            self.numerics = f"fast, KL {divergence['mean_kl']:.5f}"

    def _compile(self, folder, numerics):
        started = time.perf_counter()
        run(COMPILER, folder, "--numerics", numerics, "--output", self.bundle)
        self.compile_seconds.append(time.perf_counter() - started)

    def bench(self, threads, prompt=1, generate=64, depth=0, batch=1, rounds=1):
        """The report of one run of `mlx-compile bench`."""
        command = [COMPILER, "bench", self.bundle, "--json", "--rounds", str(rounds)]
        command += ["--threads", str(threads), "--prompt", str(max(prompt, 1))]
        command += ["--generate", str(generate), "--depth", str(depth), "--batch", str(batch)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(output)

    def measure(self, threads, prompt, generate, depth):
        """Tokens per second of prompt and generation, and what the machine reads meanwhile."""
        report = self.bench(threads, prompt, generate, depth)
        return figures(report)


def figures(report):
    """What tables show of a report with one contestant."""
    result = report["results"][0]
    return {
        "prompt": result["prompt_tokens_per_second"]["median"],
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
        name = next((line.split(":")[1].strip() for line in file if "model name" in line), "")
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
