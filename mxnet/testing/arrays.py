"""Random arrays, dense and sparse, and matrices with known properties."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..context import Context
from ..error import MXNetError
from ..ndarray import NDArray, array, zeros
from ..ndarray.sparse import CSRNDArray, RowSparseNDArray, csr_matrix, row_sparse_array
from .environment import default_dtype

__all__ = [
    "assign_each", "assign_each2", "collapse_sum_like", "create_2d_tensor", "create_sparse_array",
    "create_sparse_array_zd", "create_vector", "get_identity_mat", "get_identity_mat_batch",
    "new_matrix_with_real_eigvals_2d", "new_matrix_with_real_eigvals_nd",
    "new_orthonormal_matrix_2d", "new_sym_matrix_with_real_eigvals_2d",
    "new_sym_matrix_with_real_eigvals_nd", "np_reduce", "rand_coord_2d", "rand_ndarray",
    "rand_shape_2d", "rand_shape_3d", "rand_shape_nd", "rand_sparse_ndarray", "random_arrays",
    "random_sample", "random_uniform_arrays", "shuffle_csr_column_indices",
]  # fmt: skip

Shape = tuple[int, ...]


# -- shapes ----------------------------------------------------------------------------------------
def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> Shape:
    """A shape of ``num_dim`` sizes up to ``dim``."""
    return tuple(np.random.randint(0 if allow_zero_size else 1, dim + 1, size=num_dim).tolist())


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> Shape:
    """A shape of two sizes up to ``dim0`` and ``dim1``."""
    low = 0 if allow_zero_size else 1
    return tuple(int(np.random.randint(low, dim + 1)) for dim in (dim0, dim1))


def rand_shape_3d(
    dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False
) -> Shape:
    """A shape of three sizes up to ``dim0``, ``dim1`` and ``dim2``."""
    low = 0 if allow_zero_size else 1
    return tuple(int(np.random.randint(low, dim + 1)) for dim in (dim0, dim1, dim2))


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """A pair of coordinates, each from its range (the end left out)."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


def random_sample(population: Sequence, k: int) -> list:
    """``k`` items in random order."""
    return random.sample(list(population), k)


# -- dense -----------------------------------------------------------------------------------------
def random_arrays(*shapes: Shape) -> Any:
    """A numpy array of normal numbers for each shape; one array for one shape."""
    arrays: list[Any] = [
        np.array(np.random.randn(*shape), dtype=default_dtype()) for shape in shapes
    ]
    return arrays if len(arrays) > 1 else arrays[0]


def random_uniform_arrays(*shapes: Shape, **kwargs: Any) -> list[np.ndarray]:
    """A list of numpy arrays of uniform numbers.

    Parameters: ``low``, ``high``: 0 and 1 by default; ``dtype``.
    """
    low, high = kwargs.pop("low", 0.0), kwargs.pop("high", 1.0)
    dtype = kwargs.pop("dtype", default_dtype())
    return [np.random.uniform(low, high, size=shape).astype(dtype) for shape in shapes]


def rand_ndarray(
    shape: Shape,
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    modifier_func: Callable | None = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Context | None = None,
) -> NDArray:
    """An NDArray of random numbers of a storage type; see ``rand_sparse_ndarray``."""
    if stype == "default":
        return array(random_arrays(shape), dtype=dtype or "float32", ctx=ctx)
    return rand_sparse_ndarray(
        shape,
        stype,
        density=density,
        modifier_func=modifier_func,
        dtype=dtype,
        shuffle_csr_indices=shuffle_csr_indices,
        distribution=distribution,
        ctx=ctx,
    )[0]


