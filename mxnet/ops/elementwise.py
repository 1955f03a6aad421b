"""Functions of one array, element by element.

Integers keep their type: what is not exact for them is computed in float64 and truncated.
"""

import math
from collections.abc import Callable
from typing import Any, Literal

from ..error import MXNetError
from .activation import derivative
from .arithmetic import truncated
from .core import Op, get_op
from .expression import Expression
from .lazy_torch import torch
from .shapes import Mismatch

__all__ = ["Cast", "Copy", "Unary", "cast_like"]


def apply(name, *inputs, **parameters):
    """A node of an operator, for derivatives."""
    return get_op(name)(**parameters)(*inputs)


def cast_like(value: Expression, like: Expression) -> Expression:
    """A node that gives a value the element type of another."""
    return get_op("_cast_like")()(value, like)


class Unary(Op, abstract=True):
    """Shapes: data = output, of one element type."""

    inplace = {"output": ("data",)}
    per_sample = ("data",)
    exact = False  # whether ``compute`` takes integers

    def forward(self, data, *, out):
        if self.exact or data.is_floating_point():
            return self.compute(data, out)
        return truncated(self.compute(data.double(), None), data.dtype, out)

    def compute(self, data, out):
        """The kernel."""
        raise NotImplementedError


# -- maths that torch has a kernel for ------------------------------------------------------------
def _table(name: str, kernel: str, doc: str, slope: Callable[..., Any], exact: bool = False):
    """Make the operator ``name`` whose kernel is ``torch.<kernel>``.

    ``slope`` gives the gradient from (d, x, y): head gradient, input and output.
    """

    def compute(self, data, out):
        return getattr(torch, kernel)(data, out=out)

    def gradient(self, d_output, data, output):
        return slope(d_output, data, output)

    aliases = () if name in _WITHOUT_SPARSE_ALIAS else (f"_sparse_{name}",)
    body = {"__doc__": doc, "__module__": __name__, "compute": compute, "gradient": gradient}
    body["exact"] = exact
    if name in _STEEP:
        body["precision"] = "full"
    type(name.capitalize(), (Unary,), body, name=name, aliases=aliases)


def _none(d, x, y):
    return None


_WITHOUT_SPARSE_ALIAS = {"erf", "erfinv", "reciprocal"}
# Those that make much of a small difference, or leave the range of float16 soon.
_STEEP = {
    "arccos", "arcsin", "arctanh", "cosh", "erfinv", "exp", "expm1", "gammaln", "log", "log10", "log1p",
    "log2", "reciprocal", "rsqrt", "sinh", "square", "tan",
}  # fmt: skip
_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)

_table("abs", "abs", "|x|.", lambda d, x, y: d * apply("sign", x), exact=True)
_table("sign", "sgn", "-1, 0 or 1; no gradient.", _none, exact=True)
_table("negative", "neg", "-x.", lambda d, x, y: -d, exact=True)
_table("floor", "floor", "The largest integer ≤ x; no gradient.", _none, exact=True)
_table("ceil", "ceil", "The smallest integer ≥ x; no gradient.", _none, exact=True)
_table("trunc", "trunc", "The integer part, towards 0; no gradient.", _none, exact=True)
_table("fix", "trunc", "The integer part, towards 0; no gradient.", _none, exact=True)
_table("square", "square", "x².", lambda d, x, y: d * (x * 2), exact=True)
_table("sqrt", "sqrt", "√x.", lambda d, x, y: d / (y * 2))
_table("rsqrt", "rsqrt", "1 / √x.", lambda d, x, y: d * (y**3 * -0.5))
_table("reciprocal", "reciprocal", "1 / x.", lambda d, x, y: -(d * apply("square", y)))
_table("exp", "exp", "eˣ.", lambda d, x, y: d * y)
_table("expm1", "expm1", "eˣ - 1, exact for small x.", lambda d, x, y: d * (y + 1))
_table("log", "log", "Natural logarithm.", lambda d, x, y: d / x)
_table("log10", "log10", "Logarithm to base 10.", lambda d, x, y: d / (x * math.log(10)))
_table("log2", "log2", "Logarithm to base 2.", lambda d, x, y: d / (x * math.log(2)))
_table("log1p", "log1p", "log(1 + x), exact for small x.", lambda d, x, y: d / (x + 1))
_table("sin", "sin", "Sine of radians.", lambda d, x, y: d * apply("cos", x))
_table("cos", "cos", "Cosine of radians.", lambda d, x, y: -(d * apply("sin", x)))
_table("tan", "tan", "Tangent of radians.", lambda d, x, y: d * (apply("square", y) + 1))
_table("arcsin", "asin", "The angle in [-π/2, π/2] with sine x.",
       lambda d, x, y: d * apply("rsqrt", 1 - apply("square", x)))  # fmt: skip
