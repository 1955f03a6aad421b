"""Samples of fully connected layers."""

import numpy as np

from ops.sample import Sample


def rows(data):
    return data.reshape(len(data), -1)


SAMPLES = [
    Sample(
        "FullyConnected",
        {"num_hidden": 3},
        {"data": (2, 4)},
        lambda data, weight, bias: data @ weight.T + bias,
    ),
    Sample(
        "FullyConnected",
        {"num_hidden": 3},
        {"data": (2, 2, 3)},
        lambda data, weight, bias: rows(data) @ weight.T + bias,
        name="flattened",
    ),
    Sample(
        "FullyConnected",
        {"num_hidden": 3, "no_bias": True, "flatten": False},
        {"data": (2, 3, 4)},
        lambda data, weight: np.einsum("nmk,hk->nmh", data, weight),
    ),
    Sample(
        "FullyConnected",
        {"num_hidden": 2, "flatten": False},
        {"data": (4,)},
        lambda data, weight, bias: weight @ data + bias,
        name="vector",
    ),
]
