"""From claimed calls to native programs that run at one stroke."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .claims import Elementwise, Record, View, claim
from .codes import CHAIN, GEMM, LOAD, REGISTERS, STORE, TILE

__all__ = ["NativeCall", "claimed_call", "merge"]

Call = Callable[[], Any]

_LONGEST = 64  # members of a chain: each is compared with all before it


class NativeCall:
    """One torch call as the interpreter does it; alone it runs as a program of its own."""

    def __init__(self, what: Elementwise | Record, target: torch.Tensor):
        self.what, self.target = what, target

    def __call__(self) -> torch.Tensor:
        program = _bound([self])  # named, so that it lives while it runs
        program.run()
        return self.target


def claimed_call(func: Any, args: tuple, kwargs: dict, target: Any) -> NativeCall | None:
    """The native form of a torch call that writes into ``target``; None where there is none."""
    found = claim(func, args, kwargs) if isinstance(target, torch.Tensor) else None
    if found is None or isinstance(found, Record) and found.code == GEMM and not _gemm_address():
        return None
    return NativeCall(found, target)


def merge(calls: Sequence[Call], planned: int) -> tuple[list[Call], list[int], list[Any]]:
    """Put neighbouring native calls into one call each.

    ``planned``: the storage of the arena; what is written elsewhere may be seen from outside, so that
    its version is raised as torch would. Returns the calls, for each the number of the first call
    that it stands for, and objects that have to live as long.
    """
    merged: list[Call] = []
    numbers: list[int] = []
    kept: list[Any] = []
    waiting: list[NativeCall] = []

    def flush(end: int) -> None:
        if waiting:
            program = _bound(waiting)
            kept.append(program)
            merged.append(program.run)
            numbers.append(end - len(waiting))
            outside = _outside(waiting, planned)
            if outside:
                merged.append(partial(torch.autograd.graph.increment_version, outside))
                numbers.append(end - len(waiting))
            waiting.clear()

    for number, call in enumerate(calls):
        if isinstance(call, NativeCall):
            waiting.append(call)
            continue
        flush(number)
        merged.append(call)
        numbers.append(number)
    flush(len(calls))
    return merged, numbers, kept


def _outside(calls: Iterable[NativeCall], planned: int) -> tuple[torch.Tensor, ...]:
    found = {}
    for call in calls:
        storage = call.target.untyped_storage()._cdata
        if storage != planned:
            found[storage] = call.target
    return tuple(found.values())


class _Program:
    """A native program with all that its addresses point to."""

    def __init__(self, words: list[int], keep: list[Any]):
        from .interpreter import run

        self.words = np.array(words, np.int64)
        self.scratch = torch.zeros(REGISTERS * TILE)
        self.keep = keep
        start = self.words.ctypes.data
        self.run = partial(
            run, start, start + self.words.nbytes, self.scratch.data_ptr(), _gemm_address()
        )


def _bound(calls: Sequence[NativeCall]) -> _Program:
    words: list[int] = []
    group: list[Elementwise] = []
    for call in calls:
        what = call.what
        if isinstance(what, Elementwise):
            joined = _joined(group, what)
            if joined is None:
                words += _chain(group)
                joined = [what]
            group = joined
            continue
        words += _chain(group)
        group = []
        words += (what.code, len(what.words) + 2, *what.words)
    words += _chain(group)
    return _Program(words, [call.what.keep for call in calls])


# -- chains ----------------------------------------------------------------------------------------


def _joined(group: list[Elementwise], new: Elementwise) -> list[Elementwise] | None:
    """The group with one more, in planes of one form; None where that would change results."""
    if not group:
        return [new]
    if len(group) == _LONGEST:
        return None
    rows, columns = max((new.rows, new.columns), (group[0].rows, group[0].columns))
    fitted = []
    for each in (*group, new):
        found = each.fitted(rows, columns)
        if found is None:
            return None
        fitted.append(found)
    *before, last = fitted
    for each in before:
        for step in each.steps:
            for other in last.steps:
                if not _may_share_tiles(step, other, rows, columns):
                    return None
    return fitted


def _may_share_tiles(one: tuple, other: tuple, rows: int, columns: int) -> bool:
    """Whether two steps give the same when they take turns tile by tile."""
    _, written, read = one
    _, writes, reads = other
    pairs = [(written, view) for view in (writes, *reads)] + [(view, writes) for view in read]
    return all(a == b or _apart(a, b, rows, columns) for a, b in pairs)


def _apart(a: View, b: View, rows: int, columns: int) -> bool:
    """Whether two planes have no number in common."""
    if _end(a, rows, columns) <= b.address or _end(b, rows, columns) <= a.address:
        return True
    stride = 4 * a.row_stride  # different columns of one matrix
    if a.row_stride != b.row_stride or a.column_stride != 1 or b.column_stride != 1 or not stride:
        return False
    distance = (b.address - a.address) % stride
    return 4 * columns <= distance <= stride - 4 * columns


def _end(view: View, rows: int, columns: int) -> int:
    last = (rows - 1) * view.row_stride + (columns - 1) * view.column_stride
    return view.address + 4 * last + 4


def _chain(group: Sequence[Elementwise]) -> list[int]:
    if not group:
        return []
    rows, columns = group[0].rows, group[0].columns
    tall, wide = (TILE // columns, columns) if columns <= TILE else (1, TILE)
    steps = _Steps()
    for each in group:
        for kind, target, sources in each.steps:
            steps.add(kind, target, sources)
    words = [CHAIN, 7 + 8 * len(steps.made), rows, columns, tall, wide, len(steps.made)]
    for step in steps.made:
        words += step + (0,) * (8 - len(step))
    return words


class _Steps:
    """Steps on registers: what is in one already is not loaded again."""

    def __init__(self) -> None:
        self.made: list[tuple[int, ...]] = []
        self.held: dict[View, int] = {}  # least recently used first

    def add(self, kind: int, target: View, sources: tuple[View, ...]) -> None:
        operands = [self.loaded(view, sources) for view in sources]
        if kind == LOAD:  # a copy
            result = operands[0]
        else:
            result = self.register(sources)
            self.made.append((kind, result, *operands))
        self.made.append((STORE, result, *target))
        self.held.pop(target, None)
        if result not in self.held.values():
            self.held[target] = result

    def loaded(self, view: View, needed: tuple[View, ...]) -> int:
        register = self.held.pop(view, None)
        if register is None:
            register = self.register(needed)
            self.made.append((LOAD, register, *view))
        self.held[view] = register
        return register

    def register(self, needed: tuple[View, ...]) -> int:
        taken = set(self.held.values())
        free = next((r * TILE for r in range(REGISTERS) if r * TILE not in taken), None)
        if free is None:
            oldest = next(view for view in self.held if view not in needed)
            free = self.held.pop(oldest)
        return free


@functools.cache
def _gemm_address() -> int:
    """Where BLAS's sgemm is in the libraries of torch; 0 where it is not to be found."""
    for path in sorted(Path(torch.__file__).parent.glob("lib/*torch_cpu*")):
        try:
            return ctypes.cast(ctypes.CDLL(str(path)).sgemm_, ctypes.c_void_p).value or 0
        except (AttributeError, OSError):
            continue
    return 0