_table("arccos", "acos", "The angle in [0, π] with cosine x.",
       lambda d, x, y: -(d * apply("rsqrt", 1 - apply("square", x))))  # fmt: skip
_table("arctan", "atan", "The angle in (-π/2, π/2) with tangent x.",
       lambda d, x, y: d / (apply("square", x) + 1))  # fmt: skip
_table("sinh", "sinh", "Hyperbolic sine.", lambda d, x, y: d * apply("cosh", x))
_table("cosh", "cosh", "Hyperbolic cosine.", lambda d, x, y: d * apply("sinh", x))
_table("tanh", "tanh", "Hyperbolic tangent.", lambda d, x, y: apply("_backward_tanh", d, y))
_table("arcsinh", "asinh", "Inverse of sinh.",
       lambda d, x, y: d * apply("rsqrt", apply("square", x) + 1))  # fmt: skip
_table("arccosh", "acosh", "Inverse of cosh, for x ≥ 1.",
       lambda d, x, y: d * apply("rsqrt", apply("square", x) - 1))  # fmt: skip
_table("arctanh", "atanh", "Inverse of tanh, for |x| < 1.",
       lambda d, x, y: d / (1 - apply("square", x)))  # fmt: skip
_table("degrees", "rad2deg", "Radians as degrees.", lambda d, x, y: d * (180 / math.pi))
_table("radians", "deg2rad", "Degrees as radians.", lambda d, x, y: d * (math.pi / 180))
_table("sigmoid", "sigmoid", "1 / (1 + e⁻ˣ).", lambda d, x, y: apply("_backward_sigmoid", d, y))
_table("erf", "erf", "The error function.",
       lambda d, x, y: d * (apply("exp", -apply("square", x)) * _TWO_OVER_ROOT_PI))  # fmt: skip
_table("erfinv", "erfinv", "Inverse of the error function, for |x| < 1.",
       lambda d, x, y: d * (apply("exp", apply("square", y)) / _TWO_OVER_ROOT_PI))  # fmt: skip
_table("gammaln", "lgamma", "log |Γ(x)|.", lambda d, x, y: d * apply("_polygamma", x))


# -- maths put together ---------------------------------------------------------------------------
class Gamma(Unary, name="gamma", aliases=["_sparse_gamma"]):
    """The gamma function Γ(x); NaN at negative integers, ±∞ at ±0."""

    precision = "full"

    def forward(self, data):
        wide = data.double()
        # Γ is negative between -1 and 0, -3 and -2, and so on.
        flips = (wide < 0) & (wide.floor() % 2 != 0) | (wide == 0) & torch.signbit(wide)
        values = torch.lgamma(wide).exp()
        values = torch.where(flips, -values, values)
        values = values.masked_fill_((wide < 0) & (wide == wide.floor()), math.nan)
        if data.is_floating_point():
            return values.to(data.dtype)
        return truncated(values, data.dtype, None)

    def gradient(self, d_output, data, output):
        return d_output * (output * apply("_polygamma", data))


class Polygamma(Unary, name="_polygamma"):
    """The derivative of order ``order`` of ψ = (log Γ)'; for derivatives of gamma and gammaln."""

    order: int = 0

    def compute(self, data, out):
        if self.order == 0:
            return torch.digamma(data, out=out)
        return torch.polygamma(self.order, data, out=out)

    def gradient(self, d_output, data):
        return d_output * apply("_polygamma", data, order=self.order + 1)


class Cbrt(Unary, name="cbrt", aliases=["_sparse_cbrt"]):
    """Cube root, of negative numbers too."""

    inplace = {}

    def compute(self, data, out):
        return torch.copysign(torch.abs(data, out=out).pow_(1 / 3), data, out=out)

    def gradient(self, d_output, output):
        return d_output / (apply("square", output) * 3)


