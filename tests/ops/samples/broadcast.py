"""Samples of broadcasting arithmetic, comparison and logic, and of stretching."""

import numpy as np

from ops.sample import Sample

from .arithmetic import ARITHMETIC, RELATIONS

PAIRS = [
    {"lhs": (2, 3), "rhs": (2, 1)},
    {"lhs": (1, 3), "rhs": (2, 1)},
    {"lhs": (3,), "rhs": (2, 3)},
]
GRID = {
    "lhs": np.array([[0.0], [1.0], [2.0]], "float32"),
    "rhs": np.array([[0.0, 1.0, 3.0]], "float32"),
}


def broadcasting(op):
    """The broadcasting variant of an elementwise operator."""
    return "broadcast_" + op.removeprefix("elemwise_").removeprefix("_")


def xlogy(lhs, rhs):
    return np.where(lhs == 0, 0, lhs * np.log(rhs))


SAMPLES = [
    *(
        Sample(
            broadcasting(op),
            {},
            shapes,
            lambda lhs, rhs, f=f: f(lhs, rhs),
            low=0.3,
            high=2.0,
            name=str([*shapes.values()]),
        )
        for op, f in ARITHMETIC.items()
        if op != "_grad_add"
        for shapes in PAIRS
    ),
    *(
        Sample(broadcasting(op), {}, GRID, lambda lhs, rhs, f=f: f(lhs, rhs), gradient=False)
        for op, f in RELATIONS.items()
    ),
    Sample("_broadcast_xlogy", {}, {"lhs": (2, 3), "rhs": (1, 3)}, xlogy, low=0.3, high=2.0),
    Sample(
        "_broadcast_xlogy",
        {},
        {"lhs": np.zeros((2, 1), "float32"), "rhs": np.array([[0.0, 2.0]], "float32")},
        lambda lhs, rhs: np.zeros((2, 2)),
        gradient=False,
        name="zero",
    ),
    Sample(
        "_sum_like",
        {},
        {"data": (4, 2, 3), "like": (2, 1)},
        lambda data, like: data.sum((0, 2)).reshape(2, 1),
    ),
    Sample(
        "_sum_like",
        {},
        {"data": (2, 3), "like": (2, 3)},
        lambda data, like: data,
        name="nothing to sum",
    ),
    Sample(
        "_stretch_like",
        {},
        {"data": (2, 1), "like": (4, 2, 3)},
        lambda data, like: np.broadcast_to(data, (4, 2, 3)),
    ),
    Sample(
        "broadcast_to",
        {"shape": (2, 4, 3)},
        {"data": (2, 1, 3)},
        lambda data: np.broadcast_to(data, (2, 4, 3)),
    ),
    Sample(
        "broadcast_to",
        {"shape": (0, 4)},
        {"data": (2, 1)},
        lambda data: np.broadcast_to(data, (2, 4)),
    ),
    Sample(
        "broadcast_axis",
        {"axis": (0, 2), "size": (2, 4)},
        {"data": (1, 3, 1)},
        lambda data: np.broadcast_to(data, (2, 3, 4)),
    ),
    Sample(
        "broadcast_axis",
        {"axis": -1, "size": 4},
        {"data": (3, 1)},
        lambda data: np.broadcast_to(data, (3, 4)),
    ),
    Sample(
        "broadcast_like",
        {},
        {"lhs": (2, 1, 3), "rhs": (2, 4, 3)},
        lambda lhs, rhs: np.broadcast_to(lhs, rhs.shape),
    ),
    Sample(
        "broadcast_like",
        {"lhs_axes": (-1,), "rhs_axes": (2,)},
        {"lhs": (3, 1), "rhs": (5, 3, 4)},
        lambda lhs, rhs: np.broadcast_to(lhs, (3, 4)),
    ),
]
