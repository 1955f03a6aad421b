"""Quantisation and layers in integers."""

import numpy as np

from oracle.draw import Draw, Drawn, rule


def ends(draw: Draw, *names: str) -> dict[str, np.ndarray]:
    """Ranges around 0: for each name ``min_<name>`` and ``max_<name>``."""
    found = {}
    for name in names:
        found[f"min_{name}"] = np.array([draw.real(-3, -0.25)], "float32")
        found[f"max_{name}"] = np.array([draw.real(0.25, 3)], "float32")
    return found


def whole(draw: Draw, shape, dtype: str) -> np.ndarray:
    """Integers of the type's whole range."""
    low, high = (0, 255) if dtype == "uint8" else (-127, 127)
    return np.asarray(draw.rng.randint(low, high + 1, tuple(shape))).astype(dtype)


def run(params: dict, inputs: dict, **more) -> Drawn:
    """Layers in integers work without derivatives."""
    return Drawn(params, inputs, train=False, **more)


@rule("_contrib_quantize")
def quantize(draw: Draw, op: str) -> Drawn:
    kind = draw.choice("int8", "uint8")
    inputs = {"data": draw.array(draw.shape(), -2, 2), **ends(draw, "range")}
    if kind == "uint8" and draw.chance(0.7):
        inputs["min_range"] *= 0
    return run({"out_type": kind}, inputs)


@rule("_contrib_quantize_v2")
def quantize_v2(draw: Draw, op: str) -> Drawn:
    params = draw.some(out_type=draw.choice("int8", "uint8", "auto"))
    if draw.chance(0.6):
        params |= {"min_calib_range": draw.real(-2, 0), "max_calib_range": draw.real(0.25, 2)}
    low = 0 if params.get("out_type") == "uint8" else -2
    return run(params, {"data": draw.array(draw.shape(), low, 2)})


@rule("_contrib_quantize_asym")
def quantize_asym(draw: Draw, op: str) -> Drawn:
    # Without calibration 1.9.1 crashes.
    params = {"min_calib_range": draw.real(-2, 0), "max_calib_range": draw.real(0.25, 2)}
    return run(params, {"data": draw.array(draw.shape(), -2, 2)})


@rule("_contrib_dequantize")
def dequantize(draw: Draw, op: str) -> Drawn:
    data = whole(draw, draw.shape(), draw.choice("int8", "uint8"))
    inputs = {"data": data, **ends(draw, "range")}
    if data.dtype == "uint8":
        inputs["min_range"] *= 0
    return run({}, inputs)


@rule("_contrib_requantize")
def requantize(draw: Draw, op: str) -> Drawn:
    params = draw.some(out_type=draw.choice("int8", "auto"))
    if draw.chance(0.6):
        params |= {"min_calib_range": draw.real(-2, 0), "max_calib_range": draw.real(0.25, 2)}
    shape = draw.shape(2, 4)
    data = draw.rng.randint(-(2**30), 2**30, shape).astype("int32")
    return run(params, {"data": data, **ends(draw, "range")})


def layer(draw: Draw, params: dict, data: np.ndarray, weight, bias) -> Drawn:
    """The inputs of a layer, in the order of the operator."""
    inputs = {"data": data, "weight": whole(draw, weight, "int8")}
    names = ["data", "weight"]
    if draw.chance(0.5):
        inputs["bias"] = whole(draw, bias, "int8")
        names.append("bias")
    else:
        params["no_bias"] = True
    found = ends(draw, *names)
    if "bias" in names:  # of the size that products have
        for name in ("min_bias", "max_bias"):
            found[name] /= 64
    return run(params, {**inputs, **found})


@rule("_contrib_quantized_fully_connected")
def fully_connected(draw: Draw, op: str) -> Drawn:
    hidden = draw.integer(1, 5)
    params = {"num_hidden": hidden, **draw.some(flatten=draw.chance(0.7))}
    shape = draw.shape(2, 3)
    columns = shape[-1] if params.get("flatten") is False else int(np.prod(shape[1:]))
    data = whole(draw, shape, draw.choice("int8", "uint8"))
    return layer(draw, params, data, (hidden, columns), (hidden,))


@rule("_contrib_quantized_conv")
def convolution(draw: Draw, op: str) -> Drawn:
    filters, kernel = draw.integer(1, 4), draw.sizes(2, 1, 3)
    params = {"kernel": kernel, "num_filter": filters}
    params |= draw.some(stride=draw.sizes(2, 1, 2), pad=draw.sizes(2, 0, 1))
    shape = (draw.integer(1, 2), draw.integer(1, 4), *draw.sizes(2, 4, 6))
    data = whole(draw, shape, "uint8") // 2  # on some processors oneDNN loses larger sums
    drawn = layer(draw, params, data, (filters, shape[1], *kernel), (filters,))
    drawn.inputs["weight"] //= 2
    return drawn


