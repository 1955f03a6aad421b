"""Small programs: what they return, and how they fail."""

from __future__ import annotations

import contextlib
import json
import traceback

import numpy as np
import pytest

import golden_data
import mxnet as mx
from golden_differences import BETTER_ERRORS, BETTER_RESULTS


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
    result = run(case["program"])["result"]
    expected, _ = BETTER_RESULTS.get(case["id"], (case["expected"], None))
    assert json.loads(json.dumps(result)) == expected


@pytest.mark.parametrize("case", golden_data.cases("errors", expects_error=False))
def test_accepted(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if case["id"] in BETTER_ERRORS:
        with pytest.raises(mx.MXNetError):
            run(case["program"])
        return
    allowed = (mx.MXNetError, ValueError) if case.get("limitation_of_reference") else ()
    with contextlib.suppress(*allowed):
        run(case["program"])


@pytest.mark.parametrize("case", golden_data.cases("errors", expects_error=True))
def test_error(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected = case["error_class"]
    try:
        run(case["program"])
    except Exception as caught:
        error = caught
    else:
        assert case.get("limitation_of_reference"), "no error was raised"
        return
    if not case.get("error_class_incidental"):
        assert expected in [cls.__name__ for cls in type(error).__mro__], repr(error)
    line = failing_line(error)
    assert line is not None
    assert line <= case["line"], "1.9.1 runs asynchronously; we may fail earlier, not later"
    message = str(error).replace(" ", "").lower()
    for alternatives in case["message_tokens"]:
        tokens = [token.replace(" ", "") for token in alternatives]
        assert any(token.lower() in message for token in tokens), str(error)
