"""Training and input gradients against numbers recorded from MXNet 1.9.1."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from golden_data import cases, directory, parts, tuples


def build(steps):
    """Replay the construction of a symbol."""
    made = {}

    def value(item):
        if isinstance(item, str) and item.startswith("$"):
            return made[item[1:]]
        return [value(i) for i in item] if isinstance(item, list) else tuples(item)

    for step in steps:
        if "expr" in step:
            names = {name: value(ref) for name, ref in step["symbols"].items()}
            made[step["out"]] = eval(step["expr"], {"mx": mx, **names})
            continue
        function = mx
        for part in step["call"].split(".")[1:]:
            function = getattr(function, part)
        arguments = [value(item) for item in step.get("args", ())]
        keywords = {name: value(item) for name, item in step.get("kwargs", {}).items()}
        keywords = {n: tuple(v) if isinstance(v, list) else v for n, v in keywords.items()}
        made[step["out"]] = function(*arguments, **keywords)
    return made[steps[-1]["out"]]


def close(case, got, want, kind=""):
    tolerance = case["tolerance"]
    got = got.asnumpy() if hasattr(got, "asnumpy") else got
    assert got.shape == want.shape
    np.testing.assert_allclose(
        got, want, rtol=tolerance[f"{kind}rtol"], atol=tolerance[f"{kind}atol"]
    )


def same_values(case, got, want):
    assert [name for name, _ in got] == [name for name, _ in want]
    close(case, np.array([v for _, v in got]), np.array([v for _, v in want]))


def named(arrays, kind, rows=None):
    prefix = f"{kind}/"
    return {n[len(prefix) :]: a[:rows] for n, a in arrays.items() if n.startswith(prefix)}


def as_params(arrays, kind):
    return {name: mx.nd.array(array) for name, array in named(arrays, kind).items()}


@pytest.fixture
def training(request):
    """The case, its arrays, the module bound and initialised, and the training iterator."""
    case = request.param
    arrays = parts("graphs", case)
    symbol = build(case["build"])

    def iterator(rows=None):
        data, label = named(arrays, "data", rows), named(arrays, "label", rows)
        return mx.io.NDArrayIter(data, label, case["batch_size"])

    options = dict(case["module_kwargs"])
    if case["id"] in ALSO_FIXED:
        options["fixed_param_names"] = options["fixed_param_names"] + ALSO_FIXED[case["id"]]
    module = mx.mod.Module(symbol, case["data_names"], case["label_names"], **options)
    batches = iterator()
    module.bind(batches.provide_data, batches.provide_label)
    module.init_params(
        arg_params=as_params(arrays, "init_arg"), aux_params=as_params(arrays, "init_aux")
    )
    return case, arrays, module, iterator


# With MKLDNN, 1.9.1 leaves the bias of a FullyConnected untrained when its weight is fixed; with
# MXNET_MKLDNN_ENABLED=0 it trains it, as here. The numbers were recorded with MKLDNN.
ALSO_FIXED = {"mlp.03": ["fc1_bias"]}

each_training = pytest.mark.parametrize("training", cases("graphs"), indirect=True)


@each_training
def test_training(training):
    case, arrays, module, iterator = training
    module.init_optimizer(
        optimizer=case["optimizer"], optimizer_params=tuples(case["optimizer_params"])
    )
    metric = mx.metric.create(case["metric"])
    assert module.output_names == case["output_names"]
    assert [[name, list(shape)] for name, shape in module.output_shapes] == case["output_shapes"]

    batches = iterator()
    for step in range(case["steps"]):
        batch = next(batches, None)
        if batch is None:
            batches.reset()
            batch = batches.next()
        module.forward_backward(batch)
        for i, output in enumerate(module.get_outputs()):
            close(case, output, arrays[f"step_out/{i}"][step])
        metric.reset()
        module.update_metric(metric, batch.label)
        same_values(case, metric.get_name_value(), case["step_metric"][step])
        module.update()

    for kind, params in zip(("final_arg", "final_aux"), module.get_params(), strict=True):
        expected = named(arrays, kind)
        assert set(params) == set(expected)
        for name, array in expected.items():
            close(case, params[name], array, "final_")
    for suffix, rows in (("", None), ("_padded", case["padded_samples"])):
        predicted = module.predict(iterator(rows), always_output_list=True)
        for i, output in enumerate(predicted):
            close(case, output, arrays[f"predict{suffix}/{i}"], "final_")
        same_values(case, module.score(iterator(rows), metric), case[f"score{suffix}"])


@each_training
def test_internal_outputs(training):
    case, arrays, module, iterator = training
    expected = named(arrays, "internal")
    internals = module.symbol.get_internals()
    assert internals.list_outputs() == case["internals"]
    outputs = mx.sym.Group([internals[name] for name in expected])
    batch = iterator().next()
    inputs = dict(
        zip(case["data_names"] + case["label_names"], batch.data + batch.label, strict=True)
    )
    shapes = {
        name: array.shape for name, array in inputs.items() if name in outputs.list_arguments()
    }
    executor = outputs.simple_bind(mx.cpu(), grad_req="null", **shapes)
    executor.copy_params_from(*module.get_params(), allow_extra_params=True)
    executor.forward(is_train=False, **{name: inputs[name] for name in shapes})
    for name, output in zip(expected, executor.outputs, strict=True):
        close(case, output, expected[name])


@pytest.mark.parametrize("case", cases("graphs"))
def test_saved_symbol_is_the_built_one(case):
    built = build(case["build"])
    loaded = mx.sym.load(str(directory() / case["symbol_file"]))
    assert loaded.tojson() == built.tojson()
    for listing in ("list_arguments", "list_outputs", "list_auxiliary_states"):
        assert getattr(loaded, listing)() == case[listing]


@pytest.mark.parametrize("case", cases("executor", api="Module"))
def test_input_gradients(case):
    arrays = parts("executor", case)
    module = mx.mod.Module(build(case["build"]), label_names=list(case["label_shapes"]))
    shapes = [
        [(name, tuple(shape)) for name, shape in case[kind].items()]
        for kind in ("data_shapes", "label_shapes")
    ]
    module.bind(
        shapes[0], shapes[1] or None, inputs_need_grad=case["inputs_need_grad"],
        grad_req=case["grad_req"],
    )  # fmt: skip
    module.init_params(arg_params=as_params(arrays, "init_arg"), aux_params={})
    for i in range(case["passes"]):
        prefix = f"pass/{i}"
        batch = mx.io.DataBatch(
            [mx.nd.array(arrays[f"{prefix}/data/{name}"]) for name in case["data_shapes"]],
            [mx.nd.array(arrays[f"{prefix}/label/{name}"]) for name in case["label_shapes"]],
        )
        heads = [mx.nd.array(a) for _, a in sorted(named(arrays, f"{prefix}/head_grad").items())]
        module.forward(batch, is_train=True)
        for j, output in enumerate(module.get_outputs()):
            close(case, output, arrays[f"{prefix}/out/{j}"])
        module.backward(heads or None)
        for name, grad in zip(case["data_shapes"], module.get_input_grads(), strict=True):
            close(case, grad, arrays[f"{prefix}/input_grad/{name}"])
