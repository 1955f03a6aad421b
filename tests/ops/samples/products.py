"""Samples of layers that passes make matrix products of, on planned memory."""

import numpy as np

from ops.sample import Sample

PLAIN = {"gradient": False, "train": False}


def relu(x):
    return np.maximum(x, 0)


def packed_size(inner, columns):
    return -(-columns // 16) * 16 * inner


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


SAMPLES = [
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
        "_packed_fully_connected",
        {"num_hidden": 90, "activation": "relu"},
        {"data": (4, 2, 20)},
        lambda data, weight, bias: relu(data.reshape(4, -1) @ unpacked(weight, 40, 90) + bias),
        **PLAIN,
    ),
    Sample(
        "_packed_fully_connected",
        {"num_hidden": 3, "no_bias": True, "flatten": False, "activation": "tanh"},
        {"data": (2, 2, 300)},
        lambda data, weight: np.tanh(data @ unpacked(weight, 300, 3)),
        name="rows",
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
