"""Mixed precision: where casts stand, and that results are those of float32 within rounding."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.core import get_op, registered_names
from mxnet.passes.differentiate import own_head_gradient
from mxnet.passes.precision import PRECISIONS, mix_precision
from ops.sample import all_samples

a, b = mx.sym.Variable("a"), mx.sym.Variable("b")


def fully(data, name="f"):
    return mx.sym.FullyConnected(data, num_hidden=4, no_bias=True, name=name)


def mixed(symbol, dtype="bfloat16", known="float32", **options):
    variables = None if known is None else dict.fromkeys(symbol._graph.variables, known)
    return mix_precision(symbol._graph, dtype, variables, **options)


def lines(graph):
    """The operators with what they read, without parameters."""
    made = [node for node in graph.nodes if node.op is not None]
    return [f"{n.op.op_name}({', '.join(e.name for e in n.inputs)})" for n in made]


FULLY = [
    "amp_cast(a)",
    "amp_cast(f_weight)",
    "FullyConnected(a_amp_cast_bfloat16_output, f_weight_amp_cast_bfloat16_output)",
]
TABLE = {
    "low": (fully(a), [*FULLY, "amp_cast(f_output)"]),
    "one cast of a value": (
        mx.sym.elemwise_add(fully(a), fully(a, "g"), name="sum"),
        [*FULLY, "amp_cast(g_weight)",
         "FullyConnected(a_amp_cast_bfloat16_output, g_weight_amp_cast_bfloat16_output)",
         "elemwise_add(f_output, g_output)", "amp_cast(sum_output)"],
    ),
    "full": (
        mx.sym.exp(fully(a), name="e"),
        [*FULLY, "amp_cast(f_output)", "exp(f_output_amp_cast_float32_output)"],
    ),
    "full after full": (mx.sym.exp(mx.sym.log(a, name="l")), ["log(a)", "exp(l_output)"]),
    "widest": (
        mx.sym.elemwise_mul(fully(a), b),
        [*FULLY, "amp_cast(f_output)", "elemwise_mul(f_output_amp_cast_float32_output, b)"],
    ),
    "widest of one": (
        mx.sym.tanh(fully(a), name="t"),
        [*FULLY, "tanh(f_output)", "amp_cast(t_output)"],
    ),
    "indices keep their digits": (
        mx.sym.Embedding(a, fully(b), input_dim=4, output_dim=4, name="em"),
        ["amp_cast(b)", "amp_cast(f_weight)",
         "FullyConnected(b_amp_cast_bfloat16_output, f_weight_amp_cast_bfloat16_output)",
         "Embedding(a, f_output)", "amp_cast(em_output)"],
    ),
    "parameters of a normalisation": (
        mx.sym.BatchNorm(fully(a), name="n"),
        [*FULLY, "BatchNorm(f_output, n_gamma, n_beta, n_moving_mean, n_moving_var)",
         "amp_cast(n_output)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_casts(case):
    symbol, expected = TABLE[case]
    assert lines(mixed(symbol)) == expected


def test_values_of_64_bits_and_integers_stay():
    for known in ("float64", "int32"):
        assert lines(mixed(fully(a), known=known)) == ["FullyConnected(a, f_weight)"]


def test_unknown_types_are_left_to_multicast():
    assert lines(mixed(mx.sym.elemwise_add(fully(a), b, name="s"), known=None))[-3:] == [
        "amp_multicast(f_output, b)",
        "elemwise_add(f_output_amp_multicast_output0, f_output_amp_multicast_output1)",
        "amp_cast(s_output)",
    ]


def test_variables_that_nothing_reads_stay():
    graph = mixed(mx.sym.Group([fully(a), b]))
    assert [node.name for node in graph.variables] == ["a", "f_weight", "b"]


def test_every_operator_says_what_it_wants():
    for name in registered_names():
        value = get_op(name).precision
        assert isinstance(value, property) or value in PRECISIONS, name


def test_losses_compute_in_32_bits():
    # Their gradients start in 32 bits, where the scale of float16 gradients is applied.
    losses = {s.op: s.operator for s in all_samples() if own_head_gradient(s.operator)}
    wrong = [name for name, op in losses.items() if op.gradient_reads() and op.precision != "full"]
    assert "SoftmaxOutput" in losses
    assert not wrong


def relative(one, other):
    one, other = (np.nan_to_num(x.astype("float64")) for x in (one, other))
    return np.linalg.norm(one - other) / (np.linalg.norm(one) + 1e-3)


def values(sample, symbol, arrays, train):
    """Outputs and gradients of a symbol bound to arrays."""
    args = {n: mx.nd.array(arrays[n], dtype=arrays[n].dtype) for n in symbol.list_arguments()}
    states = {n: mx.nd.array(arrays[n]) for n in symbol.list_auxiliary_states()}
    grads = {n: mx.nd.zeros(x.shape) for n, x in args.items() if x.dtype == np.float32}
    executor = symbol.bind(mx.cpu(), args, grads if train else None, aux_states=states)
    outputs = executor.forward(is_train=train)
    if train:
        executor.backward([mx.nd.ones(x.shape) for x in outputs])
    return [x.asnumpy() for x in (*outputs, *(grads.values() if train else ()))]


# One sample each of the operators that may be handed 16-bit values.
LOW = {
    sample.op: sample
    for sample in all_samples()
    if sample.dtype == "float32"
    and sample.operator.precision != "full"
    and not sample.operator.stochastic
    and not sample.operator.dynamic
    and not sample.op.startswith("_backward")
    and any(isinstance(given, tuple) for given in sample.inputs.values())
}


@pytest.mark.parametrize("op", sorted(LOW))
def test_kernels_on_16_bits(op):
    sample = LOW[op]
    arrays, symbol = sample.full_arrays(), sample.symbol()
    train = sample.train and sample.gradient and sample.operator.gradient_reads() is not None
    types = {node: arrays[node.name].dtype.name for node in symbol._graph.variables}
    low = mix_precision(symbol._graph, "bfloat16", types, rule=lambda node: "low")
    wanted = values(sample, symbol, arrays, train)
    found = values(sample, type(symbol)(low.outputs), arrays, train)
    for one, other in zip(wanted, found, strict=True):
        assert one.dtype == other.dtype
        assert relative(one, other) < 0.03
