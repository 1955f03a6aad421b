"""Samples of convolutions and upsampling."""

from itertools import product

import numpy as np

from ops.sample import Sample


def spatial(value, rank, default):
    return tuple(value) if value else (default,) * rank


def convolve(data, weight, bias=0.0, stride=(), pad=(), dilate=(), groups=1):
    """Convolution by a sum over the positions of the kernel."""
    kernel = weight.shape[2:]
    rank = len(kernel)
    stride, dilate, pad = spatial(stride, rank, 1), spatial(dilate, rank, 1), spatial(pad, rank, 0)
    data = np.pad(data, [(0, 0), (0, 0), *((p, p) for p in pad)])
    reach = [d * (k - 1) + 1 for d, k in zip(dilate, kernel, strict=True)]
    sizes = [(n - r) // s + 1 for n, r, s in zip(data.shape[2:], reach, stride, strict=True)]
    n, filters = len(data), len(weight)
    data = data.reshape(n, groups, -1, *data.shape[2:])
    weight = weight.reshape(groups, filters // groups, *weight.shape[1:])
    output = np.zeros((n, groups, filters // groups, *sizes))
    for position in product(*map(range, kernel)):
        window = tuple(
            slice(i * d, i * d + s * (m - 1) + 1, s)
            for i, d, s, m in zip(position, dilate, stride, sizes, strict=True)
        )
        taken = data[(slice(None),) * 3 + window]
        output += np.einsum("ngc...,gfc->ngf...", taken, weight[(slice(None),) * 3 + position])
    output = output.reshape(n, filters, *sizes)
    return output + np.reshape(bias, (-1, *(1,) * rank))


def deconvolve(data, weight, bias=0.0, stride=(), pad=(), dilate=(), adj=(), groups=1):
    """Transposed convolution: every input value spreads over the kernel."""
    kernel = weight.shape[2:]
    rank = len(kernel)
    stride, dilate, pad = spatial(stride, rank, 1), spatial(dilate, rank, 1), spatial(pad, rank, 0)
    adj = spatial(adj, rank, 0)
    n, channels, *sizes = data.shape
    whole = [
        s * (m - 1) + d * (k - 1) + 1 + a
        for s, m, d, k, a in zip(stride, sizes, dilate, kernel, adj, strict=True)
    ]
    data = data.reshape(n, groups, channels // groups, *sizes)
    weight = weight.reshape(groups, channels // groups, *weight.shape[1:])
    output = np.zeros((n, groups, weight.shape[2], *whole))
    for position in product(*map(range, kernel)):
        window = tuple(
            slice(i * d, i * d + s * (m - 1) + 1, s)
            for i, d, s, m in zip(position, dilate, stride, sizes, strict=True)
        )
        term = np.einsum("ngc...,gcf->ngf...", data, weight[(slice(None),) * 3 + position])
        output[(slice(None),) * 3 + window] += term
    inner = tuple(slice(p, m - p) for p, m in zip(pad, whole, strict=True))
    output = output.reshape(n, -1, *whole)[(slice(None),) * 2 + inner]
    return output + np.reshape(bias, (-1, *(1,) * rank))


def channels_last(function):
    """The same for layouts that have the channels last, in data and weight."""

    def moved(data, weight, *rest, **options):
        data, weight = np.moveaxis(data, -1, 1), np.moveaxis(weight, -1, 1)
        return np.moveaxis(function(data, weight, *rest, **options), 1, -1)

    return moved


def enlarge(image, factor):
    return image.repeat(factor, 2).repeat(factor, 3)


SAMPLES = [
    Sample("Convolution", {"kernel": (3,), "num_filter": 4}, {"data": (2, 3, 6)}, convolve),
    Sample("Convolution", {"kernel": (3, 3), "num_filter": 4}, {"data": (2, 3, 5, 4)}, convolve),
    Sample(
        "Convolution",
        {"kernel": (2, 2, 1), "num_filter": 2},
        {"data": (2, 2, 3, 3, 2)},
        convolve,
    ),
    Sample(
        "Convolution",
        {
            "kernel": (3, 2),
            "num_filter": 4,
            "stride": (2, 1),
            "pad": (1, 2),
            "dilate": (1, 2),
            "num_group": 2,
            "no_bias": True,
        },
        {"data": (2, 4, 5, 4)},
        lambda data, weight: convolve(
            data, weight, stride=(2, 1), pad=(1, 2), dilate=(1, 2), groups=2
        ),
        name="geometry",
    ),
    Sample(
        "Convolution",
        {"kernel": (3, 3), "num_filter": 4, "layout": "NHWC", "pad": (1, 1)},
        {"data": (2, 5, 4, 3)},
        lambda data, weight, bias: channels_last(convolve)(data, weight, bias, pad=(1, 1)),
    ),
    Sample("Convolution_v1", {"kernel": (3, 3), "num_filter": 2}, {"data": (1, 2, 4, 4)}, convolve),
    Sample("Deconvolution", {"kernel": (3,), "num_filter": 4}, {"data": (2, 3, 4)}, deconvolve),
    Sample(
        "Deconvolution",
        {
            "kernel": (3, 2),
            "num_filter": 4,
            "stride": (2, 3),
            "pad": (1, 0),
            "dilate": (1, 2),
            "adj": (1, 2),
            "num_group": 2,
            "no_bias": False,
        },
        {"data": (2, 4, 3, 2)},
        lambda data, weight, bias: deconvolve(
            data, weight, bias, stride=(2, 3), pad=(1, 0), dilate=(1, 2), adj=(1, 2), groups=2
        ),
        name="geometry",
    ),
    Sample(
        "Deconvolution",
        {"kernel": (3, 3), "num_filter": 2, "stride": (2, 2), "target_shape": (6, 5)},
        {"data": (1, 2, 3, 3)},
        lambda data, weight: deconvolve(data, weight, stride=(2, 2), adj=(1, 0), pad=(1, 1)),
    ),
    Sample(
        "Deconvolution",
        {"kernel": (2, 2), "num_filter": 2, "layout": "NHWC"},
        {"data": (1, 3, 3, 2)},
        channels_last(deconvolve),
    ),
    Sample(
        "UpSampling",
        {"scale": 2, "sample_type": "nearest"},
        {"arg0": (2, 3, 2, 3)},
        lambda arg0: enlarge(arg0, 2),
    ),
    Sample(
        "UpSampling",
        {"scale": 4, "sample_type": "nearest"},
        {"arg0": (1, 3, 2, 2), "arg1": (1, 2, 4, 4)},
        lambda arg0, arg1: np.concatenate([enlarge(arg0, 4), enlarge(arg1, 2)], 1),
        name="concat",
    ),
    Sample(
        "UpSampling",
        {"scale": 2, "sample_type": "nearest", "multi_input_mode": "sum"},
        {"arg0": (1, 2, 2, 2), "arg1": (1, 2, 4, 4)},
        lambda arg0, arg1: enlarge(arg0, 2) + arg1,
    ),
    Sample(
        "UpSampling",
        {"scale": 3, "sample_type": "bilinear", "num_filter": 2, "num_args": 2},
        {"data": (1, 2, 2, 3)},
        lambda data, weight: deconvolve(data, weight, stride=(3, 3), pad=(1, 1), groups=2),
    ),
]
