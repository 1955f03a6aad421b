"""Reductions, running sums, histograms, and tests of all elements."""

import numpy as np

from oracle.draw import Draw, Drawn, rule


def axis_choice(draw: Draw, rank: int, name: str = "axis", exclude: bool = True) -> dict:
    """Parameters of a reduction."""
    params = {}
    if draw.chance(0.85):
        axes = draw.axes(rank)
        params[name] = axes if draw.chance(0.6) else axes[0]
        if exclude:
            params |= draw.some(exclude=draw.chance(0.4))
    return params | draw.some(keepdims=draw.chance(0.6))


@rule("sum", "mean", "prod", "max", "min", "nansum", "nanprod")
def reductions(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 5, 4)
    dtype = draw.numbers()
    data = draw.array(shape, -2, 2, dtype)
    if dtype.startswith("float"):
        if op.startswith("nan"):
            data = np.where(draw.rng.rand(*shape) < 0.2, np.nan, data).astype(dtype)
        if draw.chance(0.2):
            data = data.round()  # zeros and ties
        elif draw.chance(0.1):
            data = draw.array(shape, -2, 2, dtype, special=1)
    return Drawn(axis_choice(draw, len(shape)), {"data": data})


@rule("norm")
def norm(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    dtype = draw.floats()
    params = {**axis_choice(draw, len(shape), exclude=False), **draw.some(ord=draw.integer(1, 2))}
    if draw.chance(0.2):
        params["out_dtype"] = draw.choice("float32", "float64")
    data = draw.array(shape, -2, 2, dtype)
    return Drawn(params, {"data": data.round() if draw.chance(0.2) else data})


@rule("argmax", "argmin")
def argmax(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = draw.some(axis=draw.axis(len(shape)), keepdims=draw.chance(0.6))
    data = draw.array(shape, -2, 2, draw.numbers(), special=0.1)
    return Drawn(params, {"data": data.round() if draw.chance(0.3) else data})


@rule("argmax_channel")
def argmax_channel(draw: Draw, op: str) -> Drawn:
    return Drawn({}, {"data": draw.distinct(draw.shape(2, 4))})


@rule("cumsum")
def cumsum(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = draw.some(axis=draw.axis(len(shape)))
    if draw.chance(0.3):
        params["dtype"] = draw.choice("float32", "float64", "int32", "int64")
    return Drawn(params, {"a": draw.array(shape, -3, 3, draw.numbers())})


@rule("moments")
def moments(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = {"axes": draw.axes(len(shape))} if draw.chance(0.8) else {}
    data = draw.array(shape, dtype=draw.choice("float32", "float64"))
    return Drawn({**params, **draw.some(keepdims=draw.chance(0.5))}, {"data": data})


@rule("_histogram")
def histogram(draw: Draw, op: str) -> Drawn:
    data = draw.array(draw.shape(1, 3), -3, 3, draw.choice("float32", "float64"))
    data = (data * 4).round() / 4
    if draw.chance(0.5):
        low = draw.real(-3, 0)
        params = {"bin_cnt": draw.integer(1, 6), "range": [low, low + draw.integer(1, 4)]}
        return Drawn(params, {"data": data})
    bins = np.unique(draw.array((draw.integer(2, 6),), -3, 3).round(1)).astype(data.dtype)
    if len(bins) < 2:
        bins = np.array([-1, 1], data.dtype)
    return Drawn({}, {"data": data, "bins": bins})


@rule("_contrib_allclose")
def allclose(draw: Draw, op: str) -> Drawn:
    shape, dtype = draw.shape(), draw.choice("float32", "float64")
    a = draw.array(shape, dtype=dtype, special=0.2)
    b = a + draw.array(shape, -1, 1, dtype) * a.dtype.type(draw.choice(0, 1e-9, 1e-6, 0.1))
    params = draw.some(rtol=draw.choice(1e-3, 0.5), equal_nan=draw.chance(0.5), atol=0.01)
    return Drawn(params, {"a": a, "b": b.astype(dtype)})


@rule("all_finite")
def all_finite(draw: Draw, op: str) -> Drawn:
    return Drawn({}, {"data": draw.array(draw.shape(), dtype=draw.floats(), special=0.3)})


@rule("multi_all_finite")
def multi_all_finite(draw: Draw, op: str) -> Drawn:
    number, dtype = draw.integer(1, 4), draw.choice("float32", "float64", "float16")
    inputs = {
        f"array_{i}": draw.array(draw.shape(), dtype=dtype, special=0.15) for i in range(number)
    }
    return Drawn({"num_arrays": number}, inputs, positional=True)


@rule("multi_sum_sq")
def multi_sum_sq(draw: Draw, op: str) -> Drawn:
    number, dtype = draw.integer(1, 4), draw.choice("float32", "float32", "float64", "float16")
    inputs = {f"array_{i}": draw.array(draw.shape(), dtype=dtype) for i in range(number)}
    return Drawn({"num_arrays": number}, inputs, positional=True)
