"""Samples of regions of interest."""

import numpy as np

from ops.sample import Sample

RNG = np.random.RandomState(5)


def rounded(value):
    return np.sign(value) * np.floor(abs(value) + 0.5)


def pooled(data, rois, pooled_size, spatial_scale):
    h, w = data.shape[2:]
    result = np.zeros((len(rois), data.shape[1], *pooled_size))
    for r, p, q in np.ndindex(len(rois), *pooled_size):
        left, top, right, bottom = rounded(rois[r, 1:] * spatial_scale)
        high, wide = (
            max(bottom - top + 1, 1) / pooled_size[0],
            max(right - left + 1, 1) / pooled_size[1],
        )
        y, x = np.floor([p * high, q * wide]) + [top, left]
        y_end, x_end = np.ceil([(p + 1) * high, (q + 1) * wide]) + [top, left]
        y, y_end = np.clip([y, y_end], 0, h).astype(int)
        x, x_end = np.clip([x, x_end], 0, w).astype(int)
        cell = data[int(rois[r, 0]), :, y:y_end, x:x_end]
        result[r, :, p, q] = cell.max((1, 2)) if cell.size else 0
    return result


def interpolated(image, y, x, margin=1.0):
    """Channels at a place; at most ``margin`` beyond the outer pixels counts as on them."""
    h, w = image.shape[1:]
    if not (-margin <= y <= h - 1 + margin and -margin <= x <= w - 1 + margin):
        return np.zeros(len(image))
    y, x = np.clip(y, 0, h - 1), np.clip(x, 0, w - 1)
    i, j = min(int(y), max(h - 2, 0)), min(int(x), max(w - 2, 0))
    a, b = y - i, x - j
    window = np.pad(image, ((0, 0), (0, 1), (0, 1)))[:, i : i + 2, j : j + 2]
    return np.einsum("cyx,y,x->c", window, [1 - a, a], [1 - b, b])


def aligned(
    data, rois, pooled_size, spatial_scale, ratio=-1, sensitive=False, half=False, turn=False
):
    cells = np.prod(pooled_size)
    channels = data.shape[1] // (cells if sensitive else 1)
    result = np.zeros((len(rois), channels, *pooled_size))
    for r, p, q in np.ndindex(len(rois), *pooled_size):
        roi = rois[r, 1:] * spatial_scale
        if turn:
            center, extent = roi[[1, 0]], np.maximum(roi[[3, 2]], 1)
            cos, sin = np.cos(np.deg2rad(rois[r, 5])), np.sin(np.deg2rad(rois[r, 5]))
            start, axes = -extent / 2, np.array([[cos, -sin], [sin, cos]])
        else:
            start = roi[[1, 0]] - 0.5 * half
            extent = roi[[3, 2]] - 0.5 * half - start
            extent = extent if half else np.maximum(extent, 1)
            center, axes = np.zeros(2), np.eye(2)
        cell = extent / pooled_size
        count = (ratio, ratio) if ratio > 0 else np.ceil(cell).astype(int)
        image = data[int(rois[r, 0])]
        if sensitive:
            image = image.reshape(channels, cells, *image.shape[1:])[:, p * pooled_size[1] + q]
        samples = [
            interpolated(
                image, *(center + axes @ (start + cell * ([p, q] + (np.array(k) + 0.5) / count)))
            )
            for k in np.ndindex(*count)
        ]
        result[r, :, p, q] = np.mean(samples, 0)
    return result


def position_sensitive(data, rois, output_dim, pooled_size, spatial_scale, group_size):
    h, w = data.shape[2:]
    result = np.zeros((len(rois), output_dim, pooled_size, pooled_size))
    for r, k, p, q in np.ndindex(*result.shape):
        start = rounded(rois[r, [2, 1]]) * spatial_scale
        extent = np.maximum((rounded(rois[r, [4, 3]]) + 1) * spatial_scale - start, 0.1)
        cell = extent / pooled_size
        y, x = np.clip(np.floor(start + cell * [p, q]), 0, [h, w]).astype(int)
        y_end, x_end = np.clip(np.ceil(start + cell * [p + 1, q + 1]), 0, [h, w]).astype(int)
        i, j = (v * group_size // pooled_size for v in (p, q))
        channel = (k * group_size + i) * group_size + j
        part = data[int(rois[r, 0]), channel, y:y_end, x:x_end]
        result[r, k, p, q] = part.mean() if part.size else 0
    return result


def shuffled(*shape):
    """Numbers from -1 to 1 of which no two are close."""
    return (RNG.permutation(np.prod(shape)).reshape(shape) / np.prod(shape) * 2 - 1).astype(
        "float32"
    )


ROIS = np.float32([[0, 1.2, 0.7, 9.6, 7.1], [1, -3, 2.1, 6.2, 13], [1, 5.3, 4.2, 5.9, 4.4]])
TURNED = np.float32([[0, 5, 4, 8, 3, 30], [1, 3, 6, 4, 7, -100], [1, 0.4, 0.3, 1, 1, 0]])
ALIGN = {"pooled_size": (2, 3), "spatial_scale": 0.5}


def sample(op, reference, data, params, rois=ROIS, **more):
    """The reference takes the parameters, or ``more``, where its words differ."""
    given = {"data": data if isinstance(data, np.ndarray) else shuffled(*data), "rois": rois}
    # Regions have the gradient zero.
    return Sample(
        op, params, given, lambda data, rois: reference(data, rois, **more), gradient=False
    )


SAMPLES = [
    sample("ROIPooling", pooled, (2, 3, 6, 5), ALIGN, **ALIGN),
    sample(
        "ROIPooling",
        pooled,
        (2, 2, 7, 9),
        {"pooled_size": (3, 1), "spatial_scale": 1.0},
        pooled_size=(3, 1),
        spatial_scale=1.0,
    ),
    sample("_contrib_ROIAlign", aligned, (2, 3, 6, 5), ALIGN, **ALIGN),
    sample(
        "_contrib_ROIAlign",
        aligned,
        (2, 12, 6, 5),
        {**ALIGN, "sample_ratio": 2, "position_sensitive": True, "aligned": True},
        **ALIGN,
        ratio=2,
        sensitive=True,
        half=True,
    ),
    sample("_contrib_RROIAlign", aligned, (2, 3, 6, 5), ALIGN, TURNED, **ALIGN, turn=True),
    sample(
        "_contrib_RROIAlign",
        aligned,
        (2, 1, 6, 5),
        {**ALIGN, "sampling_ratio": 3},
        TURNED,
        **ALIGN,
        ratio=3,
        turn=True,
    ),
    sample(
        "_contrib_PSROIPooling",
        position_sensitive,
        (2, 8, 6, 7),
        {"output_dim": 2, "pooled_size": 2, "spatial_scale": 0.5},
        output_dim=2,
        pooled_size=2,
        spatial_scale=0.5,
        group_size=2,
    ),
    sample(
        "_contrib_PSROIPooling",
        position_sensitive,
        (2, 8, 6, 7),
        {"output_dim": 2, "pooled_size": 3, "spatial_scale": 1.0, "group_size": 2},
        output_dim=2,
        pooled_size=3,
        spatial_scale=1.0,
        group_size=2,
    ),
]
