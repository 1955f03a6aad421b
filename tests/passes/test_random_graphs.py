"""Random graphs: what is planned, shared and captured gives the values of the plain run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.ops.shapes import UNKNOWN
from mxnet.passes.differentiate import differentiate
from mxnet.passes.infer import infer_dtypes, infer_shapes
from mxnet.passes.memory import plan_memory
from passes.random_graphs import RandomGraph, random_graphs
from running import array, run_plainly

SETTINGS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def heads_for(outputs: list[np.ndarray], seed: int) -> list[np.ndarray]:
    rng = np.random.RandomState(seed)
    return [rng.uniform(-1, 1, out.shape).astype(out.dtype) for out in outputs]


def assert_same(got: dict, want: dict) -> None:
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, 1e-4, 1e-5, err_msg=str(name))


@SETTINGS
@given(graph=random_graphs(), data=st.data())
def test_executor_like_plain_run(graph: RandomGraph, data):
    symbol = graph.symbol
    names = symbol.list_arguments()
    wanted = {n: data.draw(st.sampled_from(["write", "add", "null"]), label=n) for n in names}
    arrays = graph.arrays()
    gradients = {n: array(np.full_like(arrays[n], 0.25)) for n in names if wanted[n] != "null"}
    executor = symbol.bind(
        mx.cpu(),
        {name: array(arrays[name]) for name in names},
        args_grad=gradients,
        grad_req=wanted,
    )
    before = {name: np.full_like(arrays[name], 0.25) for name in gradients}
    for step in range(3):  # the first run records, the second and third replay
        arrays = graph.arrays(step)
        for name, value in arrays.items():
            executor.arg_dict[name][:] = value
        outputs = executor.forward(is_train=True)
        heads = heads_for([out.asnumpy() for out in outputs], step)
        want = run_plainly(symbol, arrays, heads, wanted, grad_init=before)
        assert_same(dict(enumerate(o.asnumpy() for o in outputs)), dict(enumerate(want.outputs)))
        executor.backward([array(head) for head in heads])
        got = {name: value.asnumpy() for name, value in gradients.items()}
        assert_same(got, want.gradients)
        before = got
        outputs = executor.forward(is_train=False)
        assert_same(dict(enumerate(o.asnumpy() for o in outputs)), dict(enumerate(want.outputs)))


@SETTINGS
@given(graph=random_graphs())
def test_gradients_like_central_differences(graph: RandomGraph):
    symbol = graph.symbol
    arrays = {name: value.astype("float64") for name, value in graph.arrays().items()}
    if any(kind.startswith(("relu", "maximum", "block", "zeros")) for kind in graph.steps):
        return  # kinks, and gradients that are not the derivative by definition
    outputs = run_plainly(symbol, arrays).outputs
    heads = heads_for(outputs, 1)
    gradients = run_plainly(symbol, arrays, heads, "write").gradients

    def loss(values: dict) -> float:
        results = run_plainly(symbol, values).outputs
        return float(sum(np.sum(h * r) for h, r in zip(heads, results, strict=True)))

    rng = np.random.RandomState(2)
    for name, gradient in gradients.items():
        direction = rng.uniform(-1, 1, gradient.shape)
        ahead = {**arrays, name: arrays[name] + 1e-6 * direction}
        behind = {**arrays, name: arrays[name] - 1e-6 * direction}
        numeric = (loss(ahead) - loss(behind)) / 2e-6
        analytic = float(np.sum(gradient * direction))
        assert analytic == pytest.approx(numeric, rel=1e-4, abs=1e-5), name


@SETTINGS
@given(graph=random_graphs(), data=st.data())
def test_inference_finds_the_shapes_and_never_contradicts_them(graph: RandomGraph, data):
    symbol = graph.symbol
    arrays = graph.arrays()
    truth = [out.shape for out in run_plainly(symbol, arrays).outputs]
    assert symbol.infer_shape(**{k: v.shape for k, v in arrays.items()})[1] == truth
    hidden = {}
    for name, value in arrays.items():
        shape = list(value.shape)
        for axis in range(len(shape)):
            if data.draw(st.booleans()):
                shape[axis] = 0
        if data.draw(st.booleans()):
            hidden[name] = tuple(shape)
    _, found, _ = symbol.infer_shape_partial(**hidden)
    for shape, known in zip(truth, found, strict=True):
        if known:
            assert len(known) == len(shape)
            assert all(a in (0, b) for a, b in zip(known, shape, strict=True))


@SETTINGS
@given(graph=random_graphs())
def test_json_round_trip_keeps_graph_and_values(graph: RandomGraph):
    symbol, arrays = graph.symbol, graph.arrays()
    loaded = mx.sym.load_json(symbol.tojson())
    assert loaded.tojson() == symbol.tojson()
    got, want = run_plainly(loaded, arrays).outputs, run_plainly(symbol, arrays).outputs
    for one, other in zip(got, want, strict=True):
        np.testing.assert_array_equal(one, other)


@SETTINGS
@given(graph=random_graphs())
def test_no_two_live_buffers_overlap(graph: RandomGraph):
    forward = graph.symbol._graph
    nodes = list(forward.arguments)
    ones = mx.sym.Group([mx.sym.ones_like(head) for head in graph.heads])._graph
    derivative = differentiate(forward, nodes, list(ones.outputs))
    order = dict.fromkeys((*forward.nodes, *ones.nodes, *derivative.made))
    joint = type(forward)((*forward.outputs, *derivative.gradients), list(order))
    shapes = infer_shapes(joint, {n: graph.variables[n.name] for n in joint.variables})
    dtypes = infer_dtypes(joint, dict.fromkeys(joint.variables, "float32"))
    assert all(s is not None and UNKNOWN not in s for node in shapes.values for s in node)
    fixed = [(joint.index[node], 0) for node in joint.variables]
    kept = [(joint.index[entry.node], entry.index) for entry in joint.outputs]
    plan = plan_memory(joint, shapes.values, dtypes.values, fixed, kept)
    buffers = [buffer for buffer in plan.buffers if buffer.size]
    for i, one in enumerate(buffers):
        assert one.offset >= 0
        assert one.offset + one.size <= plan.arena_size
        for other in buffers[:i]:
            apart_in_time = one.death < other.birth or other.death < one.birth
            apart_in_space = (
                one.offset + one.size <= other.offset or other.offset + other.size <= one.offset
            )
            assert apart_in_time or apart_in_space
