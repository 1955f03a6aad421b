"""The recurrences of the ``RNN`` operator: one direction of one layer, forward and backward in time.

What does not depend on the step before is computed for all steps at once: the product of the data
with the input weights, the derivatives of the activations, the gradients of the weights. A step
itself is one matrix product and a few elementwise calls that write into given storage; or all steps
are one call of a generated kernel (``kernels/recurrent``), in cells that have nothing special.

Saved values have one column block of ``hidden`` columns per gate. ``input_blocks`` and
``state_blocks`` say which of them come from which rows of the weights, as triples (first block of
columns, first block of rows, number of blocks).
"""

import math
from dataclasses import dataclass
from typing import Any

from .activation import derivative
from .generated import (
    has_kernels,
    packed_size,
    suits_products,
    wants_kernels,
    wants_products,
)  # fmt: skip
from .lazy_torch import torch

__all__ = ["GRU", "LSTM", "Direction", "Plain", "Recurrence", "Relu", "Weights", "rows"]


@dataclass
class Weights:
    """The parameters of one direction of one layer, or their gradients."""

    input: Any  # (gates·hidden, features)
    state: Any  # (gates·hidden, size of the output)
    projection: Any  # (size of the output, hidden) or None
    input_bias: Any
    state_bias: Any


@dataclass
class Direction:
    """What one direction of one layer works on; times are along axis 0, samples along axis 1.

    ``output`` takes the state after each step, ``saved`` what the derivative needs. ``order`` lists
    the times in the order of the recurrence. ``valid`` and ``ended`` (time, batch, 1) say which
    times are behind the end of a sequence, where the state stays as it is; None where all
    sequences have full length. ``packed``: memory for generated kernels, if they want some.
    """

    weights: Weights
    data: Any
    state: Any
    cell: Any
    output: Any
    saved: dict[str, Any]
    order: range
    valid: Any = None
    ended: Any = None
    packed: Any = None

    @property
    def first(self) -> int:
        """The time of the first step."""
        return self.order[0]

    def after_first(self) -> tuple[slice, slice]:
        """All times but the first of the order, and those that come one step before them."""
        later, earlier = slice(1, None), slice(None, -1)
        return (later, earlier) if self.order.step > 0 else (earlier, later)


def rows(tensor: Any) -> Any:
    """Times and samples as the rows of one matrix."""
    return tensor.reshape(-1, tensor.shape[-1])


def generates(each: Direction, d_output: Any = None, *d_states: Any) -> bool:
    """Whether generated kernels can do it, or the derivative.

    They take float32 numbers in memory, and nothing may record or replace torch's calls.
    """
    if not wants_kernels():
        return False
    saved = each.saved["gates"], each.saved.get("cells")
    dense = [
        t for t in (each.weights.state, each.state, each.cell, *saved, *d_states) if t is not None
    ]
    with_rows = [each.output] if d_output is None else [each.output, d_output]
    every = [each.data, *with_rows, *dense]
    if each.valid is not None or saved[0].numel() == 0:
        return False
    if any(type(t) is not torch.Tensor or t.dtype != torch.float32 for t in every):
        return False
    if any(t.device.type != "cpu" or t.requires_grad for t in every):
        return False
    if torch.utils._python_dispatch._get_current_dispatch_mode() is not None:
        return False
    if any(t.stride(-1) != 1 for t in with_rows) or not all(t.is_contiguous() for t in dense):
        return False
    from ..kernels.blas import gemm_address

    return gemm_address() != 0


def packed_memory(each: Direction) -> Any:
    """Memory for packed weights, if products are to be computed by generated kernels."""
    return each.packed if wants_products() else None


