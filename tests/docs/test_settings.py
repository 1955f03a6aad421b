"""The page of settings names every environment variable that the package reads, and no other."""

import re

from pages import ROOT

_READ = re.compile(r"(?:setting\(|environ\.get\(|environ\[)\"((?:MXNET|REMX|NUMBA)_[A-Z_]+)\"")


def test_all_environment_variables_are_told():
    read = {
        name
        for path in (ROOT / "mxnet").rglob("*.py")
        for name in _READ.findall(path.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert told == read
