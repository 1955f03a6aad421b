"""Operators leave tensors where they are, and say whether they look at values."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mxnet.ops.core import get_op

SCRIPT = Path(__file__).with_name("pretended_gpu.py")


@pytest.mark.slow
def test_every_operator():
    backends = pytest.importorskip("torch.utils.backend_registration")
    if not hasattr(backends, "_setup_privateuseone_for_python_backend"):
        pytest.skip("this PyTorch has no devices written in Python")
    root = SCRIPT.parents[2]
    path = os.pathsep.join(map(str, (root, root / "tests")))
    settings = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "MXNET_USE_FUSION": "0"}
    command = [sys.executable, "-W", "ignore", str(SCRIPT)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **settings}, check=False
    )
    *problems, last = done.stdout.splitlines() or [""]
    assert (problems, done.returncode) == ([], 0), done.stderr
    assert int(last.split()[0]) > 350


@pytest.mark.parametrize(
    ("name", "parameters", "waits"),
    [
        ("take", {"mode": "raise"}, True),
        ("take", {"mode": "clip"}, False),
        ("_backward_take", {"mode": "raise"}, True),
        ("_linalg_potrf", {}, True),
        ("_linalg_gemm2", {}, False),
        ("Dropout", {}, False),
    ],
)
def test_operators_that_wait(name, parameters, waits):
    assert bool(get_op(name)(**parameters).waits) is waits