class Recurrence:
    """What the kinds of cells share. Sizes: of the state within a cell, and of its output."""

    gates: int  # blocks of rows of the weights
    width: int  # blocks of columns that are saved
    input_blocks: tuple[tuple[int, int, int], ...]
    state_blocks: tuple[int, int, int]
    generated = False  # whether there is a kernel of whole sequences

    def __init__(
        self, hidden: int, output: int, clip: tuple = (None, None), clip_nan: bool = False
    ):
        self.hidden, self.output, self.clip, self.clip_nan = hidden, output, clip, clip_nan

    @property
    def projects(self) -> bool:
        """Whether a matrix maps the state of a cell to its output."""
        return self.output != self.hidden

    def blocks(self, first: int, number: int) -> slice:
        """The rows or columns of some gates."""
        return slice(first * self.hidden, (first + number) * self.hidden)

    def saved(self, steps: int, batch: int) -> dict[str, tuple]:
        """The shapes of what the derivative needs."""
        return {"gates": (steps, batch, self.width * self.hidden)}

    def packing(self, batch: int) -> int:
        """How many numbers generated kernels pack, forward or backward."""
        rows = self.gates * self.hidden
        packs = self.generated and has_kernels() and suits_products()
        if batch == 1 or self.projects or not packs:
            return 0
        return max(packed_size(self.hidden, rows), packed_size(rows, self.hidden))

    def scratch(self, steps: int, batch: int, valid: bool) -> dict[str, tuple]:
        """The shapes of the memory that ``propagate`` needs for itself."""
        kept = steps if self.projects else 2
        shapes = {
            "factors": (steps, batch, self.width * self.hidden),
            "d_states": (kept, batch, self.output),
        }
        if valid:
            shapes["held"] = (steps, batch, 1)
        return shapes

    def project_data(self, each: Direction, gates: Any, bias: Any) -> None:
        """The part of the gates that comes from the data, with the biases, for all times."""
        weights = each.weights
        torch.add(weights.input_bias, weights.state_bias, out=bias)
        for columns, first, number in self.input_blocks:
            wanted = self.blocks(first, number)
            torch.addmm(
                bias[wanted],
                rows(each.data),
                weights.input[wanted].t(),
                out=rows(gates)[:, self.blocks(columns, number)],
            )

    def hold(self, each: Direction, time: int, new: Any, old: Any) -> None:
        """Keep the old state where the sequence has ended."""
        if each.valid is not None:
            torch.where(each.valid[time], new, old, out=new)

    def run(self, each: Direction, bias: Any) -> tuple[Any, Any]:
        """Go through the sequence; returns the last state and cell."""
        raise NotImplementedError

    def propagate(
        self, each: Direction, d_output: Any, d_state: Any, d_cell: Any, scratch: dict[str, Any]
    ) -> None:
        """Go back through the sequence.

        ``d_state`` and ``d_cell`` hold the gradients of the last state and cell, and take those of
        the first ones. Leaves the gradients of the saved gates in ``scratch["factors"]``.
        """
        raise NotImplementedError

    def mask(self, each: Direction, scratch: dict[str, Any], *tensors: Any) -> None:
        """Set tensors to 0 at times behind the end of a sequence."""
        if each.ended is not None:
            scratch["held"].copy_(each.ended)
            for tensor in tensors:
                tensor.masked_fill_(each.ended, 0)

    def steps_back(self, each: Direction, d_output: Any, d_state: Any, scratch: dict[str, Any]):
        """Times in reverse, each with the gradient of its state, the storage for that of the state
        before, and what that one begins with: the gradient of the output there, or None."""
        kept = scratch["d_states"]
        order = list(reversed(each.order))
        current = kept[order[0] % len(kept)]
        torch.add(d_output[order[0]], d_state, out=current)
        for time, before in zip(order, [*order[1:], None]):
            if before is None:
                yield time, current, d_state, None
            else:
                previous = kept[before % len(kept)]
                yield time, current, previous, d_output[before]
                current = previous

    def send_back(self, d_gates: Any, weight: Any, begin: Any, previous: Any) -> None:
        """The gradient of the state before a step, through the weights."""
        if begin is None:
            torch.mm(d_gates, weight, out=previous)
        else:
            torch.addmm(begin, d_gates, weight, out=previous)

    def weight_gradients(
        self, each: Direction, d_weights: Weights, scratch: dict[str, Any]
    ) -> None:
        """The gradients of the parameters, from those of the gates of all times."""
        d_gates, data = scratch["factors"], rows(each.data)
        for columns, first, number in self.input_blocks:
            wanted = self.blocks(first, number)
            d_part = rows(d_gates)[:, self.blocks(columns, number)]
            torch.mm(d_part.t(), data, out=d_weights.input[wanted])
            torch.sum(d_part, 0, out=d_weights.input_bias[wanted])
        columns, _, number = self.state_blocks
        d_part = d_gates[..., self.blocks(columns, number)]
        now, before = each.after_first()
        torch.mm(rows(d_part[now]).t(), rows(each.output[before]), out=d_weights.state)
        d_weights.state.addmm_(d_part[each.first].t(), each.state)
        if self.input_blocks == (self.state_blocks,):  # both biases have the same part
            d_weights.state_bias.copy_(d_weights.input_bias)
        else:
            torch.sum(rows(d_part), 0, out=d_weights.state_bias)
        if self.projects:
            d_states, inner = rows(scratch["d_states"]), rows(each.saved["unprojected"])
            torch.mm(d_states.t(), inner, out=d_weights.projection)

    def data_gradient(self, each: Direction, out: Any, add: bool, scratch: dict[str, Any]) -> None:
        """The gradient of the data, written to or added to ``out``."""
        target = rows(out)
        for columns, first, number in self.input_blocks:
            d_part = rows(scratch["factors"])[:, self.blocks(columns, number)]
            weight = each.weights.input[self.blocks(first, number)]
            if add:
                target.addmm_(d_part, weight)
            else:
                torch.mm(d_part, weight, out=target)
            add = True


