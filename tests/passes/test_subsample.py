"""Convolutions of one pixel with strides, as such of fewer pixels, give what they gave."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

pytest.importorskip("numba")

SHAPE = (2, 8, 15, 16)


@pytest.fixture(autouse=True)
def suitable(monkeypatch):
    """As on a processor on which generated products are chosen."""
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: True)


def network(kernel=(1, 1), pad=(0, 0)):
    whole = mx.sym.Convolution(
        mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=32, name="whole"
    )
    options = ({"stride": (2, 2)}, {"stride": (1, 3), "no_bias": True}, {"stride": (1, 1)})
    return mx.sym.Group(
        mx.sym.mean(
            mx.sym.Convolution(
                whole, kernel=kernel, pad=pad, num_filter=48, name=f"part{number}", **each
            ),
            axis=(2, 3),
        )
        for number, each in enumerate(options)
    )


def trained(net, grad_req, dtype):
    executor = net.simple_bind(mx.cpu(), grad_req=grad_req, dtype=dtype, data=SHAPE)
    rng = np.random.RandomState(0)
    for array in executor.arg_arrays:
        array[:] = rng.randn(*array.shape)
    executor.forward(is_train=True)
    executor.backward([mx.nd.array(rng.randn(*each.shape)) for each in executor.outputs])
    found = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}
    found.update((str(n), each.asnumpy()) for n, each in enumerate(executor.outputs))
    return operators(executor), found


def operators(executor):
    return [n.op.op_name for n in executor._program(True).graph.nodes if n.op is not None]


@pytest.mark.parametrize("frozen", [(), ("data", "whole_weight", "whole_bias"), ("part0_weight",)])
def test_training(frozen, monkeypatch):
    net = network()
    grad_req = {n: "null" if n in frozen else "write" for n in net.list_arguments()}
    names, found = trained(net, grad_req, "bfloat16")
    assert names.count("_subsample") == 4
    assert names.count("_backward_subsample") == (0 if "data" in frozen else 2)
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    names, plain = trained(net, grad_req, "bfloat16")
    assert "_subsample" not in names
    _, exact = trained(net, grad_req, None)
    assert found.keys() == exact.keys()
    for name, value in exact.items():
        far = np.abs(plain[name] - value).max()
        assert np.abs(found[name] - value).max() < 1.5 * far + 1e-6, name


@pytest.mark.parametrize(
    ("net", "dtype"),
    [
        (network(), None),
        (network(pad=(1, 1)), "bfloat16"),
        (network(kernel=(2, 2)), "bfloat16"),
    ],
    ids=["float32", "padded", "larger"],
)
def test_others_stay(net, dtype):
    names, _ = trained(net, "write", dtype)
    assert "_subsample" not in names
