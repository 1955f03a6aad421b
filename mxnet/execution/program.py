"""Programs: what a bound graph does, as a list of instructions that prints as Python."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch.autograd.graph import increment_version

from ..error import NodeError, NodeFacts
from ..graph.node import Entry, Node
from ..ops.shapes import Mismatch
from .capture import TorchCall, capture
from .explain import explain
from .hoisted import Prologue
from .storage import Arena, same_storage
from .watch import Watcher

__all__ = ["Instruction", "Segment"]

Call = Callable[[], Any]


class Instruction:
    """One bound kernel: the node it belongs to, what it reads and writes, and the call itself.

    ``capturable`` says that the call only writes into planned storage; ``others`` are tensors that it
    touches besides, ``loose`` those of all that it touches whose storage is another at each run (see
    ``capture``); ``frees`` are adopted tensors that die after it;
    ``then`` are calls that follow it (see ``Segment.call_after``). A sink moves a finished gradient
    of its node to the array that the user bound.
    """

    __slots__ = (
        "call",
        "capturable",
        "frees",
        "is_sink",
        "loose",
        "node",
        "others",
        "reads",
        "then",
        "writes",
    )

    def __init__(
        self,
        node: Node,
        call: Call,
        reads: Sequence[torch.Tensor],
        writes: Sequence[torch.Tensor],
        others: Sequence[torch.Tensor] = (),
        loose: Sequence[torch.Tensor] = (),
        capturable: bool = False,
        is_sink: bool = False,
    ):
        self.node, self.call, self.reads, self.writes = node, call, reads, writes
        self.others, self.loose, self.capturable = others, loose, capturable
        self.is_sink = is_sink
        self.frees: Sequence[torch.Tensor] = ()
        self.then: Sequence[Call] = ()

    def traced(self) -> list[TorchCall] | None:
        """The torch calls that the call consists of; None where it has to run as it is."""
        if not self.capturable:
            return None
        return capture(self.call, (*self.reads, *self.writes, *self.others), self.loose)

    def facts(self) -> NodeFacts:
        """What an error message says about the node, with the arrays that it reads."""
        tensors = dict(zip(self.node.inputs, self.reads))

        def describe(entry: Entry) -> str:
            tensor = tensors.get(entry)
            return "" if tensor is None else f"{tuple(tensor.shape)} {str(tensor.dtype)[6:]}"

        return self.node.facts(describe)

    def afterwards(self) -> tuple[Call, ...]:
        """The calls that follow it: memory that is given back, and whoever waits for it."""
        return (*(tensor.set_ for tensor in self.frees), *self.then)

    def __str__(self) -> str:
        node = self.node
        if self.is_sink:
            return f"gradient array <- {node.name}"
        names = ", ".join(node.output_name(i) for i in range(node.num_outputs))
        inputs = ", ".join(entry.name for entry in node.inputs)
        shapes = ", ".join(str(tuple(t.shape)) for t in self.writes)
        return f"{names} = {node.op}({inputs})" + (f"  # {shapes}" if shapes else "")


class Segment:
    """A sequence of instructions that runs as one: the forward or the backward part of a program.

    The first run finds the torch calls that kernels consist of; a run is one loop over them.
    ``native``: the arena, where what can run below Python is to do so; ``scratch``: the bytes that this
    computes in.
    """

    def __init__(
        self, instructions: Sequence[Instruction], native: Arena | None = None, scratch: int = 0
    ):
        self.instructions = list(instructions)
        self._native, self._scratch = native, scratch
        self._kept: Sequence[Any] = ()  # what native calls refer to
        self.prologue: Prologue | None = None  # what runs first, but only where it has to
        self._calls: list[Call] | None = None
        self._owners: list[Instruction] = []
        self._note: Callable[[float], None] | None = None  # who waits for the next first run
        # Some calls are torch's, and all of them write into storage known at bind and make no tensor.
        self._pure = False

    def run(self) -> None:
        """Run all instructions; a failure is reported as a NodeError naming the node."""
        if self.prologue is not None:
            self._prepare(self.prologue)
        if self._calls is None:
            self._first_run()
        elif self._pure:
            # Cheaper dispatch; no tensor is made that could carry the mode to somewhere else.
            with torch.inference_mode():
                self._replay(self._calls)
        else:
            self._replay(self._calls)

    def _prepare(self, prologue: Prologue, watcher: Watcher | None = None) -> None:
        stale = prologue.stale()
        if not stale:
            return
        for instruction in stale:
            if watcher is not None:
                watcher.before(instruction)
            try:
                instruction.call()
            except Exception as error:
                raise failure(instruction, error) from error
            if watcher is not None:
                watcher.after(instruction)
        prologue.done()

    def _replay(self, calls: list[Call]) -> None:
        remaining = iter(calls)
        try:
            for call in remaining:
                call()
        except Exception as error:
            position = len(calls) - remaining.__length_hint__() - 1
            raise failure(self._owners[position], error) from error

    def _first_run(self) -> None:
        first = _FirstRun(self._native, self._scratch)
        for instruction in self.instructions:
            first.add(instruction)
        first.flush()
        self._calls, self._owners = first.calls, first.owners
        self._pure = first.pure and any(map(_is_torch, first.calls))
        self._kept = first.kept
        if self._note is not None:
            self._note(first.seconds)
            self._note = None

    def moved(self, note: Callable[[float], None]) -> None:
        """Take in that the arena is elsewhere, at the next run if native calls hold addresses.

        ``note`` is called with the seconds that it took.
        """
        if self._calls is None:
            return
        if self._native is None:
            note(0.0)
        else:
            self._calls, self._note = None, note

    def run_watched(self, watcher: Watcher) -> None:
        """Run step by step; ``watcher`` sees each instruction before and after it runs."""
        if self.prologue is not None:
            self._prepare(self.prologue, watcher)
        for instruction in self.instructions:
            watcher.before(instruction)
            try:
                instruction.call()
            except Exception as error:
                raise failure(instruction, error) from error
            watcher.after(instruction)
            for tensor in instruction.frees:
                tensor.set_()
            for call in instruction.then:
                call()

    def last_writes(self, tensors: Sequence[torch.Tensor]) -> list[int]:
        """The number of the last instruction that writes to each tensor's memory; -1 for none."""
        last: dict[int, int] = {}
        for number, instruction in enumerate(self.instructions):
            for written in instruction.writes:
                last[written.untyped_storage()._cdata] = number
        return [last.get(tensor.untyped_storage()._cdata, -1) for tensor in tensors]

    def call_after(self, calls: Mapping[int, Sequence[Call]]) -> None:
        """At every run, make calls right after instructions with these numbers, and no others."""
        for number, instruction in enumerate(self.instructions):
            instruction.then = tuple(calls.get(number, ()))
        self._calls = None

    def __str__(self) -> str:
        hoisted = self.prologue.instructions if self.prologue else []
        lines = [
            f"{each}, {'where its inputs have changed' if each.reads else 'once'}"
            for each in hoisted
        ]
        return "\n".join([*lines, *map(str, self.instructions)])


