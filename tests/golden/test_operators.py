"""Operators against recorded numbers: names, inference, forward, gradients, auxiliary states."""

from __future__ import annotations

import numpy as np
import pytest

import golden_data
import mxnet as mx
from golden_differences import DEFECTS
from running import array, requests

FAMILIES = [
    "elemwise_binary",
    "elemwise_scalar",
    "elemwise_unary",
    "indexing",
    "linalg",
    "loss",
    "misc_ops",
    "nn_act",
    "nn_conv",
    "nn_norm",
    "nn_pool",
    "nn_rnn",
    "nn_sequence",
    "nn_spatial",
    "ordering",
    "reduce",
    "rnn_cells",
    "shape_ops",
]

CASES = [
    pytest.param(family, case, id=f"{family}-{case['id']}")
    for family in FAMILIES
    for case in golden_data.load(family)[0]
]


def build(case: dict) -> mx.sym.Symbol:
    """The symbol that a case describes."""
    if "expr" in case:
        variables = {name: mx.sym.Variable(name) for name in case["variables"]}
        return eval(case["expr"], {"mx": mx, "np": np, **variables})
    function = eval(case["call"], {"mx": mx})
    params = golden_data.tuples(case["params"])
    inputs = {name: mx.sym.Variable(name) for name in case["call_inputs"]}
    if case["positional"]:
        return function(*inputs.values(), name=case["name"], **params)
    return function(name=case["name"], **inputs, **params)


def shape_lists(groups) -> list:
    return [None if group is None else [tuple(shape) for shape in group] for group in groups]


@pytest.mark.parametrize(("family", "case"), CASES)
def test_names_and_inference(family, case):
    symbol = build(case)
    assert symbol.list_arguments() == case["list_arguments"]
    assert symbol.list_outputs() == case["list_outputs"]
    assert symbol.list_auxiliary_states() == case["list_auxiliary_states"]
    infer = case["infer"]
    if infer is None or (case["id"].startswith("unravel_index.") and case["id"] in DEFECTS):
        return
    shapes = symbol.infer_shape(**golden_data.tuples(infer["given_shapes"]))
    want = [infer[f"{kind}_shapes"] for kind in ("arg", "out", "aux")]
    assert shape_lists(shapes) == shape_lists(want)
    types = symbol.infer_type(**infer["given_types"])
    for got, kind in zip(types, ("arg", "out", "aux"), strict=True):
        assert [np.dtype(t).name for t in got] == infer[f"{kind}_types"]


class Bound:
    """A case bound to its recorded arrays."""

    def __init__(self, family: str, case: dict):
        self.case, self.parts = case, golden_data.parts(family, case)
        self.symbol = symbol = build(case)
        self.wanted = requests(symbol, case["grad_req"])
        arguments = {name: array(self.parts[f"in/{name}"]) for name in symbol.list_arguments()}
        self.gradients = {
            name: array(
                self.parts.get(f"grad_init/{name}", np.zeros_like(self.parts[f"in/{name}"]))
            )
            for name, request in self.wanted.items()
            if request != "null"
        }
        self.executor = symbol.bind(
            mx.cpu(),
            arguments,
            args_grad=self.gradients,
            grad_req=self.wanted,
            aux_states={
                name: array(self.parts[f"aux/{name}"]) for name in symbol.list_auxiliary_states()
            },
        )

    def expect(self, kind: str, arrays: dict, but=()) -> None:
        """Compare arrays with the recorded parts ``<kind>/<name>``."""
        for name, value in arrays.items():
            part = f"{kind}/{name}"
            suspect = (*self.case.get("suspect_arrays", ()), *DEFECTS.get(self.case["id"], ())[:1])
            if name in but or {part, ""} & {*suspect} or part not in self.parts:
                continue
            got = value.asnumpy()
            golden_data.assert_close(got, self.parts[part], self.case["tolerance"], part)

    def heads(self) -> list[np.ndarray]:
        return [self.parts[f"head_grad/{i}"] for i in range(len(self.symbol))]


def numbered(arrays) -> dict:
    return {str(i): value for i, value in enumerate(arrays)}


@pytest.mark.parametrize(("family", "case"), CASES)
def test_values(family, case):
    bound = Bound(family, case)
    executor = bound.executor
    outputs = executor.forward(is_train=case["is_train"])
    assert len(outputs) == len(case["outputs"])
    heads = bound.heads() if case["backward"] == "head_grad" else None
    undefined = {str(i) for i in case.get("undefined_outputs", ())}
    if case["op"] == "linalg_syevd":
        # Eigenvectors, the rows of output 0, are determined up to their sign.
        signs = np.sign((outputs[0].asnumpy() * bound.parts["out/0"]).sum(-1, keepdims=True))
        bound.parts["out/0"] = bound.parts["out/0"] * signs
        heads = heads and [heads[0] * signs, heads[1]]
    bound.expect("out", numbered(outputs), undefined)
    bound.expect("aux_after_forward", executor.aux_dict)
    if case["backward"]:
        executor.backward(heads and [array(head) for head in heads])
        bound.expect("grad", bound.gradients)
        bound.expect("aux_after", executor.aux_dict)
    bound.expect("arg_after", executor.arg_dict)


@pytest.mark.parametrize(
    ("family", "case"), [param for param in CASES if param.values[1]["eval_differs"]]
)
def test_evaluation_mode(family, case):
    bound = Bound(family, case)
    bound.expect("out_eval", numbered(bound.executor.forward(is_train=False)))
