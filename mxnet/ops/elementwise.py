"""Functions of one array, element by element."""

from .core import Op, get_op
from .lazy_torch import torch

__all__ = ["Copy", "OnesLike", "Relu", "ZerosLike"]


class Unary(Op, abstract=True):
    """Shapes: data = output."""

    inplace = {"output": ("data",)}


class Copy(Unary, name="_copy", aliases=["identity"]):
    """The array itself."""

    view = "reshape"

    def forward(self, data):
        return data

    def gradient(self, d_output):
        return d_output


class Negative(Unary, name="negative", aliases=["_sparse_negative"]):
    """-data."""

    def forward(self, data, *, out):
        return torch.neg(data, out=out)

    def gradient(self, d_output):
        return -d_output


class Exp(Unary, name="exp", aliases=["_sparse_exp"]):
    """e to the power of data."""

    def forward(self, data, *, out):
        return torch.exp(data, out=out)

    def gradient(self, d_output, output):
        return d_output * output


class Relu(Unary, name="relu", aliases=["_sparse_relu"]):
    """max(data, 0)."""

    def forward(self, data, *, out):
        return torch.clamp_min(data, 0, out=out)

    def gradient(self, d_output, output):
        return get_op("_backward_relu")()(d_output, output)


class BackwardRelu(Op, name="_backward_relu"):
    """d_output where output is positive (or NaN), else 0: the derivative of relu."""

    inplace = {"output": ("d_output", "result")}

    def forward(self, d_output, result, *, out):
        if out is None:
            return torch.ops.aten.threshold_backward(d_output, result, 0)
        return torch.ops.aten.threshold_backward.grad_input(d_output, result, 0, grad_input=out)

    def gradient(self, d_output, result):
        return self(d_output, result), None