def _is_torch(call: Call) -> bool:
    """Whether a call is dispatched by torch: not one of a native program, or the note after it."""
    function = call.func if isinstance(call, partial) else call
    return function is not increment_version and not isinstance(function, ctypes._CFuncPtr)


class _FirstRun:
    """Runs instructions for the first time and collects the calls that all runs consist of.

    Torch calls wait until something that is not a torch call has to run, because neighbours among them
    may become one call (``native``, ``scratch``: see Segment).
    """

    def __init__(self, native: Arena | None, scratch: int):
        self.native, self.scratch = native, scratch
        self.calls: list[Call] = []
        self.owners: list[Instruction] = []
        self.kept: list[Any] = []
        self.pure = True
        self.seconds = 0.0  # spent on finding calls, not on running them
        self.waiting: list[Any] = []
        self.waiting_owners: list[Instruction] = []

    def add(self, instruction: Instruction) -> None:
        start = perf_counter()
        made = instruction.traced()
        self.seconds += perf_counter() - start
        if made is None:
            self.flush()
            require_written(instruction, self.run(instruction.call, instruction))
        self.pure = self.pure and made is not None and not instruction.then
        rest = [*(made or ()), *instruction.afterwards()]
        self.waiting += rest
        self.waiting_owners += [instruction] * len(rest)

    def flush(self) -> None:
        """Run what waits."""
        start = perf_counter()
        waiting, owners = self.waiting, self.waiting_owners
        self.waiting, self.waiting_owners = [], []
        if self.native is None:
            bound = [c.bound() if isinstance(c, TorchCall) else c for c in waiting]
            numbers: Sequence[int] = range(len(bound))
        else:
            from .native.blocks import merge

            scratch = self.native.scratch(self.scratch)
            bound, numbers, kept = merge(waiting, self.native.storage, scratch)
            self.kept += kept
        self.seconds += perf_counter() - start
        for call, number in zip(bound, numbers):
            self.run(call, owners[number])

    def run(self, call: Call, owner: Instruction) -> Any:
        try:
            result = call()
        except Exception as error:
            raise failure(owner, error) from error
        self.calls.append(call)
        self.owners.append(owner)
        return result


def require_written(instruction: Instruction, raw: Any) -> None:
    """Raise NodeError where a kernel was given ``out`` and has returned other memory instead."""
    if raw is None or instruction.is_sink:
        return
    for out, result in zip(instruction.writes, instruction.node.op.results(raw)):
        if isinstance(result, torch.Tensor) and result.numel() and not same_storage(out, result):
            reason = "the kernel asks for out, but has not written its result there"
            raise failure(instruction, Mismatch(reason))


def failure(instruction: Instruction, error: Exception) -> Exception:
    """The error to raise where a kernel failed."""
    if isinstance(error, NodeError):
        return error
    return NodeError(instruction.facts(), "run", *explain(error))
