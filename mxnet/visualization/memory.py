"""plot_memory: where every value of a bound graph lies, over time."""

from __future__ import annotations

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from ..error import MXNetError
from ..passes.packing import Buffer, assign_offsets
from ..passes.report import MemoryReport, Span
from .drawing import Curve, Label, Picture, Shape, text_width, to_pdf, to_svg

__all__ = ["MemoryPlot", "plot_memory"]

_WIDTH, _HEIGHT = 900.0, 460.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 24.0, 66.0, 74.0
_KINDS = {
    "forward": ("#a9cce3", "#5b8db0", "made by the forward run"),
    "backward": ("#f5c6a0", "#c98a52", "made by the backward run"),
    "kernel": ("#c9d8b6", "#84a062", "allocated by kernels themselves"),
    "scratch": ("#d0d4d9", "#8d969f", "scratch memory"),
}
_INK, _PEAK = "#1f2933", "#c0392b"
_MOST = 3000  # pieces that are drawn; of more, the largest


class MemoryPlot:
    """A picture of a memory plan, which notebooks show."""

    def __init__(self, picture: Picture):
        self._picture = picture

    def draw(self, format: str = "svg") -> bytes:
        """The picture as a document; ``format`` is "svg" or "pdf"."""
        if format == "svg":
            return to_svg(self._picture).encode()
        if format == "pdf":
            return to_pdf(self._picture)
        raise MXNetError(f"a memory plot is drawn as svg or pdf, not as {format!r}")

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, whose name ends in .svg or .pdf; returns its path."""
        path = Path(path)
        path.write_bytes(self.draw(path.suffix.lstrip(".")))
        return path

    def _repr_svg_(self) -> str:
        return self.draw().decode()


def plot_memory(source: Any, title: str = "memory", labels: int = 12, **options: Any) -> MemoryPlot:
    """Draw the memory plan of a network: steps to the right, bytes upwards.

    Parameters: ``source``: an Executor, a MemoryReport, or a Symbol, for which ``options`` are those
    of ``Symbol.plan_memory`` (shapes by argument name, ``grad_req``, ``memory_budget``); ``labels``:
    how many of the largest pieces are named. A rectangle is a piece of memory from the step that
    writes it to the last that reads it; above the arena is what kernels allocate themselves.
    Pointing at a rectangle names its values. Raises MXNetError where there is no plan.
    """
    report = _report_of(source, options)
    return MemoryPlot(_Drawing(report, title, labels).picture())


def _report_of(source: Any, options: dict[str, Any]) -> MemoryReport:
    from ..symbol import Symbol

    if isinstance(source, Symbol):
        return source.plan_memory(**options)
    if options:
        raise TypeError(f"{', '.join(options)}: only the plan of a Symbol has options")
    report = source if isinstance(source, MemoryReport) else getattr(source, "memory", None)
    if not isinstance(report, MemoryReport):
        raise MXNetError(
            "plot_memory needs a Symbol, an Executor or a MemoryReport; a graph whose sizes depend"
            f" on values has no plan (given: {type(source).__name__})"
        )
    return report


class _Drawing:
    def __init__(self, report: MemoryReport, title: str, labels: int):
        self.report, self.title, self.count = report, title, labels
        spans = sorted(report.spans, key=lambda span: -span.size)[:_MOST]
        self.placed = [(span, span.offset) for span in spans if span.offset is not None]
        own = [span for span in spans if span.offset is None]
        buffers = [Buffer(span.size, span.first, span.last) for span in own]
        above = assign_offsets(buffers)
        self.placed += [(s, report.activations + b.offset) for s, b in zip(own, buffers)]
        # Variables take no time.
        runs = [0, *accumulate(report.runs)]
        self.time = dict(enumerate(runs))
        self.steps = max(runs[-1], 1)
        self.bytes = max(report.activations + above, 1)

    def x(self, step: int) -> float:
        """Where a step begins."""
        return self.at(self.time.get(step, self.steps))

    def at(self, time: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * time / self.steps

    def y(self, offset: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * offset / self.bytes

    def picture(self) -> Picture:
        shapes = [self.piece(span, offset) for span, offset in self.placed]
        rules, notes = self.moments()
        boxes, words = self.legend()
        labels = [*self.axis(), *self.heading(), *self.names(), *notes, *words]
        return Picture(self.title, _WIDTH, _HEIGHT, self.grid(), [*shapes, *rules, *boxes], labels)

    def piece(self, span: Span, offset: int) -> Shape:
        fill, stroke, _ = _KINDS[self.kind(span)]
        steps = self.report.steps
        until = steps[span.last] if span.last < len(steps) else "the end"
        more = ", ..." if len(span.names) > 6 else ""
        values = ", ".join(span.names[:6]) + more
        tip = f"{values}: {_size(span.size)}, from {steps[span.first]} to {until}"
        left, right = self.x(span.first), self.x(span.last + 1)
        low, high = self.y(offset), self.y(offset + span.size)
        stroke = (
            fill if low - high < 3 or right - left < 3 else stroke
        )  # else there is stroke alone
        return _box(left, high, right, low, fill, stroke, tip)

    def kind(self, span: Span) -> str:
        if span.scratch:
            return "scratch"
        if span.offset is None:
            return "kernel"
        return "forward" if span.first < self.report.forward_steps else "backward"

    def grid(self) -> list[Curve]:
        return [
            _line((self.at(0), self.y(at)), (self.at(self.steps), self.y(at)), "#e4e7eb")
            for at in _ticks(self.bytes)
        ]

    def moments(self) -> tuple[list[Shape], list[Label]]:
        """The end of the forward run, the top of the arena and the peak."""
        report, top, base = self.report, _TOP - 4, self.y(0)
        border, end = self.x(report.forward_steps), self.at(self.steps)
        shapes, labels = [], []
        if border < end:
            shapes.append(_box(border - 0.5, top, border + 0.5, base + 6, _INK, _INK, ""))
            for word, first, last in (("forward", _LEFT, border), ("backward", border, end)):
                labels.append(Label(word, ((first + last) / 2, base + 14), 11, _INK))
        if 0 < report.activations < self.bytes:
            level = self.y(report.activations)
            tip = "the top of the arena; above it kernels allocate"
            shapes.append(_box(_LEFT, level - 0.4, end, level + 0.4, _INK, _INK, tip))
            labels.append(Label("arena", (end - 4, level + 8), 9, _INK, halo=True, anchor="end"))
        peak = (self.x(report.peak_step) + self.x(report.peak_step + 1)) / 2
        shapes.append(_box(peak - 0.6, top, peak + 0.6, base, _PEAK, _PEAK, "the peak"))
        text = f"peak, at {_shortened(report.peak_node or '', 40)}"
        anchor = "end" if peak > _WIDTH / 2 else "start"
        at = peak + (-5 if anchor == "end" else 5), _TOP - 10
        labels.append(Label(text, at, 10, _PEAK, bold=True, anchor=anchor))
        return shapes, labels

    def names(self) -> list[Label]:
        """The names of the largest pieces, where there is room for them."""
        found: list[Label] = []
        for span, offset in self.placed:
            height = self.y(offset) - self.y(offset + span.size)
            if len(found) == self.count or height < 9:
                continue
            left, width = self.room(span)
            for text in (f"{span.names[0]}  {_size(span.size)}", span.names[0]):
                if text_width(text, 9) <= width - 6:
                    centre = left + width / 2, self.y(offset + span.size / 2)
                    found.append(Label(text, centre, 9, _INK))
                    break
        return found

    def room(self, span: Span) -> tuple[float, float]:
        """Left end and width of the part of a piece that has most room between the upright lines."""
        lines = sorted((self.x(self.report.forward_steps), self.x(self.report.peak_step)))
        left, right = self.x(span.first), self.x(span.last + 1)
        ends = [left, *(line for line in lines if left < line < right), right]
        width, start = max((b - a, -a) for a, b in pairwise(ends))
        return -start, width

    def axis(self) -> list[Label]:
        scale, unit = _unit(self.bytes)
        found = [
            Label(f"{at / scale:g}", (_LEFT - 8, self.y(at)), 10, _INK, anchor="end")
            for at in _ticks(self.bytes)
        ]
        return [*found, Label(unit, (_LEFT - 8, _TOP - 20), 10, "#52606d", anchor="end")]

    def heading(self) -> list[Label]:
        report = self.report
        parts = [f"{_size(report.total)} in all: arena {_size(report.activations)}"]
        names = ("adopted", "prepared", "scratch", "parameters", "gradients", "states", "outputs")
        for name in names:
            if amount := getattr(report, name):
                parts.append(f"{'kernels' if name == 'adopted' else name} {_size(amount)}")
        if report.recomputed:
            parts.append(f"{report.extra_work:.0%} more work")
        return [
            Label(self.title, (_LEFT, 18), 14, _INK, bold=True, anchor="start"),
            Label("  ·  ".join(parts), (_LEFT, 36), 10.5, "#52606d", anchor="start"),
        ]

    def legend(self) -> tuple[list[Shape], list[Label]]:
        used = {self.kind(span) for span, _ in self.placed}
        shapes, labels = [], []
        left, line = _LEFT, _HEIGHT - 22
        for kind, (fill, stroke, meaning) in _KINDS.items():
            if kind in used:
                shapes.append(_box(left, line - 5, left + 10, line + 5, fill, stroke, ""))
                labels.append(Label(meaning, (left + 15, line), 10, _INK, anchor="start"))
                left += text_width(meaning, 10) + 38
        return shapes, labels


def _box(
    left: float, top: float, right: float, bottom: float, fill: str, stroke: str, tip: str
) -> Shape:
    centre = (left + right) / 2, (top + bottom) / 2
    return Shape(centre, right - left, bottom - top, fill, stroke, (), False, tip, 0.0)


def _line(start: tuple[float, float], end: tuple[float, float], color: str) -> Curve:
    return Curve([(start, start, end, end)], color, arrow=False)


def _unit(size: float) -> tuple[int, str]:
    """The unit in which a number of bytes reads best."""
    for power, name in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << power:
            return 1 << power, name
    return 1, "bytes"


def _size(size: float) -> str:
    scale, unit = _unit(size)
    return f"{size / scale:.3g} {unit}" if size < 1000 * scale else f"{size / scale:.0f} {unit}"


def _ticks(size: int) -> list[int]:
    """Some round numbers of bytes from 0 to ``size``."""
    scale, _ = _unit(size)
    step = 1.0
    while size / scale / step > 8:
        step *= 2.5 if str(step).startswith("2") else 2
    while size / scale / step < 3:
        step /= 2
    return [round(i * step * scale) for i in range(int(size / scale / step) + 1)]


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
