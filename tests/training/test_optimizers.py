"""Optimizers against recorded numbers, and what the numbers do not show."""

import numpy as np
import pytest
import torch

import golden_data
from mxnet import context, lr_scheduler, nd
from mxnet import optimizer as opt
from mxnet.ndarray import sparse


def leaves(state):
    if state is None:
        return []
    return [a for item in state for a in leaves(item)] if isinstance(state, tuple) else [state]


def form(state):
    """The structure of a state as the recorded data write it."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return [form(item) for item in state]
    return [list(state.shape), np.dtype(state.dtype).name]


def make(case):
    kwargs = golden_data.tuples(case["kwargs"])
    if case["lr_scheduler"]:
        scheduler = case["lr_scheduler"]
        kwargs["lr_scheduler"] = getattr(lr_scheduler, scheduler["class"])(**scheduler["kwargs"])
    if case["param_idx2name"]:
        kwargs["param_idx2name"] = {int(k): v for k, v in case["param_idx2name"].items()}
    made = opt.create(case["optimizer"], begin_num_update=case["begin_num_update"], **kwargs)
    if case["lr_mult"]:
        made.set_lr_mult(case["lr_mult"])
    if case["wd_mult"]:
        made.set_wd_mult(case["wd_mult"])
    return made


@pytest.mark.filterwarnings("ignore:Accumulating with 16 bits")
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
@pytest.mark.parametrize("case", golden_data.cases("optimizers"))
def test_golden(case, together):
    parts, indices = golden_data.parts("optimizers", case), range(case["n_params"])
    tested = opt.get_updater(make(case))
    wanted = [parts[f"weights/{i}"] for i in indices]
    weights = [nd.array(w[0], dtype=w.dtype) for w in wanted]
    for t in range(case["steps"]):
        grads = [nd.array(parts[f"grads/{i}"][t], dtype=case["dtype"]) for i in indices]
        if together:
            tested(list(indices), grads, weights)
        else:
            for i in indices:
                tested(i, grads[i], weights[i])
        for i in indices:
            what = f"weight {i} after step {t}"
            golden_data.assert_close(
                weights[i].asnumpy(), wanted[i][t + 1], case["tolerance"], what
            )
            np.testing.assert_array_equal(grads[i].asnumpy(), parts[f"grads/{i}"][t])
    assert [form(tested.states[i]) for i in indices] == case["state_form"]
    for i in indices:
        for j, array in enumerate(leaves(tested.states[i])):
            want = parts[f"state/{i}/{j}"]
            golden_data.assert_close(array.asnumpy(), want, case["tolerance"], f"state {i}/{j}")
    assert tested.optimizer.num_update == case["num_update"]


def descend(optimizer, weight, grads, index=0):
    """The weight after a sequence of gradients."""
    tested, weight = opt.get_updater(optimizer), nd.array(weight)
    for grad in grads:
        tested(index, nd.array(grad), weight)
    return weight.asnumpy()


ONE = np.array([[1.0, -2.0, 3.0]])
SLOPE = np.array([[0.5, 0.25, -1.0]])


# -- optimizers without recorded numbers -----------------------------------------------------------


def test_adamax():
    # After one step mean / (1 - beta1) is g and the maximum is |g|.
    got = descend(opt.Adamax(learning_rate=0.1), ONE, [SLOPE])
    np.testing.assert_allclose(got, ONE - 0.1 * np.sign(SLOPE), rtol=1e-6)
    np.testing.assert_array_equal(descend(opt.Adamax(), ONE, [0 * SLOPE]), ONE)


def test_dcasgd_corrects_by_the_distance_from_the_weight_of_the_last_step():
    first = ONE - 0.1 * SLOPE
    second = first - 0.1 * (SLOPE + 0.5 * SLOPE**2 * (first - ONE))
    got = descend(opt.DCASGD(learning_rate=0.1, lamda=0.5), ONE, [SLOPE, SLOPE])
    np.testing.assert_allclose(got, second, rtol=1e-6)
    got = descend(opt.DCASGD(momentum=0.5, learning_rate=0.1, lamda=0.5), ONE, [SLOPE, SLOPE])
    np.testing.assert_allclose(got, second + 0.5 * (first - ONE), rtol=1e-6)


def test_group_adagrad_has_one_history_for_a_row():
    optimizer = opt.create("groupadagrad", learning_rate=0.1, eps=0.01)
    root = np.sqrt(np.square(SLOPE).mean(axis=1, keepdims=True) + 0.01)
    np.testing.assert_allclose(
        descend(optimizer, ONE, [SLOPE]), ONE - 0.1 * SLOPE / root, rtol=1e-6
    )
    with pytest.raises(AssertionError, match="matrices"):
        optimizer.create_state(0, nd.zeros((3,)))
    with pytest.raises(AssertionError, match="decay"):
        descend(opt.create("groupadagrad", wd=0.1), ONE, [SLOPE])


def test_sgld_adds_noise_of_variance_lr():
    got = descend(opt.SGLD(learning_rate=0.01), np.ones((100, 100)), [np.full((100, 100), 2.0)])
    assert got.mean() == pytest.approx(1 - 0.005 * 2, abs=0.005)
    assert got.std() == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize(
    ("strategy", "factor"),
    [("linear", 1.5), ("power2", 1.25), ("sqrt", 1 + 0.5**0.5), ("none", 1.0)],
)
def test_lbsgd_updates_with_the_mean_of_several_batches(strategy, factor):
    optimizer = opt.LBSGD(
        learning_rate=0.1,
        batch_scale=2,
        warmup_strategy=strategy,
        warmup_epochs=2,
        updates_per_epoch=2,
    )
    np.testing.assert_array_equal(descend(optimizer, ONE, [SLOPE]), ONE)
    optimizer.cumgrads.clear()
    optimizer._index_update_count.clear()
    got = descend(optimizer, ONE, [SLOPE, 3 * SLOPE])
    np.testing.assert_allclose(got, ONE - 0.1 * factor * 2 * SLOPE, rtol=1e-6)


def test_lbsgd_after_the_warmup_and_by_size():
    after = opt.LBSGD(learning_rate=0.1, batch_scale=2, updates_per_epoch=1, begin_epoch=5)
    np.testing.assert_allclose(descend(after, ONE, [SLOPE, SLOPE]), ONE - 0.2 * SLOPE, rtol=1e-6)
    factor = np.linalg.norm(ONE) / np.linalg.norm(SLOPE)
    sized = descend(opt.LBSGD(learning_rate=0.1, warmup_strategy="lars"), ONE, [SLOPE])
    np.testing.assert_allclose(sized, ONE - 0.1 * factor * SLOPE, rtol=1e-6)


@pytest.mark.parametrize(("corrected", "momentum"), [(True, 0.25), (False, 0.5)])
def test_lars_scales_the_momentum_of_all_weights_with_the_learning_rate(corrected, momentum):
    names = {0: "a_bias", 1: "b_bias"}
    optimizer = opt.LARS(
        momentum=0.5, learning_rate=1.0, momentum_correction=corrected, param_idx2name=names
    )
    tested, weights = opt.get_updater(optimizer), [nd.zeros((1,)), nd.zeros((1,))]
    for lr in (1.0, 0.5):
        optimizer.lr = lr
        for i in names:
            tested(i, nd.ones((1,)), weights[i])
    want = -1.0 - momentum * 1.0 - 0.5
    assert [w.asnumpy()[0] for w in weights] == pytest.approx([want, want])


# -- layouts, types, rows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "optimizer", [opt.SGD(0.5), opt.SGD(), opt.Adam()], ids=["momentum", "plain", "adam"]
)
@pytest.mark.parametrize(
    "weight",
    [
        lambda t: t.contiguous(memory_format=torch.channels_last),
        lambda t: t.permute(1, 0, 2, 3),
        lambda t: t.repeat(1, 1, 1, 2)[..., ::2],
        lambda t: t.double(),
    ],
    ids=["channels last", "transposed", "strided", "double"],
)
def test_layouts_do_not_change_the_result(optimizer, weight):
    values = torch.randn(2, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    arrays = [nd.NDArray(weight(values)), nd.NDArray(weight(values).contiguous())]
    for index, array in enumerate(arrays):
        tested = opt.get_updater(optimizer)
        for _ in range(2):
            grad = torch.ones_like(array._tensor, memory_format=torch.contiguous_format)
            grad[:, 0] = 3
            tested(index, nd.NDArray(grad), array)
    torch.testing.assert_close(arrays[0]._tensor, arrays[1]._tensor)


@pytest.mark.parametrize("name", sorted(set(opt.Optimizer.opt_registry) - {"test"}))
def test_multi_precision_follows_float32(name):
    if name == "sgld":
        pytest.skip("draws noise")
    optimizer = opt.create(name, multi_precision=True)
    tested, exact = opt.get_updater(optimizer), opt.get_updater(opt.create(name))
    half, single = nd.array(ONE, dtype="float16"), nd.array(ONE)
    for _ in range(2):
        tested([0], [nd.array(SLOPE, dtype="float16")], [half])
        exact([0], [nd.array(SLOPE)], [single])
    master = [a for a in leaves(tested.states[0]) if np.allclose(a.asnumpy(), single.asnumpy())]
    assert any(a.dtype == np.float32 for a in master)
    np.testing.assert_array_equal(half.asnumpy(), single.asnumpy().astype(np.float16))


def test_16_bits_without_a_copy_are_warned_of():
    with pytest.warns(UserWarning, match="multi_precision"):
        opt.get_updater(opt.SGD())(
            0, nd.zeros((2,), dtype="float16"), nd.zeros((2,), dtype="float16")
        )


@pytest.mark.parametrize(
    ("optimizer", "lazy"),
    [
        (opt.SGD(momentum=0.9, wd=0.1), True),
        (opt.SGD(momentum=0.9, wd=0.1, lazy_update=False), False),
        (opt.Adam(wd=0.1), True),
        (opt.AdaGrad(), True),
        (opt.create("groupadagrad"), True),
        (opt.Signum(wd=0.1), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_gradients_of_few_rows(optimizer, lazy):
    values, rows = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 2])
    dense = np.zeros((4, 2))
    dense[rows] = values
    few = sparse.row_sparse_array((values, rows), shape=(4, 2))
    got, want = nd.array(np.ones((4, 2))), nd.array(np.ones((4, 2)))
    for index, grad, weight in [(0, few, got), (1, nd.array(dense), want)]:
        tested = opt.get_updater(optimizer)
        for _ in range(3):
            tested(index, grad, weight)
    got, want = got.asnumpy(), want.asnumpy()
    np.testing.assert_allclose(got[rows], want[rows], rtol=1e-6)
    np.testing.assert_allclose(got[[1, 3]], 1.0 if lazy else want[[1, 3]], rtol=1e-6)


# -- the interface of 1.x --------------------------------------------------------------------------


def test_multipliers_come_from_names_and_from_the_symbol():
    class Network:
        @staticmethod
        def attr_dict():
            return {"a_weight": {"__lr_mult__": "2"}, "b_bias": {"__wd_mult__": "3"}}

        @staticmethod
        def list_arguments():
            return ["data", "a_weight", "b_bias", "c_beta"]

    names = {0: "a_weight", 1: "b_bias", 2: "c_beta", 3: "d_gamma"}
    made = opt.SGD(learning_rate=1.0, wd=1.0, sym=Network, param_idx2name=names)
    assert made._get_lrs(range(4)) == [2.0, 1.0, 1.0, 1.0]
    assert made._get_wds(range(4)) == [1.0, 3.0, 0.0, 1.0]
    made.set_lr_mult({"d_gamma": 0.5, 2: 4.0})
    made.set_wd_mult({"a_weight": 0.0})
    assert made._get_lrs(range(4)) == [2.0, 1.0, 4.0, 0.5]
    assert made._get_wds(range(4)) == [0.0, 3.0, 0.0, 1.0]


def test_learning_rate_and_scheduler():
    made = opt.SGD()
    assert made.learning_rate == 0.01
    made.set_learning_rate(0.3)
    assert made.learning_rate == 0.3
    scheduler = lr_scheduler.FactorScheduler(step=1, factor=0.5)
    made = opt.SGD(learning_rate=0.8, lr_scheduler=scheduler)
    assert (scheduler.base_lr, made.learning_rate) == (0.8, 0.8)
    assert descend(made, [0.0], [[1.0]] * 3)[0] == pytest.approx(-0.8 - 0.4 - 0.2)
    with pytest.raises(UserWarning, match="Scheduler"):
        made.set_learning_rate(0.1)


def test_counts_go_by_device_and_start_where_asked():
    made = opt.SGD(begin_num_update=10)
    made._update_count([0, 1])
    made._set_current_context(1)
    made._update_count(0)
    made._update_count(0)
    assert made._all_index_update_counts == {0: {0: 11, 1: 11}, 1: {0: 12}}
    assert made.num_update == 12


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: opt.create("nope"), ValueError, "nope; there are"),
        (lambda: opt.SGD(speed=1), TypeError, "speed"),
        (lambda: opt.SGD(param_idx2name=["a"]), AssertionError, "dict"),
        (lambda: opt.SGD().set_lr_scale({}), DeprecationWarning, "set_lr_mult"),
        (lambda: opt.register(int), AssertionError, "subclass"),
        (lambda: opt.Optimizer().update(0, None, None, None), NotImplementedError, "update"),
    ],
)
def test_mistakes(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.fixture
def registry():
    """The registry, as it was afterwards."""
    before = dict(opt.Optimizer.opt_registry)
    yield opt.Optimizer.opt_registry
    opt.Optimizer.opt_registry.clear()
    opt.Optimizer.opt_registry.update(before)


def test_an_optimizer_of_the_user_takes_one_weight_at_a_time(registry):
    @opt.register
    class Halve(opt.Optimizer):
        def update(self, index, weight, grad, state):
            self._update_count(index)
            weight[:] = weight * 0.5

    class Backwards(opt.Adam):
        def update(self, index, weight, grad, state):
            super().update(index, weight, -grad, state)

    for made, want in [(opt.create("halve"), 0.5), (Backwards(learning_rate=0.1), 1.1)]:
        weights = [nd.ones((2,)), nd.ones((2,))]
        opt.get_updater(made)([0, 1], [nd.ones((2,)), nd.ones((2,))], weights)
        np.testing.assert_allclose([w.asnumpy() for w in weights], np.full((2, 2), want), rtol=1e-5)


def test_states_follow_their_weight():
    tested = opt.get_updater(opt.Adam())
    tested(0, nd.ones((2,)), nd.ones((2,)))
    tested.set_states(tested.get_states())
    there = context.cpu(1)
    tested(0, nd.ones((2,), ctx=there), nd.ones((2,), ctx=there))
    assert [state.context for state in tested.states[0]] == [there, there]
