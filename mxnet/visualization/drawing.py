"""Pictures of a laid-out network as SVG or PDF, written without any program or library."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Curve", "Label", "Picture", "Shape", "text_width", "to_pdf", "to_svg"]

Point = tuple[float, float]
Bezier = tuple[Point, Point, Point, Point]

# Advance widths of Helvetica, in thousandths of the font size, for the characters 32 to 126.
_HELVETICA = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 "
    "556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 "
    "722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 "
    "556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 "
    "260 334 584"
)
_WIDTHS = {chr(32 + i): int(width) / 1000 for i, width in enumerate(_HELVETICA.split())}


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of one line of Helvetica; characters beyond ASCII count as one em.

    The bold face is a tenth wider, to within a percent or two for words.
    """
    return size * sum(_WIDTHS.get(character, 1.0) for character in text) * (1.1 if bold else 1)


@dataclass(frozen=True)
class Label:
    """One line of text around a centre; ``halo`` clears a little space behind it.

    ``anchor`` may put its start or its end at that point instead, as in SVG.
    """

    text: str
    centre: Point
    size: float
    color: str = "#1f2933"
    bold: bool = False
    halo: bool = False
    anchor: str = "middle"


@dataclass(frozen=True)
class Shape:
    """A box with round corners (or an ellipse) and the lines of text in it."""

    centre: Point
    width: float
    height: float
    fill: str
    stroke: str
    labels: Sequence[Label] = ()
    ellipse: bool = False
    tip: str = ""
    radius: float = 7.0


@dataclass(frozen=True)
class Curve:
    """A chain of cubic curves; an open arrow stands at the first point if ``arrow``."""

    pieces: Sequence[Bezier]
    color: str = "#7b8794"
    arrow: bool = True
    tip: str = ""


@dataclass(frozen=True)
class Picture:
    """Everything to draw, back to front, with y growing downwards; sizes in points."""

    title: str
    width: float
    height: float
    curves: Sequence[Curve]
    shapes: Sequence[Shape]
    labels: Sequence[Label]


_ARROW = (7.0, 3.6)


def _arrow(curve: Curve) -> list[Point]:
    """The three points of the open arrow head at the start of a curve."""
    (x0, y0), (x1, y1) = curve.pieces[0][:2]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    along, across = ((x1 - x0) / length, (y1 - y0) / length), _ARROW[1]
    x, y = x0 + along[0] * _ARROW[0], y0 + along[1] * _ARROW[0]
    return [
        (x - along[1] * across, y + along[0] * across),
        (x0, y0),
        (x + along[1] * across, y - along[0] * across),
    ]


def _number(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"


def _numbers(points: Iterable[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


# -- SVG -------------------------------------------------------------------------------------------


def to_svg(picture: Picture) -> str:
    """The picture as an SVG document."""
    width, height = _number(picture.width), _number(picture.height)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif" '
        'text-anchor="middle">'
    )
    lines = [
        opening,
        f"<title>{escape(picture.title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<g fill="none" stroke-width="1.2" stroke-linecap="round" stroke-linejoin="round">',
        *(_svg_curve(curve) for curve in picture.curves),
        "</g>",
        *(_svg_shape(shape) for shape in picture.shapes),
        *(_svg_label(label) for label in picture.labels),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _svg_curve(curve: Curve) -> str:
    path = f"M{_numbers(curve.pieces[0][:1])} " + " ".join(
        f"C{_numbers(piece[1:])}" for piece in curve.pieces
    )
    if curve.arrow:
        path += f" M{_numbers(_arrow(curve)[:1])} L{_numbers(_arrow(curve)[1:])}"
    tip = f"<title>{escape(curve.tip)}</title>" if curve.tip else ""
    return f'<path d="{path}" stroke="{escape(curve.color)}">{tip}</path>'


def _svg_shape(shape: Shape) -> str:
    (x, y), paint = shape.centre, f'fill="{escape(shape.fill)}" stroke="{escape(shape.stroke)}"'
    if shape.ellipse:
        outline = (
            f'<ellipse cx="{_number(x)}" cy="{_number(y)}" rx="{_number(shape.width / 2)}" '
            f'ry="{_number(shape.height / 2)}" {paint}/>'
        )
    else:
        outline = (
            f'<rect x="{_number(x - shape.width / 2)}" y="{_number(y - shape.height / 2)}" '
            f'width="{_number(shape.width)}" height="{_number(shape.height)}" '
            f'rx="{_number(shape.radius)}" {paint}/>'
        )
    labels = "".join(_svg_label(label) for label in shape.labels)
    return f"<g><title>{escape(shape.tip)}</title>{outline}{labels}</g>"


def _svg_label(label: Label) -> str:
    x, y = label.centre
    extra = ' font-weight="bold"' if label.bold else ""
    if label.anchor != "middle":
        extra += f' text-anchor="{label.anchor}"'
    if label.halo:
        extra += ' stroke="#ffffff" stroke-width="3" paint-order="stroke"'
    return (
        f'<text x="{_number(x)}" y="{_number(y + label.size * 0.35)}" '
        f'font-size="{_number(label.size)}" fill="{escape(label.color)}"{extra}>'
        f"{escape(label.text)}</text>"
    )


# -- PDF -------------------------------------------------------------------------------------------


def to_pdf(picture: Picture) -> bytes:
    """The picture as a one-page PDF; text beyond Latin-1 shows as question marks."""
    commands = [f"1 0 0 -1 0 {_number(picture.height)} cm 1.2 w 1 J 1 j"]
    commands += [_pdf_curve(curve) for curve in picture.curves]
    commands.append("1 w")
    for shape in picture.shapes:
        commands.append(_pdf_shape(shape))
        commands += [_pdf_label(label) for label in shape.labels]
    commands += [_pdf_label(label) for label in picture.labels]
    content = zlib.compress("\n".join(commands).encode("latin-1", "replace"))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /Contents 4 0 R "
            f"/MediaBox [0 0 {_number(picture.width)} {_number(picture.height)}] "
            "/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
        ).encode(),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content)
        + content
        + b"\nendstream",
        (font % "Helvetica").encode(),
        (font % "Helvetica-Bold").encode(),
    ]
    return _pdf_file(objects)


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    """Numbered objects with the cross-reference table that a PDF file ends with."""
    document = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    document += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    document += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    document += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(document)


