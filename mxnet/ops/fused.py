"""Layers with what follows them, as one kernel: what the passes put in place of several nodes.

They serve prediction, and have no derivative. oneDNN computes convolutions and matrix products with a
bias, one more addend and an activation in one pass over memory, from weights in an order of its own.
Where its operators are missing, or for other element types, the same is done step by step.
"""

from typing import Literal

from .conv import Convolution, stored_channels_last
from .core import Aux, Op
from .dense import FullyConnected
from .generated import LANES, has_kernels, packed_size, panels
from .lazy_torch import F, torch
from .parameters import Floats, Shape
from .shapes import product

__all__ = [
    "ACTIVATIONS",
    "FusedConvolution",
    "FusedConvolutionAdd",
    "FusedFullyConnected",
    "PreparedScale",
    "PreparedWeight",
    "ScaleShift",
]

# What oneDNN applies to a result before it is stored, by torch's names; numbers go to ``factors``.
ACTIVATIONS = (
    "none", "relu", "sigmoid", "tanh", "gelu", "leaky_relu", "hardtanh", "hardsigmoid",
)  # fmt: skip
Activation = Literal[
    "none", "relu", "sigmoid", "tanh", "gelu", "leaky_relu", "hardtanh", "hardsigmoid"
]


def has_onednn(tensor):
    """Whether torch's fused operators of oneDNN take a tensor."""
    return (
        tensor.dtype == torch.float32
        and tensor.device.type == "cpu"
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        and torch._C._get_mkldnn_enabled()
        and tensor.numel() > 0
    )


def dense(weight):
    """The weight in the order of its axes."""
    return weight.to_dense() if weight.is_mkldnn else weight


def activate(kind, factors, values):
    """Apply an activation in place."""
    if kind == "gelu":
        return torch._C._nn.gelu(values, approximate="none", out=values)
    if kind == "hardsigmoid":
        return values.mul_(factors[0]).add_(factors[1]).clamp_(0, 1)
    if kind == "leaky_relu":
        return F.leaky_relu_(values, *factors)
    if kind == "hardtanh":
        return torch.clamp(values, *factors, out=values)
    return values if kind == "none" else getattr(values, f"{kind}_")()


def normalisation(gamma, beta, mean, var, eps, fix_gamma):
    """Factor and addend of a channel that are a batch normalisation with given statistics."""
    if fix_gamma and not torch.all(gamma == 1):
        gamma.fill_(1)  # as the normalisation does; it is only written to if that changes it
    scale = gamma.double() / (var.double() + eps).sqrt_()
    return scale, beta.double() - mean.double() * scale


def with_dense_axis(matrix):
    """The matrix, or a copy if neither rows nor columns lie side by side: users may have such."""
    sizes, strides = matrix.shape[-2:], matrix.stride()[-2:]
    return matrix if 1 in strides or 1 in sizes else matrix.contiguous()


