"""The rules of the house: layers, sizes, what may import torch, docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "mxnet"
FILES = sorted(PACKAGE.rglob("*.py"))
# Each line imports, when it is loaded, only from itself and the lines before it.
LAYERS = [
    {"version", "error", "base", "files", "misc", "log", "registry", "util"},
    {"context", "name", "attribute"},
    {"graph"},
    {"ops"},
    {"passes"},
    {"symbol"},
    {"visualization", "initializer", "lr_scheduler", "planning", "precision"},
    {"kernels"},
    {"execution"},
    {"_tape", "executor", "binding", "ndarray", "random", "autograd", "operator", "metric"}
    | {"autograd_function", "executor_inputs", "executor_binding"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FRONT = {name for names in LAYERS[:7] for name in names}
NEVER_TORCH = {"graph", "ops", "passes", "symbol", "visualization"}
FILE_LINES, OPERATOR_FILE_LINES, FUNCTION_LINES = 400, 600, 60


def component(path: Path) -> str:
    """The top-level module or package of mxnet that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def load_time_imports(tree: ast.Module):
    """The import statements that run when a module is loaded."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def imported_components(path: Path, node: ast.Import | ast.ImportFrom) -> set[str]:
    """The components of mxnet that an import statement names."""
    if isinstance(node, ast.Import):
        names = [alias.name.split(".") for alias in node.names]
        return {name[1] for name in names if name[0] == "mxnet" and len(name) > 1}
    package = ["mxnet", *path.relative_to(PACKAGE).parent.parts]
    base = package[: len(package) - node.level + 1] if node.level else []
    target = [*base, *(node.module.split(".") if node.module else [])]
    if target[:1] != ["mxnet"]:
        return set()
    return {target[1]} if len(target) > 1 else {alias.name for alias in node.names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_layers(path):
    own = component(path)
    if own not in LEVEL:
        return
    for node in load_time_imports(ast.parse(path.read_text())):
        for name in imported_components(path, node) - {own}:
            assert LEVEL.get(name, len(LAYERS)) <= LEVEL[own], (
                f"line {node.lineno}: {own} imports {name}, which comes after it"
            )


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if component(path) in FRONT],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_front_half_leaves_torch_alone(path):
    if path.name == "lazy_torch.py":
        return
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if component(path) in NEVER_TORCH else load_time_imports(tree)
    for node in nodes:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        assert not any(name.split(".")[0] == "torch" for name in names), f"line {node.lineno}"


def span(node: ast.AST) -> int:
    """The lines of a function without its docstring and the functions inside it."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) else node.body
    inner = [each for each in body if isinstance(each, ast.FunctionDef)]
    lines = node.end_lineno - body[0].lineno + 1 if body else 0
    return lines - sum(each.end_lineno - each.lineno + 1 for each in inner)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sizes(path):
    text = path.read_text()
    limit = OPERATOR_FILE_LINES if component(path) == "ops" else FILE_LINES
    assert len(text.splitlines()) <= limit * 1.1, "split the file"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert span(node) <= FUNCTION_LINES, f"{node.name} is too long"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_docstrings(path):
    tree = ast.parse(path.read_text())
    if tree.body:
        assert ast.get_docstring(tree), "the module says what it is for"
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
