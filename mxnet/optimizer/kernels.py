"""torch's kernels that do a whole update in one pass over memory."""

from __future__ import annotations

import torch

from .base import Job

__all__ = ["can_fuse", "fused_adam", "fused_sgd"]


def can_fuse(job: Job) -> bool:
    """Whether the kernels compute this job exactly.

    They walk over all arrays as over flat memory, so that layouts have to agree; and in 16 bits
    they round the factors that stand for MXNet's rules.
    """
    weight, grad, state, _ = job
    if weight.dtype not in (torch.float32, torch.float64) or weight.device.type not in (
        "cpu",
        "cuda",
    ):
        return False
    others = [grad, *(state if isinstance(state, tuple) else [state] if state is not None else [])]
    return _is_dense(weight) and all(
        other.dtype == weight.dtype
        and other.device == weight.device
        and other.shape == weight.shape
        and other.stride() == weight.stride()
        for other in others
    )


def _is_dense(tensor: torch.Tensor) -> bool:
    return tensor.is_contiguous() or (
        tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
    )


def fused_sgd(jobs: list[Job], mu: float, factor: float) -> None:
    """SGD of weights with the same learning rate and decay; gradients count ``factor`` times.

    torch keeps buf = mu buf + (1 - dampening) (grad + decay weight); weight -= lr buf. With its lr
    at -1 and our factors in the dampening, buf is the momentum of MXNet.
    """
    if not factor:
        factor, grads = 1.0, [torch.zeros_like(job.grad) for job in jobs]
    else:
        grads = [job.grad for job in jobs]
    lr, wd = jobs[0].step.lr, jobs[0].step.wd
    torch._fused_sgd_(
        [job.weight for job in jobs],
        grads,
        [job.state for job in jobs] if mu else [],
        weight_decay=wd / factor,
        momentum=mu,
        lr=-1.0 if mu else lr * factor,
        dampening=1.0 + lr * factor if mu else 0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )
    _changed(jobs)


def fused_adam(
    jobs: list[Job], grads: list[torch.Tensor], beta1: float, beta2: float, epsilon: float
) -> None:
    """Adam of weights with the same learning rate and count, of gradients ready for use.

    torch adds its epsilon to sqrt(variance / (1 - beta2^t)), MXNet to sqrt(variance).
    """
    lr, _, t, _ = jobs[0].step
    correction = (1 - beta2**t) ** 0.5
    count = torch.full((), t, dtype=torch.float32, device=jobs[0].weight.device)
    torch._fused_adam_(
        [job.weight for job in jobs],
        grads,
        [job.state[0] for job in jobs],
        [job.state[1] for job in jobs],
        [],
        [count] * len(jobs),
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        weight_decay=0.0,
        eps=epsilon / correction,
        amsgrad=False,
        maximize=False,
    )
    _changed(jobs)


def _changed(jobs: list[Job]) -> None:
    """Count the change of the weights, which these kernels of torch leave out."""
    torch.autograd.graph.increment_version([job.weight for job in jobs])
