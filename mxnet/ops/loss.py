"""Loss heads: operators whose gradient is that of a loss, whatever comes from outside."""

from math import prod
from typing import Literal

from .core import Op
from .lazy_torch import torch
from .shapes import Mismatch, product

__all__ = ["BlockGrad", "LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput"]
__all__ += ["SoftmaxOutput"]


# Up to this many probabilities a one-hot matrix costs less than the calls that avoid it.
_FEW = 1 << 15


class BlockGrad(Op, aliases=["_sparse_stop_gradient", "stop_gradient"]):
    """The identity; no gradient passes."""

    view = "reshape"

    def forward(self, data):
        return data

    def gradient(self):
        return None


class RegressionOutput(Op, abstract=True):
    """What the regression heads share; grad_scale / k weights the gradient, k labels a sample."""

    grad_scale: float = 1.0

    labels = ("label",)
    backward_inplace = {"d_data": ("output",)}

    def infer_shape(self, s):
        s.same("data", "output")
        if s.get("label") is not None and product(s.label) == product(s.data):
            return  # any arrangement of as many labels as values will do
        s.label = s.data[:1] if s.data[1:] == (1,) else s.data

    def weight(self, label):
        """The factor of the gradient."""
        return self.grad_scale * label.shape[0] / max(label.numel(), 1) if label.ndim else 1.0

    def backward(self, output, label, *, out):
        d_data = torch.sub(output, label.reshape(output.shape), out=out and out[0])
        d_data = self.scaled(d_data, self.weight(label))
        return d_data, None

    def scaled(self, difference, weight):
        """The gradient, made in place from output - label."""
        return difference if weight == 1 else difference.mul_(weight)


class LinearRegressionOutput(RegressionOutput, aliases=["_sparse_LinearRegressionOutput"]):
    """The identity forward; the gradient of half the squared error backward."""

    view = "reshape"

    def forward(self, data, label):
        return data


class MAERegressionOutput(RegressionOutput, aliases=["_sparse_MAERegressionOutput"]):
    """The identity forward; the gradient of the absolute error backward."""

    view = "reshape"

    def forward(self, data, label):
        return data

    def scaled(self, difference, weight):
        return super().scaled(difference.sign_(), weight)


class LogisticRegressionOutput(RegressionOutput, aliases=["_sparse_LogisticRegressionOutput"]):
    """The sigmoid forward; the gradient of the cross-entropy with its logits backward."""

    inplace = {"output": ("data",)}

    def forward(self, data, label, *, out):
        return torch.sigmoid(data, out=out)


