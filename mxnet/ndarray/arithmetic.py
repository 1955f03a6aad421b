"""Python's operators on arrays, and the functions ``nd.add``, ``nd.maximum``, ... of the same kind.

What torch computes exactly as 1.x does goes straight to torch. The rest (recording, integer
division, remainders by zero, mixed dtypes, every error) goes through the operator of that name.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .._tape import state
from ..base import NotSupportedForSparseNDArray
from ..error import MXNetError
from ..ops.core import get_op
from . import ndarray as arrays

if TYPE_CHECKING:
    from .ndarray import NDArray

__all__ = [
    "Arithmetic", "add", "divide", "equal", "greater", "greater_equal", "lesser", "lesser_equal",
    "logical_and", "logical_or", "logical_xor", "maximum", "minimum", "modulo", "multiply",
    "not_equal", "power", "subtract", "true_divide",
]  # fmt: skip

_NUMBERS = (int, float, np.number, np.bool_)
Kernel = Callable[[Any, Any], torch.Tensor]


def _apply(name: str, array: NDArray, other: NDArray, out: NDArray | None = None) -> NDArray:
    return arrays.invoke(get_op(name)(), [array, other], out=out)


def _apply_scalar(name: str, array: NDArray, value: Any, out: NDArray | None = None) -> NDArray:
    return arrays.invoke(get_op(name)(scalar=float(value)), [array], out=out)


def _general(
    name: str, scalar_name: str, array: NDArray, other: Any, out: NDArray | None = None
) -> NDArray:
    """By the operator: what sparse arrays take, also where only ``other`` is one."""
    if isinstance(other, arrays.NDArray):
        return _apply(name, array, other, out)
    return _apply_scalar(scalar_name, array, _number(other), out)


def _number(value: Any) -> int | float:
    """A Python number; raises TypeError for everything else, None and numpy arrays included."""
    kind = type(value)
    if kind is float or kind is int:
        return value
    if isinstance(value, _NUMBERS) and not isinstance(value, np.complexfloating):
        found = value.item() if isinstance(value, np.generic) else value
        return int(found) if isinstance(found, bool) else found
    raise TypeError(f"type {kind} not supported; use an NDArray (mx.nd.array) or a number")


def _exact(value: int | float, dtype: torch.dtype) -> bool:
    """Whether torch takes a number for an array of this dtype as it is."""
    if dtype.is_floating_point:
        return True
    if type(value) is not int or dtype is torch.bool:
        return False
    if 0 <= value < 128:
        return True
    limits = torch.iinfo(dtype)
    return limits.min <= value <= limits.max


def _binary(kernel: Kernel, name: str, scalar_name: str, integers: bool, zero: bool = True):
    """``array ∘ other``; ``integers`` and ``zero``: torch is right for integers, for a scalar 0."""

    def compute(self: NDArray, other: Any) -> NDArray:
        is_array = isinstance(other, arrays.NDArray)
        right: Any
        try:
            tensor, right = self._tensor, other._tensor if is_array else None
        except NotSupportedForSparseNDArray:
            return _general(name, scalar_name, self, other)
        dtype = tensor.dtype
        if is_array:
            if (
                dtype is right.dtype
                and zero
                and (dtype.is_floating_point or (integers and dtype is not torch.bool))
                and not state.recording
            ):
                try:
                    return type(self)(kernel(tensor, right), self._context)
                except RuntimeError:
                    pass  # the operator says what is wrong
            return _apply(name, self, other)
        value = _number(other)
        if (
            not state.recording
            and (integers or dtype.is_floating_point)
            and _exact(value, dtype)
            and (zero or value != 0)
        ):
            return type(self)(kernel(tensor, value), self._context)
        return _apply_scalar(scalar_name, self, value)

    return compute


def _reflected(kernel: Kernel | None, scalar_name: str, integers: bool):
    """``number ∘ array``."""

    def compute(self: NDArray, other: Any) -> NDArray:
        value = _number(other)
        try:
            tensor = self._tensor
        except NotSupportedForSparseNDArray:
            return _apply_scalar(scalar_name, self, value)
        dtype = tensor.dtype
        if (
            kernel is not None
            and not state.recording
            and (integers or dtype.is_floating_point)
            and _exact(value, dtype)
        ):
            return type(self)(kernel(tensor, value), self._context)
        return _apply_scalar(scalar_name, self, value)

    return compute


def _in_place(kernel: Kernel, name: str, scalar_name: str, integers: bool, zero: bool = True):
    """``array ∘= other``: same memory, same shape."""
    compute = _binary(kernel, name, scalar_name, integers, zero)
    method = f"{kernel.__name__}_"

    def update(self: NDArray, other: Any) -> NDArray:
        if state.recording or not self._writable:
            self._check_writable()
        try:
            tensor = self._tensor
        except NotSupportedForSparseNDArray:
            return _general(name, scalar_name, self, other, out=self)
        if isinstance(other, arrays.NDArray) and other.stype != "default":
            other = other.tostype("default")
        if state.recording:
            # A gradient may need the value that is about to be overwritten.
            before = type(self)(tensor.clone(), self._context)
            if isinstance(other, arrays.NDArray):
                return _apply(name, before, other, out=self)
            return _apply_scalar(scalar_name, before, _number(other), out=self)
        if tensor.dtype.is_floating_point:
            right = other._tensor if isinstance(other, arrays.NDArray) else _number(other)
            same = not isinstance(right, torch.Tensor) or right.dtype is tensor.dtype
            if same and (zero or (not isinstance(right, torch.Tensor) and right != 0)):
                try:
                    getattr(tensor, method)(right)
                    return self
                except RuntimeError:
                    pass  # a shape that does not fit, or memory that overlaps
        result = compute(self, other)._tensor
        if result.shape != tensor.shape:
            raise MXNetError(
                f"in-place {name}: the result of shape {tuple(result.shape)} does not fit into the "
                f"array of shape {tuple(tensor.shape)}"
            )
        tensor.copy_(result)
        return self

    return update


def _comparison(kernel: Any, name: str, scalar_name: str):
    """``array ∘ other`` as 0 and 1 of the array's own dtype."""

    def compute(self: NDArray, other: Any) -> NDArray:
        is_array = isinstance(other, arrays.NDArray)
        right: Any
        try:
            tensor, right = self._tensor, other._tensor if is_array else None
        except NotSupportedForSparseNDArray:
            return _general(name, scalar_name, self, other)
        dtype = tensor.dtype
        if is_array:
            if dtype is right.dtype and dtype is not torch.bool and not state.recording:
                if tensor.shape == right.shape:
                    found = kernel(tensor, right, out=torch.empty_like(tensor))
                    return type(self)(found, self._context)
                try:
                    return type(self)(kernel(tensor, right).to(dtype), self._context)
                except RuntimeError:
                    pass  # the operator says what is wrong
            return _apply(name, self, other)
        value = _number(other)
        if not state.recording and _exact(value, dtype):
            found = kernel(tensor, value, out=torch.empty_like(tensor))
            return type(self)(found, self._context)
        return _apply_scalar(scalar_name, self, value)

    return compute


