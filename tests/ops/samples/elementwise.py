"""Samples of functions of one array."""

import math
from statistics import NormalDist

import numpy as np

from ops.sample import Sample

# Operator: function, and the range in which it is smooth.
SMOOTH = {
    "abs": (np.abs, 0.2, 2),
    "negative": (np.negative, -2, 2),
    "square": (np.square, -2, 2),
    "sqrt": (np.sqrt, 0.3, 2),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 0.3, 2),
    "cbrt": (np.cbrt, -2, -0.3),
    "rcbrt": (lambda x: 1 / np.cbrt(x), -2, -0.3),
    "reciprocal": (np.reciprocal, 0.3, 2),
    "exp": (np.exp, -2, 2),
    "expm1": (np.expm1, -2, 2),
    "log": (np.log, 0.3, 2),
    "log10": (np.log10, 0.3, 2),
    "log2": (np.log2, 0.3, 2),
    "log1p": (np.log1p, -0.5, 2),
    "sin": (np.sin, -2, 2),
    "cos": (np.cos, -2, 2),
    "tan": (np.tan, -1, 1),
    "arcsin": (np.arcsin, -0.8, 0.8),
    "arccos": (np.arccos, -0.8, 0.8),
    "arctan": (np.arctan, -2, 2),
    "sinh": (np.sinh, -2, 2),
    "cosh": (np.cosh, -2, 2),
    "tanh": (np.tanh, -2, 2),
    "arcsinh": (np.arcsinh, -2, 2),
    "arccosh": (np.arccosh, 1.3, 3),
    "arctanh": (np.arctanh, -0.8, 0.8),
    "degrees": (np.degrees, -2, 2),
    "radians": (np.radians, -90, 90),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), -3, 3),
    "softsign": (lambda x: x / (1 + np.abs(x)), 0.2, 2),
    "relu": (lambda x: np.maximum(x, 0), 0.2, 2),
    "erf": (np.vectorize(math.erf), -2, 2),
    "erfinv": (np.vectorize(lambda x: NormalDist().inv_cdf((x + 1) / 2) / math.sqrt(2)), -0.8, 0.8),
    "gamma": (np.vectorize(math.gamma), 0.3, 3),
    "gammaln": (np.vectorize(math.lgamma), 0.3, 3),
    "_polygamma": (
        np.vectorize(lambda x: (math.lgamma(x + 1e-5) - math.lgamma(x - 1e-5)) / 2e-5),
        0.5,
        3,
    ),
    "hard_sigmoid": (lambda x: np.clip(0.2 * x + 0.5, 0, 1), -2, 2),
    "_copy": (lambda x: x, -2, 2),
    "_contrib_gradientmultiplier": (lambda x: x, -2, 2),
    "_contrib_backward_gradientmultiplier": (lambda x: x, -2, 2),
    "_contrib_div_sqrt_dim": (lambda x: x / math.sqrt(x.shape[-1]), -2, 2),
}


def half_away(x):
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def half_down(x):
    return np.ceil(x - 0.5)


# Halves, what is next to a half in float32, and where float32 has no halves any more.
HALVES = np.array([-2.5, -1.5, -0.7, -0.5, 0, 0.5, 1.2, 1.5, 2.5, np.inf], "float32")
EDGES = np.array([0.49999997, 8388609], "float32")
STEPS = {
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "fix": np.trunc,
    "sign": np.sign,
    "logical_not": lambda x: x == 0,
    "round": half_away,
    "rint": half_down,
    "_contrib_round_ste": half_away,
    "_contrib_sign_ste": np.sign,
}
WHOLE = np.array([-2, 0, 1, 3], "int32")


def constant(values):
    """A reference that is known."""
    return lambda **inputs: np.asarray(values, "float64")


def smooth_l1(data, scalar):
    square = scalar**2
    return np.where(np.abs(data) < 1 / square, 0.5 * square * data**2, np.abs(data) - 0.5 / square)


