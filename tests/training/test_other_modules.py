"""Modules for buckets, sequences of modules, and losses in Python."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import DataBatch
from training.modules import SHAPES, TWO, batch, iterator, ready, same, start_params, train, values


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


def test_bucketing_rebound_keeps_trained_parameters_and_optimizer():
    one, other = bucketing(), bucketing()
    for step, length in enumerate((10, 5, 10, 5)):
        if step == 2:
            one.bind([("data", (2, 10))], [("softmax_label", (2,))], force_rebind=True)
        for module in (one, other):
            module.forward_backward(bucket_batch(length))
            module.update()
    same(*(values(module.get_params()[0]) for module in (one, other)))


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
