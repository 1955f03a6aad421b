"""The gradients of loss heads, which are not derivatives of their outputs."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.symbol.functions import function
from ops.samples.softmax import softmax
from running import run_bound

DATA = np.array([[0.2, -1.0, 0.5, 0.1], [1.5, 0.3, -0.2, 0.7], [0.0, 0.4, 2.0, -0.6]], "float32")
CLASSES = np.array([2, 0, 1], "float32")
MAPS = DATA.reshape(1, 3, 4)
MAP_CLASSES = np.array([[2, 0, 1, 1]], "float32")


def gradient(op, data, label=None, head=None, **params):
    inputs = {"data": data} if label is None else {"data": data, "label": label}
    variables = {name: mx.sym.Variable(name) for name in inputs}
    symbol = function(op)(name="t", **variables, **params)
    heads = None if head is None else [head]
    return run_bound(symbol, inputs, heads, {"data": "write"}).gradients["data"]


def one_hot(label, classes):
    return (np.asarray(label)[..., None] == np.arange(classes)).astype("float32")


P = softmax()(DATA)
DIFFERENCE = P - one_hot(CLASSES, 4)
MAP_DIFFERENCE = softmax(1)(MAPS) - np.moveaxis(one_hot(MAP_CLASSES, 3), -1, 1)
KEPT = np.array([[1], [1], [0]])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, DIFFERENCE),
        ({"grad_scale": 3.0}, 3 * DIFFERENCE),
        ({"normalization": "batch"}, DIFFERENCE / 3),
        ({"normalization": "valid"}, DIFFERENCE / 3),
        ({"use_ignore": True, "ignore_label": 1.0}, DIFFERENCE * KEPT),
        (
            {"use_ignore": True, "ignore_label": 1.0, "normalization": "valid"},
            DIFFERENCE * KEPT / 2,
        ),
        ({"smooth_alpha": 0.3}, P - (0.1 + 0.6 * one_hot(CLASSES, 4))),
        ({"ignore_label": 1.0}, DIFFERENCE),
    ],
)
def test_softmax_output(params, expected):
    found = gradient("SoftmaxOutput", DATA, CLASSES, **params)
    np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, MAP_DIFFERENCE / 4),
        ({"normalization": "batch"}, MAP_DIFFERENCE / 4),
        ({"normalization": "valid"}, MAP_DIFFERENCE / 4),
        (
            {"normalization": "valid", "use_ignore": True, "ignore_label": 1.0},
            MAP_DIFFERENCE * [1, 1, 0, 0] / 2,
        ),
    ],
)
def test_softmax_output_at_every_position(params, expected):
    found = gradient("SoftmaxOutput", MAPS, MAP_CLASSES, multi_output=True, **params)
    np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


def test_softmax_output_in_large_batches():
    """Above a certain size another kernel computes the same."""
    rng = np.random.RandomState(0)
    data = rng.randn(300, 200).astype("float32")
    label = rng.randint(-3, 210, 300).astype("float32")
    expected = softmax()(data) - one_hot(label, 200)
    np.testing.assert_allclose(gradient("SoftmaxOutput", data, label), expected, 1e-4, 1e-6)


def test_softmax_output_of_probabilities_and_head_gradient():
    target = softmax()(DATA[::-1]).astype("float32")
    np.testing.assert_allclose(gradient("SoftmaxOutput", DATA, target), P - target, 1e-5, 1e-6)
    found = gradient("SoftmaxOutput", DATA, CLASSES, DATA, out_grad=True)
    np.testing.assert_allclose(found, DIFFERENCE * DATA, 1e-5, 1e-6)


@pytest.mark.parametrize("label", [[9, 0, 1], [-4, 0, 1]])
def test_a_class_out_of_range_subtracts_nothing(label):
    found = gradient("SoftmaxOutput", DATA, np.array(label, "float32"))
    np.testing.assert_allclose(found, P - one_hot(label, 4), 1e-5, 1e-6)


@pytest.mark.parametrize(
    ("op", "slope"),
    [
        ("LinearRegressionOutput", lambda x, y: x - y),
        ("MAERegressionOutput", lambda x, y: np.sign(x - y)),
        ("LogisticRegressionOutput", lambda x, y: 1 / (1 + np.exp(-x)) - y),
    ],
)
def test_regression(op, slope):
    label = DATA[:, ::-1].copy()
    expected = 2 * slope(DATA, label) / 4
    np.testing.assert_allclose(gradient(op, DATA, label, grad_scale=2.0), expected, 1e-5, 1e-6)
    column, values = DATA[:, :1], CLASSES
    expected = slope(column, values[:, None])
    np.testing.assert_allclose(gradient(op, column, values), expected, 1e-5, 1e-6)


def test_support_vector_machine():
    data, label = np.array([[0, 2, 0.5]], "float32"), np.zeros(1, "float32")
    for params, expected in (
        ({}, [-2, 6, 3]),
        ({"use_linear": True}, [-1, 1, 1]),
        ({"margin": 2.0, "regularization_coefficient": 0.5}, [-2, 4, 2.5]),
    ):
        np.testing.assert_allclose(gradient("SVMOutput", data, label, **params), [expected])


@pytest.mark.parametrize(
    ("op", "params", "expected"),
    [
        ("make_loss", {}, 1),
        ("MakeLoss", {"grad_scale": 2.0}, 2),
        ("MakeLoss", {"normalization": "batch"}, 1 / 3),
        ("MakeLoss", {"normalization": "valid", "valid_thresh": 0.45}, 1 / 4),
        ("BlockGrad", {}, 0),
    ],
)
def test_losses_by_definition(op, params, expected):
    np.testing.assert_allclose(gradient(op, DATA, **params), np.full((3, 4), expected), 1e-6)


def test_sparsity_penalty_follows_the_moving_average():
    data = np.array([[0.2, 0.8], [0.4, 0.6]], "float32")
    symbol = mx.sym.IdentityAttachKLSparseReg(
        mx.sym.Variable("data"), name="t", penalty=0.01, momentum=0.5
    )
    average = np.array([0.1, 0.3], "float32")
    inputs = {"data": data, "t_moving_avg": average}
    found = run_bound(symbol, inputs, [np.zeros_like(data)], {"data": "write"})
    average = 0.5 * average + 0.5 * data.mean(0)
    slope = 0.01 * (0.9 / (1 - average) - 0.1 / average)
    np.testing.assert_allclose(found.auxiliary["t_moving_avg"], average, 1e-6)
    np.testing.assert_allclose(found.gradients["data"], np.tile(slope, (2, 1)), 1e-5)


def test_ctc_without_alignment_costs_nothing():
    data = np.zeros((2, 1, 3), "float32")
    assert (
        gradient("CTCLoss", data, np.array([[1, 1]], "float32"), np.ones(1, "float32")) == 0
    ).all()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"data": (0, 1), "label": (1, 1)}, [(0, 1), (1, 1)]),
        ({"data": (4, 0), "label": (3, 4)}, [(4, 0), (3, 4)]),
        ({"data": (4, 1), "label": (0,)}, [(4, 1), (4,)]),
        ({"data": (0, 3)}, [(0, 3), (0, 3)]),
    ],
)
def test_labels_of_regression_when_sizes_are_missing(given, expected):
    net = mx.sym.LinearRegressionOutput(mx.sym.Variable("data"), mx.sym.Variable("label"))
    assert net.infer_shape_partial(**given)[0] == expected
