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
from types import FunctionType

from .language import shared_by
from .machine import cache_folder, kept

__all__ = ["Worker", "begin", "compile_all", "expect", "kernel_names", "serve", "take"]

_MODULES = (
    "cells", "im2col", "interpreter", "layer_normalization", "normalization",
    "normalization_derivative", "planes", "products", "steps", "winograd",
)  # fmt: skip
_PATIENCE = 10.0  # seconds in which planning may ask for kernels
_WORKERS = 4  # processes at most; each takes a quarter of a second to begin
# The packages without what their __init__ imports: kernels need few of the modules.
_START = """
import os, sys, types
sys.path.insert(0, sys.argv[1])
for name in ("mxnet", "mxnet.ops"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [os.path.join(sys.argv[1], *name.split("."))]
from mxnet.kernels import ahead
ahead.serve()
"""


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
        KERNELS[name].code()
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

    try:
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(compile_one, names)
    finally:
        for worker in started:
            worker.close()


# -- while programs are planned --------------------------------------------------------------------


class _Queue:
    """Kernels that are still to be compiled, and the workers that take them in turn.

    They come in phases: who waits for one compiles no others meanwhile than are needed soon.
    """

    def __init__(self) -> None:
        self.process = os.getpid()
        self.waiting: deque[str] = deque()
        self.phases: dict[str, int] = {}  # of all that were ever asked for
        self.busy: set[str] = set()
        self.workers = 0
        self.planning = False  # kernels will be asked for soon
        self.changed = threading.Condition()

    def add(self, *phases: Iterable[str]) -> None:
        with self.changed:
            self.planning = False
            for phase, names in enumerate(phases):
                self._extend(names, phase)
            wanted = min(_spare_cores(), len(self.waiting) - 1, _WORKERS)
            self._start(wanted - self.workers)

    def begin(self, names: Iterable[str]) -> bool:
        """Start one worker, which will be ready when kernels are asked for; ``names``: the first.

        Returns whether there is one.
        """
        with self.changed:
            if not self.phases and not self.workers and _spare_cores() > 0:
                self.planning = True
                self._start(1)
            if self.planning:
                self._extend(names, 0)
            return self.planning

    def _extend(self, names: Iterable[str], phase: int) -> None:
        new = [name for name in names if name not in self.phases]
        self.phases.update(dict.fromkeys(new, phase))
        self.waiting.extend(name for name in new if kept(name) is None)
        self.changed.notify_all()

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
            self.phases.setdefault(name, 0)
            if name in self.waiting:
                self.waiting.remove(name)
        while (other := self._meanwhile(name)) is not None:
            _compiled_and_kept(other)  # what goes wrong is reported when it is needed

    def _meanwhile(self, name: str) -> str | None:
        """Another kernel to compile while a worker is busy with one; None when that has been done."""
        with self.changed:
            soon = self.waiting and self.phases[self.waiting[0]] <= self.phases[name]
            if soon and name in self.busy:
                return self.waiting.popleft()
            self.changed.wait_for(lambda: name not in self.busy, 6 * _PATIENCE)
            return None


_queue: _Queue | None = None

PRODUCTS = ("products.multiply", "interpreter.product")  # what calls those of generated products
# What native programs consist of in most cases, and what those of gradients do.
_PROGRAM, _COMMON = "interpreter.run_program", ("interpreter.chain", "interpreter.sum_of_rows")


def _spare_cores() -> int:
    if not Path(sys.executable or "").name.startswith("python"):
        return 0  # a program that has Python inside
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) - 1


def expect(forward: Iterable[tuple[str, str]], backward: Iterable[tuple[str, str]]) -> None:
    """Begin to compile what will be needed, in this order, where there are cores to spare.

    Parameters: what forward and backward parts call, see ``Op.kernels``, with the type of the first
    input of each.
    """
    _own_queue().add(
        _kernels([(_PROGRAM, "float32"), *forward]),
        _kernels([*((name, "float32") for name in _COMMON), *backward]),
    )


def begin(functions: Iterable[tuple[str, str]] = ()) -> bool:
    """Get ready for ``expect``, where no kernel has ever been compiled; returns whether that is so.

    ``functions``: those that will be called in all probability, to begin with, and the type of what they
    are called for.
    """
    if cache_folder().exists():
        return False
    return _own_queue().begin(_kernels(functions))


def _kernels(functions: Iterable[tuple[str, str]]) -> dict[str, None]:
    return dict.fromkeys(name for each in functions for name in _called_by(*each))


def _own_queue() -> _Queue:
    global _queue
    if _queue is None or _queue.process != os.getpid():
        _queue = _Queue()
    return _queue


@functools.cache
def _called_by(function: str, stored: str = "float32") -> list[str]:
    """The kernels that a function calls on arrays stored in a type, in its order, also by way of others.

    Of a kernel, itself.
    """
    from .native import KERNELS

    module, _, name = function.partition(".")
    found = importlib.import_module(f".{module}", __package__)
    if function in KERNELS:
        return [*shared_by(KERNELS[function].function), function]
    names = {id(kernel): each for each, kernel in KERNELS.items()}
    kernels, seen, functions = [], set(), [getattr(found, name)]
    while functions:
        calls = functions.pop()
        if isinstance(calls, dict):  # see native.for_types
            calls = calls.get(stored)
        if isinstance(calls, FunctionType) and calls.__module__.startswith(f"{__package__}."):
            called = [*map(calls.__globals__.get, calls.__code__.co_names)]
            functions += [each for each in reversed(called) if id(each) not in seen]
            seen.update(map(id, called))
        elif id(calls) in names:
            kernels += _called_by(names[id(calls)])
    return kernels


def take(name: str) -> None:
    """Wait if another process is compiling a kernel now; else nobody else will."""
    if _queue is not None and _queue.process == os.getpid():
        _queue.take(name)
