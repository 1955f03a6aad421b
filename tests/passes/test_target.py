"""What a device is asked for: settings in the environment, and storage formats."""

from __future__ import annotations

import pytest

import mxnet as mx
from benchmarks.workloads import WORKLOADS
from mxnet.base import setting
from mxnet.passes.target import channels_last_types
from mxnet.planning import make_plan

# Families of operators that passes put into graphs for CPUs alone.
FOR_CPUS = {
    "fused", "fused_normalization", "im2col", "pieces", "products", "subsample", "winograd",
}  # fmt: skip
CORES = "MXNET_CUDA_ALLOW_TENSOR_CORE"
CONVERSION = "MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION"


@pytest.mark.parametrize(
    ("text", "number"), [("", 7), ("0", 0), ("2", 2), ("True", 1), ("false", 0)]
)
def test_settings(monkeypatch, text, number):
    monkeypatch.setenv("MXNET_X", text)
    assert setting("MXNET_X", 7) == number


def test_a_setting_that_is_no_number(monkeypatch):
    monkeypatch.setenv("MXNET_X", "often")
    with pytest.raises(mx.MXNetError, match="MXNET_X should be a number"):
        setting("MXNET_X", 7)


@pytest.mark.parametrize(
    ("variables", "types"),
    [
        ({}, ("float16", "bfloat16")),
        ({CONVERSION: "1"}, ("float16", "bfloat16", "float32")),
        ({CORES: "0", CONVERSION: "1"}, ()),
    ],
)
def test_channels_last_on_gpus(monkeypatch, variables, types):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert channels_last_types("cuda") == types
    assert "float32" in channels_last_types("cpu")


@pytest.mark.parametrize("grad_req", ["write", "null"])
@pytest.mark.parametrize("name", ["mlp-b100", "lstm-lm-b32", "transformer-b8", "resnet-50-b8"])
def test_plans_for_a_gpu_that_is_not_there(name, grad_req):
    """Without kernels of CPUs, and float32 in the order of the axes."""
    workload = WORKLOADS[name].shrunk()
    with mx.gpu(0):
        planned = make_plan(workload.symbol, grad_req, {}, None, workload.shapes)
        low = make_plan(workload.symbol, grad_req, {}, None, workload.shapes, "bfloat16")
    assert planned.report.total > planned.report.parameters > 0
    kinds = {type(node.op) for node in planned.joint.graph.nodes if node.op is not None}
    families = {(getattr(kind, "forward_class", kind)).__module__ for kind in kinds}
    assert not {family.rpartition(".")[2] for family in families} & FOR_CPUS
    assert not planned.channels_last
    assert bool(low.channels_last) == workload.pictures


@pytest.mark.parametrize("name", ["MXNET_USE_FUSION", "MXNET_BACKWARD_DO_MIRROR"])
def test_switches_that_are_no_numbers_are_refused(name, monkeypatch):
    monkeypatch.setenv(name, "perhaps")
    net = mx.sym.MakeLoss(mx.sym.exp(mx.sym.Variable("data")))
    with pytest.raises(mx.MXNetError, match=f"{name} should be a number"):
        net.plan_memory(data=(2, 3))
    monkeypatch.setenv(name, "false")
    assert net.plan_memory(data=(2, 3)).recomputed is None
