"""Checks of random number generators against the distributions that they should have."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..error import MXNetError
from ..ndarray import NDArray

__all__ = [
    "chi_square_check",
    "gen_buckets_probs_with_ppf",
    "mean_check",
    "var_check",
    "verify_generator",
]

Generator = Callable[[int], Any]


def _statistics() -> Any:
    try:
        return importlib.import_module("scipy.stats")
    except ImportError:
        raise MXNetError(
            "this check uses scipy, which is not installed: pip install scipy"
        ) from None


def _draw(generator: Generator, count: int) -> np.ndarray:
    drawn = generator(count)
    drawn = (drawn.asnumpy() if isinstance(drawn, NDArray) else np.asarray(drawn)).reshape(-1)
    assert len(drawn) == count, (
        f"the generator gave {len(drawn)} numbers where {count} were asked for"
    )
    return drawn


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Intervals of equal probability, from the inverse of a distribution function, and these."""
    assert nbuckets > 0, f"at least one interval is needed, not {nbuckets}"
    edges = [ppf(i / nbuckets) for i in range(nbuckets + 1)]
    return list(pairwise(edges)), [1.0 / nbuckets] * nbuckets


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the mean of the numbers is within three deviations of what it should be."""
    drawn = _draw(generator, nsamples).astype(np.float64)
    return bool(abs(drawn.mean() - mu) < 3 * sigma / np.sqrt(nsamples))


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the variance of normal numbers is within three deviations of what it should be."""
    drawn = _draw(generator, nsamples).astype(np.float64)
    return bool(abs(drawn.var(ddof=1) - sigma**2) < 3 * np.sqrt(2 * sigma**4 / (nsamples - 1)))


def chi_square_check(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The p-value of the chi-square test, and the counts that were found and expected.

    Parameters: ``buckets``: pairs (from, to), or single values; ``probs``: their probabilities.
    """
    drawn = _draw(generator, nsamples)
    expected = (np.asarray(probs, np.float64) * nsamples).astype(np.int32)
    if isinstance(buckets[0], (tuple, list)):
        found = np.array([((drawn >= low) & (drawn < high)).sum() for low, high in buckets])
    else:
        found = np.array([(drawn == value).sum() for value in buckets])
    scaled = np.asarray(probs, np.float64) / np.sum(probs) * max(found.sum(), 1)
    _, p_value = _statistics().chisquare(f_obs=found, f_exp=scaled)
    return float(p_value), found, expected


def verify_generator(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """The p-values of several chi-square tests.

    Raises AssertionError unless at least ``success_rate`` of them are above ``alpha``.
    """
    results = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    p_values = [result[0] for result in results]
    passed = sum(p > alpha for p in p_values)
    if passed < nrepeat * success_rate:
        raise AssertionError(
            f"chi-square test fails: {passed} of {nrepeat} p-values are above {alpha}: {p_values};"
            f" counts {[result[1].tolist() for result in results]}, expected {results[0][2].tolist()},"
            f" buckets {buckets}, probabilities {probs}"
        )
    return p_values
