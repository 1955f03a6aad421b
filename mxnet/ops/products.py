"""Layers that are one matrix product each, on planned memory: what the passes put in place of others.

A convolution with filters of one pixel multiplies the pixels of channels-last data, as rows, by the
weight; its derivatives are products, too. Where products are generated (``generated.wants_products``)
bias, residual and relu are parts of the same pass over memory, and weights that seldom change may be
packed beforehand.
"""

from functools import partial
from typing import Annotated, Literal

from .conv import copy_images
from .core import Op
from .dense import FullyConnected
from .dtypes import widened
from .fused import Activation, activate, with_dense_axis
from .generated import (
    LANES,
    MatrixProduct,
    has_kernels,
    packed_size,
    panels,
    wants_products,
)  # fmt: skip
from .lazy_torch import torch
from .parameters import Floats, at_least
from .shapes import product

__all__ = ["FullyConnectedProduct", "PointwiseConvolution", "PointwiseWeight", "affine"]


def affine(left, right, *, out, start=None, shift=None, relu=False, packed=False):
    """out = left right + start + shift, with max(x, 0) if asked for, of matrices or batches of them.

    ``right`` may be packed; ``start`` is like ``out``, ``shift`` a row. Factors of bfloat16 may have
    a result of float32.
    """
    fits = out.device.type == "cpu" and left.numel() and out.numel()
    if left.dtype == torch.bfloat16:
        fits = fits and not packed and wants_products("bfloat16")
    elif fits and left.dtype == out.dtype == torch.float32:
        fits = has_kernels() if packed else wants_products()
    else:
        fits = False
    if fits:
        from ..kernels.products import multiply

        low = 0.0 if relu else None
        left, right = with_dense_axis(left), right if packed else with_dense_axis(right)
        shift = None if shift is None else shift.contiguous()
        if start is not None and start.stride(-1) != 1:
            start = start.contiguous()
        return multiply(left, right, start, shift, low, packed, out=out)
    if packed:
        right = unpacked(right, left.shape[1], out.shape[1])
    left, right = left.to(out.dtype), right.to(out.dtype)
    batched = left.dim() == 3
    if start is None:
        result = (torch.bmm if batched else torch.mm)(left, right, out=out)
    else:  # which may be what ``out`` holds
        result = (torch.baddbmm if batched else torch.addmm)(start, left, right, out=out)
    result = result if shift is None else result.add_(shift)
    return result.clamp_min_(0) if relu else result


