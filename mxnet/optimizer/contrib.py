"""Optimizers of the contrib name space."""

from __future__ import annotations

from ..ndarray import NDArray
from ..ops.update_rules import group_adagrad
from .base import Step, TensorOptimizer, register

__all__ = ["GroupAdaGrad"]


@register
class GroupAdaGrad(TensorOptimizer):
    """AdaGrad with one history for each row of a matrix, for embeddings.

    history += mean(g^2, axis=1); weight -= lr g / (sqrt(history) + eps); g = clip(rescale grad)

    There is no weight decay. Raises AssertionError for it, and for weights that are no matrices.
    """

    lazy_update = True

    def __init__(self, eps: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index, weight: NDArray) -> NDArray:
        """The history (rows, 1)."""
        tensor = weight._tensor
        if tensor.dim() != 2:
            raise AssertionError(f"GroupAdaGrad takes matrices, not a weight of {weight.shape}")
        return NDArray(tensor.new_zeros(tensor.shape[0], 1), weight._context)

    def rule(self, weight, grad, state, step: Step) -> None:
        """Change weight and history in place."""
        if step.wd:
            raise AssertionError("Weight decay is not supported for GroupAdaGrad")
        g = self.scaled(grad)
        group_adagrad(weight, g, state, step.lr, self.float_stable_eps)
