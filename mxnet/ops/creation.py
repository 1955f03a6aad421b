"""Arrays made from parameters alone, or in the shape of another."""

import math
from typing import Annotated, Literal

from ..error import MXNetError
from .core import Op
from .dtypes import NAMES
from .lazy_torch import torch
from .parameters import Shape, at_least
from .reduce import normalized_axes
from .shapes import UNKNOWN

__all__ = ["Arange", "Eye", "Full", "Linspace", "Ones", "OnesLike", "Zeros", "ZerosLike"]

AnyType = Literal[
    "bfloat16", "bool", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"
]
RangeType = Literal["bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"]
EyeType = Literal["float16", "float32", "float64", "int32", "int64", "int8", "uint8"]


class Creation(Op, abstract=True):
    """An array without inputs."""

    def infer_dtype(self, t):
        t.output = self.dtype

    def empty(self, shape, device):
        """New storage in the element type of the result."""
        return torch.empty(shape, dtype=getattr(torch, self.dtype), device=device)


# -- one value ------------------------------------------------------------------------------------
class Constant(Creation, abstract=True):
    """One value everywhere; dimensions of ``shape`` that are 0 or -1 follow from its use."""

    shape: Shape = ()
    ctx: str = ""
    dtype: AnyType = "float32"

    def infer_shape(self, s):
        if self.shape:
            s.output = tuple(dim if dim and dim > 0 else UNKNOWN for dim in self.shape)

    def fill(self, value, out, device):
        """The array."""
        return (self.empty(self.shape or (), device) if out is None else out).fill_(value)


class Zeros(Constant, name="_zeros"):
    """Zeros."""

    filled = 0.0

    def forward(self, *, out, device):
        return self.fill(0, out, device)


class Ones(Constant, name="_ones"):
    """Ones."""

    filled = 1.0

    def forward(self, *, out, device):
        return self.fill(1, out, device)


class Full(Constant, name="_full"):
    """One value everywhere; integers take its integer part."""

    shape: Shape | None = None
    value: float

    @property
    def filled(self):
        """The value."""
        return self.value

    def forward(self, *, out, device):
        floating = getattr(torch, self.dtype).is_floating_point or self.dtype == "bool"
        return self.fill(self.value if floating else int(self.value), out, device)


class ZerosWithoutDtype(Constant, name="_zeros_without_dtype"):
    """Zeros whose element type follows from their use where ``dtype`` (a number of 1.x) is -1."""

    shape: Shape | None = None
    dtype: int = -1

    def infer_dtype(self, t):
        if self.dtype != -1:
            t.output = NAMES[self.dtype]

    def check(self):
        if self.dtype != -1 and self.dtype not in NAMES:
            raise MXNetError(f"dtype should be -1 or one of {NAMES} but is {self.dtype}")

    def forward(self, *, out, device):
        if out is None:
            dtype = getattr(torch, NAMES[max(self.dtype, 0)])
            out = torch.empty(self.shape or (), dtype=dtype, device=device)
        return out.zero_()


class Like(Op, abstract=True):
    """An array in the shape and element type of another, whose values are not read."""

    shape_only = ("data",)

    def gradient(self, d_output):
        return None


class ZerosLike(Like, name="zeros_like", aliases=["_sparse_zeros_like"]):
    """Zeros in the shape of another array."""

    filled = 0.0

    def forward(self, data, *, out):
        return torch.zeros_like(data) if out is None else out.zero_()


class OnesLike(Like, name="ones_like"):
    """Ones in the shape of another array."""

    filled = 1.0

    def forward(self, data, *, out):
        return torch.ones_like(data) if out is None else out.fill_(1)


# -- sequences ------------------------------------------------------------------------------------
def count_up(out, start, step, repeat=1):
    """Fill contiguous storage with start, start + step...; each of them ``repeat`` times.

    Start and step are whole numbers where the elements are, as in 1.x.
    """
    flat = out.view(-1)
    torch.arange(flat.shape[0], out=flat)
    if repeat > 1:
        flat.div_(repeat, rounding_mode="floor")
    if not out.is_floating_point():
        start, step = int(start), int(step)
    if step != 1:
        flat.mul_(step)
    if start != 0:
        flat.add_(start)
    return out


