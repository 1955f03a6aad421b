"""Kernels whose inputs and outputs are all planned, and so may share memory."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.dtypes import is_floating
from mxnet.symbol.functions import function
from ops.sample import all_samples
from running import run_bound, run_plainly

pytestmark = pytest.mark.slow  # as a table; the quick tests run every sample planned, too

SAMPLES = [
    pytest.param(sample, id=str(sample))
    for sample in all_samples()
    if not sample.cls.stochastic
    and not sample.cls.mutates
    and not sample.operator.aux_names
    and sample.inputs
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_in_place(sample):
    arrays = sample.full_arrays()
    types = {name: value.dtype.name for name, value in arrays.items()}
    # Products with 1 are values that die at their use, unlike the arrays that a program binds.
    inputs = {name: mx.sym.Variable(name) for name in sample.operator.input_names}
    inputs = {name: v if types[name] == "bool" else v * 1 for name, v in inputs.items()}
    check(sample, inputs, arrays)


@pytest.mark.parametrize(
    "sample", [param for param in SAMPLES if len(param.values[0].operator.input_names) > 1]
)
def test_one_value_for_several_inputs(sample):
    arrays = sample.full_arrays()
    first: dict = {}
    chosen = {}
    for name, value in arrays.items():
        exchangeable = is_floating(value.dtype.name) and not name.endswith("lengths")
        kind = (value.shape, value.dtype) if exchangeable else name
        chosen[name] = first.setdefault(kind, name)
    if len(first) == len(arrays):
        pytest.skip("no inputs are alike")
    arrays = {name: arrays[name] for name in first.values()}
    values = {name: mx.sym.Variable(name) for name in arrays}
    values = {k: v if arrays[k].dtype == bool else v * 1 for k, v in values.items()}
    check(sample, {name: values[like] for name, like in chosen.items()}, arrays)


def check(sample, inputs, arrays):
    types = {name: value.dtype.name for name, value in arrays.items()}
    symbol = function(sample.op)(name="t", **inputs, **sample.params)
    kinds = symbol.infer_type(**types)[1]
    parts = zip(symbol, kinds, strict=True)
    symbol = mx.sym.Group([part if kind is np.bool_ else part * 1 for part, kind in parts])
    outputs = run_plainly(symbol, arrays, train=sample.train).outputs
    wanted = {name: "write" for name, kind in types.items() if is_floating(kind)}
    heads = None
    if sample.cls.differentiable and wanted:
        rng = np.random.RandomState(2)
        heads = [np.asarray(rng.uniform(-1, 1, o.shape)).astype(o.dtype) for o in outputs]
    else:
        wanted = "null"
    plain = run_plainly(symbol, arrays, heads, wanted, sample.train)
    bound = run_bound(symbol, arrays, heads, wanted, sample.train)
    for got, want in zip(bound.outputs, plain.outputs, strict=True):
        np.testing.assert_allclose(got, want, 1e-5, 1e-6)
    for name, want in plain.gradients.items():
        np.testing.assert_allclose(bound.gradients[name], want, 1e-5, 1e-6, err_msg=name)
