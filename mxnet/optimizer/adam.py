"""Adam and its relatives: running means of gradients and of their squares."""

from __future__ import annotations

from itertools import groupby

import torch

from ..ndarray import NDArray
from ..ops import update_rules as rules
from .base import Job, Step, TensorOptimizer, register, zeros_like
from .kernels import can_fuse, fused_adam

__all__ = ["FTML", "Adam", "Adamax", "Nadam"]


class _TwoMoments(TensorOptimizer):
    """State: the running means of the gradient and of its square."""

    def __init__(self, learning_rate, beta1, beta2, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2

    def create_state(self, index, weight: NDArray) -> tuple[NDArray, NDArray]:
        """The running means of the gradient and of its square."""
        return zeros_like(weight), zeros_like(weight)


@register
class Adam(_TwoMoments):
    """Divide the running mean of gradients by the root of that of their squares.

    mean = beta1 mean + (1 - beta1) g; square = beta2 square + (1 - beta2) g^2;
    weight -= lr sqrt(1 - beta2^t) / (1 - beta1^t) mean / (sqrt(square) + epsilon);
    g = clip(rescale grad + wd weight)

    Source: Kingma, Ba 2015. ``lazy_update``: a row_sparse gradient changes its rows only.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs,
    ):
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.lazy_update = lazy_update

    def run(self, jobs: list[Job]) -> None:
        """Do several updates, in one pass over memory where there is such a kernel."""
        fusable = []
        for job in jobs:
            if can_fuse(job):
                fusable.append(job)
            else:
                self.rule(*job)
        fusable.sort(key=_alike)
        for _, group in groupby(fusable, key=_alike):
            self._run_fused(list(group))

    def _run_fused(self, jobs: list[Job]) -> None:
        # One launch for all pays on a GPU; on a CPU one weight after the other stays in cache.
        together = len(jobs) if jobs[0].weight.is_cuda else 1
        for start in range(0, len(jobs), together):
            some = jobs[start : start + together]
            grads = [self.scaled(job.grad, job.weight, job.step.wd) for job in some]
            fused_adam(some, grads, self.beta1, self.beta2, self.epsilon)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        mean, square = state
        g = self.scaled(grad, weight, step.wd)
        lr = step.lr * (1 - self.beta2**step.t) ** 0.5 / (1 - self.beta1**step.t)
        rules.adam(weight, g, mean, square, lr, self.beta1, self.beta2, self.epsilon)


def _alike(job: Job) -> tuple:
    return str(job.weight.device), str(job.weight.dtype), job.step.lr, job.step.t


@register
class Adamax(_TwoMoments):
    """Adam with the running maximum of |g| in place of the mean square.

    weight -= lr / (1 - beta1^t) mean / maximum; g = clip(rescale grad + wd weight)

    Source: Kingma, Ba 2015. Weights whose gradients have all been zero stay as they are.
    """

    def __init__(
        self, learning_rate: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, **kwargs
    ):
        super().__init__(learning_rate, beta1, beta2, **kwargs)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        mean, maximum = state
        g = self.scaled(grad, weight, step.wd)
        mean.mul_(self.beta1).add_(g, alpha=1 - self.beta1)
        torch.maximum(maximum.mul_(self.beta2), g.abs(), out=maximum)
        # 1.x divides 0 by 0 here and makes nan of the weight.
        safe = maximum.clamp_min(torch.finfo(maximum.dtype).tiny)
        weight.addcdiv_(mean, safe, value=-step.lr / (1 - self.beta1**step.t))


@register
class Nadam(_TwoMoments):
    """Adam with Nesterov's look ahead.

    Source: Dozat 2016. ``schedule_decay``: how fast the momentum rises to ``beta1``. The product of
    momenta is shared by all weights and grows with each update of any, as in 1.x.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs,
    ):
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.schedule_decay = schedule_decay
        self.m_schedule = 1.0

    def _momentum(self, t: int) -> float:
        return self.beta1 * (1 - 0.5 * 0.96 ** (t * self.schedule_decay))

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        mean, square = state
        g = self.scaled(grad, weight, step.wd)
        now, ahead = self._momentum(step.t), self._momentum(step.t + 1)
        self.m_schedule *= now
        rules.moments(mean, square, g, self.beta1, self.beta2)
        blend = (mean * (ahead / (1 - self.m_schedule * ahead))).add_(
            g, alpha=(1 - now) / (1 - self.m_schedule)
        )
        root = (square / (1 - self.beta2**step.t)).sqrt_().add_(self.epsilon)
        weight.addcdiv_(blend, root, value=-step.lr)


@register
class FTML(TensorOptimizer):
    """Follow the moving leader.

    v = beta2 v + (1 - beta2) g^2; d' = (1 - beta1^t) / lr (sqrt(v / (1 - beta2^t)) + epsilon);
    z = beta1 z + (1 - beta1) g - (d' - beta1 d) weight; weight = -z / d'; d = d';
    g = clip(rescale grad + wd weight)

    Source: Zheng, Kwok 2017.
    """

    def __init__(self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs):
        super().__init__(**kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def create_state(self, index, weight: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """d, v and z."""
        return zeros_like(weight), zeros_like(weight), zeros_like(weight)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        d, v, z = state
        g = self.scaled(grad, weight, step.wd)
        rules.ftml(weight, g, d, v, z, step.lr, self.beta1, self.beta2, self.epsilon, step.t)
