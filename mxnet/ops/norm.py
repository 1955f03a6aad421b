"""Normalisation layers."""

from math import prod
from typing import Annotated, Literal

from .activation import relu_backward
from .core import Aux, Op
from .generated import wants_kernels
from .lazy_torch import torch
from .parameters import at_least
from .shapes import Mismatch, known

__all__ = [
    "LRN",
    "BatchNorm",
    "BatchNormV1",
    "BatchNormWithReLU",
    "GroupNorm",
    "InstanceNorm",
    "L2Normalization",
    "LayerNorm",
]

PARTS = 8  # of rows, whose sums generated kernels keep, two of 4 and two of 8 bytes for each column
_ZERO, _ONE = '["zero", {}]', '["one", {}]'


class BatchNormBase(Op, abstract=True):
    """What the batch normalisations share; the channels are along ``self.axis``."""

    default_init = {"moving_mean": _ZERO, "moving_var": _ONE}

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
            raise Mismatch(f"axis {self.axis} is out of range for data of shape {s.data}")
        s.gamma = (s.data[self.axis],)
        s.same("gamma", "beta", "moving_mean", "moving_var", "mean", "var")

    def infer_dtype(self, t):
        t.same("data", "output")
        # Parameters of low precision would spoil the statistics.
        if t.data not in ("float16", "bfloat16", "float32", "float64"):
            raise Mismatch(f"data should have a floating type but is {t.data}")
        t.gamma = "float32" if t.data in ("float16", "bfloat16") else t.data
        t.same("gamma", "beta", "moving_mean", "moving_var", "mean", "var")

    @property
    def per_sample(self):
        return ("data",) if self.axis > 0 else ()

    def uses_batch(self, train):
        """Whether the statistics are those of the batch."""
        return train and not self.use_global_stats

    light = True
    memory_format = "follows"
    inplace = {"output": ("data",)}  # where nothing reads the data afterwards: in inference

    def channels_second(self, tensor):
        """A view with the channels along axis 1."""
        axis = self.axis % tensor.ndim
        return tensor if axis == 1 else tensor.movedim(axis, 1)

    def matched(self, x, y):
        """Two views with the channels along axis 1 as torch's kernels are right on them.

        They are stored alike; the second is ``y`` itself where that is stored so, and else fresh memory.
        """
        if not is_direct(y):
            y = torch.empty(y.shape, dtype=y.dtype, device=y.device)
        if x.stride() != y.stride():
            x = torch.empty_like(y).copy_(x)
        return x, y

    def forward(self, data, gamma, beta, moving_mean: Aux, moving_var: Aux, *, out, train):
        if self.fix_gamma:
            gamma.fill_(1)
        if out is None:
            out = torch.empty_like(data), torch.empty_like(gamma), torch.empty_like(gamma)
        output, mean, var = out
        whole = self.channels_second(output)
        x, y = self.matched(self.channels_second(data), whole)
        if self.uses_batch(train):
            torch.native_batch_norm(
                x, gamma, beta, None, None, True, 0.0, self.eps, out=(y, mean, var)
            )
        else:
            unused = mean[:0], var[:0]  # torch has no statistics of the batch here
            torch.native_batch_norm(
                x, gamma, beta, moving_mean, moving_var, False, 0.0, self.eps, out=(y, *unused)
            )
            mean.copy_(moving_mean)
            torch.add(moving_var, self.eps, out=var).rsqrt_()
        if y is not whole:
            whole.copy_(y)
        return out

    def backward(
        self, d_output, data, gamma, mean, var, moving_mean, moving_var, *, needs, train, updates
    ):
        d, x = self.channels_second(d_output), self.channels_second(data)
        if not is_direct(x):
            x = x.contiguous()
        if d.stride() != x.stride():
            d = torch.empty_like(x).copy_(d)
        batch = self.uses_batch(train)
        mask = needs[0], needs[1] and not self.fix_gamma, needs[2]
        # torch's kernel for channels-last arrays does not look at the strides of vectors.
        vectors = (v.contiguous() for v in (gamma, moving_mean, moving_var, mean, var))
        d_data, d_gamma, d_beta = torch.ops.aten.native_batch_norm_backward.default(
            d, x, *vectors, batch, self.eps, mask
        )
        if batch and updates:
            self.update_statistics(mean, var, moving_mean, moving_var)
        if needs[0]:
            d_data = d_data.movedim(1, self.axis % data.ndim)
        if needs[1] and self.fix_gamma:
            d_gamma = torch.zeros_like(gamma)
        return d_data, d_gamma, d_beta, None, None

    def update_statistics(self, mean, var, moving_mean, moving_var):
        """Move the moving statistics towards those of a batch; ``var`` is 1 / sqrt(variance + eps)."""
        moving_mean.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)
        variance = var.pow(-2).sub_(self.eps)
        moving_var.mul_(self.momentum).add_(variance, alpha=1 - self.momentum)


