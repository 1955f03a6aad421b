"""The learning rate schedulers of before ``mxnet.lr_scheduler``, for old programs."""

from __future__ import annotations

import logging

__all__ = ["FactorScheduler", "LearningRateScheduler"]


class LearningRateScheduler:
    """Base class: ``scheduler(iteration)`` is the learning rate; ``base_lr`` the first one."""

    def __init__(self):
        self.base_lr = 0.01

    def __call__(self, iteration: int) -> float:
        raise NotImplementedError("must override this")


class FactorScheduler(LearningRateScheduler):
    """Multiply the learning rate by ``factor`` every ``step`` iterations."""

    def __init__(self, step: int, factor: float = 0.1):
        super().__init__()
        if step < 1:
            raise ValueError("Schedule step must be greater or equal than 1 round")
        if factor >= 1.0:
            raise ValueError("Factor must be less than 1 to make lr reduce")
        self.step, self.factor = step, factor
        self.old_lr = self.base_lr
        self.init = False

    def __call__(self, iteration: int) -> float:
        if not self.init:
            self.init, self.old_lr = True, self.base_lr
        lr = self.base_lr * self.factor ** (iteration // self.step)
        if lr != self.old_lr:
            self.old_lr = lr
            logging.info("At Iteration [%d]: Switch to new learning rate %.5f", iteration, lr)
        return lr
