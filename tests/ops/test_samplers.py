"""Goodness of fit of what the samplers draw, seeds, parameters that are no parameters."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mxnet as mx
from running import array

SIZE = 20000
random = mx.nd.random


@pytest.fixture(autouse=True)
def _seed():
    mx.random.seed(7)


def in_three_forms(name: str, as_numbers: dict, as_arrays: dict) -> list[np.ndarray]:
    """Draws from a distribution by numbers, like an array and for arrays of parameters."""
    numbers = getattr(mx.nd, f"random_{name}")(**as_numbers, shape=SIZE)
    like = getattr(random, f"{name}_like")(mx.nd.zeros(SIZE), **as_numbers)
    arrays = {key: mx.nd.array([1, value]) for key, value in as_arrays.items()}
    for_arrays = getattr(mx.nd, f"sample_{name}")(**arrays, shape=SIZE)[1]
    return [numbers.asnumpy(), like.asnumpy(), for_arrays.asnumpy()]


def erlang(shape: int, scale: float):
    def cumulative(x):
        x = x / scale
        terms = sum(x**k / math.factorial(k) for k in range(shape))
        return 1 - np.exp(-x) * terms

    return cumulative


def half_gamma(x):
    return np.vectorize(math.erf)(np.sqrt(x))


@pytest.mark.parametrize(
    ("name", "parameters", "cumulative"),
    [
        ("exponential", {"lam": 2.5}, lambda x: 1 - np.exp(-2.5 * x)),
        ("gamma", {"alpha": 3.0, "beta": 0.7}, erlang(3, 0.7)),
        ("gamma", {"alpha": 0.5, "beta": 1.0}, half_gamma),
        ("uniform", {"low": -1.0, "high": 3.0}, lambda x: (x + 1) / 4),
    ],
)
def test_densities_fit(name, parameters, cumulative):
    """Kolmogorov-Smirnov: the largest distance of the distribution functions."""
    for values in in_three_forms(name, parameters, parameters):
        expected = cumulative(np.sort(values.astype("float64")))
        steps = np.arange(SIZE + 1) / SIZE
        distance = max(np.max(steps[1:] - expected), np.max(expected - steps[:-1]))
        assert distance < 1.95 / math.sqrt(SIZE)  # 1 in 1000 by chance


def chi_square(values: np.ndarray, probability) -> tuple[float, int]:
    """Pearson's statistic of counts, and its degrees of freedom; rare values are put together."""
    number = np.bincount(values.astype(int))
    expected = SIZE * np.array([probability(k) for k in range(len(number))])
    common = expected > 10
    if not common.all():
        number = np.append(number[common], number[~common].sum())
        expected = np.append(expected[common], SIZE - expected[common].sum())
    return float(np.sum((number - expected) ** 2 / expected)), len(number) - 1


def poisson(mean: float):
    return lambda k: math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))


def negative_binomial(k: float, p: float):
    def probability(x):
        choices = math.lgamma(x + k) - math.lgamma(x + 1) - math.lgamma(k)
        return math.exp(choices + k * math.log(p) + x * math.log(1 - p))

    return probability


@pytest.mark.parametrize(
    ("name", "parameters", "probability"),
    [
        ("poisson", {"lam": 0.4}, poisson(0.4)),
        ("poisson", {"lam": 30.0}, poisson(30.0)),
        ("negative_binomial", {"k": 3, "p": 0.4}, negative_binomial(3, 0.4)),
        (
            "generalized_negative_binomial",
            {"mu": 2.0, "alpha": 0.5},
            negative_binomial(2.0, 1 / 2.0),
        ),
        ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.0}, poisson(2.0)),
    ],
)
def test_counts_fit(name, parameters, probability):
    for values in in_three_forms(name, parameters, parameters):
        np.testing.assert_array_equal(values, np.round(values))
        statistic, freedom = chi_square(values, probability)
        assert statistic < freedom + 4 * math.sqrt(2 * freedom)


def test_integers_fit():
    values = random.randint(-2, 5, shape=SIZE).asnumpy()
    assert values.dtype == "int32"
    statistic, freedom = chi_square(values + 2, lambda k: 1 / 7)
    assert (values.min(), values.max(), freedom) == (-2, 4, 6)
    assert statistic < freedom + 4 * math.sqrt(2 * freedom)


@pytest.mark.parametrize("scale", [1, 5])
def test_multinomial_fits(scale):
    chances = [0.1, 0, 0.6, 0.3]
    data = mx.nd.array([chances, chances[::-1]]) * scale
    values, logarithms = random.multinomial(data, shape=SIZE, get_prob=True)
    assert values.shape == logarithms.shape == (2, SIZE)
    for row, p in zip(values.asnumpy(), (chances, chances[::-1]), strict=True):
        number = np.bincount(row, minlength=4)
        assert number[p.index(0)] == 0
        np.testing.assert_allclose(number / SIZE, p, atol=4 * math.sqrt(0.25 / SIZE))
    picked = mx.nd.pick(data[0].broadcast_to((SIZE, 4)), values[0])
    np.testing.assert_allclose(logarithms[0].asnumpy(), np.log(picked.asnumpy()), rtol=1e-5)


def test_gradient_of_the_probabilities_drawn():
    data = mx.nd.array([[0, 1], [0.5, 0]])
    data.attach_grad()
    with mx.autograd.record():
        _, logarithms = random.multinomial(data, shape=3, get_prob=True)
        loss = (logarithms * mx.nd.array([[1, 2, 3]] * 2)).sum()
    loss.backward()
    np.testing.assert_array_equal(data.grad.asnumpy(), [[0, 6], [12, 0]])


