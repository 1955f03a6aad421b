"""Random draws of executors: the first run of a program draws as all later ones do."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

DATA = mx.sym.Variable("data")
RANDOM = {
    "Dropout": mx.sym.Dropout(DATA, p=0.5),
    "uniform": DATA + mx.sym.random.uniform(shape=(6, 5)),
    "normal": DATA + mx.sym.random.normal(shape=(6, 5)),
    "poisson": DATA + mx.sym.random.poisson(lam=3, shape=(6, 5)),
    "gamma": DATA + mx.sym.random.gamma(alpha=2, shape=(6, 5)),
    "exponential": DATA + mx.sym.random.exponential(shape=(6, 5)),
    "negative_binomial": DATA + mx.sym.random.negative_binomial(k=3, p=0.4, shape=(6, 5)),
    "sample_normal": mx.sym.sample_normal(DATA, mx.sym.abs(DATA) + 1, shape=(2,)),
    "shuffle": mx.sym.shuffle(DATA),
    "rrelu": mx.sym.LeakyReLU(DATA - 5, act_type="rrelu"),
    "brightness": mx.sym.image.random_brightness(
        mx.sym.Reshape(DATA, shape=(2, 5, 3)), min_factor=0.5, max_factor=2
    ),
    "color_jitter": mx.sym.image.random_color_jitter(
        mx.sym.Reshape(DATA, shape=(2, 5, 3)),
        brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5,
    ),
    "lighting": mx.sym.image.random_lighting(mx.sym.Reshape(DATA, shape=(2, 5, 3)), alpha_std=0.5),
    "flip": mx.sym.image.random_flip_left_right(mx.sym.Reshape(DATA, shape=(2, 5, 3))),
}  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_the_first_run_draws_as_later_ones(name):
    executor = RANDOM[name].simple_bind(mx.cpu(), grad_req="null", data=(6, 5))
    executor.arg_dict["data"][:] = np.arange(30, dtype="float32").reshape(6, 5) / 10
    runs = []
    for _ in range(3):
        mx.random.seed(7)
        first = executor.forward(is_train=True)[0].asnumpy()
        runs.append((first, executor.forward(is_train=True)[0].asnumpy()))
    for values in zip(*runs):
        for value in values[1:]:
            np.testing.assert_array_equal(value, values[0])
