"""Operators on two or more arrays of which some are sparse; see ``sparse_dispatch``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from ..ops.core import Op, get_op
from .invoke import invoke
from .ndarray import NDArray
from .sparse_array import BaseSparseNDArray, CSRNDArray, pointers_of
from .sparse_dispatch import STEPS, rule

__all__ = ["add", "divide", "multiply", "subtract"]


def _alike(arrays: Sequence[Any]) -> bool:
    """Whether all are sparse, of one storage type, shape and dtype."""
    first = arrays[0]
    return first.stype != "default" and all(
        (array.stype, array.shape, array.dtype) == (first.stype, first.shape, first.dtype)
        for array in arrays
    )


def _keys(array: BaseSparseNDArray) -> torch.Tensor:
    """Where the stored values are: row numbers, or places in the flattened matrix."""
    array.check_format(ordered=False)
    if isinstance(array, CSRNDArray):
        return array._rows() * array.shape[1] + array._indices[1].long()
    return array._indices[0].long()


def _from_keys(like: BaseSparseNDArray, keys: torch.Tensor, values: torch.Tensor) -> Any:
    if not isinstance(like, CSRNDArray):
        return like._like(values, (keys,), like._context)
    width = max(like.shape[1], 1)
    rows = torch.div(keys, width, rounding_mode="floor")
    parts = (pointers_of(rows, like.shape[0]), keys - rows * width)
    return like._like(values, parts, like._context)


def _union(arrays: Sequence[Any], signs: Sequence[int]) -> Any:
    keys = torch.cat([_keys(array) for array in arrays])
    values = torch.cat([a._values if s > 0 else -a._values for a, s in zip(arrays, signs)])
    found, places = torch.unique(keys, return_inverse=True)
    total = values.new_zeros((len(found), *values.shape[1:])).index_add_(0, places, values)
    return _from_keys(arrays[0], found, total)


@rule("elemwise_add", "broadcast_add", "_grad_add", "elemwise_sub", "broadcast_sub")
def _add(op: Op, inputs: Sequence[Any]) -> Any:
    if not _alike(inputs) or inputs[0].dtype is bool:
        return None
    return _union(inputs, (1, -1 if op.op_name.endswith("sub") else 1))


@rule("add_n")
def _add_n(op: Op, inputs: Sequence[Any]) -> Any:
    if not _alike(inputs) or inputs[0].stype != "row_sparse":
        return None
    return _union(inputs, (1,) * len(inputs))


def _common(lhs: Any, rhs: Any) -> Any:
    """The product of two arrays of one storage type: where both have values."""
    keys, others = _keys(lhs), _keys(rhs)
    both = torch.cat([torch.unique(keys), torch.unique(others)])
    found, counts = torch.unique(both, return_counts=True)
    found = found[counts == 2]
    left, right = (_summed(array, found) for array in (lhs, rhs))
    return _from_keys(lhs, found, left * right)


def _summed(array: Any, keys: torch.Tensor) -> torch.Tensor:
    """The values of an array at given places in ascending order; what is stored twice is added."""
    own = _keys(array)
    places = torch.searchsorted(keys, own).clamp_(max=max(len(keys) - 1, 0))
    hits = keys[places] == own if len(keys) else torch.zeros_like(own, dtype=torch.bool)
    values = array._values
    total = values.new_zeros((len(keys), *values.shape[1:]))
    return total.index_add_(0, places[hits], values[hits])


def _at_stored(array: Any, dense: NDArray) -> torch.Tensor | None:
    """The values of a dense array, stretched to the shape, where the sparse one has its own."""
    if dense.dtype is not array.dtype or dense.ndim > array.ndim:
        return None
    try:
        tensor = dense._tensor.expand(array.shape)
    except RuntimeError:
        return None
    array.check_format(ordered=False)
    if isinstance(array, CSRNDArray):
        return tensor[array._rows(), array._indices[1].long()]
    return tensor[array._indices[0].long()]


def _combined(kernel: Callable, array: Any, dense: NDArray) -> Any:
    factors = _at_stored(array, dense)
    if factors is None:
        return None
    parts = tuple(part.clone() for part in array._indices)
    return array._like(kernel(array._values, factors), parts, array._context)


@rule("elemwise_mul")
def _multiply(op: Op, inputs: Sequence[Any]) -> Any:
    lhs, rhs = inputs
    if _alike(inputs):
        return _common(lhs, rhs)
    if lhs.shape != rhs.shape:
        return None
    if rhs.stype == "default":
        return _combined(torch.mul, lhs, rhs)
    return _combined(torch.mul, rhs, lhs) if lhs.stype == "default" else None


@rule("broadcast_mul")
def _broadcast_multiply(op: Op, inputs: Sequence[Any]) -> Any:
    lhs, rhs = inputs
    if _alike(inputs):
        return _common(lhs, rhs)
    if lhs.stype == "default" or rhs.stype != "default":
        return None
    if lhs.stype == "row_sparse" and lhs.shape != rhs.shape:
        return None
    return _combined(torch.mul, lhs, rhs)


@rule("broadcast_div")
def _broadcast_divide(op: Op, inputs: Sequence[Any]) -> Any:
    lhs, rhs = inputs
    stretched = lhs.stype == "csr" and rhs.stype == "default" and lhs.shape != rhs.shape
    return _combined(torch.div, lhs, rhs) if stretched and _is_floating(lhs) else None


@rule("_scatter_elemwise_div")
def _scatter_divide(op: Op, inputs: Sequence[Any]) -> Any:
    lhs, rhs = inputs
    if lhs.stype != "row_sparse" or lhs.shape != rhs.shape or not _is_floating(lhs):
        return None
    return _combined(torch.div, lhs, rhs.tostype("default"))


def _is_floating(array: Any) -> bool:
    return array._values.is_floating_point()


# -- products -----------------------------------------------------------------------------------------
def _product(matrix: CSRNDArray, dense: NDArray, transposed: bool) -> NDArray:
    rows, columns = matrix.shape
    op = get_op("_csr_dot")(rows=rows, columns=columns, transpose_a=transposed)
    pointers = NDArray(matrix._indices[0], matrix._context)
    return invoke(op, [matrix.data, matrix.indices, pointers, dense])


@rule("dot")
def _dot(op: Any, inputs: Sequence[Any]) -> Any:
    lhs, rhs = inputs
    fits = lhs.ndim == rhs.ndim == 2 and lhs.dtype is rhs.dtype
    if lhs.stype == "csr" and rhs.stype != "csr" and not op.transpose_b and fits:
        dense = rhs.tostype("default") if rhs.stype != "default" else rhs
        result = _product(lhs, dense, op.transpose_a)
        stype = "row_sparse" if op.transpose_a else "default"
    elif lhs.stype == "default" and rhs.stype == "csr" and not op.transpose_a and fits:
        turned = invoke(get_op("transpose")(), [lhs])
        result = invoke(get_op("transpose")(), [_product(rhs, turned, not op.transpose_b)])
        stype = "csr"
    else:
        return None
    stype = op.forward_stype or stype
    # What autograd follows stays dense.
    return result if stype == "default" or result._entry is not None else result.tostype(stype)


# -- steps of optimizers ------------------------------------------------------------------------------
def _update_rows(op: Any, inputs: Sequence[Any], out: Any) -> Any:
    """A step that touches only the rows which the gradient has."""
    weight, grad, *states = inputs
    if grad.stype != "row_sparse" or not getattr(op, "lazy_update", True):
        return None
    if op.op_name in _LAZY_IF_ALL_ARE_SPARSE and any(a.stype == "default" for a in inputs):
        return None
    grad.check_format(ordered=False)
    rows = grad._indices[0].long()
    dense = [a if a.stype == "default" else a.tostype("default") for a in (weight, *states)]
    if rows.numel():
        parts = [NDArray(array._tensor[rows], weight._context) for array in dense]
        parts[0] = invoke(op, [parts[0], grad.data, *parts[1:]])
        if dense[0] is weight and out is not weight:
            dense[0] = weight.copy()
        for array, part in zip(dense, parts):
            array._tensor.index_copy_(0, rows, part._tensor)
    for state, array in zip(states, dense[1:]):
        if state is not array:
            state[:] = array
    return dense[0]


_LAZY_IF_ALL_ARE_SPARSE = ("ftrl_update",)
STEPS.update(
    dict.fromkeys(
        ("sgd_update", "sgd_mom_update", "adam_update", "ftrl_update", "_sparse_adagrad_update",
         "_contrib_group_adagrad_update"),
        _update_rows,
    )
)  # fmt: skip


# -- functions ----------------------------------------------------------------------------------------
def _arithmetic(name: str, operator_name: str, text: str) -> Callable:
    def compute(lhs: Any, rhs: Any) -> Any:
        from . import arithmetic

        both = isinstance(lhs, NDArray) and isinstance(rhs, NDArray)
        if both and lhs.shape == rhs.shape:
            return invoke(get_op(operator_name)(), [lhs, rhs])
        return getattr(arithmetic, name)(lhs, rhs)

    compute.__name__ = compute.__qualname__ = name
    compute.__module__ = "mxnet.ndarray.sparse"
    compute.__doc__ = (
        f"{text}\n\nOf two sparse arrays of one storage type, and with ``multiply`` also of one with"
        " a dense array, the result is sparse; else it is dense, and arrays are broadcast."
    )
    return compute


add = _arithmetic("add", "elemwise_add", "The sum of arrays or numbers.")
subtract = _arithmetic("subtract", "elemwise_sub", "The difference of arrays or numbers.")
multiply = _arithmetic("multiply", "elemwise_mul", "The elementwise product of arrays or numbers.")
divide = _arithmetic("divide", "elemwise_div", "The quotient of arrays or numbers.")
