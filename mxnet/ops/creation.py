"""Arrays made from parameters alone, or in the shape of another."""

from typing import Literal

from .core import Op
from .lazy_torch import torch
from .parameters import Shape
from .shapes import UNKNOWN

__all__ = ["Ones", "OnesLike", "Zeros", "ZerosLike"]

ElementType = Literal[
    "bfloat16", "bool", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"
]


class Like(Op, abstract=True):
    """An array in the shape and element type of another, whose values are not read."""

    shape_only = ("data",)

    def gradient(self, d_output):
        return None


class ZerosLike(Like, name="zeros_like", aliases=["_sparse_zeros_like"]):
    """Zeros in the shape of another array."""

    def forward(self, data, *, out):
        return torch.zeros_like(data) if out is None else out.zero_()


class OnesLike(Like, name="ones_like"):
    """Ones in the shape of another array."""

    def forward(self, data, *, out):
        return torch.ones_like(data) if out is None else out.fill_(1)


class Creation(Op, abstract=True):
    """An array without inputs; dimensions of ``shape`` that are 0 or -1 follow from its use."""

    shape: Shape = ()
    ctx: str = ""
    dtype: ElementType = "float32"

    def infer_shape(self, s):
        if self.shape:
            s.output = tuple(dim if dim and dim > 0 else UNKNOWN for dim in self.shape)

    def infer_dtype(self, t):
        t.output = self.dtype

    def make(self, value, out, device):
        """An array of one value."""
        if out is not None:
            return out.fill_(value)
        return torch.full(self.shape, value, dtype=getattr(torch, self.dtype), device=device)


class Zeros(Creation, name="_zeros"):
    """Zeros."""

    def forward(self, *, out, device):
        return self.make(0, out, device)


class Ones(Creation, name="_ones"):
    """Ones."""

    def forward(self, *, out, device):
        return self.make(1, out, device)
