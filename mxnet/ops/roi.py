"""Pooling of regions of interest: parts of feature maps, whatever their size, as small grids.

A region is a row (image, left, top, right, bottom), in pixels of the image; ``spatial_scale`` is the
size of the feature map in terms of the image. A region of an image that does not exist gives zeros.
"""

import math
from typing import Annotated

from ..error import MXNetError
from .core import Op
from .lazy_torch import F, torch
from .parameters import Shape, at_least, at_most
from .shapes import UNKNOWN, Mismatch, known

__all__ = ["PSROIPooling", "ROIAlign", "ROIPooling", "RROIAlign"]

# So many pixels are looked up at once; more are done part by part, but a region is one part.
_ENTRIES, _MOST_ENTRIES = 1 << 22, 1 << 27


def mix(rows, index, weights):
    """Weighted sums of rows: rows (n, c), index and weights (m, k) -> (m, c)."""
    if not index.numel() or not rows.numel():
        return rows.new_zeros(index.shape[0], rows.shape[1])
    return F.embedding_bag(index, rows, per_sample_weights=weights, mode="sum")


def mix_transposed(d_sums, index, weights, count):
    """The derivative of ``mix`` by its ``count`` rows: what each row is to the sums."""
    if not index.numel() or not d_sums.numel():
        return d_sums.new_zeros(count, d_sums.shape[1])
    places, order = index.flatten().sort(stable=True)
    starts = torch.searchsorted(places, torch.arange(count, device=places.device))
    weights = weights.flatten()[order]
    sums = order.div(index.shape[1], rounding_mode="floor")
    return F.embedding_bag(sums, d_sums, starts, per_sample_weights=weights, mode="sum")


def pixel_rows(data, planes=1):
    """Feature maps as rows of c // planes channels: (n, c, h, w) -> (planes n h w, c // planes).

    With several planes the channels of a plane lie ``planes`` apart.
    """
    n, c, h, w = data.shape
    each = c // planes
    rows = data.reshape(n, each, planes, h, w).permute(2, 0, 3, 4, 1)
    # A view would do, but lookups are fast in dense rows only.
    return rows.reshape(planes * n * h * w, each).contiguous()