def unpacked(packed, inner, columns):
    """The matrix that has been packed."""
    result, first = packed.new_empty(inner, columns), 0
    for rows, wanted in panels(inner, columns):
        part = result[rows, wanted]
        width = -(-part.shape[1] // LANES) * LANES
        part.copy_(packed[first : first + len(part) * width].view(-1, width)[:, : part.shape[1]])
        first += len(part) * width
    return result


def of_type(dtype, result):
    """What a ``MatrixProduct`` says of types: of its factors, and of its result."""
    return {"together": 2 if dtype == "bfloat16" else 1, "narrow": result == "bfloat16"}


def as_rows(array):
    """The pixels of an array (n, c, h, w) as rows; a view where it is stored channels-last."""
    return array.permute(0, 2, 3, 1).reshape(-1, array.shape[1])


def stored_for_rows(out, shape, like):
    """The array for a result, or another one if its pixels are no rows."""
    if out is not None and has_rows(out):
        return out
    return torch.empty(
        shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
    )


def has_rows(*arrays):
    """Whether the pixels of all arrays (n, c, h, w) are rows: whether they are stored channels-last."""
    return all(each.is_contiguous(memory_format=torch.channels_last) for each in arrays)


def as_matrices(array):
    """The images of an array (n, c, h, w) as matrices (n, c, h w).

    A view, unless the array is neither dense nor stored channels-last.
    """
    return (array if has_rows(array) else array.contiguous()).flatten(2)


class PointwiseConvolution(Op, name="_pointwise_convolution"):
    """A convolution with filters of one pixel, plus another array, with max(x, 0), if asked for.

    Shapes: data (n, c, h, w), weight (num_filter, c, 1, 1) -> (n, num_filter, h, w). With ``transposed``
    the weight is (c, num_filter, 1, 1), which gives the derivative by the data; with ``packed`` it is
    what ``_prepared_weight`` made of it.
    """

    num_filter: Annotated[int, at_least(1)]
    no_bias: bool = False
    with_residual: bool = False
    activation: Literal["none", "relu"] = "none"
    transposed: bool = False
    packed: bool = False

    heavy = True
    differentiable = False
    memory_format = "channels_last"
    inplace = {"output": ("residual",)}
    per_sample = ("data", "residual")

    def inputs(self):
        given = {"bias": not self.no_bias, "residual": self.with_residual}
        return [name for name in self.input_signature if given.get(name, True)]

    def infer_shape(self, s):
        n, c, h, w = s.data
        if self.packed:
            s.weight = (packed_size(c, self.num_filter),)
        elif self.transposed:
            s.weight = (c, self.num_filter, 1, 1)
        else:
            s.weight = (self.num_filter, c, 1, 1)
        if not self.no_bias:
            s.bias = (self.num_filter,)
        s.output = (n, self.num_filter, h, w)
        if self.with_residual:
            s.same("residual", "output")

    def products(self, inputs, outputs):
        (n, c, h, w), dtype = inputs[0]
        product = partial(MatrixProduct, **of_type(dtype, outputs[0][1]))
        whole = product(n * h * w, self.num_filter, c, packed=self.packed)
        if self.packed:
            return (whole,)
        # Of dense images, by ``by_images``.
        to_dense = product(self.num_filter, h * w, c, self.transposed, batch=n)
        return whole, to_dense, product(h * w, self.num_filter, c, True, batch=n)

    def multiplications(self, weight):
        """One for each channel of the data."""
        return weight[0] if self.transposed else super().multiplications(weight)

    def prepare(self, tensors, **requests):
        """The call of ``forward``, which may lack the bias in the middle."""
        if self.no_bias:
            tensors = (*tensors[:2], None, *tensors[2:])
        return super().prepare(tensors, **requests)

    def forward(self, data, weight, bias=None, residual=None, *, out):
        result = out
        if out is None or self.packed:
            shape = (data.shape[0], self.num_filter, *data.shape[2:])
            result = stored_for_rows(out, shape, data)
        right = weight
        if not self.packed:
            right = weight.view(weight.shape[:2])
            right = right if self.transposed else right.t()
            if not has_rows(data, result):
                return self.by_images(data, right, bias, residual, result)
        if residual is not None:  # rows of one dense image would be strided
            residual = as_rows(residual.contiguous(memory_format=torch.channels_last))
        affine(
            as_rows(data), right, out=as_rows(result), shift=bias, packed=self.packed,
            start=residual, relu=self.activation == "relu",
        )  # fmt: skip
        return result if out is None or result is out else copy_images(out, result)

    def by_images(self, data, right, bias, residual, out):
        """A product for each image; of one that is dense, channels are rows and pixels columns."""
        rows, relu, start = has_rows(out), self.activation == "relu", None
        columns, result = as_matrices(data), out.view(*out.shape[:2], -1)
        result = result.mT if rows else result
        right = right.expand(len(data), *right.shape)
        if residual is not None:
            copy_images(out, residual)
            start = result
        if rows:
            affine(columns.mT, right, out=result, start=start, shift=bias, relu=relu)
            return out
        if bias is not None:
            shift = bias.view(-1, 1)
            start = result.copy_(shift) if start is None else result.add_(shift)
        affine(right.mT, columns, out=result, start=start, relu=relu)
        return out


class PointwiseWeight(Op, name="_pointwise_weight"):
    """The derivative of a convolution with filters of one pixel by the weight.

    Shapes: d_output (n, k, h, w), data (n, c, h, w) -> (k, c, 1, 1), float32 also for 16 bits.
    """

    heavy = True
    differentiable = False

    def products(self, inputs, outputs):
        ((n, k, h, w), dtype), ((_, c, _, _), _) = inputs
        product = partial(MatrixProduct, **of_type(dtype, outputs[0][1]))
        images = (product(k, c, h * w, packs_left) for packs_left in (False, True))
        return product(k, c, n * h * w, packs_left=True), *images

    def multiplications(self, weight):
        """One for each channel of the second input, the data, and number of the first one."""
        return weight[1]

    def infer_shape(self, s):
        n, c, h, w = s.data
        k = s.d_output[1]
        s.d_output = (n, k, h, w)
        s.output = (k, c, 1, 1)

    def infer_dtype(self, t):
        t.same("d_output", "data")
        t.output = widened(t.data)

    def forward(self, d_output, data, *, out):
        shape = (d_output.shape[1], data.shape[1])
        if out is None:
            dtype = torch.promote_types(data.dtype, torch.float32)
            out = torch.empty((*shape, 1, 1), dtype=dtype, device=data.device)
        result = out.view(shape)
        if has_rows(d_output, data):
            affine(as_rows(d_output).t(), as_rows(data), out=result)
            return out
        for number, (d, image) in enumerate(zip(as_matrices(d_output), as_matrices(data))):
            affine(d, image.t(), out=result, start=result if number else None)
        return out


class FullyConnectedProduct(FullyConnected, name="_fully_connected_product"):
    """A fully connected layer, plus another array, with an activation: all in one pass over memory.

    Shapes: as of a fully connected layer, the residual like the output; with ``packed`` the weight is
    what ``_prepared_weight`` made of it.
    """

    with_residual: bool = False
    activation: Activation = "none"
    factors: Floats = ()
    packed: bool = False

    differentiable = False
    inplace = {"output": ("residual",)}
    per_sample = ("data", "residual")

    def inputs(self):
        return (*super().inputs(), *("residual",) * self.with_residual)

    def infer_shape(self, s):
        if self.packed:
            *leading, last = s.data
            if self.flatten:
                leading, last = s.data[:1], product(s.data[1:])
            s.weight = (packed_size(last, self.num_hidden),)
            if not self.no_bias:
                s.bias = (self.num_hidden,)
            s.output = (*leading, self.num_hidden)
        else:
            super().infer_shape(s)
        if self.with_residual:
            s.same("residual", "output")

    def products(self, inputs, outputs):
        """None where the operands are as they are to be."""
        return () if self.packed else super().products(inputs, outputs)

    def prepare(self, tensors, **requests):
        """The call of ``forward``, which may lack the bias in the middle."""
        if self.no_bias:
            tensors = (*tensors[:2], None, *tensors[2:])
        return super().prepare(tensors, **requests)

    def forward(self, data, weight, bias=None, residual=None, *, out):
        result = data.new_empty((*self.leading(data), self.num_hidden)) if out is None else out
        right = weight if self.packed else weight.t()
        start = None if residual is None else residual.reshape(-1, self.num_hidden)
        relu = self.activation == "relu"
        affine(
            self.rows(data), right, out=result.view(-1, self.num_hidden), start=start, shift=bias,
            relu=relu, packed=self.packed,
        )  # fmt: skip
        return result if relu else activate(self.activation, self.factors, result)