class Rcbrt(Unary, name="rcbrt"):
    """1 / ∛x."""

    precision = "full"
    inplace = {}

    def compute(self, data, out):
        return torch.copysign(torch.abs(data, out=out).pow_(-1 / 3), data, out=out)

    def gradient(self, d_output, output):
        return d_output * (output**4 * (-1 / 3))


class Round(Unary, name="round", aliases=["_sparse_round"]):
    """The nearest integer, halves away from 0; no gradient."""

    def workspace(self, inputs, outputs):
        return outputs[0]

    def forward(self, data, *, out, workspace):
        if not data.is_floating_point():
            return data.clone() if out is None else out.copy_(data)
        whole = torch.trunc(data, out=workspace)
        # Twice the rest is exact, and at least 1 from a half on; infinity has no rest.
        rest = torch.sub(data, whole, out=out).mul_(2).trunc_()
        return torch.nan_to_num(rest, nan=0.0, out=rest).add_(whole)

    def gradient(self, d_output):
        return None


class Rint(Unary, name="rint", aliases=["_sparse_rint"]):
    """The nearest integer, halves downwards; no gradient."""

    def workspace(self, inputs, outputs):
        return outputs[0]

    def forward(self, data, *, out, workspace):
        if not data.is_floating_point():
            return data.clone() if out is None else out.copy_(data)
        whole = torch.floor(data, out=workspace)
        rest = torch.sub(data, whole, out=out)
        return rest.gt_(0.5).add_(whole)

    def gradient(self, d_output):
        return None


class LogicalNot(Unary, name="logical_not"):
    """1 where x is 0, else 0; no gradient."""

    def forward(self, data, *, out):
        if out is None:
            return torch.logical_not(data).to(data.dtype)
        return torch.logical_not(data, out=out)

    def gradient(self, d_output):
        return None


# -- activations ----------------------------------------------------------------------------------
class Relu(Unary, name="relu", aliases=["_sparse_relu"]):
    """max(x, 0)."""

    exact = True

    def compute(self, data, out):
        # torch.relu has no true form with ``out``.
        return torch.relu(data) if out is None else torch.clamp_min(data, 0, out=out)

    def gradient(self, d_output, output):
        return apply("_backward_relu", d_output, output)


class BackwardActivation(Op, abstract=True):
    """The gradient of an activation from that of its result (``head``), and its result."""

    inplace = {"output": ("head", "result")}


class BackwardRelu(BackwardActivation, name="_backward_relu"):
    """The gradient where the result of relu is positive (or NaN), else 0."""

    def forward(self, head, result, *, out):
        return derivative("threshold_backward", head, result, 0, out=out)

    def gradient(self, d_output, result):
        return self(d_output, result), None


class BackwardSigmoid(BackwardActivation, name="_backward_sigmoid"):
    """The gradient times y (1 - y), for y = sigmoid(x)."""

    def forward(self, head, result, *, out):
        return derivative("sigmoid_backward", head, result, out=out)

    def gradient(self, d_output, head, result):
        return self(d_output, result), d_output * head * (1 - result * 2)


class BackwardTanh(BackwardActivation, name="_backward_tanh"):
    """The gradient times 1 - y², for y = tanh(x)."""

    def forward(self, head, result, *, out):
        return derivative("tanh_backward", head, result, out=out)

    def gradient(self, d_output, head, result):
        return self(d_output, result), d_output * head * (result * -2)


class Softsign(Unary, name="softsign"):
    """x / (1 + |x|)."""

    inplace = {}

    def compute(self, data, out):
        return torch.div(data, torch.abs(data, out=out).add_(1), out=out)

    def gradient(self, d_output, data):
        return d_output / apply("square", apply("abs", data) + 1)


class HardSigmoid(Unary, name="hard_sigmoid"):
    """alpha · x + beta, kept between 0 and 1; the gradient is 0 at and beyond both ends."""

    alpha: float = 0.2
    beta: float = 0.5

    def compute(self, data, out):
        return torch.mul(data, self.alpha, out=out).add_(self.beta).clamp_(0, 1)

    def gradient(self, d_output, output):
        inside = apply("_greater_scalar", output, scalar=0.0) * (
            apply("_lesser_scalar", output, scalar=1.0) * self.alpha
        )
        return d_output * inside


