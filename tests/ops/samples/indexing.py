"""Samples of indexing by arrays."""

import numpy as np

from ops.sample import Sample

INDICES = np.array([[0, 2, 5], [-1, 1, 1]])
COORDINATES = np.array([[0, 2, 2], [1, -1, 0]])
ROWS = np.array([2, 0, 2])


def added(shape, place, values):
    result = np.zeros(shape)
    np.add.at(result, place, values)
    return result


def replaced(array, place, values):
    result = array.copy()
    result[place] = values
    return result


def clipped(index, size):
    return np.clip(index, 0, size - 1)


SAMPLES = [
    Sample(
        "take",
        {},
        {"a": (3, 2), "indices": INDICES},
        lambda a, indices: a[clipped(indices, 3)],
    ),
    Sample(
        "take",
        {"axis": -1, "mode": "wrap"},
        {"a": (2, 3), "indices": np.array([4, -1, 0])},
        lambda a, indices: a[:, indices % 3],
    ),
    Sample(
        "take",
        {"axis": 1, "mode": "raise"},
        {"a": (2, 3, 2), "indices": np.array([2, 0], "int32")},
        lambda a, indices: a[:, indices],
    ),
    Sample(
        "_backward_take",
        {},
        {"grad": (2, 3, 2), "indices": INDICES, "a": (3, 2)},
        lambda grad, indices, a: added((3, 2), clipped(indices, 3), grad),
    ),
    Sample(
        "_backward_take",
        {"axis": 1, "mode": "wrap"},
        {"grad": (2, 3), "indices": np.array([4, -1, 2]), "a": (2, 3)},
        lambda grad, indices, a: added((2, 3), np.s_[:, indices % 3], grad),
    ),
    Sample(
        "Embedding",
        {"input_dim": 4, "output_dim": 3},
        {"data": np.array([[1, 3], [1, 7]])},
        lambda data, weight: weight[clipped(data, 4)],
    ),
    Sample(
        "pick",
        {},
        {"data": (2, 3), "index": np.array([5, 1])},
        lambda data, index: data[[0, 1], [2, 1]],
    ),
    Sample(
        "pick",
        {"axis": 0, "keepdims": True, "mode": "wrap"},
        {"data": (2, 3), "index": np.array([3, 0, -1])},
        lambda data, index: data[[1, 0, 1], [0, 1, 2]][None],
    ),
    Sample(
        "pick",
        {"axis": 1},
        {"data": (2, 3, 2), "index": np.array([[0, 1], [2, 0]])},
        lambda data, index: np.take_along_axis(data, index[:, None], 1)[:, 0],
    ),
    Sample(
        "pick", {}, {"data": (3,), "index": np.array([1])}, lambda data, index: data[1:2], name="1d"
    ),
    Sample(
        "_backward_pick",
        {},
        {"grad": (2,), "index": np.array([5, 1]), "data": (2, 3)},
        lambda grad, index, data: added((2, 3), ([0, 1], [2, 1]), grad),
    ),
    Sample(
        "batch_take",
        {},
        {"a": (3, 4), "indices": np.array([1, 9, 0], "int32")},
        lambda a, indices: a[[0, 1, 2], [1, 3, 0]],
    ),
    Sample(
        "gather_nd",
        {},
        {"data": (3, 2), "indices": COORDINATES},
        lambda data, indices: data[tuple(indices)],
    ),
    Sample(
        "gather_nd",
        {},
        {"data": (3, 2, 2), "indices": np.array([[[1, 0], [1, 2]]])},
        lambda data, indices: data[indices[0]],
        name="slices",
    ),
    Sample(
        "_backward_gather_nd",
        {},
        {"grad": (3,), "indices": np.array([[0, 2, 0], [1, 0, 1]]), "data": (3, 2)},
        lambda grad, indices, data: added((3, 2), tuple(indices), grad),
    ),
    Sample(
        "scatter_nd",
        {"shape": (3, 2)},
        {"data": (3,), "indices": COORDINATES},
        lambda data, indices: replaced(np.zeros((3, 2)), tuple(indices), data),
    ),
    Sample(
        "scatter_nd",
        {"shape": (3, 2)},
        {"data": (2, 2), "indices": np.array([[2, 0]])},
        lambda data, indices: replaced(np.zeros((3, 2)), indices[0], data),
    ),
    Sample(
        "_scatter_set_nd",
        {"shape": (3, 2)},
        {"lhs": (3, 2), "rhs": (3,), "indices": COORDINATES},
        lambda lhs, rhs, indices: replaced(lhs, tuple(indices), rhs),
    ),
    Sample(
        "where",
        {},
        {"condition": np.array([[1, 0, 2], [0, 0, -1]]), "x": (2, 3), "y": (2, 3)},
        lambda condition, x, y: np.where(condition, x, y),
    ),
    Sample(
        "where",
        {},
        {"condition": np.array([1, 0]), "x": (2, 3), "y": (2, 3)},
        lambda condition, x, y: np.stack([x[0], y[1]]),
        name="rows",
    ),
    Sample(
        "fill_element_0index",
        {},
        {"lhs": (2, 3), "mhs": (2,), "rhs": np.array([1, 0])},
        lambda lhs, mhs, rhs: replaced(lhs, ([0, 1], [1, 0]), mhs),
    ),
    Sample(
        "_contrib_boolean_mask",
        {},
        {"data": (3, 2), "index": np.array([1, 0, 2])},
        lambda data, index: data[[0, 2]],
    ),
    Sample(
        "_contrib_boolean_mask",
        {"axis": 1},
        {"data": (2, 3), "index": np.array([0, 0, 1])},
        lambda data, index: data[:, 2:],
    ),
    Sample(
        "_backward_boolean_mask",
        {},
        {"grad": (2, 2), "index": np.array([1, 0, 1]), "data": (3, 2)},
        lambda grad, index, data: replaced(np.zeros((3, 2)), [0, 2], grad),
    ),
    Sample(
        "_contrib_index_copy",
        {},
        {"old_tensor": (4, 2), "index_vector": ROWS, "new_tensor": (3, 2)},
        lambda old_tensor, index_vector, new_tensor: replaced(old_tensor, index_vector, new_tensor),
    ),
    Sample(
        "_contrib_backward_index_copy",
        {},
        {"grad": (3, 2), "index_vector": ROWS},
        lambda grad, index_vector: (
            replaced(grad, [0, 2], 0),
            np.stack([0 * grad[0], grad[0], grad[2]]),
        ),
    ),
]
