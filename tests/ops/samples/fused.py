"""Samples of layers that passes put in place of several nodes."""

import numpy as np

from ops.sample import Sample
from ops.samples.conv import convolve


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def statistics(c):
    spread = np.linspace(0.5, 1.5, c).astype("float32")
    return {"gamma": spread, "beta": (c,), "moving_mean": (c,), "moving_var": spread[::-1].copy()}


def folded(weight, gamma, beta, moving_mean, moving_var, bias=0):
    scale = gamma / np.sqrt(moving_var + 1e-3)
    shift = beta + (bias - moving_mean) * scale
    return weight * scale.reshape(-1, *(1,) * (weight.ndim - 1)), shift


def scaled(data, scale, shift):
    trailing = (1,) * (data.ndim - 2)
    return data * scale.reshape(-1, *trailing) + shift.reshape(-1, *trailing)


TRANSFORM = np.array(
    [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], dtype="float64"
) / 24  # fmt: skip


def transformed(weight):
    """G w Gᵀ of every filter w, as matrices of channels by filters."""
    rows = [(6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24)]
    factors = np.array(rows) / 24
    both = np.einsum("ai,bj,kcij->abck", factors, factors, weight)
    return both.reshape(36, *both.shape[2:])


def tiles_convolved(data, weight, pad):
    """What any 36 matrices compute, of which those of filters are some."""
    data_matrix = np.array(
        [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0],
         [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]]
    )  # fmt: skip
    back = np.array(
        [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
    )
    n, c, h, w = data.shape
    rows, columns = h + 2 * pad - 2, w + 2 * pad - 2
    data = np.pad(data, [(0, 0), (0, 0), (pad, 8), (pad, 8)])
    filters = weight.reshape(6, 6, c, -1)
    result = np.zeros((n, filters.shape[-1], rows + 4, columns + 4))
    for y in range(0, rows, 4):
        for x in range(0, columns, 4):
            tile = np.einsum(
                "ai,bj,ncij->abnc", data_matrix, data_matrix, data[:, :, y : y + 6, x : x + 6]
            )
            tile = np.einsum("abnc,abck->abnk", tile, filters)
            result[:, :, y : y + 4, x : x + 4] = np.einsum("ia,jb,abnk->nkij", back, back, tile)
    return result[:, :, :rows, :columns]


def derivative_by_filters(d_output, data):
    """Each filter's head gradient, correlated with the data around each pixel."""
    h, w = d_output.shape[2:]
    pad = (h + 2 - data.shape[2]) // 2
    data = np.pad(data, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    result = np.empty((d_output.shape[1], data.shape[1], 3, 3))
    for i, j in np.ndindex(3, 3):
        result[:, :, i, j] = np.einsum("nkyx,ncyx->kc", d_output, data[:, :, i : i + h, j : j + w])
    return result


def winograd(data, weight, bias, residual):
    return relu(tiles_convolved(data, weight, 1) + bias.reshape(-1, 1, 1) + residual)


def spread(grad, data):
    result = np.zeros_like(data)
    result[:, :, ::2, ::3] = grad
    return result


PLAIN = {"gradient": False, "train": False}
CONVOLUTION = {"kernel": (3, 3), "num_filter": 4, "pad": (1, 1)}
NORMALISED = {"normalised": True, "fix_gamma": False}
PLACE = {"data_shape": (2, 3, 5, 5), "stride": (1, 1), "pad": (1, 1), "dilate": (1, 1)}

ACTIVATIONS = (
    ("relu", (), relu),
    ("sigmoid", (), sigmoid),
    ("tanh", (), np.tanh),
    ("leaky_relu", (0.1,), lambda x: np.where(x > 0, x, 0.1 * x)),
    ("hardtanh", (0.0, 0.5), lambda x: np.clip(x, 0, 0.5)),
)

SAMPLES = [
    Sample("_prepared_weight", {}, {"weight": (4, 3)}, lambda weight: weight, **PLAIN),
    Sample(
        "_prepared_weight",
        {"packing": "convolution", **PLACE, **NORMALISED},
        {"weight": (4, 3, 3, 3), **statistics(4)},
        folded,
        name="normalised",
        **PLAIN,
    ),
    Sample(
        "_prepared_weight",
        {"packing": "linear", "data_shape": (2, 3), "no_bias": True, **NORMALISED},
        {"weight": (4, 3), **statistics(4)},
        folded,
        name="without bias",
        **PLAIN,
    ),
    Sample(
        "_fused_convolution",
        CONVOLUTION,
        {"data": (2, 3, 5, 5)},
        lambda data, weight, bias: convolve(data, weight, bias, pad=(1, 1)),
        **PLAIN,
    ),
    *(
        Sample(
            "_fused_convolution",
            {**CONVOLUTION, "no_bias": True, "activation": kind, "factors": factors},
            {"data": (2, 3, 5, 5)},
            lambda data, weight, f=f: f(convolve(data, weight, pad=(1, 1))),
            name=kind,
            **PLAIN,
        )
        for kind, factors, f in ACTIVATIONS
    ),
    Sample(
        "_fused_convolution_add",
        {**CONVOLUTION, "activation": "relu"},
        {"data": (2, 3, 5, 5)},
        lambda data, weight, bias, residual: relu(
            convolve(data, weight, bias, pad=(1, 1)) + residual
        ),
        **PLAIN,
    ),
    Sample(
        "_fused_convolution_add",
        {**CONVOLUTION, "no_bias": True},
        {"data": (2, 3, 5, 5)},
        lambda data, weight, residual: convolve(data, weight, pad=(1, 1)) + residual,
        name="sum alone",
        **PLAIN,
    ),
    Sample(
        "_fused_fully_connected",
        {"num_hidden": 4, "activation": "relu"},
        {"data": (2, 2, 3)},
        lambda data, weight, bias: relu(data.reshape(2, -1) @ weight.T + bias),
        **PLAIN,
    ),
    Sample(
        "_fused_fully_connected",
        {"num_hidden": 4, "no_bias": True, "flatten": False},
        {"data": (2, 2, 3)},
        lambda data, weight: data @ weight.T,
        name="rows",
        **PLAIN,
    ),
    Sample(
        "_prepared_scale",
        {"fix_gamma": False},
        statistics(4),
        lambda **inputs: folded(np.ones(4), **inputs),
        **PLAIN,
    ),
    Sample(
        "_prepared_weight",
        {"packing": "winograd"},
        {"weight": (2, 3, 3, 3)},
        lambda weight: np.einsum("ai,bj,kcij->abck", TRANSFORM, TRANSFORM, weight).reshape(
            36, 3, 2
        ),
        name="winograd",
        **PLAIN,
    ),
    *(
        Sample(
            "_winograd_convolution",
            {"num_filter": filters, "pad": 1, "with_residual": True, "activation": "relu"},
            {"data": (2, channels, 7, 6)},
            winograd,
            name=f"{channels} channels",
            atol=1e-4,
            **PLAIN,
        )
        for channels, filters in ((3, 2), (16, 32))
    ),
    Sample(
        "_winograd_convolution",
        {"num_filter": 16, "no_bias": True},
        {"data": (2, 16, 6, 9)},
        lambda data, weight: tiles_convolved(data, weight, 0),
        name="no bias",
        atol=1e-4,
        **PLAIN,
    ),
    Sample("_winograd_filters", {}, {"weight": (5, 4, 3, 3)}, transformed, atol=1e-5, **PLAIN),
    Sample(
        "_winograd_filters",
        {"for_data": True},
        {"weight": (5, 4, 3, 3)},
        lambda weight: transformed(weight[:, :, ::-1, ::-1].swapaxes(0, 1)),
        name="for the derivative by data",
        atol=1e-5,
        **PLAIN,
    ),
    *(
        Sample(
            "_winograd_weight",
            {"pad": pad},
            {"d_output": (n, k, 5 + 2 * pad, 4 + 2 * pad), "data": (n, c, 7, 6)},
            derivative_by_filters,
            name=f"{c} channels, pad {pad}",
            atol=1e-4,
            **PLAIN,
        )
        for n, c, k, pad in ((2, 3, 2, 1), (2, 16, 32, 1), (3, 32, 16, 0))
    ),
    Sample(
        "_subsample",
        {"stride": (2, 3)},
        {"data": (2, 3, 5, 6)},
        lambda data: data[:, :, ::2, ::3],
        **PLAIN,
    ),
    Sample(
        "_backward_subsample",
        {"stride": (2, 3)},
        {"grad": (2, 3, 3, 2), "data": (2, 3, 5, 6)},
        spread,
        **PLAIN,
    ),
    Sample("_samples", {"begin": 1, "end": 3}, {"data": (4, 2)}, lambda data: data[1:3], **PLAIN),
    Sample(
        "_joined_samples",
        {},
        {"arg0": (2, 3), "arg1": (2, 3)},
        lambda arg0, arg1: np.concatenate([arg0, arg1]),
        **PLAIN,
    ),
    Sample("_scale_shift", {}, {"data": (2, 3, 4)}, scaled, **PLAIN),
    Sample(
        "_scale_shift",
        {"relu": True},
        {"data": (2, 3, 4, 5)},
        lambda **inputs: relu(scaled(**inputs)),
        name="relu",
        **PLAIN,
    ),
]
