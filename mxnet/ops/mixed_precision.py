"""Casts that multiply gradients in float16 by the scale of the loss; see passes/precision."""

from typing import Literal

from .core import Op, get_op
from .lazy_torch import torch
from .shapes import Mismatch

__all__ = ["AmpRescale", "AmpScaledCast"]


class AmpScaledCast(Op, name="_amp_scaled_cast"):
    """A cast where values enter or leave what is computed in 16 bits.

    Gradients in there are ``scale`` times as large, so that small ones do not vanish: the gradient
    is divided by it where values are ``entering``, else multiplied. Shapes: data (*n), scale (1,).
    """

    dtype: Literal["bfloat16", "float16", "float32"]
    entering: bool

    shape_only = ("scale",)

    def infer_shape(self, s):
        s.same("data", "output")
        s.scale = (1,)

    def infer_dtype(self, t):
        t.output = self.dtype
        t.scale = "float32"

    def forward(self, data, scale, *, out):
        return data.to(getattr(torch, self.dtype), copy=True) if out is None else out.copy_(data)

    def gradient(self, d_output, data, scale):
        return get_op("_amp_rescale")(divide=self.entering)(d_output, scale, data), None


class AmpRescale(Op, name="_amp_rescale"):
    """data · scale, or data / scale with ``divide``, in the element type of ``like``."""

    divide: bool = False

    shape_only = ("like",)

    def infer_shape(self, s):
        s.same("data", "like", "output")
        s.scale = (1,)

    def infer_dtype(self, t):
        t.scale = "float32"
        t.same("like", "output")
        if t.data not in ("bfloat16", "float16", "float32"):
            raise Mismatch(f"data should be float16, bfloat16 or float32 but is {t.data}")

    def forward(self, data, scale, like, *, out):
        # A tensor of one element in float32 has torch compute in float32.
        function = torch.div if self.divide else torch.mul
        result = function(data, scale, out=out)
        return result.to(like.dtype) if out is None else out

    def gradient(self, d_output, data, scale):
        return AmpRescale(divide=self.divide)(d_output, scale, data), None, None
