"""Convolutions of 3x3 filters by Winograd's algorithm, with a quarter of the multiplications."""

import functools
from typing import Annotated, Literal

import numpy as np

from .conv import copy_images
from .core import Op
from .dtypes import is_floating, widened
from .generated import LANES, MatrixProduct, has_kernels, threads, wants_products
from .lazy_torch import F, torch
from .parameters import at_least
from .shapes import Mismatch

__all__ = [
    "WinogradConvolution",
    "WinogradFilters",
    "WinogradWeight",
    "suits",
    "suits_weight",
    "transformed_filters",
]

_BETWEEN = 1 << 20  # floats between the transforms at a time, so that they stay in the cache
# The transform of a filter, times 24.
_FILTER = ((6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24))
# Those of data and of results.
_DATA = (
    (4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0), (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1),
)  # fmt: skip
_RESULT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def suits(data, result, dtype="float32"):
    """Whether the algorithm gains for data (n, c, h, w) and results (n, k, h', w').

    Transforms take time in proportion to c + k, what is saved is in proportion to c k, and less where
    tiles reach over the edges. In bfloat16 direct convolutions do twice as many multiplications in a
    second, so that little is left beyond the edges.
    """
    n, k, h, w = result
    tiles, gain, edges = n * tiles_of(h, w), _gain(data, result), _edges(result)
    channels = min(data[1], k) >= 32 and data[1] % LANES == k % LANES == 0
    most = 1.6 if dtype == "float32" else min(1.2, 1 + gain / 160)
    return channels and tiles >= 128 and edges <= most


def suits_weight(data, result, dtype="float32"):
    """The same for the derivative by the filters."""
    n, k, h, w = result
    gain = _gain(data, result)
    least, most = 12, min(1.8, 1 + gain / 48)
    if dtype != "float32":
        least, most = 16, min(1.45, 1 + gain / 128)
    fits = data[1] % LANES == k % LANES == 0 and n * tiles_of(h, w) >= 32
    return fits and gain >= least and _edges(result) <= most


def _gain(data, result):
    c, k = data[1], result[1]
    return c * k / (c + k)


def _edges(result):
    """How much tiles are larger than the image that they cover."""
    h, w = result[2:]
    return 16 * tiles_of(h, w) / (h * w)


