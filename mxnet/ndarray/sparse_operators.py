"""Operators on one sparse array, and on several that are joined; see ``sparse_dispatch``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..ops.core import Op
from .invoke import invoke
from .ndarray import NDArray
from .sparse_array import (
    BaseSparseNDArray,
    CSRNDArray,
    RowSparseNDArray,
    cast_storage,
    pointers_of,
    retain,
)
from .sparse_dispatch import rule

__all__: list[str] = []

_KEEP_ZERO = (
    "BlockGrad _copy abs arcsin arcsinh arctan arctanh cbrt ceil degrees expm1 fix floor log1p"
    " make_loss negative radians relu rint round sign sin sinh sqrt square tan tanh trunc"
    " _mul_scalar _div_scalar _scatter_plus_scalar _scatter_minus_scalar"
).split()
_MAY_KEEP_ZERO = (
    "clip _plus_scalar _minus_scalar _equal_scalar _not_equal_scalar _greater_scalar"
    " _greater_equal_scalar _lesser_scalar _lesser_equal_scalar"
).split()


def _on_values(op: Op, array: BaseSparseNDArray) -> BaseSparseNDArray:
    values = invoke(op, [array.data])._tensor
    return array._like(values, tuple(part.clone() for part in array._indices), array._context)


@rule(*_KEEP_ZERO)
def _elementwise(op: Op, inputs: Sequence[Any]) -> Any:
    return _on_values(op, inputs[0])


@rule(*_MAY_KEEP_ZERO)
def _elementwise_if_zero_stays(op: Op, inputs: Sequence[Any]) -> Any:
    zero = NDArray(inputs[0]._values.new_zeros(1), inputs[0]._context)
    return _on_values(op, inputs[0]) if invoke(op, [zero]).asscalar() == 0 else None


@rule("zeros_like")
def _zeros_like(op: Op, inputs: Sequence[Any]) -> Any:
    from .sparse_creation import zeros

    array = inputs[0]
    return zeros(array.stype, array.shape, array._context, array.dtype)


@rule("cast_storage")
def _cast_storage(op: Any, inputs: Sequence[Any]) -> Any:
    return cast_storage(inputs[0], op.stype)


@rule("_sparse_retain")
def _retain(op: Op, inputs: Sequence[Any]) -> Any:
    return retain(*inputs)


@rule("_contrib_getnnz")
def _count_stored(op: Any, inputs: Sequence[Any]) -> Any:
    (array,) = inputs
    if array.stype != "csr":
        return None
    if op.axis is None:
        count = torch.tensor([array._values.numel()], device=array._values.device)
    elif op.axis == 1:
        count = torch.diff(array._indices[0].long())
    else:
        count = torch.bincount(array._indices[1].long(), minlength=array.shape[1])
    return NDArray(count, array._context)


def _axes(op: Any, array: NDArray) -> set[int]:
    given = (op.axis,) if isinstance(op.axis, int) else op.axis
    axes = {axis % array.ndim for axis in given or range(array.ndim)}
    return set(range(array.ndim)) - axes if op.exclude else axes


@rule("sum", "mean")
def _sum(op: Any, inputs: Sequence[Any]) -> Any:
    (array,) = inputs
    axes = _axes(op, array)
    values = array._values
    if array.stype == "row_sparse" and axes == {0}:
        total = values.sum(0)
    elif array.stype == "csr" and len(axes) == 1:
        places = array._rows() if axes == {1} else array._indices[1].long()
        total = values.new_zeros(array.shape[1 - min(axes)]).index_add_(0, places, values)
    elif axes == set(range(array.ndim)):
        total = values.sum().reshape(1)
    else:
        return None
    if op.op_name == "mean":
        count = 1
        for axis in axes:
            count *= array.shape[axis]
        total = total / count
    if op.keepdims:
        total = total.reshape([1 if i in axes else n for i, n in enumerate(array.shape)])
    return NDArray(total.to(values.dtype), array._context)


@rule("norm")
def _norm(op: Any, inputs: Sequence[Any]) -> Any:
    if op.axis is not None or op.out_dtype is not None or op.keepdims:
        return None
    flat = NDArray(inputs[0]._values.reshape(-1), inputs[0]._context)
    return invoke(op, [flat])


@rule("_square_sum")
def _square_sum(op: Any, inputs: Sequence[Any]) -> Any:
    (array,) = inputs
    if array.stype != "row_sparse" or not op.keepdims or 0 in _axes(op, array):
        return None
    sums = invoke(op, [array.data])._tensor
    rows = (array._indices[0].clone(),)
    return RowSparseNDArray(sums, rows, (array.shape[0], *sums.shape[1:]), array._context)


@rule("slice")
def _slice(op: Any, inputs: Sequence[Any]) -> Any:
    (array,) = inputs
    if array.stype != "csr" or any(step not in (None, 1) for step in op.step or ()):
        return None
    _, ((rows, columns),) = op.infer("shape", (array.shape,), (None,))
    starts = [slice(begin, None).indices(n)[0] for begin, n in zip(op.begin, array.shape)]
    part = array[starts[0] : starts[0] + rows]
    if len(starts) == 1:
        return part
    pointers, places = part._indices
    kept = (places >= starts[1]) & (places < starts[1] + columns)
    pointers = pointers_of(part._rows()[kept], rows)
    parts = (pointers, places[kept] - starts[1])
    return CSRNDArray(part._values[kept], parts, (rows, columns), array._context)


@rule("Concat")
def _concat(op: Any, inputs: Sequence[Any]) -> Any:
    first = inputs[0]
    if any(array.stype != "csr" for array in inputs) or op.dim not in (0, -2):
        return None
    shapes = tuple([array.shape for array in inputs])
    op.infer("shape", shapes, (None,))
    rows = torch.cat([torch.diff(array._indices[0]) for array in inputs])
    parts = (
        torch.nn.functional.pad(rows.cumsum(0), (1, 0)),
        torch.cat([array._indices[1] for array in inputs]),
    )
    values = torch.cat([array._values for array in inputs])
    return CSRNDArray(values, parts, (len(rows), first.shape[1]), first._context)
