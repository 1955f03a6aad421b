"""The public names and signatures of 1.x: programs find what they look for, where they look."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
from pathlib import Path

import pytest

DATA = Path(__file__).with_name("data")
API = json.loads((DATA / "python_api.json").read_text())
# What is left out, by the beginning of its path. A name that appears has to leave this list.
NOT_MADE = {
    "mxnet.operator.PythonOp": "deprecated forms of custom operators",
    "mxnet.operator.NumpyOp": "deprecated forms of custom operators",
    "mxnet.operator.NDArrayOp": "deprecated forms of custom operators",
    "mxnet.operator.OperatorArguments": "introspection through the C library",
    "mxnet.operator.get_": "introspection through the C library",
    "mxnet.operator.CustomOpProp.infer_storage_type": "sparse storage of custom operators",
}


def case(path: str, *values) -> pytest.param:
    """One name with its facts, expected to be missing if it is on the list."""
    reasons = [reason for start, reason in NOT_MADE.items() if path.startswith(start)]
    marks = [pytest.mark.xfail(reason=reasons[0], raises=AttributeError)] if reasons else []
    return pytest.param(*values, id=path, marks=marks)


FUNCTIONS = [
    case(f"{module}.{name}", module, name, signature)
    for module, names in API["modules"].items()
    for name, signature in names.items()
]
METHODS = [
    case(f"{owner}.{name}", owner, name, signature)
    for owner, facts in API["classes"].items()
    for name, signature in (
        *facts["methods"].items(),
        *([("__init__", facts["signature"])] if (facts["signature"] or "").startswith("(") else []),
    )
]
PROPERTIES = [
    case(f"{owner}.{name}", owner, name)
    for owner, facts in API["classes"].items()
    for name in facts["properties"]
]


def find(path: str):
    """The module or the class of a dotted path."""
    owner, _, name = path.rpartition(".")
    if name[:1].isupper() or path in API["classes"]:
        return getattr(find(owner), name)
    return importlib.import_module(path)


@functools.cache
def recorded_parameters(signature: str) -> list[str]:
    """The parameter names of a recorded signature, ``*args`` and ``**kwargs`` with their stars."""
    depth, names, current = 0, [], ""
    for letter in signature.strip()[1:-1] + ",":
        depth += letter in "([{<"
        depth -= letter in ")]}>"
        if letter == "," and depth == 0:
            name = current.split("=")[0].split(":")[0].strip()
            if name and name not in ("/", "*"):
                names.append(name)
            current = ""
        else:
            current += letter
    return names


def accepts(function, recorded: list[str], bound: bool) -> list[str]:
    """The recorded parameters that a function does not take, or takes at another place."""
    parameters = list(inspect.signature(function).parameters.values())
    kinds = {p.kind for p in parameters}
    takes_all = inspect.Parameter.VAR_KEYWORD in kinds
    names = [p.name for p in parameters]
    if bound and recorded[:1] == ["self"]:
        recorded = recorded[1:]
        names = names[1:] if names[:1] in (["self"], ["data"]) else names
    wrong = []
    positional = [n for n in recorded if not n.startswith("*")]
    for position, name in enumerate(positional):
        if name in names:
            if names.index(name) != position and inspect.Parameter.VAR_POSITIONAL not in kinds:
                wrong.append(f"{name} is at another position")
        elif not takes_all:
            wrong.append(name)
    if (
        any(n.startswith("**") for n in recorded)
        and not takes_all
        and len(names) <= len(positional)
    ):
        wrong.append("**keywords")  # neither any keywords nor some by name
    return wrong


@pytest.mark.parametrize(("module", "name", "signature"), FUNCTIONS)
def test_module_names(module, name, signature):
    found = getattr(find(module), name)
    if signature == "class":
        assert inspect.isclass(found) or callable(found)
    else:
        assert accepts(found, recorded_parameters(signature), bound=False) == []


@pytest.mark.parametrize(("owner", "name", "signature"), METHODS)
def test_methods(owner, name, signature):
    found = find(owner)
    method = found if name == "__init__" else getattr(found, name)
    assert accepts(method, recorded_parameters(signature), bound=True) == []


@pytest.mark.parametrize(("owner", "name"), PROPERTIES)
def test_properties(owner, name):
    found = find(owner)
    slots = getattr(found, "__slots__", ())
    assert hasattr(found, name) or name in slots or name in inspect.getsource(found)
