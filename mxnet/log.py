"""Loggers with one-letter levels, time and place, in colour on terminals."""

from __future__ import annotations

import logging
import sys
import warnings
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "getLogger", "get_logger"]


class _Formatter(logging.Formatter):
    """``I0131 12:30:59 4242 path:function:line] message``, the head in colour if asked for."""

    def __init__(self, coloured: bool = True):
        super().__init__(datefmt="%m%d %H:%M:%S")
        self.coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        """The line (or lines, with a traceback) for a record."""
        head = (
            f"{record.levelname[0]}{self.formatTime(record, self.datefmt)} {record.process} "
            f"{record.pathname}:{record.funcName}:{record.lineno}]"
        )
        if self.coloured:
            head = f"\x1b[{_colour(record.levelno)}m{head}\x1b[0m"
        # Formatter.format adds tracebacks and stacks; only the prefix is ours.
        return f"{head} {super().format(record)}"


def _colour(level: int) -> int:
    if level >= WARNING:
        return 31
    return 32 if level >= INFO else 34


def get_logger(
    name: str | None = None,
    filename: str | None = None,
    filemode: str | None = None,
    level: int = WARNING,
) -> logging.Logger:
    """A logger that writes to stderr, or to ``filename`` opened with ``filemode`` ("a").

    A named logger is set up once; later calls return it as it is. The root logger (no name) is
    never touched.
    """
    logger = logging.getLogger(name)
    if name is None or getattr(logger, "_init_done", False):
        return logger
    logger._init_done = True  # type: ignore[attr-defined]
    if filename:
        handler: logging.Handler = logging.FileHandler(filename, filemode or "a")
    else:
        handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(coloured=not filename and sys.stderr.isatty()))
    logger.addHandler(handler)
    logger.setLevel(level)
    return logger


def getLogger(name=None, filename=None, filemode=None, level=WARNING):
    """The old name of get_logger."""
    warnings.warn(
        "getLogger is deprecated, Use get_logger instead.", DeprecationWarning, stacklevel=2
    )
    return get_logger(name, filename, filemode, level)
