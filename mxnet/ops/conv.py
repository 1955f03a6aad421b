"""Convolution layers."""

from typing import Annotated, Literal

from ..error import MXNetError
from .core import Op
from .dtypes import item_size
from .lazy_torch import torch
from .parameters import Shape, at_least
from .shapes import UNKNOWN, Mismatch, known, product

__all__ = ["Convolution", "Deconvolution"]

CHANNELS_FIRST = {1: "NCW", 2: "NCHW", 3: "NCDHW"}
_LARGE_IMAGE = 1 << 14  # numbers
CHANNELS_LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def stored_channels_last(tensor):
    """The tensor in channels-last storage, with strides that say so.

    For one channel, or one pixel, torch takes any strides for both formats and oneDNN the slower one.
    """
    n, c, h, w = tensor.shape
    dense = tensor.contiguous(memory_format=torch.channels_last)
    return dense.as_strided((n, c, h, w), (h * w * c, 1, w * c, c))


def stored_plainly(tensor):
    """The tensor in the order of its axes, with strides that say so."""
    n, c, h, w = tensor.shape
    return tensor.contiguous().as_strided((n, c, h, w), (c * h * w, h * w, w, 1))


def sees_data(size, kernel, step, pad, gap):
    """Whether any of a convolution's windows along an axis holds more than padding."""
    last = size + pad - gap * (kernel - 1)
    starts = range(-pad, last, step)
    return any(0 <= at + gap * k < size for at in starts for k in range(kernel))


def size_of(shape, dtype):
    """The bytes of an array."""
    return product(shape) * item_size(dtype)


def copy_images(out, result):
    """Copy a result to where it belongs.

    From channels-last to dense storage image by image, since torch turns matrices twice as fast.
    """
    last = {"memory_format": torch.channels_last}
    if (
        result.dim() == 4
        and out.is_contiguous()
        and not result.is_contiguous()
        and result.is_contiguous(**last)
        and result[0].numel() >= _LARGE_IMAGE
    ):
        for target, image in zip(out.flatten(2), result.permute(0, 2, 3, 1).flatten(1, 2)):
            target.copy_(image.t())
        return out
    return out.copy_(result)


