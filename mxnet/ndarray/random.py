"""Random arrays: ``mx.nd.random``."""

from typing import Any

from ..symbol.samplers import make_samplers
from .ndarray import NDArray
from .register import function

_samplers = make_samplers(function, NDArray)
globals().update(_samplers)


def multinomial(
    data: NDArray,
    shape: Any = None,
    get_prob: bool = False,
    out: NDArray | None = None,
    dtype: Any = "int32",
    **kwargs: Any,
) -> Any:
    """Draws category numbers, given the probabilities in the last axis of ``data``."""
    return _samplers["multinomial"](data, shape, get_prob, dtype, out=out, **kwargs)
