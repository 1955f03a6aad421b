"""Arithmetic: two arrays of equal shape, or an array and a number.

The kernels and derivatives of the two-array operators also serve their broadcasting variants
(``broadcast``). Integers keep their type and wrap; division truncates; the remainder has the sign of
the divisor and is 0 for divisor 0.
"""

import math
from typing import Annotated

from ..error import MXNetError
from .core import Op, get_op
from .dtypes import is_floating
from .lazy_torch import torch
from .parameters import at_least

__all__ = ["Binary", "Scalar"]

_ELEMENTWISE = {"mul": "elemwise_mul", "div": "elemwise_div"}


class Binary(Op, abstract=True):
    """Two arrays, element by element; shapes: lhs = rhs = output."""

    inplace = {"output": ("lhs", "rhs")}
    per_sample = ("lhs", "rhs")

    def combine(self, name, lhs, rhs):
        """A node of the operator ``name`` of the same family."""
        return get_op(_ELEMENTWISE.get(name) or f"_{name}")()(lhs, rhs)

    def slopes(self, d_output, lhs, rhs, output):
        """The gradients of both inputs, in the shape of the output."""
        raise NotImplementedError

    def gradient(self, d_output, lhs, rhs, output):
        return self.slopes(d_output, lhs, rhs, output)


# -- arithmetic -----------------------------------------------------------------------------------
class Sum(Binary, abstract=True):
    """lhs + rhs."""

    def forward(self, lhs, rhs, *, out):
        return torch.add(lhs, rhs, out=out)

    def slopes(self, d_output, lhs, rhs, output):
        return d_output, d_output


class Difference(Binary, abstract=True):
    """lhs - rhs."""

    neutral = {"rhs": 0.0}

    def forward(self, lhs, rhs, *, out):
        return torch.sub(lhs, rhs, out=out)

    def slopes(self, d_output, lhs, rhs, output):
        return d_output, -d_output


class Product(Binary, abstract=True):
    """lhs · rhs, element by element."""

    neutral = {"lhs": 1.0, "rhs": 1.0}

    def forward(self, lhs, rhs, *, out):
        return torch.mul(lhs, rhs, out=out)

    def slopes(self, d_output, lhs, rhs, output):
        return self.combine("mul", d_output, rhs), self.combine("mul", d_output, lhs)


class Quotient(Binary, abstract=True):
    """lhs / rhs, truncated for integers."""

    neutral = {"rhs": 1.0}

    def forward(self, lhs, rhs, *, out):
        return torch.div(lhs, rhs, rounding_mode=rounding(lhs), out=out)

    def slopes(self, d_output, lhs, rhs, output):
        d_lhs = self.combine("div", d_output, rhs)
        return d_lhs, -(d_lhs * output)


class Remainder(Binary, abstract=True):
    """Remainder of lhs / rhs, with the sign of the divisor."""

    def forward(self, lhs, rhs):
        return modulo(lhs, rhs)

    def slopes(self, d_output, lhs, rhs, output):
        return d_output, -(d_output * get_op("floor")()(self.combine("div", lhs, rhs)))


class Power(Binary, abstract=True):
    """lhs to the power of rhs."""

    precision = "full"

    def forward(self, lhs, rhs, *, out):
        return torch.pow(lhs, rhs, out=out)

    def slopes(self, d_output, lhs, rhs, output):
        slope = self.combine("mul", self.combine("power", lhs, rhs - 1), rhs)
        return d_output * slope, d_output * get_op("_broadcast_xlogy")()(output, lhs)


class Hypotenuse(Binary, abstract=True):
    """√(lhs² + rhs²)."""

    precision = "full"

    def forward(self, lhs, rhs, *, out):
        if lhs.is_floating_point():
            return torch.hypot(lhs, rhs, out=out)
        return truncated(torch.hypot(lhs.double(), rhs.double()), lhs.dtype, out)

    def slopes(self, d_output, lhs, rhs, output):
        scale = d_output / output
        return self.combine("mul", scale, lhs), self.combine("mul", scale, rhs)


class Maximum(Binary, abstract=True):
    """The larger of two elements."""

    def forward(self, lhs, rhs, *, out):
        return torch.maximum(lhs, rhs, out=out)

    def slopes(self, d_output, lhs, rhs, output):
        # Where both are equal, the left takes all.
        d_lhs = d_output * self.combine("greater_equal", lhs, rhs)
        return d_lhs, d_output * self.combine("lesser", lhs, rhs)


class Minimum(Binary, abstract=True):
    """The smaller of two elements."""

    def forward(self, lhs, rhs, *, out):
        return torch.minimum(lhs, rhs, out=out)

    def slopes(self, d_output, lhs, rhs, output):
        d_lhs = d_output * self.combine("lesser_equal", lhs, rhs)
        return d_lhs, d_output * self.combine("greater", lhs, rhs)


