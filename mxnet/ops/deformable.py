"""Convolution and pooling at places that the network chooses."""

from functools import partial
from math import prod
from typing import Annotated, Literal

from ..error import MXNetError
from .conv import ConvolutionBase
from .core import Op
from .lazy_torch import torch
from .parameters import Shape, at_least, at_most
from .roi import (
    between,
    from_pixel_rows,
    images_of,
    mix,
    mix_transposed,
    pixel_rows,
    plane_numbers,
    round_away,
)
from .shapes import UNKNOWN, Mismatch, known

__all__ = ["DeformableConvolution", "DeformablePSROIPooling", "ModulatedDeformableConvolution"]

# So many sampled values are held at once; larger batches are done part by part.
_VALUES = 1 << 25


def mix_by_weights(d_sums, rows, index):
    """The derivative of ``mix`` by its weights: the products of d_sums and the rows: (m, k)."""
    if not index.numel() or not rows.numel():
        return rows.new_zeros(index.shape)
    if torch.is_grad_enabled() and (d_sums.requires_grad or rows.requires_grad):
        return torch.einsum("mc,mkc->mk", d_sums, rows[index])  # the kernel has no derivative
    starts = torch.arange(0, index.numel(), index.shape[1], device=index.device)
    sums = torch.arange(len(index), device=index.device).repeat_interleave(index.shape[1])
    kernel = torch.ops.aten._embedding_bag_per_sample_weights_backward.default
    return kernel(d_sums.contiguous(), rows, index.flatten(), starts, sums, 0).view_as(index)


def with_gradients(bags, *tensors):
    """Index and weights that ``bags`` makes of tensors, and a function from d_weights to gradients.

    Where torch records what is done with the tensors or with d_weights, the gradients can be
    differentiated again.
    """
    again = any(x.requires_grad for x in tensors)
    if not again:
        tensors = [x.detach().requires_grad_() for x in tensors]
    with torch.enable_grad():
        index, weights = bags(*tensors)

    def propagate(d_weights):
        recorded = again or d_weights.requires_grad
        return torch.autograd.grad(weights, tensors, d_weights, create_graph=recorded)

    return index, weights if again else weights.detach(), propagate


def between_zeros(position, length):
    """The pixels on both sides of positions, and their weights; around the image there are zeros."""
    low = position.floor().detach().nan_to_num().clamp(-2, length)
    part = position - low
    index = torch.stack([low, low + 1], -1)
    exists = (index >= 0) & (index < length)
    weights = torch.where(exists, torch.stack([1 - part, part], -1), 0)
    return index.clamp(0, length - 1).long(), weights


