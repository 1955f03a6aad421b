"""Samples of optimizer steps; tests/ops/test_optimizer_update.py looks at how states change."""

import numpy as np

from ops.sample import Sample

SHAPE = (2, 3)
ONE = np.array([0.5], "float32")
SIGNED = np.array([[0.4, -1.2, 0.7], [-0.3, 2.0, -0.6]], "float32")
POSITIVE = np.array([[1.4, 1.2, 0.7], [0.3, 2.0, 0.6]], "float32")
HALF = {"weight": SIGNED.astype("float16"), "grad": POSITIVE.astype("float16")}
SINGLE = {"weight": SIGNED, "grad": POSITIVE}
WEIGHT32 = {"weight32": SIGNED}
MOM = {"mom": SIGNED[::-1]}
MEANS = {"mean": SIGNED[::-1], "var": POSITIVE}
SCALED = {"rescale_grad": 0.5, "clip_gradient": 0.4}
DECAY = {"lr": 0.1, "wd": 0.2}


def ready(grad):
    return np.clip(0.5 * grad, -0.4, 0.4)


def sgd(weight, grad, lr=0.1, wd=0.2):
    return weight - lr * (ready(grad) + wd * weight)


def momentum(weight, grad, mom, lr=0.1, wd=0.2):
    return sgd(weight, grad, lr, wd) + 0.9 * mom


def nag(weight, grad, mom):
    return weight + 0.81 * mom - 0.1 * 1.9 * (ready(grad) + 0.2 * weight)


def signum(weight, grad, mom):
    return 0.97 * weight + 0.1 * np.sign(0.9 * mom - 0.1 * (ready(grad) + 0.2 * weight))


def coupled(weight, grad):
    return np.clip(0.5 * grad + 0.2 * weight, -0.4, 0.4)


def adam(weight, grad, mean, var):
    g = coupled(weight, grad)
    mean, var = 0.9 * mean + 0.1 * g, 0.999 * var + 0.001 * g**2
    return weight - 0.1 * mean / (np.sqrt(var) + 1e-8)


def adamw(weight, grad, mean, var, rescale_grad, lr=0.1, wd=0.2, eta=0.5):
    g = np.clip(rescale_grad * grad, -0.4, 0.4)
    mean, var = 0.9 * mean + 0.1 * g, 0.999 * var + 0.001 * g**2
    return weight - eta * (lr * mean / (np.sqrt(var) + 1e-8) + wd * weight)


def rmsprop(weight, grad, n):
    g = coupled(weight, grad)
    return np.clip(weight - 0.1 * g / np.sqrt(0.95 * n + 0.05 * g**2 + 1e-8), -0.5, 0.5)


def rmspropalex(weight, grad, n, g, delta):
    grad = coupled(weight, grad)
    n, g = 0.95 * n + 0.05 * grad**2, 0.95 * g + 0.05 * grad
    return weight + 0.9 * delta - 0.1 * grad / np.sqrt(n - g**2 + 1e-8)


def ftrl(weight, grad, z, n):
    g = ready(grad)
    z = z + g - (np.sqrt(n + g**2) - np.sqrt(n)) * weight / 0.1
    shrunk = np.sign(z) * np.maximum(np.abs(z) - 0.01, 0)
    return -shrunk / ((1 + np.sqrt(n + g**2)) / 0.1 + 0.2)


def ftml(weight, grad, d, v, z):
    g = coupled(weight, grad)
    v = 0.999 * v + 0.001 * g**2
    d_new = (1 - 0.6**3) / 0.1 * (np.sqrt(v / (1 - 0.999**3)) + 1e-8)
    return -(0.6 * z + 0.4 * g - (d_new - 0.6 * d) * weight) / d_new


def adagrad(weight, grad, history):
    g = ready(grad)
    return 0.98 * weight - 0.1 * g / np.sqrt(history + g**2 + 1e-7)


def group_adagrad(weight, grad, history):
    g = ready(grad)
    history = history + np.mean(g**2, 1, keepdims=True)
    return weight - 0.1 * g / np.sqrt(history + 1e-5)


def direction(weight, grad, mean, var, wd=0.2, t=4):
    g = ready(grad)
    mean, var = 0.9 * mean + 0.1 * g, 0.999 * var + 0.001 * g**2
    if t:
        mean, var = mean / (1 - 0.9**t), var / (1 - 0.999**t)
    return mean / (np.sqrt(var) + 1e-6) + wd * weight


def lamb(weight, grad, mean, var, lr=0.1, wd=0.2, t=4):
    step = direction(weight, grad, mean, var, wd, t)
    return weight - lr * np.linalg.norm(weight) / np.linalg.norm(step) * step


