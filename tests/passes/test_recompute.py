"""Recomputation keeps budgets and changes no gradient."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import mxnet as mx
from mxnet.passes import budget, schedule
from mxnet.passes.recompute import parse_bytes

SHAPES = {"data": (16, 3, 12, 12)}


def network(depth=6, attr=None):
    """A chain of convolutions with normalisation, dropout and residual additions."""
    net = mx.sym.Convolution(
        mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=8, name="c"
    )
    for i in range(depth):
        branch = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=8, name=f"c{i}")
        branch = mx.sym.BatchNorm(branch, fix_gamma=False, name=f"b{i}")
        branch = mx.sym.Activation(branch, act_type="tanh", name=f"a{i}", attr=attr)
        net = net + mx.sym.Dropout(branch, p=0.3, name=f"d{i}")
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=4, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def trained(net, **options):
    """Gradients, outputs and states after two steps from the same start and the same draws."""
    executor = net.simple_bind(mx.cpu(), **SHAPES, **options)
    rng = np.random.RandomState(0)
    for name, array in executor.arg_dict.items():
        array[:] = rng.randint(0, 4, array.shape) if "label" in name else rng.randn(*array.shape)
    mx.random.seed(5)
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward()
    found = {**executor.grad_dict, **executor.aux_dict, **executor.output_dict}
    return executor, {name: array.asnumpy() for name, array in found.items()}


@pytest.mark.slow
def test_budgets_are_kept_and_gradients_equal():
    net = network()
    free = net.plan_memory(**SHAPES)
    _, want = trained(net)
    ratios = []
    for part in (0.8, 0.65):
        budget = free.total - int((1 - part) * (free.activations + free.adopted))
        executor, got = trained(net, memory_budget=budget)
        assert executor.memory.total <= budget
        assert executor.memory.recomputed
        assert executor.memory == net.plan_memory(memory_budget=budget, **SHAPES)
        ratios.append(executor.memory.extra_work)
        for name, value in want.items():
            np.testing.assert_allclose(got[name], value, 1e-5, 1e-6, err_msg=name)
    assert ratios == sorted(ratios)


def test_reshaped_executors_keep_the_budget():
    net = network()
    small = {"data": (8, 3, 12, 12)}
    free = net.plan_memory(**small)
    budget = free.total - (free.activations + free.adopted) // 5
    executor = net.simple_bind(mx.cpu(), memory_budget=budget, data=(2, 3, 12, 12))
    assert executor.memory.recomputed is None
    larger = executor.reshape(partial_shaping=True, allow_up_sizing=True, **small)
    assert larger.memory.recomputed
    assert larger.memory.total <= budget


def test_prediction_within_the_budget_of_training():
    net = mx.sym.Variable("data")
    for name in "abc":
        net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=64, name=name)
        net = mx.sym.relu(net)
    shapes = {"data": (1, 3, 8, 8)}
    training = net.plan_memory(**shapes)
    executor = net.simple_bind(mx.cpu(), memory_budget=training.total, **shapes)
    executor.forward(is_train=False)
    assert executor._program(False).memory.total <= training.total
    with pytest.raises(mx.MXNetError, match="the smallest that can is") as caught:
        net.plan_memory(grad_req="null", memory_budget="10KB", **shapes)
    smallest = int(str(caught.value).split("smallest that can is ")[1].split()[0])
    assert net.plan_memory(grad_req="null", memory_budget=smallest, **shapes).total <= smallest


def test_a_generous_budget_changes_nothing():
    net = network()
    report = net.plan_memory(memory_budget="1GB", **SHAPES)
    assert report.recomputed is None
    assert report == net.plan_memory(**SHAPES)


@pytest.mark.slow
def test_impossible_budgets_name_the_smallest():
    with pytest.raises(mx.MXNetError, match="the smallest that can is") as caught:
        network().plan_memory(memory_budget="10KB", **SHAPES)
    smallest = int(str(caught.value).split("smallest that can is ")[1].split()[0])
    assert network().plan_memory(memory_budget=smallest, **SHAPES).total <= smallest


def test_mirroring_asked_for_by_the_program():
    plain, mirrored = network(), network(attr={"__force_mirroring__": "True"})
    assert mirrored.plan_memory(**SHAPES).total <= plain.plan_memory(**SHAPES).total
    _, want = trained(plain)
    _, got = trained(mirrored)
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, 1e-5, 1e-6, err_msg=name)


def test_mirroring_asked_for_by_the_environment(monkeypatch):
    free = network().plan_memory(**SHAPES)
    monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", "1")
    assert network().plan_memory(**SHAPES).total < free.total


def dropouts(depth=6):
    """Layers whose values are kept by nobody but the dropout behind them."""
    net = mx.sym.Variable("data")
    for i in range(depth):
        net = mx.sym.FullyConnected(net, num_hidden=32, name=f"fc{i}")
        net = mx.sym.tanh(mx.sym.Dropout(mx.sym.Activation(net, act_type="softrelu"), p=0.3))
    return mx.sym.SoftmaxOutput(net, name="softmax")


def test_dropout_is_repeated_with_the_mask_that_was_drawn(monkeypatch):
    _, want = trained(dropouts())
    monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", "1")
    executor, got = trained(dropouts())
    monkeypatch.undo()
    assert any(
        step.startswith("dropout") and step.endswith("_again") for step in executor.memory.steps
    )
    for name, value in want.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)


def test_mirroring_is_reported_and_never_takes_more(monkeypatch):
    free = dropouts().plan_memory(SHAPES)
    monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", "1")
    mirrored = dropouts().plan_memory(SHAPES)
    assert mirrored.total < free.total
    assert mirrored.recomputed == "mirroring"
    assert 0 < mirrored.extra_work < 0.1
    monkeypatch.undo()
    with mx.AttrScope(force_mirroring="True"):  # all is made again from the data, at one time
        everything = mx.sym.relu(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8))
    assert mx.sym.sum(everything).plan_memory(SHAPES).recomputed is None


def test_gradients_that_are_read_for_their_shape(monkeypatch):
    """The derivative of ``where`` makes zeros like the gradient of its output, here a sum."""
    data = mx.sym.Variable("data")
    chosen = mx.sym.where(data > 0, mx.sym.tanh(data * 2), data)
    net = mx.sym.MakeLoss(mx.sym.exp(chosen) + mx.sym.square(chosen))
    found = []
    monkeypatch.setattr(schedule, "_least", lambda plans: plans[-1])
    for mirror in ("0", "1"):
        monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", mirror)
        executor = net.bind(mx.cpu(), {"data": mx.nd.array([-1, 0.5])}, {"data": mx.nd.zeros((2,))})
        executor.forward(is_train=True)
        executor.backward()
        found.append(executor.grad_dict["data"].asnumpy())
    assert "_again" in executor.debug_str()
    np.testing.assert_allclose(*found, 1e-6)


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", 2 << 30), ("1.5 MB", 3 << 19), (4096, 4096), ("7", 7), ("3KiB", 3072)],
)
def test_budgets_as_text(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    "wrong", ["", "much", "-1GB", "nan", -3, True, None, "2XB", "inf", float("inf"), "1e400GB", [1]]
)
def test_wrong_budgets(wrong):
    with pytest.raises(mx.MXNetError, match="memory_budget"):
        parse_bytes(wrong)


def branches():
    """Two branches of cheap and dear operators."""
    data = mx.sym.Convolution(
        mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=8, name="c"
    )
    paths = []
    for i in range(2):
        path = mx.sym.Convolution(data, kernel=(3, 3), pad=(1, 1), num_filter=4 * (i + 1))
        path = mx.sym.Activation(path, act_type="sigmoid")
        paths.append(mx.sym.Convolution(path, kernel=(1, 1), num_filter=4))
    return mx.sym.MakeLoss(mx.sym.sum(mx.sym.Concat(*paths)))


def test_extra_work_is_near_that_of_the_best_of_all_choices(monkeypatch):
    searches = []

    def spied(*arguments):
        searches.append(budget._Search(*arguments))
        return searches[-1].run()

    monkeypatch.setattr(schedule, "keep_budget", spied)
    net = branches()
    free = net.plan_memory(**SHAPES)
    with pytest.raises(mx.MXNetError, match="smallest"):
        net.plan_memory(memory_budget=1000, **SHAPES)
    everything = searches[0]
    for count in range(len(everything.nodes) + 1):
        for chosen in combinations(everything.nodes, count):
            everything.attempt(frozenset(chosen), "")
    tried = list(everything.tried.values())
    smallest = min(one.total for one in tried)
    for part in (0.9, 0.5, 0.2, 0):
        limit = smallest + int(part * (free.total - smallest))
        least = min(one.extra for one in tried if one.total <= limit)
        found = net.plan_memory(memory_budget=limit, **SHAPES)
        assert found.total <= limit
        assert found.extra_work <= 1.1 * least


def test_what_a_plan_takes_is_a_budget_that_can_be_kept(monkeypatch):
    """Also where the search ends early, as it does for large graphs."""
    monkeypatch.setattr(budget, "_EFFORT", 2_000)
    net = network(3)
    with pytest.raises(mx.MXNetError, match="the smallest that can is") as caught:
        net.plan_memory(SHAPES, memory_budget=1)
    smallest = int(str(caught.value).split("smallest that can is ")[1].split()[0])
    assert net.plan_memory(SHAPES, memory_budget=smallest).total == smallest


def test_few_plans_of_large_graphs_find_what_costs_little(monkeypatch):
    """All forward work again would be a third more; what is kept first is dear work for few bytes."""
    monkeypatch.setattr(budget, "_EFFORT", 0)
    net = mx.sym.Variable("data")
    for layer in range(40):
        size = 1 if layer % 2 else 3
        net = mx.sym.Convolution(net, kernel=(size, size), pad=(size // 2,) * 2, num_filter=16)
        net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.MakeLoss(mx.sym.sum(net))
    shapes = {"data": (8, 16, 32, 32)}
    half = net.plan_memory(shapes).total // 2
    assert net.plan_memory(shapes, memory_budget=half).extra_work < 0.16
