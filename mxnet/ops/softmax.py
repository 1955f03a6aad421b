"""Softmax and its relatives."""

from typing import Literal

from ..error import MXNetError
from .core import Op
from .dtypes import is_floating
from .lazy_torch import torch
from .shapes import Mismatch

__all__ = ["LogSoftmax", "Softmax", "SoftmaxActivation", "Softmin"]


def softmax_backward(d_output, output, axis, out=None):
    """The derivative of softmax from its output: y (d - Σ d y)."""
    if out is None:
        return torch._softmax_backward_data(d_output, output, axis, output.dtype)
    return torch._softmax_backward_data(d_output, output, axis, output.dtype, grad_input=out)


class SoftmaxBase(Op, abstract=True):
    """What the softmax functions share."""

    axis: int = -1
    temperature: float | None = None
    dtype: Literal[None, "float16", "float32", "float64"] = None
    use_length: bool | None = False

    precision = "full"
    sign = 1.0
    backward_shape_only = ("data", "length")

    def check(self):
        if self.temperature == 0:
            raise MXNetError("temperature should not be 0")
        if self.use_length and "length" not in self.input_signature:
            raise MXNetError(f"use_length is for softmax alone; {self.op_name} takes no lengths")

    @property
    def inplace(self):
        return {"output": ("data",)} if self.dtype is None and not self.use_length else {}

    @property
    def scale(self):
        """What the data is multiplied by."""
        return self.sign / (self.temperature or 1.0)

    def infer_shape(self, s):
        s.same("data", "output")
        if not -len(s.data) <= self.axis < len(s.data):
            raise Mismatch(f"axis {self.axis} is out of range for data of shape {s.data}")
        if self.use_length:
            axis = self.axis % len(s.data)
            s.length = (*s.data[:axis], *s.data[axis + 1 :])

    def infer_dtype(self, t):
        if self.dtype is None:
            t.same("data", "output")
        else:
            t.output = self.dtype
        if self.use_length and t.get("length") is not None and is_floating(t.length):
            raise Mismatch(f"length should have an integer type but is {t.length}")

    def kind(self, data, out):
        """The dtype of the result."""
        if out is not None:
            return out.dtype
        return getattr(torch, self.dtype) if self.dtype else data.dtype

    def scaled(self, data, out):
        """The data, by sign and temperature; into ``out`` where that fits."""
        if self.sign == 1 and self.temperature is None:
            return data
        fits = out is not None and out.dtype == data.dtype
        return torch.mul(data, self.scale, out=out if fits else None)

    def unscaled(self, d_data, data, out):
        """The gradient of the data, from that of what ``scaled`` gave."""
        if self.scale != 1:
            d_data = d_data.mul_(self.scale)
        if d_data is out:
            return out
        return d_data.to(data.dtype) if out is None else out.copy_(d_data)


class Softmax(SoftmaxBase, name="softmax"):
    """e^(x / temperature) along ``axis``, divided by its sum.

    With ``use_length`` the positions along the axis from ``length`` on (integers, data's shape
    without the axis) do not take part: they become 0. ``dtype`` is that of the result.
    """

    def inputs(self):
        return ("data", "length") if self.use_length else ("data",)

    def forward(self, data, length=None, *, out):
        scaled = self.scaled(data, out)
        kind = self.kind(data, out)
        if length is None:
            return torch.softmax(scaled, self.axis, dtype=kind, out=out)
        axis = self.axis % data.ndim
        positions = torch.arange(data.shape[axis], device=data.device)
        positions = positions.view(-1, *(1,) * (data.ndim - 1 - axis))
        absent = positions >= length.unsqueeze(axis)
        result = torch.softmax(scaled.masked_fill(absent, -torch.inf), axis, dtype=kind)
        result = result.masked_fill(absent, 0)
        return result if out is None else out.copy_(result)

    def gradient_reads(self):
        reads = ("d_output", "output", "data")
        return (*reads, "length") if self.use_length else reads

    def backward(self, d_output, output, data, length=None, *, out, needs):
        d_length = torch.zeros_like(length) if length is not None and needs[1] else None
        out = out and out[0]
        fits = out is not None and out.dtype == output.dtype
        d_data = None
        if needs[0]:
            d_data = softmax_backward(d_output, output, self.axis, out if fits else None)
            d_data = self.unscaled(d_data, data, out)
        return d_data if length is None else (d_data, d_length)


class Softmin(Softmax, name="softmin"):
    """The softmax of the negative."""

    sign = -1.0

    def forward(self, data, *, out):
        return super().forward(data, out=out)


class LogSoftmax(SoftmaxBase, name="log_softmax"):
    """The logarithm of the softmax along ``axis``."""

    def forward(self, data, *, out):
        scaled = self.scaled(data, out)
        kind = self.kind(data, out)
        return torch.log_softmax(scaled, self.axis, dtype=kind, out=out)

    def backward(self, d_output, output, data, *, out):
        out = out and out[0]
        fits = out is not None and out.dtype == output.dtype
        target = {"out": out} if fits else {}
        d_data = torch._log_softmax_backward_data(
            d_output, output, self.axis, output.dtype, **target
        )
        return self.unscaled(d_data, data, out)


class SoftmaxActivation(Op):
    """Softmax along the last axis, or with ``mode="channel"`` along axis 1."""

    mode: Literal["channel", "instance"] = "instance"

    precision = "full"
    inplace = {"output": ("data",)}

    @property
    def axis(self):
        """The axis along which the results sum to 1."""
        return 1 if self.mode == "channel" else -1

    def infer_shape(self, s):
        s.same()
        if len(s.data) < (3 if self.mode == "channel" else 1):
            raise Mismatch(f"data should have more dimensions for mode {self.mode} but is {s.data}")

    def forward(self, data, *, out):
        return torch.softmax(data, self.axis, out=out)

    def backward(self, d_output, output, *, out):
        return softmax_backward(d_output, output, self.axis, out and out[0])
