"""What operators keep from run to run, in programs whose graphs passes have changed."""

import numpy as np
import pytest

import mxnet as mx


class Remembering(mx.operator.CustomOp):
    def __init__(self, made):
        self.calls = []
        made.append(self)

    def forward(self, is_train, req, in_data, out_data, aux):
        self.calls.append("train" if is_train else "predict")
        self.assign(out_data[0], req[0], 2 * in_data[0])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.calls.append("backward")
        self.assign(in_grad[0], req[0], 2 * out_grad[0])


@mx.operator.register("remembering_of_state_tests")
class RememberingProp(mx.operator.CustomOpProp):
    made: list = []

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Remembering(self.made)


@pytest.mark.parametrize("monitored", [False, True])
def test_a_custom_operator_behind_fused_layers_has_one_state(monitored):
    layer = mx.sym.Convolution(mx.sym.Variable("data"), num_filter=16, kernel=(3, 3), name="conv")
    layer = mx.sym.relu(mx.sym.BatchNorm(layer, fix_gamma=False, name="norm"))
    net = mx.sym.MakeLoss(mx.sym.Custom(layer, op_type="remembering_of_state_tests"))
    executor = net.simple_bind(mx.cpu(), data=(4, 3, 32, 32))
    for array in executor.arg_arrays:
        array[:] = np.random.rand(*array.shape)
    RememberingProp.made.clear()
    executor.forward(is_train=True)
    executor.backward()
    executor.forward(is_train=False)
    if monitored:
        executor.set_monitor_callback(lambda name, array: None)
    executor.forward(is_train=True)
    executor.backward()
    (one,) = RememberingProp.made
    assert one.calls == ["train", "backward", "predict", "train", "backward"]
