"""From DOT source to a picture: sizes, places, ports, curves and labels."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from .dot import Drawing, parse
from .drawing import Curve, Label, Picture, Point, Shape, text_width
from .layout import place

__all__ = ["compose"]

_MARGIN = 16.0
_LINE = 1.25
_INCH = 72.0
_ELLIPSES = ("oval", "ellipse", "circle", "doublecircle")
_NAMED_COLORS = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#00ff00",
    "blue": "#0000ff", "yellow": "#ffff00", "orange": "#ffa500", "purple": "#a020f0",
    "gray": "#c0c0c0", "grey": "#c0c0c0", "lightgray": "#d3d3d3", "lightgrey": "#d3d3d3",
    "lightblue": "#add8e6", "pink": "#ffc0cb", "brown": "#a52a2a", "cyan": "#00ffff",
    "lightgreen": "#90ee90", "lightyellow": "#ffffe0", "salmon": "#fa8072", "gold": "#ffd700",
}  # fmt: skip


def compose(source: str) -> Picture:
    """Lay out a graph written in DOT and turn it into shapes, curves and labels."""
    drawing = parse(source)
    numbers = {name: number for number, name in enumerate(drawing.nodes)}
    boxes = [_Box(name, attributes) for name, attributes in drawing.nodes.items()]
    edges = [(numbers[tail], numbers[head]) for tail, head, _ in drawing.edges]
    placement = place([(box.width, box.height) for box in boxes], edges)
    for box, (x, y) in zip(boxes, placement.centres, strict=True):
        box.centre = (x + _MARGIN, y + _MARGIN)
    routes = [[(x + _MARGIN, y + _MARGIN) for x, y in route] for route in placement.routes]
    curves, labels = _draw_edges(drawing, boxes, edges, routes)
    reach = [label.centre[0] + text_width(label.text, label.size) / 2 for label in labels]
    width = max([placement.width + 2 * _MARGIN, *(r + _MARGIN / 2 for r in reach)])
    return Picture(
        title=drawing.name,
        width=width,
        height=placement.height + 2 * _MARGIN,
        curves=curves,
        shapes=[box.shape() for box in boxes],
        labels=labels,
    )


def _color(value: str | None, otherwise: str) -> str:
    """A colour as #rrggbb; names that are not known here become the default."""
    if value is None:
        return otherwise
    if re.fullmatch(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?", value):
        return value[:7].lower()
    return _NAMED_COLORS.get(value.lower(), otherwise)


def _darker(color: str, share: float) -> str:
    return "#" + "".join(f"{int(int(color[i : i + 2], 16) * share):02x}" for i in (1, 3, 5))


def _lines(label: str) -> list[str]:
    """The lines of a DOT label."""
    return re.split(r"\n|\\[nlr]", label.replace("\\\\", "\\"))


class _Box:
    """A node: what is written in it and how large it is."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.lines = _lines(attributes.get("label", "\\N").replace("\\N", name))
        self.font_size = 0.9 * float(attributes.get("fontsize", 14))
        widest = max(
            text_width(line, self.font_size, self._bold(i)) for i, line in enumerate(self.lines)
        )
        self.ellipse = attributes.get("shape", "ellipse") in _ELLIPSES
        fit = widest + (30 if self.ellipse else 22)
        self.width = max(fit, _INCH * float(attributes.get("width", 0.75)))
        text_height = len(self.lines) * self.font_size * _LINE + 12
        self.height = max(text_height, 0.75 * _INCH * float(attributes.get("height", 0.5)))
        self.centre: Point = (0.0, 0.0)

    def _bold(self, line: int) -> bool:
        return line == 0 and len(self.lines) > 1

    def shape(self) -> Shape:
        filled = "filled" in self.attributes.get("style", "")
        fill = _color(self.attributes.get("fillcolor"), "#d3d3d3") if filled else "#ffffff"
        stroke = _color(self.attributes.get("color"), _darker(fill, 0.72))
        color = _color(self.attributes.get("fontcolor"), "#1f2933")
        x, y = self.centre
        first = y - (len(self.lines) - 1) / 2 * self.font_size * _LINE
        labels = [
            Label(
                line,
                (x, first + i * self.font_size * _LINE),
                self.font_size,
                color,
                bold=self._bold(i),
            )
            for i, line in enumerate(self.lines)
        ]
        return Shape(
            self.centre, self.width, self.height, fill, stroke, labels, self.ellipse, self.name
        )


def _draw_edges(
    drawing: Drawing,
    boxes: Sequence[_Box],
    edges: Sequence[tuple[int, int]],
    routes: Sequence[Sequence[Point]],
) -> tuple[list[Curve], list[Label]]:
    ports = _ports(boxes, edges, routes)
    leaving, arriving = (Counter(ends) for ends in zip(*edges, strict=True)) if edges else ({}, {})
    curves, labels = [], []
    for number, (tail, head, attributes) in enumerate(drawing.edges):
        upper, lower = edges[number]
        if upper == lower:
            continue
        pieces = _smooth([ports[number, 0], *routes[number][1:-1], ports[number, 1]])
        text = attributes.get("label", "")
        if text:
            # Next to the end at which the edge has fewer companions.
            surplus = leaving[upper] - arriving[lower]
            labels.append(
                _edge_label(text, pieces, 0.72 if surplus > 0 else 0.28 if surplus else 0.5)
            )
        direction = attributes.get("dir", "forward")
        if direction == "forward":
            pieces = [piece[::-1] for piece in reversed(pieces)]
        color = _color(attributes.get("color"), "#7b8794")
        curves.append(Curve(pieces, color, direction != "none", f"{tail} -> {head}"))
    return curves, labels


def _ports(
    boxes: Sequence[_Box], edges: Sequence[tuple[int, int]], routes: Sequence[Sequence[Point]]
) -> dict[tuple[int, int], Point]:
    """Where each edge leaves its upper node (0) and meets its lower one (1)."""
    sides: dict[tuple[int, int], list[tuple[float, int, int]]] = defaultdict(list)
    for number, (route, ends) in enumerate(zip(routes, edges, strict=True)):
        falling = 1 if route[0][1] <= route[-1][1] else -1
        for end, node in enumerate(ends):
            towards = route[1] if end == 0 else route[-2]
            side = falling if end == 0 else -falling
            sides[node, side].append((towards[0], number, end))
    ports = {}
    for (node, side), meeting in sides.items():
        box = boxes[node]
        step = min(16.0, 0.7 * box.width / len(meeting))
        for index, (_, number, end) in enumerate(sorted(meeting)):
            shift = (index - (len(meeting) - 1) / 2) * step
            drop = box.height / 2
            if box.ellipse:
                drop *= max(0.0, 1 - (2 * shift / box.width) ** 2) ** 0.5
            ports[number, end] = (box.centre[0] + shift, box.centre[1] + side * drop)
    return ports


def _smooth(points: Sequence[Point]) -> list[tuple[Point, Point, Point, Point]]:
    """Cubic curves through the points, each one upright where it starts and ends."""
    pieces = []
    for (x0, y0), (x1, y1) in pairwise(points):
        bend = (y1 - y0) * 0.45
        pieces.append(((x0, y0), (x0, y0 + bend), (x1, y1 - bend), (x1, y1)))
    return pieces


def _edge_label(text: str, pieces: Sequence, share: float) -> Label:
    """The label centred on the curve at a share of its first or last piece."""
    piece = pieces[-1] if share > 0.5 else pieces[0]
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    x = sum(w * p[0] for w, p in zip(weights, piece, strict=True))
    y = sum(w * p[1] for w, p in zip(weights, piece, strict=True))
    return Label(text, (x, y), 10.5, "#52606d", halo=True)
