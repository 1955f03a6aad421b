"""From torch calls to native programs that run at one stroke."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from ...kernels.blas import gemm_address, thread_limit_address
from ...kernels.codes import CHAIN, GEMM, LOAD, REGISTERS, STORE, TANH, TILE
from ...ops.generated import scratch_bytes
from ..capture import TorchCall
from .claims import SMALL, Elementwise, Record, View, claim

__all__ = ["Scratch", "merge"]

Call = Callable[[], Any]

_LONGEST = 64  # members of a chain: each is compared with all before it
_PART = 1 << 15  # numbers that are worth a thread


class Scratch:
    """Memory in which native programs that never run at the same time compute.

    It begins with a set of tiles for each thread; behind it is what products pack, of which plans know
    how much it is: ``size`` is that of all. ``beyond`` is memory for operands that lie otherwise than
    plans could know.
    """

    def __init__(self, size: int = 0) -> None:
        self.threads = torch.get_num_threads()
        self._tiles = scratch_bytes(self.threads, 0)
        self._memory = torch.zeros(max(size, self._tiles), dtype=torch.uint8)
        self.beyond: list[torch.Tensor] = []

    @property
    def size(self) -> int:
        """The bytes of all."""
        return self._memory.numel()

    def tiles(self) -> int:
        """The address of the tiles."""
        return self._memory.data_ptr()

    def packed(self, size: int) -> int:
        """The address of so many bytes for products."""
        if self._tiles + size <= self.size:
            return self._memory.data_ptr() + self._tiles
        if not self.beyond or self.beyond[-1].numel() < size:
            self.beyond.append(torch.empty(size, dtype=torch.uint8))
        return self.beyond[-1].data_ptr()


def merge(
    calls: Sequence[Any], planned: int, scratch: Scratch
) -> tuple[list[Call], list[int], list[Any]]:
    """Put neighbouring torch calls that the interpreter can do into one call each.

    ``calls``: TorchCalls, and others that stay as they are; ``planned``: the storage of the arena.
    What is written elsewhere than in the arena may be seen from
    outside, so that its version is raised as torch would. Returns the calls, for each the number of
    the first one that it stands for, and objects that have to live as long.
    """
    merging = _Merging(planned, scratch)
    for number, call in enumerate(calls):
        merging.add(number, call)
    merging.close()
    return merging.calls, merging.numbers, merging.kept


class _Merging:
    def __init__(self, planned: int, scratch: Scratch):
        self.planned, self.scratch = planned, scratch
        self.calls: list[Call] = []
        self.numbers: list[int] = []
        self.kept: list[Any] = []
        self.program = _Program()
        self.start = 0  # number of the first call of the program
        self.group: list[Elementwise] = []
        self.members: list[tuple[int, TorchCall]] = []  # of the group

    def add(self, number: int, call: Any) -> None:
        what = _claimed(call) if isinstance(call, TorchCall) else None
        if isinstance(what, Elementwise):
            joined = _joined(self.group, what)
            if joined is None:
                self.close_group()
                joined = [what]
            self.group = joined
            self.members.append((number, call))
            return
        self.close_group()
        if what is None:
            self.close_program()
            self.emit(number, call.bound() if isinstance(call, TorchCall) else call)
            return
        if not self.program.words:
            self.start = number
        self.program.add_record(what, call.loose)
        self.note_target(call)

    def close(self) -> None:
        self.close_group()
        self.close_program()

    def close_group(self) -> None:
        """Add a finished chain to the program, unless its calls are better left to torch."""
        group, members = self.group, self.members
        self.group, self.members = [], []
        if not group:
            return
        size = group[0].rows * group[0].columns
        if size > SMALL and not _worthwhile(group):
            self.close_program()
            for number, call in members:
                self.emit(number, call.bound())
            return
        parts = min(self.scratch.threads, size // _PART)
        if parts > 1:
            self.close_program()
        if not self.program.words:
            self.start = members[0][0]
        self.program.add_chain(group, [call.loose for _, call in members])
        for _, call in members:
            self.note_target(call)
        if parts > 1:
            self.close_program(parts)

    def note_target(self, call: TorchCall) -> None:
        targets = call.target if isinstance(call.target, tuple) else (call.target,)
        for target in targets:
            if target is None or any(target is each for each in call.loose):
                continue
            storage = target.untyped_storage()._cdata
            if storage != self.planned:
                self.program.outside[storage] = target

    def close_program(self, parts: int = 1) -> None:
        program, self.program = self.program, _Program()
        if not program.words:
            return
        self.kept.append(program)
        self.emit(self.start, program.bound(parts, self.scratch))
        outside = tuple(program.outside.values())
        if outside:
            self.emit(self.start, partial(torch.autograd.graph.increment_version, outside))

    def emit(self, number: int, call: Call) -> None:
        self.calls.append(call)
        self.numbers.append(number)


def _claimed(call: TorchCall) -> Elementwise | Record | None:
    found = claim(call.func, call.args, call.kwargs)
    if isinstance(found, Record):
        fits = not call.loose or found.places
        return found if fits and (found.code != GEMM or gemm_address()) else None
    if found is not None and call.loose and len(found.steps) > 1:
        return None  # parts of an array, whose addresses are not those of any tensor
    return found


def _worthwhile(group: Sequence[Elementwise]) -> bool:
    """Whether a chain on large arrays is faster than torch, which has no scratch memory to fill."""
    steps = [kind for each in group for kind, _, _ in each.steps if kind != LOAD]
    return len(steps) >= 3 or TANH in steps


class _Program:
    """A native program with all that its addresses point to."""

    def __init__(self) -> None:
        self.words: list[int] = []
        self.keep: list[Any] = []
        # Numbers of words that are addresses of loose tensors.
        self.patches: list[tuple[int, torch.Tensor]] = []
        self.outside: dict[int, torch.Tensor] = {}
        self.packing = 0  # bytes that products pack at one time

    def add(self, code: int, words: Sequence[int], keep: Any) -> None:
        self.words += (code, len(words) + 2, *words)
        self.keep.append(keep)

    def add_chain(
        self, group: Sequence[Elementwise], loose: Sequence[Sequence[torch.Tensor]]
    ) -> None:
        start = len(self.words)
        self.add(CHAIN, _chain(group), [each.keep for each in group])
        tensors = {tensor.data_ptr(): tensor for each in loose for tensor in each}
        for position in range(start + 7, len(self.words), 8):
            if self.words[position] in (LOAD, STORE) and self.words[position + 2] in tensors:
                self.patches.append((position + 2, tensors[self.words[position + 2]]))

    def add_record(self, record: Record, loose: Sequence[torch.Tensor]) -> None:
        start = len(self.words) + 2
        self.add(record.code, record.words, record.keep)
        self.packing = max(self.packing, record.packing)
        tensors = {tensor.data_ptr(): tensor for tensor in loose}
        self.patches += [
            (start + place, tensors[record.words[place]])
            for place in record.places
            if record.words[place] in tensors
        ]

    def bound(self, parts: int, scratch: Scratch) -> Call:
        """The call that runs the program; a single chain in several parts, if so many are wanted."""
        from ...kernels.interpreter import linked, run_chain_in_parts, run_program
        from ...kernels.native import function, openmp_address, run

        array = self.array = np.array(linked(self.words), np.int64)
        self.words.clear()  # objects take five times as much
        start, tiles = array.ctypes.data, scratch.tiles()
        self.keep.append(scratch)
        if parts > 1:
            self.arguments = np.zeros((parts, 10), np.int64)
            for part, words in enumerate(self.arguments):
                words[[3, 8, 9]] = tiles + part * 4 * REGISTERS * TILE, part, parts
            own = self.arguments.ctypes.data
            call = partial(run, run_chain_in_parts, (0, start, parts, own), parts)
        else:
            packed = scratch.packed(self.packing) if self.packing else 0
            block = (
                0, start, start + array.nbytes, tiles, packed, gemm_address(),
                thread_limit_address(), openmp_address(), 0, 1,
            )  # fmt: skip
            self.arguments = np.array(block, np.int64)
            call = partial(function(run_program()), self.arguments.ctypes.data)
        return partial(_patched, call, array, self.patches) if self.patches else call


def _patched(call: Call, words: np.ndarray, patches: Sequence[tuple[int, torch.Tensor]]) -> None:
    for position, tensor in patches:
        words[position] = tensor.data_ptr()
    call()


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
    """The words of a chain after code and length."""
    rows, columns = group[0].rows, group[0].columns
    tall, wide = (TILE // columns, columns) if columns <= TILE else (1, TILE)
    steps = _Steps()
    for each in group:
        for kind, target, sources in each.steps:
            steps.add(kind, target, sources)
    words = [rows, columns, tall, wide, len(steps.made)]
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