class Deformable(ConvolutionBase, abstract=True):
    """What the deformable convolutions share.

    The values that a weight meets are means of four pixels, looked up as rows of channels.
    """

    precision = "full"
    memory_format = None

    def check(self):
        if len(self.kernel) != 2:
            raise MXNetError(f"kernel should be (height, width) but is {self.kernel}")
        super().check()

    def infer_shape(self, s):
        if not self.no_bias:
            s.bias = (self.num_filter,)
        s.data = (UNKNOWN,) * 4
        n, c, *sizes = s.data
        for name in ("num_group", "num_deformable_group"):
            if known(c) and c % getattr(self, name):
                raise Mismatch(f"data has {c} channels, not a multiple of {name}")
        s.weight = (self.num_filter, c // self.num_group, *self.kernel)
        extents = self.extents(sizes)
        points = prod(self.kernel) * self.num_deformable_group
        s.offset = (n, 2 * points, *extents)
        if "mask" in s:
            s.mask = (n, points, *extents)
        s.output = (n, self.num_filter, *extents)

    def extents(self, sizes):
        """The sizes of the output."""
        found = []
        for k, size, stride, pad, dilate in zip(sizes, self.kernel, *self.geometry(), strict=True):
            room = k + 2 * pad - dilate * (size - 1) - 1
            if known(room) and room < 0:
                raise Mismatch(f"kernel {self.kernel} exceeds the padded images of size {sizes}")
            found.append(room // stride + 1)
        return found

    def parts(self, data):
        """The batch in parts, as slices, for which few enough values are sampled."""
        n, c, *sizes = data.shape
        values = prod(self.extents(sizes)) * prod(self.kernel) * c
        step = max(_VALUES // max(values, 1), 1)
        return [slice(start, start + step) for start in range(0, n, step)]

    def rows(self, data):
        """The pixels as rows: (n, c, h, w) -> (n g h w, c / g) for g deformable groups."""
        n, _, h, w = data.shape
        return pixel_rows(data.reshape(n * self.num_deformable_group, -1, h, w))

    def places(self, extents, device):
        """Where the points of the kernel are without offsets, y and x: (p, q, points, 1) each."""
        y, x = (
            torch.arange(m, device=device).unsqueeze(1) * stride
            - pad
            + torch.arange(size, device=device) * dilate
            for m, size, stride, pad, dilate in zip(
                extents, self.kernel, *self.geometry(), strict=True
            )
        )
        grids = torch.broadcast_tensors(y[:, None, :, None], x[None, :, None, :])
        return [grid.reshape(*extents, -1, 1) for grid in grids]

    def pixels(self, position, length):
        """The pixels on both sides of positions along an axis, and their weights, (..., 2) each."""
        raise NotImplementedError

    def from_rows(self, rows, shape):
        """The inverse of ``rows``."""
        n, c, h, w = shape
        groups = self.num_deformable_group
        return from_pixel_rows(rows, (n * groups, c // groups, h, w)).reshape(shape)

    def bags(self, sizes, offset, mask=None):
        """Pixels and weights of the samples, in the order (n, place, point, deformable group)."""
        n, _, *extents = offset.shape
        groups = self.num_deformable_group
        offset = offset.reshape(n, groups, -1, 2, *extents).permute(3, 0, 4, 5, 2, 1)
        places = self.places(extents, offset.device)
        moved = [start + move for start, move in zip(places, offset, strict=True)]
        (y, wy), (x, wx) = map(self.pixels, moved, sizes)
        first = torch.arange(n * groups, device=offset.device).view(n, 1, 1, 1, groups, 1, 1)
        index = (first * sizes[0] + y.unsqueeze(-1)) * sizes[1] + x.unsqueeze(-2)
        weights = wy.unsqueeze(-1) * wx.unsqueeze(-2)
        if mask is not None:
            mask = mask.reshape(n, groups, -1, *extents).permute(0, 3, 4, 2, 1)
            weights = weights * mask[..., None, None]
        return index.reshape(-1, 4), weights.reshape(-1, 4)

    def columns(self, samples, c):
        """Samples as matrices, one for each group: (g, places, points c / g)."""
        samples = samples.view(-1, prod(self.kernel), self.num_group, c // self.num_group)
        return samples.permute(2, 0, 1, 3).reshape(self.num_group, len(samples), -1)

    def from_columns(self, columns, c):
        """The inverse of ``columns``."""
        columns = columns.reshape(self.num_group, columns.shape[1], -1, c // self.num_group)
        return columns.permute(1, 2, 0, 3).reshape(-1, c // self.num_deformable_group)

    def matrices(self, weight):
        """The weight as matrices, one for each group: (g, points c / g, filters / g)."""
        split = weight.reshape(self.num_group, -1, weight.shape[1], prod(self.kernel))
        return split.permute(0, 3, 2, 1).reshape(self.num_group, -1, split.shape[1])

    def from_matrices(self, matrices, shape):
        """The inverse of ``matrices``."""
        split = matrices.reshape(self.num_group, prod(self.kernel), shape[1], -1)
        return split.permute(0, 3, 2, 1).reshape(shape)

    def compute(self, data, offset, mask, weight, bias):
        """The output."""
        n, c, *sizes = data.shape
        output = data.new_empty(n, self.num_filter, *offset.shape[2:])
        matrices = self.matrices(weight)
        for part in self.parts(data):
            moving = [x[part] for x in (offset, mask) if x is not None]
            columns = self.columns(mix(self.rows(data[part]), *self.bags(sizes, *moving)), c)
            target = output[part]
            result = torch.bmm(columns, matrices).view(
                self.num_group, len(target), -1, matrices.shape[2]
            )
            target.copy_(result.permute(1, 0, 3, 2).reshape(target.shape))
        return output if bias is None else output.add_(bias.view(-1, 1, 1))

    def derivatives(self, d_output, data, offset, mask, weight, needs):
        """The gradients of data, offset, mask and weight, where needed (four of ``needs``)."""
        c, sizes = data.shape[1], data.shape[2:]
        found = [
            torch.zeros_like(x) if need else None
            for x, need in zip((data, offset, mask, weight), needs, strict=True)
        ]
        d_data, d_offset, d_mask, d_weight = found
        matrices = self.matrices(weight)
        d_matrices = torch.zeros_like(matrices)
        for part in self.parts(data):
            d = d_output[part].reshape(
                -1, self.num_group, matrices.shape[2], prod(offset.shape[2:])
            )
            d = d.permute(1, 0, 3, 2).reshape(self.num_group, -1, matrices.shape[2])
            rows = self.rows(data[part])
            moving = [x[part] for x in (offset, mask) if x is not None]
            index, weights, propagate = with_gradients(partial(self.bags, sizes), *moving)
            if d_weight is not None:
                columns = self.columns(mix(rows, index, weights), c)
                d_matrices += torch.bmm(columns.transpose(1, 2), d)
            d_samples = self.from_columns(torch.bmm(d, matrices.transpose(1, 2)), c)
            if d_data is not None:
                d_rows = mix_transposed(d_samples, index, weights, len(rows))
                d_data[part] = self.from_rows(d_rows, d_data[part].shape)
            if d_offset is not None or d_mask is not None:
                gradients = propagate(mix_by_weights(d_samples, rows, index))
                for total, gradient in zip((d_offset, d_mask), gradients):
                    if total is not None:
                        total[part] = gradient
        if d_weight is not None:
            d_weight = self.from_matrices(d_matrices, weight.shape)
        return d_data, d_offset, d_mask, d_weight


class DeformableConvolution(Deformable, name="_contrib_DeformableConvolution"):
    """A convolution whose points are moved, everywhere differently, and interpolated linearly.

    Shapes: data (n, c, h, w), offset (n, 2 d *kernel, p, q), weight (num_filter, c / num_group,
    *kernel), bias (num_filter,) -> (n, num_filter, p, q), sizes as of Convolution. The offsets are
    those of the points of the kernel, y and x in turn, for each of d = ``num_deformable_group``
    groups of channels. Points outside of the image are 0. ``workspace`` and ``layout`` are accepted
    for compatibility. Dai et al. 2017.
    """

    kernel: Shape
    stride: Shape = ()
    dilate: Shape = ()
    pad: Shape = ()
    num_filter: Annotated[int, at_least(1)]
    num_group: Annotated[int, at_least(1)] = 1
    num_deformable_group: Annotated[int, at_least(1)] = 1
    workspace: Annotated[int, at_least(0)] = 1024
    no_bias: bool = False
    layout: Literal[None, "NCDHW", "NCHW", "NCW"] = None

    def inputs(self):
        return ("data", "offset", *super().inputs()[1:])

    def pixels(self, position, length):
        return between(position, length, (position >= 0) & (position < length))

    def forward(self, data, offset, weight, bias=None):
        return self.compute(data, offset, None, weight, bias)

    def backward(self, d_output, data, offset, weight, *, needs):
        wanted = (*needs[:2], False, needs[2])
        d_data, d_offset, _, d_weight = self.derivatives(
            d_output, data, offset, None, weight, wanted
        )
        gradients = d_data, d_offset, d_weight
        return (
            gradients
            if self.no_bias
            else (*gradients, d_output.sum((0, 2, 3)) if needs[-1] else None)
        )


class ModulatedDeformableConvolution(Deformable, name="_contrib_ModulatedDeformableConvolution"):
    """A deformable convolution whose points are weighted, too: mask (n, d *kernel, p, q).

    It interpolates towards zeros around the image. Other shapes are those of DeformableConvolution.
    ``workspace``, ``im2col_step`` and ``layout`` are accepted for compatibility. Zhu et al. 2018.
    """

    kernel: Shape
    stride: Shape = ()
    dilate: Shape = ()
    pad: Shape = ()
    num_filter: Annotated[int, at_least(1)]
    num_group: Annotated[int, at_least(1)] = 1
    num_deformable_group: Annotated[int, at_least(1)] = 1
    workspace: Annotated[int, at_least(0)] = 1024
    no_bias: bool = False
    im2col_step: Annotated[int, at_least(0)] = 64
    layout: Literal[None, "NCDHW", "NCHW", "NCW"] = None

    def inputs(self):
        return ("data", "offset", "mask", *super().inputs()[1:])

    def pixels(self, position, length):
        return between_zeros(position, length)

    def forward(self, data, offset, mask, weight, bias=None):
        return self.compute(data, offset, mask, weight, bias)

    def backward(self, d_output, data, offset, mask, weight, *, needs):
        gradients = self.derivatives(d_output, data, offset, mask, weight, needs[:4])
        return (
            gradients
            if self.no_bias
            else (*gradients, d_output.sum((0, 2, 3)) if needs[-1] else None)
        )


class DeformablePSROIPooling(Op, name="_contrib_DeformablePSROIPooling"):
    """Means of samples in the cells of a grid over each region; the network moves the cells.

    Shapes: data (n, output_dim g g, h, w) with g = ``group_size`` sets of channels down and across
    the region, rois (r, 5), trans (r, 2 k, s, s), x and y in turn -> (r, output_dim, p, p) with
    p = ``pooled_size``. A cell has ``sample_per_part`` samples down and across; those outside of
    the image do not count. trans times ``trans_std`` moves the cells of a part of the region, of
    s = ``part_size`` (0: p) down and across, in terms of the size of the region; each of k classes
    has output_dim / k channels. With ``no_trans`` there is no input trans. Dai et al. 2017.
    """

    spatial_scale: Annotated[float, at_least(0.0), at_most(1.0)]
    output_dim: Annotated[int, at_least(1)]
    group_size: Annotated[int, at_least(1)]
    pooled_size: Annotated[int, at_least(1)]
    part_size: Annotated[int, at_least(0)] = 0
    sample_per_part: Annotated[int, at_least(1)] = 1
    trans_std: Annotated[float, at_least(0.0), at_most(1.0)] = 0.0
    no_trans: bool = False

    precision = "full"

    def inputs(self):
        return ("data", "rois") if self.no_trans else ("data", "rois", "trans")

    @property
    def parts(self):
        """How many parts of a region there are down and across."""
        return self.part_size or self.pooled_size

    def infer_shape(self, s):
        s.data = (UNKNOWN, self.output_dim * self.group_size**2, UNKNOWN, UNKNOWN)
        s.rois = (UNKNOWN, 5)
        s.output = (s.rois[0], self.output_dim, self.pooled_size, self.pooled_size)
        if not self.no_trans:
            s.trans = (s.rois[0], UNKNOWN, self.parts, self.parts)
            count = s.trans[1]
            if known(count) and (count < 2 or count % 2 or self.output_dim % (count // 2)):
                raise Mismatch(
                    f"trans should be (r, 2 k, s, s), k a divisor of output_dim: {s.trans}"
                )

    def classes(self, trans):
        """How many sets of offsets there are."""
        return 1 if trans is None else trans.shape[1] // 2

    def bags(self, shape, rois, trans=None):
        """Pixels and weights of the samples of the cells (r, k, p, p)."""
        n, _, h, w = shape
        image, exists = images_of(rois, n)
        corners = round_away(rois[:, 1:]) * self.spatial_scale - 0.5
        start = corners[:, :2]
        extent = (corners[:, 2:] + self.spatial_scale - start).clamp_min(0.1)
        y = self._positions(start, extent, trans, 1).unsqueeze(-1)
        x = self._positions(start, extent, trans, 0).unsqueeze(-2)
        (y, wy), (x, wx) = (
            between(at, length, (at >= -0.5) & (at <= length - 0.5))
            for at, length in ((y, h), (x, w))
        )
        plane = plane_numbers(self.pooled_size, self.group_size, rois.device)
        classes = self.classes(trans)
        number = (plane * n + image.view(-1, 1, 1, 1)) * classes
        number = number + torch.arange(classes, device=rois.device).view(-1, 1, 1)
        index = number[..., None, None, None, None] * h + y.unsqueeze(-1)
        index = index * w + x.unsqueeze(-2)
        weights = wy.unsqueeze(-1) * wx.unsqueeze(-2) * exists.view(-1, *(1,) * 7)
        # The weights of a sample add up to 1, or to 0 if it is outside of the image.
        count = weights.detach().sum((-4, -3, -2, -1), keepdim=True).round().clamp_min(1)
        entries = 4 * self.sample_per_part**2
        return index.reshape(-1, entries), (weights / count).reshape(-1, entries)

    def _positions(self, start, extent, trans, axis):
        """Where the samples are along an axis (0: x): (r, k, p, p, samples)."""
        cells, samples, parts = self.pooled_size, self.sample_per_part, self.parts
        start, extent = (v[:, axis].view(-1, 1, 1, 1, 1) for v in (start, extent))
        number = torch.arange(cells, device=start.device)
        sample = torch.arange(samples, device=start.device)
        place = number.view(-1, 1, 1) if axis else number.view(1, -1, 1)
        size = extent / cells
        position = (start + place * size + sample * (size / samples)).expand(
            -1, 1, cells, cells, -1
        )
        if trans is None:
            return position
        part = number * parts // cells
        moves = trans.reshape(len(trans), -1, 2, parts, parts)[:, :, axis][:, :, part][..., part]
        return position + moves.unsqueeze(-1) * (self.trans_std * extent)

    def rows(self, data, classes):
        """The pixels as rows: (n, c, h, w) -> (g g n k h w, c / (k g g))."""
        n, c, h, w = data.shape
        return pixel_rows(data.reshape(n * classes, c // classes, h, w), self.group_size**2)

    def forward(self, data, rois, trans=None):
        classes = self.classes(trans)
        rows = self.rows(data, classes)
        cells = mix(rows, *self.bags(data.shape, rois, trans))
        cells = cells.view(len(rois), classes, self.pooled_size, self.pooled_size, rows.shape[1])
        shape = len(rois), self.output_dim, self.pooled_size, self.pooled_size
        return cells.permute(0, 1, 4, 2, 3).reshape(shape)

    def gradient_reads(self):
        reads = ("d_output", "data", "rois")
        return reads if self.no_trans else (*reads, "trans")

    def backward(self, d_output, data, rois, trans=None, *, needs):
        n, c, h, w = data.shape
        classes, planes = self.classes(trans), self.group_size**2
        rows, width = self.rows(data, classes), c // (classes * planes)
        moving = () if trans is None else (trans,)
        index, weights, propagate = with_gradients(partial(self.bags, data.shape, rois), *moving)
        d_cells = d_output.reshape(len(rois), classes, width, *d_output.shape[2:])
        d_cells = d_cells.permute(0, 1, 3, 4, 2).reshape(-1, width)
        d_data = d_rois = d_trans = None
        if needs[0]:
            d_rows = mix_transposed(d_cells, index, weights, len(rows))
            d_data = from_pixel_rows(d_rows, (n * classes, c // classes, h, w), planes)
            d_data = d_data.reshape(data.shape)
        if needs[1]:
            d_rois = torch.zeros_like(rois)
        if trans is not None and needs[2]:
            (d_trans,) = propagate(mix_by_weights(d_cells, rows, index))
        return (d_data, d_rois) if trans is None else (d_data, d_rois, d_trans)
