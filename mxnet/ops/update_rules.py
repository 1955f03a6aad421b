"""The formulas of optimizers, on torch tensors: they change weights and states in place.

Operators such as ``sgd_update`` and the classes of ``mx.optimizer`` both run them. ``g`` is a
gradient that is ready for use: scaled and clipped. No gradient is ever written to.
"""

from __future__ import annotations

from typing import Any

from .lazy_torch import F, torch

__all__ = [
    "adagrad",
    "adam",
    "adamw",
    "centered_rmsprop",
    "descend",
    "ftml",
    "ftrl",
    "group_adagrad",
    "lamb_direction",
    "lamb_ratio",
    "moments",
    "nesterov",
    "norm",
    "rmsprop",
    "scaled",
    "signum",
]

Tensor = Any  # torch.Tensor, which is not imported here


def scaled(
    grad: Tensor,
    factor: float = 1.0,
    limit: float | None = None,
    weight: Tensor | None = None,
    wd: float = 0.0,
) -> Tensor:
    """clip(factor grad + wd weight), perhaps ``grad`` itself; no limit: no clipping."""
    result = grad if factor == 1 else grad * factor
    if weight is not None and wd:
        if result is grad:
            result = torch.add(result, weight, alpha=wd)
        else:
            result.add_(weight, alpha=wd)
    if limit is None:
        return result
    return result.clamp(-limit, limit) if result is grad else result.clamp_(-limit, limit)


def descend(
    weight: Tensor,
    grad: Tensor,
    factor: float,
    momentum: Tensor | None,
    mu: float,
    lr: float,
    wd: float,
) -> None:
    """momentum = mu momentum - lr (factor grad + wd weight); weight += momentum.

    There are no temporary arrays; without momentum the step is that of mu = 0.
    """
    if momentum is None:
        weight.mul_(1 - lr * wd).add_(grad, alpha=-lr * factor)
        return
    momentum.mul_(mu).add_(grad, alpha=-lr * factor)
    if wd:
        momentum.add_(weight, alpha=-lr * wd)
    weight.add_(momentum)


def nesterov(
    weight: Tensor,
    grad: Tensor,
    factor: float,
    momentum: Tensor,
    mu: float,
    lr: float,
    wd: float,
    decayed: Tensor | None = None,
) -> None:
    """weight += mu² momentum - (1 + mu) lr (factor grad + wd weight), and the momentum of SGD.

    The momentum takes in wd times the new weight, as in 1.x, or wd times ``decayed``.
    """
    momentum.mul_(mu)
    weight.mul_(1 - (1 + mu) * lr * wd)
    weight.add_(momentum, alpha=mu).add_(grad, alpha=-(1 + mu) * lr * factor)
    momentum.add_(grad, alpha=-lr * factor)
    momentum.add_(weight if decayed is None else decayed, alpha=-lr * wd)


def signum(
    weight: Tensor,
    g: Tensor,
    momentum: Tensor | None,
    mu: float,
    lr: float,
    wd: float,
    wd_lh: float,
) -> None:
    """momentum = mu momentum - (1 - mu) (g + wd weight); weight moves lr along its signs.

    ``wd_lh`` shrinks the weight itself. Without momentum the signs are those of g, and wd shrinks
    the weight, too, since the size of a bare gradient is lost.
    """
    if momentum is None:
        weight.mul_(1 - lr * (wd + wd_lh)).sub_(g.sign(), alpha=lr)
        return
    rest = 1 - mu
    momentum.mul_(mu).sub_(g, alpha=rest).sub_(weight, alpha=rest * wd)
    weight.mul_(1 - lr * wd_lh).add_(momentum.sign(), alpha=lr)


def moments(mean: Tensor, square: Tensor, g: Tensor, beta1: float, beta2: float) -> None:
    """Take a gradient into its running mean and that of its square."""
    mean.mul_(beta1).add_(g, alpha=1 - beta1)
    square.mul_(beta2).addcmul_(g, g, value=1 - beta2)


