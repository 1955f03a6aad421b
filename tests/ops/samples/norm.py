"""Samples of normalisation layers."""

import numpy as np

from ops.sample import Sample


def along(values, rank, axis=1):
    """Values of the channels, in a shape that broadcasts."""
    shape = [1] * rank
    shape[axis] = -1
    return np.reshape(values, shape)


def batch_norm(axis=1, fix_gamma=True, train=True, eps=1e-3, relu=False, statistics=None):
    def reference(data, gamma, beta, moving_mean, moving_var):
        rank = data.ndim
        others = tuple(i for i in range(rank) if i != axis % rank)
        mean, var = data.mean(others), data.var(others)
        if not train:
            mean, var = moving_mean, moving_var
        scale = np.ones_like(gamma) if fix_gamma else gamma
        output = (data - along(mean, rank, axis)) / np.sqrt(along(var, rank, axis) + eps)
        output = output * along(scale, rank, axis) + along(beta, rank, axis)
        output = np.maximum(output, 0) if relu else output
        return output if statistics is None else (output, mean, statistics(var))

    return reference


def layer_norm(axis=-1, eps=1e-5, statistics=False):
    def reference(data, gamma, beta):
        mean = data.mean(axis, keepdims=True)
        std = np.sqrt(data.var(axis, keepdims=True) + eps)
        scale, shift = (along(v, data.ndim, axis) for v in (gamma, beta))
        output = (data - mean) / std * scale + shift
        return (output, mean, std) if statistics else output

    return reference


def group_norm(groups, eps=1e-5, statistics=False):
    def reference(data, gamma, beta):
        n = len(data)
        grouped = data.reshape(n, groups, -1)
        mean, std = grouped.mean(2), np.sqrt(grouped.var(2) + eps)
        output = (grouped - mean[..., None]) / std[..., None]
        output = (output * gamma[:, None] + beta[:, None]).reshape(data.shape)
        return (output, mean, std) if statistics else output

    return reference


def instance_norm(data, gamma, beta):
    axes = tuple(range(2, data.ndim))
    deviation = data - data.mean(axes, keepdims=True)
    output = deviation / np.sqrt(data.var(axes, keepdims=True) + 1e-3)
    return output * along(gamma, data.ndim) + along(beta, data.ndim)


def divided_by_norm(*axes):
    return lambda data: data / np.sqrt((data**2).sum(axes, keepdims=True) + 1e-10)


def response_norm(nsize, alpha, beta, knorm):
    def reference(data):
        half = (nsize - 1) // 2
        squares = np.pad(data**2, [(0, 0), (half, half), *[(0, 0)] * (data.ndim - 2)])
        total = sum(squares[:, i : i + data.shape[1]] for i in range(2 * half + 1))
        return data * (knorm + alpha / nsize * total) ** -beta

    return reference


FREE = {"fix_gamma": False}
POSITIVE = np.array([0.5, 1.5, 1.0], "float32")

SAMPLES = [
    Sample("BatchNorm", {}, {"data": (4, 3)}, batch_norm()),
    Sample("BatchNorm", FREE, {"data": (2, 3, 2, 2)}, batch_norm(fix_gamma=False)),
    Sample("BatchNorm", {**FREE, "axis": 2}, {"data": (2, 3, 4, 2)}, batch_norm(2, False)),
    Sample("BatchNorm", {**FREE, "axis": -1}, {"data": (2, 3, 2, 4)}, batch_norm(-1, False)),
    Sample("BatchNorm", {**FREE, "axis": 2}, {"data": (3, 4, 5)}, batch_norm(2, False)),
    Sample("BatchNorm", {**FREE, "axis": 4}, {"data": (2, 3, 2, 1, 3)}, batch_norm(4, False)),
    Sample("BatchNorm", {**FREE, "axis": 0}, {"data": (3, 4)}, batch_norm(0, False)),
    Sample(
        "BatchNorm",
        {**FREE, "use_global_stats": True},
        {"data": (2, 3, 2, 2), "moving_var": POSITIVE},
        batch_norm(fix_gamma=False, train=False),
    ),
    Sample(
        "BatchNorm",
        {**FREE, "output_mean_var": True},
        {"data": (2, 3, 2, 2)},
        batch_norm(fix_gamma=False, statistics=lambda var: 1 / np.sqrt(var + 1e-3)),
        gradient=False,
    ),
    Sample(
        "_contrib_BatchNormWithReLU",
        FREE,
        {"data": (2, 3, 2, 2)},
        batch_norm(fix_gamma=False, relu=True),
    ),
    Sample("_batch_norm_relu", {}, {"data": (2, 3, 2, 2)}, batch_norm(relu=True)),
    Sample("_batch_norm_relu", {**FREE, "relu": False}, {"data": (4, 3)}, batch_norm(1, False)),
    Sample(
        "_batch_norm_add_relu",
        FREE,
        {"data": (2, 3, 2, 2)},
        lambda residual, **inputs: np.maximum(batch_norm(fix_gamma=False)(**inputs) + residual, 0),
    ),
    Sample("BatchNorm_v1", FREE, {"data": (2, 3, 2, 2)}, batch_norm(fix_gamma=False)),
    Sample(
        "BatchNorm_v1",
        {"output_mean_var": True},
        {"data": (4, 3)},
        batch_norm(statistics=lambda var: var),
        gradient=False,
    ),
    Sample("LayerNorm", {}, {"data": (3, 5)}, layer_norm()),
    Sample("LayerNorm", {"axis": 1, "eps": 0.1}, {"data": (2, 3, 4)}, layer_norm(1, 0.1)),
    Sample(
        "LayerNorm",
        {"output_mean_var": True},
        {"data": (2, 3, 4)},
        layer_norm(statistics=True),
        gradient=False,
    ),
    Sample("GroupNorm", {"num_groups": 2}, {"data": (2, 4, 3)}, group_norm(2)),
    Sample(
        "GroupNorm",
        {"num_groups": 3, "output_mean_var": True},
        {"data": (2, 6, 2, 2)},
        group_norm(3, statistics=True),
        gradient=False,
    ),
    Sample("InstanceNorm", {}, {"data": (2, 3, 4)}, instance_norm),
    Sample("L2Normalization", {}, {"data": (2, 3, 4)}, divided_by_norm(1, 2)),
    Sample("L2Normalization", {"mode": "channel"}, {"data": (2, 3, 2, 2)}, divided_by_norm(1)),
    Sample("L2Normalization", {"mode": "spatial"}, {"data": (2, 3, 2, 2)}, divided_by_norm(2, 3)),
    Sample("LRN", {"nsize": 3}, {"data": (2, 5, 2, 2)}, response_norm(3, 1e-4, 0.75, 2)),
    Sample(
        "LRN",
        {"nsize": 5, "alpha": 0.5, "beta": 0.5, "knorm": 1.0},
        {"data": (2, 4, 3)},
        response_norm(5, 0.5, 0.5, 1),
    ),
    Sample("LRN", {"nsize": 4, "alpha": 0.5}, {"data": (1, 5, 2)}, response_norm(4, 0.5, 0.75, 2)),
]
