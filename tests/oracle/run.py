"""Draw the cases of a family, run them on both sides and judge the results."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable

from oracle.differences import explain
from oracle.differential import Disagreement, compare, run_cases
from oracle.draw import generate

__all__ = ["judge_family"]


def judge_family(
    family: str, seed: int, count: int, only: Iterable[str] = ()
) -> tuple[list[Disagreement], dict[str, Counter]]:
    """The disagreements of a family, explained where they can be, and the counts by operator.

    Where 1.9.1 without oneDNN gives what we give, the disagreement is one between its own kernels;
    its key is "onednn".
    """
    reference = os.environ["REMX_ORACLE"]
    cases = generate(family, seed, count, only)
    if not cases:
        return [], {}
    ours = run_cases(sys.executable, cases)
    found, counts = compare(cases, ours, run_cases(reference, cases))
    mine = {id(case): record for case, record in zip(cases, ours, strict=True)}
    if found:
        again = [disagreement.case for disagreement in found]
        plain = run_cases(reference, again, MXNET_MKLDNN_ENABLED="0")
        for disagreement, record in zip(found, plain, strict=True):
            disagreement.known = explain(disagreement, mine[id(disagreement.case)], record)
    for disagreement in found:
        counts[disagreement.case.op][disagreement.known or "disagree"] += 1
    return found, counts
