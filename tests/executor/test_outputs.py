"""Outputs keep their memory from run to run, whatever computes them: others may be bound to it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx

DATA = mx.sym.Variable("data")
CONVOLUTION = mx.sym.Convolution(DATA, kernel=(3, 3), num_filter=4, name="conv")
HEADS = {
    "convolution": CONVOLUTION,
    "layers": mx.sym.relu(mx.sym.BatchNorm(CONVOLUTION, name="bn")),
    "sort": mx.sym.sort(DATA),
    "values decide": mx.sym.contrib.boolean_mask(DATA, mx.sym.Variable("index", shape=(3,))),
}


def inputs(executor: mx.executor.Executor, seed: int) -> dict[str, mx.nd.NDArray]:
    rng = np.random.RandomState(seed)
    made = {n: rng.randn(*array.shape) for n, array in executor.arg_dict.items() if n != "index"}
    return {name: mx.nd.array(values) for name, values in made.items()}


def bound(head: mx.sym.Symbol, **options) -> mx.executor.Executor:
    executor = head.simple_bind(mx.cpu(), data=(3, 2, 6, 6), **options)
    if "index" in executor.arg_dict:
        executor.arg_dict["index"][:] = mx.nd.array([1, 0, 1])
    return executor


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("train", [False, True], ids=["prediction", "training"])
def test_what_is_bound_to_an_output_follows_it(head, train):
    first = bound(head)
    first.forward(is_train=train, **inputs(first, 0))
    net = mx.sym.tanh(2 * mx.sym.Variable("x"))
    second = net.bind(mx.cpu(), {"x": first.outputs[0]})
    for seed in range(4):
        value = first.forward(is_train=train, **inputs(first, seed))[0].asnumpy()
        found = second.forward()[0].asnumpy()
        np.testing.assert_allclose(found, np.tanh(2 * value), rtol=1e-5, atol=1e-6)


def test_outputs_over_devices_stay():
    with mx.AttrScope(ctx_group="other"):
        head = mx.sym.sin(DATA)
    first = bound(head + 1, group2ctx={"other": mx.cpu(1)})
    second = mx.sym.tanh(mx.sym.Variable("x")).bind(mx.cpu(), {"x": first.outputs[0]})
    for seed in range(3):
        value = first.forward(**inputs(first, seed))[0].asnumpy()
        np.testing.assert_allclose(second.forward()[0].asnumpy(), np.tanh(value), rtol=1e-5)


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_training_and_prediction_write_to_one_place(head):
    executor, fresh = bound(head), {}
    for train in (True, False):
        fresh[train] = bound(head)
        fresh[train].forward(is_train=train, **inputs(executor, 0))
    executor.forward(is_train=True, **inputs(executor, 0))
    place = executor.outputs[0]._tensor.data_ptr()
    for train in (True, False, True, True, False):
        found = executor.forward(is_train=train)[0]
        np.testing.assert_allclose(
            found.asnumpy(), fresh[train].outputs[0].asnumpy(), rtol=1e-5, atol=1e-5
        )
        assert found._tensor.data_ptr() == place


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 5)])
@pytest.mark.parametrize("train", [False, True])
def test_large_images_that_are_outputs(kernel, train):
    """They are computed channels-last and copied to arrays whose axes are in order."""
    pad = tuple(size // 2 for size in kernel)
    data = mx.sym.Variable("data")
    net = mx.sym.Convolution(data, kernel=kernel, pad=pad, num_filter=32, no_bias=True, name="c")
    executor = net.simple_bind(mx.cpu(), grad_req="write", data=(3, 16, 24, 25))
    for name in ("data", "c_weight"):
        array = executor.arg_dict[name]
        array[:] = np.random.RandomState(0).uniform(-1, 1, array.shape)
    d, w = (torch.from_numpy(executor.arg_dict[n].asnumpy()) for n in ("data", "c_weight"))
    wanted = torch.conv2d(d, w, padding=pad).numpy()
    for _ in range(2):
        found = executor.forward(is_train=train)[0]
        np.testing.assert_allclose(found.asnumpy(), wanted, 1e-3, 1e-3)
