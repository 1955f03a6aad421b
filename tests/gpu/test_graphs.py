"""Programs recorded as CUDA graphs give the same bits as those that run kernel by kernel."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.execution.cuda import CudaRecorder
from mxnet.execution.watch import Watcher, everywhere
from mxnet.ops.core import get_op
from small_networks import (
    NETWORKS,
    bits,
    convolutions,
    copy_arrays,
    dropout,
    fill,
    in_any_order,
    perceptron,
    same,
    step,
    training,
)

GPU = mx.gpu(0)
EACH = [pytest.param(make, id=make.__name__) for make in NETWORKS]

pytestmark = pytest.mark.usefixtures("deterministic")


@pytest.fixture
def plainly(monkeypatch):
    """Bind executors that are not recorded."""

    def bind(symbol, **arguments):
        with monkeypatch.context() as context:
            context.setenv("MXNET_ENABLE_CUDA_GRAPHS", "0")
            executor = symbol.simple_bind(GPU, **arguments)
            executor.forward(is_train=False)
        return executor

    return bind


def recording(executor, train: bool = True):
    return executor._program(train).recording


def ready(symbol, shapes: dict, steps: int = 3, **options):
    executor = symbol.simple_bind(GPU, **options, **shapes)
    fill(executor, 99)
    for number in range(steps):
        step(executor, number)
    assert recording(executor).complete, recording(executor)
    return executor


@pytest.mark.parametrize("make", EACH)
def test_training(plainly, make):
    """Data and parameters change from step to step; draws are those of the same seed."""
    one = make().simple_bind(GPU, **NETWORKS[make])
    other = plainly(make(), **NETWORKS[make])
    for a, b in zip(training(one, 7), training(other, 7), strict=True):
        same(a, b)
    assert recording(one).complete, recording(one)
    assert not recording(other).complete


@pytest.mark.parametrize("make", EACH)
def test_prediction(plainly, make):
    one = make().simple_bind(GPU, grad_req="null", **NETWORKS[make])
    other = plainly(make(), grad_req="null", **NETWORKS[make])
    for number in range(6):
        for executor in (one, other):
            fill(executor, number)
            executor.forward(is_train=False)
        same(bits(one), bits(other))
    assert recording(one, train=False).complete, recording(one, train=False)


def test_draws_change_and_are_repeated_by_seed():
    executor = ready(dropout(), NETWORKS[dropout])

    def draw() -> bytes:
        return executor.forward(is_train=True)[0].asnumpy().tobytes()

    mx.random.seed(5)
    first = [draw() for _ in range(4)]
    assert len(set(first)) == 4
    mx.random.seed(5)
    assert [draw() for _ in range(4)] == first
    mx.nd.random.uniform(shape=(3,), ctx=GPU)  # draws outside of graphs go on from there
    assert draw() not in first


def test_a_second_backward_run_repeats_the_draws():
    executor = ready(dropout(), NETWORKS[dropout])
    executor.forward(is_train=True)
    executor.backward()
    once = bits(executor)
    executor.backward()
    same(bits(executor), once)


def test_order_of_runs(plainly):
    shapes = NETWORKS[convolutions]
    one = convolutions().simple_bind(GPU, grad_req="add", **shapes)
    other = plainly(convolutions(), grad_req="add", **shapes)
    for a, b in zip(in_any_order(one), in_any_order(other), strict=True):
        same(a, b)
    assert recording(one).complete
    assert recording(one, train=False).complete


def test_arena_that_grows(plainly):
    """An executor for a larger batch moves the memory of the first one, which is recorded anew."""
    small = ready(convolutions(), NETWORKS[convolutions])
    reference = plainly(convolutions(), **NETWORKS[convolutions])
    larger = (64, *NETWORKS[convolutions]["data"][1:])
    large = small.reshape(partial_shaping=True, allow_up_sizing=True, data=larger)
    for number in range(4):
        large.forward(is_train=True, data=mx.nd.ones(larger, GPU) * number)
        large.backward()
    assert recording(large).complete
    copy_arrays(small, reference)
    for number in (7, 8, 9):
        same(step(small, number), step(reference, number))
    assert recording(small).complete


def test_executors_that_take_turns(plainly):
    """Their graphs share the memory that kernels allocate."""
    shapes = NETWORKS[convolutions]
    one, reference = ready(convolutions(), shapes), plainly(convolutions(), **shapes)
    two = convolutions().simple_bind(GPU, shared_exec=one, **shapes)
    fill(two, 5)
    for number in range(4):
        step(two, number)
    assert recording(two).complete
    copy_arrays(one, reference)
    one.forward(is_train=True)
    two.forward(is_train=True)  # overwrites the values of the first one
    one.backward()
    reference.forward(is_train=True)
    reference.forward(is_train=True)
    reference.backward()
    same(bits(one), bits(reference))
    for number in range(3):
        step(two, number)
        copy_arrays(one, reference)
        same(step(one, number), step(reference, number))


def test_buckets():
    """Sequences of several lengths, in turn, as on a CPU."""

    def symbol_for(length):
        x = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=20, output_dim=8, name="embedding")
        x = mx.sym.sum(x, axis=1) / length
        x = mx.sym.FullyConnected(x, num_hidden=6, name="last")
        return mx.sym.SoftmaxOutput(x, name="softmax"), ("data",), ("softmax_label",)

    losses = []
    for context in (mx.cpu(), GPU):
        module = mx.mod.BucketingModule(symbol_for, default_bucket_key=12, context=context)
        module.bind([("data", (4, 12))], [("softmax_label", (4,))])
        np.random.seed(0)
        mx.random.seed(0)
        module.init_params(mx.init.One())
        module.init_optimizer("local", "sgd", {"learning_rate": 0.5})
        rng, seen = np.random.RandomState(0), []
        for number in range(15):
            length = (12, 5, 9)[number % 3]
            batch = mx.io.DataBatch(
                [mx.nd.array(rng.randint(0, 20, (4, length)))],
                [mx.nd.array(rng.randint(0, 6, 4))],
                bucket_key=length,
                provide_data=[("data", (4, length))],
                provide_label=[("softmax_label", (4,))],
            )
            module.forward(batch)
            module.backward()
            module.update()
            seen.append(module.get_outputs()[0].asnumpy())
        losses.append(seen)
    for on_cpu, on_gpu in zip(*losses, strict=True):
        np.testing.assert_allclose(on_gpu, on_cpu, rtol=1e-4, atol=1e-5)


def test_parameters_that_are_copied(plainly):
    shapes = NETWORKS[perceptron]
    one, other = ready(perceptron(), shapes), plainly(perceptron(), **shapes)
    fill(other, 42)
    one.copy_params_from(other.arg_dict)
    for executor in (one, other):
        executor.forward(is_train=True)
        executor.backward()
    same(bits(one), bits(other))


def test_watchers(plainly):
    shapes = NETWORKS[convolutions]
    one, other = ready(convolutions(), shapes), plainly(convolutions(), **shapes)
    copy_arrays(one, other)
    for watched in (("forward", "backward"), ("forward",), ("backward",), ()):
        for executor in (one, other):
            for part in ("forward", "backward"):
                if part in watched and executor is one:
                    everywhere.append(Watcher())
                try:
                    getattr(executor, part)(is_train=True)
                finally:
                    everywhere[:] = []
        same(bits(one), bits(other))
    assert recording(one).complete


def taking_with_draws():
    x = mx.sym.Dropout(mx.sym.Variable("data"), p=0.5)
    taken = mx.sym.take(x, mx.sym.Variable("places"), mode="raise", name="taken")
    return mx.sym.MakeLoss(mx.sym.sum(taken))


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "found out by recording"])
def test_kernels_that_wait_without_saying_so(monkeypatch, noticed):
    """Noticed, or not and the recording fails: then torch and its generators are as before."""
    for name in ("take", "_backward_take"):
        monkeypatch.setattr(get_op(name), "waits", False)
    if not noticed:
        monkeypatch.setattr(
            "mxnet.execution.recorded.RecordedSegment.run_noticing", lambda *_: None
        )
    executor = taking_with_draws().simple_bind(GPU, data=(64, 3), places=(64,))
    executor.arg_dict["places"][:] = np.arange(64)
    for _ in range(6):
        executor.forward(is_train=True, data=mx.nd.ones((64, 3), GPU))
        executor.backward()
    reason = recording(executor).reason
    assert reason is not None
    assert ("waits for the device" if noticed else "recording failed") in reason
    assert "taken" in reason
    drawn = [executor.forward(is_train=True)[0].asscalar() for _ in range(4)]
    assert len(set(drawn)) > 1
    mx.random.seed(1)
    first = executor.forward(is_train=True)[0].asscalar()
    mx.random.seed(1)
    assert executor.forward(is_train=True)[0].asscalar() == first
    # The next program is recorded.
    ready(dropout(), NETWORKS[dropout])


def test_another_thread_meanwhile():
    """Recording does not mind what other threads do on the device."""
    stop, errors = threading.Event(), []

    def work():
        try:
            while not stop.is_set():
                mx.nd.ones((64, 64), GPU).asnumpy()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for make in (perceptron, convolutions, dropout):
            ready(make(), NETWORKS[make])
    finally:
        stop.set()
        thread.join()
    assert errors == []


def test_memory_is_given_back():
    """What executors had is free when they have gone, graphs included."""
    ready(convolutions(), NETWORKS[convolutions])  # what libraries keep is there from now on
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    for _ in range(3):
        executor = ready(convolutions(), {"data": (64, 3, 32, 32)})
        del executor
    torch.cuda.synchronize()
    assert torch.cuda.memory_allocated() <= before + (1 << 20)


def test_recorder_by_itself():
    """Memory of one graph is used again by the next, and draws go on."""
    recorder, generator = CudaRecorder(torch.device("cuda", 0)), torch.Generator("cuda")
    x, y = torch.zeros(1000, device="cuda"), torch.zeros(1000, device="cuda")
    replay = recorder.record(
        lambda: y.copy_(x + torch.rand(1000, generator=generator, device="cuda")), [generator]
    )
    assert not y.any()
    seen = []
    for number in range(3):
        x.fill_(number)
        replay()
        seen.append(y.clone())
        assert bool(((y >= number) & (y <= number + 1)).all())
    assert not torch.equal(seen[0] + 1, seen[1])
    generator.manual_seed(generator.initial_seed())
    x.fill_(0)
    replay()
    again = torch.rand(
        1000, generator=torch.Generator("cuda").manual_seed(generator.initial_seed()), device="cuda"
    )
    torch.testing.assert_close(y, again, rtol=0, atol=0)
