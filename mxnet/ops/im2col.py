"""Convolutions as matrix products with patches, on planned memory: what passes put in place of others.

Data and results are stored channels-last. See ``kernels/im2col.py`` for how they are computed.
"""

from dataclasses import dataclass
from typing import Annotated

from ..error import MXNetError
from .conv import copy_images
from .core import Op
from .generated import (
    CHUNK,
    GROUP,
    LANES,
    LINE,
    PANEL,
    WORD_BYTES,
    MatrixProduct,
    has_kernels,
    packed_size,
    threads,
)  # fmt: skip
from .lazy_torch import torch
from .parameters import Shape, at_least
from .products import stored_for_rows
from .shapes import Mismatch, product

__all__ = [
    "Im2colConvolution",
    "Im2colData",
    "Im2colWeight",
    "Patches",
    "convolution_patches",
    "data_patches",
    "weight_patches",
]


@dataclass(frozen=True)
class Patches:
    """What a thread gathers at a time: ``rows`` patches, of which it takes so many ``columns``.

    ``left``: the bytes of what it packs of the left matrix of a product.
    """

    rows: int
    columns: int
    left: int = 0

    @property
    def apart(self):
        """Bytes from one patch to the next: whole vectors, and one more that may be written."""
        return LINE * (-(-self.columns // LANES) + 1)

    @property
    def thread_bytes(self):
        """For the words of a product, what is packed, and patches."""
        return WORD_BYTES + self.left + self.rows * self.apart + LINE

    def numbers(self, threads, parts):
        """How many numbers the threads need that take so many parts of the work."""
        return min(threads, parts) * self.thread_bytes // 4


def convolution_patches(result, patch):
    """What a convolution gathers, and in how many parts it is cut."""
    n, k, *sizes = result
    count, inner = product((n, *sizes)), product(patch)
    return Patches(min(CHUNK, count), MatrixProduct(count, k, inner).steps), -(-count // CHUNK)


def data_patches(d_output, patch):
    """The same for the derivative by the data; so many parts there are on one thread."""
    n, _, *sizes = d_output
    count = product(sizes)
    rows = Patches(min(CHUNK, n * count), min(GROUP, product(patch)))
    return rows, -(-n // max(1, CHUNK // count))


def weight_patches(d_output, patch, threads):
    """The same for the derivative by the filters; every thread has as many parts, if it can."""
    n, k, *sizes = d_output
    whole = MatrixProduct(k, GROUP, product((n, *sizes)), packs_left=True)
    vectors = -(-product(patch) // LANES)
    parts = -(-vectors * LANES // (GROUP * threads)) * threads
    parts = max(-(-vectors * LANES // GROUP), min(parts, -(-vectors // PANEL)))
    return Patches(whole.steps, LANES * -(-vectors // parts), whole.left_bytes), parts


class _Im2col(Op, abstract=True):
    """A part of a convolution over two spatial dimensions, without groups."""

    kernel: Shape
    stride: Shape = (1, 1)
    pad: Shape = (0, 0)
    dilate: Shape = (1, 1)

    heavy = True
    differentiable = False
    capture = False

    def check(self):
        for name, least in (("kernel", 1), ("stride", 1), ("pad", 0), ("dilate", 1)):
            value = getattr(self, name)
            if len(value) != 2 or any(entry is None or entry < least for entry in value):
                raise MXNetError(f"{name} should have 2 entries of at least {least} but is {value}")

    @property
    def geometry(self):
        return self.kernel, self.stride, self.pad, self.dilate

    @property
    def torch_arguments(self):
        """Stride, padding, dilation, transposed, output padding and groups as torch takes them."""
        return self.stride, self.pad, self.dilate, False, (0, 0), 1

    def result(self, data, filters):
        """The shape of the convolution of data (n, c, h, w)."""
        if len(data) != 4:
            raise Mismatch(f"data should have 4 dimensions but is {data}")
        n, _, *sizes = data
        return n, filters, *(
            (size + 2 * pad - dilate * (extent - 1) - 1) // stride + 1
            for size, extent, stride, pad, dilate in zip(sizes, *self.geometry)
        )  # fmt: skip

    def turned(self, weight):
        """How many numbers filters have in the order of patches, where it is not theirs."""
        return 0 if self.kernel == (1, 1) else product((*weight[:2], *self.kernel))

    def scratch(self, workspace, *arrays):
        """The workspace, or one made now; None if the arrays are not what kernels compute with."""
        if not has_kernels() or any(
            each.dtype != torch.float32 or each.device.type != "cpu" or not each.numel()
            for each in arrays
        ):
            return None
        if workspace is None:
            facts = [(each.shape, "float32") for each in arrays]
            workspace = torch.empty(self.workspace(facts, ())[0])
        return workspace


class Im2colConvolution(_Im2col, name="_im2col_convolution"):
    """A convolution: data (n, c, h, w), weight (num_filter, c, *kernel) -> (n, num_filter, h', w')."""

    num_filter: Annotated[int, at_least(1)]
    no_bias: bool = False

    kernels = ("im2col.convolve",)
    memory_format = "channels_last"
    per_sample = ("data",)

    def inputs(self):
        return ("data", "weight") if self.no_bias else ("data", "weight", "bias")

    def infer_shape(self, s):
        s.weight = (self.num_filter, s.data[1], *self.kernel)
        if not self.no_bias:
            s.bias = (self.num_filter,)
        s.output = self.result(s.data, self.num_filter)

    def workspace(self, inputs, outputs):
        """Room for filters in the order of patches, for packed ones, and what threads need."""
        data, (k, *patch) = inputs[0][0], inputs[1][0]
        rows, parts = convolution_patches(self.result(data, k), patch)
        packed = self.turned((k, *patch)) + packed_size(product(patch), k)
        return (packed + rows.numbers(threads(), parts),), "float32"

    def forward(self, data, weight, bias=None, *, out, workspace):
        scratch = self.scratch(workspace, data, weight)
        if scratch is None:
            result = torch.convolution(data, weight, bias, *self.torch_arguments)
            return result if out is None else out.copy_(result)
        from ..kernels.im2col import convolve

        result = stored_for_rows(out, self.result(data.shape, self.num_filter), data)
        data, weight = rows_of(data), weight.contiguous()
        bias = None if bias is None else bias.contiguous()
        convolve(data, weight, self.geometry, scratch, result, bias)
        return result if out is None or result is out else copy_images(out, result)


class Im2colData(_Im2col, name="_im2col_data"):
    """The derivative of a convolution by its data, plus another array if there is one.

    Shapes: d_output (n, k, h', w'), weight (k, c, *kernel), like (n, c, h, w) -> (n, c, h, w).
    """

    with_residual: bool = False

    kernels = ("im2col.add_data_derivative",)
    memory_format = "channels_last"
    shape_only = ("like",)
    inplace = {"output": ("residual",)}
    per_sample = ("d_output", "like", "residual")

    def inputs(self):
        return ("d_output", "weight", "like", "residual")[: 3 + self.with_residual]

    def infer_shape(self, s):
        k = s.d_output[1]
        s.weight = (k, s.like[1], *self.kernel)
        s.d_output = self.result(s.like, k)
        s.same("like", "output")
        if self.with_residual:
            s.same("residual", "output")

    def workspace(self, inputs, outputs):
        """Room for filters in the order of patches, for packed ones, and what threads need."""
        d_output, (k, *patch) = inputs[0][0], inputs[1][0]
        rows, parts = data_patches(d_output, patch)
        packed = self.turned((k, *patch)) + packed_size(k, product(patch))
        return (packed + rows.numbers(threads(), max(parts, d_output[0])),), "float32"

    def forward(self, d_output, weight, like, residual=None, *, out, workspace):
        scratch = self.scratch(workspace, d_output, weight)
        if scratch is None:
            derive = torch.ops.aten.convolution_backward.default
            arguments = (d_output, like, weight, None, *self.torch_arguments)
            result = derive(*arguments, (True, False, False))[0]
            result = result if residual is None else result + residual
            return result if out is None else out.copy_(result)
        from ..kernels.im2col import add_data_derivative

        result = stored_for_rows(out, like.shape, d_output)
        if residual is None:
            result.zero_()
        elif residual.data_ptr() != result.data_ptr():
            result.copy_(residual)
        add_data_derivative(rows_of(d_output), weight.contiguous(), self.geometry, scratch, result)
        return result if out is None or result is out else copy_images(out, result)


class Im2colWeight(_Im2col, name="_im2col_weight"):
    """The derivative of a convolution by its weight.

    Shapes: d_output (n, k, h', w'), data (n, c, h, w) -> (k, c, *kernel).
    """

    kernels = ("im2col.weight_derivative",)

    def infer_shape(self, s):
        k = s.d_output[1]
        s.d_output = self.result(s.data, k)
        s.output = (k, s.data[1], *self.kernel)

    def multiplications(self, weight):
        """One for each channel of the second input, the data, and number of a filter."""
        return weight[1] * product(self.kernel)

    def workspace(self, inputs, outputs):
        """Room for sums in the order of patches, and what threads need."""
        d_output, c = inputs[0][0], inputs[1][0][1]
        rows, parts = weight_patches(d_output, (c, *self.kernel), threads())
        numbers = self.turned((d_output[1], c)) + rows.numbers(threads(), parts)
        return (numbers,), "float32"

    def forward(self, d_output, data, *, out, workspace):
        scratch = self.scratch(workspace, d_output, data)
        shape = (d_output.shape[1], data.shape[1], *self.kernel)
        if scratch is None:
            derive = torch.ops.aten.convolution_backward.default
            arguments = (d_output, data, data.new_empty(shape), None, *self.torch_arguments)
            result = derive(*arguments, (False, True, False))[1]
            return result if out is None else out.copy_(result)
        from ..kernels.im2col import weight_derivative

        dense = out is not None and out.is_contiguous()
        result = out if dense else data.new_empty(shape)
        weight_derivative(rows_of(d_output), rows_of(data), self.geometry, scratch, result)
        return result if out is None or dense else out.copy_(result)


def rows_of(array):
    """The array with its pixels as rows."""
    return array.contiguous(memory_format=torch.channels_last)
