"""Where remx differs from 1.9.1 on purpose: the table that explains disagreements of the runs.

docs/differences.md is made from it; see page.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracle import conditions as when
from oracle.differential import Record
from oracle.draw import Case

__all__ = ["DIFFERENCES", "FOUND_BY_RUNNING", "OTHERS", "Difference", "key_of_part"]

# Keys that running a case again in another way finds; see run.py.
FOUND_BY_RUNNING = ("add", "onednn")


@dataclass(frozen=True)
class Difference:
    """A known disagreement: what either side does and why, and which parts of cases show it."""

    key: str
    topic: str  # of the page
    theirs: str
    ours: str
    why: str = ""
    parts: tuple[str, ...] = ()  # what their names start with
    operators: tuple[str, ...] = ()  # none: all
    holds: Callable[[Case, str, Record, Record], bool] = lambda *_: True


WRONG = "what 1.9.1 gives is wrong"
UNDEFINED = "the values are left over from earlier use of the memory"

DIFFERENCES = (
    # -- everything -----------------------------------------------------------------------
    Difference(
        "integer-conversion", "Elementwise",
        "a result that is no integer (NaN, infinity, beyond the type) becomes the least integer",
        "becomes what the conversion of PyTorch gives",
        "C++ leaves it undefined",
        ("out/",), holds=when.invalid_integer,
    ),
    Difference(
        "unknown-size", "Inference",
        "partial inference names sizes that do not follow from what is known, some of them wrong",
        "leaves them unknown",
        "a size that is known later would contradict them",
        ("partial shapes",),
        ("Concat", "_rnn_param_concat", "Pad", "broadcast_like", "Convolution_v1", "khatri_rao",
         "_contrib_quantized_conv", "_contrib_quantized_rnn", "_contrib_box_encode",
         "_linalg_makediag", "RNN", "UpSampling", "images"),
        when.unknown_sizes,
    ),
    Difference(
        "custom-partial", "Inference",
        "`infer_shape` of a CustomOpProp is called with 0 for sizes that are not known",
        "it is called when the shapes of all inputs are known",
        "most of them compute with the sizes",
        ("partial shapes",), ("Custom",), when.unknown_sizes,
    ),
    Difference(
        "unknown-type", "Inference",
        "element types that nothing says are taken to be float32 in partial inference",
        "they stay unknown until the graph is bound",
        "what is known later may say otherwise",
        ("partial types",),
        ("Crop", "_contrib_MultiBoxPrior", "_contrib_quantized_elemwise_add", "_cond",
         "_contrib_quantized_act", "InstanceNorm", "IdentityAttachKLSparseReg", "softmin",
         "softmax", "log_softmax", "amp_multicast", "elementwise", "images"),
        when.unknown_types,
    ),
    # -- elementwise and reductions -------------------------------------------------------
    Difference(
        "power-of-zero", "Elementwise",
        "the derivative of a power at base 0 is NaN where the exponent's part is 0 · log 0",
        "it is the limit", "a single zero in the data would spoil all weights",
        ("grad/",), ("_power", "_rpower_scalar", "broadcast_power"), when.not_a_number,
    ),
    Difference(
        "gamma-poles", "Elementwise",
        "at the poles (0, negative whole numbers, infinity) derivatives have arbitrary signs",
        "they are those of PyTorch's functions", "there is no derivative",
        ("grad/",), ("gamma", "gammaln"), when.poles,
    ),
    Difference(
        "relu-of-nan", "Elementwise",
        "the derivative at NaN is NaN, with oneDNN 0",
        "the head gradient passes", "the result is NaN already; this is PyTorch's kernel",
        ("grad/",), ("relu", "Activation"), when.nan_data,
    ),
    Difference(
        "product-with-zeros", "Reductions",
        "the derivative of a product that has a zero is NaN (product divided by element)",
        "it is the product of the other elements", WRONG,
        ("grad/",), ("prod", "nanprod"), when.not_a_number,
    ),
    Difference(
        "overflow", "Reductions",
        "sums, norms and products of huge numbers overflow to NaN in another order",
        "they overflow later or not", "the order of summation is the kernel's",
        ("out/",), ("sum", "nansum", "mean", "norm", "prod", "nanprod"), when.not_a_number,
    ),
    Difference(
        "overflow", "Reductions",
        "derivatives of products that overflow are NaN or infinite in other places",
        "they follow from the other elements", "the order of the products is the kernel's",
        ("grad/",), ("prod", "nanprod"), when.not_finite,
    ),
    Difference(
        "integer-norm", "Reductions",
        "the norm of integers is rounded in every step of its sum",
        "it is rounded once", WRONG,
        ("out/",), ("norm", "methods"), when.norm_of_integers,
    ),
    Difference(
        "norm-of-zeros", "Reductions",
        "the derivative of the norm of zeros is NaN",
        "it is 0, a subgradient", "a single row of zeros would spoil all weights",
        ("grad/",), ("norm",), when.not_a_number,
    ),
    # -- creation, shape, indexing --------------------------------------------------------
    Difference(
        "half-ranges", "Creation",
        "start and step of ranges of float16 are cut to whole numbers",
        "the range is rounded once", WRONG,
        ("out/",), ("_arange", "_contrib_arange_like"), when.has_float16,
    ),
    Difference(
        "tile-to-four-axes", "Shape",
        "repeating one axis into four or more gives memory that is not set",
        "it repeats", WRONG,
        ("out/",), ("tile",), when.four_copies,
    ),
    Difference(
        "unravel-index", "Indexing",
        "data with two or more axes get the shape (rank, first size)",
        "(rank, *shape of the data)", "most results would be lost",
        ("out/", "shapes", "partial shapes"), ("_unravel_index",), when.several_axes,
    ),
    Difference(
        "list-and-new-axis", "Indexing",
        "in keys with a list and None, new axes stand before the axis of the list",
        "they stand where NumPy puts them", "keys mean what they mean in NumPy",
        ("out/", "argument/"), ("getitem", "setitem"), when.list_and_new_axis,
    ),
    Difference(
        "assign-from-the-end", "Indexing",
        "an assignment to a key with a list and a negative number is lost",
        "it is made", WRONG,
        ("out/", "argument/"), ("setitem",), when.list_and_negative,
    ),
    # -- layers ---------------------------------------------------------------------------
    Difference(
        "dilated-deconvolution", "Layers",
        "with a stride and a dilation along one axis, values are lost in the sum over windows"
        " (Deconvolution, and the derivative of Convolution_v1)",
        "all are summed", WRONG,
        ("out/", "grad/"), ("Deconvolution", "Convolution_v1"), when.strides_and_dilates,
    ),
    Difference(
        "softmax-activation", "Layers",
        "for data of three or more axes, mode instance goes over the last axis, its derivative over the"
        " second",
        "both go over the last axis", WRONG,
        ("grad/",), ("SoftmaxActivation",), when.flattens,
    ),
    Difference(
        "fixed-gamma", "Layers",
        "with fix_gamma, gamma is set to 1 in training alone",
        "also in inference", "the results are the same; the array says what was used",
        ("argument/t_gamma",), ("BatchNorm", "BatchNorm_v1", "_contrib_BatchNormWithReLU"),
    ),
    Difference(
        "undefined-mask", "Layers",
        "the hidden output (the slopes) of rrelu is not set in inference",
        "it holds the mean slope", UNDEFINED,
        ("out/1",), ("LeakyReLU",), when.parameters(act_type="rrelu"),
    ),
    Difference(
        "selu-gradient", "Layers",
        "the derivative of selu for negative data is scaled twice in part",
        "it is the derivative", WRONG,
        ("grad/",), ("LeakyReLU",), when.parameters(act_type="selu"),
    ),
    Difference(
        "negative-slope", "Layers",
        "with a negative slope, leaky and elu take results, which are positive, for positive data",
        "it is the derivative", WRONG,
        ("grad/",), ("LeakyReLU",), when.negative_slope,
    ),
    # -- losses ---------------------------------------------------------------------------
    Difference(
        "softmax-head", "Losses",
        "SoftmaxOutput with out_grad=True multiplies the gradient by the output",
        "by the head gradient", WRONG,
        ("grad/",), ("SoftmaxOutput",), when.parameters(out_grad=True),
    ),
    Difference(
        "ctc-negative-labels", "Losses",
        "with the blank first, negative labels are read as classes that do not exist",
        "a label ends at the first of them", WRONG,
        ("out/", "grad/"), ("CTCLoss",), when.negative_labels,
    ),
    # -- control flow ---------------------------------------------------------------------
    Difference(
        "loop-state-gradient", "Control flow",
        "where both the output and the next state of a body use the state, derivatives lose a part",
        "they are summed", WRONG + " (finite differences agree with ours)",
        ("grad/",), ("_foreach",), when.state_read_twice,
    ),
    Difference(
        "loop-remainder", "Control flow",
        "outputs of while_loop beyond the last iteration are not set",
        "they are 0", UNDEFINED,
        ("out/",), ("_while_loop",), when.beyond_the_end,
    ),
    Difference(
        "branch-gradient", "Control flow",
        "the gradient of what the taken branch of cond does not read is not written",
        "it is 0", UNDEFINED,
        ("grad/",), ("_cond",), when.untouched,
    ),
    # -- linear algebra, distributions ----------------------------------------------------
    Difference(
        "uniform-support", "Distributions",
        "the density of the uniform distribution outside of the interval is that inside",
        "it is 0", WRONG,
        ("out/", "grad/"), ("_random_pdf_uniform",), when.outside,
    ),
    Difference(
        "hawkes-gradient", "Distributions",
        "hawkesll's derivatives by the state, and by beta, leave out terms",
        "they are whole", WRONG + " (finite differences agree with ours)",
        ("grad/state", "grad/beta"), ("_contrib_hawkesll",),
    ),
    # -- optimizers -----------------------------------------------------------------------
    Difference(
        "lamb-master-weights", "Optimizers",
        "mp_lamb_update_phase2 leaves the float32 weights as they were",
        "it updates them, as the other steps of mixed precision do",
        "the next step would start from the old weights",
        ("argument/weight32",), ("mp_lamb_update_phase2",),
    ),
    # -- images and detection -------------------------------------------------------------
    Difference(
        "one-pixel-grid", "Detection and sampling",
        "GridGenerator divides by 0 along a side of one pixel",
        "the pixel is the middle, coordinate 0", "NaN and infinity are of no use",
        ("out/", "grad/"), ("GridGenerator",), when.one_pixel,
    ),
    Difference(
        "resize-like-gradient", "Detection and sampling",
        "BilinearResize2D in mode like leaves the gradient of `like` unset",
        "it is 0", UNDEFINED,
        ("grad/like",), ("_contrib_BilinearResize2D",),
    ),
    Difference(
        "minimum-negatives", "Detection and sampling",
        "MultiBoxTarget ignores minimum_negative_samples",
        "at least that many anchors are negative examples", "it is what the parameter says",
        ("out/2",), ("_contrib_MultiBoxTarget",), when.asks_for_negatives,
    ),
    Difference(
        "gradient-of-boxes", "Detection and sampling",
        "box_nms passes gradients as if it had not converted the format of the boxes",
        "they are converted, too", WRONG,
        ("grad/",), ("_contrib_box_nms",), when.converts_boxes,
    ),
    Difference(
        "odd-mirrors", "Images",
        "flipping an image leaves the middle row or column of an odd side unset",
        "it is copied", UNDEFINED,
        ("out/",), ("_image_flip_left_right", "_image_flip_top_bottom"), when.odd_side,
    ),
    Difference(
        "no-jitter", "Images",
        "random_color_jitter with all factors 0 returns memory that is not set",
        "returns the image", UNDEFINED,
        ("out/",), ("_image_random_color_jitter",),
    ),
    Difference(
        "hue-rounding", "Images",
        "random_hue on bytes rounds in its own order", "bytes may differ by 1",
        "the products of the matrices differ in the last digits",
        ("out/",), ("_image_random_hue",), when.off_by_one,
    ),
    Difference(
        "saturation-gray", "Images",
        "random_saturation mixes with 0.114 of the last channel",
        "with the gray value of the three channels", WRONG,
        ("out/",), ("_image_random_saturation",),
    ),
    Difference(
        "gray-pictures", "Images",
        "OpenCV turns colours of PNG files into gray", "Pillow does; bytes may differ by 1",
        "the decoders are different libraries",
        ("out/",), ("_cvimdecode", "_cvimread"), when.gray,
    ),
    # -- quantisation ---------------------------------------------------------------------
    Difference(
        "quantized-convolution", "Quantisation",
        "the range that quantized_conv gives for unsigned data counts 127 steps, not 255",
        "the range is that of the sums", "dequantize would double the result",
        ("out/1", "out/2"), ("_contrib_quantized_conv",), when.of_bytes,
    ),
    Difference(
        "quantized-convolution", "Quantisation",
        "the bias of quantized_conv is scaled by that range, too",
        "by the range of the sums", "beside the sums it would be half as large",
        ("out/0",), ("_contrib_quantized_conv",), when.with_bias,
    ),
    Difference(
        "quantized-activation", "Quantisation",
        "quantized_act says int8 for unsigned data", "says uint8, the type of the data",
        "values above 127 would become negative",
        ("out/0", "types", "partial types"), ("_contrib_quantized_act",), when.of_bytes,
    ),
    Difference(
        "quantized-overflow", "Quantisation",
        "quantized_elemwise_mul wraps around beyond the calibrated range",
        "it stays at the limit", WRONG,
        ("out/0",), ("_contrib_quantized_elemwise_mul",), when.overflows,
    ),
    # -- sparse ---------------------------------------------------------------------------
    Difference(
        "sparse-division", "Sparse arrays",
        "a csr matrix of one row times or over a dense one is computed with its first column alone",
        "with the column of each element", WRONG,
        ("out/", "storage"), ("broadcast_div", "broadcast_mul"), when.csr_of_one_row,
    ),
)  # fmt: skip

# What runs of single operators do not show.
OTHERS = (
    Difference(
        "add", "Gradients",
        "many operators overwrite where grad_req=\"add\" asks to add, or add nothing",
        "all gradients can be added", "it is what add says",
    ),
    Difference(
        "onednn", "Layers",
        "with oneDNN some results differ from those of its own kernels: RNN ignores the lengths of"
        " sequences and the clipping of states, quantized layers round otherwise",
        "gives the results of 1.9.1 without oneDNN (MXNET_MKLDNN_ENABLED=0)",
        "they are what the parameters say",
    ),
    Difference(
        "softmax-output-axes", "Losses",
        "with oneDNN, SoftmaxOutput of more than two axes takes its softmax along the last axis in"
        " inference, but over all axes except the first in training (mir-vgg16_reduced)",
        "over all axes except the first in both, as 1.9.1 does without oneDNN",
        "the network would predict something else than it was trained for",
        (), ("SoftmaxOutput",),
    ),
    Difference(
        "infinite-gelu", "Layers",
        "gelu of infinity is infinity", "it is NaN: oneDNN's kernel makes it so",
        "numbers that are not finite stay so, and a check of every element would cost time",
        (), ("LeakyReLU",),
    ),
    Difference(
        "spreading-nan", "Layers",
        "a NaN or infinity in data, weights or head gradients spoils the results that it is part of",
        "it never vanishes, but of a convolution that runs as other products it may spoil more: with 3x3"
        " filters (Winograd's algorithm) infinity becomes NaN, and the 4x4 results around it and their"
        " derivatives are spoilt as well; zeros around the data count where head gradients at"
        " borders are not finite",
        "these algorithms multiply numbers by 0 that direct convolutions leave out; the rest is right,"
        " and with MXNET_USE_FUSION=0, or under a monitor, convolutions are direct",
        (), ("Convolution",),
    ),
    Difference(
        "reshape", "Shape",
        "Reshape to another number of elements is accepted by inference, and by nd.reshape, which"
        " drops the rest", "is refused by inference, with the sizes",
        "the graph could not run",
    ),
    Difference(
        "unknown-keywords", "Elementwise",
        "operators without parameters ignore unknown keywords (`nd.relu(x, foo=1)`)",
        "`mx.nd` refuses them", "misspelt parameters would be ignored",
    ),
    Difference(
        "plan-bytes", "Memory",
        "`debug_str` and the plan count 4 bytes an element, whatever the type",
        "the bytes of the type", "the figure is of use for planning alone",
    ),
    Difference(
        "monitor-names", "Memory",
        "a Monitor shows the gradient of a layer's input under one name (`fc_backward_output0`; for"
        " some operators `x_backward_data`), sums of gradients as `sum_grad_output`, inputs of such"
        " nodes by number",
        "it shows the steps to the gradient as well (`fc_backward_dot_output`), sums by what they are"
        " the gradient of (`d_fc_output_sum_output`), inputs by name",
        "backward is a graph of its own",
    ),
)  # fmt: skip


def key_of_part(case: Case, part: str, ours: Record, theirs: Record) -> str | None:
    """The key of the difference that explains a part, or None."""
    for difference in DIFFERENCES:
        if (
            part.startswith(difference.parts)
            and (not difference.operators or case.op in difference.operators)
            and difference.holds(case, part, ours, theirs)
        ):
            return difference.key
    return None
