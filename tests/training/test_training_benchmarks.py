"""The benchmarks of training run, and report what they are about."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("fit", ["--batch", "4", "--batches", "2", "--rounds", "1"], "fit / loop "),
        ("images", ["--images", "64", "--height", "40", "--width", "60", "--rounds", "1"],
         "DataLoader "),
        ("kvstore", ["--keys", "4", "--steps", "2"], "push and pull by key"),
        ("parallel", ["--tiny", "--batch", "2", "--steps", "1", "--rounds", "1"],
         "scaling efficiency "),
    ],
)  # fmt: skip
def test_benchmark(name, options, says):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
