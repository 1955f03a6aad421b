"""The type stubs say what the operators are now."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _tool():
    spec = importlib.util.spec_from_file_location("make_stubs", ROOT / "tools/make_stubs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stubs_are_up_to_date():
    stale = [p for p, text in _tool().stubs() if not p.exists() or p.read_text("utf-8") != text]
    assert not stale, "run tools/make_stubs.py"


def test_stubs_are_python():
    for path, text in _tool().stubs():
        compile(text, path.name, "exec")
