"""Samples of densities; tests/ops/test_pdf.py has the edges of their supports."""

import math

import numpy as np

from ops.sample import Sample

log_gamma = np.vectorize(math.lgamma, otypes=["float64"])
REALS = np.array([[0.3, -0.8, 1.2], [0.1, 0.9, -0.4]], "float32")
POSITIVE = np.array([[0.3, 1.8, 1.2], [0.1, 0.9, 2.4]], "float32")
COUNTS = np.array([[0, 3, 1], [2, 5, 4]], "float32")
POINTS = np.array([[[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]] * 2, "float32")
FIRST = np.array([0.6, 1.7], "float32")
SECOND = np.array([1.3, 0.4], "float32")
CHANCES = np.array([0.3, 0.6], "float32")


def column(parameter):
    return parameter[..., None]


def normal(sample, mu, sigma):
    mu, sigma = column(mu), column(sigma)
    return np.exp(-(((sample - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))


def exponential(sample, lam):
    return column(lam) * np.exp(-column(lam) * sample)


def gamma(sample, alpha, beta):
    alpha, beta = column(alpha), column(beta)
    weight = beta**alpha / np.exp(log_gamma(alpha))
    return weight * sample ** (alpha - 1) * np.exp(-beta * sample)


def poisson(sample, lam):
    return column(lam) ** sample * np.exp(-column(lam) - log_gamma(sample + 1))


def negative_binomial(sample, k, p):
    k, p = column(k), column(p)
    choices = np.exp(log_gamma(sample + k) - log_gamma(sample + 1) - log_gamma(k))
    return choices * p**k * (1 - p) ** sample


def generalized(sample, mu, alpha):
    return negative_binomial(sample, 1 / alpha, 1 / (1 + mu * alpha))


def dirichlet(sample, alpha):
    weight = np.exp(log_gamma(alpha.sum(-1)) - log_gamma(alpha).sum(-1))
    return column(weight) * np.prod(sample ** (alpha[:, None] - 1), -1)


CASES = [
    (
        "uniform",
        {"sample": REALS, "low": -FIRST - 1, "high": SECOND + 1},
        lambda sample, low, high: np.ones_like(sample) / column(high - low),
    ),
    ("normal", {"sample": REALS, "mu": CHANCES, "sigma": SECOND}, normal),
    ("exponential", {"sample": POSITIVE, "lam": FIRST}, exponential),
    ("gamma", {"sample": POSITIVE, "alpha": FIRST, "beta": SECOND}, gamma),
    ("poisson", {"sample": COUNTS, "lam": FIRST}, poisson),
    ("negative_binomial", {"sample": COUNTS, "k": FIRST, "p": CHANCES}, negative_binomial),
    (
        "generalized_negative_binomial",
        {"sample": COUNTS, "mu": FIRST, "alpha": SECOND},
        generalized,
    ),
    ("dirichlet", {"sample": POINTS, "alpha": np.array([[2, 0.5, 1.5]] * 2, "float32")}, dirichlet),
]


def logarithm(density):
    return lambda **arrays: np.log(density(**arrays))


# The gradient of counts is zero by definition: test_pdf.py compares those of their parameters.
SAMPLES = [
    Sample(
        f"_random_pdf_{name}",
        {"is_log": True} if is_log else {},
        inputs,
        logarithm(density) if is_log else density,
        gradient=inputs["sample"] is not COUNTS,
    )
    for name, inputs, density in CASES
    for is_log in (False, True)
]
