"""Shapes that change: what is kept, what follows when the arena grows, and the record of it."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.execution.programs import Recent

SIZES = [(4, 8), (64, 32), (16, 128)]


def perceptron() -> mx.sym.Symbol:
    net = mx.sym.Variable("data")
    for layer in range(2):
        net = mx.sym.FullyConnected(net, num_hidden=48, name=f"fc{layer}")
        net = mx.sym.tanh(net * 2) + 1
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=5), name="softmax")


def convolutional() -> mx.sym.Symbol:
    net = mx.sym.Reshape(mx.sym.Variable("data"), shape=(0, 1, 2, -1))
    net = mx.sym.Convolution(net, kernel=(1, 1), num_filter=6, name="c")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, name="n"), act_type="relu")
    net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="avg")
    net = mx.sym.FullyConnected(net, num_hidden=5, name="fc")
    return mx.sym.SoftmaxOutput(mx.sym.Dropout(net, p=0), name="softmax")


def fill(executor: mx.executor.Executor) -> None:
    rng = np.random.RandomState(0)
    for name, array in sorted(executor.arg_dict.items()):
        array[:] = rng.randint(0, 5, array.shape) if "label" in name else rng.randn(*array.shape)


def step(executor: mx.executor.Executor) -> list[np.ndarray]:
    executor.forward(is_train=True)
    executor.backward()
    gradients = (array for array in executor.grad_arrays if array is not None)
    return [array.asnumpy() for array in (*executor.outputs, *gradients)]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("net", [perceptron(), convolutional()], ids=["planes", "convolution"])
def test_programs_follow_when_the_arena_grows(net, order):
    executors, expected = {}, {}
    first = None
    for index in order:
        alone = net.simple_bind(mx.cpu(), data=SIZES[index])
        first = executors[index] = net.simple_bind(mx.cpu(), shared_exec=first, data=SIZES[index])
        for executor in (alone, first):
            fill(executor)
        expected[index] = step(alone)
        for each in (*executors, *executors):  # made, grown, and run again
            for one, other in zip(step(executors[each]), expected[each]):
                np.testing.assert_array_equal(one, other)
    largest = max(executor.memory.activations for executor in executors.values())
    assert {executor._arena.size for executor in executors.values()} == {largest}
    assert executors[order[-1]]._arena is executors[order[0]]._arena


def test_forward_values_that_growth_has_lost_are_computed_again():
    small = perceptron().simple_bind(mx.cpu(), data=SIZES[0])
    fill(small)
    expected = step(small)
    small.forward(is_train=True)
    perceptron().simple_bind(mx.cpu(), shared_exec=small, data=(256, 64))
    small.backward()
    for array, value in zip(small.grad_arrays, expected[1:]):
        np.testing.assert_array_equal(array.asnumpy(), value)


def test_reshape_back_takes_the_kept_program():
    large = perceptron().simple_bind(mx.cpu(), data=(8, 6))
    fill(large)
    expected = step(large)
    shapes = {"data": (3, 6), "softmax_label": (3,)}
    small = large.reshape(**shapes)
    again = small.reshape(allow_up_sizing=True, data=(8, 6), softmax_label=(8,))
    assert again._program(True) is not large._program(True), "its arrays are new"
    assert again.binds[0].planned is False, "but the shapes are not"
    for executor in (large.reshape(**shapes), small.reshape(**shapes)):
        assert executor is not small
        assert executor._program(True) is small._program(True)
        assert executor.outputs[0].shape == (3, 5)
        assert (executor.binds[-1].rebind, executor.binds[-1].planned) == (True, False)
    back = large.reshape(data=(8, 6), softmax_label=(8,))
    assert back._program(True) is large._program(True)
    for one, other in zip(step(back), expected):
        np.testing.assert_array_equal(one, other)


def test_executors_with_one_program_go_back_through_their_own_draws():
    net = mx.sym.Dropout(mx.sym.Variable("data"), p=0.5, name="drop")
    one = net.simple_bind(mx.cpu(), data=(8, 8))
    other = one.reshape(data=(8, 8))
    assert other.binds[-1].why == "shapes bound before, program kept"
    one.forward(is_train=True, data=mx.nd.ones((8, 8)))
    drawn = one.outputs[0].asnumpy()
    other.backward(mx.nd.ones((8, 8)))  # without a run of its own: that of the arena
    np.testing.assert_array_equal(other.grad_dict["data"].asnumpy(), drawn)
    for first, second in ((one, other), (other, one)):
        drawn = first.forward(is_train=True)[0].asnumpy()
        latest = second.forward(is_train=True)[0].asnumpy()
        assert (latest != drawn).any()
        first.backward(mx.nd.ones((8, 8)))
        np.testing.assert_array_equal(first.grad_dict["data"].asnumpy(), drawn)
        np.testing.assert_array_equal(second.outputs[0].asnumpy(), latest)


def test_monitor_of_one_is_not_that_of_another():
    large = perceptron().simple_bind(mx.cpu(), data=(8, 6))
    seen = []
    large.set_monitor_callback(lambda name, array: seen.append(name))
    twin = large.reshape(data=(8, 6))
    twin.forward()
    assert not seen
    large.forward()
    assert "fc0_output" in seen


def test_kept_memory_is_that_of_the_first_only():
    executor = perceptron().simple_bind(mx.cpu(), data=(2, 6))
    for rows in range(3, 30):
        executor.reshape(allow_up_sizing=True, data=(rows, 6), softmax_label=(rows,))
    assert len(executor._kept.bindings) == 1
    assert len(executor._kept.blueprints) <= executor._kept.blueprints.most


def test_binds_are_recorded_and_logged(caplog):
    caplog.set_level(logging.DEBUG, logger="mxnet")
    small = perceptron().simple_bind(mx.cpu(), data=SIZES[0])
    (first,) = small.binds
    assert (first.why, first.rebind, first.planned, first.train) == (
        "first bind",
        False,
        True,
        True,
    )
    assert first.outputs == ("softmax_output",)
    assert first.seconds > 0
    assert first.arena == small.memory.activations
    small.forward()
    assert (small.binds[-1].why, small.binds[-1].rebind) == ("first run for prediction", False)
    step(small)
    shapes = {"data": SIZES[1], "softmax_label": (64,)}
    large = small.reshape(partial_shaping=True, allow_up_sizing=True, **shapes)
    assert large.binds[0].why.startswith("new shapes: data (64, 32), was (4, 8)")
    step(small)
    grown = small.binds[-1]
    assert grown.why == f"the arena grew from {first.arena} to {large.memory.activations} bytes"
    assert (grown.rebind, grown.planned) == (True, False)
    small.set_monitor_callback(lambda name, array: None)
    small.forward()
    assert "every node is to be seen" in small.binds[-1].why
    levels = {record.getMessage(): record.levelname for record in caplog.records}
    for made in (*small.binds, *large.binds):
        assert levels[str(made)] == ("INFO" if made.rebind else "DEBUG")


def test_buckets_in_any_order_share_one_arena():
    def network(length):
        net = mx.sym.tanh(mx.sym.Variable("data"))
        net = mx.sym.FullyConnected(net, num_hidden=7, flatten=False, name="fc")
        net = mx.sym.sum(mx.sym.exp(net), axis=1)
        return mx.sym.SoftmaxOutput(net, name="softmax"), ("data",), ("softmax_label",)

    module = mx.mod.BucketingModule(network, default_bucket_key=4)
    module.bind([("data", (2, 4, 3))], [("softmax_label", (2,))])
    module.init_params()
    module.init_optimizer()
    arenas, sizes = set(), []
    for length in (4, 64, 16, 4, 64):
        data = mx.io.DataBatch(
            [mx.nd.ones((2, length, 3))], [mx.nd.zeros((2,))], bucket_key=length,
            provide_data=[("data", (2, length, 3))], provide_label=[("softmax_label", (2,))],
        )  # fmt: skip
        module.forward_backward(data)
        module.update()
        (executor,) = module._curr_module._exec_group.execs
        arenas.add(id(executor._arena))
        sizes.append(executor.memory.activations)
        assert executor._arena.size == max(sizes)
    assert len(arenas) == 1
    (executor,) = module._buckets[64]._exec_group.execs
    assert executor.binds[0].why == "new shapes: data (2, 64, 3), was (2, 4, 3)"


def test_what_is_used_again_is_not_forgotten():
    kept: Recent[str] = Recent(2)
    kept.add("first", "1")
    kept.add("second", "2")
    assert (kept.find("first"), kept.find("third")) == ("1", None)
    kept.add("third", "3")
    assert list(kept) == ["first", "third"]
