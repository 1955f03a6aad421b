"""The random functions that ``mx.sym.random`` and ``mx.nd.random`` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..base import numeric_types

__all__ = ["make_samplers"]


def make_samplers(function: Callable[[str], Callable], array_type: Any) -> dict[str, Callable]:
    """The samplers on top of ``function(operator)``, for symbols or for arrays.

    The parameters of a distribution are either all numbers (then ``shape`` is that of the result)
    or all of ``array_type`` (then ``shape`` is drawn for each of their elements).
    """

    def draw(fixed: str, tensor: str, numbers: dict, inputs: dict, options: dict) -> Any:
        options = {key: value for key, value in options.items() if value is not None}
        given = list(inputs.values())
        if all(isinstance(value, array_type) for value in given):
            options.pop("ctx", None)
            return function(tensor)(*given, **options)
        if all(isinstance(value, numeric_types) for value in given):
            out: Any = options.get("out")
            if isinstance(out, array_type):  # what is to be filled says what is drawn
                options = {"shape": out.shape, "dtype": out.dtype.__name__, **options}
            return function(fixed)(**numbers, **options)
        kinds = ", ".join(type(value).__name__ for value in given)
        raise ValueError(
            f"Distribution parameters must be either {array_type.__name__} or numbers, all alike,"
            f" not {kinds}"
        )

    def uniform(
        low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the uniform distribution on [low, high)."""
        values = {"low": low, "high": high}
        options = {"shape": shape, "dtype": dtype, **kwargs}
        return draw("_random_uniform", "_sample_uniform", values, values, options)

    def normal(
        loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the normal distribution with mean ``loc`` and standard deviation ``scale``."""
        values = {"loc": loc, "scale": scale}
        options = {"shape": shape, "dtype": dtype, **kwargs}
        return draw("_random_normal", "_sample_normal", values, values, options)

    def randn(*shape: int, **kwargs: Any) -> Any:
        """Draws of the given shape from a normal distribution (``loc=0``, ``scale=1``)."""
        loc, scale = kwargs.pop("loc", 0), kwargs.pop("scale", 1)
        return normal(loc, scale, shape=shape, **kwargs)

    def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        """Draws from the Poisson distribution with mean ``lam``."""
        values = {"lam": lam}
        options = {"shape": shape, "dtype": dtype, **kwargs}
        return draw("_random_poisson", "_sample_poisson", values, values, options)

    def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        """Draws from the exponential distribution with mean ``scale``."""
        values = {"lam": 1.0 / scale}
        options = {"shape": shape, "dtype": dtype, **kwargs}
        return draw("_random_exponential", "_sample_exponential", values, values, options)

    def gamma(
        alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the gamma distribution with shape ``alpha`` and scale ``beta``."""
        values = {"alpha": alpha, "beta": beta}
        options = {"shape": shape, "dtype": dtype, **kwargs}
        return draw("_random_gamma", "_sample_gamma", values, values, options)

    def negative_binomial(
        k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws the number of failures before the ``k``-th success, of probability ``p``."""
        values = {"k": k, "p": p}
        options = {"shape": shape, "dtype": dtype, **kwargs}
        return draw(
            "_random_negative_binomial", "_sample_negative_binomial", values, values, options
        )

    def generalized_negative_binomial(
        mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
    ) -> Any:
        """Draws from the negative binomial distribution of mean ``mu`` and dispersion ``alpha``."""
        values = {"mu": mu, "alpha": alpha}
        options = {"shape": shape, "dtype": dtype, **kwargs}
        return draw(
            "_random_generalized_negative_binomial",
            "_sample_generalized_negative_binomial",
            values,
            values,
            options,
        )

    def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        """Draws integers from [low, high)."""
        options = {"shape": shape, "dtype": dtype, **kwargs}
        given = {key: value for key, value in options.items() if value is not None}
        return function("_random_randint")(low=low, high=high, **given)

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
