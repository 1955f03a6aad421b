"""Operators that change the shape of an array, or the order of its axes, but no values."""

from typing import Annotated, Any

from ..error import MXNetError
from .core import Op, get_op
from .lazy_torch import torch
from .parameters import Shape, at_least
from .shapes import UNKNOWN, Mismatch, is_complete, known, product

__all__ = ["Flatten", "Reshape", "Transpose", "buffer", "normal_axis", "with_dim"]


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
    return torch.empty(shape, dtype=like.dtype, device=like.device) if out is None else out


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
        return data.reshape(self.target(tuple(data.shape)))

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


class Transpose(Op, name="transpose"):
    """Permute the axes: output axis i is data axis ``axes[i]``; by default they are reversed."""

    axes: Shape = ()
    view = "strided"

    def check(self):
        rank = len(self.axes)
        if sorted(axis % rank for axis in self.axes) != list(range(rank)):
            raise MXNetError(f"axes {self.axes} should be a permutation of 0 to {rank - 1}")

    def permutation(self, rank):
        """The axes of the data in the order of the output."""
        axes = self.axes or tuple(reversed(range(rank)))
        if len(axes) != rank:
            raise Mismatch(f"axes {axes} should name the {rank} dimensions of data")
        return tuple(axis % rank for axis in axes)

    def infer_shape(self, s):
        data, output = s.get("data"), s.get("output")
        if data is not None:
            s.output = tuple(data[axis] for axis in self.permutation(len(data)))
        if output is not None:
            axes = self.permutation(len(output))
            s.data = tuple(output[axes.index(axis)] for axis in range(len(output)))

    def forward(self, data):
        return data.permute(self.permutation(data.dim()))

    def gradient(self, d_output):
        axes = self.permutation(len(self.axes)) if self.axes else ()
        return Transpose(axes=tuple(axes.index(axis) for axis in range(len(axes))))(d_output)


class SwapAxis(Op, aliases=["swapaxes"]):
    """Exchange the axes ``dim1`` and ``dim2``."""

    dim1: int = 0
    dim2: int = 0
    view = "strided"

    def swapped(self, shape):
        """The shape after the exchange."""
        one = normal_axis(self.dim1, len(shape), "dim1")
        other = normal_axis(self.dim2, len(shape), "dim2")
        return with_dim(with_dim(shape, one, shape[other]), other, shape[one])

    def infer_shape(self, s):
        data, output = s.get("data"), s.get("output")
        if data is not None:
            s.output = self.swapped(data)
        if output is not None:
            s.data = self.swapped(output)

    def forward(self, data):
        return data.transpose(self.dim1, self.dim2)

    def gradient(self, d_output):
        return self(d_output)


class Reverse(Op, name="reverse", aliases=["flip"]):
    """Reverse the order of the elements along each axis in ``axis``."""

    axis: Shape

    def infer_shape(self, s):
        s.same()
        for axis in self.axis:
            normal_axis(axis, len(s.data))

    def forward(self, data):
        axes = [axis % data.dim() for axis in self.axis]
        return data.flip([axis for axis in set(axes) if axes.count(axis) % 2])

    def gradient(self, d_output):
        return self(d_output)


