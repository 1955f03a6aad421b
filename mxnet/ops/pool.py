"""Pooling layers."""

from math import prod
from typing import Literal

from ..error import MXNetError
from .conv import CHANNELS_FIRST
from .core import Op
from .lazy_torch import F, torch
from .parameters import Shape
from .shapes import Mismatch

__all__ = ["AdaptiveAvgPooling2D", "Pooling", "PoolingV1"]


class PoolingBase(Op, abstract=True):
    """What the poolings share: windows and layouts."""

    layout = None

    def check(self):
        if not self.kernel:
            if not self.global_pool:
                raise MXNetError("kernel should be given, or global_pool=True")
            return
        rank = len(self.kernel)
        if rank > 3:
            raise MXNetError(f"kernel should have 1, 2 or 3 entries but is {self.kernel}")
        for name, low in (("kernel", 1), ("stride", 1), ("pad", 0)):
            value = getattr(self, name)
            if len(value) not in (0, rank) and not self.global_pool:
                raise MXNetError(f"{name} should have {rank} entries like kernel but is {value}")
            if any(entry is None or entry < low for entry in value) and not self.global_pool:
                raise MXNetError(f"{name} should be at least {low} but is {value}")

    @property
    def channels_last(self):
        """Whether the layout puts the channels after the spatial dimensions."""
        return self.layout is not None and self.layout.endswith("C")

    def windows(self, spatial):
        """Kernel, stride and padding, one entry per spatial dimension."""
        rank = len(spatial)
        if self.global_pool:
            return tuple(spatial), (1,) * rank, (0,) * rank
        return self.kernel, self.stride or (1,) * rank, self.pad or (0,) * rank

    def extents(self, spatial):
        """The output sizes; the convention "full" rounds up: all elements are in windows."""
        if self.pooling_convention == "same" and not self.global_pool:
            raise Mismatch(
                "pooling_convention 'same' is not available: use 'full', or pad the data"
            )
        if self.global_pool:
            return [1] * len(spatial)
        result = []
        for k, size, stride, pad in zip(spatial, *self.windows(spatial), strict=True):
            room = k + 2 * pad - size
            if room < 0:
                raise Mismatch(f"kernel size {size} exceeds the padded input size {k + 2 * pad}")
            if self.pooling_convention == "full":
                room += stride - 1
            result.append(room // stride + 1)
        return result

    def infer_shape(self, s):
        rank = len(s.data) - 2
        if rank not in CHANNELS_FIRST or (self.kernel and len(self.kernel) != rank):
            expected = f"{len(self.kernel) + 2}" if self.kernel else "3, 4 or 5"
            raise Mismatch(f"data should have {expected} dimensions but is {s.data}")
        n, *middle, last = s.data
        if self.channels_last:
            s.output = (n, *self.extents(middle), last)
        else:
            s.output = (n, middle[0], *self.extents((*middle[1:], last)))
        if "indices" in s:
            s.indices = s.output

    def infer_dtype(self, t):
        t.same("data", "output")
        if "indices" in t:
            t.indices = "int32"

    def channels_second(self, tensor):
        """The tensor with its channels along axis 1, as a view."""
        return tensor.movedim(-1, 1) if self.channels_last else tensor


class Windows:
    """One application of a pooling to data of a certain shape, and its derivative.

    torch's kernels have 2 or 3 spatial dimensions, take no padding beyond half the kernel, and drop
    windows that start beyond the data. So data with 1 dimension gets another one, and data with
    such padding or windows is padded ahead.
    """

    def __init__(self, op, data):
        self.op, self.data, self.flat = op, data, data.ndim == 3
        self.x = self.view(data)
        self.sizes = tuple(self.x.shape[2:])
        sizes = self.sizes[1:] if self.flat else self.sizes
        self.kernel, self.stride, self.pad = op.windows(sizes)
        self.extents = op.extents(sizes)
        if self.flat:
            self.kernel, self.stride, self.pad = (
                (1, *self.kernel),
                (1, *self.stride),
                (0, *self.pad),
            )
            self.extents = [1, *self.extents]
        self.full = op.pooling_convention == "full"
        self.padded = any(
            2 * pad > size or (self.full and (m - 1) * stride >= k + pad)
            for k, m, size, stride, pad in self.axes()
        )
        if self.padded:
            self.ahead = [
                (pad, max((m - 1) * stride + size - k - pad, 0))
                for k, m, size, stride, pad in self.axes()
            ]
        self.suffix = f"{len(self.sizes)}d"

    def axes(self):
        """Data size, output size, kernel size, stride and padding of each spatial dimension."""
        return zip(self.sizes, self.extents, self.kernel, self.stride, self.pad, strict=True)

    def view(self, tensor):
        """The view of a tensor of the operator in which torch's kernels take it."""
        if tensor is None:
            return None
        tensor = self.op.channels_second(tensor)
        return tensor.unsqueeze(2) if self.flat else tensor

    def unview(self, tensor):
        """The inverse of ``view``."""
        tensor = tensor.squeeze(2) if self.flat else tensor
        return tensor.movedim(1, -1) if self.op.channels_last else tensor

    def source(self, fill):
        """What the kernels read: the data, padded with ``fill`` where torch cannot do it."""
        if not self.padded:
            return self.x
        return F.pad(self.x, [n for pair in reversed(self.ahead) for n in pair], value=fill)

    def like_source(self):
        """A tensor of the shape of ``source``."""
        if not self.padded:
            return self.x
        sizes = [
            before + k + after for k, (before, after) in zip(self.sizes, self.ahead, strict=True)
        ]
        return self.x.new_empty(()).expand(*self.x.shape[:2], *sizes)

    def inner(self, padded):
        """The part of a gradient of ``source`` that belongs to the data."""
        for axis, (k, (before, _)) in enumerate(zip(self.sizes, self.ahead, strict=True), 2):
            padded = padded.narrow(axis, before, k)
        return padded

    def geometry(self):
        """Kernel, stride and padding as torch's kernels take them."""
        return self.kernel, self.stride, (0,) * len(self.pad) if self.padded else self.pad

    def ceil(self):
        """Whether torch's kernels should round sizes up."""
        return self.full and not self.padded

    def backward_kernel(self, name, *arguments, out):
        """Call a derivative kernel, into ``out`` where there is one and the data was not padded."""
        kernel = getattr(torch.ops.aten, name)
        if not self.padded:
            target = self.view(out)
            if out is None:
                return self.unview(kernel.default(*arguments))
            kernel.grad_input(*arguments, grad_input=target)
            return out
        inner = self.unview(self.inner(kernel.default(*arguments)))
        return inner if out is None else out.copy_(inner)

    def max(self, out=None, indices=None):
        """The largest elements and where they are."""
        fill = torch.finfo(self.x.dtype).min if self.padded else None
        kernel = getattr(torch._C._nn, f"max_pool{self.suffix}_with_indices")
        given = None if out is None else (self.view(out), self.view(indices))
        ones = (1,) * len(self.sizes)
        return kernel(self.source(fill), *self.geometry(), ones, self.ceil(), out=given)

    def max_backward(self, d_output, indices, out):
        """The gradient goes to the largest elements."""
        name = f"max_pool{self.suffix}_with_indices_backward"
        geometry = (*self.geometry(), (1,) * len(self.sizes), self.ceil())
        arguments = self.view(d_output), self.like_source(), *geometry, self.view(indices)
        return self.backward_kernel(name, *arguments, out=out)

    def too_narrow(self):
        """Whether torch has no kernel for means of this element type."""
        return self.suffix == "3d" and self.x.dtype == torch.float16 and self.x.device.type == "cpu"

    def average(self, out=None, mean=True):
        """The means of the windows, or their sums."""
        if self.too_narrow():
            result = Windows(self.op, self.data.float()).average(mean=mean).to(self.data.dtype)
            return result if out is None else self.view(out).copy_(result)
        direct = mean and not self.padded
        kernel = getattr(torch._C._nn, f"avg_pool{self.suffix}")
        result = kernel(
            self.source(0), *self.geometry(), self.ceil(), self.op.counts_padding,
            None if direct else 1, out=self.view(out),
        )  # fmt: skip
        return result.div_(self.counts()) if mean and self.padded else result

    def average_backward(self, d_output, out, mean=True):
        """The gradient spreads evenly over the window."""
        if self.too_narrow():
            wide = Windows(self.op, self.data.float())
            result = wide.average_backward(d_output.float(), None, mean)
            return result.to(d_output.dtype) if out is None else out.copy_(result)
        direct = mean and not self.padded
        d = self.view(d_output)
        if mean and self.padded:
            d = d / self.counts()
        return self.backward_kernel(
            f"avg_pool{self.suffix}_backward", d, self.like_source(), *self.geometry(),
            self.ceil(), self.op.counts_padding, None if direct else 1, out=out,
        )  # fmt: skip

    def counts(self):
        """How many elements each window has, with or without the padding; 1 for empty ones."""
        counts = torch.ones((), dtype=self.x.dtype, device=self.x.device)
        for k, m, size, stride, pad in self.axes():
            border = pad if self.op.counts_padding else 0
            first = torch.arange(m, device=counts.device).mul_(stride).sub_(pad)
            along = (first + size).clamp_max_(k + border).sub_(first.clamp_min_(-border))
            counts = counts.unsqueeze(-1) * along.to(counts.dtype)
        return counts.clamp_min(1)


class Pooling(PoolingBase):
    """The largest element, mean, sum or p-norm over windows of the spatial dimensions.

    Shapes: data (n, c, *k) -> (n, c, *m) with m = floor((k + 2 pad - kernel) / stride) + 1, or the
    ceiling with ``pooling_convention="full"``; layouts that end in C have the channels last.
    ``global_pool`` takes one window that is all the data. Means count padded zeros unless
    ``count_include_pad`` is False. "lp" is the root of the sum of powers ``p_value`` (1, 2 or 3).
    A hidden output keeps the positions of the largest elements for backward.
    """

    kernel: Shape = ()
    pool_type: Literal["avg", "lp", "max", "sum"] = "max"
    global_pool: bool = False
    cudnn_off: bool = False
    pooling_convention: Literal["full", "same", "valid"] = "valid"
    stride: Shape = ()
    pad: Shape = ()
    p_value: int | None = None
    count_include_pad: bool | None = None
    layout: Literal[None, "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"] = None

    def check(self):
        super().check()
        if self.pool_type == "lp" and self.p_value not in (1, 2, 3):
            raise MXNetError(
                f"p_value should be 1, 2 or 3 for pool_type 'lp' but is {self.p_value}"
            )

    @property
    def counts_padding(self):
        """Whether padded zeros count in means."""
        return self.count_include_pad is not False

    @property
    def precision(self):
        """torch has no means over three dimensions in 16 bits on CPUs."""
        flat = self.pool_type == "max" or len(self.kernel) in (1, 2)
        return "widest" if flat else "full"

    @property
    def memory_format(self):
        """The storage of the result is that of the data."""
        return None if self.channels_last else "follows"

    @property
    def keeps_indices(self):
        """Whether there is the hidden output; files of 1.x count on it in exactly these cases."""
        return self.pool_type == "max" and bool(self.kernel) and not self.channels_last

    def hidden(self):
        return ("indices",) if self.keeps_indices else ()

    optional = ("indices",)
    per_sample = ("data",)

    def workspace(self, inputs, outputs):
        """Room for positions as torch's kernels write them."""
        return self.room(outputs[0][0]) if self.pool_type == "max" else None

    def room(self, shape):
        """Positions for some images of the result at a time, so many that they stay in the cache."""
        n, *rest = shape
        return (max(1, min(n, 2**16 // max(prod(rest), 1))), *rest), "int64"

    def backward_workspace(self, inputs, outputs):
        """The same, where positions are kept in fewer bytes."""
        return self.room(inputs[0][0]) if self.keeps_indices else None

    def forward(self, data, *, out, workspace):
        windows = Windows(self, data)
        if self.pool_type == "max":
            return self.largest(windows, out, workspace)
        if self.pool_type == "lp":
            powers = Windows(self, data.pow(self.p_value))
            result = powers.unview(root(powers.average(mean=False), self.p_value))
            return result if out is None else out.copy_(result)
        mean = self.pool_type == "avg"
        if self.global_pool:
            reduce = torch.mean if mean else torch.sum
            axes = tuple(range(2, windows.x.ndim))
            result = reduce(windows.x, axes, keepdim=True, out=windows.view(out))
        else:
            result = windows.average(out, mean)
        return windows.unview(result) if out is None else out

    def largest(self, windows, out, workspace):
        """The largest elements, and their positions if these are kept."""
        if out is None:
            output, indices = map(windows.unview, windows.max())
            return (output, indices.int()) if self.keeps_indices else output
        output, indices = out if self.keeps_indices else (out, None)
        for some, result, *kept in in_parts(workspace, windows.data, output, indices):
            wide = like(result, workspace)
            Windows(self, some).max(result, wide)
            for narrow in kept:
                narrow.copy_(wide)
        return out

    @property
    def backward_shape_only(self):
        reads_data = self.pool_type == "lp" or (self.pool_type == "max" and not self.keeps_indices)
        return () if reads_data else ("data",)

    def gradient_reads(self):
        if self.pool_type == "lp":
            return "d_output", "data", "output"
        return ("d_output", "data", "indices") if self.keeps_indices else ("d_output", "data")

    def backward(self, d_output, data, kept=None, *, out, workspace):
        out = out and out[0]
        windows = Windows(self, data)
        if self.pool_type == "max":
            if kept is None:
                return windows.max_backward(d_output, windows.unview(windows.max()[1]), out)
            d_data = torch.empty_like(data) if out is None else out
            for d, some, narrow, result in in_parts(workspace, d_output, data, kept, d_data):
                indices = like(narrow, workspace).copy_(narrow)
                Windows(self, some).max_backward(d, indices, result)
            return d_data
        if self.pool_type == "lp":
            result = self.norm_backward(windows, d_output, data, kept)
            return result if out is None else out.copy_(result)
        mean = self.pool_type == "avg"
        if not self.global_pool:
            return windows.average_backward(d_output, out, mean)
        return torch.mul(
            d_output.expand(data.shape), 1 / prod(windows.sizes) if mean else 1, out=out
        )

    def norm_backward(self, windows, d_output, data, output):
        """d(Σ xᵖ)^(1/p) = xᵖ⁻¹ / yᵖ⁻¹, and zero where y is."""
        p = self.p_value
        ratio = (d_output / output.pow(p - 1)).where(output != 0, 0) if p > 1 else d_output
        spread = windows.average_backward(ratio, None, mean=False)
        return spread.mul_(data.pow(p - 1)) if p > 1 else spread


class PoolingV1(PoolingBase, name="Pooling_v1"):
    """The pooling of early versions, of images.

    It differs from Pooling in that means divide by the size of the kernel wherever the window is,
    that the padding takes part in the search for the largest element, as zeros, and that windows
    outside of the data give 0.
    """

    kernel: Shape = ()
    pool_type: Literal["avg", "max", "sum"] = "max"
    global_pool: bool = False
    pooling_convention: Literal["full", "valid"] = "valid"
    stride: Shape = ()
    pad: Shape = ()

    counts_padding = True

    def infer_shape(self, s):
        if len(s.data) != 4:
            raise Mismatch(f"data should be (n, c, h, w) but is {s.data}")
        super().infer_shape(s)

    def factor(self, windows):
        """What sums are multiplied by."""
        return 1 / prod(windows.kernel) if self.pool_type == "avg" else 1

    def bordered(self, data):
        """The windows over data with the padding made explicit, as zeros."""
        if self.global_pool or not any(self.pad):
            return Windows(self, data)
        height, width = self.pad
        without = type(self)(**{k: v for k, v in self.attrs().items() if k != "pad"})
        return Windows(without, F.pad(data, (width, width, height, height)))

    def forward(self, data, *, out):
        if self.pool_type == "max":
            windows = self.bordered(data)
            result = windows.max()[0]
            if windows.padded:
                result = torch.where(result == torch.finfo(data.dtype).min, 0, result)
            return result if out is None else out.copy_(result)
        windows = Windows(self, data)
        return windows.average(out, mean=False).mul_(self.factor(windows))

    @property
    def backward_shape_only(self):
        return () if self.pool_type == "max" else ("data",)

    def backward(self, d_output, data, *, out):
        out = out and out[0]
        if self.pool_type != "max":
            windows = Windows(self, data)
            return windows.average_backward(d_output, out, mean=False).mul_(self.factor(windows))
        windows = self.bordered(data)
        if windows.data is data:
            return windows.max_backward(d_output, windows.max()[1], out)
        wide = windows.max_backward(d_output, windows.max()[1], None)
        height, width = self.pad
        inner = wide.narrow(2, height, data.shape[2]).narrow(3, width, data.shape[3])
        return inner.contiguous() if out is None else out.copy_(inner)


class AdaptiveAvgPooling2D(Op, name="_contrib_AdaptiveAvgPooling2D"):
    """Means over windows that divide the image into ``output_size`` parts, by default one.

    Shapes: data (n, c, h, w) -> (n, c, *output_size); one size stands for both sides.
    """

    output_size: Shape = ()

    def check(self):
        if len(self.output_size) > 2 or any(not n or n < 1 for n in self.output_size):
            raise MXNetError(
                f"output_size should be 1 or 2 positive sizes but is {self.output_size}"
            )

    @property
    def sides(self):
        """Height and width of the output."""
        return ((*self.output_size, *self.output_size) or (1, 1))[:2]

    def infer_shape(self, s):
        if len(s.data) != 4:
            raise Mismatch(f"data should be (n, c, h, w) but is {s.data}")
        s.output = (*s.data[:2], *self.sides)

    def forward(self, data):
        if self.sides == (1, 1):
            return data.mean((2, 3), keepdim=True)
        return F.adaptive_avg_pool2d(data, self.sides)


def in_parts(workspace, *arrays):
    """The arrays, but for None, cut along the first axis into parts for which there is room."""
    arrays = [array for array in arrays if array is not None]
    size = len(arrays[0]) if workspace is None else len(workspace)
    return zip(*(array.split(size) for array in arrays))


def like(array, workspace):
    """Scratch memory for positions, laid out as an array."""
    if workspace is None:
        return torch.empty_like(array, dtype=torch.int64)
    return workspace[: len(array)].as_strided(array.shape, array.stride())


def root(sums, p):
    """The p-th root; of negative numbers too where p is odd."""
    if p == 1:
        return sums
    return sums.sqrt() if p == 2 else sums.abs().pow(1 / 3).copysign(sums)
