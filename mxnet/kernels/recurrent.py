"""Whole sequences of LSTM and GRU cells: BLAS's products, and one pass over the gates a step.

A run through a sequence is one call: its kernel calls BLAS by address, or multiplies itself where
there is a single sample. The passes over the gates share their rows among threads if there are many.
Loops are kept so short that LLVM sees at a glance that their arrays are apart, and vectorises them.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

import numpy as np
import torch
from numba import njit

from . import products
from .blas import gemm_address
from .elementary import (
    call_with_1,
    call_with_4,
    call_with_13,
    f32,
    floats,
    hyperbolic_tangent,
    logistic,
    words,
)
from .native import compiled, function, openmp_address, take_part

__all__ = ["GRU", "LSTM", "backward", "forward"]

LSTM, GRU = 0, 1
_BACKWARD = 2  # added to the kind of a cell
_PART = 1 << 12  # gates that are worth a thread of their own

exact = njit(error_model="numpy", fastmath={"contract"})
summing = njit(error_model="numpy", fastmath={"reassoc", "contract"})

# A step, as words: 0 counter of parts taken, 1 parts, 2 what to do, 3 batch, 4 hidden, 5 gates,
# 6 bias (forward) or gradients of the gates (backward), 7 cells before, 8 cells, 9 output or its
# gradient, 10 bytes from row to row of it, 11 state before, 12 bytes from row to row of it,
# 13 gradient of the state, 14 gradient of the cells.


@exact
def _lstm_row(b, row):
    n = b[4]
    gates, bias = b[5] + 16 * n * row, b[6]
    enter, enter_bias = floats(gates), floats(bias)
    for i in range(2 * n):
        enter[i] = logistic(enter[i] + enter_bias[i])
    change, change_bias = floats(gates + 8 * n), floats(bias + 8 * n)
    for i in range(n):
        change[i] = hyperbolic_tangent(change[i] + change_bias[i])
    leave, leave_bias = floats(gates + 12 * n), floats(bias + 12 * n)
    for i in range(n):
        leave[i] = logistic(leave[i] + leave_bias[i])
    forget = floats(gates + 4 * n)
    before, cell = floats(b[7] + 4 * n * row), floats(b[8] + 4 * n * row)
    for i in range(n):
        cell[i] = forget[i] * before[i] + enter[i] * change[i]
    output = floats(b[9] + b[10] * row)
    for i in range(n):
        output[i] = leave[i] * hyperbolic_tangent(cell[i])


@exact
def _lstm_row_back(b, row):
    n = b[4]
    gates, d_gates = b[5] + 16 * n * row, b[6] + 16 * n * row
    d_state, d_output = floats(b[13] + 4 * n * row), floats(b[9] + b[10] * row)
    for i in range(n):
        d_state[i] += d_output[i]
    d_cell, cell = floats(b[14] + 4 * n * row), floats(b[8] + 4 * n * row)
    leave, d_leave = floats(gates + 12 * n), floats(d_gates + 12 * n)
    for i in range(n):
        o, d, through = leave[i], d_state[i], hyperbolic_tangent(cell[i])
        d_leave[i] = d * through * (o * (f32(1) - o))
        d_cell[i] += d * o * (f32(1) - through * through)
    enter, change = floats(gates), floats(gates + 8 * n)
    d_enter, d_change = floats(d_gates), floats(d_gates + 8 * n)
    for i in range(n):
        e, g, d = enter[i], change[i], d_cell[i]
        d_enter[i] = d * g * (e * (f32(1) - e))
        d_change[i] = d * e * (f32(1) - g * g)
    before = floats(b[7] + 4 * n * row)
    forget, d_forget = floats(gates + 4 * n), floats(d_gates + 4 * n)
    for i in range(n):
        f, d = forget[i], d_cell[i]
        d_forget[i] = d * before[i] * (f * (f32(1) - f))
        d_cell[i] = d * f


@exact
def _gru_row(b, row):
    n = b[4]
    gates = b[5] + 16 * n * row
    reset = floats(gates + 4 * n)
    for i in range(2 * n):
        reset[i] = logistic(reset[i])
    new, linear = floats(gates), floats(gates + 12 * n)
    for i in range(n):
        new[i] = hyperbolic_tangent(new[i] + reset[i] * linear[i])
    update, before = floats(gates + 8 * n), floats(b[11] + b[12] * row)
    output = floats(b[9] + b[10] * row)
    for i in range(n):
        output[i] = new[i] + update[i] * (before[i] - new[i])


@exact
def _gru_row_back(b, row):
    n = b[4]
    gates, d_gates = b[5] + 16 * n * row, b[6] + 16 * n * row
    d_state, d_output = floats(b[13] + 4 * n * row), floats(b[9] + b[10] * row)
    for i in range(n):
        d_state[i] += d_output[i]
    new, update, d_new = floats(gates), floats(gates + 8 * n), floats(d_gates)
    for i in range(n):
        d_new[i] = d_state[i] * (f32(1) - update[i]) * (f32(1) - new[i] * new[i])
    before, d_update = floats(b[11] + b[12] * row), floats(d_gates + 8 * n)
    for i in range(n):
        z, d = update[i], d_state[i]
        d_update[i] = d * (before[i] - new[i]) * (z * (f32(1) - z))
        d_state[i] = d * z
    reset, linear = floats(gates + 4 * n), floats(gates + 12 * n)
    d_reset, d_linear = floats(d_gates + 4 * n), floats(d_gates + 12 * n)
    for i in range(n):
        r = reset[i]
        d_reset[i] = d_new[i] * linear[i] * (r * (f32(1) - r))
    for i in range(n):
        d_linear[i] = d_new[i] * reset[i]


@exact
def _rows(b, first, last):
    """What a step does to some samples, after or before the product."""
    if b[2] == LSTM:
        for row in range(first, last):
            _lstm_row(b, row)
    elif b[2] == GRU:
        for row in range(first, last):
            _gru_row(b, row)
    elif b[2] == LSTM + _BACKWARD:
        for row in range(first, last):
            _lstm_row_back(b, row)
    else:
        for row in range(first, last):
            _gru_row_back(b, row)


@compiled
def _rows_in_parts(b):
    """The same for all samples, on several threads."""
    batch, parts = b[3], b[1]
    while True:
        part = take_part(b)
        if part >= parts:
            break
        _rows(b, part * batch // parts, (part + 1) * batch // parts)


@exact
def _all_rows(b, parallel):
    """The same for all samples; ``parallel``: the words of a call that starts the threads."""
    if b[1] > 1:
        b[0] = 0
        call_with_4(parallel[0], words(parallel[1]))
    else:
        _rows(b, 0, b[3])


@summing
def _add_matrix_by_vector(y, start, x, rows, columns):
    """y += W x for a matrix of ``rows`` rows."""
    r = 0
    while r + 4 <= rows:
        p, q = floats(start + 4 * r * columns), floats(start + 4 * (r + 1) * columns)
        u, v = floats(start + 4 * (r + 2) * columns), floats(start + 4 * (r + 3) * columns)
        s, t, k, m = f32(0), f32(0), f32(0), f32(0)
        for i in range(columns):
            s += p[i] * x[i]
            t += q[i] * x[i]
            k += u[i] * x[i]
            m += v[i] * x[i]
        y[r] += s
        y[r + 1] += t
        y[r + 2] += k
        y[r + 3] += m
        r += 4
    while r < rows:
        p, s = floats(start + 4 * r * columns), f32(0)
        for i in range(columns):
            s += p[i] * x[i]
        y[r] += s
        r += 1


@exact
def _add_vector_by_matrix(y, start, x, rows, columns):
    """y += x W for a matrix of ``rows`` rows."""
    r = 0
    while r + 4 <= rows:
        a, b, c, d = x[r], x[r + 1], x[r + 2], x[r + 3]
        p, q = floats(start + 4 * r * columns), floats(start + 4 * (r + 1) * columns)
        u, v = floats(start + 4 * (r + 2) * columns), floats(start + 4 * (r + 3) * columns)
        for i in range(columns):
            y[i] += (a * p[i] + b * q[i]) + (c * u[i] + d * v[i])
        r += 4
    while r < rows:
        a, p = x[r], floats(start + 4 * r * columns)
        for i in range(columns):
            y[i] += a * p[i]
        r += 1


# A sequence, as words: 1 its step, 2 steps, 3 bytes from step to step of the gates, 4 of the cells,
# 5 of the output or its gradient, 6 of the gradients of the gates (backward) or of the output
# (backward, for the state before), 7 the kernel for products, 8 the words of its call, 9 those of the
# call that starts threads, 10 the first block of the gates that the state has a part in, 11 rows of the
# weights, 12 the weights, 13 the first cells, 14 the first state, 15 bytes from row to row of it,
# 16 and of the states after it, 17 threads of generated products (0: BLAS's), 18 whether a product is
# added to what is there.


@exact
def _multiply(a, source, pitch, target):
    """A product of some rows, ``pitch`` bytes apart, and the weights."""
    call = words(a[8])
    if a[17] == 0:
        call[8] = source
        call[11] = target
        words(call[9])[0] = pitch // 4
        call_with_13(a[7], call)
        return
    own = words(call[1])
    own[0], own[1] = 0, 0
    own[4], own[5], own[10] = source, pitch, target
    if a[18]:
        own[15] = target
    if a[17] > 1:
        call_with_4(call[4], call)
    else:
        call_with_1(a[7], words(a[8] + 8))


@compiled
def _forward(a):
    b, parallel = words(a[1]), words(a[9])
    n = b[4]
    for _ in range(a[2]):
        target = b[5] + 4 * n * a[10]
        if b[3] == 1:
            _add_matrix_by_vector(floats(target), a[12], floats(b[11]), a[11], n)
        else:
            _multiply(a, b[11], b[12], target)
        _all_rows(b, parallel)
        b[11], b[12] = b[9], b[10]
        b[7] = b[8]
        b[5] += a[3]
        b[8] += a[4]
        b[9] += a[5]


@compiled
def _backward(a):
    """The steps of a sequence from the last to the first."""
    b, parallel = words(a[1]), words(a[9])
    n = b[4]
    for step in range(a[2] - 1, -1, -1):
        if step == 0:
            b[7], b[11], b[12] = a[13], a[14], a[15]
        _all_rows(b, parallel)
        source, d_state = b[6] + 4 * n * a[10], floats(b[13])
        if b[3] == 1:
            if b[2] == LSTM + _BACKWARD:
                for i in range(n):
                    d_state[i] = f32(0)
            _add_vector_by_matrix(d_state, a[12], floats(source), a[11], n)
        else:
            _multiply(a, source, 16 * n, b[13])
        b[5] += a[3]
        b[6] += a[3]
        b[7] += a[4]
        b[8] += a[4]
        b[9] += a[5]
        b[11] += a[6]


# -- calls -----------------------------------------------------------------------------------------


def _run(kernel, step, sequence, matrices, added, packed):
    """Run a kernel on a step, and on a sequence without its addresses of others.

    ``matrices``: those of the product of a step, left, right and the result; ``added``: whether it is
    added to what is there; ``packed``: memory for the right one if generated products are to be used.
    """
    batch, hidden = step[1:3]
    most = torch.get_num_threads() if openmp_address() else 1
    parts = min(most, batch, batch * hidden // _PART) or 1
    array = np.zeros(96, np.int64)
    at = array.ctypes.data
    array[1] = parts
    array[2 : 2 + len(step)] = step
    start, call = at + 8 * 15, at + 8 * 21
    if parts > 1:
        array[15:21] = (openmp_address(), start + 16, _rows_in_parts(), at, parts, 0)
    if packed is None or batch == 1:
        threads, product, others = 0, gemm_address(), _blas_call(*matrices, added, call)
    else:
        left, right, out = matrices
        own = products.words_of(
            left, products.pack(right, packed), out, out if added else None, packed=True,
            threads=most, memory=products.thread_memory(most),
        )  # fmt: skip
        threads, product = min(most, own[2] * own[3]), products.run_product()
        others = (product, call + 8 * 5, threads, 0, openmp_address(), *own)
    array[21 : 21 + len(others)] = others
    array[64:83] = (0, at, *sequence[:5], product, call, start, *sequence[5:12], threads, added)
    function(kernel())(at + 8 * 64)


def _blas_call(left, right, out, added, at):
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


def _first_and_step(tensor, reverse):
    """The address of the first step, and the bytes from step to step."""
    if tensor is None:
        return 0, 0
    stride = 4 * tensor.stride(0)
    if not reverse:
        return tensor.data_ptr(), stride
    return tensor.data_ptr() + (tensor.shape[0] - 1) * stride, -stride


def _facts(kind, hidden):
    """The first of the gates that the state has a part in, and how many rows of weights these are."""
    return (1, 3 * hidden) if kind == GRU else (0, 4 * hidden)


def forward(kind, reverse, gates, bias, state, cell, weight, *, out, packed=None):
    """Go through a sequence.

    Parameters: ``gates`` (time, batch, 4 hidden): the part of the gates that comes from the data,
    which takes the gates; ``bias`` (4 hidden) of an LSTM, which is not yet in them; ``state``,
    ``cell`` (batch, hidden): the first ones; ``weight`` of the states; ``out``: the outputs, whose
    rows may lie apart, and the cells (time, batch, hidden), None for a GRU; ``packed``: memory for
    the weight where generated products are to be used. The other arrays are dense.
    """
    if torch.overrides.has_torch_function((gates,)):
        return torch.overrides.handle_torch_function(
            forward, (gates,), kind, reverse, gates, bias, state, cell, weight, out=out,
            packed=packed,
        )  # fmt: skip
    output, cells = out
    steps, batch, hidden = output.shape
    gates_at, gates_step = _first_and_step(gates, reverse)
    cells_at, cells_step = _first_and_step(cells, reverse)
    output_at, output_step = _first_and_step(output, reverse)
    pitch = 4 * output.stride(1)
    block, rows = _facts(kind, hidden)
    state_at = state.data_ptr()
    step = (
        kind, batch, hidden, gates_at, 0 if bias is None else bias.data_ptr(),
        0 if cell is None else cell.data_ptr(), cells_at, output_at, pitch, state_at, 4 * hidden, 0,
        0,
    )  # fmt: skip
    sequence = (
        steps, gates_step, cells_step, output_step, 0, block, rows, weight.data_ptr(), 0, 0, 0, 0
    )  # fmt: skip
    target = gates[0].narrow(1, block * hidden, rows)
    _run(_forward, step, sequence, (state, weight.t(), target), True, packed)
    _written(gates, *out)
    return out


def backward(
    kind, reverse, gates, cells, output, d_output, state, cell, weight, *, out, packed=None
):  # fmt: skip
    """Go back through a sequence, of which ``reverse`` says how ``forward`` went.

    ``out``: the gradients of the gates (time, batch, 4 hidden), and those of the last state and
    cell, which are read, and take those of the first ones. The gradient of the cell is None for a GRU.
    ``packed``: memory for the weight where generated products are to be used.
    """
    if torch.overrides.has_torch_function((gates,)):
        return torch.overrides.handle_torch_function(
            backward, (gates,), kind, reverse, gates, cells, output, d_output, state, cell, weight,
            out=out, packed=packed,
        )  # fmt: skip
    d_gates, d_state, d_cell = out
    steps, batch, hidden = output.shape
    gates_at, gates_step = _first_and_step(gates, not reverse)
    d_gates_at, _ = _first_and_step(d_gates, not reverse)
    cells_at, cells_step = _first_and_step(cells, not reverse)
    output_at, output_step = _first_and_step(output, not reverse)
    d_output_at, d_output_step = _first_and_step(d_output, not reverse)
    block, rows = _facts(kind, hidden)
    step = (
        kind + _BACKWARD, batch, hidden, gates_at, d_gates_at, cells_at + cells_step, cells_at,
        d_output_at, 4 * d_output.stride(1), output_at + output_step, 4 * output.stride(1),
        d_state.data_ptr(), 0 if d_cell is None else d_cell.data_ptr(),
    )  # fmt: skip
    sequence = (
        steps, gates_step, cells_step, d_output_step, output_step, block, rows, weight.data_ptr(),
        0 if cell is None else cell.data_ptr(), state.data_ptr(), 4 * hidden, 0,
    )  # fmt: skip
    source = d_gates[0].narrow(1, block * hidden, rows)
    _run(_backward, step, sequence, (source, weight, d_state), kind == GRU, packed)
    _written(*out)
    return out


def _written(*tensors):
    for tensor in tensors:
        if tensor is not None:
            torch.autograd.graph.increment_version(tensor)
