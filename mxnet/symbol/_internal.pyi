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

def _CrossDeviceCopy(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array on the device that the node is placed on; ``passes/place`` inserts it."""

def _Div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Quotient of two arrays of equal shape; that of integers is truncated."""

def _DivScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data / scalar, truncated for integers."""

def _Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs = rhs, else 0."""

def _EqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data = scalar, else 0."""

def _Greater(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs > rhs, else 0."""

def _GreaterEqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data ≥ scalar, else 0."""

def _GreaterScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data > scalar, else 0."""

def _Greater_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≥ rhs, else 0."""

def _Hypot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """√(lhs² + rhs²), without overflow on the way, for arrays of equal shape."""

def _HypotScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """√(data² + scalar²), without overflow on the way."""

def _Lesser(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs < rhs, else 0."""

def _LesserEqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data ≤ scalar, else 0."""

def _LesserScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data < scalar, else 0."""

def _Lesser_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≤ rhs, else 0."""

def _LogicalAndScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data and scalar are not 0, else 0."""

def _LogicalOrScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data or scalar is not 0, else 0."""

def _LogicalXorScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where exactly one of data and scalar is not 0, else 0."""

def _Logical_And(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where both are not 0, else 0."""

def _Logical_Or(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where at least one is not 0, else 0."""

def _Logical_Xor(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where exactly one is not 0, else 0."""

def _Maximum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The larger of two elements; the gradient of equal ones goes to lhs."""

def _MaximumScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The larger of data and scalar; equality counts as data."""

def _Minimum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The smaller of two elements; the gradient of equal ones goes to lhs."""

def _MinimumScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The smaller of data and scalar; equality counts as data."""

def _Minus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference of two arrays of equal shape."""

def _MinusScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data - scalar."""

def _Mod(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Remainder of two arrays of equal shape, with the sign of the divisor."""

def _ModScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Remainder of data / scalar, with the sign of the scalar."""

def _Mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Product of two arrays of equal shape, element by element."""

def _MulScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data · scalar."""

def _NotEqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data ≠ scalar, else 0."""

def _Not_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≠ rhs, else 0."""

def _Plus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of two arrays of equal shape."""

def _PlusScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data + scalar."""

def _Power(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """lhs to the power of rhs, for arrays of equal shape."""

def _PowerScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data to the power of scalar."""

def _RDivScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """scalar / data, truncated for integers."""

def _RMinusScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """scalar - data."""

def _RModScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Remainder of scalar / data, with the sign of data."""

def _RPowerScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """scalar to the power of data."""

def _adamw_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    rescale_grad: Symbol | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float = ...,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """weight - eta (lr mean / (sqrt(var) + epsilon) + wd weight), with new running means."""

def _add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of two arrays of equal shape."""

def _amp_rescale(
    data: Symbol | None = None,
    scale: Symbol | None = None,
    like: Symbol | None = None,
    divide: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data · scale, or data / scale with ``divide``, in the element type of ``like``."""

def _amp_scaled_cast(
    data: Symbol | None = None,
    scale: Symbol | None = None,
    dtype: Literal['bfloat16', 'float16', 'float32'] = ...,
    entering: bool = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A cast where values enter or leave what is computed in 16 bits."""

def _arange(
    start: float = ...,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    ctx: Any = '',
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """start, start + step... up to but without stop, each of them ``repeat`` times."""

def _backward_Crop(
    grad: Symbol | None = None,
    *data: Symbol,
    num_args: int = ...,
    offset: _Shape = (0, 0),
    h_w: _Shape = (0, 0),
    center_crop: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``Crop``: zeros, with grad in the part that was cut out."""

def _backward_Pad(
    grad: Symbol | None = None,
    mode: Literal['constant', 'edge', 'reflect'] = ...,
    pad_width: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``Pad``: the border, cut off, is added to the elements that it repeats."""

def _backward_SequenceLast(
    grad: Symbol | None = None,
    data: Symbol | None = None,
    sequence_length: Symbol | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``SequenceLast``: zeros, with ``grad`` at the last steps."""

def _backward_bilinear_resize(
    grad: Symbol | None = None,
    data: Symbol | None = None,
    align_corners: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of BilinearResize2D: grad (n, c, p, q), data for its shape alone -> as data."""

def _backward_boolean_mask(
    grad: Symbol | None = None,
    index: Symbol | None = None,
    data: Symbol | None = None,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``boolean_mask``: zeros, with ``grad`` in the slices that were chosen."""

def _backward_clip(
    head: Symbol | None = None,
    data: Symbol | None = None,
    a_min: float = ...,
    a_max: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The gradient (``head``) where data is within the bounds, else 0."""

def _backward_diag(
    grad: Symbol | None = None,
    data: Symbol | None = None,
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``diag``: grad on the diagonal of zeros, or the diagonal of grad."""

def _backward_gather_nd(
    grad: Symbol | None = None,
    indices: Symbol | None = None,
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``gather_nd``: ``grad`` added up at the coordinates in zeros."""

def _backward_pick(
    grad: Symbol | None = None,
    index: Symbol | None = None,
    data: Symbol | None = None,
    axis: int = -1,
    keepdims: bool = False,
    mode: Literal['clip', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``pick``: zeros, with ``grad`` at the positions that were picked."""

def _backward_relu(
    head: Symbol | None = None,
    result: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The gradient where the result of relu is positive (or NaN), else 0."""

def _backward_sigmoid(
    head: Symbol | None = None,
    result: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The gradient times y (1 - y), for y = sigmoid(x)."""

def _backward_slice(
    grad: Symbol | None = None,
    data: Symbol | None = None,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``slice``: zeros in the shape of its data, with grad in the ranges."""

def _backward_slice_axis(
    grad: Symbol | None = None,
    data: Symbol | None = None,
    axis: int = ...,
    begin: int = ...,
    end: int | None = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``slice_axis``: zeros, with grad in the range."""

def _backward_subsample(
    grad: Symbol | None = None,
    data: Symbol | None = None,
    stride: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Its derivative: grad with zeros between the pixels, in the shape of data."""

def _backward_take(
    grad: Symbol | None = None,
    indices: Symbol | None = None,
    a: Symbol | None = None,
    axis: int = 0,
    mode: Literal['clip', 'raise', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``take``: the slices of ``grad`` added up at their indices in zeros."""

def _backward_tanh(
    head: Symbol | None = None,
    result: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The gradient times 1 - y², for y = tanh(x)."""

def _batch_norm_add_relu(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    residual: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """BatchNorm in training mode, plus ``residual``, followed by max(x, 0)."""

def _batch_norm_relu(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    relu: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """BatchNorm in training mode, followed by max(x, 0) unless ``relu`` is off."""

def _broadcast_xlogy(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """lhs · log rhs with broadcasting, 0 where lhs is 0; for derivatives of powers."""

def _cast_like(
    data: Symbol | None = None,
    like: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The values in the element type of another array of the same shape."""

def _col2im_like(
    data: Symbol | None = None,
    like: Symbol | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (),
    dilate: _Shape = (),
    pad: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``col2im`` to an image in the shape of another."""

def _cond(
    *data: Symbol,
    num_args: int = ...,
    num_outputs: int = ...,
    cond_input_locs: _Shape = ...,
    then_input_locs: _Shape = ...,
    else_input_locs: _Shape = ...,
    subgraphs: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Run one of two bodies, depending on a condition."""

def _copy(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array itself."""

def _crop_assign(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``lhs`` with the range ``[begin:end:step]`` replaced by ``rhs``."""

def _crop_assign_scalar(
    data: Symbol | None = None,
    scalar: float = 0.0,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``data`` with the range ``[begin:end:step]`` set to ``scalar``; the range may be empty."""

def _csr_dot(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    indptr: Symbol | None = None,
    rhs: Symbol | None = None,
    rows: int = ...,
    columns: int = ...,
    transpose_a: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The product of a csr matrix, given in its parts, with a dense one."""

def _csr_sampled_dot(
    indices: Symbol | None = None,
    indptr: Symbol | None = None,
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    rows: int = ...,
    columns: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products of rows of two matrices, one for each stored value of a csr matrix."""

def _cvcopyMakeBorder(
    src: Symbol | None = None,
    top: int = ...,
    bot: int = ...,
    left: int = ...,
    right: int = ...,
    type: int = 0,
    value: float = 0.0,
    values: Sequence[float] | float = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """An image with a border."""

def _cvimdecode(
    buf: Symbol | None = None,
    flag: int = 1,
    to_rgb: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The pixels of a compressed image, with Pillow."""

def _cvimread(
    filename: str = ...,
    flag: int = 1,
    to_rgb: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The pixels of an image file, (h, w, 3) uint8, or (h, w, 1) with ``flag=0``; see"""

def _cvimresize(
    src: Symbol | None = None,
    w: int = ...,
    h: int = ...,
    interp: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """An image (h, w, c) in the size ``h``, ``w``; see ``ImageResize``."""

def _div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Quotient of two arrays of equal shape; that of integers is truncated."""

def _div_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data / scalar, truncated for integers."""

def _dot_add(
    total: Symbol | None = None,
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A matrix product added to ``total``, which it may overwrite; made by the fusion of gradients."""

def _dot_like(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    like: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The product of two arrays as matrices, in the shape of a third; for derivatives of dot."""

def _equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs = rhs, else 0."""

def _equal_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data = scalar, else 0."""

def _eye(
    N: int = ...,
    M: int = 0,
    k: int = 0,
    ctx: Any = '',
    dtype: Literal['float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A matrix with ones on diagonal ``k`` (above the main one if positive) and zeros elsewhere."""

def _fill_nan(
    data: Symbol | None = None,
    value: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array with ``value`` in place of NaN."""

def _foreach(
    *data: Symbol,
    num_args: int = ...,
    num_outputs: int = ...,
    num_out_data: int = ...,
    in_state_locs: _Shape = ...,
    in_data_locs: _Shape = ...,
    remain_locs: _Shape = ...,
    subgraphs: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Run a body on each item of the data along axis 0, handing on states."""

def _full(
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    value: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """One value everywhere; integers take its integer part."""

def _fully_connected_product(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    residual: Symbol | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    with_residual: bool = False,
    activation: Literal['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'leaky_relu', 'hardtanh', 'hardsigmoid'] = 'none',
    factors: Sequence[float] | float = (),
    packed: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A fully connected layer, plus another array, with an activation: all in one pass over memory."""

def _fused_convolution(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (),
    dilate: _Shape = (),
    pad: _Shape = (),
    num_filter: int = ...,
    num_group: int = 1,
    workspace: int = 1024,
    no_bias: bool = False,
    cudnn_tune: Literal[None, 'fastest', 'limited_workspace', 'off'] = None,
    cudnn_off: bool = False,
    layout: Literal[None, 'NCDHW', 'NCHW', 'NCW', 'NDHWC', 'NHWC'] = None,
    activation: Literal['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'leaky_relu', 'hardtanh', 'hardsigmoid'] = 'none',
    factors: Sequence[float] | float = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A two-dimensional convolution with an activation, on a prepared weight."""

def _fused_convolution_add(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    residual: Symbol | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (),
    dilate: _Shape = (),
    pad: _Shape = (),
    num_filter: int = ...,
    num_group: int = 1,
    workspace: int = 1024,
    no_bias: bool = False,
    cudnn_tune: Literal[None, 'fastest', 'limited_workspace', 'off'] = None,
    cudnn_off: bool = False,
    layout: Literal[None, 'NCDHW', 'NCHW', 'NCW', 'NDHWC', 'NHWC'] = None,
    activation: Literal['none', 'relu'] = 'none',
    factors: Sequence[float] | float = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A two-dimensional convolution plus another array, with max(x, 0) if asked for."""

def _fused_fully_connected(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    activation: Literal['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'leaky_relu', 'hardtanh', 'hardsigmoid'] = 'none',
    factors: Sequence[float] | float = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A fully connected layer with an activation, on a prepared weight."""

def _grad_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of two gradients of one value; it may overwrite the first."""

def _greater(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs > rhs, else 0."""

def _greater_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≥ rhs, else 0."""

def _greater_equal_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data ≥ scalar, else 0."""

def _greater_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data > scalar, else 0."""

def _histogram(
    data: Symbol | None = None,
    bins: Symbol | None = None,
    bin_cnt: int | None = None,
    range: Sequence[float] | float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Counts of values between edges, and the edges; the last edge belongs to the last bin."""

def _hypot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """√(lhs² + rhs²), without overflow on the way, for arrays of equal shape."""

def _hypot_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """√(data² + scalar²), without overflow on the way."""

def _identity_with_attr_like_rhs(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """lhs itself; shape and element type are those of rhs."""

def _im2col_convolution(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (1, 1),
    pad: _Shape = (0, 0),
    dilate: _Shape = (1, 1),
    num_filter: int = ...,
    no_bias: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A convolution: data (n, c, h, w), weight (num_filter, c, *kernel) -> (n, num_filter, h', w')."""

def _im2col_data(
    d_output: Symbol | None = None,
    weight: Symbol | None = None,
    like: Symbol | None = None,
    residual: Symbol | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (1, 1),
    pad: _Shape = (0, 0),
    dilate: _Shape = (1, 1),
    with_residual: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of a convolution by its data, plus another array if there is one."""

def _im2col_weight(
    d_output: Symbol | None = None,
    data: Symbol | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (1, 1),
    pad: _Shape = (0, 0),
    dilate: _Shape = (1, 1),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of a convolution by its weight."""

def _imdecode(
    mean: Symbol | None = None,
    str_img: Symbol | None = None,
    index: int = ...,
    x0: int = ...,
    y0: int = ...,
    x1: int = ...,
    y1: int = ...,
    c: int = ...,
    size: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A compressed image, or a part of it, minus a mean, channels first."""

def _joined_samples(
    *data: Symbol,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Arrays of equal shapes one after the other along their first axis: (n, *k) -> (pieces n, *k)."""

def _lesser(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs < rhs, else 0."""

def _lesser_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≤ rhs, else 0."""

def _lesser_equal_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data ≤ scalar, else 0."""

def _lesser_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data < scalar, else 0."""

def _linspace(
    start: float = ...,
    stop: float = ...,
    num: int = ...,
    endpoint: bool = True,
    ctx: Any = '',
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``num`` evenly spaced numbers from start to stop, or up to but without stop."""

def _logical_and(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where both are not 0, else 0."""

def _logical_and_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data and scalar are not 0, else 0."""

def _logical_or(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where at least one is not 0, else 0."""

def _logical_or_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data or scalar is not 0, else 0."""

def _logical_xor(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where exactly one is not 0, else 0."""

def _logical_xor_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where exactly one of data and scalar is not 0, else 0."""

def _maximum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The larger of two elements; the gradient of equal ones goes to lhs."""

def _maximum_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The larger of data and scalar; equality counts as data."""

def _minimum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The smaller of two elements; the gradient of equal ones goes to lhs."""

def _minimum_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The smaller of data and scalar; equality counts as data."""

def _minus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference of two arrays of equal shape."""

def _minus_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data - scalar."""

def _mod(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Remainder of two arrays of equal shape, with the sign of the divisor."""

def _mod_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Remainder of data / scalar, with the sign of the scalar."""

def _mp_adamw_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    weight32: Symbol | None = None,
    rescale_grad: Symbol | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float = ...,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``_adamw_update`` computed in float32: mean, var and weight32 change, the result is rounded."""

def _mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Product of two arrays of equal shape, element by element."""

def _mul_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data · scalar."""

def _multi_adamw_update(
    *data: Symbol,
    lrs: Sequence[float] | float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: Sequence[float] | float = ...,
    etas: Sequence[float] | float = ...,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``_adamw_update`` of several weights: weight_0, grad_0, mean_0, var_0, weight_1..., and last"""

def _multi_lamb_update(
    *data: Symbol,
    learning_rates: Sequence[float] | float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    wds: Sequence[float] | float = ...,
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: _Shape = ...,
    num_tensors: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Both phases of LAMB for several weights: weight_0, grad_0, mean_0, var_0, weight_1..."""

def _multi_mp_adamw_update(
    *data: Symbol,
    lrs: Sequence[float] | float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: Sequence[float] | float = ...,
    etas: Sequence[float] | float = ...,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``_mp_adamw_update`` of several weights: weight_0, grad_0, mean_0, var_0, weight32_0,"""

def _multi_mp_lamb_update(
    *data: Symbol,
    learning_rates: Sequence[float] | float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    wds: Sequence[float] | float = ...,
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: _Shape = ...,
    num_tensors: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``_multi_lamb_update`` computed in float32: weight_0, grad_0, mean_0, var_0, weight32_0..."""

def _not_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≠ rhs, else 0."""

def _not_equal_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where data ≠ scalar, else 0."""

def _np_cumsum(
    a: Symbol | None = None,
    axis: int | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64', 'int32', 'int64', 'int8'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Running sum along ``axis`` (None: of the flattened array); ``dtype`` is that of the result."""

def _onehot_encode(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """One-hot rows for the indices ``lhs``, in the shape of ``rhs``."""

def _ones(
    shape: _Shape = (),
    ctx: Any = '',
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Ones."""

def _over_count(
    data: Symbol | None = None,
    like: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The values of a reduction, divided by how many elements went into each."""

def _pad_like(
    data: Symbol | None = None,
    shape_like: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Zeros in the shape of another array, with ``data`` in the leading part of each axis."""

def _pick_along(
    data: Symbol | None = None,
    positions: Symbol | None = None,
    axis: int | None = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The elements of ``data`` at the given positions along an axis, or of the flattened data."""

def _place_along(
    values: Symbol | None = None,
    positions: Symbol | None = None,
    like: Symbol | None = None,
    axis: int | None = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Zeros in the shape of ``like``, with values at different positions along an axis."""

def _plus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum of two arrays of equal shape."""

def _plus_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data + scalar."""

def _pointwise_convolution(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    residual: Symbol | None = None,
    num_filter: int = ...,
    no_bias: bool = False,
    with_residual: bool = False,
    activation: Literal['none', 'relu'] = 'none',
    transposed: bool = False,
    packed: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A convolution with filters of one pixel, plus another array, with max(x, 0), if asked for."""

def _pointwise_weight(
    d_output: Symbol | None = None,
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of a convolution with filters of one pixel by the weight."""

def _polygamma(
    data: Symbol | None = None,
    order: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of order ``order`` of ψ = (log Γ)'; for derivatives of gamma and gammaln."""

def _power(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """lhs to the power of rhs, for arrays of equal shape."""

def _power_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data to the power of scalar."""

def _prepared_scale(
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    eps: float = 0.001,
    fix_gamma: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Factor and addend of each channel that are a batch normalisation with given statistics."""

def _prepared_weight(
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    packing: Literal['none', 'convolution', 'linear', 'product', 'winograd'] = 'none',
    data_shape: _Shape = (),
    stride: _Shape = (),
    pad: _Shape = (),
    dilate: _Shape = (),
    num_group: int = 1,
    no_bias: bool = False,
    normalised: bool = False,
    eps: float = 0.001,
    fix_gamma: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The weight, and bias, of a layer as fused kernels take them."""

def _product_of_others(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """For each element, the product over axes of all others; for derivatives of products."""

def _random_exponential(
    lam: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the exponential distribution of rate ``lam``: their mean is 1 / lam."""

def _random_gamma(
    alpha: float = 1.0,
    beta: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the gamma distribution of shape ``alpha`` and scale ``beta``."""

def _random_generalized_negative_binomial(
    mu: float = 1.0,
    alpha: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the negative binomial distribution of mean ``mu`` and variance mu + alpha mu²."""

def _random_negative_binomial(
    k: int = 1,
    p: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws of the number of failures before the ``k``-th success of probability ``p``."""

def _random_normal(
    loc: float = 0.0,
    scale: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Normal random numbers of mean ``loc`` and standard deviation ``scale``."""

def _random_pdf_dirichlet(
    sample: Symbol | None = None,
    alpha: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The density of the Dirichlet distribution, or its logarithm (``is_log``)."""

def _random_pdf_exponential(
    sample: Symbol | None = None,
    lam: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The density of the exponential distribution of rate lam, or its logarithm (``is_log``)."""

def _random_pdf_gamma(
    sample: Symbol | None = None,
    alpha: Symbol | None = None,
    beta: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The density of the gamma distribution, or its logarithm (``is_log``)."""

def _random_pdf_generalized_negative_binomial(
    sample: Symbol | None = None,
    mu: Symbol | None = None,
    alpha: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The probability of integers under the negative binomial distribution by mean and dispersion."""

def _random_pdf_negative_binomial(
    sample: Symbol | None = None,
    k: Symbol | None = None,
    p: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The probability of so many failures before the k-th success, or its logarithm (``is_log``)."""

def _random_pdf_normal(
    sample: Symbol | None = None,
    mu: Symbol | None = None,
    sigma: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The density of the normal distribution, or its logarithm (``is_log``)."""

def _random_pdf_poisson(
    sample: Symbol | None = None,
    lam: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The probability of integers under the Poisson distribution, or its logarithm (``is_log``)."""

def _random_pdf_uniform(
    sample: Symbol | None = None,
    low: Symbol | None = None,
    high: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The density of the uniform distribution on [low, high], or its logarithm (``is_log``)."""

def _random_poisson(
    lam: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the Poisson distribution of mean ``lam``, as floats."""

def _random_randint(
    low: int = ...,
    high: int = ...,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'int32', 'int64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws of integers from [low, high), all equally likely."""

def _random_uniform(
    low: float = 0.0,
    high: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Uniform random numbers from [low, high)."""

def _ravel_multi_index(
    data: Symbol | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Positions in a flattened array, from coordinates: data (number of axes, n) -> (n,)."""

def _rdiv_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """scalar / data, truncated for integers."""

def _reverse_cumsum(
    data: Symbol | None = None,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Running sum along ``axis`` from its end; the derivative of cumsum."""

def _rminus_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """scalar - data."""

def _rmod_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Remainder of scalar / data, with the sign of data."""

def _rnn_param_concat(
    *data: Symbol,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Join the parameters of a recurrent network; one unknown size follows from the sum."""

def _rpower_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """scalar to the power of data."""

def _sample_exponential(
    lam: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the exponential distribution, for each rate. Shapes: (*k) -> (*k, *shape)."""

def _sample_gamma(
    alpha: Symbol | None = None,
    beta: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the gamma distribution, for each pair of shape and scale."""

def _sample_generalized_negative_binomial(
    mu: Symbol | None = None,
    alpha: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the negative binomial distribution, for each pair of mean and dispersion."""

def _sample_multinomial(
    data: Symbol | None = None,
    shape: _Shape = (),
    get_prob: bool = False,
    dtype: Literal['float16', 'float32', 'float64', 'int32', 'uint8'] = 'int32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws of category numbers by the probabilities along the last axis."""

def _sample_negative_binomial(
    k: Symbol | None = None,
    p: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws of the number of failures before the k-th success, for each pair of k and p."""

def _sample_normal(
    mu: Symbol | None = None,
    sigma: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Normal random numbers, for each pair of a mean and a standard deviation."""

def _sample_poisson(
    lam: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the Poisson distribution, for each mean. Shapes: (*k) -> (*k, *shape)."""

def _sample_uniform(
    low: Symbol | None = None,
    high: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Uniform random numbers from [low, high), for each pair of bounds."""

def _sample_unique_zipfian(
    range_max: int = ...,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws without repetition from a Zipf-like distribution on [0, range_max), row by row."""

def _samples(
    data: Symbol | None = None,
    begin: int = ...,
    end: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Some entries along the first axis: data (n, *k) -> (end - begin, *k)."""

def _scale_shift(
    data: Symbol | None = None,
    scale: Symbol | None = None,
    shift: Symbol | None = None,
    relu: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Multiply each channel (axis 1) by ``scale`` and add ``shift``, then an activation."""

def _scatter_elemwise_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The quotient of arrays of equal shape; of a row_sparse ``lhs`` in its stored rows only."""

def _scatter_minus_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data - scalar; of sparse data in the stored values only."""

def _scatter_plus_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """data + scalar; of sparse data in the stored values only."""

def _scatter_set_nd(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    indices: Symbol | None = None,
    shape: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``lhs`` with the elements at the coordinates ``indices`` replaced by ``rhs``."""

def _shuffle(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The slices of ``data`` along its first axis, in random order."""

def _slice_assign(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``lhs`` with the range ``[begin:end:step]`` replaced by ``rhs``."""

def _slice_assign_scalar(
    data: Symbol | None = None,
    scalar: float = 0.0,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``data`` with the range ``[begin:end:step]`` set to ``scalar``; the range may be empty."""

def _split_like(
    data: Symbol | None = None,
    *like: Symbol,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Take an array apart along the axis ``dim`` into pieces of the shapes of given arrays."""

def _split_v2(
    data: Symbol | None = None,
    indices: _Shape = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Split along an axis at ``indices``, which start with 0, or into ``sections`` parts."""

def _split_v2_backward(
    *grads: Symbol,
    indices: _Shape = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of ``_split_v2``: its parts joined again."""

def _spread_like(
    data: Symbol | None = None,
    like: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The values of a reduction, stretched to the shape of what was reduced."""

def _square_sum(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum over axes of the squares."""

def _stretch_like(
    data: Symbol | None = None,
    like: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array stretched to the shape of another as in arithmetic; the derivative of _sum_like."""

def _sub(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference of two arrays of equal shape."""

def _subsample(
    data: Symbol | None = None,
    stride: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Every so many rows and columns of images, from the first on."""

def _sum_like(
    data: Symbol | None = None,
    like: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum over the axes that broadcasting added or stretched; the inverse of broadcast_like."""

def _unravel_index(
    data: Symbol | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Coordinates, from positions in a flattened array: data (*n) -> (number of axes, *n)."""

def _while_loop(
    *data: Symbol,
    num_args: int = ...,
    num_outputs: int = ...,
    num_out_data: int = ...,
    max_iterations: int = ...,
    cond_input_locs: _Shape = ...,
    func_input_locs: _Shape = ...,
    func_var_locs: _Shape = ...,
    subgraphs: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Run a body on loop variables as long as a condition on them holds."""

def _winograd_convolution(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    residual: Symbol | None = None,
    num_filter: int = ...,
    pad: int = 0,
    no_bias: bool = False,
    with_residual: bool = False,
    activation: Literal['none', 'relu'] = 'none',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A convolution with 3x3 filters, plus another array if there is one, with max(x, 0) if asked for."""

def _winograd_filters(
    weight: Symbol | None = None,
    for_data: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Filters as ``_winograd_convolution`` takes them: weight (k, c, 3, 3) -> (36, c, k)."""

def _winograd_weight(
    d_output: Symbol | None = None,
    data: Symbol | None = None,
    pad: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The derivative of a convolution with 3x3 filters by the weight."""

def _zeros(
    shape: _Shape = (),
    ctx: Any = '',
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Zeros."""

def _zeros_without_dtype(
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: int = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Zeros whose element type follows from their use where ``dtype`` (a number of 1.x) is -1."""
