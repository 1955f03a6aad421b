"""Every operator with something wrong: it ends well, or with an error that explains itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

import mxnet as mx
from mxnet.symbol.functions import function, namespace_of
from ops.sample import Sample, all_samples
from running import array

# Those that run functions of the program, whose errors are the program's own.
FREE = {"Custom", "_foreach", "_while_loop", "_cond"}
SAMPLES = list({s.op: s for s in reversed(all_samples()) if s.cls.op_name not in FREE}.values())
VALUES = ("nonsense", -7, (1,), (3,) * 7, 0, 1e30, None, ())
FOREIGN = re.compile(
    r"torch|\btensors?\b|\baten|C\+\+|\bexpected\b|tuple index|unpack|zip\(", re.IGNORECASE
)


def wrong_arrays(sample: Sample) -> Iterator[tuple[str, dict, dict]]:
    """The sample with one input of another rank, size or dtype: what is wrong, arrays, parameters."""
    arrays = sample.full_arrays()
    for name in sample.operator.input_names:
        given = arrays[name]
        variants = {
            "two more axes": given.reshape((*given.shape, 1, 1)),
            "no axes": given.reshape(-1)[:1].reshape(()) if given.size else given,
            "an axis less": given.reshape(-1, *given.shape[2:]) if given.ndim > 1 else given,
            "twice as long": np.concatenate([given] * 2) if given.ndim else given,
            "empty": given[:0] if given.ndim else given,
        }
        with np.errstate(all="ignore"):
            for dtype in {"float64", "float16", "int32", "uint8", "bool"} - {given.dtype.name}:
                variants[dtype] = given.astype(dtype)
        for what, value in variants.items():
            yield f"{name}: {what} {value.shape}", {**arrays, name: value}, sample.params


def wrong_parameters(sample: Sample) -> Iterator[tuple[str, dict, dict]]:
    """The sample with one parameter of another value."""
    arrays = sample.full_arrays()
    for name in sample.cls.parameters:
        for value in VALUES:
            yield f"{name}={value!r}", arrays, {**sample.params, name: value}


def run_arrays(sample: Sample, arrays: dict, params: dict) -> None:
    namespace, name = namespace_of(sample.op)
    place = getattr(mx.nd, namespace) if namespace else mx.nd
    found = getattr(place, name)(*[array(arrays[n]) for n in sample.operator.input_names], **params)
    for output in found if isinstance(found, (list, tuple)) else [found]:
        output.asnumpy()


def run_symbol(sample: Sample, arrays: dict, params: dict) -> None:
    variables = {name: mx.sym.Variable(name) for name in sample.operator.input_names}
    symbol = function(sample.op)(name="t", **variables, **params)
    if set(symbol.list_inputs()) != set(arrays):
        return  # with other parameters the operator has other inputs
    symbol.infer_shape(**{name: value.shape for name, value in arrays.items()})
    values = {name: array(value) for name, value in arrays.items()}
    auxiliary = {name: values.pop(name) for name in symbol.list_auxiliary_states()}
    for output in symbol.bind(mx.cpu(), values, aux_states=auxiliary).forward():
        output.asnumpy()


def allowed(sample: Sample) -> tuple:
    """What may be raised: for functions that are Python's own in 1.x, too, its errors as well."""
    stored = sample.cls.op_name in ("cast_storage", "_sparse_retain")
    return (mx.MXNetError, ValueError, TypeError) if stored else (mx.MXNetError,)


@pytest.mark.slow  # a quarter of a minute for all operators
@pytest.mark.parametrize("run", [run_arrays, run_symbol], ids=["nd", "sym"])
@pytest.mark.parametrize("wrong", [wrong_arrays, wrong_parameters], ids=["arrays", "parameters"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.op)
def test_errors_explain_themselves(sample, wrong, run):
    for what, arrays, params in wrong(sample):
        try:
            run(sample, arrays, params)
        except allowed(sample) as error:
            reason = getattr(error, "reason", str(error))
            assert not FOREIGN.search(reason), (what, reason)
        except Exception as error:
            raise AssertionError(f"{what}: {error!r}") from error


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.op)
def test_missing_input(sample):
    names = sample.operator.input_names
    if not names or sample.cls.variadic or sample.cls.op_name in ("cast_storage", "_sparse_retain"):
        return
    arrays = sample.full_arrays()
    namespace, name = namespace_of(sample.op)
    place = getattr(mx.nd, namespace) if namespace else mx.nd
    with pytest.raises(mx.MXNetError, match=r"needs the input|takes"):
        getattr(place, name)(*[array(arrays[n]) for n in names[:-1]], **sample.params)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_integers_compared_with_infinity(dtype):
    data = mx.nd.array([0, 5, 100], dtype=dtype)
    for found, expected in (
        (data == np.inf, 0), (data != np.inf, 1), (data < np.inf, 1), (data > -np.inf, 1),
        (data >= np.inf, 0), (data <= -np.inf, 0),
    ):  # fmt: skip
        assert found.dtype == data.dtype
        assert found.asnumpy().tolist() == [expected] * 3


def test_integers_divided_by_zero():
    with pytest.raises(mx.MXNetError, match="integers are divided by zero"):
        mx.nd.array([1, 2], dtype="int32") / 0
    with pytest.raises(mx.MXNetError, match="integers are divided by zero"):
        mx.nd.array([1, 2], dtype="int32") / mx.nd.array([1, 0], dtype="int32")
