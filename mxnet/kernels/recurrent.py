"""Whole sequences of LSTM and GRU cells: BLAS's products, and one pass over the gates a step.

A run through a sequence is one call: its kernel calls BLAS by address, or multiplies itself where
there is a single sample. The passes over the gates share their rows among threads if there are many.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from . import products
from .blas import gemm_address
from .cells import BACKWARD, GRU, LSTM, ROWS, run_backward, run_forward
from .native import function, openmp_address

__all__ = ["GRU", "LSTM", "Run", "backward", "backward_run", "forward", "forward_run"]

_PART = 1 << 12  # gates that are worth a thread of their own


class Run(NamedTuple):
    """A kernel, the words that it works on and changes, and which of them has to get the address of
    ``packing`` bytes for what products pack (0: none). ``arrays`` are those that the words point to.
    """

    kernel: int
    words: np.ndarray
    memory: int
    packing: int
    arrays: tuple[Any, ...]


# Where things are among the words of a run, behind the sequence itself.
_STEP, _START, _CALL = 21, 36, 42
_PACKING = _CALL + 5 + products.WORDS


def _run_of(
    kernel: int,
    step: tuple,
    sequence: tuple,
    matrices: tuple[Tensor, Tensor, Tensor],
    added: bool,
    packed: Tensor | None,
    arrays: tuple[Any, ...],
) -> Run:
    """The run of a kernel on a step, and on a sequence without its addresses of others.

    ``matrices``: those of the product of a step, left, right and the result; ``added``: whether it is
    added to what is there; ``packed``: memory for the right one if generated products are to be used.
    """
    batch, hidden = step[1:3]
    most = torch.get_num_threads() if openmp_address() else 1
    parts = min(most, batch, batch * hidden // _PART) or 1
    words = np.zeros(_PACKING + 8, np.int64)
    at, start, call, packing = (
        words.ctypes.data + 8 * place for place in (_STEP, _START, _CALL, _PACKING)
    )
    words[_STEP + 1] = parts
    words[_STEP + 2 : _START] = step
    words[_START:_CALL] = (openmp_address(), start + 16, ROWS[step[0]](), at, parts, 0)
    threads, product, packs, memory, size = 0, gemm_address(), 0, 0, 0
    if packed is None or batch == 1:
        others = _blas_call(*matrices, added, call)
    else:
        left, right, out = matrices
        own = products.words_of(
            left, packed, out, out if added else None, packed=True, threads=most
        )  # fmt: skip
        threads, product = min(most, own[2] * own[3]), products.run_product()
        size = products.packing(own, most)
        others = (product, call + 8 * 5, threads, 0, openmp_address(), *own)
        packs, memory = products.run_packing(), _CALL + 5 + products.MEMORY
        words[_PACKING:] = (packing + 8, *products.packing_words(right, packed))
    words[_CALL : _CALL + len(others)] = others
    words[:_STEP] = (
        0, at, *sequence[:5], product, call, start, *sequence[5:12], threads, added, packs, packing,
    )  # fmt: skip
    return Run(kernel, words, memory, size, arrays)


def _run(run: Run) -> None:
    if run.memory:
        run.words[run.memory] = products.own_memory(run.packing)
    function(run.kernel)(run.words.ctypes.data)


def _blas_call(left: Tensor, right: Tensor, out: Tensor, added: bool, at: int) -> tuple[int, ...]:
    """The words of a call of sgemm at an address, and behind them what they point to.

    It counts by columns, so that what it gets are the transposed matrices.
    """
    letter, sizes, scales = (at + 8 * place for place in (13, 14, 20))
    dense = right.stride(1) == 1
    call = (
        letter + dense, letter + 1, sizes, sizes + 8, sizes + 16, scales, right.data_ptr(),
        sizes + 24, 0, sizes + 32, scales + 8, 0, sizes + 40,
    )  # fmt: skip
    pitches = max(right.stride()), left.stride(0), out.stride(0)
    (batch, inner), columns = left.shape, right.shape[1]
    one = int(np.float32(1).view(np.int32))
    return *call, 0x4E54, columns, batch, inner, *pitches, one, one * added


def _first_and_step(tensor: Tensor | None, reverse: bool) -> tuple[int, int]:
    """The address of the first step, and the bytes from step to step."""
    if tensor is None:
        return 0, 0
    stride = 4 * tensor.stride(0)
    if not reverse:
        return tensor.data_ptr(), stride
    return tensor.data_ptr() + (tensor.shape[0] - 1) * stride, -stride


def _facts(kind: int, hidden: int) -> tuple[int, int]:
    """The first of the gates that the state has a part in, and how many rows of weights these are."""
    return (1, 3 * hidden) if kind == GRU else (0, 4 * hidden)


def forward(
    kind: int,
    reverse: bool,
    bias: Tensor | None,
    state: Tensor,
    cell: Tensor | None,
    weight: Tensor,
    *,
    out: tuple[Tensor, Tensor, Tensor | None],
    packed: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Go through a sequence.

    Parameters: ``bias`` (4 hidden) of an LSTM, which is not yet in the gates; ``state``, ``cell``
    (batch, hidden): the first ones; ``weight`` of the states; ``out``: the gates (time, batch,
    4 hidden), of which the part that comes from the data is there already, the outputs, whose rows
    may lie apart, and the cells (time, batch, hidden), None for a GRU; ``packed``: memory for the
    weight where generated products are to be used. The other arrays are dense.
    """
    if torch.overrides.has_torch_function((state,)):
        return torch.overrides.handle_torch_function(
            forward, (state,), kind, reverse, bias, state, cell, weight, out=out, packed=packed
        )  # fmt: skip
    _run(forward_run(kind, reverse, bias, state, cell, weight, out=out, packed=packed))
    _written(*out)
    return out


