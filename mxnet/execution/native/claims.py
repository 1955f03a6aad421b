"""Which torch calls the interpreter can do, and what it has to do for each.

A call is claimed where all its arrays are dense enough to be planes of float32 (rows and columns with
strides); reductions where they are so small that finding PyTorch's kernel weighs more than its better
use of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from ...kernels import codes
from ...kernels.codes import TILE

__all__ = ["SMALL", "Elementwise", "Record", "View", "claim"]

SMALL = 1 << 14  # numbers up to which calling torch costs more than its better kernels gain
_ALONE = 1 << 20  # multiplications in a product below which a second thread costs more than it does
_GEMV_LIMIT = 1 << 20  # numbers in a matrix above which BLAS has the better loop for vectors


class View(NamedTuple):
    """Where a plane of numbers lies: address in bytes, strides in numbers."""

    address: int
    row_stride: int
    column_stride: int


@dataclass(frozen=True)
class Elementwise:
    """Steps on planes of one size: each a kind, the view it writes, and the views it reads.

    ``keep`` are objects whose memory the addresses point to.
    """

    rows: int
    columns: int
    steps: tuple[tuple[int, View, tuple[View, ...]], ...]
    keep: tuple[Any, ...] = ()

    def fitted(self, rows: int, columns: int) -> Elementwise | None:
        """The same on planes of another form with as many numbers; None where views are strided."""
        if (rows, columns) == (self.rows, self.columns):
            return self
        if self.rows != 1 or rows * columns != self.columns:
            return None

        def fit(view: View) -> View:
            return View(view.address, columns * view.column_stride, view.column_stride)

        steps = tuple((k, fit(out), tuple(map(fit, ins))) for k, out, ins in self.steps)
        return Elementwise(rows, columns, steps, self.keep)


@dataclass(frozen=True)
class Record:
    """Any other operation: the words of its record after code and length.

    ``places``: which of the words are addresses of tensors that may come to lie elsewhere; without
    them the tensors have to stay.
    """

    code: int
    words: tuple[int, ...]
    keep: tuple[Any, ...] = ()
    places: tuple[int, ...] = ()


Claimed = Elementwise | Record


def claim(func: Any, args: tuple, kwargs: dict) -> Claimed | None:
    """What the interpreter does instead of a torch call; None where it does not."""
    rule = _RULES.get(func)
    if rule is None:
        return None
    try:
        return rule(*args, **kwargs)
    except (TypeError, _Unfit):  # options that a rule does not know
        return None


class _Unfit(Exception):
    """The arrays of a call are of a kind that the interpreter does not handle."""


_RULES: dict[Any, Callable[..., Claimed]] = {}


def _rule(*functions: Any) -> Callable:
    def register(rule: Callable) -> Callable:
        _RULES.update(dict.fromkeys(functions, rule))
        return rule

    return register


# -- planes ----------------------------------------------------------------------------------------


def _require(*tensors: Any) -> None:
    for tensor in tensors:
        if (
            not isinstance(tensor, torch.Tensor)
            or tensor.dtype != torch.float32
            or tensor.device.type != "cpu"
            or not tensor.numel()
        ):
            raise _Unfit


def _require_small(tensor: torch.Tensor) -> None:
    if tensor.numel() > SMALL:
        raise _Unfit


def _planes(out: torch.Tensor, operands: Sequence[torch.Tensor]) -> tuple[int, int, list[View]]:
    """Rows and columns of an elementwise operation, and the views of its result and operands."""
    everything = [out, *operands]
    _require(*everything)
    try:
        strides = [tensor.expand(out.shape).stride() for tensor in everything]
    except RuntimeError:
        raise _Unfit from None
    axes = [axis for axis, size in enumerate(out.shape) if size != 1]
    axes.sort(key=lambda axis: -strides[0][axis])
    dims: list[tuple[int, list[int]]] = []
    for axis in axes:
        size, here = out.shape[axis], [each[axis] for each in strides]
        if dims and all(a == b * size for a, b in zip(dims[-1][1], here)):
            dims[-1] = (dims[-1][0] * size, here)
        else:
            dims.append((size, here))
    if len(dims) > 2:
        raise _Unfit
    dims = [(1, [0] * len(everything))] * (2 - len(dims)) + dims
    (rows, row_strides), (columns, column_strides) = dims
    addresses = [tensor.data_ptr() for tensor in everything]
    return rows, columns, list(map(View, addresses, row_strides, column_strides))


def _elementwise(kind: int, out: Any, *operands: Any) -> Elementwise:
    _require(out)
    made = [_operand(each) for each in operands]
    rows, columns, (target, *sources) = _planes(out, made)
    return Elementwise(rows, columns, ((kind, target, tuple(sources)),), (out, *made))


def _operand(value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Unfit
    return torch.tensor(float(value), dtype=torch.float32)


# -- elementwise -----------------------------------------------------------------------------------


def _unary(kind: int) -> Callable:
    return lambda x, *, out: _elementwise(kind, out, x)


def _binary(kind: int) -> Callable:
    return lambda x, y, *, out: _elementwise(kind, out, x, y)


_aten = torch.ops.aten
_RULES.update(
    {
        torch.tanh: _unary(codes.TANH),
        torch.sigmoid: _unary(codes.SIGMOID),
        torch.exp: _unary(codes.EXP),
        torch.neg: _unary(codes.NEG),
        torch.sqrt: _unary(codes.SQRT),
        torch.reciprocal: _unary(codes.RECIPROCAL),
        torch.log: _unary(codes.LOG),
        torch.trunc: _unary(codes.TRUNC),
        torch.mul: _binary(codes.MUL),
        torch.div: _binary(codes.DIV),
        torch.maximum: _binary(codes.MAXIMUM),
        torch.minimum: _binary(codes.MINIMUM),
        torch.clamp_min: _binary(codes.CLAMP_MIN),
    }
)
_RULES.update(
    {
        function: _binary(codes.COMPARE + relation)
        for relation, function in enumerate(
            (torch.eq, torch.ne, torch.lt, torch.le, torch.gt, torch.ge)
        )
    }
)


@_rule(torch.add)
def _add(x: Any, y: Any, *, out: Any, alpha: Any = 1) -> Claimed:
    if alpha == 1:
        return _elementwise(codes.ADD, out, x, y)
    return _elementwise(codes.FUSED_MULTIPLY_ADD, out, x, y, alpha)


@_rule(torch.sub)
def _sub(x: Any, y: Any, *, out: Any, alpha: Any = 1) -> Claimed:
    if alpha == 1:
        return _elementwise(codes.SUB, out, x, y)
    return _elementwise(codes.FUSED_MULTIPLY_ADD, out, x, y, -alpha)


@_rule(torch.square)
def _square(x: Any, *, out: Any) -> Claimed:
    return _elementwise(codes.MUL, out, x, x)


@_rule(torch.Tensor.add_)
def _add_in_place(x: Any, y: Any, *, alpha: Any = 1) -> Claimed:
    return _add(x, y, out=x, alpha=alpha)


@_rule(torch.Tensor.mul_)
def _multiply_in_place(x: Any, y: Any) -> Claimed:
    return _elementwise(codes.MUL, x, x, y)


@_rule(torch.Tensor.copy_)
def _copy(x: Any, y: Any) -> Claimed:
    return _elementwise(codes.LOAD, x, y)


@_rule(torch.Tensor.zero_)
def _zero(x: Any) -> Claimed:
    return _elementwise(codes.LOAD, x, 0)


@_rule(_aten.threshold_backward.grad_input._op)
def _threshold_backward(gradient: Any, x: Any, threshold: Any, *, grad_input: Any) -> Claimed:
    return _elementwise(codes.THRESHOLD_BACKWARD, grad_input, gradient, x, threshold)


@_rule(_aten.tanh_backward.grad_input._op)
def _tanh_backward(gradient: Any, y: Any, *, grad_input: Any) -> Claimed:
    return _elementwise(codes.TANH_BACKWARD, grad_input, gradient, y)


@_rule(_aten.sigmoid_backward.grad_input._op)
def _sigmoid_backward(gradient: Any, y: Any, *, grad_input: Any) -> Claimed:
    return _elementwise(codes.SIGMOID_BACKWARD, grad_input, gradient, y)


@_rule(torch.cat)
def _cat(tensors: Any, dim: int = 0, *, out: Any) -> Claimed:
    """Copies into equal parts of the result; parts of several sizes are left to torch."""
    sizes = {tensor.shape[dim] for tensor in tensors}
    if len(sizes) != 1:
        raise _Unfit
    parts = out.split(sizes.pop(), dim)
    copies = [_copy(part, tensor) for part, tensor in zip(parts, tensors)]
    rows, columns = max((copy.rows, copy.columns) for copy in copies)
    fitted = [copy.fitted(rows, columns) for copy in copies]
    if any(each is None for each in fitted):
        raise _Unfit
    return Elementwise(rows, columns, sum((each.steps for each in fitted), ()), (out, *tensors))


# -- reductions ------------------------------------------------------------------------------------


@_rule(torch.sum)
def _sum(x: Any, dim: Any, keepdim: bool = False, *, out: Any, dtype: Any = None) -> Claimed:
    _require(x, out)
    _require_small(x)
    if not out.is_contiguous():
        raise _Unfit
    axes = sorted(axis % x.dim() for axis in ((dim,) if isinstance(dim, int) else dim))
    rest = [axis for axis in range(x.dim()) if axis not in axes]
    if axes == list(range(len(axes))):
        code, rows = codes.SUM_ROWS, [x.shape[axis] for axis in axes]
    elif axes == list(range(len(rest), x.dim())):
        code, rows = codes.SUM_COLUMNS, [x.shape[axis] for axis in rest]
    else:
        raise _Unfit
    count = int(np.prod(rows, dtype=np.int64))
    try:
        plane = x.view(count, -1)
    except RuntimeError:
        raise _Unfit from None
    columns = plane.shape[1]
    if columns > 1 and plane.stride(1) != 1:
        raise _Unfit
    stride = plane.stride(0) if count > 1 else columns
    return Record(code, (out.data_ptr(), x.data_ptr(), stride, count, columns), (out, x))


@_rule(torch.softmax)
def _softmax(x: Any, dim: int, dtype: Any = None, *, out: Any) -> Claimed:
    _require(x, out)
    _require_small(x)
    fits = x.is_contiguous() and out.is_contiguous() and x.dim() and dim % x.dim() == x.dim() - 1
    columns = x.shape[-1] if x.dim() else 0
    if not fits or columns > TILE:
        raise _Unfit
    return Record(
        codes.SOFTMAX, (out.data_ptr(), x.data_ptr(), x.numel() // columns, columns), (out, x)
    )


# -- products --------------------------------------------------------------------------------------


@_rule(torch.mm)
def _mm(a: Any, b: Any, *, out: Any) -> Claimed:
    return _product(None, a, b, out)


@_rule(torch.addmm)
def _addmm(start: Any, a: Any, b: Any, *, out: Any, beta: Any = 1, alpha: Any = 1) -> Claimed:
    if alpha != 1 or beta != 1:
        raise _Unfit
    return _product(start, a, b, out)


@_rule(torch.Tensor.addmm_)
def _addmm_in_place(start: Any, a: Any, b: Any, *, beta: Any = 1, alpha: Any = 1) -> Claimed:
    return _addmm(start, a, b, out=start, beta=beta, alpha=alpha)


@_rule(torch.bmm)
def _bmm(a: Any, b: Any, *, out: Any) -> Claimed:
    _require(a, b, out)
    _require_matching(a, b, out)
    for matrix in (a, b, out):
        _layout(matrix)
    if not _generated_products() or _layout(out)[0]:
        raise _Unfit
    return _generated_product(None, a, b, out, (a, b, out))


def _product(start: Any, a: Any, b: Any, out: Any) -> Record:
    """out = a b (+ start): for vectors loops of the interpreter's own, else a kernel for products."""
    _require(a, b, out, *(() if start is None else (start,)))
    _require_matching(a, b, out)
    rows, columns = out.shape
    out_transposed, out_stride = _layout(out)
    if out_transposed:
        raise _Unfit
    keep = tuple(each for each in (start, a, b, out) if each is not None)
    fill = (0, 0, 0, 0, 0, 0)
    if start is not None and start.data_ptr() != out.data_ptr():
        source = start.expand(rows, columns)
        if columns > 1 and source.stride(1) != 1:
            raise _Unfit
        stride = source.stride(0) if rows > 1 else 0
        fill = (out.data_ptr(), rows, columns, out_stride, start.data_ptr(), stride)
    elif start is not None and (start.shape != out.shape or start.stride() != out.stride()):
        raise _Unfit
    inner = a.shape[1]
    if rows == 1 and b.numel() <= _GEMV_LIMIT and (inner == 1 or a.stride(1) == 1):
        return _vector_product(start, a, b, out, keep)
    if inner == 1 and (columns == 1 or b.stride(1) == 1) and not fill[0]:
        return _outer_product(start, a, b, out, out_stride, keep)
    if _generated_products():
        _layout(a), _layout(b)
        return _generated_product(start, a, b, out, keep)
    return _matrix_product(start, a, b, out, out_stride, fill, keep)


