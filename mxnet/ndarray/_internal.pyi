# Written by tools/make_stubs.py from the operator registry; do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from . import contrib as contrib
from . import dtypes as dtypes
from . import ndarray as ndarray
from . import random as random
from . import register as register
from . import sparse as sparse
from . import utils as utils
from .arithmetic import Arithmetic as Arithmetic
from .arithmetic import add as add
from .arithmetic import divide as divide
from .arithmetic import equal as equal
from .arithmetic import greater as greater
from .arithmetic import greater_equal as greater_equal
from .arithmetic import lesser as lesser
from .arithmetic import lesser_equal as lesser_equal
from .arithmetic import logical_and as logical_and
from .arithmetic import logical_or as logical_or
from .arithmetic import logical_xor as logical_xor
from .arithmetic import maximum as maximum
from .arithmetic import minimum as minimum
from .arithmetic import modulo as modulo
from .arithmetic import multiply as multiply
from .arithmetic import not_equal as not_equal
from .arithmetic import power as power
from .arithmetic import subtract as subtract
from .arithmetic import true_divide as true_divide
from .creation import arange as arange
from .creation import array as array
from .creation import concatenate as concatenate
from .creation import empty as empty
from .creation import eye as eye
from .creation import full as full
from .creation import histogram as histogram
from .creation import linspace as linspace
from .creation import moveaxis as moveaxis
from .creation import onehot_encode as onehot_encode
from .creation import ones as ones
from .creation import split_v2 as split_v2
from .creation import waitall as waitall
from .creation import zeros as zeros
from .exchange import from_dlpack as from_dlpack
from .exchange import from_numpy as from_numpy
from .exchange import from_torch as from_torch
from .exchange import to_dlpack_for_read as to_dlpack_for_read
from .exchange import to_dlpack_for_write as to_dlpack_for_write
from .ndarray import NDArray as NDArray
from .sparse import BaseSparseNDArray as BaseSparseNDArray
from .sparse import CSRNDArray as CSRNDArray
from .sparse import RowSparseNDArray as RowSparseNDArray
from .sparse import cast_storage as cast_storage
from .utils import array as array
from .utils import empty as empty
from .utils import imdecode as imdecode
from .utils import load as load
from .utils import load_frombuffer as load_frombuffer
from .utils import save as save
from .utils import zeros as zeros
from . import contrib as contrib
from . import linalg as linalg
from . import sparse as sparse
from . import image as image
from . import random as random
from . import _internal as _internal

_Shape = Sequence[int | None] | int | str
_DType = str | type | None