def forward_run(
    kind: int,
    reverse: bool,
    bias: Tensor | None,
    state: Tensor,
    cell: Tensor | None,
    weight: Tensor,
    *,
    out: tuple[Tensor, Tensor, Tensor | None],
    packed: Tensor | None = None,
) -> Run:
    """What ``forward`` runs."""
    gates, output, cells = out
    steps, batch, hidden = output.shape
    gates_at, gates_step = _first_and_step(gates, reverse)
    cells_at, cells_step = _first_and_step(cells, reverse)
    output_at, output_step = _first_and_step(output, reverse)
    block, rows = _facts(kind, hidden)
    step = (
        kind, batch, hidden, gates_at, _address(bias), _address(cell), cells_at, output_at,
        4 * output.stride(1), state.data_ptr(), 4 * hidden, 0, 0,
    )  # fmt: skip
    sequence = (
        steps, gates_step, cells_step, output_step, 0, block, rows, weight.data_ptr(), 0, 0, 0, 0
    )  # fmt: skip
    target = gates[0].narrow(1, block * hidden, rows)
    arrays = bias, state, cell, weight, packed, *out
    matrices = state, weight.t(), target
    return _run_of(run_forward(), step, sequence, matrices, True, packed, arrays)


def backward(
    kind: int,
    reverse: bool,
    gates: Tensor,
    cells: Tensor | None,
    output: Tensor,
    d_output: Tensor,
    state: Tensor,
    cell: Tensor | None,
    weight: Tensor,
    *,
    out: tuple[Tensor, Tensor, Tensor | None],
    packed: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Go back through a sequence, of which ``reverse`` says how ``forward`` went.

    ``out``: the gradients of the gates (time, batch, 4 hidden), and those of the last state and
    cell, which are read, and take those of the first ones. The gradient of the cell is None for a GRU.
    ``packed``: memory for the weight where generated products are to be used.
    """
    arrays = gates, cells, output, d_output, state, cell, weight
    if torch.overrides.has_torch_function((gates,)):
        return torch.overrides.handle_torch_function(
            backward, (gates,), kind, reverse, *arrays, out=out, packed=packed
        )
    _run(backward_run(kind, reverse, *arrays, out=out, packed=packed))
    _written(*out)
    return out


def backward_run(
    kind: int,
    reverse: bool,
    gates: Tensor,
    cells: Tensor | None,
    output: Tensor,
    d_output: Tensor,
    state: Tensor,
    cell: Tensor | None,
    weight: Tensor,
    *,
    out: tuple[Tensor, Tensor, Tensor | None],
    packed: Tensor | None = None,
) -> Run:
    """What ``backward`` runs."""
    d_gates, d_state, d_cell = out
    steps, batch, hidden = output.shape
    gates_at, gates_step = _first_and_step(gates, not reverse)
    d_gates_at, _ = _first_and_step(d_gates, not reverse)
    cells_at, cells_step = _first_and_step(cells, not reverse)
    output_at, output_step = _first_and_step(output, not reverse)
    d_output_at, d_output_step = _first_and_step(d_output, not reverse)
    block, rows = _facts(kind, hidden)
    step = (
        kind + BACKWARD, batch, hidden, gates_at, d_gates_at, cells_at + cells_step, cells_at,
        d_output_at, 4 * d_output.stride(1), output_at + output_step, 4 * output.stride(1),
        d_state.data_ptr(), _address(d_cell),
    )  # fmt: skip
    sequence = (
        steps, gates_step, cells_step, d_output_step, output_step, block, rows, weight.data_ptr(),
        _address(cell), state.data_ptr(), 4 * hidden, 0,
    )  # fmt: skip
    source = d_gates[0].narrow(1, block * hidden, rows)
    arrays = gates, cells, output, d_output, state, cell, weight, packed, *out
    matrices = source, weight, d_state
    return _run_of(run_backward(), step, sequence, matrices, kind == GRU, packed, arrays)


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


def _written(*tensors: Tensor | None) -> None:
    for tensor in tensors:
        if tensor is not None:
            torch.autograd.graph.increment_version(tensor)
