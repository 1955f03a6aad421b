"""The autograd of 0.9, in terms of ``mx.autograd``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import autograd
from ..autograd import mark_variables
from ..ndarray import NDArray, zeros

__all__ = [
    "TrainingStateScope", "backward", "compute_gradient", "grad", "grad_and_loss",
    "mark_variables", "set_is_training", "test_section", "train_section",
]  # fmt: skip


def set_is_training(is_train: bool) -> bool:
    """Switch training mode and recording together; returns whether training was on."""
    before = autograd.set_training(is_train)
    autograd.set_recording(is_train)
    return before


class TrainingStateScope:
    """A ``with`` block in training mode with recording, or in neither."""

    def __init__(self, enter_state: bool):
        self._enter_state = enter_state
        self._before = False

    def __enter__(self) -> None:
        self._before = set_is_training(self._enter_state)

    def __exit__(self, *exc_info: Any) -> None:
        if self._before != self._enter_state:
            set_is_training(self._before)


def train_section() -> TrainingStateScope:
    """A ``with`` block whose operations are recorded, in training mode."""
    return TrainingStateScope(True)


def test_section() -> TrainingStateScope:
    """A ``with`` block inside a ``train_section`` whose operations are not recorded."""
    return TrainingStateScope(False)


def backward(outputs: Sequence[NDArray], out_grads: Any = None, retain_graph: bool = False) -> None:
    """Compute the gradients of arrays for their marked variables."""
    assert isinstance(outputs, (list, tuple)), f"a list of NDArrays is needed, not {type(outputs)}"
    autograd.backward(list(outputs), out_grads, retain_graph)


def compute_gradient(outputs: Sequence[NDArray]) -> None:
    """The same, with head gradients of one."""
    backward(outputs)


def grad_and_loss(func: Callable, argnum: Any = None) -> Callable:
    """A function that returns the gradients of ``func`` for its arguments, and its value.

    Parameters: ``argnum``: which arguments, a number or a list; by default all.
    """

    @functools.wraps(func)
    def wrapped(*args: NDArray) -> tuple[list[NDArray], Any]:
        numbers = range(len(args)) if argnum is None else argnum
        variables = [args[i] for i in ([numbers] if isinstance(numbers, int) else numbers)]
        for variable in variables:
            if not isinstance(variable, NDArray):
                raise AssertionError(f"the arguments should be NDArrays, not {type(variable)}")
        gradients = [zeros(v.shape, ctx=v.context, dtype=v.dtype) for v in variables]
        mark_variables(variables, gradients)
        with train_section():
            outputs = func(*args)
        compute_gradient([outputs] if isinstance(outputs, NDArray) else outputs)
        return gradients, outputs

    return wrapped


def grad(func: Callable, argnum: Any = None) -> Callable:
    """A function that returns the gradients of ``func``; see ``grad_and_loss``."""
    both = grad_and_loss(func, argnum)

    @functools.wraps(both)
    def wrapped(*args: NDArray) -> list[NDArray]:
        return both(*args)[0]

    return wrapped
