"""Operators that move or repeat the elements of an array along its axes."""

from typing import Annotated

from ..error import MXNetError
from .core import Op, get_op, remembered
from .parameters import Shape, at_least
from .reshape import Reshape, ReshapeLike, SelectionBackward, buffer, normal_axis, with_dim
from .shapes import UNKNOWN, Mismatch, known, product

__all__ = ["Diag", "Repeat", "Reverse", "SwapAxis", "Tile", "Transpose"]


class Transpose(Op, name="transpose"):
    """Permute the axes: output axis i is data axis ``axes[i]``; by default they are reversed."""

    axes: Shape = ()
    view = "strided"

    def check(self):
        rank = len(self.axes)
        if sorted(axis % rank for axis in self.axes) != list(range(rank)):
            raise MXNetError(f"axes {self.axes} should be a permutation of 0 to {rank - 1}")

    @remembered
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
    """Repeat each element ``repeats`` times along ``axis``, or each of the flattened array."""

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


class DiagBackward(SelectionBackward, name="_backward_diag"):
    """The derivative of ``diag``: grad on the diagonal of zeros, or the diagonal of grad."""

    k: int = 0
    axis1: int = 0
    axis2: int = 1

    def forward(self, grad, data, *, out):
        if data.dim() == 1:
            return buffer(out, data.shape, grad).copy_(grad.diagonal(self.k))
        out = self.zeros(grad, data, out)
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
        """The large images with axes as in the channels with blocks: (n, b, b, c, h, w)."""
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