def _require_matching(a: Any, b: Any, out: Any) -> None:
    """Whether shapes are those of a product; torch would broadcast or complain."""
    *batch, rows, columns = out.shape
    inner = a.shape[-1]
    if a.shape != (*batch, rows, inner) or b.shape != (*batch, inner, columns):
        raise _Unfit


def _generated_products() -> bool:
    from ...kernels import products

    return products.available()


def _layout(matrix: torch.Tensor) -> tuple[bool, int]:
    """Whether a matrix is stored by columns, and its leading dimension."""
    (rows, columns), (down, across) = matrix.shape[-2:], matrix.stride()[-2:]
    if (across == 1 or columns == 1) and (rows == 1 or down >= columns):
        return False, down if rows > 1 else columns
    if (down == 1 or rows == 1) and (columns == 1 or across >= rows):
        return True, across if columns > 1 else rows
    raise _Unfit


def _vector_product(start: Any, a: Any, b: Any, out: Any, keep: tuple) -> Record:
    transposed, stride = _layout(b)
    initial = 0 if start is None else start.data_ptr()
    if start is not None and start.shape[-1] > 1 and start.stride(-1) != 1:
        raise _Unfit
    if start is not None and start.shape[-1] != out.shape[1]:
        raise _Unfit
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
    alone = int(out.numel() * a.shape[1] < _ALONE)
    return Record(codes.GEMM, (*fill, *call, alone), (*keep, sizes, scales, letters))


def _generated_product(start: Any, a: Any, b: Any, out: Any, keep: tuple) -> Record:
    """The call of a generated kernel, on threads if there are several parts."""
    from ...kernels.products import PLACES, run_product, words_of

    if start is not None and start.dim() == 2 and start.shape[0] == 1:
        start = start[0]
    words = words_of(a, b, out, start, threads=torch.get_num_threads())
    threads = min(torch.get_num_threads(), words[2] * words[3] * words[23])
    call = threads, run_product(), 0, threads, 0
    return Record(codes.PRODUCT, (*call, *words), keep, tuple(len(call) + at for at in PLACES))
