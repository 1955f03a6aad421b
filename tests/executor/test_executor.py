"""Executors: forward, backward, reshape, parameters, monitors."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def fc() -> mx.sym.Symbol:
    return mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc")


@pytest.fixture
def executor():
    made = fc().simple_bind(mx.cpu(), data=(2, 3))
    for array in made.arg_arrays:
        array[:] = 1
    return made


ONES = np.ones((2, 4), "float32")


def test_views_by_name(executor):
    assert list(executor.arg_dict) == ["data", "fc_weight", "fc_bias"]
    assert list(executor.grad_dict) == ["data", "fc_weight", "fc_bias"]
    assert list(executor.output_dict) == ["fc_output"]
    assert executor.aux_dict == {}
    assert executor.output_dict["fc_output"] is executor.outputs[0]


def test_forward_returns_the_outputs_and_reuses_them(executor):
    first = executor.forward()
    assert first is executor.outputs
    assert (first[0].asnumpy() == 4).all()
    executor.forward(data=mx.nd.ones((2, 3)) * 2)
    assert (first[0].asnumpy() == 7).all(), "an earlier result changes after the next run"


@pytest.mark.parametrize(
    ("value", "error", "token"),
    [
        ({"data": mx.nd.ones((3, 3))}, ValueError, "data"),
        ({"data": "x"}, ValueError, "NDArray"),
        ({"nope": mx.nd.ones((2, 3))}, TypeError, "nope"),
    ],
    ids=["shape", "type", "name"],
)
def test_forward_refuses(executor, value, error, token):
    with pytest.raises(error, match=token):
        executor.forward(**value)


def test_forward_takes_numpy(executor):
    assert (executor.forward(data=np.zeros((2, 3)))[0].asnumpy() == 1).all()


@pytest.mark.parametrize(
    "heads",
    [
        mx.nd.array(ONES),
        [mx.nd.array(ONES)],
        [mx.nd.array(ONES), mx.nd.array(ONES)],
        {"fc_output": mx.nd.array(ONES)},
    ],
    ids=["array", "list", "longer list", "dict"],
)
def test_head_gradients(executor, heads):
    executor.forward(is_train=True)
    executor.backward(heads)
    assert (executor.grad_dict["fc_weight"].asnumpy() == 2).all()


@pytest.mark.parametrize(
    ("heads", "error"),
    [
        (None, mx.MXNetError),
        (ONES, TypeError),
        ([ONES], TypeError),
        ({"nope": mx.nd.array(ONES)}, KeyError),
        ([mx.nd.ones((2, 5))], mx.MXNetError),
    ],
    ids=["none", "numpy", "list of numpy", "name", "shape"],
)
def test_wrong_head_gradients(executor, heads, error):
    executor.forward(is_train=True)
    with pytest.raises(error):
        executor.backward(heads)


def test_backward_without_forward_after_evaluation_and_again(executor):
    heads = [mx.nd.array(ONES)]
    executor.backward(heads)
    assert (executor.grad_dict["fc_weight"].asnumpy() == 2).all()
    executor.forward(is_train=False, data=mx.nd.ones((2, 3)) * 3)
    executor.backward(heads)
    assert (executor.grad_dict["fc_weight"].asnumpy() == 6).all()
    executor.backward(heads)
    assert (executor.grad_dict["fc_weight"].asnumpy() == 6).all()


def test_losses_need_no_head_gradients():
    symbol = mx.sym.Group(
        [mx.sym.SoftmaxOutput(fc(), name="softmax"), mx.sym.BlockGrad(mx.sym.Variable("x"))]
    )
    executor = symbol.simple_bind(mx.cpu(), data=(2, 3), x=(1,))
    executor.forward(is_train=True)
    executor.backward()
    assert executor.grad_dict["fc_bias"].asnumpy().tolist() == pytest.approx([-1.5, 0.5, 0.5, 0.5])


def test_labels_keep_what_their_gradient_arrays_hold():
    symbol = mx.sym.SoftmaxOutput(mx.sym.Variable("data"), name="softmax")
    executor = symbol.simple_bind(mx.cpu(), data=(2, 3))
    executor.grad_dict["softmax_label"][:] = 7
    executor.forward(is_train=True)
    executor.backward()
    assert executor.grad_dict["softmax_label"].asnumpy().tolist() == [7.0, 7.0]


def test_training_without_gradient_arrays_is_harmless():
    executor = fc().bind(
        mx.cpu(), {"data": mx.nd.ones((2, 3)), "fc_weight": mx.nd.ones((4, 3)),
                   "fc_bias": mx.nd.ones((4,))}
    )  # fmt: skip
    executor.forward(is_train=True)
    executor.backward([mx.nd.array(ONES)])


# -- reshape ----------------------------------------------------------------------------------
def test_reshape_shares_parameters_and_their_gradients(executor):
    smaller = executor.reshape(data=(1, 3))
    assert smaller is not executor
    assert smaller.outputs[0].shape == (1, 4)
    assert (smaller.arg_dict["fc_weight"].asnumpy() == 1).all()
    smaller.arg_dict["fc_weight"][:] = 2
    assert (executor.arg_dict["fc_weight"].asnumpy() == 2).all()
    smaller.grad_dict["fc_bias"][:] = 5
    assert (executor.grad_dict["fc_bias"].asnumpy() == 5).all()


def test_reshape_up_and_partially(executor):
    with pytest.raises(mx.MXNetError, match="up_sizing"):
        executor.reshape(data=(5, 3))
    larger = executor.reshape(allow_up_sizing=True, data=(5, 3))
    assert larger.outputs[0].shape == (5, 4)
    with pytest.raises(mx.MXNetError):
        executor.reshape(data=(2, 2))
    partial = executor.reshape(partial_shaping=True, data=(2, 2))
    assert partial.arg_dict["fc_weight"].shape == (4, 2)


def test_reshape_runs_and_trains(executor):
    smaller = executor.reshape(data=(1, 3))
    smaller.arg_dict["data"][:] = 1
    assert (smaller.forward(is_train=True)[0].asnumpy() == 4).all()
    smaller.backward([mx.nd.ones((1, 4))])
    assert (smaller.grad_dict["fc_weight"].asnumpy() == 1).all()


# -- parameters -------------------------------------------------------------------------------
def test_copy_params(executor):
    executor.copy_params_from({"fc_weight": mx.nd.ones((4, 3), dtype="float64") * 3})
    assert (executor.arg_dict["fc_weight"].asnumpy() == 3).all()
    assert executor.arg_dict["fc_weight"].dtype == np.float32, "the dtype is converted"


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        (({"nope": mx.nd.ones((1,))},), ValueError),
        (({}, {"nope": mx.nd.ones((1,))}), ValueError),
        (({"fc_weight": mx.nd.ones((1, 7))},), mx.MXNetError),
    ],
    ids=["argument", "state", "shape"],
)
def test_copy_params_refuses(executor, parameters, error):
    with pytest.raises(error):
        executor.copy_params_from(*parameters)
    if error is ValueError:
        executor.copy_params_from(*parameters, allow_extra_params=True)


# -- monitors ---------------------------------------------------------------------------------
def names_seen(executor, monitor_all: bool) -> list[str]:
    seen: list[str] = []

    def note(name, array):
        seen.append(name.decode() if isinstance(name, bytes) else name)

    executor.set_monitor_callback(note, monitor_all)
    executor.forward(is_train=True)
    return seen


def test_monitor_sees_outputs(executor):
    assert "fc_output" in names_seen(executor, False)


def test_monitor_sees_inputs_on_request(executor):
    assert {"fc_data", "fc_weight", "fc_bias", "fc_output"} <= set(names_seen(executor, True))


def test_monitor_sees_true_values_inside_the_network():
    data = mx.sym.Variable("data")
    symbol = mx.sym.relu(mx.sym.relu(data, name="first") - 1.0, name="last")
    executor = symbol.simple_bind(mx.cpu(), data=(2,))
    seen = {}

    def note(name, array):
        name = name.decode() if isinstance(name, bytes) else name
        seen[name] = mx.nd.NDArray(array).asnumpy() if isinstance(array, int) else array.asnumpy()

    executor.set_monitor_callback(note)
    for value in ([3, -1], [5, 0.5]):
        executor.forward(is_train=True, data=mx.nd.array(value))
        assert seen["first_output"].tolist() == [max(v, 0) for v in value]
        assert seen["last_output"].tolist() == [max(max(v, 0) - 1, 0) for v in value]


def test_debug_str(executor):
    assert "FullyConnected" in executor.debug_str()


def test_two_executors_do_not_disturb_each_other():
    one, other = (fc().simple_bind(mx.cpu(), data=(2, 3)) for _ in range(2))
    for array in one.arg_arrays:
        array[:] = 1
    one.forward(is_train=True)
    other.forward(is_train=True)
    assert (one.outputs[0].asnumpy() == 4).all()
    assert (other.outputs[0].asnumpy() == 0).all()


def test_dropout_mask_of_forward_is_used_in_backward():
    data = mx.sym.Variable("data")
    executor = mx.sym.Dropout(data, p=0.5).simple_bind(mx.cpu(), data=(100,))
    executor.arg_dict["data"][:] = 1
    heads = [mx.nd.ones((100,))]
    masks = []
    for _ in range(3):
        masks.append(executor.forward(is_train=True)[0].asnumpy())
        executor.backward(heads)
        np.testing.assert_array_equal(executor.grad_dict["data"].asnumpy(), masks[-1])
    assert not np.array_equal(masks[0], masks[1])
    assert (executor.forward(is_train=False)[0].asnumpy() == 1).all()


def test_batch_norm_updates_its_states_once_per_training_step():
    symbol = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn", momentum=0.5)
    executor = symbol.simple_bind(mx.cpu(), data=(2, 1))
    executor.arg_dict["data"][:] = np.array([[1.0], [3.0]])
    heads = [mx.nd.ones((2, 1))]
    executor.forward(is_train=True)
    executor.backward(heads)
    assert executor.aux_dict["bn_moving_mean"].asnumpy().tolist() == [1.0]
    executor.forward(is_train=False)
    assert executor.aux_dict["bn_moving_mean"].asnumpy().tolist() == [1.0]
    executor.forward(is_train=True)
    executor.backward(heads)
    assert executor.aux_dict["bn_moving_mean"].asnumpy().tolist() == [1.5]
