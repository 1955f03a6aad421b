"""Optimizers that divide by what the gradients have been: AdaGrad, RMSProp, FTRL and others."""

from __future__ import annotations

from ..ndarray import NDArray
from ..ops import update_rules as rules
from .base import Step, TensorOptimizer, register, zeros_like

__all__ = ["AdaDelta", "AdaGrad", "Ftrl", "RMSProp"]


@register
class AdaGrad(TensorOptimizer):
    """Divide by the root of the sum of all squared gradients.

    history += g^2; weight -= lr (g / sqrt(history + eps) + wd weight); g = clip(rescale grad)

    Source: Duchi, Hazan, Singer 2011.
    """

    lazy_update = True

    def __init__(self, eps: float = 1e-7, **kwargs):
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index, weight: NDArray) -> NDArray:
        """The sum of the squares."""
        return zeros_like(weight)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and history in place."""
        g = self.scaled(grad)
        rules.adagrad(weight, g, state, step.lr, self.float_stable_eps, step.wd)


@register
class RMSProp(TensorOptimizer):
    """Divide by the root of a running mean of the squared gradients.

    n = gamma1 n + (1 - gamma1) g^2; weight -= lr g / sqrt(n + epsilon);
    g = clip(rescale grad + wd weight)

    ``centered`` (Graves 2013) subtracts the square of the running mean of g from n, and has a
    momentum ``gamma2``. ``clip_weights``: limit of the absolute value of weights.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs,
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.centered = centered
        self.epsilon = epsilon
        self.clip_weights = clip_weights

    def create_state(self, index, weight: NDArray) -> tuple[NDArray, ...]:
        """The mean square; with ``centered`` also the mean and the momentum."""
        return tuple(zeros_like(weight) for _ in range(3 if self.centered else 1))

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        g = self.scaled(grad, weight, step.wd)
        if self.centered:
            square, mean, delta = state
            numbers = step.lr, self.gamma1, self.gamma2, self.epsilon
            rules.centered_rmsprop(weight, g, square, mean, delta, *numbers)
        else:
            rules.rmsprop(weight, g, state[0], step.lr, self.gamma1, self.epsilon)
        if self.clip_weights and self.clip_weights > 0:
            weight.clamp_(-self.clip_weights, self.clip_weights)


@register
class AdaDelta(TensorOptimizer):
    """Steps in units of the weights: the root mean square of past steps over that of gradients.

    squares = rho squares + (1 - rho) g^2; step = g sqrt(steps + epsilon) / sqrt(squares + epsilon);
    steps = rho steps + (1 - rho) step^2; weight -= step + wd weight; g = clip(rescale grad)

    Source: Zeiler 2012. There is no learning rate.
    """

    def __init__(self, rho: float = 0.9, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def create_state(self, index, weight: NDArray) -> tuple[NDArray, NDArray]:
        """The running means of squared gradients and of squared steps."""
        return zeros_like(weight), zeros_like(weight)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        squares, steps = state
        g = self.scaled(grad)
        squares.mul_(self.rho).addcmul_(g, g, value=1 - self.rho)
        change = (steps + self.epsilon).div_(squares + self.epsilon).sqrt_().mul_(g)
        steps.mul_(self.rho).addcmul_(change, change, value=1 - self.rho)
        weight.mul_(1 - step.wd).sub_(change)


@register
class Ftrl(TensorOptimizer):
    """Follow the regularised leader: sparse weights by an L1 penalty of ``lamda1``.

    z += g - (sqrt(n + g^2) - sqrt(n)) weight / lr; n += g^2;
    weight = -sign(z) max(|z| - lamda1, 0) / ((beta + sqrt(n)) / lr + wd); g = clip(rescale grad)

    Source: McMahan et al. 2013, "Ad click prediction".
    """

    def __init__(self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1, **kwargs):
        super().__init__(**kwargs)
        # Not handed to a scheduler: it keeps the base_lr that it has, unlike with the others.
        self.lr = learning_rate
        self.lamda1 = lamda1
        self.beta = beta

    def create_state(self, index, weight: NDArray) -> tuple[NDArray, NDArray]:
        """z and n."""
        return zeros_like(weight), zeros_like(weight)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and state in place."""
        z, n = state
        rules.ftrl(weight, self.scaled(grad), z, n, step.lr, self.lamda1, self.beta, step.wd)
