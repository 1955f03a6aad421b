"""Programs that are recorded: when, anew, when not and why. A stand-in plays the CUDA graphs."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import numpy as np
import pytest

import mxnet as mx
from executor.stand_in import StandIn
from mxnet.execution.recorded import RECORDERS
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

WARM = 2


@pytest.fixture(autouse=True)
def _as_on_a_gpu(monkeypatch):
    """Without the kernels that only CPUs have."""
    monkeypatch.setenv("MXNET_USE_FUSION", "0")
    monkeypatch.setenv("MXNET_SUBGRAPH_BACKEND", "NONE")


@pytest.fixture
def recorders(monkeypatch) -> list[StandIn]:
    """The stand-ins that are made for arenas."""
    made: list[StandIn] = []

    def make(device):
        made.append(StandIn(device))
        return made[-1]

    monkeypatch.setitem(RECORDERS, "cpu", make)
    return made


@pytest.fixture
def plainly(monkeypatch) -> Callable:
    """Bind without recorders."""

    def bind(symbol, **shapes):
        with monkeypatch.context() as context:
            context.delitem(RECORDERS, "cpu", raising=False)
            executor = symbol.simple_bind(mx.cpu(), **shapes)
            executor.forward(is_train=False)
        return executor

    return bind


EACH = [pytest.param(make, id=make.__name__) for make in NETWORKS]


def recording(executor, train: bool = True):
    return executor._program(train).recording


@pytest.mark.parametrize("make", EACH)
def test_training_gives_the_same_bits(recorders, plainly, make):
    one = make().simple_bind(mx.cpu(), **NETWORKS[make])
    other = plainly(make(), **NETWORKS[make])
    assert recording(other) is None
    for a, b in zip(training(one, 6), training(other, 6), strict=True):
        same(a, b)
    assert recording(one).complete
    assert recorders[0].log == ["warm"] * 2 * WARM + ["record", "replay"] * 2 + ["replay"] * 6


@pytest.mark.parametrize("make", EACH)
def test_prediction_gives_the_same_bits(recorders, plainly, make):
    one = make().simple_bind(mx.cpu(), grad_req="null", **NETWORKS[make])
    other = plainly(make(), grad_req="null", **NETWORKS[make])
    for number in range(5):
        for executor in (one, other):
            fill(executor, number)
            executor.forward(is_train=False)
        same(bits(one), bits(other))
    assert recorders[0].log == ["warm"] * WARM + ["record"] + ["replay"] * 3


def ready(symbol, shapes: dict, **options):
    """An executor whose training runs are recorded."""
    executor = symbol.simple_bind(mx.cpu(), **options, **shapes)
    fill(executor, 99)
    for number in range(WARM + 1):
        step(executor, number)
    assert recording(executor).complete
    return executor


def test_dropout_draws_anew_and_by_seed(recorders):
    executor = ready(dropout(), NETWORKS[dropout])

    def draw() -> bytes:
        return executor.forward(is_train=True)[0].asnumpy().tobytes()

    mx.random.seed(5)
    first = [draw() for _ in range(3)]
    assert len(set(first)) == 3
    mx.random.seed(5)
    assert [draw() for _ in range(3)] == first


def test_a_second_backward_run_repeats_the_draws(recorders):
    executor = ready(dropout(), NETWORKS[dropout])
    executor.forward(is_train=True)
    executor.backward()
    once = bits(executor)
    executor.backward()
    same(bits(executor), once)


def test_order_of_runs(recorders, plainly):
    shapes = NETWORKS[convolutions]
    one = convolutions().simple_bind(mx.cpu(), grad_req="add", **shapes)
    other = plainly(convolutions(), grad_req="add", **shapes)
    for a, b in zip(in_any_order(one), in_any_order(other), strict=True):
        same(a, b)
    assert recording(one).complete
    assert recording(one, train=False).complete


def test_arena_that_grows(recorders, plainly):
    shapes = {"data": (4, 3, 12, 12)}
    small = ready(convolutions(), shapes)
    reference = plainly(convolutions(), **shapes)
    large = small.reshape(partial_shaping=True, allow_up_sizing=True, data=(9, 3, 12, 12))
    for number in range(5):
        large.forward(is_train=True, data=mx.nd.ones((9, 3, 12, 12)) * number)
        large.backward()
    copy_arrays(small, reference)
    same(step(small, 7), step(reference, 7))
    assert recording(small).complete
    assert [each.why for each in small.binds].count("forward run recorded") == 2
    assert len(recorders) == 1
    same(step(small, 8), step(reference, 8))


def test_executors_that_take_turns(recorders, plainly):
    shapes = NETWORKS[convolutions]
    one = ready(convolutions(), shapes)
    blocks = len(recorders[0].blocks)
    assert blocks > 0
    two = convolutions().simple_bind(mx.cpu(), shared_exec=one, **shapes)
    fill(two, 5)
    for number in range(4):
        step(two, number)
    assert recording(two).complete
    assert len(recorders[0].blocks) == blocks
    reference = plainly(convolutions(), **shapes)
    copy_arrays(one, reference)
    one.forward(is_train=True)
    two.forward(is_train=True)  # overwrites the values of the first one
    one.backward()
    reference.forward(is_train=True)
    reference.forward(is_train=True)  # the first one has to repeat its run
    reference.backward()
    same(bits(one), bits(reference))


def test_parameters_that_are_copied(recorders, plainly):
    shapes = NETWORKS[perceptron]
    one, other = ready(perceptron(), shapes), plainly(perceptron(), **shapes)
    fill(other, 42)
    one.copy_params_from(other.arg_dict)
    for executor in (one, other):
        executor.forward(is_train=True)
        executor.backward()
    same(bits(one), bits(other))


def test_states_count_as_changed(recorders):
    executor = ready(convolutions(), NETWORKS[convolutions])
    mean = executor.aux_dict["bn0_moving_mean"]._tensor
    before = mean._version
    executor.forward(is_train=True)
    executor.backward()
    assert mean._version > before


def taking():
    places = mx.sym.Variable("places")
    taken = mx.sym.take(mx.sym.Variable("data"), places, mode="raise", name="taken")
    return mx.sym.MakeLoss(mx.sym.sum(taken))


REASONS = {
    "an operator that waits": (taking, {"data": (4, 3), "places": (2,)}, "taken (take) waits for"),
    "sizes that depend on values": (
        lambda: mx.sym.contrib.boolean_mask(mx.sym.Variable("data"), mx.sym.Variable("mask")),
        {"data": (4, 3), "mask": (4,)},
        "sizes are known at run time only",
    ),
}


@pytest.mark.parametrize("case", REASONS.values(), ids=REASONS)
def test_programs_that_are_not_recorded(recorders, case):
    make, shapes, reason = case
    executor = make().simple_bind(mx.cpu(), grad_req="null", **shapes)
    executor.arg_dict["data"][:] = 1
    for _ in range(4):
        executor.forward()
    assert not any("record" in recorder.log for recorder in recorders)
    assert any(f"runs kernel by kernel: {reason}" in str(each) for each in executor.binds)
    assert f"not recorded: {reason}" in executor.debug_str()


def test_off_switch(recorders, monkeypatch):
    monkeypatch.setenv("MXNET_ENABLE_CUDA_GRAPHS", "0")
    executor = perceptron().simple_bind(mx.cpu(), **NETWORKS[perceptron])
    for number in range(4):
        step(executor, number)
    assert recorders[0].log == []
    assert "MXNET_ENABLE_CUDA_GRAPHS" in executor.debug_str()


def test_an_operator_that_waits_without_saying_so(recorders, monkeypatch, caplog):
    monkeypatch.setattr(get_op("take"), "waits", False)
    monkeypatch.setattr(get_op("_backward_take"), "waits", False)
    executor = taking().simple_bind(mx.cpu(), data=(4, 3), places=(2,))
    for number in range(5):
        executor.forward(is_train=True, data=mx.nd.ones((4, 3)) * number)
        executor.backward()
        assert executor.outputs[0].asscalar() == 6 * number
    assert "record" not in recorders[0].log
    assert recording(executor).reason == "taken (take) waits for the device"
    assert "taken (take) waits" in caplog.text


@pytest.mark.parametrize("refused", ["convolution", "convolution_backward"])
def test_a_recording_that_fails(recorders, plainly, caplog, refused):
    shapes = NETWORKS[convolutions]
    one, other = convolutions().simple_bind(mx.cpu(), **shapes), plainly(convolutions(), **shapes)
    recorders[0].refused = {refused}
    for executor in (one, other):
        fill(executor, 99)
    for number in range(6):
        same(step(one, number), step(other, number))
    assert "capturing" in recording(one).reason
    assert "conv" in recording(one).reason
    assert "recording failed" in caplog.text
    assert any("recording failed" in each.why for each in one.binds)
    assert recorders[0].log.count("warm") == 2 * WARM


def test_failed_recording_of_the_backward_run_with_draws(recorders, plainly):
    shapes = NETWORKS[dropout]
    one, other = dropout().simple_bind(mx.cpu(), **shapes), plainly(dropout(), **shapes)
    recorders[0].refused = {"threshold_backward"}
    found = []
    for executor in (one, other):
        fill(executor, 99)
        mx.random.seed(8)
        found.append([step(executor, number) for number in range(5)])
    for a, b in zip(*found, strict=True):
        same(a, b)
    assert "recording failed" in recording(one).reason


def test_failed_recording_after_a_forward_run_that_changes_variables(recorders, plainly):
    """That run is repeated, on what it had read the first time."""
    names = mx.sym.Variable("weight"), mx.sym.Variable("gradient"), mx.sym.Variable("momentum")
    update = mx.sym.BlockGrad(mx.sym.sgd_mom_update(*names, lr=0.1, momentum=0.9), name="update")
    loss = mx.sym.MakeLoss(mx.sym.sum(mx.sym.relu(mx.sym.Variable("data"))), name="loss")
    net, shapes = mx.sym.Group([loss, update]), {"data": (4,), "weight": (3,)}
    one, other = net.simple_bind(mx.cpu(), **shapes), plainly(net, **shapes)
    other.aux_dict["momentum"][:] = 0  # it has made a run
    recorders[0].refused = {"threshold_backward"}
    for executor in (one, other):
        fill(executor, 3)
    for _ in range(5):
        for executor in (one, other):
            executor.forward(is_train=True)
            executor.backward([mx.nd.ones(out.shape) for out in executor.outputs])
        same(bits(one), bits(other))
        assert (
            one.arg_dict["weight"].asnumpy().tolist() == other.arg_dict["weight"].asnumpy().tolist()
        )
    assert "recording failed" in recording(one).reason


def test_calls_from_within(recorders):
    executor = ready(perceptron(), NETWORKS[perceptron])
    called = []
    segment = executor._program(True).backward
    segment.call_after({0: [lambda: called.append(1)]})
    step(executor, 1)
    step(executor, 2)
    assert len(called) == 2
    assert "from within" in executor.debug_str()
    segment.call_after({})
    for number in range(4):
        step(executor, number)
    assert recording(executor).complete


class Names(Watcher):
    def __init__(self):
        self.names: list[str] = []

    def after(self, instruction):
        self.names.append(instruction.node.name)


def test_watchers(recorders, plainly):
    """Whoever watches sees kernels one by one, and the values are the same."""
    shapes = NETWORKS[convolutions]
    one, other = ready(convolutions(), shapes), plainly(convolutions(), **shapes)
    for name, array in (*one.arg_dict.items(), *one.aux_dict.items()):
        {**other.arg_dict, **other.aux_dict}[name][:] = array
    watcher = Names()
    for watched in (("forward", "backward"), ("forward",), ("backward",), ()):
        for executor in (one, other):
            for part in ("forward", "backward"):
                if part in watched and executor is one:
                    everywhere.append(watcher)
                try:
                    getattr(executor, part)(is_train=True)
                finally:
                    everywhere[:] = []
        same(bits(one), bits(other))
    assert "conv0" in watcher.names
    assert recording(one).complete


def test_monitor_sees_every_node(recorders):
    executor = ready(perceptron(), NETWORKS[perceptron])
    seen = []
    executor.set_monitor_callback(lambda name, array: seen.append(name))
    executor.forward(is_train=True)
    assert "first_output" in seen
    executor.set_monitor_callback(None)
    recorders[0].log.clear()
    step(executor, 1)
    assert recorders[0].log == ["replay", "replay"]


def test_states_are_changed_once_by_the_step_that_is_recorded(recorders):
    executor = convolutions().simple_bind(mx.cpu(), **NETWORKS[convolutions])
    fill(executor, 1)
    mean = executor.aux_dict["bn0_moving_mean"]
    values = []
    for _ in range(4):
        executor.forward(is_train=True)
        executor.backward()
        values.append(mean.asnumpy().copy())
    limit = values[0] / 0.1  # of 0.9 mean + 0.1 of a constant, from 0
    for number, value in enumerate(values, 1):
        np.testing.assert_allclose(value, limit * (1 - 0.9**number), rtol=1e-4)


def test_nothing_is_kept(recorders):
    """An executor with its memory goes when nobody holds it, without a search for garbage."""
    executor = ready(convolutions(), NETWORKS[convolutions])
    gone = weakref.ref(executor._arena), weakref.ref(executor._program(True).forward)
    gc.disable()
    try:
        del executor
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()
