"""What operators keep from run to run, in programs whose graphs passes have changed."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.passes.joint import join
from mxnet.passes.recompute import recompute


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


class Keeping(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.kept = mx.nd.cos(in_data[0])
        self.assign(out_data[0], req[0], mx.nd.sin(in_data[0]))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * self.kept)


@mx.operator.register("keeping_of_state_tests")
class KeepingProp(RememberingProp):
    def create_operator(self, ctx, shapes, dtypes):
        return Keeping()


@pytest.mark.parametrize("check", [False, True])
def test_a_derivative_finds_what_the_forward_run_has_kept(check):
    custom = mx.sym.Custom(mx.sym.Variable("x") * 2, op_type="keeping_of_state_tests")
    executor = mx.sym.MakeLoss(custom).simple_bind(mx.cpu(), x=(5,), check=check)
    executor.forward(is_train=True, x=mx.nd.arange(5))
    executor.backward()
    expected = 2 * np.cos(2 * np.arange(5))
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), expected, rtol=1e-5)


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


def layer():
    conv = mx.sym.Convolution(mx.sym.Variable("x"), num_filter=4, kernel=(3, 3), name="conv")
    norm = mx.sym.BatchNorm(conv, fix_gamma=False, name="norm")
    return mx.sym.relu(norm) ** 2


def normalised():
    return mx.sym.MakeLoss(layer(), name="loss")


def gradients(*names):
    net = normalised()
    return mx.sym.Group([mx.sym.BlockGrad(part) for name in names for part in net.gradient(name)])


def loss_and_gradient():
    net = normalised()
    return mx.sym.Group([net, mx.sym.BlockGrad(net.gradient("x"))])


def loss_times_gradient():
    net = normalised()
    factor = mx.sym.BlockGrad(mx.sym.mean(net.gradient("x")))
    return mx.sym.MakeLoss(mx.sym.broadcast_mul(net, factor))


def second_order():
    """By what comes behind the normalisation; 1.x has no derivative of its derivative otherwise."""
    scaled = mx.sym.broadcast_mul(layer(), mx.sym.Variable("scale")) ** 2
    return mx.sym.MakeLoss(mx.sym.sum(scaled.gradient("x") ** 2))


NETWORKS = {
    "normalised": normalised,
    "gradient": lambda: gradients(["x", "norm_gamma"]),
    "the same": lambda: gradients("x", "x"),
    "different": lambda: gradients("x", "norm_beta", "norm_gamma"),
    "loss and gradient": loss_and_gradient,
    "loss times gradient": loss_times_gradient,
    "second order": second_order,
    "twice": lambda: mx.sym.BlockGrad(second_order().gradient("scale")),
}
SETTINGS = [
    ({}, {}),
    ({"check": True}, {}),
    ({"group2ctx": {"side": mx.cpu(1)}}, {}),
    ({}, {"MXNET_BACKWARD_DO_MIRROR": "1"}),
    ({}, {"MXNET_USE_FUSION": "0"}),
]


def filled(net, **options):
    shapes = {"x": (4, 3, 16, 16)}
    if "scale" in net.list_arguments():
        shapes["scale"] = (1, 1, 1, 1)
    requests = {"scale": "write"} if "scale" in shapes else "write"
    executor = net.simple_bind(mx.cpu(), grad_req=requests, **options, **shapes)
    draw = np.random.RandomState(7)
    for name in sorted(executor.arg_dict):
        array = executor.arg_dict[name]
        array[:] = draw.uniform(0.5, 1.5, array.shape)
    executor.aux_dict["norm_moving_var"][:] = 1
    return executor


def step(executor):
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones(output.shape) for output in executor.outputs])
    return [array.asnumpy() for array in executor.aux_arrays]


@pytest.mark.parametrize(("options", "environment"), SETTINGS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_step_updates_statistics_once(network, options, environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    check_steps(filled(NETWORKS[network](), **options))


@pytest.mark.parametrize("network", ["normalised", "loss and gradient", "second order"])
def test_recomputation_updates_statistics_once(network):
    net = NETWORKS[network]()
    check_steps(filled(net, memory_budget=filled(net).memory.total - 5000))


def check_steps(executor):
    executor.forward(is_train=False)
    assert not executor.aux_dict["norm_moving_mean"].asnumpy().any()
    data, weight, bias = (executor.arg_dict[name] for name in ("x", "conv_weight", "conv_bias"))
    values = mx.nd.Convolution(data, weight, bias, num_filter=4, kernel=(3, 3)).asnumpy()
    for count in (1, 2):
        mean, variance = step(executor)
        left = 0.9**count
        np.testing.assert_allclose(mean, (1 - left) * values.mean((0, 2, 3)), rtol=1e-4)
        np.testing.assert_allclose(variance, left + (1 - left) * values.var((0, 2, 3)), rtol=1e-4)


def test_forward_values_computed_again_leave_the_statistics_alone():
    executor = filled(loss_times_gradient())
    other = executor.reshape(x=(2, 3, 16, 16))
    executor.forward(is_train=True)
    before = executor.aux_dict["norm_moving_mean"].asnumpy()
    other.forward(is_train=False)  # takes the memory
    executor.backward()
    np.testing.assert_array_equal(executor.aux_dict["norm_moving_mean"].asnumpy(), before)


def test_a_penalty_of_two_derivatives_moves_its_average_once():
    net = mx.sym.IdentityAttachKLSparseReg(mx.sym.sigmoid(mx.sym.Variable("x")), name="penalty")
    executor = mx.sym.Group([net.gradient("x"), net.gradient("x")]).simple_bind(mx.cpu(), x=(4, 3))
    executor.forward(is_train=True)
    one, other = executor.outputs
    np.testing.assert_allclose(executor.aux_arrays[0].asnumpy(), 0.05)
    np.testing.assert_array_equal(one.asnumpy(), other.asnumpy())


def test_what_updates_a_state_is_not_computed_again():
    x, weight, gradient, momentum = map(mx.sym.Variable, "xwgm")
    moved = mx.sym.sgd_mom_update(weight, gradient, momentum, lr=1, momentum=1)
    net = mx.sym.MakeLoss(mx.sym.tanh(x) * moved)
    joint = recompute(join(net._graph, net._graph.arguments[:1]), ())
    names = [node.op.op_name for node in joint.graph.nodes if node.op is not None]
    assert (names.count("tanh"), names.count("sgd_mom_update")) == (2, 1)