def is_direct(tensor):
    """Whether torch's kernels are right on an array with the channels along axis 1, as it is stored.

    That is dense in the order of the axes, or channels last. In other forms they give wrong numbers.
    """
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    last = formats.get(tensor.dim())
    return tensor.is_contiguous() or (last is not None and tensor.is_contiguous(memory_format=last))


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


class BatchNormWithReLU(BatchNorm, name="_contrib_BatchNormWithReLU"):
    """BatchNorm followed by max(x, 0)."""

    def hidden(self):
        return (*super().hidden(), "mask")  # files of 1.x count on this output

    def infer_shape(self, s):
        s.mask = (1,)
        super().infer_shape(s)

    def infer_dtype(self, t):
        t.mask = "bool"
        super().infer_dtype(t)

    def forward(self, data, gamma, beta, moving_mean: Aux, moving_var: Aux, *, out, train):
        statistics = moving_mean, moving_var
        planned = None if out is None else out[:3]
        result = super().forward(data, gamma, beta, *statistics, out=planned, train=train)
        torch.clamp_min(result[0], 0, out=result[0])
        mask = torch.ones(1, dtype=torch.bool, device=data.device) if out is None else out[3]
        return (*result, mask)

    def backward(
        self, d_output, data, gamma, mean, var, moving_mean, moving_var, output, *, needs, train,
        updates,
    ):  # fmt: skip
        d = relu_backward(d_output, output)
        statistics = mean, var, moving_mean, moving_var
        return super().backward(
            d, data, gamma, *statistics, needs=needs, train=train, updates=updates
        )


class BatchNormV1(BatchNormBase, name="BatchNorm_v1"):
    """The batch normalisation of early versions: channels along axis 1; ``var`` is the variance."""

    eps: float = 1e-3
    momentum: float = 0.9
    fix_gamma: bool = True
    use_global_stats: bool = False
    output_mean_var: bool = False

    axis = 1

    def forward(self, data, gamma, beta, moving_mean: Aux, moving_var: Aux, *, out, train):
        statistics = moving_mean, moving_var
        result = super().forward(data, gamma, beta, *statistics, out=out, train=train)
        result[2].pow_(-2).sub_(self.eps)
        return result

    def backward(
        self, d_output, data, gamma, mean, var, moving_mean, moving_var, *, needs, train, updates
    ):
        statistics = mean, (var + self.eps).rsqrt_(), moving_mean, moving_var
        return super().backward(
            d_output, data, gamma, *statistics, needs=needs, train=train, updates=updates
        )


