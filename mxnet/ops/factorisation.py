"""Factorisations of matrices: Cholesky, LQ, eigenvalues; inverses and determinants."""

from .core import get_op
from .lazy_torch import torch
from .linalg import (
    ExtractDiagonal,
    Gemm2,
    Linalg,
    MakeDiagonal,
    Triangle,
    TriangularSolve,
    matrices,
    square,
    transposed,
)
from .shapes import Mismatch

__all__ = [
    "CholeskyFactor",
    "CholeskyInverse",
    "Determinant",
    "Inverse",
    "LogDeterminant",
    "LowerOrthogonal",
    "SymmetricEigen",
]


class SquareToSquare(Linalg, abstract=True):
    """Operators from square matrices to matrices of the same size."""

    waits = True

    def infer_shape(self, s):
        s.same()
        square(s.A)


class CholeskyFactor(SquareToSquare, name="_linalg_potrf", aliases=["linalg_potrf"]):
    """The lower triangular L of symmetric positive definite matrices A = L Lᵀ.

    Shapes: A (*b, n, n) -> (*b, n, n). The upper triangle of A is not read; the gradient is that
    for symmetric changes. Fails for matrices that are not positive definite.
    """

    def forward(self, A):
        return torch.linalg.cholesky(A)

    def gradient(self, d_output, output):
        # d_A = ½ L⁻ᵀ (P + Pᵀ) L⁻¹ with P the lower triangle of Lᵀ d_L, its diagonal halved.
        lower = Triangle()(Gemm2(transpose_a=True)(output, Triangle()(d_output)))
        halved = lower - MakeDiagonal()(ExtractDiagonal()(lower)) * 0.5
        symmetric = (halved + get_op("SwapAxis")(dim1=-2, dim2=-1)(halved)) * 0.5
        right = TriangularSolve(rightside=True)(output, symmetric)
        return TriangularSolve(transpose=True)(output, right)


class CholeskyInverse(SquareToSquare, name="_linalg_potri", aliases=["linalg_potri"]):
    """The inverses of matrices given by their Cholesky factors: (A Aᵀ)⁻¹ for lower triangular A.

    Shapes: A (*b, n, n) -> (*b, n, n). The upper triangle of A is not read.
    """

    def forward(self, A):
        return torch.cholesky_inverse(torch.tril(A))

    def gradient(self, d_output, A, output):
        flipped = get_op("SwapAxis")(dim1=-2, dim2=-1)(d_output)
        inner = Gemm2()(output, d_output + flipped)
        return Triangle()(TriangularSolve(rightside=True, transpose=True, alpha=-1)(A, inner))


class Inverse(SquareToSquare, name="_linalg_inverse", aliases=["linalg_inverse"]):
    """The inverses of square matrices (*b, n, n); fails for singular ones."""

    def forward(self, A):
        return torch.linalg.inv(A)

    def gradient(self, d_output, output):
        right = Gemm2(transpose_b=True)(d_output, output)
        return Gemm2(transpose_a=True, alpha=-1.0)(output, right)


class LowerOrthogonal(Linalg, name="_linalg_gelqf", aliases=["linalg_gelqf"]):
    """The LQ factorisation A = L Q of matrices with at least as many columns as rows.

    Shapes: A (*b, m, n) -> Q (*b, m, n) with orthonormal rows, L (*b, m, m) lower triangular. The
    signs are those of LAPACK.
    """

    waits = True
    outputs = ("output0", "output1")

    def infer_shape(self, s):
        s.same("A", "output0")
        batch, rows, columns = matrices(s.A)
        if rows > columns:
            raise Mismatch(f"A {s.A} should have at least as many columns as rows")
        s.output1 = (*batch, rows, rows)
        s.A = (*s.output1[:-1], columns)
        s.same("A", "output0")

    def forward(self, A):
        q, r = torch.linalg.qr(transposed(A))
        return transposed(q).contiguous(), transposed(r).contiguous()


class SymmetricEigen(Linalg, name="_linalg_syevd"):
    """Eigenvectors and eigenvalues of symmetric matrices: A = Uᵀ diag(L) U.

    Shapes: A (*b, n, n) -> U (*b, n, n), whose rows are the eigenvectors, L (*b, n) ascending. The
    upper triangle of A is not read. The element of each eigenvector that is largest by absolute
    value is positive. The gradient is symmetric; eigenvectors of equal eigenvalues have none, and
    contribute zero.
    """

    waits = True
    outputs = ("output0", "output1")

    def infer_shape(self, s):
        s.same("A", "output0")
        batch, order = square(s.A)
        s.output1 = (*batch, order)
        s.A = (*s.output1, s.output1[-1])
        s.same("A", "output0")

    def forward(self, A):
        values, columns = torch.linalg.eigh(A)
        rows = transposed(columns).contiguous()
        largest = rows.gather(-1, rows.abs().argmax(-1, keepdim=True)) if rows.numel() else rows
        return rows.mul_(largest.sign()), values

    def backward(self, d_output0, d_output1, output0, output1):
        gap = output1.unsqueeze(-1) - output1.unsqueeze(-2)
        inverse = torch.where(gap == 0, 0, 1 / gap)
        inner = torch.diag_embed(d_output1) + torch.matmul(d_output0, transposed(output0)) * inverse
        result = torch.matmul(transposed(output0), torch.matmul(inner, output0))
        return (result + transposed(result)) / 2


class Determinant(Linalg, name="_linalg_det", aliases=["linalg_det"]):
    """The determinants of square matrices: (*b, n, n) -> (*b), or (1,) of a single matrix.

    The gradient is zero where the determinant is, as in 1.x.
    """

    waits = True
    outputs = ("output0",)

    def infer_shape(self, s):
        batch, order = square(s.A)
        s.A = (*batch, order, order)
        s.output0 = batch or (1,)

    def forward(self, A):
        return torch.linalg.det(A).reshape(A.shape[:-2] or (1,))


class LogDeterminant(Linalg, name="_linalg_slogdet", aliases=["linalg_slogdet"]):
    """The signs of the determinants of square matrices, and the logarithms of their sizes.

    Shapes: A (*b, n, n) -> (*b) and (*b), or (1,) of a single matrix; 0 and -inf for singular ones,
    which have no gradient.
    """

    waits = True
    outputs = ("output0", "output1")

    def infer_shape(self, s):
        batch, order = square(s.A)
        s.A = (*batch, order, order)
        s.output0 = s.output1 = batch or (1,)

    def forward(self, A):
        return tuple(part.reshape(A.shape[:-2] or (1,)) for part in torch.linalg.slogdet(A))

    def backward(self, d_output1, A, output0):
        batch = A.shape[:-2]
        regular = (output0.reshape(batch) != 0)[..., None, None]
        identity = torch.eye(A.shape[-1], dtype=A.dtype, device=A.device)
        inverse = torch.linalg.inv(torch.where(regular, A, identity))
        scale = torch.where(regular, d_output1.reshape(batch)[..., None, None], 0)
        return scale * transposed(inverse)
