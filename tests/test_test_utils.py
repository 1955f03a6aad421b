"""mx.test_utils: comparisons, random arrays, checks against finite differences."""

from __future__ import annotations

import os

import numpy as np
import pytest

import mxnet as mx
from mxnet import test_utils as T

A, B = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.1, 3.3])
NAN = np.array([np.nan, 1.0])


def affine(factor=2):
    return mx.sym.elemwise_add(mx.sym.Variable("x") * factor, mx.sym.Variable("y"), name="sum")


# -- comparisons -----------------------------------------------------------------------------------
def test_almost_equal():
    assert T.almost_equal(A, A + 1e-9)
    assert not T.almost_equal(A, B)
    assert T.almost_equal(A, B, rtol=0.2)
    assert T.almost_equal(NAN, NAN, equal_nan=True)
    assert not T.almost_equal(NAN, NAN)
    assert T.same(mx.nd.array(A), A)
    assert not T.same(A, B)
    T.assert_almost_equal(A, np.ones((2, 3)) * A)
    T.assert_almost_equal_ignore_nan(NAN, np.array([5.0, 1.0]))
    T.assert_allclose(NAN, NAN)


def test_assert_almost_equal_shows_the_worst_places():
    with pytest.raises(AssertionError) as caught:
        T.assert_almost_equal(mx.nd.array(A), mx.nd.array(B), 0.01, 0.01, names=("got", "want"))
    text = str(caught.value)
    assert "Error 6.976743 exceeds tolerance rtol=1.000000e-02, atol=1.000000e-02" in text
    assert "(mismatch 66.666667%)" in text
    assert "Location of maximum error: (2,), got=3.00000000, want=3.29999995" in text
    assert "2: Error 3.2258" in text


@pytest.mark.parametrize(
    "call",
    [
        lambda: T.assert_almost_equal(A, np.ones((2, 3))),
        lambda: T.assert_almost_equal(A, np.ones((2, 3)) * A, use_broadcast=False),
        lambda: T.assert_almost_equal(A, np.ones(2)),
        lambda: T.assert_almost_equal(NAN, NAN),
        lambda: T.assert_almost_equal_with_err(A, B, etol=0.5),
        lambda: T.assert_almost_equal_with_err(A, B),
        lambda: T.checkShapes(A, np.ones((3, 1))),
        lambda: T.compare_ndarray_tuple(
            (mx.nd.ones(2), mx.nd.ones(3)), (mx.nd.ones(2), mx.nd.zeros(3))
        ),
        lambda: T.assert_exception(lambda: 1, ZeroDivisionError),
    ],
)
def test_assertions_fail(call):
    with pytest.raises(AssertionError):
        call()


def test_assertions_pass():
    T.assert_almost_equal_with_err(A, B, etol=0.9)
    T.compare_ndarray_tuple(
        (mx.nd.ones(2), None, [mx.nd.ones(1)]), (mx.nd.ones(2), None, [mx.nd.ones(1)])
    )
    T.assert_exception(lambda: 1 / 0, ZeroDivisionError)


def test_tolerances_follow_the_types():
    half, single = np.ones(2, "float16"), mx.nd.ones(2)
    assert T.get_tols(half, single, None, None) == (1e-2, 1e-1)
    assert T.get_tols(single, np.ones(2), None, None) == (1e-4, 1e-3)
    assert T.get_tols(single, single, 0.5, None) == (0.5, 1e-3)
    assert (
        T.get_tolerance(np.ones(2, "float32"), {np.dtype("float32"): 0.5}, T.default_rtols()) == 0.5
    )
    assert (T.get_rtol(), T.get_atol(), T.get_etol()) == (1e-5, 1e-20, 0)
    assert T.default_numeric_eps()[np.dtype("float32")] == 2**-9


def test_same_array():
    x = mx.nd.ones(3)
    assert T.same_array(x, x[:])
    assert not T.same_array(x, mx.nd.ones(3))
    assert T.same(x, np.ones(3))


