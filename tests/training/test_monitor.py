"""Monitors: true values under the memory plan, and the node that makes the first NaN."""

from __future__ import annotations

import json
import logging
import os
import runpy
import subprocess
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx


def network():
    data = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(data, num_hidden=3, name="fc")
    net = mx.sym.Activation(net, act_type="tanh", name="act")
    return mx.sym.SoftmaxOutput(net, name="so")


@pytest.fixture
def executor():
    executor = network().simple_bind(mx.cpu(), data=(2, 4))
    for array in executor.arg_arrays:
        array[:] = np.arange(array.size).reshape(array.shape) / 10
    return executor


def run(executor, monitor, backward=True):
    monitor.tic()
    executor.forward(is_train=True)
    if backward:
        executor.backward()
    return monitor.toc()


def values(found) -> dict[str, float]:
    return {name: float(text) for _, name, text in found}


# -- Monitor ---------------------------------------------------------------------------------------
PROGRAM = Path(__file__).parent / "programs/monitored.py"
NETWORKS = runpy.run_path(str(PROGRAM))
RECORDED = json.loads((Path(__file__).parent / "monitored.json").read_text())

# What only 1.9.1 computes: gradients of labels, which are zeros; the sums of all gradients of one
# value, under one name; a product that is added right into the gradient of a shared weight.
ONLY_IN_1X = {
    "layers": {"pool_workspace", "softmax_backward_output1", "zeros_without_dtype_output"},
    "shared": {"sum_grad_output", "regression_backward_output1", "one_backward_output1"},
    "formulas": set(),
}


@pytest.mark.parametrize("network", RECORDED)
def test_names_and_values_are_those_of_1x(network):
    want = dict(RECORDED[network])
    for name in ONLY_IN_1X[network]:
        del want[name]
    seen = NETWORKS["seen"](*NETWORKS[network]())
    got = {name: values for name, values in seen.items() if name in want}
    assert got.keys() == want.keys()
    for name, values in want.items():
        assert got[name] == pytest.approx(values, rel=1e-4, abs=1e-6), name
    # Beside them there are the steps within a derivative, and what operators keep for it.
    rest = seen.keys() - want.keys()
    assert all("_backward_" in name or name.endswith(("_sum_output", "_indices")) for name in rest)


