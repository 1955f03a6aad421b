"""Run the Python of a Markdown page and hold what it prints against what the page shows.

Every ```python block runs, in order and in one namespace. A ```text block right after it is what
it prints, where "..." stands for anything (as in doctest); without one it must print nothing.
A comment <!-- drawn by: EXPRESSION --> before a picture of an .svg file in docs/images is an
expression that gives the diagram in it. Plans are those for one thread of a processor without generated
matrix products, so that they are the same everywhere.

    python tests/docs/pages.py PAGE...      writes what is printed, and the pictures, into the pages
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```$(?:\n+^```text\n(?P<output>.*?)^```$)?"
    r"|^<!-- drawn by: (?P<expression>.*?) -->\n!\[[^]]*\]\((?P<picture>[^)]*)\)",
    re.DOTALL | re.MULTILINE,
)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def pages() -> list[Path]:
    """README, CONTRIBUTING and everything in docs, those that exist."""
    named = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [p for p in named if p.exists()] + sorted((ROOT / "docs").rglob("*.md"))


@dataclass
class Difference:
    """A block whose output, or a picture whose drawing, is not what the page has."""

    line: int
    match: re.Match
    expected: str
    got: str

    def __str__(self) -> str:
        return f"line {self.line}: expected\n{self.expected}\n-- but got\n{self.got}"


def run(page: Path) -> Iterator[Difference]:
    """Execute a page in the current directory; yield what is not as the page says."""
    with mock.patch("mxnet.passes.schedule.find_scratch", return_value=24 << 10):
        yield from _run(page)


def _run(page: Path) -> Iterator[Difference]:
    text = page.read_text(encoding="utf-8")
    namespace: dict = {"__name__": "__page__"}
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["code"] is None:
            got = eval(match["expression"], namespace).draw("svg").decode()
            picture = page.parent / match["picture"]
            expected = picture.read_text(encoding="utf-8") if picture.exists() else ""
            same = got == expected
        else:
            got, expected = _execute(match["code"], page, line, namespace), match["output"] or ""
            same = doctest.OutputChecker().check_output(expected, got, _FLAGS)
        if not same:
            yield Difference(line, match, expected, got)


def _execute(code: str, page: Path, line: int, namespace: dict) -> str:
    """What a block prints; the line numbers in its errors are those of the page."""
    tree = ast.increment_lineno(ast.parse(code), line)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, page.name, "exec"), namespace)
    return printed.getvalue()


def update(page: Path) -> int:
    """Write the true output and pictures into a page; return the number of changes."""
    page = page.resolve()
    text = page.read_text(encoding="utf-8")
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # contextlib.chdir came with Python 3.11
        try:
            differences = list(run(page))
        finally:
            os.chdir(before)
    for difference in reversed(differences):
        match, got = difference.match, difference.got
        if match["code"] is None:
            (page.parent / match["picture"]).write_text(got, encoding="utf-8")
            continue
        block = f"```python\n{match['code']}```"
        shown = "\n".join(line.rstrip() for line in got.splitlines()).rstrip()
        block += f"\n\n```text\n{shown}\n```" if shown else ""
        text = text[: match.start()] + block + text[match.end() :]
    page.write_text(text, encoding="utf-8")
    return len(differences)


if __name__ == "__main__":
    sys.path.insert(0, os.fspath(ROOT))
    for argument in sys.argv[1:]:
        print(argument, update(Path(argument)), "changes")
