"""Programs whose runs are recorded once and then repeated by the device: CUDA graphs.

A program runs kernel by kernel until everything that is done only once is done, then each of its two
parts is recorded, and from then on a run is one call. All tensors lie where they did when the run was
recorded: bound arrays and the arena at fixed places, and what kernels allocate in memory that the
recorder keeps for that. If the arena moves, the program is recorded anew.

A program is recorded as a whole, because recorded kernels leave behind values, but no tensors that
others could find them by.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Any, Protocol

import torch

from ..error import NodeError
from ..graph.node import Graph, Node
from .cuda import CudaRecorder, wants_graphs
from .program import Instruction, Segment, failure
from .watch import Watcher

__all__ = ["RECORDERS", "RecordedSegment", "Recorder", "Recording", "recording_of"]

Call = Callable[[], Any]

# Runs kernel by kernel before the recording: in the first one kernels are chosen and traced, the second
# one shows which of them wait for the device.
WARM_UPS = 2


class Recorder(Protocol):
    """What records runs on a device: see ``CudaRecorder``, and the stand-in for it in the tests."""

    def settings(self) -> AbstractContextManager[None]:
        """Under which kernels run."""

    def warming(self) -> AbstractContextManager[None]:
        """Around a run before the recording."""

    def noticing(self) -> AbstractContextManager[Callable[[], bool]]:
        """Gives a function that says whether the device was waited for since it was last asked."""

    def record(self, body: Call, generators: Sequence[torch.Generator]) -> Call:
        """Record what ``body`` has the device do, without doing it; returns what does it."""


# By type of device, what makes its recorder; programs on other devices are not recorded.
RECORDERS: dict[str, Callable[[torch.device], Recorder]] = {"cuda": CudaRecorder}


class Recording:
    """How far a program has come on its way to being recorded, and why it is not, if so.

    Parameters: ``recorder``: None for programs that are not of segments; ``reason``: why there is no
    recording, if that is known already; ``generators``: what random operators draw from; ``changed``:
    variables that kernels write to.
    """

    def __init__(
        self,
        recorder: Recorder | None,
        reason: str | None,
        generators: Sequence[torch.Generator] = (),
        changed: Sequence[torch.Tensor] = (),
    ):
        self.recorder: Any = recorder
        self.reason = reason
        self.generators, self.changed = list(generators), list(changed)
        # Segments hold their recording, which does not hold them: they go when nobody else does.
        self._segments: list[weakref.ref[RecordedSegment]] = []
        self.repeated = False  # the forward values in memory are those of a recorded run
        self._declared = reason
        self._forward_replay: Call | None = None
        self._before: tuple[list, list] = [], []  # what the last forward run has changed
        self._note: Callable[[str, float], None] | None = None

    def segment(self, instructions: Sequence[Instruction]) -> RecordedSegment:
        """The next part of the program: first the forward one."""
        made = RecordedSegment(instructions, self, is_forward=not self._segments)
        self._segments.append(weakref.ref(made))
        return made

    @property
    def segments(self) -> list[RecordedSegment]:
        """The parts of the program: forward and, in training, backward."""
        return [segment for each in self._segments if (segment := each()) is not None]

    def tell(self, note: Callable[[str, float], None]) -> None:
        """Have what happens told: in words, and with the seconds that it took."""
        self._note = note
        if self.reason is not None:
            note(f"runs kernel by kernel: {self.reason}", 0.0)

    @property
    def complete(self) -> bool:
        """Whether runs are repeated by the device."""
        return any(segment.replay is not None for segment in self.segments)

    def __str__(self) -> str:
        if self.reason is not None:
            return f"not recorded: {self.reason}"
        return "recorded" if self.complete else "recorded after the first runs"

    def restart(self, reason: str | None = None) -> None:
        """Forget what is recorded; begin anew, unless there is a reason against it."""
        self.reason = reason or self._declared
        self.repeated, self._forward_replay = False, None
        for segment in self.segments:
            segment.replay, segment.runs = None, 0
        if reason is not None:
            self._tell(f"runs kernel by kernel: {reason}", 0.0)

    def moved(self) -> None:
        """Forget what is recorded, of memory that is elsewhere now; nothing has to get ready again."""
        self.repeated, self._forward_replay = False, None
        for segment in self.segments:
            segment.replay = None

    def run(self, segment: RecordedSegment) -> None:
        """Run a part of a program that has not been recorded as a whole."""
        if self.reason is not None:
            self.repeated = False
            segment.run_plainly()
        elif segment.is_forward:
            self._run_forward(segment)
        elif self.repeated:
            self._run_recorded_backward(segment)
        else:
            self._get_ready(segment)

    def _run_forward(self, forward: RecordedSegment) -> None:
        self.repeated = False
        if self._forward_replay is None:
            if any(segment.runs < WARM_UPS for segment in self.segments):
                self._get_ready(forward)
                return
            self._forward_replay = self._record(forward)
            if self._forward_replay is None:
                forward.run_plainly()
                return
        if len(self._segments) == 1:
            forward.replay = self._forward_replay
            forward.run()
            return
        # The backward part may turn out not to be recordable.
        states = [generator.get_state() for generator in self.generators]
        self._before = states, [tensor.clone() for tensor in self.changed]
        self.repeat(self._forward_replay)
        self.repeated = True

    def _run_recorded_backward(self, backward: RecordedSegment) -> None:
        forward, _ = self.segments
        replay = self._record(backward)
        if replay is not None:
            forward.replay, backward.replay = self._forward_replay, replay
            self._before = [], []
            self.repeat(replay)
            return
        states, values = self._before
        self._before = [], []
        for generator, state in zip(self.generators, states):
            generator.set_state(state)
        for tensor, value in zip(self.changed, values):
            tensor.copy_(value)
        forward.run_plainly()
        backward.run_plainly()

    def _get_ready(self, segment: RecordedSegment) -> None:
        """One of the runs before the recording."""
        with self.recorder.warming():
            if segment.runs != WARM_UPS - 1:
                segment.run_plainly()
            else:
                owner = segment.run_noticing(self.recorder)
                if owner is not None:
                    self._give_up(f"{_describe(owner.node)} waits for the device")
        segment.runs += 1

    def _record(self, segment: RecordedSegment) -> Call | None:
        start = perf_counter()
        try:
            with self.recorder.settings():
                replay = self.recorder.record(segment.run_calls, self.generators)
        except Exception as error:
            self._give_up(_reason_of(error))
            return None
        which = "forward" if segment.is_forward else "backward"
        self._tell(f"{which} run recorded", perf_counter() - start)
        return replay

    def _give_up(self, reason: str) -> None:
        logging.getLogger("mxnet").warning("a program is not recorded as a CUDA graph: %s", reason)
        self.restart(reason)

    def _tell(self, what: str, seconds: float) -> None:
        if self._note is not None:
            self._note(what, seconds)

    def repeat(self, replay: Call) -> None:
        """Repeat a run, and have torch count the changes of variables, which it does not see."""
        replay()
        if self.changed:
            torch.autograd.graph.increment_version(self.changed)


class RecordedSegment(Segment):
    """A part of a program that is recorded: see ``Recording``."""

    def __init__(
        self, instructions: Sequence[Instruction], recording: Recording, *, is_forward: bool
    ):
        super().__init__(instructions)
        self.recording, self.is_forward = recording, is_forward
        self.replay: Call | None = None  # set for all parts of a program at the same time
        self.runs = 0

    def run(self) -> None:
        """Run all instructions: by one call, when they are recorded."""
        if self.prologue is not None:
            self._prepare(self.prologue)
        recording = self.recording
        if self.replay is None:
            recording.run(self)
        elif self.is_forward:
            recording.repeat(self.replay)
            recording.repeated = True
        elif recording.repeated:
            recording.repeat(self.replay)
        else:  # the forward values are in other tensors: somebody has watched that run
            self.run_plainly()

    def run_plainly(self) -> None:
        """Run kernel by kernel."""
        with self.recording.recorder.settings():
            super().run()

    def run_calls(self) -> None:
        """The run that is recorded."""
        self._replay(self._calls)

    def run_noticing(self, recorder: Recorder) -> Instruction | None:
        """Run kernel by kernel; returns the first instruction that waits for the device, if any."""
        found = None
        with recorder.settings(), recorder.noticing() as waited:
            for call, owner in zip(self._calls, self._owners):
                try:
                    call()
                except Exception as error:
                    raise failure(owner, error) from error
                if waited() and found is None:
                    found = owner
        return found

    def run_watched(self, watcher: Watcher) -> None:
        """Run step by step, seen by a watcher; not after a recorded forward run, whose values no
        tensors show: then the watcher does not see this run."""
        if self.recording.repeated and not self.is_forward:
            self.run()
            return
        self.recording.repeated = False
        with self.recording.recorder.settings():
            super().run_watched(watcher)

    def moved(self, note: Callable[[float], None]) -> None:
        """Take in that the arena is elsewhere."""
        self.recording.moved()
        super().moved(note)

    def call_after(self, calls: Mapping[int, Sequence[Call]]) -> None:
        """At every run, make calls right after instructions; then it is not recorded."""
        super().call_after(calls)
        self.recording.restart("others are called from within its run" if calls else None)


def recording_of(
    recorder: Recorder | None,
    graph: Graph,
    variables: Mapping[Node, torch.Tensor],
    rng: torch.Generator,
) -> Recording | None:
    """The recording of a planned program, if its device has a recorder.

    ``rng``: what random operators draw from.
    """
    if recorder is None:
        return None
    operators = [node for node in graph.nodes if node.op is not None]
    stochastic = any(node.op.stochastic for node in operators)
    written = {
        entry.node: None
        for node in operators
        for name, entry in zip(node.op.input_names, node.inputs)
        if name in node.op.written_names and entry.node.op is None
    }
    changed = [variables[node] for node in written]
    return Recording(recorder, _reason_against(graph), [rng] if stochastic else [], changed)


def _reason_against(graph: Graph) -> str | None:
    """Why the runs of a graph cannot be recorded, as far as its operators say; None if nothing."""
    if not wants_graphs():
        return "MXNET_ENABLE_CUDA_GRAPHS is 0"
    for node in graph.nodes:
        if node.op is not None and node.op.waits:
            return f"{_describe(node)} waits for the device"
    return None


def _describe(node: Node) -> str:
    return f"{node.name} ({node.op.op_name})" if node.op is not None else node.name


def _reason_of(error: BaseException) -> str:
    """Why a recording has failed: the first error, in one line, with the node that it came from."""
    chain: list[BaseException] = [error]
    while chain[-1].__cause__ or chain[-1].__context__:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    first = next((each for each in chain if isinstance(each, NodeError)), chain[-1])
    return "recording failed: " + str(first).strip().split("\n")[0]
