"""Checkpoints and FeedForward."""

from __future__ import annotations

import logging
import pickle

import numpy as np
import pytest

import mxnet as mx

DATA = np.random.RandomState(0).randn(60, 3).astype("float32")
LABEL = (DATA @ np.random.RandomState(1).randn(3, 4)).argmax(1)

pytestmark = pytest.mark.filterwarnings("ignore:mxnet.model.FeedForward")


def network():
    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1")
    return mx.sym.SoftmaxOutput(layer, name="softmax")


def iterator():
    return mx.io.NDArrayIter(DATA, LABEL, 8)


def model(**kwargs):
    options = {"num_epoch": 10, "numpy_batch_size": 10, "learning_rate": 1.0}
    return mx.model.FeedForward(network(), **{**options, **kwargs})


def test_checkpoint_round_trip(tmp_path):
    prefix = str(tmp_path / "net")
    params = {"fc1_weight": mx.nd.ones((4, 3)), "fc1_bias": mx.nd.zeros((4,))}
    aux = {"bn_moving_mean": mx.nd.ones((2,))}
    mx.model.save_checkpoint(prefix, 7, network(), params, aux)
    symbol, arg_params, aux_params = mx.model.load_checkpoint(prefix, 7)
    assert symbol.tojson() == network().tojson()
    for expected, got in ((params, arg_params), (aux, aux_params)):
        assert {n: a.asnumpy().tolist() for n, a in expected.items()} == {
            n: a.asnumpy().tolist() for n, a in got.items()
        }
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "net-0007.params", "net-0007.params.crc32", "net-symbol.json"
    ]  # fmt: skip


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path):
    prefix = str(tmp_path / "net")
    mx.model.save_checkpoint(prefix, 1, network(), {"w": mx.nd.ones((2,))}, {})
    with pytest.raises((TypeError, ValueError, AttributeError)):
        mx.model.save_checkpoint(prefix, 1, network(), {"w": object()}, {})
    assert mx.model.load_params(prefix, 1)[0]["w"].asnumpy().tolist() == [1, 1]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "net-0001.params", "net-0001.params.crc32", "net-symbol.json"
    ]  # fmt: skip


def test_files_of_other_content(tmp_path):
    with pytest.raises(mx.MXNetError, match=r"nope-symbol\.json"):
        mx.model.load_checkpoint("nope", 1)
    mx.nd.save(str(tmp_path / "net-0001.params"), {"w": mx.nd.ones((2,))})
    with pytest.raises(ValueError, match="'w' is neither"):
        mx.model.load_params(str(tmp_path / "net"), 1)


def test_fit_predict_score(caplog):
    caplog.set_level(logging.INFO)
    trained = model()
    trained.fit(DATA, LABEL, eval_data=(DATA, LABEL))
    text = caplog.text
    for line in ("Start training with [cpu(0)]", "Epoch[0] Resetting Data Iterator",
                 "Epoch[9] Time cost=", "Epoch[9] Validation-accuracy="):  # fmt: skip
        assert line in text
    probabilities = trained.predict(DATA)
    assert isinstance(probabilities, np.ndarray)
    assert (probabilities.argmax(1) == LABEL).mean() > 0.8
    assert trained.score(iterator()) > 0.8
    outputs, data, labels = trained.predict(iterator(), return_data=True)
    np.testing.assert_allclose(outputs, probabilities, rtol=1e-4)
    np.testing.assert_array_equal(data, DATA)
    np.testing.assert_array_equal(labels, LABEL)


def test_save_and_load(tmp_path):
    prefix = str(tmp_path / "net")
    trained = model(num_epoch=2)
    trained.fit(DATA, LABEL)
    trained.save(prefix)
    loaded = mx.model.FeedForward.load(prefix, 2)
    assert loaded.begin_epoch == 2
    np.testing.assert_allclose(loaded.predict(DATA), trained.predict(DATA), 1e-6)
    restored = pickle.loads(pickle.dumps(trained))
    np.testing.assert_allclose(restored.predict(DATA), trained.predict(DATA), 1e-6)


def test_epoch_size_and_callbacks():
    seen = []
    trained = model(num_epoch=3, epoch_size=4)
    trained.fit(
        iterator(),
        batch_end_callback=lambda p: seen.append((p.epoch, p.nbatch)),
        epoch_end_callback=lambda *a: seen.append(a[0]),
    )
    assert seen == [e for i in range(3) for e in (*[(i, n) for n in range(1, 5)], i)]


def test_create():
    made = mx.model.FeedForward.create(network(), DATA, LABEL, num_epoch=1)
    assert set(made.arg_params) == {"fc1_weight", "fc1_bias"}


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: model().fit(DATA), ValueError, "y must be specified"),
        (lambda: model().fit(DATA, LABEL[:5]), ValueError, "not equal: 60 and 5"),
        (lambda: model(num_epoch=None).fit(DATA, LABEL), AssertionError, "number of epochs"),
        (lambda: model().fit("x"), TypeError, "X must be"),
        (lambda: model().predict(DATA), AssertionError, "call fit"),
        (lambda: model().score((DATA, LABEL)), TypeError, "X must be"),
        (lambda: model().save("x"), AssertionError, "call fit"),
        (
            lambda: model(arg_params={"zz": mx.nd.ones((1,))}).fit(DATA, LABEL),
            ValueError,
            "allow_extra_params",
        ),
    ],
)
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_executor_manager_runs_batches_on_two_devices():
    data, contexts = iterator(), [mx.cpu(0), mx.cpu(1)]
    manager = mx.executor_manager.DataParallelExecutorManager(network(), contexts, data)
    params = {"fc1_weight": mx.nd.ones((4, 3)), "fc1_bias": mx.nd.ones((4,))}
    manager.set_params(params, {})
    manager.load_data_batch(data.next())
    manager.forward(is_train=True)
    manager.backward()
    metric = mx.metric.create("acc")
    data.reset()
    manager.update_metric(metric, data.next().label)
    assert metric.num_inst == 8
    assert [[g.shape for g in block] for block in manager.grad_arrays] == [[(4, 3)] * 2, [(4,)] * 2]
    copied = {name: mx.nd.zeros(array.shape) for name, array in params.items()}
    manager.copy_to(copied, {})
    assert copied["fc1_weight"].asnumpy().tolist() == np.ones((4, 3)).tolist()


def test_executor_manager_wants_different_names():
    with pytest.raises(ValueError, match='duplicated argument name "a"'):
        mx.executor_manager._check_arguments(mx.sym.Variable("a") + mx.sym.Variable("a"))