def on_weight32(function):
    def reference(weight, weight32, **arrays):
        return function(weight32, **arrays)

    return reference


def several(function, *extra):
    """A function of the arrays of one weight, for two weights: ``mom_0``, ``mom_1``..."""

    def reference(**arrays):
        results = []
        for i in range(2):
            own = {key[:-2]: value for key, value in arrays.items() if key.endswith(f"_{i}")}
            shared = {key: value for key, value in arrays.items() if key in ("rescale_grad",)}
            own["weight"] = own.pop("weight32", own["weight"])
            numbers = {name: values[i] for name, values in extra}
            results.append(function(**own, **shared, **numbers))
        return results

    return reference


def twice(**arrays):
    """The arrays of one weight for two weights, the second without its first row."""
    first = {f"{name}_0": value for name, value in arrays.items()}
    return first | {f"{name}_1": value[1:] for name, value in arrays.items()}


LRS, WDS, ETAS, COUNTS = (0.1, 0.3), (0.2, 0.0), (0.5, 1.0), (4, 7)
RATES = {"lrs": LRS, "wds": WDS}
LOADED = {"lrs": np.array(LRS, "float32"), "wds": np.array(WDS, "float32")}
BY_RATE = ("lr", LRS), ("wd", WDS)
TWO = {"num_weights": 2, **SCALED}
ADAMW = {**RATES, "etas": ETAS, "num_weights": 2, "clip_gradient": 0.4}
BY_ETA = *BY_RATE, ("eta", ETAS)
LAMB = {"learning_rates": LRS, "wds": WDS, "step_count": COUNTS, "num_tensors": 2, **SCALED}
BY_COUNT = *BY_RATE, ("t", COUNTS)

