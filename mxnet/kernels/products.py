"""Matrix products that come near to what a core can do, for processors with vectors of 512 bits.

The right matrix is packed, panel by panel, so that it is read in the order in which it lies; the left
one only where its columns are what lies side by side (Goto and van de Geijn 2008, with those of its
loops that matter here). How a sum is cut does not depend on threads, so that results never do.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

import functools
import threading

import numpy as np

from ..error import InternalError
from ..ops.generated import (
    DEPTH,
    HEIGHT,
    INNER,
    LANES,
    PANEL,
    ROWS,
    MatrixProduct,
    packed_size,
    wants_products,
)  # fmt: skip
from ..ops.lazy_torch import torch
from . import pairs
from .elementary import address_of
from .language import helper, take_part, words
from .native import compiled, openmp, run, shared, variant
from .tiles import block_bytes, pack_left, pack_right, take_thread, tile
from .vectors import LINE

__all__ = [
    "MEMORY",
    "NO_LIMIT",
    "PLACES",
    "WORDS",
    "available",
    "low_bits",
    "multiply",
    "own_memory",
    "pack",
    "packing",
    "packing_words",
    "product_kernel",
    "row_words",
    "run_packing",
    "run_product",
    "words_of",
    "zeros",
]

NO_LIMIT = int(np.float32(-np.inf).view(np.int32))
PLACES = (4, 7, 10, 15, 18)  # of addresses of arrays among the words of a product
MEMORY = 22  # the place of that of memory
WORDS = 30  # of a product


@helper()
def _pack_part(w, part):
    """Pack one of the panels of a turn; words as for ``run_packing``."""
    inner, columns = w[3], w[4]
    vectors = (columns + LANES - 1) // LANES
    panels = (vectors + PANEL - 1) // PANEL
    turns = (inner + INNER - 1) // INNER
    turn, panel = part // panels, part % panels
    k = turn * inner // turns
    steps = (turn + 1) * inner // turns - k
    vector, end = panel * vectors // panels, (panel + 1) * vectors // panels
    n = min(end * LANES, columns) - vector * LANES
    source = w[0] + k * w[1] + vector * LANES * w[2]
    pack_right(source, w[1], w[2], steps, n, w[5] + (k * vectors + steps * vector) * LINE)


@compiled(loops="improved")
def run_packing(w):
    """Pack a whole right matrix. Words: matrix, bytes from step to step and from column to column,
    steps, columns, target, parts.
    """
    for part in range(w[6]):
        _pack_part(w, part)


@compiled(loops="improved")
def _run_packing_in_parts(w):
    """The same on several threads. Words: the counter of parts taken, and those of ``run_packing``."""
    own = words(address_of(w) + 8)
    while True:
        part = take_part(w)
        if part >= own[6]:
            break
        _pack_part(own, part)


# -- products ------------------------------------------------------------------------------------

# Products of one size, as words: 0 counter of parts taken, 1 of threads, 2 parts across, 3 parts down,
# 4 the left matrix, bytes 5 from row to row and 6 from step to step, 7 the right matrix, bytes 8 from
# step to step and 9 from column to column (0: it is packed; -1: it is dense and need not be), 10 the
# result, 11 bytes from row to row of it, 12 rows, 13 columns, 14 steps, 15 what to start from, 16 bytes
# from row to row of it, 17 and from column to column (0: its address is that of zeros), 18 a shift of
# the columns, 19 bytes from column to column of it (likewise), 20 zeros, 21 the bits of the least
# result, 22 memory for what is packed, 23 how many products, bytes from one to the next 24 of the left
# matrices, 25 of the right ones, 26 of results, 27 of what to start from, bytes 28 of what a thread
# packs of the left matrix and 29 of both.
# Those of bfloat16 take two numbers of the inner dimension at a step, and have 30 how many there are,
# and 31 the bytes of a number of the result.

TOGETHER = 1  # how many numbers of the inner dimension a step takes, in four bytes


@helper(inlined=False, kept=True)
def _panel(
    w, row, end, width, steps, bits, left, left_row, left_step, apart, next_left, right,
    right_step, next_right, start, start_row, shift, low, out, size,
):  # fmt: skip
    """The tiles of some rows of a panel of ``width`` vectors.

    While they are made, memory is asked for ahead of its use: a line after each row of what is
    packed next, from the addresses ``next_left`` and then ``next_right`` on, or the rows of the
    next tile.
    """
    packed = 4 // TOGETHER * (end - row)
    for i in range(row, end, ROWS):
        number = (i - row) // ROWS
        a, line = left + number * apart, number // TOGETHER * LINE
        ahead, ahead_row, ahead_rows = a + apart, left_row, ROWS
        if left_step != 4:
            skipped = number % TOGETHER * steps
            ahead_row, ahead_rows = w[6] // TOGETHER, INNER + 1
            ahead = next_left + line + skipped * ahead_row
            if w[9] == 4 // TOGETHER and line >= packed:
                ahead_row = w[8] // TOGETHER
                ahead = next_right + line - packed + skipped * ahead_row
        tile(
            min(ROWS, end - i), width, a, left_row, left_step, right, right_step,
            start + i * start_row, start_row, shift, low, out + i * w[11], w[11], size, steps,
            bits, ahead, ahead_row, ahead_rows,
        )  # fmt: skip


@shared("piiiiii", loops="improved")
def block(w, memory, number, first, last, left_panel, right_panel):
    """The rows ``first`` to ``last`` of the panels ``left_panel`` to ``right_panel``."""
    inner, columns = w[14], w[13]
    numbers, size = inner, 4
    if TOGETHER > 1:
        numbers, size = w[30], w[31]
    vectors = (columns + LANES - 1) // LANES
    panels = (vectors + PANEL - 1) // PANEL
    packs_left = w[6] != 4 and inner > 1
    if TOGETHER > 1:
        packs_left = w[6] != 4 or numbers % TOGETHER > 0
    most = DEPTH if packs_left and w[9] != 0 else INNER
    if size < 4:
        most = inner
    turns = (inner + most - 1) // most
    height = HEIGHT if packs_left else last - first
    all_left, all_right = w[4] + number * w[24], w[7] + number * w[25]
    result = w[10] + number * w[26]
    first_column = left_panel * vectors // panels * LANES
    for row in range(first, last, height):
        end = min(last, row + height)
        for turn in range(turns):
            k = turn * inner // turns
            steps = (turn + 1) * inner // turns - k
            some = min(TOGETHER * (k + steps), numbers) - TOGETHER * k
            left, left_row, left_step = all_left + row * w[5] + k * w[6], w[5], w[6]
            apart, next_left = ROWS * left_row, left + steps * left_step
            if packs_left:
                pack_left(left, left_row, left_step, some, end - row, memory)
                left, left_row, left_step, apart = memory, 4, 4 * ROWS, block_bytes(steps)
            low = w[21] if turn == turns - 1 else NO_LIMIT
            for panel in range(left_panel, right_panel):
                vector = panel * vectors // panels
                width = (panel + 1) * vectors // panels - vector
                column = vector * LANES
                n = min(width * LANES, columns - column)
                right_step = width * LINE
                if w[9] < 0:
                    right, right_step = all_right + k * w[8] + 4 * column, w[8]
                elif w[9] == 0:
                    right = all_right + (k * vectors + steps * vector) * LINE
                else:
                    right = memory + w[28]
                    source = all_right + k * w[8] + column * w[9]
                    pack_right(source, w[8], w[9], some, n, right)
                bits = (1 << (n - (width - 1) * LANES)) - 1
                out = result + size * column
                start, start_row, shift = out, w[11], w[20]
                if turn == 0:
                    start, start_row = w[15] + number * w[27] + w[17] * column, w[16]
                    shift = w[18] + w[19] * column
                    if size < 4 and w[17] + w[19] == 0:
                        shift = 0
                next_right = all_right + k * w[8] + (column + n) * w[9]
                if panel + 1 == right_panel:
                    next_right = all_right + (k + steps) * w[8] + first_column * w[9]
                _panel(
                    w, row, end, width, steps, bits, left, left_row, left_step, apart,
                    next_left, right, right_step, next_right, start, start_row, shift, low, out,
                    size,
                )  # fmt: skip


@compiled(loops="kept")
def run_product(w):
    """Compute products, or those of their parts that this thread takes."""
    across, down = w[2], w[3]
    panels = ((w[13] + LANES - 1) // LANES + PANEL - 1) // PANEL
    blocks = (w[12] + ROWS - 1) // ROWS
    memory = w[22] + w[29] * take_thread(w)
    while True:
        part = take_part(w)
        if part >= w[23] * across * down:
            break
        number, place = part // (across * down), part % (across * down)
        i, j = place // across, place % across
        first, last = i * blocks // down * ROWS, min((i + 1) * blocks // down * ROWS, w[12])
        if first < last:
            left, right = j * panels // across, (j + 1) * panels // across
            block(w, memory, number, first, last, left, right)


# The same for bfloat16.
_known = {name: getattr(pairs, name) for name in pairs.__all__}
_known["_panel"] = helper(inlined=False, kept=True)(variant(_panel.function, "bfloat16", _known))
_known["block"] = shared("piiiiii", loops="improved")(
    variant(block.address.function, "bfloat16", _known)
)
_KERNELS = {
    "float32": run_product,
    "bfloat16": compiled(variant(run_product.function, "bfloat16", _known), loops="kept"),
}


# -- calls ---------------------------------------------------------------------------------------


def available():
    """Whether these kernels are to be used: where they are faster than BLAS's, and threads start."""
    return wants_products() and openmp() is not None


