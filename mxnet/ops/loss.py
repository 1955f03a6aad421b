"""Loss heads: operators whose gradient is that of a loss, whatever comes from outside."""

from math import prod
from typing import Annotated, Literal

from .core import Aux, Op
from .lazy_torch import F, torch
from .parameters import at_least, at_most
from .shapes import UNKNOWN, Mismatch, is_complete, product

__all__ = [
    "BlockGrad",
    "CTCLoss",
    "IdentityAttachKLSparseReg",
    "LinearRegressionOutput",
    "LogisticRegressionOutput",
    "MAERegressionOutput",
    "MakeLoss",
    "MakeUnitLoss",
    "SVMOutput",
    "SoftmaxCrossEntropy",
    "SoftmaxOutput",
]

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

    precision = "full"
    labels = ("label",)
    backward_inplace = {"d_data": ("output",)}

    def infer_shape(self, s):
        s.same("data", "output")
        if is_complete(s.get("label")) and product(s.data) in (UNKNOWN, product(s.label)):
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
    label (n, ∏k), (n, *k) or (n, 1, *k), softmax over c at every position. ``preserve_shape``: data
    (*n, c), label (*n), softmax over c. A label of the shape of data holds probabilities instead of
    class numbers.

    The gradient is grad_scale (p - target), times the head gradient if ``out_grad``. With
    ``use_ignore`` it is zero where the label is ``ignore_label``. ``smooth_alpha`` moves that much
    of the target evenly to the other classes (as in 1.x, not with ``multi_output``).
    ``normalization`` divides by the batch size or by the number of labels that are not
    ``ignore_label``, with or without ``use_ignore``; "null" and "batch" divide by the positions too.
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

    precision = "full"
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
            batch, _, *positions = s.data
            if s.get("label") not in ((batch, *positions), (batch, 1, *positions)):
                s.label = (batch, product(positions))
        else:
            s.label = s.data[:-1]

    def rows(self, tensor):
        """The tensor with classes along axis 1: (rows, classes) or (n, classes, positions)."""
        if self.multi_output:
            return tensor.view(*tensor.shape[:2], -1)
        if self.preserve_shape:
            return tensor.view(-1, tensor.shape[-1])
        return tensor.view(tensor.shape[0], -1)

    def workspace(self, inputs, outputs):
        """One number a row, where the rows are many and short: torch's kernel is slow on those."""
        (*shape,), dtype = inputs[0]
        few = len(shape) == 2 and shape[1] < 16 and shape[0] >= 48
        return ((shape[0], 1), dtype) if few else None

    def forward(self, data, label, *, out, workspace):
        axis = -1 if self.preserve_shape else 1
        if workspace is not None:
            peak = torch.amax(data, 1, keepdim=True, out=workspace)
            torch.sub(data, peak, out=out)
            torch.exp(out, out=out)
            return torch.div(out, torch.sum(out, 1, keepdim=True, out=workspace), out=out)
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
        valid = self.normalization == "valid"
        if self.multi_output and not valid:
            scale /= max(p.shape[2], 1)
        if self.normalization == "batch":
            scale /= max(p.shape[0], 1)
        smooth = 0.0 if self.multi_output else self.smooth_alpha
        spread = smooth / max(classes - 1, 1)
        label = label.reshape(-1)[:number].view(shape)
        simple = not (spread or self.use_ignore or valid) and label.dtype == d.dtype
        if simple and p.numel() <= _FEW and p.data_ptr() != d.data_ptr():
            return self.from_one_hot(p, torch.trunc(label, out=change), d, scale).view(output.shape)
        given.copy_(label)
        torch.clamp(given, 0, classes - 1, out=inside)
        torch.eq(given, inside, out=change).mul_(-scale * (1 - smooth - spread))
        torch.mul(p, scale, out=d)
        if spread:
            d.sub_(spread * scale)
        d.scatter_add_(1, inside, change)
        if self.use_ignore or valid:
            kept = torch.ne(given, int(self.ignore_label), out=change)
            if self.use_ignore:
                d.mul_(kept)
            if valid:
                count = workspace[0].view(d.dtype)[:1]
                torch.sum(kept.view(-1), 0, True, out=count).clamp_min_(1)
                d.div_(count)
        return d_data

    def from_one_hot(self, p, label, d, scale):
        """The gradient by way of a one-hot matrix, in two passes over it."""
        numbers = torch.arange(p.shape[1], dtype=p.dtype, device=p.device)
        torch.eq(label, numbers.view(1, -1, *(1,) * (p.ndim - 2)), out=d)
        torch.sub(p, d, out=d)
        return d if scale == 1 else d.mul_(scale)


