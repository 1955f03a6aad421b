"""Names of nodes, arguments and outputs, and their order."""

from __future__ import annotations

import pytest

import mxnet as mx
from symbol_table import evaluate


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("sym.concat(a, b)", "concat0"),
        ("sym.concat(a, b); sym.Concat(a, b)", "concat1"),
        ("sym.sum_axis(a)", "sum_axis0"),
        ("sym.stop_gradient(a)", "stop_gradient0"),
        ("sym.split(a, num_outputs=2)", "split0"),
        ("a.flip(axis=0)", "flip0"),
        ("FC(a, num_hidden=1); FC(a, num_hidden=1); FC(a, num_hidden=1)", "fullyconnected2"),
        ("sym.dot(a, b)", "dot0"),
        ("sym.linalg.gemm2(a, b)", "gemm20"),
        ("sym.contrib.box_nms(a)", "box_nms0"),
        ("sym.contrib.MultiBoxPrior(a)", "multiboxprior0"),
        ("a + b", "_plus0"),
        ("a - b", "_minus0"),
        ("a * b", "_mul0"),
        ("a / b", "_div0"),
        ("a % b", "_mod0"),
        ("a ** b", "_power0"),
        ("a + 1", "_plusscalar0"),
        ("1 + a", "_plusscalar0"),
        ("a - 1", "_minusscalar0"),
        ("1 - a", "_rminusscalar0"),
        ("a * 2", "_mulscalar0"),
        ("a / 2", "_divscalar0"),
        ("2 / a", "_rdivscalar0"),
        ("a % 2", "_modscalar0"),
        ("2 % a", "_rmodscalar0"),
        ("a ** 2", "_powerscalar0"),
        ("2 ** a", "_rpower_scalar0"),
        ("sym.pow(2, a)", "_rpowerscalar0"),
        ("-a", "_mulscalar0"),
        ("abs(a)", "abs0"),
        ("a == 1", "_equal_scalar0"),
        ("a > 1", "_greater_scalar0"),
        ("1 < a", "_greater_scalar0"),
        ("a <= 1", "_lesser_equal_scalar0"),
        ("1 >= a", "_lesser_equal_scalar0"),
        ("a == b", "_equal0"),
        ("a != b", "_not_equal0"),
        ("a > b", "_greater0"),
        ("a >= b", "_greater_equal0"),
        ("a < b", "_lesser0"),
        ("a <= b", "_lesser_equal0"),
        ("sym.zeros((2,))", "_zeros0"),
        ("sym.ones((2,))", "_ones0"),
        ("sym.full((2,), 3)", "_full0"),
        ("sym.arange(3)", "_arange0"),
        ("sym.eye(3)", "_eye0"),
        ("sym.random.uniform(shape=(2,))", "_random_uniform0"),
        ("sym.random.normal(shape=(2,))", "_random_normal0"),
        ("sym.random.uniform(low=a, high=b)", "_sample_uniform0"),
        ("sym.maximum(a, b)", "_maximum0"),
        ("sym.maximum(a, 2)", "_maximumscalar0"),
        ("sym.minimum(2, a)", "_minimumscalar0"),
        ("sym.hypot(a, 2)", "_hypotscalar0"),
        ("sym.exp(a, name='q'); sym.exp(a)", "exp0"),
    ],
)
def test_automatic_names(expression, name):
    assert evaluate(expression).name == name


def test_two_numbers_give_a_number():
    assert mx.sym.maximum(2, 3) == 3
    assert mx.sym.minimum(2, 3) == 2


def test_name_manager():
    manager = mx.name.NameManager()
    with manager:
        assert manager.get(None, "x") == "x0"
        assert manager.get("x0", "x") == "x0", "collisions are not checked"
        assert manager.get(None, "FooBar") == "FooBar0"
        assert mx.sym.exp(mx.sym.Variable("a")).name == "exp0"
        with mx.name.NameManager():
            assert mx.sym.exp(mx.sym.Variable("a")).name == "exp0"
        assert mx.sym.exp(mx.sym.Variable("a")).name == "exp1"