class ConvolutionBase(Op, abstract=True):
    """What the convolutions share: geometry parameters and layouts."""

    heavy = True
    precision = "low"

    def check(self):
        rank = len(self.kernel)
        if rank not in CHANNELS_FIRST:
            raise MXNetError(f"kernel should have 1, 2 or 3 entries but is {self.kernel}")
        for name in ("stride", "dilate", "pad", "adj", "target_shape"):
            value = getattr(self, name, ())
            if len(value) not in (0, rank):
                raise MXNetError(f"{name} should have {rank} entries like kernel but is {value}")
        for name, low in (("kernel", 1), ("stride", 1), ("dilate", 1), ("pad", 0), ("adj", 0)):
            if any(entry is None or entry < low for entry in getattr(self, name, ())):
                raise MXNetError(f"{name} should be at least {low} but is {getattr(self, name)}")
        if self.layout not in (None, CHANNELS_FIRST[rank], CHANNELS_LAST[rank]):
            raise MXNetError(f"layout {self.layout} does not fit a kernel of {rank} entries")
        if self.num_filter % self.num_group:
            raise MXNetError(
                f"num_filter {self.num_filter} is not a multiple of num_group {self.num_group}"
            )

    def inputs(self):
        return ("data", "weight") if self.no_bias else ("data", "weight", "bias")

    @property
    def memory_format(self):
        """The preferred storage of the result; the other layouts of 1.x fix it themselves."""
        return "channels_last" if self.rank == 2 and not self.channels_last else None

    @property
    def rank(self):
        """The number of spatial dimensions."""
        return len(self.kernel)

    @property
    def channels_last(self):
        """Whether the layout puts the channels after the spatial dimensions."""
        return self.layout is not None and self.layout.endswith("C")

    def geometry(self):
        """Stride, padding and dilation with defaults filled in, one entry per spatial dimension."""
        ones, zeros = (1,) * self.rank, (0,) * self.rank
        return self.stride or ones, self.pad or zeros, self.dilate or ones

    def is_misread(self, data):
        """Whether oneDNN (3.12) may fail on data (n, c, h, w) stored channels-last: be wrong, or crash.

        Of one channel, with steps wider than high, to columns of one pixel, it reads beyond the data; so
        it does where all rows or columns of the result see nothing but padding.
        """
        if self.rank != 2:
            return False
        step, pad, gap = self.geometry()
        if data[1] == 1 and step[0] == 1 < step[1]:
            return True
        sizes = zip(data[2:], self.kernel, step, pad, gap)
        return any(each[0] < each[2] and not sees_data(*each) for each in sizes)

    def split(self, shape, name):
        """(first, channels, spatial dimensions) of a shape in this operator's layout."""
        if len(shape) != self.rank + 2:
            raise Mismatch(
                f"{name} should have {self.rank + 2} dimensions for kernel {self.kernel} "
                f"but is {shape}"
            )
        first, *rest = shape
        channels = rest.pop(-1 if self.channels_last else 0)
        return first, channels, rest

    def join(self, first, channels, spatial):
        """The shape in this operator's layout."""
        if self.channels_last:
            return (first, *spatial, channels)
        return (first, channels, *spatial)

    def to_channels_first(self, tensor):
        """The tensor as torch's convolutions take it: channels second, as a view."""
        return tensor.movedim(-1, 1) if self.channels_last else tensor

    def from_channels_first(self, tensor):
        """The view in this operator's layout of what torch's convolutions return."""
        return tensor.movedim(1, -1) if self.channels_last and tensor is not None else tensor

    def torch_arguments(self, data):
        """Stride, padding, dilation, transposed, output padding and groups as torch takes them."""
        return (*self.geometry(), False, (0,) * self.rank, self.num_group)

    def forward(self, data, weight, bias=None, *, channels_last_storage):
        if channels_last_storage:
            data = stored_channels_last(data)
        data, weight = self.to_channels_first(data), self.to_channels_first(weight)
        if self.is_misread(data.shape):
            data, weight = stored_plainly(data), stored_plainly(weight)
        result = torch.convolution(data, weight, bias, *self.torch_arguments(data))
        return self.from_channels_first(result)

    def backward(self, d_output, data, weight, *, needs, channels_last_storage):
        if channels_last_storage:
            data = stored_channels_last(data)
        d, data, weight = map(self.to_channels_first, (d_output, data, weight))
        gradients = torch.ops.aten.convolution_backward.default(
            d,
            data,
            weight,
            None if self.no_bias else (self.num_filter,),
            *self.torch_arguments(data),
            (*needs, False)[:3],
        )
        d_data, d_weight = map(self.from_channels_first, gradients[:2])
        return (d_data, d_weight) if self.no_bias else (d_data, d_weight, gradients[2])


