"""Operators of sparse storage.

In a graph all arrays are stored densely: a storage type says how to store, not what to compute, and
every operator gives the same numbers. ``mx.nd`` computes with what sparse arrays store, see
``mxnet.ndarray.sparse_operators``; for that there are also products with the parts of a csr matrix.
"""

from typing import Annotated, Literal

from .arithmetic import ElemwiseDiv, MinusScalar, PlusScalar
from .core import Op
from .indexing import Embedding
from .lazy_torch import torch
from .parameters import at_least
from .shapes import Mismatch

__all__ = [
    "CSRDot",
    "CSRSampledDot",
    "CastStorage",
    "CountStored",
    "ScatterDiv",
    "ScatterMinusScalar",
    "ScatterPlusScalar",
    "SparseEmbedding",
    "SparseRetain",
]


class CastStorage(Op, name="cast_storage", aliases=["_sparse_cast_storage"]):
    """The array itself, in ``mx.nd`` in another storage type; csr arrays have 2 axes."""

    stype: Literal["csr", "default", "row_sparse"]
    view = "reshape"

    def infer_shape(self, s):
        s.same()
        if self.stype == "csr" and len(s.data) != 2:
            raise Mismatch(f"a csr array has 2 axes, data has shape {s.data}")

    def forward(self, data):
        return data

    def gradient(self, d_output):
        return d_output


class SparseRetain(Op, name="_sparse_retain"):
    """The rows of ``data`` that ``indices`` names, and zeros in the place of the others.

    Shapes: data (n, *k), indices (m,) -> (n, *k).
    """

    def infer_shape(self, s):
        s.same("data", "output")
        if s.get("indices") is not None and len(s.indices) != 1:
            raise Mismatch(f"indices should be a vector but has shape {s.indices}")
        if not s.data:
            raise Mismatch("data should have at least 1 dimension")

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, indices):
        numbers = torch.arange(len(data), device=data.device)
        kept = torch.isin(numbers, indices.long()).view(-1, *(1,) * (data.ndim - 1))
        return torch.where(kept, data, 0)

    def gradient(self, d_output, indices):
        return SparseRetain()(d_output, indices), None


class SparseEmbedding(Embedding, name="_contrib_SparseEmbedding"):
    """Embedding, under the name that it had when only this one had row_sparse gradients."""


class CountStored(Op, name="_contrib_getnnz"):
    """How many values of a matrix are stored, in all or, with ``axis``, by column (0) or row (1).

    Shapes: data (m, n) -> (1,), (n,) or (m,), int64. Of a dense array, those that are not zero.
    """

    axis: int | None = None
    differentiable = False

    def infer_shape(self, s):
        if self.axis not in (None, 0, 1):
            raise Mismatch(f"axis should be None, 0 or 1 but is {self.axis}")
        if self.axis is None:
            s.output = (1,)
        if len(s.data) != 2:
            raise Mismatch(f"data should have 2 dimensions but has shape {s.data}")
        if self.axis is not None:
            s.output = (s.data[1 - self.axis],)

    def infer_dtype(self, t):
        t.output = "int64"

    def forward(self, data):
        return torch.count_nonzero(data, dim=self.axis).reshape(-1)


class ScatterDiv(ElemwiseDiv, name="_scatter_elemwise_div"):
    """The quotient of arrays of equal shape; of a row_sparse ``lhs`` in its stored rows only."""


class ScatterPlusScalar(PlusScalar, name="_scatter_plus_scalar"):
    """data + scalar; of sparse data in the stored values only."""


class ScatterMinusScalar(MinusScalar, name="_scatter_minus_scalar"):
    """data - scalar; of sparse data in the stored values only."""


def rows_of(indptr):
    """The row of each stored value of a csr matrix."""
    return torch.repeat_interleave(torch.diff(indptr.long()))


class CSRProduct(Op, abstract=True):
    """What operators share that read a csr matrix (rows, columns), given in its parts."""

    rows: Annotated[int, at_least(0)]
    columns: Annotated[int, at_least(0)]
    waits = True

    def infer_dtype(self, t):
        t.same(*(name for name in (*self.input_names, "output") if name[:3] != "ind"))

    def infer_parts(self, s):
        """State the shapes of the matrix's parts."""
        s.indptr = (self.rows + 1,)
        if len(s.indices) != 1:
            raise Mismatch(f"indices should be a vector but has shape {s.indices}")


class CSRDot(CSRProduct, name="_csr_dot"):
    """The product of a csr matrix, given in its parts, with a dense one.

    Shapes: data (v,), indices (v,), indptr (rows + 1,), rhs (columns, n) -> (rows, n), or with
    ``transpose_a`` rhs (rows, n) -> (columns, n).
    """

    transpose_a: bool = False

    def infer_shape(self, s):
        m, k = (self.columns, self.rows) if self.transpose_a else (self.rows, self.columns)
        s.same("data", "indices")
        if len(s.rhs) != 2:
            raise Mismatch(f"rhs should have 2 dimensions but has shape {s.rhs}")
        s.rhs = (k, s.rhs[1])
        s.output = (m, s.rhs[1])
        self.infer_parts(s)

    def product(self, data, rows, columns, rhs, number):
        """Sums of rows of rhs, (number, n), from coordinates of the values."""
        shape = (number, len(rhs))
        matrix = torch.sparse_coo_tensor(
            torch.stack([rows, columns]), data, shape, check_invariants=True
        )
        if data.dtype in (torch.float32, torch.float64):
            return torch.sparse.mm(matrix, rhs)
        result = rhs.new_zeros((number, rhs.shape[1]))
        return result.index_add_(0, rows, data.unsqueeze(1) * rhs.index_select(0, columns))

    def forward(self, data, indices, indptr, rhs):
        rows, columns = rows_of(indptr), indices.long()
        if self.transpose_a:
            return self.product(data, columns, rows, rhs, self.columns)
        return self.product(data, rows, columns, rhs, self.rows)

    def gradient(self, d_output, data, indices, indptr, rhs):
        other = CSRDot(rows=self.rows, columns=self.columns, transpose_a=not self.transpose_a)
        factors = (rhs, d_output) if self.transpose_a else (d_output, rhs)
        sampled = CSRSampledDot(rows=self.rows, columns=self.columns)
        d_data = sampled(indices, indptr, *factors)
        return d_data, None, None, other(data, indices, indptr, d_output)

    def row_sparse(self, data, indices, indptr, rhs):
        """The rows of the result that are not zero: their numbers, and what is in them."""
        if not self.transpose_a:
            return None
        numbers, places = torch.unique(indices.long(), return_inverse=True)
        return numbers, self.product(data, places, rows_of(indptr), rhs, len(numbers))


class CSRSampledDot(CSRProduct, name="_csr_sampled_dot"):
    """Products of rows of two matrices, one for each stored value of a csr matrix.

    Shapes: indices (v,), indptr (rows + 1,), lhs (rows, n), rhs (columns, n) -> (v,).
    """

    def infer_shape(self, s):
        s.same("indices", "output")
        for name in ("lhs", "rhs"):
            if s.get(name) is not None:
                if len(s.get(name)) != 2:
                    raise Mismatch(f"{name} should have 2 dimensions but has shape {s.get(name)}")
                s.lhs = (self.rows, s.get(name)[1])
                s.rhs = (self.columns, s.get(name)[1])
        self.infer_parts(s)

    def forward(self, indices, indptr, lhs, rhs):
        left = lhs.index_select(0, rows_of(indptr))
        return (left * rhs.index_select(0, indices.long())).sum(1)