# -- sparse ----------------------------------------------------------------------------------------
def rand_sparse_ndarray(
    shape: Shape,
    stype: str,
    density: float | None = None,
    dtype: Any = None,
    distribution: str | None = None,
    data_init: float | None = None,
    rsp_indices: Sequence[int] | None = None,
    modifier_func: Callable | None = None,
    shuffle_csr_indices: bool = False,
    ctx: Context | None = None,
) -> tuple[Any, tuple]:
    """A sparse array of uniform numbers, and its parts: (data, indices) or (indptr, indices, data).

    Parameters: ``stype``: "row_sparse" or "csr"; ``density``: the share that is stored;
    ``distribution``: "uniform", or for csr "powerlaw", where rows have 1, 2, 4, ... values;
    ``data_init``: one value for all; ``rsp_indices``: the stored rows; ``modifier_func``: from a
    number to the number to store; ``shuffle_csr_indices``: columns in any order. Raises MXNetError
    for another type.
    """
    density = np.random.rand() if density is None else density
    dtype = default_dtype() if dtype is None else dtype
    if distribution not in (None, "uniform", "powerlaw"):
        raise MXNetError(f"distribution should be uniform or powerlaw, not {distribution!r}")
    if stype == "row_sparse":
        rows = _rand_row_sparse(shape, density, dtype, data_init, rsp_indices, modifier_func, ctx)
        return rows, (rows.data.asnumpy(), rows.indices.asnumpy())
    if stype == "csr":
        stored = (
            _powerlaw(shape, density)
            if distribution == "powerlaw"
            else np.random.random_sample(shape) < density
        )
        made = _rand_csr(shape, stored, dtype, data_init, modifier_func, ctx)
        if shuffle_csr_indices:
            shuffle_csr_column_indices(made)
        return made, (made.indptr, made.indices, made.data)
    raise MXNetError(f"stype should be row_sparse or csr, not {stype!r}")


def _values(shape: Shape, dtype: Any, init: float | None, modify: Callable | None) -> np.ndarray:
    values = np.random.uniform(-1, 1, size=shape) if init is None else np.full(shape, init)
    if modify is not None:
        values = assign_each(values, modify)
    return values.astype(dtype)


def _rand_row_sparse(shape, density, dtype, init, indices, modify, ctx) -> RowSparseNDArray:
    if indices is None:
        indices = np.nonzero(np.random.rand(shape[0]) < density)[0]
    indices = np.sort(np.asarray(indices, np.int64))
    if not len(indices):
        return row_sparse_array(shape, ctx=ctx, dtype=dtype)
    values = _values((len(indices), *shape[1:]), dtype, init, modify)
    return row_sparse_array((values, indices), shape=shape, dtype=dtype, ctx=ctx)


def _rand_csr(shape, stored: np.ndarray, dtype, init, modify, ctx) -> CSRNDArray:
    rows, columns = np.nonzero(stored)
    values = _values((len(rows),), dtype, init, modify)
    return csr_matrix((values, (rows, columns)), shape=shape, dtype=dtype, ctx=ctx)


def _powerlaw(shape: Shape, density: float) -> np.ndarray:
    """Which places are stored: rows with 1, 2, 4, ... of them, until the share is reached."""
    rows, columns = shape
    left = int(rows * columns * density)
    stored = np.zeros(shape, bool)
    count = 1
    for row in range(rows):
        taken = min(count, columns, left)
        stored[row, :taken] = True
        left -= taken
        count *= 2
    return stored


def create_sparse_array(
    shape: Shape,
    stype: str,
    data_init: float | None = None,
    rsp_indices: Sequence[int] | None = None,
    dtype: Any = None,
    modifier_func: Callable | None = None,
    density: float = 0.5,
    shuffle_csr_indices: bool = False,
) -> Any:
    """A sparse array; see ``rand_sparse_ndarray``."""
    if stype == "row_sparse" and rsp_indices is not None:
        assert len(rsp_indices) <= shape[0], f"{len(rsp_indices)} rows for {shape[0]} places"
    return rand_sparse_ndarray(
        shape,
        stype,
        density=density,
        data_init=data_init,
        rsp_indices=rsp_indices,
        dtype=dtype,
        modifier_func=modifier_func,
        shuffle_csr_indices=shuffle_csr_indices,
    )[0]


def create_sparse_array_zd(
    shape: Shape,
    stype: str,
    density: float,
    data_init: float | None = None,
    rsp_indices: Sequence[int] | None = None,
    dtype: Any = None,
    modifier_func: Callable | None = None,
    shuffle_csr_indices: bool = False,
) -> Any:
    """A sparse array, of which ``density=0`` stores the rows ``rsp_indices`` alone, as zeros."""
    if stype == "row_sparse" and density == 0.0 and rsp_indices is not None:
        data_init = 0.0 if data_init is None else data_init
    return create_sparse_array(
        shape,
        stype,
        data_init=data_init,
        rsp_indices=rsp_indices,
        dtype=dtype,
        modifier_func=modifier_func,
        density=density,
        shuffle_csr_indices=shuffle_csr_indices,
    )


