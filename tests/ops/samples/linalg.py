"""Samples of linear algebra; tests/ops/test_linalg.py has the derivatives for symmetric changes."""

import numpy as np

from ops.sample import Sample

DEFINITE = np.array([[4, 1, -1], [1, 3, 0.5], [-1, 0.5, 2]], "float32")
BATCH = np.stack([DEFINITE, DEFINITE + np.eye(3, dtype="float32")])
LOWER = np.array([[2, 7, 7], [-1, 1.5, 7], [0.5, 1, 3]], "float32")  # the 7s are not read
WIDE = np.array([[1, 2, -0.5, 0.3], [-1, 0.5, 2, 1]], "float32")


def t(matrix):
    return np.swapaxes(matrix, -1, -2)


def orthonormal_rows(A):
    q, r = np.linalg.qr(t(A))
    return t(q), t(r)


def eigen(A):
    values, vectors = np.linalg.eigh(A)
    rows = t(vectors)
    largest = np.take_along_axis(rows, np.abs(rows).argmax(-1)[..., None], -1)
    return rows * np.sign(largest), values


def made_triangle(A, indices, order):
    result = np.zeros((*A.shape[:-1], order, order))
    result[(..., *indices)] = A
    return result


SAMPLES = [
    Sample(
        "_linalg_gemm",
        {"transpose_a": True, "alpha": 2.0, "beta": 0.5},
        {"A": (2, 3, 2), "B": (2, 3, 4), "C": (2, 2, 4)},
        lambda A, B, C: 2 * t(A) @ B + 0.5 * C,
    ),
    Sample(
        "_linalg_gemm",
        {"transpose_b": True, "axis": 0},
        {"A": (2, 2, 3), "B": (4, 2, 3), "C": (2, 2, 4)},
        lambda A, B, C: np.einsum("mbk,nbk->mbn", A, B) + C,
    ),
    Sample("_linalg_gemm2", {}, {"A": (2, 3), "B": (3, 4)}, lambda A, B: A @ B),
    Sample(
        "_linalg_gemm2",
        {"transpose_a": True, "transpose_b": True, "alpha": -0.5},
        {"A": (2, 3, 2), "B": (2, 4, 3)},
        lambda A, B: -0.5 * t(A) @ t(B),
    ),
    Sample(
        "_linalg_gemm2",
        {"axis": 1},
        {"A": (2, 3, 2, 2), "B": (2, 2, 2, 4)},
        lambda A, B: np.einsum("amck,akcn->amcn", A, B),
    ),
    Sample("_linalg_syrk", {"alpha": 2.0}, {"A": (2, 2, 3)}, lambda A: 2 * A @ t(A)),
    Sample("_linalg_syrk", {"transpose": True}, {"A": (2, 3)}, lambda A: t(A) @ A),
    Sample("_linalg_triangle", {}, {"A": (2, 3, 3)}, lambda A: np.tril(A)),
    Sample("_linalg_triangle", {"lower": False}, {"A": (3, 3)}, lambda A: np.triu(A)),
    Sample(
        "_linalg_trmm",
        {"alpha": 2.0},
        {"A": (2, 3, 3), "B": (2, 3, 2)},
        lambda A, B: 2 * np.tril(A) @ B,
    ),
    Sample(
        "_linalg_trmm",
        {"transpose": True, "rightside": True, "lower": False},
        {"A": (3, 3), "B": (2, 3)},
        lambda A, B: B @ t(np.triu(A)),
    ),
    Sample(
        "_linalg_trsm",
        {"alpha": 2.0},
        {"A": np.stack([LOWER, 2 * LOWER]), "B": (2, 3, 2)},
        lambda A, B: np.linalg.solve(np.tril(A), 2 * B),
    ),
    Sample(
        "_linalg_trsm",
        {"transpose": True, "lower": False},
        {"A": LOWER.T.copy(), "B": (3, 2)},
        lambda A, B: np.linalg.solve(t(np.triu(A)), B),
    ),
    Sample(
        "_linalg_trsm",
        {"rightside": True},
        {"A": LOWER, "B": (2, 3)},
        lambda A, B: B @ np.linalg.inv(np.tril(A)),
    ),
    Sample(
        "_linalg_trsm",
        {"rightside": True, "transpose": True},
        {"A": LOWER, "B": (2, 3)},
        lambda A, B: B @ np.linalg.inv(np.tril(A).T),
    ),
    Sample("_linalg_potrf", {}, {"A": BATCH}, lambda A: np.linalg.cholesky(A), gradient=False),
    Sample("_linalg_potri", {}, {"A": LOWER}, lambda A: np.linalg.inv(np.tril(A) @ np.tril(A).T)),
    Sample("_linalg_inverse", {}, {"A": BATCH}, lambda A: np.linalg.inv(A)),
    Sample("_linalg_gelqf", {}, {"A": WIDE}, orthonormal_rows),
    Sample("_linalg_gelqf", {}, {"A": np.stack([WIDE, -WIDE])}, orthonormal_rows, name="batch"),
    Sample("_linalg_syevd", {}, {"A": BATCH}, eigen, gradient=False),
    Sample("_linalg_det", {}, {"A": DEFINITE}, lambda A: np.linalg.det(A).reshape(1)),
    Sample("_linalg_det", {}, {"A": BATCH}, lambda A: np.linalg.det(A), name="batch"),
    Sample(
        "_linalg_slogdet",
        {},
        {"A": -DEFINITE},
        lambda A: [part.reshape(1) for part in np.linalg.slogdet(A)],
    ),
    Sample("_linalg_slogdet", {}, {"A": BATCH}, lambda A: np.linalg.slogdet(A), name="batch"),
    Sample("_linalg_sumlogdiag", {}, {"A": LOWER}, lambda A: np.log(np.diag(A)).sum().reshape(1)),
    Sample(
        "_linalg_sumlogdiag",
        {},
        {"A": BATCH},
        lambda A: np.log(np.diagonal(A, axis1=-2, axis2=-1)).sum(-1),
        name="batch",
    ),
    Sample(
        "_linalg_extractdiag",
        {"offset": 1},
        {"A": (2, 3, 3)},
        lambda A: np.diagonal(A, 1, -2, -1),
    ),
    Sample("_linalg_makediag", {"offset": -1}, {"A": (3,)}, lambda A: np.diag(A, -1)),
    Sample(
        "_linalg_extracttrian",
        {"offset": -1},
        {"A": (2, 4, 4)},
        lambda A: A[(..., *np.tril_indices(4, -1))],
    ),
    Sample(
        "_linalg_extracttrian",
        {"lower": False},
        {"A": (3, 3)},
        lambda A: A.T[np.tril_indices(3)],
    ),
    Sample(
        "_linalg_maketrian",
        {"offset": 1},
        {"A": (2, 6)},
        lambda A: made_triangle(A, np.tril_indices(4, -1)[::-1], 4),
    ),
    Sample("_linalg_maketrian", {}, {"A": (6,)}, lambda A: made_triangle(A, np.tril_indices(3), 3)),
]