class Plain(Recurrence):
    """h = act(W x + b + R h + c); the activation is tanh or max(0, ·)."""

    gates = width = 1
    input_blocks = ((0, 0, 1),)
    state_blocks = (0, 0, 1)
    relu = False

    def saved(self, steps, batch):
        return {}

    def run(self, each, bias):
        self.project_data(each, each.output, bias)
        weight, state = each.weights.state.t(), each.state
        for time in each.order:
            new = each.output[time].addmm_(state, weight)
            new = torch.clamp_min(new, 0, out=new) if self.relu else new.tanh_()
            self.hold(each, time, new, state)
            state = new
        return state, None

    def propagate(self, each, d_output, d_state, d_cell, scratch):
        factors = scratch["factors"].fill_(1)
        if self.relu:
            derivative("threshold_backward", factors, each.output, 0, out=factors)
        else:
            derivative("tanh_backward", factors, each.output, out=factors)
        self.mask(each, scratch, factors)
        steps = self.steps_back(each, d_output, d_state, scratch)
        for time, current, previous, begin in steps:
            d_gates = factors[time].mul_(current)
            self.send_back(d_gates, each.weights.state, begin, previous)
            if each.valid is not None:
                previous.addcmul_(current, scratch["held"][time])


class Relu(Plain):
    """The plain recurrence with max(0, ·)."""

    relu = True