def packing_words(right, out):
    """The words for packing a matrix, of which an axis is dense, into ``packed_size`` numbers."""
    inner, columns = right.shape
    parts = -(-inner // INNER) * -(-columns // (PANEL * LANES))
    return [right.data_ptr(), *_dense(right), inner, columns, out.data_ptr(), parts]


def pack(right, out):
    """Pack a matrix at once, see ``packing_words``."""
    words = packing_words(right, out)
    run(_run_packing_in_parts, (0, *words), words[-1])
    torch.autograd.graph.increment_version(out)
    return out


def words_of(left, right, out, start=None, shift=None, low=None, packed=False, threads=1):
    """The words of out = max(left right + start + shift, low), for matrices or batches of them.

    One axis of ``left`` and ``right`` is dense, and the rows of ``out`` are; ``right`` may be memory
    that packing has filled, one row for each product. ``start`` is like ``out`` or a row; ``shift`` is
    a row.
    """
    batch = len(out) if out.dim() == 3 else 1
    rows, columns = out.shape[-2:]
    inner = left.shape[-1]
    fits = left.shape[-2:] == (rows, inner)
    if packed:
        fits = fits and right.shape[-1] >= packed_size(inner, columns)
    if not fits or not packed and right.shape[-2:] != (inner, columns):
        sizes = (tuple(each.shape) for each in (left, right, out))
        raise InternalError("matrices of sizes {}, {} and {} are no product".format(*sizes))
    _require_an_axis(left)
    _require_rows(out, start, shift)
    bytes_, wide = left.element_size(), out.element_size()
    count = 4 // bytes_  # numbers that a step takes
    left_row, left_step = (bytes_ * stride for stride in left.stride()[-2:])
    step, column = (0, 0) if packed else _dense(right)
    apart = (
        each.element_size() * each.stride(0) if batch > 1 else 0 for each in (left, right, out)
    )
    start_at, starts_apart = (zeros(), 0, 0), 0
    if start is not None:
        start_at = (start.data_ptr(), wide * start.stride(-2) if start.dim() > 1 else 0, wide)
        starts_apart = wide * start.stride(0) if start.dim() == 3 else 0
    turned = left_step != bytes_ and inner > 1
    size = MatrixProduct(rows, columns, inner, turned, packed, batch, count, wide < 4)
    across, down = size.parts(threads)
    return [
        0, 0, across, down, left.data_ptr(), left_row, count * left_step if inner > 1 else 4,
        right.data_ptr(), count * step, column, out.data_ptr(), wide * out.stride(-2), rows, columns,
        size.depth, *start_at, *row_words(shift), zeros(), low_bits(low),
        0, batch, *apart, starts_apart, size.left_bytes, size.thread_bytes,
        *((inner, wide) if count > 1 else ()),
    ]  # fmt: skip


def _require_an_axis(matrix):
    if 1 not in matrix.stride()[-2:] and 1 not in matrix.shape[-2:]:
        raise InternalError(f"no axis of a matrix with strides {matrix.stride()} is dense")


def _require_rows(*arrays):
    for each in arrays:
        if each is not None and each.shape[-1] > 1 and each.stride(-1) != 1:
            raise InternalError(f"the rows of an array with strides {each.stride()} are not dense")


def _dense(right):
    """Bytes from step to step and from column to column; where there is one, as if it were dense."""
    _require_an_axis(right)
    inner, columns = right.shape[-2:]
    size = right.element_size()
    step, column = (size * stride for stride in right.stride()[-2:])
    if columns == 1 or inner == 1:
        return (step, size) if columns == 1 or column == size else (size, column)
    return step, column


@functools.cache
def zeros():
    """The address of a line of zeros."""
    _kept.append(np.zeros(2 * LANES * PANEL, np.float32))
    return _kept[-1].ctypes.data


_kept = []


def row_words(row):
    """The address of a row that is added to all rows, and bytes from column to column of it."""
    return (zeros(), 0) if row is None else (row.data_ptr(), row.element_size())


def packing(words, threads):
    """The bytes that all threads that take part in a product pack."""
    return words[29] * min(threads, words[2] * words[3] * words[23])


def own_memory(size):
    """The address of so many bytes, which the calling thread keeps."""
    held = getattr(_local, "memory", None)
    if held is None or held.nbytes < size:
        held = _local.memory = np.empty(size, np.uint8)
    return held.ctypes.data


_local = threading.local()


def low_bits(low):
    """The bits of the least result, or of what is less than any."""
    return NO_LIMIT if low is None else int(np.float32(low).view(np.int32))


def product_kernel(left):
    """The kernel for products of matrices of a type."""
    return _KERNELS["bfloat16" if left.dtype == torch.bfloat16 else "float32"]


def multiply(left, right, start=None, shift=None, low=None, packed=False, *, out, memory=None):
    """Compute out = max(left right + start + shift, low) at once, see ``words_of``.

    ``memory``: bytes for what is packed, if there are any (see ``MatrixProduct.packing``).
    """
    if torch.overrides.has_torch_function((out,)):
        return torch.overrides.handle_torch_function(
            multiply, (out,), left, right, start, shift, low, packed, out=out
        )
    threads = torch.get_num_threads()
    words = words_of(left, right, out, start, shift, low, packed, threads)
    size = packing(words, threads)
    fits = memory is not None and memory.nbytes >= size
    words[MEMORY] = memory.data_ptr() if fits else own_memory(size)
    run(product_kernel(left), words, words[2] * words[3] * words[23])
    torch.autograd.graph.increment_version(out)
    return out
