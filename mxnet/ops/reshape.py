"""Operators that change the shape of an array, but neither its values nor their order."""

from typing import Annotated, Any

from ..error import MXNetError
from .core import Op, get_op, remembered
from .lazy_torch import torch
from .parameters import Shape, at_least
from .shapes import UNKNOWN, Mismatch, is_complete, known, product

__all__ = ["Flatten", "Reshape", "ReshapeLike", "buffer", "normal_axis", "with_dim"]


def normal_axis(axis: int, rank: int, what: str = "axis") -> int:
    """The axis counted from the front; raises Mismatch where the rank has no such axis."""
    if not -rank <= axis < rank:
        raise Mismatch(f"{what} {axis} is outside of an array with {rank} dimensions")
    return axis % rank


def with_dim(shape: tuple, axis: int, size: Any) -> tuple:
    """The shape with another size along one axis, counted from the front."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def buffer(out: Any, shape: Any, like: Any) -> Any:
    """The planned storage ``out``, or new storage where nothing is planned."""
    return like.new_empty(shape) if out is None else out


class SelectionBackward(Op, abstract=True):
    """Derivatives of operators that select from ``data``: ``grad``, put where it was taken from.

    Shapes: grad as the selection, data (read for its shape alone) -> that of data.
    """

    shape_only = ("data",)

    def infer_shape(self, s):
        s.same("data", "output")

    def infer_dtype(self, t):
        t.same("grad", "output")

    def zeros(self, grad, data, out):
        """Zeros in the shape of the data, in the planned storage if there is any."""
        return buffer(out, data.shape, grad).zero_()


class Reshaping(Op, abstract=True):
    """The same elements in the same order in another shape, which ``target`` computes."""

    view = "reshape"

    def target(self, dims):
        """The shape of the output for that of the data; unknown dimensions may remain."""
        raise NotImplementedError

    def infer_shape(self, s):
        s.output = self.target(s.data)
        keep_size(s, "data")

    def forward(self, data):
        return data.reshape(self.shape_of(data.shape))

    @remembered
    def shape_of(self, shape):
        """The same for data whose shape is known."""
        return self.target(tuple(shape))

    def gradient(self, d_output, data):
        return get_op("reshape_like")()(d_output, data)


def keep_size(s, source):
    """State that ``source`` and output have equally many elements; fills a single unknown."""
    before, after = s.get(source), s.get("output")
    if before is None or not is_complete(after):
        return
    if before.count(UNKNOWN) == 1:
        others = product(dim for dim in before if known(dim))
        missing, rest = divmod(product(after), others) if others else (0, 0)
        if rest:
            raise Mismatch(f"{before} cannot have the number of elements of {after}")
        setattr(s, source, tuple(dim if known(dim) else missing for dim in before))
    elif is_complete(before) and product(before) != product(after):
        raise Mismatch(f"{before} has {product(before)} elements, but {after} has {product(after)}")


class Reshape(Reshaping, aliases=["reshape"]):
    """Give the elements another shape.

    ``shape`` may contain codes: 0 keeps a dimension, -1 (once) takes what is left, -2 keeps all
    remaining dimensions, -3 merges two, ``-4, a, b`` splits one into a times b (one of them may be
    -1). ``reverse`` matches the codes from the right. ``target_shape`` and ``keep_highest`` are the
    older form, in which 0 (once) takes what is left.
    """

    shape: Shape = ()
    reverse: bool = False
    target_shape: Shape = ()
    keep_highest: bool = False

    def check(self):
        if not self.shape and not self.target_shape:
            raise MXNetError("the parameter shape is missing")
        split_codes(self.shape)

    def infer_shape(self, s):
        if self.shape and min(self.shape) > 0:
            s.output = self.shape
        super().infer_shape(s)

    def target(self, dims):
        if not self.shape:
            return self.legacy_target(dims)
        pieces = split_codes(self.shape)
        if self.reverse:
            pieces = [(code, factors[::-1]) for code, factors in reversed(pieces)]
            return tuple(reversed(match_codes(pieces, dims[::-1])))
        return tuple(match_codes(pieces, dims))

    def legacy_target(self, dims):
        wanted = list(self.target_shape)
        if self.keep_highest and wanted:
            wanted[0] = dims[0]
        open_axes = [axis for axis, dim in enumerate(wanted) if dim in (0, -1)]
        if len(open_axes) > 1:
            raise Mismatch(f"one dimension at most can be inferred, not those of {tuple(wanted)}")
        for axis in open_axes:
            others = product(dim for i, dim in enumerate(wanted) if i != axis)
            wanted[axis] = exact_quotient(product(dims), others)
        return tuple(wanted)


def split_codes(shape):
    """The codes of a ``shape`` parameter as pairs (code, factors of a split)."""
    pieces, rest = [], list(shape)
    while rest:
        code = rest.pop(0)
        if code < -4:
            raise MXNetError(f"shape: there is no code {code}, codes go from 0 to -4")
        factors = ()
        if code == -4:
            if len(rest) < 2:
                raise MXNetError(f"shape {tuple(shape)}: -4 is followed by two factors")
            factors = (rest.pop(0), rest.pop(0))
            if factors == (-1, -1):
                raise MXNetError(f"shape {tuple(shape)}: one of the two factors must be known")
        pieces.append((code, factors))
    if sum(code == -1 for code, _ in pieces) > 1:
        raise MXNetError(f"shape {tuple(shape)}: one dimension at most can be inferred (-1)")
    return pieces


def match_codes(pieces, dims):
    """The dimensions that the pieces of a ``shape`` parameter make of ``dims``."""
    result, position, open_axis = [], 0, None
    copied = []  # dimensions that are on both sides, which need not be known to find that of -1

    def take(count):
        nonlocal position
        if position + count > len(dims):
            codes = [code for code, _ in pieces]
            raise Mismatch(f"shape codes {codes} need more dimensions than data {dims} has")
        position += count
        return dims[position - count : position]

    for code, factors in pieces:
        if code > 0:
            result.append(code)
            position += 1
        elif code == 0:
            copied.append(position)
            result += take(1)
        elif code == -1:
            open_axis = len(result)
            result.append(-1)
            position += 1
        elif code == -2:
            copied += range(position, len(dims))
            result += dims[position:]
            position = len(dims)
        elif code == -3:
            result.append(product(take(2)))
        else:
            (dim,) = take(1)
            result += split_dim(dim, factors)
    if open_axis is not None:
        total = product(dim for i, dim in enumerate(dims) if i not in copied)
        cancelled = [dims[i] for i in copied]
        others = 1
        for axis, dim in enumerate(result):
            if axis == open_axis:
                continue
            if any(dim is known_dim or dim == known_dim for known_dim in cancelled):
                cancelled.remove(dim)
            else:
                others *= dim
        result[open_axis] = exact_quotient(total, others)
    return result


def split_dim(dim, factors):
    """``dim`` as a product of two factors, of which one may be -1."""
    one, other = factors
    if one == -1:
        return [exact_quotient(dim, other), other]
    if other == -1:
        return [one, exact_quotient(dim, one)]
    if known(dim) and one * other != dim:
        raise Mismatch(f"a dimension of {dim} does not split into {one} times {other}")
    return [one, other]


def exact_quotient(total, divisor):
    """``total / divisor``; raises Mismatch where it is not a whole number."""
    if not known(total, divisor):
        return UNKNOWN
    if divisor <= 0 or total % divisor:
        raise Mismatch(f"{total} elements do not divide into {divisor}")
    return total // divisor


class Flatten(Reshaping, aliases=["flatten"]):
    """Merge all axes but the first: data (n, *k) -> (n, ∏k)."""

    def target(self, dims):
        if not dims:
            raise Mismatch("data should have at least 1 dimension")
        return (dims[0], product(dims[1:]))


class ReshapeLike(Op, name="reshape_like"):
    """Reshape ``lhs`` to the shape of ``rhs``, or a range of its axes to a range of those of rhs.

    Axes ``lhs_begin`` to ``lhs_end`` (exclusive) become those of rhs from ``rhs_begin`` to
    ``rhs_end``.
    """

    lhs_begin: int | None = None
    lhs_end: int | None = None
    rhs_begin: int | None = None
    rhs_end: int | None = None
    view = "reshape"
    shape_only = ("rhs",)

    def whole(self):
        """Whether all axes are replaced."""
        return all(limit is None for limit in self._values)

    def infer_shape(self, s):
        if self.whole():
            s.same("rhs", "output")
        else:
            s.output = self.target(s.lhs, s.rhs)
        keep_size(s, "lhs")

    def infer_dtype(self, t):
        t.same("lhs", "output")

    def target(self, lhs, rhs):
        """The output's shape."""
        if self.whole():
            return rhs
        start, stop = axis_range(self.lhs_begin, self.lhs_end, len(lhs), "lhs")
        first, last = axis_range(self.rhs_begin, self.rhs_end, len(rhs), "rhs")
        return (*lhs[:start], *rhs[first:last], *lhs[stop:])

    def forward(self, lhs, rhs):
        return lhs.reshape(self.target(tuple(lhs.shape), tuple(rhs.shape)))

    def gradient(self, d_output, lhs):
        return get_op("reshape_like")()(d_output, lhs), None


