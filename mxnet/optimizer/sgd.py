"""Stochastic gradient descent and its relatives that keep at most a momentum."""

from __future__ import annotations

import math
from itertools import groupby

import torch

from ..ndarray import NDArray
from ..ops.update_rules import descend, nesterov, signum
from .base import Job, Optimizer, Step, TensorOptimizer, register, zeros_like
from .kernels import can_fuse, fused_sgd

__all__ = ["DCASGD", "NAG", "SGD", "SGLD", "Signum", "Test", "ccSGD"]


@register
class SGD(TensorOptimizer):
    """Stochastic gradient descent with momentum and weight decay.

    momentum = mu momentum - lr (clip(rescale grad) + wd weight); weight += momentum

    Parameters: ``momentum``: mu; ``lazy_update``: a row_sparse gradient changes its rows only;
    and those of Optimizer.
    """

    _weight_copy_last = True

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.aggregate_num = 4
        self.momentum = momentum
        self.lazy_update = lazy_update

    def create_state(self, index, weight: NDArray) -> NDArray | None:
        """The momentum; None without."""
        return zeros_like(weight) if self.momentum else None

    def run(self, jobs: list[Job]) -> None:
        """Do several updates, in one pass over memory where there is such a kernel."""
        fusable = []
        for job in jobs:
            if can_fuse(job) and not self.clips:
                fusable.append(job)
            else:
                self.rule(*job)
        fusable.sort(key=_alike)
        for _, group in groupby(fusable, key=_alike):
            fused_sgd(list(group), self._mu, self.rescale_grad)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and momentum in place."""
        descend(weight, *self._clipped(grad), state, self._mu, step.lr, step.wd)

    @property
    def _mu(self) -> float:
        return self.momentum

    def _clipped(self, grad: torch.Tensor) -> tuple[torch.Tensor, float]:
        """The gradient and the factor it still has to be multiplied by; a copy only to clip."""
        return (self.scaled(grad), 1.0) if self.clips else (grad, self.rescale_grad)


def _alike(job: Job) -> tuple:
    return str(job.weight.device), str(job.weight.dtype), job.step.lr, job.step.wd


@register
class ccSGD(SGD):
    """SGD, under the name of an implementation that is no more."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


@register
class NAG(SGD):
    """Nesterov's accelerated gradient: SGD that looks one step of the momentum ahead.

    weight += mu^2 momentum - (1 + mu) lr (g + wd weight), and then, as in 1.x,
    momentum = mu momentum - lr (g + wd weight) of the new weight; g = clip(rescale grad)
    """

    def __init__(self, momentum: float = 0.0, **kwargs):
        super().__init__(momentum, lazy_update=False, **kwargs)
        self.aggregate_num = 0

    def run(self, jobs: list[Job]) -> None:
        """Do several updates."""
        if not self.momentum:
            super().run(jobs)
            return
        for job in jobs:
            self.rule(*job)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and momentum in place."""
        if state is None:
            super().rule(weight, grad, state, step)
            return
        nesterov(weight, *self._clipped(grad), state, self.momentum, step.lr, step.wd)


@register
class Signum(TensorOptimizer):
    """SGD by the sign of the momentum, or of the gradient without momentum.

    momentum = mu momentum - (1 - mu) (clip(rescale grad) + wd weight);
    weight = (1 - lr wd_lh) weight + lr sign(momentum)

    Source: Bernstein et al. 2018, "signSGD". ``wd_lh``: weight decay apart from the gradient, as in
    Loshchilov, Hutter 2017.
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.9, wd_lh: float = 0.0, **kwargs
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum
        self.wd_lh = wd_lh

    def create_state(self, index, weight: NDArray) -> NDArray | None:
        """The momentum; None without."""
        return zeros_like(weight) if self.momentum else None

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and momentum in place."""
        signum(weight, self.scaled(grad), state, self.momentum, step.lr, step.wd, self.wd_lh)


@register
class SGLD(TensorOptimizer):
    """Stochastic gradient Langevin dynamics: half a step of SGD, and noise of variance lr.

    Source: Patterson, Teh 2013. The noise comes from ``mx.random``.
    """

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change the weight in place."""
        from .. import random

        descend(weight, self.scaled(grad), 1.0, None, 0.0, step.lr / 2, step.wd)
        noise = NDArray(torch.empty_like(weight, memory_format=torch.contiguous_format))
        random.normal(0, math.sqrt(step.lr), out=noise)
        weight.add_(noise._tensor)


@register
class DCASGD(TensorOptimizer):
    """SGD that corrects gradients computed at an older weight.

    g = clip(rescale grad); g += wd weight + lamda g^2 (weight - previous weight)

    Source: Zheng et al. 2016, "Asynchronous SGD with delay compensation". Parameters:
    ``momentum``, ``lamda``.
    """

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.weight_previous: dict = {}
        self.lamda = lamda

    def create_state(self, index, weight: NDArray) -> tuple[NDArray | None, NDArray]:
        """The momentum (None without) and the previous weight."""
        momentum = zeros_like(weight) if self.momentum else None
        return momentum, NDArray(weight._tensor.clone(), weight._context)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight, momentum and previous weight in place."""
        momentum, previous = state
        g = self.scaled(grad)
        correction = torch.sub(weight, previous).mul_(g).mul_(g)
        g = torch.add(g, correction, alpha=self.lamda)
        previous.copy_(weight)
        descend(weight, g, 1.0, momentum, self.momentum, step.lr, step.wd)


@register
class Test(Optimizer):
    """weight += rescale grad, and the state is a copy of it; for tests of other things."""

    def create_state(self, index, weight: NDArray) -> NDArray:
        """Zeros."""
        return zeros_like(weight)

    @torch.no_grad()
    def update(self, index, weight: NDArray, grad: NDArray, state: NDArray) -> None:
        """Change weight and state in place."""
        weight._tensor.add_(grad._tensor, alpha=self.rescale_grad)
        state._tensor.copy_(weight._tensor)
