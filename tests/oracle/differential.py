"""The same cases in remx and in MXNet 1.9.1, and where the results disagree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from oracle.draw import Case

__all__ = ["Disagreement", "Record", "compare", "differences_of", "run_cases", "save_cases"]

RUNNER = Path(__file__).with_name("runner.py")
ROOT = Path(__file__).resolve().parents[2]
# Relative and absolute; the absolute one is relative to the largest number of the array.
TOLERANCES = {"float64": (1e-5, 1e-6), "float32": (1e-4, 2e-5), "float16": (1e-2, 1e-2)}


@dataclass
class Record:
    """What one side gave for one case."""

    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def errors(self) -> dict[str, str]:
        """Messages by stage."""
        return self.facts["errors"]


@dataclass
class Disagreement:
    """A case on which the sides disagree: the unexplained parts, and what each side says.

    ``known``: the keys in docs/differences.md that explain the other parts.
    """

    case: Case
    parts: dict[str, str]
    known: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str:
        """ "disagree", or the keys that explain everything."""
        return "disagree" if self.parts else " ".join(sorted(self.known))

    def __str__(self) -> str:
        lines = [f"{self.case}" + (f"  [{' '.join(sorted(self.known))}]" if self.known else "")]
        return "\n".join(lines + [f"    {part}: {text}" for part, text in self.parts.items()])


def save_cases(cases: Sequence[Case], path: Path) -> None:
    """Write ``path.json`` and ``path.npz``."""
    path.with_suffix(".json").write_text(json.dumps([case.facts for case in cases]))
    named = {f"{i}/{k}": v for i, case in enumerate(cases) for k, v in case.arrays.items()}
    np.savez(path.with_suffix(".npz"), **named)


def run_cases(python: str, cases: Sequence[Case], **environment: str) -> list[Record]:
    """Run cases in one process of a Python; in another one after each crash."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "cases")
        results = Path(directory, "results")
        save_cases(cases, path)
        records: list[Record] = []
        while len(records) < len(cases):
            command = [python, str(RUNNER), str(path), str(results), str(len(records))]
            fixed = {
                "OMP_NUM_THREADS": "1",
                "MXNET_SUBGRAPH_BACKEND": "NONE",
                "MXNET_ENGINE_TYPE": "NaiveEngine",
            }
            surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
            if python == sys.executable:  # whatever is installed, this checkout is meant
                fixed["PYTHONPATH"] = str(ROOT)
            found = subprocess.run(
                command,
                cwd=directory,
                env={**surroundings, **fixed, **environment},
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            records = list(_read(results)) if results.exists() else []
            if len(records) < len(cases):
                if "Traceback" in found.stderr:
                    raise RuntimeError(f"{' '.join(command)} failed:\n{found.stderr[-4000:]}")
                crash = {"errors": {"run": f"crash: {found.stderr.strip()[-80:]}"}, "arrays": []}
                with results.open("ab") as file:
                    file.write(json.dumps(crash).encode() + b"\n")
                records.append(Record(crash, {}))
    return records


def _read(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        while line := file.readline():
            facts = json.loads(line)
            yield Record(facts, {name: np.load(file) for name in facts["arrays"]})


def compare(cases: Sequence[Case], ours: Sequence[Record], theirs: Sequence[Record]):
    """The disagreements, and for each operator how many cases ended in which way."""
    found, counts = [], {}
    for case, mine, other in zip(cases, ours, theirs, strict=True):
        counter = counts.setdefault(case.op, Counter())
        parts = differences_of(case, mine, other)
        counter["cases"] += 1
        if parts:
            found.append(Disagreement(case, parts))
        elif "run" in other.errors or "compose" in other.errors:
            both = "run" in mine.errors or "compose" in mine.errors
            counter["both refuse" if both else "accepted here alone"] += 1
        else:
            counter["agree"] += 1
    return found, counts


def differences_of(case: Case, ours: Record, theirs: Record) -> dict[str, str]:
    """The parts on which two records disagree. That we accept or infer more is none."""
    parts: dict[str, str] = {}
    fails = "compose" in theirs.errors or "run" in theirs.errors
    for stage, message in ours.errors.items():
        if stage not in theirs.errors and not fails:  # we may refuse earlier
            parts[f"{stage} refused"] = message
    for stage in ("names", "shapes", "types", "storage"):
        mine, other = ours.facts.get(stage), theirs.facts.get(stage)
        if mine is not None and other is not None and mine != other:
            if stage in ("names", "storage") or not _refines(mine, other):
                parts[stage] = f"{mine}, in 1.9.1 {other}"
    for stage in ("partial shapes", "partial types"):
        mine, other = ours.facts.get(stage), theirs.facts.get(stage)
        if mine is not None and other is not None and not _refines(mine, other):
            known = case.facts["known"]["some_shapes" if "shapes" in stage else "some_types"]
            parts[stage] = f"{mine}, in 1.9.1 {other}, given {known}"
    narrowest = _narrowest(case, theirs)
    for name, other in theirs.arrays.items():
        mine = ours.arrays.get(name)
        if mine is None:
            if not ours.errors:
                parts[name] = "missing"
        elif text := _unequal(mine, other, case, narrowest):
            parts[name] = text
    return parts


def _refines(mine: list, other: list) -> bool:
    """Whether what we infer contradicts nothing in 1.9.1 and leaves nothing out."""
    for my_group, other_group in zip(mine, other, strict=True):
        if other_group is None:
            continue
        if my_group is None or len(my_group) != len(other_group):
            return False
        for my_value, other_value in zip(my_group, other_group, strict=True):
            if not other_value:  # an unknown type, an unknown rank
                continue
            if isinstance(other_value, list):
                if len(my_value) != len(other_value):
                    return False
                pairs = zip(my_value, other_value, strict=True)
                if not all(b <= 0 or a == b for a, b in pairs):
                    return False
            elif my_value != other_value:
                return False
    return True


def _narrowest(case: Case, record: Record) -> str:
    """The coarsest float type of a case: what went through it is no more precise."""
    types = {a.dtype.name for a in (*case.arrays.values(), *record.arrays.values())}
    return next((name for name in ("float16", "float32") if name in types), "float64")


def _unequal(mine: np.ndarray, other: np.ndarray, case: Case, narrowest: str) -> str | None:
    if mine.shape != other.shape:
        return f"shape {mine.shape}, in 1.9.1 {other.shape}"
    if mine.dtype != other.dtype:
        return f"dtype {mine.dtype}, in 1.9.1 {other.dtype}"
    if not case.facts["values"]:
        return None
    if other.dtype.kind != "f":
        wrong = mine != other
    else:
        rtol, atol = TOLERANCES[narrowest]
        finite = np.abs(other[np.isfinite(other)].astype("float64"))
        largest = float(finite.max(initial=0.0))
        scale = largest if 1 < largest < 1e4 else 1.0
        wrong = ~np.isclose(
            mine.astype("float64"),
            other.astype("float64"),
            rtol * case.loose,
            atol * case.loose * scale,
            equal_nan=True,
        )
    if not wrong.any():
        return None
    place = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(wrong)))
    pair = np.atleast_1d(mine)[place], np.atleast_1d(other)[place]
    return f"{wrong.sum()} of {wrong.size} differ, at {place} {pair[0]!r}, in 1.9.1 {pair[1]!r}"
