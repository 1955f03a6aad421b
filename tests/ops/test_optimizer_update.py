"""What optimizer steps change: weights only where asked, states always; several weights at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mxnet as mx
from ops.samples.optimizer_update import SAMPLES
from running import array

SINGLE = [sample for sample in SAMPLES if "weight" in sample.inputs]
STEP = {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.3}


def call(sample, arrays: dict, out=None):
    """The function of a sample on arrays."""
    names = sample.operator.input_names
    return mx.nd.register.function(sample.op)(*map(arrays.get, names), out=out, **sample.params)


def fresh(sample) -> dict:
    return {name: array(value) for name, value in sample.full_arrays().items()}


@pytest.mark.parametrize("sample", SINGLE, ids=str)
def test_weight_changes_only_as_out(sample):
    arrays = fresh(sample)
    before = arrays["weight"].asnumpy()
    result = call(sample, arrays)
    assert result is not arrays["weight"]
    np.testing.assert_array_equal(arrays["weight"].asnumpy(), before)
    again = fresh(sample)
    if result.dtype != again["weight"].dtype:
        return  # the first phase of LAMB in float32 gives no weight
    assert call(sample, again, again["weight"]) is again["weight"]
    np.testing.assert_array_equal(again["weight"].asnumpy(), result.asnumpy())
    states = sample.operator.aux_names - {"mom" if sample.op == "nag_mom_update" else ""}
    for name in states:
        np.testing.assert_array_equal(again[name].asnumpy(), arrays[name].asnumpy())


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_states_change_and_nothing_else(sample):
    arrays = fresh(sample)
    before = {name: value.asnumpy() for name, value in arrays.items()}
    call(sample, arrays)
    changed = {
        name
        for name, value in arrays.items()
        if not np.array_equal(value.asnumpy(), before[name], equal_nan=True)
    }
    # As in 1.x, _adamw_update leaves the scaled gradient behind.
    assert changed == sample.operator.aux_names | (
        {"grad"} if sample.op == "_adamw_update" else set()
    )


def random_arrays(count: int, shape=(3, 2), dtype="float32", seed=0) -> list:
    rng = np.random.RandomState(seed)
    return [array(rng.uniform(0.1, 1, shape).astype(dtype)) for _ in range(count)]


@pytest.mark.parametrize("momentum", [None, 0.9])
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("preloaded", [False, True])
def test_several_weights_like_one_by_one(momentum, mixed, preloaded):
    lrs, wds = (0.1, 0.3), (0.0, 0.2)
    rest = {"rescale_grad": 0.5, "clip_gradient": 0.3}
    rest |= {} if momentum is None else {"momentum": momentum}
    name = f"{'mp_' if mixed else ''}sgd_{'' if momentum is None else 'mom_'}update"
    groups: list[list] = []
    for seed in range(2):
        weight, grad, mom = random_arrays(3, seed=seed)
        group = [weight, grad] if momentum is None else [weight, grad, mom]
        if mixed:
            group = [a.astype("float16") for a in group[:2]] + group[2:] + [weight.copy()]
        groups.append(group)
    copies = [[a.copy() for a in group] for group in groups]
    expected = [
        getattr(mx.nd, name)(*group, lr=lr, wd=wd, **rest)
        for group, lr, wd in zip(copies, lrs, wds, strict=True)
    ]
    flat, weights = [a for group in groups for a in group], [group[0] for group in groups]
    if preloaded:
        flat += [mx.nd.array(lrs), mx.nd.array(wds)]
        function = getattr(mx.nd, f"preloaded_multi_{name}")
    else:
        function, rest = getattr(mx.nd, f"multi_{name}"), {**rest, "lrs": lrs, "wds": wds}
    assert function(*flat, num_weights=2, out=weights, **rest) is weights
    for got, want in zip(weights, expected, strict=True):
        np.testing.assert_allclose(got.asnumpy(), want.asnumpy(), rtol=1e-6)
    for group, copy in zip(groups, copies, strict=True):
        for got, want in zip(group[2:], copy[2:], strict=True):
            np.testing.assert_allclose(got.asnumpy(), want.asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("mixed", [False, True])
def test_several_adamw_and_lamb_steps(mixed):
    def groups():
        weights, grads, means, squares = zip(
            *(random_arrays(4, seed=s) for s in (0, 1)), strict=True
        )
        if not mixed:
            return weights, grads, means, squares
        half = [[a.astype("float16") for a in arrays] for arrays in (weights, grads)]
        return *half, means, squares, weights

    prefix = "mp_" if mixed else ""
    numbers = {"wds": [0.1, 0], "lrs": [0.1, 0.2]}
    one_by_one = [
        getattr(mx.nd.contrib, f"{prefix}adamw_update")(*arrays, 0.5, lr=lr, eta=eta, wd=wd)
        for arrays, lr, eta, wd in zip(
            zip(*groups(), strict=True), numbers["lrs"], (1, 0.5), numbers["wds"], strict=True
        )
    ]
    several = getattr(mx.nd.contrib, f"multi_{prefix}adamw_update")
    for got, want in zip(
        several(*groups(), 0.5, etas=[1, 0.5], **numbers), one_by_one, strict=True
    ):
        np.testing.assert_allclose(got.asnumpy(), want.asnumpy(), rtol=1e-6)

    rows = list(zip(*groups(), strict=True))
    results = getattr(mx.nd.contrib, f"multi_{prefix}lamb_update")(
        *groups(), step_count=[1, 5], **numbers
    )
    for arrays, got, lr, wd, t in zip(rows, results, (0.1, 0.2), (0.1, 0), (1, 5), strict=True):
        direction = getattr(mx.nd, f"{prefix}lamb_update_phase1")(*arrays, t=t, wd=wd)
        weight = arrays[-1] if mixed else arrays[0]
        step = [arrays[0], direction, weight.norm(), direction.norm(), *arrays[4:]]
        want = getattr(mx.nd, f"{prefix}lamb_update_phase2")(*step, lr=lr)
        np.testing.assert_allclose(got.asnumpy(), want.asnumpy(), rtol=1e-3 if mixed else 1e-5)


@pytest.mark.parametrize("factor", [0, math.inf, math.nan])
def test_adamw_skips_gradients_that_overflowed(factor):
    for name in ("adamw_update", "mp_adamw_update"):
        mixed = name.startswith("mp")
        arrays = random_arrays(5 if mixed else 4)
        before = [a.asnumpy() for a in arrays]
        result = getattr(mx.nd.contrib, name)(*arrays, factor, lr=0.1, eta=1, wd=0.1)
        np.testing.assert_array_equal(result.asnumpy(), before[0])
        for value, old in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(value.asnumpy(), old)


@pytest.mark.parametrize(
    ("optimizer", "operator", "states", "same", "own"),
    [
        ("sgd", "sgd_mom_update", 1, {"momentum": 0.9}, {}),
        ("nag", "nag_mom_update", 1, {"momentum": 0.9}, {}),
        ("signum", "signum_update", 1, {"momentum": 0.9, "wd_lh": 0.1}, {}),
        ("adam", "adam_update", 2, {}, {"lr": 0.1 * (1 - 0.999) ** 0.5 / (1 - 0.9)}),
        ("rmsprop", "rmsprop_update", 1, {"gamma1": 0.9}, {}),
        ("ftrl", "ftrl_update", 2, {"lamda1": 0.05}, {}),
    ],
)
def test_optimizers_do_the_same(optimizer, operator, states, same, own):
    weight, grad = random_arrays(2)
    other = weight.copy()
    zeros = [mx.nd.zeros(weight.shape) for _ in range(states)]
    getattr(mx.nd, operator)(other, grad, *zeros, out=other, **{**STEP, **same, **own})
    numbers = {"learning_rate" if key == "lr" else key: value for key, value in STEP.items()}
    made = mx.optimizer.create(optimizer, **numbers, **same)
    mx.optimizer.get_updater(made)(0, grad, weight)
    np.testing.assert_allclose(weight.asnumpy(), other.asnumpy(), rtol=1e-5)


def test_symbols():
    weight, grad, mom = (mx.sym.Variable(name) for name in ("weight", "grad", "mom"))
    step = mx.sym.sgd_mom_update(weight, grad, mom, lr=0.5, momentum=0.5)
    assert step.list_arguments() == ["weight", "grad"]
    assert step.list_auxiliary_states() == ["mom"]
    ones = {name: mx.nd.ones(2) for name in ("weight", "grad")}
    executor = step.bind(mx.cpu(), ones, aux_states={"mom": mx.nd.ones(2)})
    for expected in (1, 0.5):
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), expected)
    np.testing.assert_array_equal(executor.aux_dict["mom"].asnumpy(), -0.5)
    with pytest.raises(mx.MXNetError, match="Not enough argument"):
        mx.sym.sgd_update(weight, lr=0.1)


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (lambda: mx.nd.sgd_update(mx.nd.ones(2), mx.nd.ones(3), lr=0.1), r"grad|weight"),
        (lambda: mx.nd.sgd_update(mx.nd.ones(2), mx.nd.ones(2)), "lr"),
        (
            lambda: mx.nd.sgd_update(*(mx.nd.ones(2, dtype="int32") for _ in "wg"), lr=1),
            "floats",
        ),
        (
            lambda: mx.nd.multi_sgd_update(*[mx.nd.ones(1)] * 4, lrs=(0.1,), wds=(0, 0), num_weights=2),
            "lrs .* one entry",
        ),
        (lambda: mx.nd.multi_sgd_update(*[mx.nd.ones(1)] * 4, lrs=(0.1,), wds=(0,)), "takes 2 inputs"),
        (
            lambda: mx.nd.contrib.group_adagrad_update(
                mx.nd.ones((2, 2)), mx.nd.ones((2, 2)), mx.nd.ones((3, 1)), lr=0.1
            ),
            "each row",
        ),
        (
            lambda: mx.nd.mp_sgd_update(*(mx.nd.ones(2, dtype="float16") for _ in range(3)), lr=0.1),
            "float32",
        ),
    ],
)  # fmt: skip
def test_misuse_says_what_is_wrong(misuse, words):
    with pytest.raises(mx.MXNetError, match=words):
        misuse()
