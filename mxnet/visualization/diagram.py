"""A graphviz.Digraph that draws itself where the graphviz program is not installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphviz

from ..error import MXNetError
from .drawing import Picture, to_pdf, to_svg
from .picture import compose

__all__ = ["Diagram"]

_FORMATS: dict[str, Callable[[Picture], bytes]] = {
    "svg": lambda picture: to_svg(picture).encode(),
    "pdf": to_pdf,
}


class Diagram(graphviz.Digraph):
    """A ``graphviz.Digraph`` that becomes SVG or PDF with or without the graphviz program.

    ``render``, ``pipe`` and the display in notebooks call the program where there is one;
    elsewhere remx reads the DOT source and draws it itself.
    """

    def draw(self, format: str = "svg") -> bytes:
        """Draw without the graphviz program; ``format`` is ``"svg"`` or ``"pdf"``."""
        if format not in _FORMATS:
            raise MXNetError(
                f"drawing {format!r} needs the graphviz program (its command dot), which is not "
                f"installed; without it the formats are {' and '.join(_FORMATS)}"
            )
        return _FORMATS[format](compose(self.source))

    def pipe(self, format=None, *args: Any, encoding: str | None = None, **options: Any):
        """The picture in memory: bytes, or text if ``encoding`` is given."""
        try:
            return super().pipe(format, *args, encoding=encoding, **options)
        except graphviz.ExecutableNotFound:
            drawn = self.draw(format or self.format)
            return drawn if encoding is None else drawn.decode(encoding)

    def render(self, filename=None, directory=None, view=False, cleanup=False, *args, **options):
        """Write the source and the picture to files; return the path of the picture."""
        try:
            return super().render(filename, directory, view, cleanup, *args, **options)
        except graphviz.ExecutableNotFound:
            format = args[0] if args else options.get("format")
            outfile = options.get("outfile")
            return self._render_alone(filename, directory, view, cleanup, format, outfile)

    def _render_alone(self, filename, directory, view, cleanup, format, outfile) -> str:
        if outfile is not None:
            target = Path(directory or self.directory or "", outfile)
            format = format or target.suffix.lstrip(".") or self.format
            filename = filename or os.fspath(Path(outfile).with_suffix(".gv"))
        drawn = self.draw(format or self.format)
        source = Path(self.save(filename, directory, skip_existing=None))
        if outfile is None:
            target = source.with_name(f"{source.name}.{format or self.format}")
        target.write_bytes(drawn)
        if cleanup:
            source.unlink()
        if view:
            graphviz.view(os.fspath(target))
        return os.fspath(target)

    def _repr_svg_(self) -> str:
        return self.pipe(format="svg", encoding="utf-8")
