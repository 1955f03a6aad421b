"""Linear algebra on batches of matrices: products, triangular systems, triangles, diagonals."""

from math import isqrt

from .core import Op
from .lazy_torch import torch
from .shapes import UNKNOWN, Mismatch, known, product

__all__ = [
    "ExtractDiagonal",
    "ExtractTriangle",
    "Gemm",
    "Gemm2",
    "MakeDiagonal",
    "MakeTriangle",
    "SumLogDiagonal",
    "SymmetricProduct",
    "Triangle",
    "TriangularProduct",
    "TriangularSolve",
]


class Linalg(Op, abstract=True):
    """What the family shares: 32 or 64 bit floats; the last two axes are matrices."""

    precision = "full"

    def infer_dtype(self, t):
        t.same()
        dtype = t.get(self.input_names[0])
        if dtype not in (None, "float32", "float64"):
            raise Mismatch(f"only 32 and 64 bit floats are supported, not {dtype}")


def matrices(shape, name="A"):
    """Check that a shape has at least two dimensions, and divide it: (*batch), rows, columns."""
    if len(shape) < 2:
        raise Mismatch(f"{name} should have at least 2 dimensions but is {shape}")
    return shape[:-2], *shape[-2:]


def square(shape, name="A"):
    """Check that matrices are square, and divide their shape: (*batch), order."""
    batch, rows, columns = matrices(shape, name)
    if known(rows, columns) and rows != columns:
        raise Mismatch(f"{name} should be square matrices but is {shape}")
    return batch, rows if known(rows) else columns


def transposed(matrix):
    """The matrices of a batch transposed."""
    return matrix.transpose(-2, -1)


def multiply(left, right, out=None):
    """The products of two matrices, or of two batches of them."""
    if left.dim() == 2:
        return torch.mm(left, right, out=out)
    shape = (*left.shape[:-1], right.shape[-1])
    left, right = (m.reshape(product(shape[:-2]), *m.shape[-2:]) for m in (left, right))
    target = None if out is None else out.view(*left.shape[:-1], right.shape[-1])
    return torch.bmm(left, right, out=target).view(shape)


# -- products ---------------------------------------------------------------------------------


class Product(Linalg, abstract=True):
    """A product of matrices whose rows lie along ``axis`` and whose columns along the last axis."""

    transpose_a: bool = False
    transpose_b: bool = False
    alpha: float = 1.0

    def row_axis(self, shape):
        """The number of the axis of the rows."""
        axis = self.axis + len(shape) if self.axis < 0 else self.axis
        if not 0 <= axis < len(shape) - 1:
            raise Mismatch(f"axis {self.axis} is not one before the last axis of A {shape}")
        return axis

    def infer_shape(self, s):
        if len(s.A) != len(s.B):
            raise Mismatch(f"A {s.A} and B {s.B} should have the same number of dimensions")
        matrices(s.A)
        axis = self.row_axis(s.A)
        batch = tuple(range(axis)), tuple(range(axis + 1, len(s.A) - 1))
        for i in (*batch[0], *batch[1]):
            if known(s.A[i], s.B[i]) and s.A[i] != s.B[i]:
                raise Mismatch(f"A {s.A} and B {s.B} should have equal batches")
        (m, k), (k_right, n) = (s.A[axis], s.A[-1]), (s.B[axis], s.B[-1])
        if self.transpose_a:
            m, k = k, m
        if self.transpose_b:
            k_right, n = n, k_right
        if known(k, k_right) and k != k_right:
            raise Mismatch(f"{k} columns of A {s.A} should be as many as {k_right} rows of B {s.B}")
        k = k if known(k) else k_right

        def arrange(rows, columns):
            sizes = [a if known(a) else b for a, b in zip(s.A, s.B, strict=True)]
            return (*sizes[:axis], rows, *sizes[axis + 1 : -1], columns)

        s.output = arrange(m, n)
        s.A = arrange(k, m) if self.transpose_a else arrange(m, k)
        s.B = arrange(n, k) if self.transpose_b else arrange(k, n)

    def operands(self, A, B):
        """The factors with their matrices in the last two axes, ready for the product."""
        axis = self.row_axis(A.shape)
        if axis != A.ndim - 2:
            A, B = A.movedim(axis, -2), B.movedim(axis, -2)
        return transposed(A) if self.transpose_a else A, transposed(B) if self.transpose_b else B

    def factor_gradients(self, d, A, B):
        """The gradients of the two factors."""

        def times(left, right, transpose_a, transpose_b):
            flags = {"transpose_a": transpose_a, "transpose_b": transpose_b}
            return Gemm2(**flags, alpha=self.alpha, axis=self.axis)(left, right)

        a, b = self.transpose_a, self.transpose_b
        d_a = times(B, d, b, True) if a else times(d, B, False, not b)
        d_b = times(d, A, True, a) if b else times(A, d, not a, False)
        return d_a, d_b