class ElemwiseAdd(
    Sum, name="elemwise_add", aliases=["_Plus", "_add", "_plus", "_sparse_elemwise_add"]
):
    """Sum of two arrays of equal shape."""


class ElemwiseSub(
    Difference, name="elemwise_sub", aliases=["_Minus", "_minus", "_sparse_elemwise_sub", "_sub"]
):
    """Difference of two arrays of equal shape."""


class ElemwiseMul(Product, name="elemwise_mul", aliases=["_Mul", "_mul", "_sparse_elemwise_mul"]):
    """Product of two arrays of equal shape, element by element."""


class ElemwiseDiv(Quotient, name="elemwise_div", aliases=["_Div", "_div", "_sparse_elemwise_div"]):
    """Quotient of two arrays of equal shape; that of integers is truncated."""


class ElemwiseMod(Remainder, name="_mod", aliases=["_Mod"]):
    """Remainder of two arrays of equal shape, with the sign of the divisor."""


class ElemwisePower(Power, name="_power", aliases=["_Power"]):
    """lhs to the power of rhs, for arrays of equal shape."""


class ElemwiseHypot(Hypotenuse, name="_hypot", aliases=["_Hypot"]):
    """√(lhs² + rhs²), without overflow on the way, for arrays of equal shape."""


class ElemwiseMaximum(Maximum, name="_maximum", aliases=["_Maximum"]):
    """The larger of two elements; the gradient of equal ones goes to lhs."""


class ElemwiseMinimum(Minimum, name="_minimum", aliases=["_Minimum"]):
    """The smaller of two elements; the gradient of equal ones goes to lhs."""


class GradAdd(Sum, name="_grad_add"):
    """Sum of two gradients of one value; it may overwrite the first."""


class AddN(Op, name="add_n", aliases=["ElementWiseSum", "_sparse_ElementWiseSum", "_sparse_add_n"]):
    """Sum of any number of arrays of equal shape."""

    num_args: Annotated[int, at_least(1)]
    count = "num_args"
    inplace = {"output": ("arg0",)}

    def forward(self, *args, out):
        if len(args) == 1:
            return args[0].clone() if out is None else out.copy_(args[0])
        result = torch.add(args[0], args[1], out=out)
        for array in args[2:]:
            result.add_(array)
        return result

    def gradient(self, d_output):
        return (d_output,) * self.num_args


# -- an array and a number ------------------------------------------------------------------------
class Scalar(Op, abstract=True):
    """An array and a number, which is converted to the array's element type beforehand.

    As in 1.x, booleans are computed with as int64, or as float64 where ``is_int`` says that the
    number is no integer; so are integers in that case.
    """

    scalar: float = 1.0
    is_int: bool = True
    inplace = {"output": ("data",)}
    per_sample = ("data",)

    def result_type(self, dtype):
        """The element type of the output for data of element type ``dtype``."""
        if dtype == "bool" or not (self.is_int or is_floating(dtype)):
            return "int64" if self.is_int else "float64"
        return dtype

    def infer_dtype(self, t):
        if t.get("data") is None and self.is_int and t.output != "int64":
            t.data = t.output  # int64 may also come from booleans
        t.output = self.result_type(t.data)

    def forward(self, data, *, out):
        dtype = data.dtype
        if not dtype.is_floating_point and (not self.is_int or dtype is torch.bool):
            dtype = torch.int64 if self.is_int else torch.float64
            data = data.to(dtype)
        return self.compute(data, self.number(dtype), out)

    def number(self, dtype):
        """The scalar as a Python number of an element type; integers wrap."""
        if dtype.is_floating_point:
            return self.scalar
        if not math.isfinite(self.scalar):
            raise MXNetError(f"scalar {self.scalar} cannot be converted to {dtype}")
        bits = 8 * dtype.itemsize
        number = int(self.scalar) % (1 << bits)
        wraps = dtype.is_signed and number >= 1 << (bits - 1)
        return number - (1 << bits) if wraps else number

    def compute(self, data, scalar, out):
        """The kernel."""
        raise NotImplementedError


class PlusScalar(Scalar, name="_plus_scalar", aliases=["_PlusScalar"]):
    """data + scalar."""

    def compute(self, data, scalar, out):
        return torch.add(data, scalar, out=out)

    def gradient(self, d_output):
        return d_output


class MinusScalar(Scalar, name="_minus_scalar", aliases=["_MinusScalar"]):
    """data - scalar."""

    neutral = {"scalar": 0.0}  # not so of a sum: -0 + 0 is 0

    def compute(self, data, scalar, out):
        return torch.sub(data, scalar, out=out)

    def gradient(self, d_output):
        return d_output


class ReflectedMinusScalar(Scalar, name="_rminus_scalar", aliases=["_RMinusScalar"]):
    """scalar - data."""

    def compute(self, data, scalar, out):
        return torch.sub(scalar, data, out=out)

    def gradient(self, d_output):
        return -d_output


