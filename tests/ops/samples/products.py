"""Samples of layers that passes make matrix products of, on planned memory."""

import numpy as np

from ops.sample import Sample

PLAIN = {"gradient": False, "train": False}


def relu(x):
    return np.maximum(x, 0)


def unpacked(packed, inner, columns):
    """Panels of at most 4 vectors of 16 columns each, of at most 400 rows at a time."""
    vectors = -(-columns // 16)
    panels, turns = -(-vectors // 4), -(-inner // 400)
    result, place = np.zeros((inner, vectors * 16), packed.dtype), 0
    for turn in range(turns):
        rows = slice(turn * inner // turns, (turn + 1) * inner // turns)
        for panel in range(panels):
            some = slice(panel * vectors // panels * 16, (panel + 1) * vectors // panels * 16)
            part = result[rows, some]
            part[:] = packed[place : place + part.size].reshape(part.shape)
            place += part.size
    return result[:, :columns]


def mapped(data, matrix, bias=0, residual=0):
    return np.einsum("nchw,ck->nkhw", data, matrix) + np.reshape(bias, (-1, 1, 1)) + residual


GEOMETRY = {"kernel": (3, 2), "stride": (2, 1), "pad": (1, 1), "dilate": (1, 2)}


def taps(padded, rows, columns):
    """The numbers of a filter with what each sees of padded data, for the geometry above."""
    for i in range(3):
        for j in range(2):
            yield i, j, padded[:, :, i : i + 2 * rows - 1 : 2, 2 * j : 2 * j + columns]


def with_padding(data):
    return np.pad(data, ((0, 0), (0, 0), (1, 1), (1, 1)))


def patches_convolved(data, weight, bias):
    rows, columns = (data.shape[2] - 1) // 2 + 1, data.shape[3]
    result = np.zeros((len(data), len(weight), rows, columns))
    for i, j, seen in taps(with_padding(data), rows, columns):
        result += np.einsum("nchw,kc->nkhw", seen, weight[:, :, i, j])
    return result + bias.reshape(-1, 1, 1)


def derivative_by_data(d_output, weight, like, residual):
    result = with_padding(np.zeros(like.shape))
    for i, j, seen in taps(result, *d_output.shape[2:]):
        seen += np.einsum("nkhw,kc->nchw", d_output, weight[:, :, i, j])
    return result[:, :, 1:-1, 1:-1] + residual


def derivative_by_weight(d_output, data):
    result = np.zeros((d_output.shape[1], data.shape[1], 3, 2))
    for i, j, seen in taps(with_padding(data), *d_output.shape[2:]):
        result[:, :, i, j] = np.einsum("nkhw,nchw->kc", d_output, seen)
    return result


SAMPLES = [
    Sample(
        "_im2col_convolution",
        {"num_filter": 5, **GEOMETRY},
        {"data": (2, 3, 7, 6)},
        patches_convolved,
        atol=1e-5,
        **PLAIN,
    ),
    Sample(
        "_im2col_data",
        {"with_residual": True, **GEOMETRY},
        {"d_output": (2, 5, 4, 6), "like": (2, 3, 7, 6)},
        derivative_by_data,
        atol=1e-5,
        **PLAIN,
    ),
    Sample(
        "_im2col_weight",
        GEOMETRY,
        {"d_output": (2, 5, 4, 6), "data": (2, 3, 7, 6)},
        derivative_by_weight,
        atol=1e-5,
        **PLAIN,
    ),
    Sample(
        "_pointwise_convolution",
        {"num_filter": 5, "with_residual": True, "activation": "relu"},
        {"data": (2, 3, 4, 5)},
        lambda data, weight, bias, residual: relu(
            mapped(data, weight[:, :, 0, 0].T, bias, residual)
        ),
        **PLAIN,
    ),
    Sample(
        "_pointwise_convolution",
        {"num_filter": 5, "no_bias": True, "transposed": True},
        {"data": (2, 3, 4, 5)},
        lambda data, weight: mapped(data, weight[:, :, 0, 0]),
        name="transposed",
        **PLAIN,
    ),
    Sample(
        "_pointwise_convolution",
        {"num_filter": 70, "packed": True},
        {"data": (2, 3, 4, 5)},
        lambda data, weight, bias: mapped(data, unpacked(weight, 3, 70), bias),
        name="packed",
        **PLAIN,
    ),
    Sample(
        "_pointwise_weight",
        {},
        {"d_output": (2, 5, 4, 3), "data": (2, 6, 4, 3)},
        lambda d_output, data: np.einsum("nkhw,nchw->kc", d_output, data)[..., None, None],
        **PLAIN,
    ),
    Sample(
        "_fully_connected_product",
        {"num_hidden": 90, "activation": "relu", "packed": True},
        {"data": (4, 2, 20)},
        lambda data, weight, bias: relu(data.reshape(4, -1) @ unpacked(weight, 40, 90) + bias),
        **PLAIN,
    ),
    Sample(
        "_fully_connected_product",
        {
            "num_hidden": 3,
            "no_bias": True,
            "flatten": False,
            "activation": "tanh",
            "packed": True,
            "with_residual": True,
        },
        {"data": (2, 2, 300)},
        lambda data, weight, residual: np.tanh(data @ unpacked(weight, 300, 3) + residual),
        name="rows",
        **PLAIN,
    ),
    Sample(
        "_fully_connected_product",
        {"num_hidden": 9, "activation": "relu", "with_residual": True},
        {"data": (4, 2, 20)},
        lambda data, weight, bias, residual: relu(data.reshape(4, -1) @ weight.T + bias + residual),
        name="with residual",
        **PLAIN,
    ),
    Sample(
        "_prepared_weight",
        {"packing": "product"},
        {"weight": (5, 4)},
        lambda weight: np.pad(weight.T, ((0, 0), (0, 11))).ravel(),
        name="packed for products",
        **PLAIN,
    ),
]
