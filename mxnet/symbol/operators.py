"""Python operators and fluent methods of Symbol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..base import numeric_types
from ..ops.core import get_op
from .compose import apply_operator

__all__ = ["FLUENT_METHODS", "Operators", "binary"]

# Methods ``symbol.x(...)`` that apply the operator function ``x`` to the symbol; also of NDArray.
FLUENT_METHODS = (
    "abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort"
    " broadcast_axes broadcast_like broadcast_to cbrt ceil clip cos cosh degrees depth_to_space"
    " diag"
    " exp expand_dims expm1 fix flatten flip floor log log10 log1p log2 log_softmax max mean min"
    " nanprod nansum norm one_hot ones_like pad pick prod radians rcbrt reciprocal relu repeat"
    " reshape reshape_like rint round rsqrt shape_array sigmoid sign sin sinh size_array slice"
    " slice_axis slice_like softmax softmin sort space_to_depth split split_v2 sqrt square squeeze"
    " sum swapaxes take tan tanh tile topk transpose trunc zeros_like"
).split()


def binary(left: Any, right: Any, tensor: str, scalar: str, reflected: str, fold: Callable) -> Any:
    """``left op right`` for symbols and numbers; ``fold`` computes it for two numbers.

    ``tensor``, ``scalar`` and ``reflected`` are the operators (under the alias that gives 1.x's
    automatic name) for symbol-symbol, symbol-number and number-symbol.
    """
    from .symbol import Symbol

    if isinstance(left, Symbol):
        if isinstance(right, Symbol):
            return _make(tensor, (left, right), {})
        if isinstance(right, numeric_types):
            return _make(scalar, (left,), {"scalar": right})
    elif isinstance(left, numeric_types):
        if isinstance(right, Symbol):
            return _make(reflected, (right,), {"scalar": left})
        if isinstance(right, numeric_types):
            return fold(left, right)
    raise TypeError(f"types ({type(left)}, {type(right)}) not supported")


def _make(alias: str, inputs: tuple, parameters: dict[str, Any]) -> Any:
    outputs = apply_operator(get_op(alias), alias.lower(), inputs, {}, parameters, depth=4)
    return type(inputs[0])(outputs)


def _dunder(tensor: str, scalar: str, doc: str, swap: str | None = None) -> Callable:
    def method(self: Any, other: Any) -> Any:
        if isinstance(other, type(self)):
            left, right = (other, self) if swap else (self, other)
            return _make(tensor, (left, right), {})
        if isinstance(other, numeric_types):
            return _make(swap or scalar, (self,), {"scalar": other})
        raise TypeError(f"type {type(other)} not supported")

    method.__doc__ = doc
    return method


class Operators:
    """Arithmetic, comparison and fluent methods; each makes a node."""

    __slots__ = ()
    __array_priority__ = 1000.0

    __add__ = __radd__ = _dunder("_Plus", "_PlusScalar", "Elementwise sum; shapes must be equal.")
    __sub__ = _dunder("_Minus", "_MinusScalar", "Elementwise difference; shapes must be equal.")
    __rsub__ = _dunder("_Minus", "_MinusScalar", "Number minus symbol.", swap="_RMinusScalar")
    __mul__ = __rmul__ = _dunder("_Mul", "_MulScalar", "Elementwise product.")
    __truediv__ = _dunder("_Div", "_DivScalar", "Elementwise quotient.")
    __rtruediv__ = _dunder("_Div", "_DivScalar", "Number over symbol.", swap="_RDivScalar")
    __div__, __rdiv__ = __truediv__, __rtruediv__
    __mod__ = _dunder("_Mod", "_ModScalar", "Elementwise remainder, with the sign of the divisor.")
    __rmod__ = _dunder("_Mod", "_ModScalar", "Number modulo symbol.", swap="_RModScalar")
    __pow__ = _dunder("_Power", "_PowerScalar", "Elementwise power.")
    __rpow__ = _dunder("_Power", "_PowerScalar", "Number to the power.", swap="_rpower_scalar")
    __eq__ = _dunder("_equal", "_equal_scalar", "1 where equal, else 0.")
    __ne__ = _dunder("_not_equal", "_not_equal_scalar", "1 where different, else 0.")
    __gt__ = _dunder("_greater", "_greater_scalar", "1 where greater, else 0.")
    __ge__ = _dunder("_greater_equal", "_greater_equal_scalar", "1 where not less, else 0.")
    __lt__ = _dunder("_lesser", "_lesser_scalar", "1 where less, else 0.")
    __le__ = _dunder("_lesser_equal", "_lesser_equal_scalar", "1 where not greater, else 0.")

    def __neg__(self) -> Any:
        return _make("_MulScalar", (self,), {"scalar": -1.0})

    def __abs__(self) -> Any:
        return _make("abs", (self,), {})

    def astype(self, *args: Any, **kwargs: Any) -> Any:
        """The symbol cast to another dtype."""
        from .functions import function

        return function("cast")(self, *args, **kwargs)


def _fluent(name: str) -> Callable:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        from .functions import function

        return function(name)(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"The operator function ``{name}`` applied to this symbol."
    return method


for _name in FLUENT_METHODS:
    setattr(Operators, _name, _fluent(_name))
