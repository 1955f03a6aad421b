"""Sampling images at other places: warping, resizing, and comparing shifted images."""

from typing import Annotated, Literal

import numpy as np

from ..error import MXNetError
from .core import Op
from .lazy_torch import F, torch
from .parameters import Shape, at_least
from .reshape import buffer
from .shapes import UNKNOWN, Mismatch, known

__all__ = [
    "BilinearResize2D",
    "BilinearSampler",
    "Correlation",
    "GridGenerator",
    "SpatialTransformer",
]

# How torch's sampling kernels are called: linear interpolation, zeros outside, the corners of the
# grid at the centers of the corner pixels.
_BILINEAR, _ZEROS, _CORNERS = 0, 0, True


def base_grid(size, like):
    """Homogeneous coordinates (x, y, 1) of the pixels of an image, from -1 to 1: (3, h w)."""
    options = {"dtype": like.dtype, "device": like.device}
    y, x = (torch.linspace(-1, 1, length, **options) for length in size)
    x, y = torch.meshgrid(x, y, indexing="xy")
    return torch.stack([x, y, torch.ones_like(x)]).view(3, -1)


def affine_grid(affine, size):
    """The places to which affine maps (n, 6) move pixels: (n, 2, h, w), x first."""
    return (affine.reshape(-1, 2, 3) @ base_grid(size, affine)).view(-1, 2, *size)


def affine_grid_backward(d_grid, size):
    """The gradient of the maps, from that of the places."""
    return (d_grid.reshape(-1, 2, size[0] * size[1]) @ base_grid(size, d_grid).t()).view(-1, 6)


def sampled(data, grid):
    """Images at places (n, 2, h, w) from -1 to 1; zero outside."""
    places = grid.movedim(1, -1)
    return torch.grid_sampler_2d(data, places, _BILINEAR, _ZEROS, _CORNERS)


def sampled_backward(d_output, data, grid, needs):
    """The gradients of images and of places."""
    places = grid.movedim(1, -1)
    kernel = torch.ops.aten.grid_sampler_2d_backward.default
    d_data, d_places = kernel(d_output, data, places, _BILINEAR, _ZEROS, _CORNERS, needs)
    return d_data, d_places.movedim(-1, 1) if needs[1] else None


class BilinearSampler(Op):
    """The pixels of images at the places that a grid says, interpolated linearly; 0 outside.

    Shapes: data (n, c, h, w), grid (n, 2, p, q), x first -> (n, c, p, q). The centers of the outer
    pixels are at -1 and 1. ``cudnn_off`` is accepted for compatibility. Jaderberg et al. 2015.
    """

    cudnn_off: bool | None = None

    precision = "full"

    def infer_shape(self, s):
        s.data = (UNKNOWN,) * 4
        s.grid = (s.data[0], 2, UNKNOWN, UNKNOWN)
        s.data = (s.grid[0], *s.data[1:])
        s.output = (*s.data[:2], *s.grid[2:])

    def forward(self, data, grid):
        return sampled(data, grid)

    def backward(self, d_output, data, grid, *, needs):
        return sampled_backward(d_output, data, grid, needs)


class GridGenerator(Op):
    """The places at which BilinearSampler is to sample: x and y, from -1 to 1.

    affine: data (n, 6), the rows of a matrix (2, 3) that maps (x, y, 1) -> (n, 2, *target_shape).
    warp: data (n, 2, h, w), by how many pixels to move, x first -> (n, 2, h, w).
    """

    transform_type: Literal["affine", "warp"]
    target_shape: Shape = (0, 0)

    precision = "full"

    def infer_shape(self, s):
        if self.transform_type == "warp":
            s.same()
            s.data = s.output = (UNKNOWN, 2, UNKNOWN, UNKNOWN)
        else:
            check_size(self.target_shape)
            s.data = (UNKNOWN, 6)
            s.output = (s.data[0], 2, *self.target_shape)
            s.data = (s.output[0], 6)

    def forward(self, data):
        if self.transform_type == "affine":
            return affine_grid(data, self.target_shape)
        size = data.shape[2:]
        return data * self._steps(data) + base_grid(size, data)[:2].view(2, *size)

    def _steps(self, flow):
        """The distance of two pixels in coordinates from -1 to 1, for x and y: (2, 1, 1)."""
        lengths = reversed(flow.shape[2:])
        return torch.stack([flow.new_full((1, 1), 2 / max(length - 1, 1)) for length in lengths])

    def backward(self, d_output):
        if self.transform_type == "affine":
            return affine_grid_backward(d_output, self.target_shape)
        return d_output * self._steps(d_output)


