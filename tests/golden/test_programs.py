"""Small programs: what they return, and how they fail."""

from __future__ import annotations

import contextlib
import json
import traceback

import numpy as np
import pytest

import golden_data
import mxnet as mx
from running import skip_missing_operator


def run(program: str) -> dict:
    """The variables of a program after its run."""
    scope = {"mx": mx, "np": np, "json": json}
    exec(compile(program, "<program>", "exec"), scope)
    return scope


def failing_line(error: BaseException) -> int | None:
    """The last line of the program on the way to the error."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno for f in reversed(frames) if f.filename == "<program>"), None)


@pytest.mark.parametrize("case", golden_data.cases("symbol_api"))
def test_result(case):
    with skip_missing_operator():
        result = run(case["program"])["result"]
    assert json.loads(json.dumps(result)) == case["expected"]


@pytest.mark.parametrize("case", golden_data.cases("errors", expects_error=False))
def test_accepted(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    allowed = (mx.MXNetError, ValueError) if case.get("limitation_of_reference") else ()
    with skip_missing_operator(), contextlib.suppress(*allowed):
        run(case["program"])


@pytest.mark.parametrize("case", golden_data.cases("errors", expects_error=True))
def test_error(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        with skip_missing_operator():
            run(case["program"])
    except Exception as caught:
        error = caught
    else:
        assert case.get("limitation_of_reference"), "no error was raised"
        return
    if not case.get("error_class_incidental"):
        names = [cls.__name__ for cls in type(error).__mro__]
        assert case["error_class"] in names, repr(error)
    assert failing_line(error) == case["line"]
    message = str(error).replace(" ", "")
    for alternatives in case["message_tokens"]:
        assert any(token.replace(" ", "") in message for token in alternatives), str(error)
