"""How weights are stored: the types that MLX models come in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WeightType:
    """Of the matrices; all else is bfloat16, or has the type of unquantised matrices."""

    mode: str | None  # of mx.quantize; None: not quantised
    bits: int
    group: int
    element: str = "bfloat16"

    @property
    def quantization(self):
        """As config.json has it."""
        return {"group_size": self.group, "bits": self.bits, "mode": self.mode}


WEIGHT_TYPES = {
    "bf16": WeightType(None, 16, 0),
    "f16": WeightType(None, 16, 0, "float16"),
    "f32": WeightType(None, 32, 0, "float32"),
    **{
        f"{bits}bit-g{group}": WeightType("affine", bits, group)
        for bits in (2, 3, 4, 5, 6, 8)
        for group in (32, 64, 128)
    },
    "mxfp4": WeightType("mxfp4", 4, 32),
    "mxfp8": WeightType("mxfp8", 8, 32),
    "nvfp4": WeightType("nvfp4", 4, 16),
}
