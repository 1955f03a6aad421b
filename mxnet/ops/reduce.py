"""Reductions: sums, means, norms, extremes and where they are."""

from .core import Op, get_op
from .lazy_torch import torch
from .parameters import Shape
from .shapes import Mismatch

__all__ = ["Reduction", "Sum", "normalized_axes"]


def normalized_axes(axes, rank):
    """Axes, counted from either end, as sorted numbers from 0. Raises Mismatch."""
    found = set()
    for axis in axes:
        if not -rank <= axis < rank:
            raise Mismatch(f"axis {axis} should be in [{-rank}, {rank}) for {rank} dimensions")
        if axis % rank in found:
            raise Mismatch(f"axis {axis} is given twice in {tuple(axes)}")
        found.add(axis % rank)
    return tuple(sorted(found))


class Reduction(Op, abstract=True):
    """A reduction over ``axis`` (an integer or several; all axes if it is None or empty).

    Shapes: data (*n) -> the axes that are left, or 1 in place of the others with ``keepdims``;
    (1,) where none is left. ``exclude`` reduces over all axes but the given ones.
    """

    axis: Shape | None = None
    keepdims: bool = False
    exclude: bool = False

    def axes(self, rank):
        """The axes that are reduced."""
        axes = normalized_axes(self.axis or (), rank)
        if self.exclude and axes:
            return tuple(axis for axis in range(rank) if axis not in axes)
        return axes or tuple(range(rank))

    def infer_shape(self, s):
        s.output = self.reduced(s.data)

    def reduced(self, shape):
        """The shape of the result."""
        axes = self.axes(len(shape))
        if self.keepdims:
            return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))
        return tuple(dim for axis, dim in enumerate(shape) if axis not in axes) or (1,)

    def forward(self, data, *, out):
        axes = self.axes(data.dim())
        kept = [1 if axis in axes else dim for axis, dim in enumerate(data.shape)]
        shape = self.reduced(data.shape)
        if out is None:
            return self.reduce(data, axes, None).reshape(shape)
        self.reduce(data, axes, out.view(kept))
        return out

    def reduce(self, data, axes, out):
        """The kernel; it keeps the reduced axes."""
        raise NotImplementedError

    def spread(self, value, data):
        """A value in the shape of the output, stretched to that of the data."""
        same = {"axis": self.axis, "exclude": self.exclude, "keepdims": self.keepdims}
        return get_op("_spread_like")(**same)(value, data)


class Sum(Reduction, name="sum", aliases=["_sparse_sum", "sum_axis"]):
    """Sum over axes."""

    def reduce(self, data, axes, out):
        return torch.sum(data, axes, keepdim=True, dtype=data.dtype, out=out)

    def gradient(self, d_output, data):
        return self.spread(d_output, data)


class SpreadLike(Reduction, name="_spread_like"):
    """The values of a reduction, stretched to the shape of what was reduced.

    Shapes: data (the result of a reduction with the same parameters), like -> that of like.
    """

    shape_only = ("like",)
    view = "strided"

    def infer_shape(self, s):
        s.same("like", "output")

    def forward(self, data, like):
        axes = self.axes(like.dim())
        kept = [1 if axis in axes else dim for axis, dim in enumerate(like.shape)]
        return data.reshape(kept).expand(like.shape)

    def gradient(self, d_output):
        return get_op("sum")(axis=self.axis, keepdims=self.keepdims, exclude=self.exclude)(
            d_output
        ), None
