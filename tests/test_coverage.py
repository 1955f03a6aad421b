"""The table of operators and what it says of saved graphs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.__main__ import main
from mxnet.coverage import check_symbol, operator_table, page
from mxnet.ops.core import get_op
from mxnet.ops.excluded import REASONS, why_excluded
from mxnet.ops.inventory import OPERATORS_OF_1_9_1
from mxnet.symbol.json import loads

ROOT = Path(__file__).resolve().parent.parent
RECORDED = json.loads((ROOT / "tests/contracts/data/operators.json").read_text())
MODELS = sorted((ROOT / "tests/models/data").glob("*-symbol.json"))
# What no installation has: operators of a fork, of a class that nobody registered, of oneDNN.
UNSUPPORTED = {
    "face-lightened_moon": "MoonOutput",
    "gluoncv-mobilenet1.0_int8": "_sg_mkldnn_conv",
    "ldp-cifar10_quantize_vgg16": "Custom",
}


def test_the_inventory_is_that_of_the_registry():
    assert frozenset(RECORDED) == OPERATORS_OF_1_9_1


def test_nothing_is_missing():
    rows = operator_table()
    assert [row.name for row in rows if row.status == "missing"] == []
    assert {row.name for row in rows if row.status == "excluded"} == set(REASONS)


def test_the_page_is_current():
    assert (ROOT / "docs/operators.md").read_text() == page(), (
        "run: python -m mxnet ops --markdown > docs/operators.md"
    )


def file_of(operator: str) -> str:
    nodes = [
        {"op": "null", "name": "data", "inputs": []},
        {"op": operator, "name": "x", "inputs": [[0, 0, 0]]},
    ]
    return json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[1, 0, 0]]})


@pytest.mark.parametrize(
    "name", [*REASONS, "_npi_add", "_npx_relu", "_sg_mkldnn_other", "_contrib_tvm_vadd"]
)
def test_what_is_left_out_says_why(name):
    reason = why_excluded(name)
    for use in (get_op, lambda name: loads(file_of(name))):
        with pytest.raises(mx.MXNetError) as caught:
            use(name)
        assert reason in str(caught.value)


@pytest.mark.parametrize("package", ["sym", "nd"])
@pytest.mark.parametrize(("space", "name"), [("contrib", "dgl_subgraph"), ("_internal", "_copyto")])
def test_composing_what_is_left_out_says_why(package, space, name):
    namespace = getattr(getattr(mx, package), space)
    assert not hasattr(namespace, name)
    with pytest.raises(mx.MXNetError, match="not part of this system"):
        getattr(namespace, name)


def network() -> mx.sym.Symbol:
    data = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    label = mx.sym.Reshape(mx.sym.Variable("label"), shape=(-1,), name="flat")
    return mx.sym.SoftmaxOutput(data, label, name="softmax")


def saved(tmp_path: Path, **operators: str) -> Path:
    """The network in a file, with the operators of some nodes replaced."""
    document = json.loads(network().tojson())
    for node in document["nodes"]:
        node["op"] = operators.get(node["name"], node["op"])
    path = tmp_path / "model-symbol.json"
    path.write_text(json.dumps(document))
    return path


def test_a_supported_file(tmp_path, capsys):
    path = saved(tmp_path)
    report = mx.runtime.check_symbol(path)
    assert report.supported
    assert report.operators == {"FullyConnected": 1, "Reshape": 1, "SoftmaxOutput": 1}
    assert main(["ops", str(path)]) == 0
    assert "all of them are supported" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("node", "operator", "inference"),
    [("fc", "_sg_mkldnn_fully_connected", True), ("flat", "_npx_reshape", False)],
)
def test_an_unsupported_file(tmp_path, capsys, node, operator, inference):
    path = saved(tmp_path, **{node: operator})
    (problem,) = check_symbol(path).problems
    assert (problem.operator, problem.nodes) == (operator, (node,))
    assert problem.inference is inference
    assert why_excluded(operator) in problem.reason
    assert main(["ops", str(path)]) == 1
    printed = capsys.readouterr()
    assert operator in printed.out
    assert f"{int(inference)} of them at inference" in printed.err
    with pytest.raises(mx.MXNetError):
        mx.sym.load(str(path))


def test_parameters_are_looked_at(tmp_path):
    document = json.loads(network().tojson())
    document["nodes"][3]["attrs"] = {"num_hidden": "many"}
    path = tmp_path / "model-symbol.json"
    path.write_text(json.dumps(document))
    (problem,) = check_symbol(path).problems
    assert "num_hidden" in problem.reason


def test_graphs_inside_operators_are_looked_at(tmp_path):
    def body(step, states):
        return step * states[0], [states[0] + 1]

    outputs, _ = mx.sym.contrib.foreach(body, mx.sym.Variable("x"), [mx.sym.Variable("s")])
    text = outputs.tojson().replace('"elemwise_mul"', '"_npi_multiply"')
    path = tmp_path / "loop-symbol.json"
    path.write_text(text)
    report = check_symbol(path)
    assert report.operators["_foreach"] == 1
    assert [problem.operator for problem in report.problems] == ["_npi_multiply"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"nodes": 3, "heads": []}', '{"nodes": [{"op": 1}], "heads": [[0, 0]]}',
     '{"nodes": [], "heads": [[4, 0, 0]]}', '{"nodes": [], "heads": [["x"]]}'],
)  # fmt: skip
def test_what_is_no_symbol(tmp_path, capsys, text):
    path = tmp_path / "model-symbol.json"
    path.write_text(text)
    with pytest.raises(mx.MXNetError, match="is not a symbol"):
        check_symbol(path)
    assert main(["ops", str(path)]) == 1
    assert "error" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["ops", str(tmp_path / "none.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_published_models(path):
    found = {problem.operator for problem in check_symbol(path).problems}
    expected = UNSUPPORTED.get(path.name.removesuffix("-symbol.json"))
    assert found == ({expected} if expected else set())


def test_the_command_needs_no_torch():
    program = (
        "import runpy, sys; sys.argv = ['mxnet', 'ops']\n"
        "try: runpy.run_module('mxnet', run_name='__main__')\n"
        "except SystemExit as stop: assert not stop.code\n"
        "assert 'torch' not in sys.modules"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "405 implemented, 21 excluded, 0 missing" in found.stdout
