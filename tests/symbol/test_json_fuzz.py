"""Damaged files: whatever is cut, flipped or made up, the answer is a symbol or an MXNetError."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.ops.core import registered_names

SETTINGS = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def sample_text() -> str:
    with mx.name.NameManager():
        data = mx.sym.Variable("data", shape=(0, 3, 8, 8), lr_mult=2)
        net = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, name="conv")
        net = mx.sym.BatchNorm(net, name="bn")
        net = mx.sym.Activation(net, act_type="relu", name="act")
        parts = mx.sym.SliceChannel(net, num_outputs=2, name="split")
        net = mx.sym.Concat(parts[0], parts[1], mx.sym.zeros((0, 1, 6, 6)), dim=1, name="cat")
        net = mx.sym.Reshape(net, shape=(0, -1), name="flat")
        return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=3), name="out").tojson()


TEXT = sample_text()


def load_and_use(text: str) -> None:
    """Loading, listing and inferring may fail, but only with MXNetError."""
    try:
        symbol = mx.sym.load_json(text)
        symbol.list_arguments()
        symbol.attr_dict()
        assert isinstance(symbol.tojson(), str)
        symbol.debug_str()
        symbol.infer_shape_partial()
        symbol.infer_type_partial()
    except mx.MXNetError:
        pass


@SETTINGS
@given(st.integers(0, len(TEXT)))
def test_truncated(length):
    load_and_use(TEXT[:length])


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.integers(0, 7)), min_size=1, max_size=4)
)
def test_flipped_bits(flips):
    damaged = bytearray(TEXT.encode())
    for position, bit in flips:
        damaged[position] ^= 1 << bit
    load_and_use(damaged.decode("latin-1"))


@SETTINGS
@given(st.binary(max_size=200))
def test_any_bytes_as_a_file(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.json"
    path.write_bytes(content)
    try:
        mx.sym.load(str(path))
    except mx.MXNetError as error:
        assert "fuzz.json" in str(error)  # noqa: PT017 - a symbol is fine as well


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 12) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@st.composite
def replaced_values(draw) -> str:
    """The sample with some value somewhere replaced by another one."""
    document = json.loads(TEXT)
    for _ in range(draw(st.integers(1, 3))):
        place = document
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                break
            key = draw(st.sampled_from(list(keys)))
            inner = place[key]
            if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
                place = inner
            else:
                place[key] = draw(VALUES)
                break
    return json.dumps(document)


@SETTINGS
@given(replaced_values())
def test_replaced_values(text):
    load_and_use(text)


PARAMETER_TEXTS = st.sampled_from(
    ["", "None", "0", "-1", "3", "1e9", "99999999999999999999", "nan", "inf", "True", "(1, 2)"]
    + ["()", "(0,)", "(-3, 4)", "[1, 2", "(None, 1)", "float32", "relu", "'a'", "\x00", "é", "{}"]
)


@pytest.mark.parametrize("name", registered_names())
def test_operators_refuse_or_take_any_parameters_and_shapes(name):
    """Random parameters and shapes: the front half answers with a symbol or an MXNetError."""
    from mxnet.ops.core import get_op

    cls = get_op(name)
    rng = np.random.RandomState(0)
    texts = PARAMETER_TEXTS.elements
    for _ in range(15):
        chosen = [key for key in cls.parameters if rng.rand() < 0.6]
        attrs = {key: texts[rng.randint(len(texts))] for key in chosen}
        shapes = [str(tuple(rng.randint(0, 5, rng.randint(0, 5)).tolist())) for _ in range(4)]
        nodes = [
            {"op": "null", "name": f"v{i}", "attrs": {"__shape__": shape}, "inputs": []}
            for i, shape in enumerate(shapes)
        ]
        count = rng.randint(0, 5)
        inputs = [[i, 0, 0] for i in range(count)]
        nodes.append({"op": name, "name": "op", "attrs": attrs, "inputs": inputs})
        load_and_use(json.dumps({"nodes": nodes, "arg_nodes": [], "heads": [[4, 0, 0]]}))