class SmoothL1(Unary, name="smooth_l1"):
    """(σ x)² / 2 where |x| < 1 / σ², else |x| - 1 / (2 σ²), for σ = ``scalar``."""

    scalar: float = 1.0
    precision = "full"
    inplace = {}

    def workspace(self, inputs, outputs):
        return outputs[0]

    def forward(self, data, *, out, workspace):
        if not data.is_floating_point():
            values = self.forward(data.double(), out=None, workspace=None)
            return truncated(values, data.dtype, out)
        if self.scalar == 0:
            return torch.zeros_like(data) if out is None else out.zero_()
        # With c = x kept within ±1 / σ², both branches are σ² c (x - c / 2).
        square = self.scalar**2
        inner = torch.clamp(data, -1 / square, 1 / square, out=workspace)
        return torch.sub(data, inner, alpha=0.5, out=out).mul_(inner).mul_(square)

    def gradient(self, d_output, data):
        return d_output * apply("clip", data * self.scalar**2, a_min=-1.0, a_max=1.0)


class Clip(Unary, name="clip", aliases=["_sparse_clip"]):
    """x kept between ``a_min`` and ``a_max``; the gradient passes at both bounds."""

    a_min: float
    a_max: float

    def bounds(self, dtype):
        """Both bounds as numbers of an element type; those out of its range become its ends."""
        if dtype.is_floating_point:
            return self.a_min, self.a_max
        ends = torch.iinfo(dtype)
        return tuple(int(min(max(b, ends.min), ends.max)) for b in (self.a_min, self.a_max))

    def forward(self, data, *, out):
        return torch.clamp(data, *self.bounds(data.dtype), out=out)

    def gradient(self, d_output, data):
        return apply("_backward_clip", d_output, data, a_min=self.a_min, a_max=self.a_max)


class BackwardClip(Op, name="_backward_clip"):
    """The gradient (``head``) where data is within the bounds, else 0."""

    a_min: float
    a_max: float

    def forward(self, head, data, *, out):
        inside = torch.clamp(data, self.a_min, self.a_max, out=out)
        if out is None:
            return head * (inside == data)
        return torch.eq(inside, data, out=out).mul_(head)

    def gradient(self, d_output, data):
        return self(d_output, data), None


# -- element types --------------------------------------------------------------------------------
class Cast(Op, aliases=["cast"]):
    """The values in another element type; floats are truncated to integers."""

    dtype: Literal[
        "bfloat16", "bool", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"
    ]

    conversion = True

    def infer_dtype(self, t):
        t.output = self.dtype

    def forward(self, data, *, out):
        if out is not None:
            return out.copy_(data)
        return data.to(getattr(torch, self.dtype), copy=True)

    def gradient(self, d_output, data):
        return cast_like(d_output, data)


class CastLike(Op, name="_cast_like"):
    """The values in the element type of another array of the same shape."""

    conversion = True
    shape_only = ("like",)

    def infer_dtype(self, t):
        t.same("output", "like")

    def forward(self, data, like, *, out):
        return data.to(like.dtype, copy=True) if out is None else out.copy_(data)

    def gradient(self, d_output, data):
        return cast_like(d_output, data), None


def is_mixed(dtype):
    """Whether mixed precision chooses the type: float64 and integers are left as they are."""
    return str(dtype).removeprefix("torch.") in ("float16", "bfloat16", "float32")


class AmpCast(Op, name="amp_cast"):
    """Floats of up to 32 bits in another element type; float64 and integers as they are."""

    dtype: Literal["bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"]

    conversion = True

    def infer_dtype(self, t):
        t.output = self.dtype if is_mixed(t.data) else t.data

    def forward(self, data, *, out):
        if out is not None:
            return out.copy_(data)
        wanted = getattr(torch, self.dtype)
        return data.to(wanted if is_mixed(data.dtype) else data.dtype, copy=True)

    def gradient(self, d_output, data):
        return cast_like(d_output, data)


