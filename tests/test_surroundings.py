"""Small modules of 1.x: features, engine, library paths, switches of numpy, contrib."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import mxnet as mx


# -- runtime, engine, libinfo ----------------------------------------------------------------------
def test_features():
    features = mx.runtime.Features()
    assert len(features) == len(mx.runtime.feature_list()) == 32
    assert features.is_enabled("lapack")
    assert features.is_enabled("CUDA") == torch.cuda.is_available()
    assert features["LAPACK"].name == "LAPACK"
    assert "✔ LAPACK" in repr(features)
    assert "✖ CAFFE" in repr(features)
    with pytest.raises(RuntimeError, match="unknown, known features are"):
        features.is_enabled("magic")


def test_bulk_size_is_remembered():
    before = mx.engine.set_bulk_size(3)
    with mx.engine.bulk(7):
        assert mx.engine.set_bulk_size(8) == 7
    assert mx.engine.set_bulk_size(before) == 3


def test_library_paths():
    assert all("torch" in path for path in mx.libinfo.find_lib_path())
    assert mx.libinfo.find_conf_path() == []
    assert mx.libinfo.__version__ == mx.__version__
    with pytest.raises(mx.MXNetError, match="no C interface"):
        mx.libinfo.find_include_path()


def test_switches_of_numpy():
    assert not mx.is_np_array()
    assert not mx.is_np_shape()
    with mx.np_shape(), mx.np_array(active=False):
        assert mx.is_np_shape()
    assert mx.use_np_shape(mx.is_np_shape)()
    mx.util.set_np(shape=True, array=False)
    assert mx.is_np_shape()
    mx.util.reset_np()
    assert not mx.is_np_shape()
    assert mx.util.set_module("here")(lambda: 1).__module__ == "here"
    for call in (mx.util.set_np, mx.np_array, lambda: mx.use_np(len), lambda: mx.use_np_array(len)):
        with pytest.raises(mx.MXNetError, match="there is no mx"):
            call()
    with pytest.raises(ValueError, match="GPU"):
        mx.util.get_cuda_compute_capability(mx.cpu())


# -- contrib ---------------------------------------------------------------------------------------
def test_contrib_namespaces():
    from mxnet.contrib import ndarray, symbol

    assert symbol is mx.contrib.sym is mx.sym.contrib
    assert ndarray is mx.contrib.nd is mx.nd.contrib
    with pytest.raises(AttributeError, match="it has amp, autograd"):
        mx.contrib.nothing


def test_contrib_symbol_without_torch():
    code = "import sys, mxnet.contrib.symbol; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_old_autograd():
    old = mx.contrib.autograd
    x, y = mx.nd.array([1.0, 2.0]), mx.nd.array([3.0, 4.0])
    gradients, value = old.grad_and_loss(lambda a, b: a * b + a)(x, y)
    assert [g.asnumpy().tolist() for g in gradients] == [[4, 5], [1, 2]]
    assert value.asnumpy().tolist() == [4, 10]
    assert old.grad(lambda a, b: a * b, argnum=1)(x, y)[0].asnumpy().tolist() == [1, 2]
    with old.train_section():
        assert (mx.autograd.is_training(), mx.autograd.is_recording()) == (True, True)
        with old.test_section():
            assert (mx.autograd.is_training(), mx.autograd.is_recording()) == (False, False)
        assert mx.autograd.is_recording()
    gradient = mx.nd.zeros(2)
    old.mark_variables([x], [gradient])
    with old.train_section():
        z = x * x
    old.compute_gradient([z])
    assert gradient.asnumpy().tolist() == [2, 4]
    assert old.set_is_training(True) is False
    assert old.set_is_training(False) is True
    with pytest.raises(AssertionError):
        old.grad(lambda a: a)(3)


@pytest.mark.parametrize("wrap", [mx.nd.array, np.asarray, lambda a: torch.from_numpy(a.copy())])
def test_loader_as_iterator(wrap):
    rows = np.arange(10, dtype="float32").reshape(5, 2)
    loader = [(wrap(rows[i : i + 2]), wrap(rows[i : i + 2, 0])) for i in (0, 2, 4)]
    iterator = mx.contrib.io.DataLoaderIter(loader)
    assert iterator.provide_data == [("data", (2, 2))]
    assert iterator.provide_label == [("softmax_label", (2,))]
    for _ in range(2):
        batches = list(iterator)
        assert [b.pad for b in batches] == [0, 0, 1]
        assert batches[2].data[0].asnumpy().tolist() == [[8, 9], [0, 0]]
        assert batches[1].label[0].asnumpy().tolist() == [4, 6]
        iterator.reset()


def test_loader_of_torch_trains_a_module():
    data = torch.utils.data.TensorDataset(torch.eye(4).repeat(8, 1), torch.arange(4).repeat(8))
    iterator = mx.contrib.io.DataLoaderIter(torch.utils.data.DataLoader(data, batch_size=8))
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4)
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    module.fit(iterator, num_epoch=5, optimizer_params={"learning_rate": 1.0})
    assert module.score(iterator, "acc")[0][1] == 1.0
    with pytest.raises(mx.MXNetError, match="no batch"):
        mx.contrib.io.DataLoaderIter([])


def test_tensorboard(monkeypatch):
    written = []
    writer = lambda folder: SimpleNamespace(add_scalar=lambda *facts: written.append(facts))
    monkeypatch.setitem(sys.modules, "mxboard", SimpleNamespace(SummaryWriter=writer))
    callback = mx.contrib.tensorboard.LogMetricsCallback("logs", prefix="eval")
    metric = mx.metric.create("acc")
    metric.update([mx.nd.array([1])], [mx.nd.array([[0.0, 1.0]])])
    callback(SimpleNamespace(epoch=3, eval_metric=metric))
    callback(SimpleNamespace(epoch=4, eval_metric=None))
    assert written == [("eval-accuracy", 1.0, 3)]


def test_tensorboard_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "mxboard", None)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(mx.MXNetError, match="pip install tensorboard"):
        mx.contrib.tensorboard.LogMetricsCallback("logs")


# -- autograd.Function -----------------------------------------------------------------------------
class Sigmoid(mx.autograd.Function):
    def forward(self, x):
        self.modes = mx.autograd.is_recording(), mx.autograd.is_training()
        y = 1 / (1 + mx.nd.exp(-x))
        self.save_for_backward(y)
        return y

    def backward(self, dy):
        assert not mx.autograd.is_recording()
        (y,) = self.saved_tensors
        return dy * y * (1 - y)


class Two(mx.autograd.Function):
    def forward(self, x, y):
        return x * y, x + y

    def backward(self, d_product, d_sum):
        self.seen = d_product.asnumpy().tolist(), d_sum.asnumpy().tolist()
        return d_product * 1, d_sum * 2


def variable(*values):
    made = mx.nd.array(values)
    made.attach_grad()
    return made


def test_function_has_its_own_derivative():
    x = variable(0.0, 1.0, 2.0)
    function = Sigmoid()
    with mx.autograd.record():
        y = function(x) * 2
    assert function.modes == (False, True)
    y.backward()
    s = 1 / (1 + np.exp(-x.asnumpy()))
    np.testing.assert_allclose(x.grad.asnumpy(), 2 * s * (1 - s), rtol=1e-6)
    assert Sigmoid()(x).shape == (3,)
    with pytest.raises(AssertionError, match="called once"):
        function(x)


def test_function_of_several_arrays():
    a, b = variable(1.0, 2.0), variable(3.0, 4.0)
    function = Two()
    with mx.autograd.record():
        product, _ = function(a, b)
    product.backward()
    assert function.seen == ([1, 1], [0, 0])
    with mx.autograd.record():
        product, total = Two()(a, b)
        y = product * total + a
    y.backward()
    assert a.grad.asnumpy().tolist() == [5, 7]
    assert b.grad.asnumpy().tolist() == [6, 16]


def test_function_inside_others_keeps_training_mode():
    class Identity(mx.autograd.Function):
        def forward(self, x):
            self.modes = mx.autograd.is_training()
            return x

        def backward(self, dy):
            return dy * 3

    x, function = variable(1.0, 2.0), Identity()
    with mx.autograd.record(train_mode=False):
        y = function(x) * 2
    assert function.modes is False
    y.backward()
    assert x.grad.asnumpy().tolist() == [6, 6]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda dy: (dy, dy), "2 gradients for 1 inputs"),
        (lambda dy: [dy.asnumpy()], "not an NDArray"),
    ],
)
def test_functions_that_return_something_else(returned, message):
    class Wrong(mx.autograd.Function):
        def forward(self, x):
            return x * 1

        def backward(self, dy):
            return returned(dy)

    x = variable(1.0)
    with mx.autograd.record():
        y = Wrong()(x)
    with pytest.raises(mx.MXNetError, match=message):
        y.backward()


def test_functions_that_are_not_defined():
    with pytest.raises(NotImplementedError, match="forward"):
        mx.autograd.Function()(mx.nd.ones(1))
