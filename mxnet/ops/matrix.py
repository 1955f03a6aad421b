"""Products of matrices and of arrays seen as matrices."""

from math import isqrt
from typing import Annotated, Literal

from .core import Op
from .generated import MatrixProduct, matrix_product
from .lazy_torch import torch
from .parameters import at_least
from .shapes import UNKNOWN, Mismatch, known, product, unify_shapes

__all__ = ["BatchDot", "Dot", "DotAdd", "DotLike"]

StorageKind = Literal[None, "csr", "default", "row_sparse"]


class Dot(Op, name="dot", aliases=["_sparse_dot"]):
    """Sum of products over one axis: the last of lhs and the first of rhs.

    Shapes: lhs (*m, k), rhs (k, *n) -> (*m, *n), and (1,) where nothing is left. ``transpose_a``
    sums over the first axis of lhs instead, ``transpose_b`` over the last of rhs.
    """

    heavy = True
    precision = "low"

    transpose_a: bool = False
    transpose_b: bool = False
    forward_stype: StorageKind = None

    def split(self, lhs, rhs):
        """The shapes as (m, k of lhs, k of rhs, n)."""
        *m, k_left = (*lhs[1:], lhs[0]) if self.transpose_a else lhs
        k_right, *n = (rhs[-1], *rhs[:-1]) if self.transpose_b else rhs
        return m, k_left, k_right, n

    def infer_shape(self, s):
        if not s.lhs or not s.rhs:
            raise Mismatch("lhs and rhs should have at least 1 dimension")
        if len(s.lhs) == len(s.rhs) == 1 and (self.transpose_a or self.transpose_b):
            raise Mismatch("vectors cannot be transposed")
        m, k_left, k_right, n = self.split(s.lhs, s.rhs)
        if known(k_left, k_right) and k_left != k_right:
            raise Mismatch(
                f"lhs {s.lhs} has {k_left} elements along the axis that is summed over,"
                f" but rhs {s.rhs} has {k_right}"
            )
        k = k_left if known(k_left) else k_right
        s.lhs = (k, *m) if self.transpose_a else (*m, k)
        s.rhs = (*n, k) if self.transpose_b else (k, *n)
        s.output = (*m, *n) or (1,)
        if (m or n) and s.output:
            m, n = s.output[: len(m)], s.output[len(m) :]
            s.lhs = (k, *m) if self.transpose_a else (*m, k)
            s.rhs = (*n, k) if self.transpose_b else (k, *n)

    def products(self, inputs, outputs):
        m, k, _, n = self.split(inputs[0][0], inputs[1][0])
        return matrix_product(product(m), product(n), k, self.transpose_a)

    def forward(self, lhs, rhs, *, out):
        if lhs.dim() == rhs.dim() == 2:
            left = lhs.t() if self.transpose_a else lhs
            return torch.mm(left, rhs.t() if self.transpose_b else rhs, out=out)
        m, k, _, n = self.split(lhs.shape, rhs.shape)
        left = lhs.reshape(k, -1).t() if self.transpose_a else lhs.reshape(-1, k)
        right = rhs.reshape(-1, k).t() if self.transpose_b else rhs.reshape(k, -1)
        if out is None:
            return torch.mm(left, right).view((*m, *n) or (1,))
        torch.mm(left, right, out=out.view(left.shape[0], right.shape[1]))
        return out

    def gradient(self, d_output, lhs, rhs):
        return product_gradients(self, DotLike, d_output, lhs, rhs)


class DotAdd(Op, name="_dot_add"):
    """A matrix product added to ``total``, which it may overwrite; made by the fusion of gradients.

    Shapes: total (m, n), lhs (m, k), rhs (k, n) -> (m, n); transposed as in ``dot``.
    """

    heavy = True
    inplace = {"output": ("total",)}

    transpose_a: bool = False
    transpose_b: bool = False

    def infer_shape(self, s):
        s.same("total", "output")
        k, m = s.lhs if self.transpose_a else s.lhs[::-1]
        s.rhs = (UNKNOWN, k) if self.transpose_b else (k, UNKNOWN)
        n = s.rhs[0] if self.transpose_b else s.rhs[1]
        s.output = (m, n)
        s.same("total", "output")

    def products(self, inputs, outputs):
        (lhs, _), (result, _) = inputs[1], outputs[0]
        return matrix_product(*result, lhs[0 if self.transpose_a else 1], self.transpose_a)

    def forward(self, total, lhs, rhs, *, out):
        left = lhs.t() if self.transpose_a else lhs
        right = rhs.t() if self.transpose_b else rhs
        return torch.addmm(total, left, right, out=out)

    def gradient(self, d_output, lhs, rhs):
        dot = Dot(transpose_a=self.transpose_a, transpose_b=self.transpose_b)
        return (d_output, *dot.gradient(d_output, lhs, rhs))


