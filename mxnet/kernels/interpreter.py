"""The interpreter of native programs: machine code, made by numba once and kept on disk.

A native program is an array of 64-bit words: records of an operation code, the record's length, and
operands, most of them addresses (see execution/native). Every number here is a float32.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

import math

from numba import njit

from . import codes
from .elementary import (
    call_with_1,
    call_with_4,
    call_with_13,
    call_with_number,
    exponential,
    f32,
    floats,
    hyperbolic_tangent,
    i32,
    logistic,
    words,
)
from .native import compiled, take_part

__all__ = ["run_chain_in_parts", "run_program"]


# -- tiles: one operation on numbers in scratch memory, which no other name points to ----------


@njit(error_model="numpy", fastmath={"contract"})
def compute(kind, s, n, out, a, b, c):
    """One operation on ``n`` numbers of the scratch memory ``s``, at offsets out, a, b, c."""
    if kind == codes.ADD:
        for i in range(n):
            s[out + i] = s[a + i] + s[b + i]
    elif kind == codes.SUB:
        for i in range(n):
            s[out + i] = s[a + i] - s[b + i]
    elif kind == codes.MUL:
        for i in range(n):
            s[out + i] = s[a + i] * s[b + i]
    elif kind == codes.DIV:
        for i in range(n):
            s[out + i] = s[a + i] / s[b + i]
    elif kind == codes.FUSED_MULTIPLY_ADD:
        for i in range(n):
            s[out + i] = s[a + i] + s[b + i] * s[c + i]
    elif kind == codes.TANH:
        for i in range(n):
            s[out + i] = hyperbolic_tangent(s[a + i])
    elif kind == codes.SIGMOID:
        for i in range(n):
            s[out + i] = logistic(s[a + i])
    elif kind == codes.EXP:
        for i in range(n):
            s[out + i] = exponential(s[a + i])
    elif kind == codes.CLAMP_MIN:
        for i in range(n):
            x, low = s[a + i], s[b + i]
            s[out + i] = low if x < low else x
    elif kind == codes.THRESHOLD_BACKWARD:
        for i in range(n):
            s[out + i] = f32(0) if s[b + i] <= s[c + i] else s[a + i]
    elif kind == codes.TANH_BACKWARD:
        for i in range(n):
            y = s[b + i]
            s[out + i] = s[a + i] * (f32(1) - y * y)
    elif kind == codes.SIGMOID_BACKWARD:
        for i in range(n):
            y = s[b + i]
            s[out + i] = s[a + i] * (f32(1) - y) * y
    else:
        compute_rarer(kind, s, n, out, a, b)


@njit(error_model="numpy", fastmath={"contract"})
def compute_rarer(kind, s, n, out, a, b):
    """The operations that ``compute`` leaves to it, to stay small."""
    if kind == codes.NEG:
        for i in range(n):
            s[out + i] = -s[a + i]
    elif kind == codes.SQRT:
        for i in range(n):
            s[out + i] = f32(math.sqrt(s[a + i]))
    elif kind == codes.RECIPROCAL:
        for i in range(n):
            s[out + i] = f32(1) / s[a + i]
    elif kind == codes.LOG:
        for i in range(n):
            s[out + i] = f32(math.log(s[a + i]))
    elif kind == codes.TRUNC:
        for i in range(n):
            s[out + i] = f32(math.trunc(s[a + i])) if abs(s[a + i]) < f32(8388608) else s[a + i]
    elif kind == codes.MAXIMUM:
        for i in range(n):
            x, y = s[a + i], s[b + i]
            s[out + i] = x if (x > y or x != x) else y
    elif kind == codes.MINIMUM:
        for i in range(n):
            x, y = s[a + i], s[b + i]
            s[out + i] = x if (x < y or x != x) else y
    elif kind >= codes.COMPARE:
        compare(kind - codes.COMPARE, s, n, out, a, b)


@njit(error_model="numpy")
def compare(relation, s, n, out, a, b):
    """1 where two numbers are related as the number of a relation says, else 0."""
    for i in range(n):
        x, y = s[a + i], s[b + i]
        if relation == 0:
            holds = x == y
        elif relation == 1:
            holds = x != y
        elif relation == 2:
            holds = x < y
        elif relation == 3:
            holds = x <= y
        elif relation == 4:
            holds = x > y
        else:
            holds = x >= y
        s[out + i] = f32(1) if holds else f32(0)


@njit(error_model="numpy")
def load(s, register, address, row_stride, column_stride, row, rows, column, columns):
    """A rectangle of an array into scratch memory, row after row."""
    for r in range(rows):
        x = floats(address + 4 * ((row + r) * row_stride + column * column_stride))
        start = register + r * columns
        if column_stride == 1:
            for i in range(columns):
                s[start + i] = x[i]
        elif column_stride == 0:
            value = x[0]
            for i in range(columns):
                s[start + i] = value
        else:
            for i in range(columns):
                s[start + i] = x[i * column_stride]


@njit(error_model="numpy")
def store(s, register, address, row_stride, column_stride, row, rows, column, columns):
    """Scratch memory into a rectangle of an array."""
    for r in range(rows):
        x = floats(address + 4 * ((row + r) * row_stride + column * column_stride))
        start = register + r * columns
        if column_stride == 1:
            for i in range(columns):
                x[i] = s[start + i]
        else:
            for i in range(columns):
                x[i * column_stride] = s[start + i]


@njit(error_model="numpy")
def chain(w, s, part, parts):
    """Elementwise operations on arrays of one shape, tile by tile, so that they stay in the cache.

    Words: rows, columns, rows and columns of a tile, number of steps; then of each step its kind and
    seven operands. Done is one of ``parts`` parts.
    """
    rows, columns, tall, wide, count = w[2], w[3], w[4], w[5], w[6]
    across = (columns + wide - 1) // wide
    tiles = (rows + tall - 1) // tall * across
    for tile in range(part * tiles // parts, (part + 1) * tiles // parts):
        row, column = tile // across * tall, tile % across * wide
        height, width = min(tall, rows - row), min(wide, columns - column)
        n = (height * width + 63) // 64 * 64
        for step in range(count):
            o = 7 + 8 * step
            kind = w[o]
            if kind == codes.LOAD:
                load(s, w[o + 1], w[o + 2], w[o + 3], w[o + 4], row, height, column, width)
            elif kind == codes.STORE:
                store(s, w[o + 1], w[o + 2], w[o + 3], w[o + 4], row, height, column, width)
            else:
                compute(kind, s, n, w[o + 1], w[o + 2], w[o + 3], w[o + 4])


# -- the others ----------------------------------------------------------------------------------


@njit(error_model="numpy")
def fill_rows(out, rows, columns, stride, bias, bias_row_stride):
    """Rows of an array, from a bias (with stride 0) or another array."""
    for r in range(rows):
        x, y = floats(bias + 4 * r * bias_row_stride), floats(out + 4 * r * stride)
        for i in range(columns):
            y[i] = x[i]


@njit(error_model="numpy", fastmath={"reassoc", "contract"})
def matrix_by_vector(w):
    """y = W x (+ y0): words y, W, stride of W, x, rows, columns, y0 or 0."""
    y, start, x, rows, columns = floats(w[2]), w[3], floats(w[5]), w[6], w[7]
    initial = floats(w[8])
    for r in range(rows):
        line = floats(start + 4 * r * w[4])
        total = f32(0)
        for i in range(columns):
            total += line[i] * x[i]
        y[r] = total + (initial[r] if w[8] else f32(0))


@njit(error_model="numpy", fastmath={"reassoc", "contract"})
def vector_by_matrix(w, s):
    """y = x W (+ y0), in scratch memory of which ``columns`` fit a tile."""
    start, x, rows, columns = w[3], floats(w[5]), w[6], w[7]
    y, initial = floats(w[2]), floats(w[8])
    for first in range(0, columns, codes.TILE):
        n = min(codes.TILE, columns - first)
        if w[8]:
            for i in range(n):
                s[i] = initial[first + i]
        else:
            for i in range(n):
                s[i] = f32(0)
        r = 0
        while r + 4 <= rows:
            a, b, c, d = x[r], x[r + 1], x[r + 2], x[r + 3]
            p = floats(start + 4 * (r * w[4] + first))
            q = floats(start + 4 * ((r + 1) * w[4] + first))
            u = floats(start + 4 * ((r + 2) * w[4] + first))
            v = floats(start + 4 * ((r + 3) * w[4] + first))
            for i in range(n):
                s[i] += a * p[i] + b * q[i] + c * u[i] + d * v[i]
            r += 4
        while r < rows:
            a, p = x[r], floats(start + 4 * (r * w[4] + first))
            for i in range(n):
                s[i] += a * p[i]
            r += 1
        for i in range(n):
            y[first + i] = s[i]


@njit(error_model="numpy", fastmath={"contract"})
def outer_product(w):
    """C = a bᵀ (+ C): words C, stride of C, a, stride of a, b, rows, columns, whether added."""
    rows, columns, b = w[7], w[8], floats(w[6])
    for r in range(rows):
        value, y = floats(w[4] + 4 * r * w[5])[0], floats(w[2] + 4 * r * w[3])
        if w[9]:
            for i in range(columns):
                y[i] += value * b[i]
        else:
            for i in range(columns):
                y[i] = value * b[i]


@njit(error_model="numpy")
def sum_of_rows(w, s):
    """Sums over rows: words out, data, stride of rows, rows, columns.

    At most 64 rows are added one after the other, to keep the error of long sums small.
    """
    out, start, stride, rows, columns = floats(w[2]), w[3], w[4], w[5], w[6]
    for first in range(0, columns, codes.TILE):
        n = min(codes.TILE, columns - first)
        for i in range(n):
            s[i] = f32(0)
        for block in range(0, rows, 64):
            x = floats(start + 4 * (block * stride + first))
            for i in range(n):
                s[codes.TILE + i] = x[i]
            for r in range(block + 1, min(block + 64, rows)):
                x = floats(start + 4 * (r * stride + first))
                for i in range(n):
                    s[codes.TILE + i] += x[i]
            for i in range(n):
                s[i] += s[codes.TILE + i]
        for i in range(n):
            out[first + i] = s[i]


@njit(error_model="numpy", fastmath={"reassoc", "contract"})
def sum_of_columns(w):
    """Sums over columns: words out, data, stride of rows, rows, columns."""
    out = floats(w[2])
    for r in range(w[5]):
        x, total = floats(w[3] + 4 * r * w[4]), 0.0
        for block in range(0, w[6], 64):
            part = f32(0)
            for i in range(block, min(block + 64, w[6])):
                part += x[i]
            total += part
        out[r] = f32(total)


@njit(error_model="numpy", fastmath={"contract"})
def softmax(w, s):
    """Softmax over the columns, at most a tile of them: words out, data, rows, columns."""
    columns = w[5]
    whole = (columns + 63) // 64 * 64
    for r in range(w[4]):
        x, y = floats(w[3] + 4 * r * columns), floats(w[2] + 4 * r * columns)
        most = x[0]
        for i in range(1, columns):
            most = x[i] if x[i] > most or x[i] != x[i] else most
        for i in range(columns):
            s[i] = x[i] - most
        compute(codes.EXP, s, whole, codes.TILE, 0, 0, 0)
        total = f32(0)
        for i in range(columns):
            total += s[codes.TILE + i]
        for i in range(columns):
            y[i] = s[codes.TILE + i] / total


@njit(error_model="numpy")
def product(w, record, packed, parallel):
    """A product: words threads, kernel, three words for the call that starts threads, its own words."""
    block = record + 8 * 7
    own = words(block)
    own[0], own[1], own[22] = 0, 0, packed
    w[4] = block
    if w[2] > 1:
        call_with_4(parallel, words(record + 24))
    else:
        call_with_1(w[3], words(record + 32))


@njit(error_model="numpy")
def call_kernel(w, record, packed):
    """A kernel that changes its words: words kernel, address and number of those that it works on,
    which of them is the address of memory for products (0: none), and what they are before.
    """
    work = words(w[3])
    for i in range(w[4]):
        work[i] = w[6 + i]
    if w[5]:
        work[w[5]] = packed
    call_with_1(w[2], words(record + 24))


@compiled
def run_program(arguments):
    """Run records one after the other.

    Words: 0, the addresses of the first record, of the end, of REGISTERS tiles of scratch memory, of
    memory for what products pack, of BLAS's sgemm, and of the functions that limit its threads and
    that start threads (0 where there is none).
    """
    program, end, s, packed = arguments[1], arguments[2], floats(arguments[3]), arguments[4]
    gemm, threads, parallel = arguments[5], arguments[6], arguments[7]
    while program < end:
        w = words(program)
        code = w[0]
        if code == codes.CHAIN:
            chain(w, s, 0, 1)
        elif code == codes.GEMM:
            if w[2]:
                fill_rows(w[2], w[3], w[4], w[5], w[6], w[7])
            alone = threads != 0 and w[21] != 0
            before = i32(0)
            if alone:
                before = call_with_number(threads, i32(1))
            call_with_13(gemm, words(program + 64))
            if alone:
                call_with_number(threads, before)
        elif code == codes.PRODUCT:
            product(w, program, packed, parallel)
        elif code == codes.CALL:
            call_kernel(w, program, packed)
        elif code == codes.GEMV_ROWS:
            matrix_by_vector(w)
        elif code == codes.GEMV_COLUMNS:
            vector_by_matrix(w, s)
        elif code == codes.OUTER:
            outer_product(w)
        elif code == codes.SUM_ROWS:
            sum_of_rows(w, s)
        elif code == codes.SUM_COLUMNS:
            sum_of_columns(w)
        elif code == codes.SOFTMAX:
            softmax(w, s)
        program += 8 * w[1]


@compiled
def run_chain_in_parts(arguments):
    """Run one chain on several threads.

    Words: the counter of parts taken, the address of the chain, the number of parts, and the address
    of scratch memory for each of them.
    """
    w, parts = words(arguments[1]), arguments[2]
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        size = 4 * codes.REGISTERS * codes.TILE
        chain(w, floats(arguments[3] + size * part), part, parts)
