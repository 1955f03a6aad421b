"""The command line: ``python -m mxnet ops``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from .coverage import check_symbol, operator_table, page
from .error import MXNetError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 1 where something is not supported."""
    parser = argparse.ArgumentParser(prog="python -m mxnet")
    commands = parser.add_subparsers(dest="command", required=True)
    ops = commands.add_parser("ops", help="which operators there are, or what a file needs")
    ops.add_argument("file", nargs="?", help="a saved graph (model-symbol.json)")
    ops.add_argument("--markdown", action="store_true", help="as docs/operators.md")
    options = parser.parse_args(arguments)
    if options.file:
        return _check(options.file)
    print(page() if options.markdown else _listing(), end="")
    return 0


def _check(file: str) -> int:
    try:
        report = check_symbol(file)
    except MXNetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(report)
    if report.supported:
        return 0
    needed = sum(problem.inference for problem in report.problems)
    total = len(report.problems)
    print(
        f"error: {file} cannot be loaded: {total} not supported, {needed} of them at inference",
        file=sys.stderr,
    )
    return 1


def _listing() -> str:
    rows = operator_table()
    width = max(len(row.name) for row in rows)
    lines = [
        f"{row.name:{width}}  {row.status}  "
        + (row.reason or f"{row.family}, derivative: {row.derivative}")
        for row in rows
    ]
    count = Counter(row.status for row in rows)
    totals = ", ".join(
        f"{count[status]} {status}" for status in ("implemented", "excluded", "missing")
    )
    return "\n".join([*lines, totals]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
