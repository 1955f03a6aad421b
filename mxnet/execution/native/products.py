"""Which matrix products native programs compute, and by what."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...kernels import codes
from ...kernels import products as generated
from ...ops.generated import ALONE, VECTOR
from .claims import Claimed, Record, Unfit, require, rule


@rule(torch.mm)
def _mm(a: Any, b: Any, *, out: Any) -> Claimed:
    return _product(None, a, b, out)


@rule(torch.addmm)
def _addmm(start: Any, a: Any, b: Any, *, out: Any, beta: Any = 1, alpha: Any = 1) -> Claimed:
    if alpha != 1 or beta != 1:
        raise Unfit
    return _product(start, a, b, out)


@rule(torch.Tensor.addmm_)
def _addmm_in_place(start: Any, a: Any, b: Any, *, beta: Any = 1, alpha: Any = 1) -> Claimed:
    return _addmm(start, a, b, out=start, beta=beta, alpha=alpha)


@rule(torch.bmm)
def _bmm(a: Any, b: Any, *, out: Any) -> Claimed:
    require(a, b, out)
    _require_matching(a, b, out)
    for matrix in (a, b, out):
        _layout(matrix)
    if not generated.available() or _layout(out)[0]:
        raise Unfit
    return _generated_product(None, a, b, out, (a, b, out))


def _product(start: Any, a: Any, b: Any, out: Any) -> Record:
    """out = a b (+ start): for vectors loops of the interpreter's own, else a kernel for products."""
    require(a, b, out, *(() if start is None else (start,)))
    _require_matching(a, b, out)
    rows, columns = out.shape
    out_transposed, out_stride = _layout(out)
    if out_transposed:
        raise Unfit
    keep = tuple(each for each in (start, a, b, out) if each is not None)
    fill = (0, 0, 0, 0, 0, 0)
    if start is not None and start.data_ptr() != out.data_ptr():
        source = start.expand(rows, columns)
        if columns > 1 and source.stride(1) != 1:
            raise Unfit
        stride = source.stride(0) if rows > 1 else 0
        fill = (out.data_ptr(), rows, columns, out_stride, start.data_ptr(), stride)
    elif start is not None and (start.shape != out.shape or start.stride() != out.stride()):
        raise Unfit
    inner = a.shape[1]
    if rows == 1 and b.numel() <= VECTOR and (inner == 1 or a.stride(1) == 1):
        return _vector_product(start, a, b, out, keep)
    if inner == 1 and (columns == 1 or b.stride(1) == 1) and not fill[0]:
        return _outer_product(start, a, b, out, out_stride, keep)
    if generated.available():
        _layout(a), _layout(b)
        return _generated_product(start, a, b, out, keep)
    return _matrix_product(start, a, b, out, out_stride, fill, keep)


def _require_matching(a: Any, b: Any, out: Any) -> None:
    """Whether shapes are those of a product; torch would broadcast or complain."""
    *batch, rows, columns = out.shape
    inner = a.shape[-1]
    if a.shape != (*batch, rows, inner) or b.shape != (*batch, inner, columns):
        raise Unfit


def _layout(matrix: torch.Tensor) -> tuple[bool, int]:
    """Whether a matrix is stored by columns, and its leading dimension."""
    (rows, columns), (down, across) = matrix.shape[-2:], matrix.stride()[-2:]
    if (across == 1 or columns == 1) and (rows == 1 or down >= columns):
        return False, down if rows > 1 else columns
    if (down == 1 or rows == 1) and (columns == 1 or across >= rows):
        return True, across if columns > 1 else rows
    raise Unfit


def _vector_product(start: Any, a: Any, b: Any, out: Any, keep: tuple) -> Record:
    transposed, stride = _layout(b)
    initial = 0 if start is None else start.data_ptr()
    if start is not None and start.shape[-1] > 1 and start.stride(-1) != 1:
        raise Unfit
    if start is not None and start.shape[-1] != out.shape[1]:
        raise Unfit
    inner, columns = b.shape
    size = (columns, inner) if transposed else (inner, columns)
    code = codes.GEMV_ROWS if transposed else codes.GEMV_COLUMNS
    words = (out.data_ptr(), b.data_ptr(), stride, a.data_ptr(), *size, initial)
    return Record(code, words, keep)


def _outer_product(start: Any, a: Any, b: Any, out: Any, stride: int, keep: tuple) -> Record:
    words = (
        out.data_ptr(), stride, a.data_ptr(), a.stride(0), b.data_ptr(), *out.shape,
        int(start is not None),
    )  # fmt: skip
    return Record(codes.OUTER, words, keep)


def _matrix_product(
    start: Any, a: Any, b: Any, out: Any, stride: int, fill: tuple, keep: tuple
) -> Record:
    """The call of sgemm, which counts by columns: the transposed product of what it gets."""
    (a_transposed, a_stride), (b_transposed, b_stride) = _layout(a), _layout(b)
    sizes = np.array([out.shape[1], *a.shape, b_stride, a_stride, stride], np.int32)
    scales = np.array([1.0, 0.0 if start is None else 1.0], np.float32)
    letters = np.frombuffer(b"NT", np.uint8).copy()
    letter, size, scale = (each.ctypes.data for each in (letters, sizes, scales))
    call = (
        letter + b_transposed, letter + a_transposed, size, size + 4, size + 8, scale, b.data_ptr(),
        size + 12, a.data_ptr(), size + 16, scale + 4, out.data_ptr(), size + 20,
    )  # fmt: skip
    alone = int(out.numel() * a.shape[1] < ALONE)
    return Record(codes.GEMM, (*fill, *call, alone), (*keep, sizes, scales, letters))


def _generated_product(
    start: Any, a: Any, b: Any, out: Any, keep: tuple, shift: Any = None, **rest: Any
) -> Record:
    """The call of a generated kernel, on threads if there are several parts."""
    threads = torch.get_num_threads()
    if start is not None and start.dim() == 2 and start.shape[0] == 1:
        start = start[0]
    words = generated.words_of(a, b, out, start, shift, threads=threads, **rest)
    packing = generated.packing(words, threads)
    threads = min(threads, words[2] * words[3] * words[23])
    call = threads, generated.product_kernel(a)(), 0, threads, 0
    places = tuple(len(call) + at for at in generated.PLACES)
    return Record(codes.PRODUCT, (*call, *words), keep, places, packing)


@rule(generated.multiply)
def _multiply(
    a: Any, b: Any, start: Any, shift: Any, low: Any, packed: bool, *, out: Any
) -> Claimed:
    keep = tuple(each for each in (a, b, start, shift, out) if each is not None)
    if a.dtype != torch.bfloat16:
        require(*keep)
    return _generated_product(start, a, b, out, keep, shift, low=low, packed=packed)