class Tile(Op, name="tile"):
    """Repeat the whole array along each axis, ``reps`` times; new axes stand in front."""

    reps: Shape

    def check(self):
        if any(count is None or count < 1 for count in self.reps):
            raise MXNetError(f"reps {self.reps} should be positive")

    def aligned(self, dims):
        """``reps`` and the shape, both with as many entries as the output has axes."""
        rank = max(len(self.reps), len(dims))
        return (
            (1,) * (rank - len(self.reps)) + self.reps,
            (1,) * (rank - len(dims)) + tuple(dims),
        )

    def infer_shape(self, s):
        s.output = tuple(count * dim for count, dim in zip(*self.aligned(s.data), strict=True))

    def forward(self, data, *, out):
        reps, dims = self.aligned(data.shape)
        pairs = list(zip(reps, dims, strict=True))
        out = buffer(out, [count * dim for count, dim in pairs], data)
        places = out.view([size for pair in pairs for size in pair])
        places.copy_(data.reshape([size for dim in dims for size in (1, dim)]))
        return out

    def gradient(self, d_output, data):
        if not self.reps:
            return d_output
        splits = tuple(code for count in self.reps for code in (-4, count, -1))
        pieces = Reshape(shape=(-2, *splits), reverse=True)(d_output)
        copies = tuple(-2 * i for i in range(1, len(self.reps) + 1))
        return ReshapeLike()(get_op("sum")(axis=copies)(pieces), data)


class Repeat(Op, name="repeat"):
    """Repeat each element ``repeats`` times along ``axis``; without axis, of the flattened array."""

    repeats: Annotated[int, at_least(1)]
    axis: int | None = None

    def infer_shape(self, s):
        if self.axis is None:
            s.output = (product(s.data) * self.repeats,)
            return
        axis = normal_axis(self.axis, len(s.data))
        s.output = with_dim(s.data, axis, s.data[axis] * self.repeats)

    def forward(self, data, *, out):
        dims = [data.numel()] if self.axis is None else list(data.shape)
        axis = (self.axis or 0) % len(dims)
        out = buffer(out, with_dim(tuple(dims), axis, dims[axis] * self.repeats), data)
        places = out.view(*dims[: axis + 1], self.repeats, *dims[axis + 1 :])
        places.copy_(data.reshape(dims).unsqueeze(axis + 1))
        return out

    def gradient(self, d_output, data):
        split = (-4, -1, self.repeats)
        if self.axis is None:
            pieces, copies = Reshape(shape=split)(d_output), -1
        elif self.axis < 0:
            shape = (-2, *split, *(0,) * (-self.axis - 1))
            pieces, copies = Reshape(shape=shape, reverse=True)(d_output), self.axis
        else:
            shape = (*(0,) * self.axis, *split, -2)
            pieces, copies = Reshape(shape=shape)(d_output), self.axis + 1
        return ReshapeLike()(get_op("sum")(axis=(copies,))(pieces), data)


class Diag(Op, name="diag"):
    """A diagonal of the planes of two axes, which become the last axis; or a diagonal matrix.

    Shapes: data (n,) -> (n + |k|, n + |k|); data with more dimensions loses ``axis1`` and
    ``axis2`` and gains the length of the ``k``-th diagonal.
    """

    k: int = 0
    axis1: int = 0
    axis2: int = 1

    def infer_shape(self, s):
        s.output = self.target(s.data)

    def target(self, dims):
        """The shape of the output."""
        if len(dims) == 1:
            return (dims[0] + abs(self.k),) * 2
        one = normal_axis(self.axis1, len(dims), "axis1")
        other = normal_axis(self.axis2, len(dims), "axis2")
        if one == other:
            raise Mismatch(f"axis1 and axis2 should differ, but both are axis {one}")
        length = UNKNOWN
        if known(dims[one], dims[other]):
            length = min(dims[one] + min(self.k, 0), dims[other] - max(self.k, 0))
            if length < 1:
                raise Mismatch(f"data {dims} has no diagonal {self.k}")
        return (*(dim for axis, dim in enumerate(dims) if axis not in (one, other)), length)

    def forward(self, data, *, out):
        out = buffer(out, self.target(tuple(data.shape)), data)
        if data.dim() == 1:
            out.zero_()
            out.diagonal(self.k).copy_(data)
            return out
        return out.copy_(data.diagonal(self.k, self.axis1, self.axis2))

    def gradient(self, d_output, data):
        return DiagBackward(k=self.k, axis1=self.axis1, axis2=self.axis2)(d_output, data)