def _right_divide(tensor: torch.Tensor, value: int | float) -> torch.Tensor:
    return torch.div(torch.scalar_tensor(value, dtype=tensor.dtype), tensor)


def _right_power(tensor: torch.Tensor, value: int | float) -> torch.Tensor:
    return torch.pow(value, tensor)


class Arithmetic:
    """The operators of an array; what is not a number or an array raises TypeError."""

    __slots__ = ()
    __array_priority__ = 1000.0  # numpy leaves its operators to us

    __add__ = __radd__ = _binary(torch.add, "broadcast_add", "_plus_scalar", True)
    __sub__ = _binary(torch.sub, "broadcast_sub", "_minus_scalar", True)
    __mul__ = __rmul__ = _binary(torch.mul, "broadcast_mul", "_mul_scalar", True)
    __truediv__ = __div__ = _binary(torch.div, "broadcast_div", "_div_scalar", False)
    # The remainder by zero is 0 in 1.x and NaN, or an exception, in torch.
    __mod__ = _binary(torch.remainder, "broadcast_mod", "_mod_scalar", False, zero=False)
    __pow__ = _binary(torch.pow, "broadcast_power", "_power_scalar", False)

    __rsub__ = _reflected(torch.rsub, "_rminus_scalar", True)
    __rtruediv__ = __rdiv__ = _reflected(_right_divide, "_rdiv_scalar", False)
    __rmod__ = _reflected(None, "_rmod_scalar", False)
    __rpow__ = _reflected(_right_power, "_rpower_scalar", False)

    __iadd__ = _in_place(torch.add, "broadcast_add", "_plus_scalar", True)
    __isub__ = _in_place(torch.sub, "broadcast_sub", "_minus_scalar", True)
    __imul__ = _in_place(torch.mul, "broadcast_mul", "_mul_scalar", True)
    __itruediv__ = __idiv__ = _in_place(torch.div, "broadcast_div", "_div_scalar", False)
    __imod__ = _in_place(torch.remainder, "broadcast_mod", "_mod_scalar", False, zero=False)

    __eq__ = _comparison(torch.eq, "broadcast_equal", "_equal_scalar")
    __ne__ = _comparison(torch.ne, "broadcast_not_equal", "_not_equal_scalar")
    __gt__ = _comparison(torch.gt, "broadcast_greater", "_greater_scalar")
    __ge__ = _comparison(torch.ge, "broadcast_greater_equal", "_greater_equal_scalar")
    __lt__ = _comparison(torch.lt, "broadcast_lesser", "_lesser_scalar")
    __le__ = _comparison(torch.le, "broadcast_lesser_equal", "_lesser_equal_scalar")
    __hash__ = object.__hash__

    def __neg__(self: Any) -> NDArray:
        try:
            tensor = self._tensor
        except NotSupportedForSparseNDArray:
            return _apply_scalar("_mul_scalar", self, -1.0)
        if state.recording or tensor.dtype is torch.bool:
            return _apply_scalar("_mul_scalar", self, -1.0)
        return type(self)(torch.neg(tensor), self._context)

    def __abs__(self: Any) -> NDArray:
        return arrays.invoke(get_op("abs")(), [self])


