"""The operators against the registry of 1.9.1: aliases, parameters, inputs, outputs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from mxnet import MXNetError
from mxnet.ops.core import get_op, registered_names

RECORDED = json.loads((Path(__file__).with_name("data") / "operators.json").read_text())
KNOWN = [name for name in registered_names() if name in RECORDED]
# 1.9.1 makes a Pooling of type lp without p_value, and fails when it runs.
REFUSED = {("Pooling", "lp")}
OBSERVED = [
    pytest.param(name, *facts, id=f"{name}-{i}")
    for name in KNOWN
    for i, facts in enumerate(RECORDED[name]["observed"])
    if (name, facts[0].get("pool_type")) not in REFUSED
]


@pytest.mark.parametrize("name", KNOWN)
def test_aliases(name):
    legacy = {alias for alias in get_op(name).aliases if alias not in RECORDED[name]["aliases"]}
    assert set(RECORDED[name]["aliases"]) <= set(get_op(name).aliases)
    assert not legacy & {a for facts in RECORDED.values() for a in facts["aliases"]}


@pytest.mark.parametrize("name", KNOWN)
def test_parameters(name):
    recorded = RECORDED[name]["params"]
    declared = get_op(name).parameters
    names = [p[0] for p in recorded]
    unlisted = get_op(name).count, "subgraphs"  # in 1.x, graphs are passed apart from parameters
    assert names == [key for key in declared if key in names or key not in unlisted]
    for key, kind, required, default, choices in recorded:
        parameter = declared[key]
        assert required is None or parameter.required == required, key
        if choices:
            assert parameter.choices is not None, key
            assert set(parameter.choices) | {None} == set(choices) | {None}, key
        if parameter.required or required is None:
            continue
        got = parameter.default
        if isinstance(default, list):
            default = tuple(default)
        if isinstance(default, float) and got is not None:
            assert np.float32(got) == pytest.approx(default, rel=1e-6), key
        elif kind in ("boolean", "int", "string") and not choices and default is not None:
            assert got == default, key
        elif default is None:
            assert got is None or got == (), key


@pytest.mark.parametrize(("name", "params", "inputs", "states", "outputs"), OBSERVED)
def test_structure(name, params, inputs, states, outputs):
    cls = get_op(name)
    if cls.count and cls.count not in params:
        params = {**params, cls.count: len(inputs)}
    try:
        op = cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in params.items()})
    except MXNetError as error:
        raise AssertionError(f"{name} does not take {params}: {error}") from error
    own = dict(zip(inputs, op.input_names, strict=True))
    if len(own) == len(inputs):  # else 1.9.1 gives one name to several inputs
        if not cls.mutates or cls.auto_create is False:
            assert {own[name] for name in states} == op.aux_names
        # The recording had to name the inputs of operators that do not make them: x_in, arg0.
        made = {given: re.sub("_in$", "", given) for given in inputs if given[:3] != "arg"}
        assert {given: own[given] for given in made} == made
    assert list(op.output_names[: op.num_visible]) == outputs


@pytest.mark.parametrize("name", KNOWN)
def test_has_a_derivative_where_the_original_has_one(name):
    if RECORDED[name]["gradient"] == "registered":
        assert get_op(name).differentiable
