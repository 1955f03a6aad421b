"""Initializers against recorded values, and what the values do not show."""

import logging
import math

import numpy as np
import pytest

import golden_data
from mxnet import initializer as init
from mxnet import nd

pytestmark = pytest.mark.filterwarnings("ignore:Calling initializer with:DeprecationWarning")


def build(spec):
    """An initializer of its recorded description."""
    if not (isinstance(spec, dict) and "class" in spec):
        return spec
    kwargs = dict(spec["kwargs"])
    if "initializers" in kwargs:
        kwargs["initializers"] = [build(item) for item in kwargs["initializers"]]
    if "param" in kwargs:
        kwargs["param"] = {name: nd.array(value) for name, value in kwargs["param"].items()}
    for key in ("init", "default_init"):
        if key in kwargs:
            kwargs[key] = build(kwargs[key])
    return getattr(init, spec["class"])(**kwargs)


def described(case):
    if case.get("name_form", "InitDesc") == "str":
        return case["name"]
    return init.InitDesc(case["name"], case.get("attrs"), build(case.get("global_init")))


@pytest.mark.parametrize("case", golden_data.cases("initializers", kind="exact"))
def test_golden_values(case):
    array = nd.full(tuple(case["shape"]), case["initial_fill"])
    build(case["init"])(described(case), array)
    want = golden_data.parts("initializers", case)["value"]
    golden_data.assert_close(array.asnumpy(), want, case["tolerance"])


@pytest.mark.parametrize("case", golden_data.cases("initializers", kind="random"))
def test_golden_distributions(case):
    shape = tuple(case["shape"])
    draws = []
    for _ in range(math.ceil(4000 / math.prod(shape))):
        array = nd.zeros(shape)
        build(case["init"])(init.InitDesc(case["name"]), array)
        draws.append(array.asnumpy().ravel())
    values = np.concatenate(draws)
    assert values.std() == pytest.approx(case["std"], rel=0.1)
    assert abs(values.mean()) < 0.1 * case["std"]
    if case["distribution"] == "uniform":
        assert case["low"] <= values.min() < 0.9 * case["low"]
        assert 0.9 * case["high"] < values.max() <= case["high"]
    else:
        assert np.abs(values).max() > 2.5 * case["std"]


@pytest.mark.parametrize("case", golden_data.cases("initializers", kind="property"))
def test_golden_orthogonality(case):
    array = nd.zeros(tuple(case["shape"]))
    build(case["init"])(init.InitDesc(case["name"]), array)
    matrix = array.asnumpy().reshape(case["shape"][0], -1)
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    want = np.eye(len(gram)) * case["init"]["kwargs"]["scale"] ** 2
    np.testing.assert_allclose(gram, want, atol=1e-5)


@pytest.mark.parametrize("case", golden_data.cases("initializers", kind="error"))
def test_golden_errors(case):
    with pytest.raises(ValueError) as raised:
        build(case["init"])(described(case), nd.zeros(tuple(case["shape"])))
    assert all(any(t in str(raised.value) for t in tokens) for tokens in case["message_tokens"])


@pytest.mark.parametrize("case", golden_data.cases("initializers", kind="dumps"))
def test_golden_dumps(case):
    built = build(case["init"])
    assert built.dumps() == case["dumps"]
    assert init.create(case["dumps"]) == built


@pytest.mark.parametrize("case", golden_data.cases("initializers", kind="create"))
def test_golden_names(case):
    arguments = [1.0] if case["string"] == "constant" else []
    assert type(init.create(case["string"], *arguments)).__name__ == case["class"]


