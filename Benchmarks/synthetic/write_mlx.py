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


class ModelWriter:
    """One model folder in the making."""

    def __init__(self, shape, folder, kind):
        """`kind` is a WeightType."""
        os.makedirs(folder, exist_ok=True)
        self.shape, self.folder, self.kind = shape, folder, kind
        self.shards = ShardWriter(folder, {"format": "mlx"})

    def add(self, tensor, weights):
        array = mx.array(weights).astype(getattr(mx, self.kind.element))
        if not self.kind.mode or len(tensor.shape) != 2:
            return self.shards.add({tensor.name: array})
        parts = mx.quantize(
            array, group_size=self.kind.group, bits=self.kind.bits, mode=self.kind.mode
        )
        path = tensor.name.removesuffix("weight")
        # Only affine quantisation has biases.
        names = [tensor.name, path + "scales", path + "biases"]
        return self.shards.add(dict(zip(names, parts, strict=False)))

    def finish(self):
        config = configuration(self.shape) | {"torch_dtype": self.kind.element}
        if self.kind.mode:
            config["quantization"] = config["quantization_config"] = self.kind.quantization
        files = {
            "model.safetensors.index.json": self.shards.finish(),
            "config.json": config,
            "tokenizer.json": tokenizer_json(self.shape),
            "tokenizer_config.json": tokenizer_config(self.shape),
            "generation_config.json": {
                "bos_token_id": config["bos_token_id"],
                "eos_token_id": config["eos_token_id"],
                "do_sample": True,
                "temperature": 0.6,
                "top_p": 0.9,
            },
        }
        for name, content in files.items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                indent = None if name == "tokenizer.json" else 2
                json.dump(content, file, indent=indent, ensure_ascii=False)
        count = len(self.shards.shards)
        print(f"{self.folder}: {self.shards.total} bytes of tensors in {count} file(s)")


def write_mlx(shape, kinds, seed):
    """The same weights in several types: `kinds` has a WeightType for each folder."""
    mx.set_default_device(mx.cpu)
    writers = [ModelWriter(shape, folder, kind) for folder, kind in kinds.items()]
    for tensor in tensors(shape):
        weights = values(seed, tensor)
        for writer in writers:
            writer.add(tensor, weights)
    for writer in writers:
        writer.finish()
