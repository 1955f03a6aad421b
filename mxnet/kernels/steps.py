"""The steps of chains: one operation on each number of a tile of scratch memory.

A step is a kernel of three integers: the address of the scratch memory, how many times 64 numbers it
works on, and the address of its words: itself, and the places of result and operands. Places are
numbers from the start, and those of the result and of an operand never overlap.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

import math

from . import codes
from .elementary import exponential, f32, floats, hyperbolic_tangent, logistic, words
from .language import Helper, helper
from .native import compiled

__all__ = ["STEPS"]

STEPS = {}  # by kind: functions of nothing that return addresses

_CONTRACT = {"contract"}


def _step(kind, loop, operation):
    loop.__name__ = f"step_{operation.__name__.strip('_')}"
    STEPS[kind] = compiled(loop, fastmath=_CONTRACT, kinds="iii")


def _as_helper(function):
    return function if isinstance(function, Helper) else helper(_CONTRACT, "float32")(function)


def _of_one(kind):
    def register(function):
        operation = _as_helper(function)

        def loop(tile, blocks, operands):
            s, w = floats(tile), words(operands)
            out, a = w[1], w[2]
            for i in range(64 * blocks):
                s[out + i] = operation(s[a + i])

        _step(kind, loop, operation)
        return operation

    return register


def _of_two(kind):
    def register(function):
        operation = _as_helper(function)

        def loop(tile, blocks, operands):
            s, w = floats(tile), words(operands)
            out, a, b = w[1], w[2], w[3]
            for i in range(64 * blocks):
                s[out + i] = operation(s[a + i], s[b + i])

        _step(kind, loop, operation)
        return operation

    return register


def _of_three(kind):
    def register(function):
        operation = _as_helper(function)

        def loop(tile, blocks, operands):
            s, w = floats(tile), words(operands)
            out, a, b, c = w[1], w[2], w[3], w[4]
            for i in range(64 * blocks):
                s[out + i] = operation(s[a + i], s[b + i], s[c + i])

        _step(kind, loop, operation)
        return operation

    return register


_of_one(codes.TANH)(hyperbolic_tangent)
_of_one(codes.SIGMOID)(logistic)
_of_one(codes.EXP)(exponential)


@_of_one(codes.NEG)
def _negative(x):
    return -x


@_of_one(codes.SQRT)
def _square_root(x):
    return f32(math.sqrt(x))


@_of_one(codes.RECIPROCAL)
def _reciprocal(x):
    return f32(1) / x


@_of_one(codes.LOG)
def _logarithm(x):
    return f32(math.log(x))


@_of_one(codes.TRUNC)
def _truncated(x):
    return f32(math.trunc(x)) if abs(x) < f32(8388608) else x


@_of_two(codes.ADD)
def _add(x, y):
    return x + y


@_of_two(codes.SUB)
def _subtract(x, y):
    return x - y


@_of_two(codes.MUL)
def _multiply(x, y):
    return x * y


@_of_two(codes.DIV)
def _divide(x, y):
    return x / y


@_of_two(codes.CLAMP_MIN)
def _clamp_min(x, low):
    return low if x < low else x


@_of_two(codes.MAXIMUM)
def _maximum(x, y):
    return x if (x > y or x != x) else y


@_of_two(codes.MINIMUM)
def _minimum(x, y):
    return x if (x < y or x != x) else y


@_of_two(codes.TANH_BACKWARD)
def _tanh_backward(d, y):
    return d * (f32(1) - y * y)


@_of_two(codes.SIGMOID_BACKWARD)
def _sigmoid_backward(d, y):
    return d * (f32(1) - y) * y


@_of_two(codes.COMPARE)
def _equal(x, y):
    return f32(1) if x == y else f32(0)


@_of_two(codes.COMPARE + 1)
def _unequal(x, y):
    return f32(1) if x != y else f32(0)


@_of_two(codes.COMPARE + 2)
def _less(x, y):
    return f32(1) if x < y else f32(0)


@_of_two(codes.COMPARE + 3)
def _less_or_equal(x, y):
    return f32(1) if x <= y else f32(0)


@_of_two(codes.COMPARE + 4)
def _greater(x, y):
    return f32(1) if x > y else f32(0)


@_of_two(codes.COMPARE + 5)
def _greater_or_equal(x, y):
    return f32(1) if x >= y else f32(0)


@_of_three(codes.FUSED_MULTIPLY_ADD)
def _multiply_add(x, y, z):
    return x + y * z


@_of_three(codes.THRESHOLD_BACKWARD)
def _threshold_backward(d, x, threshold):
    return f32(0) if x <= threshold else d
