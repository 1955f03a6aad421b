"""Symbols as JSON: byte for byte what 1.9.1 writes, and whatever it reads."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

import golden_data
import mxnet as mx
from symbol_table import evaluate

MODELS = sorted((Path(__file__).parents[1] / "models" / "data").glob("*-symbol.json"))
RECORDED = sorted(
    path
    for path in golden_data.directory().glob("*/*-symbol.json")
    if not path.name.startswith("old_")
)
LENET = """\
{
  "nodes": [
    {
      "op": "null", 
      "name": "data", 
      "attrs": {"__shape__": "(1, 2)"}, 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "fc_weight", 
      "attrs": {
        "no_bias": "True", 
        "num_hidden": "3"
      }, 
      "inputs": []
    }, 
    {
      "op": "FullyConnected", 
      "name": "fc", 
      "attrs": {
        "no_bias": "True", 
        "num_hidden": "3"
      }, 
      "inputs": [[0, 0, 0], [1, 0, 0]]
    }, 
    {
      "op": "null", 
      "name": "bn_gamma", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "bn_beta", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "bn_moving_mean", 
      "attrs": {"__init__": "[\\"zero\\", {}]"}, 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "bn_moving_var", 
      "attrs": {"__init__": "[\\"one\\", {}]"}, 
      "inputs": []
    }, 
    {
      "op": "BatchNorm", 
      "name": "bn", 
      "inputs": [[2, 0, 0], [3, 0, 0], [4, 0, 0], [5, 0, 1], [6, 0, 1]]
    }
  ], 
  "arg_nodes": [0, 1, 3, 4, 5, 6], 
  "node_row_ptr": [0, 1, 2, 3, 4, 5, 6, 7, 10], 
  "heads": [[7, 0, 0]], 
  "attrs": {"mxnet_version": ["int", 10901]}
}"""  # noqa: W291


def test_layout():
    data = mx.sym.Variable("data", shape=(1, 2))
    fc = mx.sym.FullyConnected(data, num_hidden=3, no_bias=True, name="fc")
    assert mx.sym.BatchNorm(fc, name="bn").tojson() == LENET


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_files_of_1_9_1_survive_byte_for_byte(path):
    text = path.read_text()
    symbol = mx.sym.load(str(path))
    assert symbol.tojson() == text
    assert mx.sym.load_json(text).tojson() == text


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_files_of_all_versions_become_stable(path):
    try:
        symbol = mx.sym.load(str(path))
    except mx.MXNetError:
        refused = ("face-lightened_moon", "ldp-cifar10_quantize_vgg16", "gluoncv-mobilenet1.0_int8")
        assert path.name.startswith(refused)
        return
    text = symbol.tojson()
    again = mx.sym.load_json(text)
    assert again.tojson() == text
    assert again.list_arguments() == symbol.list_arguments()
    assert again.list_auxiliary_states() == symbol.list_auxiliary_states()
    assert again.attr_dict() == symbol.attr_dict()
    document, original = json.loads(text), json.loads(path.read_text())
    assert list(document) == ["nodes", "arg_nodes", "node_row_ptr", "heads", "attrs"]
    known = {node["name"] for node in original["nodes"]}
    assert known <= {node["name"] for node in document["nodes"]}


def test_pickle_and_files(tmp_path):
    symbol = evaluate("sym.Group([FC(a + b, num_hidden=2, lr_mult=3, name='fc'), sym.exp(c)])")
    copy = pickle.loads(pickle.dumps(symbol))
    assert copy.tojson() == symbol.tojson()
    assert copy.attr_dict() == symbol.attr_dict()
    path = tmp_path / "s.json"
    symbol.save(str(path))
    assert path.read_text() == symbol.tojson()


def test_amp_casts_are_dropped_on_request():
    a = mx.sym.Variable("a")
    symbol = mx.sym.exp(mx.sym.amp_cast(a, dtype="float16"))
    assert "amp_cast" not in symbol.tojson()
    assert "amp_cast" in symbol.tojson(remove_amp_cast=False)


def document(*nodes: dict, heads=((-1, 0),), **extra) -> str:
    """A JSON text with these nodes; a head of -1 is the last node."""
    last = len(nodes) - 1
    ends = [[last if head[0] == -1 else head[0], *head[1:]] for head in heads]
    return json.dumps({"nodes": list(nodes), "arg_nodes": [0], "heads": ends, **extra})


def variable(name: str, **fields) -> dict:
    return {"op": "null", "name": name, "inputs": [], **fields}


@pytest.mark.parametrize("key", ["param", "attr", "attrs"])
def test_old_spellings_of_attributes(key):
    node = {"op": "FullyConnected", "name": "fc", key: {"num_hidden": "3", "lr_mult": "2"}}
    weights = [variable("w"), variable("b")]
    text = document(variable("x"), *weights, {**node, "inputs": [[0, 0], [1, 0], [2, 0]]})
    symbol = mx.sym.load_json(text)
    assert symbol.attr("num_hidden") == "3"
    assert symbol.attr("__lr_mult__") == "2"


def test_old_names_of_operators():
    nodes = [
        variable("x"),
        {"op": "_Plus", "name": "p", "inputs": [[0, 0], [0, 0]], "backward_source_id": -1},
        {"op": "reshape", "name": "r", "attrs": {"shape": "(1,)"}, "inputs": [[1, 0]]},
    ]
    ops = [node["op"] for node in json.loads(mx.sym.load_json(document(*nodes)).tojson())["nodes"]]
    assert ops == ["null", "elemwise_add", "Reshape"]


def test_old_batch_norms_get_their_states():
    nodes = [variable("x"), variable("g"), variable("b")]
    bn = {"op": "BatchNorm", "name": "bn", "inputs": [[0, 0], [1, 0], [2, 0]]}
    symbol = mx.sym.load_json(document(*nodes, bn))
    assert symbol.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert symbol.attr_dict()["bn_moving_var"]["__init__"] == '["one", {}]'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "3",
        "null",
        "{}",
        '{"nodes": 3, "heads": []}',
        '{"nodes": [], "heads": []}',
        '{"nodes": [3], "heads": [[0, 0]]}',
        '{"nodes": [[]], "heads": [[0, 0]]}',
        '{"nodes": [{"op": "null"}], "heads": [[0, 0]]}',
        '{"nodes": [{"op": 1, "name": "x"}], "heads": [[0, 0]]}',
        document(variable("x", attrs=[1])),
        document(variable("x", attrs={"a": 1})),
        document(variable("x", inputs=[[0, 0]])),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[1, 0]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[0, 7]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[0, -1]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[-1, 0]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[0]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[0, 0, 0, 0]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[True, 0]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [["0", "0"]]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [None]}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": {}}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": []}),
        document(variable("x"), {"op": "exp", "name": "e", "inputs": [[0, 0], [0, 0]]}),
        document(variable("x"), {"op": "NoSuchOperator", "name": "p", "inputs": [[0, 0]]}),
        document(variable("x"), heads=[[5, 0]]),
        document(variable("x"), heads=[[0, 0, 0, 0]]),
        document(variable("x"), heads=[]),
        document(variable("x"), heads=[["x", 0]]),
        "[" * 100_000,
        '{"nodes":' * 50_000,
        '{"nodes": [{"op": "null", "name": "\\ud800", "inputs": []}], "heads": [[0, 0]]',
    ],
    ids=range(35),
)
def test_damaged_texts_are_refused(text):
    with pytest.raises(mx.MXNetError):
        mx.sym.load_json(text)


@pytest.mark.parametrize(
    "attrs",
    [
        {"num_hidden": "1" * 5000},
        {"num_hidden": "9" * 30},
        {"num_hidden": "__import__('os').system('true')"},
        {"num_hidden": "1e400"},
        {"num_hidden": ""},
        {"num_hidden": "None"},
        {"num_hidden": "3", "no_bias": "[]"},
        {"num_hidden": "3", "unknown": "1"},
        {},
    ],
    ids=range(9),
)
def test_hostile_parameters_are_refused(attrs):
    fc = {"op": "FullyConnected", "name": "fc", "attrs": attrs, "inputs": [[0, 0], [1, 0], [2, 0]]}
    with pytest.raises(mx.MXNetError, match="fc"):
        mx.sym.load_json(document(variable("x"), variable("w"), variable("b"), fc))


@pytest.mark.parametrize(
    "shape",
    ["((((1))))", "(" * 5000, "(1," * 2000, "__import__('os')", "(2**9999999,)", "{}", "(1.5, 2)"],
    ids=range(7),
)
def test_hostile_shapes_are_refused_or_harmless(shape):
    node = {"op": "Reshape", "name": "r", "attrs": {"shape": shape}, "inputs": [[0, 0]]}
    text = document(variable("x", attrs={"__shape__": shape}), node)
    if shape == "((((1))))":  # parentheses alone are a number
        assert mx.sym.load_json(text).infer_shape() == ([(1,)], [(1,)], [])
        return
    with pytest.raises(mx.MXNetError):
        mx.sym.load_json(text).infer_shape()


@pytest.mark.parametrize("number", ["2000000000", "9" * 20, "9" * 5000])
@pytest.mark.parametrize(("op", "key"), [("Concat", "num_args"), ("SliceChannel", "num_outputs")])
def test_hostile_counts_are_refused_at_once(op, key, number):
    node = {"op": op, "name": "op", "attrs": {key: number}, "inputs": [[0, 0]]}
    with pytest.raises(mx.MXNetError):
        mx.sym.load_json(document(variable("x"), node))


def test_other_arguments():
    with pytest.raises(TypeError):
        mx.sym.load_json(3)
    with pytest.raises(TypeError):
        mx.sym.load(3)
    with pytest.raises(mx.MXNetError, match=r"missing\.json"):
        mx.sym.load("missing.json")


def test_files_that_are_not_text(tmp_path):
    path = tmp_path / "binary.json"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(mx.MXNetError, match=r"binary\.json"):
        mx.sym.load(str(path))
