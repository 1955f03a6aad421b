"""Samples of matrix products."""

import numpy as np

from ops.sample import Sample


def khatri_rao(arg0, arg1):
    return np.einsum("ik,jk->ijk", arg0, arg1).reshape(-1, arg0.shape[1])


SAMPLES = [
    Sample(
        "_dot_add",
        {},
        {"total": (2, 4), "lhs": (2, 3), "rhs": (3, 4)},
        lambda total, lhs, rhs: total + lhs @ rhs,
    ),
    Sample(
        "_dot_add",
        {"transpose_a": True, "transpose_b": True},
        {"total": (2, 4), "lhs": (3, 2), "rhs": (4, 3)},
        lambda total, lhs, rhs: total + lhs.T @ rhs.T,
    ),
    Sample("dot", {}, {"lhs": (2, 3), "rhs": (3, 4)}, lambda lhs, rhs: lhs @ rhs),
    Sample(
        "dot",
        {"transpose_a": True},
        {"lhs": (3, 2), "rhs": (3, 4)},
        lambda lhs, rhs: lhs.T @ rhs,
    ),
    Sample(
        "dot",
        {"transpose_b": True},
        {"lhs": (2, 3), "rhs": (4, 3)},
        lambda lhs, rhs: lhs @ rhs.T,
    ),
    Sample(
        "dot",
        {"transpose_a": True, "transpose_b": True},
        {"lhs": (3, 2), "rhs": (4, 3)},
        lambda lhs, rhs: lhs.T @ rhs.T,
    ),
    Sample(
        "dot",
        {},
        {"lhs": (2, 3, 4), "rhs": (4, 5, 2)},
        lambda lhs, rhs: np.tensordot(lhs, rhs, 1),
        name="many_axes",
    ),
    Sample(
        "dot",
        {"transpose_a": True, "transpose_b": True},
        {"lhs": (3, 4, 2), "rhs": (5, 2, 3)},
        lambda lhs, rhs: np.tensordot(lhs, rhs, ((0,), (2,))),
        name="many_axes_transposed",
    ),
    Sample(
        "dot",
        {},
        {"lhs": (3,), "rhs": (3,)},
        lambda lhs, rhs: np.array([lhs @ rhs]),
        name="vectors",
    ),
    Sample(
        "dot", {}, {"lhs": (2, 3), "rhs": (3,)}, lambda lhs, rhs: lhs @ rhs, name="matrix_vector"
    ),
    Sample(
        "dot",
        {"transpose_b": True},
        {"lhs": (3,), "rhs": (4, 3)},
        lambda lhs, rhs: rhs @ lhs,
        name="vector_matrix",
    ),
    Sample(
        "_dot_like",
        {},
        {"lhs": (2, 2, 3), "rhs": (3, 4), "like": (4, 2, 2)},
        lambda lhs, rhs, like: (lhs.reshape(4, 3) @ rhs).reshape(4, 2, 2),
    ),
    Sample(
        "_dot_like",
        {"transpose_a": True, "transpose_b": True},
        {"lhs": (3, 2), "rhs": (4, 3), "like": (2, 4)},
        lambda lhs, rhs, like: lhs.T @ rhs.T,
    ),
    Sample("batch_dot", {}, {"lhs": (2, 3, 4), "rhs": (2, 4, 5)}, lambda lhs, rhs: lhs @ rhs),
    Sample(
        "batch_dot",
        {"transpose_a": True, "transpose_b": True},
        {"lhs": (2, 4, 3), "rhs": (2, 5, 4)},
        lambda lhs, rhs: lhs.swapaxes(1, 2) @ rhs.swapaxes(1, 2),
    ),
    Sample(
        "batch_dot",
        {"transpose_b": True},
        {"lhs": (2, 2, 3, 4), "rhs": (2, 2, 5, 4)},
        lambda lhs, rhs: lhs @ rhs.swapaxes(2, 3),
    ),
    Sample(
        "batch_dot",
        {"transpose_a": True},
        {"lhs": (2, 4, 3), "rhs": (2, 4, 5)},
        lambda lhs, rhs: lhs.swapaxes(1, 2) @ rhs,
    ),
    Sample("khatri_rao", {}, {"arg0": (2, 3), "arg1": (4, 3)}, khatri_rao),
    Sample("khatri_rao", {}, {"arg0": (2, 3)}, lambda arg0: arg0, name="one"),
]
