"""The disagreements that are understood; docs/differences.md has the reason for each key."""

from __future__ import annotations

from oracle.differential import Disagreement, Record, differences_of

__all__ = ["explain"]


def explain(found: Disagreement, ours: Record, plain: Record) -> str | None:
    """The key of the entry that explains a disagreement, or None."""
    if not differences_of(found.case, ours, plain):
        return "onednn"
    return None
