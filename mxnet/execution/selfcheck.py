"""``bind(..., check=True)``: every node planned and plain side by side."""

from __future__ import annotations

from typing import Any

import torch

from ..error import NodeError
from .plain import run_node
from .watch import Watcher

__all__ = ["SelfCheck"]

# Difference up to which two kernels for one thing may round differently: in relation to each number,
# and to the largest input or result (sums over many elements can be small by cancellation), or to 1.
_TOLERANCES = {torch.float64: (1e-9, 1e-11), torch.float32: (1e-4, 1e-5)}
_COARSE = (2e-2, 1e-2)


class SelfCheck(Watcher):
    """Runs each node a second time on copies of its inputs, and compares.

    Raises NodeError naming the first node whose results differ, or whose kernel changes its inputs: a
    mistake in a plan, in storage that is shared, or in a kernel that writes where it should not.
    Operators that draw random numbers or keep a state, as Custom does, are left out.
    """

    def __init__(self, context: Any, rng: torch.Generator):
        self.context, self.rng = context, rng
        self.train = False
        self.wanted: tuple | None = None
        self.inputs: list[torch.Tensor] = []

    def before(self, instruction: Any) -> None:
        """Compute what the instruction should write."""
        node = instruction.node
        self.wanted = None
        if getattr(instruction, "is_sink", False) or node.op is None:
            return
        if node.op.keeps_state or node.op.stochastic:
            return  # a second run would change the state, or draw in another order of memory
        if len(instruction.reads) < len(node.inputs):
            return  # a constant, which is computed node by node in the first place
        copies = [_copy(tensor) for tensor in instruction.reads]
        unread = node.op.shape_only_names
        self.inputs = [t for n, t in zip(node.op.input_names, copies) if n not in unread]
        self.wanted = run_node(
            node, copies, train=self.train, rng=self.rng, context=self.context, state={}
        )
        if node.op.hoisted:
            return  # it fixes gamma, in place of the normalisation that may do so
        for name, copy, tensor in zip(node.op.input_names, copies, instruction.reads):
            if name not in unread and name not in node.op.written_names and not _same(copy, tensor):
                raise _failure(
                    instruction,
                    f"the kernel changes its input {name}",
                    "have it write to out or to new memory; inputs that an operator changes on purpose"
                    " are listed in mutates",
                )

    def after(self, instruction: Any) -> None:
        """Compare it with what the instruction has written."""
        if self.wanted is None:
            return
        node = instruction.node
        for index, (written, want) in enumerate(zip(instruction.writes, self.wanted)):
            got = written if written.layout is torch.strided else written.to_dense()
            if not (_close(got, want, 1) or _close(got, want, _largest([want, *self.inputs]))):
                raise _failure(
                    instruction,
                    f"{node.output_name(index)} {_difference(got, want)}",
                    "this is a defect of remx, or of the operator's kernel: please report it",
                )


def _failure(instruction: Any, reason: str, hint: str) -> NodeError:
    return NodeError(instruction.facts(), "self-check", reason, hint)


def _difference(got: torch.Tensor, want: torch.Tensor) -> str:
    if got.shape != want.shape or got.dtype != want.dtype:
        kinds = [f"{tuple(each.shape)} {str(each.dtype)[6:]}" for each in (got, want)]
        return f"should be {kinds[0]}, but the plain run makes {kinds[1]}"
    worst = (got.double() - want.double()).abs().max().item()
    return f"differs from the plain run by up to {worst:.3g}"


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors are equal, with NaN where the other has it."""
    if one.layout is not torch.strided or one.data_ptr() == other.data_ptr():
        return True
    return bool(((one == other) | (one != one) & (other != other)).all())


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.layout is torch.strided:
        return tensor.clone(memory_format=torch.contiguous_format)
    return tensor  # a weight in a layout of oneDNN, which nothing writes to


def _largest(tensors: list[torch.Tensor]) -> float:
    """The largest magnitude of finite floats in arrays, at least 1."""
    largest = 1.0
    for tensor in tensors:
        if tensor.layout is torch.strided and tensor.is_floating_point() and tensor.numel():
            finite = tensor.where(tensor.isfinite(), 0)
            largest = max(largest, finite.abs().max().item())
    return largest


def _close(got: torch.Tensor, want: torch.Tensor, scale: float) -> bool:
    """Whether two results are the same but for rounding of numbers as large as ``scale``."""
    if got.shape != want.shape or got.dtype != want.dtype:
        return False
    if not got.dtype.is_floating_point:
        return torch.equal(got, want)
    if got.dtype is torch.float16:  # sums overflow or not by the order of summation
        finite = got.isfinite() & want.isfinite()
        got, want = got[finite], want[finite]
    relative, absolute = _TOLERANCES.get(got.dtype, _COARSE)
    return torch.allclose(got, want, relative, absolute * scale, equal_nan=True)
