"""``check=True`` accepts right plans and names the node of a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx


def bound(**options):
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, name="bn"), act_type="relu", name="relu")
    net = mx.sym.Dropout(
        mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), name="pool"), name="drop"
    )
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=3, name="fc"), name="softmax")
    executor = net.simple_bind(mx.cpu(), data=(4, 2, 8, 8), check=True, **options)
    rng = np.random.RandomState(0)
    for name, array in executor.arg_dict.items():
        array[:] = rng.randint(0, 3, array.shape) if "label" in name else rng.randn(*array.shape)
    return executor


@pytest.mark.parametrize("grad_req", ["write", "add", "null"])
def test_right_plans_pass(grad_req):
    executor = bound(grad_req=grad_req)
    for train in (True, False, True):
        executor.forward(is_train=train)
        executor.backward()


def spoil(executor, name):
    """Let the kernel of a node in the training program add to its result."""
    program = executor._program(True)
    instruction = next(i for i in program.forward.instructions if i.node.name == name)
    right = instruction.call

    def wrong():
        right()
        instruction.writes[0].add_(0.5)

    instruction.call = wrong


@pytest.mark.parametrize("reshaped", [False, True])
def test_a_wrong_kernel_is_named(reshaped):
    executor = bound()
    if reshaped:
        executor = executor.reshape(partial_shaping=True, data=(2, 2, 8, 8))
    spoil(executor, "relu")
    with pytest.raises(
        mx.MXNetError, match=r"Error in operator relu: self-check: relu_output differs"
    ):
        executor.forward(is_train=True)


@pytest.mark.parametrize("size", [1, 3])
def test_rounding_of_long_sums_is_no_mistake(size):
    net = mx.sym.relu(mx.sym.Variable("data"))
    place = {"kernel": (size, size), "pad": (size // 2, size // 2)}
    net = mx.sym.Convolution(net, num_filter=32, name="conv", **place)
    executor = mx.sym.BatchNorm(net).simple_bind(mx.cpu(), data=(4, 32, 20, 20), check=True)
    rng = np.random.RandomState(0)
    for array in executor.arg_arrays:
        array[:] = rng.randn(*array.shape)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array(10 * rng.randn(*executor.outputs[0].shape)))


def test_overflow_in_float16_is_no_mistake():
    net = mx.sym.relu(mx.sym.Variable("data"))
    for name in ("first", "second"):
        net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=32, name=name)
    types = {"data": "float16"}
    executor = net.simple_bind(mx.cpu(), data=(4, 32, 16, 16), type_dict=types, check=True)
    rng = np.random.RandomState(0)
    for array in executor.arg_arrays:
        array[:] = rng.randn(*array.shape)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array(100 * rng.randn(4, 32, 16, 16), dtype="float16"))
    assert not np.isfinite(executor.grad_dict["data"].asnumpy()).all()


def test_constants_made_of_other_values_pass():
    data = mx.sym.Variable("data")
    net = mx.sym.tanh(data) * mx.sym.sqrt(mx.sym.ones_like(data) + 3)
    executor = net.simple_bind(mx.cpu(), data=(2, 3), check=True)
    for train in (True, False):
        executor.forward(is_train=train, data=mx.nd.ones((2, 3)))
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), np.full((2, 3), 2 * np.tanh(1)), 1e-6)


def test_weights_prepared_with_a_normalisation_may_fix_gamma():
    executor = bound(grad_req="null")
    executor.arg_dict["bn_gamma"][:] = 2
    executor.forward(is_train=False)
    np.testing.assert_array_equal(executor.arg_dict["bn_gamma"].asnumpy(), np.ones(4))


def test_a_wrong_packed_weight_is_told():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(5, 5), num_filter=8, name="conv")
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=(2, 4, 16, 16), check=True)
    executor.forward()
    packed = [i for i in executor._program(False).forward.prologue.instructions if i.reads]
    if not packed or packed[0].writes[0].layout is torch.strided:
        pytest.skip("this processor keeps weights as they are")
    right = packed[0].call

    def wrong():
        executor.arg_dict["conv_weight"]._tensor.add_(1)
        right()
        executor.arg_dict["conv_weight"]._tensor.sub_(1)

    packed[0].call = wrong
    executor.arg_dict["conv_weight"][:] = 2
    with pytest.raises(mx.MXNetError, match=r"self-check: .* differs from the plain run"):
        executor.forward()
