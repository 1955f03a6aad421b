"""What a network needs, and whether it fits."""

from __future__ import annotations

import pytest

import mxnet as mx


def report():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=64, name="fc")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh")
    return mx.sym.sum(net).plan_memory(data=(256, 32))


def test_parts_add_up():
    needed = report()
    parts = (
        "parameters", "gradients", "states", "outputs", "activations", "adopted", "prepared",
        "scratch",
    )  # fmt: skip
    assert needed.total == sum(getattr(needed, part) for part in parts)
    assert needed.parameters == needed.gradients == 4 * (256 * 32 + 64 * 32 + 64)
    live = [s for s in needed.spans if s.first <= needed.peak_step <= s.last]
    assert sum(span.size for span in live) == needed.activations + needed.adopted
    assert sum(alive.size for alive in needed.alive) == sum(span.size for span in live)
    assert all("test_report.py:" in alive.origin for alive in needed.alive)


@pytest.mark.parametrize(
    ("available", "enough"),
    [(10, False), (1 << 30, True), ("1KB", False), ("16GB", True), (mx.cpu(), True)],
)
def test_fits(available, enough):
    assert report().fits(available) is enough


def test_fits_refuses_what_is_no_memory():
    with pytest.raises(mx.MXNetError, match="2GB"):
        report().fits("much")
    if not mx.context.num_gpus():
        with pytest.raises(mx.MXNetError, match="not available"):
            report().fits(mx.gpu())