class SoftmaxOutput(Op, aliases=["Softmax"]):
    """Softmax forward; the gradient of the cross-entropy with labels backward.

    Shapes: data (n, *k), label (n,) -> softmax over all of k. ``multi_output``: data (n, c, *k),
    label (n, ∏k), softmax over c at every position. ``preserve_shape``: data (*n, c), label (*n),
    softmax over c. A label of the shape of data holds probabilities instead of class numbers.

    The gradient is grad_scale (p - target), times the head gradient if ``out_grad``. With
    ``use_ignore`` it is zero where the label is ``ignore_label``. ``smooth_alpha`` moves that much
    of the target evenly to the other classes (as in 1.x, not with ``multi_output``). ``normalization`` divides by the batch size or by the
    number of labels that are not ignored; "null" and "batch" divide by the positions too.
    A class number that is out of range subtracts nothing.
    """

    grad_scale: float = 1.0
    ignore_label: float = -1.0
    multi_output: bool = False
    use_ignore: bool = False
    preserve_shape: bool = False
    normalization: Literal["batch", "null", "valid"] = "null"
    out_grad: bool = False
    smooth_alpha: float = 0.0

    labels = ("label",)
    inplace = {"output": ("data",)}
    backward_inplace = {"d_data": ("output",)}

    def infer_shape(self, s):
        s.same("data", "output")
        if (len(s.data) < 2 and not self.preserve_shape) or not s.data:
            raise Mismatch(f"data should have at least 2 dimensions but is {s.data}")
        if s.get("label") is not None and s.label == s.data:
            return
        if self.multi_output:
            per_position = (s.data[0], *s.data[2:])
            if s.get("label") is None or s.label != per_position:
                s.label = (s.data[0], product(s.data[2:]))
        else:
            s.label = s.data[:-1]

    def rows(self, tensor):
        """The tensor with classes along axis 1: (rows, classes) or (n, classes, positions)."""
        if self.multi_output:
            return tensor.view(*tensor.shape[:2], -1)
        if self.preserve_shape:
            return tensor.view(-1, tensor.shape[-1])
        return tensor.view(tensor.shape[0], -1)

    def forward(self, data, label, *, out):
        axis = -1 if self.preserve_shape else 1
        if data.ndim == 2 or self.preserve_shape or self.multi_output:
            return torch.softmax(data, axis, out=out)
        result = None if out is None else self.rows(out)
        return torch.softmax(data.reshape(data.shape[0], -1), 1, out=result).view(data.shape)

    def gradient_reads(self):
        return ("output", "label", "d_output") if self.out_grad else ("output", "label")

    def backward(self, output, label, d_output=None, *, out, needs, workspace):
        d_data = out and out[0]
        if needs[0]:
            if label.shape == output.shape:
                d_data = torch.sub(output, label, out=d_data)
                if self.grad_scale != 1:
                    d_data.mul_(self.grad_scale)
            else:
                d_data = self.from_classes(output, label, d_data, workspace)
            if d_output is not None:
                d_data.mul_(d_output)
        return d_data, None

    def backward_workspace(self, inputs, outputs):
        """Room for class numbers, as given and brought into range, and for what is added there."""
        (*shape,), _ = inputs[0]
        if self.multi_output:
            return (3, prod(shape) // max(shape[1], 1)), "int64"
        return (3, prod(shape[:-1]) if self.preserve_shape else shape[0]), "int64"

    def from_classes(self, output, label, d_data, workspace):
        """The gradient for labels that are class numbers."""
        p = self.rows(output)
        if d_data is None:
            d_data = torch.empty_like(output, memory_format=torch.contiguous_format)
        d = self.rows(d_data)
        classes = p.shape[1]
        number = p.numel() // max(classes, 1)
        if workspace is None:
            workspace = torch.empty((3, number), dtype=torch.int64, device=p.device)
        shape = (p.shape[0], 1, *p.shape[2:])
        given, inside = (workspace[i, :number].view(shape) for i in range(2))
        change = workspace[2].view(d.dtype)[:number].view(shape)
        scale = self.grad_scale
        if self.multi_output and self.normalization != "valid":
            scale /= max(p.shape[2], 1)
        if self.normalization == "batch":
            scale /= max(p.shape[0], 1)
        elif self.normalization == "valid" and not self.use_ignore:
            scale /= max(number, 1)
        smooth = 0.0 if self.multi_output else self.smooth_alpha
        spread = smooth / max(classes - 1, 1)
        label = label.reshape(-1)[:number].view(shape)
        simple = not spread and not self.use_ignore and label.dtype == d.dtype
        if simple and p.numel() <= _FEW and p.data_ptr() != d.data_ptr():
            return self.from_one_hot(p, torch.trunc(label, out=change), d, scale).view(output.shape)
        given.copy_(label)
        torch.clamp(given, 0, classes - 1, out=inside)
        torch.eq(given, inside, out=change).mul_(-scale * (1 - smooth - spread))
        torch.mul(p, scale, out=d)
        if spread:
            d.sub_(spread * scale)
        d.scatter_add_(1, inside, change)
        if self.use_ignore:
            kept = torch.ne(given, int(self.ignore_label), out=change)
            d.mul_(kept)
            if self.normalization == "valid":
                d.div_(kept.sum().clamp_min_(1))
        return d_data

    def from_one_hot(self, p, label, d, scale):
        """The gradient by way of a one-hot matrix, in two passes over it."""
        numbers = torch.arange(p.shape[1], dtype=p.dtype, device=p.device)
        torch.eq(label, numbers.view(1, -1, *(1,) * (p.ndim - 2)), out=d)
        torch.sub(p, d, out=d)
        return d if scale == 1 else d.mul_(scale)
