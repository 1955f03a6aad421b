"""What every operator promises, derived from its samples."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.core import get_op, registered_names
from mxnet.ops.dtypes import is_floating
from mxnet.ops.shapes import UNKNOWN
from mxnet.symbol.functions import namespace_of
from ops.sample import Sample, all_samples
from running import array, run_bound, run_plainly

SAMPLES = all_samples()
TOLERANCES = {"float64": (1e-7, 1e-8), "float32": (1e-4, 1e-5), "float16": (2e-2, 1e-2)}


def samples(*conditions) -> list:
    """The samples for which the conditions hold, as pytest parameters."""
    chosen = [sample for sample in SAMPLES if all(holds(sample) for holds in conditions)]
    return [pytest.param(sample, id=str(sample)) for sample in chosen]


def deterministic(sample: Sample) -> bool:
    return not sample.operator.stochastic


def has_reference(sample: Sample) -> bool:
    return sample.reference is not None


def floats_only(sample: Sample) -> bool:
    return all(value.dtype.kind == "f" for value in sample.arrays().values()) and bool(
        sample.inputs
    )


def has_gradient(sample: Sample) -> bool:
    return sample.gradient and sample.cls.differentiable


def wanted_gradients(sample: Sample, arrays: dict) -> dict[str, str]:
    """Gradient requests for the arguments that can have gradients."""
    labels = sample.operator.labels
    arguments = [name for name in sample.symbol().list_arguments() if name not in labels]
    return {name: "write" for name in arguments if is_floating(arrays[name].dtype.name)}


def random_heads(outputs: list[np.ndarray]) -> list[np.ndarray]:
    rng = np.random.RandomState(2)
    return [np.asarray(rng.uniform(-1, 1, out.shape)).astype(out.dtype) for out in outputs]


# Without outputs they are no part of a symbol; tested through ``mx.nd``.
IMPERATIVE = {"reset_arrays"}
# Others are made by tests and by the documentation.
OURS = [n for n in registered_names() if get_op(n).__module__.partition(".")[0] == "mxnet"]


@pytest.mark.parametrize("name", sorted({*OURS} - IMPERATIVE))
def test_every_operator_has_samples(name):
    assert any(sample.cls is get_op(name) for sample in SAMPLES), (
        f"add samples of {name} to tests/ops/samples"
    )


def test_reset_arrays():
    one, other = array(np.ones(3, "float32")), array(np.ones((2, 2), "int32"))
    mx.nd.reset_arrays(one, other, num_arrays=2)
    assert one.asnumpy().tolist() == [0, 0, 0]
    assert other.asnumpy().tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("sample", samples(has_reference))
def test_forward(sample):
    arrays = sample.full_arrays()
    got = run_plainly(sample.symbol(), arrays, train=sample.train).outputs
    want = sample.expected(sample.full_arrays())
    types = sample.symbol().infer_type(**{k: v.dtype.name for k, v in arrays.items()})[1]
    assert len(got) == len(want)
    for value, expected, dtype in zip(got, want, types, strict=True):
        assert value.shape == expected.shape
        assert value.dtype == dtype
        if expected.dtype.kind == "c":
            raise AssertionError("references are real")
        np.testing.assert_allclose(
            value.astype("float64"), expected.astype("float64"), sample.rtol, sample.atol
        )


def treats_samples_alone(sample: Sample) -> bool:
    op = sample.operator
    return bool(op.per_sample) and not op.stochastic


@pytest.mark.parametrize("sample", samples(treats_samples_alone))
def test_samples_alone(sample):
    """What is said to be computed from a sample alone does not change without the others."""
    arrays, names = sample.full_arrays(), sample.operator.per_sample
    split = {name: arrays[name] for name in names if name in arrays}
    whole = run_plainly(sample.symbol(), arrays, train=False).outputs
    involved = *split.values(), *whole
    if any(v.ndim < 2 for v in involved) or len({v.shape[0] for v in involved}) > 1:
        pytest.skip("the shapes are not those of samples")
    alone = {name: value[-1:].copy() for name, value in split.items()}
    got = run_plainly(sample.symbol(), {**arrays, **alone}, train=False).outputs
    for one, every in zip(got, whole, strict=True):
        np.testing.assert_allclose(one, every[-1:], 1e-5, 1e-6)


def central_difference(loss, arrays: dict, name: str, direction: np.ndarray, step: float) -> float:
    """The slope of ``loss`` when one array moves along a direction."""
    ahead, behind = dict(arrays), dict(arrays)
    ahead[name] = (arrays[name] + step * direction).astype(arrays[name].dtype)
    behind[name] = (arrays[name] - step * direction).astype(arrays[name].dtype)
    return (loss(ahead) - loss(behind)) / (2 * step)


@pytest.mark.parametrize("sample", samples(has_gradient))
def test_gradient(sample):
    symbol = sample.symbol()
    arrays = sample.full_arrays("float64")
    wanted = wanted_gradients(sample, arrays)
    if not wanted:
        pytest.skip("no input of floats")
    outputs = run_plainly(symbol, arrays, train=sample.train).outputs
    heads = random_heads(outputs)

    def loss(values: dict) -> float:
        results = run_plainly(symbol, values, train=sample.train).outputs
        products = [np.sum(h * r, dtype="float64") for h, r in zip(heads, results, strict=True)]
        return float(sum(products))

    narrow = any(v.dtype.itemsize < 8 for v in outputs if v.dtype.kind == "f")
    step, rtol, atol = (1e-2, 2e-2, 2e-3) if narrow else (1e-5, 1e-4, 1e-6)
    gradients = run_plainly(symbol, arrays, heads, wanted, sample.train).gradients
    rng = np.random.RandomState(3)
    for name, gradient in gradients.items():
        assert gradient.shape == arrays[name].shape
        assert gradient.dtype == arrays[name].dtype
        directions = [rng.uniform(-1, 1, gradient.shape) for _ in range(2)]
        for position in rng.permutation(gradient.size)[:6]:
            directions.append(np.zeros(gradient.shape))
            directions[-1].flat[position] = 1
        for direction in directions:
            numeric = central_difference(loss, arrays, name, direction, step)
            analytic = float(np.sum(gradient * direction))
            assert analytic == pytest.approx(numeric, rel=rtol, abs=atol), name


@pytest.mark.parametrize("sample", samples(has_gradient))
def test_second_order(sample):
    """The gradient as a symbol of its own, differentiated again."""
    symbol, arrays = sample.symbol(), sample.full_arrays("float64")
    names = list(wanted_gradients(sample, arrays))
    heads = [mx.sym.Variable(f"head{i}") for i in range(len(symbol))]
    try:
        once = symbol.gradient(names, heads)
        outputs = run_plainly(symbol, arrays, train=sample.train).outputs
        arrays |= {f"head{i}": head for i, head in enumerate(random_heads(outputs))}
        results = run_plainly(once, arrays, train=sample.train).outputs
        weights = random_heads(results)
        wanted = dict.fromkeys((n for n in once.list_arguments() if n in names), "write")
        twice = run_plainly(once, arrays, weights, wanted, sample.train).gradients
    except mx.MXNetError as error:
        if "differentiable" in str(error) or "derivative for" in str(error):
            return
        raise
    if any(value.dtype.itemsize < 8 for value in results):
        return

    def loss(values: dict) -> float:
        found = run_plainly(once, values, train=sample.train).outputs
        return float(sum(np.sum(w * r) for w, r in zip(weights, found, strict=True)))

    rng = np.random.RandomState(4)
    for name, gradient in twice.items():
        direction = rng.uniform(-1, 1, gradient.shape)
        numeric = central_difference(loss, arrays, name, direction, 1e-5)
        analytic = float(np.sum(gradient * direction))
        assert analytic == pytest.approx(numeric, rel=1e-3, abs=1e-5), name


@pytest.mark.parametrize("sample", samples(lambda sample: not sample.cls.differentiable))
def test_no_derivative(sample):
    symbol, arrays = sample.symbol(), sample.full_arrays()
    wanted = wanted_gradients(sample, arrays)
    if not wanted:
        return
    heads = random_heads(run_plainly(symbol, arrays, train=sample.train).outputs)
    with pytest.raises(mx.MXNetError, match=sample.cls.op_name):
        run_plainly(symbol, arrays, heads, wanted, sample.train)


@pytest.mark.parametrize("sample", samples(lambda sample: not deterministic(sample)))
def test_random_operators_draw_from_the_given_generator(sample):
    symbol, arrays = sample.symbol(), sample.full_arrays()
    one = run_plainly(symbol, arrays, train=sample.train).outputs
    other = run_plainly(symbol, arrays, train=sample.train).outputs
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("sample", samples(has_reference, floats_only))
def test_dtype(sample, dtype):
    symbol, arrays = sample.symbol(), sample.arrays(dtype)
    try:
        types = symbol.infer_type(**dict.fromkeys(arrays, dtype))[1]
    except mx.MXNetError:
        return  # an operator may refuse a dtype, but must say so before it runs
    arrays = sample.full_arrays(dtype)
    got = run_plainly(symbol, arrays, train=sample.train).outputs
    want = sample.expected(arrays)
    for value, expected, kind in zip(got, want, types, strict=True):
        assert value.dtype == kind
        assert value.shape == expected.shape
        if value.dtype.kind != "f":
            continue
        rtol, atol = TOLERANCES[dtype]
        np.testing.assert_allclose(value.astype("float64"), expected, rtol, atol)


@pytest.mark.parametrize("sample", samples())
def test_json_round_trip(sample):
    symbol = sample.symbol()
    text = symbol.tojson(remove_amp_cast=False)
    loaded = mx.sym.load_json(text)
    assert loaded.tojson(remove_amp_cast=False) == text
    assert loaded._outputs[0].node.op == symbol._outputs[0].node.op
    assert loaded.list_outputs() == symbol.list_outputs()
    assert loaded.list_inputs() == symbol.list_inputs()
    op = symbol._outputs[0].node.op
    assert type(op)(**op.attrs()) == op, "the parameters survive as strings"


@pytest.mark.parametrize("sample", samples(deterministic))
def test_planned_like_node_by_node(sample):
    symbol, arrays = sample.symbol(), sample.full_arrays()
    heads, wanted = None, {}
    if sample.cls.differentiable:
        wanted = wanted_gradients(sample, arrays)
        heads = random_heads(run_plainly(symbol, arrays, train=sample.train).outputs)
        wanted = {n: ("add", "write")[i % 2] for i, n in enumerate(wanted)}
    start = {name: np.full_like(arrays[name], 0.5) for name in wanted}
    plain = run_plainly(symbol, arrays, heads, wanted, sample.train, start)
    for replayed in (False, True):
        bound = run_bound(symbol, arrays, heads, wanted, sample.train, start, replayed)
        for kind in ("gradients", "arguments", "auxiliary"):
            for name, value in getattr(plain, kind).items():
                same(getattr(bound, kind)[name], value, f"{kind} {name} {replayed=}")
        for i, (got, want) in enumerate(zip(bound.outputs, plain.outputs, strict=True)):
            same(got, want, f"output {i} {replayed=}")


def same(got: np.ndarray, want: np.ndarray, what: str) -> None:
    assert got.shape == want.shape, what
    assert got.dtype == want.dtype, what
    np.testing.assert_allclose(got, want, 1e-5, 1e-6, err_msg=what)


def call_again_and_again(sample: Sample, arrays: dict, followed: Collection[str] = ()):
    """Inputs and results of three calls on arrays, of which only the last has the given values.

    The second call finds out which calls of torch are made, the third makes these alone.
    """
    namespace, name = namespace_of(sample.op)
    place = getattr(mx.nd, namespace) if namespace else mx.nd
    for scale in (0.5, 0.5, 1.0):
        inputs = {}
        for key in sample.operator.input_names:
            given = arrays[key]
            scaled = given * given.dtype.type(scale) if given.dtype.kind == "f" else given
            inputs[key] = array(scaled)
            if key in followed:
                inputs[key].attach_grad()
        got = getattr(place, name)(*inputs.values(), **sample.params)
        yield inputs, got if isinstance(got, (list, tuple)) else [got]


@pytest.mark.parametrize("sample", samples(deterministic))
def test_nd_like_sym(sample):
    arrays = sample.full_arrays()
    *_, (_, got) = call_again_and_again(sample, arrays)
    want = run_plainly(sample.symbol(), arrays, train=False).outputs
    assert len(got) == len(want)
    for i, (value, expected) in enumerate(zip(got, want, strict=True)):
        same(value.asnumpy(), expected, f"output {i}")


@pytest.mark.parametrize("sample", samples(has_gradient, deterministic))
def test_autograd_like_sym(sample):
    arrays = sample.full_arrays()
    wanted = wanted_gradients(sample, arrays)
    if not wanted:
        pytest.skip("no input of floats")
    heads = random_heads(run_plainly(sample.symbol(), arrays, train=sample.train).outputs)
    with mx.autograd.record(train_mode=sample.train):
        for inputs, got in call_again_and_again(sample, arrays, wanted):
            with mx.autograd.pause():
                mx.autograd.backward(got, [array(h) for h in heads], train_mode=sample.train)
            found = {name: inputs[name].grad.asnumpy() for name in wanted}
    want = run_plainly(sample.symbol(), arrays, heads, wanted, sample.train).gradients
    for name, gradient in want.items():
        same(found[name], gradient, f"gradient {name}")


def agrees(found, truth) -> bool:
    """Whether what was inferred does not contradict the truth."""
    if found is None or truth is None or found == truth:
        return True
    return (
        isinstance(found, tuple)
        and len(found) == len(truth)
        and all(a is UNKNOWN or a == b for a, b in zip(found, truth, strict=True))
    )


@pytest.mark.parametrize("kind", ["shape", "dtype"])
@pytest.mark.parametrize("sample", samples())
def test_inference_with_facts_hidden(sample, kind):
    op, arrays = sample.operator, sample.full_arrays()
    values = [arrays[name] for name in op.input_names]
    inputs = tuple(v.shape if kind == "shape" else v.dtype.name for v in values)
    _, outputs = op.infer(kind, inputs, (None,) * len(op.output_names))
    if outputs[0] is None and kind == "shape":
        return  # the shape depends on the values
    assert None not in outputs[: op.num_visible], "everything follows from the inputs"
    truth = inputs + outputs
    assert sum(op.infer(kind, inputs, outputs), ()) == truth, "the truth is consistent"
    for position, fact in enumerate(truth):
        variants = [None]
        if kind == "shape" and fact is not None:
            variants += [(*fact[:i], UNKNOWN, *fact[i + 1 :]) for i in range(len(fact))]
        for hidden in variants:
            given = (*truth[:position], hidden, *truth[position + 1 :])
            found = sum(op.infer(kind, given[: len(inputs)], given[len(inputs) :]), ())
            assert all(map(agrees, found, truth)), (given, found)


@pytest.mark.parametrize("sample", samples())
def test_inference_knows_nothing_from_nothing(sample):
    op = sample.operator
    for kind in ("shape", "dtype"):
        op.infer(kind, (None,) * len(op.input_names), (None,) * len(op.output_names))