# -- functions ------------------------------------------------------------------------------------
def _function(
    name: str, text: str, of_numbers: Callable, of_arrays: Callable, reflected: Callable
) -> Callable:
    """``nd.<name>(lhs, rhs)`` for arrays and numbers in any combination."""

    def compute(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, arrays.NDArray):
            return of_arrays(lhs, rhs)
        if isinstance(rhs, arrays.NDArray):
            return reflected(rhs, lhs)
        return of_numbers(_number(lhs), _number(rhs))

    compute.__name__ = compute.__qualname__ = name
    compute.__module__ = "mxnet.ndarray.ndarray"
    compute.__doc__ = (
        f"{text}\n\nArrays are broadcast and must have one dtype, which the result has too; of two "
        "numbers the result is a number. Raises MXNetError where shapes or dtypes do not fit."
    )
    return compute


def _by_operator(name: str, scalar_name: str) -> Callable:
    def compute(array: NDArray, other: Any) -> NDArray:
        if isinstance(other, arrays.NDArray):
            return _apply(name, array, other)
        return _apply_scalar(scalar_name, array, _number(other))

    return compute


def _symmetric(name: str, text: str, of_numbers: Callable) -> Callable:
    compute = _by_operator(f"broadcast_{name}", f"_{name}_scalar")
    return _function(name, text, of_numbers, compute, compute)


def _as_integer(relation: Callable) -> Callable:
    return lambda lhs, rhs: int(relation(lhs, rhs))


_A = Arithmetic
add = _function("add", "The sum of two arrays.", operator.add, _A.__add__, _A.__radd__)
subtract = _function(
    "subtract", "The difference of two arrays.", operator.sub, _A.__sub__, _A.__rsub__
)
multiply = _function(
    "multiply", "The elementwise product of two arrays.", operator.mul, _A.__mul__, _A.__rmul__
)
divide = _function(
    "divide", "The quotient of two arrays; integers are divided towards zero.",
    operator.truediv, _A.__truediv__, _A.__rtruediv__,
)  # fmt: skip
true_divide = _function(
    "true_divide", "The quotient of two arrays; the same as ``divide``.",
    operator.truediv, _A.__truediv__, _A.__rtruediv__,
)  # fmt: skip
modulo = _function(
    "modulo", "The remainder of a division, with the sign of the divisor.",
    operator.mod, _A.__mod__, _A.__rmod__,
)  # fmt: skip
_power = _function("power", "An array to the power of another.", pow, _A.__pow__, _A.__rpow__)


def power(base: Any, exp: Any) -> Any:
    """An array or number to the power of another; see ``multiply`` for shapes and dtypes."""
    return _power(base, exp)


maximum = _symmetric("maximum", "The larger of two arrays, elementwise.", max)
minimum = _symmetric("minimum", "The smaller of two arrays, elementwise.", min)
logical_and = _symmetric(
    "logical_and", "1 where both arrays are not zero, else 0.", lambda a, b: int(bool(a and b))
)
logical_or = _symmetric(
    "logical_or", "1 where any of two arrays is not zero, else 0.", lambda a, b: int(bool(a or b))
)
logical_xor = _symmetric(
    "logical_xor", "1 where one of two arrays is zero and the other is not, else 0.",
    lambda a, b: int(bool(a) != bool(b)),
)  # fmt: skip

equal = _function(
    "equal", "1 where two arrays are equal, else 0.",
    _as_integer(operator.eq), _A.__eq__, _A.__eq__,
)  # fmt: skip
not_equal = _function(
    "not_equal", "1 where two arrays differ, else 0.",
    _as_integer(operator.ne), _A.__ne__, _A.__ne__,
)  # fmt: skip
greater = _function(
    "greater", "1 where the first array is larger, else 0.",
    _as_integer(operator.gt), _A.__gt__, _A.__lt__,
)  # fmt: skip
greater_equal = _function(
    "greater_equal", "1 where the first array is not smaller, else 0.",
    _as_integer(operator.ge), _A.__ge__, _A.__le__,
)  # fmt: skip
lesser = _function(
    "lesser", "1 where the first array is smaller, else 0.",
    _as_integer(operator.lt), _A.__lt__, _A.__gt__,
)  # fmt: skip
lesser_equal = _function(
    "lesser_equal", "1 where the first array is not larger, else 0.",
    _as_integer(operator.le), _A.__le__, _A.__ge__,
)  # fmt: skip
