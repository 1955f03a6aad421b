"""Optimizers for large batches: the learning rate of a weight follows its norm."""

from __future__ import annotations

import logging
import math

import torch

from ..ndarray import NDArray
from ..ops.update_rules import descend, lamb_direction, lamb_ratio, norm
from .adam import _TwoMoments
from .base import Job, Step, TensorOptimizer, register, zeros_like
from .sgd import SGD

__all__ = ["LAMB", "LARS", "LBSGD"]


@register
class LAMB(_TwoMoments):
    """Adam with steps in proportion to the norm of each weight.

    direction = mean' / (sqrt(square') + epsilon) + wd weight; weight -= lr r direction, where
    r = |weight| / |direction|, |weight| kept between the bounds, and 1 where a norm is 0;
    g = clip(rescale grad)

    Source: You et al. 2020. ``bias_correction``: divide mean and square by 1 - beta^t.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs,
    ):
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.aggregate_num = 45
        self.epsilon = epsilon
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.bias_correction = bias_correction

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        mean, square = state
        count = step.t if self.bias_correction else None
        numbers = self.beta1, self.beta2, self.epsilon, step.wd, count
        direction = lamb_direction(weight, self.scaled(grad), mean, square, *numbers)
        ratio = lamb_ratio(norm(weight), norm(direction), self.lower_bound, self.upper_bound)
        weight.sub_(direction.mul_(ratio), alpha=step.lr)


@register
class LARS(SGD):
    """SGD with steps in proportion to the norm of each weight.

    lr becomes lr eta |weight| / (|rescale grad| + wd |weight| + eps), where both norms are
    positive, except for parameters called ``*gamma``, ``*beta`` and ``*bias``.

    Source: You, Gitman, Ginsburg 2017. ``momentum_correction``: scale the momentum with changes of
    the learning rate, as in Goyal et al. 2017.
    """

    _lr_update: int | None = None

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs,
    ):
        super().__init__(momentum, lazy_update, **kwargs)
        self.momentum_correction = momentum_correction
        self.eta = eta
        self.eps = eps
        self.skip = 0
        self.last_lr: float | None = None
        self.cur_lr: float | None = None

    def _decays(self, name: str) -> bool:
        return name.endswith("_weight")

    def run(self, jobs: list[Job]) -> None:
        """Do several updates."""
        self._note_learning_rate()
        norms = [norm(t) for job in jobs for t in (job.weight, job.grad)]
        # One transfer for all of them: each would wait for the device.
        values = iter(torch.stack([n.to(norms[0].device, torch.float32) for n in norms]).tolist())
        super().run(
            [
                job._replace(step=self._adapted(job.step, size, slope))
                for job, size, slope in zip(jobs, values, values, strict=True)
            ]
        )

    def _adapted(self, step: Step, size: float, slope: float) -> Step:
        name = self.idx2name.get(step.index, str(step.index))
        slope *= self.rescale_grad
        if name.endswith(("gamma", "beta", "bias")) or size <= 0 or slope <= 0:
            return step
        return step._replace(lr=step.lr * self.eta * size / (slope + step.wd * size + self.eps))

    def _note_learning_rate(self) -> None:
        # Once per update of the network: 1.x does it for each weight, so that only the first one
        # has its momentum corrected.
        if self._lr_update != self.num_update:
            lr = self.learning_rate
            self.last_lr, self.cur_lr = lr if self.cur_lr is None else self.cur_lr, lr
            self._lr_update = self.num_update

    @property
    def _mu(self) -> float:
        if not (self.momentum_correction and self.last_lr and self.cur_lr):
            return self.momentum
        return self.momentum * self.cur_lr / self.last_lr


@register
class LBSGD(TensorOptimizer):
    """SGD with large batches: gradients of ``batch_scale`` batches are averaged into one update.

    The learning rate rises from lr to batch_scale lr over ``warmup_epochs`` of
    ``updates_per_epoch`` updates: by ``warmup_strategy`` "linear", "power2", "sqrt", or at once
    after them (any other word). With "lars" it is instead lr |weight| / sqrt(|grad|^2 +
    wd |weight|^2), the factor kept between 0.01 and 100.

    Parameters: ``begin_epoch``: where a resumed run is; ``num_epochs``: kept for programs that ask.
    """

    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: float = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs,
    ):
        super().__init__(multi_precision=multi_precision, **kwargs)
        logging.info(
            "Running Large-Batch SGD: batch_scale=%f, warmup_epochs=%d, warmup_strategy=%s, "
            "updates_per_epoch=%d",
            batch_scale,
            warmup_epochs,
            warmup_strategy,
            updates_per_epoch,
        )
        self.momentum = momentum
        self.warmup_strategy = warmup_strategy
        self.warmup_epochs = warmup_epochs
        self.batch_scale = batch_scale
        self.updates_per_epoch = updates_per_epoch
        self.init_updates = begin_epoch * updates_per_epoch
        self.num_epochs = num_epochs
        self.cumgrads: dict = {}
        self.adaptive = False
        # Not used here; MXNet 1.9.1 asks for them in an optimizer that it loads.
        self.lbmult = self.admult = 1

    def create_state(self, index, weight: NDArray) -> NDArray | None:
        """The momentum; None without."""
        return zeros_like(weight) if self.momentum else None

    def __getstate__(self):
        # Gradients of half a batch mean nothing to another run.
        return {**super().__getstate__(), "cumgrads": {}}

    def rule(self, weight, grad, state, step: Step) -> None:
        """Take in a gradient; change weight and momentum in place when the batch is complete."""
        grad = self._accumulated(grad, step)
        if grad is None:
            return
        if self.warmup_strategy == "lars":
            factor = self._size_factor(weight, grad, step.wd)
        else:
            factor = self._warmup_factor(step.t + self.init_updates)
        lr = step.lr * factor
        descend(weight, self.scaled(grad), 1.0, state, self.momentum, lr, step.wd)

    def _accumulated(self, grad: torch.Tensor, step: Step) -> torch.Tensor | None:
        if self.batch_scale <= 1:
            return grad
        # By device too: each of a parallel run sums up its own.
        key = step.index, grad.device
        total, count = self.cumgrads.pop(key, (None, 0))
        total, count = grad.clone() if total is None else total.add_(grad), count + 1
        if count < self.batch_scale:
            self.cumgrads[key] = total, count
            return None
        return total.div_(count)

    def _warmup_factor(self, updates: int) -> float:
        warmup = self.warmup_epochs * self.updates_per_epoch
        if updates >= warmup:
            return float(self.batch_scale)
        if warmup <= 1:
            return 1.0
        progress = updates / warmup
        rise = {"linear": progress, "power2": progress**2, "sqrt": math.sqrt(progress)}
        return 1.0 + (self.batch_scale - 1) * rise.get(self.warmup_strategy, 0.0)

    def _size_factor(self, weight: torch.Tensor, grad: torch.Tensor, wd: float) -> float:
        size, slope = float(norm(weight)) ** 2, float(norm(grad)) ** 2
        return min(max(math.sqrt(size / (slope + wd * size + 1e-18)), 0.01), 100.0)
