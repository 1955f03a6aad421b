"""Borders around arrays, crops of images, and the patches under a sliding window."""

import itertools
from math import prod
from typing import Annotated, Literal

from ..error import MXNetError
from .core import Op
from .lazy_torch import F
from .parameters import Shape, at_least
from .reshape import buffer
from .shapes import UNKNOWN, Mismatch, known, product

__all__ = ["Col2Im", "Crop", "Im2Col", "Pad"]


class Pad(Op, aliases=["pad"]):
    """Add a border: a constant, the nearest element (edge), or a mirror image (reflect).

    ``pad_width`` has two numbers an axis, before and after; negative ones cut off instead.
    """

    mode: Literal["constant", "edge", "reflect"]
    pad_width: Shape
    constant_value: float = 0.0

    def check(self):
        if len(self.pad_width) % 2 or None in self.pad_width:
            raise MXNetError(f"pad_width {self.pad_width} should have two numbers for each axis")

    def pairs(self):
        """The widths before and after, by axis."""
        return list(zip(self.pad_width[::2], self.pad_width[1::2], strict=True))

    def infer_shape(self, s):
        pairs = self.pairs()
        if s.get("output") is not None and len(s.output) == len(pairs):
            s.data = tuple(
                dim - before - after for dim, (before, after) in zip(s.output, pairs, strict=True)
            )
        if len(s.data) != len(pairs):
            raise Mismatch(f"pad_width is for {len(pairs)} dimensions, but data is {s.data}")
        for dim, (before, after) in zip(s.data, pairs, strict=True):
            if not known(dim):
                continue
            kept = dim + min(before, 0) + min(after, 0)
            if kept < 1 or (self.mode == "reflect" and max(before, after) >= kept):
                raise Mismatch(
                    f"a border of {before} and {after} ({self.mode}) does not fit {dim} elements"
                )
        s.output = tuple(
            dim + before + after for dim, (before, after) in zip(s.data, pairs, strict=True)
        )

    def forward(self, data, *, out):
        pairs = self.pairs()
        shape = [dim + sum(pair) for dim, pair in zip(data.shape, pairs, strict=True)]
        out = buffer(out, shape, data)
        if self.mode == "constant":
            value = self.constant_value
            out.fill_(value if out.is_floating_point() else int(value))
        self.inner(out).copy_(self.kept(data))
        if self.mode != "constant":
            for axis, (before, after) in enumerate(pairs):
                for border, source in self.borders(out, axis, before, after):
                    border.copy_(source)
        return out

    def inner(self, padded):
        """The part of the padded array that holds elements of the data."""
        for axis, (before, after) in enumerate(self.pairs()):
            start = max(before, 0)
            padded = padded.narrow(axis, start, padded.shape[axis] - start - max(after, 0))
        return padded

    def kept(self, data):
        """The part of the data that negative widths leave."""
        for axis, (before, after) in enumerate(self.pairs()):
            start = max(-before, 0)
            data = data.narrow(axis, start, data.shape[axis] - start - max(-after, 0))
        return data

    def borders(self, padded, axis, before, after):
        """The pieces of the border along an axis, each with the piece that it repeats."""
        first = max(before, 0)
        last = padded.shape[axis] - 1 - max(after, 0)
        if self.mode == "edge":
            if before > 0:
                yield padded.narrow(axis, 0, before), padded.narrow(axis, first, 1)
            if after > 0:
                yield padded.narrow(axis, last + 1, after), padded.narrow(axis, last, 1)
            return
        for distance in range(1, first + 1):
            yield padded.select(axis, first - distance), padded.select(axis, first + distance)
        for distance in range(1, after + 1):
            yield padded.select(axis, last + distance), padded.select(axis, last - distance)

    def gradient(self, d_output):
        return PadBackward(mode=self.mode, pad_width=self.pad_width)(d_output)


class PadBackward(Op, name="_backward_Pad"):
    """The derivative of ``Pad``: the border, cut off, is added to the elements that it repeats."""

    mode: Literal["constant", "edge", "reflect"]
    pad_width: Shape

    def pad(self):
        """The operator that this is the derivative of, but for its constant."""
        return Pad(mode=self.mode, pad_width=self.pad_width)

    def infer_shape(self, s):
        pairs = self.pad().pairs()
        if s.get("grad") is not None and len(s.grad) == len(pairs):
            s.output = tuple(
                dim - before - after for dim, (before, after) in zip(s.grad, pairs, strict=True)
            )
        s.grad = tuple(
            dim + before + after for dim, (before, after) in zip(s.output, pairs, strict=True)
        )

    def forward(self, grad):
        pad = self.pad()
        if self.mode != "constant":
            grad = grad.clone()
            for axis, (before, after) in reversed(list(enumerate(pad.pairs()))):
                for border, source in pad.borders(grad, axis, before, after):
                    source.add_(border.sum_to_size(source.shape))
        cut = [max(-width, 0) for pair in reversed(pad.pairs()) for width in pair]
        return F.pad(pad.inner(grad), cut).contiguous()

    def gradient(self, d_output):
        return self.pad()(d_output)


