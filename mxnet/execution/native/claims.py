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

__all__ = [
    "SMALL", "Claimed", "Elementwise", "Record", "Unfit", "View", "claim", "require", "rule",
]  # fmt: skip

SMALL = 1 << 14  # numbers up to which calling torch costs more than its better kernels gain


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
    them the tensors have to stay. ``packing``: bytes for what products pack.
    """

    code: int
    words: tuple[int, ...]
    keep: tuple[Any, ...] = ()
    places: tuple[int, ...] = ()
    packing: int = 0


Claimed = Elementwise | Record


def claim(func: Any, args: tuple, kwargs: dict) -> Claimed | None:
    """What the interpreter does instead of a torch call; None where it does not."""
    claiming = RULES.get(func)
    if claiming is None:
        return None
    try:
        return claiming(*args, **kwargs)
    except (TypeError, Unfit):  # options that a rule does not know
        return None


class Unfit(Exception):
    """The arrays of a call are of a kind that the interpreter does not handle."""


RULES: dict[Any, Callable[..., Claimed]] = {}


def rule(*functions: Any) -> Callable:
    """Say what the interpreter does instead of calls of some functions; Unfit if nothing."""

    def register(claiming: Callable) -> Callable:
        RULES.update(dict.fromkeys(functions, claiming))
        return claiming

    return register


# -- planes ----------------------------------------------------------------------------------------


def require(*tensors: Any) -> None:
    """Unfit unless all are arrays of float32 numbers in memory."""
    for tensor in tensors:
        if (
            not isinstance(tensor, torch.Tensor)
            or tensor.dtype != torch.float32
            or tensor.device.type != "cpu"
            or not tensor.numel()
        ):
            raise Unfit


def _require_small(tensor: torch.Tensor) -> None:
    if tensor.numel() > SMALL:
        raise Unfit


def _planes(out: torch.Tensor, operands: Sequence[torch.Tensor]) -> tuple[int, int, list[View]]:
    """Rows and columns of an elementwise operation, and the views of its result and operands."""
    everything = [out, *operands]
    require(*everything)
    try:
        strides = [tensor.expand(out.shape).stride() for tensor in everything]
    except RuntimeError:
        raise Unfit from None
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
        raise Unfit
    dims = [(1, [0] * len(everything))] * (2 - len(dims)) + dims
    (rows, row_strides), (columns, column_strides) = dims
    addresses = [tensor.data_ptr() for tensor in everything]
    return rows, columns, list(map(View, addresses, row_strides, column_strides))


def _elementwise(kind: int, out: Any, *operands: Any) -> Elementwise:
    require(out)
    made = [_operand(each) for each in operands]
    rows, columns, (target, *sources) = _planes(out, made)
    return Elementwise(rows, columns, ((kind, target, tuple(sources)),), (out, *made))


def _operand(value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unfit
    return torch.tensor(float(value), dtype=torch.float32)


# -- elementwise -----------------------------------------------------------------------------------


def _unary(kind: int) -> Callable:
    return lambda x, *, out: _elementwise(kind, out, x)


def _binary(kind: int) -> Callable:
    return lambda x, y, *, out: _elementwise(kind, out, x, y)


_aten = torch.ops.aten
RULES.update(
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
RULES.update(
    {
        function: _binary(codes.COMPARE + relation)
        for relation, function in enumerate(
            (torch.eq, torch.ne, torch.lt, torch.le, torch.gt, torch.ge)
        )
    }
)


@rule(torch.add)
def _add(x: Any, y: Any, *, out: Any, alpha: Any = 1) -> Claimed:
    if alpha == 1:
        return _elementwise(codes.ADD, out, x, y)
    return _elementwise(codes.FUSED_MULTIPLY_ADD, out, x, y, alpha)


@rule(torch.sub)
def _sub(x: Any, y: Any, *, out: Any, alpha: Any = 1) -> Claimed:
    if alpha == 1:
        return _elementwise(codes.SUB, out, x, y)
    return _elementwise(codes.FUSED_MULTIPLY_ADD, out, x, y, -alpha)


@rule(torch.square)
def _square(x: Any, *, out: Any) -> Claimed:
    return _elementwise(codes.MUL, out, x, x)


@rule(torch.Tensor.add_)
def _add_in_place(x: Any, y: Any, *, alpha: Any = 1) -> Claimed:
    return _add(x, y, out=x, alpha=alpha)


@rule(torch.Tensor.mul_)
def _multiply_in_place(x: Any, y: Any) -> Claimed:
    return _elementwise(codes.MUL, x, x, y)


@rule(torch.Tensor.copy_)
def _copy(x: Any, y: Any) -> Claimed:
    return _elementwise(codes.LOAD, x, y)


@rule(torch.Tensor.zero_)
def _zero(x: Any) -> Claimed:
    return _elementwise(codes.LOAD, x, 0)


@rule(_aten.threshold_backward.grad_input._op)
def _threshold_backward(gradient: Any, x: Any, threshold: Any, *, grad_input: Any) -> Claimed:
    return _elementwise(codes.THRESHOLD_BACKWARD, grad_input, gradient, x, threshold)


@rule(_aten.tanh_backward.grad_input._op)
def _tanh_backward(gradient: Any, y: Any, *, grad_input: Any) -> Claimed:
    return _elementwise(codes.TANH_BACKWARD, grad_input, gradient, y)


@rule(_aten.sigmoid_backward.grad_input._op)
def _sigmoid_backward(gradient: Any, y: Any, *, grad_input: Any) -> Claimed:
    return _elementwise(codes.SIGMOID_BACKWARD, grad_input, gradient, y)


@rule(torch.cat)
def _cat(tensors: Any, dim: int = 0, *, out: Any) -> Claimed:
    """Copies into equal parts of the result; parts of several sizes are left to torch."""
    sizes = {tensor.shape[dim] for tensor in tensors}
    if len(sizes) != 1:
        raise Unfit
    parts = out.split(sizes.pop(), dim)
    copies = [_copy(part, tensor) for part, tensor in zip(parts, tensors)]
    rows, columns = max((copy.rows, copy.columns) for copy in copies)
    fitted = [copy.fitted(rows, columns) for copy in copies]
    if any(each is None for each in fitted):
        raise Unfit
    return Elementwise(rows, columns, sum((each.steps for each in fitted), ()), (out, *tensors))


# -- reductions ------------------------------------------------------------------------------------


@rule(torch.sum)
def _sum(x: Any, dim: Any, keepdim: bool = False, *, out: Any, dtype: Any = None) -> Claimed:
    return _reduction(codes.SUM_COLUMNS, codes.SUM_ROWS, x, dim, out)


@rule(torch.amax)
def _amax(x: Any, dim: Any = (), keepdim: bool = False, *, out: Any) -> Claimed:
    return _reduction(codes.MAX_COLUMNS, None, x, dim, out)


def _reduction(of_columns: int, of_rows: int | None, x: Any, dim: Any, out: Any) -> Claimed:
    """What makes one number of each row, or of each column, of a plane."""
    require(x, out)
    _require_small(x)
    if not out.is_contiguous():
        raise Unfit
    axes = sorted(axis % x.dim() for axis in ((dim,) if isinstance(dim, int) else dim))
    rest = [axis for axis in range(x.dim()) if axis not in axes]
    code: int | None
    if axes == list(range(len(axes))):
        code, rows = of_rows, [x.shape[axis] for axis in axes]
    elif axes == list(range(len(rest), x.dim())):
        code, rows = of_columns, [x.shape[axis] for axis in rest]
    else:
        raise Unfit
    count = int(np.prod(rows, dtype=np.int64))
    try:
        plane = x.view(count, -1)
    except RuntimeError:
        raise Unfit from None
    columns = plane.shape[1]
    if code is None or not axes or columns > 1 and plane.stride(1) != 1:
        raise Unfit
    stride = plane.stride(0) if count > 1 else columns
    return Record(code, (out.data_ptr(), x.data_ptr(), stride, count, columns), (out, x))


@rule(torch.softmax)
def _softmax(x: Any, dim: int, dtype: Any = None, *, out: Any) -> Claimed:
    require(x, out)
    _require_small(x)
    fits = x.is_contiguous() and out.is_contiguous() and x.dim() and dim % x.dim() == x.dim() - 1
    columns = x.shape[-1] if x.dim() else 0
    if not fits or columns > TILE:
        raise Unfit
    return Record(
        codes.SOFTMAX, (out.data_ptr(), x.data_ptr(), x.numel() // columns, columns), (out, x)
    )