# -- arrays ----------------------------------------------------------------------------------------
def test_shapes_and_arrays():
    assert all(
        1 <= n <= limit for n, limit in zip(T.rand_shape_3d(2, 3, 4), (2, 3, 4), strict=True)
    )
    assert len(T.rand_shape_nd(5, 2)) == 5
    assert len(T.rand_shape_2d()) == 2
    assert T.random_arrays((2, 3)).dtype == np.float32
    assert [a.shape for a in T.random_arrays((2, 3), ())] == [(2, 3), ()]
    (uniform,) = T.random_uniform_arrays((9,), low=1, high=2)
    assert (uniform >= 1).all()
    assert T.rand_ndarray((2, 3)).shape == (2, 3)
    assert sorted(T.random_sample([1, 2, 3], 3)) == [1, 2, 3]
    assert T.create_vector(3).asnumpy().tolist() == [0, 1, 2]
    assert T.create_2d_tensor(2, 2).asnumpy().tolist() == [[0, 0], [1, 1]]
    x, y = T.rand_coord_2d(0, 5, 5, 9)
    assert 0 <= x < 5 <= y < 9


@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
def test_sparse_arrays(stype):
    made = T.rand_ndarray((6, 5), stype, density=0.5)
    assert (made.stype, made.shape) == (stype, (6, 5))
    assert (T.create_sparse_array((6, 5), stype, data_init=2.0, density=1.0).asnumpy() == 2).all()
    assert not T.create_sparse_array((6, 5), stype, density=0.0).asnumpy().any()


def test_sparse_details():
    rows, _ = T.rand_sparse_ndarray(
        (6, 5), "row_sparse", rsp_indices=[1, 4], modifier_func=lambda v: 3
    )
    assert rows.asnumpy()[[1, 4]].tolist() == [[3] * 5] * 2
    assert not T.create_sparse_array_zd((6, 5), "row_sparse", 0.0, rsp_indices=[2]).asnumpy().any()
    power = T.rand_sparse_ndarray((4, 8), "csr", density=0.5, distribution="powerlaw")[0]
    assert (power.asnumpy() != 0).sum(axis=1).tolist() == [1, 2, 4, 8]
    with pytest.raises(mx.MXNetError, match="stype"):
        T.rand_sparse_ndarray((2, 2), "x")
    with pytest.raises(mx.MXNetError, match="distribution"):
        T.rand_sparse_ndarray((2, 2), "csr", distribution="x")


def test_helpers_of_numpy():
    x = np.arange(6.0).reshape(2, 3)
    assert T.np_reduce(x, 1, True, np.sum).tolist() == [[3], [12]]
    assert T.np_reduce(x, None, False, np.max) == 5
    assert T.collapse_sum_like(np.ones((2, 3, 4)), (3, 1)).tolist() == [[8]] * 3
    assert T.assign_each(x, lambda v: v + 1)[0].tolist() == [1, 2, 3]
    assert T.assign_each2(x, x, lambda a, b: a * b)[1].tolist() == [9, 16, 25]
    assert T.assign_each(x, None).tolist() == x.tolist()


def test_matrices():
    q = T.new_orthonormal_matrix_2d(4)
    np.testing.assert_allclose(q @ q.T, np.eye(4), atol=1e-12)
    symmetric = T.new_sym_matrix_with_real_eigvals_nd((2, 3, 3))
    np.testing.assert_allclose(symmetric, symmetric.transpose(0, 2, 1), atol=1e-12)
    values = np.linalg.eigvals(T.new_matrix_with_real_eigvals_2d(4))
    np.testing.assert_allclose(np.sort(values.real), [1, 2, 3, 4], atol=1e-8)
    assert T.get_identity_mat_batch(2).shape == (2, 2, 2)
    assert T.get_identity_mat(2).asnumpy().tolist() == [[1, 0], [0, 1]]


# -- checks of symbols -----------------------------------------------------------------------------
def test_simple_forward():
    np.testing.assert_array_equal(T.simple_forward(affine(), x=np.ones(2), y=np.ones(2)), [3, 3])