@pytest.mark.parametrize("case", golden_data.cases("initializers", kind="module"))
def test_golden_networks(case):
    import mxnet as mx

    module = mx.mod.Module(
        eval(case["expr"], {"mx": mx}),
        data_names=list(case["data_shapes"]),
        label_names=list(case["label_shapes"]) or None,
    )
    labels = [(name, tuple(shape)) for name, shape in case["label_shapes"].items()]
    module.bind([(n, tuple(s)) for n, s in case["data_shapes"].items()], labels or None)
    module.init_params(build(case["init"]))
    arguments, auxiliary = module.get_params()
    wanted = golden_data.parts("initializers", case)
    assert {f"arg/{n}" for n in arguments} | {f"aux/{n}" for n in auxiliary} == set(wanted)
    for kind, arrays in (("arg", arguments), ("aux", auxiliary)):
        for name, array in arrays.items():
            np.testing.assert_array_equal(array.asnumpy(), wanted[f"{kind}/{name}"], name)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda a: init.Xavier()(5, a), TypeError, "string"),
        (lambda a: init.Xavier()(init.InitDesc("a_weight"), nd.zeros((3,))), ValueError, "vector"),
        (lambda a: init.Xavier("x")(init.InitDesc("a_weight"), a), ValueError, "random type"),
        (lambda a: init.Xavier("uniform", "x")(init.InitDesc("a_weight"), a), ValueError, "factor"),
        (lambda a: init.Bilinear()(init.InitDesc("a_weight"), a), ValueError, "4 dimensions"),
        (lambda a: init.Orthogonal(1, "x")(init.InitDesc("a_weight"), a), ValueError, "rand_type"),
        (lambda a: init.Mixed(["b"], [init.One()])("a", a), ValueError, "did not match"),
        (lambda a: init.Mixed(["b"], []), AssertionError, "1 patterns"),
        (lambda a: init.Load([a]), AssertionError, "dict"),
        (lambda a: init.Load({"a": a})("a", nd.zeros((1,))), AssertionError, "Shape mismatch"),
        (lambda a: init.Load({"a": a})("b", a), AssertionError, "Not found"),
        (
            lambda a: init.Initializer()(init.InitDesc("a_weight"), a),
            NotImplementedError,
            "_init_w",
        ),
        (
            lambda a: init.FusedRNN(init.One(), 3, 1, "lstm")(
                init.InitDesc("a_weight"), nd.zeros((85,))
            ),
            AssertionError,
            "85",
        ),
        (
            lambda a: init.FusedRNN(None, 3, 1, "lstm")(init.InitDesc("a_weight"), nd.zeros((84,))),
            ValueError,
            "needs an initializer",
        ),
        (lambda a: init.register(int), AssertionError, "subclass"),
        (lambda a: init.create("nothing"), AssertionError, "nothing is not registered"),
    ],
)
def test_mistakes(call, error, words):
    with pytest.raises(error, match=words):
        call(nd.zeros((2, 2)))


def test_an_initializer_of_the_user():
    @init.register
    class Nine(init.Initializer):
        def _init_weight(self, desc, array):
            array[:] = 9

        def _init_default(self, desc, array):
            array[:] = len(desc)

    array = nd.zeros((2,))
    for attributes, name, want in [({}, "a_weight", 9), ({}, "a_bias", 0), ({}, "other", 5)]:
        init.create("nine")(init.InitDesc(name, attributes), array)
        assert array.asnumpy().tolist() == [want, want]
    init.Zero()(init.InitDesc("other", {"__init__": Nine().dumps()}), array)
    assert array.asnumpy().tolist() == [9, 9]


def test_verbosity(caplog):
    array = nd.zeros((2, 2))
    with caplog.at_level(logging.INFO):
        init.One().set_verbosity(True)(init.InitDesc("a_weight"), array)
        init.One().set_verbosity(True, lambda a: "seen")(init.InitDesc("a_bias"), array)
        init.Load({}, init.One(), verbose=True)("a_weight", array)
    assert [record.getMessage() for record in caplog.records] == [
        "Initialized a_weight as weight: 1.0",
        "Initialized a_bias as bias: seen",
        "Initialized a_weight by default",
    ]


def test_equality_is_that_of_class_and_arguments():
    assert init.Uniform(0.1) == init.Uniform(0.1)
    assert init.Uniform(0.1) != init.Uniform(0.2)
    assert init.Zero() != init.One()


def test_a_constant_array_is_written_to_json():
    assert init.Constant(nd.array([1, 2])).dumps() == '["constant", {"value": [1.0, 2.0]}]'
    assert init.Constant(np.array([1, 2])).dumps() == '["constant", {"value": [1, 2]}]'


def test_the_gates_of_a_packed_vector_have_names():
    seen = []

    class Record(init.Initializer):
        def __call__(self, desc, array):
            seen.append((str(desc), array.shape))

    init.FusedRNN(Record(), 3, 2, "gru", True)(init.InitDesc("p_weight"), nd.zeros((324,)))
    assert seen[0] == ("l0_i2h_r_weight", (3, 2))
    assert seen[12] == ("l1_i2h_r_weight", (3, 6))
    assert seen[-1] == ("r1_h2h_o_bias", (3,))
    assert len(seen) == 2 * 2 * 2 * 3 * 2
