"""Several passes on one executor: gradient requests, reused arrays, auxiliary states."""

from __future__ import annotations

import pytest

import golden_data
import mxnet as mx
from running import array, replay


def grouped(parts: dict, prefix: str) -> dict:
    """The parts below a prefix, by the rest of their name."""
    return {k[len(prefix) :]: v for k, v in parts.items() if k.startswith(prefix)}


def expect(case: dict, recorded: dict, arrays: dict) -> None:
    for name, want in recorded.items():
        golden_data.assert_close(arrays[name].asnumpy(), want, case["tolerance"], name)


def numbered(arrays) -> dict:
    return {str(i): value for i, value in enumerate(arrays)}


def cases(module: bool) -> list:
    found = golden_data.cases("executor")
    return [param for param in found if (param.values[0].get("api") == "Module") == module]


@pytest.mark.parametrize("case", cases(module=False))
def test_passes(case):
    parts = golden_data.parts("executor", case)
    symbol = replay(case["build"])
    assert symbol.list_arguments() == case["list_arguments"]
    assert symbol.list_outputs() == case["list_outputs"]
    assert symbol.list_auxiliary_states() == case["list_auxiliary_states"]
    shapes = {name: value.shape for name, value in grouped(parts, "in/").items()}
    executor = symbol.simple_bind(mx.cpu(), grad_req=case["grad_req"], **shapes)
    assert [k for k, v in executor.grad_dict.items() if v is None] == case["grad_dict_none"]
    for prefix, arrays in (
        ("in/", executor.arg_dict),
        ("aux/", executor.aux_dict),
        ("grad_init/", executor.grad_dict),
    ):
        for name, value in grouped(parts, prefix).items():
            arrays[name][:] = value
    heads = [array(head) for head in grouped(parts, "head_grad/").values()] or None
    for number in range(case["passes"]):
        recorded = grouped(parts, f"pass/{number}/")
        outputs = executor.forward(is_train=True, data=array(recorded["data"]))
        expect(case, grouped(recorded, "out/"), numbered(outputs))
        executor.backward(heads)
        expect(case, grouped(recorded, "grad/"), executor.grad_dict)
        expect(case, grouped(recorded, "aux/"), executor.aux_dict)


@pytest.mark.parametrize("case", cases(module=True))
def test_module_passes(case):
    parts = golden_data.parts("executor", case)
    labels = golden_data.tuples(case["label_shapes"])
    module = mx.mod.Module(
        replay(case["build"]), data_names=list(case["data_shapes"]), label_names=list(labels)
    )
    module.bind(
        list(golden_data.tuples(case["data_shapes"]).items()),
        list(labels.items()) or None,
        inputs_need_grad=case["inputs_need_grad"],
        grad_req=case["grad_req"],
    )
    initial = {name: array(value) for name, value in grouped(parts, "init_arg/").items()}
    module.init_params(arg_params=initial, aux_params={})
    for number in range(case["passes"]):
        recorded = grouped(parts, f"pass/{number}/")
        data = [array(recorded[f"data/{name}"]) for name in case["data_shapes"]]
        label = [array(recorded[f"label/{name}"]) for name in labels]
        module.forward(mx.io.DataBatch(data, label), is_train=True)
        expect(case, grouped(recorded, "out/"), numbered(module.get_outputs()))
        module.backward([array(head) for head in grouped(recorded, "head_grad/").values()] or None)
        gradients = dict(zip(case["data_shapes"], module.get_input_grads(), strict=True))
        expect(case, grouped(recorded, "input_grad/"), gradients)
