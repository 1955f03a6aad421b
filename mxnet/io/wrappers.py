"""Iterators made from other iterators: ResizeIter and PrefetchingIter."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from typing import Any

from ..error import MXNetError
from .batch import DataBatch, DataDesc, DataIter

__all__ = ["PrefetchingIter", "ResizeIter"]


class _Wrapper(DataIter):
    """What is asked of the current batch, which ``iter_next`` sets."""

    current_batch: Any = None

    def getdata(self) -> list[Any]:
        return self.current_batch.data

    def getlabel(self) -> list[Any]:
        return self.current_batch.label

    def getindex(self) -> Any:
        return self.current_batch.index

    def getpad(self) -> int | None:
        return self.current_batch.pad


class ResizeIter(_Wrapper):
    """An iterator with another number of batches a pass, starting over or stopping early.

    Parameters: ``data_iter``; ``size``: batches in a pass; ``reset_internal``: whether
    ``reset`` also resets ``data_iter`` (else a pass goes on where the last one stopped).
    """

    def __init__(self, data_iter: Any, size: int, reset_internal: bool = True):
        super().__init__(data_iter.batch_size)
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.current_batch = None
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            try:
                self.current_batch = self.data_iter.next()
            except StopIteration:
                raise MXNetError("ResizeIter: the wrapped iterator has no batch at all") from None
        self.cur += 1
        return True


class PrefetchingIter(_Wrapper):
    """Prepares the next batch of one or several iterators in threads while this one is used.

    Parameters: ``iters``: an iterator or a list of them, whose data and labels are put
    together into one batch; ``rename_data``, ``rename_label``: a dict per iterator from its
    names to the names to show. An error in a thread is raised by the next call of ``next``.
    """

    def __init__(
        self,
        iters: Any,
        rename_data: Sequence[dict[str, str]] | None = None,
        rename_label: Sequence[dict[str, str]] | None = None,
    ):
        self.iters: list[Any] = list(iters) if isinstance(iters, (list, tuple)) else [iters]
        if not self.iters:
            raise ValueError("PrefetchingIter needs at least one iterator")
        super().__init__()
        self.n_iter = len(self.iters)
        self.rename_data = rename_data
        self.rename_label = rename_label
        self.batch_size = self.provide_data[0][1][0]
        self.current_batch = None
        self._workers = [_Worker(iterator) for iterator in self.iters]
        for worker in self._workers:
            worker.ask(worker.NEXT)
        self._ended = False

    def __del__(self):
        for worker in getattr(self, "_workers", ()):
            worker.ask(worker.STOP)

    @property
    def provide_data(self) -> list[DataDesc]:
        """The data descriptions of all iterators, renamed."""
        return _renamed([i.provide_data for i in self.iters], self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """The label descriptions of all iterators, renamed."""
        return _renamed([i.provide_label for i in self.iters], self.rename_label)

    def reset(self) -> None:
        if not self._ended:
            for worker in self._workers:
                worker.answer()  # what was prepared belongs to the pass given up here
        for worker in self._workers:
            worker.ask(worker.RESET)
        for worker in self._workers:
            worker.ask(worker.NEXT)
        self._ended = False

    def iter_next(self) -> bool:
        if self._ended:
            return False
        answers = [worker.answer() for worker in self._workers]
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        if failures:
            self._ended = True
            raise failures[0]
        ended = [answer is None for answer in answers]
        if any(ended):
            self._ended = True
            if not all(ended):
                raise MXNetError("PrefetchingIter: the iterators have different numbers of batches")
            return False
        if len({batch.pad for batch in answers}) > 1:
            raise MXNetError("PrefetchingIter: the iterators pad their batches differently")
        for worker in self._workers:
            worker.ask(worker.NEXT)
        self.current_batch = DataBatch(
            [array for batch in answers for array in batch.data],
            [array for batch in answers for array in batch.label or ()],
            answers[0].pad,
            answers[0].index,
            bucket_key=answers[0].bucket_key,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        return True

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        return self.current_batch


class _Worker:
    """A thread that drives one iterator: orders go in, a batch, None or an error comes out."""

    NEXT, RESET, STOP = range(3)

    def __init__(self, iterator: DataIter):
        self._orders: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        arguments = (iterator, self._orders, self._answers)
        threading.Thread(target=self._work, args=arguments, daemon=True).start()

    def ask(self, order: int) -> None:
        self._orders.put(order)

    def answer(self) -> Any:
        return self._answers.get()

    @classmethod
    def _work(cls, iterator, orders, answers) -> None:
        failure: BaseException | None = None
        while (order := orders.get()) != cls.STOP:
            try:
                if order == cls.RESET:
                    failure = None
                    iterator.reset()
                else:
                    answers.put(failure or iterator.next())
            except StopIteration:
                answers.put(None)
            except BaseException as error:  # carried over to the thread that asks
                failure = error
                if order == cls.NEXT:
                    answers.put(error)


def _renamed(descriptions, names) -> list[DataDesc]:
    if names is None:
        return [desc for descs in descriptions for desc in descs]
    result = []
    for descs, rename in zip(descriptions, names, strict=True):
        for desc in descs:
            desc = desc if isinstance(desc, DataDesc) else DataDesc(*desc)
            name = rename.get(desc.name, desc.name)
            result.append(DataDesc(name, desc.shape, desc.dtype, desc.layout))
    return result
