"""Samples of sequences of different lengths."""

import numpy as np

from ops.sample import Sample

LENGTHS = np.array([2.5, 4.5, 9.5], "float32")  # fractions are cut off
USED = {"use_sequence_length": True}


def masked(data, lengths, value):
    behind = np.arange(len(data))[:, None] >= lengths.astype(int)
    return np.where(behind.reshape(*behind.shape, *(1,) * (data.ndim - 2)), value, data)


def reverse(data, sequence_length):
    result = data.copy()
    for i, length in enumerate(sequence_length.astype(int)):
        result[:length, i] = data[:length, i][::-1]
    return result


def last(data, lengths):
    return data[np.clip(lengths.astype(int), 1, len(data)) - 1, np.arange(data.shape[1])]


def last_gradient(grad, data, sequence_length):
    result = np.zeros(data.shape)
    result[np.clip(sequence_length.astype(int), 1, len(data)) - 1, np.arange(data.shape[1])] = grad
    return result


SAMPLES = [
    Sample("SequenceMask", {}, {"data": (4, 3)}, lambda data: data),
    Sample(
        "SequenceMask",
        {**USED, "value": -1.5},
        {"data": (4, 3, 2), "sequence_length": LENGTHS},
        lambda data, sequence_length: masked(data, sequence_length, -1.5),
    ),
    Sample(
        "SequenceMask",
        {**USED, "axis": 1},
        {"data": (3, 4), "sequence_length": LENGTHS},
        lambda data, sequence_length: masked(data.T, sequence_length, 0).T,
    ),
    Sample("SequenceLast", {}, {"data": (4, 3, 2)}, lambda data: data[-1]),
    Sample("SequenceLast", {"axis": 1}, {"data": (4, 3, 2)}, lambda data: data[:, -1]),
    Sample(
        "SequenceLast",
        USED,
        {"data": (4, 3, 2), "sequence_length": np.array([0.5, 1.5, 4.5], "float32")},
        lambda data, sequence_length: last(data, sequence_length),
    ),
    Sample(
        "SequenceLast",
        {**USED, "axis": 1},
        {"data": (3, 4, 2), "sequence_length": LENGTHS},
        lambda data, sequence_length: last(data.swapaxes(0, 1), sequence_length),
    ),
    Sample(
        "_backward_SequenceLast",
        {},
        {"grad": (3,), "data": (2, 3)},
        lambda grad, data: np.stack([0 * grad, grad]),
    ),
    Sample(
        "_backward_SequenceLast",
        USED,
        {"grad": (3, 2), "data": (4, 3, 2), "sequence_length": LENGTHS},
        last_gradient,
    ),
    Sample("SequenceReverse", {}, {"data": (4, 3)}, lambda data: data[::-1]),
    Sample(
        "SequenceReverse",
        USED,
        {"data": (4, 3, 2), "sequence_length": np.array([3.5, 0.5, 4.5], "float32")},
        reverse,
    ),
]
