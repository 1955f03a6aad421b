"""Parts of arrays, and arrays put together from parts."""

from typing import Annotated

from ..error import MXNetError
from .core import Op, get_op, remembered
from .lazy_torch import torch
from .parameters import Shape, at_least, at_most
from .reshape import SelectionBackward, buffer, normal_axis, with_dim
from .shapes import UNKNOWN, Mismatch, known, unify_shapes

__all__ = ["Concat", "Slice", "SliceAxis", "SliceChannel"]


class Concat(Op, aliases=["_sparse_concat", "concat"]):
    """Join arrays along the axis ``dim``; their other dimensions are equal."""

    num_args: Annotated[int, at_least(1)]
    dim: int = 1
    count = "num_args"
    memory_format = "follows"

    def infer_shape(self, s):
        parts = [s.data[i] for i in range(self.num_args)]
        whole = s.get("output")
        rank = next((len(shape) for shape in (*parts, whole) if shape is not None), None)
        if rank is None:
            return
        axis = normal_axis(self.dim, rank, "dim")
        common = None
        for shape in (*parts, whole):
            if shape is not None:
                common = unify_parts(common, shape, axis)
        sizes = [UNKNOWN if shape is None else shape[axis] for shape in parts]
        s.output = with_dim(common, axis, sum(sizes))
        total = s.output[axis]
        if known(total) and sizes.count(UNKNOWN) == 1:
            rest = total - sum(size for size in sizes if known(size))
            if rest < 1:
                raise Mismatch(f"{total} along axis {axis} leaves nothing for one of the inputs")
            sizes[sizes.index(UNKNOWN)] = rest
        for i, size in enumerate(sizes):
            s.data[i] = with_dim(common, axis, size)

    def forward(self, *data, out):
        return torch.cat(data, dim=self.dim, out=out)

    def gradient(self, d_output, data):
        pieces = SplitLike(num_args=self.num_args, dim=self.dim)(d_output, *data)
        return pieces if self.num_args > 1 else (pieces,)


class RNNParameterConcat(Concat, name="_rnn_param_concat"):
    """Join the parameters of a recurrent network; one unknown size follows from the sum."""


def unify_parts(one, other, axis):
    """What two parts say of each other: all but the size along ``axis``."""
    other = with_dim(other, axis, UNKNOWN)
    try:
        return unify_shapes(one, other)
    except Mismatch:
        raise Mismatch(f"all dimensions except axis {axis} should be {one}, not {other}") from None


class Stack(Op, name="stack"):
    """Join arrays of equal shapes along a new axis."""

    axis: int = 0
    num_args: Annotated[int, at_least(1)]
    count = "num_args"

    def infer_shape(self, s):
        names = self.groups["data"]
        s.same(*names)
        if s.get("output") is not None:
            axis = normal_axis(self.axis, len(s.output))
            s.output = with_dim(s.output, axis, self.num_args)
            s.data[0] = (*s.output[:axis], *s.output[axis + 1 :])
            s.same(*names)
        part = s.data[0]
        if part is not None:
            axis = normal_axis(self.axis, len(part) + 1)
            s.output = (*part[:axis], self.num_args, *part[axis:])

    def forward(self, *data, out):
        return torch.stack(data, dim=self.axis, out=out)

    def gradient(self, d_output):
        split = SliceChannel(num_outputs=self.num_args, axis=self.axis, squeeze_axis=True)
        pieces = split(d_output)
        return pieces if self.num_args > 1 else (pieces,)


class SplitLike(Op, name="_split_like"):
    """Take an array apart along the axis ``dim`` into pieces of the shapes of given arrays."""

    num_args: Annotated[int, at_least(1)]
    dim: int = 1
    count = "num_args"
    variadic_prefix = "like"
    view = "strided"

    def shape_only(self):
        return self.input_names[1:]

    def outputs(self):
        return [f"output{i}" for i in range(self.num_args)]

    def infer_shape(self, s):
        for i in range(self.num_args):
            s.same(f"like{i}", f"output{i}")

    def infer_dtype(self, t):
        t.same("data", *self.output_names)

    def forward(self, data, *like):
        return data.split([part.shape[self.dim] for part in like], self.dim)

    def gradient(self, d_outputs):
        whole = Concat(num_args=self.num_args, dim=self.dim)(*d_outputs)
        return (whole, *[None] * self.num_args)


