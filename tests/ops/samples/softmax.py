"""Samples of softmax functions."""

import numpy as np

from ops.sample import Sample


def softmax(axis=-1, temperature=1.0):
    def reference(data):
        powers = np.exp(data / temperature)
        return powers / powers.sum(axis, keepdims=True)

    return reference


def log_softmax(axis=-1, temperature=1.0):
    return lambda data: np.log(softmax(axis, temperature)(data))


def masked(data, length):
    present = np.arange(data.shape[1])[:, None] < length[:, None, :]
    powers = np.where(present, np.exp(data), 0)
    return powers / np.maximum(powers.sum(1, keepdims=True), 1e-30)


LENGTHS = np.array([[1, 3], [0, 2]], "int32")

SAMPLES = [
    Sample("softmax", {}, {"data": (3, 4)}, softmax()),
    Sample("softmax", {"axis": 1}, {"data": (2, 3, 4)}, softmax(1)),
    Sample("softmax", {"temperature": 2.0}, {"data": (3, 4)}, softmax(temperature=2)),
    Sample("softmax", {"temperature": -0.5}, {"data": (3, 4)}, softmax(temperature=-0.5)),
    Sample("softmax", {"dtype": "float64"}, {"data": (3, 4)}, softmax()),
    Sample(
        "softmax",
        {"axis": 1, "use_length": True},
        {"data": (2, 3, 2), "length": LENGTHS},
        masked,
    ),
    Sample("softmin", {}, {"data": (3, 4)}, lambda data: softmax()(-data)),
    Sample("softmin", {"axis": 0, "temperature": 2.0}, {"data": (3, 4)}, softmax(0, -2)),
    Sample("log_softmax", {}, {"data": (3, 4)}, log_softmax()),
    Sample(
        "log_softmax", {"axis": 0, "temperature": 0.5}, {"data": (3, 2, 2)}, log_softmax(0, 0.5)
    ),
    Sample("log_softmax", {"dtype": "float64"}, {"data": (3, 4)}, log_softmax()),
    Sample("SoftmaxActivation", {}, {"data": (2, 3, 4)}, softmax()),
    Sample("SoftmaxActivation", {"mode": "channel"}, {"data": (2, 3, 4)}, softmax(1)),
]
