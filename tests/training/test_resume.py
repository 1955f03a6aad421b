"""fit(resume=...): the same training as without an interruption, from checkpoints that are whole."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import DataIter

KILLS = 20
ROWS = np.random.RandomState(1).uniform(-1, 1, (30, 4)).astype("float32")
LABELS = (ROWS.sum(axis=1) > 0).astype("float32")


class Interrupted(Exception):
    """Ends a training in the middle of an epoch."""


class Draws(DataIter):
    """Batches in an order drawn anew for every pass, without a state that could be saved."""

    def __init__(self):
        super().__init__(5)
        self.provide_data = [mx.io.DataDesc("data", (5, 4))]
        self.provide_label = [mx.io.DataDesc("softmax_label", (5,))]
        self.reset()

    def reset(self):
        self.starts = random.sample(range(0, 30, 5), 6)

    def next(self):
        if not self.starts:
            raise StopIteration
        rows = slice(start := self.starts.pop(), start + 5)
        return mx.io.DataBatch([mx.nd.array(ROWS[rows])], [mx.nd.array(LABELS[rows])], pad=0)


def shuffled():
    return mx.io.NDArrayIter(ROWS, LABELS, 8, shuffle=True, last_batch_handle="roll_over")


def network():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
    net = mx.sym.Dropout(mx.sym.BatchNorm(net, name="bn"), p=0.4)
    net = mx.sym.FullyConnected(net, num_hidden=2, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def train(epochs=6, make=shuffled, stop_in=None, context=None, compression=None, **options):
    """A training from a known start; ``stop_in`` is the epoch that it does not finish."""
    mx.random.seed(5)
    np.random.seed(5)
    random.seed(5)

    def stop(batch):
        if batch.epoch == stop_in and batch.nbatch == 1:
            raise Interrupted

    settings = {"optimizer": "sgd", "optimizer_params": {"learning_rate": 0.1, "momentum": 0.9}}
    module = mx.mod.Module(network(), context=context or mx.cpu(), compression_params=compression)
    module.fit(make(), num_epoch=epochs, batch_end_callback=stop, **{**settings, **options})
    return module


def assert_same(one, other):
    for expected, found in zip(one.get_params(), other.get_params(), strict=True):
        for name, array in expected.items():
            assert np.array_equal(array.asnumpy(), found[name].asnumpy()), name


@pytest.mark.parametrize("make", [shuffled, Draws])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam", "sgld"])
def test_the_trajectory_is_the_same(tmp_path, make, optimizer):
    prefix = str(tmp_path / "model")
    # The scheduler counts updates; the callback changes the optimizer by epoch.
    options = {"make": make, "optimizer": optimizer}

    def parameters():
        schedule = mx.lr_scheduler.FactorScheduler(step=9, factor=0.5, base_lr=0.05)
        return {"optimizer_params": {"lr_scheduler": schedule, "wd": 0.01}}

    expected = train(**options, **parameters())
    for stop_in in (2, 2, 4):
        with pytest.raises(Interrupted):
            train(**options, **parameters(), stop_in=stop_in, resume=prefix)
    assert_same(expected, train(**options, **parameters(), resume=prefix))
    assert_same(expected, train(**options, **parameters(), resume=prefix))  # nothing left to do


def test_several_devices_and_a_store_that_updates(tmp_path):
    prefix = str(tmp_path / "model")
    options = {"context": [mx.cpu(0), mx.cpu(1)], "kvstore": "device"}
    expected = train(**options)
    with pytest.raises(Interrupted):
        train(**options, stop_in=3, resume=prefix)
    assert_same(expected, train(**options, resume=prefix))


def test_compressed_gradients(tmp_path):
    """What was rounded off is kept with the rest."""
    prefix = str(tmp_path / "model")
    options = {"context": [mx.cpu(0), mx.cpu(1)], "kvstore": "device"}
    options["compression"] = {"type": "2bit", "threshold": 0.01}
    expected = train(**options)
    with pytest.raises(Interrupted):
        train(**options, stop_in=3, resume=prefix)
    assert_same(expected, train(**options, resume=prefix))


def test_bucketing(tmp_path):
    prefix = str(tmp_path / "model")

    def run(epochs, **options):
        mx.random.seed(5)
        np.random.seed(5)
        names = (["data"], ["softmax_label"])
        module = mx.mod.BucketingModule(lambda key: (network(), *names), default_bucket_key=1)
        data = shuffled()
        data.default_bucket_key = 1
        batches = data.next
        data.next = lambda: keyed(batches())
        module.fit(data, num_epoch=epochs, **options)
        return module

    def keyed(batch):
        batch.bucket_key = 1
        batch.provide_data = [mx.io.DataDesc("data", (8, 4))]
        batch.provide_label = [mx.io.DataDesc("softmax_label", (8,))]
        return batch

    expected = run(4)
    run(2, resume=prefix)
    assert_same(expected, run(4, resume=prefix))


def test_a_damaged_checkpoint_is_left_out(tmp_path, caplog):
    prefix = tmp_path / "model"
    expected = train()
    train(epochs=3, resume=str(prefix))
    newest = tmp_path / "model-0003.params"
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)
    with pytest.raises(mx.MXNetError, match=r"model-0003.params is damaged.*checksum"):
        mx.model.load_checkpoint(str(prefix), 3)
    with caplog.at_level(logging.WARNING):
        assert_same(expected, train(resume=str(prefix)))
    assert "Checkpoint of epoch 3 left out" in caplog.text
    mx.model.load_checkpoint(str(prefix), 3)  # written again


@pytest.mark.parametrize("kind", ["resume", "states"])
def test_damaged_files_beside_the_parameters(tmp_path, kind):
    prefix = tmp_path / "model"
    train(epochs=2, resume=str(prefix))
    (tmp_path / f"model-0002.{kind}").write_bytes(b"nothing of the kind")
    if kind == "resume":
        assert_same(train(), train(resume=str(prefix)))
        return
    with pytest.raises(mx.MXNetError, match=r"model-0002.states is not what it was"):
        train(resume=str(prefix))


def test_checkpoints_of_other_origin_are_refused(tmp_path):
    prefix = str(tmp_path / "model")
    train(epochs=1, epoch_end_callback=mx.callback.do_checkpoint(prefix))
    with pytest.raises(mx.MXNetError, match=r"no .*model-0001.resume to go on from"):
        train(resume=prefix)


def test_checksums_are_of_the_content(tmp_path):
    prefix = str(tmp_path / "model")
    mx.model.save_checkpoint(prefix, 1, network(), {"w": mx.nd.ones((2,))}, {})
    side = tmp_path / "model-0001.params.crc32"
    assert len(side.read_text().strip()) == 8
    mx.nd.save(f"{prefix}-0001.params", {"arg:w": mx.nd.zeros((2,))})  # on purpose
    assert not side.exists()
    assert mx.model.load_params(prefix, 1)[0]["w"].asnumpy().tolist() == [0, 0]


def test_modules_without_an_optimizer_of_their_own(tmp_path):
    module = mx.mod.SequentialModule()
    module.add(mx.mod.Module(network()), take_labels=True)
    with pytest.raises(mx.MXNetError, match="not available for SequentialModule"):
        module.fit(shuffled(), num_epoch=1, resume=str(tmp_path / "model"))


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    program = Path(__file__).parent / "programs/interrupted.py"
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path), str(KILLS)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
