"""Placement on devices: copies where they are needed, the same numbers as on one device."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.passes.joint import join
from mxnet.passes.place import assign_contexts, insert_copies

GROUPS = {"dev1": mx.gpu(0), "dev2": mx.gpu(1)}


@pytest.fixture
def pretended_gpus(monkeypatch):
    """Contexts of GPUs count as devices of their own, and their memory is that of the CPU."""
    import mxnet.context

    def device(context):
        return torch.device("cpu")

    places = "binding context executor executor_binding execution.placed random ndarray.creation"
    for module in places.split():
        monkeypatch.setattr(f"mxnet.{module}.torch_device", device)
    monkeypatch.setattr(mxnet.context, "num_gpus", lambda: 2)
    monkeypatch.setattr(mx.random, "_generators", {})


def network(norm=True, drop=0.5):
    with mx.AttrScope(ctx_group="dev1"):
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1")
        if norm:
            net = mx.sym.BatchNorm(net, fix_gamma=False, name="bn")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh")  # of no group: where its input is
    with mx.AttrScope(ctx_group="dev2"):
        net = mx.sym.FullyConnected(net, num_hidden=3, name="fc2")
        net = net + mx.sym.Dropout(net, p=drop, name="drop")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def test_contexts_and_copies():
    graph = network(norm=False)._graph
    joint = join(graph, graph.arguments[1:3])
    given = {n: GROUPS.get("dev1" if n.name.startswith(("data", "fc1")) else "dev2", mx.cpu())
             for n in graph.variables}  # fmt: skip
    placed = insert_copies(joint, assign_contexts(joint.graph, GROUPS, given))
    where = {node.name: str(context) for node, context in placed.contexts.items()}
    assert where["tanh"] == "gpu(0)"
    assert where["softmax"] == "gpu(1)"
    copies = [n for n in placed.joint.graph.nodes if n.op and n.op.op_name == "_CrossDeviceCopy"]
    assert [f"{n.inputs[0].name} -> {where[n.name]}" for n in copies] == [
        "tanh_output -> gpu(1)",
        f"{copies[1].inputs[0].name} -> gpu(0)",
    ]
    assert copies[1].derived_from is not None, "one forward, one backward"
    for node in placed.joint.graph.nodes:
        for entry in node.inputs:
            if node not in copies:
                assert placed.contexts[entry.node] == placed.contexts[node], node


def test_one_device_needs_no_copies():
    graph = network()._graph
    given = dict.fromkeys(graph.variables, mx.cpu(0))
    contexts = assign_contexts(graph, {"dev1": mx.cpu(0), "dev2": mx.cpu(1)}, given)
    joint = join(graph, graph.arguments[1:3])
    contexts = assign_contexts(joint.graph, {"dev2": mx.cpu(1)}, given)
    placed = insert_copies(joint, contexts)
    assert placed.joint.graph.nodes == joint.graph.nodes


def results(executor, **inputs):
    mx.random.seed(4)
    random = np.random.RandomState(0)
    for name, array in executor.arg_dict.items():
        array[:] = inputs.get(name, random.uniform(-1, 1, array.shape))
    outputs = executor.forward(is_train=True)
    executor.backward()
    executor.backward()  # repeats the forward run with the same draws
    found = {f"d_{k}": v.asnumpy() for k, v in executor.grad_dict.items()}
    found |= {k: v.asnumpy() for k, v in executor.aux_dict.items()}
    return {"output": outputs[0].asnumpy(), **found}


@pytest.mark.parametrize("groups", [GROUPS, {"dev1": mx.gpu(0), "dev2": mx.cpu(1)}])
def test_numbers_are_those_of_one_device(pretended_gpus, groups):
    net, label = network(), np.array([0, 1, 2, 0, 1])
    one = net.simple_bind(mx.cpu(), data=(5, 6))
    several = net.simple_bind(mx.cpu(), group2ctx=groups, data=(5, 6))
    assert several.arg_dict["fc1_weight"].context == groups["dev1"]
    assert several.grad_dict["fc2_weight"].context == groups["dev2"]
    assert several.aux_dict["bn_moving_mean"].context == groups["dev1"]
    assert several.outputs[0].context == groups["dev2"]
    assert "_CrossDeviceCopy" in several.debug_str()
    expected = results(one, softmax_label=label)
    for name, value in results(several, softmax_label=label).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)


def test_outputs_without_loss_and_added_gradients(pretended_gpus):
    with mx.AttrScope(ctx_group="dev1"):
        x = mx.sym.Variable("x")
        y = x * 3
    with mx.AttrScope(ctx_group="dev2"):
        z = mx.sym.broadcast_mul(y, mx.sym.Variable("w"), name="z")
    executor = mx.sym.Group([z, y]).simple_bind(
        mx.cpu(), group2ctx=GROUPS, grad_req="add", x=(2,), w=(2,)
    )
    executor.arg_dict["x"][:] = [1, 2]
    executor.arg_dict["w"][:] = [5, 7]
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward([mx.nd.ones((2,)), mx.nd.ones((2,))])
    assert executor.grad_dict["x"].asnumpy().tolist() == [36, 48]
    assert executor.grad_dict["w"].asnumpy().tolist() == [6, 12]


def looped():
    with mx.AttrScope(ctx_group="dev1"):
        weight = mx.sym.Variable("weight")

        def step(data, state):
            result = mx.sym.tanh(mx.sym.broadcast_add(data * weight, state))
            return result, result

        rows, last = mx.sym.contrib.foreach(step, mx.sym.Variable("data"), mx.sym.zeros((2, 3)))
    with mx.AttrScope(ctx_group="dev2"):
        return mx.sym.MakeLoss(mx.sym.sum(rows * 2) + mx.sym.sum(last))


def with_gradients():
    with mx.AttrScope(ctx_group="dev1"):
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, no_bias=True, name="fc")
        net = mx.sym.BatchNorm(net, fix_gamma=False, name="norm")
    with mx.AttrScope(ctx_group="dev2"):
        loss = mx.sym.MakeLoss(mx.sym.tanh(net) ** 2)
    parts = [mx.sym.BlockGrad(loss.gradient(name)) for name in ("norm_gamma", "norm_beta")]
    return mx.sym.Group([loss, *parts])


@pytest.mark.parametrize(
    ("net", "shapes"),
    [(looped(), {"data": (4, 2, 3), "weight": (2, 3)}), (with_gradients(), {"data": (4, 6)})],
    ids=["loop", "gradients"],
)
def test_what_passes_change_on_one_device(pretended_gpus, net, shapes):
    one = results(net.simple_bind(mx.cpu(), **shapes))
    several = results(net.simple_bind(mx.cpu(), group2ctx=GROUPS, **shapes))
    for name, value in several.items():
        np.testing.assert_allclose(value, one[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_auxiliary_states_have_to_be_where_their_operator_is(pretended_gpus):
    net = network()
    shapes = dict(zip(net.list_arguments(), net.infer_shape(data=(5, 6))[0], strict=True))
    arrays = {name: mx.nd.zeros(shape) for name, shape in shapes.items()}
    states = {name: mx.nd.zeros((4,)) for name in net.list_auxiliary_states()}
    with pytest.raises(mx.MXNetError, match=r"bn runs on gpu\(0\), but its auxiliary state"):
        net.bind(mx.cpu(), arrays, aux_states=states, group2ctx=GROUPS)


@pytest.mark.parametrize("groups", [GROUPS, {"dev1": mx.cpu(0), "dev2": mx.cpu(1)}])
def test_module(pretended_gpus, groups):
    x = np.random.uniform(-1, 1, (20, 6)).astype("float32")
    y = (x.sum(axis=1) > 0).astype("float32")
    trained = []
    for group2ctxs in (None, groups):
        mx.random.seed(1)
        np.random.seed(1)
        module = mx.mod.Module(network(drop=0.0), group2ctxs=group2ctxs)
        module.fit(
            mx.io.NDArrayIter(x, y, 8),
            num_epoch=3,
            optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        )
        trained.append(module)
    for one, other in zip(*(module.get_params() for module in trained), strict=True):
        for name, array in one.items():
            np.testing.assert_allclose(
                other[name].asnumpy(), array.asnumpy(), rtol=1e-4, atol=1e-5, err_msg=name
            )
