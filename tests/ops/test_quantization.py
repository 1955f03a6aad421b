"""Quantized layers: exact sums, refusals, and a network in integers against the real one."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import nd
from mxnet.ops import quantized_layers

RANDOM = np.random.RandomState(0)


def ends(*values):
    return [nd.array([value]) for value in values]


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("kind", ["int8", "uint8"])
@pytest.mark.parametrize("extreme", [True, False])
def test_sums_are_exact(monkeypatch, native, kind, extreme):
    if not native:
        monkeypatch.setattr(quantized_layers, "native_is_exact", lambda device: False)
    limits = np.iinfo(kind)
    low = limits.max if extreme else limits.min
    data = RANDOM.randint(low, limits.max + 1, (3, 3001))
    weight = RANDOM.randint(127 if extreme else -128, 128, (5, 3001))
    got = nd.contrib.quantized_fully_connected(
        nd.array(data, dtype=kind),
        nd.array(weight, dtype="int8"),
        *ends(-1, 1, -1, 1),
        num_hidden=5,
        no_bias=True,
    )
    np.testing.assert_array_equal(got[0].asnumpy(), data @ weight.T)


def test_no_terms():
    rows = nd.zeros((3, 4), dtype="int8")._tensor[:, :0]
    weight = nd.zeros((5, 4), dtype="int8")._tensor[:, :0]
    assert quantized_layers.integer_product(rows, weight).tolist() == [[0] * 5] * 3


CONTRIB, SYMBOLS = mx.nd.contrib, mx.sym.contrib
BYTES = nd.zeros((2, 3, 4, 4), dtype="int8")


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: CONTRIB.quantize_v2(nd.zeros((2,), dtype="int8"), out_type="uint8"), "int8"),
        (lambda: CONTRIB.quantize_v2(nd.zeros((2,), dtype="float64")), "float32"),
        (lambda: CONTRIB.quantize_v2(nd.array([])), "calib"),
        (lambda: CONTRIB.quantize_asym(nd.array([])), "calib"),
        (lambda: CONTRIB.requantize(nd.array([], dtype="int32"), *ends(-1, 1)), "calib"),
        (lambda: CONTRIB.dequantize(nd.zeros((2,), dtype="int32"), *ends(-1, 1)), "int8 or uint8"),
        (lambda: SYMBOLS.quantized_act(mx.sym.var("x"), act_type="tanh"), "relu"),
        (lambda: SYMBOLS.quantized_pooling(mx.sym.var("x"), kernel=(2, 2), pool_type="sum"), "max"),
        (lambda: CONTRIB.quantized_act(nd.zeros((2,)), *ends(-1, 1), act_type="relu"), "uint8"),
        (
            lambda: CONTRIB.quantized_batch_norm(
                BYTES, *[nd.ones((3,)) for _ in range(4)], *ends(-1, 1)
            ),
            "min_calib_range",
        ),
        (
            lambda: CONTRIB.quantized_batch_norm(
                BYTES, *[nd.ones((3,)) for _ in range(4)], *ends(-1, 1), axis=4
            ),
            "axis 4",
        ),
        (lambda: CONTRIB.calibrate_entropy(nd.ones((9,)), nd.ones((10,))), "num_quantized_bins"),
        (lambda: CONTRIB.calibrate_entropy(nd.ones((9, 1)), nd.ones((10,))), "vector"),
        (
            lambda: SYMBOLS.quantized_rnn(
                mx.sym.var("x"), state_size=2, num_layers=1, mode="gru"
            ),
            "lstm",
        ),
        (
            lambda: SYMBOLS.quantized_rnn(
                mx.sym.var("x"), state_size=2, num_layers=1, mode="lstm", projection_size=1
            ),
            "projection_size",
        ),
        (
            lambda: CONTRIB.quantized_elemwise_add(BYTES, BYTES.astype("int32"), *ends(0, 1, 0, 1)),
            "rhs",
        ),
    ],
)  # fmt: skip
def test_refusals(use, words):
    with pytest.raises(mx.MXNetError, match=words):
        use()


def test_empty_range_gives_zeros():
    quantized, low, high = CONTRIB.quantize_v2(nd.zeros((3,)))
    assert quantized.asnumpy().tolist() == [0, 0, 0]
    assert CONTRIB.dequantize(quantized, low, high).asnumpy().tolist() == [0, 0, 0]
    sums = nd.zeros((3,), dtype="int32")
    assert CONTRIB.requantize(sums, *ends(-1, 1))[0].asnumpy().tolist() == [0, 0, 0]


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_network_in_integers_is_close_to_the_real_one(kind):
    """Convolution, ReLU, pooling and a fully connected layer, with biases, in integers."""
    arrays = {
        "data": RANDOM.uniform(0 if kind == "uint8" else -1, 1, (2, 3, 8, 8)),
        "kernel": RANDOM.uniform(-0.5, 0.5, (4, 3, 3, 3)),
        "offset": RANDOM.uniform(-0.5, 0.5, (4,)),
        "weight": RANDOM.uniform(-0.5, 0.5, (5, 36)),
        "bias": RANDOM.uniform(-1, 1, (5,)),
    }
    arrays = {name: nd.array(value) for name, value in arrays.items()}
    conv = {"kernel": (3, 3), "num_filter": 4}
    pooled = {"kernel": (2, 2), "stride": (2, 2), "pool_type": "avg"}
    real = mx.sym.Convolution(
        mx.sym.var("data"), mx.sym.var("kernel"), mx.sym.var("offset"), **conv
    )
    real = mx.sym.Pooling(mx.sym.relu(real), **pooled)
    real = mx.sym.FullyConnected(real, mx.sym.var("weight"), mx.sym.var("bias"), num_hidden=5)

    def quantized(name, out_type="int8"):
        return SYMBOLS.quantize_v2(mx.sym.var(name), out_type=out_type)

    def layer(function, data, weight, bias, **params):
        parts = [data, quantized(weight), quantized(bias)]
        return function(*[p[0] for p in parts], *[p[i] for p in parts for i in (1, 2)], **params)

    made = layer(SYMBOLS.quantized_conv, quantized("data", kind), "kernel", "offset", **conv)
    made = SYMBOLS.requantize(made[0], made[1], made[2])
    made = SYMBOLS.quantized_act(made[0], made[1], made[2], act_type="relu")
    made = SYMBOLS.quantized_pooling(made[0], made[1], made[2], **pooled)
    made = SYMBOLS.quantized_flatten(made[0], made[1], made[2])
    made = layer(SYMBOLS.quantized_fully_connected, made, "weight", "bias", num_hidden=5)
    made = SYMBOLS.requantize(made[0], made[1], made[2])
    made = SYMBOLS.dequantize(made[0], made[1], made[2])
    results = [
        symbol.bind(mx.cpu(), {n: arrays[n] for n in symbol.list_arguments()}).forward()[0]
        for symbol in (real, made)
    ]
    want, got = (result.asnumpy() for result in results)
    np.testing.assert_allclose(got, want, atol=0.03 * abs(want).max())
