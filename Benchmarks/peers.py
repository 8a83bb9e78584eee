"""What we are compared with, with the same synthetic weights: llama.cpp, built here from the sources
that PyPI's llama-cpp-python carries, in its own formats; and mlx-lm from PyPI, on the CPU."""

import json
import os
import shutil
import subprocess
import sys
import tarfile

LLAMA_CPP_PYTHON = "0.3.36"

# Name in the table, llama-quantize's type, its options. --pure quantises the token embedding and
# the head like all else, which makes the file as large as an MLX 4-bit model.
FORMATS = {
    "Q4_0-pure": ("Q4_0", ["--pure"]),
    "Q4_0": ("Q4_0", []),
    "Q4_K_M": ("Q4_K_M", []),
    "Q8_0": ("Q8_0", []),
}

# Those that have one type for all matrices, which are written without llama-quantize and the bfloat16
# file that it reads, 16 GB of an 8B model.
DIRECT = {"Q4_0-pure": "Q4_0", "Q8_0": "Q8_0"}

# A few tokens of mlx-lm on a CPU get no more time than this.
MLX_LM_SECONDS = 60

PROGRAMS = ["llama-bench", "llama-quantize", "llama-server", "llama-batched-bench"]


def run(*command, **options):
    print("+", " ".join(command), file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=sys.stderr, **options)


# What llama.cpp is built with for a CPU of less than this machine's, by the name of our target.
TARGETS = {
    "native": {"GGML_NATIVE": "ON"},
    "x86-64-v3": {"GGML_NATIVE": "OFF"}
    | {f"GGML_{name}": "ON" for name in ("AVX", "AVX2", "BMI2", "FMA", "F16C")},
}


class Workshop:
    """A folder in which tools are built and models kept between runs. Programs and bundles are for
    `target`, one of TARGETS."""

    def __init__(self, folder, target="native"):
        self.target = target
        self.suffix = "" if target == "native" else f"-{target}"
        self.folder = os.path.abspath(os.path.expanduser(folder))
        os.makedirs(self.folder, exist_ok=True)
        self.python = self.path("venv", "bin", "python")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def prepare_python(self):
        """A Python with all that the synthetic models and the builds need."""
        done = self.path("venv", "complete")
        if os.path.exists(done):
            return
        run(sys.executable, "-m", "venv", self.path("venv"))
        packages = ["mlx[cpu]", "mlx-lm", "numpy", "gguf", "cmake", "ninja"]
        run(self.python, "-m", "pip", "install", "--quiet", *packages)
        open(done, "w").close()

    def synthetic(self, shape, weights="4bit-g64"):
        """The MLX model folder of a shape, with one of synthetic/weight_types.py."""
        folder = self.path(f"{shape}-{weights}")
        if not os.path.exists(os.path.join(folder, "generation_config.json")):
            self._make(shape, folder, "--weights", weights)
        return folder

    def synthetic_types(self, shape, kinds):
        """The MLX model folders of a shape, one for each type of weights."""
        folders = {kind: self.path(f"{shape}-{kind}") for kind in kinds}
        missing = [
            kind
            for kind, folder in folders.items()
            if not os.path.exists(os.path.join(folder, "generation_config.json"))
        ]
        if len(missing) > 1:
            self._make(shape, self.path(shape), "--weights", ",".join(missing))
        return [self.synthetic(shape, kind) for kind in kinds]

    def gguf(self, shape, name):
        """A shape in one of llama.cpp's formats."""
        path = self.path(f"{shape}-{name}.gguf")
        if os.path.exists(path):
            return path
        source = self.path(f"{shape}-bf16.gguf")
        if name in DIRECT and not os.path.exists(source):
            self._make(shape, "--gguf", path + ".part", "--gguf-type", DIRECT[name])
        else:
            if not os.path.exists(source):
                self._make(shape, "--gguf", source)
            kind, options = FORMATS[name]
            quantize = self.program("llama-quantize")
            run(quantize, *options, source, path + ".part", kind, stderr=subprocess.DEVNULL)
        os.replace(path + ".part", path)
        return path

    def _make(self, shape, *arguments):
        here = os.path.dirname(os.path.abspath(__file__))
        run(self.python, "-m", "synthetic", shape, *arguments, cwd=here)

    def program(self, name):
        """One of llama.cpp's programs, built for the target."""
        path = self.path("llama.cpp", f"build{self.suffix}", "bin", name)
        if not os.path.exists(path):
            self._build_llama_cpp()
        return path

    def _build_llama_cpp(self):
        source = self.path("llama.cpp")
        if not os.path.exists(os.path.join(source, "vendor")):
            self._download_llama_cpp(source)
        build = os.path.join(source, f"build{self.suffix}")
        tools = self.path("venv", "bin")
        environment = os.environ | {"PATH": tools + os.pathsep + os.environ["PATH"]}
        options = TARGETS[self.target] | {"BUILD_SHARED_LIBS": "OFF", "LLAMA_CURL": "OFF"}
        options |= {f"LLAMA_BUILD_{part}": "OFF" for part in ("TESTS", "EXAMPLES")}
        flags = [f"-D{name}={value}" for name, value in options.items()]
        vendored = os.path.join(source, "vendor", "llama.cpp")
        release = "-DCMAKE_BUILD_TYPE=Release"
        configure = ["cmake", "-G", "Ninja", "-S", vendored, "-B", build, release, *flags]
        run(*configure, env=environment)
        run("cmake", "--build", build, "--target", *PROGRAMS, env=environment)

    def _download_llama_cpp(self, source):
        downloads = self.path("downloads")
        package = f"llama-cpp-python=={LLAMA_CPP_PYTHON}"
        only_source = ["--no-deps", "--no-binary", "llama-cpp-python", "--dest", downloads]
        run(self.python, "-m", "pip", "download", "--quiet", *only_source, package)
        archive = next(name for name in os.listdir(downloads) if name.endswith(".tar.gz"))
        with tarfile.open(os.path.join(downloads, archive)) as file:
            file.extractall(self.path("unpacked"), filter="data")
        inner = os.listdir(self.path("unpacked"))[0]
        shutil.move(self.path("unpacked", inner), source)


