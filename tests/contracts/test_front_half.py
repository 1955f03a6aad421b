"""The front half of mxnet in an interpreter that has no torch."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("front_half.py")


@pytest.mark.slow
def test_works_without_torch():
    done = subprocess.run(
        [sys.executable, SCRIPT],
        capture_output=True,
        text=True,
        cwd=SCRIPT.parents[2],
        env={"PYTHONPATH": str(SCRIPT.parents[2]), "PATH": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr
