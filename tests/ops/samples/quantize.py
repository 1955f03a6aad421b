"""Samples of quantization and of layers on quantized values."""

import numpy as np

from ops.sample import Sample
from ops.samples.conv import convolve
from ops.samples.pool import largest, last, mean, pool

RANDOM = np.random.RandomState(7)


def signed(*shape):
    return RANDOM.randint(-128, 128, shape).astype("int8")


def unsigned(*shape):
    return RANDOM.randint(0, 256, shape).astype("uint8")


def ends(**values):
    return {name: np.array([value], "float32") for name, value in values.items()}


def near(values, kind):
    """Rounded, ties to even, and cut to the limits of an integer type."""
    limits = np.iinfo(kind)
    return np.clip(np.rint(values), limits.min, limits.max).astype(kind)


def steps(array):
    return 255.5 if array.dtype == np.uint8 else 127.5


def unit(array, low, high):
    return max(abs(low[0]), abs(high[0])) / steps(array)


def symmetric(reach):
    return np.array([-reach]), np.array([reach])


def product_range(lhs, lhs_low, lhs_high, rhs, rhs_low, rhs_high):
    integer_unit = 1.0
    for array, low, high in ((lhs, lhs_low, lhs_high), (rhs, rhs_low, rhs_high)):
        top = 255 if array.dtype == np.uint8 else 127
        integer_unit *= max(abs(low[0]), abs(high[0])) / top
    return symmetric(integer_unit * 2**31)


# -- real numbers and integers ----------------------------------------------------------------------
REAL = RANDOM.uniform(-3, 3, (3, 4)).astype("float32")
WIDE = RANDOM.randint(-(2**30), 2**30, (3, 4)).astype("int32")
WIDE[0, 0] = 2**30
HISTOGRAM, EDGES = np.histogram(RANDOM.randn(200), 101, (-4, 4))


def quantize(kind):
    def reference(data, min_range, max_range):
        reach = max(abs(min_range[0]), abs(max_range[0]))
        if kind == "uint8":
            return near(data * 255 / reach, kind), min_range, max_range
        return near(data * 127 / reach, kind), *symmetric(reach)

    return reference


def quantize_v2(kind, low=None, high=None):
    def reference(data):
        own = (data.min(), data.max()) if low is None else (low, high)
        reach = max(map(abs, own))
        if kind == "uint8":
            return near(data * 255.5 / reach, kind), *np.reshape(own, (2, 1))
        return near(data * 127.5 / reach, kind), *symmetric(reach)

    return reference


def asymmetric(data, low=None, high=None):
    low, high = (data.min(), data.max()) if low is None else (low, high)
    scale = 255 / (high - low)
    shift = 255 - high * scale
    return near(data * scale + shift, "uint8"), np.array([scale]), np.array([shift])


def dequantize(data, min_range, max_range):
    return data * unit(data, min_range, max_range)


def requantize(kind, reach=None):
    def reference(data, min_range, max_range):
        real = data * max(abs(min_range[0]), abs(max_range[0])) / 2.0**31
        own = reach or abs(real).max()
        if kind == "uint8":
            return near(real * 255 / own, kind), np.zeros(1), np.array([own])
        return near(real * 127 / own, kind), *symmetric(own)

    return reference


