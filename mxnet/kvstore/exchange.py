"""Sums of a fixed set of gradients over the workers, on their way while others are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..error import MXNetError
from .buckets import BUCKET_BYTES, Bucket
from .workers import Workers

__all__ = ["Exchange"]

_ALONE = 2 << 20  # bytes from which an array is summed where it is, rather than in a bucket


@dataclass
class _Group:
    """Gradients that travel together, by their places in the order of completion."""

    places: list[int]
    bucket: Bucket | None = None
    wait: Callable[[], None] | None = None


class Exchange:
    """Replaces arrays by their sums over the workers, group by group as they become complete.

    Parameters: ``names``, ``arrays``: the gradients; ``order``: their numbers in the order in which
    the backward run completes them, of which that of rank 0 counts. Large arrays are summed in
    place, small ones in buckets. ``ready(group)`` is called when a group is complete; groups start
    in the same order on all workers, whatever the order of these calls. ``finish`` starts the rest
    and waits. Raises MXNetError where the workers have different gradients.
    """

    def __init__(
        self, workers: Workers, names: Sequence[Any], arrays: Sequence[Any], order: Sequence[int]
    ):
        import torch

        self._workers = workers
        facts = [f"{n!r} {a.shape} {a._tensor.dtype}" for n, a in zip(names, arrays, strict=True)]
        workers.agree(f"gradients {facts}", f"gradients of {', '.join(facts)}")
        common = torch.tensor(order, dtype=torch.int64)
        workers.copy_from_first(common, "order of the gradients")
        self._names = [names[i] for i in common.tolist()]
        self._arrays = [arrays[i] for i in common.tolist()]
        self._groups = list(self._grouped())
        self._complete = [False] * len(self._groups)
        self._started = 0
        self._error: MXNetError | None = None

    @property
    def groups(self) -> list[list[Any]]:
        """The arrays of each group."""
        return [[self._arrays[place] for place in group.places] for group in self._groups]

    def _grouped(self) -> list[_Group]:
        groups: list[_Group] = []
        small: dict[Any, list[int]] = {}  # not yet a full bucket, by type and device

        def close(kind: tuple[Any, Any]) -> None:
            places = small.pop(kind)
            size = sum(self._arrays[place]._tensor.nbytes for place in places)
            bucket = Bucket(kind[0], kind[1], size)
            for place in places:
                bucket.add(self._names[place], self._arrays[place])
            groups.append(_Group(places, bucket))

        for place, array in enumerate(self._arrays):
            tensor = array._tensor
            if tensor.nbytes >= _ALONE and tensor.is_contiguous():
                groups.append(_Group([place]))
                continue
            kind = (tensor.dtype, tensor.device)
            waiting = sum(self._arrays[i]._tensor.nbytes for i in small.get(kind, ()))
            if waiting and waiting + tensor.nbytes > BUCKET_BYTES:
                close(kind)
            small.setdefault(kind, []).append(place)
        for kind in list(small):
            close(kind)
        return sorted(groups, key=lambda group: group.places[-1])

    def ready(self, group: int) -> None:
        """The arrays of a group are complete; an error waits for ``finish``."""
        self._complete[group] = True
        try:
            while self._started < len(self._groups) and self._complete[self._started]:
                self._start(self._groups[self._started])
                self._started += 1
        except MXNetError as error:
            self._error = error

    def _start(self, group: _Group) -> None:
        workers = self._workers
        if group.bucket is None:
            (place,) = group.places
            what = f"sum of key {self._names[place]!r}"
            group.wait = workers.start_sum(self._arrays[place]._tensor, what)
            return
        group.bucket.refill(self._tensors(group))
        group.bucket.start(workers, None)

    def finish(self) -> None:
        """Wait until all arrays are sums over the workers."""
        try:
            for number, complete in enumerate(self._complete):
                if not complete:
                    self.ready(number)
            if self._error is not None:
                raise self._error
            for group in self._groups:
                self._wait(group)
        finally:
            self._complete = [False] * len(self._groups)
            self._started, self._error = 0, None

    def _wait(self, group: _Group) -> None:
        if group.bucket is None:
            assert group.wait is not None
            group.wait()
            return
        import torch

        group.bucket.wait(self._workers, None)
        sums = [array._tensor for array in group.bucket.arrays]
        torch._foreach_copy_(self._tensors(group), sums)

    def _tensors(self, group: _Group) -> list[Any]:
        return [self._arrays[place]._tensor for place in group.places]

    def abandon(self, error: Exception) -> None:
        """Give up, since the other workers wait for gradients that will not come."""
        self._workers.fail(f"the gradients of this worker could not be computed: {error}")