class Gemm2(Product, name="_linalg_gemm2", aliases=["linalg_gemm2"]):
    """Products of matrices: alpha op(A) op(B).

    Shapes: A (*b, m, k), B (*b, k, n) -> (*b, m, n); op transposes where asked for. The rows lie
    along ``axis``, which may be any axis but the last.
    """

    axis: int = -2

    def forward(self, A, B, *, out):
        left, right = self.operands(A, B)
        axis = self.row_axis(A.shape)
        direct = axis == A.ndim - 2
        result = multiply(left, right, out if direct else None)
        if self.alpha != 1:
            result.mul_(self.alpha)
        if direct:
            return result if out is None else out
        result = result.movedim(-2, axis)
        return result.contiguous() if out is None else out.copy_(result)

    def gradient(self, d_output, A, B):
        return self.factor_gradients(d_output, A, B)


class Gemm(Product, name="_linalg_gemm", aliases=["linalg_gemm"]):
    """Products of matrices and a sum: alpha op(A) op(B) + beta C.

    Shapes: A (*b, m, k), B (*b, k, n), C (*b, m, n) -> (*b, m, n); op transposes where asked for.
    The rows lie along ``axis``, which may be any axis but the last.
    """

    beta: float = 1.0
    axis: int = -2

    def infer_shape(self, s):
        s.same("C", "output")
        super().infer_shape(s)
        s.same("C", "output")

    def forward(self, A, B, C, *, out):
        axis = self.row_axis(A.shape)
        result = multiply(*self.operands(A, B))
        if axis != A.ndim - 2:
            result = result.movedim(-2, axis)
        result = result.mul_(self.alpha).add_(C, alpha=self.beta)
        return result.contiguous() if out is None else out.copy_(result)

    def gradient(self, d_output, A, B):
        return (*self.factor_gradients(d_output, A, B), d_output * self.beta)


class SymmetricProduct(Linalg, name="_linalg_syrk", aliases=["linalg_syrk"]):
    """Products of matrices with their own transposes: alpha A Aᵀ, or alpha Aᵀ A (``transpose``).

    Shapes: A (*b, m, n) -> (*b, m, m), or (*b, n, n).
    """

    transpose: bool = False
    alpha: float = 1.0

    def infer_shape(self, s):
        batch, rows, columns = matrices(s.A)
        order = columns if self.transpose else rows
        s.output = (*batch, order, order)
        batch, order = square(s.output, "output")
        s.A = (*batch, rows, order) if self.transpose else (*batch, order, columns)

    def forward(self, A, *, out):
        pair = (transposed(A), A) if self.transpose else (A, transposed(A))
        result = multiply(*pair, out)
        if self.alpha != 1:
            result.mul_(self.alpha)
        return result if out is None else out

    def gradient(self, d_output, A):
        plain = Gemm2(alpha=self.alpha)
        if self.transpose:
            return plain(A, d_output) + Gemm2(alpha=self.alpha, transpose_b=True)(A, d_output)
        return plain(d_output, A) + Gemm2(alpha=self.alpha, transpose_a=True)(d_output, A)


# -- triangular matrices ----------------------------------------------------------------------


class Triangle(Linalg, name="_linalg_triangle"):
    """The lower (or upper) triangle of matrices, zeros elsewhere; for derivatives."""

    lower: bool = True

    def infer_shape(self, s):
        s.same()
        square(s.A)

    def forward(self, A, *, out):
        return torch.tril(A, out=out) if self.lower else torch.triu(A, out=out)

    def gradient(self, d_output):
        return self(d_output)