class DiagBackward(Op, name="_backward_diag"):
    """The derivative of ``diag``: grad on the diagonal of zeros, or the diagonal of grad."""

    k: int = 0
    axis1: int = 0
    axis2: int = 1
    shape_only = ("data",)

    def infer_shape(self, s):
        s.same("data", "output")

    def infer_dtype(self, t):
        t.same("grad", "output")

    def forward(self, grad, data, *, out):
        out = buffer(out, data.shape, grad)
        if data.dim() == 1:
            return out.copy_(grad.diagonal(self.k))
        out.zero_()
        out.diagonal(self.k, self.axis1, self.axis2).copy_(grad)
        return out

    def gradient(self, d_output):
        return Diag(k=self.k, axis1=self.axis1, axis2=self.axis2)(d_output), None


class Blocks(Op, abstract=True):
    """What moves elements between channels and square blocks of pixels."""

    block_size: Annotated[int, at_least(1)]

    def fold(self, dims):
        """The shape of the array with blocks in the channels, for that of the other one."""
        n, c, h, w = self.images(dims)
        size = self.block_size
        if any(known(dim) and dim % size for dim in (h, w)):
            raise Mismatch(f"height and width of {dims} should be multiples of {size}")
        return (n, c * size * size, h // size, w // size)

    def unfold(self, dims):
        """The inverse of ``fold``."""
        n, c, h, w = self.images(dims)
        size = self.block_size
        if known(c) and c % (size * size):
            raise Mismatch(f"the channels of {dims} should be a multiple of {size * size}")
        return (n, c // (size * size), h * size, w * size)

    def images(self, dims):
        """The shape; raises Mismatch unless it has 4 dimensions."""
        if len(dims) != 4:
            raise Mismatch(f"data should be (n, c, h, w), but its shape is {dims}")
        return dims

    def infer_pair(self, s, there, back):
        """State that the shapes belong to each other."""
        if s.get("output") is not None:
            s.data = back(s.output)
        s.output = there(s.data)

    def pixels(self, images):
        """The large images with axes in the order of the channels with blocks: (n, b, b, c, h, w)."""
        n, c, h, w = images.shape
        size = self.block_size
        parts = images.view(n, c, h // size, size, w // size, size)
        return parts.permute(0, 3, 5, 1, 2, 4)


class DepthToSpace(Blocks, name="depth_to_space"):
    """Spread channels over blocks of pixels: (n, c·b², h, w) -> (n, c, h·b, w·b)."""

    def infer_shape(self, s):
        self.infer_pair(s, self.unfold, self.fold)

    def forward(self, data, *, out):
        out = buffer(out, self.unfold(tuple(data.shape)), data)
        places = self.pixels(out)
        places.copy_(data.reshape(places.shape))
        return out

    def gradient(self, d_output):
        return SpaceToDepth(block_size=self.block_size)(d_output)


class SpaceToDepth(Blocks, name="space_to_depth"):
    """Gather blocks of pixels in the channels: (n, c, h·b, w·b) -> (n, c·b², h, w)."""

    def infer_shape(self, s):
        self.infer_pair(s, self.fold, self.unfold)

    def forward(self, data, *, out):
        out = buffer(out, self.fold(tuple(data.shape)), data)
        pixels = self.pixels(data.contiguous())
        out.view(pixels.shape).copy_(pixels)
        return out

    def gradient(self, d_output):
        return DepthToSpace(block_size=self.block_size)(d_output)


class ShapeArray(Op, name="shape_array"):
    """The shape of an array, as an array of int64."""

    shape_only = ("data",)

    def infer_shape(self, s):
        s.output = (len(s.data),)

    def infer_dtype(self, t):
        t.output = "int64"

    def forward(self, data):
        return torch.tensor(data.shape, dtype=torch.int64, device=data.device)

    def gradient(self):
        return None


class SizeArray(Op, name="size_array"):
    """The number of elements of an array, as an array of int64 with one element."""

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
