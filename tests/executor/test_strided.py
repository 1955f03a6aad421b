"""Arrays of users that are not dense, such as views of tensors, serve like dense ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.ndarray import NDArray

_DATA = mx.sym.Variable("data")


def _convolution(data=_DATA, **parameters):
    return mx.sym.Convolution(data, num_filter=32, name="layer", **parameters)


def _dense(**parameters):
    return mx.sym.FullyConnected(_DATA, num_hidden=48, name="layer", **parameters)


_INNER = mx.sym.relu(_DATA)
_IMAGES = (8, 32, 12, 12)
NETWORKS = {
    "dense": (_dense(), (40, 32)),
    "dense relu": (mx.sym.relu(_dense()), (40, 32)),
    "dense sum": (_dense() + mx.sym.Variable("other"), (40, 32)),
    "one pixel": (_convolution(_INNER, kernel=(1, 1)), _IMAGES),
    "of user": (_convolution(kernel=(1, 1)), _IMAGES),
    "single pixels": (_convolution(kernel=(1, 1)), (4, 32, 1, 1)),
    "winograd": (_convolution(_INNER, kernel=(3, 3), pad=(1, 1)), (16, 32, 16, 16)),
    "strides": (_convolution(_INNER, kernel=(3, 3), stride=(2, 2)), _IMAGES),
    "few channels": (_convolution(kernel=(5, 5)), (8, 1, 14, 14)),
    "normalised": (
        mx.sym.relu(mx.sym.BatchNorm(_convolution(kernel=(1, 1)), fix_gamma=False, name="norm")),
        _IMAGES,
    ),
    "layer norm": (mx.sym.LayerNorm(_DATA, name="norm"), (12, 20)),
    "recurrent": (
        mx.sym.RNN(_DATA, state_size=16, num_layers=1, mode="lstm", name="layer"), (5, 3, 8),
    ),
    "batches": (mx.sym.batch_dot(_DATA, _DATA, transpose_b=True), (4, 12, 20)),
}  # fmt: skip


def array(shape, seed, strided, positive=False):
    """The same numbers, dense or every other one of a larger tensor."""
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    drawn = drawn.abs() if positive else drawn
    if strided:
        whole = torch.zeros([2 * size for size in shape])
        drawn = whole[tuple(slice(None, None, 2) for _ in shape)].copy_(drawn)
    return NDArray(drawn, mx.cpu())


def results(net, shape, train, strided):
    shapes, _, states = net.infer_shape(data=shape)
    arguments = {
        name: array(each, seed, strided)
        for seed, (name, each) in enumerate(zip(net.list_arguments(), shapes))
    }
    gradients = {name: array(each.shape, 99, strided) for name, each in arguments.items()}
    auxiliary = [array(each, 50 + i, strided, positive=True) for i, each in enumerate(states)]
    executor = net.bind(
        mx.cpu(), arguments, gradients if train else None, "write" if train else "null", auxiliary
    )
    found = {"out": executor.forward(is_train=train)[0].asnumpy()}
    if train:
        executor.backward(mx.nd.ones(found["out"].shape))
        found.update((name, each.asnumpy()) for name, each in gradients.items())
        found.update((f"state {i}", each.asnumpy()) for i, each in enumerate(auxiliary))
    return found


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_strided_arrays(name, train):
    net, shape = NETWORKS[name]
    want = results(net, shape, train, strided=False)
    for key, found in results(net, shape, train, strided=True).items():
        np.testing.assert_allclose(found, want[key], 1e-4, 1e-4, err_msg=key)
