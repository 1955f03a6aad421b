"""Large graphs: time grows linearly, and no chain is too long for the interpreter's stack."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest

import mxnet as mx

pytestmark = pytest.mark.slow


def chain(length: int) -> mx.sym.Symbol:
    """A chain of operators over one variable."""
    symbol = mx.sym.Variable("x")
    for _ in range(length):
        symbol = symbol + 1.0
    return symbol


def seconds(function, *arguments) -> float:
    """The processor time of a run, the shortest of three; without the garbage collector."""
    best = float("inf")
    for _ in range(3):
        gc.collect()
        gc.disable()
        try:
            started = time.process_time()
            function(*arguments)
            best = min(best, time.process_time() - started)
        finally:
            gc.enable()
    return best


def assert_linear(function, make=chain, small: int = 4_000, factor: int = 4) -> None:
    """A graph ``factor`` times the size takes ``factor`` times as long: a ratio of 1 below.

    Quadratic would be a ratio of ``factor``. Machines are noisy, so one of three tries is enough.
    """
    one, other = make(small), make(small * factor)
    function(one)
    ratios = []
    for _ in range(3):
        ratios.append(seconds(function, other) / seconds(function, one) / factor)
        if ratios[-1] < 2.0:
            return
    raise AssertionError(f"not linear: {ratios}")


def run(symbol: mx.sym.Symbol, backward: bool = True) -> np.ndarray:
    executor = symbol.simple_bind(mx.cpu(), data=(2,), x=(2,))
    executor.forward(is_train=backward)
    if backward:
        executor.backward([mx.nd.ones((2,))])
        return executor.grad_dict["x"].asnumpy()
    return executor.outputs[0].asnumpy()


STAGES = {
    "list_arguments": lambda s: mx.sym.Group([s]).list_arguments(),
    "tojson": lambda s: s.tojson(),
    "round trip": lambda s: mx.sym.load_json(s.tojson()),
    "infer_shape": lambda s: s.infer_shape(x=(2, 3)),
    "infer_type": lambda s: s.infer_type(x="float32"),
    "infer backwards": lambda s: (s + mx.sym.Variable("y", shape=(2, 3))).infer_shape(),
    "gradient": lambda s: s.gradient("x"),
    "compose": lambda s: s(x=mx.sym.Variable("z")),
    "internals": lambda s: s.get_internals().list_outputs(),
    "debug_str": lambda s: s.debug_str(),
    "bind and train": run,
}


@pytest.mark.parametrize("stage", STAGES)
def test_linear_in_the_number_of_nodes(stage):
    assert_linear(STAGES[stage])


def test_linear_in_fan_out():
    def sums(count: int) -> mx.sym.Symbol:
        x = mx.sym.Variable("x")
        total = x
        for _ in range(count):
            total = total + x
        return total

    assert_linear(run, sums, 2_000)


def test_ten_thousand_nodes_train():
    np.testing.assert_array_equal(run(chain(10_000)), np.ones(2))


def test_a_hundred_thousand_nodes():
    symbol = chain(100_000)
    assert symbol.list_arguments() == ["x"]
    assert symbol.infer_shape(x=(2,))[1] == [(2,)]
    text = symbol.tojson()
    assert mx.sym.load_json(text).tojson() == text
    gradient = symbol.gradient("x")
    assert gradient.infer_shape(x=(2,))[1] == [(2,)]
    np.testing.assert_array_equal(run(symbol, backward=False), np.full(2, 100_000))
    del gradient, symbol  # nor does freeing recurse


def test_wide_graphs():
    x = mx.sym.Variable("x")
    total = mx.sym.add_n(*[x * float(i) for i in range(5_000)])
    gradient = run(total)
    assert gradient[0] == pytest.approx(5_000 * 4_999 / 2)


def test_a_deep_chain_of_layers_uses_little_memory():
    """In prediction two buffers suffice for a chain, however long it is."""
    symbol = mx.sym.Variable("x")
    for _ in range(200):
        symbol = mx.sym.Activation(symbol, act_type="tanh")
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", x=(256, 256))
    executor.forward()
    size = executor._program(False).plan.arena_size
    assert size <= 2 * 256 * 256 * 4
