"""Samples of attention on interleaved projections."""

import numpy as np

from ops.sample import Sample


def cut(projection, heads, parts):
    """The parts, (batch·heads, time, depth) each."""
    time, batch, width = projection.shape
    split = projection.reshape(time, batch * heads, parts, width // heads // parts)
    return split.transpose(2, 1, 0, 3)


def scores(query, key):
    return query @ key.swapaxes(1, 2) / np.sqrt(query.shape[2])


def together(values, heads):
    """(batch·heads, time, depth) as (time, batch, heads·depth)."""
    total, time, depth = values.shape
    return values.swapaxes(0, 1).reshape(time, total // heads, heads * depth)


def self_scores(heads):
    return lambda queries_keys_values: scores(*cut(queries_keys_values, heads, 3)[:2])


def self_values(heads):
    return lambda queries_keys_values, attention: together(
        attention @ cut(queries_keys_values, heads, 3)[2], heads
    )


def cross_scores(heads):
    return lambda queries, keys_values: scores(
        cut(queries, heads, 1)[0], cut(keys_values, heads, 2)[0]
    )


def cross_values(heads):
    return lambda keys_values, attention: together(attention @ cut(keys_values, heads, 2)[1], heads)


NAME = "_contrib_interleaved_matmul_"

SAMPLES = [
    sample
    for heads in (1, 2)
    for sample in (
        Sample(
            NAME + "selfatt_qk",
            {"heads": heads},
            {"queries_keys_values": (4, 3, 6 * heads)},
            self_scores(heads),
        ),
        Sample(
            NAME + "selfatt_valatt",
            {"heads": heads},
            {"queries_keys_values": (4, 3, 6 * heads), "attention": (3 * heads, 4, 4)},
            self_values(heads),
        ),
        Sample(
            NAME + "encdec_qk",
            {"heads": heads},
            {"queries": (4, 3, 2 * heads), "keys_values": (5, 3, 4 * heads)},
            cross_scores(heads),
        ),
        Sample(
            NAME + "encdec_valatt",
            {"heads": heads},
            {"keys_values": (5, 3, 4 * heads), "attention": (3 * heads, 4, 5)},
            cross_values(heads),
        ),
    )
]
