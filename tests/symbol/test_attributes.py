"""Attributes of symbols: given, inherited, scoped, hidden; options of variables."""

from __future__ import annotations

import pytest

import mxnet as mx
from symbol_table import evaluate

HIDDEN = ["ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage"]


@pytest.mark.parametrize(
    ("expression", "attrs"),
    [
        ("V('v', shape=(2, 3))", {"__shape__": "(2, 3)"}),
        ("V('v', shape=(2,))", {"__shape__": "(2,)"}),
        ("V('v', shape=[2, 3])", {"__shape__": "[2, 3]"}),
        ("V('v', shape=3)", {"__shape__": "3"}),
        ("V('v', lr_mult=2)", {"__lr_mult__": "2", "lr_mult": "2"}),
        ("V('v', wd_mult=.5)", {"__wd_mult__": "0.5", "wd_mult": "0.5"}),
        ("V('v', init='ones')", {"__init__": "ones"}),
        ("V('v', init=mx.init.Constant(2))", {"__init__": '["constant", {"value": 2}]'}),
        ("V('v', stype='row_sparse')", {"__storage_type__": "1"}),
        ("V('v', stype='default')", {"__storage_type__": "0"}),
        ("V('v', __color__='red')", {"__color__": "red"}),
        ("V('v', __size__=3)", {"__size__": "3"}),
        ("V('v', attr={'mood': 'good'})", {"mood": "good"}),
        ("V('v')", {}),
        *[
            (f"V('v', dtype='{name}')", {"__dtype__": str(code)})
            for code, name in enumerate(
                "float32 float64 float16 uint8 int32 int8 int64 bool".split()
            )
        ],
    ],
)
def test_options_of_variables(expression, attrs):
    assert evaluate(expression).list_attr() == attrs


@pytest.mark.parametrize("key", HIDDEN)
def test_hidden_keys_have_two_spellings(key):
    symbol = mx.sym.Variable("v", attr={key: "7"})
    assert symbol.attr(key) == symbol.attr(f"__{key}__") == "7"
    assert symbol.list_attr() == {key: "7", f"__{key}__": "7"}
    assert f'"__{key}__": "7"' in symbol.tojson()
    assert f'"{key}"' not in symbol.tojson()


@pytest.mark.parametrize("key", ["profiler_scope", "init", "shape", "dtype"])
def test_other_keys_are_kept_as_they_are(key):
    assert mx.sym.Variable("v", attr={key: "7"}).list_attr() == {key: "7"}


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("V('v', foo='bar')", ValueError),
        ("V('v', attr={'x': 5})", ValueError),
        ("mx.AttrScope(x=5)", ValueError),
        ("a._set_attr(k=3)", ValueError),
        ("a.list_attr(recursive=True)", DeprecationWarning),
        ("FC(a, num_hidden=1, attr={'foo': 'x'})", mx.MXNetError),
    ],
)
def test_refusals(expression, error):
    with pytest.raises(error):
        evaluate(expression)


def test_reading():
    group = evaluate("sym.Group([a, sym.exp(b)])")
    assert group.list_attr() == {}
    assert group.attr("x") is None
    assert evaluate("a").attr("nope") is None
    fc = evaluate("FC(a, num_hidden=2, lr_mult=7, name='fc')")
    assert fc.attr("num_hidden") == "2"
    assert fc.attr("lr_mult") == "7"
    assert evaluate("sym.exp(a + b)").attr_dict() == {}


def test_setting_in_place():
    symbol = mx.sym.exp(mx.sym.Variable("a"), name="e")
    symbol._set_attr(mood="good")
    assert symbol.attr("mood") == "good"
    symbol._set_attr(name="renamed")
    assert symbol.name == "renamed"
    assert symbol.list_outputs() == ["renamed_output"]


def test_created_variables_inherit_everything():
    fc = mx.sym.FullyConnected(
        mx.sym.Variable("a"), num_hidden=2, name="fc", attr={"__mood__": "x", "ctx_group": "g"}
    )
    inherited = {"num_hidden": "2", "__mood__": "x", "__ctx_group__": "g", "ctx_group": "g"}
    assert fc.attr_dict()["fc_weight"] == inherited
    assert fc.attr_dict()["fc"] == inherited
    assert "a" not in fc.attr_dict()
    assert '"__ctx_group__": "g"' in fc.tojson()


def test_created_states_know_how_they_start():
    attrs = evaluate("sym.BatchNorm(a, name='bn')").attr_dict()
    assert attrs["bn_moving_mean"]["__init__"] == '["zero", {}]'
    assert attrs["bn_moving_var"]["__init__"] == '["one", {}]'
    attrs = evaluate("sym.LeakyReLU(a, act_type='prelu', name='l')").attr_dict()
    assert attrs["l_gamma"]["__init__"] == '["Constant", {"value": 0.25}]'


def test_scopes_nest_and_end():
    with mx.AttrScope(__a__="1", ctx_group="g1"):
        with mx.AttrScope(__b__="2", ctx_group="g2"):
            inner = mx.sym.Variable("inner", attr={"__b__": "mine"})
        outer = mx.sym.Variable("outer")
    after = mx.sym.Variable("after")
    assert inner.list_attr() == {
        "__a__": "1",
        "__b__": "mine",
        "ctx_group": "g2",
        "__ctx_group__": "g2",
    }
    assert outer.attr("ctx_group") == "g1"
    assert outer.attr("__b__") is None
    assert after.list_attr() == {}


def test_plain_scope_keys_are_parameters_to_operators():
    with mx.AttrScope(foo="1"):
        assert mx.sym.Variable("v").list_attr() == {"foo": "1"}
        assert mx.sym.exp(mx.sym.Variable("v")).attr("foo") == "1"
        with pytest.raises(mx.MXNetError):
            mx.sym.FullyConnected(mx.sym.Variable("v"), num_hidden=1)
