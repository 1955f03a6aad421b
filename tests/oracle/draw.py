"""Random cases: what a rule draws, and how a drawn operator becomes a complete case."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import mxnet as mx
from mxnet.ops.core import get_op
from mxnet.symbol.functions import function

__all__ = [
    "REGISTRY",
    "RULES",
    "Case",
    "Draw",
    "Drawn",
    "families",
    "generate",
    "load_family",
    "rule",
]

# What 1.9.1 registers, by operator.
REGISTRY = json.loads(
    (Path(__file__).parent.parent / "contracts/data/operators.json").read_text(encoding="utf-8")
)
# Floats are mostly float32, as in programs; the others find what depends on the element type.
FLOATS = ("float32",) * 6 + ("float64", "float64", "float16")
NUMBERS = (*FLOATS, "int32", "int64", "int32", "uint8", "int8")
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, np.nan, np.inf, -np.inf, 1e30, 88.5)


@dataclass
class Drawn:
    """What a rule gives: parameters, and those inputs that inference cannot complete.

    ``low`` and ``high``: the range of the others. ``gradients``: inputs to differentiate with
    respect to (None: all of floats). ``heads``: whether backward gets head gradients. ``loose``:
    multiplies the tolerance. ``imperative``: through ``mx.nd``, with ``out`` the input (or inputs)
    that receive the result. ``positional``: inputs have no names. ``storage``: how inputs are stored
    that are not dense. ``program``: Python that makes ``net`` of ``mx``, ``np`` and the inputs by
    name, instead of a call of the operator. ``values``: whether results are the same numbers, and
    not only of the same shapes and types.
    """

    params: dict[str, Any]
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    low: float = -1.0
    high: float = 1.0
    train: bool | None = None
    gradients: Iterable[str] | None = None
    heads: bool = True
    loose: float = 1.0
    imperative: bool = False
    out: str | list[str] | None = None
    storage: dict[str, str] = field(default_factory=dict)
    positional: bool = False
    program: str | None = None
    values: bool = True


@dataclass
class Case:
    """A case as both sides run it; ``arrays`` are named ``<kind>/<name>``, see runner.py."""

    op: str
    family: str
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]
    loose: float

    def __str__(self) -> str:
        inputs = {k[3:]: v for k, v in self.arrays.items() if k.startswith("in/")}
        kinds = {k: f"{kind} " for k, kind in self.facts["storage"].items()}
        shown = ", ".join(
            f"{k}: {kinds.get(k, '')}{v.dtype}{list(v.shape)}" for k, v in inputs.items()
        )
        params = ", ".join(f"{k}={v!r}" for k, v in self.facts["params"].items())
        mode = "" if self.facts["train"] else ", inference"
        added = [name for name, request in self.facts["requests"].items() if request == "add"]
        mode += f", adding to {' and '.join(added)}" if added else ""
        called = f"{self.op}({params})"
        if program := self.facts["program"]:
            called += ": " + program.strip().replace("\n", "\n        ") + "\n       "
        return f"{called} on {shown}{mode}"

    def input(self, name: str) -> np.ndarray:
        """The array of an input."""
        return self.arrays[f"in/{name}"]


class Draw:
    """A source of random parameters, shapes and arrays."""

    def __init__(self, rng: np.random.RandomState):
        self.rng = rng

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return bool(self.rng.rand() < probability)

    def choice(self, *options: Any) -> Any:
        """One of the options."""
        return options[self.rng.randint(len(options))]

    def integer(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return int(self.rng.randint(low, high + 1))

    def real(self, low: float, high: float) -> float:
        """A number that float32 represents exactly: a multiple of 1/16."""
        return float(np.round(self.rng.uniform(low, high) * 16) / 16)

    def shape(self, low: int = 1, high: int = 4, biggest: int = 5) -> tuple[int, ...]:
        """A shape with between ``low`` and ``high`` axes."""
        rank = self.integer(low, high)
        return tuple(self.integer(1, biggest) for _ in range(rank))

    def sizes(self, rank: int, low: int = 1, high: int = 5) -> tuple[int, ...]:
        """That many numbers."""
        return tuple(self.integer(low, high) for _ in range(rank))

    def axis(self, rank: int) -> int:
        """An axis, counted from either end."""
        return self.integer(-rank, rank - 1)

    def axes(self, rank: int, least: int = 1) -> tuple[int, ...]:
        """Several axes, counted from either end, in any order."""
        number = self.integer(least, rank)
        chosen = self.rng.permutation(rank)[:number]
        return tuple(int(a) - (rank if self.chance(0.25) else 0) for a in chosen)

    def some(self, **options: Any) -> dict[str, Any]:
        """Each of the parameters with even chances, the others stay at their defaults."""
        return {name: value for name, value in options.items() if self.chance(0.5)}

    def floats(self) -> str:
        """A floating-point element type."""
        return self.choice(*FLOATS)

    def numbers(self) -> str:
        """An element type."""
        return self.choice(*NUMBERS)

    def array(
        self,
        shape: Iterable[int],
        low: float = -1.0,
        high: float = 1.0,
        dtype: str = "float32",
        special: float = 0.0,
    ) -> np.ndarray:
        """Random numbers; with probability ``special`` some are special ones."""
        shape = tuple(shape)
        if np.dtype(dtype).kind in "iub":
            low = max(low, 0) if dtype == "uint8" else low
            return np.asarray(self.rng.randint(int(low), int(high) + 1, shape)).astype(dtype)
        values = np.asarray(self.rng.uniform(low, high, shape)).astype(dtype)
        if self.chance(special):
            chosen = self.rng.choice(SPECIAL, shape)
            with np.errstate(over="ignore"):
                chosen = chosen.astype(dtype)
            values = np.where(self.rng.rand(*shape) < 0.4, chosen, values).astype(dtype)
        return values

    def distinct(self, shape: Iterable[int], dtype: str = "float32") -> np.ndarray:
        """Numbers that all differ clearly, in random order."""
        shape = tuple(shape)
        size = int(np.prod(shape))
        return ((self.rng.permutation(size) - size // 2) / 4).reshape(shape).astype(dtype)


Rule = Callable[[Draw, str], Drawn]
RULES: dict[str, tuple[str, Rule]] = {}


def rule(*operators: str) -> Callable[[Rule], Rule]:
    """Register the rule of some operators, in the family that the rule's module is named after.

    A prefix ``<family>:`` tells the rule from one of another family for the same operator.
    """

    def register(draw: Rule) -> Rule:
        for op in operators:
            assert op not in RULES, op
            RULES[op] = (draw.__module__.rsplit(".", 1)[-1], draw)
        return draw

    return register


def families() -> list[str]:
    """The names of all families."""
    rules = Path(__file__).parent / "rules"
    return sorted(info.name for info in pkgutil.iter_modules([str(rules)]))


@functools.cache
def load_family(family: str) -> tuple[str, ...]:
    """The operators of a family that have a rule."""
    importlib.import_module(f"oracle.rules.{family}")
    return tuple(op for op, (owner, _) in RULES.items() if owner == family)


def generate(family: str, seed: int, count: int, only: Iterable[str] = ()) -> list[Case]:
    """At least ``count`` cases of a family, the same number for each of its operators: 5 or more."""
    operators = [op for op in load_family(family) if not only or _name(op) in only]
    each = max(5, -(-count // max(len(operators), 1)))
    cases = []
    for op in operators:
        draw_rule = RULES[op][1]
        for i in range(each):
            # Every case has its own generator: others stay the same when rules change.
            source = np.random.RandomState([seed, i, *op.encode()])
            draw = Draw(source)
            cases.append(_complete(_name(op), family, draw_rule(draw, _name(op)), draw))
    return cases


def _name(key: str) -> str:
    """The operator of a key of RULES."""
    return key.rsplit(":", 1)[-1]


def _complete(op: str, family: str, drawn: Drawn, draw: Draw) -> Case:
    """The whole case: missing inputs, head gradients, requests, what inference is told."""
    given = {k: np.asarray(v) for k, v in drawn.inputs.items()}
    train = draw.chance(0.8) if drawn.train is None else drawn.train
    facts: dict[str, Any] = {
        "op": op,
        "params": drawn.params,
        "inputs": list(given),
        "train": train,
        "imperative": drawn.imperative,
        "positional": drawn.positional,
        "out": drawn.out,
        "storage": drawn.storage,
        "program": drawn.program,
        "values": drawn.values,
        "requests": {},
    }
    arrays = {f"in/{name}": value for name, value in given.items()}
    if drawn.imperative:
        return Case(op, family, facts, arrays, drawn.loose)
    facts["known"] = _knowledge(given, draw)
    with contextlib.suppress(Exception), _silence():
        arrays |= _derived(op, drawn, given, facts, draw)
    return Case(op, family, facts, arrays, drawn.loose)


def _knowledge(given: dict[str, np.ndarray], draw: Draw) -> dict[str, dict]:
    """What the four kinds of inference are told."""
    shapes = {k: list(v.shape) for k, v in given.items()}
    types = {k: v.dtype.name for k, v in given.items()}
    dropped = draw.choice(*given) if given and draw.chance(0.4) else None
    some_shapes = {
        k: [0 if draw.chance(0.25) else n for n in v] for k, v in shapes.items() if k != dropped
    }
    dropped = draw.choice(*given) if given and draw.chance(0.4) else None
    some_types = {k: v for k, v in types.items() if k != dropped}
    return {
        "shapes": shapes, "some_shapes": some_shapes, "types": types, "some_types": some_types,
    }  # fmt: skip


@functools.cache
def _differentiable(op: str) -> bool:
    """Whether both sides have a derivative."""
    if op not in REGISTRY:  # what a program computes
        return True
    facts = REGISTRY.get(get_op(op).op_name, {})
    return get_op(op).differentiable and facts.get("gradient") != "none"


@contextlib.contextmanager
def _silence():
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def _derived(
    op: str, drawn: Drawn, given: dict[str, np.ndarray], facts: dict[str, Any], draw: Draw
) -> dict[str, np.ndarray]:
    """Arrays for what the rule left out, with the shapes and types that we infer."""
    variables = {name: mx.sym.Variable(name) for name in given}
    if drawn.program:
        scope = {**variables, "mx": mx, "np": np}
        with mx.name.NameManager():
            exec(drawn.program, scope)
        symbol = scope["net"]
    elif drawn.positional:
        symbol = function(op)(*variables.values(), name="t", **drawn.params)
    else:
        symbol = function(op)(name="t", **variables, **drawn.params)
    shapes = symbol.infer_shape(**{k: v.shape for k, v in given.items()})
    types = symbol.infer_type(**{k: v.dtype.name for k, v in given.items()})
    names = (symbol.list_arguments(), None, symbol.list_auxiliary_states())
    arrays = {}
    for group in (0, 2):
        for name, shape, dtype in zip(names[group], shapes[group], types[group], strict=True):
            if name not in given:
                low = max(drawn.low, 0.1) if name.endswith("var") else drawn.low
                arrays[f"in/{name}"] = draw.array(shape, low, drawn.high, np.dtype(dtype).name)
    if not _differentiable(op) or not facts["train"]:
        return arrays
    for name, shape, dtype in zip(names[0], shapes[0], types[0], strict=True):
        wanted = drawn.gradients is None or name in drawn.gradients
        if wanted and np.dtype(dtype).kind == "f":
            facts["requests"][name] = "add" if draw.chance(0.2) else "write"
            arrays[f"grad/{name}"] = draw.array(shape, dtype=np.dtype(dtype).name)
    if drawn.heads:
        for i, (shape, dtype) in enumerate(zip(shapes[1], types[1], strict=True)):
            arrays[f"head/{i}"] = draw.array(shape, dtype=np.dtype(dtype).name)
    return arrays
