"""Draw the cases of a family, run them on both sides and judge the results."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from copy import copy, deepcopy

from oracle.differences import key_of_part
from oracle.differential import Disagreement, Record, compare, differences_of, run_cases
from oracle.draw import Case, generate

__all__ = ["judge_family"]


def judge_family(
    family: str, seed: int, count: int, only: Iterable[str] = ()
) -> tuple[list[Disagreement], dict[str, Counter]]:
    """The disagreements of a family, explained where they can be, and the counts by operator.

    Two explanations are found by running again. "onednn": 1.9.1 without oneDNN gives what we give.
    "add": the sides agree as soon as gradients are written, and ours is what was there plus that.
    """
    reference = os.environ["REMX_ORACLE"]
    cases = generate(family, seed, count, only)
    if not cases:
        return [], {}
    ours, theirs = run_cases(sys.executable, cases), run_cases(reference, cases)
    failed = [i for i, record in enumerate(theirs) if {"run", "backward"} & record.errors.keys()]
    if failed:  # oneDNN does not take every element type; the kernels below it take some more
        again = run_cases(reference, [cases[i] for i in failed], MXNET_MKLDNN_ENABLED="0")
        for i, record in zip(failed, again, strict=True):
            theirs[i] = record
    found, counts = compare(cases, ours, theirs)
    records = {id(c): pair for c, *pair in zip(cases, ours, theirs, strict=True)}
    again = [disagreement.case for disagreement in found]
    if again:
        plain = run_cases(reference, again, MXNET_MKLDNN_ENABLED="0")
        for disagreement, other in zip(found, plain, strict=True):
            mine = records[id(disagreement.case)][0]
            _settle(disagreement, differences_of(disagreement.case, mine, other), "onednn")
        written = [_written(case) for case in again]
        pairs = zip(
            found, run_cases(sys.executable, written), run_cases(reference, written), strict=True
        )
        for disagreement, mine, other in pairs:
            if "add" in disagreement.case.facts["requests"].values():
                parts = differences_of(disagreement.case, mine, other)
                added = _added(disagreement.case, mine)
                parts |= differences_of(disagreement.case, records[id(disagreement.case)][0], added)
                _settle(disagreement, parts, "add")
    for disagreement in found:
        mine, other = records[id(disagreement.case)]
        for part in [*disagreement.parts]:
            if key := key_of_part(disagreement.case, part, mine, other):
                disagreement.known.add(key)
                del disagreement.parts[part]
        counts[disagreement.case.op][disagreement.verdict] += 1
    return found, counts


def _settle(disagreement: Disagreement, remaining: dict[str, str], key: str) -> None:
    """Drop the parts that an explanation leaves no disagreement on."""
    gone = [part for part in disagreement.parts if part not in remaining]
    for part in gone:
        del disagreement.parts[part]
        disagreement.known.add(key)


def _written(case: Case) -> Case:
    """The case with gradients that are written where they were added."""
    changed = copy(case)
    changed.facts = deepcopy(case.facts)
    changed.facts["requests"] = dict.fromkeys(case.facts["requests"], "write")
    return changed


def _added(case: Case, written: Record) -> Record:
    """What adding should give, from what writing gave."""
    arrays = {}
    for name, request in case.facts["requests"].items():
        part = f"grad/{name}"
        if part in written.arrays:
            start = case.arrays[part] if request == "add" else 0
            arrays[part] = (written.arrays[part] + start).astype(written.arrays[part].dtype)
    return Record({"errors": {}}, arrays)
