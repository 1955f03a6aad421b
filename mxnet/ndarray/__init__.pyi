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

def Activation(
    data: NDArray | None = None,
    act_type: Literal['relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Apply an activation function elementwise."""

def BatchNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    cudnn_off: bool = False,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Normalise each channel over the batch, then scale by ``gamma`` and shift by ``beta``."""

def BatchNorm_v1(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """The batch normalisation of early versions: channels along axis 1; ``var`` is the variance."""

def BilinearSampler(
    data: NDArray | None = None,
    grid: NDArray | None = None,
    cudnn_off: bool | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The pixels of images at the places that a grid says, interpolated linearly; 0 outside."""

def BlockGrad(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity; no gradient passes."""

def CTCLoss(
    data: NDArray | None = None,
    label: NDArray | None = None,
    *lengths: NDArray,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal['first', 'last'] = 'first',
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Connectionist temporal classification: minus the log-likelihood of label sequences."""

def Cast(
    data: NDArray | None = None,
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The values in another element type; floats are truncated to integers."""

def Concat(
    *data: NDArray,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Join arrays along the axis ``dim``; their other dimensions are equal."""

def Convolution(
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
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Convolution (cross-correlation) over 1, 2 or 3 spatial dimensions, plus a bias."""

def Convolution_v1(
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
    layout: Literal[None, 'NCDHW', 'NCHW', 'NDHWC', 'NHWC'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The convolution of early versions; it is computed like Convolution."""

def Correlation(
    data1: NDArray | None = None,
    data2: NDArray | None = None,
    kernel_size: int = 1,
    max_displacement: int = 1,
    stride1: int = 1,
    stride2: int = 1,
    pad_size: int = 0,
    is_multiply: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """How much the patches of two images have in common, for shifts of one against the other."""

def Crop(
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
    """Cut images to ``h_w``, or to the size of those of a second input."""

def Custom(
    *data: NDArray,
    op_type: str = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
    **kwargs: Any,
) -> Any:
    """An operator registered with ``mx.operator.register``, run in the calling thread."""

def Deconvolution(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (),
    dilate: _Shape = (),
    pad: _Shape = (),
    adj: _Shape = (),
    target_shape: _Shape = (),
    num_filter: int = ...,
    num_group: int = 1,
    workspace: int = 512,
    no_bias: bool = True,
    cudnn_tune: Literal[None, 'fastest', 'limited_workspace', 'off'] = None,
    cudnn_off: bool = False,
    layout: Literal[None, 'NCDHW', 'NCHW', 'NCW', 'NDHWC', 'NHWC'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The transposed convolution: the derivative of a convolution by its data, plus a bias."""

def Dropout(
    data: NDArray | None = None,
    p: float = 0.5,
    mode: Literal['always', 'training'] = 'training',
    axes: _Shape = (),
    cudnn_off: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Set each element to zero with probability ``p`` and scale the others by 1 / (1 - p)."""

def ElementWiseSum(
    *args: NDArray,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of any number of arrays of equal shape."""

def Embedding(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    input_dim: int = ...,
    output_dim: int = ...,
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    sparse_grad: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The rows of ``weight`` that ``data`` names; indices out of range are clipped."""

def Flatten(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Merge all axes but the first: data (n, *k) -> (n, ∏k)."""

def FullyConnected(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Linear map of the flattened rows: output = data · weightᵀ + bias."""

def GridGenerator(
    data: NDArray | None = None,
    transform_type: Literal['affine', 'warp'] = ...,
    target_shape: _Shape = (0, 0),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The places at which BilinearSampler is to sample: x and y, from -1 to 1."""

def GroupNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    num_groups: int = 1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Normalise groups of channels of each sample, then scale by ``gamma`` and shift by ``beta``."""

def IdentityAttachKLSparseReg(
    data: NDArray | None = None,
    moving_avg: NDArray | None = None,
    sparseness_target: float = 0.1,
    penalty: float = 0.001,
    momentum: float = 0.9,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity; backward adds the gradient of a penalty on the mean activation of each unit."""

def InstanceNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    eps: float = 0.001,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Normalise each channel of each sample, then scale by ``gamma`` and shift by ``beta``."""

def L2Normalization(
    data: NDArray | None = None,
    eps: float = 1e-10,
    mode: Literal['channel', 'instance', 'spatial'] = 'instance',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Divide by the Euclidean norm, sqrt(sum of squares + eps)."""

def LRN(
    data: NDArray | None = None,
    alpha: float = 0.0001,
    beta: float = 0.75,
    knorm: float = 2.0,
    nsize: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Local response normalisation across channels: x (knorm + alpha / nsize Σ x²)^-beta."""

def LayerNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    axis: int = -1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Normalise along one axis, then scale by ``gamma`` and shift by ``beta``."""

def LeakyReLU(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    act_type: Literal['elu', 'gelu', 'leaky', 'prelu', 'rrelu', 'selu'] = 'leaky',
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Rectifiers that let something of negative values x pass."""

def LinearRegressionOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity forward; the gradient of half the squared error backward."""

def LogisticRegressionOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The sigmoid forward; the gradient of the cross-entropy with its logits backward."""

def MAERegressionOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity forward; the gradient of the absolute error backward."""

def MakeLoss(
    data: NDArray | None = None,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Literal['batch', 'null', 'valid'] = 'null',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity forward; the gradient is ``grad_scale``, whatever comes from outside."""

def Pad(
    data: NDArray | None = None,
    mode: Literal['constant', 'edge', 'reflect'] = ...,
    pad_width: _Shape = ...,
    constant_value: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Add a border: a constant, the nearest element (edge), or a mirror image (reflect)."""

def Pooling(
    data: NDArray | None = None,
    kernel: _Shape = (),
    pool_type: Literal['avg', 'lp', 'max', 'sum'] = 'max',
    global_pool: bool = False,
    cudnn_off: bool = False,
    pooling_convention: Literal['full', 'same', 'valid'] = 'valid',
    stride: _Shape = (),
    pad: _Shape = (),
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Literal[None, 'NCDHW', 'NCHW', 'NCW', 'NDHWC', 'NHWC', 'NWC'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The largest element, mean, sum or p-norm over windows of the spatial dimensions."""

def Pooling_v1(
    data: NDArray | None = None,
    kernel: _Shape = (),
    pool_type: Literal['avg', 'max', 'sum'] = 'max',
    global_pool: bool = False,
    pooling_convention: Literal['full', 'valid'] = 'valid',
    stride: _Shape = (),
    pad: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The pooling of early versions, of images."""

def RNN(
    data: NDArray | None = None,
    parameters: NDArray | None = None,
    state: NDArray | None = None,
    state_cell: NDArray | None = None,
    sequence_length: NDArray | None = None,
    state_size: int = ...,
    num_layers: int = ...,
    bidirectional: bool = False,
    mode: Literal['gru', 'lstm', 'rnn_relu', 'rnn_tanh'] = ...,
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Recurrent layers over a whole sequence, on top of each other, in one or both directions."""

def ROIPooling(
    data: NDArray | None = None,
    rois: NDArray | None = None,
    pooled_size: _Shape = ...,
    spatial_scale: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The largest values in the cells of a grid over each region; 0 in cells that are empty."""

def Reshape(
    data: NDArray | None = None,
    shape: _Shape = (),
    reverse: bool = False,
    target_shape: _Shape = (),
    keep_highest: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Give the elements another shape."""

def SVMOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity forward; the gradient of a one-against-all margin loss backward."""

def SequenceLast(
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
    """The last step of each sequence: (time, batch, *k) -> (batch, *k)."""

def SequenceMask(
    data: NDArray | None = None,
    sequence_length: NDArray | None = None,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Set what lies behind the end of each sequence to ``value``."""

def SequenceReverse(
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
    """Reverse each sequence in time, up to its length; what lies behind the end stays."""

def SliceChannel(
    data: NDArray | None = None,
    num_outputs: int = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Split into ``num_outputs`` equal parts along an axis."""

def Softmax(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Literal['batch', 'null', 'valid'] = 'null',
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Softmax forward; the gradient of the cross-entropy with labels backward."""

def SoftmaxActivation(
    data: NDArray | None = None,
    mode: Literal['channel', 'instance'] = 'instance',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Softmax along the last axis, or with ``mode="channel"`` along axis 1."""

def SoftmaxOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Literal['batch', 'null', 'valid'] = 'null',
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Softmax forward; the gradient of the cross-entropy with labels backward."""

def SpatialTransformer(
    data: NDArray | None = None,
    loc: NDArray | None = None,
    target_shape: _Shape = (0, 0),
    transform_type: Literal['affine'] = ...,
    sampler_type: Literal['bilinear'] = ...,
    cudnn_off: bool | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Images under affine maps: GridGenerator and BilinearSampler in one."""

def SwapAxis(
    data: NDArray | None = None,
    dim1: int = 0,
    dim2: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Exchange the axes ``dim1`` and ``dim2``."""

def UpSampling(
    *data: NDArray,
    scale: int = ...,
    num_filter: int = 0,
    sample_type: Literal['bilinear', 'nearest'] = ...,
    multi_input_mode: Literal['concat', 'sum'] = 'concat',
    num_args: int = ...,
    workspace: int = 512,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Enlarge images by a factor."""

def abs(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """|x|."""

def adam_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
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
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """weight - lr mean / (sqrt(var) + epsilon), with new running means of g and g²."""

def add_n(
    *args: NDArray,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of any number of arrays of equal shape."""

def all_finite(
    data: NDArray | None = None,
    init_output: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 if every element is finite, else 0, as float32: data -> (1,)."""

def amp_cast(
    data: NDArray | None = None,
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Floats of up to 32 bits in another element type; float64 and integers as they are."""

def amp_multicast(
    *data: NDArray,
    num_outputs: int = ...,
    cast_narrow: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Several arrays, those of floats of up to 32 bits in the widest of their element types."""

def arccos(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The angle in [0, π] with cosine x."""

def arccosh(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Inverse of cosh, for x ≥ 1."""

def arcsin(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The angle in [-π/2, π/2] with sine x."""

def arcsinh(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Inverse of sinh."""

def arctan(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The angle in (-π/2, π/2) with tangent x."""

def arctanh(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Inverse of tanh, for |x| < 1."""

def argmax(
    data: NDArray | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Index of the largest element along an axis."""

def argmax_channel(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Index of the largest element along axis 1: data (n, c, *k) -> (n, *k)."""

def argmin(
    data: NDArray | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Index of the smallest element along an axis."""

def argsort(
    data: NDArray | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    dtype: Literal['float16', 'float32', 'float64', 'int32', 'int64', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The indices (as ``dtype``) that bring the elements into order along an axis."""

def batch_dot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal[None, 'csr', 'default', 'row_sparse'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of matrices in batches: lhs (*b, m, k), rhs (*b, k, n) -> (*b, m, n)."""

def batch_take(
    a: NDArray | None = None,
    indices: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """One element of each row of ``a``; use ``pick`` in new programs."""

def broadcast_add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum with broadcasting."""

def broadcast_axes(
    data: NDArray | None = None,
    axis: _Shape = (),
    size: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array stretched along each ``axis``, where its size is 1, to each ``size``."""

def broadcast_axis(
    data: NDArray | None = None,
    axis: _Shape = (),
    size: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array stretched along each ``axis``, where its size is 1, to each ``size``."""

def broadcast_div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Quotient with broadcasting; that of integers is truncated."""

def broadcast_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs = rhs, else 0, with broadcasting."""

def broadcast_greater(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs > rhs, else 0, with broadcasting."""

def broadcast_greater_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≥ rhs, else 0, with broadcasting."""

def broadcast_hypot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """√(lhs² + rhs²) with broadcasting, without overflow on the way."""

def broadcast_lesser(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs < rhs, else 0, with broadcasting."""

def broadcast_lesser_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≤ rhs, else 0, with broadcasting."""

def broadcast_like(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    lhs_axes: _Shape | None = None,
    rhs_axes: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """lhs stretched to the shape of rhs, or with ``lhs_axes`` along some axes."""

def broadcast_logical_and(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where both are not 0, else 0, with broadcasting."""

def broadcast_logical_or(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where at least one is not 0, else 0, with broadcasting."""

def broadcast_logical_xor(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where exactly one is not 0, else 0, with broadcasting."""

def broadcast_maximum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The larger of two elements, with broadcasting; the gradient of equal ones goes to lhs."""

def broadcast_minimum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The smaller of two elements, with broadcasting; the gradient of equal ones goes to lhs."""

def broadcast_minus(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Difference with broadcasting."""

def broadcast_mod(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Remainder with broadcasting, with the sign of the divisor."""

def broadcast_mul(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Product with broadcasting."""

def broadcast_not_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where lhs ≠ rhs, else 0, with broadcasting."""

def broadcast_plus(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum with broadcasting."""

def broadcast_power(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """lhs to the power of rhs, with broadcasting."""

def broadcast_sub(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Difference with broadcasting."""

def broadcast_to(
    data: NDArray | None = None,
    shape: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array stretched to ``shape``, in which 0 keeps the size of the axis."""

def cast(
    data: NDArray | None = None,
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The values in another element type; floats are truncated to integers."""

def cbrt(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Cube root, of negative numbers too."""

def ceil(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The smallest integer ≥ x; no gradient."""

def choose_element_0index(
    data: NDArray | None = None,
    index: NDArray | None = None,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal['clip', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """One element of each line along an axis, at the position that ``index`` names."""

def clip(
    data: NDArray | None = None,
    a_min: float = ...,
    a_max: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """x kept between ``a_min`` and ``a_max``; the gradient passes at both bounds."""

def col2im(
    data: NDArray | None = None,
    output_size: _Shape = ...,
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
    """The sum of columns at the places from which ``im2col`` takes them."""

def concat(
    *data: NDArray,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Join arrays along the axis ``dim``; their other dimensions are equal."""

def cos(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Cosine of radians."""

def cosh(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Hyperbolic cosine."""

def crop(
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
    """Select a range of indices along each of the first axes, like ``data[begin:end:step]``."""

def ctc_loss(
    data: NDArray | None = None,
    label: NDArray | None = None,
    *lengths: NDArray,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal['first', 'last'] = 'first',
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Connectionist temporal classification: minus the log-likelihood of label sequences."""

def cumsum(
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

def degrees(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Radians as degrees."""

def depth_to_space(
    data: NDArray | None = None,
    block_size: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Spread channels over blocks of pixels: (n, c·b², h, w) -> (n, c, h·b, w·b)."""

def diag(
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
    """A diagonal of the planes of two axes, which become the last axis; or a diagonal matrix."""

def dot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal[None, 'csr', 'default', 'row_sparse'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of products over one axis: the last of lhs and the first of rhs."""

def elemwise_add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sum of two arrays of equal shape."""

def elemwise_div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Quotient of two arrays of equal shape; that of integers is truncated."""

def elemwise_mul(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Product of two arrays of equal shape, element by element."""

def elemwise_sub(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Difference of two arrays of equal shape."""

def erf(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The error function."""

def erfinv(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Inverse of the error function, for |x| < 1."""

def exp(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """eˣ."""

def expand_dims(
    data: NDArray | None = None,
    axis: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Insert an axis of size 1 before position ``axis``; a negative one counts from the back."""

def expm1(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """eˣ - 1, exact for small x."""

def fill_element_0index(
    lhs: NDArray | None = None,
    mhs: NDArray | None = None,
    rhs: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``lhs`` with element ``rhs[i]`` of each row i replaced by ``mhs[i]``."""

def fix(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The integer part, towards 0; no gradient."""

def flatten(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Merge all axes but the first: data (n, *k) -> (n, ∏k)."""

def flip(
    data: NDArray | None = None,
    axis: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Reverse the order of the elements along each axis in ``axis``."""

def floor(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The largest integer ≤ x; no gradient."""

def ftml_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    d: NDArray | None = None,
    v: NDArray | None = None,
    z: NDArray | None = None,
    lr: float = ...,
    beta1: float = 0.6,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    t: int = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_grad: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Follow the moving leader; ``t`` counts the updates from 1."""

def ftrl_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    z: NDArray | None = None,
    n: NDArray | None = None,
    lr: float = ...,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Follow the regularised leader, with an L1 penalty of ``lamda1``; g = clip(rescale_grad grad)."""

def gamma(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The gamma function Γ(x); NaN at negative integers, ±∞ at ±0."""

def gammaln(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """log |Γ(x)|."""

def gather_nd(
    data: NDArray | None = None,
    indices: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The elements or slices of ``data`` at the given coordinates; negative ones count backwards."""

def hard_sigmoid(
    data: NDArray | None = None,
    alpha: float = 0.2,
    beta: float = 0.5,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """alpha · x + beta, kept between 0 and 1; the gradient is 0 at and beyond both ends."""

def identity(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The array itself."""

def im2col(
    data: NDArray | None = None,
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
    """The elements under each position of a window as columns."""

def khatri_rao(
    *args: NDArray,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The Kronecker products of the columns of matrices."""

def lamb_update_phase1(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    t: int = ...,
    bias_correction: bool = True,
    wd: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The direction of LAMB: mean' / (sqrt(var') + epsilon) + wd weight, with new running means."""

def lamb_update_phase2(
    weight: NDArray | None = None,
    g: NDArray | None = None,
    r1: NDArray | None = None,
    r2: NDArray | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """weight - lr r1 / r2 g: the step of LAMB, r1 and r2 the norms of weight and direction g."""

def linalg_det(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The determinants of square matrices: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def linalg_extractdiag(
    A: NDArray | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The diagonals of square matrices, ``offset`` above the main one: (*b, n, n) -> (*b, m)."""

def linalg_extracttrian(
    A: NDArray | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The triangles of square matrices as vectors: (*b, n, n) -> (*b, m (m + 1) / 2)."""

def linalg_gelqf(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """The LQ factorisation A = L Q of matrices with at least as many columns as rows."""

def linalg_gemm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    C: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of matrices and a sum: alpha op(A) op(B) + beta C."""

def linalg_gemm2(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of matrices: alpha op(A) op(B)."""

def linalg_inverse(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The inverses of square matrices (*b, n, n); fails for singular ones."""

def linalg_makediag(
    A: NDArray | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Matrices with given diagonals, ``offset`` above the main one: (*b, n) -> (*b, m, m)."""

def linalg_maketrian(
    A: NDArray | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Matrices with given triangles, zeros elsewhere: (*b, m (m + 1) / 2) -> (*b, n, n)."""

def linalg_potrf(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The lower triangular L of symmetric positive definite matrices A = L Lᵀ."""

def linalg_potri(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The inverses of matrices given by their Cholesky factors: (A Aᵀ)⁻¹ for lower triangular A."""

def linalg_slogdet(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """The signs of the determinants of square matrices, and the logarithms of their sizes."""

def linalg_sumlogdiag(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The sums of the logarithms of diagonals: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def linalg_syrk(
    A: NDArray | None = None,
    transpose: bool = False,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of matrices with their own transposes: alpha A Aᵀ, or alpha Aᵀ A (``transpose``)."""

def linalg_trmm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products with triangular matrices: alpha op(A) B, or alpha B op(A) (``rightside``)."""

def linalg_trsm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Solutions X of triangular systems: op(A) X = alpha B, or X op(A) = alpha B (``rightside``)."""

def log(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Natural logarithm."""

def log10(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Logarithm to base 10."""

def log1p(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """log(1 + x), exact for small x."""

def log2(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Logarithm to base 2."""

def log_softmax(
    data: NDArray | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64'] = None,
    use_length: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The logarithm of the softmax along ``axis``."""

def logical_not(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 where x is 0, else 0; no gradient."""

def make_loss(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity forward; the gradient is 1, whatever comes from outside."""

def max(
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
    """Maximum over axes; NaN if there is one. Every maximum has the full gradient."""

def max_axis(
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
    """Maximum over axes; NaN if there is one. Every maximum has the full gradient."""

def mean(
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
    """Mean over axes, truncated for integers."""

def min(
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
    """Minimum over axes; NaN if there is one. Every minimum has the full gradient."""

def min_axis(
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
    """Minimum over axes; NaN if there is one. Every minimum has the full gradient."""

def moments(
    data: NDArray | None = None,
    axes: _Shape | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Mean and variance over ``axes`` (an integer or several; all if None or empty)."""

def mp_lamb_update_phase1(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    weight32: NDArray | None = None,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    t: int = ...,
    bias_correction: bool = True,
    wd: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``lamb_update_phase1`` computed in float32, in which the result is, too."""

def mp_lamb_update_phase2(
    weight: NDArray | None = None,
    g: NDArray | None = None,
    r1: NDArray | None = None,
    r2: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``lamb_update_phase2`` computed in float32: weight32 changes, the result is rounded."""

def mp_nag_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``nag_mom_update`` computed in float32: mom and weight32 change, the result is rounded."""

def mp_sgd_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``sgd_mom_update`` computed in float32: mom and weight32 change, the result is rounded."""

def mp_sgd_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """``sgd_update`` computed in float32: ``weight32`` changes, its rounded value is the result."""

def multi_all_finite(
    *data: NDArray,
    num_arrays: int = 1,
    init_output: bool = True,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 if every element of several arrays is finite, else 0, as float32: -> (1,)."""

def multi_lars(
    lrs: NDArray | None = None,
    weights_sum_sq: NDArray | None = None,
    grads_sum_sq: NDArray | None = None,
    wds: NDArray | None = None,
    eta: float = ...,
    eps: float = ...,
    rescale_grad: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The learning rates of LARS: lr eta |w| / (|rescale_grad g| + wd |w| + eps)."""

def multi_mp_sgd_mom_update(
    *data: NDArray,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``mp_sgd_mom_update`` of several weights: weight_0, grad_0, mom_0, weight32_0, weight_1..."""

def multi_mp_sgd_update(
    *data: NDArray,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``mp_sgd_update`` of several weights: data is weight_0, grad_0, weight32_0, weight_1..."""

def multi_sgd_mom_update(
    *data: NDArray,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``sgd_mom_update`` of several weights: data is weight_0, grad_0, mom_0, weight_1..."""

def multi_sgd_update(
    *data: NDArray,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``sgd_update`` of several weights: data is weight_0, grad_0, weight_1, grad_1..."""

def multi_sum_sq(
    *data: NDArray,
    num_arrays: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The sum of squares of each of several arrays, as float32: -> (num_arrays,)."""

def nag_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Nesterov's accelerated gradient."""

def nanprod(
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
    """Product over axes of what is not NaN."""

def nansum(
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
    """Sum over axes of what is not NaN."""

def negative(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """-x."""

def norm(
    data: NDArray | None = None,
    ord: int = 2,
    axis: _Shape | None = None,
    out_dtype: Literal[None, 'float16', 'float32', 'float64', 'int32', 'int64', 'int8'] = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Σ |x| (``ord`` 1) or √Σ x² (``ord`` 2) over axes; ``out_dtype`` is that of the result."""

def normal(
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

def one_hot(
    indices: NDArray | None = None,
    depth: int = ...,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Rows that are ``on_value`` at the given index and ``off_value`` elsewhere."""

def ones_like(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Ones in the shape of another array."""

def pad(
    data: NDArray | None = None,
    mode: Literal['constant', 'edge', 'reflect'] = ...,
    pad_width: _Shape = ...,
    constant_value: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Add a border: a constant, the nearest element (edge), or a mirror image (reflect)."""

def pick(
    data: NDArray | None = None,
    index: NDArray | None = None,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal['clip', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """One element of each line along an axis, at the position that ``index`` names."""

def preloaded_multi_mp_sgd_mom_update(
    *data: NDArray,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``multi_mp_sgd_mom_update`` with the arrays lrs and wds after all others."""

def preloaded_multi_mp_sgd_update(
    *data: NDArray,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``multi_mp_sgd_update`` with the arrays lrs and wds after all others."""

def preloaded_multi_sgd_mom_update(
    *data: NDArray,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``multi_sgd_mom_update`` with the arrays lrs and wds after all others."""

def preloaded_multi_sgd_update(
    *data: NDArray,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """``multi_sgd_update`` with the arrays lrs and wds after all others."""

def prod(
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
    """Product over axes."""

def radians(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Degrees as radians."""

def random_exponential(
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

def random_gamma(
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

def random_generalized_negative_binomial(
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

def random_negative_binomial(
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

def random_normal(
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

def random_pdf_dirichlet(
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

def random_pdf_exponential(
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

def random_pdf_gamma(
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

def random_pdf_generalized_negative_binomial(
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

def random_pdf_negative_binomial(
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

def random_pdf_normal(
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

def random_pdf_poisson(
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

def random_pdf_uniform(
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

def random_poisson(
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

def random_randint(
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

def random_uniform(
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

def ravel_multi_index(
    data: NDArray | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Positions in a flattened array, from coordinates: data (number of axes, n) -> (n,)."""

def rcbrt(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 / ∛x."""

def reciprocal(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 / x."""

def relu(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """max(x, 0)."""

def repeat(
    data: NDArray | None = None,
    repeats: int = ...,
    axis: int | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Repeat each element ``repeats`` times along ``axis``, or each of the flattened array."""

def reset_arrays(
    *data: NDArray,
    num_arrays: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Fill arrays with zeros, in place."""

def reshape(
    data: NDArray | None = None,
    shape: _Shape = (),
    reverse: bool = False,
    target_shape: _Shape = (),
    keep_highest: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Give the elements another shape."""

def reshape_like(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Reshape ``lhs`` to the shape of ``rhs``, or a range of its axes to a range of those of rhs."""

def reverse(
    data: NDArray | None = None,
    axis: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Reverse the order of the elements along each axis in ``axis``."""

def rint(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The nearest integer, halves downwards; no gradient."""

def rmsprop_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    n: NDArray | None = None,
    lr: float = ...,
    gamma1: float = 0.95,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """n = gamma1 n + (1 - gamma1) g²; weight - lr g / sqrt(n + epsilon)."""

def rmspropalex_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    n: NDArray | None = None,
    g: NDArray | None = None,
    delta: NDArray | None = None,
    lr: float = ...,
    gamma1: float = 0.95,
    gamma2: float = 0.9,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """RMSProp by the variance of the gradient, with momentum, as in Graves 2013."""

def round(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The nearest integer, halves away from 0; no gradient."""

def rsqrt(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 / √x."""

def sample_exponential(
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

def sample_gamma(
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

def sample_generalized_negative_binomial(
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

def sample_multinomial(
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

def sample_negative_binomial(
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

def sample_normal(
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

def sample_poisson(
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

def sample_uniform(
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

def scatter_nd(
    data: NDArray | None = None,
    indices: NDArray | None = None,
    shape: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Zeros of the given shape, with ``data`` at the coordinates; a repeated one keeps one value."""

def sgd_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """mom = momentum mom - lr (g + wd weight); weight + mom; g = clip(rescale_grad grad)."""

def sgd_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """weight - lr (g + wd weight), where g = clip(rescale_grad grad)."""

def shape_array(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The shape of an array, as an array of int64."""

def shuffle(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The slices of ``data`` along its first axis, in random order."""

def sigmoid(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """1 / (1 + e⁻ˣ)."""

def sign(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """-1, 0 or 1; no gradient."""

def signsgd_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """(1 - lr wd) weight - lr sign(grad); no scaling or clipping changes the sign, as in 1.x."""

def signum_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """mom = momentum mom - (1 - momentum) (g + wd weight); (1 - lr wd_lh) weight + lr sign(mom)."""

def sin(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Sine of radians."""

def sinh(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Hyperbolic sine."""

def size_array(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The number of elements of an array, as an array of int64 with one element."""

def slice(
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
    """Select a range of indices along each of the first axes, like ``data[begin:end:step]``."""

def slice_axis(
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
    """Select the indices ``begin`` to ``end`` (exclusive; None: to the last) along one axis."""

def slice_like(
    data: NDArray | None = None,
    shape_like: NDArray | None = None,
    axes: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The leading part of ``data`` in the size of another array, along ``axes`` or all axes."""

def smooth_l1(
    data: NDArray | None = None,
    scalar: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """(σ x)² / 2 where |x| < 1 / σ², else |x| - 1 / (2 σ²), for σ = ``scalar``."""

def softmax(
    data: NDArray | None = None,
    length: NDArray | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64'] = None,
    use_length: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """e^(x / temperature) along ``axis``, divided by its sum."""

def softmax_cross_entropy(
    data: NDArray | None = None,
    label: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The sum over the batch of the cross-entropies of softmax(data) with class numbers."""

def softmin(
    data: NDArray | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64'] = None,
    use_length: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The softmax of the negative."""

def softsign(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """x / (1 + |x|)."""

def sort(
    data: NDArray | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The elements in rising (``is_ascend=False``: falling) order along an axis."""

def space_to_depth(
    data: NDArray | None = None,
    block_size: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Gather blocks of pixels in the channels: (n, c, h·b, w·b) -> (n, c·b², h, w)."""

def split(
    data: NDArray | None = None,
    num_outputs: int = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Split into ``num_outputs`` equal parts along an axis."""

def sqrt(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """√x."""

def square(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """x²."""

def squeeze(
    data: NDArray | None = None,
    axis: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Drop axes of size 1: those that ``axis`` names, or all; one axis is kept in any case."""

def stack(
    *data: NDArray,
    axis: int = 0,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Join arrays of equal shapes along a new axis."""

def stop_gradient(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The identity; no gradient passes."""

def sum(
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
    """Sum over axes."""

def sum_axis(
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
    """Sum over axes."""

def swapaxes(
    data: NDArray | None = None,
    dim1: int = 0,
    dim2: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Exchange the axes ``dim1`` and ``dim2``."""

def take(
    a: NDArray | None = None,
    indices: NDArray | None = None,
    axis: int = 0,
    mode: Literal['clip', 'raise', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The slices of ``a`` along an axis that ``indices`` name."""

def tan(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Tangent of radians."""

def tanh(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Hyperbolic tangent."""

def tile(
    data: NDArray | None = None,
    reps: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Repeat the whole array along each axis, ``reps`` times; new axes stand in front."""

def topk(
    data: NDArray | None = None,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal['both', 'indices', 'mask', 'value'] = 'indices',
    is_ascend: bool = False,
    dtype: Literal['float16', 'float32', 'float64', 'int32', 'int64', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """The ``k`` largest (``is_ascend``: smallest) elements along an axis; all if k is below 1."""

def transpose(
    data: NDArray | None = None,
    axes: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Permute the axes: output axis i is data axis ``axes[i]``; by default they are reversed."""

def trunc(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The integer part, towards 0; no gradient."""

def uniform(
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

def unravel_index(
    data: NDArray | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Coordinates, from positions in a flattened array: data (*n) -> (number of axes, *n)."""

def where(
    condition: NDArray | None = None,
    x: NDArray | None = None,
    y: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Elements of ``x`` where ``condition`` is not zero, else of ``y``."""

def zeros_like(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Zeros in the shape of another array."""