def from_pixel_rows(rows, shape, planes=1):
    """The inverse of ``pixel_rows``."""
    n, c, h, w = shape
    return rows.view(planes, n, h, w, c // planes).permute(1, 4, 0, 2, 3).reshape(n, c, h, w)


def between(position, length, inside):
    """The pixels on both sides of positions along an axis, and their weights, (..., 2) each.

    Positions beyond the outer pixels count as on them; those that are not ``inside`` as nothing.
    """
    position = torch.where(inside, position, 0).clamp(0, length - 1)
    low = position.detach().floor()
    part = position - low
    low = low.long()
    index = torch.stack([low, (low + 1).clamp_max(length - 1)], -1)
    return index, torch.stack([1 - part, part], -1) * inside.unsqueeze(-1)


def round_away(value):
    """The nearest whole numbers; halves are rounded away from zero."""
    return torch.trunc(value + torch.copysign(torch.full_like(value, 0.5), value))


class Regions(Op, abstract=True):
    """What the operators on regions share; rois get the gradient zero."""

    waits = True
    columns = 5

    def infer_shape(self, s):
        s.rois = (UNKNOWN, self.columns)
        s.data = (UNKNOWN,) * 4
        s.output = (s.rois[0], self.channels(s.data[1]), *self.grid)
        s.rois = (s.output[0], self.columns)

    def channels(self, channels):
        """The channels of the output."""
        return channels

    @property
    def grid(self):
        """The height and width of the output."""
        return self.pooled_size

    def check_grid(self):
        """Raise MXNetError unless the grid is one."""
        if len(self.grid) != 2 or any(side is None or side < 1 for side in self.grid):
            raise MXNetError(f"pooled_size should be (height, width) but is {self.grid}")


def images_of(rois, count):
    """The images of regions, and which of them exist."""
    image = rois[:, 0]
    exists = (image > -1) & (image < count)
    return torch.where(exists, image, 0).long(), exists


class ROIPooling(Regions):
    """The largest values in the cells of a grid over each region; 0 in cells that are empty.

    Shapes: data (n, c, h, w), rois (r, 5) -> (r, c, *pooled_size). Corners are rounded to pixels of
    the feature map, the right and the bottom belong to the region, and cells grow to whole pixels.
    The gradient goes to the first of the largest values. Girshick 2015.
    """

    pooled_size: Shape
    spatial_scale: Annotated[float, at_least(0.0), at_most(1.0)]

    check = Regions.check_grid

    def cells(self, rois, size):
        """First and last + 1 of the rows and of the columns of cells: four of (r, cells)."""
        corners = round_away(rois[:, 1:] * self.spatial_scale)
        found = []
        for axis, (cells, length) in enumerate(zip(self.grid, size, strict=True)):
            first, last = corners[:, 1 - axis, None], corners[:, 3 - axis, None]
            step = (last - first + 1).clamp_min(1) / cells
            number = torch.arange(cells, device=rois.device)
            for edge in (torch.floor(number * step), torch.ceil((number + 1) * step)):
                found.append((edge + first).nan_to_num().clamp(0, length).long())
        return found

    def largest(self, data, rois, places=None):
        """The largest values of all cells, (r, p, q, c); with ``places`` also where they are.

        Windows of 2^i by 2^j pixels cover a cell; their maxima come from those of half the size.
        """
        n, c, h, w = data.shape
        top, bottom, left, right = self.cells(rois, (h, w))
        image, exists = images_of(rois, n)
        high, wide = bottom - top, right - left
        full = (high > 0).unsqueeze(2) & (wide > 0).unsqueeze(1) & exists.view(-1, 1, 1)
        result = data.new_zeros(*full.shape, c)
        where = None if places is None else torch.zeros_like(result, dtype=places.dtype)
        base = (image * h).view(-1, 1, 1)
        level = [_log2(extent) for extent in (high, wide)]
        rows = Maxima(data.permute(0, 2, 3, 1).contiguous(), places)
        for i in range(int(level[0].max()) + 1 if full.any() else 0):
            row = rows = rows if i == 0 else rows.doubled(1, 2 ** (i - 1))
            for j in range(int(level[1].max()) + 1):
                row = row if j == 0 else row.doubled(2, 2 ** (j - 1))
                cells = full & (level[0] == i).unsqueeze(2) & (level[1] == j).unsqueeze(1)
                region, p, q = cells.nonzero(as_tuple=True)
                if not region.numel():
                    continue
                tops = top[region, p], bottom[region, p] - 2**i
                lefts = left[region, q], right[region, q] - 2**j
                start = base[region, 0, 0]
                corners = [row.at((start + y) * w + x) for y in tops for x in lefts]
                best = _largest_of(corners)
                result[region, p, q] = best.values
                if where is not None:
                    where[region, p, q] = best.places
        return result, where, full, image

    def forward(self, data, rois):
        return self.largest(data, rois)[0].permute(0, 3, 1, 2).contiguous()

    def backward(self, d_output, data, rois, *, needs):
        d_data = None
        if needs[0]:
            n, c, h, w = data.shape
            places = torch.arange(h * w, device=data.device).view(1, h, w, 1).expand(n, h, w, c)
            _, where, full, image = self.largest(data, rois, places)
            where += (image * h * w).view(-1, 1, 1, 1)
            d = d_output.permute(0, 2, 3, 1).masked_fill(~full.unsqueeze(-1), 0).reshape(-1, c)
            rows = torch.zeros(n * h * w, c, dtype=data.dtype, device=data.device)
            if n:
                rows.scatter_add_(0, where.view(-1, c), d)
            d_data = from_pixel_rows(rows, data.shape)
        return d_data, torch.zeros_like(rois) if needs[1] else None


def _log2(number):
    """The exponents of the largest powers of two up to whole numbers; that of 0 is 0."""
    return torch.frexp(number.clamp_min(1).double()).exponent.long() - 1


class Maxima:
    """The largest values of windows at all pixels (n, h, w, c), and where they are (or None)."""

    def __init__(self, values, places):
        self.values, self.places = values, places

    def at(self, index):
        """Those of the windows that start at given pixels."""
        parts = (self.values, self.places)
        rows = [None if x is None else x.reshape(-1, x.shape[-1])[index] for x in parts]
        return Maxima(*rows)

    def narrow(self, axis, start, length):
        """A part along an axis."""
        parts = (self.values, self.places)
        return Maxima(*(None if x is None else x.narrow(axis, start, length) for x in parts))

    def doubled(self, axis, distance):
        """The windows joined with those at a distance; near the end they stay as they are."""
        length = self.values.shape[axis] - distance
        if length < 1:
            return self
        joined = self.narrow(axis, 0, length).joined(self.narrow(axis, distance, length))
        rest = self.narrow(axis, length, distance)
        values = torch.cat([joined.values, rest.values], axis)
        if self.places is None:
            return Maxima(values, None)
        return Maxima(values, torch.cat([joined.places, rest.places], axis))

    def joined(self, other):
        """The larger values; of equal ones the first in the image."""
        if self.places is None:
            return Maxima(torch.maximum(self.values, other.values), None)
        same, earlier = other.values == self.values, other.places < self.places
        taken = (other.values > self.values) | (same & earlier)
        places = torch.where(taken, other.places, self.places)
        return Maxima(torch.where(taken, other.values, self.values), places)


def _largest_of(corners):
    """The largest of several windows."""
    best = corners[0]
    for other in corners[1:]:
        best = best.joined(other)
    return best


class Mixed(Regions, abstract=True):
    """Cells that are weighted sums of pixels."""

    planes = 1
    backward_shape_only = ("data",)

    def bags(self, rois, shape):
        """For parts of the regions: which, the pixels of their cells, and the weights."""
        raise NotImplementedError

    def channels(self, channels):
        if known(channels) and channels % self.planes:
            raise Mismatch(f"data should have a multiple of {self.planes} channels: {channels}")
        return channels // self.planes

    def forward(self, data, rois):
        rows = pixel_rows(data, self.planes)
        cells = rows.new_zeros(len(rois), *self.grid, rows.shape[1])
        for part, index, weights in self.bags(rois, data.shape):
            cells[part] = mix(rows, index, weights).view(-1, *cells.shape[1:])
        return cells.permute(0, 3, 1, 2).contiguous()

    def backward(self, d_output, data, rois, *, needs):
        d_data = None
        if needs[0]:
            n, c, h, w = data.shape
            d_cells = d_output.permute(0, 2, 3, 1)
            d_rows = d_output.new_zeros(self.planes * n * h * w, c // self.planes)
            for part, index, weights in self.bags(rois, data.shape):
                sums = d_cells[part].reshape(-1, d_rows.shape[1])
                d_rows += mix_transposed(sums, index, weights, len(d_rows))
            d_data = from_pixel_rows(d_rows, data.shape, self.planes)
        return d_data, torch.zeros_like(rois) if needs[1] else None


class Sampled(Mixed, abstract=True):
    """Cells that are means of samples, interpolated linearly from the pixels around them."""

    def cell_sizes(self, rois):
        """The height and width of the cells: (r, 2)."""
        raise NotImplementedError

    def positions(self, rois, offsets):
        """y and x of samples, from how far down and to the right they are in their region.

        Shapes: offsets (r, p, 1, down, 1) and (r, 1, q, 1, across); the results broadcast to
        (r, p, q, down, across).
        """
        raise NotImplementedError

    def samples(self, rois):
        """How many samples a cell has down and across: (r, 2)."""
        if self.ratio > 0:
            return torch.full_like(rois[:, :2], self.ratio, dtype=torch.int64)
        return self.cell_sizes(rois).double().nan_to_num().clamp_max(_MOST_ENTRIES).ceil().long()

    def bags(self, rois, shape):
        n, _, h, w = shape
        image, exists = images_of(rois, n)
        counts = self.samples(rois).masked_fill(~exists.unsqueeze(1), 0)
        for count in counts.unique(dim=0):
            down, across = count.tolist()
            if down < 1 or across < 1:
                continue
            entries = math.prod(self.grid) * down * across * 4
            if entries > _MOST_ENTRIES:
                raise MXNetError(
                    f"a region has cells of {down} by {across} pixels: give the number of samples"
                )
            found = (counts == count).all(1).nonzero().squeeze(1)
            for part in found.split(max(_ENTRIES // entries, 1)):
                positions = self.positions(rois[part], self._offsets(rois[part], down, across))
                first = image[part].view(-1, 1, 1, 1, 1) * (h * w)
                index, weights = bilinear(positions, (h, w), first)
                index = index + self.plane_offsets(n * h * w, index.device)
                cells = part.numel() * math.prod(self.grid)
                yield part, index.reshape(cells, -1), weights.reshape(cells, -1) / (down * across)

    def _offsets(self, rois, down, across):
        """How far down and to the right samples are in their region."""
        found = []
        sizes = self.cell_sizes(rois)
        for axis, (cells, count) in enumerate(zip(self.grid, (down, across), strict=True)):
            number = torch.arange(cells, device=rois.device).view(-1, 1)
            part = (torch.arange(count, device=rois.device) + 0.5).to(rois.dtype)
            size = sizes[:, axis].view(-1, 1, 1)
            found.append(number * size + part * size / count)
        return found[0][:, :, None, :, None], found[1][:, None, :, None, :]

    def plane_offsets(self, pixels, device):
        """By how many pixels the planes of cells are further on."""
        return 0


def bilinear(positions, size, first):
    """The four pixels around positions y and x, as rows from ``first`` on, and their weights.

    More than a pixel beyond the outer ones there is nothing. Shapes: broadcastable (*k) -> index
    and weights (*k, 2, 2).
    """
    (y, wy), (x, wx) = (
        between(at, length, (at >= -1) & (at <= length))
        for at, length in zip(positions, size, strict=True)
    )
    index = y.unsqueeze(-1) * size[1] + x.unsqueeze(-2) + first[..., None, None]
    return index, wy.unsqueeze(-1) * wx.unsqueeze(-2)


def turned(values):
    """y and x of the columns 0 and 1, to broadcast over (r, p, q, down, across)."""
    return (values[:, axis].view(-1, 1, 1, 1, 1) for axis in (1, 0))


class ROIAlign(Sampled, name="_contrib_ROIAlign"):
    """The means of samples in the cells of a grid over each region, without rounding to pixels.

    Shapes: data (n, c, h, w), rois (r, 5) -> (r, c, *pooled_size). A cell has ``sample_ratio``
    samples down and across, or as many as it is pixels wide, if that is not positive. ``aligned``
    moves regions by half a pixel, to the centers of pixels; without it they are a pixel wide at
    least. ``position_sensitive``: each cell has channels of its own, data (n, c p q, h, w).
    He et al. 2017.
    """

    pooled_size: Shape
    spatial_scale: Annotated[float, at_least(0.0), at_most(1.0)]
    sample_ratio: int = -1
    position_sensitive: bool = False
    aligned: bool = False

    check = Regions.check_grid

    @property
    def ratio(self):
        """The number of samples, where it is given."""
        return self.sample_ratio

    @property
    def planes(self):
        """The number of sets of channels."""
        return math.prod(self.grid) if self.position_sensitive else 1

    def corners(self, rois):
        """The corners of the regions in pixels."""
        return rois[:, 1:] * self.spatial_scale - (0.5 if self.aligned else 0)

    def cell_sizes(self, rois):
        corners = self.corners(rois)
        extent = corners[:, [3, 2]] - corners[:, [1, 0]]
        extent = extent if self.aligned else extent.clamp_min(1)
        return extent / extent.new_tensor(self.grid)

    def positions(self, rois, offsets):
        return [start + off for start, off in zip(turned(self.corners(rois)), offsets, strict=True)]

    def plane_offsets(self, pixels, device):
        if not self.position_sensitive:
            return 0
        plane = torch.arange(self.planes, device=device) * pixels
        return plane.view(*self.grid, 1, 1, 1, 1)


class RROIAlign(Sampled, name="_contrib_RROIAlign"):
    """ROIAlign of turned regions: rows (image, x, y, width, height, degrees).

    Shapes: data (n, c, h, w), rois (r, 6) -> (r, c, *pooled_size); x and y are those of the center.
    A cell has ``sampling_ratio`` samples down and across, or as many as it is pixels wide, if that
    is not positive. Ma et al. 2018.
    """

    pooled_size: Shape
    spatial_scale: Annotated[float, at_least(0.0), at_most(1.0)]
    sampling_ratio: int = -1

    columns = 6
    check = Regions.check_grid

    @property
    def ratio(self):
        """The number of samples, where it is given."""
        return self.sampling_ratio

    def extents(self, rois):
        """The height and width of the regions in pixels."""
        return (rois[:, [4, 3]] * self.spatial_scale).clamp_min(1)

    def cell_sizes(self, rois):
        extent = self.extents(rois)
        return extent / extent.new_tensor(self.grid)

    def positions(self, rois, offsets):
        right, down = turned(self.extents(rois) / 2)
        down, right = offsets[0] - down, offsets[1] - right
        y, x = turned(rois[:, 1:3] * self.spatial_scale)
        angle = torch.deg2rad(rois[:, 5]).view(-1, 1, 1, 1, 1)
        cos, sin = torch.cos(angle), torch.sin(angle)
        return y + down * cos - right * sin, x + right * cos + down * sin


class PSROIPooling(Mixed, name="_contrib_PSROIPooling"):
    """The means over the cells of a grid over each region, of channels that differ by the cell.

    Shapes: data (n, output_dim g g, h, w), rois (r, 5) -> (r, output_dim, p, p), with
    p = ``pooled_size`` and g = ``group_size`` (0: like p) sets of channels down and across the
    region. Corners are rounded to pixels of the image, the right and the bottom belong to the
    region, cells grow to whole pixels, and empty cells are 0. Dai et al. 2016.
    """

    spatial_scale: Annotated[float, at_least(0.0), at_most(1.0)]
    output_dim: Annotated[int, at_least(1)]
    pooled_size: Annotated[int, at_least(1)]
    group_size: Annotated[int, at_least(0)] = 0

    @property
    def grid(self):
        """The height and width of the output."""
        return (self.pooled_size,) * 2

    @property
    def across(self):
        """How many sets of channels there are down and across."""
        return self.group_size or self.pooled_size

    @property
    def planes(self):
        """The number of sets of channels."""
        return self.across**2

    def infer_shape(self, s):
        s.data = (UNKNOWN, self.output_dim * self.planes, UNKNOWN, UNKNOWN)
        super().infer_shape(s)

    def bags(self, rois, shape):
        n, _, h, w = shape
        image, exists = images_of(rois, n)
        rows, columns = (self._pixels(rois, axis, length) for axis, length in ((1, h), (0, w)))
        entries = math.prod(self.grid) * rows[0].shape[2] * columns[0].shape[2]
        plane = plane_numbers(self.pooled_size, self.across, rois.device) * (n * h * w)
        everything = torch.arange(len(rois), device=rois.device)
        for part in everything.split(max(_ENTRIES // max(entries, 1), 1)):
            (y, wy), (x, wx) = ((v[part] for v in pair) for pair in (rows, columns))
            y = (image[part].view(-1, 1, 1) * h + y).unsqueeze(3).unsqueeze(2)
            index = y * w + x.unsqueeze(2).unsqueeze(1) + plane[..., None, None]
            wy = (wy * exists[part].view(-1, 1, 1)).unsqueeze(3).unsqueeze(2)
            weights = wy * wx.unsqueeze(2).unsqueeze(1)
            shape = part.numel() * math.prod(self.grid), entries // math.prod(self.grid)
            yield part, index.reshape(shape), weights.reshape(shape)

    def _pixels(self, rois, axis, length):
        """The pixels of the cells along an axis, and their weights: (r, p, most pixels)."""
        corners = round_away(rois[:, 1:])
        start = corners[:, axis] * self.spatial_scale
        step = ((corners[:, axis + 2] + 1) * self.spatial_scale - start).clamp_min(0.1)
        step = (step / self.pooled_size).unsqueeze(1)
        number = torch.arange(self.pooled_size, device=rois.device)
        first, last = ((edge + start.unsqueeze(1)) for edge in (number * step, (number + 1) * step))
        first = first.floor().nan_to_num().clamp(0, length).long()
        last = last.ceil().nan_to_num().clamp(0, length).long()
        count = (last - first).clamp_min(0)
        most = int(count.max()) if count.numel() else 0
        pixels = first.unsqueeze(2) + torch.arange(most, device=rois.device)
        weights = (pixels < last.unsqueeze(2)) / count.clamp_min(1).unsqueeze(2)
        return pixels.clamp_max(length - 1), weights.to(rois.dtype)


def plane_numbers(cells, across, device):
    """Which set of channels the cells of a square grid have: (cells, cells)."""
    number = torch.arange(cells, device=device) * across // cells
    return number.unsqueeze(1) * across + number
