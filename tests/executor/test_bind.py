"""Binding: which arrays are taken, which are made, and how a bad call is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.execution.build import Bound, writable_gradients

SHAPES = {"data": (2, 3), "fc_weight": (4, 3), "fc_bias": (4,)}


def fc() -> mx.sym.Symbol:
    return mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc")


def arrays(**changes) -> dict:
    made = {name: mx.nd.ones(shape) for name, shape in SHAPES.items()}
    return {k: v for k, v in {**made, **changes}.items() if v is not None}


def test_arrays_as_dict_or_list():
    given = arrays()
    by_name = fc().bind(mx.cpu(), given)
    in_order = fc().bind(mx.cpu(), list(given.values()))
    assert by_name.arg_dict["data"] is given["data"]
    assert in_order.arg_arrays[1] is given["fc_weight"]
    for executor in (by_name, in_order):
        assert executor.forward()[0].asnumpy().tolist() == [[4.0] * 4] * 2


def test_later_changes_of_bound_arrays_are_seen():
    given = arrays()
    executor = fc().bind(mx.cpu(), given)
    executor.forward()
    given["data"][:] = 2
    assert executor.forward()[0].asnumpy().tolist() == [[7.0] * 4] * 2


def test_extra_names_are_ignored():
    fc().bind(mx.cpu(), arrays(extra=mx.nd.ones((1,)))).forward()


@pytest.mark.parametrize(
    ("arguments", "error", "token"),
    [
        ({"args": arrays(fc_weight=None)}, ValueError, "fc_weight"),
        ({"args": [mx.nd.ones((2, 3))]}, ValueError, ""),
        ({"args": {k: np.ones(s) for k, s in SHAPES.items()}}, TypeError, "NDArray"),
        ({"args": 3}, TypeError, ""),
        ({"ctx": "cpu"}, TypeError, ""),
        ({"grad_req": "wirte"}, ValueError, "wirte"),
        ({"args": arrays(fc_weight=mx.nd.ones((4, 5)))}, mx.MXNetError, "fc"),
        ({"args": arrays(fc_weight=mx.nd.ones((4, 3), dtype="float64"))}, mx.MXNetError, "float64"),
        ({"args_grad": [mx.nd.ones((2, 3))]}, ValueError, ""),
        ({"args_grad": {"fc_weight": np.ones((4, 3))}}, TypeError, ""),
    ],
    ids=range(10),
)
def test_wrong_calls(arguments, error, token):
    call = {"ctx": mx.cpu(), "args": arrays(), **arguments}
    with pytest.raises(error) as caught:
        fc().bind(**call)
    assert token in str(caught.value)


def batch_norm_arrays() -> dict:
    return {"data": mx.nd.ones((2, 3)), "bn_gamma": mx.nd.ones((3,)), "bn_beta": mx.nd.ones((3,))}


@pytest.mark.parametrize("form", ["absent", "empty dict", "dict", "list"])
def test_missing_states(form):
    symbol = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn")
    one = mx.nd.ones((3,))
    forms = {"absent": None, "empty dict": {}, "dict": {"bn_moving_mean": one}, "list": [one]}
    states = forms[form]
    with pytest.raises(ValueError):
        symbol.bind(mx.cpu(), batch_norm_arrays(), aux_states=states)


@pytest.mark.parametrize("as_list", [True, False])
def test_states(as_list):
    symbol = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn")
    states = {"bn_moving_mean": mx.nd.zeros((3,)), "bn_moving_var": mx.nd.ones((3,))}
    given = list(states.values()) if as_list else states
    executor = symbol.bind(mx.cpu(), batch_norm_arrays(), aux_states=given)
    assert executor.aux_dict["bn_moving_var"] is states["bn_moving_var"]
    assert len(executor.aux_arrays) == 2


def test_requests_as_string_list_and_dict():
    for request in (
        {"data": "write", "fc_weight": "null"},
        ["write", "null", "null"],
    ):
        gradients = {name: mx.nd.ones(shape) * 9 for name, shape in SHAPES.items()}
        executor = fc().bind(mx.cpu(), arrays(), args_grad=gradients, grad_req=request)
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 4)))
        assert gradients["data"].asnumpy().tolist() == [[4.0] * 3] * 2
        assert (gradients["fc_weight"].asnumpy() == 9).all(), "null leaves the array alone"
        assert (gradients["fc_bias"].asnumpy() == 9).all(), "what is not listed is null"


def test_gradients_of_some_arguments():
    gradients = [None, mx.nd.zeros((4, 3)), None]
    executor = fc().bind(mx.cpu(), arrays(), args_grad=gradients)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 4)))
    assert gradients[1].asnumpy().tolist() == [[2.0] * 3] * 4
    assert executor.grad_dict["data"] is None


def test_only_the_bias_has_a_gradient():
    gradients = {"fc_bias": mx.nd.zeros((4,))}
    executor = fc().bind(mx.cpu(), arrays(), args_grad=gradients)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 4)))
    assert gradients["fc_bias"].asnumpy().tolist() == [2.0] * 4


def test_simple_bind_makes_zeros():
    symbol = mx.sym.BatchNorm(fc(), name="bn")
    executor = symbol.simple_bind(mx.cpu(), data=(2, 3))
    everything = [*executor.arg_arrays, *executor.grad_arrays, *executor.aux_arrays]
    assert all((array.asnumpy() == 0).all() for array in everything)
    assert executor.arg_dict["fc_weight"].shape == (4, 3)
    assert executor.outputs[0].shape == (2, 4)


def test_simple_bind_requests():
    executor = fc().simple_bind(mx.cpu(), grad_req={"fc_weight": "add"}, data=(2, 3))
    assert {k: v is None for k, v in executor.grad_dict.items()} == {
        "data": True,
        "fc_weight": False,
        "fc_bias": True,
    }
    nothing = fc().simple_bind(mx.cpu(), grad_req="null", data=(2, 3))
    assert nothing.grad_arrays == [None] * 3
    ignored = fc().simple_bind(mx.cpu(), grad_req={"nope": "write"}, data=(2, 3))
    assert ignored.grad_arrays == [None] * 3


def test_simple_bind_types_and_hints():
    executor = fc().simple_bind(mx.cpu(), type_dict={"data": "float64"}, data=(2, 3))
    assert [a.dtype for a in executor.arg_arrays] == [np.float64] * 3
    hinted = mx.sym.Variable("x", shape=(2, 3), dtype="float16") * 2.0
    assert hinted.simple_bind(mx.cpu()).outputs[0].dtype == np.float16
    assert hinted.simple_bind(mx.cpu()).outputs[0].shape == (2, 3)


def test_simple_bind_ignores_unknown_names():
    fc().simple_bind(mx.cpu(), data=(2, 3), nope=(1,))


@pytest.mark.parametrize(
    ("arguments", "token"),
    [
        ({}, "data"),
        ({"data": (2, 3), "fc_weight": (4, 5)}, "fc"),
        ({"data": (2, 3), "grad_req": "wirte"}, "wirte"),
        ({"data": (2, 3), "grad_req": []}, ""),
        ({"data": (2, 3), "grad_req": ["write"]}, ""),
    ],
    ids=["missing", "mismatch", "request", "no requests", "too few requests"],
)
def test_simple_bind_errors(arguments, token):
    with pytest.raises(RuntimeError) as caught:
        fc().simple_bind(mx.cpu(), **arguments)
    assert token in str(caught.value)
    if "grad_req" not in arguments:
        assert str(caught.value).startswith("simple_bind error. Arguments:")


def test_a_variable_binds_too():
    executor = mx.sym.Variable("x").simple_bind(mx.cpu(), x=(2,))
    executor.arg_dict["x"][:] = 3
    assert executor.outputs[0].asnumpy().tolist() == [3.0, 3.0], "the output is the argument"


def test_duplicate_names_bind_but_have_no_dict():
    symbol = mx.sym.Variable("a") + mx.sym.Variable("a")
    executor = symbol.bind(mx.cpu(), {"a": mx.nd.ones((2,))})
    assert executor.forward()[0].asnumpy().tolist() == [2.0, 2.0]
    with pytest.raises(ValueError, match="a"):
        executor.arg_dict


def test_eval():
    (result,) = (mx.sym.Variable("x") * 2).eval(x=mx.nd.ones((2,)))
    assert result.asnumpy().tolist() == [2.0, 2.0]


def test_group2ctx_on_cpu():
    with mx.AttrScope(ctx_group="one"):
        data = mx.sym.Variable("data") * 2
    with mx.AttrScope(ctx_group="two"):
        symbol = data + 1
    groups = {"one": mx.cpu(0), "two": mx.cpu(1)}
    executor = symbol.simple_bind(mx.cpu(), group2ctx=groups, data=(2,))
    executor.arg_dict["data"][:] = 3
    assert executor.forward()[0].asnumpy().tolist() == [7.0, 7.0]


def test_shared_buffer_is_a_pool():
    pool: dict = {}
    large = fc().simple_bind(mx.cpu(), shared_buffer=pool, data=(4, 3))
    assert set(pool) >= {"data", "fc_weight", "grad of fc_weight"}
    large.arg_dict["data"][:] = 5
    small = fc().simple_bind(mx.cpu(), shared_buffer=pool, data=(2, 3))
    assert (small.arg_dict["data"].asnumpy() == 5).all(), "the same memory, seen smaller"


def test_what_is_shared_has_the_type_asked_for():
    net = mx.sym.Cast(mx.sym.Variable("data"), dtype="float32")
    first = net.simple_bind(mx.cpu(), data=(2, 3))
    second = net.simple_bind(
        mx.cpu(), "null", data=(2, 3), type_dict={"data": "int32"},
        shared_exec=first, shared_arg_names=["data"],
    )  # fmt: skip
    assert second.arg_dict["data"].dtype == np.int32


def test_shared_arguments():
    first = fc().simple_bind(mx.cpu(), data=(4, 3))
    second = fc().simple_bind(
        mx.cpu(),
        shared_arg_names=["fc_weight", "fc_bias"],
        shared_exec=first,
        shared_buffer={},
        data=(2, 3),
    )
    first.arg_dict["fc_weight"][:] = 3
    assert (second.arg_dict["fc_weight"].asnumpy() == 3).all()
    first.arg_dict["data"][:] = 3
    assert (second.arg_dict["data"].asnumpy() == 0).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"shared_exec": 3}, "shared_exec should be an Executor"),
        ({"shared_buffer": [1]}, "shared_buffer should be a dict"),
        ({"type_dict": "float16"}, "type_dict should be a dict"),
        ({"group2ctx": {"one": "cpu"}}, "group2ctx: one should be on a Context"),
    ],
)
def test_options_of_other_types_are_told(options, says):
    with pytest.raises(TypeError, match=says):
        fc().simple_bind(mx.cpu(), data=(2, 3), **options)


@pytest.mark.parametrize("shape", [(4.5, 3), (4.0, 3), ("4", 3)])
def test_dimensions_are_integers(shape):
    for ask in (fc().simple_bind, fc().plan_memory, fc().infer_shape):
        with pytest.raises(TypeError, match="need to be integers"):
            ask(data=shape)


def test_more_memory_than_there_is():
    net = mx.sym.tanh(mx.sym.broadcast_to(mx.sym.Variable("data"), shape=(2**42, 8)))
    small = fc().simple_bind(mx.cpu(), data=(2, 3))
    expected = small.forward()[0].asnumpy()
    with pytest.raises(mx.MXNetError, match="plan_memory says what takes them"):
        mx.sym.sum(net).simple_bind(mx.cpu(), "null", data=(1, 1), shared_exec=small)
    assert (small.forward()[0].asnumpy() == expected).all()


def test_what_executors_are_given_is_told():
    executor = fc().simple_bind(mx.cpu(), data=(2, 3), dtype="float16")
    with pytest.raises(TypeError, match="a monitor is a function"):
        executor.set_monitor_callback(3)
    with pytest.raises(TypeError, match="fc_weight should be an NDArray"):
        executor.copy_params_from({"fc_weight": np.ones((4, 3))})
    for wrong in (0, -1, float("nan"), "much"):
        with pytest.raises(mx.MXNetError, match="loss_scale should be a positive number"):
            executor.loss_scale = wrong


def test_no_budget_where_sizes_depend_on_values():
    net = mx.sym.contrib.boolean_mask(mx.sym.Variable("data"), mx.sym.Variable("mask"))
    with pytest.raises(mx.MXNetError, match="cannot be kept where sizes depend on values"):
        net.simple_bind(mx.cpu(), data=(3, 4), mask=(3,), memory_budget="1GB")


def test_programs_without_a_plan_say_so():
    net = mx.sym.contrib.boolean_mask(mx.sym.Variable("data"), mx.sym.Variable("mask"), name="some")
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=(3, 4), mask=(3,))
    assert executor.memory is None
    assert executor.binds[0].planned is None
    assert "first bind; no plan" in str(executor.binds[0])
    text = executor.debug_str()
    assert "# without a plan" in text
    assert "some_output = _contrib_boolean_mask()(data, mask)" in text


@pytest.mark.parametrize(("place", "free"), [(slice(5, 7), False), (slice(7, 8), True)])
def test_gradients_are_not_computed_in_strided_memory_of_others(place, free):
    one, other = (mx.sym.Variable("one") * mx.sym.Variable("other"))._graph.arguments
    memory = torch.zeros(8)
    tensors = {one: memory[::2], other: torch.zeros(memory[place].shape)}
    assert writable_gradients(Bound(tensors, {other: (memory[place], False)}, {})) == (free,)
