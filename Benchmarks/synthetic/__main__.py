"""Writes a model with a real shape and random weights: only shapes, quantisation and layout matter
for speed, so no real checkpoint is needed to measure it.

It becomes an MLX model folder, quantised exactly as `mlx_lm.convert -q` does it, and on request a
GGUF file with the same weights for llama.cpp. The same shape and seed give the same
weights in every format. Layers are written one at a time, so an 8B model needs little memory.
Needs numpy, mlx, and gguf for --gguf.

  python -m synthetic qwen3-0.6b models/qwen3-0.6b-4bit --weights 4bit-g64
  python -m synthetic llama-3.2-1b models/llama-3.2-1b-bf16 --weights bf16 --gguf models/llama.gguf
"""

import argparse

from .shapes import SHAPES
from .weight_types import WEIGHT_TYPES


def main():
    parser = argparse.ArgumentParser(
        prog="python -m synthetic",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shape", choices=sorted(SHAPES))
    parser.add_argument("folder", nargs="?", help="the MLX model folder to write")
    parser.add_argument(
        "--weights",
        default="4bit-g64",
        help=f"one of {', '.join(WEIGHT_TYPES)}; or several, each written to FOLDER-TYPE",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gguf", help="also write this GGUF file")
    parser.add_argument(
        "--gguf-type",
        default="BF16",
        choices=["BF16", "Q4_0", "Q8_0"],
        help="what all matrices of the GGUF file are (default BF16)",
    )
    options = parser.parse_args()
    if not options.folder and not options.gguf:
        parser.error("name a folder, or a file with --gguf")
    if unknown := set(options.weights.split(",")) - WEIGHT_TYPES.keys():
        parser.error(f"there are no weights {min(unknown)}")
    shape = SHAPES[options.shape]
    if options.folder:
        from .write_mlx import write_mlx

        names = options.weights.split(",")
        folders = [f"{options.folder}-{name}" for name in names] if names[1:] else [options.folder]
        write_mlx(shape, {f: WEIGHT_TYPES[n] for f, n in zip(folders, names)}, options.seed)
    if options.gguf:
        from .write_gguf import write_gguf

        write_gguf(shape, options.gguf, options.seed, options.shape, options.gguf_type)


if __name__ == "__main__":
    main()
