"""What samples cannot say of layers: state, layouts in memory, errors, shapes of labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

import mxnet as mx
from ops.samples.norm import batch_norm
from running import run_bound, run_plainly

RNG = np.random.RandomState(0)
IMAGES = RNG.randn(2, 3, 4, 4).astype("float32")


def variable():
    return mx.sym.Variable("data")


def statistics(**params):
    symbol = mx.sym.BatchNorm(variable(), name="t", **params)
    arrays = {
        "data": IMAGES,
        "t_gamma": np.full(3, 2, "float32"),
        "t_beta": np.zeros(3, "float32"),
        "t_moving_mean": np.ones(3, "float32"),
        "t_moving_var": np.full(3, 4, "float32"),
    }
    return symbol, arrays


def test_batch_norm_updates_its_statistics_in_backward():
    symbol, arrays = statistics(momentum=0.75)
    forward = run_bound(symbol, arrays)
    np.testing.assert_array_equal(forward.auxiliary["t_moving_mean"], arrays["t_moving_mean"])
    both = run_bound(symbol, arrays, [IMAGES], "write")
    mean, var = IMAGES.mean((0, 2, 3)), IMAGES.var((0, 2, 3))
    np.testing.assert_allclose(both.auxiliary["t_moving_mean"], 0.75 + 0.25 * mean, 1e-5)
    np.testing.assert_allclose(both.auxiliary["t_moving_var"], 3 + 0.25 * var, 1e-5)


def test_batch_norm_with_global_statistics_does_not_update():
    symbol, arrays = statistics(use_global_stats=True)
    found = run_bound(symbol, arrays, [IMAGES], "write")
    np.testing.assert_array_equal(found.auxiliary["t_moving_mean"], arrays["t_moving_mean"])


def test_batch_norm_fixes_gamma():
    symbol, arrays = statistics()
    found = run_bound(symbol, arrays, [IMAGES], "write")
    np.testing.assert_array_equal(found.arguments["t_gamma"], 1)
    np.testing.assert_array_equal(found.gradients["t_gamma"], 0)


@pytest.mark.parametrize("axis", range(4))
def test_batch_norm_of_channels_last_data_along_any_axis(axis):
    arrays = {"data": IMAGES, "d_weight": RNG.randn(3, 16, 2, 2).astype("float32")}
    layer = mx.sym.Deconvolution(variable(), kernel=(2, 2), num_filter=16, name="d")
    net = mx.sym.Pooling(mx.sym.BatchNorm(layer, axis=axis, name="t"), kernel=(2, 2))
    arrays.update(
        (name, (np.zeros if name.endswith(("beta", "mean")) else np.ones)(shape, "float32"))
        for names, shapes in zip(
            (net.list_arguments(), net.list_auxiliary_states()),
            net.infer_shape(data=IMAGES.shape)[::2],
            strict=True,
        )
        for name, shape in zip(names, shapes, strict=True)
        if name not in arrays
    )
    head = RNG.randn(2, 16, 4, 4).astype("float32")
    got, want = (run(net, arrays, [head], "write") for run in (run_bound, run_plainly))
    np.testing.assert_allclose(got.outputs[0], want.outputs[0], 1e-4, 1e-4)
    for name, value in want.gradients.items():
        np.testing.assert_allclose(got.gradients[name], value, 1e-3, 1e-3, err_msg=name)
    for name, value in want.auxiliary.items():
        np.testing.assert_allclose(got.auxiliary[name], value, 1e-4, 1e-5, err_msg=name)


def test_batch_norm_infers_with_moving_statistics():
    symbol, arrays = statistics(fix_gamma=False)
    named = {name.removeprefix("t_"): value for name, value in arrays.items()}
    expected = batch_norm(fix_gamma=False, train=False)(**named)
    np.testing.assert_allclose(run_bound(symbol, arrays, train=False).outputs[0], expected, 1e-5)


def test_batch_norm_of_half_precision_keeps_single_precision_statistics():
    types = mx.sym.BatchNorm(variable()).infer_type(data="float16")
    assert types == ([np.float16, np.float32, np.float32], [np.float16], [np.float32] * 2)


@pytest.mark.parametrize(
    ("params", "outputs"),
    [
        ({"kernel": (2, 2)}, 2),
        ({"kernel": (2, 2), "layout": "NHWC"}, 1),
        ({"kernel": (2, 2), "pool_type": "avg"}, 1),
        ({"global_pool": True}, 1),
    ],
)
def test_pooling_counts_outputs_as_files_of_1x_do(params, outputs):
    rows = json.loads(mx.sym.Pooling(variable(), **params).tojson())["node_row_ptr"]
    assert rows == [0, 1, 1 + outputs]


def test_pooling_of_windows_outside_the_data():
    params = {"kernel": (1,), "stride": (3,), "pooling_convention": "full"}
    data = np.array([[[1, 2, 3]]], "float32")
    for pool_type, outside in (("max", np.finfo("float32").min), ("avg", 0), ("sum", 0)):
        symbol = mx.sym.Pooling(variable(), pool_type=pool_type, **params)
        found = run_bound(symbol, {"data": data}, [np.ones((1, 1, 2), "float32")], "write")
        np.testing.assert_array_equal(found.outputs[0], [[[1, outside]]])
        np.testing.assert_array_equal(found.gradients["data"], [[[1, 0, 0]]])


def test_largest_of_equals_is_the_first():
    symbol = mx.sym.Pooling(variable(), kernel=(2, 2))
    data = np.ones((1, 1, 2, 2), "float32")
    found = run_bound(symbol, {"data": data}, [np.ones((1, 1, 1, 1), "float32")], "write")
    np.testing.assert_array_equal(found.gradients["data"], [[[[1, 0], [0, 0]]]])


def test_norm_pooling_of_zeros_has_zero_gradient():
    symbol = mx.sym.Pooling(variable(), kernel=(2,), pool_type="lp", p_value=2)
    data = np.zeros((1, 1, 3), "float32")
    found = run_bound(symbol, {"data": data}, [np.ones((1, 1, 2), "float32")], "write")
    np.testing.assert_array_equal(found.gradients["data"], data)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mx.sym.Pooling(variable()), "kernel should be given"),
        (lambda: mx.sym.Pooling(variable(), kernel=(2,), stride=(0,)), "stride should be at least"),
        (lambda: mx.sym.Pooling(variable(), kernel=(2,), pool_type="lp"), "p_value"),
        (lambda: mx.sym.Convolution(variable(), kernel=(3, 3, 3, 3), num_filter=1), "1, 2 or 3"),
        (lambda: mx.sym.Convolution(variable(), kernel=(3,), num_filter=0), "num_filter"),
        (
            lambda: mx.sym.Convolution(variable(), kernel=(3,), num_filter=3, num_group=2),
            "multiple of num_group",
        ),
        (
            lambda: mx.sym.Convolution(variable(), kernel=(3, 3), num_filter=3, stride=(2,)),
            "stride should have 2 entries",
        ),
        (
            lambda: mx.sym.Convolution(variable(), kernel=(3,), num_filter=3, layout="NHWC"),
            "does not fit",
        ),
        (lambda: mx.sym.softmin(variable(), use_length=True), "use_length"),
        (lambda: mx.sym.softmax(variable(), temperature=0.0), "temperature"),
        (lambda: mx.sym.UpSampling(variable(), scale=2, sample_type="bilinear"), "num_filter"),
    ],
)
def test_contradicting_parameters(make, message):
    with pytest.raises(mx.MXNetError, match=message):
        make()


@pytest.mark.parametrize(
    ("symbol", "shape", "message"),
    [
        (lambda: mx.sym.Pooling(variable(), kernel=(5, 5)), (1, 1, 4, 4), "exceeds"),
        (
            lambda: mx.sym.Pooling(variable(), kernel=(2,), pooling_convention="same"),
            (1, 1, 4),
            "same",
        ),
        (lambda: mx.sym.Convolution(variable(), kernel=(5,), num_filter=1), (1, 1, 4), "exceeds"),
        (
            lambda: mx.sym.Convolution(variable(), kernel=(1,), num_filter=2, num_group=2),
            (1, 3, 4),
            "groups",
        ),
        (lambda: mx.sym.Convolution(variable(), kernel=(1, 1), num_filter=2), (1, 3), "4 dimens"),
        (
            lambda: mx.sym.Deconvolution(variable(), kernel=(3,), num_filter=1, target_shape=(9,)),
            (1, 1, 3),
            "too large",
        ),
        (
            lambda: mx.sym.Deconvolution(variable(), kernel=(3,), num_filter=1, adj=(1,)),
            (1, 1, 3),
            "smaller than the stride",
        ),
        (lambda: mx.sym.BatchNorm(variable(), axis=4), (2, 3), "out of range"),
        (lambda: mx.sym.GroupNorm(variable(), num_groups=2), (2, 3, 4), "groups"),
        (lambda: mx.sym.SoftmaxOutput(variable(), mx.sym.Variable("l", shape=(3, 1))), (3, 4), "l"),
    ],
)
def test_shapes_that_do_not_fit(symbol, shape, message):
    with pytest.raises(mx.MXNetError, match=message):
        symbol().infer_shape(data=shape)


def test_convolution_infers_its_data_from_what_comes_after():
    symbol = mx.sym.Convolution(variable(), kernel=(3, 3), num_filter=2, pad=(1, 1), name="c")
    shapes, _, _ = (symbol + mx.sym.Variable("e")).infer_shape(data=(0, 3, 0, 0), e=(2, 2, 7, 7))
    assert shapes == [(2, 3, 7, 7), (2, 3, 3, 3), (2,), (2, 2, 7, 7)]


def test_labels_may_hold_probabilities():
    symbol = mx.sym.SoftmaxOutput(variable(), mx.sym.Variable("label"))
    shapes, _, _ = symbol.infer_shape(data=(3, 4), label=(3, 4))
    assert shapes == [(3, 4), (3, 4)]


def test_one_gamma_serves_all_channels():
    symbol = mx.sym.LeakyReLU(variable(), mx.sym.Variable("gamma"), act_type="prelu")
    arrays = {"data": IMAGES, "gamma": np.array([0.1], "float32")}
    found = run_bound(symbol, arrays, [IMAGES], "write")
    np.testing.assert_allclose(found.outputs[0], np.where(IMAGES > 0, IMAGES, 0.1 * IMAGES), 1e-5)
    expected = np.sum(np.minimum(IMAGES, 0) * IMAGES)
    np.testing.assert_allclose(found.gradients["gamma"], [expected], 1e-5)


def test_relu_keeps_what_is_not_a_number():
    symbol = mx.sym.Activation(variable(), act_type="relu")
    assert np.isnan(run_bound(symbol, {"data": np.array([np.nan], "float32")}).outputs[0]).all()
