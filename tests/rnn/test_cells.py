"""Recurrent cells: names as in 1.9.1, fused and unfused layers, packing, what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import mxnet as mx
from mxnet import rnn

DATA = mx.sym.Variable("data")


def flat(value):
    """The symbols of nested lists."""
    if isinstance(value, (list, tuple)):
        return [symbol for item in value for symbol in flat(item)]
    return [value]


def stack(*cells):
    """Cells on top of each other."""
    made = rnn.SequentialRNNCell()
    for cell in cells:
        made.add(cell)
    return made


def operators(cell, steps=1):
    """The names of the nodes of an unrolled cell that are no variables, in the order of the graph."""
    with mx.name.NameManager(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs, states = cell.unroll(steps, [DATA] * steps)
    nodes = mx.sym.Group(flat([outputs, states]))._graph.nodes
    return " ".join(node.name for node in nodes if node.op is not None)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        (
            rnn.RNNCell(3),
            "rnn_t0_i2h rnn_begin_state_0 rnn_t0_h2h _plus0 rnn_t0_out",
        ),
        (
            rnn.LSTMCell(3),
            "lstm_t0_i2h lstm_begin_state_0 lstm_t0_h2h _plus0 lstm_t0_slice lstm_t0_o lstm_t0_f"
            " lstm_begin_state_1 _mul0 lstm_t0_i lstm_t0_c _mul1 lstm_t0_state activation0"
            " lstm_t0_out",
        ),
        (
            rnn.GRUCell(3),
            "gru_t0__i2h gru_t0__i2h_slice gru_begin_state_0 gru_t0__h2h gru_t0__h2h_slice _plus1"
            " gru_t0__z_act _rminusscalar0 _plus0 gru_t0__r_act _mul0 _plus2 gru_t0__h_act _mul1"
            " _mul2 gru_t0_out",
        ),
        (
            rnn.ZoneoutCell(rnn.RNNCell(3), 0.3, 0.4),
            "rnn_t0_i2h rnn_begin_state_0 rnn_t0_h2h _plus0 rnn_t0_out ones_like0 dropout0 _zeros0"
            " where0 ones_like1 dropout1 where1",
        ),
        (
            rnn.ResidualCell(rnn.RNNCell(3)),
            "rnn_t0_i2h rnn_begin_state_0 rnn_t0_h2h _plus0 rnn_t0_out rnn_t0_out_plus_residual",
        ),
        (
            stack(rnn.RNNCell(3), rnn.DropoutCell(0.5), rnn.RNNCell(2, prefix="b_")),
            "rnn_t0_i2h rnn_begin_state_0 rnn_t0_h2h _plus0 rnn_t0_out dropout0 b_t0_i2h"
            " b_begin_state_0 b_t0_h2h _plus1 b_t0_out",
        ),
        (
            rnn.BidirectionalCell(rnn.RNNCell(2, prefix="l_"), rnn.RNNCell(3, prefix="r_")),
            "l_t0_i2h l_begin_state_0 l_t0_h2h _plus0 l_t0_out r_t0_i2h r_begin_state_0 r_t0_h2h"
            " _plus1 r_t0_out bi_t0",
        ),
        (
            rnn.FusedRNNCell(3, get_next_state=True),
            "expand_dims0 concat0 swapaxes0 lstm_begin_state_0 lstm_begin_state_1 lstm_rnn"
            " swapaxes1",
        ),
        (
            rnn.ConvRNNCell((1, 3, 8, 8), 4),
            "ConvRNN_t0_i2h ConvRNN_begin_state_0 ConvRNN_t0_h2h _plus0 ConvRNN_t0_out",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, rnn.BaseRNNCell) else "",
)
def test_names(cell, names):
    assert operators(cell) == names


def test_variables_carry_their_initializers():
    lstm = rnn.LSTMCell(2, forget_bias=3.0)
    assert lstm.params.get("i2h_bias").attr("__init__") == '["lstmbias", {"forget_bias": 3.0}]'
    fused = rnn.FusedRNNCell(2, 2, "gru", prefix="f_")
    assert fused._parameter.attr("__init__") == (
        '["fusedrnn", {"init": null, "num_hidden": 2, "num_layers": 2, "mode": "gru",'
        ' "bidirectional": false, "forget_bias": 1.0}]'
    )


def test_first_states():
    cell = rnn.LSTMCell(2)
    first, second = cell.begin_state()
    assert (first.name, second.name) == ("lstm_begin_state_0", "lstm_begin_state_1")
    assert first.attr("__layout__") == "NC"
    assert [s.name for s in cell.begin_state(func=mx.sym.Variable)] == [
        "lstm_begin_state_2",
        "lstm_begin_state_3",
    ]
    assert rnn.FusedRNNCell(3, 2, bidirectional=True).state_shape == [(4, 0, 3)] * 2


def test_cells_with_the_same_parameters_share_weights():
    params = rnn.RNNParams("shared_")
    outputs = [rnn.RNNCell(2, prefix=p, params=params)(DATA, [DATA])[0] for p in ("a_", "b_")]
    arguments = mx.sym.Group(outputs).list_arguments()
    assert sum(name.startswith("shared_") for name in arguments) == 4


def run(symbol, arrays):
    """Outputs and gradients for arrays by name."""
    executor = symbol.simple_bind(mx.cpu(), data=arrays["data"].shape)
    executor.copy_params_from(arrays)
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.ones(output.shape) for output in outputs])
    return [o.asnumpy() for o in outputs], executor.grad_dict


@pytest.mark.parametrize("mode", ["rnn_relu", "rnn_tanh", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_fused_like_unfused(mode, bidirectional):
    fused = rnn.FusedRNNCell(3, 2, mode, bidirectional, prefix="f_")
    symbol, _ = fused.unroll(4, DATA, layout="TNC", merge_outputs=True)
    shapes = dict(zip(symbol.list_arguments(), symbol.infer_shape(data=(4, 2, 5))[0], strict=True))
    rng = np.random.RandomState(0)
    arrays = {k: mx.nd.array(rng.uniform(-0.5, 0.5, s)) for k, s in shapes.items()}
    outputs, gradients = run(symbol, arrays)

    cells = fused.unfuse()
    steps, _ = cells.unroll(4, DATA, layout="TNC", merge_outputs=True)
    separate = cells.pack_weights(fused.unpack_weights(arrays))
    assert "f_parameters" in arrays
    assert "f_parameters" not in separate
    want, d_separate = run(steps, separate)
    np.testing.assert_allclose(outputs[0], want[0], rtol=1e-4, atol=1e-5)

    packed = fused.pack_weights(cells.unpack_weights(separate))
    np.testing.assert_array_equal(
        packed["f_parameters"].asnumpy(), arrays["f_parameters"].asnumpy()
    )
    d_packed = fused.pack_weights(cells.unpack_weights(d_separate))
    for name in ("data", "f_parameters"):
        np.testing.assert_allclose(
            gradients[name].asnumpy(), d_packed[name].asnumpy(), rtol=1e-3, atol=1e-5
        )


@pytest.mark.parametrize("layout", ["NTC", "TNC"])
@pytest.mark.parametrize("merge", [True, False, None])
def test_layouts_of_inputs_and_outputs(layout, merge):
    cell = rnn.BidirectionalCell(rnn.GRUCell(2, prefix="l_"), rnn.RNNCell(3, prefix="r_"))
    outputs, (left, right) = cell.unroll(3, DATA, layout=layout, merge_outputs=merge)
    assert isinstance(outputs, mx.sym.Symbol) == bool(merge)
    shape = {"N": 2, "T": 3, "C": 4}
    shapes = mx.sym.Group(flat([outputs, left, right])).infer_shape(
        data=tuple(shape[axis] for axis in layout)
    )[1]
    shape["C"] = 5
    merged = [tuple(shape[axis] for axis in layout)]
    assert shapes == (merged if merge else [(2, 5)] * 3) + [(2, 2), (2, 3)]


def test_zoneout_keeps_what_was_before():
    cell = rnn.ZoneoutCell(rnn.RNNCell(40, activation="relu"), 0.5, 0.0)
    outputs, _ = cell.unroll(2, DATA, layout="TNC")
    executor = mx.sym.Group(outputs).simple_bind(mx.cpu(), data=(2, 30, 1))
    executor.arg_dict["rnn_i2h_weight"][:] = 1
    executor.arg_dict["data"][:] = np.array([1, 2]).reshape(2, 1, 1)
    mx.random.seed(3)
    first, second = (output.asnumpy() for output in executor.forward(is_train=True))
    assert set(np.unique(first)) == {0, 1}
    assert set(np.unique(second)) == {0, 1, 2}
    assert (second == 2).mean() == pytest.approx(0.5, abs=0.06)
    np.testing.assert_array_equal(second[second != 2], first[second != 2])


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (NotImplementedError, lambda: rnn.FusedRNNCell(3)(DATA, [])),
        (
            NotImplementedError,
            lambda: rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2))(DATA, []),
        ),
        (AssertionError, lambda: rnn.FusedRNNCell(3).unroll(2, DATA, layout="NCT")),
        (AssertionError, lambda: rnn.RNNCell(3).unroll(3, [DATA, DATA])),
        (AssertionError, lambda: rnn.RNNCell(3).unroll(2, mx.sym.Group([DATA, DATA]))),
        (AssertionError, lambda: rnn.RNNCell(3).unroll(2, None)),
        (AssertionError, lambda: rnn.ZoneoutCell(rnn.FusedRNNCell(3))),
        (AssertionError, lambda: rnn.DropoutCell("half")),
        (AssertionError, lambda: rnn.ConvRNNCell((1, 3, 8, 8), 4, h2h_kernel=(2, 2))),
        (
            AssertionError,
            lambda: rnn.FusedRNNCell(2, prefix="f_").unpack_weights(
                {"f_parameters": mx.nd.zeros((37,))}
            ),
        ),
        (KeyError, lambda: rnn.LSTMCell(2).unpack_weights({})),
    ],
)
def test_refused(error, call):
    with pytest.raises(error):
        call()


def test_the_base_of_a_modifier_is_not_called_itself():
    base = rnn.LSTMCell(2)
    modifier = rnn.ZoneoutCell(base, 0.1, 0.1)
    with pytest.raises(AssertionError, match="modifier"):
        base.begin_state()
    assert len(modifier.begin_state()) == 2


def test_old_unrolling():
    with pytest.warns(UserWarning, match="deprecated"):
        outputs, _ = rnn.rnn_unroll(rnn.RNNCell(3), 2, input_prefix="p_")
    assert mx.sym.Group(outputs).list_arguments()[0] == "p_t0_data"


def test_cells_do_not_need_torch():
    import subprocess
    import sys

    code = (
        "import sys, mxnet as mx\n"
        "cell = mx.rnn.FusedRNNCell(3, prefix='f_')\n"
        "cell.unfuse().unroll(2, mx.sym.Variable('data'))\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
