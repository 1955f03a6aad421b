"""Recorded numbers of MXNet 1.9.1: where they are, and how close is close enough.

They are in ``tests/golden/data``, or where ``$REMX_GOLDEN`` says.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path

import numpy as np
import pytest


def directory() -> Path:
    """The directory of the golden data."""
    return Path(os.environ.get("REMX_GOLDEN") or Path(__file__).with_name("golden") / "data")


@functools.cache
def load(family: str) -> tuple[list[dict], dict[str, np.ndarray]]:
    """The cases and the arrays (by ``<case id>/<part>``) of a family."""
    cases = json.loads((directory() / f"{family}.json").read_text())["cases"]
    arrays = directory() / f"{family}.npz"
    return cases, dict(np.load(arrays)) if arrays.exists() else {}


def cases(family: str, **wanted) -> list:
    """The cases of a family as pytest parameters, those with the given fields only."""
    return [
        pytest.param(case, id=case["id"])
        for case in load(family)[0]
        if all(case.get(key) == value for key, value in wanted.items())
    ]


def parts(family: str, case: dict) -> dict[str, np.ndarray]:
    """The arrays of one case by part name."""
    prefix = case["id"] + "/"
    arrays = load(family)[1]
    return {key[len(prefix) :]: value for key, value in arrays.items() if key.startswith(prefix)}


def tuples(value):
    """JSON lists as the tuples that they stand for, at any depth."""
    if isinstance(value, list):
        return tuple(tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: tuples(item) for key, item in value.items()}
    return value


def assert_close(got, want, tolerance: dict[str, float], what: str = "") -> None:
    """Equal shape and dtype, and within the recorded tolerance."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    assert got.dtype == want.dtype, f"{what}: dtype {got.dtype}, expected {want.dtype}"
    if got.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, want, err_msg=what)
        return
    np.testing.assert_allclose(got, want, tolerance["rtol"], tolerance["atol"], err_msg=what)
