"""Indexing, grouping, composing, calling operator functions, Python operators."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from symbol_table import evaluate

GROUP = "s = sym.split(a, num_outputs=2, name='s'); g = sym.Group([sym.exp(b, name='e'), s]); "
NETS = (
    "net = FC(V('data'), num_hidden=2, name='fc1');"
    " net2 = sym.Activation(FC(V('in2'), num_hidden=3, name='fc2'), act_type='relu', name='act'); "
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (GROUP + "g['e_output'].list_outputs()", ["e_output"]),
        (GROUP + "g[0].list_outputs()", ["e_output"]),
        (GROUP + "g[1:3].list_outputs()", ["s_output0", "s_output1"]),
        (GROUP + "g[::2].list_outputs()", ["e_output", "s_output1"]),
        (GROUP + "s[1].list_outputs()", ["s_output1"]),
        (GROUP + "s[1].name", "s"),
        (GROUP + "s.name", "s"),
        (GROUP + "g.name", None),
        (GROUP + "len(g)", 3),
        (GROUP + "[x.name for x in g]", ["e", "s", "s"]),
        (GROUP + "repr(g)", "<Symbol group [e, s, s]>"),
        (GROUP + "repr(s)", "<Symbol s>"),
        (GROUP + "repr(sym.exp(a, name='e'))", "<Symbol e>"),
        (GROUP + "sym.Group([g, a]).list_outputs()", ["e_output", "s_output0", "s_output1", "a"]),
        ("sym.Group([a, b])['b'].name", "b"),
        ("sym.exp(sym.Dropout(a), name='e').list_outputs()", ["e_output"]),
        ("hasattr(a, 'num_outputs')", False),
        (NETS + "net2(in2=net).list_arguments()[:2]", ["data", "fc1_weight"]),
        (NETS + "net2(in2=net).name", "act"),
        (NETS + "net2(in2=net, name='comp').list_outputs()", ["comp_output"]),
        (NETS + "net2(in2=net, name='comp').list_arguments()[-1]", "fc2_bias"),
        (NETS + "net2(in2=net); net2.list_arguments()[0]", "in2"),
        (NETS + "net2().tojson() == net2.tojson()", True),
        (NETS + "net2(name='k').name", "k"),
        (NETS + "x = net2(); x._set_attr(__mood__='good'); net2.attr('__mood__')", None),
        (NETS + "copy.copy(net2).tojson() == net2.tojson()", True),
        (
            NETS + "x = copy.deepcopy(net2); x._set_attr(__mood__='good'); net2.attr('__mood__')",
            None,
        ),
        ("sym.BatchNorm(a, name='n')(n_moving_mean=V('mm')).list_auxiliary_states()[0]", "mm"),
        ("sym.Group([sym.exp(a), b])(a=c).list_arguments()", ["c", "b"]),
        ("sym.exp(a)(a=V('x', lr_mult=2)).attr_dict()['x']['lr_mult']", "2"),
    ],
)
def test_structure(expression, expected):
    assert evaluate(expression) == expected


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        (GROUP + "g['e']", ValueError),
        ("sym.Group([a, a])['a']", ValueError),
        (GROUP + "g[3]", IndexError),
        (GROUP + "g[-1]", mx.MXNetError),
        (GROUP + "g[1.0]", TypeError),
        (GROUP + "g[0:4]", IndexError),
        (GROUP + "g[2:2]", TypeError),
        (GROUP + "sym.exp(s)", mx.MXNetError),
        (GROUP + "sym.Concat(s, a)", mx.MXNetError),
        ("sym.exp(sym.BatchNorm(a, output_mean_var=True))", mx.MXNetError),
        ("sym.exp(sym.exp(a))(b)", mx.MXNetError),
        ("sym.exp(a)(b, a=c)", TypeError),
        ("sym.exp(a)(a=1)", TypeError),
        ("sym.exp(a)(nope=b)", mx.MXNetError),
        ("(a + b)(a=c, nope=c)", mx.MXNetError),
        ("a(a=b)", mx.MXNetError),
        ("sym.FullyConnected(data=1, num_hidden=2)", AssertionError),
        ("sym.Concat([a, b])", AssertionError),
        ("sym.Concat(dim=1)", mx.MXNetError),
        ("FC(a, b, bias=c, no_bias=True, num_hidden=1)", mx.MXNetError),
        ("FC(a, num_hidden=-1)", mx.MXNetError),
        ("FC(a, num_hidden='abc')", mx.MXNetError),
        ("FC(a, num_hidden=3.0)", mx.MXNetError),
        ("FC(a, num_hidden=3, no_bias='yes')", mx.MXNetError),
        ("FC(a)", mx.MXNetError),
        ("FC(a, num_hidden=3, foo=1)", mx.MXNetError),
        ("sym.Pooling(a)", mx.MXNetError),
        ("FC(a, num_hidden=1, weight_lr_mult=2)", mx.MXNetError),
        ("V('a', weight_lr_mult=2)", ValueError),
        ("a + True", mx.MXNetError),
        ("a + np.ones(2)", TypeError),
        ("np.ones(2) + a", TypeError),
        ("a + 'x'", TypeError),
        ("a + None", TypeError),
        ("bool(a)", mx.base.NotImplementedForSymbol),
        ("a in [b]", mx.base.NotImplementedForSymbol),
        ("a // b", TypeError),
        ("a @ b", TypeError),
        ("a & b", TypeError),
        ("hash(a)", TypeError),
        ("a.asnumpy()", mx.base.NotImplementedForSymbol),
        ("a.asscalar()", mx.base.NotImplementedForSymbol),
        ("a.copy()", mx.base.NotImplementedForSymbol),
        ("a.detach()", mx.base.NotImplementedForSymbol),
        ("a.backward()", mx.base.NotImplementedForSymbol),
        ("a.wait_to_read()", mx.base.NotImplementedForSymbol),
        ("a += b", mx.base.NotImplementedForSymbol),
        ("a -= 1", mx.base.NotImplementedForSymbol),
        ("a *= b", mx.base.NotImplementedForSymbol),
        ("a /= 2", mx.base.NotImplementedForSymbol),
    ],
)
def test_refusals(expression, error):
    if any(mark in expression for mark in ("+=", "-=", "*=", "/=")):
        expression += "; a"
    with pytest.raises(error):
        evaluate(expression)


def test_messages_of_bad_parameters():
    table = {
        "FC(a, num_hiden=3)": ["Cannot find argument 'num_hiden'", "num_hidden"],
        "FC(a)": ["Required parameter num_hidden of int is not presented"],
        "FC(a, num_hidden=-1)": ["value -1 for Parameter num_hidden should be greater equal to 1"],
        "sym.Activation(a, act_type='foo')": [
            "Invalid Input: 'foo', valid values are: {",
            "'relu'",
        ],
        "FC(a, num_hidden='abc')": [
            "Invalid Parameter format for num_hidden expect int but value='abc'"
        ],
    }
    for expression, parts in table.items():
        with pytest.raises(mx.MXNetError) as caught:
            evaluate(expression)
        assert all(part in str(caught.value) for part in parts), str(caught.value)


@pytest.mark.parametrize(
    ("expression", "attrs"),
    [
        ("FC(a, None, None, 5)", {"num_hidden": "5"}),
        ("FC(data=a, num_hidden='3')", {"num_hidden": "3"}),
        ("FC(a, num_hidden=3, no_bias=1)", {"num_hidden": "3", "no_bias": "1"}),
        ("FC(a, num_hidden=3, no_bias='true')", {"num_hidden": "3", "no_bias": "true"}),
        ("sym.sum(a, axis='(0,1)')", {"axis": "(0,1)"}),
        ("sym.sum(a, axis=[0, 1])", {"axis": "[0, 1]"}),
        ("sym.sum(a, axis=(1,))", {"axis": "(1,)"}),
        ("sym.sum(a, axis=None)", {"axis": "None"}),
        ("sym.sum(a, keepdims=True)", {"keepdims": "True"}),
        ("sym.Convolution(a, kernel=3, num_filter=2)", {"kernel": "3", "num_filter": "2"}),
        ("sym.Concat(a, b)", {"num_args": "2"}),
        ("sym.Concat(arg0=a, arg1=b, num_args=2)", {"num_args": "2"}),
        ("sym.exp(a, shape='1')", {"shape": "1"}),
        ("sym.Cast(a, dtype='float16')", {"dtype": "float16"}),
        ("sym.Cast(a, dtype=np.float16)", {"dtype": "float16"}),
        ("sym.Cast(a, dtype=np.dtype('float16'))", {"dtype": "float16"}),
        ("a.reshape((2, 3))", {"shape": "(2, 3)"}),
        ("a.reshape(shape=(2, 3))", {"shape": "(2, 3)"}),
        ("sym.exp(a, out=3)", {}),
        ("sym.zeros((2,))", {"shape": "(2,)", "dtype": "float32"}),
        ("sym.full((2,), 3)", {"shape": "(2,)", "dtype": "float32", "value": "3.0"}),
        (
            "sym.arange(3)",
            {
                "dtype": "float32",
                "infer_range": "False",
                "repeat": "1",
                "start": "3",
                "step": "1.0",
                "stop": "None",
            },
        ),
        (
            "sym.random.uniform(shape=(2,))",
            {"low": "0", "high": "1", "shape": "(2,)", "dtype": "None"},
        ),
    ],
)
def test_parameters_are_kept_as_given(expression, attrs):
    kept = evaluate(expression).list_attr()
    if "uniform" in expression:
        kept = {**kept, "dtype": kept.get("dtype", "None")}
    assert kept == attrs


@pytest.mark.parametrize(
    ("expression", "op", "scalar"),
    [
        ("a + b", "elemwise_add", None),
        ("a - b", "elemwise_sub", None),
        ("a * b", "elemwise_mul", None),
        ("a / b", "elemwise_div", None),
        ("a % b", "_mod", None),
        ("a ** b", "_power", None),
        ("a == b", "_equal", None),
        ("a >= b", "_greater_equal", None),
        ("a + 1", "_plus_scalar", "1"),
        ("a + 1.0", "_plus_scalar", "1.0"),
        ("a - 1e-10", "_minus_scalar", "1e-10"),
        ("1 - a", "_rminus_scalar", "1"),
        ("a / 2", "_div_scalar", "2"),
        ("2 / a", "_rdiv_scalar", "2"),
        ("2 % a", "_rmod_scalar", "2"),
        ("2 ** a", "_rpower_scalar", "2"),
        ("a * np.float32(0.1)", "_mul_scalar", "0.1"),
        ("np.float32(2) + a", "_plus_scalar", "2.0"),
        ("-a", "_mul_scalar", "-1.0"),
        ("1 < a", "_greater_scalar", "1"),
        ("1 >= a", "_lesser_equal_scalar", "1"),
        ("abs(a)", "abs", None),
    ],
)
def test_python_operators(expression, op, scalar):
    symbol = evaluate(expression)
    assert symbol._outputs[0].node.op.op_name == op
    assert symbol.attr("scalar") == scalar


def test_python_operators_never_broadcast():
    symbol = evaluate("a + b")
    for shape in [(1, 3), (3,)]:
        with pytest.raises(mx.MXNetError):
            symbol.infer_shape(a=(2, 3), b=shape)


def test_numpy_scalars_compare_like_numbers():
    assert evaluate("a == np.float32(2)").attr("scalar") == str(np.float32(2))