def test_shuffle_permutes_slices():
    data = array(np.arange(600).reshape(300, 2))
    mixed = random.shuffle(data).asnumpy()
    assert (mixed != data.asnumpy()).any()
    np.testing.assert_array_equal(mixed[np.argsort(mixed[:, 0])], data.asnumpy())
    firsts = [random.shuffle(mx.nd.array([0, 1, 2]))[0].asscalar() for _ in range(90)]
    assert all(firsts.count(i) > 15 for i in range(3))


def test_unique_classes():
    drawn, tries = mx.nd._internal._sample_unique_zipfian(1000, shape=(200, 10))
    drawn, tries = drawn.asnumpy(), tries.asnumpy()
    assert drawn.dtype == tries.dtype == "int64"
    assert drawn.min() >= 0
    assert drawn.max() < 1000
    assert all(len(set(row)) == 10 for row in drawn)
    assert tries.min() >= 10
    # The first of each row is an unbiased draw: class 0 has the probability log 2 / log 1001.
    assert np.mean(drawn[:, 0] == 0) == pytest.approx(math.log(2) / math.log(1001), abs=0.07)
    everything, _ = mx.nd._internal._sample_unique_zipfian(4, shape=(3, 4))
    np.testing.assert_array_equal(np.sort(everything.asnumpy(), 1), [[0, 1, 2, 3]] * 3)


DRAWS = {
    "exponential": lambda: random.exponential(2, shape=4),
    "gamma": lambda: random.gamma(mx.nd.array([2]), mx.nd.array([1]), shape=4),
    "poisson": lambda: random.poisson(4, shape=4),
    "negative_binomial": lambda: random.negative_binomial(3, 0.4, shape=4),
    "generalized_negative_binomial": lambda: random.generalized_negative_binomial(3, 2, shape=4),
    "randint": lambda: random.randint(0, 100, shape=4),
    "randn": lambda: random.randn(4),
    "multinomial": lambda: random.multinomial(mx.nd.ones(100), shape=4),
    "shuffle": lambda: random.shuffle(mx.nd.arange(100)),
    "unique": lambda: mx.nd._internal._sample_unique_zipfian(1000, shape=(2, 4))[0],
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_equal_seeds_equal_draws(draw):
    mx.random.seed(3)
    first, second = draw().asnumpy(), draw().asnumpy()
    mx.random.seed(3)
    np.testing.assert_array_equal(draw().asnumpy(), first)
    np.testing.assert_array_equal(draw().asnumpy(), second)
    assert (first != second).any()


def test_scale_of_exponential_is_its_mean():
    for values in (
        random.exponential(4, shape=SIZE),
        random.exponential(mx.nd.array([4]), shape=SIZE),
    ):
        assert values.asnumpy().mean() == pytest.approx(4, rel=0.03)


def test_integer_arrays_get_whole_numbers():
    counts = random.uniform_like(mx.nd.zeros((1000,), dtype="int32"), low=0, high=3).asnumpy()
    assert counts.dtype == "int32"
    assert set(counts) == {0, 1, 2}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mx.nd.random_exponential(lam=0), "lam should be positive"),
        (lambda: random.gamma(-1, 1), "alpha should be positive"),
        (lambda: random.gamma(mx.nd.array([1]), mx.nd.array([-1])), "beta should be positive"),
        (lambda: random.poisson(-1), "lam should be not negative"),
        (lambda: random.negative_binomial(1, 1.5), "p should be in"),
        (lambda: random.randint(5, 5), "should be below high"),
        (lambda: random.randint(0, 2**40), "fit into int32"),
        (lambda: random.multinomial(mx.nd.array([1, -1])), "probability"),
        (lambda: random.multinomial(mx.nd.array([1], dtype="int32")), "floats"),
        (lambda: mx.nd._internal._sample_unique_zipfian(3, shape=(1, 4)), "asks for more"),
        (lambda: mx.nd._internal._sample_unique_zipfian(3), "shape"),
    ],
)
def test_parameters_that_are_none(call, words):
    with pytest.raises(mx.MXNetError, match=words):
        call()


def test_symbols_draw_too():
    rate = mx.sym.Variable("rate")
    symbol = mx.sym.Group(
        [
            mx.sym.random.exponential(rate, shape=(2,)),
            mx.sym.random.shuffle(rate),
            mx.sym.random.multinomial(rate, shape=(5,), get_prob=False),
            mx.sym.random.randint(0, 9, shape=(2, 2)),
            mx.sym.random.poisson_like(rate, lam=2.0),
        ]
    )
    executor = symbol.bind(mx.cpu(), {"rate": mx.nd.array([1, 2, 3])})
    outputs = executor.forward()
    assert [out.shape for out in outputs] == [(3, 2), (3,), (5,), (2, 2), (3,)]
    first = outputs[0].asnumpy()
    assert (executor.forward()[0].asnumpy() != first).all()


def test_candidates_of_a_sampled_loss():
    drawn, true, counts = mx.nd.contrib.rand_zipfian(mx.nd.array([0, 3]), 5000, 50)
    assert (drawn.dtype, true.dtype, counts.dtype) == (np.int64, np.float64, np.float64)
    chances = [5000 * math.log((k + 2) / (k + 1)) / math.log(51) for k in (0, 3)]
    np.testing.assert_allclose(true.asnumpy(), chances)
    for k, chance in zip((0, 3), chances, strict=True):
        mine = drawn.asnumpy() == k
        assert mine.sum() == pytest.approx(chance, rel=0.1)
        np.testing.assert_allclose(counts.asnumpy()[mine], chance)
    symbols = mx.sym.contrib.rand_zipfian(mx.sym.Variable("true"), 5000, 50)
    (expected,) = symbols[1].bind(mx.cpu(), {"true": mx.nd.array([0, 3])}).forward()
    np.testing.assert_allclose(expected.asnumpy(), chances)
