"""Samples of operators that change the shape."""

import numpy as np

from ops.sample import Sample


def reshaped(shape):
    return lambda data: data.reshape(shape)


SAMPLES = [
    *(
        Sample("Reshape", {"shape": shape, **more}, {"data": data}, reshaped(result))
        for data, shape, more, result in [
            ((2, 3, 4), (4, 6), {}, (4, 6)),
            ((2, 3, 4), (0, -1), {}, (2, 12)),
            ((2, 3, 4), (-2, 1), {}, (2, 3, 4, 1)),
            ((2, 3, 4), (-3, 0), {}, (6, 4)),
            ((2, 3, 4), (0, -4, -1, 3, -2), {}, (2, 1, 3, 4)),
            ((2, 3, 4), (0, 0, -4, 2, 2), {}, (2, 3, 2, 2)),
            ((10, 5, 4), (-1, 0), {"reverse": True}, (50, 4)),
            ((2, 12), (0, -4, 3, -1), {"reverse": True}, (2, 3, 4)),
        ]
    ),
    Sample("Reshape", {"target_shape": (2, 0)}, {"data": (2, 3, 2)}, reshaped((2, 6))),
    Sample(
        "Reshape",
        {"target_shape": (0, 6), "keep_highest": True},
        {"data": (2, 3, 2)},
        reshaped((2, 6)),
    ),
    Sample("Flatten", {}, {"data": (2, 3, 4)}, reshaped((2, 12))),
    Sample("Flatten", {}, {"data": (3,)}, reshaped((3, 1)), name="vector"),
    Sample(
        "reshape_like", {}, {"lhs": (2, 6), "rhs": (3, 4)}, lambda lhs, rhs: lhs.reshape(rhs.shape)
    ),
    Sample(
        "reshape_like",
        {"lhs_begin": 1, "lhs_end": 3, "rhs_begin": 0, "rhs_end": 1},
        {"lhs": (2, 3, 4), "rhs": (12, 5)},
        lambda lhs, rhs: lhs.reshape(2, 12),
    ),
    Sample(
        "reshape_like",
        {"lhs_begin": -2, "rhs_end": -1},
        {"lhs": (2, 3, 4), "rhs": (6, 2, 5)},
        lambda lhs, rhs: lhs.reshape(2, 6, 2),
    ),
    Sample("expand_dims", {"axis": 1}, {"data": (2, 3)}, reshaped((2, 1, 3))),
    Sample("expand_dims", {"axis": -1}, {"data": (2, 3)}, reshaped((2, 3, 1))),
    Sample("squeeze", {}, {"data": (2, 1, 3, 1)}, reshaped((2, 3))),
    Sample("squeeze", {"axis": (0, -2)}, {"data": (1, 2, 1, 3)}, reshaped((2, 3))),
    Sample("squeeze", {}, {"data": (1, 1)}, reshaped((1,)), name="one_element"),
    Sample("shape_array", {}, {"data": (2, 3)}, lambda data: np.array(data.shape)),
    Sample("size_array", {}, {"data": (2, 3)}, lambda data: np.array([data.size])),
]