class TriangularPair(Linalg, abstract=True):
    """What product and solution share: triangular matrices A and others, B, of the same batch.

    The other triangle of A is not read. Shapes: A (*b, m, m), B (*b, m, n) -> (*b, m, n); with
    ``rightside``, where A stands on the right: A (*b, n, n).
    """

    transpose: bool = False
    rightside: bool = False
    lower: bool = True
    alpha: float = 1.0

    def infer_shape(self, s):
        s.same("B", "output")
        batch, rows, columns = matrices(s.B, "B")
        order = columns if self.rightside else rows
        s.A = (*batch, order, order)
        batch, order = square(s.A)
        s.B = (*batch, rows, order) if self.rightside else (*batch, order, columns)
        s.same("B", "output")

    def again(self, **changed):
        """This operator with other parameters."""
        return type(self)(**{**self.changed(), **changed})

    def triangle_gradient(self, d, other, alpha):
        """The triangle of d otherᵀ (with the sides and the transposition of A): d_A / alpha."""
        if self.rightside:
            left, right = (d, other) if self.transpose else (other, d)
            flags = {"transpose_a": True}
        else:
            left, right = (other, d) if self.transpose else (d, other)
            flags = {"transpose_b": True}
        return Triangle(lower=self.lower)(Gemm2(alpha=alpha, **flags)(left, right))


class TriangularProduct(TriangularPair, name="_linalg_trmm", aliases=["linalg_trmm"]):
    """Products with triangular matrices: alpha op(A) B, or alpha B op(A) (``rightside``).

    The other triangle of A is not read. Shapes: A (*b, m, m), B (*b, m, n) -> (*b, m, n); with
    ``rightside`` A (*b, n, n).
    """

    def forward(self, A, B, *, out):
        A = torch.tril(A) if self.lower else torch.triu(A)
        A = transposed(A) if self.transpose else A
        result = multiply(B, A, out) if self.rightside else multiply(A, B, out)
        if self.alpha != 1:
            result.mul_(self.alpha)
        return result if out is None else out

    def gradient(self, d_output, A, B):
        d_a = self.triangle_gradient(d_output, B, self.alpha)
        return d_a, self.again(transpose=not self.transpose)(A, d_output)


class TriangularSolve(TriangularPair, name="_linalg_trsm", aliases=["linalg_trsm"]):
    """Solutions X of triangular systems: op(A) X = alpha B, or X op(A) = alpha B (``rightside``).

    The other triangle of A is not read. Shapes: A (*b, m, m), B (*b, m, n) -> (*b, m, n); with
    ``rightside`` A (*b, n, n). A zero on the diagonal gives infinities.
    """

    def forward(self, A, B):
        A = torch.tril(A) if self.lower else torch.triu(A)
        A = transposed(A) if self.transpose else A
        upper = self.lower == self.transpose
        return torch.linalg.solve_triangular(
            A, B if self.alpha == 1 else B * self.alpha, upper=upper, left=not self.rightside
        )

    def gradient(self, d_output, A, output):
        slope = self.again(transpose=not self.transpose, alpha=1.0)(A, d_output)
        return self.triangle_gradient(slope, output, -1.0), slope * self.alpha


# -- diagonals and triangles as vectors -------------------------------------------------------


class SumLogDiagonal(Linalg, name="_linalg_sumlogdiag", aliases=["linalg_sumlogdiag"]):
    """The sums of the logarithms of diagonals: (*b, n, n) -> (*b), or (1,) of a single matrix."""

    def infer_shape(self, s):
        batch, order = square(s.A)
        s.A = (*batch, order, order)
        s.output = batch or (1,)

    def forward(self, A):
        return A.diagonal(dim1=-2, dim2=-1).log().sum(-1).reshape(A.shape[:-2] or (1,))

    def backward(self, d_output, A):
        diagonal = A.diagonal(dim1=-2, dim2=-1)
        return torch.diag_embed(d_output.reshape(*A.shape[:-2], 1) / diagonal)


