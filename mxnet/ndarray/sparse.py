"""Arrays that store only some of their values: ``row_sparse`` (rows) and ``csr`` (matrices).

They are made, converted, indexed by rows, copied, saved and loaded. Arithmetic, functions with
f(0) = 0, sums, products of matrices and the steps of some optimizers use what is stored alone; all
other operators take sparse arrays as dense ones, see ``sparse_dispatch``.
The operator functions of ``mx.nd.sparse`` are added to this module, which is why nothing but names
stands here: some of them, such as ``slice``, are those of Python's own functions.
"""

from __future__ import annotations

from . import sparse_operators  # noqa: F401 - it makes rules known
from .sparse_array import BaseSparseNDArray, CSRNDArray, RowSparseNDArray, cast_storage, retain
from .sparse_binary import add, divide, multiply, subtract
from .sparse_creation import array, csr_matrix, empty, row_sparse_array, zeros

__all__ = [
    "BaseSparseNDArray", "CSRNDArray", "RowSparseNDArray", "add", "array", "cast_storage",
    "csr_matrix", "divide", "empty", "multiply", "retain", "row_sparse_array", "subtract", "zeros",
]  # fmt: skip
