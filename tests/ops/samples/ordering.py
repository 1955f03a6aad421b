"""Samples of sorting."""

import numpy as np

from ops.sample import Sample

TIES = np.array([[2.0, 1.0, 2.0, 0.0], [1.0, 1.0, 1.0, 3.0]], "float32")


def largest(data, k, axis=-1):
    """Values and indices, equal elements in the order of the data."""
    index = np.argsort(-data, axis, kind="stable").take(np.arange(k), axis)
    return np.take_along_axis(data, index, axis), index.astype("float32")


def mask(data, k):
    result = np.zeros_like(data)
    np.put_along_axis(result, largest(data, k)[1].astype(int), 1, -1)
    return result


SAMPLES = [
    Sample("topk", {"k": 3}, {"data": TIES}, lambda data: largest(data, 3)[1], gradient=False),
    Sample(
        "topk", {"k": 2, "ret_typ": "value"}, {"data": (3, 4)}, lambda data: largest(data, 2)[0]
    ),
    Sample(
        "topk",
        {"k": 2, "axis": 0, "ret_typ": "both", "dtype": "float32"},
        {"data": (3, 4)},
        lambda data: largest(data, 2, 0),
    ),
    Sample(
        "topk",
        {"k": 5, "axis": None, "ret_typ": "value", "is_ascend": True},
        {"data": (3, 4)},
        lambda data: np.sort(data.ravel())[:5],
    ),
    Sample(
        "topk",
        {"k": 2, "ret_typ": "mask"},
        {"data": TIES},
        lambda data: mask(data, 2),
        gradient=False,
    ),
    Sample(
        "topk",
        {"k": 0, "dtype": "int32"},
        {"data": (2, 3)},
        lambda data: largest(data, 3)[1].astype("int32"),
    ),
    Sample("sort", {}, {"data": (3, 4)}, lambda data: np.sort(data)),
    Sample(
        "sort", {"axis": 0, "is_ascend": False}, {"data": (3, 4)}, lambda data: -np.sort(-data, 0)
    ),
    Sample("sort", {"axis": None}, {"data": (3, 4)}, lambda data: np.sort(data.ravel())),
    Sample(
        "argsort",
        {},
        {"data": TIES},
        lambda data: np.argsort(data, kind="stable").astype("float32"),
        gradient=False,
    ),
    Sample(
        "argsort",
        {"axis": None, "is_ascend": False, "dtype": "int64"},
        {"data": (3, 4)},
        lambda data: np.argsort(-data.ravel()),
    ),
    Sample(
        "_place_along",
        {"axis": 1},
        {"values": (2, 2), "positions": np.array([[2, 0], [1, 2]]), "like": (2, 3)},
        lambda values, positions, like: np.array(
            [[values[0, 1], 0, values[0, 0]], [0, values[1, 0], values[1, 1]]]
        ),
    ),
    Sample(
        "_place_along",
        {"axis": None},
        {"values": (2,), "positions": np.array([4, 1]), "like": (2, 3)},
        lambda values, positions, like: np.array([[0, values[1], 0], [0, values[0], 0]]),
    ),
    Sample(
        "_pick_along",
        {"axis": 1},
        {"data": (2, 3), "positions": np.array([[2, 0], [1, 2]])},
        lambda data, positions: np.take_along_axis(data, positions, 1),
    ),
    Sample(
        "_pick_along",
        {"axis": None},
        {"data": (2, 3), "positions": np.array([4, 1])},
        lambda data, positions: data.ravel()[positions],
    ),
]
