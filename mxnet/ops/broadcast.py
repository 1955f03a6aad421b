"""Arithmetic, comparison and logic with broadcasting; arrays stretched to larger shapes."""

from ..error import MXNetError
from . import arithmetic, comparison
from .core import Op, get_op
from .expression import Expression
from .lazy_torch import torch
from .parameters import Shape
from .reduce import normalized_axes
from .shapes import Mismatch, broadcast, known

__all__ = ["sum_like"]


def sum_like(gradient: Expression | None, like: Expression) -> Expression | None:
    """A node that sums a gradient over what was broadcast, down to the shape of ``like``."""
    return gradient and get_op("_sum_like")()(gradient, like)


class Broadcasting:
    """Shapes: lhs and rhs broadcast together as in numpy -> output.

    Axes are matched from the last; along each the sizes are equal or one of them is 1.
    """

    per_sample = ()

    def infer_shape(self, s):
        s.output = broadcast(s.lhs, s.rhs)

    def combine(self, name, lhs, rhs):
        return get_op(f"broadcast_{name}")()(lhs, rhs)

    def gradient(self, d_output, lhs, rhs, output, *, shapes):
        d_lhs, d_rhs = self.slopes(d_output, lhs, rhs, output)
        whole = shapes.get("output", ())  # what has this shape has not been stretched
        return (
            d_lhs if shapes.get("lhs") == whole else sum_like(d_lhs, lhs),
            d_rhs if shapes.get("rhs") == whole else sum_like(d_rhs, rhs),
        )


class BroadcastAdd(
    Broadcasting,
    arithmetic.Sum,
    name="broadcast_add",
    aliases=["_sparse_broadcast_add", "_sparse_broadcast_plus", "broadcast_plus"],
):
    """Sum with broadcasting."""


class BroadcastSub(
    Broadcasting,
    arithmetic.Difference,
    name="broadcast_sub",
    aliases=["_sparse_broadcast_minus", "_sparse_broadcast_sub", "broadcast_minus"],
):
    """Difference with broadcasting."""


class BroadcastMul(
    Broadcasting, arithmetic.Product, name="broadcast_mul", aliases=["_sparse_broadcast_mul"]
):
    """Product with broadcasting."""


class BroadcastDiv(
    Broadcasting, arithmetic.Quotient, name="broadcast_div", aliases=["_sparse_broadcast_div"]
):
    """Quotient with broadcasting; that of integers is truncated."""


class BroadcastMod(Broadcasting, arithmetic.Remainder, name="broadcast_mod"):
    """Remainder with broadcasting, with the sign of the divisor."""


class BroadcastPower(Broadcasting, arithmetic.Power, name="broadcast_power"):
    """lhs to the power of rhs, with broadcasting."""


class BroadcastHypot(Broadcasting, arithmetic.Hypotenuse, name="broadcast_hypot"):
    """√(lhs² + rhs²) with broadcasting, without overflow on the way."""


class BroadcastMaximum(Broadcasting, arithmetic.Maximum, name="broadcast_maximum"):
    """The larger of two elements, with broadcasting; the gradient of equal ones goes to lhs."""


class BroadcastMinimum(Broadcasting, arithmetic.Minimum, name="broadcast_minimum"):
    """The smaller of two elements, with broadcasting; the gradient of equal ones goes to lhs."""


class BroadcastEqual(Broadcasting, comparison.Equal, name="broadcast_equal"):
    """1 where lhs = rhs, else 0, with broadcasting."""


class BroadcastNotEqual(Broadcasting, comparison.NotEqual, name="broadcast_not_equal"):
    """1 where lhs ≠ rhs, else 0, with broadcasting."""


class BroadcastGreater(Broadcasting, comparison.Greater, name="broadcast_greater"):
    """1 where lhs > rhs, else 0, with broadcasting."""


class BroadcastGreaterEqual(Broadcasting, comparison.GreaterEqual, name="broadcast_greater_equal"):
    """1 where lhs ≥ rhs, else 0, with broadcasting."""


class BroadcastLesser(Broadcasting, comparison.Lesser, name="broadcast_lesser"):
    """1 where lhs < rhs, else 0, with broadcasting."""


class BroadcastLesserEqual(Broadcasting, comparison.LesserEqual, name="broadcast_lesser_equal"):
    """1 where lhs ≤ rhs, else 0, with broadcasting."""


class BroadcastLogicalAnd(Broadcasting, comparison.LogicalAnd, name="broadcast_logical_and"):
    """1 where both are not 0, else 0, with broadcasting."""


class BroadcastLogicalOr(Broadcasting, comparison.LogicalOr, name="broadcast_logical_or"):
    """1 where at least one is not 0, else 0, with broadcasting."""


class BroadcastLogicalXor(Broadcasting, comparison.LogicalXor, name="broadcast_logical_xor"):
    """1 where exactly one is not 0, else 0, with broadcasting."""


class BroadcastXlogy(Broadcasting, arithmetic.Binary, name="_broadcast_xlogy"):
    """lhs · log rhs with broadcasting, 0 where lhs is 0; for derivatives of powers."""

    def forward(self, lhs, rhs, *, out):
        return torch.xlogy(lhs, rhs, out=out)

    def slopes(self, d_output, lhs, rhs, output):
        d_lhs = self.combine("mul", d_output, get_op("log")()(rhs))
        return d_lhs, d_output * self.combine("div", lhs, rhs)