SAMPLES = [
    *(
        Sample(op, {}, {"data": (2, 3)}, lambda data, f=f: f(data), low=low, high=high)
        for op, (f, low, high) in SMOOTH.items()
        if op != "_contrib_gradientmultiplier"
    ),
    *(
        Sample(op, {}, {"data": data}, lambda data, f=f: f(data), gradient=False, name=name)
        for op, f in STEPS.items()
        for name, data in {"halves": HALVES, "edges": EDGES}.items()
    ),
    *(
        Sample(op, {}, {"data": WHOLE}, constant(values), name="integers")
        for op, values in {
            "exp": [0, 1, 2, 20],
            "abs": [2, 0, 1, 3],
            "square": [4, 0, 1, 9],
            "sign": [-1, 0, 1, 1],
            "relu": [0, 0, 1, 3],
            "logical_not": [0, 1, 0, 0],
            "round": WHOLE,
            "rint": WHOLE,
            "floor": WHOLE,
            "cbrt": [-1, 0, 1, 1],
            "degrees": [-114, 0, 57, 171],
        }.items()
    ),
    Sample(
        "gamma",
        {},
        {"data": np.array([-1.5, -1, 0, -0.5, -2.5, 5], "float32")},
        constant([2.36327180, np.nan, np.inf, -3.54490770, -0.94530872, 24]),
        gradient=False,
        name="negative numbers",
    ),
    Sample(
        "_polygamma",
        {"order": 1},
        {"data": np.array([1.0, 2.0], "float32")},
        constant([math.pi**2 / 6, math.pi**2 / 6 - 1]),
    ),
    Sample(
        "_contrib_gradientmultiplier",
        {"scalar": -0.5},
        {"data": (2, 3)},
        lambda data: data,
        gradient=False,
    ),
    Sample(
        "hard_sigmoid",
        {"alpha": 0.5, "beta": 0.2},
        {"data": np.array([-1, -0.2, 0.3, 3], "float32")},
        lambda data: np.clip(0.5 * data + 0.2, 0, 1),
    ),
    Sample(
        "smooth_l1",
        {"scalar": 2.0},
        {"data": np.array([-1, -0.3, -0.1, 0.2, 3], "float32")},
        lambda data: smooth_l1(data, 2),
    ),
    Sample("smooth_l1", {"scalar": 0.0}, {"data": (2, 3)}, lambda data: 0 * data),
    Sample(
        "clip",
        {"a_min": -0.5, "a_max": 0.5},
        {"data": np.array([-2, -0.3, 0.3, 2], "float32")},
        lambda data: np.clip(data, -0.5, 0.5),
    ),
    Sample(
        "clip",
        {"a_min": -1.0, "a_max": 2.7},
        {"data": np.array([0, 1, 2, 200], "uint8")},
        constant([0, 1, 2, 2]),
        name="unsigned integers",
    ),
    Sample(
        "_backward_clip",
        {"a_min": -0.5, "a_max": 0.5},
        {"head": (4,), "data": np.array([-2, -0.5, 0.3, 2], "float32")},
        lambda head, data: head * [0, 1, 1, 0],
        gradient=False,
    ),
    Sample(
        "_backward_relu",
        {},
        {"head": (3,), "result": np.array([0, 0.5, 2], "float32")},
        lambda head, result: head * [0, 1, 1],
        gradient=False,
    ),
    Sample(
        "_backward_sigmoid",
        {},
        {"head": (2, 3), "result": (2, 3)},
        lambda head, result: head * result * (1 - result),
    ),
    Sample(
        "_backward_tanh",
        {},
        {"head": (2, 3), "result": (2, 3)},
        lambda head, result: head * (1 - result**2),
    ),
    Sample(
        "_contrib_quadratic",
        {"a": 1.0, "b": 2.0, "c": -3.0},
        {"data": (2, 3)},
        lambda data: data**2 + 2 * data - 3,
    ),
    Sample("Cast", {"dtype": "float64"}, {"data": (2, 3)}, lambda data: data),
    Sample(
        "Cast",
        {"dtype": "int32"},
        {"data": HALVES[:9]},
        lambda data: np.trunc(data),
        gradient=False,
    ),
    Sample(
        "Cast",
        {"dtype": "bool"},
        {"data": np.array([0.0, 0.5], "float32")},
        lambda data: data != 0,
        gradient=False,
    ),
    Sample(
        "_cast_like",
        {},
        {"data": (2, 3), "like": np.ones((2, 3), "float64")},
        lambda data, like: data,
    ),
    Sample("amp_cast", {"dtype": "float64"}, {"data": (2, 3)}, lambda data: data),
    Sample("amp_cast", {"dtype": "float16"}, {"data": WHOLE}, lambda data: data, name="integers"),
    Sample(
        "amp_multicast",
        {"num_outputs": 2},
        {"data_0": np.array([0.5, 2], "float16"), "data_1": (3,)},
        lambda data_0, data_1: (data_0, data_1),
        gradient=False,
    ),
    Sample(
        "amp_multicast",
        {"num_outputs": 3, "cast_narrow": True},
        {"data_0": np.array([0.5, 2], "float16"), "data_1": (3,), "data_2": WHOLE},
        lambda data_0, data_1, data_2: (data_0, data_1, data_2),
        gradient=False,
        rtol=1e-3,
        atol=1e-3,
    ),
    Sample(
        "_identity_with_attr_like_rhs", {}, {"lhs": (2, 3), "rhs": (2, 3)}, lambda lhs, rhs: lhs
    ),
]
