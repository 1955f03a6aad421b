"""Samples of casts that scale gradients."""

import numpy as np

from ops.sample import Sample

SCALE = np.array([4.0], "float32")

SAMPLES = [
    Sample(
        "_amp_scaled_cast",
        {"dtype": "float32", "entering": entering},
        {"data": (2, 3), "scale": SCALE},
        lambda data, scale: data,
        gradient=False,  # it is scaled on purpose
    )
    for entering in (False, True)
] + [
    Sample(
        "_amp_rescale",
        {"divide": divide},
        {"data": (2, 3), "scale": SCALE, "like": (2, 3)},
        lambda data, scale, like, divide=divide: data / scale if divide else data * scale,
        gradient=False,  # the scale is of float32 alone
    )
    for divide in (False, True)
]
