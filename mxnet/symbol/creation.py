"""Symbol functions that 1.x writes by hand: constants, ranges, and operators that take numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .functions import function
from .operators import binary
from .symbol import Symbol

__all__ = [
    "arange", "eye", "full", "histogram", "hypot", "linspace", "maximum", "minimum", "ones", "pow",
    "power", "split_v2", "zeros",
]  # fmt: skip


def zeros(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """A constant full of zeros; unknown (0) dimensions are inferred from its use."""
    return function("_zeros")(shape=shape, dtype=dtype or np.float32, **kwargs)


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """A constant full of ones."""
    return function("_ones")(shape=shape, dtype=dtype or np.float32, **kwargs)


def full(shape: Any, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """A constant full of ``val``."""
    return function("_full")(shape=shape, dtype=dtype or np.float32, value=float(val), **kwargs)


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, **kwargs: Any) -> Symbol:  # noqa: N803
    """A matrix (N, M) with ones on its ``k``-th diagonal; M = 0 stands for N."""
    return function("_eye")(N=N, M=M, k=k, dtype=dtype or np.float32, **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """Numbers from ``start`` (0 if only one is given) to ``stop``, each ``repeat`` times."""
    return function("_arange")(
        start=start, stop=stop, step=step, repeat=repeat, infer_range=infer_range, name=name,
        dtype=dtype or np.float32,
    )  # fmt: skip


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """``num`` evenly spaced numbers between ``start`` and ``stop``."""
    return function("_linspace")(
        start=start, stop=stop, num=num, endpoint=endpoint, name=name, dtype=dtype or np.float32
    )


def histogram(a: Symbol, bins: Any = 10, range: Any = None, **kwargs: Any) -> Symbol:  # noqa: A002
    """Counts and edges of a histogram; ``bins``: a number (with ``range``) or a symbol of edges."""
    if isinstance(bins, Symbol):
        return function("_histogram")(data=a, bins=bins, **kwargs)
    if isinstance(bins, (int, np.integer)):
        if range is None:
            raise ValueError("null range is not supported in symbol mode")
        return function("_histogram")(data=a, bin_cnt=bins, range=range, **kwargs)
    raise ValueError("bins argument should be either an integer or an NDArray")


def split_v2(
    ary: Symbol, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False
) -> Symbol:
    """Split along an axis, into equal sections or at indices."""
    if isinstance(indices_or_sections, (int, np.integer)):
        return function("_split_v2")(
            ary, indices=(), axis=axis, squeeze_axis=squeeze_axis, sections=int(indices_or_sections)
        )
    if isinstance(indices_or_sections, (tuple, list)):
        indices = (0, *indices_or_sections)
        return function("_split_v2")(ary, indices=indices, axis=axis, squeeze_axis=squeeze_axis)
    raise ValueError("indices_or_sections must either int or tuple of ints")


def pow(base: Any, exp: Any) -> Any:  # noqa: A001 - the 1.x spelling
    """``base ** exp`` of symbols or numbers, elementwise."""
    return binary(base, exp, "_Power", "_PowerScalar", "_RPowerScalar", lambda a, b: a**b)


power = pow


def maximum(left: Any, right: Any) -> Any:
    """The larger of two symbols or numbers, elementwise."""
    return binary(left, right, "_Maximum", "_MaximumScalar", "_MaximumScalar", max)


def minimum(left: Any, right: Any) -> Any:
    """The smaller of two symbols or numbers, elementwise."""
    return binary(left, right, "_Minimum", "_MinimumScalar", "_MinimumScalar", min)


def hypot(left: Any, right: Any) -> Any:
    """``sqrt(left**2 + right**2)`` of symbols or numbers, elementwise."""
    return binary(left, right, "_Hypot", "_HypotScalar", "_HypotScalar", np.hypot)