class Crop(Op):
    """Cut images to ``h_w``, or to the size of those of a second input.

    Shapes: (n, c, h, w), optionally (*, *, height, width) -> (n, c, height, width). The part
    starts at ``offset`` or is the middle (``center_crop``).
    """

    num_args: Annotated[int, at_least(1)]
    offset: Shape = (0, 0)
    h_w: Shape = (0, 0)
    center_crop: bool = False
    count = "num_args"
    view = "strided"

    def shape_only(self):
        return self.input_names[1:]

    def check(self):
        if self.num_args > 2:
            raise MXNetError(f"num_args should be 1 or 2 but is {self.num_args}")
        if len(self.offset) != 2 or len(self.h_w) != 2:
            raise MXNetError(
                f"offset {self.offset} and h_w {self.h_w} should have two entries each"
            )
        if self.num_args == 1 and min(self.h_w) < 1:
            raise MXNetError(f"h_w {self.h_w} should be positive where there is only one input")

    def place(self, data, like):
        """Where the part starts, and its size; raises Mismatch where it does not fit."""
        for shape in (data, *like):
            if len(shape) != 4:
                raise Mismatch(f"inputs should be (n, c, h, w), but one is {tuple(shape)}")
        size = tuple(like[0][2:]) if like else self.h_w
        start = self.offset
        if not known(*size, *data[2:]):
            return start, size
        if self.center_crop:
            start = [(have - want) // 2 for have, want in zip(data[2:], size, strict=True)]
        for first, want, have in zip(start, size, data[2:], strict=True):
            if first < 0 or first + want > have:
                raise Mismatch(f"a part {size} at {tuple(start)} exceeds data {tuple(data)}")
        return start, size

    def infer_shape(self, s):
        if s.data[0] is None:
            return
        like = [s.data[i] or (UNKNOWN,) * 4 for i in range(1, self.num_args)]
        s.output = (*s.data[0][:2], *self.place(s.data[0], like)[1])

    def forward(self, *data):
        (top, left), (height, width) = self.place(data[0].shape, [d.shape for d in data[1:]])
        return data[0].narrow(2, top, height).narrow(3, left, width)

    def gradient(self, d_output, data):
        parameters = dict(zip(self.parameters, self._values, strict=True))
        return CropBackward(**parameters)(d_output, *data), *[None] * (self.num_args - 1)


class CropBackward(Op, name="_backward_Crop"):
    """The derivative of ``Crop``: zeros, with grad in the part that was cut out."""

    num_args: Annotated[int, at_least(1)]
    offset: Shape = (0, 0)
    h_w: Shape = (0, 0)
    center_crop: bool = False
    count = "num_args"

    def shape_only(self):
        return self.input_names[1:]

    def crop(self):
        """The operator that this is the derivative of."""
        return Crop(**dict(zip(self.parameters, self._values, strict=True)))

    def infer_shape(self, s):
        s.same("arg0", "output")

    def infer_dtype(self, t):
        t.same("grad", "output")

    def forward(self, grad, *data, out):
        out = buffer(out, data[0].shape, grad)
        out.zero_()
        self.crop().forward(out, *data[1:]).copy_(grad)
        return out

    def gradient(self, d_output, data):
        return self.crop()(d_output, *data[1:]), *[None] * self.num_args


class Windows(Op, abstract=True):
    """Windows that slide over the last axes of an array (n, c, *k); subclasses have parameters."""

    def check(self):
        axes = len(self.kernel)
        for name in ("stride", "dilate", "pad"):
            value = getattr(self, name)
            if value and len(value) != axes:
                raise MXNetError(f"{name} {value} should have {axes} numbers like the kernel")
            if value and min(value) < (name != "pad"):
                raise MXNetError(f"{name} {value} is too small")
        if not self.kernel or min(self.kernel) < 1:
            raise MXNetError(f"kernel {self.kernel} should be positive")

    def geometry(self):
        """(kernel, stride, dilate, pad) for each axis."""
        ones, zeros = (1,) * len(self.kernel), (0,) * len(self.kernel)
        return list(
            zip(
                self.kernel,
                self.stride or ones,
                self.dilate or ones,
                self.pad or zeros,
                strict=True,
            )
        )

    def positions(self, sizes):
        """How many windows fit along each axis of an image."""
        result = []
        for size, (kernel, stride, dilate, pad) in zip(sizes, self.geometry(), strict=True):
            free = size + 2 * pad - dilate * (kernel - 1) - 1
            if known(free) and free < 0:
                raise Mismatch(f"the kernel {self.kernel} exceeds an image of {tuple(sizes)}")
            result.append(free // stride + 1)
        return result

    def columns_shape(self, image):
        """The shape (n, c·∏kernel, windows) of the columns for that of an image."""
        if len(image) != len(self.kernel) + 2:
            raise Mismatch(
                f"the image should be (n, c, *k) with {len(self.kernel)} k like the kernel,"
                f" but is {tuple(image)}"
            )
        return (image[0], image[1] * prod(self.kernel), product(self.positions(image[2:])))

    def padded(self, image):
        """The image with its border of zeros."""
        if not any(self.pad):
            return image
        return F.pad(image, [width for width in reversed(self.pad) for _ in range(2)])

    def windows(self, padded):
        """A view (n, c, *kernel, *windows) of an image that has its border."""
        n, c, *sizes = padded.shape
        first, second, *steps = padded.stride()
        bare = [
            (size - dilate * (kernel - 1) - 1) // stride + 1
            for size, (kernel, stride, dilate, _) in zip(sizes, self.geometry(), strict=True)
        ]
        inner = [step * g[2] for step, g in zip(steps, self.geometry(), strict=True)]
        outer = [step * g[1] for step, g in zip(steps, self.geometry(), strict=True)]
        return padded.as_strided(
            (n, c, *self.kernel, *bare),
            (first, second, *inner, *outer),
            padded.storage_offset(),
        )

    def to_columns(self, image, out):
        """The columns of an image."""
        out = buffer(out, self.columns_shape(image.shape), image)
        windows = self.windows(self.padded(image))
        out.view(windows.shape).copy_(windows)
        return out

    def to_image(self, columns, shape, out):
        """The image in which every column is added where it was taken from."""
        n, c, *sizes = shape
        pads = [pad for *_, pad in self.geometry()]
        full = [size + 2 * pad for size, pad in zip(sizes, pads, strict=True)]
        direct = out is not None and not any(pads)
        padded = out if direct else columns.new_empty(n, c, *full)
        padded.zero_()
        windows = self.windows(padded)
        columns = columns.reshape(windows.shape)
        for offset in itertools.product(*map(range, self.kernel)):
            place = (slice(None), slice(None), *offset)
            windows[place].add_(columns[place])
        if direct:
            return out
        for axis, (size, pad) in enumerate(zip(sizes, pads, strict=True)):
            padded = padded.narrow(axis + 2, pad, size)
        return padded.contiguous() if out is None else out.copy_(padded)


class Im2Col(Windows, name="im2col"):
    """The elements under each position of a window as columns.

    Shapes: data (n, c, *k) -> (n, c·∏kernel, number of positions), for any number of k.
    """

    kernel: Shape
    stride: Shape = ()
    dilate: Shape = ()
    pad: Shape = ()

    def infer_shape(self, s):
        s.output = self.columns_shape(s.data)

    def forward(self, data, *, out):
        return self.to_columns(data, out)

    def gradient(self, d_output, data):
        return Col2ImLike(**window_parameters(self))(d_output, data)


class Col2Im(Windows, name="col2im"):
    """The sum of columns at the places from which ``im2col`` takes them.

    Shapes: data (n, c·∏kernel, number of positions) -> (n, c, *output_size).
    """

    output_size: Shape
    kernel: Shape
    stride: Shape = ()
    dilate: Shape = ()
    pad: Shape = ()

    def infer_shape(self, s):
        if len(s.data) != 3:
            raise Mismatch(f"data should be (n, c·∏kernel, windows), but is {s.data}")
        n, rows, _ = s.data
        if known(rows) and rows % prod(self.kernel):
            raise Mismatch(
                f"{rows} rows should be a multiple of the {prod(self.kernel)} in a window"
            )
        s.output = (n, rows // prod(self.kernel), *self.output_size)
        s.data = self.columns_shape(s.output)

    def forward(self, data, *, out):
        channels = data.shape[1] // prod(self.kernel)
        return self.to_image(data, (data.shape[0], channels, *self.output_size), out)

    def gradient(self, d_output):
        return Im2Col(**window_parameters(self))(d_output)


class Col2ImLike(Windows, name="_col2im_like"):
    """``col2im`` to an image in the shape of another."""

    kernel: Shape
    stride: Shape = ()
    dilate: Shape = ()
    pad: Shape = ()

    shape_only = ("like",)

    def infer_shape(self, s):
        s.same("like", "output")

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, like, *, out):
        return self.to_image(data, like.shape, out)

    def gradient(self, d_output):
        return Im2Col(**window_parameters(self))(d_output), None


def window_parameters(op):
    """The parameters that all operators with windows share."""
    return {"kernel": op.kernel, "stride": op.stride, "dilate": op.dilate, "pad": op.pad}
