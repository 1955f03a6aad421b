"""Runs a program of ``programs/`` in several workers on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


def command(program: str, *arguments: str) -> list[str]:
    """The command that runs a program."""
    return [sys.executable, str(PROGRAMS / program), *arguments]


def launched(workers: int, program: str, *arguments: str, **environment: str):
    """The finished process of ``mxnet.launch`` with so many workers."""
    return subprocess.run(
        [sys.executable, "-m", "mxnet.launch", "-n", str(workers), *command(program, *arguments)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "MXNET_KVSTORE_TIMEOUT": "60", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
