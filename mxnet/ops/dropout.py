"""Dropout."""

from typing import Annotated, Literal

from .core import Op, get_op
from .lazy_torch import torch
from .parameters import Shape, at_least, at_most

__all__ = ["Dropout"]


class Dropout(Op):
    """Set each element to zero with probability ``p`` and scale the others by 1 / (1 - p).

    In inference the identity, unless ``mode`` is "always". The mask has size 1 along ``axes``: one
    draw decides for all positions there. The hidden output ``mask`` is what backward multiplies by.
    """

    p: Annotated[float, at_least(0), at_most(1)] = 0.5
    mode: Literal["always", "training"] = "training"
    axes: Shape = ()
    cudnn_off: bool | None = False

    hidden = ("mask",)
    stochastic = True
    inplace = {"output": ("data",)}
    backward_inplace = {"d_data": ("d_output",)}

    def infer_shape(self, s):
        s.same("data", "output")
        axes = {axis % len(s.data) for axis in self.axes}
        s.mask = tuple(1 if i in axes else dim for i, dim in enumerate(s.data))

    def drops(self, train):
        """Whether anything is dropped in this mode."""
        return self.p > 0 and (train or self.mode == "always")

    @property
    def scale(self):
        """What the kept elements are multiplied by."""
        return 1 / (1 - self.p) if self.p < 1 else float("inf")

    def forward(self, data, *, out, train, rng):
        output, mask = out or (None, None)
        if not self.drops(train):
            if out is None:
                return data.clone(), data.new_ones(())
            return output.copy_(data), mask
        if mask is None:
            axes = {axis % data.ndim for axis in self.axes}
            mask = data.new_empty([1 if i in axes else n for i, n in enumerate(data.shape)])
        mask.bernoulli_(1 - self.p, generator=rng).mul_(self.scale)
        return torch.mul(data, mask, out=output), mask

    def replay(self, data, mask):
        """The output for the mask that was drawn."""
        return get_op("broadcast_mul")()(data, mask) if self.p > 0 else get_op("_copy")()(data)

    def backward(self, d_output, mask, *, out, train):
        out = out and out[0]
        if self.drops(train):
            return torch.mul(d_output, mask, out=out)
        return d_output.clone() if out is None else out.copy_(d_output)
