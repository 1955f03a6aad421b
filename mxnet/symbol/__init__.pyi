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

def Activation(
    data: Symbol | None = None,
    act_type: Literal['relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Apply an activation function elementwise."""

def BatchNorm(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Normalise each channel over the batch, then scale by ``gamma`` and shift by ``beta``."""

def BatchNorm_v1(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The batch normalisation of early versions: channels along axis 1; ``var`` is the variance."""

def BilinearSampler(
    data: Symbol | None = None,
    grid: Symbol | None = None,
    cudnn_off: bool | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The pixels of images at the places that a grid says, interpolated linearly; 0 outside."""

def BlockGrad(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity; no gradient passes."""

def CTCLoss(
    data: Symbol | None = None,
    label: Symbol | None = None,
    *lengths: Symbol,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal['first', 'last'] = 'first',
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Connectionist temporal classification: minus the log-likelihood of label sequences."""

def Cast(
    data: Symbol | None = None,
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The values in another element type; floats are truncated to integers."""

def Concat(
    *data: Symbol,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Join arrays along the axis ``dim``; their other dimensions are equal."""

def Convolution(
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
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Convolution (cross-correlation) over 1, 2 or 3 spatial dimensions, plus a bias."""

def Convolution_v1(
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
    layout: Literal[None, 'NCDHW', 'NCHW', 'NDHWC', 'NHWC'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The convolution of early versions; it is computed like Convolution."""

def Correlation(
    data1: Symbol | None = None,
    data2: Symbol | None = None,
    kernel_size: int = 1,
    max_displacement: int = 1,
    stride1: int = 1,
    stride2: int = 1,
    pad_size: int = 0,
    is_multiply: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """How much the patches of two images have in common, for shifts of one against the other."""

def Crop(
    *data: Symbol,
    num_args: int = ...,
    offset: _Shape = (0, 0),
    h_w: _Shape = (0, 0),
    center_crop: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Cut images to ``h_w``, or to the size of those of a second input."""

def Custom(
    *data: Symbol,
    op_type: str = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
    **kwargs: Any,
) -> Symbol:
    """An operator registered with ``mx.operator.register``, run in the calling thread."""

def Deconvolution(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The transposed convolution: the derivative of a convolution by its data, plus a bias."""

def Dropout(
    data: Symbol | None = None,
    p: float = 0.5,
    mode: Literal['always', 'training'] = 'training',
    axes: _Shape = (),
    cudnn_off: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Set each element to zero with probability ``p`` and scale the others by 1 / (1 - p)."""

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

def Flatten(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Merge all axes but the first: data (n, *k) -> (n, ∏k)."""

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

def GridGenerator(
    data: Symbol | None = None,
    transform_type: Literal['affine', 'warp'] = ...,
    target_shape: _Shape = (0, 0),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The places at which BilinearSampler is to sample: x and y, from -1 to 1."""

def GroupNorm(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    num_groups: int = 1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Normalise groups of channels of each sample, then scale by ``gamma`` and shift by ``beta``."""

def IdentityAttachKLSparseReg(
    data: Symbol | None = None,
    moving_avg: Symbol | None = None,
    sparseness_target: float = 0.1,
    penalty: float = 0.001,
    momentum: float = 0.9,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity; backward adds the gradient of a penalty on the mean activation of each unit."""

def InstanceNorm(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    eps: float = 0.001,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Normalise each channel of each sample, then scale by ``gamma`` and shift by ``beta``."""

def L2Normalization(
    data: Symbol | None = None,
    eps: float = 1e-10,
    mode: Literal['channel', 'instance', 'spatial'] = 'instance',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Divide by the Euclidean norm, sqrt(sum of squares + eps)."""

def LRN(
    data: Symbol | None = None,
    alpha: float = 0.0001,
    beta: float = 0.75,
    knorm: float = 2.0,
    nsize: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Local response normalisation across channels: x (knorm + alpha / nsize Σ x²)^-beta."""

def LayerNorm(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    axis: int = -1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Normalise along one axis, then scale by ``gamma`` and shift by ``beta``."""

def LeakyReLU(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    act_type: Literal['elu', 'gelu', 'leaky', 'prelu', 'rrelu', 'selu'] = 'leaky',
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Rectifiers that let something of negative values x pass."""

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

def MakeLoss(
    data: Symbol | None = None,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Literal['batch', 'null', 'valid'] = 'null',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity forward; the gradient is ``grad_scale``, whatever comes from outside."""

def Pad(
    data: Symbol | None = None,
    mode: Literal['constant', 'edge', 'reflect'] = ...,
    pad_width: _Shape = ...,
    constant_value: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Add a border: a constant, the nearest element (edge), or a mirror image (reflect)."""

def Pooling(
    data: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The largest element, mean, sum or p-norm over windows of the spatial dimensions."""

def Pooling_v1(
    data: Symbol | None = None,
    kernel: _Shape = (),
    pool_type: Literal['avg', 'max', 'sum'] = 'max',
    global_pool: bool = False,
    pooling_convention: Literal['full', 'valid'] = 'valid',
    stride: _Shape = (),
    pad: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The pooling of early versions, of images."""

def RNN(
    data: Symbol | None = None,
    parameters: Symbol | None = None,
    state: Symbol | None = None,
    state_cell: Symbol | None = None,
    sequence_length: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Recurrent layers over a whole sequence, on top of each other, in one or both directions."""

def ROIPooling(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    pooled_size: _Shape = ...,
    spatial_scale: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The largest values in the cells of a grid over each region; 0 in cells that are empty."""

def Reshape(
    data: Symbol | None = None,
    shape: _Shape = (),
    reverse: bool = False,
    target_shape: _Shape = (),
    keep_highest: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Give the elements another shape."""

def SVMOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity forward; the gradient of a one-against-all margin loss backward."""

def SequenceLast(
    data: Symbol | None = None,
    sequence_length: Symbol | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The last step of each sequence: (time, batch, *k) -> (batch, *k)."""

def SequenceMask(
    data: Symbol | None = None,
    sequence_length: Symbol | None = None,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Set what lies behind the end of each sequence to ``value``."""

def SequenceReverse(
    data: Symbol | None = None,
    sequence_length: Symbol | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Reverse each sequence in time, up to its length; what lies behind the end stays."""

def SliceChannel(
    data: Symbol | None = None,
    num_outputs: int = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Split into ``num_outputs`` equal parts along an axis."""

def Softmax(
    data: Symbol | None = None,
    label: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Softmax forward; the gradient of the cross-entropy with labels backward."""

def SoftmaxActivation(
    data: Symbol | None = None,
    mode: Literal['channel', 'instance'] = 'instance',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Softmax along the last axis, or with ``mode="channel"`` along axis 1."""

def SoftmaxOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Softmax forward; the gradient of the cross-entropy with labels backward."""

def SpatialTransformer(
    data: Symbol | None = None,
    loc: Symbol | None = None,
    target_shape: _Shape = (0, 0),
    transform_type: Literal['affine'] = ...,
    sampler_type: Literal['bilinear'] = ...,
    cudnn_off: bool | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Images under affine maps: GridGenerator and BilinearSampler in one."""

def SwapAxis(
    data: Symbol | None = None,
    dim1: int = 0,
    dim2: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Exchange the axes ``dim1`` and ``dim2``."""

def UpSampling(
    *data: Symbol,
    scale: int = ...,
    num_filter: int = 0,
    sample_type: Literal['bilinear', 'nearest'] = ...,
    multi_input_mode: Literal['concat', 'sum'] = 'concat',
    num_args: int = ...,
    workspace: int = 512,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Enlarge images by a factor."""

def abs(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """|x|."""

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

def all_finite(
    data: Symbol | None = None,
    init_output: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 if every element is finite, else 0, as float32: data -> (1,)."""

def amp_cast(
    data: Symbol | None = None,
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Floats of up to 32 bits in another element type; float64 and integers as they are."""

def amp_multicast(
    *data: Symbol,
    num_outputs: int = ...,
    cast_narrow: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Several arrays, those of floats of up to 32 bits in the widest of their element types."""

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

def argmax(
    data: Symbol | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Index of the largest element along an axis."""

def argmax_channel(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Index of the largest element along axis 1: data (n, c, *k) -> (n, *k)."""

def argmin(
    data: Symbol | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Index of the smallest element along an axis."""

def argsort(
    data: Symbol | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    dtype: Literal['float16', 'float32', 'float64', 'int32', 'int64', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The indices (as ``dtype``) that bring the elements into order along an axis."""

def batch_dot(
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
    """Products of matrices in batches: lhs (*b, m, k), rhs (*b, k, n) -> (*b, m, n)."""

def batch_take(
    a: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """One element of each row of ``a``; use ``pick`` in new programs."""

def broadcast_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum with broadcasting."""

def broadcast_axes(
    data: Symbol | None = None,
    axis: _Shape = (),
    size: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array stretched along each ``axis``, where its size is 1, to each ``size``."""

def broadcast_axis(
    data: Symbol | None = None,
    axis: _Shape = (),
    size: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array stretched along each ``axis``, where its size is 1, to each ``size``."""

def broadcast_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Quotient with broadcasting; that of integers is truncated."""

def broadcast_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs = rhs, else 0, with broadcasting."""

def broadcast_greater(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs > rhs, else 0, with broadcasting."""

def broadcast_greater_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≥ rhs, else 0, with broadcasting."""

def broadcast_hypot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """√(lhs² + rhs²) with broadcasting, without overflow on the way."""

def broadcast_lesser(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs < rhs, else 0, with broadcasting."""

def broadcast_lesser_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≤ rhs, else 0, with broadcasting."""

def broadcast_like(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    lhs_axes: _Shape | None = None,
    rhs_axes: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """lhs stretched to the shape of rhs, or with ``lhs_axes`` along some axes."""

def broadcast_logical_and(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where both are not 0, else 0, with broadcasting."""

def broadcast_logical_or(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where at least one is not 0, else 0, with broadcasting."""

def broadcast_logical_xor(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where exactly one is not 0, else 0, with broadcasting."""

def broadcast_maximum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The larger of two elements, with broadcasting; the gradient of equal ones goes to lhs."""

def broadcast_minimum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The smaller of two elements, with broadcasting; the gradient of equal ones goes to lhs."""

def broadcast_minus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference with broadcasting."""

def broadcast_mod(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Remainder with broadcasting, with the sign of the divisor."""

def broadcast_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Product with broadcasting."""

def broadcast_not_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where lhs ≠ rhs, else 0, with broadcasting."""

def broadcast_plus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum with broadcasting."""

def broadcast_power(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """lhs to the power of rhs, with broadcasting."""

def broadcast_sub(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Difference with broadcasting."""

def broadcast_to(
    data: Symbol | None = None,
    shape: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array stretched to ``shape``, in which 0 keeps the size of the axis."""

def cast(
    data: Symbol | None = None,
    dtype: Literal['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The values in another element type; floats are truncated to integers."""

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

def choose_element_0index(
    data: Symbol | None = None,
    index: Symbol | None = None,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal['clip', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """One element of each line along an axis, at the position that ``index`` names."""

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

def col2im(
    data: Symbol | None = None,
    output_size: _Shape = ...,
    kernel: _Shape = ...,
    stride: _Shape = (),
    dilate: _Shape = (),
    pad: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The sum of columns at the places from which ``im2col`` takes them."""

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

def crop(
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

def ctc_loss(
    data: Symbol | None = None,
    label: Symbol | None = None,
    *lengths: Symbol,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal['first', 'last'] = 'first',
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Connectionist temporal classification: minus the log-likelihood of label sequences."""

def cumsum(
    a: Symbol | None = None,
    axis: int | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64', 'int32', 'int64', 'int8'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Running sum along ``axis`` (None: of the flattened array); ``dtype`` is that of the result."""

def degrees(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Radians as degrees."""

def depth_to_space(
    data: Symbol | None = None,
    block_size: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Spread channels over blocks of pixels: (n, c·b², h, w) -> (n, c, h·b, w·b)."""

def diag(
    data: Symbol | None = None,
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """A diagonal of the planes of two axes, which become the last axis; or a diagonal matrix."""

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

def erf(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The error function."""

def erfinv(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Inverse of the error function, for |x| < 1."""

def exp(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """eˣ."""

def expand_dims(
    data: Symbol | None = None,
    axis: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Insert an axis of size 1 before position ``axis``; a negative one counts from the back."""

def expm1(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """eˣ - 1, exact for small x."""

def fill_element_0index(
    lhs: Symbol | None = None,
    mhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``lhs`` with element ``rhs[i]`` of each row i replaced by ``mhs[i]``."""

def fix(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The integer part, towards 0; no gradient."""

def flatten(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Merge all axes but the first: data (n, *k) -> (n, ∏k)."""

def flip(
    data: Symbol | None = None,
    axis: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Reverse the order of the elements along each axis in ``axis``."""

def floor(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The largest integer ≤ x; no gradient."""

def ftml_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    d: Symbol | None = None,
    v: Symbol | None = None,
    z: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Follow the moving leader; ``t`` counts the updates from 1."""

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

def gather_nd(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The elements or slices of ``data`` at the given coordinates; negative ones count backwards."""

def hard_sigmoid(
    data: Symbol | None = None,
    alpha: float = 0.2,
    beta: float = 0.5,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """alpha · x + beta, kept between 0 and 1; the gradient is 0 at and beyond both ends."""

def identity(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The array itself."""

def im2col(
    data: Symbol | None = None,
    kernel: _Shape = ...,
    stride: _Shape = (),
    dilate: _Shape = (),
    pad: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The elements under each position of a window as columns."""

def khatri_rao(
    *args: Symbol,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The Kronecker products of the columns of matrices."""

def lamb_update_phase1(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The direction of LAMB: mean' / (sqrt(var') + epsilon) + wd weight, with new running means."""

def lamb_update_phase2(
    weight: Symbol | None = None,
    g: Symbol | None = None,
    r1: Symbol | None = None,
    r2: Symbol | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """weight - lr r1 / r2 g: the step of LAMB, r1 and r2 the norms of weight and direction g."""

def linalg_det(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The determinants of square matrices: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def linalg_extractdiag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The diagonals of square matrices, ``offset`` above the main one: (*b, n, n) -> (*b, m)."""

def linalg_extracttrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The triangles of square matrices as vectors: (*b, n, n) -> (*b, m (m + 1) / 2)."""

def linalg_gelqf(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The LQ factorisation A = L Q of matrices with at least as many columns as rows."""

def linalg_gemm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    C: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products of matrices and a sum: alpha op(A) op(B) + beta C."""

def linalg_gemm2(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products of matrices: alpha op(A) op(B)."""

def linalg_inverse(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The inverses of square matrices (*b, n, n); fails for singular ones."""

def linalg_makediag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Matrices with given diagonals, ``offset`` above the main one: (*b, n) -> (*b, m, m)."""

def linalg_maketrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Matrices with given triangles, zeros elsewhere: (*b, m (m + 1) / 2) -> (*b, n, n)."""

def linalg_potrf(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The lower triangular L of symmetric positive definite matrices A = L Lᵀ."""

def linalg_potri(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The inverses of matrices given by their Cholesky factors: (A Aᵀ)⁻¹ for lower triangular A."""

def linalg_slogdet(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The signs of the determinants of square matrices, and the logarithms of their sizes."""

def linalg_sumlogdiag(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The sums of the logarithms of diagonals: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def linalg_syrk(
    A: Symbol | None = None,
    transpose: bool = False,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products of matrices with their own transposes: alpha A Aᵀ, or alpha Aᵀ A (``transpose``)."""

def linalg_trmm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products with triangular matrices: alpha op(A) B, or alpha B op(A) (``rightside``)."""

def linalg_trsm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Solutions X of triangular systems: op(A) X = alpha B, or X op(A) = alpha B (``rightside``)."""

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

def log_softmax(
    data: Symbol | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64'] = None,
    use_length: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The logarithm of the softmax along ``axis``."""

def logical_not(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 where x is 0, else 0; no gradient."""

def make_loss(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The identity forward; the gradient is 1, whatever comes from outside."""

def max(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Maximum over axes; NaN if there is one. Every maximum has the full gradient."""

def max_axis(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Maximum over axes; NaN if there is one. Every maximum has the full gradient."""

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

def min(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Minimum over axes; NaN if there is one. Every minimum has the full gradient."""

def min_axis(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Minimum over axes; NaN if there is one. Every minimum has the full gradient."""

def moments(
    data: Symbol | None = None,
    axes: _Shape | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Mean and variance over ``axes`` (an integer or several; all if None or empty)."""

def mp_lamb_update_phase1(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    weight32: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``lamb_update_phase1`` computed in float32, in which the result is, too."""

def mp_lamb_update_phase2(
    weight: Symbol | None = None,
    g: Symbol | None = None,
    r1: Symbol | None = None,
    r2: Symbol | None = None,
    weight32: Symbol | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``lamb_update_phase2`` computed in float32: weight32 changes, the result is rounded."""

def mp_nag_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    weight32: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``nag_mom_update`` computed in float32: mom and weight32 change, the result is rounded."""

def mp_sgd_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    weight32: Symbol | None = None,
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
    """``sgd_mom_update`` computed in float32: mom and weight32 change, the result is rounded."""

def mp_sgd_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    weight32: Symbol | None = None,
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
    """``sgd_update`` computed in float32: ``weight32`` changes, its rounded value is the result."""

def multi_all_finite(
    *data: Symbol,
    num_arrays: int = 1,
    init_output: bool = True,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 if every element of several arrays is finite, else 0, as float32: -> (1,)."""

def multi_lars(
    lrs: Symbol | None = None,
    weights_sum_sq: Symbol | None = None,
    grads_sum_sq: Symbol | None = None,
    wds: Symbol | None = None,
    eta: float = ...,
    eps: float = ...,
    rescale_grad: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The learning rates of LARS: lr eta |w| / (|rescale_grad g| + wd |w| + eps)."""

def multi_mp_sgd_mom_update(
    *data: Symbol,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``mp_sgd_mom_update`` of several weights: weight_0, grad_0, mom_0, weight32_0, weight_1..."""

def multi_mp_sgd_update(
    *data: Symbol,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``mp_sgd_update`` of several weights: data is weight_0, grad_0, weight32_0, weight_1..."""

def multi_sgd_mom_update(
    *data: Symbol,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``sgd_mom_update`` of several weights: data is weight_0, grad_0, mom_0, weight_1..."""

def multi_sgd_update(
    *data: Symbol,
    lrs: Sequence[float] | float = ...,
    wds: Sequence[float] | float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``sgd_update`` of several weights: data is weight_0, grad_0, weight_1, grad_1..."""

def multi_sum_sq(
    *data: Symbol,
    num_arrays: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The sum of squares of each of several arrays, as float32: -> (num_arrays,)."""

def nag_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Nesterov's accelerated gradient."""

def nanprod(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Product over axes of what is not NaN."""

def nansum(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Sum over axes of what is not NaN."""

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

def normal(
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

def one_hot(
    indices: Symbol | None = None,
    depth: int = ...,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: Literal['bfloat16', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Rows that are ``on_value`` at the given index and ``off_value`` elsewhere."""

def ones_like(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Ones in the shape of another array."""

def pad(
    data: Symbol | None = None,
    mode: Literal['constant', 'edge', 'reflect'] = ...,
    pad_width: _Shape = ...,
    constant_value: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Add a border: a constant, the nearest element (edge), or a mirror image (reflect)."""

def pick(
    data: Symbol | None = None,
    index: Symbol | None = None,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal['clip', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """One element of each line along an axis, at the position that ``index`` names."""

def preloaded_multi_mp_sgd_mom_update(
    *data: Symbol,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``multi_mp_sgd_mom_update`` with the arrays lrs and wds after all others."""

def preloaded_multi_mp_sgd_update(
    *data: Symbol,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``multi_mp_sgd_update`` with the arrays lrs and wds after all others."""

def preloaded_multi_sgd_mom_update(
    *data: Symbol,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``multi_sgd_mom_update`` with the arrays lrs and wds after all others."""

def preloaded_multi_sgd_update(
    *data: Symbol,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """``multi_sgd_update`` with the arrays lrs and wds after all others."""

def prod(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Product over axes."""

def radians(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Degrees as radians."""

def random_exponential(
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

def random_gamma(
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

def random_generalized_negative_binomial(
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

def random_negative_binomial(
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

def random_normal(
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

def random_pdf_dirichlet(
    sample: Symbol | None = None,
    alpha: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The density of the Dirichlet distribution, or its logarithm (``is_log``)."""

def random_pdf_exponential(
    sample: Symbol | None = None,
    lam: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The density of the exponential distribution of rate lam, or its logarithm (``is_log``)."""

def random_pdf_gamma(
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

def random_pdf_generalized_negative_binomial(
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

def random_pdf_negative_binomial(
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

def random_pdf_normal(
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

def random_pdf_poisson(
    sample: Symbol | None = None,
    lam: Symbol | None = None,
    is_log: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The probability of integers under the Poisson distribution, or its logarithm (``is_log``)."""

def random_pdf_uniform(
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

def random_poisson(
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

def random_randint(
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

def random_uniform(
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

def ravel_multi_index(
    data: Symbol | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Positions in a flattened array, from coordinates: data (number of axes, n) -> (n,)."""

def rcbrt(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 / ∛x."""

def reciprocal(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """1 / x."""

def relu(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """max(x, 0)."""

def repeat(
    data: Symbol | None = None,
    repeats: int = ...,
    axis: int | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Repeat each element ``repeats`` times along ``axis``, or each of the flattened array."""

def reset_arrays(
    *data: Symbol,
    num_arrays: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Fill arrays with zeros, in place."""

def reshape(
    data: Symbol | None = None,
    shape: _Shape = (),
    reverse: bool = False,
    target_shape: _Shape = (),
    keep_highest: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Give the elements another shape."""

def reshape_like(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Reshape ``lhs`` to the shape of ``rhs``, or a range of its axes to a range of those of rhs."""

def reverse(
    data: Symbol | None = None,
    axis: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Reverse the order of the elements along each axis in ``axis``."""

def rint(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The nearest integer, halves downwards; no gradient."""

def rmsprop_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    n: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """n = gamma1 n + (1 - gamma1) g²; weight - lr g / sqrt(n + epsilon)."""

def rmspropalex_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    n: Symbol | None = None,
    g: Symbol | None = None,
    delta: Symbol | None = None,
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """RMSProp by the variance of the gradient, with momentum, as in Graves 2013."""

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

def sample_exponential(
    lam: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the exponential distribution, for each rate. Shapes: (*k) -> (*k, *shape)."""

def sample_gamma(
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

def sample_generalized_negative_binomial(
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

def sample_multinomial(
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

def sample_negative_binomial(
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

def sample_normal(
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

def sample_poisson(
    lam: Symbol | None = None,
    shape: _Shape = (),
    dtype: Literal[None, 'None', 'float16', 'float32', 'float64'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Draws from the Poisson distribution, for each mean. Shapes: (*k) -> (*k, *shape)."""

def sample_uniform(
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

def scatter_nd(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    shape: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Zeros of the given shape, with ``data`` at the coordinates; a repeated one keeps one value."""

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

def shape_array(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The shape of an array, as an array of int64."""

def shuffle(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The slices of ``data`` along its first axis, in random order."""

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

def signsgd_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """(1 - lr wd) weight - lr sign(grad); no scaling or clipping changes the sign, as in 1.x."""

def signum_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """mom = momentum mom - (1 - momentum) (g + wd weight); (1 - lr wd_lh) weight + lr sign(mom)."""

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

def size_array(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The number of elements of an array, as an array of int64 with one element."""

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

def slice_axis(
    data: Symbol | None = None,
    axis: int = ...,
    begin: int = ...,
    end: int | None = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Select the indices ``begin`` to ``end`` (exclusive; None: to the last) along one axis."""

def slice_like(
    data: Symbol | None = None,
    shape_like: Symbol | None = None,
    axes: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The leading part of ``data`` in the size of another array, along ``axes`` or all axes."""

def smooth_l1(
    data: Symbol | None = None,
    scalar: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """(σ x)² / 2 where |x| < 1 / σ², else |x| - 1 / (2 σ²), for σ = ``scalar``."""

def softmax(
    data: Symbol | None = None,
    length: Symbol | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64'] = None,
    use_length: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """e^(x / temperature) along ``axis``, divided by its sum."""

def softmax_cross_entropy(
    data: Symbol | None = None,
    label: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The sum over the batch of the cross-entropies of softmax(data) with class numbers."""

def softmin(
    data: Symbol | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal[None, 'float16', 'float32', 'float64'] = None,
    use_length: bool | None = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The softmax of the negative."""

def softsign(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """x / (1 + |x|)."""

def sort(
    data: Symbol | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The elements in rising (``is_ascend=False``: falling) order along an axis."""

def space_to_depth(
    data: Symbol | None = None,
    block_size: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Gather blocks of pixels in the channels: (n, c, h·b, w·b) -> (n, c·b², h, w)."""

def split(
    data: Symbol | None = None,
    num_outputs: int = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Split into ``num_outputs`` equal parts along an axis."""

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

def squeeze(
    data: Symbol | None = None,
    axis: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Drop axes of size 1: those that ``axis`` names, or all; one axis is kept in any case."""

def stack(
    *data: Symbol,
    axis: int = 0,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Join arrays of equal shapes along a new axis."""

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

def sum_axis(
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

def swapaxes(
    data: Symbol | None = None,
    dim1: int = 0,
    dim2: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Exchange the axes ``dim1`` and ``dim2``."""

def take(
    a: Symbol | None = None,
    indices: Symbol | None = None,
    axis: int = 0,
    mode: Literal['clip', 'raise', 'wrap'] = 'clip',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The slices of ``a`` along an axis that ``indices`` name."""

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

def tile(
    data: Symbol | None = None,
    reps: _Shape = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Repeat the whole array along each axis, ``reps`` times; new axes stand in front."""

def topk(
    data: Symbol | None = None,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal['both', 'indices', 'mask', 'value'] = 'indices',
    is_ascend: bool = False,
    dtype: Literal['float16', 'float32', 'float64', 'int32', 'int64', 'uint8'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The ``k`` largest (``is_ascend``: smallest) elements along an axis; all if k is below 1."""

def transpose(
    data: Symbol | None = None,
    axes: _Shape = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Permute the axes: output axis i is data axis ``axes[i]``; by default they are reversed."""

def trunc(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
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
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Uniform random numbers from [low, high)."""

def unravel_index(
    data: Symbol | None = None,
    shape: _Shape | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Coordinates, from positions in a flattened array: data (*n) -> (number of axes, *n)."""

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
