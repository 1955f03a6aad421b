# Written by tools/make_stubs.py from the operator registry; do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from . import contrib as contrib
from . import creation as creation
from . import random as random
from .creation import arange as arange
from .creation import eye as eye
from .creation import full as full
from .creation import histogram as histogram
from .creation import hypot as hypot
from .creation import linspace as linspace
from .creation import maximum as maximum
from .creation import minimum as minimum
from .creation import ones as ones
from .creation import pow as pow
from .creation import power as power
from .creation import split_v2 as split_v2
from .creation import zeros as zeros
from .functions import OperatorFunction as OperatorFunction
from .functions import populate as populate
from .symbol import Group as Group
from .symbol import Symbol as Symbol
from .symbol import Variable as Variable
from .symbol import load as load
from .symbol import load_json as load_json
from .symbol import var as var
from . import contrib as contrib
from . import linalg as linalg
from . import sparse as sparse
from . import image as image
from . import random as random
from . import _internal as _internal

_Shape = Sequence[int | None] | int | str
_DType = str | type | None

def ElementWiseSum(
    *args: Symbol,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of any number of arrays of equal shape."""

def Embedding(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    input_dim: int = ...,
    output_dim: int = ...,
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    sparse_grad: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The rows of ``weight`` that ``data`` names; indices out of range are clipped."""

def FullyConnected(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Linear map of the flattened rows: output = data · weightᵀ + bias."""

def LinearRegressionOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity forward; the gradient of half the squared error backward."""

def LogisticRegressionOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The sigmoid forward; the gradient of the cross-entropy with its logits backward."""

def MAERegressionOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity forward; the gradient of the absolute error backward."""

def _contrib_round_ste(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The nearest integer, halves away from 0; the gradient passes unchanged."""

def _contrib_sign_ste(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """-1, 0 or 1; the gradient passes unchanged."""

def abs(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """|x|."""

def adagrad_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    history: Symbol | None = None,
    lr: float = ...,
    epsilon: float = 1e-07,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """history += g²; weight - lr (g / sqrt(history + epsilon) + wd weight)."""

def adam_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """weight - lr mean / (sqrt(var) + epsilon), with new running means of g and g²."""

def add_n(
    *args: Symbol,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of any number of arrays of equal shape."""

def arccos(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The angle in [0, π] with cosine x."""

def arccosh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Inverse of cosh, for x ≥ 1."""

def arcsin(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The angle in [-π/2, π/2] with sine x."""

def arcsinh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Inverse of sinh."""

def arctan(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The angle in (-π/2, π/2) with tangent x."""

def arctanh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Inverse of tanh, for |x| < 1."""

def broadcast_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum with broadcasting."""

def broadcast_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Quotient with broadcasting; that of integers is truncated."""

def broadcast_minus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference with broadcasting."""

def broadcast_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Product with broadcasting."""

def broadcast_plus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum with broadcasting."""

def broadcast_sub(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference with broadcasting."""

def cast_storage(
    data: Symbol | None = None,
    stype: Literal['csr', 'default', 'row_sparse'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array itself, in ``mx.nd`` in another storage type; csr arrays have 2 axes."""

def cbrt(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Cube root, of negative numbers too."""

def ceil(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The smallest integer ≥ x; no gradient."""

def clip(
    data: Symbol | None = None,
    a_min: float = ...,
    a_max: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """x kept between ``a_min`` and ``a_max``; the gradient passes at both bounds."""

def concat(
    *data: Symbol,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Join arrays along the axis ``dim``; their other dimensions are equal."""

def cos(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Cosine of radians."""

def cosh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Hyperbolic cosine."""

def degrees(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Radians as degrees."""

def dot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal[None, 'csr', 'default', 'row_sparse'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of products over one axis: the last of lhs and the first of rhs."""

def elemwise_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of two arrays of equal shape."""

def elemwise_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Quotient of two arrays of equal shape; that of integers is truncated."""

def elemwise_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Product of two arrays of equal shape, element by element."""

def elemwise_sub(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference of two arrays of equal shape."""

def exp(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """eˣ."""

def expm1(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """eˣ - 1, exact for small x."""

def fix(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The integer part, towards 0; no gradient."""

def floor(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The largest integer ≤ x; no gradient."""

def ftrl_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    z: Symbol | None = None,
    n: Symbol | None = None,
    lr: float = ...,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Follow the regularised leader, with an L1 penalty of ``lamda1``; g = clip(rescale_grad grad)."""

def gamma(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The gamma function Γ(x); NaN at negative integers, ±∞ at ±0."""

def gammaln(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """log |Γ(x)|."""

def log(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Natural logarithm."""

def log10(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Logarithm to base 10."""

def log1p(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """log(1 + x), exact for small x."""

def log2(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Logarithm to base 2."""

def make_loss(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity forward; the gradient is 1, whatever comes from outside."""

def mean(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Mean over axes, truncated for integers."""

def negative(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """-x."""

def norm(
    data: Symbol | None = None,
    ord: int = 2,
    axis: _Shape | None = None,
    out_dtype: Literal[None, 'float16', 'float32', 'float64', 'int32', 'int64', 'int8'] = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Σ |x| (``ord`` 1) or √Σ x² (``ord`` 2) over axes; ``out_dtype`` is that of the result."""

def radians(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Degrees as radians."""

def relu(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """max(x, 0)."""

def retain(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The rows of ``data`` that ``indices`` names, and zeros in the place of the others."""

def rint(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The nearest integer, halves downwards; no gradient."""

def round(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The nearest integer, halves away from 0; no gradient."""

def rsqrt(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 / √x."""

def sgd_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """mom = momentum mom - lr (g + wd weight); weight + mom; g = clip(rescale_grad grad)."""

def sgd_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """weight - lr (g + wd weight), where g = clip(rescale_grad grad)."""

def sigmoid(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 / (1 + e⁻ˣ)."""

def sign(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """-1, 0 or 1; no gradient."""

def sin(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sine of radians."""

def sinh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Hyperbolic sine."""

def slice(
    data: Symbol | None = None,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Select a range of indices along each of the first axes, like ``data[begin:end:step]``."""

def sqrt(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """√x."""

def square(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """x²."""

def stop_gradient(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity; no gradient passes."""

def sum(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum over axes."""

def tan(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Tangent of radians."""

def tanh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Hyperbolic tangent."""

def trunc(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The integer part, towards 0; no gradient."""

def where(
    condition: Symbol | None = None,
    x: Symbol | None = None,
    y: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Elements of ``x`` where ``condition`` is not zero, else of ``y``."""

def zeros_like(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Zeros in the shape of another array."""
