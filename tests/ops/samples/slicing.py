"""Samples of slicing, splitting and joining."""

import numpy as np

from ops.sample import Sample


def join(axis):
    return lambda **parts: np.concatenate(list(parts.values()), axis)


def put(shape, place, value, background=0.0):
    result = np.full(shape, background) if np.isscalar(background) else background.copy()
    result[place] = value
    return result


SAMPLES = [
    Sample("Concat", {}, {"arg0": (2, 3), "arg1": (2, 1), "arg2": (2, 2)}, join(1)),
    Sample("Concat", {"dim": -2}, {"arg0": (2, 3, 2), "arg1": (2, 1, 2)}, join(1)),
    Sample("Concat", {"dim": 0}, {"arg0": (2,)}, join(0)),
    Sample("_rnn_param_concat", {"dim": 0}, {"arg0": (3,), "arg1": (2,)}, join(0)),
    Sample(
        "stack",
        {"axis": 1},
        {"arg0": (2, 3), "arg1": (2, 3)},
        lambda arg0, arg1: np.stack([arg0, arg1], 1),
    ),
    Sample("stack", {"axis": -1}, {"arg0": (2,)}, lambda arg0: arg0[:, None]),
    Sample(
        "_split_like",
        {"num_args": 2},
        {"data": (2, 5), "like0": (2, 2), "like1": (2, 3)},
        lambda data, like0, like1: (data[:, :2], data[:, 2:]),
    ),
    Sample(
        "slice", {"begin": (0, 1), "end": (2, 3)}, {"data": (3, 4)}, lambda data: data[0:2, 1:3]
    ),
    Sample(
        "slice",
        {"begin": (None, -1), "end": (None, None), "step": (2, -2)},
        {"data": (3, 4, 2)},
        lambda data: data[::2, -1::-2],
    ),
    Sample("slice", {"begin": (-9,), "end": (9,)}, {"data": (3, 2)}, lambda data: data),
    Sample(
        "_backward_slice",
        {"begin": (3, 0), "end": (None, 2), "step": (-2, 1)},
        {"grad": (2, 2), "data": (4, 3)},
        lambda grad, data: put((4, 3), np.s_[3::-2, 0:2], grad),
    ),
    Sample(
        "slice_axis",
        {"axis": 1, "begin": 1, "end": None},
        {"data": (2, 3)},
        lambda data: data[:, 1:],
    ),
    Sample(
        "slice_axis",
        {"axis": -1, "begin": -3, "end": -1},
        {"data": (2, 4)},
        lambda data: data[:, 1:3],
    ),
    Sample(
        "_backward_slice_axis",
        {"axis": 1, "begin": 1, "end": 3},
        {"grad": (2, 2), "data": (2, 4)},
        lambda grad, data: put((2, 4), np.s_[:, 1:3], grad),
    ),
    Sample("SliceChannel", {"num_outputs": 2}, {"data": (2, 4)}, lambda data: np.split(data, 2, 1)),
    Sample(
        "SliceChannel",
        {"num_outputs": 2, "axis": 0, "squeeze_axis": True},
        {"data": (2, 3)},
        lambda data: (data[0], data[1]),
    ),
    Sample("SliceChannel", {"num_outputs": 1, "axis": -1}, {"data": (2, 3)}, lambda data: data),
    Sample(
        "_split_v2",
        {"indices": (0, 1, 3)},
        {"data": (2, 5)},
        lambda data: np.split(data, (1, 3), 1),
    ),
    Sample(
        "_split_v2",
        {"indices": (), "sections": 2, "axis": -1},
        {"data": (2, 5)},
        lambda data: np.array_split(data, 2, 1),
    ),
    Sample(
        "_split_v2",
        {"indices": (0, 1), "axis": 0, "squeeze_axis": True},
        {"data": (2, 3)},
        lambda data: (data[0], data[1]),
    ),
    Sample(
        "_split_v2_backward",
        {"indices": (0, 1)},
        {"grad0": (2, 1), "grad1": (2, 3)},
        join(1),
    ),
    Sample(
        "_split_v2_backward",
        {"indices": (), "sections": 2, "axis": 0, "squeeze_axis": True},
        {"grad0": (3,), "grad1": (3,)},
        lambda grad0, grad1: np.stack([grad0, grad1]),
    ),
    Sample(
        "slice_like",
        {},
        {"data": (3, 4), "shape_like": (2, 3)},
        lambda data, shape_like: data[:2, :3],
    ),
    Sample(
        "slice_like",
        {"axes": (0, -1)},
        {"data": (3, 4, 5), "shape_like": (2, 9, 3)},
        lambda data, shape_like: data[:2, :, :3],
    ),
    Sample(
        "_pad_like",
        {},
        {"data": (2, 3), "shape_like": (3, 4)},
        lambda data, shape_like: put((3, 4), np.s_[:2, :3], data),
    ),
    Sample(
        "_slice_assign",
        {"begin": (1, None), "end": (2, None), "step": (1, -2)},
        {"lhs": (3, 4), "rhs": (1, 2)},
        lambda lhs, rhs: put((3, 4), np.s_[1:2, ::-2], rhs, lhs),
    ),
    Sample(
        "_slice_assign_scalar",
        {"scalar": 1.5, "begin": (1,), "end": (3,)},
        {"data": (3, 2)},
        lambda data: put((3, 2), np.s_[1:3], 1.5, data),
    ),
    Sample(
        "_slice_assign_scalar",
        {"scalar": 1.5, "begin": (1,), "end": (1,)},
        {"data": (3, 2)},
        lambda data: data,
        name="empty",
    ),
]