class Convolution(ConvolutionBase):
    """Convolution (cross-correlation) over 1, 2 or 3 spatial dimensions, plus a bias.

    Shapes: data (n, c, *k), weight (num_filter, c / num_group, *kernel), bias (num_filter,) ->
    (n, num_filter, *m) with m = floor((k + 2 pad - dilate (kernel - 1) - 1) / stride) + 1; for
    layouts that end in C the channels are last in data, weight and output. ``workspace`` and the
    ``cudnn_*`` parameters are accepted for compatibility.
    """

    kernel: Shape
    stride: Shape = ()
    dilate: Shape = ()
    pad: Shape = ()
    num_filter: Annotated[int, at_least(1)]
    num_group: Annotated[int, at_least(1)] = 1
    workspace: Annotated[int, at_least(0)] = 1024
    no_bias: bool = False
    cudnn_tune: Literal[None, "fastest", "limited_workspace", "off"] = None
    cudnn_off: bool = False
    layout: Literal[None, "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"] = None
    per_sample = ("data",)

    def temporary(self, inputs, outputs, last):
        """Data in channels-last storage, and the weight in that and in the order of oneDNN."""
        return self.conversions(inputs[0], last[0]) + self.orders * size_of(*inputs[1])

    def backward_temporary(self, inputs, outputs, last, wanted):
        """The same, and the gradient of the weight in one of them."""
        names = self.gradient_reads()
        data, weight = names.index("data"), names.index("weight")
        copies = self.orders + ("weight" in wanted)
        return self.conversions(inputs[data], last[data]) + copies * size_of(*inputs[weight])

    @property
    def orders(self):
        """Into how many orders torch and oneDNN bring a weight, as measured."""
        return 1 if set(self.kernel) == {1} else 2

    def conversions(self, data, is_last):
        """The size of data that have to be stored channels-last."""
        return 0 if is_last or data[0][1] == 1 else size_of(*data)

    def infer_shape(self, s):
        if not self.no_bias:
            s.bias = (self.num_filter,)
        if s.get("output") is not None:
            self._infer_data(s)
        n, channels, spatial = self.split(s.data, "data")
        if known(channels) and channels % self.num_group:
            raise Mismatch(
                f"data has {channels} channels, not a multiple of {self.num_group} groups"
            )
        s.weight = self.join(self.num_filter, channels // self.num_group, self.kernel)
        extents = []
        for k, size, stride, pad, dilate in zip(
            spatial, self.kernel, *self.geometry(), strict=True
        ):
            reach = dilate * (size - 1) + 1
            if known(k) and k + 2 * pad < reach:
                raise Mismatch(f"kernel size {reach} exceeds the padded input size {k + 2 * pad}")
            extents.append((k + 2 * pad - reach) // stride + 1)
        s.output = self.join(n, self.num_filter, extents)

    def _infer_data(self, s):
        """The batch size is that of the output; with stride 1 so follow the spatial sizes."""
        n, _, extents = self.split(s.output, "output")
        spatial = [
            m - 1 - 2 * pad + dilate * (size - 1) + 1 if stride == 1 else UNKNOWN
            for m, size, stride, pad, dilate in zip(
                extents, self.kernel, *self.geometry(), strict=True
            )
        ]
        s.data = self.join(n, UNKNOWN, spatial)


class ConvolutionV1(Convolution, name="Convolution_v1"):
    """The convolution of early versions; it is computed like Convolution."""

    layout: Literal[None, "NCDHW", "NCHW", "NDHWC", "NHWC"] = None


class Deconvolution(ConvolutionBase):
    """The transposed convolution: the derivative of a convolution by its data, plus a bias.

    Shapes: data (n, c, *k), weight (c, num_filter / num_group, *kernel), bias (num_filter,) ->
    (n, num_filter, *m) with m = stride (k - 1) + dilate (kernel - 1) + 1 - 2 pad + adj; for layouts
    that end in C the channels are last in data, weight and output. ``target_shape`` gives m, and
    ``pad`` and ``adj`` follow from it.
    """

    kernel: Shape
    stride: Shape = ()
    dilate: Shape = ()
    pad: Shape = ()
    adj: Shape = ()
    target_shape: Shape = ()
    num_filter: Annotated[int, at_least(1)]
    num_group: Annotated[int, at_least(1)] = 1
    workspace: Annotated[int, at_least(0)] = 512
    no_bias: bool = True
    cudnn_tune: Literal[None, "fastest", "limited_workspace", "off"] = None
    cudnn_off: bool = False
    layout: Literal[None, "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"] = None

    def infer_shape(self, s):
        if not self.no_bias:
            s.bias = (self.num_filter,)
        n, channels, spatial = self.split(s.data, "data")
        if known(channels) and channels % self.num_group:
            raise Mismatch(
                f"data has {channels} channels, not a multiple of {self.num_group} groups"
            )
        s.weight = self.join(channels, self.num_filter // self.num_group, self.kernel)
        stride, pad, _, adj = self.placement(spatial)
        for step, extra in zip(stride, adj, strict=True):
            if known(extra) and extra >= step:
                raise Mismatch(f"adj {extra} should be smaller than the stride {step}")
        extents = [
            whole - 2 * before + extra
            for whole, before, extra in zip(self.whole(spatial), pad, adj, strict=True)
        ]
        if any(known(m) and m < 1 for m in extents):
            raise Mismatch(f"the output of size {extents} would be empty: pad {pad} is too large")
        s.output = self.join(n, self.num_filter, extents)

    def whole(self, spatial):
        """The output sizes before padding is cut off."""
        stride, _, dilate = self.geometry()
        return [
            step * (k - 1) + gap * (size - 1) + 1
            for k, size, step, gap in zip(spatial, self.kernel, stride, dilate, strict=True)
        ]

    def placement(self, spatial):
        """Stride, padding, dilation and what is added at the end, for given sizes of the data."""
        stride, pad, dilate = self.geometry()
        adj = self.adj or (0,) * self.rank
        if not any(self.target_shape):
            return stride, pad, dilate, adj
        cut = [whole - m for whole, m in zip(self.whole(spatial), self.target_shape, strict=True)]
        if any(known(n) and n < 0 for n in cut):
            raise Mismatch(
                f"target_shape {self.target_shape} is too large: at most {self.whole(spatial)}"
            )
        return stride, tuple((n + 1) // 2 for n in cut), dilate, tuple(n % 2 for n in cut)

    def torch_arguments(self, data):
        stride, pad, dilate, adj = self.placement(data.shape[2:])
        return stride, pad, dilate, True, adj, self.num_group
