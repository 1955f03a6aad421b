"""The interpreter of native programs: machine code, made by numba once and kept on disk.

A native program is an array of 64-bit words: records of the kernel that runs them, the record's length,
and operands, most of them addresses (see execution/native). So no more is compiled than is needed. A
kernel of records takes the addresses of the record's words and of the program's arguments. Every number
here is a float32.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

from . import codes
from .elementary import (
    address_of,
    call_2,
    call_3,
    call_with_1,
    call_with_4,
    call_with_13,
    call_with_number,
    exponential,
    f32,
    floats,
    i32,
    words,
)
from .language import helper, take_part
from .native import compiled
from .steps import STEPS

__all__ = ["linked", "run_chain_in_parts", "run_program"]

_RECORDS = {}  # by code: functions of nothing that return addresses


def _record(code, fastmath=()):
    """A decorator for functions that run a record."""

    def register(function):
        _RECORDS[code] = compiled(function, fastmath=fastmath, kinds="ii")
        return function

    return register


# -- chains --------------------------------------------------------------------------------------


@helper()
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


@helper()
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


@_record(codes.CHAIN)
def chain(record, state):
    """Elementwise operations on arrays of one shape, tile by tile, so that they stay in the cache.

    Words: rows, columns, rows and columns of a tile, number of steps; then of each step its kernel and
    seven operands. Done is one of some parts.
    """
    w, tile_at, part, parts = words(record), words(state)[3], words(state)[8], words(state)[9]
    rows, columns, tall, wide, count = w[2], w[3], w[4], w[5], w[6]
    s = floats(tile_at)
    across = (columns + wide - 1) // wide
    tiles = (rows + tall - 1) // tall * across
    for tile in range(part * tiles // parts, (part + 1) * tiles // parts):
        row, column = tile // across * tall, tile % across * wide
        height, width = min(tall, rows - row), min(wide, columns - column)
        blocks = (height * width + 63) // 64
        for step in range(count):
            o = 7 + 8 * step
            kind = w[o]
            if kind == codes.LOAD:
                load(s, w[o + 1], w[o + 2], w[o + 3], w[o + 4], row, height, column, width)
            elif kind == codes.STORE:
                store(s, w[o + 1], w[o + 2], w[o + 3], w[o + 4], row, height, column, width)
            else:
                call_3(kind, tile_at, blocks, record + 8 * o)


# -- the others ----------------------------------------------------------------------------------


@helper()
def fill_rows(out, rows, columns, stride, bias, bias_row_stride):
    """Rows of an array, from a bias (with stride 0) or another array."""
    for r in range(rows):
        x, y = floats(bias + 4 * r * bias_row_stride), floats(out + 4 * r * stride)
        for i in range(columns):
            y[i] = x[i]


@_record(codes.GEMV_ROWS, {"reassoc", "contract"})
def matrix_by_vector(record, state):
    """y = W x (+ y0): words y, W, stride of W, x, rows, columns, y0 or 0."""
    w = words(record)
    y, start, x, rows, columns = floats(w[2]), w[3], floats(w[5]), w[6], w[7]
    initial = floats(w[8])
    for r in range(rows):
        line = floats(start + 4 * r * w[4])
        total = f32(0)
        for i in range(columns):
            total += line[i] * x[i]
        y[r] = total + (initial[r] if w[8] else f32(0))


@_record(codes.GEMV_COLUMNS, {"reassoc", "contract"})
def vector_by_matrix(record, state):
    """y = x W (+ y0), in scratch memory of which ``columns`` fit a tile."""
    w, s = words(record), floats(words(state)[3])
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


@_record(codes.OUTER, {"contract"})
def outer_product(record, state):
    """C = a bᵀ (+ C): words C, stride of C, a, stride of a, b, rows, columns, whether added."""
    w = words(record)
    rows, columns, b = w[7], w[8], floats(w[6])
    for r in range(rows):
        value, y = floats(w[4] + 4 * r * w[5])[0], floats(w[2] + 4 * r * w[3])
        if w[9]:
            for i in range(columns):
                y[i] += value * b[i]
        else:
            for i in range(columns):
                y[i] = value * b[i]


@_record(codes.SUM_ROWS)
def sum_of_rows(record, state):
    """Sums over rows: words out, data, stride of rows, rows, columns.

    At most 64 rows are added one after the other, to keep the error of long sums small.
    """
    w, s = words(record), floats(words(state)[3])
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


@_record(codes.SUM_COLUMNS, {"reassoc", "contract"})
def sum_of_columns(record, state):
    """Sums over columns: words out, data, stride of rows, rows, columns."""
    w = words(record)
    out = floats(w[2])
    for r in range(w[5]):
        x, total = floats(w[3] + 4 * r * w[4]), 0.0
        for block in range(0, w[6], 64):
            part = f32(0)
            for i in range(block, min(block + 64, w[6])):
                part += x[i]
            total += part
        out[r] = f32(total)


@_record(codes.MAX_COLUMNS)
def largest_of_columns(record, state):
    """The largest of each row, or not-a-number if there is one: words as for sums of columns."""
    w = words(record)
    out = floats(w[2])
    for r in range(w[5]):
        x = floats(w[3] + 4 * r * w[4])
        most = x[0]
        for i in range(1, w[6]):
            most = x[i] if x[i] > most or x[i] != x[i] else most
        out[r] = most


@_record(codes.SOFTMAX, {"contract"})
def softmax(record, state):
    """Softmax over the columns, at most a tile of them: words out, data, rows, columns."""
    w, s = words(record), floats(words(state)[3])
    columns = w[5]
    whole = (columns + 63) // 64 * 64
    for r in range(w[4]):
        x, y = floats(w[3] + 4 * r * columns), floats(w[2] + 4 * r * columns)
        most = x[0]
        for i in range(1, columns):
            most = x[i] if x[i] > most or x[i] != x[i] else most
        for i in range(columns):
            s[i] = x[i] - most
        for i in range(whole):
            s[codes.TILE + i] = exponential(s[i])
        total = f32(0)
        for i in range(columns):
            total += s[codes.TILE + i]
        for i in range(columns):
            y[i] = s[codes.TILE + i] / total


@_record(codes.GEMM)
def blas_product(record, state):
    """A product by BLAS: words what to fill the rows of the result with first, and the call's own."""
    w, a = words(record), words(state)
    gemm, threads = a[5], a[6]
    if w[2]:
        fill_rows(w[2], w[3], w[4], w[5], w[6], w[7])
    alone = threads != 0 and w[21] != 0
    before = i32(0)
    if alone:
        before = call_with_number(threads, i32(1))
    call_with_13(gemm, words(record + 64))
    if alone:
        call_with_number(threads, before)


