"""Samples of sampling, resizing and correlation."""

import numpy as np

from ops.sample import Sample

RNG = np.random.RandomState(3)


def pixel(image, y, x):
    """The value of images (c, h, w) between pixels; zeros outside."""
    padded = np.pad(image, ((0, 0), (1, 2), (1, 2)))
    y, x = np.clip(y + 1, 0, image.shape[1] + 1), np.clip(x + 1, 0, image.shape[2] + 1)
    i, j = int(y), int(x)
    rows = np.tensordot(padded[:, i : i + 2, j : j + 2], [1 - (y - i), y - i], (1, 0))
    return rows @ [1 - (x - j), x - j]


def sampled(data, grid):
    n, c, h, w = data.shape
    result = np.zeros((n, c, *grid.shape[2:]))
    for i, y, x in np.ndindex(n, *grid.shape[2:]):
        column, row = (grid[i, :, y, x] + 1) / 2 * [w - 1, h - 1]
        result[i, :, y, x] = pixel(data[i], row, column)
    return result


def affine(data, size):
    y, x = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]), indexing="ij")
    points = np.stack([x, y, np.ones_like(x)]).reshape(3, -1)
    return (data.reshape(-1, 2, 3) @ points).reshape(-1, 2, *size)


def warp(data):
    h, w = data.shape[2:]
    y, x = np.meshgrid(np.arange(h), np.arange(w), indexing="ij")
    return (data + np.stack([x, y])) / np.reshape([(w - 1) / 2, (h - 1) / 2], (2, 1, 1)) - 1


def resized(data, size, corners=True):
    """Linear interpolation along one axis after the other."""
    for axis, length in ((2, size[0]), (3, size[1])):
        whole = data.shape[axis]
        if corners or length == 1:
            place = np.linspace(0, whole - 1, length)
        else:
            place = np.clip((np.arange(length) + 0.5) * whole / length - 0.5, 0, whole - 1)
        data = np.apply_along_axis(
            lambda line, place=place: np.interp(place, np.arange(len(line)), line), axis, data
        )
    return data


def correlation(data1, data2, kernel=1, most=1, stride1=1, stride2=1, pad=0, multiply=True):
    one, other = (np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))) for x in (data1, data2))
    reach, (n, _, h, w) = most // stride2, one.shape
    size = [-(-(side - 2 * most - kernel + 1) // stride1) for side in (h, w)]
    result = np.zeros((n, (2 * reach + 1) ** 2, *size))
    for k, i, j in np.ndindex(result.shape[1:]):
        dy, dx = ((v - reach) * stride2 for v in divmod(k, 2 * reach + 1))
        y, x = i * stride1 + most, j * stride1 + most
        a = one[:, :, y : y + kernel, x : x + kernel]
        b = other[:, :, y + dy : y + dy + kernel, x + dx : x + dx + kernel]
        result[:, k, i, j] = (a * b if multiply else abs(a - b)).mean((1, 2, 3))
    return result


def grid(*shape):
    """Places inside and outside of the image, clear of the pixels of images of side 4 and 5."""
    return (RNG.randint(-2, 9, shape) / 4 - 0.8 + RNG.uniform(0.02, 0.1, shape)).astype("float32")


def resize(size, shape=(2, 2, 4, 5), corners=True, **params):
    return Sample(
        "_contrib_BilinearResize2D",
        params | ({} if corners else {"align_corners": False}),
        {"data": shape},
        lambda data: resized(data, size, corners),
    )


def correlated(data1, **params):
    return Sample(
        "Correlation",
        {
            name: params[key]
            for key, name in {
                "kernel": "kernel_size",
                "most": "max_displacement",
                "stride1": "stride1",
                "stride2": "stride2",
                "pad": "pad_size",
                "multiply": "is_multiply",
            }.items()
            if key in params
        },
        {"data1": data1, "data2": data1},
        lambda data1, data2: correlation(data1, data2, **params),
    )


AFFINE = RNG.uniform(-0.6, 0.6, (2, 6)).astype("float32")
TRANSFORM = {"transform_type": "affine", "sampler_type": "bilinear", "target_shape": (4, 3)}

SAMPLES = [
    Sample("BilinearSampler", {}, {"data": (2, 3, 4, 5), "grid": grid(2, 2, 3, 4)}, sampled),
    Sample(
        "GridGenerator",
        {"transform_type": "affine", "target_shape": (3, 4)},
        {"data": (2, 6)},
        lambda data: affine(data, (3, 4)),
    ),
    Sample("GridGenerator", {"transform_type": "warp"}, {"data": (2, 2, 3, 4)}, warp),
    Sample(
        "SpatialTransformer",
        TRANSFORM,
        {"data": (2, 2, 5, 4), "loc": AFFINE},
        lambda data, loc: sampled(data, affine(loc, (4, 3))),
    ),
    resize((3, 8), height=3, width=8),
    resize((3, 8), height=3, width=8, corners=False),
    resize((3, 1), height=3, width=1, corners=False),
    resize((8, 3), scale_height=2.0, scale_width=0.7),
    resize((8, 9), mode="odd_scale", scale_height=2.0, scale_width=2.0),
    resize((4, 4), mode="to_even_down"),
    resize((4, 6), mode="to_even_up"),
    resize((3, 5), mode="to_odd_down", corners=False),
    resize((5, 5), mode="to_odd_up"),
    Sample(
        "_contrib_BilinearResize2D",
        {"mode": "like"},
        {"data": (2, 2, 4, 5), "like": (1, 3, 6, 2)},
        lambda data, like: resized(data, like.shape[2:]),
    ),
    Sample(
        "_backward_bilinear_resize",
        {},
        {"grad": (1, 2, 2, 2), "data": (1, 2, 3, 4)},
        lambda grad, data: np.moveaxis(
            np.einsum(
                "ncpq,pqhw->nchw",
                grad,
                resized(np.eye(12).reshape(12, 1, 3, 4), (2, 2))[:, 0]
                .transpose(1, 2, 0)
                .reshape(2, 2, 3, 4),
            ),
            (),
            (),
        ),
    ),
    correlated((2, 3, 4, 5)),
    correlated((1, 2, 6, 7), kernel=3, most=3, stride1=2, stride2=2, pad=4),
    correlated((1, 2, 6, 5), most=2, stride1=2, stride2=1, pad=2, multiply=False),
    correlated((1, 2, 5, 5), kernel=3, most=1, stride1=1, pad=1, multiply=False),
]
