"""What a device is asked for: settings in the environment, and storage formats."""

from __future__ import annotations

import pytest

import mxnet as mx
from mxnet.passes.target import channels_last_types, setting

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


def test_plan_for_a_gpu_that_is_not_there():
    """Without kernels of CPUs, and float32 in the order of the axes."""
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = mx.sym.MakeLoss(mx.sym.sum(mx.sym.relu(net)))
    with mx.gpu(0):
        plan = net.plan_memory(data=(2, 3, 8, 8))
    assert plan.total > plan.parameters > 0
