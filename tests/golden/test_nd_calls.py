"""Calls on arrays against recorded numbers: results, and which arrays they change."""

from __future__ import annotations

import numpy as np
import pytest

import golden_data
import mxnet as mx
from running import array


@pytest.mark.parametrize("case", golden_data.cases("optimizer_ops"))
def test_call(case):
    parts, tolerance = golden_data.parts("optimizer_ops", case), case["tolerance"]
    before = {key[3:]: value for key, value in parts.items() if key.startswith("in/")}
    arrays = {name: array(value) for name, value in before.items()}
    out = case["out"]
    target = arrays[out] if isinstance(out, str) else [arrays[name] for name in out or ()] or None
    function = eval(case["call"], {"mx": mx})
    inputs = [arrays[name] for name in case["call_inputs"]]
    result = function(*inputs, out=target, **golden_data.tuples(case["params"]))
    if target is not None:
        assert result is target
    results = result if isinstance(result, list) else [result]
    for i, value in enumerate(results):
        golden_data.assert_close(value.asnumpy(), parts[f"out/{i}"], tolerance, f"result {i}")
    for name, value in arrays.items():
        if name in case["changed_inputs"]:
            golden_data.assert_close(value.asnumpy(), parts[f"after/{name}"], tolerance, name)
        else:
            np.testing.assert_array_equal(value.asnumpy(), before[name], err_msg=name)
