"""Convolutions as products with the patches under the filters, a few patches at a time.

A patch is what a filter sees of channels-last data, row by row of the filter: im2col's row (Chellapilla
et al. 2006). Patches are gathered into the cache, right into the form in which products take them, and
derivatives by the data added from there to the pixels they belong to, so that no matrix of all patches
ever exists.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

from ..ops.generated import CHUNK, DEPTH, GROUP, INNER, LANES, PANEL, ROWS, WORD_BYTES, packed_size
from ..ops.im2col import convolution_patches, data_patches, weight_patches
from ..ops.lazy_torch import torch
from .language import as_float, helper, intrinsic, take_part, words
from .native import compiled, run, shared
from .products import NO_LIMIT, block, own_memory, pack, row_words, zeros
from .tiles import move, take_thread
from .vectors import LINE, addresses, writing

__all__ = ["add_data_derivative", "convolve", "weight_derivative"]

_PANELS = GROUP // (PANEL * LANES)

# What all kernels have as words: 0 counter of parts taken, 1 of threads, 2 parts, 3 memory and 4 bytes
# of it for each thread, 5 where in these patches are, 6 channels-last data, 7 images, 8 height, 9 width,
# 10 channels, 11 height and 12 width of the result, 13 the result or head gradient, 14 filters, 15
# height and 16 width of one, 17 and 18 strides, 19 and 20 padding, 21 and 22 dilation, 23 packed filters
# or sums of derivatives by filters, 24 zeros, 25 bytes from patch to patch. ``_convolve`` also has 26 a
# shift of the columns and 27 bytes from column to column of it.


def _write_add(build, source, target, bits):
    mask = build.mask(bits)
    total = build.add(build.load_some(source, mask), build.load_some(target, mask))
    build.store_some(total, target, mask)


@intrinsic
def _add(context, source, target, bits):
    """Add to numbers of a vector that ``bits`` name those of another one."""
    return addresses(3), writing(_write_add)


@helper()
def _copy(source, count, target):
    """Copy numbers, and zeros behind them to a whole vector."""
    whole = 4 * (count // LANES * LANES)
    for i in range(0, whole, LINE):
        move(source + i, target + i, -1)
    if count % LANES:
        move(source + whole, target + whole, (1 << count % LANES) - 1)


@helper()
def _clear(count, target):
    for i in range(0, 4 * count, LINE):
        move(target, target + i, 0)


@helper()
def _accumulate(source, count, target):
    whole = 4 * (count // LANES * LANES)
    for i in range(0, whole, LINE):
        _add(source + i, target + i, -1)
    if count % LANES:
        _add(source + whole, target + whole, (1 << count % LANES) - 1)


@shared("piiiiiii", loops="improved")
def _visit(w, patch, patches, first, last, packed, apart, adding):
    """Copy the numbers ``first`` to ``last`` of patches from the data, or add them to the data.

    ``patch``, ``patches``: the first one, and after the last; ``packed``: where their numbers are to be,
    or are, with ``apart`` bytes from one to the next. What lies in the padding is 0, and nothing is
    added there.
    """
    height, width, pixel = w[8], w[9], w[10]
    image = 4 * height * width * pixel
    data = w[6] + patch // (w[11] * w[12]) * image
    top = patch // w[12] % w[11] * w[17] - w[19]
    left = patch % w[12] * w[18] - w[20]
    bottom, right = w[11] * w[17] - w[19], w[12] * w[18] - w[20]
    together = w[16] if w[22] == 1 else 1  # pixels of a row of the filter that lie side by side
    run, across = together * pixel, w[16] // together
    row, column = first // run // across * w[21], first // run % across * w[22]
    row_end = across * w[22]
    for _ in range(patches - patch):
        y, j = top + row, column
        for part in range(first - first % run, last, run):
            x = left + j
            start, end = max(first, part), min(last, part + run)
            inside, outside = start, start  # what lies between them exists
            if 0 <= y < height:
                inside = min(end, max(start, part - min(x, 0) * pixel))
                outside = max(inside, min(end, part + (width - x) * pixel))
            there = data + 4 * ((y * width + x) * pixel + inside - part)
            place = packed + 4 * (inside - first)
            if adding:
                _accumulate(place, outside - inside, there)
            else:
                _clear(inside - start, packed + 4 * (start - first))
                _copy(there, outside - inside, place)
                _clear(end - outside, packed + 4 * (outside - first))
            j += w[22]
            if j == row_end:
                j, y = 0, y + w[21]
        packed += apart
        left += w[18]
        if left == right:
            left, top = -w[20], top + w[17]
            if top == bottom:
                top, data = -w[19], data + image


@helper(returns="int64")
def _panels(columns):
    return ((columns + LANES - 1) // LANES + PANEL - 1) // PANEL


@helper()
def _set_product(p, w, left, left_row, left_step, right, out, out_row, rows, columns, inner):
    """The words of a product with a packed matrix, see ``products.block``; sums start from zeros."""
    p[4], p[5], p[6], p[7], p[8], p[9] = left, left_row, left_step, right, 0, 0
    p[10], p[11] = out, out_row
    p[12], p[13], p[14] = rows, columns, inner
    p[15], p[16], p[17] = w[24], 0, 0
    p[18], p[19], p[20], p[21] = w[24], 0, w[24], NO_LIMIT
    p[24], p[25], p[26], p[27] = 0, 0, 0, 0


@compiled(loops="kept")
def _convolve(w):
    """Results of some patches."""
    count, filters, inner = w[7] * w[11] * w[12], w[14], w[15] * w[16] * w[10]
    memory = w[3] + w[4] * take_thread(w)
    p, patches = words(memory), memory + w[5]
    vectors, turns = (filters + LANES - 1) // LANES, (inner + INNER - 1) // INNER
    blocks = (count + ROWS - 1) // ROWS
    while True:
        part = take_part(w)
        if part >= w[2]:
            break
        first, last = part * blocks // w[2] * ROWS, min((part + 1) * blocks // w[2] * ROWS, count)
        out, row = w[13] + 4 * filters * first, 4 * filters
        for turn in range(turns):
            k, end = turn * inner // turns, (turn + 1) * inner // turns
            _visit(w, first, last, k, end, patches, w[25], False)
            right = w[23] + k * vectors * LINE
            _set_product(p, w, patches, w[25], 4, right, out, row, last - first, filters, end - k)
            if turn == 0:
                p[18], p[19] = w[26], w[27]
            else:
                p[15], p[16], p[17] = out, row, 4
            block(p, memory + WORD_BYTES, 0, 0, last - first, 0, _panels(filters))


@compiled(loops="kept")
def _add_data_derivative(w):
    """Add derivatives by the data to what is there; a part are some images."""
    size, filters, columns = w[11] * w[12], w[14], w[15] * w[16] * w[10]
    memory = w[3] + w[4] * take_thread(w)
    p, patches = words(memory), memory + w[5]
    vectors, panels = (columns + LANES - 1) // LANES, _panels(columns)
    while True:
        part = take_part(w)
        if part >= w[2]:
            break
        patch, end = part * w[7] // w[2] * size, (part + 1) * w[7] // w[2] * size
        while patch < end:
            after = min(end, patch + CHUNK)
            for panel in range(0, panels, _PANELS):
                stop = min(panels, panel + _PANELS)
                k = panel * vectors // panels * LANES
                k_end = min(stop * vectors // panels * LANES, columns)
                _set_product(
                    p, w, w[13] + 4 * filters * patch, 4 * filters, 4, w[23], patches - 4 * k, w[25],
                    after - patch, columns, filters,
                )  # fmt: skip
                block(p, memory + WORD_BYTES, 0, 0, after - patch, panel, stop)
                _visit(w, patch, after, k, k_end, patches, w[25], True)
            patch = after


@compiled(loops="kept")
def _weight_derivative(w):
    """Sums of derivatives by the filters, a row of a patch for each; a part are some columns."""
    size, filters, columns = w[11] * w[12], w[14], w[15] * w[16] * w[10]
    memory = w[3] + w[4] * take_thread(w)
    p, patches = words(memory), memory + w[5]
    count = w[7] * size
    vectors, turns = (columns + LANES - 1) // LANES, (count + DEPTH - 1) // DEPTH
    while True:
        part = take_part(w)
        if part >= w[2]:
            break
        k = part * vectors // w[2] * LANES
        end = min(columns, (part + 1) * vectors // w[2] * LANES)
        sums = w[23] + 4 * k
        for turn in range(turns):
            first, last = turn * count // turns, (turn + 1) * count // turns
            _visit(w, first, last, k, end, patches, w[25], False)
            heads = w[13] + 4 * filters * first
            _set_product(
                p, w, heads, 4, 4 * filters, patches, sums, 4 * columns, filters, end - k,
                last - first,
            )  # fmt: skip
            p[8], p[9] = w[25], -1
            if turn > 0:
                p[15], p[16], p[17] = sums, 4 * columns, 4
            block(p, memory + WORD_BYTES, 0, 0, filters, 0, _panels(end - k))


@compiled
def _turn(w):
    """Turn matrices. Words: 1 matrices, 2 results, 3 how many, 4 rows, 5 columns; a part is one."""
    rows, columns = w[4], w[5]
    while True:
        part = take_part(w)
        if part >= w[3]:
            break
        source = as_float(w[1] + 4 * part * rows * columns)
        target = as_float(w[2] + 4 * part * rows * columns)
        for i in range(rows):
            for j in range(columns):
                target[j * rows + i] = source[i * columns + j]


# -- calls ---------------------------------------------------------------------------------------


def convolve(data, weight, geometry, scratch, out, shift=None):
    """Compute a convolution, plus ``shift``, a number for each filter.

    Data (n, c, h, w) and the result (n, k, h', w') are float32 and channels-last, the weight (k, c,
    *kernel) is dense; ``geometry``: kernel, stride, padding and dilation; ``scratch``: memory for
    filters in the order of patches, unless these have one pixel, for packed ones and for threads.
    """
    matrix, scratch = _patch_order(weight, scratch)
    packed, scratch = _pack(matrix.t(), scratch)
    patches, parts = convolution_patches(out.shape, weight.shape[1:])
    _run(_convolve, parts, data, out, geometry, packed, scratch, patches, row_words(shift))
    torch.autograd.graph.increment_version(out)
    return out


def add_data_derivative(d_output, weight, geometry, scratch, out):
    """Add the derivative of a convolution by its data to ``out``, see ``convolve``."""
    matrix, scratch = _patch_order(weight, scratch)
    packed, scratch = _pack(matrix, scratch)
    patches, parts = data_patches(d_output.shape, weight.shape[1:])
    parts = max(parts, min(len(out), torch.get_num_threads()))
    _run(_add_data_derivative, parts, out, d_output, geometry, packed, scratch, patches)
    torch.autograd.graph.increment_version(out)
    return out


def weight_derivative(d_output, data, geometry, scratch, out):
    """Compute the derivative of a convolution by its weight, ``out``, which is dense."""
    taps = geometry[0][0] * geometry[0][1]
    count = out.numel() if taps > 1 else 0
    sums, scratch = scratch[:count] if count else out, scratch[count:]
    patches, parts = weight_patches(d_output.shape, out.shape[1:], torch.get_num_threads())
    _run(_weight_derivative, parts, data, d_output, geometry, sums, scratch, patches)
    if count:
        run(_turn, (0, sums.data_ptr(), out.data_ptr(), len(out), taps, out.shape[1]), len(out))
    torch.autograd.graph.increment_version(out)
    return out


def _patch_order(weight, scratch):
    """Filters as rows with numbers in the order of patches; the rest of the scratch memory."""
    filters, channels, *kernel = weight.shape
    taps, count = kernel[0] * kernel[1], weight.numel()
    if taps == 1:
        return weight.view(filters, -1), scratch
    run(_turn, (0, weight.data_ptr(), scratch.data_ptr(), filters, channels, taps), filters)
    return scratch[:count].view(filters, -1), scratch[count:]


def _pack(matrix, scratch):
    count = packed_size(*matrix.shape)
    return pack(matrix, scratch[:count]), scratch[count:]


def _run(kernel, parts, data, result, geometry, filters, scratch, patches, rest=()):
    n, c, h, w = data.shape
    size = min(parts, torch.get_num_threads()) * patches.thread_bytes
    # There may be more threads now than when the scratch memory was planned.
    memory = scratch.data_ptr() if scratch.nbytes >= size else own_memory(size)
    words = [
        0, 0, parts, memory, patches.thread_bytes, WORD_BYTES + patches.left,
        data.data_ptr(), n, h, w, c, *result.shape[2:], result.data_ptr(), result.shape[1],
        *(size for pair in geometry for size in pair), filters.data_ptr(), zeros(), patches.apart,
        *rest,
    ]  # fmt: skip
    run(kernel, words, parts)