class LayerNorm(Op):
    """Normalise along one axis, then scale by ``gamma`` and shift by ``beta``.

    Shapes: data (*n) with c along ``axis``; gamma, beta (c,) -> data's shape; the outputs mean and
    std = sqrt(variance + eps), visible with ``output_mean_var``, have size 1 along the axis. No
    gradient passes through them. Ba et al. 2016.
    """

    axis: int = -1
    eps: float = 1e-5
    output_mean_var: bool = False

    light = True
    dense = ("data", "d_output")
    precision = "full"
    inplace = {"output": ("data",)}
    optional = ("mean", "std")
    kernels = ("layer_normalization.forward",)
    backward_kernels = ("layer_normalization.backward",)

    @property
    def per_sample(self):
        """Of data with several axes."""
        return ("data",) if self.axis == -1 or self.axis > 0 else ()

    def outputs(self):
        return ("output", "mean", "std") if self.output_mean_var else ("output",)

    def hidden(self):
        return () if self.output_mean_var else ("mean", "std")

    def infer_shape(self, s):
        s.same("data", "output")
        s.same("gamma", "beta")
        if not -len(s.data) <= self.axis < len(s.data):
            raise Mismatch(f"axis {self.axis} is out of range for data of shape {s.data}")
        axis = self.axis % len(s.data)
        s.gamma = s.beta = (s.data[axis],)
        s.mean = s.std = (*s.data[:axis], 1, *s.data[axis + 1 :])

    def last(self, tensor):
        """The tensor with the axis last, dense in memory."""
        is_last = self.axis in (-1, tensor.dim() - 1)
        return (tensor if is_last else tensor.movedim(self.axis, -1)).contiguous()

    def generates(self, data, *others):
        """Whether generated kernels do it: in memory, normalised along dense lines."""
        every = [data, *(each for each in others if each is not None)]
        return (
            wants_kernels()
            and self.axis in (-1, data.dim() - 1)
            and data.numel() > 0
            and data.dtype in (torch.float32, torch.bfloat16)
            and all(t.dtype == data.dtype and t.device.type == "cpu" for t in every)
            and all(t.is_contiguous() and not t.requires_grad for t in every)
        )

    def forward(self, data, gamma, beta, *, out):
        if out is not None and self.generates(data, gamma, beta, *out):
            from ..kernels import layer_normalization

            return layer_normalization.forward(data, gamma, beta, self.eps, out=tuple(out))
        results = torch.native_layer_norm(self.last(data), gamma.shape, gamma, beta, self.eps)
        if self.axis not in (-1, data.dim() - 1):
            results = [result.movedim(-1, self.axis) for result in results]
        output, mean, rstd = results
        results = output, mean.to(data.dtype), rstd.reciprocal().to(data.dtype)
        return results if out is None else copy_all(results, out)

    def backward_workspace(self, inputs, outputs):
        """Sums of some rows of the gradients of gamma and beta."""
        (columns,), _ = inputs[self.gradient_reads().index("gamma")]
        return (6 * PARTS * columns,), "float32"

    def backward(self, d_output, data, gamma, beta, mean, std, *, out, needs, workspace):
        wanted = (d_output, data, gamma, mean, std, *(out or ()))
        if out is not None and workspace is not None and self.generates(*wanted):
            from ..kernels import layer_normalization

            return layer_normalization.backward(
                d_output, data, gamma, mean, std, self.eps, workspace, out=tuple(out)
            )
        d, x, mean, rstd = map(self.last, (d_output, data, mean, std.reciprocal()))
        dtype = data.dtype
        if dtype in (torch.float16, torch.bfloat16):  # torch would add up in 16 bits
            d, x, gamma, beta = (each.float() for each in (d, x, gamma, beta))
            _, mean, rstd = torch.native_layer_norm(x, gamma.shape, gamma, beta, self.eps)
        d_data, d_gamma, d_beta = torch.ops.aten.native_layer_norm_backward.default(
            d, x, gamma.shape, mean, rstd, gamma, beta, needs
        )
        results = d_data.movedim(-1, self.axis) if needs[0] else None, d_gamma, d_beta
        results = tuple(None if each is None else each.to(dtype) for each in results)
        return results if out is None else copy_all(results, out)


def copy_all(results, out):
    """Copy results to where they are wanted."""
    for result, target in zip(results, out):
        if target is not None:
            target.copy_(result)
    return out


class GroupNormBase(Op, abstract=True):
    """What the normalisations over groups of the channels of one sample share."""

    light = True
    precision = "full"

    def normalise(self, data, gamma, beta, groups):
        """The output, and the mean and 1 / sqrt(variance + eps) of each group."""
        n, c = data.shape[:2]
        sizes = n, c, data[0, 0].numel() if n and c else 0, groups
        return torch.native_group_norm(data.contiguous(), gamma, beta, *sizes, self.eps)

    def derivatives(self, d_output, data, gamma, mean, rstd, groups, needs):
        """The gradients of data, and of gamma and beta for each channel."""
        n, c = data.shape[:2]
        sizes = n, c, data[0, 0].numel() if n and c else 0, groups
        d_output, data = d_output.contiguous(), data.contiguous()
        kernel = torch.ops.aten.native_group_norm_backward.default
        return kernel(d_output, data, mean, rstd, gamma, *sizes, needs)