def check_size(target_shape):
    """Raise Mismatch unless the shape is that of an image."""
    if len(target_shape) != 2 or any(length is None or length < 1 for length in target_shape):
        raise Mismatch(f"target_shape should be (height, width) but is {target_shape}")


class SpatialTransformer(Op):
    """Images under affine maps: GridGenerator and BilinearSampler in one.

    Shapes: data (n, c, h, w), loc (n, 6), the rows of a matrix (2, 3) -> (n, c, *target_shape).
    ``cudnn_off`` is accepted for compatibility. Jaderberg et al. 2015.
    """

    target_shape: Shape = (0, 0)
    transform_type: Literal["affine"]
    sampler_type: Literal["bilinear"]
    cudnn_off: bool | None = None

    precision = "full"

    def infer_shape(self, s):
        check_size(self.target_shape)
        s.data = (UNKNOWN,) * 4
        s.loc = (s.data[0], 6)
        s.data = (s.loc[0], *s.data[1:])
        s.output = (*s.data[:2], *self.target_shape)

    def forward(self, data, loc):
        return sampled(data, affine_grid(loc, self.target_shape))

    def backward(self, d_output, data, loc, *, needs):
        grid = affine_grid(loc, self.target_shape)
        d_data, d_grid = sampled_backward(d_output, data, grid, needs)
        return d_data, None if d_grid is None else affine_grid_backward(d_grid, self.target_shape)


def read(data, size):
    """The part of images that results of a size depend on."""
    for axis, length in enumerate(size, 2):
        if length == 1:
            data = data.narrow(axis, 0, 1)
    return data


class BilinearResize2D(Op, name="_contrib_BilinearResize2D"):
    """Images of another size, interpolated linearly: data (n, c, h, w) -> (n, c, p, q).

    size: ``height`` and ``width``, or the size of the data times ``scale_height`` and
    ``scale_width``. odd_scale: times the scales, but h to (h - 1) * scale + 1 if it is odd. like: the
    size of the input ``like``. to_even_down and the others: the next even or odd number.
    ``align_corners``: the centers of the corner pixels stay at the corners; if not, the borders do.
    Along a side of one pixel, that is the first pixel of the data, as in 1.x.
    """

    height: Annotated[int, at_least(1)] = 1
    width: Annotated[int, at_least(1)] = 1
    scale_height: float | None = None
    scale_width: float | None = None
    mode: Literal[
        "like", "odd_scale", "size", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"
    ] = "size"
    align_corners: bool = True

    shape_only = ("like",)

    def check(self):
        if self.mode not in ("size", "odd_scale"):
            return
        given = [scale is not None for scale in (self.scale_height, self.scale_width)]
        if any(given) != all(given) or (self.mode == "odd_scale" and not all(given)):
            raise MXNetError("scale_height and scale_width are both needed")

    def inputs(self):
        return ("data", "like") if self.mode == "like" else ("data",)

    def infer_shape(self, s):
        s.data = (UNKNOWN,) * 4
        if self.mode == "like" and len(s.like) != 4:
            raise Mismatch(f"like should be (n, c, h, w) but is {s.like}")
        size = s.like[2:] if self.mode == "like" else self.size(s.data[2:])
        if known(*size) and min(size) < 1:
            raise Mismatch(f"images of {s.data[2:]} would have the size {size}")
        s.output = (*s.data[:2], *size)

    def size(self, sides):
        """The size of the results for images of a size."""
        if self.mode == "size" and self.scale_height is None:
            return (self.height, self.width)
        scales = self.scale_height, self.scale_width
        return tuple(
            self._side(side, scale) if known(side) else UNKNOWN
            for side, scale in zip(sides, scales, strict=True)
        )

    def _side(self, side, scale):
        if self.mode.startswith("to_"):
            _, parity, direction = self.mode.split("_")
            right = side % 2 == (parity == "odd")
            return side if right else side + (1 if direction == "up" else -1)
        odd = self.mode == "odd_scale" and side % 2
        # Scales are single precision: 0.7 times 10 is 7.
        return int(np.float32(side - odd) * np.float32(scale)) + odd

    def forward(self, data, like=None, *, out):
        size = self.size(data.shape[2:]) if like is None else like.shape[2:]
        return torch._C._nn.upsample_bilinear2d(read(data, size), size, self.align_corners, out=out)

    def gradient(self, d_output, data):
        d_data = ResizeBackward(align_corners=self.align_corners)(d_output, data)
        return (d_data, None) if self.mode == "like" else d_data


