"""Comparing arrays within tolerances that depend on their element types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ndarray import NDArray

__all__ = [
    "almost_equal", "assert_allclose", "assert_almost_equal", "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err", "assert_exception", "checkShapes", "compare_ndarray_tuple",
    "default_atols", "default_numeric_eps", "default_rtols", "effective_dtype", "get_atol",
    "get_etol", "get_rtol", "get_tolerance", "get_tols", "locationError", "same", "same_array",
]  # fmt: skip

Tolerance = float | dict[np.dtype, float] | None

_INTEGERS = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64")


def _table(**values: float) -> dict[np.dtype, float]:
    return {np.dtype(name): value for name, value in values.items()}


def default_rtols() -> dict[np.dtype, float]:
    """The relative tolerance for each element type."""
    return _table(float16=1e-2, float32=1e-4, float64=1e-5, **dict.fromkeys(_INTEGERS, 0))


def default_atols() -> dict[np.dtype, float]:
    """The absolute tolerance for each element type."""
    return _table(float16=1e-1, float32=1e-3, float64=1e-20, **dict.fromkeys(_INTEGERS, 0))


def default_numeric_eps() -> dict[np.dtype, float]:
    """The step of finite differences for each element type: powers of two, so that it is exact."""
    return _table(float16=2.0**-6, float32=2.0**-9, float64=2.0**-14)


def effective_dtype(dat: Any) -> np.dtype:
    """The element type whose tolerance fits: on GPUs, float32 may be computed with 10 bits."""
    dtype = np.dtype(getattr(dat, "dtype", np.float64))
    if isinstance(dat, NDArray) and dat.context.device_type == "gpu" and dtype == np.float32:
        import torch

        if torch.backends.cuda.matmul.allow_tf32:
            return np.dtype("float16")
    return dtype


def get_tolerance(dat: Any, tol: Tolerance, default_tol: dict[np.dtype, float]) -> float:
    """``tol`` if it is a number; else what it, or ``default_tol``, has for the element type."""
    if isinstance(tol, (int, float)):
        return tol
    dtype = effective_dtype(dat)
    return (tol or {}).get(dtype, default_tol.get(dtype, 0.0))


def get_tols(x: Any, y: Any, rtol: Tolerance, atol: Tolerance) -> tuple[float, float]:
    """The tolerances for comparing two arrays: the larger of what each of them has."""
    defaults = (rtol, default_rtols()), (atol, default_atols())
    found = [max(get_tolerance(d, tol, table) for d in (x, y)) for tol, table in defaults]
    return found[0], found[1]


def get_rtol(rtol: float | None = None, dtype: Any = "float64") -> float:
    """``rtol``, by default that of the element type."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = "float64") -> float:
    """``atol``, by default that of the element type."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """``etol``, by default 0."""
    return 0 if etol is None else etol


def _numpy(x: Any) -> np.ndarray:
    return x.asnumpy() if isinstance(x, NDArray) else np.asarray(x)


# -- comparisons -----------------------------------------------------------------------------------
def same(a: Any, b: Any) -> bool:
    """Whether two arrays have the same shape and values."""
    return np.array_equal(_numpy(a), _numpy(b))


def checkShapes(a: Any, b: Any) -> None:  # noqa: N802 - the 1.x spelling
    """Raises AssertionError where the shapes of two arrays differ."""
    if a.shape != b.shape:
        reason = f"Items are not equal: a.shape = {a.shape} and b.shape = {b.shape} are not equal"
        raise AssertionError(_report(reason, _numpy(a), _numpy(b)))


def almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Whether ``|a - b| <= atol + rtol * |b|`` everywhere.

    Parameters: ``equal_nan``: whether NaN is equal to NaN; ``use_broadcast``: whether shapes may
    differ as far as they broadcast. Raises AssertionError where they differ otherwise.
    """
    rtol, atol = get_tols(a, b, rtol, atol)
    a, b = _numpy(a), _numpy(b)
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        use_broadcast = False
    if not use_broadcast:
        checkShapes(a, b)
    return np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def locationError(  # noqa: N802 - the 1.x spelling
    a: np.ndarray, b: np.ndarray, index: tuple, names: tuple, maxError: bool = False
) -> str:
    """A place where arrays differ, in words."""
    what = "maximum " if maxError else ""
    return f"Location of {what}error: {index}, {names[0]}={a[index]:.8f}, {names[1]}={b[index]:.8f}"


