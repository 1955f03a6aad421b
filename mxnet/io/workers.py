"""Work done ahead of time by threads: batches that are prepared while others are used."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

__all__ = ["Ahead"]


class Ahead:
    """Runs the jobs of batches in threads, so that some batches are always on their way.

    Parameters: ``batches``: an iterator of (result, jobs), whose jobs fill in the result;
    ``threads``; ``ahead``: how many batches to prepare. ``next`` gives the results in order, raises
    what a job raised, and StopIteration at the end. It never waits for a thread that does not exist:
    after a fork the threads are started anew.
    """

    def __init__(
        self, batches: Iterator[tuple[Any, list[Callable[[], None]]]], threads: int, ahead: int
    ):
        self._batches, self._threads, self._ahead = batches, max(threads, 1), max(ahead, 1)
        self._waiting: deque[tuple[Any, list[Callable[[], None]], list[Future]]] = deque()
        self._start()
        self._fill()

    def _start(self) -> None:
        self._process = os.getpid()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="mxnet-io")

    def _fill(self) -> None:
        while len(self._waiting) < self._ahead:
            batch = next(self._batches, None)
            if batch is None:
                return
            result, jobs = batch
            self._waiting.append((result, jobs, [self._pool.submit(job) for job in jobs]))

    def _after_fork(self) -> None:
        self._start()
        self._waiting = deque(
            (result, jobs, [self._pool.submit(job) for job in jobs])
            for result, jobs, _ in self._waiting
        )

    def next(self) -> Any:
        """The next result."""
        if self._process != os.getpid():
            self._after_fork()
        if not self._waiting:
            self.close()
            raise StopIteration
        result, _, futures = self._waiting.popleft()
        try:
            for future in futures:
                future.result()
        except CancelledError:
            raise StopIteration from None
        except BaseException:
            self.close()
            raise
        self._fill()
        return result

    def close(self) -> None:
        """Give up what is on its way."""
        self._waiting.clear()
        self._batches = iter(())
        if self._process == os.getpid():
            self._pool.shutdown(wait=False, cancel_futures=True)

    def __del__(self):
        if hasattr(self, "_pool"):
            self.close()
