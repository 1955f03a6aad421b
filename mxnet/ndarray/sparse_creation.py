"""Functions that make sparse arrays; see ``sparse``."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import torch

from ..context import Context, torch_device
from ..error import MXNetError
from . import creation
from .dtypes import torch_type
from .ndarray import NDArray
from .sparse_array import (
    BaseSparseNDArray,
    CSRNDArray,
    RowSparseNDArray,
    cast_storage,
    index_problem,
    is_sparse,
    pointers_of,
)

__all__ = ["array", "csr_matrix", "empty", "row_sparse_array", "zeros"]


def csr_matrix(
    arg1: Any, shape: Any = None, ctx: Context | None = None, dtype: Any = None
) -> CSRNDArray:
    """A csr matrix.

    Parameters: ``arg1``: (data, indices, indptr), or (data, (rows, columns)) in any order and with
    duplicates summed up, or (m, n) for an empty one, or a csr or scipy matrix, or what ``nd.array``
    takes; ``shape``: by default just large enough; ``dtype``: by default that of the data, float32
    for lists. Raises ValueError for what does not fit together.
    """
    context = creation._context(ctx)
    if not isinstance(arg1, tuple):
        return _converted(arg1, "csr", shape, context, dtype)
    if len(arg1) == 2 and all(isinstance(size, numbers.Integral) for size in arg1):
        return zeros("csr", arg1, context, dtype)
    if len(arg1) == 2:
        rows, columns = arg1[1]
        return _from_coordinates(arg1[0], rows, columns, shape, context, dtype)
    if len(arg1) != 3:
        raise ValueError(f"Unexpected length of input tuple: {len(arg1)}")
    values = _values(arg1[0], context, dtype)
    columns, pointers = (_integers(part, context) for part in arg1[1:])
    if shape is None:
        shape = (len(pointers) - 1, int(columns.max()) + 1 if len(columns) else 0)
    return _checked(CSRNDArray(values, (pointers, columns), tuple(shape), context))


def row_sparse_array(
    arg1: Any, shape: Any = None, ctx: Context | None = None, dtype: Any = None
) -> RowSparseNDArray:
    """A row_sparse array.

    Parameters: ``arg1``: (data, indices), or a shape for an empty one, or a row_sparse array, or
    what ``nd.array`` takes; ``shape``: by default just large enough; ``dtype``: by default that of
    the data, float32 for lists. Raises ValueError for what does not fit together.
    """
    context = creation._context(ctx)
    if not isinstance(arg1, tuple):
        return _converted(arg1, "row_sparse", shape, context, dtype)
    if arg1 and all(isinstance(size, numbers.Integral) for size in arg1):
        return zeros("row_sparse", arg1, context, dtype)
    if len(arg1) != 2:
        raise ValueError(f"Unexpected length of input tuple: {len(arg1)}")
    values, rows = _values(arg1[0], context, dtype), _integers(arg1[1], context)
    if shape is None:
        shape = (int(rows.max()) + 1 if len(rows) else 0, *values.shape[1:])
    return _checked(RowSparseNDArray(values, (rows,), tuple(shape), context))


def zeros(
    stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any
) -> Any:
    """An array of zeros of a storage type; raises ValueError for an unknown one."""
    if stype == "default":
        return creation.zeros(shape, ctx, dtype, **kwargs)
    shape = creation._shape(shape)
    context = creation._context(ctx)
    kind, device = torch_type(dtype), torch_device(context)
    if stype == "row_sparse":
        values = torch.empty((0, *shape[1:]), dtype=kind, device=device)
        rows = torch.empty(0, dtype=torch.int64, device=device)
        return RowSparseNDArray(values, (rows,), shape, context)
    if stype != "csr":
        raise ValueError(f"unknown storage type {stype!r}: use 'default', 'row_sparse' or 'csr'")
    if len(shape) != 2:
        raise MXNetError(f"a csr array has 2 axes, not the shape {shape}")
    pointers = torch.zeros(shape[0] + 1, dtype=torch.int64, device=device)
    return CSRNDArray(
        torch.empty(0, dtype=kind, device=device), (pointers, pointers[:0].clone()), shape, context
    )


def empty(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array without stored values; the same as ``zeros`` for the sparse types."""
    return zeros(stype, shape, ctx, dtype)


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> BaseSparseNDArray:
    """A copy of a sparse array, also of one of scipy."""
    if isinstance(source_array, BaseSparseNDArray):
        copied = source_array.copyto(creation._context(ctx))
        return copied if dtype is None else copied.astype(dtype, copy=False)
    if is_sparse(source_array):
        return csr_matrix(source_array, ctx=ctx, dtype=dtype)
    if isinstance(source_array, NDArray):
        raise AssertionError("use tostype to make a sparse array from a dense one")
    raise ValueError(f"use mx.nd.array to make an array from a {type(source_array)}")


def _converted(source: Any, stype: str, shape: Any, context: Context, dtype: Any) -> Any:
    if isinstance(source, BaseSparseNDArray):
        if source.stype != stype:
            raise ValueError(f"Unexpected input type: {type(source).__name__}")
        made: Any = array(source, context, dtype)
    elif is_sparse(source):
        parts = source.tocsr()
        shape = source.shape if shape is None else shape
        made = csr_matrix((parts.data, parts.indices, parts.indptr), source.shape, context, dtype)
    else:
        if dtype is None and isinstance(source, np.ndarray):
            dtype = source.dtype
        made = cast_storage(creation.array(source, context, dtype), stype)
    if shape is not None and tuple(shape) != made.shape:
        raise ValueError(f"Shape mismatch detected. {made.shape} v.s. {tuple(shape)}")
    return made


def _from_coordinates(
    data: Any, rows: Any, columns: Any, shape: Any, context: Context, dtype: Any
) -> CSRNDArray:
    values = _values(data, context, dtype)
    rows, columns = _integers(rows, context), _integers(columns, context)
    if shape is None:
        shape = tuple(int(part.max()) + 1 if len(part) else 0 for part in (rows, columns))
    for part, size, what in ((rows, shape[0], "rows"), (columns, shape[1], "columns")):
        problem = index_problem(part, size, what)
        if problem or part.shape != values.shape:
            raise ValueError(problem or f"data {tuple(values.shape)} and {what} differ in number")
    places, where = torch.unique(rows * shape[1] + columns, return_inverse=True)
    summed = values.new_zeros(len(places)).index_add_(0, where, values)
    rows = torch.div(places, max(shape[1], 1), rounding_mode="floor")
    return CSRNDArray(
        summed, (pointers_of(rows, shape[0]), places - rows * shape[1]), tuple(shape), context
    )


def _values(data: Any, context: Context, dtype: Any) -> torch.Tensor:
    if dtype is None and isinstance(data, np.ndarray):
        dtype = data.dtype
    return creation.array(data, context, dtype)._tensor


def _integers(indices: Any, context: Context) -> torch.Tensor:
    return creation.array(indices, context, "int64")._tensor


def _checked(made: BaseSparseNDArray) -> Any:
    problem = made._misfit()
    if problem:
        raise ValueError(f"invalid shape: {problem}")
    return made