class MakeUnitLoss(Op, name="make_loss", aliases=["_sparse_make_loss"]):
    """The identity forward; the gradient is 1, whatever comes from outside."""

    precision = "full"
    outputs = ("loss",)
    view = "reshape"
    backward_shape_only = ("data",)

    def forward(self, data):
        return data

    def backward(self, data, *, out):
        return torch.ones_like(data) if out is None else out[0].fill_(1)


class MakeLoss(Op):
    """The identity forward; the gradient is ``grad_scale``, whatever comes from outside.

    ``normalization`` divides it by the batch size, or by the number of values above
    ``valid_thresh`` (at least 1).
    """

    grad_scale: float = 1.0
    valid_thresh: float = 0.0
    normalization: Literal["batch", "null", "valid"] = "null"

    precision = "full"
    view = "reshape"

    @property
    def backward_shape_only(self):
        return () if self.normalization == "valid" else ("data",)

    def forward(self, data):
        return data

    def backward(self, data, *, out):
        d_data = torch.empty_like(data) if out is None else out[0]
        scale = self.grad_scale
        if self.normalization == "batch":
            # As in 1.x, every axis but the last counts: a vector of losses is not divided.
            scale /= max(data.shape[:-1].numel(), 1)
        d_data.fill_(scale)
        if self.normalization == "valid":
            d_data.div_((data > self.valid_thresh).sum().clamp_min_(1))
        return d_data


class SVMOutput(Op):
    """The identity forward; the gradient of a one-against-all margin loss backward.

    Shapes: data (*n, c), label (*n,) with class numbers. The score of the right class should be
    above ``margin``, the others below its negative; the loss is what is missing (``use_linear``) or
    its square, times ``regularization_coefficient``.
    """

    margin: float = 1.0
    regularization_coefficient: float = 1.0
    use_linear: bool = False

    precision = "full"
    labels = ("label",)
    view = "reshape"

    def infer_shape(self, s):
        s.same("data", "output")
        if len(s.data) < 2:
            raise Mismatch(f"data should have at least 2 dimensions but is {s.data}")
        s.label = s.data[:-1]

    def forward(self, data, label):
        return data

    def backward(self, data, label, *, out):
        classes = torch.arange(data.shape[-1], device=data.device)
        # -1 at the right class, 1 elsewhere: the direction in which the loss grows.
        sign = 1 - 2 * (label.to(torch.int64).unsqueeze(-1) == classes).to(data.dtype)
        missing = (sign * data + self.margin).clamp_min_(0)
        slope = missing.sign() if self.use_linear else 2 * missing
        slope.mul_(sign)
        return torch.mul(slope, self.regularization_coefficient, out=out and out[0]), None


class SoftmaxCrossEntropy(Op, name="softmax_cross_entropy"):
    """The sum over the batch of the cross-entropies of softmax(data) with class numbers.

    Shapes: data (n, c), label (n,) -> (1,). Class numbers out of range count as 0 or c - 1.
    """

    precision = "full"
    labels = ("label",)

    def infer_shape(self, s):
        s.output = (1,)
        if len(s.data) != 2:
            raise Mismatch(f"data should have 2 dimensions but is {s.data}")
        s.label = s.data[:1]

    def forward(self, data, label):
        classes = label.to(torch.int64).clamp(0, data.shape[1] - 1).unsqueeze(1)
        return -torch.log_softmax(data, 1).gather(1, classes).sum().view(1)