def _report(reason: str, a: np.ndarray, b: np.ndarray) -> str:
    with np.printoptions(threshold=4, suppress=True):
        return f"\n{reason}\n ACTUAL: {a!r}\n DESIRED: {b!r}"


def _violations(a: np.ndarray, b: np.ndarray, rtol: float, atol: float, equal_nan: bool):
    """How many times the tolerance the difference is, NaN where one of two is NaN."""
    a, b = (x.astype(np.float64) if x.dtype.kind != "c" else x for x in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.abs(a - b) / (atol + rtol * np.abs(b) + 1e-20)
    found = np.where(a == b, 0, found)
    return np.where(np.isnan(a) & np.isnan(b), 0, found) if equal_nan else found


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raises AssertionError that shows the worst places, unless ``almost_equal``.

    Parameters: ``names`` of the arrays in the message; ``mismatches``: how many places are shown,
    and how many are looked for to say that these are all.
    """
    if almost_equal(a, b, rtol, atol, equal_nan, use_broadcast):
        return
    rtol, atol = get_tols(a, b, rtol, atol)
    _fail(_numpy(a), _numpy(b), rtol, atol, names, equal_nan, mismatches[0])


def _fail(a, b, rtol, atol, names, equal_nan, shown) -> None:
    original = a, b
    a, b = np.broadcast_arrays(a, b)
    found = _violations(a, b, rtol, atol, equal_nan)
    wrong = ~(found <= 1)  # NaN is wrong too
    order = np.argsort(-np.where(np.isnan(found), np.inf, found), axis=None)[: int(wrong.sum())]
    places = [tuple(map(int, np.unravel_index(i, a.shape))) for i in order[: max(shown, 1)]]
    worst = found[places[0]]
    share = 100 * wrong.sum() / wrong.size
    lines = [
        f"Error {worst:f} exceeds tolerance rtol={rtol:e}, atol={atol:e} (mismatch {share:f}%).",
        locationError(a, b, places[0], names, maxError=True),
    ]
    for number, place in enumerate(places[1:shown], 2):
        lines.append(f"{number:3d}: Error {found[place]:f}  {locationError(a, b, place, names)}")
    raise AssertionError(_report("Items are not equal:\n" + "\n".join(lines), *original))


def assert_allclose(
    a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True
) -> None:
    """``assert_almost_equal`` with the defaults of numpy."""
    assert_almost_equal(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    etol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """The same, but a share ``etol`` of the values may be outside the tolerance."""
    etol = get_etol(etol)
    if etol > 0:
        rtol, atol = get_tols(a, b, rtol, atol)
        left, right = np.broadcast_arrays(_numpy(a), _numpy(b))
        wrong = ~(_violations(left, right, rtol, atol, equal_nan) <= 1)
        if wrong.sum() / max(wrong.size, 1) > etol:
            _fail(_numpy(a), _numpy(b), rtol, atol, names, equal_nan, mismatches[0])
    else:
        assert_almost_equal(a, b, rtol, atol, names, equal_nan, mismatches=mismatches)


def assert_almost_equal_ignore_nan(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: tuple[str, str] = ("a", "b"),
) -> None:
    """The same, where neither is NaN."""
    a, b = np.copy(_numpy(a)), np.copy(_numpy(b))
    nans = np.isnan(a) | np.isnan(b)
    a[nans] = b[nans] = 0
    assert_almost_equal(a, b, rtol, atol, names)


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: Tolerance = None, atol: Tolerance = None) -> None:
    """Compare arrays, or tuples of them at any depth; None stands for nothing to compare."""
    if t1 is None or t2 is None:
        return
    if isinstance(t1, (tuple, list)):
        for one, other in zip(t1, t2, strict=True):
            compare_ndarray_tuple(one, other, rtol, atol)
    else:
        assert_almost_equal(t1, t2, rtol=rtol, atol=atol)


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Whether two NDArrays share their memory: whether a change of one shows in the other."""
    array1[:] += 1
    if not same(array1, array2):
        array1[:] -= 1
        return False
    array1[:] -= 1
    return same(array1, array2)


def assert_exception(
    f: Callable, exception_type: type[BaseException], *args: Any, **kwargs: Any
) -> None:
    """Raises AssertionError unless ``f(*args, **kwargs)`` raises an exception of the type."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{f} did not raise {exception_type.__name__}")