@rule("_contrib_quantized_pooling")
def pooling(draw: Draw, op: str) -> Drawn:
    params = {"kernel": draw.sizes(2, 1, 3), "pool_type": draw.choice("max", "avg")}
    params |= draw.some(stride=draw.sizes(2, 1, 2))
    if draw.chance(0.2):
        params["global_pool"] = True
    shape = (*draw.sizes(2, 1, 3), *draw.sizes(2, 3, 6))
    data = whole(draw, shape, draw.choice("int8", "uint8"))
    return run(params, {"data": data, **ends(draw, "data")})


@rule("_contrib_quantized_act")
def activation(draw: Draw, op: str) -> Drawn:
    data = whole(draw, draw.shape(2, 4), draw.choice("int8", "uint8"))
    return run({"act_type": "relu"}, {"data": data, **ends(draw, "data")})


@rule("_contrib_quantized_flatten")
def flatten(draw: Draw, op: str) -> Drawn:
    data = whole(draw, draw.shape(2, 4), draw.choice("int8", "uint8"))
    return run({}, {"data": data, **ends(draw, "data")})


@rule("_contrib_quantized_embedding")
def embedding(draw: Draw, op: str) -> Drawn:
    rows, columns = draw.sizes(2)
    index = draw.rng.randint(0, rows, draw.shape(1, 2)).astype("float32")
    inputs = {"data": index, "weight": whole(draw, (rows, columns), "int8"), **ends(draw, "weight")}
    return run({"input_dim": rows, "output_dim": columns}, inputs)


@rule("_contrib_quantized_elemwise_add", "_contrib_quantized_elemwise_mul")
def elementwise(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = {}
    if draw.chance(0.5):
        params = {"min_calib_range": draw.real(-4, -1), "max_calib_range": draw.real(1, 4)}
    inputs = {side: whole(draw, shape, "int8") for side in ("lhs", "rhs")}
    for side in ("lhs", "rhs"):
        found = ends(draw, side)
        inputs |= {f"{side}_min": found[f"min_{side}"], f"{side}_max": found[f"max_{side}"]}
    return run(params, inputs)


@rule("_contrib_quantized_concat")
def concat(draw: Draw, op: str) -> Drawn:
    number, shape = draw.integer(1, 3), list(draw.shape(2, 4))
    arrays = []
    kind = draw.choice("int8", "uint8")
    for _ in range(number):
        shape[1] = draw.integer(1, 4)
        arrays.append(whole(draw, shape, kind))
    ranges = [ends(draw, "data") for _ in arrays]
    arrays += [end for pair in ranges for end in pair.values()]
    inputs = {f"arg{i}": array for i, array in enumerate(arrays)}
    return run({"num_args": number, "dim": 1}, inputs, positional=True)


@rule("_contrib_quantized_batch_norm")
def batch_norm(draw: Draw, op: str) -> Drawn:
    shape = (draw.integer(1, 3), draw.integer(1, 4), *draw.sizes(2, 1, 4))
    channels = shape[1:2]
    params = {"min_calib_range": draw.real(-4, -1), "max_calib_range": draw.real(1, 4)}
    inputs = {
        "data": whole(draw, shape, "int8"),
        "gamma": draw.array(channels, 0.5, 2),
        "beta": draw.array(channels),
        "moving_mean": draw.array(channels),
        "moving_var": draw.array(channels, 0.5, 2),
    }
    return run({**params, "fix_gamma": False}, {**inputs, **ends(draw, "data")})


@rule("_contrib_quantized_rnn")
def rnn(draw: Draw, op: str) -> Drawn:
    steps, batch, width, state = draw.sizes(4, 1, 4)
    params = {"mode": "lstm", "state_size": state, "num_layers": draw.integer(1, 2)}
    params |= draw.some(state_outputs=draw.chance(0.6))
    inputs = {"data": whole(draw, (steps, batch, width), "uint8")}
    inputs |= {"min_data": np.array([63.75], "float32"), "max_data": np.array([128.0], "float32")}
    return run(params, inputs)


@rule("_contrib_calibrate_entropy")
def calibrate(draw: Draw, op: str) -> Drawn:
    bins = draw.choice(31, 61, 101)
    hist, edges = np.histogram(draw.rng.randn(1000), bins, (-4, 4))
    inputs = {"hist": hist.astype("float32"), "hist_edges": edges.astype("float32")}
    return run({"num_quantized_bins": draw.choice(7, 15)}, inputs)
