"""NaN and infinity in convolutions that run as other products: none vanishes."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def network(channels, filters, stride):
    data = mx.sym.Convolution(
        mx.sym.Variable("x"), num_filter=channels, kernel=(1, 1), no_bias=True, name="before"
    )
    middle = mx.sym.Convolution(
        data, num_filter=filters, kernel=(3, 3), pad=(1, 1), stride=(stride, stride), name="middle"
    )
    after = mx.sym.Convolution(
        middle, num_filter=channels, kernel=(1, 1), no_bias=True, name="after"
    )
    return mx.sym.MakeLoss(after * mx.sym.Variable("factor"))


PLACES = {
    "data": ("x", (0, 1, 3, 5)),
    "corner": ("x", (0, 1, 0, 0)),
    "filters": ("middle_weight", (1, 1, 0, 0)),
    "head gradient": ("factor", (0, 1, 0, 0)),
}


def not_finite(net, place, value, train, shape):
    executor = net.simple_bind(mx.cpu(), grad_req="write" if train else "null", x=shape)
    draw = np.random.RandomState(0)
    for name in net.list_arguments():
        executor.arg_dict[name][:] = draw.uniform(0.1, 1, executor.arg_dict[name].shape)
    name, index = PLACES[place]
    executor.arg_dict[name][index] = value
    executor.forward(is_train=train)
    if train:
        executor.backward()
    found = {"output": executor.outputs[0]}
    if train:
        found.update(executor.grad_dict)
    return {name: ~np.isfinite(array.asnumpy()) for name, array in found.items()}


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("channels", "filters", "stride"), [(64, 64, 1), (36, 64, 1), (36, 64, 2)])
def test_none_vanishes(channels, filters, stride, place, train, monkeypatch):
    net = network(channels, filters, stride)
    for value in (np.nan, np.inf):
        asked = net, place, value, train, (4, 8, 28, 28)
        ours = not_finite(*asked)
        with monkeypatch.context() as patch:
            patch.setenv("MXNET_USE_FUSION", "0")
            direct = not_finite(*asked)
        assert direct["output"].any()
        for name, spoilt in direct.items():
            assert not (spoilt & ~ours[name]).any(), name
