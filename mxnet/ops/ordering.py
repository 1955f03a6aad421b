"""Sorting, the largest elements, and where they are."""

from typing import Literal

from .core import Op
from .lazy_torch import torch
from .reduce import normalized_axes
from .reshape import buffer, normal_axis, with_dim
from .shapes import Mismatch, known, product

__all__ = ["Argsort", "Sort", "TopK"]

IndexType = Literal["float16", "float32", "float64", "int32", "int64", "uint8"]

_GROUP = 8  # elements whose largest stands for them
_MANY = 1 << 15  # elements for which the number of calls matters less


class Ordering(Op, abstract=True):
    """What orders the elements along an axis, or of the flattened array where axis is None.

    The order is stable: of equal elements the first comes first. NaN counts as the largest.
    """

    precision = "full"

    def lines(self, data):
        """The data, and the axis along which it is ordered."""
        return (data.reshape(-1), 0) if self.axis is None else (data, self.axis)

    def line_length(self, dims):
        """How many elements are ordered together."""
        if self.axis is None:
            return product(dims)
        return dims[normal_axis(self.axis, len(dims))]

    def ordered_shape(self, dims, count):
        """The shape with ``count`` elements of each line."""
        if self.axis is None:
            return (count,)
        return with_dim(dims, normal_axis(self.axis, len(dims)), count)


def first_in_order(lines, count, axis, rising):
    """``torch.topk``; of long lines by way of the largest of each group of elements."""
    length = lines.shape[axis]
    is_last = axis in (-1, lines.dim() - 1)
    long = length >= 8 * _GROUP * count and length % _GROUP == 0 and lines.numel() >= _MANY
    if rising or not (is_last and long):  # the least of a group with NaN would be NaN
        return torch.topk(lines, count, axis, largest=not rising)
    distance = length // _GROUP
    groups = lines.reshape(-1, _GROUP, distance)
    best = torch.topk(groups.amax(1), count, sorted=False)[1]
    candidates = groups.gather(2, best.unsqueeze(1).expand(-1, _GROUP, -1)).flatten(1)
    values, places = torch.topk(candidates, count)
    positions = (places // count).mul_(distance).add_(best.gather(1, places % count))
    shape = (*lines.shape[:-1], count)
    return values.view(shape), positions.view(shape)


def distinct_ranks(lines, axis, first_is_larger):
    """Integers in the order of numbers of at most 32 bits, of which no two in a line are equal.

    The upper half of a rank is the number's own order, the lower half its place in the line:
    torch.topk is fast, but does not say which of equal elements it takes.
    """
    if lines.is_floating_point():
        numbers = lines.float() + 0.0  # there is one zero
        numbers = numbers.masked_fill_(numbers.isnan(), torch.nan).contiguous()
        bits = numbers.view(torch.int32)
        order = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    else:
        order = lines
    places = torch.arange(lines.shape[axis], device=lines.device)
    places = places.flip(0) if first_is_larger else places
    ranks = order.long().bitwise_left_shift_(32)
    return ranks.add_(places.view(-1, *(1,) * (lines.dim() - 1 - axis % lines.dim())))


class TopK(Ordering, name="topk"):
    """The ``k`` largest (``is_ascend``: smallest) elements along an axis; all if k is below 1.

    ``ret_typ`` says what comes out: their indices (as ``dtype``), values, both, or a mask in the
    shape of the data that is 1 at their places.
    """

    axis: int | None = -1
    k: int = 1
    ret_typ: Literal["both", "indices", "mask", "value"] = "indices"
    is_ascend: bool = False
    dtype: IndexType = "float32"

    def outputs(self):
        return {"both": ("output0", "output1"), "value": ("output0",)}.get(
            self.ret_typ, ("output",)
        )

    def hidden(self):
        return ("positions",) if self.ret_typ == "value" else ()

    def infer_shape(self, s):
        if self.ret_typ == "mask":
            s.same()
        length = self.line_length(s.data)
        if known(length) and self.k > length:
            raise Mismatch(f"k={self.k} exceeds the {length} elements along axis {self.axis}")
        if self.ret_typ != "mask":
            shape = self.ordered_shape(s.data, self.k if self.k > 0 else length)
            for name in self.output_names:
                setattr(s, name, shape)

    def infer_dtype(self, t):
        if self.ret_typ == "indices":
            t.output = self.dtype
        elif self.ret_typ == "mask":
            t.same()
        else:
            t.same("data", "output0")
            if self.ret_typ == "both":
                t.output1 = self.dtype
            else:
                t.positions = "int64"

    def forward(self, data):
        lines, axis = self.lines(data)
        values, positions = self.chosen(lines, axis)
        if self.ret_typ == "mask":
            return torch.zeros_like(lines).scatter_(axis, positions, 1).view(data.shape)
        indices = positions.to(getattr(torch, self.dtype))
        if self.ret_typ == "indices":
            return indices
        return values, positions if self.ret_typ == "value" else indices

    def chosen(self, lines, axis):
        """The elements in order, and their positions."""
        whole = not 0 < self.k < lines.shape[axis]
        if not whole and lines.device.type == "cpu":  # a GPU would wait for the check
            values, positions = first_in_order(lines, self.k + 1, axis, self.is_ascend)
            # If each precedes the next, the first one that is left out too, there is no other choice.
            first, second = (values.narrow(axis, start, self.k) for start in (0, 1))
            precedes = torch.lt if self.is_ascend else torch.gt
            if precedes(first, second).all():
                return first.contiguous(), positions.narrow(axis, 0, self.k).contiguous()
        if not whole and lines.element_size() <= 4:
            ranks = distinct_ranks(lines, axis, first_is_larger=not self.is_ascend)
            positions = torch.topk(ranks, self.k, axis, largest=not self.is_ascend)[1]
            return lines.gather(axis, positions), positions
        values, positions = torch.sort(lines, dim=axis, descending=not self.is_ascend, stable=True)
        if not whole:
            values = values.narrow(axis, 0, self.k).contiguous()
            positions = positions.narrow(axis, 0, self.k).contiguous()
        return values, positions

    def gradient(self, d_outputs, outputs, data):
        if self.ret_typ in ("indices", "mask"):
            return None
        positions = outputs[-1]
        if self.ret_typ == "both":  # the indices given out may be too coarse numbers
            same = self.changed() | {"ret_typ": "indices", "dtype": "int64"}
            positions = TopK(**same)(data)
        return PlaceAlong(axis=self.axis)(d_outputs[0], positions, data)


class Sort(Ordering, name="sort"):
    """The elements in rising (``is_ascend=False``: falling) order along an axis."""

    axis: int | None = -1
    is_ascend: bool = True
    outputs = ("output0",)
    hidden = ("positions",)

    def infer_shape(self, s):
        s.same("output0", "positions")
        if self.axis is not None:
            s.same()
            self.line_length(s.data)
        s.output0 = s.positions = self.ordered_shape(s.data, self.line_length(s.data))

    def infer_dtype(self, t):
        t.same("data", "output0")
        t.positions = "int64"

    def forward(self, data, *, out):
        lines, axis = self.lines(data)
        result = torch.sort(lines, dim=axis, descending=not self.is_ascend, stable=True, out=out)
        return tuple(result)

    def gradient(self, d_output0, positions, data):
        return PlaceAlong(axis=self.axis)(d_output0, positions, data)


class Argsort(Ordering, name="argsort"):
    """The indices (as ``dtype``) that bring the elements into order along an axis."""

    axis: int | None = -1
    is_ascend: bool = True
    dtype: IndexType = "float32"

    def infer_shape(self, s):
        if self.axis is not None:
            s.same()
        s.output = self.ordered_shape(s.data, self.line_length(s.data))

    def infer_dtype(self, t):
        t.output = self.dtype

    def forward(self, data):
        lines, axis = self.lines(data)
        positions = torch.argsort(lines, dim=axis, descending=not self.is_ascend, stable=True)
        return positions.to(getattr(torch, self.dtype))

    def gradient(self):
        return None


class PlaceAlong(Op, name="_place_along"):
    """Zeros in the shape of ``like``, with values at different positions along an axis.

    For derivatives of sort and topk. Shapes: values and positions alike, with at most as many
    elements along the axis as like; without axis like is seen as flat.
    """

    axis: int | None = -1
    shape_only = ("like",)

    def infer_shape(self, s):
        s.same("like", "output")
        s.same("values", "positions")

    def infer_dtype(self, t):
        t.same("values", "output")

    def forward(self, values, positions, like, *, out):
        out = buffer(out, like.shape, values).zero_()
        flat = out.view(-1) if self.axis is None else out
        flat.scatter_(0 if self.axis is None else self.axis, positions, values)
        return out

    def gradient(self, d_output, positions):
        return PickAlong(axis=self.axis)(d_output, positions), None, None


class PickAlong(Op, name="_pick_along"):
    """The elements of ``data`` at the given positions along an axis, or of the flattened data."""

    axis: int | None = -1

    def infer_shape(self, s):
        s.same("positions", "output")

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, positions, *, out):
        lines, axis = (data.reshape(-1), 0) if self.axis is None else (data, self.axis)
        return torch.gather(lines, axis, positions, out=out)

    def gradient(self, d_output, data, positions):
        return PlaceAlong(axis=self.axis)(d_output, positions, data), None


