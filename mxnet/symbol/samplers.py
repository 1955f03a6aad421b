"""The random functions that ``mx.sym.random`` and ``mx.nd.random`` share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..base import numeric_types

__all__ = ["make_samplers"]


def make_samplers(function: Callable[[str], Callable], array_type: Any) -> dict[str, Callable]:
    """The samplers on top of ``function(operator)``, for symbols or for arrays.

    The parameters of a distribution are either all numbers (then ``shape`` is that of the result)
    or all of ``array_type`` (then ``shape`` is drawn for each of their elements).
    """

    draw = partial(_draw, function, array_type)

    def uniform(
        low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the uniform distribution on [low, high)."""
        return draw("uniform", {"low": low, "high": high}, shape, dtype, kwargs)

    def normal(
        loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the normal distribution with mean ``loc`` and standard deviation ``scale``."""
        return draw("normal", {"loc": loc, "scale": scale}, shape, dtype, kwargs)

    def randn(*shape: int, **kwargs: Any) -> Any:
        """Draws of the given shape from a normal distribution (``loc=0``, ``scale=1``)."""
        loc, scale = kwargs.pop("loc", 0), kwargs.pop("scale", 1)
        return normal(loc, scale, shape=shape, **kwargs)

    def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        """Draws from the Poisson distribution with mean ``lam``."""
        return draw("poisson", {"lam": lam}, shape, dtype, kwargs)

    def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        """Draws from the exponential distribution with mean ``scale``."""
        return draw("exponential", {"lam": 1.0 / scale}, shape, dtype, kwargs)

    def gamma(
        alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the gamma distribution with shape ``alpha`` and scale ``beta``."""
        return draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, kwargs)

    def negative_binomial(
        k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws the number of failures before the ``k``-th success, of probability ``p``."""
        return draw("negative_binomial", {"k": k, "p": p}, shape, dtype, kwargs)

    def generalized_negative_binomial(
        mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the negative binomial distribution of mean ``mu`` and dispersion ``alpha``."""
        return draw(
            "generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, kwargs
        )

    def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        """Draws integers from [low, high)."""
        options = _given(shape=shape, dtype=dtype, **kwargs)
        return function("_random_randint")(low=low, high=high, **options)

    def multinomial(
        data: Any,
        shape: Any = None,
        get_prob: bool = array_type.__name__ == "Symbol",
        dtype: Any = "int32",
        **kwargs: Any,
    ) -> Any:
        """Draws category numbers, given the probabilities in the last axis of ``data``."""
        options = {} if shape is None else {"shape": shape}
        return function("_sample_multinomial")(
            data, get_prob=get_prob, dtype=dtype, **options, **kwargs
        )

    def shuffle(data: Any, **kwargs: Any) -> Any:
        """The slices of ``data`` along its first axis in random order."""
        return function("_shuffle")(data, **kwargs)

    made = (
        uniform, normal, randn, poisson, exponential, gamma, negative_binomial,
        generalized_negative_binomial, randint, multinomial, shuffle,
    )  # fmt: skip
    return {sampler.__name__: sampler for sampler in made}


def _draw(
    function: Callable[[str], Callable],
    array_type: Any,
    distribution: str,
    parameters: dict[str, Any],
    shape: Any,
    dtype: Any,
    others: dict[str, Any],
) -> Any:
    """Draws by ``_random_<distribution>`` for numbers, ``_sample_<distribution>`` for arrays."""
    options = _given(**others) if others else others
    if shape is not None:
        options["shape"] = shape
    if dtype is not None:
        options["dtype"] = dtype
    values = parameters.values()
    for value in values:
        if not isinstance(value, numeric_types):
            break
    else:
        out: Any = options.get("out")
        if isinstance(out, array_type):  # what is to be filled says what is drawn
            options = {"shape": out.shape, "dtype": out.dtype.__name__, **options}
        return function(f"_random_{distribution}")(**parameters, **options)
    if all(isinstance(value, array_type) for value in values):
        options.pop("ctx", None)
        return function(f"_sample_{distribution}")(*values, **options)
    kinds = ", ".join(type(value).__name__ for value in values)
    raise ValueError(
        f"Distribution parameters must be either {array_type.__name__} or numbers, all alike,"
        f" not {kinds}"
    )


def _given(**options: Any) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
