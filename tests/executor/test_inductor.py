"""Programs compiled by torch's inductor."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import mxnet as mx
from mxnet import MXNetError

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")


def network():
    net = mx.sym.Convolution(mx.sym.Variable("data"), num_filter=2, kernel=(3, 3), name="conv")
    net = mx.sym.BatchNorm(net, fix_gamma=False, name="norm")
    net = mx.sym.Activation(net, act_type="relu")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="out")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def steps(watched=False, **options):
    """Outputs, gradients and states after two steps of training and one prediction."""
    request = {"conv_bias": "null", "out_bias": "add"}
    request = {name: request.get(name, "write") for name in network().list_arguments()}
    executor = network().simple_bind(mx.cpu(), data=(2, 1, 5, 5), grad_req=request, **options)
    rng = np.random.RandomState(0)
    for array in {**executor.arg_dict, **executor.aux_dict}.values():
        array[:] = rng.uniform(0.2, 1, array.shape)
    executor.arg_dict["softmax_label"][:] = [0, 2]
    if watched:
        executor.set_monitor_callback(lambda name, array: None)
    for _ in range(2):
        found = [executor.forward(is_train=True)[0].asnumpy()]
        executor.backward()
    executor.backward()  # once more: forward values are computed again
    found += [g.asnumpy() for g in executor.grad_dict.values() if g is not None]
    found += [s.asnumpy() for s in executor.aux_dict.values()]
    return [*found, executor.forward()[0].asnumpy()]


@pytest.mark.slow
@needs_compiler
def test_results_are_those_of_the_plain_run():
    for one, other in zip(steps(backend="inductor"), steps(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5)


def test_watched_programs_run_node_by_node():
    for one, other in zip(steps(watched=True, backend="inductor"), steps(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize(
    ("symbol", "options", "message"),
    [
        (network(), {"backend": "xla"}, "there are: inductor"),
        (mx.sym.Dropout(mx.sym.Variable("data")), {"backend": "inductor"}, "random numbers"),
        (network(), {"backend": "inductor", "memory_budget": "1MB"}, "own plans"),
    ],
)
def test_what_cannot_be_compiled(symbol, options, message):
    with pytest.raises(MXNetError, match=message):
        symbol.simple_bind(mx.cpu(), data=(2, 1, 5, 5), **options)


@pytest.mark.slow
@needs_compiler
def test_dropout_predicts():
    symbol = mx.sym.Dropout(mx.sym.Variable("data"))
    executor = symbol.simple_bind(mx.cpu(), data=(2, 3), grad_req="null", backend="inductor")
    executor.arg_dict["data"][:] = 2
    assert (executor.forward()[0].asnumpy() == 2).all()
