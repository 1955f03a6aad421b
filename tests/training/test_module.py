"""Module: the life of one, parameters, errors on the way."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import DataBatch
from training.modules import (
    DATA,
    LABEL,
    SHAPES,
    TWO,
    batch,
    iterator,
    network,
    ready,
    same,
    start_params,
    train,
    values,
)

# -- the life of a module --------------------------------------------------------------------


def test_states_of_a_module():
    module = mx.mod.Module(network())
    assert (module.data_names, module.label_names) == (["data"], ["softmax_label"])
    assert module.output_names == ["softmax_output"]
    assert not module.binded
    module.bind(**SHAPES)
    assert module.binded
    assert module.data_shapes == [("data", (4, 3))]
    assert module.label_shapes == [("softmax_label", (4,))]
    assert module.output_shapes == [("softmax_output", (4, 4))]
    module.init_params(mx.init.One())
    assert module.params_initialized
    assert module.get_params()[0]["fc1_weight"].asnumpy().tolist() == np.ones((4, 3)).tolist()
    module.init_params(mx.init.Zero())
    assert module.get_params()[0]["fc1_weight"].asnumpy()[0, 0] == 1
    module.init_params(mx.init.Zero(), force_init=True)
    assert module.get_params()[0]["fc1_weight"].asnumpy()[0, 0] == 0
    module.init_optimizer()
    assert module.optimizer_initialized


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda m: m.data_shapes, "bind"),
        (lambda m: m.output_shapes, "bind"),
        (lambda m: m.init_params(), "bind"),
        (lambda m: m.forward(batch()), "bind"),
        (lambda m: m.get_params(), "bind"),
        (lambda m: m.bind(**SHAPES) or m.forward(batch()), "init_params"),
        (lambda m: m.bind(**SHAPES) or m.init_optimizer(), "init_params"),
        (lambda m: m.bind(**SHAPES) or m.init_params() or m.update(), "init_optimizer"),
        (lambda m: m.bind(**SHAPES) or m.init_params() or m.get_input_grads(), "inputs_need_grad"),
        (lambda m: m.bind(**SHAPES) or m.bind(**SHAPES, force_rebind=True), "init_params"),
        (lambda m: m.bind(**SHAPES, for_training=False, inputs_need_grad=True), "for_training"),
        (lambda m: m.fit(iterator()), "number of epochs"),
        (lambda m: m.bind(**SHAPES, shared_module=mx.mod.Module(network())), "shared_module"),
    ],
)
def test_steps_out_of_order(step, message):
    with pytest.raises(AssertionError, match=message):
        step(mx.mod.Module(network()))


def test_names_that_are_not_there():
    with pytest.raises(ValueError, match=r"'dat' is not found.*data"):
        mx.mod.Module(network(), data_names=["dat"])
    with pytest.raises(ValueError, match="fixed_param_names"):
        mx.mod.Module(network(), fixed_param_names=["nope"])
    with pytest.warns(UserWarning, match="label_names"):
        mx.mod.Module(network(), label_names=["lab"])


@pytest.mark.filterwarnings("ignore:Data provided by label_shapes")
@pytest.mark.parametrize(
    ("data", "label", "error", "message"),
    [
        ([("x", (4, 3))], None, ValueError, "data_names"),
        ([("data", (4, 3))], [("label", (4,))], KeyError, "label"),
        ([("data", (4, 3))], [("softmax_label", (3,))], AssertionError, "same batch size"),
        ("data", None, ValueError, "data_shapes must be a list"),
    ],
)
def test_bind_to_wrong_shapes(data, label, error, message):
    with pytest.raises(error, match=message):
        mx.mod.Module(network()).bind(data, label)


def test_binding_twice_is_ignored(caplog):
    module = ready()
    module.bind([("data", (9, 3))], [("softmax_label", (9,))])
    assert "Already bound" in caplog.text
    assert module.data_shapes[0].shape == (4, 3)


def test_force_rebind_keeps_trained_parameters_and_optimizer():
    module, other = ready(), ready()
    train(module), train(other)
    module.bind(**SHAPES, force_rebind=True)
    assert module.optimizer_initialized
    same(train(module), train(other))


def test_a_batch_without_labels_or_of_other_size_can_be_run():
    module = ready()
    expected = np.concatenate(
        [module.forward(batch(i, i + 1), is_train=False) or module.get_outputs()[0].asnumpy()
         for i in range(5)]
    )  # fmt: skip
    assert module.output_shapes == [("softmax_output", (1, 4))]
    module.forward(DataBatch([mx.nd.array(DATA[:5])]), is_train=False)
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), expected, rtol=1e-5)
    module.forward(DataBatch([DATA[:5]]), is_train=False)  # numpy is taken as well
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), expected, rtol=1e-5)


def test_training_goes_on_through_batches_of_other_sizes():
    module, other = ready(), ready()
    for rows in (4, 2, 4, 7, 2, 4):
        for m in (module, other):
            m.forward_backward(batch(0, rows))
            m.update()
    other.bind(**SHAPES, force_rebind=True)
    assert other.data_shapes[0].shape == (4, 3)
    same(values(module.get_params()[0]), values(other.get_params()[0]))
    assert module._optimizer.rescale_grad == 0.25


@pytest.mark.parametrize(
    ("data", "label", "message"),
    [
        ([DATA[:4], DATA[:4]], [LABEL[:4]], r"2 data array\(s\)"),
        ([], [LABEL[:4]], r"0 data array\(s\)"),
        ([DATA[:4]], [LABEL[:4], LABEL[:4]], r"2 label array\(s\)"),
        ([DATA[:4]], [LABEL[:3]], "same batch size"),
        ([DATA[:3]], [LABEL[:4]], "same batch size"),
    ],
)
def test_batches_that_do_not_go_together(data, label, message):
    module = ready()
    wrong = DataBatch([mx.nd.array(a) for a in data], [mx.nd.array(a) for a in label])
    with pytest.raises(ValueError, match=message):
        module.forward_backward(wrong)
    module.forward_backward(batch())  # as before


def test_wrong_feature_shape_names_the_operator_and_leaves_the_module_usable():
    module = ready()
    with pytest.raises(RuntimeError, match="fc1"):
        module.forward(DataBatch([mx.nd.ones((5, 7))], [mx.nd.ones((5,))]))
    train(module)


@pytest.mark.parametrize("label_shapes", [SHAPES["label_shapes"], None])
def test_backward_without_labels(label_shapes):
    module = ready(shapes={**SHAPES, "label_shapes": label_shapes})
    module.forward(DataBatch([mx.nd.array(DATA[:4])]), is_train=True)
    with pytest.raises(ValueError, match="softmax_label"):
        module.backward()


def test_backward_of_a_module_for_prediction():
    module = ready(bind={"for_training": False})
    module.forward(batch())
    with pytest.raises(AssertionError, match="for_training=True"):
        module.backward()


# -- parameters ------------------------------------------------------------------------------


def test_missing_and_extra_parameters():
    module = ready(optimizer=False)
    weight = {"fc1_weight": mx.nd.ones((4, 3))}
    with pytest.raises(RuntimeError, match="fc1_bias is not presented"):
        module.set_params(weight, {})
    module.set_params(weight, {}, allow_missing=True)
    assert module.get_params()[0]["fc1_weight"].asnumpy()[0, 0] == 1
    assert module.get_params()[0]["fc1_bias"].asnumpy()[0] != 0
    extra = {**weight, "fc1_bias": mx.nd.ones((4,)), "zz": mx.nd.ones((1,))}
    module.set_params(extra, {})  # as in 1.x, to take the lower layers of a larger network
    with pytest.raises(ValueError, match='"zz"'):
        module.set_params(extra, {}, allow_missing=True)
    module.set_params(extra, {}, allow_missing=True, allow_extra=True)
    with pytest.raises(mx.MXNetError, match="'fc1_weight' has shape"):
        module.set_params({"fc1_weight": mx.nd.ones((4, 5))}, {}, allow_missing=True)


def test_init_params_fills_gaps():
    module = mx.mod.Module(network())
    module.bind(**SHAPES)
    weight = {"fc1_weight": mx.nd.ones((4, 3))}
    with pytest.raises(RuntimeError, match="fc1_bias"):
        module.init_params(arg_params=weight)
    assert not module.params_initialized
    module.init_params(mx.init.One(), arg_params=weight, allow_missing=True)
    assert module.get_params()[0]["fc1_bias"].asnumpy().tolist() == [0] * 4


def test_fixed_parameters_stay():
    start = start_params()
    module = ready(params=start, fixed_param_names=["fc1_weight"])
    trained = train(module)
    np.testing.assert_array_equal(trained["fc1_weight"], start["fc1_weight"].asnumpy())
    assert (trained["fc1_bias"] != start["fc1_bias"].asnumpy()).all()


@pytest.mark.parametrize(
    ("grad_req", "factor"),
    [("write", 1), ("add", 2), ({"fc1_weight": "add"}, 2), (["null", "add", "write", "null"], 2)],
)
def test_grad_req(grad_req, factor):
    module = ready(bind={"grad_req": grad_req})
    reference = ready()
    reference.forward_backward(batch())
    expected = reference._exec_group.grad_arrays[0][0].asnumpy()
    for _ in range(2):
        module.forward_backward(batch())
    got = module._exec_group.grad_arrays[0][0].asnumpy()
    np.testing.assert_allclose(got, expected * factor, rtol=1e-5)


def test_grad_req_null_trains_nothing(caplog):
    module = ready(bind={"grad_req": "null"})
    before = values(module.get_params()[0])
    same(train(module), before)
    assert "no parameter has a gradient" in caplog.text


def test_input_gradients():
    module = ready(bind={"inputs_need_grad": True})
    module.forward_backward(batch())
    (got,) = module.get_input_grads()
    probabilities = module.get_outputs()[0].asnumpy()
    weight = module.get_params()[0]["fc1_weight"].asnumpy()
    one_hot = np.eye(4, dtype="float32")[LABEL[:4].astype(int)]
    np.testing.assert_allclose(got.asnumpy(), (probabilities - one_hot) @ weight, rtol=1e-4)


@pytest.mark.parametrize("context", [mx.cpu(), TWO])
def test_states(context):
    state = mx.sym.Variable("state")
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4) + state
    outputs = mx.sym.Group(
        [mx.sym.SoftmaxOutput(hidden, name="softmax"), mx.sym.BlockGrad(state * 2, name="next")]
    )
    module = mx.mod.Module(outputs, state_names=["state"], context=context)
    module.bind(**SHAPES)
    module.init_params()
    assert set(module.get_params()[0]) == {"fullyconnected0_weight", "fullyconnected0_bias"}
    module.set_states(value=3)
    module.forward(batch())
    module.set_states(states=[module.get_outputs(merge_multi_context=False)[1]])
    assert module.get_states()[0].asnumpy().tolist() == np.full((4, 4), 6).tolist()
    rows = np.arange(16, dtype="float32").reshape(4, 4)
    module.set_states(states=[mx.nd.array(rows)])
    assert module.get_states()[0].asnumpy().tolist() == rows.tolist()
    with pytest.raises(AssertionError, match="states & value"):
        module.set_states()
