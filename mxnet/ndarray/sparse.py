"""Arrays that store only some of their values: ``row_sparse`` (rows) and ``csr`` (matrices).

They are made, converted, indexed by rows, copied, saved and loaded. The operators take dense
arrays: a sparse one raises NotSupportedForSparseNDArray; ``tostype("default")`` makes it dense.
The operator functions of ``mx.nd.sparse`` are added to this module, which is why nothing but names
stands here: some of them, such as ``slice``, are those of Python's own functions.
"""

from __future__ import annotations

from .arithmetic import add, divide, multiply, subtract
from .sparse_array import BaseSparseNDArray, CSRNDArray, RowSparseNDArray, cast_storage, retain
from .sparse_creation import array, csr_matrix, empty, row_sparse_array, zeros

__all__ = [
    "BaseSparseNDArray", "CSRNDArray", "RowSparseNDArray", "add", "array", "cast_storage",
    "csr_matrix", "divide", "empty", "multiply", "retain", "row_sparse_array", "subtract", "zeros",
]  # fmt: skip