def test_symbolic_forward():
    ones = [np.ones(2), np.ones(2)]
    T.check_symbolic_forward(affine(), ones, [np.array([3.0, 3.0])])
    T.check_symbolic_forward(affine(), {"x": ones[0], "y": ones[1]}, {"sum_output": [3.0, 3.0]})
    with pytest.raises(AssertionError, match="EXPECTED_sum"):
        T.check_symbolic_forward(affine(), ones, [np.array([3.0, 4.0])])
    with pytest.raises(ValueError, match="do not match"):
        T.check_symbolic_forward(affine(), {"x": ones[0]}, [ones[0]])
    with pytest.raises(ValueError, match="3 values"):
        T.check_symbolic_forward(affine(), [ones[0]] * 3, [ones[0]])


@pytest.mark.parametrize(
    "request_", ["write", "add", "null", {"x": "add", "y": "null"}, ["add", "write"]]
)
def test_symbolic_backward(request_):
    ones = [np.ones(2), np.ones(2)]
    expected = {"x": np.array([2.0, 2.0]), "y": np.ones(2)}
    T.check_symbolic_backward(affine(), ones, [np.ones(2)], expected, grad_req=request_)
    if request_ != "null":
        with pytest.raises(AssertionError, match="BACKWARD_x"):
            T.check_symbolic_backward(
                affine(), ones, [np.ones(2)], [np.array([2.0, 2.1])], grad_req=request_
            )


def test_numeric_gradient():
    net = mx.sym.BatchNorm(mx.sym.exp(affine()), fix_gamma=False, name="bn")
    location = {n: np.random.rand(6, 3) for n in ("x", "y")}
    location |= {"bn_gamma": np.ones(3), "bn_beta": np.zeros(3)}
    states = {"bn_moving_mean": np.zeros(3), "bn_moving_var": np.ones(3)}
    T.check_numeric_gradient(net, location, states, rtol=0.05, atol=0.01)
    T.check_numeric_gradient(affine(), [np.ones(2), np.ones(2)], grad_nodes=["x"])
    T.check_numeric_gradient(affine(), [np.ones(2), np.ones(2)], grad_nodes={"y": "add"})
    T.check_numeric_gradient(mx.sym.log(affine()), [A, A], dtype=np.float64, rtol=1e-6, atol=1e-8)


def test_numeric_gradient_finds_what_is_wrong():
    net = affine()
    net = mx.sym.BlockGrad(net) * net
    with pytest.raises(AssertionError, match="NUMERICAL_x"):
        T.check_numeric_gradient(net, [np.ones(2), np.ones(2)], rtol=0.01)
    for location, error in (({"x": A, "z": A}, ValueError), (3, AssertionError)):
        with pytest.raises(error):
            T.check_numeric_gradient(affine(), location)
    with pytest.raises(AssertionError, match="floating-point"):
        T.check_numeric_gradient(affine(), [A, A], dtype=np.int32)


def test_consistency(capsys):
    ways = [
        {"ctx": mx.cpu(), "x": (2, 3), "y": (2, 3), "type_dict": {"x": kind}}
        for kind in (np.float64, np.float32, np.float16)
    ]
    truth = T.check_consistency(affine(), ways)
    assert truth["x"].dtype is np.float64
    assert set(truth) == {"sum_output", "x", "y"}
    with pytest.raises(AssertionError, match="way 1 against 0"):
        T.check_consistency([affine(), affine(2.5)], ways[:2])
    T.check_consistency([affine(), affine(2.5)], ways[:2], raise_on_err=False)
    assert "way 1 against 0, sum_output" in capsys.readouterr().out


def test_speed_and_structure():
    ones = {"x": np.ones(2), "y": np.ones(2)}
    assert T.check_speed(affine(), location=ones, N=2) > 0
    assert T.check_speed(affine(), N=2, typ="forward", x=(2,), y=(2,)) > 0
    with pytest.raises(ValueError, match="typ"):
        T.check_speed(affine(), N=2, typ="z", x=(2,), y=(2,))
    renamed = mx.sym.Variable("a") * 2 + mx.sym.Variable("b")
    assert T.same_symbol_structure(affine(), renamed)
    assert not T.same_symbol_structure(affine(), renamed + 1)


