"""Every example runs, with few epochs, and learns something."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# Module: arguments of main, and what its result has to satisfy.
SHORT = {
    "mlp": ({"epochs": 4}, lambda accuracy: accuracy > 0.9),
    "autoencoder": ({"epochs": 10}, lambda lost: lost < 0.7),
    "multi_task": (
        {"epochs": 5},
        lambda found: found["digit"] > 0.85 and found["even"] > 0.85,
    ),
    "svm": ({"epochs": 5}, lambda found: min(found.values()) > 0.85),
    "custom_softmax": ({"epochs": 4}, lambda accuracy: accuracy > 0.9),
    "siamese": ({"epochs": 4, "count": 800}, lambda share: share > 0.65),
    "character_lstm": ({"epochs": 3}, lambda perplexity: perplexity < 20),
    "model_parallel": ({"epochs": 4}, lambda accuracy: accuracy > 0.9),
}
TESTED_ELSEWHERE = {"digits", "distributed_digits", "handwriting"}


def test_none_is_left_out():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {*SHORT, *TESTED_ELSEWHERE}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_example(name, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.syspath_prepend(str(EXAMPLES))
    known = set(sys.modules)
    arguments, learnt = SHORT[name]
    try:
        result = importlib.import_module(name).main(**arguments)
    finally:
        for module in {name, "handwriting"} - known:
            sys.modules.pop(module, None)
    assert learnt(result), result


@pytest.mark.slow
def test_distributed_digits():
    pytest.importorskip("sklearn")
    program = [sys.executable, str(EXAMPLES / "distributed_digits.py"), "--epochs", "6"]
    done = subprocess.run(
        [sys.executable, "-m", "mxnet.launch", "-n", "2", *program],
        env={**os.environ, "OMP_NUM_THREADS": "1", "MXNET_KVSTORE_TIMEOUT": "60"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    first, second = re.findall(r"accuracy (\d\.\d+)", done.stdout)
    assert first == second, "both workers have the same network"
    assert float(first) > 0.85
