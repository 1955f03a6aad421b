"""Graphs from public repositories: names, shapes, sizes and outputs are those of MXNet 1.9.1."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.visualization import dot

DATA = Path(__file__).with_name("data")
MODELS = json.loads((DATA / "index.json").read_text())["models"]
LOADED = [m for m in MODELS if m["real_1_9_1"]["loads"] and m["real_1_9_1"]["infer"] == "complete"]


def _checker():
    spec = importlib.util.spec_from_file_location("check_models", DATA / "check_models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK = _checker().check


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m["id"])
def test_declaration(model):
    status, reasons = CHECK(mx, DATA, model, False)
    assert status == "pass", reasons


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [m for m in LOADED if "forward" in m["real_1_9_1"]], ids=lambda m: m["id"]
)
def test_forward(model):
    status, reasons = CHECK(mx, DATA, model, True)
    assert status == "pass", reasons


@pytest.mark.parametrize("model", LOADED, ids=lambda m: m["id"])
def test_plot(model):
    symbol = mx.sym.load(str(DATA / model["file"]))
    shapes = {name: tuple(s) for name, s in model["real_1_9_1"]["input_shapes"].items()}
    plot = mx.viz.plot_network(symbol, shape=shapes)
    drawn = dot.parse(plot.source)
    assert sum(node["shape"] == "box" for node in drawn.nodes.values()) == sum(
        node["op"] != "null" for node in json.loads(symbol.tojson())["nodes"]
    )
    assert plot.draw("svg").startswith(b"<svg")
