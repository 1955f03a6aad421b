"""Module: fitting, scoring, predicting, checkpoints."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import NDArrayIter
from training.modules import (
    DATA,
    SHAPES,
    TWO,
    batch,
    deep_network,
    iterator,
    network,
    ready,
    same,
    start_params,
    train,
    values,
)

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


def test_callbacks_find_the_variables_of_fit():
    names = ("self", "train_data", "epoch", "nbatch", "end_of_batch")
    found = []
    module, data = mx.mod.Module(network()), iterator()
    module.fit(
        data,
        num_epoch=1,
        batch_end_callback=lambda told: found.append([told.locals[name] for name in names]),
    )
    assert found == [[module, data, 0, number, number == 2] for number in range(3)]


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
