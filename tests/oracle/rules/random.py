"""Samplers: names, shapes, types and what they refuse; numbers where nothing is left to chance."""

import numpy as np

from oracle.draw import Draw, Drawn, rule

# Parameters of the distributions: their range.
DISTRIBUTIONS = {
    "uniform": {"low": (-2, 0), "high": (1, 3)},
    "normal": {"loc": (-2, 2), "scale": (0.5, 2)},
    "gamma": {"alpha": (0.5, 3), "beta": (0.5, 2)},
    "exponential": {"lam": (0.5, 2)},
    "poisson": {"lam": (0.5, 4)},
    "negative_binomial": {"k": (1, 5), "p": (0.25, 0.75)},
    "generalized_negative_binomial": {"mu": (0.5, 3), "alpha": (0.25, 1)},
}
TYPES = ("float32", "float64", "float16")


def options(draw: Draw, name: str) -> dict:
    """Some parameters of a distribution."""
    found = {k: draw.real(low, high) for k, (low, high) in DISTRIBUTIONS[name].items()}
    if "k" in found:
        found["k"] = int(found["k"])
    return draw.some(**found)


@rule(*(f"_random_{name}" for name in DISTRIBUTIONS))
def sampler(draw: Draw, op: str) -> Drawn:
    params = options(draw, op.removeprefix("_random_"))
    params |= {"shape": draw.shape(), **draw.some(dtype=draw.choice(*TYPES))}
    certain = op in ("_random_uniform", "_random_normal") and draw.chance(0.3)
    if certain and op == "_random_uniform":
        params["low"] = params["high"] = draw.real(-2, 2)
    elif certain:
        params["scale"] = 0.0
    return Drawn(params, values=certain)


@rule("_random_randint")
def integers(draw: Draw, op: str) -> Drawn:
    low = draw.integer(-5, 5)
    certain = draw.chance(0.4)
    params = {
        "low": low,
        "high": low + (1 if certain else draw.integer(2, 9)),
        "shape": draw.shape(),
    }
    return Drawn(params | draw.some(dtype=draw.choice("int32", "int64")), values=certain)


@rule(*(f"_random_{name}_like" for name in DISTRIBUTIONS))
def like(draw: Draw, op: str) -> Drawn:
    name = op.removeprefix("_random_").removesuffix("_like")
    data = draw.array(draw.shape(), dtype=draw.choice(*TYPES))
    return Drawn(options(draw, name), {"data": data}, values=False, train=False)


NAMES = {"normal": ("mu", "sigma")}


@rule(*(f"_sample_{name}" for name in DISTRIBUTIONS))
def by_parameters(draw: Draw, op: str) -> Drawn:
    """As many numbers as ``shape`` says for each parameter."""
    name = op.removeprefix("_sample_")
    ranges = DISTRIBUTIONS[name]
    shape = draw.shape(1, 3)
    dtype = draw.choice("float32", "float32", "float64")
    inputs = {}
    for parameter, given in zip(ranges, NAMES.get(name, tuple(ranges)), strict=True):
        inputs[given] = draw.array(shape, *ranges[parameter], dtype)
        if parameter == "k":
            inputs[given] = inputs[given].round()
    params = draw.some(shape=draw.shape(1, 2, 3), dtype=draw.choice(*TYPES))
    return Drawn(params, inputs, values=False)


@rule("_sample_multinomial")
def multinomial(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 2)
    params = draw.some(shape=draw.shape(1, 2, 3), dtype=draw.choice("int32", "float32", "float64"))
    if draw.chance(0.3):
        params["get_prob"] = True
    data = draw.array(shape, 0.1, 1)
    certain = draw.chance(0.5)
    if certain:
        data = np.eye(shape[-1], dtype="float32")[draw.rng.randint(0, shape[-1], shape[:-1])]
    data = data / data.sum(-1, keepdims=True)
    return Drawn(params, {"data": data}, values=certain)


@rule("_sample_unique_zipfian")
def zipfian(draw: Draw, op: str) -> Drawn:
    # More numbers than a few of the range would take long.
    params = {"range_max": draw.integer(20, 50), "shape": draw.sizes(2, 1, 5)}
    return Drawn(params, imperative=True, values=False)


@rule("_shuffle")
def shuffle(draw: Draw, op: str) -> Drawn:
    data = draw.array(draw.shape(1, 3), dtype=draw.choice("float32", "float64", "int32"))
    same = draw.chance(0.4)
    return Drawn({}, {"data": np.ones_like(data) if same else data}, values=same)
