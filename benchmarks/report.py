"""Results as JSON, as Markdown tables, and as a picture."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .compare import OURS, Row
from .engines import ENGINES

__all__ = ["duration", "machine", "plot", "table", "tables", "write_json"]


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, load, system, Python, time, command."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "command": "python -m benchmarks " + " ".join(sys.argv[1:]),
    }


def _processor() -> str:
    facts = {}
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    name = facts.get("model name") or platform.processor() or platform.machine()
    vectors = [v for v in ("avx2", "avx512f", "amx_tile") if v in facts.get("flags", "").split()]
    return f"{name} ({', '.join(vectors)})" if vectors else name


def write_json(path: Path, results: dict[str, Any]) -> None:
    """Everything that was measured, on this machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), **results}, indent=1) + "\n")


def duration(seconds: float) -> str:
    """Seconds with three digits and a fitting unit."""
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1 or unit == "µs":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, the first column to the left, the others to the right."""
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def tables(rows: Sequence[Row], clock: str = "wall") -> str:
    """A table for each mode and number of threads: seconds a step, and theirs / ours in brackets."""
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        groups.setdefault((row.mode, row.threads), []).append(row)
    parts = []
    for (mode, threads), members in groups.items():
        names = [n for n in ENGINES if any(_timed(row, n, clock) for row in members)]
        lines = [[row.title, *(_cell(row, name, clock) for name in names)] for row in members]
        head = f"{mode.capitalize()}, {threads} thread{'s' * (threads > 1)}"
        parts.append(f"**{head}**\n\n" + table([head, *(ENGINES[n].title for n in names)], lines))
    return "\n\n".join(parts + _problems(rows))


def _timed(row: Row, name: str, clock: str) -> bool:
    timing = row.timings.get(name)
    return timing is not None and not timing.problem and timing.steps > 0


def _cell(row: Row, name: str, clock: str) -> str:
    if not _timed(row, name, clock):
        return "–"
    text = duration(getattr(row.timings[name], clock))
    ratio = row.ratio(name, clock)
    return text if name == OURS or ratio is None else f"{text} ({ratio:.2f})"


def _problems(rows: Sequence[Row]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for row in rows:
        for name, timing in row.timings.items():
            if timing.problem:
                text = f"{ENGINES[name].title}: {timing.problem.splitlines()[0]}"
                reasons.setdefault(text, []).append(f"{row.workload} {row.mode} {row.threads}")
    lines = []
    for text, places in reasons.items():
        where = f" ({', '.join(places)})" if len(places) < len(rows) else ""
        lines.append(f"- {text}{where}")
    return ["Left out:\n\n" + "\n".join(lines)] if lines else []


def plot(rows: Sequence[Row], path: Path, clock: str = "wall") -> bool:
    """A picture of the ratios; False without matplotlib or ratios."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    points: dict[str, list[tuple[float, float]]] = {}
    for height, row in enumerate(rows):
        for name in row.timings:
            ratio = row.ratio(name, clock)
            if name != OURS and ratio is not None:
                points.setdefault(name, []).append((ratio, height))
    if not points:
        return False
    size = (9, 1.5 + 0.32 * len(rows))
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    for name, places in points.items():
        axis.plot(*zip(*places), "o", label=ENGINES[name].title, alpha=0.8)
    axis.axvline(1, color="#1f2933", lw=1)
    axis.set_xscale("log")
    axis.set_yticks(range(len(rows)), [f"{r.title}, {r.mode}, {r.threads}" for r in rows])
    axis.invert_yaxis()
    axis.grid(axis="x", which="both", color="#e4e7eb")
    axis.set_axisbelow(True)
    axis.set_title("Time of a step divided by that of remx", loc="left")
    axis.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
    return True
