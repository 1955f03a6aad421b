"""Module and its relatives: the life of a module, several devices, files, errors."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import DataBatch, NDArrayIter
from mxnet.module.slices import split_input_slice

DATA = np.random.RandomState(0).rand(10, 3).astype("float32")
LABEL = (np.arange(10) % 4).astype("float32")
SHAPES = {"data_shapes": [("data", (4, 3))], "label_shapes": [("softmax_label", (4,))]}
TWO = [mx.cpu(0), mx.cpu(1)]


def network(**options):
    data = mx.sym.Variable("data")
    layer = mx.sym.FullyConnected(data, num_hidden=4, name="fc1", **options)
    return mx.sym.SoftmaxOutput(layer, name="softmax")


def deep_network():
    data = mx.sym.Variable("data")
    hidden = mx.sym.FullyConnected(data, num_hidden=5, name="fc1")
    hidden = mx.sym.BatchNorm(hidden, name="bn", fix_gamma=False)
    hidden = mx.sym.Activation(hidden, act_type="relu")
    top = mx.sym.FullyConnected(hidden, num_hidden=4, name="fc2")
    return mx.sym.SoftmaxOutput(top, name="softmax")


def iterator(rows=10, batch_size=4):
    return NDArrayIter(DATA[:rows], LABEL[:rows], batch_size)


def batch(start=0, stop=4):
    return DataBatch([mx.nd.array(DATA[start:stop])], [mx.nd.array(LABEL[start:stop])])


def values(params):
    return {name: array.asnumpy() for name, array in params.items()}


def start_params(symbol=None, seed=1):
    rng = np.random.RandomState(seed)
    symbol = symbol if symbol is not None else network()
    shapes = zip(symbol.list_arguments(), symbol.infer_shape(data=(4, 3))[0], strict=True)
    inputs = ("data", "softmax_label")
    return {n: mx.nd.array(rng.randn(*s) / 3) for n, s in shapes if n not in inputs}


def ready(symbol=None, params=None, shapes=None, optimizer=True, bind=None, **kwargs):
    """A module that is bound, initialised and has an optimizer."""
    symbol = network() if symbol is None else symbol
    module = mx.mod.Module(symbol, **kwargs)
    module.bind(**(shapes or SHAPES), **(bind or {}))
    module.init_params(arg_params=params or start_params(symbol))
    if optimizer:
        module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    return module


def train(module, batches=3):
    for i in range(batches):
        module.forward_backward(batch(i, i + 4))
        module.update()
    return values(module.get_params()[0])


def same(left, right, rtol=1e-5):
    assert set(left) == set(right)
    for name, array in left.items():
        np.testing.assert_allclose(array, right[name], rtol=rtol, atol=1e-6, err_msg=name)


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


# -- optimizer -------------------------------------------------------------------------------


def test_optimizer_defaults():
    module = ready(optimizer=False)
    module.init_optimizer()
    optimizer = module._optimizer
    assert (type(optimizer).__name__, optimizer.lr, optimizer.rescale_grad) == ("SGD", 0.01, 0.25)
    assert optimizer.idx2name == {0: "fc1_weight", 1: "fc1_bias"}
    assert optimizer.wd_mult == {"fc1_bias": 0.0}


def test_optimizer_objects(caplog):
    module = ready(optimizer=False)
    module.init_optimizer(optimizer=mx.optimizer.SGD())
    assert "rescale_grad is not normalized" in caplog.text
    assert module._optimizer.idx2name == {0: "fc1_weight", 1: "fc1_bias"}
    with pytest.raises(AssertionError, match="optimizer must be"):
        module.init_optimizer(optimizer=5, force_init=True)
    with pytest.raises(ValueError, match="sgdd"):
        module.init_optimizer(optimizer="sgdd", force_init=True)
    with pytest.raises(TypeError, match="lerning_rate"):
        module.init_optimizer(optimizer_params={"lerning_rate": 1}, force_init=True)


@pytest.mark.parametrize(
    ("context", "kvstore", "expected"),
    [
        (TWO[:1], "local", (None, False)),
        (TWO[:1], None, (None, False)),
        (TWO, "local", ("local", True)),
        (TWO, "device", ("device", True)),
        (TWO, None, (None, False)),
    ],
)
def test_where_the_update_happens(context, kvstore, expected):
    module = ready(optimizer=False, context=context)
    module.init_optimizer(kvstore=kvstore)
    store = module._kvstore
    assert (store and store.type, module._update_on_kvstore) == expected
    assert (module._updater is None) == expected[1]
    with pytest.raises(TypeError, match="kvstore must be"):
        module.init_optimizer(kvstore=5, force_init=True)


def test_shared_module_trains_the_same_parameters():
    module = ready()
    other = mx.mod.Module(network())
    other.bind([("data", (2, 3))], [("softmax_label", (2,))], shared_module=module)
    assert other.params_initialized
    assert other.optimizer_initialized
    before = values(module.get_params()[0])
    other.forward_backward(batch(0, 2))
    other.update()
    after = values(module.get_params()[0])
    assert (before["fc1_bias"] != after["fc1_bias"]).all()
    same(after, values(other.get_params()[0]))


class Counting:
    """An updater that notes how it is called."""

    def __init__(self, aggregate):
        self.aggregate_updates = aggregate
        self.calls = []

    def __call__(self, index, grad, weight):
        self.calls.append(index)


@pytest.mark.parametrize(("aggregate", "calls"), [(True, [[0, 2], [1, 3]]), (False, [0, 2, 1, 3])])
def test_one_updater_call_a_device(aggregate, calls):
    module = ready(optimizer=False, context=TWO)
    module.init_optimizer(kvstore=None)
    module._updater = Counting(aggregate)
    train(module, 1)
    assert module._updater.calls == calls


# -- several devices -------------------------------------------------------------------------


@pytest.mark.parametrize("kvstore", ["local", "device", "own", "own without update"])
@pytest.mark.parametrize("work_load_list", [None, [1, 3]])
def test_two_devices_train_as_one(kvstore, work_load_list, monkeypatch):
    one = ready()
    two = ready(optimizer=False, context=TWO, work_load_list=work_load_list)
    if kvstore == "own without update":
        monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    store = mx.kv.create("local") if kvstore.startswith("own") else kvstore
    two.init_optimizer(store, optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    assert two.output_shapes == one.output_shapes
    for i in range(3):
        for module in (one, two):
            module.forward_backward(batch(i, i + 4))
            module.update()
        left, right = (m.get_outputs()[0].asnumpy() for m in (one, two))
        np.testing.assert_allclose(left, right, rtol=1e-4)
    same(values(one.get_params()[0]), values(two.get_params()[0]), rtol=1e-4)
    metrics = [mx.metric.create(["acc", "ce"]) for _ in range(2)]
    scores = [m.score(iterator(), metric) for m, metric in zip((one, two), metrics, strict=True)]
    np.testing.assert_allclose(*[[v for _, v in score] for score in scores], rtol=1e-4)


def test_two_devices_give_whole_outputs_and_gradients():
    one, two = (
        ready(context=context, bind={"inputs_need_grad": True}) for context in (mx.cpu(), TWO)
    )
    for module in (one, two):
        module.forward_backward(batch())
    np.testing.assert_allclose(
        one.get_input_grads()[0].asnumpy(), two.get_input_grads()[0].asnumpy(), rtol=1e-4
    )
    (parts,) = two.get_outputs(merge_multi_context=False)
    assert [(p.shape, p.context) for p in parts] == [((2, 4), TWO[0]), ((2, 4), TWO[1])]
    halves = [batch(0, 2), batch(2, 4)]
    two.forward(halves, is_train=True)
    np.testing.assert_allclose(
        two.get_outputs()[0].asnumpy(), one.get_outputs()[0].asnumpy(), rtol=1e-4
    )
    metric = mx.metric.create("acc")
    two.update_metric(metric, [half.label for half in halves], pre_sliced=True)
    assert metric.num_inst == 4


def test_head_gradients_are_shared_out():
    symbol = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    head = mx.nd.array(np.random.rand(4, 2))
    results = []
    for context in (mx.cpu(), TWO):
        module = mx.mod.Module(symbol, label_names=[], context=context)
        module.bind([("data", (4, 3))], inputs_need_grad=True)
        module.init_params(arg_params=start_params(symbol))
        module.forward(DataBatch([mx.nd.array(DATA[:4])]), is_train=True)
        module.backward([head])
        results.append(module.get_input_grads()[0].asnumpy())
    np.testing.assert_allclose(*results, rtol=1e-5)


@pytest.mark.parametrize(
    ("size", "loads", "ends"),
    [
        (7, [1, 1, 1], [2, 4, 7]),
        (10, [1, 1, 1], [3, 6, 10]),
        (10, [1, 2, 1], [2, 7, 10]),
        (10, [1, 1, 6], [1, 2, 10]),
        (10, [0.2, 0.5, 0.3], [2, 7, 10]),
        (11, [1, 1, 1, 1], [3, 6, 9, 11]),
    ],
)
def test_slices(size, loads, ends):
    assert [part.stop for part in split_input_slice(size, loads)] == ends


def test_too_few_rows_for_the_devices():
    with pytest.raises(ValueError, match="Too many slices"):
        split_input_slice(3, [1, 1, 1, 1])
    with pytest.raises(AssertionError, match="one for each"):
        mx.mod.Module(network(), context=TWO, work_load_list=[1])


def test_executors_for_a_shape_are_kept():
    module = ready()
    seen = []
    for rows in (4, 2, 4, 2):
        module.forward(batch(0, rows), is_train=False)
        seen.append(module._exec_group.execs[0])
    assert seen[0] is seen[2]
    assert seen[1] is seen[3]


# -- loops -----------------------------------------------------------------------------------


def test_fit_logs_and_calls_back(caplog):
    caplog.set_level(logging.INFO)
    events = []
    module = mx.mod.Module(network())
    module.fit(
        iterator(),
        eval_data=iterator(),
        eval_metric=["acc", "ce"],
        num_epoch=2,
        batch_end_callback=[lambda p: events.append(("batch", p.epoch, p.nbatch))],
        epoch_end_callback=lambda e, s, a, x: events.append(("epoch", e, sorted(a), x)),
        eval_end_callback=lambda p: events.append(("eval", p.epoch, p.nbatch)),
        eval_batch_end_callback=lambda p: events.append(("eval batch", p.nbatch)),
    )
    one_epoch = [("eval batch", i) for i in range(3)]
    assert events == [
        event
        for epoch in range(2)
        for event in (
            *[("batch", epoch, i) for i in range(3)],
            ("epoch", epoch, ["fc1_bias", "fc1_weight"], {}),
            *one_epoch,
            ("eval", epoch, 3),
        )
    ]
    lines = [record.getMessage().split("=")[0] for record in caplog.records]
    names = ["Train-accuracy", "Train-cross-entropy", "Time cost", "Validation-accuracy",
             "Validation-cross-entropy"]  # fmt: skip
    assert lines == [f"Epoch[{epoch}] {name}" for epoch in range(2) for name in names]


def test_fit_learns_and_goes_on_from_an_epoch():
    rng = np.random.RandomState(3)
    data = rng.randn(200, 3).astype("float32")
    label = (data @ rng.randn(3, 4)).argmax(1)
    train_data = NDArrayIter(data, label, 20, shuffle=True)
    module = mx.mod.Module(network())
    module.fit(train_data, num_epoch=4, optimizer_params={"learning_rate": 1.0})
    module.fit(train_data, num_epoch=8, begin_epoch=4)
    assert dict(module.score(train_data, "acc"))["accuracy"] > 0.9


def test_fit_on_an_exhausted_iterator():
    data = iterator()
    list(data)
    with pytest.raises(mx.MXNetError, match=r"reset\(\)"):
        mx.mod.Module(network()).fit(data, num_epoch=1)


def test_predict_leaves_padding_out():
    module = ready()
    whole = module.predict(iterator())
    assert whole.shape == (10, 4)
    np.testing.assert_allclose(
        module.predict(mx.nd.array(DATA)).asnumpy(), whole.asnumpy(), rtol=1e-5
    )
    np.testing.assert_allclose(module.predict(DATA).asnumpy(), whole.asnumpy(), rtol=1e-5)
    parts = module.predict(iterator(), merge_batches=False)
    assert [part[0].shape for part in parts] == [(4, 4), (4, 4), (2, 4)]
    np.testing.assert_array_equal(parts[1][0].asnumpy(), whole.asnumpy()[4:8])
    assert module.predict(iterator(), num_batch=1).shape == (4, 4)
    assert isinstance(module.predict(iterator(), always_output_list=True), list)
    with pytest.raises(ValueError, match="eval_data must be"):
        module.predict(5)


def test_iter_predict():
    seen = [
        ([out.shape for out in outputs], i, b.pad)
        for outputs, i, b in ready().iter_predict(iterator())
    ]
    assert seen == [([(4, 4)], 0, 0), ([(4, 4)], 1, 0), ([(2, 4)], 2, 2)]


def test_predict_with_labelled_data_on_a_module_without_labels():
    module = ready(shapes={"data_shapes": SHAPES["data_shapes"]}, bind={"for_training": False})
    assert module.predict(iterator()).shape == (10, 4)


class Watching:
    """A monitor that notes the executors it is given."""

    def __init__(self):
        self.executors = []

    def install(self, executor):
        self.executors.append(executor)


def test_monitor_also_watches_executors_of_other_shapes():
    module, monitor = ready(), Watching()
    module.install_monitor(monitor)
    module.forward(batch(0, 2))
    module.forward(batch(0, 4))
    assert len(monitor.executors) == 2
    assert module._exec_group.execs[0] in monitor.executors


# -- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("context", [mx.cpu(), TWO])
def test_checkpoint_goes_on_where_it_was_written(tmp_path, context, caplog):
    caplog.set_level(logging.INFO)
    prefix = str(tmp_path / "net")
    symbol = deep_network()
    module = ready(symbol, context=context)
    train(module)
    module.save_checkpoint(prefix, 3, save_optimizer_states=True)
    assert f'Saved checkpoint to "{prefix}-0003.params"' in caplog.text
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "net-0003.params", "net-0003.params.crc32", "net-0003.states", "net-symbol.json"
    ]  # fmt: skip

    loaded = mx.mod.Module.load(prefix, 3, load_optimizer_states=True, context=context)
    loaded.bind(**SHAPES)
    loaded.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    same(train(module), train(loaded))
    same(*(values(m.get_params()[1]) for m in (module, loaded)))


def test_save_and_load_params(tmp_path):
    name = str(tmp_path / "net.params")
    module, other = ready(deep_network()), ready(deep_network(), start_params(deep_network(), 5))
    train(module)
    module.save_params(name)
    assert set(mx.nd.load(name)) >= {"arg:fc1_weight", "aux:bn_moving_mean"}
    other.load_params(name)
    for kind in (0, 1):
        same(values(module.get_params()[kind]), values(other.get_params()[kind]))
    mx.nd.save(name, {"x": mx.nd.ones((1,))})
    with pytest.raises(ValueError, match="Invalid param file"):
        module.load_params(name)


def test_missing_files_are_named(tmp_path):
    prefix = str(tmp_path / "net")
    with pytest.raises(mx.MXNetError, match=r"net-symbol\.json"):
        mx.mod.Module.load(prefix, 1)
    module = ready()
    module.save_checkpoint(prefix, 1)
    with pytest.raises(mx.MXNetError, match=r"net-0002.params.*net-0001.params"):
        mx.mod.Module.load(prefix, 2)
    with pytest.raises(mx.MXNetError, match=r"net-0001.states"):
        module.load_optimizer_states(f"{prefix}-0001.states")


# -- other modules ---------------------------------------------------------------------------


def bucket_symbol(length):
    data = mx.sym.Variable("data")
    embedded = mx.sym.Embedding(data, input_dim=8, output_dim=4, name="embedding")
    layer = mx.sym.FullyConnected(mx.sym.sum(embedded, axis=1), num_hidden=4, name="fc1")
    return mx.sym.SoftmaxOutput(layer, name="softmax"), ("data",), ("softmax_label",)


def bucket_batch(length, described=True):
    return DataBatch(
        [mx.nd.ones((2, length))],
        [mx.nd.zeros((2,))],
        bucket_key=length,
        provide_data=[("data", (2, length))] if described else None,
        provide_label=[("softmax_label", (2,))] if described else None,
    )


def bucketing(**kwargs):
    module = mx.mod.BucketingModule(bucket_symbol, default_bucket_key=10, **kwargs)
    module.bind([("data", (2, 10))], [("softmax_label", (2,))])
    module.init_params(mx.init.One())
    module.init_optimizer(optimizer_params={"learning_rate": 0.1})
    return module


@pytest.mark.parametrize("context", [mx.cpu(), TWO])
def test_buckets_share_parameters_and_optimizer(context):
    module = bucketing(context=context)
    recorded = [0.25, 1.0, 1.0, 1.0, 1.0]  # probability of the right class
    for length, probability in zip((10, 5, 10, 7, 12), recorded, strict=True):
        module.forward_backward(bucket_batch(length))
        module.update()
        np.testing.assert_allclose(module.get_outputs()[0].asnumpy()[0, 0], probability, 1e-5)
        assert module.data_shapes == [("data", (2, length))]
    np.testing.assert_allclose(
        module.get_params()[0]["fc1_bias"].asnumpy(), [0.075, -0.025, -0.025, -0.025], 1e-4
    )
    module.prepare(bucket_batch(5))
    assert module.data_shapes == [("data", (2, 12))]
    module.forward(bucket_batch(5, described=False))
    with pytest.raises(ValueError, match="provide_data"):
        module.forward(bucket_batch(3, described=False))


def test_bucketing_checkpoint(tmp_path):
    prefix = str(tmp_path / "net")
    module = bucketing()
    module.forward_backward(bucket_batch(5))
    module.update()
    module.save_checkpoint(prefix, 1)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "net-0001.params", "net-0001.params.crc32",
        "net-10-symbol.json", "net-5-symbol.json", "net.buckets",
    ]  # fmt: skip
    assert mx.nd.load(f"{prefix}.buckets")[0].asnumpy().tolist() == [10, 5]
    params = module.get_params()
    symbols = {length: bucket_symbol(length)[0] for length in (10, 5)}
    for loaded in (
        mx.mod.BucketingModule.load(prefix, 1, bucket_symbol, 10),
        mx.mod.BucketingModule.load_dict(symbols, None, 10, *params),
    ):
        loaded.bind([("data", (2, 10))], [("softmax_label", (2,))])
        same(values(loaded.get_params()[0]), values(params[0]))
        loaded.forward(bucket_batch(5))
    with pytest.raises(AssertionError, match="sym_gen"):
        mx.mod.BucketingModule.load(prefix, 1)
    with pytest.raises(AssertionError, match="default_bucket_key"):
        mx.mod.BucketingModule(bucket_symbol)


def halves():
    data = mx.sym.Variable("data")
    hidden = mx.sym.FullyConnected(data, num_hidden=5, name="fc1")
    lower = mx.sym.Activation(hidden, act_type="tanh", name="act")
    upper = mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc2"), name="softmax"
    )
    whole = mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(lower, num_hidden=4, name="fc2"), name="softmax"
    )
    return lower, upper, whole


def test_sequential_module_trains_as_the_whole():
    lower, upper, whole = halves()
    reference = ready(whole)
    module = mx.mod.SequentialModule()
    module.add(mx.mod.Module(lower, label_names=[]))
    module.add(mx.mod.Module(upper), take_labels=True, auto_wiring=True)
    module.bind(**SHAPES, inputs_need_grad=True)
    module.init_params(arg_params=start_params(whole))
    module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    assert module.output_shapes == [("softmax_output", (4, 4))]
    same(train(module), train(reference))
    assert module.get_input_grads()[0].shape == (4, 3)
    assert module.predict(iterator()).shape == (10, 4)
    assert module.score(iterator(), "acc") == reference.score(iterator(), "acc")


def test_sequential_module_errors():
    lower, _, _ = halves()
    module = mx.mod.SequentialModule()
    with pytest.raises(AssertionError, match='Unknown meta "foo"'):
        module.add(mx.mod.Module(lower, label_names=[]), foo=True)
    with pytest.raises(AssertionError, match="empty SequentialModule"):
        module.bind(**SHAPES)
    for _ in range(2):
        module.add(mx.mod.Module(lower, label_names=[]), auto_wiring=True)
    module.bind(SHAPES["data_shapes"])
    with pytest.raises(AssertionError, match='Duplicated parameter names: "fc1_weight"'):
        module.init_params()


def test_python_loss_module_ends_a_sequence():
    lower, _, whole = halves()
    scores = mx.sym.FullyConnected(lower, num_hidden=4, name="fc2")
    module = mx.mod.SequentialModule()
    module.add(mx.mod.Module(mx.sym.softmax(scores, name="p"), label_names=[]))

    def gradient(probabilities, labels):  # of -log p[label], with respect to p
        p, rows = probabilities.asnumpy(), np.arange(4)
        grad = np.zeros_like(p)
        grad[rows, labels.asnumpy().astype(int)] = -1 / p[rows, labels.asnumpy().astype(int)]
        return grad

    loss = mx.mod.PythonLossModule(grad_func=gradient)
    module.add(loss, take_labels=True, auto_wiring=True)
    module.bind(**SHAPES)
    module.init_params(arg_params=start_params(whole))
    module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    same(train(module), train(ready(whole)), rtol=1e-3)
    metric = mx.metric.create("acc")
    module.update_metric(metric, batch().label)
    assert metric.num_inst == 4


def test_python_loss_module_errors():
    loss = mx.mod.PythonLossModule(name="z")
    assert loss.output_names == ["z_output"]
    loss.bind([("data", (2, 3))], [("softmax_label", (2,))])
    with pytest.raises(ValueError, match="no label"):
        loss.forward(DataBatch([mx.nd.ones((2, 3))]), is_train=True)
    loss.forward(DataBatch([mx.nd.ones((2, 3))], [mx.nd.ones((2,))]))
    with pytest.raises(NotImplementedError, match="grad_func"):
        loss.backward()
    with pytest.raises(AssertionError, match="out_grads"):
        loss.backward([mx.nd.ones((2, 3))])
    with pytest.raises(AssertionError, match="one data input"):
        mx.mod.PythonLossModule(data_names=["a", "b"])
