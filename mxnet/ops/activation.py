"""Activation functions of layers."""

from typing import Literal

from .core import Op
from .lazy_torch import F, torch
from .shapes import Mismatch, known

__all__ = ["Activation", "LeakyReLU"]


def derivative(name, *arguments, out, **options):
    """Call a derivative kernel of torch by its name, into ``out`` where that is not None.

    torch.<name> does not exist for these, and they write into given storage under this spelling.
    """
    kernel = getattr(torch.ops.aten, name)
    if out is None:
        return kernel.default(*arguments, **options)
    return kernel.grad_input(*arguments, **options, grad_input=out)


def relu_backward(d_output, output, out=None):
    """The gradient where the output of a relu is positive."""
    return derivative("threshold_backward", d_output, output, 0, out=out)


def write(result, out):
    """The result, in the planned storage where there is one."""
    return result if out is None else out.copy_(result)


def per_channel(gamma, data):
    """One factor, or one a channel, in a shape that broadcasts against the data."""
    return gamma.view(-1, *(1,) * (data.ndim - 2)) if gamma.numel() > 1 else gamma


def prelu_backward(d_output, data, gamma, needs):
    """The derivatives of prelu by the data and by gamma."""
    d_data = d_gamma = None
    if needs[0]:
        d_data = torch.where(data > 0, d_output, d_output * per_channel(gamma, data))
    if needs[1]:
        d_gamma = d_output * data.clamp_max(0)
        axes = [axis for axis in range(data.ndim) if axis != 1 or gamma.numel() == 1]
        d_gamma = d_gamma.sum(axes).view(gamma.shape)
    return d_data, d_gamma


class Activation(Op):
    """Apply an activation function elementwise.

    relu: max(x, 0); sigmoid: 1 / (1 + e^-x); softrelu: log(1 + e^x); softsign: x / (1 + |x|); tanh.
    The derivatives need the output alone, or the input for softrelu and softsign.
    """

    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]

    backward_inplace = {"d_data": ("d_output",)}
    per_sample = ("data",)

    @property
    def precision(self):
        """The logarithm of an exponential wants 32 bits."""
        return "full" if self.act_type == "softrelu" else "widest"

    @property
    def inplace(self):
        return {} if self.act_type == "softsign" else {"output": ("data",)}

    def forward(self, data, *, out):
        if self.act_type == "relu":
            # torch.relu has no true form with ``out``.
            return torch.relu(data) if out is None else torch.clamp_min(data, 0, out=out)
        if self.act_type == "sigmoid":
            return torch.sigmoid(data, out=out)
        if self.act_type == "tanh":
            return torch.tanh(data, out=out)
        if self.act_type == "softrelu":
            return F.softplus(data, out=out)
        return torch.div(data, torch.abs(data, out=out).add_(1), out=out)

    def gradient_reads(self):
        return "d_output", "data" if self.act_type in ("softrelu", "softsign") else "output"

    def backward(self, d_output, value, *, out):
        out = out and out[0]
        if self.act_type == "relu":
            return relu_backward(d_output, value, out)
        if self.act_type == "sigmoid":
            return derivative("sigmoid_backward", d_output, value, out=out)
        if self.act_type == "tanh":
            return derivative("tanh_backward", d_output, value, out=out)
        if self.act_type == "softrelu":
            return derivative("softplus_backward", d_output, value, 1, 20, out=out)
        return torch.div(d_output, (value.abs() + 1).square_(), out=out)


class LeakyReLU(Op):
    """Rectifiers that let something of negative values x pass.

    leaky: slope x; prelu: gamma x, gamma learned, one for all or one a channel (axis 1); elu:
    slope (e^x - 1); selu: elu with the slope, times the factor, that normalise themselves; rrelu:
    x times a random number from [lower_bound, upper_bound) in training, their mean in inference,
    with the factors as a second output, ``mask``; gelu: x Φ(x) for all x, Φ the normal
    distribution.
    """

    act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky"
    slope: float = 0.25
    lower_bound: float = 0.125
    upper_bound: float = 0.334

    default_init = {"gamma": '["Constant", {"value": 0.25}]'}

    def inputs(self):
        return ("data", "gamma") if self.act_type == "prelu" else ("data",)

    def outputs(self):
        return ("output", "mask") if self.act_type == "rrelu" else ("output",)

    @property
    def stochastic(self):
        return self.act_type == "rrelu"

    per_sample = ("data",)

    @property
    def precision(self):
        """The exponential ones lose most of a small value in 16 bits."""
        return "full" if self.act_type in ("elu", "selu") else "widest"

    @property
    def inplace(self):
        return {} if self.act_type in ("prelu", "rrelu") else {"output": ("data",)}

    def infer_shape(self, s):
        s.same("data", *self.output_names)
        if self.act_type == "prelu" and (s.get("gamma") is None or len(s.gamma) != 1):
            if len(s.data) < 2:
                raise Mismatch(f"data should have a channel axis 1 but is {s.data}")
            s.gamma = (s.data[1],)
        elif self.act_type == "prelu":
            channels = s.data[1] if len(s.data) > 1 else 1
            if known(*s.gamma, channels) and s.gamma[0] not in (1, channels):
                raise Mismatch(f"gamma should be ({channels},) or (1,) but is {s.gamma}")

    def forward(self, data, gamma=None, *, out, train, rng):
        kind = self.act_type
        if kind == "leaky":
            return torch._C._nn.leaky_relu(data, self.slope, out=out)
        if kind == "gelu":
            return torch._C._nn.gelu(data, approximate="none", out=out)
        if kind == "prelu":
            negative = torch.mul(data, per_channel(gamma, data), out=out)
            return torch.where(data > 0, data, negative, out=out)
        if kind == "rrelu":
            output, mask = out or (None, torch.empty_like(data))
            self.draw(mask, train, rng)
            negative = torch.mul(data, mask, out=output)
            return torch.where(data > 0, data, negative, out=output), mask
        return torch._C._nn.elu(data, *self.elu_factors, 1, out=out)

    def draw(self, mask, train, rng):
        """Fill the array of factors of rrelu."""
        if train:
            mask.uniform_(self.lower_bound, self.upper_bound, generator=rng)
        else:
            mask.fill_((self.lower_bound + self.upper_bound) / 2)

    @property
    def elu_factors(self):
        """The slope, and the factor of everything, of elu and selu."""
        if self.act_type == "elu":
            return self.slope, 1.0
        return 1.6732632423543772, 1.0507009873554805  # Klambauer et al. 2017

    def gradient_reads(self):
        if self.act_type == "prelu":
            return "d_output", "data", "gamma"
        if self.act_type == "rrelu":
            return "d_output", "data", "mask"
        return "d_output", "data" if self.act_type == "gelu" or self.slope < 0 else "output"

    def backward(self, d_output, value, factor=None, *, out, needs):
        kind, (out, second, *_) = self.act_type, (*(out or ()), None, None)
        if kind == "prelu":
            d_data, d_gamma = prelu_backward(d_output, value, factor, needs)
            return write(d_data, out), write(d_gamma, second)
        if kind == "rrelu":
            return write(torch.where(value > 0, d_output, d_output * factor), out)
        if kind == "gelu":
            return derivative("gelu_backward", d_output, value, approximate="none", out=out)
        from_output = self.slope >= 0
        if kind == "leaky":
            arguments = d_output, value, self.slope, from_output
            return derivative("leaky_relu_backward", *arguments, out=out)
        return derivative(
            "elu_backward", d_output, *self.elu_factors, 1, from_output, value, out=out
        )