class Slice(Op, name="slice", aliases=["_sparse_slice", "crop"]):
    """Select a range of indices along each of the first axes, like ``data[begin:end:step]``.

    ``begin``, ``end`` and ``step`` have one entry an axis; None stands for the default, negative
    positions count from the back.
    """

    begin: Shape
    end: Shape
    step: Shape = ()

    def check(self):
        check_ranges(self)

    @property
    def view(self):
        return "strided" if all(step is None or step > 0 for step in self.step) else None

    def infer_shape(self, s):
        s.output = sliced_shape(self, s.data)

    @remembered
    def ranges(self, shape):
        """For data of a shape: the slices with positive steps, and the axes to be reversed then."""
        parts = slices_of(self, shape)
        ranges = [forward_range(part, size) for part, size in zip(parts, shape, strict=False)]
        backwards = [axis for axis, (_, reverse) in enumerate(ranges) if reverse]
        return tuple(part for part, _ in ranges), backwards

    def forward(self, data):
        ranges, backwards = self.ranges(data.shape)
        # Negative steps, which torch does not know, copy.
        return data[ranges].flip(backwards) if backwards else data[ranges]

    def gradient(self, d_output, data):
        return SliceBackward(begin=self.begin, end=self.end, step=self.step)(d_output, data)


class SliceBackward(SelectionBackward, name="_backward_slice"):
    """The derivative of ``slice``: zeros in the shape of its data, with grad in the ranges."""

    begin: Shape
    end: Shape
    step: Shape = ()

    def check(self):
        check_ranges(self)

    def infer_shape(self, s):
        super().infer_shape(s)
        s.grad = sliced_shape(self, s.data)

    def forward(self, grad, data, *, out):
        out = self.zeros(grad, data, out)
        put_slices(out, slices_of(self, data.shape), grad)
        return out

    def gradient(self, d_output):
        return Slice(begin=self.begin, end=self.end, step=self.step)(d_output), None


def check_ranges(op):
    """Raise MXNetError unless begin, end and step fit each other."""
    if len(op.begin) != len(op.end) or (op.step and len(op.step) != len(op.begin)):
        raise MXNetError(
            f"begin {op.begin}, end {op.end} and step {op.step} should have equally many entries"
        )
    if 0 in op.step:
        raise MXNetError(f"step {op.step} should not contain 0")


def slices_of(op, dims):
    """The ranges of an operator as Python slices for an array of this shape."""
    if len(op.begin) > len(dims):
        raise Mismatch(f"begin {op.begin} has more entries than data {tuple(dims)} has dimensions")
    steps = op.step or (None,) * len(op.begin)
    return [slice(*limits) for limits in zip(op.begin, op.end, steps, strict=True)]


def sliced_shape(op, dims):
    """The shape that the ranges select."""
    result = list(dims)
    for axis, part in enumerate(slices_of(op, dims)):
        if known(dims[axis]):
            result[axis] = len(range(*part.indices(dims[axis])))
            if result[axis] == 0:
                raise Mismatch(
                    f"begin={part.start}, end={part.stop} select nothing of the {dims[axis]}"
                    f" elements along axis {axis}"
                )
    return tuple(result)


def forward_range(part, size):
    """A slice with a positive step that selects the same, and whether the order is reversed."""
    selected = range(*part.indices(size))
    if selected.step > 0:
        return slice(selected.start, selected.stop, selected.step), False
    selected = selected[::-1]
    return slice(selected.start, selected.stop, selected.step), True


def put_slices(target, parts, value):
    """``target[parts] = value``, where steps may be negative."""
    ranges = [forward_range(part, size) for part, size in zip(parts, target.shape, strict=False)]
    backwards = [axis for axis, (_, reverse) in enumerate(ranges) if reverse]
    if backwards and torch.is_tensor(value):
        value = value.flip(backwards)
    place = target[tuple(part for part, _ in ranges)]
    place.copy_(value) if torch.is_tensor(value) else place.fill_(value)


class SliceAxis(Op, name="slice_axis"):
    """Select the indices ``begin`` to ``end`` (exclusive; None: to the last) along one axis."""

    axis: int
    begin: int
    end: int | None
    view = "strided"

    def limits(self, size):
        """Where the range begins and ends on an axis of this size, counted from the front."""
        begin = self.begin + size if self.begin < 0 else self.begin
        end = size if self.end is None else self.end + size if self.end < 0 else self.end
        if not 0 <= begin < end <= size:
            raise Mismatch(
                f"begin={self.begin}, end={self.end} is no range of the {size} elements along"
                f" axis {self.axis}"
            )
        return begin, end

    def infer_shape(self, s):
        axis = normal_axis(self.axis, len(s.data))
        size = s.data[axis]
        if known(size):
            begin, end = self.limits(size)
            size = end - begin
        s.output = with_dim(s.data, axis, size)
        s.data = with_dim(s.output, axis, UNKNOWN)

    @remembered
    def start_and_length(self, size):
        """Where the range begins on an axis of this size, and how long it is."""
        begin, end = self.limits(size)
        return begin, end - begin

    def forward(self, data):
        return data.narrow(self.axis, *self.start_and_length(data.shape[self.axis]))

    def gradient(self, d_output, data):
        return SliceAxisBackward(axis=self.axis, begin=self.begin, end=self.end)(d_output, data)


