"""Samples of pooling."""

from itertools import product

import numpy as np

from ops.sample import Sample


def pool(reduce, kernel, stride=(), pad=(), full=False, count_padding=True):
    """Pooling window by window; ``reduce`` takes the elements of a window and its size."""

    def reference(data):
        rank = len(kernel)
        steps, border = stride or (1,) * rank, pad or (0,) * rank
        sizes = data.shape[2:]
        counts = [
            (n + 2 * p - k + (s - 1 if full else 0)) // s + 1
            for n, k, s, p in zip(sizes, kernel, steps, border, strict=True)
        ]
        output = np.zeros((*data.shape[:2], *counts))
        for position in product(*map(range, counts)):
            starts = [i * s - p for i, s, p in zip(position, steps, border, strict=True)]
            window = tuple(
                slice(max(a, 0), min(a + k, n))
                for a, k, n in zip(starts, kernel, sizes, strict=True)
            )
            around = border if count_padding else (0,) * rank
            sides = [
                min(a + k, n + p) - max(a, -p)
                for a, k, n, p in zip(starts, kernel, sizes, around, strict=True)
            ]
            taken = data[(slice(None),) * 2 + window].reshape(*data.shape[:2], -1)
            output[(slice(None),) * 2 + position] = reduce(taken, np.prod(sides))
        return output

    return reference


def largest(window, _):
    return window.max(-1, initial=np.finfo("float32").min)


def mean(window, size):
    return window.sum(-1) / max(size, 1)


def total(window, _):
    return window.sum(-1)


def norm(p):
    return lambda window, _: (window**p).sum(-1) ** (1 / p)


def bordered(data):
    return np.pad(data, ((0, 0), (0, 0), (1, 1), (1, 1)))


def last(function):
    return lambda data: np.moveaxis(function(np.moveaxis(data, -1, 1)), 1, -1)


GEOMETRY = {"kernel": (3, 2), "stride": (2, 2), "pad": (1, 1)}
FULL = {"kernel": (2, 2), "stride": (2, 2), "pad": (1, 1)}

SAMPLES = [
    Sample("Pooling", {"kernel": (3,)}, {"data": (2, 3, 6)}, pool(largest, (3,))),
    Sample("Pooling", GEOMETRY, {"data": (2, 3, 5, 4)}, pool(largest, **GEOMETRY)),
    Sample(
        "Pooling",
        {"kernel": (2, 2, 1), "stride": (1, 2, 1)},
        {"data": (1, 2, 3, 4, 2)},
        pool(largest, (2, 2, 1), (1, 2, 1)),
    ),
    Sample(
        "Pooling",
        {**GEOMETRY, "layout": "NHWC"},
        {"data": (2, 5, 4, 3)},
        last(pool(largest, **GEOMETRY)),
    ),
    Sample(
        "Pooling",
        {"kernel": (3, 3), "stride": (2, 2), "pooling_convention": "full"},
        {"data": (1, 2, 6, 5)},
        pool(largest, (3, 3), (2, 2), full=True),
    ),
    Sample(
        "Pooling",
        {"kernel": (2, 3), "pad": (1, 2)},
        {"data": (1, 2, 3, 3)},
        pool(largest, (2, 3), pad=(1, 2)),
        name="padding beyond half the kernel",
    ),
    Sample(
        "Pooling",
        {"global_pool": True, "kernel": (1, 1)},
        {"data": (2, 3, 3, 2)},
        lambda data: data.max((2, 3), keepdims=True),
    ),
    Sample(
        "Pooling",
        {"global_pool": True},
        {"data": (2, 3, 3)},
        lambda data: data.max(2, keepdims=True),
        name="global without kernel",
    ),
    Sample(
        "Pooling", {**GEOMETRY, "pool_type": "avg"}, {"data": (2, 3, 5, 4)}, pool(mean, **GEOMETRY)
    ),
    Sample(
        "Pooling",
        {**GEOMETRY, "pool_type": "avg", "count_include_pad": False},
        {"data": (2, 3, 5, 4)},
        pool(mean, **GEOMETRY, count_padding=False),
    ),
    Sample(
        "Pooling",
        {"kernel": (3, 3), "stride": (2, 2), "pool_type": "avg", "pooling_convention": "full"},
        {"data": (1, 2, 6, 6)},
        pool(mean, (3, 3), (2, 2), full=True),
    ),
    Sample(
        "Pooling",
        {**FULL, "pool_type": "avg", "pooling_convention": "full"},
        {"data": (1, 2, 3, 5)},
        pool(mean, **FULL, full=True),
        name="mean with windows outside",
    ),
    Sample(
        "Pooling",
        {**FULL, "pool_type": "avg", "pooling_convention": "full", "count_include_pad": False},
        {"data": (1, 2, 3, 5)},
        pool(mean, **FULL, full=True, count_padding=False),
        name="mean without padding, with windows outside",
    ),
    Sample(
        "Pooling",
        {"kernel": (2,), "stride": (2,), "pool_type": "avg", "layout": "NWC"},
        {"data": (2, 5, 3)},
        last(pool(mean, (2,), (2,))),
    ),
    Sample(
        "Pooling",
        {"kernel": (2, 1, 2), "pad": (1, 0, 1), "pool_type": "avg"},
        {"data": (1, 2, 2, 2, 3)},
        pool(mean, (2, 1, 2), pad=(1, 0, 1)),
    ),
    Sample(
        "Pooling",
        {"global_pool": True, "pool_type": "avg", "layout": "NHWC"},
        {"data": (2, 3, 4, 2)},
        lambda data: data.mean((1, 2), keepdims=True),
    ),
    Sample(
        "Pooling", {**GEOMETRY, "pool_type": "sum"}, {"data": (1, 2, 5, 4)}, pool(total, **GEOMETRY)
    ),
    Sample(
        "Pooling",
        {**GEOMETRY, "pool_type": "lp", "p_value": 2},
        {"data": (1, 2, 5, 4)},
        pool(norm(2), **GEOMETRY),
        low=0.5,
    ),
    Sample(
        "Pooling",
        {**GEOMETRY, "pool_type": "lp", "p_value": 3},
        {"data": (1, 2, 5, 4)},
        pool(norm(3), **GEOMETRY),
        low=0.5,
    ),
    Sample(
        "Pooling_v1",
        GEOMETRY,
        {"data": (2, 3, 5, 4)},
        lambda data: pool(largest, (3, 2), (2, 2))(bordered(data)),
        name="zeros around",
    ),
    Sample(
        "Pooling_v1",
        {**FULL, "pooling_convention": "full"},
        {"data": (1, 2, 3, 5)},
        lambda data: pool(largest, (2, 2), (2, 2), full=True)(bordered(data)),
    ),
    Sample(
        "Pooling_v1",
        {"kernel": (3, 3), "stride": (2, 2), "pool_type": "avg", "pooling_convention": "full"},
        {"data": (1, 2, 6, 6)},
        pool(lambda window, _: window.sum(-1) / 9, (3, 3), (2, 2), full=True),
    ),
    Sample(
        "_contrib_AdaptiveAvgPooling2D",
        {"output_size": (2, 3)},
        {"data": (1, 2, 4, 6)},
        lambda data: data.reshape(1, 2, 2, 2, 3, 2).mean((3, 5)),
    ),
    Sample(
        "_contrib_AdaptiveAvgPooling2D",
        {},
        {"data": (1, 2, 3, 5)},
        lambda data: data.mean((2, 3), keepdims=True),
    ),
]
