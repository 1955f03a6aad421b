"""Samples of arrays made from parameters alone, or in the shape of another."""

import numpy as np

from ops.sample import Sample

DATA = {"data": (2, 3)}


def made(op, params, values):
    """A sample without inputs."""
    return Sample(op, params, {}, lambda: np.asarray(values))


SAMPLES = [
    made("_zeros", {"shape": (2, 3)}, np.zeros((2, 3))),
    made("_zeros", {"shape": (2,), "dtype": "bool"}, np.zeros(2)),
    made("_zeros_without_dtype", {"shape": (2, 3), "dtype": 4}, np.zeros((2, 3))),
    made("_ones", {"shape": (2, 3), "dtype": "int32"}, np.ones((2, 3))),
    made("_full", {"shape": (2, 3), "value": 2.5}, np.full((2, 3), 2.5)),
    made("_full", {"shape": (2,), "value": 3.7, "dtype": "int32"}, [3, 3]),
    made("_full", {"shape": (2,), "value": 0.5, "dtype": "bool"}, [1, 1]),
    made("_arange", {"start": 5}, np.arange(5)),
    made("_arange", {"start": 0, "stop": 1, "step": 0.3}, np.arange(0, 1, 0.3)),
    made("_arange", {"start": 5, "stop": 0, "step": -2}, [5, 3, 1]),
    made("_arange", {"start": 1, "stop": 7, "step": 2, "repeat": 2}, [1, 1, 3, 3, 5, 5]),
    made("_arange", {"start": 0, "stop": 3, "step": 0.5, "dtype": "int32"}, [0, 0, 0, 0, 0, 0]),
    made("_linspace", {"start": 0, "stop": 1, "num": 5}, np.linspace(0, 1, 5)),
    made(
        "_linspace",
        {"start": 2, "stop": 3, "num": 4, "endpoint": False},
        np.linspace(2, 3, 4, endpoint=False),
    ),
    made("_linspace", {"start": 2, "stop": 3, "num": 1}, [2]),
    made("_eye", {"N": 3}, np.eye(3)),
    made("_eye", {"N": 3, "M": 2, "k": -1, "dtype": "int32"}, np.eye(3, 2, -1)),
    made("_eye", {"N": 2, "k": 5}, np.zeros((2, 2))),
    Sample("zeros_like", {}, DATA, lambda data: 0 * data),
    Sample("ones_like", {}, DATA, lambda data: 0 * data + 1),
    Sample(
        "_contrib_arange_like",
        {"start": 2.0, "step": 0.5, "repeat": 2},
        DATA,
        lambda data: np.array([[2, 2, 2.5], [2.5, 3, 3]]),
    ),
    Sample("_contrib_arange_like", {"axis": -1}, DATA, lambda data: np.arange(3)),
]
