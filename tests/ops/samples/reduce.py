"""Samples of reductions, running sums and histograms."""

import numpy as np

from ops.sample import Sample

CUBE = {"data": (2, 3, 4)}
TABLE = {"data": np.array([[1, 2, 4], [3, 1, 0]], "int32")}
HOLES = {"data": np.array([[1, np.nan, 3], [0.5, 2, np.nan]], "float32")}
ZEROS = {"data": np.array([[0, 2, 3], [0, 0, 3], [4, 5, 6]], "float32")}

REDUCTIONS = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "nansum": np.nansum,
    "nanprod": np.nanprod,
    "_square_sum": lambda data, axis, keepdims: np.sum(data**2, axis, keepdims=keepdims),
}
# Parameters of 1.x, and the axes that they mean for three dimensions.
CHOICES = [
    ({}, (0, 1, 2)),
    ({"axis": 1}, 1),
    ({"axis": (0, -1), "keepdims": True}, (0, 2)),
    ({"axis": 1, "exclude": True}, (0, 2)),
    ({"axis": (), "keepdims": True}, (0, 1, 2)),
]
NORMS = {
    1: lambda x, axes, keep: np.sum(np.abs(x), axes, keepdims=keep),
    2: lambda x, axes, keep: np.sqrt(np.sum(x**2, axes, keepdims=keep)),
}


def shaped(value):
    """Full reductions keep one dimension."""
    return np.reshape(value, np.shape(value) or (1,))


def others(data, axes):
    """The products of all elements but one, along the last axis."""
    return np.stack([np.prod(np.delete(data, i, -1), -1) for i in range(data.shape[-1])], -1)


def close(a, b):
    return np.array(np.allclose(a, b))


