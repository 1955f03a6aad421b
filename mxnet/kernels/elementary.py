"""What the interpreter is made of: memory by its address, calls by address, functions of one number."""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

import math

import numpy as np
from llvmlite import ir

from .language import as_float as floats
from .language import helper, intrinsic, types, words

__all__ = [
    "address_of",
    "call_2",
    "call_3",
    "call_with_1",
    "call_with_4",
    "call_with_13",
    "call_with_number",
    "exponential",
    "f32",
    "floats",
    "hyperbolic_tangent",
    "logistic",
    "words",
]


@intrinsic
def bits_of(typing_context, number):
    """The bits of a float32 as an int32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic
def number_of(typing_context, bits):
    """The float32 with the bits of an int32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def address_of(typing_context, pointer):
    """The address that a pointer to words is."""

    def generate(context, builder, signature, arguments):
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(types.CPointer(types.int64)), generate


def _call(builder, function, numbers):
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64)] * len(numbers)).as_pointer()
    builder.call(builder.inttoptr(function, kind), numbers)


@intrinsic
def call_2(typing_context, function, first, second):
    """Call the function at an address with two integers."""

    def generate(context, builder, signature, arguments):
        _call(builder, arguments[0], arguments[1:])
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 3), generate


@intrinsic
def call_3(typing_context, function, first, second, third):
    """Call the function at an address with three integers."""

    def generate(context, builder, signature, arguments):
        _call(builder, arguments[0], arguments[1:])
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 4), generate


def _call_with(count):
    @intrinsic
    def call(typing_context, function, operands):
        """Call the function at an address with the words at another one."""

        def generate(context, builder, signature, arguments):
            word = ir.IntType(64)
            function, operands = arguments
            places = [builder.gep(operands, [ir.Constant(word, i)]) for i in range(count)]
            _call(builder, function, [builder.load(at) for at in places])
            return context.get_dummy_value()

        return types.void(types.int64, types.CPointer(types.int64)), generate

    return call


call_with_1, call_with_4, call_with_13 = _call_with(1), _call_with(4), _call_with(13)


@intrinsic
def call_with_number(typing_context, function, number):
    """Call the function at an address with a 32-bit integer; it returns one, too."""

    def generate(context, builder, signature, arguments):
        function, number = arguments
        kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32)]).as_pointer()
        return builder.call(builder.inttoptr(function, kind), [number])

    return types.int32(types.int64, types.int32), generate


f32 = np.float32
i32 = np.int32


# Straight code on float32, which vectorises.


@helper({"contract"}, returns="float32")
def exponential(x):
    """e^x to about one unit in the last place (range reduction and a polynomial, as in Cephes)."""
    z = min(max(x, f32(-104)), f32(88.72283))
    n = f32(math.floor(z * f32(1.44269504) + f32(0.5)))
    r = z - n * f32(0.693359375)
    r = r - n * f32(-2.12194440e-4)
    p = f32(1.9875691500e-4)
    p = p * r + f32(1.3981999507e-3)
    p = p * r + f32(8.3334519073e-3)
    p = p * r + f32(4.1665795894e-2)
    p = p * r + f32(1.6666665459e-1)
    p = p * r + f32(5.0000001201e-1)
    p = p * (r * r) + r + f32(1)
    # 2^n in two factors: the largest and the smallest results are beyond what one can scale to.
    half = i32(n) >> i32(1)
    first = number_of((half + i32(127)) << i32(23))
    second = number_of((i32(n) - half + i32(127)) << i32(23))
    result = p * first * second
    result = f32(np.inf) if x > f32(88.72283) else result
    result = f32(0) if x < f32(-103.97) else result
    return x if x != x else result


@helper({"contract"}, returns="float32")
def hyperbolic_tangent(x):
    """tanh x as a quotient of polynomials, whose coefficients are those that Eigen uses."""
    y = min(max(x, f32(-7.9053111)), f32(7.9053111))
    z = y * y
    p = f32(-2.76076847742355e-16)
    p = p * z + f32(2.00018790482477e-13)
    p = p * z + f32(-8.60467152213735e-11)
    p = p * z + f32(5.12229709037114e-08)
    p = p * z + f32(1.48572235717979e-05)
    p = p * z + f32(6.37261928875436e-04)
    p = p * z + f32(4.89352455891786e-03)
    q = f32(1.19825839466702e-06)
    q = q * z + f32(1.18534705686654e-04)
    q = q * z + f32(2.26843463243900e-03)
    q = q * z + f32(4.89352518554385e-03)
    result = y * p / q
    one = f32(1) if x > f32(0) else f32(-1)
    result = one if abs(x) > f32(9) else result
    return result if abs(x) > f32(0.0004) else x


@helper({"contract"}, returns="float32")
def logistic(x):
    """1 / (1 + e^-x)."""
    return f32(1) / (f32(1) + exponential(-x))
