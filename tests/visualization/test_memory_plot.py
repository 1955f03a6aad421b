"""plot_memory: every piece of memory where it lies, for symbols, executors and reports."""

from __future__ import annotations

import xml.etree.ElementTree as xml

import pytest

import mxnet as mx

SHAPES = {"data": (8, 3, 16, 16)}


def network():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, name="bn"), act_type="tanh", name="tanh")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2), name="softmax")


def test_all_pieces_are_drawn_and_named():
    report = network().plan_memory(**SHAPES)
    drawn = mx.viz.plot_memory(report).draw().decode()
    tips = [each.text or "" for each in xml.fromstring(drawn).findall(".//{*}title")]
    assert report.spans
    for span in report.spans:
        assert any(tip.startswith(span.names[0]) for tip in tips), span
    assert f"peak, at {report.peak_node}" in drawn
    assert ">forward</text>" in drawn
    assert ">backward</text>" in drawn


def test_symbols_executors_and_reports_are_drawn_alike(tmp_path):
    net = network()
    executor = net.simple_bind(mx.cpu(), **SHAPES)
    drawn = {
        mx.viz.plot_memory(each, title="t", **options).draw()
        for each, options in ((net, SHAPES), (executor, {}), (executor.memory, {}))
    }
    assert len(drawn) == 1
    plot = mx.viz.plot_memory(net, grad_req="null", **SHAPES)
    assert plot.save(tmp_path / "m.svg").read_bytes() == plot._repr_svg_().encode()
    assert plot.save(tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(mx.MXNetError, match="svg or pdf"):
        plot.save(tmp_path / "m.gif")


def test_what_has_no_plan():
    data = mx.sym.Variable("data")
    dynamic = mx.sym.contrib.boolean_mask(data, mx.sym.Variable("index"))
    executor = dynamic.simple_bind(mx.cpu(), grad_req="null", data=(4, 2), index=(4,))
    with pytest.raises(mx.MXNetError, match="has no plan"):
        mx.viz.plot_memory(executor)
    with pytest.raises(TypeError, match="only the plan of a Symbol"):
        mx.viz.plot_memory(network().plan_memory(**SHAPES), data=(1, 3, 16, 16))