def axis_range(begin, end, rank, what):
    """A range of axes counted from the front; raises Mismatch where it is empty or outside."""
    start = 0 if begin is None else begin + rank if begin < 0 else begin
    stop = rank if end is None else end + rank if end < 0 else end
    if not 0 <= start < stop <= rank:
        raise Mismatch(f"{what}_begin={begin}, {what}_end={end} is no range of {rank} axes")
    return start, stop


class ExpandDims(Reshaping, name="expand_dims"):
    """Insert an axis of size 1 before position ``axis``; a negative one counts from the back."""

    axis: int

    def infer_shape(self, s):
        output = s.get("output")
        if output is not None:
            axis = normal_axis(self.axis, len(output))
            s.output = with_dim(output, axis, 1)
            s.data = output[:axis] + output[axis + 1 :]
        super().infer_shape(s)

    def target(self, dims):
        axis = normal_axis(self.axis, len(dims) + 1)
        return (*dims[:axis], 1, *dims[axis:])


class Squeeze(Reshaping, name="squeeze"):
    """Drop axes of size 1: those that ``axis`` names, or all; one axis is kept in any case."""

    axis: Shape | None = None

    def infer_shape(self, s):
        if self.axis is None and UNKNOWN in s.data:
            return
        for axis in self.dropped(s.data):
            s.data = with_dim((UNKNOWN,) * len(s.data), axis, 1)
        super().infer_shape(s)

    def dropped(self, dims):
        """The axes that disappear; raises Mismatch for one whose size is not 1."""
        if self.axis is None:
            return [axis for axis, dim in enumerate(dims) if dim == 1]
        axes = [normal_axis(axis, len(dims)) for axis in self.axis]
        if len(set(axes)) < len(axes):
            raise Mismatch(f"axis {self.axis} names an axis twice")
        for axis in axes:
            if known(dims[axis]) and dims[axis] != 1:
                raise Mismatch(f"axis {axis} of data {dims} has more than one element")
        return axes

    def target(self, dims):
        dropped = self.dropped(dims)
        return tuple(dim for axis, dim in enumerate(dims) if axis not in dropped) or (1,)


class ShapeArray(Op, name="shape_array"):
    """The shape of an array, as an array of int64."""

    waits = True
    shape_only = ("data",)

    def infer_shape(self, s):
        s.output = (UNKNOWN,)
        s.output = (len(s.data),)

    def infer_dtype(self, t):
        t.output = "int64"

    def forward(self, data):
        return torch.tensor(data.shape, dtype=torch.int64, device=data.device)

    def gradient(self):
        return None


class SizeArray(Op, name="size_array"):
    """The number of elements of an array, as an array of int64 with one element."""

    waits = True
    shape_only = ("data",)

    def infer_shape(self, s):
        s.output = (1,)

    def infer_dtype(self, t):
        t.output = "int64"

    def forward(self, data):
        return torch.tensor([data.numel()], device=data.device)

    def gradient(self):
        return None


class ResetArrays(Op, name="reset_arrays"):
    """Fill arrays with zeros, in place."""

    num_arrays: Annotated[int, at_least(1)]
    count = "num_arrays"
    outputs = ()
    differentiable = False

    @property
    def mutates(self):
        return self.input_names

    def infer_shape(self, s):
        pass

    def infer_dtype(self, t):
        pass

    def forward(self, *data):
        for array in data:
            array.zero_()
        return ()
