"""Training steps of graphs from public repositories, with inputs as small as they take."""

from __future__ import annotations

import json

import numpy as np
import pytest

import mxnet as mx
from models.test_models import CHECKER, DATA, LOADED

# Small ones of each kind; a step of the others takes a second or more.
QUICK = {
    "djl-squeezenet1.0", "h2o-lenet-cpp", "h2o-resnet-cpp", "mir-LeNet",
    "mms-lstm_ptb", "mms-squeezenet_v1.1", "web-cifar_resnet20_v1",
}  # fmt: skip
SIDE = 64  # of images; where a network does not take it, the size that was recorded


def small(model: dict) -> mx.sym.Symbol:
    """The model's symbol; detection networks with fewer regions."""
    text = (DATA / model["file"]).read_text()
    if model["id"] == "djl-mask_rcnn_resnet18":
        text = text.replace("1000", "40")
    return mx.sym.load_json(text)


def input_shapes(symbol: mx.sym.Symbol, model: dict) -> dict[str, tuple]:
    recorded = {n: tuple(s) for n, s in model["real_1_9_1"]["input_shapes"].items()}
    shapes = {
        name: (max(shape[0], 2), shape[1], *(min(size, SIDE) for size in shape[2:]))
        for name, shape in recorded.items()
        if len(shape) == 4
    }
    try:
        if shapes and None not in (symbol.infer_shape(**shapes)[0] or [None]):
            return shapes
    except mx.MXNetError:
        pass
    return recorded


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(m, id=m["id"], marks=[] if m["id"] in QUICK else [pytest.mark.slow])
        for m in LOADED
    ],
)
def test_gradients_are_finite(model):
    symbol = small(model)
    shapes = input_shapes(symbol, model)
    indices = (model["real_1_9_1"].get("forward") or {}).get("int_inputs", {})
    constant = {n for n in symbol.list_arguments() if n in indices or n.endswith("label")}
    wanted = {n: "null" if n in constant else "write" for n in symbol.list_arguments()}
    executor = symbol.simple_bind(mx.cpu(), grad_req=wanted, **shapes)
    for name, array in (*executor.arg_dict.items(), *executor.aux_dict.items()):
        kind = "int" if name in indices else "data" if name in shapes else "param"
        if kind == "int" or not name.endswith("label"):
            array[:] = CHECKER.make_value(name, array.shape, kind, indices.get(name, 100))
        else:
            array[:] = 0
    outputs = executor.forward(is_train=True)
    assert all(np.isfinite(output.asnumpy()).all() for output in outputs)
    executor.backward([mx.nd.ones(output.shape, dtype=output.dtype) for output in outputs])
    gradients = {n: g.asnumpy() for n, g in executor.grad_dict.items() if g is not None}
    assert set(gradients) == set(wanted) - constant
    assert [n for n, gradient in gradients.items() if not np.isfinite(gradient).all()] == []
    moving = [n for n, gradient in gradients.items() if gradient.any()]
    assert len(moving) >= len(gradients) / 3, json.dumps(sorted(set(gradients) - set(moving)))
