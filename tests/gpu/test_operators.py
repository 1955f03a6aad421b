"""Operators on a GPU against the CPU: the samples, planned with gradients, and called on arrays."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.ndarray.invoke import invoke
from mxnet.ops.dtypes import is_floating
from ops.sample import Sample, all_samples

GPU = mx.gpu(0)
TOLERANCES = {"float16": (2e-2, 2e-2), "bfloat16": (5e-2, 5e-2), "float64": (1e-6, 1e-7)}
# What CPUs alone have: kernels that are theirs, and decompositions that are not unique.
LEFT_OUT = {
    "_prepared_weight", "_winograd_convolution", "_winograd_filters", "_winograd_weight",
    "_linalg_gelqf", "_linalg_syevd",
}  # fmt: skip


def comparable(sample: Sample) -> bool:
    op = sample.operator
    return not op.stochastic and not op.dynamic and sample.cls.op_name not in LEFT_OUT


SAMPLES = [pytest.param(each, id=str(each)) for each in all_samples() if comparable(each)]


def array(value: np.ndarray, context: mx.Context) -> mx.nd.NDArray:
    return mx.nd.array(value, ctx=context, dtype=value.dtype)


def close(got: np.ndarray, want: np.ndarray, name: str) -> None:
    rtol, atol = TOLERANCES.get(want.dtype.name, (2e-4, 2e-5))
    if want.dtype.kind != "f":
        rtol = atol = 0
    np.testing.assert_allclose(
        got.astype("float64"), want.astype("float64"), rtol, atol, err_msg=name
    )


def run(sample: Sample, context: mx.Context) -> dict[str, np.ndarray]:
    """Outputs, states and gradients."""
    symbol, arrays = sample.symbol(), sample.full_arrays()
    learned = [
        name
        for name in symbol.list_arguments()
        if sample.gradient
        and sample.cls.differentiable
        and name not in sample.operator.labels
        and is_floating(arrays[name].dtype.name)
    ]
    gradients = {name: array(np.zeros_like(arrays[name]), context) for name in learned}
    executor = symbol.bind(
        context,
        {name: array(arrays[name], context) for name in symbol.list_arguments()},
        args_grad=gradients,
        grad_req={n: "write" if n in gradients else "null" for n in symbol.list_arguments()},
        aux_states={name: array(arrays[name], context) for name in symbol.list_auxiliary_states()},
    )
    outputs = executor.forward(is_train=sample.train)
    found = {f"output {i}": out.asnumpy() for i, out in enumerate(outputs)}
    if gradients:
        rng = np.random.RandomState(2)
        heads = [rng.uniform(-1, 1, out.shape).astype(out.dtype) for out in outputs]
        executor.backward([array(np.asarray(head), context) for head in heads])
        found |= {f"gradient of {n}": each.asnumpy() for n, each in gradients.items()}
    return found | {name: each.asnumpy() for name, each in executor.aux_dict.items()}


@pytest.mark.parametrize("sample", SAMPLES)
def test_planned(sample):
    want = run(sample, mx.cpu())
    got = run(sample, GPU)
    assert got.keys() == want.keys()
    for name, value in want.items():
        close(got[name], value, name)


@pytest.mark.parametrize("sample", SAMPLES)
def test_on_arrays(sample):
    arrays, op = sample.full_arrays(), sample.operator
    if op.keeps_state or op.open_parameters:
        pytest.skip("needs a registered class")
    results = []
    for context in (mx.cpu(), GPU):
        given = [array(arrays[name], context) for name in op.input_names]
        with mx.autograd.train_mode() if sample.train else mx.autograd.predict_mode():
            made = invoke(op, given, context=context)
        made = made if isinstance(made, list) else [made]
        assert all(each.context == context for each in made)
        results.append([each.asnumpy() for each in made])
    for number, (want, got) in enumerate(zip(*results, strict=True)):
        close(got, want, f"output {number}")


def test_float32_is_true_float32(monkeypatch):
    """Convolutions do not round to TF32 unless they are allowed to, whatever torch is set to."""
    rng = np.random.RandomState(0)
    data = rng.uniform(-1, 1, (8, 64, 24, 24)).astype("float32")
    weight = rng.uniform(-1, 1, (64, 64, 3, 3)).astype("float32")
    options = {"kernel": (3, 3), "num_filter": 64, "no_bias": True}
    wide = [mx.nd.array(each, dtype="float64") for each in (data, weight)]
    want = mx.nd.Convolution(*wide, **options).asnumpy()

    def error_on_arrays() -> float:
        given = [mx.nd.array(each, ctx=GPU) for each in (data, weight)]
        return np.abs(mx.nd.Convolution(*given, **options).asnumpy() - want).max()

    def error_planned() -> float:
        net = mx.sym.Convolution(
            mx.sym.Variable("data"), mx.sym.Variable("weight"), **options, name="conv"
        )
        executor = net.bind(
            GPU, {"data": mx.nd.array(data, ctx=GPU), "weight": mx.nd.array(weight, ctx=GPU)}
        )
        for _ in range(4):
            executor.forward()
        return np.abs(executor.outputs[0].asnumpy() - want).max()

    for error in (error_on_arrays, error_planned):
        assert error() < 2e-4  # sums of 576 products of numbers below 1
    monkeypatch.setenv("MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION", "1")
    assert error_planned() < 0.2


def test_random_numbers():
    """Of the right distribution, and by seed."""
    mx.random.seed(11)
    first = mx.nd.random.normal(2, 3, shape=(200, 500), ctx=GPU).asnumpy()
    mx.random.seed(11)
    np.testing.assert_array_equal(
        mx.nd.random.normal(2, 3, shape=(200, 500), ctx=GPU).asnumpy(), first
    )
    assert abs(first.mean() - 2) < 0.1
    assert abs(first.std() - 3) < 0.1
    for draw in (mx.nd.random.gamma, mx.nd.random.poisson, mx.nd.random.exponential):
        assert np.isfinite(draw(shape=(50,), ctx=GPU).asnumpy()).all()


def test_indexing_and_copies():
    values = np.arange(24, dtype="float32").reshape(2, 3, 4)
    x = mx.nd.array(values, ctx=GPU)
    np.testing.assert_array_equal(x[1, :, ::2].asnumpy(), values[1, :, ::2])
    x[0, 1] = np.ones(4)
    values[0, 1] = 1
    np.testing.assert_array_equal(x.as_in_context(mx.cpu()).asnumpy(), values)
    y = mx.nd.zeros(x.shape)
    x.copyto(y)
    assert y.context == mx.cpu()
    np.testing.assert_array_equal(y.asnumpy(), values)
    index = mx.nd.array([1, 0], ctx=GPU, dtype="int32")
    np.testing.assert_array_equal(x[index].asnumpy(), values[[1, 0]])
    assert mx.nd.array([1.5], ctx=GPU).asscalar() == 1.5
    mx.nd.waitall()


def test_autograd():
    x = mx.nd.array(np.linspace(-2, 2, 12).reshape(3, 4), ctx=GPU)
    x.attach_grad()
    with mx.autograd.record():
        loss = (mx.nd.tanh(x) * x).sum()
    loss.backward()
    values = x.asnumpy()
    want = np.tanh(values) + values * (1 - np.tanh(values) ** 2)
    np.testing.assert_allclose(x.grad.asnumpy(), want, rtol=1e-5, atol=1e-6)


def test_a_gpu_that_is_not_there():
    beyond = mx.gpu(mx.context.num_gpus())
    with pytest.raises(mx.MXNetError, match="not available"):
        mx.nd.ones((2,), ctx=beyond)