SAMPLES = [
    *(
        Sample(
            op,
            params,
            CUBE,
            lambda data, f=f, axes=axes, keep="keepdims" in params: shaped(
                f(data, axis=axes, keepdims=keep)
            ),
        )
        for op, f in REDUCTIONS.items()
        for params, axes in CHOICES
    ),
    Sample("sum", {"axis": (0, 1, 2), "exclude": True}, CUBE, lambda data: data),
    Sample("prod", {"axis": (0, 1, 2), "exclude": True}, CUBE, lambda data: data),
    *(
        Sample(op, {"axis": 1}, TABLE, lambda data, v=values: np.array(v), name="integers")
        for op, values in {
            "sum": [7, 4],
            "mean": [2, 1],
            "prod": [8, 0],
            "max": [4, 3],
            "nansum": [7, 4],
            "norm": [4, 3],
            "argmax": [2, 0],
            "argmin": [0, 2],
        }.items()
    ),
    Sample(
        "nansum",
        {"axis": 1},
        HOLES,
        lambda data: np.nansum(data, 1),
        gradient=False,
        name="with holes",
    ),
    Sample(
        "nanprod",
        {"axis": 1},
        HOLES,
        lambda data: np.nanprod(data, 1),
        gradient=False,
        name="with holes",
    ),
    Sample("prod", {"axis": 1}, ZEROS, lambda data: np.prod(data, 1), name="with zeros"),
    Sample("_product_of_others", {"axis": 1}, ZEROS, lambda data: others(data, 1)),
    Sample("_product_of_others", {}, {"data": (4,)}, lambda data: others(data, 0)),
    Sample(
        "_fill_nan",
        {"value": 1.0},
        HOLES,
        lambda data: np.nan_to_num(data, nan=1.0),
        gradient=False,
    ),
    Sample(
        "_spread_like",
        {"axis": (1,)},
        {"data": (2, 4), "like": (2, 3, 4)},
        lambda data, like: np.broadcast_to(data[:, None], (2, 3, 4)),
    ),
    Sample(
        "_spread_like",
        {"keepdims": True},
        {"data": (1, 1), "like": (2, 3)},
        lambda data, like: np.broadcast_to(data, (2, 3)),
    ),
    Sample(
        "_over_count",
        {"axis": (1,)},
        {"data": (2, 4), "like": (2, 3, 4)},
        lambda data, like: data / 3,
    ),
    *(
        Sample(
            "norm",
            {"ord": order, **params},
            CUBE,
            lambda data, f=NORMS[order], axes=axes, keep="keepdims" in params: shaped(
                f(data, axes, keep)
            ),
            low=0.2,
        )
        for order in NORMS
        for params, axes in CHOICES
        if "exclude" not in params
    ),
    Sample(
        "norm",
        {"axis": 0},
        {"data": np.zeros((2, 3), "float32")},
        lambda data: data[0],
        gradient=False,
        name="of zeros",
    ),
    Sample(
        "norm",
        {"axis": 1, "out_dtype": "float64"},
        {"data": (2, 3)},
        lambda data: NORMS[2](data, 1, False),
    ),
    Sample("moments", {"axes": (0, 2)}, CUBE, lambda data: (data.mean((0, 2)), data.var((0, 2)))),
    Sample(
        "moments",
        {"axes": (-1,), "keepdims": True},
        CUBE,
        lambda data: (data.mean(2, keepdims=True), data.var(2, keepdims=True)),
    ),
    Sample("moments", {}, CUBE, lambda data: (shaped(data.mean()), shaped(data.var()))),
    *(
        Sample(op, params, CUBE, lambda data, f=f, p=params: shaped(f(data, **p)))
        for op, f in {"argmax": np.argmax, "argmin": np.argmin}.items()
        for params in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"keepdims": True})
    ),
    Sample("argmax_channel", {}, CUBE, lambda data: np.argmax(data, 1)),
    Sample("cumsum", {}, {"a": (2, 3, 4)}, np.cumsum),
    Sample("cumsum", {"axis": -2}, {"a": (2, 3, 4)}, lambda a: np.cumsum(a, 1)),
    Sample("cumsum", {"axis": 1, "dtype": "float64"}, {"a": (2, 3)}, lambda a: np.cumsum(a, 1)),
    Sample(
        "cumsum",
        {},
        {"a": np.array([True, True, False])},
        lambda a: np.array([1, 2, 2]),
        name="booleans",
    ),
    Sample(
        "_reverse_cumsum",
        {"axis": 1},
        {"data": (2, 3)},
        lambda data: np.cumsum(data[:, ::-1], 1)[:, ::-1],
    ),
    Sample(
        "_histogram",
        {"bin_cnt": 4, "range": (-1.0, 1.0)},
        {"data": np.array([-2, -1, -0.5, 0, 0.2, 1, 1.5], "float32")},
        lambda data: np.histogram(data, 4, (-1, 1)),
    ),
    Sample(
        "_histogram",
        {},
        {
            "data": np.array([0, 1, 2, 2.5, 4, 5], "float32"),
            "bins": np.array([0, 1, 2.5, 4], "float32"),
        },
        lambda data, bins: np.histogram(data, bins),
    ),
    Sample(
        "_contrib_allclose", {}, {"a": np.ones(3, "float32"), "b": np.ones(3, "float32")}, close
    ),
    Sample(
        "_contrib_allclose",
        {"rtol": 0.1},
        {"a": np.ones(2, "float32"), "b": np.array([1, 1.2], "float32")},
        lambda a, b: np.array(0),
    ),
    Sample("all_finite", {}, CUBE, lambda data: np.ones(1)),
    Sample("all_finite", {}, HOLES, lambda data: np.zeros(1), name="with holes"),
    Sample(
        "multi_all_finite",
        {"num_arrays": 2},
        {"array_0": (2, 3), "array_1": HOLES["data"]},
        lambda array_0, array_1: np.zeros(1),
    ),
    Sample(
        "multi_sum_sq",
        {"num_arrays": 2},
        {"array_0": (2, 3), "array_1": (4,)},
        lambda array_0, array_1: np.array([np.sum(array_0**2), np.sum(array_1**2)]),
    ),
]
