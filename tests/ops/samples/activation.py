"""Samples of activation functions and dropout."""

from math import erf

import numpy as np

from ops.sample import Sample

VALUES = np.array([[-2.0, -0.7, 0.3], [0.9, -0.2, 1.6]], "float32")


def activation(act_type, reference):
    return Sample("Activation", {"act_type": act_type}, {"data": VALUES}, reference)


def rectifier(reference, **params):
    return Sample("LeakyReLU", params, {"data": VALUES}, reference)


def elu(slope, factor=1.0):
    return lambda data: factor * np.where(data > 0, data, slope * np.expm1(data))


SAMPLES = [
    activation("relu", lambda data: np.maximum(data, 0)),
    activation("sigmoid", lambda data: 1 / (1 + np.exp(-data))),
    activation("softrelu", lambda data: np.log1p(np.exp(data))),
    activation("softsign", lambda data: data / (1 + abs(data))),
    activation("tanh", lambda data: np.tanh(data)),
    rectifier(lambda data: np.where(data > 0, data, 0.25 * data)),
    rectifier(lambda data: np.where(data > 0, data, -0.5 * data), slope=-0.5),
    rectifier(elu(0.25), act_type="elu"),
    rectifier(elu(-0.5), act_type="elu", slope=-0.5),
    rectifier(elu(1.6732632423543772, 1.0507009873554805), act_type="selu"),
    rectifier(lambda data: data * (1 + np.vectorize(erf)(data / 2**0.5)) / 2, act_type="gelu"),
    Sample(
        "LeakyReLU",
        {"act_type": "prelu"},
        {"data": VALUES},
        lambda data, gamma: np.where(data > 0, data, gamma * data),
    ),
    Sample(
        "LeakyReLU",
        {"act_type": "prelu"},
        {"data": VALUES.reshape(1, 3, 2)},
        lambda data, gamma: np.where(data > 0, data, gamma[:, None] * data),
        name="channels",
    ),
    Sample("LeakyReLU", {"act_type": "rrelu"}, {"data": VALUES}, gradient=False),
    Sample("Dropout", {}, {"data": (3, 4)}, lambda data: data, train=False, name="inference"),
    Sample("Dropout", {"p": 0.0}, {"data": (3, 4)}, lambda data: data),
    Sample("Dropout", {"p": 0.4, "axes": (1,)}, {"data": (3, 4)}, gradient=False),
]