class SliceAxisBackward(SelectionBackward, name="_backward_slice_axis"):
    """The derivative of ``slice_axis``: zeros, with grad in the range."""

    axis: int
    begin: int
    end: int | None

    def forward(self, grad, data, *, out):
        out = self.zeros(grad, data, out)
        forward_op(self).forward(out).copy_(grad)
        return out

    def gradient(self, d_output):
        return forward_op(self)(d_output), None


def forward_op(op):
    """The ``slice_axis`` that a derivative belongs to."""
    return SliceAxis(axis=op.axis, begin=op.begin, end=op.end)


class SliceChannel(Op, aliases=["split"]):
    """Split into ``num_outputs`` equal parts along an axis.

    ``squeeze_axis`` drops that axis, along which data must have ``num_outputs`` elements.
    """

    num_outputs: Annotated[int, at_least(1), at_most(1 << 20)]
    axis: int = 1
    squeeze_axis: bool = False
    view = "strided"

    def outputs(self):
        return [f"output{i}" for i in range(self.num_outputs)]

    def infer_shape(self, s):
        s.same(*self.output_names)
        part = s.get("output0")
        if part is not None:
            axis = normal_axis(self.axis, len(part) + self.squeeze_axis)
            if self.squeeze_axis:
                s.data = (*part[:axis], self.num_outputs, *part[axis:])
            else:
                s.data = with_dim(part, axis, part[axis] * self.num_outputs)
        axis = normal_axis(self.axis, len(s.data))
        size = s.data[axis]
        if known(size) and size % self.num_outputs:
            raise Mismatch(f"{size} along axis {axis} do not divide into {self.num_outputs} parts")
        if self.squeeze_axis and known(size) and size != self.num_outputs:
            raise Mismatch(
                f"squeeze_axis needs {self.num_outputs} elements along axis {axis}, not {size}"
            )
        if self.squeeze_axis and len(s.data) == 1:
            raise Mismatch("squeeze_axis leaves no axis of data with 1 dimension")
        one = () if self.squeeze_axis else (size // self.num_outputs,)
        part = (*s.data[:axis], *one, *s.data[axis + 1 :])
        for name in self.output_names:
            setattr(s, name, part)

    def forward(self, data):
        if self.squeeze_axis:
            return data.unbind(self.axis)
        return data.split(data.shape[self.axis] // self.num_outputs, self.axis)

    def gradient(self, d_outputs):
        if self.squeeze_axis:
            return get_op("stack")(num_args=self.num_outputs, axis=self.axis)(*d_outputs)
        return Concat(num_args=self.num_outputs, dim=self.axis)(*d_outputs)


class SplitV2(Op, name="_split_v2"):
    """Split along an axis at ``indices``, which start with 0, or into ``sections`` parts.

    Parts differ in size by one at most where ``sections`` does not divide the axis.
    ``squeeze_axis`` drops the axis, of which each part then must have one element.
    """

    indices: Shape
    axis: int = 1
    squeeze_axis: bool = False
    sections: Annotated[int, at_least(0), at_most(1 << 20)] = 0
    view = "strided"

    def check(self):
        if self.sections == 0 and (not self.indices or self.indices[0] != 0):
            raise MXNetError(f"indices {self.indices} should start with 0, or give sections")

    def outputs(self):
        count = self.sections or len(self.indices)
        return [f"output{i}" for i in range(count)] if count > 1 else ["output"]

    def sizes(self, total):
        """The sizes of the parts along the axis; raises Mismatch where the indices do not fit."""
        if self.sections:
            size, larger = divmod(total, self.sections)
            return [size + 1] * larger + [size] * (self.sections - larger)
        limits = (*self.indices, total)
        sizes = [limits[i + 1] - limits[i] for i in range(len(self.indices))]
        if min(sizes) < 0:
            raise Mismatch(f"indices {self.indices} should rise up to {total} at most")
        return sizes

    def infer_shape(self, s):
        axis = normal_axis(self.axis, len(s.data))
        total = s.data[axis]
        sizes = self.sizes(total) if known(total) else [UNKNOWN] * len(self.output_names)
        for name, size in zip(self.output_names, sizes, strict=True):
            if self.squeeze_axis and known(size) and size != 1:
                raise Mismatch(f"squeeze_axis needs parts with 1 element, but {name} has {size}")
            rest = s.data[axis + 1 :]
            setattr(s, name, s.data[:axis] + (rest if self.squeeze_axis else (size, *rest)))

    def forward(self, data):
        if self.squeeze_axis:
            return data.unbind(self.axis)
        return data.split(self.sizes(data.shape[self.axis]), self.axis)

    def gradient(self, d_outputs):
        return SplitV2Backward(**split_parameters(self))(*d_outputs)


class SplitV2Backward(Op, name="_split_v2_backward"):
    """The derivative of ``_split_v2``: its parts joined again."""

    indices: Shape
    axis: int = 1
    squeeze_axis: bool = False
    sections: Annotated[int, at_least(0), at_most(1 << 20)] = 0
    variadic_prefix = "grad"

    def inputs(self):
        return [f"grad{i}" for i in range(self.sections or len(self.indices))]

    def infer_shape(self, s):
        parts = [s.grads[i] for i in range(len(self.input_names))]
        if None in parts:
            return
        if self.squeeze_axis:
            axis = normal_axis(self.axis, len(parts[0]) + 1)
            s.output = (*parts[0][:axis], len(parts), *parts[0][axis:])
        else:
            axis = normal_axis(self.axis, len(parts[0]))
            s.output = with_dim(parts[0], axis, sum(part[axis] for part in parts))

    def forward(self, *grads, out):
        join = torch.stack if self.squeeze_axis else torch.cat
        return join(grads, dim=self.axis, out=out)

    def gradient(self, d_output):
        pieces = SplitV2(**split_parameters(self))(d_output)
        return pieces if isinstance(pieces, tuple) else (pieces,)


def split_parameters(op):
    """The parameters that ``_split_v2`` and its derivative share."""
    return dict(zip(op.parameters, op._values, strict=True))


class SliceLike(Op, name="slice_like"):
    """The leading part of ``data`` in the size of another array, along ``axes`` or all axes."""

    axes: Shape = ()
    view = "strided"
    shape_only = ("shape_like",)

    def sizes(self, data, like):
        """The shape of the output."""
        if not self.axes and len(data) != len(like):
            raise Mismatch(f"without axes, {data} and {like} should have equally many dimensions")
        result = data
        for axis in self.axes or range(len(data)):
            wanted = like[normal_axis(axis, len(like))]
            axis = normal_axis(axis, len(data))
            if known(wanted, data[axis]) and wanted > data[axis]:
                raise Mismatch(f"axis {axis} of data {data} is shorter than that of {like}")
            result = with_dim(result, axis, wanted)
        return result

    def infer_shape(self, s):
        s.output = self.sizes(s.data, s.shape_like)

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, shape_like):
        return leading_part(data, self.sizes(tuple(data.shape), tuple(shape_like.shape)))

    def gradient(self, d_output, data):
        return PadLike()(d_output, data), None


class PadLike(Op, name="_pad_like"):
    """Zeros in the shape of another array, with ``data`` in the leading part of each axis."""

    shape_only = ("shape_like",)

    def infer_shape(self, s):
        s.same("shape_like", "output")

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, shape_like, *, out):
        out = buffer(out, shape_like.shape, data)
        out.zero_()
        leading_part(out, data.shape).copy_(data)
        return out

    def gradient(self, d_output, data):
        return SliceLike()(d_output, data), None


