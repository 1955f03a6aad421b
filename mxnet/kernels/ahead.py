"""Compiling kernels before they are needed, in processes of their own.

numba compiles one kernel at a time in a process. While a program is planned, other processes compile
what it will need; whoever needs a kernel that none of them has begun compiles it himself.
"""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .language import shared_by
from .machine import cache_folder, kept

__all__ = ["Worker", "begin", "compile_all", "expect", "kernel_names", "serve", "take"]

_MODULES = (
    "cells", "im2col", "interpreter", "layer_normalization", "normalization",
    "normalization_derivative", "products", "steps", "winograd",
)  # fmt: skip
_PATIENCE = 10.0  # seconds in which planning may ask for kernels
_WORKERS = 4  # processes at most; each takes half a second to begin
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from mxnet.kernels import ahead; ahead.serve()"
)


def kernel_names() -> list[str]:
    """All kernels, by module and name."""
    from .native import KERNELS

    for name in _MODULES:
        importlib.import_module(f".{name}", __package__)
    return sorted(KERNELS)


# -- processes -------------------------------------------------------------------------------------


class Worker:
    """A process that compiles kernels and keeps them on disk."""

    def __init__(self) -> None:
        root = str(Path(__file__).parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, root], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def compile(self, name: str) -> str:
        """Have a kernel compiled; returns what went wrong, if anything did."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(name + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            answer = ""
        return answer.strip().removeprefix("done") if answer else "the process has ended"

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()


def serve() -> None:
    """Compile the kernels whose names come line by line, and answer each with a line."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # whatever else is printed is no answer
        importlib.import_module(".compiler", __package__)
        for line in sys.stdin:
            answers.write(_compiled_and_kept(line.strip()) + "\n")
            answers.flush()


def _compiled_and_kept(name: str) -> str:
    from .native import KERNELS

    try:
        importlib.import_module("." + name.partition(".")[0], __package__)
        KERNELS[name]()
    except Exception as error:  # the other process reports it
        return " ".join(f"{type(error).__name__}: {error}".split()) or "failed"
    return "done" if kept(name) is not None else f"{cache_folder()} cannot be written to"


def compile_all(names: Iterable[str], jobs: int) -> Iterator[tuple[str, float, str]]:
    """Compile kernels in some processes at a time.

    Yields, in order, name, seconds and what went wrong (empty: nothing).
    """
    workers = threading.local()
    started: list[Worker] = []

    def compile_one(name: str) -> tuple[str, float, str]:
        if not hasattr(workers, "own"):
            workers.own = Worker()
            started.append(workers.own)
        start = time.perf_counter()
        problem = workers.own.compile(name)
        return name, time.perf_counter() - start, problem

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(compile_one, names)
    for worker in started:
        worker.close()


# -- while programs are planned --------------------------------------------------------------------


class _Queue:
    """Kernels that are still to be compiled, and the workers that take them in turn."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.waiting: deque[str] = deque()
        self.seen: set[str] = set()  # that were ever asked for
        self.busy: set[str] = set()
        self.workers = 0
        self.planning = False  # kernels will be asked for soon
        self.changed = threading.Condition()

    def add(self, names: Iterable[str]) -> None:
        with self.changed:
            self.planning = False
            self.changed.notify_all()
            new = [name for name in names if name not in self.seen]
            self.seen.update(new)
            self.waiting.extend(name for name in new if kept(name) is None)
            wanted = min(_spare_cores(), len(self.waiting) - 1, _WORKERS)
            self._start(wanted - self.workers)

    def begin(self) -> None:
        """Start one worker, which will be ready when kernels are asked for."""
        with self.changed:
            if not self.seen and not self.workers and _spare_cores() > 0:
                self.planning = True
                self._start(1)

    def _start(self, workers: int) -> None:
        for _ in range(workers):
            self.workers += 1
            threading.Thread(target=self._work, name="kernels", daemon=True).start()

    def _work(self) -> None:
        worker = None
        try:
            worker = Worker()
            while (name := self._next()) is not None:
                fine = not worker.compile(name)
                with self.changed:
                    self.busy.discard(name)
                    self.changed.notify_all()
                if not fine:
                    break
        except OSError:  # no process could be started
            pass
        finally:
            with self.changed:
                self.workers -= 1
            if worker is not None:
                worker.close()

    def _next(self) -> str | None:
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or not self.planning, _PATIENCE)
            if not self.waiting:
                return None
            self.busy.add(self.waiting[0])
            return self.waiting.popleft()

    def take(self, name: str) -> None:
        with self.changed:
            self.seen.add(name)
            if name in self.waiting:
                self.waiting.remove(name)
            self.changed.wait_for(lambda: name not in self.busy, 6 * _PATIENCE)


_queue: _Queue | None = None

# What native programs consist of in most cases.
_COMMON = ("interpreter.run_program", "interpreter.chain", "interpreter.sum_of_rows")


def _spare_cores() -> int:
    if not Path(sys.executable or "").name.startswith("python"):
        return 0  # a program that has Python inside
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) - 1


def expect(functions: Iterable[tuple[str, str]], products: bool) -> None:
    """Begin to compile what will be needed, in this order, where there are cores to spare.

    ``functions``: see ``Op.kernels``, each with the type of the first input; ``products``: whether
    there are generated matrix products.
    """
    first = ("interpreter.product", "products.multiply") * products
    wanted = (*((name, "float32") for name in first), *functions)
    wanted += tuple((name, "float32") for name in _COMMON)
    _own_queue().add(dict.fromkeys(name for each in wanted for name in _called_by(*each)))


def begin() -> None:
    """Get ready for ``expect`` where no kernel has ever been compiled."""
    if not cache_folder().exists():
        _own_queue().begin()


def _own_queue() -> _Queue:
    global _queue
    if _queue is None or _queue.process != os.getpid():
        _queue = _Queue()
    return _queue


@functools.cache
def _called_by(function: str, stored: str = "float32") -> list[str]:
    """The kernels that a function calls on arrays stored in a type, in its order; of a kernel itself."""
    from .native import KERNELS

    module, _, name = function.partition(".")
    found = importlib.import_module(f".{module}", __package__)
    kernels = [function]
    if function not in KERNELS:
        names = (f"{module}.{each}" for each in getattr(found, name).__code__.co_names)
        kernels = [each for each in names if each in KERNELS]
        kernels = [name if (name := f"{each}_{stored}") in KERNELS else each for each in kernels]
    return [part for each in kernels for part in (*shared_by(KERNELS[each].function), each)]


def take(name: str) -> None:
    """Wait if another process is compiling a kernel now; else nobody else will."""
    if _queue is not None and _queue.process == os.getpid():
        _queue.take(name)