@pytest.mark.oracle
@pytest.mark.skipif("REMX_ORACLE" not in os.environ, reason="REMX_ORACLE names no Python")
def test_the_record_is_that_of_1x():
    environment = {**os.environ, "PYTHONPATH": "", "MXNET_SUBGRAPH_BACKEND": "NONE"}
    done = subprocess.run(
        [os.environ["REMX_ORACLE"], PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = json.loads(done.stdout)
    assert theirs.keys() == RECORDED.keys()
    for network, want in RECORDED.items():
        assert theirs[network].keys() == want.keys()
        for name in want.keys() - {"pool_workspace"}:  # memory that nothing has written to
            assert theirs[network][name] == pytest.approx(want[name], rel=1e-4, abs=1e-6), name


def test_arguments_come_last(executor):
    monitor = mx.mon.Monitor(1)
    monitor.install(executor)
    found = run(executor, monitor)
    assert [name for _, name, _ in found][-4:] == ["data", "fc_weight", "fc_bias", "so_label"]
    assert {step for step, _, _ in found} == {1}


@pytest.mark.parametrize(
    "how", [{"group2ctx": {"a": mx.cpu(1)}}, {"memory_budget": "1 MB"}, {"precision": "bfloat16"}]
)
def test_names_stay_whatever_is_made_of_the_graph(how):
    executor = network().simple_bind(mx.cpu(), data=(2, 4), **how)
    monitor = mx.mon.Monitor(1)
    monitor.install(executor)
    names = {name for _, name, _ in run(executor, monitor)}
    assert {"so_backward_output0", "act_backward_output"} <= names
    assert {f"fc_backward_output{number}" for number in range(3)} <= names


def test_inputs_are_seen_before_they_are_overwritten(executor):
    program = executor._program(True)
    act = next(i for i in program.forward.instructions if i.node.name == "act")
    assert act.reads[0].data_ptr() == act.writes[0].data_ptr()  # planned in place
    monitor = mx.mon.Monitor(1, monitor_all=True)
    monitor.install(executor)
    got = values(run(executor, monitor))
    assert got["act_data"] == got["fc_output"] == pytest.approx(1.1826524, rel=1e-5)
    assert got["act_backward_d_output"] == got["so_backward_output0"]
    assert "so_backward_data" not in got  # only its shape is read


def test_watching_changes_no_result(executor):
    """But for rounding: while somebody watches, operators run one by one."""
    executor.forward(is_train=True)
    executor.backward()
    plain = [executor.outputs[0].asnumpy(), executor.grad_dict["fc_weight"].asnumpy()]
    monitor = mx.mon.Monitor(1)
    monitor.install(executor)
    for _ in range(2):
        assert run(executor, monitor)
        np.testing.assert_allclose(executor.outputs[0].asnumpy(), plain[0], 1e-6, 1e-7)
        np.testing.assert_allclose(executor.grad_dict["fc_weight"].asnumpy(), plain[1], 1e-5, 1e-7)


def test_interval_pattern_and_sorting(executor):
    monitor = mx.mon.Monitor(2, stat_func=lambda x: x.max(), pattern="fc_.*", sort=True)
    monitor.install(executor)
    found = [run(executor, monitor, backward=False) for _ in range(4)]
    assert [[name for _, name, _ in each] for each in found] == [
        ["fc_bias", "fc_output", "fc_weight"],
        [],
    ] * 2
    assert [each[0][0] for each in found[::2]] == [1, 3]


@pytest.mark.parametrize(
    ("statistic", "text"),
    [
        (lambda x: [x.max(), x.min()], "0.2\t0.0\t"),
        (lambda x: x[:2], "[0.  0.1]\t"),
        (lambda x: 5.0, "5.0\t"),
    ],
)
def test_statistics_as_text(executor, statistic, text):
    monitor = mx.mon.Monitor(1, stat_func=statistic, pattern="fc_bias")
    monitor.install(executor)
    assert run(executor, monitor) == [(1, "fc_bias", text)]


def test_statistics_that_are_no_arrays(executor):
    monitor = mx.mon.Monitor(1, stat_func=lambda x: "no", pattern="fc_bias")
    monitor.install(executor)
    with pytest.raises(TypeError, match="stat_func"):
        run(executor, monitor)


def test_auxiliary_states_and_printing(caplog):
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn")
    executor = net.simple_bind(mx.cpu(), data=(2, 3))
    monitor = mx.mon.Monitor(1, stat_func=lambda x: x.sum(), pattern="bn_moving.*")
    monitor.install(executor)
    monitor.tic()
    executor.forward()
    with caplog.at_level(logging.INFO):
        monitor.toc_print()
    assert [r.getMessage() for r in caplog.records] == [
        f"Batch:       1 {name:<30s} 0.0\t" for name in ("bn_moving_mean", "bn_moving_var")
    ]
    assert monitor.toc() == []


def test_module_fit_uses_a_monitor(caplog):
    data = mx.io.NDArrayIter(np.ones((8, 4)), np.zeros(8), batch_size=4, label_name="so_label")
    module = mx.mod.Module(network(), label_names=["so_label"])
    with caplog.at_level(logging.INFO):
        module.fit(data, num_epoch=1, monitor=mx.mon.Monitor(2, pattern="act_output"))
    assert sum("act_output" in record.getMessage() for record in caplog.records) == 1


# -- NanMonitor ------------------------------------------------------------------------------------
def risky():
    data = mx.sym.Variable("data")
    product = mx.sym.FullyConnected(data, num_hidden=3, name="fc")
    logarithm = mx.sym.log(product, name="lg")
    root = mx.sym.sqrt(data, name="sq")
    return mx.sym.Group([mx.sym.MakeLoss(mx.sym.sum(x)) for x in (logarithm + 1, root)])


def bound(weight: float, value: float = 1.0):
    executor = risky().simple_bind(mx.cpu(), data=(2, 4))
    executor.arg_dict["fc_weight"][:] = weight
    executor.arg_dict["data"][:] = 1
    executor.arg_dict["data"][0, 1] = value
    return executor


def test_first_nan_is_named_with_its_line_and_inputs():
    executor = bound(-1)
    mx.mon.NanMonitor().install(executor)
    with pytest.raises(mx.error.NodeError) as caught:
        executor.forward(is_train=True)
    error = caught.value
    assert (error.facts.node, error.stage) == ("lg", "forward")
    assert "6 NaN of the 6 values of lg_output (2, 3)" in error.reason
    assert error.facts.origin.startswith("test_monitor.py:")
    assert [f.value for f in error.facts.inputs] == ["(2, 3) in [-4, -4]"]
    assert "fc" in str(error)


def test_first_infinity_of_the_backward_run():
    executor = bound(1, value=0)
    monitor = mx.mon.NanMonitor(infinite=True, raises=False)
    monitor.install(executor)
    found = run(executor, monitor)
    assert [name for _, name, _ in found] == ["sq_backward_elemwise_div"]
    assert "in the gradient of sq" in found[0][2]
    assert "in [0, 2]" in found[0][2]
    monitor.infinite = False
    assert run(executor, monitor) == []


def test_nan_in_an_argument_is_told_apart():
    executor = bound(1, value=float("nan"))
    mx.mon.NanMonitor().install(executor)
    with pytest.raises(mx.error.NodeError) as caught:
        executor.forward()
    assert caught.value.facts.node == "fc"
    assert "1 NaN" in caught.value.facts.inputs[0].value
    assert "an input" in caught.value.hint


def test_input_of_an_operator_in_place_has_its_range_from_before():
    net = mx.sym.MakeLoss(mx.sym.sum(mx.sym.log(mx.sym.Variable("data") + 1, name="lg")))
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=(2, 3))
    mx.mon.NanMonitor().install(executor)
    executor.arg_dict["data"][:] = -5
    lg = next(i for i in executor._program(False).forward.instructions if i.node.name == "lg")
    assert lg.reads[0].data_ptr() == lg.writes[0].data_ptr()
    with pytest.raises(mx.error.NodeError, match=r"in \[-4, -4\]"):
        executor.forward()


def test_nan_monitor_in_fit_and_interval(caplog):
    data = mx.io.NDArrayIter(
        np.full((8, 4), np.nan), np.zeros(8), batch_size=4, label_name="so_label"
    )
    module = mx.mod.Module(network(), label_names=["so_label"])
    with pytest.raises(mx.error.NodeError, match="NaN"):
        module.fit(data, num_epoch=1, monitor=mx.mon.NanMonitor())
    data.reset()
    module = mx.mod.Module(network(), label_names=["so_label"])
    with caplog.at_level(logging.ERROR):
        module.fit(data, num_epoch=1, monitor=mx.mon.NanMonitor(interval=2, raises=False))
    assert len([r for r in caplog.records if "NaN" in r.getMessage()]) == 1