def tiles_of(h, w):
    """The tiles of 4x4 that cover an image."""
    return -(-h // 4) * -(-w // 4)


def images_at_once(data, result):
    """How many images are between the transforms at a time; more where the filters are large."""
    n, k, h, w = result
    most = max(_BETWEEN, 18 * data[1] * k)
    return max(1, min(n, most // (36 * tiles_of(h, w) * (data[1] + k))))


def room_to_pack(*products):
    """How many numbers all threads pack at a time for any of some products."""
    most = max(each.thread_bytes for each in products)
    return threads() * most // 4 if wants_products() else 0


def _has_kernel(data, filters):
    """Whether a kernel is generated for data and so many filters."""
    fits = data.dtype in (torch.float32, torch.bfloat16) and data.device.type == "cpu"
    return (
        has_kernels()
        and fits
        and data.shape[1] % LANES == filters % LANES == 0
        and data.numel() > 0
    )


def _products():
    """The kernels for what lies between the transforms, which is float32 whatever data are."""
    return ("products.run_product",) if wants_products() else ()


def _widened(array):
    return array.to(torch.promote_types(array.dtype, torch.float32))


def _matrix(rows, like):
    return torch.tensor(rows, dtype=like.dtype, device=like.device)


def _transformed_tiles(data, pad, h, w):
    """The transformed tiles of data whose results are h x w, as 36 matrices (tiles, c) of float32."""
    data = _widened(data)
    right, below = (4 * -(-size // 4) + 2 - pad for size in (w, h))
    pads = pad, right - data.shape[3], pad, below - data.shape[2]
    tiles = F.pad(data, pads).unfold(2, 6, 4).unfold(3, 6, 4)
    both = _matrix(_DATA, data)
    tiles = torch.einsum("ai,bj,ncyxij->abnyxc", both, both, tiles)
    return tiles.reshape(36, -1, data.shape[1])


def transformed_filters(weight, for_data=False, out=None):
    """Filters (k, c, 3, 3) as 36 matrices (c, k).

    ``for_data``: as (k, c) and turned round, for the derivative of a convolution by its data.
    """
    both = torch.from_numpy(_both_ways(for_data)).to(weight.device, weight.dtype)
    order = (2, 3, 0, 1) if for_data else (2, 3, 1, 0)
    first, second = (weight.shape[axis] for axis in order[2:])
    if wants_products() and _has_kernel(weight, len(weight)) and weight.is_contiguous():
        from ..kernels.products import multiply

        taps = weight.view(*weight.shape[:2], 9).permute(order[2], 2, order[3])
        out = weight.new_empty(36, first, second) if out is None else out
        multiply(both.expand(first, 36, 9), taps, out=out.view(36, first, second).transpose(0, 1))
        return out
    values = weight.permute(*order).reshape(9, first * second)
    out = None if out is None else out.view(36, first * second)
    return torch.mm(both, values, out=out).view(36, first, second)


@functools.cache
def _both_ways(turned):
    """The transform of rows and columns of a filter, which may be turned round before: (36, 9)."""
    factors = np.array(_FILTER) / 24
    both = np.kron(factors, factors)
    return both[:, ::-1].copy() if turned else both


class WinogradFilters(Op, name="_winograd_filters"):
    """Filters as ``_winograd_convolution`` takes them: weight (k, c, 3, 3) -> (36, c, k).

    With ``for_data`` those of the derivative of a convolution by its data: (36, k, c).
    """

    for_data: bool = False

    differentiable = False
    capture = False

    @property
    def kernels(self):
        return _products()

    def infer_dtype(self, t):
        if not is_floating(t.weight):
            raise Mismatch(f"weight should have a floating type but is {t.weight}")
        t.output = widened(t.weight)

    def infer_shape(self, s):
        k, c, *_ = s.weight
        s.output = (36, k, c) if self.for_data else (36, c, k)

    def forward(self, weight, *, out):
        return transformed_filters(_widened(weight), self.for_data, out)


class WinogradConvolution(Op, name="_winograd_convolution"):
    """A convolution with 3x3 filters, plus another array if there is one, with max(x, 0) if asked for.

    ``weight`` are the filters as ``transformed_filters`` makes them.
    """

    num_filter: Annotated[int, at_least(1)]
    pad: Annotated[int, at_least(0)] = 0
    no_bias: bool = False
    with_residual: bool = False
    activation: Literal["none", "relu"] = "none"

    heavy = True
    differentiable = False
    memory_format = "channels_last"
    inplace = {"output": ("residual",)}
    capture = False

    @property
    def kernels(self):
        return ("winograd.convolve", *_products())

    def inputs(self):
        given = {"bias": not self.no_bias, "residual": self.with_residual}
        return [name for name in self.input_signature if given.get(name, True)]

    def infer_shape(self, s):
        if not self.no_bias:
            s.bias = (self.num_filter,)
        n, c, *sizes = s.data
        s.weight = (36, c, self.num_filter)
        s.output = (n, self.num_filter, *(size + 2 * self.pad - 2 for size in sizes))
        if self.with_residual:
            s.same("residual", "output")

    def infer_dtype(self, t):
        t.same(*(name for name in (*self.input_names, "output") if name != "weight"))
        t.weight = widened(t.data)

    def multiplications(self, weight):
        """36 for the 16 results of a tile and a channel."""
        return 36 * weight[1] // 16

    def workspace(self, inputs, outputs):
        """Room between the transforms, for zeros, the least value of results, and to pack."""
        data, result = inputs[0][0], outputs[0][0]
        c, k = data[1], result[1]
        tiles = images_at_once(data, result) * tiles_of(*result[2:])
        packed = room_to_pack(MatrixProduct(tiles, k, c))
        return (36 * tiles * (c + k) + max(c, k) + LANES + packed,), "float32"

    def prepare(self, tensors, **requests):
        """The call of ``forward``, which may lack the bias in the middle."""
        if self.no_bias:
            tensors = (*tensors[:2], None, *tensors[2:])
        return super().prepare(tensors, **requests)

    def forward(self, data, weight, bias=None, residual=None, *, out, workspace):
        n, _, h, w = data.shape
        shape = (n, self.num_filter, h + 2 * self.pad - 2, w + 2 * self.pad - 2)
        if not _has_kernel(data, self.num_filter):
            result = self.step_by_step(data, weight, shape)
            result = result if bias is None else result + bias.view(-1, 1, 1)
            result = result if residual is None else result + residual
            result = result.clamp_min_(0) if self.activation == "relu" else result
            return result.to(data.dtype) if out is None else out.copy_(result)
        from ..kernels.winograd import convolve

        last = {"memory_format": torch.channels_last}
        result = out
        if out is None or not out.is_contiguous(**last):
            result = torch.empty(shape, dtype=data.dtype, **last)
        if workspace is None:
            facts = [(data.shape, "float32")], [(shape, "float32")]
            workspace = torch.empty(self.workspace(*facts)[0])
        data = data.contiguous(**last)
        if residual is not None:
            residual = residual.contiguous(**last)
        images = images_at_once(data.shape, shape)
        relu = self.activation == "relu"
        bias = None if bias is None else bias.contiguous()
        convolve(data, weight, bias, residual, self.pad, relu, images, workspace, result)
        return result if out is None or result is out else copy_images(out, result)

    def step_by_step(self, data, weight, shape):
        """The sums alone, by torch's own operators, as what lies between."""
        n, k, h, w = shape
        tiles = _transformed_tiles(data, self.pad, h, w)
        down, across = -(-h // 4), -(-w // 4)
        back = _matrix(_RESULT, tiles)
        products = torch.bmm(tiles, weight.to(tiles.dtype)).view(6, 6, n, down, across, k)
        result = torch.einsum("ia,jb,abnyxk->nkyixj", back, back, products)
        return result.reshape(n, k, 4 * down, 4 * across)[:, :, :h, :w].contiguous()


class WinogradWeight(Op, name="_winograd_weight"):
    """The derivative of a convolution with 3x3 filters by the weight.

    Shapes: d_output (n, k, h + 2 pad - 2, w + 2 pad - 2), data (n, c, h, w) -> (k, c, 3, 3), float32
    also for 16 bits. Results in float32 differ from exact ones by about 1e-5 of the largest (direct
    sums: by 1e-6).
    """

    pad: Annotated[int, at_least(0)] = 1

    heavy = True
    differentiable = False
    capture = False

    @property
    def kernels(self):
        return ("winograd.weight_derivative", *_products())

    def infer_shape(self, s):
        n, c, h, w = s.data
        s.d_output = (n, s.d_output[1], h + 2 * self.pad - 2, w + 2 * self.pad - 2)
        s.output = (s.d_output[1], c, 3, 3)

    def infer_dtype(self, t):
        t.same("d_output", "data")
        t.output = widened(t.data)

    def multiplications(self, weight):
        """36 for the 16 head gradients of a tile and a channel; the second input is the data."""
        return 36 * weight[1] // 16

    def workspace(self, inputs, outputs):
        """Room for the sums, between the transforms, for zeros, and to pack."""
        (n, k, *sizes), (_, c, *_) = inputs[0][0], inputs[1][0]
        images, tiles = images_at_once((n, c), (n, k, *sizes)), tiles_of(*sizes)
        counts = {images * tiles, n % images * tiles}
        packed = room_to_pack(*(MatrixProduct(k, c, count, packs_left=True) for count in counts))
        return (36 * (k * c + images * tiles * (c + k)) + max(c, k) + packed,), "float32"

    def forward(self, d_output, data, *, out, workspace):
        d_output = d_output.to(data.dtype)
        if not _has_kernel(data, d_output.shape[1]):
            result = self.step_by_step(d_output, data)
            return result if out is None else out.copy_(result)
        from ..kernels.winograd import weight_derivative

        result = out
        if out is None or not _is_dense(out):
            shape = (d_output.shape[1], data.shape[1], 3, 3)
            result = torch.empty(shape)
        if workspace is None:
            facts = [(d_output.shape, "float32"), (data.shape, "float32")]
            workspace = torch.empty(self.workspace(facts, ())[0])
        last = {"memory_format": torch.channels_last}
        d_output, data = d_output.contiguous(**last), data.contiguous(**last)
        images = images_at_once(data.shape, d_output.shape)
        weight_derivative(d_output, data, self.pad, images, workspace, result)
        return result if out is None or result is out else copy_images(out, result)

    def step_by_step(self, d_output, data):
        """The same by torch's own operators."""
        _, k, h, w = d_output.shape
        tiles = _transformed_tiles(data, self.pad, h, w)
        heads = F.pad(d_output.to(tiles.dtype), (0, -w % 4, 0, -h % 4))
        heads = heads.unfold(2, 4, 4).unfold(3, 4, 4)
        both, back = _matrix(_RESULT, tiles), _matrix(_FILTER, tiles) / 24
        heads = torch.einsum("ia,jb,nkyxij->abknyx", both, both, heads).reshape(36, k, -1)
        products = torch.bmm(heads, tiles).view(6, 6, k, -1)
        return torch.einsum("ai,bj,abkc->kcij", back, back, products).contiguous()


def _is_dense(array):
    return array.is_contiguous() or array.is_contiguous(memory_format=torch.channels_last)
