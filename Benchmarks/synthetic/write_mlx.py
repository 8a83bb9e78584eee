"""Writes a model folder as mlx_lm.convert would."""

import json
import os

import mlx.core as mx

from .shapes import configuration
from .tokenizer import tokenizer_config, tokenizer_json
from .weights import tensors, values

SHARD_BYTES = 5 << 30


class ShardWriter:
    """Collects tensors and writes them in files of a bounded size."""

    def __init__(self, folder, metadata):
        self.folder, self.metadata = folder, metadata
        self.shards, self.current, self.bytes, self.total = [], {}, 0, 0

    def add(self, arrays):
        mx.eval(list(arrays.values()))
        size = sum(array.nbytes for array in arrays.values())
        if self.bytes + size > SHARD_BYTES:
            self.flush()
        self.current |= arrays
        self.bytes += size
        self.total += size

    def flush(self):
        if self.current:
            self.shards.append(list(self.current))
            mx.save_safetensors(self._part(len(self.shards)), self.current, self.metadata)
        self.current, self.bytes = {}, 0

    def finish(self):
        """Gives the files their names and returns the index."""
        self.flush()
        places, count = {}, len(self.shards)
        for number, names in enumerate(self.shards, 1):
            file = "model.safetensors"
            if count > 1:
                file = f"model-{number:05d}-of-{count:05d}.safetensors"
            os.replace(self._part(number), os.path.join(self.folder, file))
            places |= {name: file for name in names}
        return {"metadata": {"total_size": self.total}, "weight_map": dict(sorted(places.items()))}

    def _part(self, number):
        return os.path.join(self.folder, f"part-{number}.safetensors")


def write_mlx(shape, folder, kind, seed):
    """`kind` is a WeightType."""
    mx.set_default_device(mx.cpu)
    os.makedirs(folder, exist_ok=True)
    config = configuration(shape) | {"torch_dtype": kind.element}
    if kind.mode:
        config["quantization"] = config["quantization_config"] = kind.quantization
    writer = ShardWriter(folder, {"format": "mlx"})
    for tensor in tensors(shape):
        array = mx.array(values(seed, tensor)).astype(getattr(mx, kind.element))
        if kind.mode and len(tensor.shape) == 2:
            path = tensor.name.removesuffix("weight")
            parts = mx.quantize(array, group_size=kind.group, bits=kind.bits, mode=kind.mode)
            names = [tensor.name, path + "scales", path + "biases"]
            # Only affine quantisation has biases.
            writer.add(dict(zip(names, parts, strict=False)))
        else:
            writer.add({tensor.name: array})
    files = {
        "model.safetensors.index.json": writer.finish(),
        "config.json": config,
        "tokenizer.json": tokenizer_json(shape),
        "tokenizer_config.json": tokenizer_config(shape),
        "generation_config.json": {
            "bos_token_id": config["bos_token_id"],
            "eos_token_id": config["eos_token_id"],
            "do_sample": True,
            "temperature": 0.6,
            "top_p": 0.9,
        },
    }
    for name, content in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            indent = None if name == "tokenizer.json" else 2
            json.dump(content, file, indent=indent, ensure_ascii=False)
    print(f"{folder}: {writer.total} bytes of tensors in {len(writer.shards)} file(s)")
