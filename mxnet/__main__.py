"""The command line: ``python -m mxnet ops``, ``python -m mxnet compile-kernels``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from .coverage import check_symbol, operator_table, page
from .error import MXNetError
from .ops.generated import has_kernels

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 1 where something is not supported."""
    parser = argparse.ArgumentParser(prog="python -m mxnet")
    commands = parser.add_subparsers(dest="command", required=True)
    ops = commands.add_parser("ops", help="which operators there are, or what a file needs")
    ops.add_argument("file", nargs="?", help="a saved graph (model-symbol.json)")
    ops.add_argument("--markdown", action="store_true", help="as docs/operators.md")
    kernels = commands.add_parser(
        "compile-kernels", help="compile all kernels for this processor, so that no program has to"
    )
    kernels.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    kernels.add_argument("--quiet", action="store_true", help="say how many, and nothing else")
    options = parser.parse_args(arguments)
    if options.command == "compile-kernels":
        return _compile_kernels(options.jobs, options.quiet)
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


def _compile_kernels(jobs: int, quiet: bool) -> int:
    if not has_kernels():
        print("error: kernels are compiled by numba: pip install 'remx[fusion]'", file=sys.stderr)
        return 1
    from .kernels.ahead import compile_all, kernel_names
    from .kernels.machine import cache_folder, kept

    names = kernel_names()
    missing = [name for name in names if kept(name) is None]
    start, failed = time.perf_counter(), 0
    for name, seconds, problem in compile_all(missing, max(1, jobs)):
        if problem:
            failed += 1
            print(f"error: {name}: {problem}", file=sys.stderr)
        elif not quiet:
            print(f"{name:42}{seconds:6.2f} s", flush=True)
    print(
        f"{len(names) - failed} kernels in {cache_folder()},"
        f" {len(missing) - failed} of them compiled in {time.perf_counter() - start:.1f} s"
    )
    return 1 if failed else 0


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