def adam(
    weight: Tensor,
    g: Tensor,
    mean: Tensor,
    square: Tensor,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """weight -= lr mean / (sqrt(square) + epsilon), with the new running means."""
    moments(mean, square, g, beta1, beta2)
    weight.addcdiv_(mean, square.sqrt().add_(epsilon), value=-lr)


def adamw(
    weight: Tensor,
    g: Tensor,
    mean: Tensor,
    square: Tensor,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    wd: float,
    eta: float,
) -> None:
    """weight -= eta (lr mean / (sqrt(square) + epsilon) + wd weight): Adam, its decay apart."""
    moments(mean, square, g, beta1, beta2)
    root = square.sqrt().add_(epsilon)
    weight.mul_(1 - eta * wd).addcdiv_(mean, root, value=-eta * lr)


def ftml(
    weight: Tensor,
    g: Tensor,
    d: Tensor,
    v: Tensor,
    z: Tensor,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
) -> None:
    """Follow the moving leader: weight = -z / d, of d, v and z as in Zheng, Kwok 2017."""
    v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    d_new = (v / (1 - beta2**t)).sqrt_().add_(epsilon).mul_((1 - beta1**t) / lr)
    z.mul_(beta1).add_(g, alpha=1 - beta1)
    z.addcmul_(d.mul_(beta1).sub_(d_new), weight)
    torch.div(z, d_new, out=weight).neg_()
    d.copy_(d_new)


def ftrl(
    weight: Tensor,
    g: Tensor,
    z: Tensor,
    n: Tensor,
    lr: float,
    lamda1: float,
    beta: float,
    wd: float,
) -> None:
    """z += g - (sqrt(n + g²) - sqrt(n)) weight / lr; n += g²; the weight follows from both.

    weight = -sign(z) max(|z| - lamda1, 0) / ((beta + sqrt(n)) / lr + wd)
    """
    before = n.sqrt()
    n.addcmul_(g, g)
    root = n.sqrt()
    z.add_(g).addcmul_(before.sub_(root), weight, value=1 / lr)
    scale = root.add_(beta).div_(lr).add_(wd)
    weight.copy_(F.softshrink(z, lamda1).div_(scale).neg_())


def adagrad(
    weight: Tensor, g: Tensor, history: Tensor, lr: float, epsilon: float, wd: float
) -> None:
    """history += g²; weight -= lr (g / sqrt(history + epsilon) + wd weight)."""
    history.addcmul_(g, g)
    weight.mul_(1 - lr * wd).addcdiv_(g, (history + epsilon).sqrt_(), value=-lr)


def group_adagrad(weight: Tensor, g: Tensor, history: Tensor, lr: float, epsilon: float) -> None:
    """AdaGrad with one history for each row, which takes in the mean of the row's squares."""
    rows = weight.shape[0]
    history.add_(torch.square(g).reshape(rows, -1).mean(dim=1).view(history.shape))
    root = (history + epsilon).sqrt_().view(rows, *(1,) * (weight.dim() - 1))
    weight.addcdiv_(g, root, value=-lr)


def rmsprop(
    weight: Tensor, g: Tensor, square: Tensor, lr: float, gamma1: float, epsilon: float
) -> None:
    """square = gamma1 square + (1 - gamma1) g²; weight -= lr g / sqrt(square + epsilon)."""
    square.mul_(gamma1).addcmul_(g, g, value=1 - gamma1)
    weight.addcdiv_(g, (square + epsilon).sqrt_(), value=-lr)


def centered_rmsprop(
    weight: Tensor,
    g: Tensor,
    square: Tensor,
    mean: Tensor,
    delta: Tensor,
    lr: float,
    gamma1: float,
    gamma2: float,
    epsilon: float,
) -> None:
    """RMSProp by the variance, with momentum, as in Graves 2013.

    delta = gamma2 delta - lr g / sqrt(square - mean² + epsilon); weight += delta
    """
    square.mul_(gamma1).addcmul_(g, g, value=1 - gamma1)
    mean.mul_(gamma1).add_(g, alpha=1 - gamma1)
    root = torch.addcmul(square, mean, mean, value=-1).add_(epsilon).sqrt_()
    delta.mul_(gamma2).addcdiv_(g, root, value=-lr)
    weight.add_(delta)


def lamb_direction(
    weight: Tensor,
    g: Tensor,
    mean: Tensor,
    square: Tensor,
    beta1: float,
    beta2: float,
    epsilon: float,
    wd: float,
    t: int | None,
) -> Tensor:
    """mean' / (sqrt(square') + epsilon) + wd weight, with the new running means.

    ' divides by 1 - beta^t, to correct the bias; ``t`` None: not at all.
    """
    moments(mean, square, g, beta1, beta2)
    mean_part = square_part = 1.0
    if t is not None:
        mean_part, square_part = 1 - beta1**t, 1 - beta2**t
    direction = (square / square_part).sqrt_().add_(epsilon)
    torch.div(mean, direction, out=direction).div_(mean_part)
    return direction.add_(weight, alpha=wd)


def lamb_ratio(size: Tensor, length: Tensor, low: float | None, high: float | None) -> Tensor:
    """The norm of a weight, kept between bounds, over that of its step; 1 where one is 0.

    The norms stay on the device: asking for their values would wait for it.
    """
    if low is not None or high is not None:
        size = size.clamp(low, high)
    return torch.where((size > 0) & (length > 0), size / length, 1.0)


def norm(tensor: Tensor) -> Tensor:
    """The Euclidean norm, in float32 at least."""
    dtype = torch.promote_types(tensor.dtype, torch.float32)
    return torch.linalg.vector_norm(tensor, dtype=dtype)
