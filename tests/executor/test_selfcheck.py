"""``check=True`` accepts right plans and names the node of a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

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


def test_a_wrong_kernel_is_named():
    executor = bound()
    program = executor._program(True)
    instruction = next(i for i in program.forward.instructions if i.node.name == "relu")
    right = instruction.call

    def wrong():
        right()
        instruction.writes[0].add_(0.5)

    instruction.call = wrong
    with pytest.raises(
        mx.MXNetError, match=r"Error in operator relu: self-check: relu_output differs"
    ):
        executor.forward(is_train=True)
