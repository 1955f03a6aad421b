"""The statistics of the profiler, as a table and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

__all__ = ["Statistics", "as_json", "as_table"]


@dataclass
class Total:
    """Values added up."""

    count: int = 0
    total: float = 0.0
    min: float = float("inf")
    max: float = float("-inf")
    bytes: int = 0

    def add(self, value: float, moved: int = 0) -> None:
        self.count += 1
        self.total += value
        self.min, self.max = min(self.min, value), max(self.max, value)
        self.bytes += moved

    @property
    def avg(self) -> float:
        return self.total / self.count


@dataclass
class Statistics:
    """Times in ms (and values of counters) by category and name; times and bytes by node."""

    times: dict[str, dict[str, Total]] = field(default_factory=dict)
    nodes: dict[str, Total] = field(default_factory=dict)

    def add_time(self, category: str, name: str, value: float) -> None:
        """Count one event."""
        self.times.setdefault(category, {}).setdefault(name, Total()).add(value)

    def add_node(self, name: str, value: float, moved: int) -> None:
        """Count one run of a node that read and wrote ``moved`` bytes."""
        self.nodes.setdefault(name, Total()).add(value, moved)


def _sorted(totals: dict[str, Total], by: str, ascending: bool) -> list[tuple[str, Total]]:
    return sorted(totals.items(), key=lambda item: getattr(item[1], by), reverse=not ascending)


_COLUMNS = ("Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)")


def _row(name: str, count: object, numbers: list[str]) -> str:
    return f"{name:<25s} {count!s:>15s}" + "".join(f" {number:>16s}" for number in numbers)


def _section(title: str, rows: list[tuple[str, Total]], with_bytes: bool = False) -> list[str]:
    columns = [*_COLUMNS, *(["Bytes (kB)"] if with_bytes else [])]
    lines = [title, "=================", _row("Name", "Total Count", columns)]
    lines.append(_row("----", "-----------", ["-" * len(column) for column in columns]))
    for name, total in rows:
        numbers = [total.total, total.min, total.max, total.avg]
        numbers += [total.bytes / 1000] if with_bytes else []
        lines.append(_row(name, total.count, [f"{number:.4f}" for number in numbers]))
    return [*lines, ""]


def as_table(statistics: Statistics, sort_by: str, ascending: bool) -> str:
    """A section for each category of events, and one for the nodes."""
    lines = ["", "Profile Statistics:", "\tNote the difference in units for different entries."]
    for category in sorted(statistics.times):
        lines += _section(category, _sorted(statistics.times[category], sort_by, ascending))
    if statistics.nodes:
        lines += _section("node", _sorted(statistics.nodes, sort_by, ascending), with_bytes=True)
    return "\n".join(lines)


def as_json(statistics: Statistics, sort_by: str, ascending: bool) -> str:
    """``{"Time": {category: {name: {"Count", "Total", "Min", "Max", "Avg"}}}, "Memory": ...}``."""

    def numbers(total: Total) -> dict[str, float]:
        return {
            "Count": total.count,
            "Total": total.total,
            "Min": total.min,
            "Max": total.max,
            "Avg": total.avg,
        }

    times = {
        category: {n: numbers(t) for n, t in _sorted(totals, sort_by, ascending)}
        for category, totals in sorted(statistics.times.items())
    }
    nodes = _sorted(statistics.nodes, sort_by, ascending)
    if nodes:
        times["node"] = {name: numbers(total) for name, total in nodes}
    moved = {name: {"Count": t.count, "Total": t.bytes / 1000} for name, t in nodes}
    units = {"Time": "ms", "Memory": "kB"}
    return json.dumps({"Time": times, "Memory": {"node": moved}, "Unit": units}, indent=4)
