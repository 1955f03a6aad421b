"""The function (index, grad, weight) that a KVStore or a Module calls, and what it keeps."""

from __future__ import annotations

from typing import Any

from ..context import Context
from ..error import MXNetError
from ..ndarray import NDArray
from .base import Optimizer
from .states import dump, load

__all__ = ["Updater", "get_updater"]


class Updater:
    """Applies an optimizer to weights by index and keeps their states.

    Attributes: ``optimizer``; ``states``: by index; ``states_synced``: whether a state is known to
    be where its weight is.
    """

    def __init__(self, optimizer: Optimizer):
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}
        self.states_synced: dict[Any, bool] = {}

    @property
    def aggregate_updates(self) -> bool:
        """Whether the optimizer takes several weights at once."""
        return self.optimizer.together > 0

    def __call__(self, index, grad, weight) -> None:
        """Update a weight with its gradient; or several, where all three are lists."""
        if not isinstance(index, (list, tuple)):
            index, grad, weight = [index], [grad], [weight]
        for i, w in zip(index, weight, strict=True):
            self._prepare(i, w)
        states = [self.states[i] for i in index]
        optimizer = self.optimizer
        if not self.aggregate_updates or len(index) == 1:
            for arguments in zip(index, weight, grad, states, strict=True):
                optimizer.update_multi_precision(*arguments)
            return
        for start in range(0, len(index), optimizer.together):
            part = slice(start, start + optimizer.together)
            optimizer.update_multi_precision(index[part], weight[part], grad[part], states[part])

    def _prepare(self, index, weight: NDArray) -> None:
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
            self.states_synced[index] = True
        elif not self.states_synced.get(index):
            self.states[index] = self.sync_state_context(self.states[index], weight.context)
            self.states_synced[index] = True

    def sync_state_context(self, state, context: Context):
        """A state, its arrays moved to a context."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, (list, tuple)):
            return type(state)(self.sync_state_context(item, context) for item in state)
        return state

    def set_states(self, states: bytes) -> None:
        """Take over what ``get_states`` gave, here or in MXNet 1.x.

        Raises MXNetError where the bytes hold anything but states and a known optimizer.
        """
        content, optimizer = load(states), self.optimizer
        if isinstance(content, tuple) and len(content) == 2:
            content, optimizer = content
        if not (isinstance(content, dict) and isinstance(optimizer, Optimizer)):
            raise MXNetError("These are no optimizer states: they should be a dict by index.")
        self.states, self.optimizer = content, optimizer
        self.states_synced = dict.fromkeys(content, False)

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """All states, and the optimizer if asked for, in the format of 1.x (a pickle)."""
        return dump((self.states, self.optimizer) if dump_optimizer else self.states)


def get_updater(optimizer: Optimizer) -> Updater:
    """An Updater for an optimizer."""
    return Updater(optimizer)
