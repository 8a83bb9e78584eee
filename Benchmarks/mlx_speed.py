"""How fast mlx-lm generates on this CPU: run by peers.py with the Python that mlx-lm is in.

MLX's quantised products on a CPU are plain loops on one thread, so a few tokens have to do.
Prints JSON.

  python mlx_speed.py MODEL_FOLDER --generate 2
"""

import argparse
import json
import pathlib
import time

import mlx.core as mx
import mlx_lm
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.utils import load_model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--generate", type=int, default=2)
    options = parser.parse_args()
    mx.set_default_device(mx.cpu)
    model, _ = load_model(options.folder)
    cache = make_prompt_cache(model)

    def step(token):
        logits = model(mx.array([[token]]), cache=cache)
        mx.eval(logits)

    step(11)
    started = time.perf_counter()
    for index in range(options.generate):
        step(31 + index)
    seconds = time.perf_counter() - started
    versions = f"mlx {mx.__version__}, mlx-lm {mlx_lm.__version__}"
    print(json.dumps({"generate": options.generate / seconds, "versions": versions}))


if __name__ == "__main__":
    main()
