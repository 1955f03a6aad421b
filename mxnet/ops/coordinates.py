"""Indices as one-hot rows, as coordinates, and as positions in a flattened array."""

from typing import Annotated

from .core import Op
from .indexing import FEW, ElementType, whole
from .lazy_torch import torch
from .parameters import Shape, at_least
from .reshape import buffer, normal_axis
from .shapes import UNKNOWN, Mismatch, known

__all__ = ["IndexArray", "OneHot", "RavelMultiIndex", "UnravelIndex"]


def as_number(value, dtype):
    """A number as an element type holds it; whole numbers wrap around."""
    if dtype.is_floating_point:
        return value
    limits = torch.iinfo(dtype)
    return (int(value) - limits.min) % (limits.max - limits.min + 1) + limits.min


class OneHot(Op, name="one_hot"):
    """Rows that are ``on_value`` at the given index and ``off_value`` elsewhere.

    Shapes: indices (*n) -> (*n, depth). An index out of range makes a row of ``off_value``.
    """

    depth: Annotated[int, at_least(1)]
    on_value: float = 1.0
    off_value: float = 0.0
    dtype: ElementType = "float32"

    def infer_shape(self, s):
        if s.get("output") is not None and len(s.output) > 1:
            s.indices = s.output[:-1]
        s.output = (*s.indices, self.depth)

    def infer_dtype(self, t):
        t.output = self.dtype

    def forward(self, indices, *, out):
        dtype = getattr(torch, self.dtype)
        is_plain = self.on_value == 1 and self.off_value == 0
        if out is None and is_plain and indices.numel() * self.depth <= FEW:
            numbers = torch.arange(self.depth, device=indices.device)
            return (whole(indices).unsqueeze(-1) == numbers).to(dtype)
        if out is None:
            out = torch.empty(*indices.shape, self.depth, dtype=dtype, device=indices.device)
        return one_hot_into(out, indices, self.on_value, self.off_value)

    def gradient(self):
        return None


def one_hot_into(out, indices, on_value=1, off_value=0):
    """Write one-hot rows into ``out``."""
    index = whole(indices)
    position = index.clamp(0, out.shape[-1] - 1)
    values = (position == index).to(out.dtype)
    on, off = (as_number(value, out.dtype) for value in (on_value, off_value))
    if on != 1 or off:
        values = torch.full_like(values, off).masked_fill_(position == index, on)
    return out.fill_(off).scatter_(-1, position.unsqueeze(-1), values.unsqueeze(-1))


class OnehotEncode(Op, name="_onehot_encode"):
    """One-hot rows for the indices ``lhs``, in the shape of ``rhs``."""

    shape_only = ("rhs",)
    differentiable = False

    def infer_shape(self, s):
        s.same("rhs", "output")
        s.lhs = s.rhs[:1]

    def forward(self, lhs, rhs, *, out):
        return one_hot_into(buffer(out, rhs.shape, lhs), lhs)


class RavelMultiIndex(Op, name="_ravel_multi_index", aliases=["ravel_multi_index"]):
    """Positions in a flattened array, from coordinates: data (number of axes, n) -> (n,).

    ``shape`` is that of the array; its first entry does not matter and may be -1.
    """

    shape: Shape | None = None

    def infer_shape(self, s):
        check_array_shape(self.shape)
        axes = len(self.shape)
        if len(s.data) != 2 or (known(s.data[0]) and s.data[0] != axes):
            raise Mismatch(f"data should be ({axes}, n), but is {s.data}")
        s.data = (axes, UNKNOWN)
        s.output = s.data[1:]

    def forward(self, data):
        index = whole(data)
        total = index[0]
        for coordinates, size in zip(index[1:], self.shape[1:], strict=True):
            total = total * size + coordinates
        return total.to(data.dtype)

    def gradient(self):
        return None


class UnravelIndex(Op, name="_unravel_index", aliases=["unravel_index"]):
    """Coordinates, from positions in a flattened array: data (*n) -> (number of axes, *n).

    ``shape`` is that of the array; its first entry does not matter and may be -1.
    """

    shape: Shape | None = None

    def infer_shape(self, s):
        check_array_shape(self.shape)
        if s.get("output") is not None:
            s.data = s.output[1:]
        s.output = (len(self.shape), *s.data)

    def forward(self, data):
        index, coordinates = whole(data), []
        for size in reversed(self.shape[1:]):
            coordinates.append(index.fmod(size))
            index = torch.div(index, size, rounding_mode="trunc")
        return torch.stack([index, *reversed(coordinates)]).to(data.dtype)

    def gradient(self):
        return None


def check_array_shape(shape):
    """Raise Mismatch unless the shape has positive dimensions after the first."""
    if not shape or any(dim is None or dim < 1 for dim in shape[1:]):
        raise Mismatch(f"shape {shape} should be that of an array")


class IndexArray(Op, name="_contrib_index_array"):
    """The coordinates of every element, or those along ``axes``, as int64.

    Shapes: data (*n) -> (*n, number of coordinates).
    """

    axes: Shape | None = None
    shape_only = ("data",)

    def infer_shape(self, s):
        for axis in self.axes or ():
            normal_axis(axis, len(s.data), "axes entry")
        s.output = (*s.data, len(s.data if self.axes is None else self.axes))

    def infer_dtype(self, t):
        t.output = "int64"

    def forward(self, data):
        shape = data.shape
        axes = range(len(shape)) if self.axes is None else self.axes
        out = torch.empty(*shape, len(axes), dtype=torch.int64, device=data.device)
        for place, axis in enumerate(axes):
            positions = torch.arange(shape[axis], device=data.device)
            out[..., place] = positions.view(-1, *(1,) * (len(shape) - axis % len(shape) - 1))
        return out

    def gradient(self):
        return None
