"""Looking into a network while it runs: Monitor prints statistics, NanMonitor finds the first NaN."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import torch

from .error import NodeError
from .execution.program import Instruction
from .execution.watch import Watcher
from .executor import Executor
from .graph.node import Entry, Node
from .ndarray import NDArray

__all__ = ["Monitor", "NanMonitor"]


def _root_mean_square(x: NDArray) -> NDArray:
    return x.norm() / x.size**0.5


class Monitor:
    """Collects a statistic of the values inside networks, every so many batches.

    Parameters: ``interval``: batches from one collection to the next; ``stat_func``: from an NDArray
    to an NDArray (or number, or list of them), by default the root mean square; ``pattern``: a
    regular expression that names must match from their start; ``sort``: by name instead of in the
    order of execution; ``monitor_all``: inputs of operators too. Values are those that operators
    compute, whatever the memory plan makes of them later. Gradients have the names of 1.x, such as
    ``fc_backward_output1`` for that of the second input of ``fc``.

        monitor = mx.mon.Monitor(100)
        module.fit(train, monitor=monitor)
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ):
        self.interval = interval
        self.stat_func = stat_func or _root_mean_square
        self.re_prog = re.compile(pattern)
        self.sort = sort
        self.monitor_all = monitor_all
        self.activated = False
        self.step = 0
        self.exes: list[Executor] = []
        self.queue: list[tuple[int, str, Any]] = []

    def stat_helper(self, name: str, array: NDArray) -> None:
        """What executors call with each value."""
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def install(self, exe: Executor) -> None:
        """Watch an executor."""
        if exe not in self.exes:
            self.exes.append(exe)
        if self.activated:
            exe.set_monitor_callback(self.stat_helper, self.monitor_all)

    def tic(self) -> None:
        """Start to collect for this batch, if its turn has come; call it before ``forward``."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
            for exe in self.exes:
                exe.set_monitor_callback(self.stat_helper, self.monitor_all)
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """End the collection and return it: (batch, name, statistic as text) for each value.

        Arguments and auxiliary states come after the values that operators computed. Raises
        TypeError if ``stat_func`` gives something that is neither an array nor a number.
        """
        if not self.activated:
            return []
        for exe in self.exes:
            symbol = exe._symbol
            for name, array in (
                *zip(symbol.list_arguments(), exe.arg_arrays),
                *zip(symbol.list_auxiliary_states(), exe.aux_arrays),
            ):
                self.stat_helper(name, array)
            exe.set_monitor_callback(None)
        self.activated = False
        if self.sort:
            self.queue.sort(key=lambda item: item[1])
        found = [(step, name, _text(value)) for step, name, value in self.queue]
        self.queue = []
        return found

    def toc_print(self) -> None:
        """End the collection and log it."""
        for step, name, value in self.toc():
            logging.info("Batch: %7d %-30s %s", step, name, value)


def _text(value: Any) -> str:
    values = value if isinstance(value, (list, tuple)) else [value]
    return "".join(f"{_one_text(item)}\t" for item in values)


def _one_text(value: Any) -> str:
    if isinstance(value, NDArray):
        return str(value.asscalar() if value.shape in ((), (1,)) else value.asnumpy())
    if isinstance(value, (int, float)):
        return str(value)
    raise TypeError(f"stat_func should return NDArrays or numbers, not {type(value)}")


class NanMonitor(Watcher):
    """Finds the node that computes the first NaN, forward or backward, and where it was made.

    Parameters: ``interval``: batches from one check to the next; ``infinite``: whether infinite
    values count too; ``raises``: whether the first one raises a NodeError, else ``toc`` returns its
    text and ``toc_print`` logs it. The error has the line that made the node, and the range of each
    of its inputs. Used like a Monitor, or alone:

        mx.mon.NanMonitor().install(executor)
    """

    as_declared = True

    def __init__(self, interval: int = 1, infinite: bool = False, raises: bool = True):
        self.interval, self.infinite, self.raises = interval, infinite, raises
        self.step = 0
        self.activated = True
        self.found: NodeError | None = None
        self._overwritten: dict[Entry, str] = {}

    def install(self, exe: Executor) -> None:
        """Watch an executor."""
        exe.watch(self)

    def tic(self) -> None:
        """Check this batch, if its turn has come."""
        self.activated = self.step % self.interval == 0
        self.step += 1
        self.found = None

    def toc(self) -> list[tuple[int, str, str]]:
        """What was found since ``tic``: nothing, or (batch, name of the node, the whole message)."""
        if self.found is None:
            return []
        return [(self.step, self.found.facts.node, str(self.found))]

    def toc_print(self) -> None:
        """Log what was found."""
        for step, _, text in self.toc():
            logging.error("Batch: %7d %s", step, text)

    def before(self, instruction: Instruction) -> None:
        if not self.activated or self.found is not None:
            return
        self._overwritten = {
            entry: _range(tensor)
            for entry, tensor in _values_read(instruction)
            if any(_overlap(tensor, written) for written in instruction.writes)
        }

    def after(self, instruction: Instruction) -> None:
        if not self.activated or self.found is not None or instruction.is_sink:
            return
        node = instruction.node
        for index, tensor in enumerate(instruction.writes):
            bad = self._bad(tensor)
            if bad:
                error = self._error(instruction, node.output_name(index), tensor, bad)
                if self.raises:
                    raise error
                self.found = error
                return

    def _bad(self, tensor: torch.Tensor) -> str:
        """What is wrong with a value; empty where nothing is."""
        # A sum is cheap and shows every NaN; infinities of both signs make one as well.
        if not tensor.is_floating_point() or torch.isfinite(tensor.sum(dtype=torch.float64)):
            return ""
        nans = int(torch.isnan(tensor).sum())
        infinities = int(torch.isinf(tensor).sum()) if self.infinite else 0
        counts = ((nans, "NaN"), (infinities, "infinite"))
        return " and ".join(f"{count} {kind}" for count, kind in counts if count)

    def _error(
        self, instruction: Instruction, output: str, tensor: torch.Tensor, bad: str
    ) -> NodeError:
        ranges = {entry: _range(value) for entry, value in _values_read(instruction)}
        ranges.update(self._overwritten)
        node: Node = instruction.node
        shapes = {e: f"{tuple(t.shape)}" for e, t in zip(node.inputs, instruction.reads)}

        def describe(entry: Entry) -> str:
            return ranges.get(entry, shapes.get(entry, ""))

        stage = "forward" if node.derived_from is None else "backward"
        reason = f"{bad} of the {tensor.numel()} values of {output} {tuple(tensor.shape)}"
        hint = "none of the values computed before it is"
        if any("NaN" in text for text in ranges.values()):
            hint = "an input that was bound, or that an earlier run left behind, is so already"
        return NodeError(node.facts(describe), stage, reason, hint)


def _values_read(instruction: Instruction) -> list[tuple[Entry, torch.Tensor]]:
    """The inputs that an instruction reads, without those it needs the shape of alone."""
    node = instruction.node
    if node.op is None or instruction.is_sink:
        return []
    return [
        (entry, tensor)
        for name, entry, tensor in zip(node.op.input_names, node.inputs, instruction.reads)
        if name not in node.op.shape_only_names
    ]


def _overlap(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr() and (
        one.data_ptr() < other.data_ptr() + other.numel() * other.element_size()
        and other.data_ptr() < one.data_ptr() + one.numel() * one.element_size()
    )


def _range(tensor: torch.Tensor) -> str:
    """A value in words: its shape, its range, how much of it is NaN or infinite."""
    shape = str(tuple(tensor.shape))
    if not tensor.numel():
        return f"{shape} empty"
    if not tensor.is_floating_point():
        return f"{shape} in [{int(tensor.min())}, {int(tensor.max())}]"
    finite = tensor[torch.isfinite(tensor)]
    text = f"{shape}"
    if finite.numel():
        text += f" in [{float(finite.min()):.4g}, {float(finite.max()):.4g}]"
    for kind, count in (
        ("NaN", torch.isnan(tensor).sum()),
        ("infinite", torch.isinf(tensor).sum()),
    ):
        text += f", {int(count)} {kind}" if count else ""
    return text