# -- where the extremes are -----------------------------------------------------------------------
class ArgExtreme(Op, abstract=True):
    """Index of an extreme along ``axis`` (None: in the flattened array), in the data's type.

    Shapes: data (*n) -> without the axis, or with 1 in its place with ``keepdims``; (1,) where
    nothing is left. The first of equal ones counts; no gradient.
    """

    axis: int | None = None
    keepdims: bool = False

    def infer_shape(self, s):
        s.output = self.reduced(s.data)

    def reduced(self, shape):
        """The shape of the result."""
        if self.axis is None:
            return (1,) * len(shape) if self.keepdims else (1,)
        (axis,) = normalized_axes((self.axis,), len(shape))
        return (*shape[:axis], *([1] if self.keepdims else []), *shape[axis + 1 :]) or (1,)

    def forward(self, data):
        if self.axis is None or data.dim() == 1:
            index = self.kernel(data).view((1,) * data.dim() if self.keepdims else (1,))
        else:
            index = self.kernel(data, self.axis, self.keepdims)
        return index.to(data.dtype)

    def gradient(self, d_output):
        return None


class Argmax(ArgExtreme, name="argmax"):
    """Index of the largest element along an axis."""

    kernel = staticmethod(lambda *arguments: torch.argmax(*arguments))


class Argmin(ArgExtreme, name="argmin"):
    """Index of the smallest element along an axis."""

    kernel = staticmethod(lambda *arguments: torch.argmin(*arguments))


class ArgmaxChannel(Op, name="argmax_channel"):
    """Index of the largest element along axis 1: data (n, c, *k) -> (n, *k)."""

    differentiable = False

    def infer_shape(self, s):
        if len(s.data) < 2:
            raise Mismatch(f"data should have at least 2 dimensions but is {s.data}")
        s.output = (s.data[0], *s.data[2:])

    def forward(self, data):
        return torch.argmax(data, 1).to(data.dtype)
