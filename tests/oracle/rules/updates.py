"""Steps of optimizers, through ``mx.nd``: weights and states are changed in place."""

import re

import numpy as np

from oracle.draw import Draw, Drawn, rule


def common(draw: Draw, clip: str = "clip_gradient", decay: bool = True) -> dict:
    """Parameters that nearly all steps have."""
    params = {"lr": draw.real(0.0625, 0.5), **draw.some(rescale_grad=draw.choice(0.5, 0.125))}
    if decay:
        params |= draw.some(wd=draw.choice(0.0625, 0.25))
    return params | (draw.some(**{clip: draw.choice(0.25, 0.5)}) if clip else {})


def step(draw: Draw, params: dict, states: dict, precise: bool = False) -> Drawn:
    """A step on a weight: ``states`` gives the range of each state."""
    shape = draw.shape(1, 3)
    dtype = draw.choice("float32", "float32", "float64")
    if precise:
        dtype = "float16"
    inputs = {
        "weight": draw.array(shape, dtype=dtype),
        "grad": draw.array(shape, dtype=dtype),
    }
    state_type = "float32" if precise else dtype
    for name, (low, high) in states.items():
        inputs[name] = draw.array(shape, low, high, state_type)
    if precise:
        inputs["weight32"] = inputs["weight"].astype("float32")
    return Drawn(params, inputs, imperative=True, positional=True, out="weight")


@rule("sgd_update", "signsgd_update")
def sgd(draw: Draw, op: str) -> Drawn:
    return step(draw, common(draw), {})


@rule("sgd_mom_update", "nag_mom_update")
def momentum(draw: Draw, op: str) -> Drawn:
    return step(draw, {**common(draw), "momentum": draw.real(0, 0.9)}, {"mom": (-1, 1)})


@rule("signum_update")
def signum(draw: Draw, op: str) -> Drawn:
    params = {**common(draw), "momentum": draw.real(0, 0.9), **draw.some(wd_lh=0.125)}
    return step(draw, params, {"mom": (-1, 1)})


@rule("mp_sgd_update")
def mp_sgd(draw: Draw, op: str) -> Drawn:
    return step(draw, common(draw), {}, precise=True)


@rule("mp_sgd_mom_update", "mp_nag_mom_update")
def mp_momentum(draw: Draw, op: str) -> Drawn:
    params = {**common(draw), "momentum": draw.real(0, 0.9)}
    return step(draw, params, {"mom": (-1, 1)}, precise=True)


@rule("adam_update")
def adam(draw: Draw, op: str) -> Drawn:
    params = {**common(draw), **draw.some(beta1=0.5, beta2=0.75, epsilon=0.125)}
    return step(draw, params, {"mean": (-1, 1), "var": (0.1, 1)})


@rule("ftml_update")
def ftml(draw: Draw, op: str) -> Drawn:
    params = {**common(draw, "clip_grad"), "t": draw.integer(1, 9)}
    params |= draw.some(beta1=0.5, beta2=0.75, epsilon=0.125)
    return step(draw, params, {"d": (0.1, 1), "v": (0.1, 1), "z": (-1, 1)})


@rule("ftrl_update")
def ftrl(draw: Draw, op: str) -> Drawn:
    params = {**common(draw), **draw.some(lamda1=draw.choice(0.0625, 0.5), beta=0.5)}
    return step(draw, params, {"z": (-1, 1), "n": (0.1, 1)})


@rule("rmsprop_update")
def rmsprop(draw: Draw, op: str) -> Drawn:
    params = {**common(draw), **draw.some(gamma1=0.5, epsilon=0.125, clip_weights=0.75)}
    return step(draw, params, {"n": (0.1, 1)})


@rule("rmspropalex_update")
def rmsprop_alex(draw: Draw, op: str) -> Drawn:
    params = {**common(draw), **draw.some(gamma1=0.5, gamma2=0.5, clip_weights=0.75)}
    return step(draw, params, {"n": (1.5, 2), "g": (-1, 1), "delta": (-1, 1)})


@rule("_adamw_update", "_mp_adamw_update")
def adamw(draw: Draw, op: str) -> Drawn:
    params = common(draw)
    params.pop("rescale_grad", None)
    params |= {"eta": draw.real(0.25, 1), **draw.some(beta1=0.5, beta2=0.75, epsilon=0.125)}
    drawn = step(draw, params, {"mean": (-1, 1), "var": (0.1, 1)}, precise=op.startswith("_mp"))
    scale = draw.choice(1.0, 0.5, 0.0, np.inf) if draw.chance(0.3) else 0.5
    drawn.inputs["rescale_grad"] = np.array([scale], "float32")
    return drawn


@rule("lamb_update_phase1", "mp_lamb_update_phase1")
def lamb(draw: Draw, op: str) -> Drawn:
    params = common(draw)
    params.pop("lr")
    params |= {"t": draw.integer(1, 9), "wd": 0.125}
    params |= draw.some(beta1=0.5, beta2=0.75, epsilon=0.125, bias_correction=draw.chance(0.5))
    drawn = step(draw, params, {"mean": (-1, 1), "var": (0.1, 1)}, precise=op.startswith("mp"))
    drawn.out = None
    return drawn