class MulScalar(Scalar, name="_mul_scalar", aliases=["_MulScalar"]):
    """data · scalar."""

    neutral = {"scalar": 1.0}

    def compute(self, data, scalar, out):
        return torch.mul(data, scalar, out=out)

    def gradient(self, d_output):
        return d_output * self.scalar


class DivScalar(Scalar, name="_div_scalar", aliases=["_DivScalar"]):
    """data / scalar, truncated for integers."""

    neutral = {"scalar": 1.0}

    def compute(self, data, scalar, out):
        return torch.div(data, scalar, rounding_mode=rounding(data), out=out)

    def gradient(self, d_output):
        return d_output / self.scalar


class ReflectedDivScalar(Scalar, name="_rdiv_scalar", aliases=["_RDivScalar"]):
    """scalar / data, truncated for integers."""

    precision = "full"

    def compute(self, data, scalar, out):
        if not data.is_floating_point():  # 0 as divisor is no error
            return truncated(scalar / data.double(), data.dtype, out)
        return torch.div(scalar, data, out=out)

    def gradient(self, d_output, data, output):
        return -(d_output * output / data)


class ModScalar(Scalar, name="_mod_scalar", aliases=["_ModScalar"]):
    """Remainder of data / scalar, with the sign of the scalar."""

    def compute(self, data, scalar, out):
        if scalar == 0:
            return torch.zeros_like(data) if out is None else out.zero_()
        return torch.remainder(data, scalar, out=out)

    def gradient(self, d_output):
        return d_output


class ReflectedModScalar(Scalar, name="_rmod_scalar", aliases=["_RModScalar"]):
    """Remainder of scalar / data, with the sign of data."""

    def compute(self, data, scalar, out):
        result = modulo(as_tensor(scalar, data), data)
        return result if out is None else out.copy_(result)

    def gradient(self, d_output, data):
        return -(d_output * get_op("floor")()(self.scalar / data))


class PowerScalar(Scalar, name="_power_scalar", aliases=["_PowerScalar"]):
    """data to the power of scalar."""

    neutral = {"scalar": 1.0}

    precision = "full"

    def compute(self, data, scalar, out):
        if scalar < 0 and not data.is_floating_point():
            return torch.pow(data, torch.full_like(data, scalar), out=out)
        return torch.pow(data, scalar, out=out)

    def gradient(self, d_output, data):
        if self.scalar == 0:
            return None
        if self.scalar == 1:
            return d_output
        slope = data if self.scalar == 2 else data ** (self.scalar - 1)
        return d_output * (slope * self.scalar)


class ReflectedPowerScalar(Scalar, name="_rpower_scalar", aliases=["_RPowerScalar"]):
    """scalar to the power of data."""

    precision = "full"

    def compute(self, data, scalar, out):
        return torch.pow(scalar, data, out=out)

    def gradient(self, d_output, output):
        if self.scalar == 0:
            return None
        logarithm = math.log(self.scalar) if self.scalar > 0 else math.nan
        return d_output * (output * logarithm)


class HypotScalar(Scalar, name="_hypot_scalar", aliases=["_HypotScalar"]):
    """√(data² + scalar²), without overflow on the way."""

    precision = "full"

    def compute(self, data, scalar, out):
        if data.is_floating_point():
            return torch.hypot(data, as_tensor(scalar, data), out=out)
        wide = data.double()
        return truncated(torch.hypot(wide, as_tensor(scalar, wide)), data.dtype, out)

    def gradient(self, d_output, data, output):
        return d_output * (data / output)


class MaximumScalar(Scalar, name="_maximum_scalar", aliases=["_MaximumScalar"]):
    """The larger of data and scalar; equality counts as data."""

    def compute(self, data, scalar, out):
        return torch.clamp_min(data, scalar, out=out)

    def gradient(self, d_output, data):
        return d_output * get_op("_greater_equal_scalar")(scalar=self.scalar)(data)


class MinimumScalar(Scalar, name="_minimum_scalar", aliases=["_MinimumScalar"]):
    """The smaller of data and scalar; equality counts as data."""

    def compute(self, data, scalar, out):
        return torch.clamp_max(data, scalar, out=out)

    def gradient(self, d_output, data):
        return d_output * get_op("_lesser_equal_scalar")(scalar=self.scalar)(data)


# -- kernels that several operators share ---------------------------------------------------------
def rounding(data):
    """How ``torch.div`` rounds quotients of this element type."""
    return None if data.is_floating_point() else "trunc"


def as_tensor(number, like):
    """A number as a tensor without dimensions, which kernels on every device take."""
    return torch.tensor(number, dtype=like.dtype)


def truncated(values, dtype, out):
    """Floats as integers that wrap, in ``out`` if given."""
    values = values.to(torch.int64).to(dtype)
    return values if out is None else out.copy_(values)


def modulo(lhs, rhs):
    """The remainder with the sign of the divisor, 0 for divisor 0."""
    zero = rhs == 0
    return torch.remainder(lhs, rhs.masked_fill(zero, 1)).masked_fill_(zero, 0)
