"""Convolutions of 3x3 filters by Winograd's algorithm, with a quarter of the multiplications."""

from typing import Annotated, Literal

from .core import Op
from .generated import LANES, has_kernels
from .lazy_torch import F, torch
from .parameters import at_least

__all__ = ["WinogradConvolution", "WinogradFilters", "transformed_filters"]

_BETWEEN = 1 << 20  # floats between the transforms at a time, so that they stay in the cache
# The transform of a filter, times 24.
_FILTER = ((6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24))
# Those of data and of results.
_DATA = (
    (4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0), (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1),
)  # fmt: skip
_RESULT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def suits(data, result):
    """Whether the algorithm gains for data (n, c, h, w) and results (n, k, h', w')."""
    n, k, h, w = result
    tiles = n * tiles_of(h, w)
    channels = min(data[1], k) >= 32 and data[1] % LANES == k % LANES == 0
    return channels and tiles >= 128 and 16 * tiles <= 1.6 * n * h * w


def tiles_of(h, w):
    """The tiles of 4x4 that cover an image."""
    return -(-h // 4) * -(-w // 4)


def images_at_once(data, result):
    """How many images are between the transforms at a time; more where the filters are large."""
    n, k, h, w = result
    most = max(_BETWEEN, 18 * data[1] * k)
    return max(1, min(n, most // (36 * tiles_of(h, w) * (data[1] + k))))


def transformed_filters(weight, for_data=False, out=None):
    """Filters (k, c, 3, 3) as 36 matrices (c, k).

    ``for_data``: as (k, c) and turned round, for the derivative of a convolution by its data.
    """
    factors = torch.tensor(_FILTER, dtype=torch.float64, device=weight.device) / 24
    both = torch.kron(factors, factors).to(weight.dtype)
    if for_data:
        both, order = both.flip(1), (2, 3, 0, 1)
    else:
        order = (2, 3, 1, 0)
    first, second = (weight.shape[axis] for axis in order[2:])
    values = weight.permute(*order).reshape(9, first * second)
    out = None if out is None else out.view(36, first * second)
    return torch.mm(both, values, out=out).view(36, first, second)


class WinogradFilters(Op, name="_winograd_filters"):
    """Filters as ``_winograd_convolution`` takes them: weight (k, c, 3, 3) -> (36, c, k).

    With ``for_data`` those of the derivative of a convolution by its data: (36, k, c).
    """

    for_data: bool = False

    differentiable = False
    capture = False

    def infer_shape(self, s):
        k, c, *_ = s.weight
        s.output = (36, k, c) if self.for_data else (36, c, k)

    def forward(self, weight, *, out):
        return transformed_filters(weight, self.for_data, out)


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

    def multiplications(self, weight):
        """36 for the 16 results of a tile and a channel."""
        return 36 * weight[1] // 16

    def workspace(self, inputs, outputs):
        """Room between the transforms, for zeros, and for the least value of results."""
        data, result = inputs[0][0], outputs[0][0]
        c, k = data[1], result[1]
        tiles = images_at_once(data, result) * tiles_of(*result[2:])
        return (36 * tiles * (c + k) + max(c, k) + LANES,), "float32"

    def prepare(self, tensors, **requests):
        """The call of ``forward``, which may lack the bias in the middle."""
        if self.no_bias:
            tensors = (*tensors[:2], None, *tensors[2:])
        return super().prepare(tensors, **requests)

    def forward(self, data, weight, bias=None, residual=None, *, out, workspace):
        n, c, h, w = data.shape
        shape = (n, self.num_filter, h + 2 * self.pad - 2, w + 2 * self.pad - 2)
        generated = has_kernels() and data.dtype == torch.float32 and data.device.type == "cpu"
        if not generated or c % LANES or self.num_filter % LANES or not data.numel():
            result = self.step_by_step(data, weight, shape)
            result = result if bias is None else result + bias.view(-1, 1, 1)
            result = result if residual is None else result + residual
            result = result.clamp_min_(0) if self.activation == "relu" else result
            return result if out is None else out.copy_(result)
        from ..kernels.winograd import convolve

        last = {"memory_format": torch.channels_last}
        result = out
        if out is None or not out.is_contiguous(**last):
            result = torch.empty(shape, dtype=data.dtype, **last)
        if workspace is None:
            facts = [(data.shape, "float32")], [(shape, "float32")]
            workspace = torch.empty(self.workspace(*facts)[0], dtype=data.dtype)
        data = data.contiguous(**last)
        if residual is not None:
            residual = residual.contiguous(**last)
        images = images_at_once(data.shape, shape)
        relu = self.activation == "relu"
        bias = None if bias is None else bias.contiguous()
        convolve(data, weight, bias, residual, self.pad, relu, images, workspace, result)
        return result if out is None or result is out else out.copy_(result)

    def step_by_step(self, data, weight, shape):
        """The sums alone, by torch's own operators."""
        n, k, h, w = shape
        dtype = torch.promote_types(data.dtype, torch.float32)
        down, across = -(-h // 4), -(-w // 4)
        right, below = 4 * across + 2 - self.pad, 4 * down + 2 - self.pad
        pads = self.pad, right - data.shape[3], self.pad, below - data.shape[2]
        tiles = F.pad(data.to(dtype), pads).unfold(2, 6, 4).unfold(3, 6, 4)
        both, back = (
            torch.tensor(matrix, dtype=dtype, device=data.device) for matrix in (_DATA, _RESULT)
        )
        tiles = torch.einsum("ai,bj,ncyxij->abnyxc", both, both, tiles).reshape(
            36, -1, data.shape[1]
        )
        products = torch.bmm(tiles, weight.to(dtype)).view(6, 6, n, down, across, k)
        result = torch.einsum("ia,jb,abnyxk->nkyixj", back, back, products)
        return result.reshape(n, k, 4 * down, 4 * across)[:, :, :h, :w].to(data.dtype).contiguous()