class DotLike(Op, name="_dot_like"):
    """The product of two arrays as matrices, in the shape of a third; for derivatives of dot.

    The numbers of elements tell where the axes of each array divide into rows and columns.
    """

    heavy = True

    transpose_a: bool = False
    transpose_b: bool = False
    shape_only = ("like",)

    def infer_shape(self, s):
        s.same("like", "output")

    def forward(self, lhs, rhs, like, *, out):
        if out is None:
            out = torch.empty(like.shape, dtype=lhs.dtype, device=lhs.device)
        if not (lhs.numel() and rhs.numel() and out.numel()):
            return out.zero_()
        inner = summed(lhs.numel(), rhs.numel(), out.numel())
        left = lhs.reshape(inner, -1).t() if self.transpose_a else lhs.reshape(-1, inner)
        right = rhs.reshape(-1, inner).t() if self.transpose_b else rhs.reshape(inner, -1)
        torch.mm(left, right, out=out.view(left.shape[0], right.shape[1]))
        return out

    def gradient(self, d_output, lhs, rhs):
        return (*product_gradients(self, DotLike, d_output, lhs, rhs), None)

    def products(self, inputs, outputs):
        sizes = [product(shape) for shape, _ in (*inputs[:2], *outputs)]
        inner = summed(*sizes) if all(sizes) else 0
        if not inner:  # nothing to compute, or arrays that do not fit, as the kernel will say
            return ()
        return matrix_product(sizes[0] // inner, sizes[1] // inner, inner, self.transpose_a)


def summed(lhs, rhs, out):
    """Over how many elements a product of matrices sums, from the numbers of elements."""
    return isqrt(lhs * rhs // out)


def product_gradients(op, kind, d, lhs, rhs):
    """The gradients of a (batched) matrix product, as products of the same kind."""

    def multiply(left, right, like, transpose_a, transpose_b):
        more = (like,) if kind is DotLike else ()
        return kind(transpose_a=transpose_a, transpose_b=transpose_b)(left, right, *more)

    a, b = op.transpose_a, op.transpose_b
    d_lhs = multiply(rhs, d, lhs, b, True) if a else multiply(d, rhs, lhs, False, not b)
    d_rhs = multiply(d, lhs, rhs, True, a) if b else multiply(lhs, d, rhs, not a, False)
    return d_lhs, d_rhs


class KhatriRao(Op, name="khatri_rao"):
    """The Kronecker products of the columns of matrices.

    Shapes: args (m1, k), (m2, k), ... -> (m1·m2·..., k).
    """

    num_args: Annotated[int, at_least(1)]
    precision = "full"
    count = "num_args"

    def infer_shape(self, s):
        matrices = [s.args[i] for i in range(self.num_args)]
        columns = UNKNOWN
        for shape in matrices:
            if shape is None:
                continue
            if len(shape) != 2:
                raise Mismatch(f"inputs should be matrices, but one is {shape}")
            if known(columns, shape[1]) and columns != shape[1]:
                raise Mismatch(f"all inputs should have {columns} columns, but one is {shape}")
            columns = shape[1] if known(shape[1]) else columns
        for i in range(self.num_args):
            s.args[i] = (UNKNOWN, columns)
        s.output = (product(s.args[i][0] for i in range(self.num_args)), columns)

    def forward(self, *args):
        result = args[0]
        for matrix in args[1:]:
            result = (result.unsqueeze(1) * matrix).reshape(-1, matrix.shape[1])
        return result.clone() if len(args) == 1 else result


class BatchDot(Op, name="batch_dot"):
    """Products of matrices in batches: lhs (*b, m, k), rhs (*b, k, n) -> (*b, m, n).

    ``transpose_a`` and ``transpose_b`` swap the last two axes of lhs and rhs beforehand.
    """

    heavy = True
    precision = "low"

    transpose_a: bool = False
    transpose_b: bool = False
    forward_stype: StorageKind = None

    def infer_shape(self, s):
        if len(s.lhs) != len(s.rhs) or len(s.lhs) < 3:
            raise Mismatch(
                f"lhs {s.lhs} and rhs {s.rhs} should both have the same number of dimensions,"
                " at least 3"
            )
        try:
            batch = unify_shapes(s.lhs[:-2], s.rhs[:-2])
        except Mismatch:
            raise Mismatch(f"the batches of lhs {s.lhs} and rhs {s.rhs} should be equal") from None
        m, k = s.lhs[:-3:-1] if self.transpose_a else s.lhs[-2:]
        k_right, n = s.rhs[:-3:-1] if self.transpose_b else s.rhs[-2:]
        if known(k, k_right) and k != k_right:
            raise Mismatch(f"{k} columns of lhs should be as many as {k_right} rows of rhs")
        s.output = (*batch, m, n)
        *batch, m, n = s.output
        k = k if known(k) else k_right
        s.lhs = (*batch, k, m) if self.transpose_a else (*batch, m, k)
        s.rhs = (*batch, n, k) if self.transpose_b else (*batch, k, n)

    def products(self, inputs, outputs):
        (lhs, _), ((*batch, m, n), _) = inputs[0], outputs[0]
        inner = lhs[-2 if self.transpose_a else -1]
        packs_left = self.transpose_a and inner > 1
        return (MatrixProduct(m, n, inner, packs_left, batch=product(batch)),)

    def forward(self, lhs, rhs, *, out):
        left = lhs.transpose(-2, -1) if self.transpose_a else lhs
        right = rhs.transpose(-2, -1) if self.transpose_b else rhs
        shape = (*left.shape[:-1], right.shape[-1])
        batch = product(shape[:-2])
        left = left.reshape(batch, *left.shape[-2:])
        right = right.reshape(batch, *right.shape[-2:])
        if out is None:
            return torch.bmm(left, right).view(shape)
        torch.bmm(left, right, out=out.view(batch, *shape[-2:]))
        return out

    def gradient(self, d_output, lhs, rhs):
        return product_gradients(self, BatchDot, d_output, lhs, rhs)
