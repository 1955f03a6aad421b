"""The machine code of LSTM and GRU cells: one pass over the gates a step, and what runs the steps.

Loops are kept so short that LLVM sees at a glance that their arrays are apart, and vectorises them.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

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
from .language import helper, take_part
from .native import compiled

__all__ = ["BACKWARD", "GRU", "LSTM", "ROWS", "run_backward", "run_forward"]

LSTM, GRU = 0, 1
BACKWARD = 2  # added to the kind of a cell

exact = helper({"contract"})
summing = helper({"reassoc", "contract"}, inlined=False)

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


def _rows_of(row):
    """What a step does to all samples, after or before the product, on some threads."""

    def rows(b):
        batch, parts = b[3], b[1]
        while True:
            part = take_part(b)
            if part >= parts:
                break
            for index in range(part * batch // parts, (part + 1) * batch // parts):
                row(b, index)

    rows.__name__ = f"rows{row.__name__.replace('_row', '')}"
    return compiled(rows, fastmath={"contract"})


ROWS = {  # by what to do
    LSTM: _rows_of(_lstm_row),
    LSTM + BACKWARD: _rows_of(_lstm_row_back),
    GRU: _rows_of(_gru_row),
    GRU + BACKWARD: _rows_of(_gru_row_back),
}


@exact
def _all_rows(b, parallel):
    """Run one of these kernels; ``parallel``: the words of a call that starts the threads."""
    b[0] = 0
    if b[1] > 1:
        call_with_4(parallel[0], words(parallel[1]))
    else:
        call_with_1(words(parallel[1])[0], words(parallel[1] + 8))


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


@helper({"contract"}, inlined=False)
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


@exact
def _pack(a):
    """Pack the weights, if that is wanted: they may have changed since the run before."""
    if a[19]:
        call_with_1(a[19], words(a[20]))


@compiled
def run_forward(a):
    """The steps of a sequence from the first to the last."""
    b, parallel = words(a[1]), words(a[9])
    n = b[4]
    _pack(a)
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
def run_backward(a):
    """The steps of a sequence from the last to the first."""
    b, parallel = words(a[1]), words(a[9])
    n = b[4]
    _pack(a)
    for step in range(a[2] - 1, -1, -1):
        if step == 0:
            b[7], b[11], b[12] = a[13], a[14], a[15]
        _all_rows(b, parallel)
        source, d_state = b[6] + 4 * n * a[10], floats(b[13])
        if b[3] == 1:
            if b[2] == LSTM + BACKWARD:
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
