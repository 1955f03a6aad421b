"""Write the type stubs of the operator functions, which Python makes from the registry at import.

    python tools/make_stubs.py            writes mxnet/symbol/*.pyi and mxnet/ndarray/*.pyi
    python tools/make_stubs.py --check    fails if they are not what it would write

A package's stub repeats the names that its ``__init__.py`` imports, then has one function for every
operator and alias, so that editors and type checkers know inputs, parameters and defaults.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import mxnet as mx
from mxnet.ops.core import Op, registered
from mxnet.symbol.functions import NAMESPACES, namespace_of

PACKAGES = {
    "symbol": ("Symbol", "mxnet.symbol.symbol"),
    "ndarray": ("NDArray", "mxnet.ndarray.ndarray"),
}
_SPACES = ["", *dict.fromkeys(NAMESPACES.values())]
_TYPES = {
    "int": "int",
    "float": "float",
    "boolean": "bool",
    "string": "str",
    "Shape(tuple)": "_Shape",
    "tuple of <float>": "Sequence[float] | float",
    "dtype": "_DType",
}
_HEADER = """\
# Written by tools/make_stubs.py from the operator registry; do not edit.
from collections.abc import Sequence
from typing import Any, Literal
{imports}
_Shape = Sequence[int | None] | int | str
_DType = str | type | None
"""


def parameter_type(parameter: Any) -> str:
    """The annotation of an operator parameter, as its function accepts it."""
    if parameter.choices is not None:
        kind = f"Literal[{', '.join(map(repr, parameter.choices))}]"
    else:
        kind = _TYPES.get(parameter.kind.removesuffix(" or None"), "Any")
    optional = parameter.optional or (not parameter.required and parameter.default is None)
    return f"{kind} | None" if optional and "None" not in kind else kind


def default_text(value: Any) -> str:
    """A default as source; what has no short form becomes an ellipsis."""
    text = repr(value)
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return "..."
    return text if len(text) < 40 else "..."


def function_stub(name: str, cls: type[Op], array: str, device: bool) -> str:
    """``def name(inputs, parameters, name, attr, out) -> array: ...``"""
    arguments, variadic = [], False
    for entry in cls.input_signature:
        if entry == cls.variadic:
            arguments.append(f"*{entry}: {array}")
            variadic = True
        else:
            arguments.append(f"{entry}: {array} | None = None")
    for parameter in cls.parameters.values():
        if parameter.name in cls.input_signature or keyword.iskeyword(parameter.name):
            continue
        # Behind an input that may be left out every parameter has a default, required or not.
        default = "..." if parameter.required else default_text(parameter.default)
        kind = "Any" if parameter.name == "ctx" else parameter_type(parameter)
        arguments.append(f"{parameter.name}: {kind} = {default}")
    if not variadic:
        arguments.append("*")
    arguments += ["name: str | None = None", "attr: dict[str, str] | None = None"]
    arguments.append(f"out: {array} | Sequence[{array}] | None = None")
    if device and "ctx" not in cls.parameters:
        arguments.append("ctx: Any = None")
    if cls.open_parameters:
        arguments.append("**kwargs: Any")
    several = not isinstance(cls.outputs, tuple) or len(cls.outputs) != 1
    result = "Any" if device and several else array
    summary = (inspect.getdoc(cls) or name).split("\n")[0].replace("\\", "\\\\")
    text = f"def {name}(\n    " + ",\n    ".join(arguments) + f",\n) -> {result}:\n"
    return text + f'    """{summary}"""\n'


def namespaces() -> dict[str, dict[str, type[Op]]]:
    """Every namespace with its functions, by the names that Python programs use."""
    spaces: dict[str, dict[str, type[Op]]] = {space: {} for space in _SPACES}
    for alias, cls in registered().items():
        if cls.__module__.partition(".")[0] != "mxnet":
            continue  # somebody else's, such as those that the documentation makes
        space, name = namespace_of(alias)
        if name.isidentifier() and not keyword.iskeyword(name):
            spaces[space].setdefault(name, cls)
    return spaces


def reexports(path: Path) -> tuple[str, set[str]]:
    """The imports of a package's ``__init__.py`` as re-exports, and the names they bind."""
    lines, names = [], set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ImportFrom) or node.level != 1:
            continue
        module = f".{node.module or ''}"
        for alias in node.names:
            found = [alias.asname or alias.name]
            if alias.name == "*":
                package = f"mxnet.{path.parent.name}"
                found = list(sys.modules[f"{package}.{node.module}"].__all__)
            for name in found:
                source = alias.name if alias.name != "*" else name
                lines.append(f"from {module} import {source} as {name}")
                names.add(name)
    return "\n".join(lines), names


def stubs() -> Iterator[tuple[Path, str]]:
    """Every stub file with its text."""
    spaces = namespaces()
    for package, (array, module) in PACKAGES.items():
        getattr(mx, package)  # what is made at import, exists from here on
        folder = ROOT / "mxnet" / package
        header = _HEADER.format(imports=f"\nfrom {module} import {array}\n")
        for space, functions in spaces.items():
            made = _functions(functions, array, package == "ndarray")
            if space:
                hand_written = folder / f"{space}.py"
                if hand_written.exists() or (folder / space).is_dir():
                    continue
                yield folder / f"{space}.pyi", header + "\n" + made(set())
            else:
                imports, taken = reexports(folder / "__init__.py")
                modules = "\n".join(f"from . import {s} as {s}" for s in spaces if s)
                header = _HEADER.format(imports=f"\n{imports}\n{modules}\n")
                yield folder / "__init__.pyi", f"{header}\n{made(taken)}"


def _functions(
    functions: dict[str, type[Op]], array: str, device: bool
) -> Callable[[set[str]], str]:
    def write(taken: set[str]) -> str:
        return "\n".join(
            function_stub(name, cls, array, device)
            for name, cls in sorted(functions.items())
            if name not in taken
        )

    return write


def main(check: bool) -> int:
    """Write the stubs, or compare; the number of files that are or were out of date."""
    stale = 0
    for path, text in stubs():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{path.relative_to(ROOT)} {'is out of date' if check else 'written'}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    checking = sys.argv[1:] == ["--check"]
    sys.exit(1 if main(checking) and checking else 0)
