"""Module: the optimizer and where updates happen, several devices."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import DataBatch
from mxnet.module.slices import split_input_slice
from training.modules import (
    DATA,
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
