"""Samples of arithmetic, comparison and logic: two arrays, an array and a number."""

import numpy as np

from ops.sample import Sample

PAIR = {"lhs": (2, 3), "rhs": (2, 3)}
TIES = {
    "lhs": np.array([0.0, 1.0, 2.0, 0.0], "float32"),
    "rhs": np.array([0.0, 2.0, 1.0, 3.0], "float32"),
}
WHOLE = {
    "lhs": np.array([-7, 7, -7, 7, 5], "int32"),
    "rhs": np.array([3, 3, -3, -3, 0], "int32"),
}
NUMBERS = {"data": np.array([-7, -1, 2, 3], "int32")}

ARITHMETIC = {
    "elemwise_add": np.add,
    "elemwise_sub": np.subtract,
    "elemwise_mul": np.multiply,
    "elemwise_div": np.divide,
    "_mod": np.mod,
    "_power": np.power,
    "_hypot": np.hypot,
    "_maximum": np.maximum,
    "_minimum": np.minimum,
    "_grad_add": np.add,
}
RELATIONS = {
    "_equal": np.equal,
    "_not_equal": np.not_equal,
    "_greater": np.greater,
    "_greater_equal": np.greater_equal,
    "_lesser": np.less,
    "_lesser_equal": np.less_equal,
    "_logical_and": np.logical_and,
    "_logical_or": np.logical_or,
    "_logical_xor": np.logical_xor,
}
SCALAR = {
    "_plus_scalar": lambda data, s: data + s,
    "_minus_scalar": lambda data, s: data - s,
    "_rminus_scalar": lambda data, s: s - data,
    "_mul_scalar": lambda data, s: data * s,
    "_div_scalar": lambda data, s: data / s,
    "_rdiv_scalar": lambda data, s: s / data,
    "_mod_scalar": np.mod,
    "_rmod_scalar": lambda data, s: np.mod(s, data),
    "_power_scalar": np.power,
    "_rpower_scalar": lambda data, s: s**data,
    "_hypot_scalar": np.hypot,
    "_maximum_scalar": np.maximum,
    "_minimum_scalar": np.minimum,
}
SCALAR_RELATIONS = {
    "_equal_scalar": np.equal,
    "_not_equal_scalar": np.not_equal,
    "_greater_scalar": np.greater,
    "_greater_equal_scalar": np.greater_equal,
    "_lesser_scalar": np.less,
    "_lesser_equal_scalar": np.less_equal,
    "_logical_and_scalar": np.logical_and,
    "_logical_or_scalar": np.logical_or,
    "_logical_xor_scalar": np.logical_xor,
}


def number(op, scalar, inputs, function, **more):
    """A sample of an operator with a number."""
    return Sample(op, {"scalar": scalar}, inputs, lambda data: function(data, scalar), **more)


SAMPLES = [
    *(
        Sample(op, {}, PAIR, lambda lhs, rhs, f=f: f(lhs, rhs), low=0.3, high=2.0)
        for op, f in ARITHMETIC.items()
    ),
    *(
        Sample(op, {}, TIES, lambda lhs, rhs, f=f: f(lhs, rhs), gradient=False)
        for op, f in RELATIONS.items()
    ),
    Sample(
        "elemwise_div",
        {},
        {"lhs": WHOLE["lhs"][:4], "rhs": WHOLE["rhs"][:4]},
        lambda lhs, rhs: np.trunc(lhs / rhs),
        name="integers are truncated",
    ),
    Sample(
        "_mod",
        {},
        WHOLE,
        lambda lhs, rhs: np.array([2, 1, -1, -2, 0]),
        name="integers, divisor 0",
    ),
    Sample(
        "_mod",
        {},
        {k: v.astype("float32") for k, v in WHOLE.items()},
        lambda lhs, rhs: np.array([2, 1, -1, -2, 0]),
        gradient=False,
        name="floats, divisor 0",
    ),
    Sample(
        "_hypot",
        {},
        {"lhs": np.array([3, 1], "int32"), "rhs": np.array([4, 2], "int32")},
        lambda lhs, rhs: np.array([5, 2]),
        name="integers",
    ),
    Sample(
        "add_n", {}, {"arg0": (2, 3), "arg1": (2, 3), "arg2": (2, 3)}, lambda **a: sum(a.values())
    ),
    Sample("add_n", {"num_args": 1}, {"arg0": (2, 3)}, lambda arg0: arg0),
    *(number(op, 1.5, {"data": (2, 3)}, f, low=0.3, high=1.4) for op, f in SCALAR.items()),
    *(
        number(op, 1.0, {"data": TIES["lhs"]}, f, gradient=False)
        for op, f in SCALAR_RELATIONS.items()
    ),
    *(
        number(op, 0.0, {"data": TIES["lhs"]}, f, gradient=False)
        for op, f in SCALAR_RELATIONS.items()
        if "logical" in op
    ),
    number("_power_scalar", 2.0, {"data": (2, 3)}, np.power),
    number("_power_scalar", 1.0, {"data": (2, 3)}, np.power),
    number("_power_scalar", 0.0, {"data": (2, 3)}, np.power),
    number("_mod_scalar", 0.0, {"data": (2, 3)}, lambda data, s: 0 * data, gradient=False),
    number("_mod_scalar", -0.7, {"data": (2, 3)}, np.mod, low=-0.6, high=-0.1),
    number("_plus_scalar", 1.5, NUMBERS, lambda data, s: data + 1, name="integers"),
    number("_mul_scalar", 1.5, NUMBERS, lambda data, s: data, name="integers"),
    number("_div_scalar", 2.0, NUMBERS, lambda data, s: np.trunc(data / 2), name="integers"),
    number("_mod_scalar", 2.0, NUMBERS, np.mod, name="integers"),
    number("_power_scalar", -2.0, NUMBERS, lambda data, s: np.array([0, 1, 0, 0]), name="integers"),
    number("_rpower_scalar", 2.0, NUMBERS, lambda data, s: np.array([0, 0, 4, 8]), name="integers"),
    number("_hypot_scalar", 2.0, NUMBERS, lambda data, s: np.array([7, 2, 2, 3]), name="integers"),
    number("_maximum_scalar", -2.0, NUMBERS, lambda data, s: np.array([-2, -1, 2, 3])),
    number(
        "_plus_scalar",
        -2.0,
        {"data": np.array([0, 2, 200], "uint8")},
        lambda data, s: np.array([254, 0, 198]),
        name="unsigned integers wrap",
    ),
    number(
        "_plus_scalar",
        1.0,
        {"data": np.array([True, False])},
        lambda data, s: np.array([2, 1]),
        name="booleans become int64",
    ),
    Sample(
        "_plus_scalar",
        {"scalar": 1.5, "is_int": False},
        NUMBERS,
        lambda data: data + 1.5,
        name="integers become float64",
    ),
]
