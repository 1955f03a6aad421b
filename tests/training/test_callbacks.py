"""Callbacks, and the loggers and registries of 1.x."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest

from mxnet import callback, log, metric, registry


def batch(nbatch, epoch=3, eval_metric=None):
    return SimpleNamespace(epoch=epoch, nbatch=nbatch, eval_metric=eval_metric, locals=None)


def accuracy(*right):
    """A metric that has seen examples of class 0, predicted right (1) or not (0)."""
    measured = metric.Accuracy()
    measured.update([np.zeros(len(right))], [1.0 - np.array(right)])
    return measured


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def clock(monkeypatch):
    """Each look at the clock is half a second later."""
    times = iter(np.arange(100) / 2)
    monkeypatch.setattr(callback.time, "time", lambda: next(times))


def test_speedometer_with_reset(lines, clock):
    meter, measured = callback.Speedometer(batch_size=4, frequent=2), accuracy(1, 0)
    for nbatch in range(5):
        meter(batch(nbatch, eval_metric=measured))
    assert lines() == [
        "Epoch[3] Batch [0-2]\tSpeed: 16.00 samples/sec\taccuracy=0.500000",
        "Epoch[3] Batch [2-4]\tSpeed: 16.00 samples/sec\taccuracy=nan",
    ]
    assert measured.get_global()[1] == 0.5


def test_speedometer_without_reset(lines, clock):
    meter, measured = callback.Speedometer(4, 2, auto_reset=False), accuracy(1, 0)
    for nbatch in [0, 1, 2, 3, 4, 0, 1]:
        meter(batch(nbatch, eval_metric=measured))
    assert [line.split("\t")[0] for line in lines()] == [
        "Epoch[3] Batch [0-2]",
        "Epoch[3] Batch [0-4]",
    ]
    assert measured.get()[1] == 0.5


def test_speedometer_without_metric(lines, monkeypatch):
    monkeypatch.setattr(callback.time, "time", lambda: 1.0)
    meter = callback.Speedometer(4, 1)
    meter(batch(0))
    meter(batch(1))
    assert lines() == ["Iter[3] Batch [1]\tSpeed: inf samples/sec"]


def test_training_metric(lines):
    measured = accuracy(1, 1, 0, 0)
    callback.log_train_metric(2)(batch(4, eval_metric=measured))
    callback.log_train_metric(3)(batch(4, eval_metric=measured))
    callback.log_train_metric(2)(batch(4))
    callback.log_train_metric(2, auto_reset=True)(batch(6, eval_metric=measured))
    assert lines() == [
        "Iter[3] Batch[4] Train-accuracy=0.500000",
        "Iter[3] Batch[6] Train-accuracy=0.500000",
    ]
    assert np.isnan(measured.get()[1])


def test_validation_metric(lines):
    callback.LogValidationMetricsCallback()(batch(4, eval_metric=accuracy(1, 0)))
    callback.LogValidationMetricsCallback()(batch(4))
    assert lines() == ["Epoch[3] Validation-accuracy=0.500000"]


def test_progress_bar(capsys):
    bar = callback.ProgressBar(total=4, length=60)
    for nbatch in [0, 2, 4]:
        bar(batch(nbatch))
    first = capsys.readouterr().err
    for nbatch in [1, 4]:
        bar(batch(nbatch))
    assert "100%" in first
    assert "4/4" in first
    assert "100%" in capsys.readouterr().err


@pytest.mark.parametrize(("period", "epochs"), [(1, [1, 2, 3, 4]), (2, [2, 4]), (0, [1, 2, 3, 4])])
def test_module_checkpoint(period, epochs):
    saved = []
    module = SimpleNamespace(save_checkpoint=lambda *arguments: saved.append(arguments))
    at_epoch_end = callback.module_checkpoint(module, "p", period, save_optimizer_states=True)
    for epoch in range(4):
        at_epoch_end(epoch, None, None, None)
    assert saved == [("p", epoch, True) for epoch in epochs]


def test_do_checkpoint(tmp_path):
    import mxnet as mx

    network = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    at_epoch_end = callback.do_checkpoint(str(tmp_path / "net"), period=2)
    for epoch in range(4):
        at_epoch_end(epoch, network, {"fc_weight": mx.nd.ones((2, 2))}, {})
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "net-0002.params", "net-0002.params.crc32",
        "net-0004.params", "net-0004.params.crc32", "net-symbol.json",
    ]  # fmt: skip


def test_logger(tmp_path, capsys):
    target = tmp_path / "train.log"
    logger = log.get_logger("remx.tests.file", str(target), level=log.INFO)
    assert log.get_logger("remx.tests.file") is logger
    logger.info("%d batches", 3)
    logger.debug("left out")
    for handler in logger.handlers:
        handler.close()
    line = target.read_text()
    assert line.startswith("I")
    assert line.endswith("] 3 batches\n")
    assert "test_logger" in line
    assert len(logger.handlers) == 1
    with pytest.warns(DeprecationWarning, match="get_logger"):
        log.getLogger("remx.tests.file")


class Base:
    pass


class Thing(Base):
    def __init__(self, size=1):
        self.size = size


def test_registry():
    register, alias, create = (
        make(Base, "thing")
        for make in (
            registry.get_register_func,
            registry.get_alias_func,
            registry.get_create_func,
        )
    )
    alias("gadget")(register(Thing))
    assert registry.get_registry(Base) == {"thing": Thing, "gadget": Thing}
    given = Thing()
    assert create(given) is given
    for arguments in [
        ("THING", 7),
        ('["gadget", {"size": 7}]',),
        ('{"thing": "gadget", "size": 7}',),
        ({"thing": "gadget", "size": 7},),
    ]:
        assert create(*arguments).size == 7
    assert create(thing="gadget", size=7).size == 7
    for wrong, words in [
        (("nothing",), "not registered"),
        ((5,), "string type"),
        ((given, 4), "already an instance"),
        (('["thing", {}]', 4), "as JSON"),
    ]:
        with pytest.raises(AssertionError, match=words):
            create(*wrong)
    with pytest.raises(AssertionError, match="subclass of Base"):
        register(int)
    with pytest.warns(UserWarning, match="overriding"):
        register(type("Thing", (Base,), {}))
