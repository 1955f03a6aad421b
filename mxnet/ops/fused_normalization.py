"""Batch normalisation together with what follows it; the pass ``fuse_normalization`` makes these.

They work in training mode only, on channels along axis 1. Where the arrays are float32 or bfloat16 on a
CPU, stored channels-last or, without an addition, dense, generated kernels do the work in two passes
over memory (``mxnet.kernels``), and so do others on a GPU if that is asked for; otherwise the kernels
of torch do what the separate operators would.
"""

from .activation import relu_backward
from .core import Aux
from .generated import has_kernels, wants_triton
from .lazy_torch import torch
from .norm import BatchNormBase
from .shapes import product

__all__ = ["AddNormalized", "Normalized", "parts_of"]

_PART = 1 << 15  # elements that are worth a part of their own


def parts_of(rows, channels):
    """Into how many parts the kernels cut rows of channels."""
    return max(1, min(16, rows * channels // _PART, rows // 8))


def scratch_of(rows, channels, *_):
    """How many float32 numbers the kernels compute in."""
    return (6 * parts_of(rows, channels) + 4) * channels


def stored_size(array, planes):
    """The numbers of rows and channels of an array that the kernels take, else None.

    Of one that is dense, samples, channels and numbers of a plane, if those will do.
    """
    shape, ndim = array.shape, array.ndim
    if array.dtype not in (torch.float32, torch.bfloat16) or not array.numel():
        return None
    if array.device.type != "cpu":
        return None
    if ndim == 2 and array.is_contiguous():
        return shape
    if ndim != 4:
        return None
    if array.is_contiguous(memory_format=torch.channels_last):
        return array.numel() // shape[1], shape[1]
    return (*shape[:2], product(shape[2:])) if planes and array.is_contiguous() else None


def stored_like(array, model):
    """The array, or a copy, with elements in the same order in memory as in ``model``."""
    if array is None or array.stride() == model.stride():
        return array
    return torch.empty_like(model).copy_(array)


def place_like(array, model):
    """The array, or another one to be copied to it, with the order of elements of ``model``."""
    same = array is not None and array.stride() == model.stride()
    return array if same else torch.empty_like(model)


def row_pitch(part, model):
    """How far rows lie apart in some channels of a larger array stored as ``model`` is; else None."""
    if part.ndim != 4 or min(part.shape[1:]) < 2:
        return None
    n, c, h, w = part.stride()
    height, width = part.shape[2:]
    return w if c == 1 and w > part.shape[1] and h == width * w and n == height * h else None


def deliver(result, target):
    """Copy a result to where it belongs, if it is not there."""
    if target is not None and target is not result:
        target.copy_(result)


class FusedNormalization(BatchNormBase, abstract=True):
    """What the fused normalisations share; ``residual`` is None where nothing is added."""

    eps: float = 1e-3
    momentum: float = 0.9
    fix_gamma: bool = True

    use_global_stats = output_mean_var = False
    axis = 1
    inplace = {}
    kernels = ("normalization.forward_stages", "interpreter.run_stages")
    backward_kernels = ("normalization_derivative.backward_stages",)

    relu = True

    def size(self, data, *vectors, train, planes):
        """The numbers of rows and channels where the generated kernels do the work, else None.

        Also those of ``planes``, where they will do.
        """
        if not self.uses_batch(train) or not has_kernels():
            return None
        if any(v is not None and not v.is_contiguous() for v in vectors):
            return None
        return stored_size(data, planes)

    def on_gpu(self, data, train):
        """Whether kernels for GPUs do the work."""
        if not (data.is_cuda and self.uses_batch(train) and wants_triton()):
            return False
        from ..kernels import triton_normalization

        return triton_normalization.fits(data)

    def workspace(self, inputs, outputs):
        """What the kernels compute in."""
        shape, _ = inputs[0]
        rows, channels = product(shape) // max(1, shape[1]), shape[1]
        return (scratch_of(rows, channels),), "float32"

    def backward_workspace(self, inputs, outputs):
        """The same."""
        return self.workspace(inputs[self.gradient_reads().index("data") :], outputs)

    def normalise(self, data, residual, gamma, beta, statistics, out, train, workspace):
        """The output, the mean and 1 / sqrt(variance + eps)."""
        if out is None:
            out = torch.empty_like(data), torch.empty_like(gamma), torch.empty_like(gamma)
        output, mean, var = out
        if self.on_gpu(data, train):
            from ..kernels import triton_normalization as kernels

            if self.fix_gamma:
                gamma.fill_(1)
            y, added = place_like(output, data), stored_like(residual, data)
            kernels.forward(data, gamma, beta, added, self.eps, self.relu, out=(y, mean, var))
            deliver(y, output)
            return out
        size = self.size(data, gamma, beta, train=train, planes=residual is None)
        if size is None:
            y = output if residual is None else torch.empty_like(data)
            super().forward(data, gamma, beta, *statistics, out=(y, mean, var), train=train)
            if residual is not None:
                torch.add(y, residual, out=output)
            if self.relu:
                torch.clamp_min(output, 0, out=output)
            return out
        from ..kernels import normalization

        if self.fix_gamma:
            gamma.fill_(1)
        y, added = place_like(output, data), stored_like(residual, data)
        scratch = torch.empty(scratch_of(*size)) if workspace is None else workspace
        normalization.forward(
            data, gamma, beta, added, scratch, tuple(size), self.eps, self.relu, out=(y, mean, var)
        )
        deliver(y, output)
        return out

    def derive(self, d, data, output, gamma, beta, kept, statistics, out, needs, train, workspace):
        """The gradients of data, gamma and beta, and of the residual where ``output`` is given.

        ``needs`` and ``out`` are in this order.
        """
        mean, var = kept
        models = data, gamma, beta, data
        if out is None:
            out = [torch.empty_like(a) if n else None for a, n in zip(models, needs)]
        if self.on_gpu(data, train):
            self.derive_on_gpu(d, data, output, gamma, beta, kept, out)
            self.update_statistics(*kept, *statistics)
            return out
        d_data, d_gamma, d_beta, d_residual = out
        vectors = gamma, beta, d_gamma, d_beta, *statistics
        size = self.size(data, *vectors, train=train, planes=output is None)
        if size is None:
            self.derive_by_torch(d, data, output, gamma, beta, kept, statistics, out, needs, train)
            return out
        from ..kernels import normalization_derivative

        pitch = row_pitch(d, data) if output is None and len(size) == 2 else None
        d = d if pitch else stored_like(d, data)
        y = stored_like(output, data)
        x_place = place_like(d_data, data)
        masked = None
        if output is not None:
            masked = x_place if d_residual is None else place_like(d_residual, data)
        sums = (None if self.fix_gamma else d_gamma), d_beta
        scratch = torch.empty(scratch_of(*size)) if workspace is None else workspace
        normalization_derivative.backward(
            d, data, y, gamma, beta, mean, var, scratch, tuple(size), self.relu, pitch, self.momentum,
            self.eps, out=(x_place, masked, *sums, *statistics),
        )  # fmt: skip
        if self.fix_gamma and d_gamma is not None:
            d_gamma.zero_()
        deliver(x_place, d_data)
        deliver(masked, d_residual)
        return out

    def derive_by_torch(self, d, data, output, gamma, beta, kept, statistics, out, needs, train):
        """The same where no kernel fits: as without fusion, after the derivative of the relu."""
        mean, var = kept
        if self.relu:
            y = (data - shaped(mean, data)) * shaped(gamma * var, data) + shaped(beta, data)
            d = relu_backward(d, y.to(d.dtype) if output is None else output)
        results = super().backward(
            d, data, gamma, mean, var, *statistics,
            needs=(*needs[:2], True), train=train, updates=True,
        )  # fmt: skip
        for result, target in zip((*results[:3], d), out):
            deliver(result, target)

    def derive_on_gpu(self, d, data, output, gamma, beta, kept, out):
        """The same without the moving statistics, by kernels for GPUs."""
        from ..kernels import triton_normalization as kernels

        d_data, d_gamma, d_beta, d_residual = out
        place = place_like(d_data, data)
        masked = None
        if output is not None:
            masked = place if d_residual is None else place_like(d_residual, data)
        by_gamma, by_beta = (place_like(each, beta) for each in (d_gamma, d_beta))
        kernels.backward(
            stored_like(d, data), data, stored_like(output, data), gamma, beta, *kept, self.relu,
            out=(place, masked, by_gamma, by_beta),
        )  # fmt: skip
        if self.fix_gamma:
            by_gamma.zero_()
        for result, target in zip((place, by_gamma, by_beta, masked), out):
            deliver(result, target)


def shaped(vector, data):
    """A vector of channels in a shape that broadcasts against the data."""
    return vector.view(-1, *(1,) * (data.ndim - 2))


class Normalized(FusedNormalization, name="_batch_norm_relu"):
    """BatchNorm in training mode, followed by max(x, 0) unless ``relu`` is off."""

    relu: bool = True

    backward_inplace = {"d_data": ("d_output",)}

    def forward(
        self, data, gamma, beta, moving_mean: Aux, moving_var: Aux, *, out, train, workspace
    ):
        statistics = moving_mean, moving_var
        return self.normalise(data, None, gamma, beta, statistics, out, train, workspace)

    def backward(
        self, d_output, data, gamma, beta, mean, var, moving_mean, moving_var, *, out, needs, train,
        workspace,
    ):  # fmt: skip
        kept, statistics = (mean, var), (moving_mean, moving_var)
        out = None if out is None else (*out[:3], None)
        needs = (*needs[:3], False)
        result = self.derive(
            d_output, data, None, gamma, beta, kept, statistics, out, needs, train, workspace
        )
        return (*result[:3], None, None)


class AddNormalized(FusedNormalization, name="_batch_norm_add_relu"):
    """BatchNorm in training mode, plus ``residual``, followed by max(x, 0)."""

    inplace = {"output": ("residual",)}
    per_sample = ("data", "residual")
    backward_inplace = {"d_residual": ("d_output",)}

    def infer_shape(self, s):
        s.same("data", "residual")
        super().infer_shape(s)

    def infer_dtype(self, t):
        t.same("data", "residual")
        super().infer_dtype(t)

    def forward(
        self,
        data,
        gamma,
        beta,
        residual,
        moving_mean: Aux,
        moving_var: Aux,
        *,
        out,
        train,
        workspace,
    ):
        statistics = moving_mean, moving_var
        return self.normalise(data, residual, gamma, beta, statistics, out, train, workspace)

    def backward(
        self, d_output, data, output, gamma, beta, mean, var, moving_mean, moving_var, *, out, needs,
        train, workspace,
    ):  # fmt: skip
        kept, statistics = (mean, var), (moving_mean, moving_var)
        out = None if out is None else out[:4]
        result = self.derive(
            d_output, data, output, gamma, beta, kept, statistics, out, needs[:4], train, workspace
        )
        return (*result, None, None)
