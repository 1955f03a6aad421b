"""A training step of several workers whose gradients travel during the backward run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakSet

from ..execution.program import Segment
from .update import is_distributed, rows_to_update, update_alone

__all__ = ["Overlap"]


class Overlap:
    """Starts the exchange of gradients from within the backward run, and updates after it.

    Made by ``of``. The schedule of a program is known when it is bound, so a group of gradients
    starts right after the instruction that completes the last of them.
    """

    def __init__(self, group: Any, exchange: Any, update: Callable[[], None]):
        self._group, self._exchange, self._update = group, exchange, update
        self._prepared: WeakSet[Segment] = WeakSet()

    @classmethod
    def of(cls, group: Any, updater: Any, store: Any, on_kvstore: bool) -> Overlap | None:
        """The step for a group with one device; None where gradients cannot travel early.

        That is so without other workers, with several devices, with compression, where gradients
        are added up over several runs, and where sizes depend on values.
        """
        if not is_distributed(store) or len(group.execs) != 1 or not hasattr(store, "exchange"):
            return None
        rows = rows_to_update(group)
        gradients = [grads[0] for _, _, grads, _ in rows]
        segment = _backward_of(group.execs[0])
        added = any(group.grad_req[name] == "add" for _, name, *_ in rows)
        sparse = any(gradient.stype != "default" for gradient in gradients)
        if not rows or added or sparse or segment is None:
            return None
        names = [name for _, name, *_ in rows]
        last = segment.last_writes([gradient._tensor for gradient in gradients])
        order = sorted(range(len(rows)), key=last.__getitem__)
        exchange = store.exchange(names, gradients, order)
        if exchange is None:
            return None
        return cls(group, exchange, update_alone(rows, updater, store, on_kvstore))

    def backward(self, run: Callable[[], None]) -> None:
        """Make the backward run, with the exchange, and the update."""
        self._prepare(_backward_of(self._group.execs[0]))
        try:
            run()
        except Exception as error:
            self._exchange.abandon(error)
            raise
        self._exchange.finish()
        self._update()

    def _prepare(self, segment: Segment | None) -> None:
        if segment is None or segment in self._prepared:
            return
        calls: dict[int, list[Callable[[], None]]] = {}
        for number, arrays in enumerate(self._exchange.groups):
            last = max(segment.last_writes([array._tensor for array in arrays]))
            calls.setdefault(last, []).append(partial(self._exchange.ready, number))
        segment.call_after(calls)
        self._prepared.add(segment)


def _backward_of(executor: Any) -> Segment | None:
    """The backward part of what an executor runs; None where it has no fixed schedule."""
    found = executor._program(True).backward
    return found if isinstance(found, Segment) else None
