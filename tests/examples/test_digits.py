"""The demo, shortened: it learns, its checkpoint predicts the same, its pictures are there."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_digits(tmp_path, capsys, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setenv("PATH", str(tmp_path))  # no graphviz program there
    spec = importlib.util.spec_from_file_location("digits", ROOT / "examples/digits.py")
    digits = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "digits", digits)  # dataclasses look their module up
    spec.loader.exec_module(digits)

    assert digits.main(epochs=4, output=tmp_path) > 0.92
    made = {path.name for path in tmp_path.iterdir()}
    assert {"network.svg", "curves.png", "mistakes.png", "lenet-0004.params"} <= made
    assert "bit for bit" in capsys.readouterr().out