class ExtractDiagonal(Linalg, name="_linalg_extractdiag", aliases=["linalg_extractdiag"]):
    """The diagonals of square matrices, ``offset`` above the main one: (*b, n, n) -> (*b, m).

    m is n - |offset|.
    """

    offset: int = 0

    def infer_shape(self, s):
        batch, order = square(s.A)
        if known(order) and order <= abs(self.offset):
            raise Mismatch(f"matrices {s.A} have no diagonal at offset {self.offset}")
        s.output = (*batch, order - abs(self.offset))
        *batch, length = s.output
        s.A = (*batch, *(length + abs(self.offset),) * 2)

    def forward(self, A):
        return A.diagonal(self.offset, -2, -1).clone(memory_format=torch.contiguous_format)

    def gradient(self, d_output):
        return MakeDiagonal(offset=self.offset)(d_output)


class MakeDiagonal(Linalg, name="_linalg_makediag", aliases=["linalg_makediag"]):
    """Matrices with given diagonals, ``offset`` above the main one: (*b, n) -> (*b, m, m).

    m is n + |offset|.
    """

    offset: int = 0

    def infer_shape(self, s):
        if not s.A:
            raise Mismatch("A should have at least 1 dimension")
        *batch, length = s.A
        s.output = (*batch, *(length + abs(self.offset),) * 2)
        batch, order = square(s.output, "output")
        s.A = (*batch, order - abs(self.offset))

    def forward(self, A):
        return torch.diag_embed(A, self.offset)

    def gradient(self, d_output):
        return ExtractDiagonal(offset=self.offset)(d_output)


class TrianglePacking(Linalg, abstract=True):
    """Triangles of matrices as vectors: lower ones row by row, upper ones column by column.

    A positive ``offset`` stands for what lies from that far above the diagonal upwards, a negative
    one for what lies from that far below downwards; with 0, ``lower`` tells.
    """

    offset: int = 0
    lower: bool = True

    def positions(self, order, device):
        """The rows and columns of the elements."""
        if self.offset < 0 or (self.offset == 0 and self.lower):
            return torch.tril_indices(order, order, self.offset, device=device)
        return torch.tril_indices(order, order, -self.offset, device=device).flip(0)


class ExtractTriangle(
    TrianglePacking, name="_linalg_extracttrian", aliases=["linalg_extracttrian"]
):
    """The triangles of square matrices as vectors: (*b, n, n) -> (*b, m (m + 1) / 2).

    m is n - |offset|. A positive ``offset`` takes what lies from that far above the diagonal
    upwards, column by column, a negative one what lies from that far below downwards, row by row;
    with 0, ``lower`` tells.
    """

    def infer_shape(self, s):
        batch, order = square(s.A)
        if known(order) and order <= abs(self.offset):
            raise Mismatch(f"matrices {s.A} have no triangle at offset {self.offset}")
        s.A = (*batch, order, order)
        rows = order - abs(self.offset)
        s.output = (*batch, rows * (rows + 1) // 2)

    def forward(self, A):
        rows, columns = self.positions(A.shape[-1], A.device)
        return A[..., rows, columns]

    def gradient(self, d_output):
        return MakeTriangle(offset=self.offset, lower=self.lower)(d_output)


class MakeTriangle(TrianglePacking, name="_linalg_maketrian", aliases=["linalg_maketrian"]):
    """Matrices with given triangles, zeros elsewhere: (*b, m (m + 1) / 2) -> (*b, n, n).

    n is m + |offset|. A positive ``offset`` fills from that far above the diagonal upwards, column
    by column, a negative one from that far below downwards, row by row; with 0, ``lower`` tells.
    """

    def order(self, length):
        """The number of rows of a matrix whose triangle has ``length`` elements."""
        if length is UNKNOWN:
            return UNKNOWN
        rows = (isqrt(8 * length + 1) - 1) // 2
        if (whole := rows * (rows + 1) // 2) != length:
            raise Mismatch(f"{length} elements are no triangle; {whole} would be one")
        return rows + abs(self.offset)

    def infer_shape(self, s):
        if not s.A:
            raise Mismatch("A should have at least 1 dimension")
        order = self.order(s.A[-1])
        s.output = (*s.A[:-1], order, order)

    def forward(self, A):
        order = self.order(A.shape[-1])
        result = A.new_zeros(*A.shape[:-1], order, order)
        rows, columns = self.positions(order, A.device)
        result[..., rows, columns] = A
        return result

    def gradient(self, d_output):
        return ExtractTriangle(offset=self.offset, lower=self.lower)(d_output)
