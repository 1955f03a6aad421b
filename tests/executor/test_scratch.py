"""What native programs compute in is known before anything is bound, and is what they use."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx

pytest.importorskip("numba")

from mxnet.kernels import products
from mxnet.ops.generated import MatrixProduct


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def layers():
    net = mx.sym.Variable("data")
    for size in (300, 20, 70):
        net = mx.sym.tanh(mx.sym.FullyConnected(net, num_hidden=size))
    return net, (33, 400)


def convolutions():
    net = mx.sym.Variable("data")
    for filters, kernel in ((32, (1, 1)), (48, (3, 3)), (64, (1, 1))):
        pad = (kernel[0] // 2,) * 2
        net = mx.sym.Convolution(net, num_filter=filters, kernel=kernel, pad=pad, no_bias=True)
        net = mx.sym.relu(mx.sym.BatchNorm(net))
    return net, (5, 32, 20, 20)


def products_of_all_kinds():
    data = mx.sym.Variable("data")
    turned = mx.sym.dot(data, mx.sym.Variable("a", shape=(300, 90)), transpose_a=True)
    wide = mx.sym.dot(turned, mx.sym.Variable("b", shape=(4, 5, 90)), transpose_b=True)
    both = mx.sym.Variable("c", shape=(6, 40, 50))
    many = mx.sym.batch_dot(both, mx.sym.Variable("d", shape=(6, 40, 30)), transpose_a=True)
    return mx.sym.sum(wide) + mx.sym.sum(many), (300, 260)


def sequences(mode):
    def network():
        options = {"state_size": 24, "num_layers": 2, "bidirectional": mode == "gru"}
        net = mx.sym.RNN(mx.sym.Variable("data"), mode=mode, name="rnn", **options)
        return net, (7, 5, 40)

    return network


NETWORKS = [
    layers,
    convolutions,
    products_of_all_kinds,
    *map(sequences, ("lstm", "gru", "rnn_tanh")),
]


@pytest.mark.parametrize("grad_req", ["write", "null"])
@pytest.mark.parametrize("generated", [True, False], ids=["generated", "blas"])
@pytest.mark.parametrize("network", NETWORKS)
def test_planned_is_what_is_used(network, generated, grad_req, threads, monkeypatch):
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: generated)
    monkeypatch.setattr("mxnet.ops.recurrence.suits_products", lambda: generated)
    net, shape = network()
    planned = net.plan_memory(grad_req=grad_req, data=shape)
    executor = net.simple_bind(mx.cpu(), grad_req=grad_req, data=shape)
    assert executor.memory == planned
    assert planned.scratch >= threads * 12 * 512 * 4
    executor.forward(is_train=grad_req == "write")
    if grad_req == "write":
        executor.backward([mx.nd.ones_like(each) for each in executor.outputs])
    used = executor._arena.scratch(0)
    assert used.size == planned.scratch
    assert not used.beyond


SIZES = st.one_of(st.integers(1, 40), st.integers(190, 600))


@settings(max_examples=60, deadline=None)
@given(SIZES, SIZES, SIZES, st.booleans(), st.booleans(), st.sampled_from([1, 2]))
def test_products_pack_no_more_than_they_say(rows, columns, inner, turned, by_columns, count):
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        left = torch.ones(inner, rows).t() if turned else torch.ones(rows, inner)
        right = torch.ones(columns, inner).t() if by_columns else torch.ones(inner, columns)
        packs_left = turned and inner > 1 and rows > 1
        size = MatrixProduct(rows, columns, inner, packs_left).packing(count)
        memory = torch.full((size + 4096,), 171, dtype=torch.uint8)
        out = products.multiply(left, right, out=torch.empty(rows, columns), memory=memory[:size])
    finally:
        torch.set_num_threads(before)
    assert (memory[size:] == 171).all()
    np.testing.assert_array_equal(out, inner)


def test_programs_of_several_sizes_share_it():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=300)
    small = net.simple_bind(mx.cpu(), data=(2, 100))
    large = small.reshape(partial_shaping=True, allow_up_sizing=True, data=(300, 100))
    results = []
    for executor in (small, large, small):
        executor.arg_dict["data"][:] = 1
        executor.arg_dict["fullyconnected0_weight"][:] = 2
        results.append(executor.forward(is_train=True)[0].asnumpy())
        executor.backward(executor.outputs[0])
    assert small._arena is large._arena
    assert large._arena.scratch(0).size == max(small.memory.scratch, large.memory.scratch)
    np.testing.assert_array_equal(results[0], results[2])
    np.testing.assert_array_equal(results[1], 200)
