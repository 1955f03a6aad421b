"""Samples of borders, crops and windows."""

import numpy as np

from ops.sample import Sample

WIDTHS = (0, 0, 0, 0, 1, 2, 2, 1)


def pad(mode, widths=WIDTHS, **more):
    pairs = list(zip(widths[::2], widths[1::2], strict=True))
    return lambda data: np.pad(data, pairs, mode, **more)


def windows(data, kernel, stride, dilate, pad):
    """For each position of the window a slice of the padded images."""
    data = np.pad(data, [(0, 0), (0, 0), *((p, p) for p in pad)])
    sizes = [
        (size - d * (k - 1) - 1) // s + 1
        for size, k, s, d in zip(data.shape[2:], kernel, stride, dilate, strict=True)
    ]
    for place in np.ndindex(*kernel):
        yield tuple(
            slice(i * d, i * d + n * s, s)
            for i, d, n, s in zip(place, dilate, sizes, stride, strict=True)
        )


def im2col(data, kernel, stride, dilate, pad):
    padded = np.pad(data, [(0, 0), (0, 0), *((p, p) for p in pad)])
    n, c = data.shape[:2]
    parts = [
        padded[(..., *place)].reshape(n, c, 1, -1)
        for place in windows(data, kernel, stride, dilate, pad)
    ]
    return np.concatenate(parts, 2).reshape(n, c * len(parts), -1)


def col2im(data, size, kernel, stride, dilate, pad):
    n, c = data.shape[0], data.shape[1] // int(np.prod(kernel))
    image = np.zeros((n, c, *size))
    padded = np.pad(image, [(0, 0), (0, 0), *((p, p) for p in pad)])
    columns = data.reshape(n, c, -1, data.shape[2])
    for i, place in enumerate(windows(image, kernel, stride, dilate, pad)):
        part = padded[(..., *place)]
        part += columns[:, :, i].reshape(part.shape)
    return padded[(..., *(slice(p, p + k) for p, k in zip(pad, size, strict=True)))]


GEOMETRY = {"kernel": (2, 2), "stride": (1, 2), "dilate": (2, 1), "pad": (1, 0)}
PLAIN = {"kernel": (2,), "stride": (1,), "dilate": (1,), "pad": (0,)}

SAMPLES = [
    Sample(
        "Pad",
        {"mode": "constant", "pad_width": WIDTHS, "constant_value": 1.5},
        {"data": (2, 1, 3, 4)},
        pad("constant", constant_values=1.5),
    ),
    Sample("Pad", {"mode": "edge", "pad_width": WIDTHS}, {"data": (2, 1, 3, 4)}, pad("edge")),
    Sample("Pad", {"mode": "reflect", "pad_width": WIDTHS}, {"data": (2, 1, 3, 4)}, pad("reflect")),
    Sample(
        "Pad",
        {"mode": "reflect", "pad_width": (0, 0, 0, 0, 1, 1, 2, 0, 0, 1)},
        {"data": (1, 2, 2, 3, 2)},
        pad("reflect", (0, 0, 0, 0, 1, 1, 2, 0, 0, 1)),
    ),
    Sample(
        "Pad",
        {"mode": "edge", "pad_width": (-1, 1)},
        {"data": (4,)},
        lambda data: np.append(data[1:], data[-1]),
    ),
    Sample(
        "Pad",
        {"mode": "constant", "pad_width": (1, 0, 0, -1)},
        {"data": (2, 3)},
        lambda data: np.pad(data[:, :2], ((1, 0), (0, 0))),
    ),
    Sample(
        "_backward_Pad",
        {"mode": "edge", "pad_width": (0, 0, 1, 2)},
        {"grad": (2, 5)},
        lambda grad: np.stack([grad[:, 0] + grad[:, 1], grad[:, 2:].sum(1)], 1),
    ),
    Sample(
        "_backward_Pad",
        {"mode": "constant", "pad_width": (1, 0, 0, -1)},
        {"grad": (3, 2)},
        lambda grad: np.pad(grad[1:], ((0, 0), (0, 1))),
    ),
    Sample(
        "_backward_Pad",
        {"mode": "reflect", "pad_width": (2, 1)},
        {"grad": (6,)},
        lambda grad: grad[2:5] + [0, grad[1] + grad[5], grad[0]],
    ),
    Sample(
        "Crop",
        {"h_w": (2, 2), "offset": (1, 2)},
        {"arg0": (2, 1, 4, 5)},
        lambda arg0: arg0[:, :, 1:3, 2:4],
    ),
    Sample(
        "Crop",
        {"center_crop": True},
        {"arg0": (1, 2, 4, 5), "arg1": (1, 1, 3, 3)},
        lambda arg0, arg1: arg0[:, :, 0:3, 1:4],
    ),
    Sample(
        "_backward_Crop",
        {"num_args": 1, "h_w": (2, 2), "offset": (1, 0)},
        {"grad": (1, 2, 2, 2), "arg0": (1, 2, 3, 3)},
        lambda grad, arg0: np.pad(grad, ((0, 0), (0, 0), (1, 0), (0, 1))),
    ),
    Sample(
        "_backward_Crop",
        {"num_args": 2},
        {"grad": (1, 2, 2, 2), "arg0": (1, 2, 3, 3), "arg1": (1, 1, 2, 2)},
        lambda grad, arg0, arg1: np.pad(grad, ((0, 0), (0, 0), (0, 1), (0, 1))),
    ),
    Sample("im2col", GEOMETRY, {"data": (2, 2, 3, 4)}, lambda data: im2col(data, **GEOMETRY)),
    Sample("im2col", {"kernel": (2,)}, {"data": (2, 3, 4)}, lambda data: im2col(data, **PLAIN)),
    Sample(
        "col2im",
        {"output_size": (3, 4), **GEOMETRY},
        {"data": (2, 8, 6)},
        lambda data: col2im(data, (3, 4), **GEOMETRY),
    ),
    Sample(
        "col2im",
        {"output_size": (4,), "kernel": (2,)},
        {"data": (2, 6, 3)},
        lambda data: col2im(data, (4,), **PLAIN),
    ),
    Sample(
        "_col2im_like",
        GEOMETRY,
        {"data": (2, 8, 6), "like": (2, 2, 3, 4)},
        lambda data, like: col2im(data, (3, 4), **GEOMETRY),
    ),
]