def calibrate(bins):
    """The definition, bin by bin."""

    def spread(whole):
        full = whole != 0
        taken = 1e-4 * (~full).sum() / full.sum()
        return np.where(full, whole - taken, 1e-4)

    def reference(hist, hist_edges):
        zero, found = len(hist) // 2, []
        for reach in range(bins // 2, zero + 1):
            start, stop = zero - reach, zero + reach + 1
            cut = hist[start:stop].copy()
            whole = cut.copy()
            whole[0] += hist[:start].sum()
            whole[-1] += hist[stop:].sum()
            cut[0] = 0
            merged, width = np.zeros(len(cut)), len(cut) // bins
            for j in range(bins):
                part = slice(j * width, (j + 1) * width if j < bins - 1 else None)
                merged[part] = cut[part].sum() / max((cut[part] != 0).sum(), 1)
            merged[whole == 0] = 0
            p, q = spread(whole), spread(merged)
            p, q = p / p.sum(), q / q.sum()
            found.append((np.sum(p * np.log(p / q)), hist_edges[stop]))
        divergence, threshold = min(found)
        return np.array([threshold]), np.array([divergence])

    return reference


CONVERSIONS = [
    *(
        Sample(
            "_contrib_quantize",
            {"out_type": kind},
            {"data": REAL, **ends(min_range=low, max_range=2.5)},
            quantize(kind),
            gradient=False,
            name=f"{kind} from {low}",
        )
        for kind in ("int8", "uint8")
        for low in (-2.0, 0.0)
    ),
    Sample("_contrib_quantize_v2", {}, {"data": REAL}, quantize_v2("int8"), gradient=False),
    Sample(
        "_contrib_quantize_v2",
        {"out_type": "auto"},
        {"data": abs(REAL)},
        quantize_v2("int8"),
        gradient=False,
    ),
    Sample(
        "_contrib_quantize_v2",
        {"out_type": "auto", "min_calib_range": 0, "max_calib_range": 2},
        {"data": REAL},
        quantize_v2("uint8", 0, 2),
        gradient=False,
    ),
    Sample(
        "_contrib_quantize_v2",
        {"min_calib_range": -1, "max_calib_range": 2},
        {"data": REAL},
        quantize_v2("int8", -1, 2),
        gradient=False,
    ),
    Sample(
        "_contrib_quantize_v2",
        {"out_type": "auto"},
        {"data": unsigned(2, 3)},
        lambda data: (data, np.zeros(1), np.array([255.5])),
        name="integers",
    ),
    Sample(
        "_contrib_quantize_v2",
        {},
        {"data": np.zeros((2, 2), "float32")},
        lambda data: (data.astype("int8"), np.zeros(1), np.zeros(1)),
        gradient=False,
        name="zeros",
    ),
    Sample("_contrib_quantize_asym", {}, {"data": REAL}, asymmetric, gradient=False),
    Sample(
        "_contrib_quantize_asym",
        {"min_calib_range": -1, "max_calib_range": 2.5},
        {"data": REAL},
        lambda data: asymmetric(data, -1, 2.5),
        gradient=False,
    ),
    *(
        Sample(
            "_contrib_dequantize",
            {},
            {"data": data, **ends(min_range=-2, max_range=3)},
            dequantize,
            gradient=False,
            name=data.dtype.name,
        )
        for data in (signed(2, 3), unsigned(2, 3))
    ),
    *(
        Sample(
            "_contrib_requantize",
            params,
            {"data": WIDE, **ends(min_range=-5, max_range=9)},
            requantize(kind, reach),
            gradient=False,
        )
        for params, kind, reach in (
            ({}, "int8", None),
            ({"out_type": "uint8"}, "uint8", None),
            ({"min_calib_range": -1, "max_calib_range": 3}, "int8", 3),
            ({"out_type": "auto", "min_calib_range": 0, "max_calib_range": 3}, "uint8", 3),
        )
    ),
    Sample(
        "_contrib_calibrate_entropy",
        {"num_quantized_bins": 15},
        {"hist": HISTOGRAM.astype("float32"), "hist_edges": EDGES.astype("float32")},
        calibrate(15),
    ),
]


# -- layers with weights --------------------------------------------------------------------------------
WEIGHT_ENDS = ends(min_weight=-1, max_weight=2)
BIAS_ENDS = ends(min_bias=-0.03, max_bias=0.05)


def layer(compute):
    """A layer in integers, from one in real numbers."""

    def reference(data, weight, min_data, max_data, min_weight, max_weight,
                  bias=None, min_bias=None, max_bias=None):  # fmt: skip
        addend = 0
        if bias is not None:
            own = unit(data, min_data, max_data) * unit(weight, min_weight, max_weight)
            addend = np.trunc(bias * np.float32(unit(bias, min_bias, max_bias) / own))
        sums = compute(data.astype("int64"), weight.astype("int64"), addend)
        reach = product_range(data, min_data, max_data, weight, min_weight, max_weight)
        return np.asarray(sums).astype("int32"), *reach

    return reference


def layer_inputs(data, weight, bias=None):
    found = {"data": data, "weight": weight, **ends(min_data=-2, max_data=3), **WEIGHT_ENDS}
    return found if bias is None else {**found, "bias": bias, **BIAS_ENDS}


def connect(data, weight, bias):
    return data.reshape(len(data), -1) @ weight.T + bias


GEOMETRY = {"stride": (2, 1), "pad": (1, 2), "dilate": (1, 2)}
LAYERS = [
    Sample(
        "_contrib_quantized_fully_connected",
        {"num_hidden": 3, "no_bias": True},
        layer_inputs(unsigned(4, 5), signed(3, 5)),
        layer(connect),
        gradient=False,
    ),
    Sample(
        "_contrib_quantized_fully_connected",
        {"num_hidden": 3},
        layer_inputs(signed(4, 2, 3), signed(3, 6), signed(3)),
        layer(connect),
        gradient=False,
    ),
    Sample(
        "_contrib_quantized_fully_connected",
        {"num_hidden": 3, "flatten": False, "no_bias": True},
        layer_inputs(unsigned(4, 2, 700), signed(3, 700)),
        layer(lambda data, weight, bias: data @ weight.T),
        gradient=False,
    ),
    Sample(
        "_contrib_quantized_fully_connected",
        {"num_hidden": 3},
        layer_inputs(unsigned(4, 1), signed(3, 1), signed(3)),
        layer(connect),
        gradient=False,
        name="one column",
    ),
    Sample(
        "_contrib_quantized_conv",
        {"kernel": (1, 1), "num_filter": 3, "no_bias": True},
        layer_inputs(unsigned(2, 1, 4, 5), signed(3, 1, 1, 1)),
        layer(lambda data, weight, bias: convolve(data, weight)),
        gradient=False,
        name="one channel",
    ),
    Sample(
        "_contrib_quantized_conv",
        {"kernel": (3, 2), "num_filter": 4, "no_bias": True, **GEOMETRY},
        layer_inputs(unsigned(2, 3, 6, 5), signed(4, 3, 3, 2)),
        layer(lambda data, weight, bias: convolve(data, weight, **GEOMETRY)),
        gradient=False,
    ),
    Sample(
        "_contrib_quantized_conv",
        {"kernel": (3, 3), "num_filter": 4, "num_group": 2},
        layer_inputs(signed(2, 4, 4, 5), signed(4, 2, 3, 3), signed(4)),
        layer(lambda data, weight, bias: convolve(data, weight, bias, groups=2)),
        gradient=False,
    ),
    Sample(
        "_contrib_quantized_conv",
        {"kernel": (2,), "num_filter": 3, "no_bias": True, "pad": (1,)},
        layer_inputs(unsigned(2, 3, 5), signed(3, 3, 2)),
        layer(lambda data, weight, bias: convolve(data, weight, pad=(1,))),
        gradient=False,
    ),
    Sample(
        "_contrib_quantized_conv",
        {"kernel": (2, 2), "num_filter": 3, "layout": "NHWC"},
        layer_inputs(unsigned(2, 4, 5, 3), signed(3, 2, 2, 3), signed(3)),
        layer(
            lambda data, weight, bias: np.moveaxis(
                convolve(np.moveaxis(data, -1, 1), np.moveaxis(weight, -1, 1), bias), 1, -1
            )
        ),
        gradient=False,
    ),
]


# -- layers that keep their type ------------------------------------------------------------------------
def passing(compute):
    def reference(data, min_data, max_data):
        return near(compute(data.astype("float64")), data.dtype), min_data, max_data

    return reference


def normalized(kind, factor):
    def reference(data, gamma, beta, moving_mean, moving_var, min_data, max_data):
        shape = (1, -1, *(1,) * (data.ndim - 2))
        scale, shift, center, spread = (
            part.reshape(shape) for part in (gamma, beta, moving_mean, moving_var)
        )
        real = data * unit(data, min_data, max_data)
        scale = scale if factor else 1
        result = (real - center) / np.sqrt(spread + 1e-3) * scale + shift
        return near(result * 127.5 / 5, kind), np.array([-4.0]), np.array([5.0])

    return reference


def norm_inputs(data):
    arrays = {"gamma": (1, 2, 0.5), "beta": (0.1, -0.3, 0.2), "moving_mean": (0.2, 0.1, -0.5)}
    arrays = {**arrays, "moving_var": (1, 0.5, 2)}
    arrays = {name: np.array(value, "float32") for name, value in arrays.items()}
    return {"data": data, **arrays, **ends(min_data=-2, max_data=3)}


KEEPING = [
    *(
        Sample(
            f"_contrib_quantized_{op}",
            params,
            {"data": data, **ends(min_data=-2, max_data=3)},
            passing(compute),
            gradient=False,
            name=f"{name} {data.dtype.name} {data.ndim}",
        )
        for op, name, params, data, compute in (
            ("pooling", "max", {"kernel": (2, 2)}, signed(2, 3, 4, 5), pool(largest, (2, 2))),
            ("pooling", "max", {"kernel": (2,)}, unsigned(2, 3, 4), pool(largest, (2,))),
            (
                "pooling",
                "mean",
                {"kernel": (2, 2), "stride": (2, 2), "pad": (1, 1), "pool_type": "avg"},
                unsigned(2, 3, 4, 5),
                pool(mean, (2, 2), (2, 2), (1, 1)),
            ),
            (
                "pooling",
                "mean",
                {"global_pool": True, "pool_type": "avg", "kernel": (1, 1)},
                signed(2, 3, 4, 5),
                lambda data: data.mean((2, 3), keepdims=True),
            ),
            (
                "pooling",
                "last",
                {"kernel": (2, 2), "pool_type": "avg", "layout": "NHWC"},
                signed(2, 3, 4, 5),
                last(pool(mean, (2, 2))),
            ),
            ("act", "relu", {"act_type": "relu"}, signed(3, 4), lambda data: data.clip(0)),
            ("act", "relu", {"act_type": "relu"}, unsigned(3, 4), lambda data: data),
            ("flatten", "", {}, signed(2, 3, 4), lambda data: data.reshape(2, -1)),
        )
    ),
    *(
        Sample(
            "_contrib_quantized_batch_norm",
            {"min_calib_range": -4, "max_calib_range": 5, "fix_gamma": fixed},
            norm_inputs(data),
            normalized("int8", not fixed),
            gradient=False,
        )
        for data, fixed in ((signed(2, 3, 4), True), (unsigned(3, 3), False))
    ),
    Sample(
        "_contrib_quantized_embedding",
        {"input_dim": 5, "output_dim": 4},
        {"data": np.array([[0, 3], [9, -1]], "float32"), "weight": signed(5, 4),
         **ends(min_weight=-2, max_weight=3)},
        lambda data, weight, min_weight, max_weight: (
            weight[data.astype(int).clip(0, 4)], min_weight, max_weight
        ),
        gradient=False,
    ),
]  # fmt: skip


# -- several arrays -------------------------------------------------------------------------------------
def joined(arg0, arg1, arg2, arg3, arg4, arg5):
    low, high = np.minimum(arg2, arg4), np.maximum(arg3, arg5)
    kind = "uint8" if arg0.dtype == arg1.dtype == np.uint8 else "int8"
    own = unit(np.zeros(0, kind), low, high)
    scaled = arg0 * (unit(arg0, arg2, arg3) / own), arg1 * (unit(arg1, arg4, arg5) / own)
    return near(np.concatenate(scaled, 1), kind), low, high


def combined(operation, calibrated=None):
    def reference(lhs, rhs, lhs_min, lhs_max, rhs_min, rhs_max):
        real = operation(lhs * unit(lhs, lhs_min, lhs_max), rhs * unit(rhs, rhs_min, rhs_max))
        if operation is np.multiply:
            if calibrated:
                kind, top, real = "int8", 127.5, real * 127.5 / max(map(abs, calibrated))
                return near(np.trunc(real), kind), *np.reshape(calibrated, (2, 1))
            products = lhs.astype("int32") * rhs
            return products, *product_range(lhs, lhs_min, lhs_max, rhs, rhs_min, rhs_max)
        if calibrated:
            kind = "uint8" if lhs.dtype == rhs.dtype == np.uint8 else "int8"
            top = 255.5 if kind == "uint8" else 127.5
            return near(real * top / max(map(abs, calibrated)), kind), *np.reshape(
                calibrated, (2, 1)
            )
        reach = max(abs(lhs_min[0]), abs(lhs_max[0])) + max(abs(rhs_min[0]), abs(rhs_max[0]))
        return near(real * 2.0**31 / reach, "int32"), *symmetric(reach)

    return reference


PAIR_ENDS = ends(lhs_min=-2, lhs_max=3, rhs_min=-1, rhs_max=1.6)
CALIBRATED = {"min_calib_range": -2.5, "max_calib_range": 4.1}
PAIRS = [
    *(
        Sample(
            "_contrib_quantized_concat",
            {"num_args": 2, "dim": 1},
            {"arg0": one, "arg1": other, **ends(arg2=-2, arg3=3, arg4=-1, arg5=3.7)},
            joined,
            gradient=False,
            name=f"{one.dtype.name} {other.dtype.name}",
        )
        for one, other in (
            (signed(2, 3), signed(2, 4)),
            (unsigned(2, 3), unsigned(2, 4)),
            (signed(2, 3), unsigned(2, 4)),
        )
    ),
    *(
        Sample(
            "_contrib_quantized_elemwise_add",
            params,
            {"lhs": lhs, "rhs": rhs, **PAIR_ENDS},
            combined(np.add, params and (-2.5, 4.1)),
            name=f"{lhs.dtype.name} {rhs.dtype.name} {len(params)}",
        )
        for lhs, rhs in ((signed(2, 3), signed(2, 3)), (unsigned(2, 3), unsigned(2, 3)),
                         (unsigned(2, 3), signed(2, 3)))
        for params in ({}, CALIBRATED)
    ),
    *(
        Sample(
            "_contrib_quantized_elemwise_mul",
            params,
            {"lhs": signed(2, 3), "rhs": signed(2, 3), **PAIR_ENDS},
            combined(np.multiply, params and (-2.5, 4.1)),
            gradient=False,
        )
        for params in ({}, CALIBRATED)
    ),
    Sample(
        "_contrib_quantized_elemwise_mul",
        {"enable_float_output": True},
        {"lhs": signed(2, 3), "rhs": unsigned(2, 3), **PAIR_ENDS},
        lambda lhs, rhs, lhs_min, lhs_max, rhs_min, rhs_max: (
            lhs * unit(lhs, lhs_min, lhs_max) * (rhs * unit(rhs, rhs_min, rhs_max))
        ),
        gradient=False,
    ),
]  # fmt: skip


# -- recurrent networks ------------------------------------------------------------------------------
def lstm(data, parameters, state, state_cell, min_data, max_data):
    """One layer in one direction; the gates are input, forget, candidate, output."""
    real = (data - max_data) / min_data
    h, c, k, n = state[0], state_cell[0], state.shape[2], data.shape[2]
    sizes = np.cumsum([4 * k * n, 4 * k * k, 4 * k])
    w, u, b, d = np.split(parameters, sizes)
    w, u, outputs = w.reshape(4 * k, n), u.reshape(4 * k, k), []
    for x in real:
        i, f, g, o = np.split(x @ w.T + h @ u.T + b + d, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs), h[None], c[None]


NETWORK = {"state_size": 3, "num_layers": 1, "mode": "lstm"}
RECURRENT = [
    Sample(
        "_contrib_quantized_rnn",
        {**NETWORK, "state_outputs": True},
        {"data": unsigned(4, 2, 5), **ends(min_data=80, max_data=120)},
        lstm,
    ),
    Sample(
        "_contrib_quantized_rnn",
        {**NETWORK, "num_layers": 2, "bidirectional": True},
        {"data": unsigned(4, 2, 5), **ends(min_data=80, max_data=120)},
        None,
    ),
]

SAMPLES = [*CONVERSIONS, *LAYERS, *KEEPING, *PAIRS, *RECURRENT]