def test_prefix():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    with mx.name.Prefix("p_"):
        assert mx.sym.exp(a).name == "p_exp0"
        assert mx.sym.exp(a, name="x").name == "p_x"
        assert (a + b).name == "p__plus0"
        assert mx.sym.Variable("v").name == "v"
        with mx.name.Prefix("q_"):
            assert mx.sym.exp(a).name == "q_exp0", "prefixes do not add up"
        assert mx.sym.exp(a).name == "p_exp1"
    assert mx.sym.exp(a).name == "exp0"


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("FC(a, num_hidden=1, name='fc')", ["a", "fc_weight", "fc_bias"]),
        ("sym.SoftmaxOutput(a, name='so')", ["a", "so_label"]),
        (
            "sym.RNN(a, mode='lstm', state_size=2, num_layers=1, name='r')",
            ["a", "r_parameters", "r_state", "r_state_cell"],
        ),
        ("sym.LeakyReLU(a, act_type='prelu', name='l')", ["a", "l_gamma"]),
        ("sym.CTCLoss(a, name='ctc')", ["a", "ctc_label"]),
        ("sym.dot(name='d')", ["d_lhs", "d_rhs"]),
        ("sym.where(name='w')", ["w_condition", "w_x", "w_y"]),
        ("sym.Concat(num_args=2, name='cc')", ["cc_arg0", "cc_arg1"]),
        ("sym.Concat(a, num_args=2, name='cc')", ["a", "cc_arg1"]),
        ("(b + a) * c + b", ["b", "a", "c"]),
        ("V('a') + V('a')", ["a", "a"]),
        ("sym.Group([sym.exp(b), sym.exp(a)])", ["b", "a"]),
        (
            "l = FC(a, num_hidden=1, name='l'); r = FC(a, num_hidden=1, name='r'); l + r",
            ["a", "l_weight", "l_bias", "r_weight", "r_bias"],
        ),
        (
            "x = sym.Convolution(a, kernel=(1, 1), num_filter=1, name='cv');"
            " FC(sym.BatchNorm(x, name='bn'), num_hidden=1, name='fc')",
            ["a", "cv_weight", "cv_bias", "bn_gamma", "bn_beta", "fc_weight", "fc_bias"],
        ),
    ],
)
def test_arguments(expression, arguments):
    assert evaluate(expression).list_arguments() == arguments


def test_auxiliary_states_and_inputs():
    symbol = evaluate("FC(sym.BatchNorm(a, name='bn'), num_hidden=1, name='fc')")
    assert symbol.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert symbol.list_inputs() == [
        *["a", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"],
        *["fc_weight", "fc_bias"],
    ]


@pytest.mark.parametrize(
    ("expression", "outputs"),
    [
        ("sym.exp(a, name='e')", ["e_output"]),
        ("sym.split(a, num_outputs=2, name='s')", ["s_output0", "s_output1"]),
        ("sym.split(a, num_outputs=1, name='s')", ["s_output0"]),
        (
            "sym.BatchNorm(a, output_mean_var=True, name='bn')",
            ["bn_output", "bn_mean", "bn_var"],
        ),
        ("sym.BatchNorm(a, name='bn')", ["bn_output"]),
        ("sym.Dropout(a, name='d')", ["d_output"]),
        ("sym.topk(a, ret_typ='value', name='t')", ["t_output0"]),
        ("sym.topk(a, name='t')", ["t_output"]),
        ("sym.topk(a, ret_typ='both', name='t')", ["t_output0", "t_output1"]),
        (
            "sym.RNN(a, mode='gru', state_size=2, num_layers=1, state_outputs=True, name='r')",
            ["r_output", "r_state_output"],
        ),
        ("sym.Group([a, b])", ["a", "b"]),
        ("sym.Group([a, a])", ["a", "a"]),
        ("sym.exp(a + b, name='e').get_internals()", ["a", "b", "_plus0_output", "e_output"]),
        (
            "sym.BatchNorm(a, output_mean_var=True, name='n').get_internals()",
            [
                *["a", "n_gamma", "n_beta", "n_moving_mean", "n_moving_var"],
                *["n_output", "n_mean", "n_var"],
            ],
        ),
        ("(a + a).get_children()", ["a", "a"]),
        (
            "FC(sym.BatchNorm(a, name='bn'), num_hidden=1, name='fc').get_children()",
            ["bn_output", "fc_weight", "fc_bias"],
        ),
        (
            "sym.BatchNorm(a, name='n').get_children()",
            ["a", "n_gamma", "n_beta", "n_moving_mean", "n_moving_var"],
        ),
    ],
)
def test_outputs(expression, outputs):
    assert evaluate(expression).list_outputs() == outputs


def test_a_variable_has_no_children():
    assert mx.sym.Variable("a").get_children() is None


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("V()", TypeError),
        ("V(5)", TypeError),
        ("sym.Group([])", TypeError),
        ("sym.Group([1])", TypeError),
    ],
)
def test_wrong_names_and_groups(expression, error):
    with pytest.raises(error):
        evaluate(expression)


def test_variable_and_var_are_one():
    assert mx.sym.Variable is mx.sym.var