def leading_part(array, sizes):
    """The first ``sizes[i]`` elements along each axis i."""
    for axis, size in enumerate(sizes):
        array = array.narrow(axis, 0, size)
    return array


class SliceAssign(Op, name="_slice_assign", aliases=["_crop_assign"]):
    """``lhs`` with the range ``[begin:end:step]`` replaced by ``rhs``."""

    begin: Shape
    end: Shape
    step: Shape = ()
    inplace = {"output": ("lhs",)}

    def check(self):
        check_ranges(self)

    def infer_shape(self, s):
        s.same("lhs", "output")
        s.rhs = sliced_shape(self, s.lhs)

    def forward(self, lhs, rhs, *, out):
        out = buffer(out, lhs.shape, lhs)
        out.copy_(lhs)
        put_slices(out, slices_of(self, lhs.shape), rhs)
        return out

    def gradient(self, d_output):
        ranges = {"begin": self.begin, "end": self.end, "step": self.step}
        return SliceAssignScalar(scalar=0.0, **ranges)(d_output), Slice(**ranges)(d_output)


class SliceAssignScalar(Op, name="_slice_assign_scalar", aliases=["_crop_assign_scalar"]):
    """``data`` with the range ``[begin:end:step]`` set to ``scalar``; the range may be empty."""

    scalar: float = 0.0
    begin: Shape
    end: Shape
    step: Shape = ()
    inplace = {"output": ("data",)}

    def check(self):
        check_ranges(self)

    def infer_shape(self, s):
        s.same()
        slices_of(self, s.data)

    def forward(self, data, *, out):
        out = buffer(out, data.shape, data)
        out.copy_(data)
        value = self.scalar if out.is_floating_point() else int(self.scalar)
        put_slices(out, slices_of(self, data.shape), value)
        return out

    def gradient(self, d_output):
        ranges = {"begin": self.begin, "end": self.end, "step": self.step}
        return SliceAssignScalar(scalar=0.0, **ranges)(d_output)