def packed_for_products(weight):
    """The weight, one row for each column of a product, as generated products take it."""
    right = with_dense_axis(weight.reshape(len(weight), -1)).t()
    result = weight.new_zeros(packed_size(*right.shape))
    if not (has_kernels() and weight.dtype == torch.float32 and weight.device.type == "cpu"):
        first = 0
        for rows, columns in panels(*right.shape):
            part = right[rows, columns]
            width = -(-part.shape[1] // LANES) * LANES
            target = result[first : first + len(part) * width].view(-1, width)
            target[:, : part.shape[1]] = part
            first += len(part) * width
        return result
    from ..kernels.products import pack

    return pack(right, result)


class PreparedWeight(Op, name="_prepared_weight"):
    """The weight, and bias, of a layer as fused kernels take them.

    With ``normalised`` a batch normalisation with given statistics that follows is made part of both.
    ``packing`` says for what oneDNN puts the weight in an order of its own: a convolution of data of
    shape ``data_shape``, or a matrix product with as many rows as the first entry says; for generated
    products it is packed.
    Only programs hold weights like that; elsewhere the result is an array as any other.
    """

    packing: Literal["none", "convolution", "linear", "product", "winograd"] = "none"
    data_shape: Shape = ()
    stride: Shape = ()
    pad: Shape = ()
    dilate: Shape = ()
    num_group: int = 1
    no_bias: bool = False
    normalised: bool = False
    eps: float = 1e-3
    fix_gamma: bool = True

    differentiable = False
    hoisted = True

    def inputs(self):
        names = ("weight", "bias", "gamma", "beta", "moving_mean", "moving_var")
        with_bias = self.normalised and not self.no_bias
        return names[:1] + names[1 : 1 + with_bias] + (names[2:] if self.normalised else ())

    def outputs(self):
        return ("prepared", "shift") if self.normalised else ("prepared",)

    def infer_shape(self, s):
        if self.packing == "winograd":
            k, c, *_ = s.weight
            s.prepared = (36, c, k)
        elif self.packing == "product":
            s.prepared = (packed_size(product(s.weight[1:]), s.weight[0]),)
        else:
            s.same("weight", "prepared")
        if self.normalised:
            s.shift = s.weight[:1]
            s.same("shift", *self.input_names[1:])

    def forward(
        self, weight, bias=None, gamma=None, beta=None, moving_mean: Aux = None,
        moving_var: Aux = None, *, opaque=False,
    ):  # fmt: skip
        pack = torch.clone
        if self.packing == "winograd":
            from .winograd import transformed_filters as pack
        elif self.packing == "product":
            pack = packed_for_products
        elif opaque:
            pack = self.packed
        if not self.normalised:
            return pack(weight)
        statistics = moving_mean, moving_var, self.eps, self.fix_gamma
        scale, shift = normalisation(gamma, beta, *statistics)
        if bias is not None:
            shift += bias * scale
        scale = scale.to(weight.dtype).view(-1, *(1,) * (weight.ndim - 1))
        return pack(weight * scale), shift.to(weight.dtype)

    def prepare(self, tensors, **requests):
        """The call of ``forward``, which may lack the bias in the middle."""
        if self.normalised and self.no_bias:
            tensors = (tensors[0], None, *tensors[1:])
        return super().prepare(tensors, **requests)

    def packed(self, weight):
        """The weight in the order of oneDNN, if that is wanted and possible."""
        if self.packing == "none" or not has_onednn(weight):
            return weight.clone()
        if self.packing == "linear":
            return torch.ops.mkldnn._reorder_linear_weight(weight, self.data_shape[0])
        place = self.pad, self.stride, self.dilate, self.num_group
        return torch._C._nn.mkldnn_reorder_conv2d_weight(
            weight.to_mkldnn(), *place, self.data_shape
        )


class FusedConvolution(Convolution, name="_fused_convolution"):
    """A two-dimensional convolution with an activation, on a prepared weight."""

    activation: Activation = "none"
    factors: Floats = ()

    differentiable = False

    def temporary(self, inputs, outputs, last):
        """Data in channels-last storage: the weight is in the order of oneDNN already."""
        return self.conversions(inputs[0], last[0])

    def arguments(self, bias):
        """Bias and geometry in the order of oneDNN's operators."""
        stride, pad, dilate = self.geometry()
        return side_by_side(bias), pad, stride, dilate, self.num_group

    def forward(self, data, weight, bias=None, *, channels_last_storage):
        if channels_last_storage:
            data = stored_channels_last(data)
        if not has_onednn(data):
            result = torch.convolution(data, dense(weight), bias, *self.torch_arguments(data))
            return activate(self.activation, self.factors, result)
        convolve = torch.ops.mkldnn._convolution_pointwise.default
        after = self.activation, list(self.factors), "none"
        return convolve(data, weight, *self.arguments(bias), *after)


def side_by_side(bias):
    """A bias as oneDNN reads it, which does not look at strides."""
    return None if bias is None else bias.contiguous()


class FusedConvolutionAdd(FusedConvolution, name="_fused_convolution_add"):
    """A two-dimensional convolution plus another array, with max(x, 0) if asked for.

    The result takes the place of the other array where that is not needed any more.
    """

    activation: Literal["none", "relu"] = "none"

    inplace = {"output": ("residual",)}
    per_sample = ("data", "residual")
    capture = False

    def inputs(self):
        return (*super().inputs(), "residual")

    def infer_shape(self, s):
        super().infer_shape(s)
        s.same("residual", "output")

    def forward(self, data, weight, bias=None, residual=None, *, out, channels_last_storage):
        if residual is None:  # there is no bias
            bias, residual = None, bias
        if out is None:
            out = residual.clone()
        elif out.data_ptr() != residual.data_ptr():
            out.copy_(residual)
        if channels_last_storage:
            data = stored_channels_last(data)
        if not has_onednn(data):
            out += torch.convolution(data, dense(weight), bias, *self.torch_arguments(data))
            return activate(self.activation, (), out)
        add = torch.ops.mkldnn._convolution_pointwise_.binary
        after = "relu" if self.activation == "relu" else None, [], None
        result = add(out, data, weight, *self.arguments(bias), "add", 1.0, *after)
        return out if result.data_ptr() == out.data_ptr() else out.copy_(result)


class FusedFullyConnected(FullyConnected, name="_fused_fully_connected"):
    """A fully connected layer with an activation, on a prepared weight."""

    activation: Activation = "none"
    factors: Floats = ()

    differentiable = False

    def products(self, inputs, outputs):
        """None: they are oneDNN's."""
        return ()

    def forward(self, data, weight, bias=None):
        rows = self.rows(data)
        if has_onednn(rows):
            after = self.activation, list(self.factors), "none"
            multiply = torch.ops.mkldnn._linear_pointwise.default
            result = multiply(rows.contiguous(), weight, side_by_side(bias), *after)
        else:
            result = activate(self.activation, self.factors, F.linear(rows, dense(weight), bias))
        return result.view(*self.leading(data), self.num_hidden)


class PreparedScale(Op, name="_prepared_scale"):
    """Factor and addend of each channel that are a batch normalisation with given statistics."""

    eps: float = 1e-3
    fix_gamma: bool = True

    differentiable = False
    hoisted = True
    outputs = ("scale", "shift")

    def forward(self, gamma, beta, moving_mean: Aux, moving_var: Aux):
        scale, shift = normalisation(gamma, beta, moving_mean, moving_var, self.eps, self.fix_gamma)
        return scale.to(gamma.dtype), shift.to(gamma.dtype)


class ScaleShift(Op, name="_scale_shift"):
    """Multiply each channel (axis 1) by ``scale`` and add ``shift``, then an activation."""

    relu: bool = False

    differentiable = False
    memory_format = "follows"
    inplace = {"output": ("data",)}

    def infer_shape(self, s):
        s.same("data", "output")
        s.scale = s.shift = s.data[1:2]

    def forward(self, data, scale, shift, *, out):
        trailing = (1,) * (data.ndim - 2)
        scale, shift = scale.view(-1, *trailing), shift.view(-1, *trailing)
        out = torch.addcmul(shift, data, scale, out=out)
        return torch.clamp_min(out, 0, out=out) if self.relu else out