def test_optimizers():
    momentum = [mx.optimizer.SGD(momentum=0.9) for _ in range(2)]
    T.compare_optimizer(*momentum, (3, 4), np.float32)
    rates = [mx.optimizer.SGD(learning_rate=rate) for rate in (0.1, 0.2)]
    with pytest.raises(AssertionError):
        T.compare_optimizer(*rates, (3, 4), np.float32)


# -- generators ------------------------------------------------------------------------------------
def test_generators():
    buckets, probabilities = T.gen_buckets_probs_with_ppf(lambda p: p, 4)
    assert buckets[1] == (0.25, 0.5)
    uniform = lambda n: np.random.uniform(size=n)
    assert all(p > 0 for p in T.verify_generator(uniform, buckets, probabilities, 1000, 3))
    with pytest.raises(AssertionError, match="chi-square"):
        T.verify_generator(lambda n: uniform(n) ** 2, buckets, probabilities, 1000, 3)
    p_value, found, expected = T.chi_square_check(
        lambda n: mx.nd.array(np.random.randint(0, 2, n)), [0, 1], [0.5, 0.5], 1000
    )
    assert found.sum() == expected.sum() == 1000
    assert p_value > 1e-3
    assert T.mean_check(lambda n: np.random.normal(size=n), 0, 1, 1000)
    assert T.var_check(lambda n: np.random.normal(size=n), 1, 1000)


# -- surroundings ----------------------------------------------------------------------------------
def test_environment():
    with T.environment("REMX_TEST", "1"):
        assert os.environ["REMX_TEST"] == "1"
        with T.environment({"REMX_TEST": None}):
            assert "REMX_TEST" not in os.environ
    assert "REMX_TEST" not in os.environ


def test_default_context():
    before = T.default_context()
    try:
        T.set_default_context(mx.cpu(1))
        assert T.default_context() == mx.current_context() == mx.cpu(1)
    finally:
        T.set_default_context(before)


def test_retry():
    calls = []

    @T.retry(3)
    def third_time():
        calls.append(1)
        assert len(calls) == 3
        return "done"

    assert third_time() == "done"
    with pytest.raises(AssertionError):
        T.retry(0)


def test_dummy_iterator_and_others():
    real = mx.io.NDArrayIter(np.ones((4, 2)), batch_size=2)
    dummy = T.DummyIter(real)
    assert dummy.next() is next(dummy)
    assert (dummy.batch_size, dummy.provide_data) == (2, real.provide_data)
    assert list(T.list_gpus()) == list(range(mx.num_gpus()))
    assert T.default_dtype() is np.float32
    assert T.get_im2rec_path().endswith("im2rec.py")
    with T.discard_stderr():
        os.write(2, b"hidden")


def test_nothing_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for call in (
        lambda: T.download("http://example.com/a.bin"),
        lambda: T.download_model("resnet"),
        T.get_mnist, T.get_mnist_ubyte, T.get_mnist_pkl, T.get_cifar10,
        lambda: T.get_mnist_iterator(10, (1, 28, 28)),
    ):  # fmt: skip
        with pytest.raises(mx.MXNetError, match="download"):
            call()
    (tmp_path / "a.bin").write_bytes(b"x")
    assert T.download("http://example.com/a.bin") == "a.bin"


def test_mnist_from_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for part in ("train", "t10k"):
        images, labels = np.full((3, 28, 28), 255, np.uint8), np.arange(3, dtype=np.uint8)
        for name, kind, array in (("images", 3, images), ("labels", 1, labels)):
            head = bytes([0, 0, 8, kind]) + np.array(array.shape, ">u4").tobytes()
            (tmp_path / "data" / f"{part}-{name}-idx{kind}-ubyte").write_bytes(
                head + array.tobytes()
            )
    found = T.get_mnist()
    assert found["train_data"].shape == (3, 1, 28, 28)
    assert found["test_label"].tolist() == [0, 1, 2]
    train, _ = T.get_mnist_iterator(3, (784,))
    assert train.provide_data[0].shape == (3, 784)