def shuffle_csr_column_indices(csr: CSRNDArray) -> None:
    """Put the columns of each row of a csr array in another order (their values stay)."""
    starts, indices = csr.indptr.asnumpy().astype(int), csr.indices.asnumpy()
    for start, stop in pairwise(starts):
        np.random.shuffle(indices[start:stop])
    csr.indices[:] = array(indices, dtype=indices.dtype)


# -- helpers ---------------------------------------------------------------------------------------
def assign_each(the_input: np.ndarray, function: Callable | None) -> np.ndarray:
    """An array of ``function`` of each number."""
    return np.array(the_input if function is None else np.vectorize(function)(the_input))


def assign_each2(input1: np.ndarray, input2: np.ndarray, function: Callable | None) -> np.ndarray:
    """An array of ``function`` of each two numbers."""
    return np.array(input1 if function is None else np.vectorize(function)(input1, input2))


def np_reduce(dat: np.ndarray, axis: Any, keepdims: bool, numpy_reduce_func: Callable) -> Any:
    """A reduction of numpy over one or several axes (all for None), which may keep the axes."""
    axes = range(dat.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    axes = sorted(a % dat.ndim for a in axes)
    reduced = dat
    for a in reversed(axes):
        reduced = numpy_reduce_func(reduced, axis=a)
    if keepdims:
        return reduced.reshape([1 if i in axes else size for i, size in enumerate(dat.shape)])
    return reduced


def collapse_sum_like(a: np.ndarray, shape: Shape) -> np.ndarray:
    """The sum over the axes along which ``shape`` would broadcast to that of ``a``."""
    assert len(a.shape) >= len(shape), f"{shape} does not broadcast to {a.shape}"
    extra = a.ndim - len(shape)
    axes = [
        *range(extra),
        *(i + extra for i, n in enumerate(shape) if n == 1 != a.shape[i + extra]),
    ]
    return np.sum(a, axis=tuple(axes)).reshape(shape) if axes else a


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """0, 1, 2, ..."""
    return array(np.arange(size), dtype=dtype)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """A matrix whose rows are all 0, all 1, ..."""
    return array(np.repeat(np.arange(rows)[:, None], columns, axis=1), dtype=dtype)


# -- matrices --------------------------------------------------------------------------------------
def get_identity_mat(size: int) -> NDArray:
    """The identity matrix."""
    identity = zeros((size, size))
    identity[:] = np.eye(size)
    return identity


def get_identity_mat_batch(size: int) -> NDArray:
    """Two identity matrices (2, size, size)."""
    return array(np.stack([np.eye(size)] * 2))


def new_orthonormal_matrix_2d(n: int) -> np.ndarray:
    """A random matrix whose rows and columns are orthonormal."""
    return np.linalg.qr(np.random.randn(n, n))[0]


def new_sym_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """A random symmetric matrix."""
    q = new_orthonormal_matrix_2d(n)
    return (q * np.random.uniform(-1, 1, n)) @ q.T


def new_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """A random matrix with real eigenvalues that are well apart."""
    q = new_orthonormal_matrix_2d(n)
    triangle = np.triu(np.random.uniform(-1, 1, (n, n)), 1) + np.diag(np.arange(1.0, n + 1))
    return q @ triangle @ q.T


def _batch(shape: Shape, make: Callable[[int], np.ndarray]) -> np.ndarray:
    count = int(np.prod(shape[:-2])) if len(shape) > 2 else 1
    return np.stack([make(shape[-1]) for _ in range(count)]).reshape(shape)


def new_matrix_with_real_eigvals_nd(shape: Shape) -> np.ndarray:
    """Such matrices (..., n, n)."""
    return _batch(shape, new_matrix_with_real_eigvals_2d)


def new_sym_matrix_with_real_eigvals_nd(shape: Shape) -> np.ndarray:
    """Symmetric matrices (..., n, n)."""
    return _batch(shape, new_sym_matrix_with_real_eigvals_2d)