@rule("lamb_update_phase2", "mp_lamb_update_phase2")
def lamb_second(draw: Draw, op: str) -> Drawn:
    params = {"lr": draw.real(0.125, 0.5), **draw.some(lower_bound=0.5, upper_bound=2.0)}
    precise = op.startswith("mp")
    drawn = step(draw, params, {}, precise=precise)
    inputs = drawn.inputs
    kind = "float32" if precise else inputs["weight"].dtype.name
    norms = {name: draw.array((1,), 0, 3, kind) for name in ("r1", "r2")}
    if draw.chance(0.2):
        norms["r1"] *= 0
    inputs["grad"] = inputs["grad"].astype(kind)
    weight32 = {"weight32": inputs.pop("weight32")} if precise else {}
    drawn.inputs = {**inputs, **norms, **weight32}
    return drawn


@rule("multi_lars")
def lars(draw: Draw, op: str) -> Drawn:
    n = draw.integer(1, 5)
    names = ("lrs", "weights_sum_sq", "grads_sum_sq", "wds")
    inputs = {name: draw.array((n,), 0.1, 2) for name in names}
    if draw.chance(0.3):
        inputs["grads_sum_sq"][0] = 0
    params = {"eta": draw.real(0.125, 1), "eps": 0.125, **draw.some(rescale_grad=0.5)}
    return Drawn(params, inputs, imperative=True, positional=True)


def several(params: dict, inputs: dict) -> Drawn:
    """A step on several weights, which receive the results."""
    out = [name for name in inputs if re.fullmatch(r"weight\d", name)]
    return Drawn(params, inputs, imperative=True, positional=True, out=out)


def multi(draw: Draw, number: int, states: dict, precise: bool) -> dict:
    """Weights, gradients and states of several steps, one weight after the other."""
    inputs = {}
    for i in range(number):
        one = step(draw, {}, states, precise).inputs
        if not precise:
            one = {k: v.astype("float32") for k, v in one.items()}
        inputs |= {f"{name}{i}": value for name, value in one.items()}
    return inputs


@rule(
    "multi_sgd_update",
    "multi_sgd_mom_update",
    "multi_mp_sgd_update",
    "multi_mp_sgd_mom_update",
    "preloaded_multi_sgd_update",
    "preloaded_multi_sgd_mom_update",
    "preloaded_multi_mp_sgd_update",
    "preloaded_multi_mp_sgd_mom_update",
)
def multi_sgd(draw: Draw, op: str) -> Drawn:
    number = draw.integer(1, 3)
    params = {"num_weights": number, **draw.some(rescale_grad=0.5, clip_gradient=0.25)}
    states = {}
    if "mom" in op:
        params["momentum"] = draw.real(0, 0.9)
        states = {"mom": (-1, 1)}
    inputs = multi(draw, number, states, "_mp_" in op)
    rates = draw.array((number,), 0.1, 1).round(2), draw.array((number,), 0, 0.2).round(2)
    if op.startswith("preloaded"):
        inputs |= {"lrs": rates[0], "wds": rates[1]}
    else:
        params |= {"lrs": rates[0].tolist(), "wds": rates[1].tolist()}
    return several(params, inputs)


@rule("_multi_adamw_update", "_multi_mp_adamw_update")
def multi_adamw(draw: Draw, op: str) -> Drawn:
    number = draw.integer(1, 3)
    params = {"num_weights": number, **draw.some(beta1=0.5, beta2=0.75, clip_gradient=0.25)}
    for name in ("lrs", "wds", "etas"):
        params[name] = draw.array((number,), 0.1, 1).round(2).tolist()
    inputs = multi(draw, number, {"mean": (-1, 1), "var": (0.1, 1)}, "_mp_" in op)
    inputs["rescale_grad"] = np.array([draw.choice(0.5, 1.0)], "float32")
    return several(params, inputs)


@rule("_multi_lamb_update", "_multi_mp_lamb_update")
def multi_lamb(draw: Draw, op: str) -> Drawn:
    number = draw.integer(1, 3)
    params = {
        "num_tensors": number,
        "learning_rates": draw.array((number,), 0.1, 1).round(2).tolist(),
        "wds": draw.array((number,), 0.1, 1).round(2).tolist(),
        "step_count": [draw.integer(1, 5) for _ in range(number)],
        **draw.some(beta1=0.5, beta2=0.75, lower_bound=0.5, upper_bound=2.0, rescale_grad=0.5),
    }
    params |= draw.some(clip_gradient=0.25, bias_correction=draw.chance(0.5))
    inputs = multi(draw, number, {"mean": (-1, 1), "var": (0.1, 1)}, "_mp_" in op)
    return several(params, inputs)
