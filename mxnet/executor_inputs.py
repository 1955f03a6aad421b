"""What executors are given at a run: input arrays by name, and gradients of outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from .base import MXNetError
from .ndarray import NDArray

__all__ = ["copy_inputs", "set_head_gradients"]


def copy_inputs(bound: Mapping[str, NDArray], arrays: Mapping[str, Any]) -> None:
    """Copy arrays by name into bound ones.

    Raises TypeError for unknown names, ValueError for values that are not arrays of the right shape.
    """
    for name, value in arrays.items():
        if name not in bound:
            raise TypeError(f"Unknown argument {name}; the arguments are {', '.join(bound)}")
        if not isinstance(value, (NDArray, np.ndarray)):
            raise ValueError(
                f"only accept keyword argument of NDArrays and numpy.ndarray, not {type(value)}"
            )
        if tuple(value.shape) != bound[name].shape:
            raise ValueError(
                f"Shape not match! Argument {name}, need: {bound[name].shape}, received:"
                f" {value.shape}"
            )
        source = (
            value._tensor
            if isinstance(value, NDArray)
            else torch.from_numpy(np.ascontiguousarray(value))
        )
        bound[name]._tensor.copy_(source)


def set_head_gradients(
    targets: Mapping[int, torch.Tensor], names: Sequence[str], out_grads: Any, dynamic: bool
) -> None:
    """Copy the gradients of outputs, as ``Executor.backward`` takes them, to where they are read.

    Parameters: ``targets``: tensors by number of the output; ``names``: of all outputs; ``dynamic``:
    whether sizes are known at run time only. Raises MXNetError where one is missing or does not
    fit, TypeError for what is no NDArray.
    """
    if out_grads is None:
        if targets:
            missing = ", ".join(names[index] for index in targets)
            raise MXNetError(
                "backward needs out_grads (head_gradient) for the outputs that are not"
                f" losses: {missing}"
            )
        return
    if isinstance(out_grads, NDArray):
        out_grads = [out_grads]
    elif isinstance(out_grads, dict):
        out_grads = [out_grads[name] for name in names]
    for position, gradient in enumerate(out_grads):
        if not isinstance(gradient, NDArray):
            raise TypeError(
                f"out_grads must be NDArrays, but number {position} is {type(gradient)}"
            )
    for index, target in targets.items():
        if index >= len(out_grads):
            raise MXNetError(
                f"backward got {len(out_grads)} out_grads; output {names[index]} needs one too"
            )
        gradient = out_grads[index]._tensor
        if dynamic:
            target.set_(gradient.to(target.dtype, copy=True))
        elif gradient.shape != target.shape:
            raise MXNetError(
                f"the gradient of output {names[index]} should be {tuple(target.shape)}"
                f" but is {tuple(gradient.shape)}"
            )
        else:
            target.copy_(gradient)
