"""The distributions of random operators and of dropout."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from running import run_bound, run_plainly

SIZE = 20000


def drawn(symbol, **arrays):
    return run_plainly(symbol, {k: np.asarray(v, "float32") for k, v in arrays.items()}).outputs[0]


@pytest.mark.parametrize(
    ("symbol", "arrays"),
    [
        (lambda: mx.sym.random_uniform(low=-1, high=3, shape=(SIZE,)), {}),
        (
            lambda: mx.sym.random.uniform_like(mx.sym.Variable("data"), low=-1, high=3),
            {"data": np.zeros(SIZE)},
        ),
        (
            lambda: mx.sym.sample_uniform(
                mx.sym.Variable("low"), mx.sym.Variable("high"), shape=(SIZE,)
            ),
            {"low": [-1], "high": [3]},
        ),
    ],
)
def test_uniform(symbol, arrays):
    values = drawn(symbol(), **arrays)
    assert values.min() >= -1
    assert values.max() < 3
    assert values.mean() == pytest.approx(1, abs=0.05)
    assert values.std() == pytest.approx(4 / 12**0.5, rel=0.03)


@pytest.mark.parametrize(
    ("symbol", "arrays"),
    [
        (lambda: mx.sym.random_normal(loc=2, scale=3, shape=(SIZE,)), {}),
        (
            lambda: mx.sym.random.normal_like(mx.sym.Variable("data"), loc=2, scale=3),
            {"data": np.zeros(SIZE)},
        ),
        (
            lambda: mx.sym.sample_normal(
                mx.sym.Variable("mu"), mx.sym.Variable("sigma"), shape=(SIZE,)
            ),
            {"mu": [2], "sigma": [3]},
        ),
    ],
)
def test_normal(symbol, arrays):
    values = drawn(symbol(), **arrays)
    assert values.mean() == pytest.approx(2, abs=0.1)
    assert values.std() == pytest.approx(3, rel=0.03)
    inside = np.mean(abs(values - 2) < 3)
    assert inside == pytest.approx(0.683, abs=0.02)


def test_sizes_that_are_not_given_follow_from_the_use():
    symbol = mx.sym.random_uniform(shape=(0, 3)) + mx.sym.Variable("data")
    outputs = run_bound(symbol, {"data": np.zeros((2, 3), "float32")}).outputs
    assert outputs[0].shape == (2, 3)


def test_every_parameter_has_its_own_numbers():
    symbol = mx.sym.sample_normal(mx.sym.Variable("mu"), mx.sym.Variable("sigma"), shape=(2, 500))
    values = drawn(symbol, mu=[0, 100, -50], sigma=[1, 0.1, 2])
    assert values.shape == (3, 2, 500)
    np.testing.assert_allclose(values.mean((1, 2)), [0, 100, -50], atol=0.3)


@pytest.mark.parametrize(("mode", "train"), [("training", True), ("always", False)])
def test_dropout(mode, train):
    symbol = mx.sym.Dropout(mx.sym.Variable("data"), p=0.25, mode=mode)
    data = np.ones((100, 200), "float32")
    found = run_bound(symbol, {"data": data}, [2 * data], "write", train)
    output = found.outputs[0]
    assert set(np.unique(output)) == {0, np.float32(1 / 0.75)}
    assert np.mean(output == 0) == pytest.approx(0.25, abs=0.02)
    if train:
        np.testing.assert_allclose(found.gradients["data"], 2 * output, 1e-6)


def test_dropout_shares_the_mask_along_axes():
    symbol = mx.sym.Dropout(mx.sym.Variable("data"), p=0.5, axes=(1,))
    output = run_bound(symbol, {"data": np.ones((50, 4, 3), "float32")}).outputs[0]
    assert (output == output[:, :1]).all()
    assert (output[:, 0] != output[:, 0, :1]).any()


def test_dropout_of_everything_is_not_a_number():
    symbol = mx.sym.Dropout(mx.sym.Variable("data"), p=1.0)
    assert np.isnan(run_bound(symbol, {"data": np.ones(3, "float32")}).outputs[0]).all()


@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_dropout_probability_is_checked(p):
    with pytest.raises(mx.MXNetError, match="Parameter p"):
        mx.sym.Dropout(mx.sym.Variable("data"), p=p)


def test_randomised_rectifier():
    symbol = mx.sym.LeakyReLU(
        mx.sym.Variable("data"), act_type="rrelu", lower_bound=0.2, upper_bound=0.6
    )
    data = np.where(np.arange(SIZE) % 2, 1, -1).astype("float32")
    heads = [np.ones_like(data), np.zeros_like(data)]
    found = run_bound(symbol, {"data": data}, heads, "write")
    output, mask = found.outputs
    assert mask.min() >= 0.2
    assert mask.max() < 0.6
    assert mask.mean() == pytest.approx(0.4, abs=0.01)
    np.testing.assert_array_equal(output, np.where(data > 0, data, data * mask))
    np.testing.assert_array_equal(found.gradients["data"], np.where(data > 0, 1, mask))
    output = run_bound(symbol, {"data": data}, train=False).outputs[0]
    np.testing.assert_allclose(output, np.where(data > 0, data, 0.4 * data), 1e-6)