def _pdf_color(color: str, operator: str) -> str:
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return " ".join(f"{part:.3f}" for part in parts) + f" {operator}"


def _pdf_points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.2f} {y:.2f}" for x, y in points)


def _pdf_curve(curve: Curve) -> str:
    steps = [_pdf_color(curve.color, "RG"), f"{_pdf_points(curve.pieces[0][:1])} m"]
    steps += [f"{_pdf_points(piece[1:])} c" for piece in curve.pieces]
    if curve.arrow:
        left, tip, right = _arrow(curve)
        steps.append(f"{_pdf_points([left])} m {_pdf_points([tip])} l {_pdf_points([right])} l")
    return " ".join([*steps, "S"])


def _pdf_shape(shape: Shape) -> str:
    (x, y), rx, ry = shape.centre, shape.width / 2, shape.height / 2
    corner_x, corner_y = (rx, ry) if shape.ellipse else (shape.radius, shape.radius)
    # 0.5523 makes a cubic curve the best quarter of a circle.
    bend_x, bend_y = corner_x * (1 - 0.5523), corner_y * (1 - 0.5523)
    steps = [_pdf_color(shape.fill, "rg"), _pdf_color(shape.stroke, "RG")]
    steps.append(f"{_pdf_points([(x - rx + corner_x, y - ry)])} m")
    for right, down in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        edge_x, edge_y = x + right * rx, y + down * ry
        level = [(edge_x - right * corner_x, edge_y), (edge_x - right * bend_x, edge_y)]
        upright = [(edge_x, edge_y - down * corner_y), (edge_x, edge_y - down * bend_y)]
        first, last = (level, upright) if right * down < 0 else (upright, level)
        steps.append(f"{_pdf_points(first[:1])} l")
        steps.append(f"{_pdf_points([first[1], *last[::-1]])} c")
    return " ".join([*steps, "b"])


def _pdf_label(label: Label) -> str:
    x, y = label.centre
    width = text_width(label.text, label.size, label.bold)
    left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
    characters = label.text.encode("cp1252", "replace").decode("latin-1")
    for special in "\\()":
        characters = characters.replace(special, "\\" + special)
    font = "F2" if label.bold else "F1"
    text = (
        f"BT /{font} {_number(label.size)} Tf 1 0 0 -1 {left:.2f} "
        f"{y + label.size * 0.35:.2f} Tm ({characters}) Tj ET"
    )
    steps = [_pdf_color(label.color, "rg"), text]
    if label.halo:
        steps.insert(0, f"q 1 1 1 RG 3 w 1 Tr {text} Q")
    return " ".join(steps)
