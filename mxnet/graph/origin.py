"""Where a node was made: the user's own line, found by walking out of this package."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import NamedTuple

__all__ = ["PACKAGE", "Origin", "caller"]

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Origin(NamedTuple):
    """A place in a file. ``automatic`` marks variables that an operator created for its inputs."""

    file: str
    line: int
    automatic: bool = False

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line}" if self.line >= 0 else self.file


def caller(depth: int = 2) -> Origin | None:
    """The innermost frame outside this package, ``depth`` frames up or further."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(PACKAGE):
            return Origin(file, frame.f_lineno)
        frame = frame.f_back
    return None