class LSTM(Recurrence):
    """Gates i, f, g, o: c = f c + i g, h = o tanh(c), or a matrix times that (projection)."""

    generated = True
    gates = width = 4
    input_blocks = ((0, 0, 4),)
    state_blocks = (0, 0, 4)

    @property
    def clips(self) -> bool:
        """Whether the cells are kept within bounds."""
        return self.clip != (None, None)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value of a cell."""
        low, high = self.clip
        return -math.inf if low is None else low, math.inf if high is None else high

    def saved(self, steps, batch):
        shapes = super().saved(steps, batch) | {"cells": (steps, batch, self.hidden)}
        if self.projects:
            shapes["unprojected"] = (steps, batch, self.hidden)
        return shapes

    def scratch(self, steps, batch, valid):
        whole = (steps, batch, self.hidden)
        shapes = super().scratch(steps, batch, valid) | {"through": whole}
        if valid:
            shapes["keep"] = whole
        if self.clips:
            shapes["inside"] = whole
        if self.projects:
            shapes["d_inner"] = (batch, self.hidden)
        return shapes

    def clip_cell(self, cell):
        """Bring a cell into its bounds; NaN goes to one of them unless it is to be kept."""
        if not self.clip_nan:
            cell.nan_to_num_(next(b for b in self.clip if b is not None), math.inf, -math.inf)
        torch.clamp(cell, *self.bounds, out=cell)

    def run(self, each, bias):
        gates, cells = each.saved["gates"], each.saved["cells"]
        if not self.projects and not self.clips and generates(each):
            return self.run_generated(each, bias)
        self.project_data(each, gates, bias)
        weight, state, cell = each.weights.state.t(), each.state, each.cell
        for time in each.order:
            i, f, g, o = self.activate(gates[time].addmm_(state, weight))
            new_cell = torch.mul(f, cell, out=cells[time]).addcmul_(i, g)
            if self.clips:
                self.clip_cell(new_cell)
            self.hold(each, time, new_cell, cell)
            new = self.emit(each, time, new_cell, o)
            self.hold(each, time, new, state)
            state, cell = new, new_cell
        return state, cell

    def run_generated(self, each, bias):
        """The same by one kernel, which also adds the bias."""
        from ..kernels import recurrent

        gates, cells, weights = each.saved["gates"], each.saved["cells"], each.weights
        torch.add(weights.input_bias, weights.state_bias, out=bias)
        torch.mm(rows(each.data), weights.input.t(), out=rows(gates))
        recurrent.forward(
            recurrent.LSTM, each.order.step < 0, bias, each.state, each.cell, weights.state,
            out=(gates, each.output, cells), packed=packed_memory(each),
        )  # fmt: skip
        return each.output[each.order[-1]], cells[each.order[-1]]

    def activate(self, now):
        """Apply the activations to the gates of one step."""
        i, f, g, o = (now[:, self.blocks(gate, 1)] for gate in range(4))
        now[:, self.blocks(0, 2)].sigmoid_()
        g.tanh_()
        o.sigmoid_()
        return i, f, g, o

    def emit(self, each, time, cell, o):
        """The output of a step."""
        if not self.projects:
            return torch.tanh(cell, out=each.output[time]).mul_(o)
        inner = torch.tanh(cell, out=each.saved["unprojected"][time]).mul_(o)
        return torch.mm(inner, each.weights.projection.t(), out=each.output[time])

    def derivatives(self, each, scratch):
        """What each gate's gradient is per gradient of the cell (of the state for gate o), the
        gradient of the cell per gradient of the state, and that of the cell before."""
        i, f, g, o = each.saved["gates"].chunk(4, -1)
        cells, through = each.saved["cells"], scratch["through"]
        torch.tanh(cells, out=through)
        by_i, by_f, by_g, by_o = scratch["factors"].chunk(4, -1)
        derivative("sigmoid_backward", through, o, out=by_o)
        derivative("tanh_backward", o, through, out=through)
        derivative("sigmoid_backward", g, i, out=by_i)
        derivative("tanh_backward", i, g, out=by_g)
        now, before = each.after_first()
        derivative("sigmoid_backward", cells[before], f[now], out=by_f[now])
        derivative("sigmoid_backward", each.cell, f[each.first], out=by_f[each.first])
        self.mask(each, scratch, scratch["factors"], through)
        if self.clips:
            low, high = self.bounds
            inside = scratch["inside"].fill_(1)
            derivative("hardtanh_backward", inside, cells, low, high, out=inside)
        if each.ended is not None:
            f = scratch["keep"].copy_(f).masked_fill_(each.ended, 1)
            if self.clips:
                inside.masked_fill_(each.ended, 1)
        return through, f

    def propagate(self, each, d_output, d_state, d_cell, scratch):
        if not self.projects and not self.clips and generates(each, d_output, d_state, d_cell):
            from ..kernels import recurrent

            recurrent.backward(
                recurrent.LSTM, each.order.step < 0, each.saved["gates"], each.saved["cells"],
                each.output, d_output, each.state, each.cell, each.weights.state,
                out=(scratch["factors"], d_state, d_cell), packed=packed_memory(each),
            )  # fmt: skip
            return
        through, keep = self.derivatives(each, scratch)
        factors, batch = scratch["factors"], d_cell.shape[0]
        d_cells = d_cell.unsqueeze(1)
        for time, current, previous, begin in self.steps_back(each, d_output, d_state, scratch):
            inner = current
            if self.projects:
                inner = torch.mm(current, each.weights.projection, out=scratch["d_inner"])
            d_cell.addcmul_(inner, through[time])
            if self.clips:
                d_cell.mul_(scratch["inside"][time])
            d_gates = factors[time]
            d_gates[:, self.blocks(0, 3)].view(batch, 3, -1).mul_(d_cells)
            d_gates[:, self.blocks(3, 1)].mul_(inner)
            d_cell.mul_(keep[time])
            self.send_back(d_gates, each.weights.state, begin, previous)
            if each.valid is not None:
                previous.addcmul_(current, scratch["held"][time])
                if self.projects:
                    current.masked_fill_(each.ended[time], 0)


class GRU(Recurrence):
    """Gates r, z, n: n = tanh(W x + b + r (R h + c)), h = (1 - z) n + z h.

    The saved blocks are n, r, z and R h + c of gate n.
    """

    generated = True
    gates, width = 3, 4
    input_blocks = ((1, 0, 2), (0, 2, 1))
    state_blocks = (1, 0, 3)

    def scratch(self, steps, batch, valid):
        shapes = super().scratch(steps, batch, valid)
        if valid:
            shapes["keep"] = (steps, batch, self.hidden)
        return shapes

    def project_data(self, each, gates, bias):
        weights, last = each.weights, self.blocks(2, 1)
        torch.add(weights.input_bias, weights.state_bias, out=bias)
        bias[last].copy_(weights.input_bias[last])
        for columns, first, number in self.input_blocks:
            wanted = self.blocks(first, number)
            part = rows(gates)[:, self.blocks(columns, number)]
            torch.addmm(bias[wanted], rows(each.data), weights.input[wanted].t(), out=part)
        gates[..., self.blocks(3, 1)].copy_(weights.state_bias[last])

    def run(self, each, bias):
        gates = each.saved["gates"]
        self.project_data(each, gates, bias)
        if generates(each):
            from ..kernels import recurrent

            recurrent.forward(
                recurrent.GRU, each.order.step < 0, None, each.state, None, each.weights.state,
                out=(gates, each.output, None), packed=packed_memory(each),
            )  # fmt: skip
            return each.output[each.order[-1]], None
        weight, state = each.weights.state.t(), each.state
        for time in each.order:
            now = gates[time]
            now[:, self.blocks(1, 3)].addmm_(state, weight)
            now[:, self.blocks(1, 2)].sigmoid_()
            n, r, z, linear = (now[:, self.blocks(i, 1)] for i in range(4))
            n.addcmul_(r, linear).tanh_()
            new = torch.lerp(n, state, z, out=each.output[time])
            self.hold(each, time, new, state)
            state = new
        return state, None

    def derivatives(self, each, scratch):
        """What each gate's gradient is per gradient of the state, and that of the state before."""
        n, r, z, linear = each.saved["gates"].chunk(4, -1)
        by_n, by_r, by_z, by_linear = scratch["factors"].chunk(4, -1)
        torch.mul(z, -1, out=by_n).add_(1)
        derivative("tanh_backward", by_n, n, out=by_n)
        torch.mul(by_n, linear, out=by_r)
        derivative("sigmoid_backward", by_r, r, out=by_r)
        torch.mul(by_n, r, out=by_linear)
        now, before = each.after_first()
        torch.sub(each.output[before], n[now], out=by_z[now])
        torch.sub(each.state, n[each.first], out=by_z[each.first])
        derivative("sigmoid_backward", by_z, z, out=by_z)
        self.mask(each, scratch, scratch["factors"])
        if each.ended is not None:
            z = scratch["keep"].copy_(z).masked_fill_(each.ended, 1)
        return z

    def propagate(self, each, d_output, d_state, d_cell, scratch):
        if generates(each, d_output, d_state):
            from ..kernels import recurrent

            recurrent.backward(
                recurrent.GRU, each.order.step < 0, each.saved["gates"], None, each.output,
                d_output, each.state, None, each.weights.state,
                out=(scratch["factors"], d_state, None), packed=packed_memory(each),
            )  # fmt: skip
            return
        keep, factors = self.derivatives(each, scratch), scratch["factors"]
        batch = d_state.shape[0]
        for time, current, previous, begin in self.steps_back(each, d_output, d_state, scratch):
            d_gates = factors[time]
            d_gates.view(batch, 4, -1).mul_(current.unsqueeze(1))
            if begin is None:
                torch.mul(current, keep[time], out=previous)
            else:
                torch.addcmul(begin, current, keep[time], out=previous)
            previous.addmm_(d_gates[:, self.blocks(1, 3)], each.weights.state)
