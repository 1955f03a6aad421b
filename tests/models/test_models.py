"""Graphs from public repositories: names, shapes, sizes and outputs are those of MXNet 1.9.1."""

from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.visualization import dot

DATA = Path(__file__).with_name("data")
ALL = json.loads((DATA / "index.json").read_text())["models"]
# Operators of oneDNN's graph fusion, which are not part of this system.
EXCLUDED = {"gluoncv-mobilenet1.0_int8": "_sg_mkldnn_conv"}
MODELS = [model for model in ALL if model["id"] not in EXCLUDED]
LOADED = [m for m in MODELS if m["real_1_9_1"]["loads"] and m["real_1_9_1"]["infer"] == "complete"]


# With oneDNN, 1.9.1 takes this softmax along the last axis in inference and over all axes in
# training; without it, over all axes in both. These are its numbers without.
WITHOUT_ONEDNN = {
    "mir-vgg16_reduced": {
        "mean": 1.2345653661494582e-05,
        "std": 8.515120854798599e-07,
        "absmax": 1.5858462575124577e-05,
        "first": [
            1.1574041309359018e-05,
            1.158770828624256e-05,
            1.1584537787712179e-05,
            1.1529565199452918e-05,
            1.154069832409732e-05,
            1.1508553143357858e-05,
            1.150894877355313e-05,
            1.1503458154038526e-05,
        ],
        "last": [
            1.230942416441394e-05,
            1.2145101209171116e-05,
            1.2147124834882561e-05,
            1.2169391993666068e-05,
        ],
    }
}


def _checker():
    spec = importlib.util.spec_from_file_location("check_models", DATA / "check_models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKER = _checker()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m["id"])
def test_declaration(model):
    status, reasons = CHECKER.check(mx, DATA, model, False)
    assert status == "pass", reasons


@pytest.mark.parametrize(
    "model", [m for m in ALL if m["id"] in EXCLUDED], ids=lambda model: model["id"]
)
def test_excluded_operators_are_refused_with_the_reason(model):
    with pytest.raises(mx.MXNetError, match=f"{EXCLUDED[model['id']]} is not part of this system"):
        mx.sym.load(str(DATA / model["file"]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [m for m in LOADED if "forward" in m["real_1_9_1"]], ids=lambda m: m["id"]
)
def test_forward(model):
    if model["id"] in WITHOUT_ONEDNN:
        model = copy.deepcopy(model)
        model["real_1_9_1"]["forward"]["outputs"][0] |= WITHOUT_ONEDNN[model["id"]]
    status, reasons = CHECKER.check(mx, DATA, model, True)
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
