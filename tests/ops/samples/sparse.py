"""Samples of the operators of sparse storage."""

import numpy as np

from ops.sample import Sample

COLUMNS = np.array([1, 0, 2, 1], "int64")
POINTERS = np.array([0, 1, 1, 4], "int64")  # rows 0, 2, 2, 2
ROWS = np.repeat(range(3), np.diff(POINTERS))
PARTS = {"indices": COLUMNS, "indptr": POINTERS}


def dense(data):
    matrix = np.zeros((3, 4))
    matrix[ROWS, COLUMNS] = data
    return matrix


def retained(data, indices):
    result = np.zeros_like(data)
    result[indices] = data[indices]
    return result


SAMPLES = [
    *(
        Sample("cast_storage", {"stype": stype}, {"data": (2, 3)}, lambda data: data)
        for stype in ("default", "row_sparse", "csr")
    ),
    Sample(
        "_sparse_retain", {}, {"data": (4, 2), "indices": np.array([3, 0], "int64")}, retained
    ),
    Sample(
        "_contrib_SparseEmbedding",
        {"input_dim": 4, "output_dim": 2},
        {"data": np.array([[1, 3, 1]], "int32"), "weight": (4, 2)},
        lambda data, weight: weight[data.astype(int)],
    ),
    *(
        Sample(
            "_contrib_getnnz",
            {} if axis is None else {"axis": axis},
            {"data": np.array([[1, 0, 2], [0, 0, 3]], "float32")},
            lambda data, axis=axis: np.count_nonzero(data, axis).reshape(-1),
        )
        for axis in (None, 0, 1)
    ),
    Sample("_scatter_elemwise_div", {}, {"lhs": (2, 3), "rhs": (2, 3)}, lambda lhs, rhs: lhs / rhs,
           low=0.5),
    Sample("_scatter_plus_scalar", {"scalar": 2}, {"data": (2, 3)}, lambda data: data + 2),
    Sample("_scatter_minus_scalar", {"scalar": 2}, {"data": (2, 3)}, lambda data: data - 2),
    Sample(
        "_csr_dot",
        {"rows": 3, "columns": 4},
        {"data": (4,), **PARTS, "rhs": (4, 2)},
        lambda data, indices, indptr, rhs: dense(data) @ rhs,
    ),
    Sample(
        "_csr_dot",
        {"rows": 3, "columns": 4, "transpose_a": True},
        {"data": (4,), **PARTS, "rhs": (3, 2)},
        lambda data, indices, indptr, rhs: dense(data).T @ rhs,
    ),
    Sample(
        "_csr_sampled_dot",
        {"rows": 3, "columns": 4},
        {**PARTS, "lhs": (3, 2), "rhs": (4, 2)},
        lambda indices, indptr, lhs, rhs: (lhs @ rhs.T)[ROWS, COLUMNS],
    ),
]  # fmt: skip
