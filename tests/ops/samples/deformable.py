"""Samples of deformable convolution and pooling."""

import numpy as np

from ops.sample import Sample
from ops.samples.roi import interpolated, rounded, shuffled
from ops.samples.spatial import pixel

RNG = np.random.RandomState(9)


def inner(image, y, x):
    """The value at a place; nothing before the first pixel or a pixel beyond the last."""
    inside = 0 <= y < image.shape[1] and 0 <= x < image.shape[2]
    return interpolated(image, y, x) if inside else np.zeros(len(image))


def convolution(data, offset, weight, bias=None, mask=None, stride=1, pad=0, dilate=1, deform=1):
    """A convolution with equal stride, padding and dilation in both directions."""
    n, c, *_ = data.shape
    filters, width, *kernel = weight.shape
    points = kernel[0] * kernel[1]
    result = np.zeros((n, filters, *offset.shape[2:]))
    take = inner if mask is None else pixel
    for image, y, x in np.ndindex(n, *offset.shape[2:]):
        values = np.zeros((c, points))
        for d, k in np.ndindex(deform, points):
            i, j = divmod(k, kernel[1])
            dy, dx = offset[image, 2 * (d * points + k) :, y, x][:2]
            part = slice(d * c // deform, (d + 1) * c // deform)
            place = y * stride - pad + i * dilate + dy, x * stride - pad + j * dilate + dx
            values[part, k] = take(data[image, part], *place)
            if mask is not None:
                values[part, k] *= mask[image, d * points + k, y, x]
        for f in range(filters):
            first = f * (c // width) // filters * width
            used = values[first : first + width].reshape(width, *kernel)
            result[image, f, y, x] = (used * weight[f]).sum() + (0 if bias is None else bias[f])
    return result


def pooled(data, rois, trans=None, scale=1.0, dim=1, group=1, cells=1, parts=0, samples=1, std=0.0):
    h, w = data.shape[2:]
    result = np.zeros((len(rois), dim, cells, cells))
    parts = parts or cells
    classes = 1 if trans is None else trans.shape[1] // 2
    for r, k, p, q in np.ndindex(*result.shape):
        start = rounded(rois[r, [2, 1]]) * scale - 0.5
        extent = np.maximum((rounded(rois[r, [4, 3]]) + 1) * scale - 0.5 - start, 0.1)
        cell = extent / cells
        start = start + cell * [p, q]
        if trans is not None:
            of = 2 * (k // (dim // classes))
            move = trans[r, [of + 1, of], p * parts // cells, q * parts // cells]
            start = start + move * std * extent
        channel = (k * group + p * group // cells) * group + q * group // cells
        image = data[int(rois[r, 0]), channel : channel + 1]
        places = [start + cell / samples * at for at in np.ndindex(samples, samples)]
        places = [(y, x) for y, x in places if -0.5 <= y <= h - 0.5 and -0.5 <= x <= w - 0.5]
        values = [interpolated(image, *place)[0] for place in places]
        result[r, k, p, q] = np.mean(values) if values else 0
    return result


def offsets(*shape):
    """Moves that do not end close to pixels."""
    return (RNG.randint(-2, 3, shape) + RNG.uniform(0.1, 0.9, shape)).astype("float32")


ROIS = np.float32([[0, 1.2, 0.7, 5.6, 4.1], [1, -3, 2.1, 4.2, 9], [1, 5.3, 4.2, 5.9, 4.4]])
POOLING = {"spatial_scale": 0.5, "output_dim": 4, "group_size": 2, "pooled_size": 3}
MOVED = {"part_size": 2, "sample_per_part": 2, "trans_std": 0.3}

SAMPLES = [
    Sample(
        "_contrib_DeformableConvolution",
        {"kernel": (2, 3), "num_filter": 2, "pad": (1, 1)},
        {"data": (2, 2, 4, 5), "offset": offsets(2, 12, 5, 5)},
        lambda **given: convolution(**given, pad=1),
    ),
    Sample(
        "_contrib_DeformableConvolution",
        {
            "kernel": (3, 3),
            "num_filter": 4,
            "stride": (2, 2),
            "dilate": (2, 2),
            "pad": (2, 2),
            "num_group": 2,
            "num_deformable_group": 2,
            "no_bias": True,
        },
        {"data": (1, 4, 5, 4), "offset": offsets(1, 36, 3, 2)},
        lambda **given: convolution(**given, stride=2, dilate=2, pad=2, deform=2),
    ),
    Sample(
        "_contrib_ModulatedDeformableConvolution",
        {"kernel": (2, 2), "num_filter": 2, "num_deformable_group": 2},
        {"data": (2, 2, 4, 4), "offset": offsets(2, 16, 3, 3)},
        lambda **given: convolution(**given, deform=2),
    ),
    Sample(
        "_contrib_ModulatedDeformableConvolution",
        {"kernel": (1, 1), "num_filter": 2, "num_group": 2, "pad": (1, 1), "no_bias": True},
        {"data": (1, 2, 3, 3), "offset": offsets(1, 2, 5, 5)},
        lambda **given: convolution(**given, pad=1),
    ),
    Sample(
        "_contrib_DeformablePSROIPooling",
        {**POOLING, "no_trans": True},
        {"data": shuffled(2, 16, 5, 6), "rois": ROIS},
        lambda data, rois: pooled(data, rois, scale=0.5, dim=4, group=2, cells=3),
        gradient=False,  # regions have the gradient zero
    ),
    Sample(
        "_contrib_DeformablePSROIPooling",
        {**POOLING, **MOVED},
        {"data": shuffled(2, 16, 5, 6), "rois": ROIS, "trans": offsets(3, 4, 2, 2)},
        lambda **given: pooled(
            **given, scale=0.5, dim=4, group=2, cells=3, parts=2, samples=2, std=0.3
        ),
        gradient=False,
    ),
]