class CTCLoss(Op, aliases=["_contrib_CTCLoss", "_contrib_ctc_loss", "ctc_loss"]):
    """Connectionist temporal classification: minus the log-likelihood of label sequences.

    Shapes: data (t, n, c) with scores before softmax, label (n, l), data_lengths (n,),
    label_lengths (n,) -> (n,). The blank is the first class, and labels end at the first 0; or it
    is the last, and labels end at the first -1. Where a label cannot be aligned, loss and gradient
    are 0. Graves et al. 2006.
    """

    use_data_lengths: bool = False
    use_label_lengths: bool = False
    blank_label: Literal["first", "last"] = "first"

    waits = True
    precision = "full"
    labels = ("label", "data_lengths", "label_lengths")
    outputs = ("output0",)
    hidden = ("workspace",)

    def inputs(self):
        lengths = ["data_lengths"] * self.use_data_lengths + [
            "label_lengths"
        ] * self.use_label_lengths
        return ("data", "label", *lengths)

    def infer_shape(self, s):
        s.workspace = (1,)  # files of 1.x count on a second output
        if len(s.data) != 3:
            raise Mismatch(f"data should be (time, batch, classes) but is {s.data}")
        n = s.data[1]
        s.output0 = (n,)
        for name in self.input_names[2:]:
            setattr(s, name, (n,))
        if len(s.label) != 2:
            raise Mismatch(f"label should be (batch, length) but is {s.label}")
        s.label = (n, s.label[1])

    def infer_dtype(self, t):
        t.same("data", "output0", "workspace")

    def forward(self, data, label, *lengths):
        time, batch, classes = data.shape
        lengths = dict(zip(self.input_names[2:], lengths, strict=True))
        label = label.to(torch.int64)
        blank, ends = (0, label <= 0) if self.blank_label == "first" else (classes - 1, label < 0)
        if self.use_label_lengths:
            label_lengths = lengths["label_lengths"].to(torch.int64)
        else:
            label_lengths = (ends.cumsum(1) == 0).sum(1)
        if self.use_data_lengths:
            data_lengths = lengths["data_lengths"].to(torch.int64)
        else:
            data_lengths = torch.full((batch,), time, device=data.device)
        wide = torch.float64 if data.dtype == torch.float64 else torch.float32
        scores = torch.log_softmax(data, 2, dtype=wide)
        label = label.clamp(0, classes - 1)
        options = {"blank": blank, "reduction": "none", "zero_infinity": True}
        loss = F.ctc_loss(scores, label, data_lengths, label_lengths, **options)
        return loss.to(data.dtype), data.new_zeros(1)


class IdentityAttachKLSparseReg(Op):
    """The identity; backward adds the gradient of a penalty on the mean activation of each unit.

    The penalty is KL(sparseness_target || moving_avg), for activations in (0, 1). Shapes: data
    (n, c, *k), moving_avg (c,), the moving average, with ``momentum``, of the means over the other
    axes, which backward updates.
    """

    sparseness_target: Annotated[float, at_least(0), at_most(1)] = 0.1
    penalty: float = 0.001
    momentum: Annotated[float, at_least(0), at_most(1)] = 0.9

    precision = "full"
    view = "reshape"
    default_init = {"moving_avg": '["zero", {}]'}

    def infer_shape(self, s):
        s.same("data", "output")
        if len(s.data) < 2:
            raise Mismatch(f"data should have at least 2 dimensions but is {s.data}")
        s.moving_avg = (s.data[1],)

    def forward(self, data, moving_avg: Aux):
        return data

    def backward(self, d_output, data, moving_avg, *, out, updates):
        if updates:
            mean = data.mean([axis for axis in range(data.ndim) if axis != 1])
            moving_avg.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)
        target = self.sparseness_target
        slope = (1 - target) / (1 - moving_avg) - target / moving_avg
        slope = slope.mul_(self.penalty).view(-1, *(1,) * (data.ndim - 2))
        return torch.add(d_output, slope, out=out and out[0]), None
