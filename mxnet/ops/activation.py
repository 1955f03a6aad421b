"""Activation functions of layers."""

from typing import Literal

from .core import Op
from .lazy_torch import F, torch

__all__ = ["Activation"]


class Activation(Op):
    """Apply an activation function elementwise.

    relu: max(x, 0); sigmoid: 1 / (1 + e^-x); softrelu: log(1 + e^x); softsign: x / (1 + |x|); tanh.
    The derivatives need the output, or the input for softrelu, alone.
    """

    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]

    backward_inplace = {"d_data": ("d_output",)}

    @property
    def inplace(self):
        return {} if self.act_type == "softsign" else {"output": ("data",)}

    def forward(self, data, *, out):
        if self.act_type == "relu":
            return torch.clamp_min(data, 0, out=out)
        if self.act_type == "sigmoid":
            return torch.sigmoid(data, out=out)
        if self.act_type == "tanh":
            return torch.tanh(data, out=out)
        if self.act_type == "softrelu":
            return F.softplus(data, out=out)
        return torch.div(data, torch.abs(data, out=out).add_(1), out=out)

    def gradient_reads(self):
        return "d_output", "data" if self.act_type == "softrelu" else "output"

    def backward(self, d_output, value, *, out):
        out = out and out[0]
        if self.act_type == "relu":
            return relu_backward(d_output, value, out)
        if self.act_type == "sigmoid":
            return sigmoid_backward(d_output, value, out)
        if self.act_type == "tanh":
            return tanh_backward(d_output, value, out)
        if self.act_type == "softrelu":
            return torch.mul(d_output, torch.sigmoid(value), out=out)
        slope = (1 - value.abs()).square()  # 1 - |y| = 1 / (1 + |x|)
        return torch.mul(d_output, slope, out=out)


# These kernels write into given storage under this spelling only; torch.<name> does not exist.
def relu_backward(d_output, output, out):
    """The gradient where the output is positive."""
    if out is None:
        return torch.ops.aten.threshold_backward.default(d_output, output, 0)
    return torch.ops.aten.threshold_backward.grad_input(d_output, output, 0, grad_input=out)


def sigmoid_backward(d_output, output, out):
    """The gradient times y (1 - y)."""
    if out is None:
        return torch.ops.aten.sigmoid_backward.default(d_output, output)
    return torch.ops.aten.sigmoid_backward.grad_input(d_output, output, grad_input=out)


def tanh_backward(d_output, output, out):
    """The gradient times 1 - y²."""
    if out is None:
        return torch.ops.aten.tanh_backward.default(d_output, output)
    return torch.ops.aten.tanh_backward.grad_input(d_output, output, grad_input=out)
