"""What kernels are written in: Python for loops, LLVM's code for what Python has no word for.

numba translates both, and is imported when a kernel is compiled: until then a function is what Python
makes of it. A kernel is a function of one pointer to 64-bit integers that returns nothing.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..ops.lazy_torch import LazyModule

__all__ = [
    "FAST",
    "STORED",
    "Helper",
    "Intrinsic",
    "Shared",
    "as_bfloat",
    "as_float",
    "as_real",
    "as_short",
    "as_stored",
    "as_word",
    "float_bits",
    "helper",
    "intrinsic",
    "larger",
    "shared_by",
    "smaller",
    "take_part",
    "types",
    "words",
]

types: Any = LazyModule("numba.types")

# Not-a-number has to spread, so that its rules stay.
FAST = frozenset({"contract", "reassoc", "arcp", "nsz"})


class Helper:
    """A function for kernels to call, which is compiled as a part of each of them.

    ``fastmath``: which rules of floating point do not matter in it; ``returns``: the name of numba's
    type of what it returns; ``inlined``: whether it becomes a part of each function that calls it;
    ``kept``: whether it has loops for LLVM to keep in kernels whose loops it improves, if not inlined,
    see ``native.compiled``.
    """

    def __init__(
        self, function: Callable, fastmath: frozenset, returns: str, inlined: bool, kept: bool
    ):
        functools.update_wrapper(self, function)
        self.function, self.fastmath = function, fastmath
        self.returns, self.inlined, self.kept = returns, inlined, kept


def helper(
    fastmath: Any = (), returns: str = "void", inlined: bool = True, kept: bool = False
) -> Callable:
    """A decorator that makes a ``Helper``."""
    return lambda function: Helper(function, frozenset(fastmath), returns, inlined, kept)


class Shared:
    """A function for several kernels to call, which is compiled once: a kernel itself.

    ``name``: module and name; ``kinds``: see ``native.compiled``; ``address``: of nothing, returns it.
    """

    def __init__(self, name: str, kinds: str, address: Callable[[], int]):
        self.name, self.kinds, self.address = name, kinds, address


def shared_by(function: Callable) -> dict[str, Shared]:
    """The shared functions that a kernel calls, by name."""
    cells = (cell.cell_contents for cell in function.__closure__ or ())
    found: dict[str, Shared] = {}
    for value in (*map(function.__globals__.get, function.__code__.co_names), *cells):
        if isinstance(value, Shared):
            found[value.name] = value
        elif isinstance(value, Helper):
            found.update(shared_by(value.function))
    return found


class Intrinsic:
    """A function of numba's typing context and of arguments, which returns a signature and a function
    that writes LLVM's code: see ``numba.extending.intrinsic``.
    """

    def __init__(self, function: Callable):
        functools.update_wrapper(self, function)
        self.function = function


intrinsic = Intrinsic


def _pointer_to(kind: str) -> Intrinsic:
    @intrinsic
    def as_pointer(context, address):
        """The integer ``address`` as a pointer."""

        def generate(context, builder, signature, arguments):
            (address,) = arguments
            return builder.inttoptr(address, context.get_value_type(signature.return_type))

        return types.CPointer(getattr(types, kind))(types.int64), generate

    return as_pointer


as_float = _pointer_to("float32")
as_real = _pointer_to("float64")
as_short = _pointer_to("uint16")
as_word = _pointer_to("int32")
words = _pointer_to("int64")


@intrinsic
def as_bfloat(context, address):
    """The integer ``address`` as a pointer to bfloat16 numbers, which are float32 when read."""
    from .narrow import BFLOAT16

    def generate(context, builder, signature, arguments):
        (address,) = arguments
        return builder.inttoptr(address, context.get_value_type(BFLOAT16))

    return BFLOAT16(types.int64), generate


# What arrays may be stored as; kernels for several types call ``as_stored`` (``native.for_types``).
STORED = {"float32": as_float, "bfloat16": as_bfloat}
as_stored = as_float


@intrinsic
def take_part(context, counter):
    """The number of the next part of the work that nobody has taken."""

    def generate(context, builder, signature, arguments):
        one = context.get_constant(types.int64, 1)
        return builder.atomic_rmw("add", arguments[0], one, "monotonic")

    return types.int64(types.CPointer(types.int64)), generate


@intrinsic
def float_bits(context, bits):
    """The float64 whose bits an integer holds."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


def _one_of(relation: str) -> Intrinsic:
    @intrinsic
    def choose(context, one, other):
        """The other one of two numbers where it is related to the first one, else the first one."""
        kind = context.unify_types(one, other)

        def generate(context, builder, signature, arguments):
            one, other = arguments
            whole = isinstance(kind, types.Integer)
            compare = builder.icmp_signed if whole else builder.fcmp_ordered
            return builder.select(compare(relation, other, one), other, one)

        return kind(kind, kind), generate

    return choose


# What min and max of two numbers are: numba's own are functions that it compiles.
smaller, larger = _one_of("<"), _one_of(">")