class InstanceNorm(GroupNormBase):
    """Normalise each channel of each sample, then scale by ``gamma`` and shift by ``beta``.

    Shapes: data (n, c, *k), gamma, beta (c,) -> data's shape. Ulyanov et al. 2016.
    """

    eps: float = 1e-3

    hidden = ("mean", "var")

    def infer_shape(self, s):
        s.same("data", "output")
        s.same("gamma", "beta")
        if len(s.data) < 2:
            raise Mismatch(f"data should have at least 2 dimensions but is {s.data}")
        s.gamma = s.beta = s.data[1:2]
        s.mean = s.var = s.data[:2]

    def forward(self, data, gamma, beta):
        return self.normalise(data, gamma, beta, data.shape[1])

    def backward(self, d_output, data, gamma, mean, var, *, needs):
        return self.derivatives(d_output, data, gamma, mean, var, data.shape[1], needs)


class GroupNorm(GroupNormBase):
    """Normalise groups of channels of each sample, then scale by ``gamma`` and shift by ``beta``.

    Shapes: data (n, c, *k), gamma, beta (num_groups,) -> data's shape; the outputs mean and
    std = sqrt(variance + eps), visible with ``output_mean_var``, are (n, num_groups). No gradient
    passes through them. Wu and He 2018, but with one gamma and beta a group, as in 1.x.
    """

    num_groups: Annotated[int, at_least(1)] = 1
    eps: float = 1e-5
    output_mean_var: bool = False

    outputs, hidden = LayerNorm.outputs, LayerNorm.hidden

    def infer_shape(self, s):
        s.same("data", "output")
        s.gamma = s.beta = (self.num_groups,)
        if len(s.data) < 3:
            raise Mismatch(f"data should have at least 3 dimensions but is {s.data}")
        n, c, *_ = s.data
        if known(c) and c % self.num_groups:
            raise Mismatch(f"data has {c} channels, not a multiple of {self.num_groups} groups")
        s.mean = s.std = (n, self.num_groups)

    def forward(self, data, gamma, beta):
        each = data.shape[1] // self.num_groups
        gamma, beta = gamma.repeat_interleave(each), beta.repeat_interleave(each)
        output, mean, rstd = self.normalise(data, gamma, beta, self.num_groups)
        return output, mean, rstd.reciprocal()

    def backward(self, d_output, data, gamma, mean, std, *, needs):
        gamma = gamma.repeat_interleave(data.shape[1] // self.num_groups)
        d_data, *rest = self.derivatives(
            d_output, data, gamma, mean, std.reciprocal(), self.num_groups, needs
        )
        d_gamma, d_beta = (d.view(self.num_groups, -1).sum(1) if d is not None else d for d in rest)
        return d_data, d_gamma, d_beta


class L2Normalization(Op):
    """Divide by the Euclidean norm, sqrt(sum of squares + eps).

    ``mode`` says of what: all of a sample ("instance"), the channels at one position, axis 1
    ("channel"), or the positions of one channel, the axes from 2 on ("spatial").
    """

    eps: float = 1e-10
    mode: Literal["channel", "instance", "spatial"] = "instance"

    precision = "full"
    hidden = ("norm",)

    def axes(self, rank):
        """The axes over which squares are summed."""
        first, last = {"instance": (1, rank), "channel": (1, 2), "spatial": (2, rank)}[self.mode]
        return list(range(first, last))

    def infer_shape(self, s):
        s.same("data", "output")
        if len(s.data) < (2 if self.mode == "instance" else 3):
            raise Mismatch(f"data should have more dimensions for mode {self.mode} but is {s.data}")
        axes = self.axes(len(s.data))
        s.norm = tuple(1 if axis in axes else dim for axis, dim in enumerate(s.data))

    def forward(self, data, *, out):
        output, norm = out or (None, None)
        axes = self.axes(data.ndim)
        norm = torch.linalg.vector_norm(data, 2, axes, keepdim=True, out=norm)
        norm.square_().add_(self.eps).sqrt_()
        return torch.div(data, norm, out=output), norm

    def backward(self, d_output, output, norm, *, out):
        out = out and out[0]
        product = torch.mul(d_output, output, out=out)
        along = product.sum(self.axes(output.ndim), keepdim=True)
        result = torch.mul(output, along, out=out)
        return torch.sub(d_output, result, out=out).div_(norm)


class LRN(Op):
    """Local response normalisation across channels: x (knorm + alpha / nsize Σ x²)^-beta.

    The sum is over the channel and (nsize - 1) // 2 neighbours to each side. Shapes: data
    (n, c, *k) -> the same. Krizhevsky et al. 2012.
    """

    alpha: float = 1e-4
    beta: float = 0.75
    knorm: float = 2.0
    nsize: Annotated[int, at_least(1)]

    precision = "full"
    hidden = ("norm",)
    optional = ("norm",)
    inplace = {"output": ("data",)}
    per_sample = ("data",)

    def infer_shape(self, s):
        s.same()
        if len(s.data) < 2:
            raise Mismatch(f"data should have at least 2 dimensions but is {s.data}")

    def add_neighbours(self, total, terms):
        """Add to each channel the terms of its neighbours."""
        channels = terms.shape[1]
        for step in range(1, min((self.nsize - 1) // 2, channels - 1) + 1):
            kept = channels - step
            total.narrow(1, step, kept).add_(terms.narrow(1, 0, kept))
            total.narrow(1, 0, kept).add_(terms.narrow(1, step, kept))
        return total

    def workspace(self, inputs, outputs):
        """Where norm is not kept, room for it and for squares, of some images at a time."""
        return None if outputs[1] is not None else self.room(*outputs[0])

    def room(self, shape, dtype):
        """Two arrays like some images of the data, so many that they stay in the cache."""
        n, *rest = shape
        return (2, max(1, min(n, 2**17 // max(prod(rest), 1))), *rest), dtype

    def forward(self, data, *, out, workspace):
        output, norm = out or (torch.empty_like(data), torch.empty_like(data))
        if norm is not None:
            self.normalise(data, output, norm, output)
            return output, norm
        for some, result in in_parts(workspace, data, output):
            self.normalise(some, result, *like(some, workspace))
        return out

    def normalise(self, data, output, norm, squares):
        """Compute output and norm; ``squares`` is scratch memory, and may be the output."""
        torch.mul(data, data, out=squares)
        norm.copy_(squares)
        self.add_neighbours(norm, squares).mul_(self.alpha / self.nsize).add_(self.knorm)
        torch.pow(norm, -self.beta, out=squares)
        torch.mul(squares, data, out=output)

    def backward_workspace(self, inputs, outputs):
        """Room for the terms of the sum, and the sum, of some images at a time."""
        return self.room(*outputs[0])

    def backward(self, d_output, data, norm, *, out, workspace):
        # The output is data norm^-beta; that it is not read lets it go right after the forward run.
        d_data = torch.empty_like(data) if out is None else out[0]
        if workspace is None:
            workspace = data.new_empty((2, *data.shape))
        for d, x, some_norm, direct in in_parts(workspace, d_output, data, norm, d_data):
            terms, total = like(x, workspace)
            torch.pow(some_norm, -self.beta, out=direct).mul_(d)
            torch.mul(direct, x, out=terms).div_(some_norm)
            self.add_neighbours(total.copy_(terms), terms)
            direct.add_(total.mul_(x).mul_(-2 * self.alpha * self.beta / self.nsize))
        return d_data


def in_parts(workspace, *arrays):
    """The arrays cut along the first axis into parts for which there is room."""
    return zip(*(array.split(workspace.shape[1]) for array in arrays))


def like(array, workspace):
    """Two pieces of scratch memory laid out as an array."""
    return (half[: len(array)].as_strided(array.shape, array.stride()) for half in workspace)
