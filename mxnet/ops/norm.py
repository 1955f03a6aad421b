"""Normalisation layers."""

from ..error import MXNetError
from .core import Aux, Op
from .lazy_torch import torch

__all__ = ["BatchNorm"]

_ZERO, _ONE = '["zero", {}]', '["one", {}]'


class BatchNormBase(Op, abstract=True):
    """What the batch normalisations share; the channels are along ``self.axis``."""

    default_init = {"moving_mean": _ZERO, "moving_var": _ONE}
    backward_mutates = ("moving_mean", "moving_var")

    def outputs(self):
        return ("output", "mean", "var") if self.output_mean_var else ("output",)

    def hidden(self):
        return () if self.output_mean_var else ("mean", "var")

    @property
    def mutates(self):
        return ("gamma",) if self.fix_gamma else ()

    def infer_shape(self, s):
        s.same("data", "output")
        s.same("gamma", "beta", "moving_mean", "moving_var", "mean", "var")
        if not -len(s.data) <= self.axis < len(s.data):
            raise MXNetError(f"axis {self.axis} is out of range for data of shape {s.data}")
        s.gamma = (s.data[self.axis],)
        s.same("gamma", "beta", "moving_mean", "moving_var", "mean", "var")

    def infer_dtype(self, t):
        t.same("data", "output")
        # Parameters of low precision would spoil the statistics.
        t.gamma = "float32" if t.data in ("float16", "bfloat16") else t.data
        t.same("gamma", "beta", "moving_mean", "moving_var", "mean", "var")

    def uses_batch(self, train):
        """Whether the statistics are those of the batch."""
        return train and not self.use_global_stats

    def channels_second(self, tensor):
        """A view with the channels along axis 1."""
        axis = self.axis % tensor.ndim
        return tensor if axis == 1 else tensor.movedim(axis, 1)

    def is_direct(self, tensor):
        """Whether torch's kernels are right on ``channels_second``: with channels second or last."""
        return self.axis % tensor.ndim in (1, tensor.ndim - 1)

    def forward(self, data, gamma, beta, moving_mean: Aux, moving_var: Aux, *, out, train):
        if self.fix_gamma:
            gamma.fill_(1)
        if out is None:
            out = torch.empty_like(data), torch.empty_like(gamma), torch.empty_like(gamma)
        output, mean, var = out
        x, y = self.channels_second(data), self.channels_second(output)
        if not self.is_direct(data):
            x = x.contiguous()
            y = torch.empty_like(x)
        if self.uses_batch(train):
            torch.native_batch_norm(
                x, gamma, beta, None, None, True, 0.0, self.eps, out=(y, mean, var)
            )
        else:
            mean.copy_(moving_mean)
            torch.add(moving_var, self.eps, out=var).rsqrt_()
            unused = gamma.new_empty(0), gamma.new_empty(0)
            torch.native_batch_norm(
                x, gamma, beta, moving_mean, moving_var, False, 0.0, self.eps, out=(y, *unused)
            )
        if not self.is_direct(data):
            self.channels_second(output).copy_(y)
        return out

    def backward(self, d_output, data, gamma, mean, var, moving_mean, moving_var, *, needs, train):
        d, x = self.channels_second(d_output), self.channels_second(data)
        if not self.is_direct(data):
            d, x = d.contiguous(), x.contiguous()
        batch = self.uses_batch(train)
        mask = needs[0], needs[1] and not self.fix_gamma, needs[2]
        d_data, d_gamma, d_beta = torch.ops.aten.native_batch_norm_backward.default(
            d, x, gamma, moving_mean, moving_var, mean, var, batch, self.eps, mask
        )
        if batch:
            # var holds 1 / sqrt(variance + eps)
            moving_mean.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)
            variance = var.pow(-2).sub_(self.eps)
            moving_var.mul_(self.momentum).add_(variance, alpha=1 - self.momentum)
        if needs[0]:
            d_data = d_data.movedim(1, self.axis % data.ndim)
        if needs[1] and self.fix_gamma:
            d_gamma = torch.zeros_like(gamma)
        return d_data, d_gamma, d_beta, None, None


class BatchNorm(BatchNormBase):
    """Normalise each channel over the batch, then scale by ``gamma`` and shift by ``beta``.

    Shapes: data (n, c, *k) with c along ``axis``; gamma, beta, moving_mean, moving_var (c,) ->
    data's shape; the outputs mean and var, visible with ``output_mean_var``, are (c,) and hold the
    mean and 1 / sqrt(variance + eps). Training takes the statistics of the batch, unless
    ``use_global_stats``; inference the moving ones, which backward updates with ``momentum`` (the
    variance is the biased one). ``fix_gamma`` sets gamma to 1 and gives it no gradient.
    """

    eps: float = 1e-3
    momentum: float = 0.9
    fix_gamma: bool = True
    use_global_stats: bool = False
    output_mean_var: bool = False
    axis: int = 1
    cudnn_off: bool = False
    min_calib_range: float | None = None
    max_calib_range: float | None = None