def _CrossDeviceCopy(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array on the device that the node is placed on; ``passes/place`` inserts it."""

def _Div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Quotient of two arrays of equal shape; that of integers is truncated."""

def _DivScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data / scalar, truncated for integers."""

def _Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs = rhs, else 0."""

def _EqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data = scalar, else 0."""

def _Greater(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs > rhs, else 0."""

def _GreaterEqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data ≥ scalar, else 0."""

def _GreaterScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data > scalar, else 0."""

def _Greater_Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≥ rhs, else 0."""

def _Hypot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """√(lhs² + rhs²), without overflow on the way, for arrays of equal shape."""

def _HypotScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """√(data² + scalar²), without overflow on the way."""

def _Lesser(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs < rhs, else 0."""

def _LesserEqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data ≤ scalar, else 0."""

def _LesserScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data < scalar, else 0."""

def _Lesser_Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≤ rhs, else 0."""

def _LogicalAndScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data and scalar are not 0, else 0."""

def _LogicalOrScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data or scalar is not 0, else 0."""

def _LogicalXorScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where exactly one of data and scalar is not 0, else 0."""

def _Logical_And(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where both are not 0, else 0."""

def _Logical_Or(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where at least one is not 0, else 0."""

def _Logical_Xor(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where exactly one is not 0, else 0."""

def _Maximum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The larger of two elements; the gradient of equal ones goes to lhs."""

def _MaximumScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The larger of data and scalar; equality counts as data."""

def _Minimum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The smaller of two elements; the gradient of equal ones goes to lhs."""

def _MinimumScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The smaller of data and scalar; equality counts as data."""

def _Minus(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Difference of two arrays of equal shape."""

def _MinusScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data - scalar."""

def _Mod(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Remainder of two arrays of equal shape, with the sign of the divisor."""

def _ModScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Remainder of data / scalar, with the sign of the scalar."""

def _Mul(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Product of two arrays of equal shape, element by element."""

def _MulScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data · scalar."""

def _NotEqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data ≠ scalar, else 0."""

def _Not_Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≠ rhs, else 0."""

def _Plus(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of two arrays of equal shape."""

def _PlusScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data + scalar."""

def _Power(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """lhs to the power of rhs, for arrays of equal shape."""

def _PowerScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data to the power of scalar."""

def _RDivScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """scalar / data, truncated for integers."""

def _RMinusScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """scalar - data."""

def _RModScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Remainder of scalar / data, with the sign of data."""

def _RPowerScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """scalar to the power of data."""

def _adamw_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    rescale_grad: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """weight - eta (lr mean / (sqrt(var) + epsilon) + wd weight), with new running means."""

def _add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of two arrays of equal shape."""

def _amp_rescale(
    data: NDArray | None = None,
    scale: NDArray | None = None,
    like: NDArray | None = None,
    divide: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data · scale, or data / scale with ``divide``, in the element type of ``like``."""

def _amp_scaled_cast(
    data: NDArray | None = None,
    scale: NDArray | None = None,
    dtype: Literal['bfloat16', 'float16', 'float32'] = ...,
    entering: bool = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """start, start + step... up to but without stop, each of them ``repeat`` times."""

def _backward_Crop(
    grad: NDArray | None = None,
    *data: NDArray,
    num_args: int = ...,
    offset: _Shape = (0, 0),
    h_w: _Shape = (0, 0),
    center_crop: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``Crop``: zeros, with grad in the part that was cut out."""

def _backward_Pad(
    grad: NDArray | None = None,
    mode: Literal['constant', 'edge', 'reflect'] = ...,
    pad_width: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``Pad``: the border, cut off, is added to the elements that it repeats."""

def _backward_SequenceLast(
    grad: NDArray | None = None,
    data: NDArray | None = None,
    sequence_length: NDArray | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``SequenceLast``: zeros, with ``grad`` at the last steps."""

def _backward_bilinear_resize(
    grad: NDArray | None = None,
    data: NDArray | None = None,
    align_corners: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of BilinearResize2D: grad (n, c, p, q), data for its shape alone -> as data."""

def _backward_boolean_mask(
    grad: NDArray | None = None,
    index: NDArray | None = None,
    data: NDArray | None = None,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``boolean_mask``: zeros, with ``grad`` in the slices that were chosen."""

def _backward_clip(
    head: NDArray | None = None,
    data: NDArray | None = None,
    a_min: float = ...,
    a_max: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The gradient (``head``) where data is within the bounds, else 0."""

def _backward_diag(
    grad: NDArray | None = None,
    data: NDArray | None = None,
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``diag``: grad on the diagonal of zeros, or the diagonal of grad."""

def _backward_gather_nd(
    grad: NDArray | None = None,
    indices: NDArray | None = None,
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``gather_nd``: ``grad`` added up at the coordinates in zeros."""

def _backward_pick(
    grad: NDArray | None = None,
    index: NDArray | None = None,
    data: NDArray | None = None,
    axis: int = -1,
    keepdims: bool = False,
    mode: Literal['clip', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``pick``: zeros, with ``grad`` at the positions that were picked."""

def _backward_relu(
    head: NDArray | None = None,
    result: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The gradient where the result of relu is positive (or NaN), else 0."""

def _backward_sigmoid(
    head: NDArray | None = None,
    result: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The gradient times y (1 - y), for y = sigmoid(x)."""

def _backward_slice(
    grad: NDArray | None = None,
    data: NDArray | None = None,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``slice``: zeros in the shape of its data, with grad in the ranges."""

def _backward_slice_axis(
    grad: NDArray | None = None,
    data: NDArray | None = None,
    axis: int = ...,
    begin: int = ...,
    end: int | None = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``slice_axis``: zeros, with grad in the range."""

def _backward_subsample(
    grad: NDArray | None = None,
    data: NDArray | None = None,
    stride: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Its derivative: grad with zeros between the pixels, in the shape of data."""

def _backward_take(
    grad: NDArray | None = None,
    indices: NDArray | None = None,
    a: NDArray | None = None,
    axis: int = 0,
    mode: Literal['clip', 'raise', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``take``: the slices of ``grad`` added up at their indices in zeros."""

def _backward_tanh(
    head: NDArray | None = None,
    result: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The gradient times 1 - y², for y = tanh(x)."""

def _batch_norm_add_relu(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    residual: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """BatchNorm in training mode, plus ``residual``, followed by max(x, 0)."""

def _batch_norm_relu(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    relu: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """BatchNorm in training mode, followed by max(x, 0) unless ``relu`` is off."""

def _broadcast_xlogy(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """lhs · log rhs with broadcasting, 0 where lhs is 0; for derivatives of powers."""

def _cast_like(
    data: NDArray | None = None,
    like: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The values in the element type of another array of the same shape."""

def _col2im_like(
    data: NDArray | None = None,
    like: NDArray | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (),
    dilate: _Shape = (),
    pad: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``col2im`` to an image in the shape of another."""

def _cond(
    *data: NDArray,
    num_args: int = ...,
    num_outputs: int = ...,
    cond_input_locs: _Shape = ...,
    then_input_locs: _Shape = ...,
    else_input_locs: _Shape = ...,
    subgraphs: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Run one of two bodies, depending on a condition."""

def _copy(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array itself."""

def _crop_assign(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``lhs`` with the range ``[begin:end:step]`` replaced by ``rhs``."""

def _crop_assign_scalar(
    data: NDArray | None = None,
    scalar: float = 0.0,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``data`` with the range ``[begin:end:step]`` set to ``scalar``; the range may be empty."""

def _csr_dot(
    data: NDArray | None = None,
    indices: NDArray | None = None,
    indptr: NDArray | None = None,
    rhs: NDArray | None = None,
    rows: int = ...,
    columns: int = ...,
    transpose_a: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The product of a csr matrix, given in its parts, with a dense one."""

def _csr_sampled_dot(
    indices: NDArray | None = None,
    indptr: NDArray | None = None,
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    rows: int = ...,
    columns: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of rows of two matrices, one for each stored value of a csr matrix."""

def _cvcopyMakeBorder(
    src: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """An image with a border."""

def _cvimdecode(
    buf: NDArray | None = None,
    flag: int = 1,
    to_rgb: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The pixels of a compressed image, with Pillow."""

def _cvimread(
    filename: str = ...,
    flag: int = 1,
    to_rgb: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The pixels of an image file, (h, w, 3) uint8, or (h, w, 1) with ``flag=0``; see"""

def _cvimresize(
    src: NDArray | None = None,
    w: int = ...,
    h: int = ...,
    interp: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """An image (h, w, c) in the size ``h``, ``w``; see ``ImageResize``."""

def _div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Quotient of two arrays of equal shape; that of integers is truncated."""

def _div_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data / scalar, truncated for integers."""

def _dot_add(
    total: NDArray | None = None,
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A matrix product added to ``total``, which it may overwrite; made by the fusion of gradients."""

def _dot_like(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    like: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The product of two arrays as matrices, in the shape of a third; for derivatives of dot."""

def _equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs = rhs, else 0."""

def _equal_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """A matrix with ones on diagonal ``k`` (above the main one if positive) and zeros elsewhere."""

def _fill_nan(
    data: NDArray | None = None,
    value: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array with ``value`` in place of NaN."""

def _foreach(
    *data: NDArray,
    num_args: int = ...,
    num_outputs: int = ...,
    num_out_data: int = ...,
    in_state_locs: _Shape = ...,
    in_data_locs: _Shape = ...,
    remain_locs: _Shape = ...,
    subgraphs: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Run a body on each item of the data along axis 0, handing on states."""

def _full(
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    value: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """One value everywhere; integers take its integer part."""

def _fully_connected_product(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    residual: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A fully connected layer, plus another array, with an activation: all in one pass over memory."""

def _fused_convolution(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A two-dimensional convolution with an activation, on a prepared weight."""

def _fused_convolution_add(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    residual: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A two-dimensional convolution plus another array, with max(x, 0) if asked for."""

def _fused_fully_connected(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    activation: Literal['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'leaky_relu', 'hardtanh', 'hardsigmoid'] = 'none',
    factors: Sequence[float] | float = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A fully connected layer with an activation, on a prepared weight."""

def _grad_add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of two gradients of one value; it may overwrite the first."""

def _greater(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs > rhs, else 0."""

def _greater_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≥ rhs, else 0."""

def _greater_equal_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data ≥ scalar, else 0."""

def _greater_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data > scalar, else 0."""

def _histogram(
    data: NDArray | None = None,
    bins: NDArray | None = None,
    bin_cnt: int | None = None,
    range: Sequence[float] | float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Counts of values between edges, and the edges; the last edge belongs to the last bin."""

def _hypot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """√(lhs² + rhs²), without overflow on the way, for arrays of equal shape."""

def _hypot_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """√(data² + scalar²), without overflow on the way."""

def _identity_with_attr_like_rhs(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """lhs itself; shape and element type are those of rhs."""

def _im2col_convolution(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (1, 1),
    pad: _Shape = (0, 0),
    dilate: _Shape = (1, 1),
    num_filter: int = ...,
    no_bias: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A convolution: data (n, c, h, w), weight (num_filter, c, *kernel) -> (n, num_filter, h', w')."""

def _im2col_data(
    d_output: NDArray | None = None,
    weight: NDArray | None = None,
    like: NDArray | None = None,
    residual: NDArray | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (1, 1),
    pad: _Shape = (0, 0),
    dilate: _Shape = (1, 1),
    with_residual: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of a convolution by its data, plus another array if there is one."""

def _im2col_weight(
    d_output: NDArray | None = None,
    data: NDArray | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (1, 1),
    pad: _Shape = (0, 0),
    dilate: _Shape = (1, 1),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of a convolution by its weight."""

def _imdecode(
    mean: NDArray | None = None,
    str_img: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A compressed image, or a part of it, minus a mean, channels first."""

def _joined_samples(
    *data: NDArray,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Arrays of equal shapes one after the other along their first axis: (n, *k) -> (pieces n, *k)."""

def _lesser(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs < rhs, else 0."""

def _lesser_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≤ rhs, else 0."""

def _lesser_equal_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data ≤ scalar, else 0."""

def _lesser_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """``num`` evenly spaced numbers from start to stop, or up to but without stop."""

def _logical_and(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where both are not 0, else 0."""

def _logical_and_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data and scalar are not 0, else 0."""

def _logical_or(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where at least one is not 0, else 0."""

def _logical_or_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data or scalar is not 0, else 0."""

def _logical_xor(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where exactly one is not 0, else 0."""

def _logical_xor_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where exactly one of data and scalar is not 0, else 0."""

def _maximum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The larger of two elements; the gradient of equal ones goes to lhs."""

def _maximum_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The larger of data and scalar; equality counts as data."""

def _minimum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The smaller of two elements; the gradient of equal ones goes to lhs."""

def _minimum_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The smaller of data and scalar; equality counts as data."""

def _minus(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Difference of two arrays of equal shape."""

def _minus_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data - scalar."""

def _mod(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Remainder of two arrays of equal shape, with the sign of the divisor."""

def _mod_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Remainder of data / scalar, with the sign of the scalar."""

def _mp_adamw_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    weight32: NDArray | None = None,
    rescale_grad: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``_adamw_update`` computed in float32: mean, var and weight32 change, the result is rounded."""

def _mul(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Product of two arrays of equal shape, element by element."""

def _mul_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data · scalar."""

def _multi_adamw_update(
    *data: NDArray,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``_adamw_update`` of several weights: weight_0, grad_0, mean_0, var_0, weight_1..., and last"""

def _multi_lamb_update(
    *data: NDArray,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Both phases of LAMB for several weights: weight_0, grad_0, mean_0, var_0, weight_1..."""

def _multi_mp_adamw_update(
    *data: NDArray,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``_mp_adamw_update`` of several weights: weight_0, grad_0, mean_0, var_0, weight32_0,"""

def _multi_mp_lamb_update(
    *data: NDArray,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``_multi_lamb_update`` computed in float32: weight_0, grad_0, mean_0, var_0, weight32_0..."""

def _not_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≠ rhs, else 0."""

def _not_equal_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where data ≠ scalar, else 0."""

def _np_cumsum(
    a: NDArray | None = None,
    axis: int | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64', 'int32', 'int64', 'int8'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Running sum along ``axis`` (None: of the flattened array); ``dtype`` is that of the result."""

def _onehot_encode(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """One-hot rows for the indices ``lhs``, in the shape of ``rhs``."""

def _ones(
    shape: _Shape = (),
    ctx: Any = '',
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """Ones."""

def _over_count(
    data: NDArray | None = None,
    like: NDArray | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The values of a reduction, divided by how many elements went into each."""

def _pad_like(
    data: NDArray | None = None,
    shape_like: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Zeros in the shape of another array, with ``data`` in the leading part of each axis."""

def _pick_along(
    data: NDArray | None = None,
    positions: NDArray | None = None,
    axis: int | None = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The elements of ``data`` at the given positions along an axis, or of the flattened data."""

def _place_along(
    values: NDArray | None = None,
    positions: NDArray | None = None,
    like: NDArray | None = None,
    axis: int | None = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Zeros in the shape of ``like``, with values at different positions along an axis."""

def _plus(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of two arrays of equal shape."""

def _plus_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data + scalar."""

def _pointwise_convolution(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    residual: NDArray | None = None,
    num_filter: int = ...,
    no_bias: bool = False,
    with_residual: bool = False,
    activation: Literal['none', 'relu'] = 'none',
    transposed: bool = False,
    packed: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A convolution with filters of one pixel, plus another array, with max(x, 0), if asked for."""

def _pointwise_weight(
    d_output: NDArray | None = None,
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of a convolution with filters of one pixel by the weight."""

def _polygamma(
    data: NDArray | None = None,
    order: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of order ``order`` of ψ = (log Γ)'; for derivatives of gamma and gammaln."""

def _power(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """lhs to the power of rhs, for arrays of equal shape."""

def _power_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data to the power of scalar."""

def _prepared_scale(
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    eps: float = 0.001,
    fix_gamma: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Factor and addend of each channel that are a batch normalisation with given statistics."""

def _prepared_weight(
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """The weight, and bias, of a layer as fused kernels take them."""

def _product_of_others(
    data: NDArray | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """For each element, the product over axes of all others; for derivatives of products."""

def _random_exponential(
    lam: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """Normal random numbers of mean ``loc`` and standard deviation ``scale``."""

def _random_pdf_dirichlet(
    sample: NDArray | None = None,
    alpha: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The density of the Dirichlet distribution, or its logarithm (``is_log``)."""

def _random_pdf_exponential(
    sample: NDArray | None = None,
    lam: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The density of the exponential distribution of rate lam, or its logarithm (``is_log``)."""

def _random_pdf_gamma(
    sample: NDArray | None = None,
    alpha: NDArray | None = None,
    beta: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The density of the gamma distribution, or its logarithm (``is_log``)."""

def _random_pdf_generalized_negative_binomial(
    sample: NDArray | None = None,
    mu: NDArray | None = None,
    alpha: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The probability of integers under the negative binomial distribution by mean and dispersion."""

def _random_pdf_negative_binomial(
    sample: NDArray | None = None,
    k: NDArray | None = None,
    p: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The probability of so many failures before the k-th success, or its logarithm (``is_log``)."""

def _random_pdf_normal(
    sample: NDArray | None = None,
    mu: NDArray | None = None,
    sigma: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The density of the normal distribution, or its logarithm (``is_log``)."""

def _random_pdf_poisson(
    sample: NDArray | None = None,
    lam: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The probability of integers under the Poisson distribution, or its logarithm (``is_log``)."""

def _random_pdf_uniform(
    sample: NDArray | None = None,
    low: NDArray | None = None,
    high: NDArray | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The density of the uniform distribution on [low, high], or its logarithm (``is_log``)."""

def _random_poisson(
    lam: float = 1.0,
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
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
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """Uniform random numbers from [low, high)."""

def _ravel_multi_index(
    data: NDArray | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Positions in a flattened array, from coordinates: data (number of axes, n) -> (n,)."""

def _rdiv_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """scalar / data, truncated for integers."""

def _reverse_cumsum(
    data: NDArray | None = None,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Running sum along ``axis`` from its end; the derivative of cumsum."""

def _rminus_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """scalar - data."""

def _rmod_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Remainder of scalar / data, with the sign of data."""

def _rnn_param_concat(
    *data: NDArray,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Join the parameters of a recurrent network; one unknown size follows from the sum."""

def _rpower_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """scalar to the power of data."""

def _sample_exponential(
    lam: NDArray | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Draws from the exponential distribution, for each rate. Shapes: (*k) -> (*k, *shape)."""

def _sample_gamma(
    alpha: NDArray | None = None,
    beta: NDArray | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Draws from the gamma distribution, for each pair of shape and scale."""

def _sample_generalized_negative_binomial(
    mu: NDArray | None = None,
    alpha: NDArray | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Draws from the negative binomial distribution, for each pair of mean and dispersion."""

def _sample_multinomial(
    data: NDArray | None = None,
    shape: _Shape = (),
    get_prob: bool = False,
    dtype: Literal['float16', 'float32', 'float64', 'int32', 'uint8'] = 'int32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Draws of category numbers by the probabilities along the last axis."""

def _sample_negative_binomial(
    k: NDArray | None = None,
    p: NDArray | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Draws of the number of failures before the k-th success, for each pair of k and p."""

def _sample_normal(
    mu: NDArray | None = None,
    sigma: NDArray | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Normal random numbers, for each pair of a mean and a standard deviation."""

def _sample_poisson(
    lam: NDArray | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Draws from the Poisson distribution, for each mean. Shapes: (*k) -> (*k, *shape)."""

def _sample_uniform(
    low: NDArray | None = None,
    high: NDArray | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Uniform random numbers from [low, high), for each pair of bounds."""

def _sample_unique_zipfian(
    range_max: int = ...,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Draws without repetition from a Zipf-like distribution on [0, range_max), row by row."""

def _samples(
    data: NDArray | None = None,
    begin: int = ...,
    end: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Some entries along the first axis: data (n, *k) -> (end - begin, *k)."""

def _scale_shift(
    data: NDArray | None = None,
    scale: NDArray | None = None,
    shift: NDArray | None = None,
    relu: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Multiply each channel (axis 1) by ``scale`` and add ``shift``, then an activation."""

def _scatter_elemwise_div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The quotient of arrays of equal shape; of a row_sparse ``lhs`` in its stored rows only."""

def _scatter_minus_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data - scalar; of sparse data in the stored values only."""

def _scatter_plus_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """data + scalar; of sparse data in the stored values only."""

def _scatter_set_nd(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    indices: NDArray | None = None,
    shape: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``lhs`` with the elements at the coordinates ``indices`` replaced by ``rhs``."""

def _shuffle(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The slices of ``data`` along its first axis, in random order."""

def _slice_assign(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``lhs`` with the range ``[begin:end:step]`` replaced by ``rhs``."""

def _slice_assign_scalar(
    data: NDArray | None = None,
    scalar: float = 0.0,
    begin: _Shape = ...,
    end: _Shape = ...,
    step: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``data`` with the range ``[begin:end:step]`` set to ``scalar``; the range may be empty."""

def _split_like(
    data: NDArray | None = None,
    *like: NDArray,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Take an array apart along the axis ``dim`` into pieces of the shapes of given arrays."""

def _split_v2(
    data: NDArray | None = None,
    indices: _Shape = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Split along an axis at ``indices``, which start with 0, or into ``sections`` parts."""

def _split_v2_backward(
    *grads: NDArray,
    indices: _Shape = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of ``_split_v2``: its parts joined again."""

def _spread_like(
    data: NDArray | None = None,
    like: NDArray | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The values of a reduction, stretched to the shape of what was reduced."""

def _square_sum(
    data: NDArray | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum over axes of the squares."""

def _stretch_like(
    data: NDArray | None = None,
    like: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array stretched to the shape of another as in arithmetic; the derivative of _sum_like."""

def _sub(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Difference of two arrays of equal shape."""

def _subsample(
    data: NDArray | None = None,
    stride: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Every so many rows and columns of images, from the first on."""

def _sum_like(
    data: NDArray | None = None,
    like: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum over the axes that broadcasting added or stretched; the inverse of broadcast_like."""

def _unravel_index(
    data: NDArray | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Coordinates, from positions in a flattened array: data (*n) -> (number of axes, *n)."""

def _while_loop(
    *data: NDArray,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Run a body on loop variables as long as a condition on them holds."""

def _winograd_convolution(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    residual: NDArray | None = None,
    num_filter: int = ...,
    pad: int = 0,
    no_bias: bool = False,
    with_residual: bool = False,
    activation: Literal['none', 'relu'] = 'none',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """A convolution with 3x3 filters, plus another array if there is one, with max(x, 0) if asked for."""

def _winograd_filters(
    weight: NDArray | None = None,
    for_data: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Filters as ``_winograd_convolution`` takes them: weight (k, c, 3, 3) -> (36, c, k)."""

def _winograd_weight(
    d_output: NDArray | None = None,
    data: NDArray | None = None,
    pad: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The derivative of a convolution with 3x3 filters by the weight."""

def _zeros(
    shape: _Shape = (),
    ctx: Any = '',
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """Zeros."""

def _zeros_without_dtype(
    shape: _Shape | None = None,
    ctx: Any = '',
    dtype: int = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray:
    """Zeros whose element type follows from their use where ``dtype`` (a number of 1.x) is -1."""