@_record(codes.PRODUCT)
def product(record, state):
    """A product: words threads, kernel, three words for the call that starts threads, its own words."""
    w, a = words(record), words(state)
    block = record + 8 * 7
    own = words(block)
    own[0], own[1], own[22] = 0, 0, a[4]
    w[4] = block
    if w[2] > 1:
        call_with_4(a[7], words(record + 24))
    else:
        call_with_1(w[3], words(record + 32))


@_record(codes.CALL)
def call_kernel(record, state):
    """A kernel that changes its words: words kernel, address and number of those that it works on,
    which of them is the address of memory for products (0: none), and what they are before.
    """
    w = words(record)
    work = words(w[3])
    for i in range(w[4]):
        work[i] = w[6 + i]
    if w[5]:
        work[w[5]] = words(state)[4]
    call_with_1(w[2], words(record + 24))


@_record(codes.STAGES)
def run_stages(record, state):
    """Kernels one after the other: of each how many words it has here, the number of threads, three
    words for the call that starts threads, and its own words.
    """
    w, a = words(record), words(state)
    at, end = record + 16, record + 8 * w[1]
    while at < end:
        stage, block = words(at), at + 48
        words(block)[0] = 0
        stage[3] = block
        if stage[1] > 1:
            call_with_4(a[7], words(at + 16))
        else:
            call_with_1(stage[2], words(at + 24))
        at += 8 * stage[0]


# -- programs ------------------------------------------------------------------------------------


@compiled
def run_program(arguments):
    """Run records one after the other.

    Words: 0, the addresses of the first record, of the end, of REGISTERS tiles of scratch memory, of
    memory for what products pack, of BLAS's sgemm, of the functions that limit its threads and that
    start threads (0 where there is none); of chains, the part that is done, and of how many.
    """
    program, end = arguments[1], arguments[2]
    while program < end:
        w = words(program)
        call_2(w[0], program, address_of(arguments))
        program += 8 * w[1]


@compiled
def run_chain_in_parts(arguments):
    """Run one chain on several threads.

    Words: the counter of parts taken, the address of the chain, the number of parts, and the address
    of ten words for each of them, such as the arguments of ``run_program``.
    """
    chain, parts = arguments[1], arguments[2]
    while True:
        part = take_part(arguments)
        if part >= parts:
            break
        call_2(words(chain)[0], chain, arguments[3] + 80 * part)


def linked(program):
    """The words of a program, with codes where its kernels are called: with their addresses instead."""
    result, start = list(program), 0
    while start < len(result):
        code = result[start]
        result[start] = _RECORDS[code]()
        if code == codes.CHAIN:
            for place in range(start + 7, start + result[start + 1], 8):
                if result[place] not in (codes.LOAD, codes.STORE):
                    result[place] = STEPS[result[place]]()
        start += result[start + 1]
    return result
