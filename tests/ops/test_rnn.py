"""Recurrent layers: dropout, several passes, long sequences, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx

MODES = ["rnn_relu", "rnn_tanh", "lstm", "gru"]


def bound(data_shape, grad_req="write", **params):
    """An executor of one RNN with small random parameters."""
    symbol = mx.sym.RNN(mx.sym.Variable("data"), name="r", **params)
    executor = symbol.simple_bind(mx.cpu(), grad_req=grad_req, data=data_shape)
    rng = np.random.RandomState(3)
    for array in executor.arg_arrays:
        array[:] = rng.uniform(-0.5, 0.5, array.shape)
    return executor


def identity_layers(layers, size):
    """Parameters of ReLU layers that pass their data on: W = 1, R = 0, no biases."""
    matrices = [np.eye(size).ravel(), np.zeros(size * size)] * layers
    return np.concatenate([*matrices, np.zeros(2 * size * layers)])


def test_dropout_between_layers():
    mx.random.seed(5)
    params = {"mode": "rnn_relu", "state_size": 20, "num_layers": 2, "p": 0.25}
    executor = bound((10, 8, 20), **params)
    executor.arg_dict["r_parameters"][:] = identity_layers(2, 20)
    executor.arg_dict["r_state"][:] = 0
    executor.arg_dict["data"][:] = 3
    output = executor.forward(is_train=True)[0].asnumpy()
    assert set(np.unique(output.round(4))) == {0, 4}
    assert output.mean() == pytest.approx(3, abs=0.15)
    executor.backward(mx.nd.ones(output.shape))
    np.testing.assert_allclose(executor.grad_dict["data"].asnumpy(), output / 3, rtol=1e-6)
    again = executor.forward(is_train=True)[0].asnumpy()
    assert (again != output).any()
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), 3)


@pytest.mark.parametrize("mode", MODES)
def test_dropout_gradient_uses_the_masks_of_forward(mode):
    executor = bound((4, 2, 3), mode=mode, state_size=3, num_layers=3, p=0.5, bidirectional=True)
    head = mx.nd.array(np.random.RandomState(1).uniform(-1, 1, executor.outputs[0].shape))
    direction = np.random.RandomState(2).uniform(-1, 1, (4, 2, 3))
    start = executor.arg_dict["data"].asnumpy()

    def loss(step):
        mx.random.seed(9)
        executor.arg_dict["data"][:] = start + step * direction
        return float((executor.forward(is_train=True)[0] * head).sum().asscalar())

    numeric = (loss(1e-2) - loss(-1e-2)) / 2e-2
    loss(0)
    executor.backward(head)
    analytic = float((executor.grad_dict["data"].asnumpy() * direction).sum())
    assert analytic == pytest.approx(numeric, rel=2e-2, abs=1e-3)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_add_up_over_passes(mode):
    params = {"mode": mode, "state_size": 3, "num_layers": 2, "state_outputs": True}
    once, twice = bound((3, 2, 4), "write", **params), bound((3, 2, 4), "add", **params)
    heads = [mx.nd.ones(output.shape) for output in once.outputs]
    for executor, passes in ((once, 1), (twice, 2)):
        for _ in range(passes):
            executor.forward(is_train=True)
            executor.backward(heads)
    for a, b in zip(once.grad_arrays, twice.grad_arrays, strict=True):
        np.testing.assert_allclose(b.asnumpy(), 2 * a.asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("wanted", ["data", "r_parameters", "r_state", "r_state_cell"])
def test_one_gradient_alone(wanted):
    params = {"mode": "lstm", "state_size": 3, "num_layers": 2}
    alone, every = bound((3, 2, 4), {wanted: "write"}, **params), bound((3, 2, 4), **params)
    for executor in (alone, every):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((3, 2, 3)))
    got, want = (e.grad_dict[wanted].asnumpy() for e in (alone, every))
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_recorded_arrays():
    data, parameters = mx.nd.ones((3, 2, 4)), mx.nd.ones((60,)) * 0.1
    state = mx.nd.zeros((1, 2, 4))
    parameters.attach_grad()
    with mx.autograd.record():
        output, last = mx.nd.RNN(
            data,
            parameters[:40],
            state,
            mode="rnn_tanh",
            state_size=4,
            num_layers=1,
            state_outputs=True,
        )
        loss = output.sum() + last.sum()
    loss.backward()
    gradient = parameters.grad.asnumpy()
    assert (gradient[:40] != 0).any()
    assert not gradient[40:].any()


def test_features_follow_from_the_parameters():
    symbol = mx.sym.RNN(mx.sym.Variable("data"), name="r", mode="gru", state_size=2, num_layers=1)
    shapes, outputs, _ = symbol.infer_shape(r_parameters=(54,), r_state=(1, 3, 2), data=(7, 0, 0))
    assert shapes == [(7, 3, 5), (54,), (1, 3, 2)]
    assert outputs == [(7, 3, 2)]
    with pytest.raises(mx.MXNetError, match="parameters"):
        symbol.infer_shape_partial(r_parameters=(55,))


@pytest.mark.parametrize(
    "params",
    [
        {"mode": "gru", "projection_size": 2},
        {"mode": "rnn_tanh", "lstm_state_clip_max": 1.0},
        {"mode": "lstm", "lstm_state_clip_max": -1.0, "lstm_state_clip_min": 1.0},
        {"mode": "lstm", "state_size": 0},
        {"mode": "lstm", "num_layers": 0},
        {"mode": "lstm", "p": 1.5},
        {"mode": "elman"},
    ],
)
def test_refused(params):
    with pytest.raises(mx.MXNetError):
        mx.sym.RNN(mx.sym.Variable("data"), **{"state_size": 3, "num_layers": 1, **params})


def test_data_of_two_dimensions_is_refused():
    symbol = mx.sym.RNN(mx.sym.Variable("data"), mode="gru", state_size=2, num_layers=1)
    with pytest.raises(mx.MXNetError, match="3 dimensions"):
        symbol.infer_shape(data=(5, 2))


@pytest.mark.parametrize("mode", ["lstm", "gru"])
@pytest.mark.parametrize("batch", [1, 3, 80])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_generated_kernels_agree_with_those_of_torch(mode, batch, bidirectional, monkeypatch):
    pytest.importorskip("numba", reason="generated kernels need numba")
    params = {"mode": mode, "state_size": 37, "num_layers": 2, "state_outputs": True}
    results = []
    for fusion in "10":
        monkeypatch.setenv("MXNET_USE_FUSION", fusion)
        executor = bound((4, batch, 6), bidirectional=bidirectional, **params)
        heads = [mx.nd.array(np.sin(np.arange(o.size)).reshape(o.shape)) for o in executor.outputs]
        runs = []
        for _ in range(2):
            executor.forward(is_train=True)
            executor.backward(heads)
            runs.append([a.asnumpy() for a in (*executor.outputs, *executor.grad_arrays)])
        for first, later in zip(*runs, strict=True):
            np.testing.assert_array_equal(later, first)
        results.append(runs[0])
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * abs(want).max())


def test_threads_share_the_samples():
    threads = torch.get_num_threads()
    executor = bound((3, 90, 5), mode="lstm", state_size=150, num_layers=1)
    results = []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            executor.forward(is_train=True)
            executor.backward(mx.nd.ones((3, 90, 150)))
            results.append([a.asnumpy() for a in (*executor.outputs, *executor.grad_arrays)])
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(*results, strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5 * abs(one).max())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("lengths", [False, True])
def test_prediction_keeps_nothing_for_the_derivative(mode, lengths):
    params = {"mode": mode, "state_size": 5, "num_layers": 4, "state_outputs": True}
    params |= {"bidirectional": True, "use_sequence_length": lengths}
    training, prediction = bound((6, 3, 4), **params), bound((6, 3, 4), "null", **params)
    for executor in (training, prediction):
        if lengths:
            executor.arg_dict["r_sequence_length"][:] = [6, 2, 4]
    want = training.forward(is_train=True)
    for got, expected in zip(prediction.forward(is_train=False), want, strict=True):
        np.testing.assert_allclose(got.asnumpy(), expected.asnumpy(), rtol=1e-5, atol=1e-6)

    def planned(layers):
        symbol = mx.sym.RNN(mx.sym.Variable("data"), **{**params, "num_layers": layers})
        return symbol.plan_memory(grad_req="null", data=(6, 3, 4)).workspace

    assert planned(4) == planned(5)
