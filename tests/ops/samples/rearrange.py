"""Samples of operators that move or repeat elements."""

import numpy as np

from ops.sample import Sample


def space_to_depth(data, b):
    n, c, h, w = data.shape
    blocks = data.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return blocks.reshape(n, c * b * b, h // b, w // b)


def depth_to_space(data, b):
    n, c, h, w = data.shape
    pixels = data.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
    return pixels.reshape(n, c // (b * b), h * b, w * b)


def diagonal_matrix(grad):
    result = np.zeros((2, 3))
    result[[0, 1], [1, 2]] = grad
    return result


SAMPLES = [
    Sample("transpose", {}, {"data": (2, 3, 4)}, lambda data: data.T),
    Sample(
        "transpose", {"axes": (2, 0, 1)}, {"data": (2, 3, 4)}, lambda data: data.transpose(2, 0, 1)
    ),
    Sample("transpose", {"axes": (-1, 0)}, {"data": (2, 3)}, lambda data: data.T),
    Sample(
        "SwapAxis", {"dim1": 0, "dim2": -1}, {"data": (2, 3, 4)}, lambda data: data.swapaxes(0, 2)
    ),
    Sample("reverse", {"axis": (0, 2)}, {"data": (2, 3, 4)}, lambda data: data[::-1, :, ::-1]),
    Sample("reverse", {"axis": (1, -1)}, {"data": (2, 3)}, lambda data: data, name="twice"),
    Sample("tile", {"reps": (2, 3)}, {"data": (2, 2)}, lambda data: np.tile(data, (2, 3))),
    Sample("tile", {"reps": (2,)}, {"data": (2, 3)}, lambda data: np.tile(data, 2)),
    Sample("tile", {"reps": (2, 1, 2)}, {"data": (2, 3)}, lambda data: np.tile(data, (2, 1, 2))),
    Sample("tile", {"reps": ()}, {"data": (2, 3)}, lambda data: data),
    Sample("repeat", {"repeats": 2}, {"data": (2, 3)}, lambda data: np.repeat(data, 2)),
    Sample(
        "repeat", {"repeats": 2, "axis": 1}, {"data": (2, 3, 2)}, lambda data: np.repeat(data, 2, 1)
    ),
    Sample(
        "repeat",
        {"repeats": 3, "axis": -2},
        {"data": (2, 3, 2)},
        lambda data: np.repeat(data, 3, 1),
    ),
    Sample("diag", {}, {"data": (2, 3)}, lambda data: data.diagonal()),
    Sample("diag", {"k": -1}, {"data": (3,)}, lambda data: np.diag(data, -1)),
    Sample(
        "diag",
        {"k": 1, "axis1": -1, "axis2": 0},
        {"data": (4, 2, 3)},
        lambda data: np.diagonal(data, 1, 2, 0),
    ),
    Sample(
        "_backward_diag",
        {"k": 1},
        {"grad": (2,), "data": (2, 3)},
        lambda grad, data: diagonal_matrix(grad),
    ),
    Sample(
        "_backward_diag",
        {"k": -1},
        {"grad": (3, 3), "data": (2,)},
        lambda grad, data: np.diagonal(grad, -1),
        name="vector",
    ),
    Sample(
        "depth_to_space",
        {"block_size": 2},
        {"data": (2, 8, 2, 3)},
        lambda data: depth_to_space(data, 2),
    ),
    Sample(
        "space_to_depth",
        {"block_size": 2},
        {"data": (2, 2, 4, 6)},
        lambda data: space_to_depth(data, 2),
    ),
]