class Arange(Creation, name="_arange"):
    """start, start + step... up to but without stop, each of them ``repeat`` times.

    With ``start`` alone, from 0 to there; but with ``infer_range`` from there on, as many as the
    use of the array takes. Shape: (number,).
    """

    start: float
    stop: float | None = None
    step: float = 1.0
    repeat: Annotated[int, at_least(1)] = 1
    infer_range: bool = False
    ctx: str = ""
    dtype: RangeType = "float32"

    @property
    def bounds(self):
        """First number and bound; the bound is None where the use of the array tells."""
        if self.stop is None and not self.infer_range:
            return 0.0, self.start
        return self.start, self.stop

    def check(self):
        start, stop = self.bounds
        if self.step == 0:
            raise MXNetError("step should not be 0")
        if stop is not None and (stop - start) * self.step <= 0:
            raise MXNetError(
                f"Invalid range (start, stop, step) = ({start:g}, {stop:g}, {self.step:g}):"
                " it has no elements"
            )

    def infer_shape(self, s):
        start, stop = self.bounds
        if stop is not None:
            s.output = (math.ceil((stop - start) / self.step) * self.repeat,)

    def forward(self, *, out, device):
        start, stop = self.bounds
        if out is None:
            if stop is None:
                raise MXNetError("infer_range needs a use that says how many numbers there are")
            out = self.empty((math.ceil((stop - start) / self.step) * self.repeat,), device)
        return count_up(out, start, self.step, self.repeat)


class ArangeLike(Op, name="_contrib_arange_like"):
    """start, start + step... in the shape of an array, or along one ``axis`` of it.

    Shapes: data (*n) -> (*n); with ``axis`` (nₐ,).
    """

    start: float = 0.0
    step: float = 1.0
    repeat: Annotated[int, at_least(1)] = 1
    ctx: str = ""
    axis: int | None = None
    shape_only = ("data",)

    def infer_shape(self, s):
        s.output = self.shape_for(s.data)

    def shape_for(self, shape):
        """The shape of the result."""
        if self.axis is None:
            return shape
        (axis,) = normalized_axes((self.axis,), len(shape))
        return (shape[axis],)

    def forward(self, data, *, out):
        if out is None:
            out = torch.empty(self.shape_for(data.shape), dtype=data.dtype, device=data.device)
        return count_up(out, self.start, self.step, self.repeat)

    def gradient(self, d_output):
        return None


class Linspace(Creation, name="_linspace"):
    """``num`` evenly spaced numbers from start to stop, or up to but without stop.

    Shape: (num,).
    """

    start: float
    stop: float
    num: Annotated[int, at_least(1)]
    endpoint: bool = True
    ctx: str = ""
    dtype: RangeType = "float32"

    def infer_shape(self, s):
        s.output = (self.num,)

    def forward(self, *, out, device):
        out = self.empty((self.num,), device) if out is None else out
        gaps = self.num - 1 if self.endpoint else self.num
        step = (self.stop - self.start) / max(gaps, 1)
        if out.is_floating_point():
            return torch.linspace(self.start, self.start + step * (self.num - 1), self.num, out=out)
        numbers = torch.arange(self.num, dtype=torch.float64, device=out.device)
        return out.copy_(numbers.mul_(step).add_(self.start))


class Eye(Creation, name="_eye"):
    """A matrix with ones on diagonal ``k`` (above the main one if positive) and zeros elsewhere.

    Shape: (N, M), with M = N where ``M`` is not positive.
    """

    N: Annotated[int, at_least(1)]
    M: int = 0
    k: int = 0
    ctx: str = ""
    dtype: EyeType = "float32"

    def infer_shape(self, s):
        s.output = (self.N, self.columns)

    @property
    def columns(self):
        """The number of columns."""
        return self.M if self.M > 0 else self.N

    def forward(self, *, out, device):
        out = (self.empty((self.N, self.columns), device) if out is None else out).zero_()
        if -self.N < self.k < self.columns:
            out.diagonal(self.k).fill_(1)
        return out