class SumLike(Op, name="_sum_like"):
    """Sum over the axes that broadcasting added or stretched; the inverse of broadcast_like.

    Shapes: data, like -> that of like, which broadcasts to that of data.
    """

    shape_only = ("like",)
    inplace = {"output": ("data",)}

    def infer_shape(self, s):
        s.same("like", "output")

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, like, *, out):
        shape = like.shape
        if data.shape == shape:
            if out is None:
                return data.clone()
            # Planned in place, there is nothing to do.
            return out if out.data_ptr() == data.data_ptr() else out.copy_(data)
        added = data.dim() - len(shape)
        stretched = (added + i for i, dim in enumerate(shape) if dim != data.shape[added + i])
        axes = (*range(added), *stretched)
        kept = [1] * added + list(shape)
        result = None if out is None else out.view(kept)
        result = torch.sum(data, axes, keepdim=True, dtype=data.dtype, out=result)
        return result.view(shape) if out is None else out

    def gradient(self, d_output, data):
        return get_op("_stretch_like")()(d_output, data), None


# -- stretching -----------------------------------------------------------------------------------
class Stretch(Op, abstract=True):
    """The array repeated along axes of size 1, as a view."""

    view = "strided"

    def gradient(self, d_output, data):
        return sum_like(d_output, data)


def stretched(shape, sizes):
    """``shape`` with the sizes of some axes ({axis: size}), which have to be 1 or equal so far."""
    result = list(shape)
    for axis, size in sizes.items():
        if known(result[axis], size) and result[axis] not in (1, size):
            raise Mismatch(
                f"axis {axis} of {shape} should be 1 or {size} to be broadcast to {size}"
            )
        # A size that is not known yet may turn out to be 1, and so be stretched as well.
        result[axis] = size
    return tuple(result)


class BroadcastTo(Stretch, name="broadcast_to"):
    """The array stretched to ``shape``, in which 0 keeps the size of the axis.

    Shapes: data (*n) -> shape; each size of data is 1 or the one in shape.
    """

    shape: Shape = ()

    def infer_shape(self, s):
        if all(self.shape):
            s.output = self.shape
        if len(s.data) != len(self.shape):
            raise Mismatch(f"data {s.data} should have as many dimensions as shape {self.shape}")
        s.output = self.target(s.data)

    def target(self, shape):
        """The shape of the result."""
        return stretched(shape, {axis: size for axis, size in enumerate(self.shape) if size})

    def forward(self, data):
        return data.expand(self.target(tuple(data.shape)))


class BroadcastAxis(Stretch, name="broadcast_axis", aliases=["broadcast_axes"]):
    """The array stretched along each ``axis``, where its size is 1, to each ``size``.

    Shapes: data (*n) -> (*n) with the new sizes.
    """

    axis: Shape = ()
    size: Shape = ()

    def check(self):
        if len(self.axis) != len(self.size):
            raise MXNetError(f"axis {self.axis} and size {self.size} should have the same length")

    def infer_shape(self, s):
        s.output = self.target(s.data)

    def target(self, shape):
        """The shape of the result."""
        rank = len(shape)
        normalized_axes(self.axis, rank)
        for axis in self.axis:
            if known(shape[axis]) and shape[axis] != 1:
                raise Mismatch(f"axis {axis} of {shape} should have size 1 to be broadcast")
        return stretched(shape, {a % rank: n for a, n in zip(self.axis, self.size, strict=True)})

    def forward(self, data):
        return data.expand(self.target(tuple(data.shape)))


class BroadcastLike(Op, name="broadcast_like"):
    """lhs stretched to the shape of rhs, or with ``lhs_axes`` along some axes.

    Shapes: lhs, rhs of one rank -> that of rhs. With axes: lhs with the sizes that ``rhs_axes`` of
    rhs have (by default the same axes).
    """

    lhs_axes: Shape | None = None
    rhs_axes: Shape | None = None
    view = "strided"
    shape_only = ("rhs",)

    def check(self):
        pairs = (self.lhs_axes or ()), (self.rhs_axes or self.lhs_axes or ())
        if len(pairs[0]) != len(pairs[1]):
            raise MXNetError(
                f"lhs_axes {self.lhs_axes} and rhs_axes {self.rhs_axes} should have the same length"
            )

    def infer_shape(self, s):
        if self.lhs_axes is None:
            s.same("output", "rhs")
        s.output = self.target(s.lhs, s.rhs)

    def infer_dtype(self, t):
        t.same("output", "lhs")

    def target(self, lhs, rhs):
        """The shape of the result."""
        if self.lhs_axes is None:
            if len(lhs) != len(rhs):
                raise Mismatch(f"lhs {lhs} should have as many dimensions as rhs {rhs}")
            return stretched(lhs, dict(enumerate(rhs)))
        normalized_axes(self.lhs_axes, len(lhs))
        normalized_axes(self.rhs_axes or self.lhs_axes, len(rhs))
        pairs = zip(self.lhs_axes, self.rhs_axes or self.lhs_axes, strict=True)
        return stretched(lhs, {left % len(lhs): rhs[right] for left, right in pairs})

    def forward(self, lhs, rhs):
        return lhs.expand(self.target(tuple(lhs.shape), tuple(rhs.shape)))

    def gradient(self, d_output, lhs):
        return sum_like(d_output, lhs), None


class StretchLike(Op, name="_stretch_like"):
    """The array stretched to the shape of another as in arithmetic; the derivative of _sum_like.

    Shapes: data, like -> that of like; data may have fewer dimensions.
    """

    view = "strided"
    shape_only = ("like",)

    def infer_shape(self, s):
        s.same("like", "output")

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, like):
        return data.expand(like.shape)

    def gradient(self, d_output, data):
        return sum_like(d_output, data), None
