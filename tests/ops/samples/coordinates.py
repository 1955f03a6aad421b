"""Samples of one-hot rows and coordinates."""

import numpy as np

from ops.sample import Sample

SHAPE = (4, 3, 5)
POSITIONS = np.array([7, 0, 59, 31])


def coordinates(data):
    return np.stack(np.unravel_index(data.astype(int), SHAPE)).astype(data.dtype)


SAMPLES = [
    Sample(
        "one_hot",
        {"depth": 3},
        {"indices": np.array([[0, 2], [-1, 3]])},
        lambda indices: (indices[..., None] == np.arange(3)).astype("float32"),
    ),
    Sample(
        "one_hot",
        {"depth": 2, "on_value": 2.5, "off_value": -1.0, "dtype": "uint8"},
        {"indices": np.array([1, 0, 5])},
        lambda indices: np.array([[255, 2], [2, 255], [255, 255]], "uint8"),
    ),
    Sample(
        "_onehot_encode",
        {},
        {"lhs": np.array([1.0, 0.0, 7.0], "float32"), "rhs": (3, 3)},
        lambda lhs, rhs: (lhs[:, None] == np.arange(3)).astype(lhs.dtype),
    ),
    Sample(
        "_ravel_multi_index",
        {"shape": SHAPE},
        {"data": np.stack(np.unravel_index(POSITIONS, SHAPE))},
        lambda data: POSITIONS,
    ),
    Sample("_unravel_index", {"shape": SHAPE}, {"data": POSITIONS}, coordinates),
    Sample(
        "_unravel_index",
        {"shape": (-1, 3, 5)},
        {"data": POSITIONS.reshape(2, 2).astype("int32")},
        coordinates,
    ),
    Sample(
        "_contrib_index_array",
        {},
        {"data": (2, 3)},
        lambda data: np.stack(np.indices((2, 3)), -1),
    ),
    Sample(
        "_contrib_index_array",
        {"axes": (-1, 0)},
        {"data": (2, 3)},
        lambda data: np.stack(np.indices((2, 3))[::-1], -1),
    ),
]