class LlamaCpp:
    """One of llama.cpp's files under measurement."""

    def __init__(self, workshop, shape, name):
        self.name = f"llama.cpp {name}"
        self.numerics = "int8 activations"
        self.file = workshop.gguf(shape, name)
        self.bytes = os.path.getsize(self.file)
        self.program = workshop.program("llama-bench")

    def measure(self, threads, prompt, generate, depth):
        """Tokens per second of prompt and generation."""
        command = [self.program, "-m", self.file, "-t", str(threads), "-p", str(prompt)]
        command += ["-n", str(generate), "-d", str(depth), "-r", "1", "-o", "json"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rates = {}
        for row in json.loads(output):
            rates["prompt" if row["n_prompt"] else "generate"] = row["avg_ts"]
        return rates

    def batched(self, threads, batch, prompt, generate):
        """Tokens per second of all sequences together."""
        room = batch * (prompt + generate) + 256
        command = [self.program_batched(), "-m", self.file, "-t", str(threads), "-c", str(room)]
        command += ["-tb", str(threads), "-npp", str(prompt), "-ntg", str(generate)]
        command += ["-npl", str(batch), "--output-format", "jsonl"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        return {"generate": rows[-1]["speed_tg"]}

    def program_batched(self):
        return os.path.join(os.path.dirname(self.program), "llama-batched-bench")


class MlxLm:
    """mlx-lm with the very folder that we compile, on the CPU."""

    def __init__(self, workshop, folder):
        self.name = "mlx-lm, CPU"
        self.numerics = "bfloat16"
        self.folder = folder
        self.python = workshop.python
        files = [name for name in os.listdir(folder) if name.endswith(".safetensors")]
        self.bytes = sum(os.path.getsize(os.path.join(folder, name)) for name in files)

    def measure(self, threads, prompt, generate, depth):
        """Tokens per second of generation; one thread whatever is asked for, and few tokens. Where
        even those take too long, the most that it can have been."""
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mlx_speed.py")
        command = [self.python, script, self.folder, "--generate", str(min(generate, 2))]
        try:
            result = subprocess.run(
                command, check=True, capture_output=True, text=True, timeout=MLX_LM_SECONDS
            )
        except subprocess.TimeoutExpired:
            return {"generate_below": 2 / MLX_LM_SECONDS}
        return json.loads(result.stdout)