class AmpMulticast(Op, name="amp_multicast"):
    """Several arrays, those of floats of up to 32 bits in the widest of their element types.

    With ``cast_narrow`` in the narrowest. float64 and integers stay as they are. Shapes: those of
    the inputs.
    """

    num_outputs: int
    cast_narrow: bool = False
    count = "num_outputs"
    variadic_prefix = "data_"

    def outputs(self):
        number = self.num_outputs
        return [f"output{i}" for i in range(number)] if number > 1 else ["output"]

    def check(self):
        if self.num_outputs < 1:
            raise MXNetError(f"num_outputs should be at least 1 but is {self.num_outputs}")

    def infer_shape(self, s):
        for source, result in zip(self.input_names, self.output_names, strict=True):
            s.same(source, result)

    def infer_dtype(self, t):
        given = [getattr(t, name) for name in self.input_names]
        order = ("float16", "bfloat16", "float32")
        choose = min if self.cast_narrow else max
        common = choose(filter(is_mixed, given), key=order.index, default=None)
        for dtype, name in zip(given, self.output_names, strict=True):
            setattr(t, name, common if is_mixed(dtype) else dtype)

    def forward(self, *data):
        floats = [array.dtype for array in data if is_mixed(array.dtype)]
        choose = min if self.cast_narrow else max
        common = choose(floats, key=lambda dtype: dtype.itemsize, default=None)
        return tuple(
            array.to(common if is_mixed(array.dtype) else array.dtype, copy=True) for array in data
        )

    def gradient(self, d_outputs, data):
        return [cast_like(head, array) for head, array in zip(d_outputs, data, strict=True)]


# -- the array itself, with a derivative of its own -----------------------------------------------
class Copy(Op, name="_copy", aliases=["identity"]):
    """The array itself."""

    view = "reshape"

    def forward(self, data):
        return data

    def gradient(self, d_output):
        return d_output


class IdentityWithAttrLikeRhs(Op, name="_identity_with_attr_like_rhs"):
    """lhs itself; shape and element type are those of rhs."""

    view = "reshape"
    shape_only = ("rhs",)

    def forward(self, lhs, rhs):
        return lhs

    def gradient(self, d_output):
        return d_output, None


class GradientMultiplier(Op, name="_contrib_gradientmultiplier"):
    """The array itself; its gradient is multiplied by ``scalar`` (negative: gradient reversal)."""

    scalar: float = 1.0
    is_int: bool = True
    view = "reshape"

    def forward(self, data):
        return data

    def gradient(self, d_output):
        return apply(
            "_contrib_backward_gradientmultiplier", d_output, scalar=self.scalar, is_int=self.is_int
        )


class BackwardGradientMultiplier(Op, name="_contrib_backward_gradientmultiplier"):
    """data · scalar: the derivative of gradientmultiplier."""

    scalar: float = 1.0
    is_int: bool = True
    inplace = {"output": ("data",)}

    def forward(self, data, *, out):
        return torch.mul(data, self.scalar, out=out)

    def gradient(self, d_output):
        return self(d_output)


class RoundStraightThrough(
    Unary, name="_contrib_round_ste", aliases=["_sparse__contrib_round_ste"]
):
    """The nearest integer, halves away from 0; the gradient passes unchanged."""

    workspace = Round.workspace
    forward = Round.forward

    def gradient(self, d_output):
        return d_output


class SignStraightThrough(Unary, name="_contrib_sign_ste", aliases=["_sparse__contrib_sign_ste"]):
    """-1, 0 or 1; the gradient passes unchanged."""

    exact = True

    def compute(self, data, out):
        return torch.sgn(data, out=out)

    def gradient(self, d_output):
        return d_output


class Quadratic(Unary, name="_contrib_quadratic"):
    """a x² + b x + c."""

    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    inplace = {}

    def compute(self, data, out):
        return torch.mul(data, self.a, out=out).add_(self.b).mul_(data).add_(self.c)

    def gradient(self, d_output, data):
        return d_output * (data * (2 * self.a) + self.b)


class DivSqrtDim(Unary, name="_contrib_div_sqrt_dim"):
    """x / √n, for n elements along the last axis; √n is a whole number for integers, as in 1.x."""

    def infer_shape(self, s):
        s.same()
        if s.data == ():
            raise Mismatch("data should have at least 1 dimension")

    def forward(self, data, *, out):
        if data.is_floating_point():
            return torch.div(data, math.sqrt(data.shape[-1]), out=out)
        root = math.isqrt(data.shape[-1])
        return torch.div(data, root, rounding_mode="trunc", out=out)

    def gradient(self, d_output):
        return self(d_output)