SAMPLES = [
    Sample("sgd_update", {**DECAY, **SCALED}, SINGLE, sgd),
    Sample("sgd_mom_update", {**DECAY, **SCALED, "momentum": 0.9}, SINGLE | MOM, momentum),
    Sample("mp_sgd_update", {**DECAY, **SCALED}, HALF | WEIGHT32, on_weight32(sgd), rtol=1e-3),
    Sample(
        "mp_sgd_mom_update",
        {**DECAY, **SCALED, "momentum": 0.9},
        HALF | MOM | WEIGHT32,
        on_weight32(momentum),
        rtol=1e-3,
    ),
    Sample("nag_mom_update", {**DECAY, **SCALED, "momentum": 0.9}, SINGLE | MOM, nag),
    Sample(
        "mp_nag_mom_update",
        {**DECAY, **SCALED, "momentum": 0.9},
        HALF | MOM | WEIGHT32,
        on_weight32(nag),
        rtol=1e-3,
    ),
    Sample(
        "signsgd_update",
        DECAY,
        SINGLE,
        lambda weight, grad: 0.98 * weight - 0.1 * np.sign(grad),
    ),
    Sample(
        "signum_update",
        {**DECAY, **SCALED, "momentum": 0.9, "wd_lh": 0.3},
        SINGLE | MOM,
        signum,
    ),
    Sample("adam_update", {**DECAY, **SCALED}, SINGLE | MEANS, adam),
    Sample(
        "rmsprop_update",
        {**DECAY, **SCALED, "clip_weights": 0.5},
        SINGLE | {"n": POSITIVE[::-1]},
        rmsprop,
    ),
    Sample(
        "rmspropalex_update",
        {**DECAY, **SCALED},
        SINGLE | {"n": POSITIVE + 4, "g": SIGNED, "delta": POSITIVE},
        rmspropalex,
    ),
    Sample("ftrl_update", {**DECAY, **SCALED}, SINGLE | {"z": SIGNED[::-1], "n": POSITIVE}, ftrl),
    Sample(
        "ftml_update",
        {**DECAY, "rescale_grad": 0.5, "clip_grad": 0.4, "t": 3},
        SINGLE | {"d": POSITIVE, "v": POSITIVE, "z": SIGNED},
        ftml,
    ),
    Sample("_sparse_adagrad_update", {**DECAY, **SCALED}, SINGLE | {"history": POSITIVE}, adagrad),
    Sample(
        "_contrib_group_adagrad_update",
        {"lr": 0.1, **SCALED},
        SINGLE | {"history": POSITIVE[:, :1]},
        group_adagrad,
    ),
    Sample(
        "_adamw_update",
        {**DECAY, "eta": 0.5, "clip_gradient": 0.4},
        SINGLE | MEANS | {"rescale_grad": ONE},
        adamw,
    ),
    Sample(
        "_mp_adamw_update",
        {**DECAY, "eta": 0.5, "clip_gradient": 0.4},
        HALF | MEANS | WEIGHT32 | {"rescale_grad": ONE},
        on_weight32(adamw),
        rtol=1e-3,
    ),
    Sample("lamb_update_phase1", {"t": 4, "wd": 0.2, **SCALED}, SINGLE | MEANS, direction),
    Sample(
        "lamb_update_phase1",
        {"t": 4, "wd": 0.2, "bias_correction": False, **SCALED},
        SINGLE | MEANS,
        lambda **arrays: direction(**arrays, t=0),
        name="biased",
    ),
    Sample(
        "mp_lamb_update_phase1",
        {"t": 4, "wd": 0.2, **SCALED},
        HALF | MEANS | WEIGHT32,
        on_weight32(direction),
        rtol=1e-3,
    ),
    Sample(
        "lamb_update_phase2",
        {"lr": 0.1, "upper_bound": 3.0},
        {"weight": SIGNED, "g": POSITIVE, "r1": ONE * 8, "r2": ONE},
        lambda weight, g, r1, r2: weight - 0.1 * 3 / r2 * g,
    ),
    Sample(
        "mp_lamb_update_phase2",
        {"lr": 0.1, "lower_bound": 1.0},
        {"weight": HALF["weight"], "g": POSITIVE, "r1": ONE, "r2": ONE * 0, **WEIGHT32},
        lambda weight, g, r1, r2, weight32: weight32 - 0.1 * g,
        rtol=1e-3,
    ),
    Sample("multi_sgd_update", {**RATES, **TWO}, twice(**SINGLE), several(sgd, *BY_RATE)),
    Sample(
        "multi_sgd_mom_update",
        {**RATES, **TWO, "momentum": 0.9},
        twice(**SINGLE, **MOM),
        several(momentum, *BY_RATE),
    ),
    Sample(
        "multi_mp_sgd_update",
        {**RATES, **TWO},
        twice(**HALF, **WEIGHT32),
        several(sgd, *BY_RATE),
        rtol=1e-3,
    ),
    Sample(
        "multi_mp_sgd_mom_update",
        {**RATES, **TWO, "momentum": 0.9},
        twice(**HALF, **MOM, **WEIGHT32),
        several(momentum, *BY_RATE),
        rtol=1e-3,
    ),
    Sample("preloaded_multi_sgd_update", TWO, twice(**SINGLE) | LOADED, several(sgd, *BY_RATE)),
    Sample(
        "preloaded_multi_sgd_mom_update",
        {**TWO, "momentum": 0.9},
        twice(**SINGLE, **MOM) | LOADED,
        several(momentum, *BY_RATE),
    ),
    Sample(
        "preloaded_multi_mp_sgd_update",
        TWO,
        twice(**HALF, **WEIGHT32) | LOADED,
        several(sgd, *BY_RATE),
        rtol=1e-3,
    ),
    Sample(
        "preloaded_multi_mp_sgd_mom_update",
        {**TWO, "momentum": 0.9},
        twice(**HALF, **MOM, **WEIGHT32) | LOADED,
        several(momentum, *BY_RATE),
        rtol=1e-3,
    ),
    Sample(
        "_multi_adamw_update",
        ADAMW,
        twice(**SINGLE, **MEANS) | {"rescale_grad": ONE},
        several(adamw, *BY_ETA),
    ),
    Sample(
        "_multi_mp_adamw_update",
        ADAMW,
        twice(**HALF, **MEANS, **WEIGHT32) | {"rescale_grad": ONE},
        several(adamw, *BY_ETA),
        rtol=1e-3,
    ),
    Sample("_multi_lamb_update", LAMB, twice(**SINGLE, **MEANS), several(lamb, *BY_COUNT)),
    Sample(
        "_multi_mp_lamb_update",
        LAMB,
        twice(**HALF, **MEANS, **WEIGHT32),
        several(lamb, *BY_COUNT),
        rtol=1e-3,
    ),
    Sample(
        "multi_lars",
        {"eta": 0.1, "eps": 0.01, "rescale_grad": 0.5},
        {
            "lrs": np.array([0.1, 0.2, 0.3], "float32"),
            "weights_sum_sq": np.array([4, 0, 1], "float32"),
            "grads_sum_sq": np.array([9, 1, 0], "float32"),
            "wds": np.array([0.2, 0.2, 0.2], "float32"),
        },
        lambda **_: np.array([0.1 * 0.1 * 2 / (1.5 + 0.4 + 0.01), 0.2, 0.3]),
    ),
]