class ResizeBackward(Op, name="_backward_bilinear_resize"):
    """The derivative of BilinearResize2D: grad (n, c, p, q), data for its shape alone -> as data."""

    align_corners: bool = True

    shape_only = ("data",)

    def infer_shape(self, s):
        s.same("data", "output")
        s.data = s.output = s.grad = (UNKNOWN,) * 4
        s.data = s.output = (*s.grad[:2], UNKNOWN, UNKNOWN)
        s.grad = (*s.data[:2], UNKNOWN, UNKNOWN)

    def forward(self, grad, data, *, out):
        kernel = torch.ops.aten.upsample_bilinear2d_backward
        size, out = grad.shape[2:], buffer(out, data.shape, grad)
        part = read(out, size)
        if part.shape == out.shape:
            return kernel.grad_input(grad, size, out.shape, self.align_corners, grad_input=out)
        out.zero_()
        part.copy_(kernel.default(grad, size, part.shape, self.align_corners))
        return out

    def gradient(self, d_output, grad):
        align = self.align_corners
        return BilinearResize2D(mode="like", align_corners=align)(d_output, grad), None


class Correlation(Op):
    """How much the patches of two images have in common, for shifts of one against the other.

    Shapes: data1, data2 (n, c, h, w) -> (n, d d, p, q), d = 2 floor(max_displacement / stride2) + 1,
    row by row of the shifts, which are multiples of ``stride2``. The images get borders of
    ``pad_size`` zeros; there are patches, ``kernel_size`` wide, wherever all shifts stay inside, at
    steps of ``stride1``. Values are means of the products, or of the absolute differences, over a
    patch and all channels. Dosovitskiy et al. 2015.
    """

    kernel_size: Annotated[int, at_least(1)] = 1
    max_displacement: Annotated[int, at_least(0)] = 1
    stride1: Annotated[int, at_least(1)] = 1
    stride2: Annotated[int, at_least(1)] = 1
    pad_size: Annotated[int, at_least(0)] = 0
    is_multiply: bool = True

    def check(self):
        if self.kernel_size % 2 == 0:
            raise MXNetError(f"kernel_size should be odd but is {self.kernel_size}")

    @property
    def reach(self):
        """The number of shifts to each side."""
        return self.max_displacement // self.stride2

    def extent(self, side):
        """The size of the output along a side of the images."""
        room = side + 2 * self.pad_size - 2 * self.max_displacement - self.kernel_size + 1
        if known(room) and room < 1:
            raise Mismatch(f"patches and shifts do not fit into images of side {side}")
        return (room - 1) // self.stride1 + 1

    def infer_shape(self, s):
        s.same("data1", "data2")
        s.data1 = s.data2 = (UNKNOWN,) * 4
        n, _, h, w = s.data1
        s.output = (n, (2 * self.reach + 1) ** 2, self.extent(h), self.extent(w))

    def forward(self, data1, data2):
        h, w = (self.extent(side) for side in data1.shape[2:])
        # With patches of a pixel only those at the steps are computed, otherwise all are.
        step = self.stride1 if self.kernel_size == 1 else 1
        rows, columns = ((n - 1) * self.stride1 // step + self.kernel_size for n in (h, w))
        one, other = (
            F.pad(image, (self.pad_size,) * 4).permute(0, 2, 3, 1) for image in (data1, data2)
        )
        start = self.max_displacement
        places = slice(start, start + rows * step, step), slice(start, start + columns * step, step)
        one = one[:, places[0], places[1]]
        shifts = range(-self.reach * self.stride2, self.reach * self.stride2 + 1, self.stride2)
        maps = []
        for shift in shifts:
            lines = other[:, start + shift : start + shift + rows * step : step]
            maps.append(self._along_lines(one, lines, step))
        result = torch.cat(maps, 1)
        if self.kernel_size > 1:
            result = F.avg_pool2d(result, self.kernel_size, self.stride1)
        return result / data1.shape[1]

    def _along_lines(self, one, other, step):
        """The sums over channels for all shifts along the lines of images (n, h, w, c)."""
        n, h, w, c = one.shape
        first = self.max_displacement - self.reach * self.stride2
        one, other = one.reshape(n * h, w, c), other[:, :, first:]
        other = other.reshape(n * h, other.shape[2], c)
        if self.is_multiply:
            pairs = torch.bmm(one, other.transpose(1, 2))
        elif one.dtype in (torch.float32, torch.float64):
            pairs = torch.cdist(one, other, p=1.0)
        else:
            pairs = torch.cdist(one.float(), other.float(), p=1.0).to(one.dtype)
        width = pairs.shape[2]
        # Pixel i of one meets pixels i * step + j * stride2 of the other: bands of the matrices.
        size, strides = (n, h, w, 2 * self.reach + 1), (h * w * width, w * width, width + step)
        return pairs.as_strided(size, (*strides, self.stride2)).permute(0, 3, 1, 2)
