"""Sequences of recurrent cells within native programs compute what PyTorch computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx

pytest.importorskip("numba")

from mxnet.execution.capture import TorchCall
from mxnet.execution.native.blocks import Scratch, merge
from mxnet.kernels import recurrent

STEPS, FEATURES = 5, 6


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def bound(mode, batch, size, seed, bidirectional=False):
    symbol = mx.sym.RNN(
        mx.sym.Variable("data"), name="r", mode=mode, state_size=size, num_layers=2,
        state_outputs=True, bidirectional=bidirectional,
    )  # fmt: skip
    executor = symbol.simple_bind(mx.cpu(), data=(STEPS, batch, FEATURES))
    fill(executor, seed)
    return executor


def fill(executor, seed):
    rng = np.random.RandomState(seed)
    for array in executor.arg_arrays:
        array[:] = rng.uniform(-0.3, 0.3, array.shape)


def step(executor):
    """Outputs and gradients of a step of training, and the outputs of a prediction."""
    executor.forward(is_train=True)
    executor.backward(
        [mx.nd.array(np.sin(np.arange(o.size)).reshape(o.shape)) for o in executor.outputs]
    )
    trained = [a.asnumpy() for a in (*executor.outputs, *executor.grad_arrays)]
    return trained + [a.asnumpy() for a in executor.forward(is_train=False)]


def calls(executor):
    """The functions that programs still call one by one."""
    training, prediction = executor._program(True), executor._program(False)
    segments = training.forward, training.backward, prediction.forward
    return [getattr(call, "func", call) for each in segments for call in each._calls]


@pytest.mark.parametrize("mode", ["lstm", "gru"])
@pytest.mark.parametrize(
    ("batch", "size"), [(1, 37), (3, 37), pytest.param(40, 210, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("products", ["generated", "BLAS's"])
def test_sequences(mode, batch, size, number, products, threads, monkeypatch):
    """Two executors take turns, one of them in both directions; their weights change meanwhile."""
    threads(number)
    if products != "generated":
        monkeypatch.setattr("mxnet.ops.recurrence.wants_products", lambda: False)
    results = []
    for fusion in "10":
        monkeypatch.setenv("MXNET_USE_FUSION", fusion)
        both = [bound(mode, batch, size, 1), bound(mode, batch, size, 2, bidirectional=True)]
        runs = [step(each) for _ in range(2) for each in both]
        for first, later in zip(runs[0] + runs[1], runs[2] + runs[3], strict=True):
            np.testing.assert_array_equal(later, first)
        for each in both:
            fill(each, 3)
        runs += [step(each) for each in both]
        results.append([array for run in runs for array in run])
        if fusion == "1":
            remaining = [call for each in both for call in calls(each)]
            assert recurrent.forward not in remaining
            assert recurrent.backward not in remaining
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * abs(want).max())


def test_versions_of_all_that_is_written_rise():
    gates, output, cells = torch.zeros(2, 1, 16), torch.zeros(2, 1, 4), torch.zeros(2, 1, 4)
    bias, state, weight = torch.zeros(16), torch.zeros(1, 4), torch.zeros(16, 4)
    out = gates, output, cells
    call = TorchCall(
        recurrent.forward,
        (recurrent.LSTM, False, bias, state, state, weight),
        {"out": out},
        out,
        [],
    )
    before = [tensor._version for tensor in out]
    merged, _, kept = merge([call], 0, Scratch())
    for each in merged:
        each()
    assert kept
    assert all(tensor._version > version for tensor, version in zip(out, before, strict=True))
    np.testing.assert_array_equal(gates[..., :8], 0.5)
