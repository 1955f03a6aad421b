"""What a network needs, and whether it fits."""

from __future__ import annotations

import pytest

import mxnet as mx


def report():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=64, name="fc")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh")
    return mx.sym.sum(net).plan_memory(data=(256, 32))


def test_parts_add_up():
    needed = report()
    parts = (
        "parameters", "gradients", "states", "outputs", "activations", "adopted", "prepared",
        "scratch",
    )  # fmt: skip
    assert needed.total == sum(getattr(needed, part) for part in parts)
    assert needed.parameters == needed.gradients == 4 * (256 * 32 + 64 * 32 + 64)
    live = [s for s in needed.spans if s.first <= needed.peak_step <= s.last]
    assert sum(span.size for span in live) == needed.activations + needed.adopted
    assert sum(alive.size for alive in needed.alive) == sum(span.size for span in live)
    assert all("test_report.py:" in alive.origin for alive in needed.alive)


@pytest.mark.parametrize("train", [True, False])
def test_what_convolutions_allocate_for_a_moment_counts(train, monkeypatch):
    """Data in another format, and weights in two others, one of them also for the gradient."""
    monkeypatch.setattr("mxnet.ops.generated.suits_products", lambda: False)
    monkeypatch.setenv("MXNET_SUBGRAPH_BACKEND", "NONE")
    net = mx.sym.Variable("data")
    for kernel in (3, 5, 1):
        options = {"kernel": (kernel, kernel), "stride": (2, 2), "num_filter": 8 * kernel}
        net = mx.sym.relu(mx.sym.Convolution(net, no_bias=True, name=f"conv{kernel}", **options))
    requests = dict.fromkeys(net.list_arguments(), "write" if train else "null") | {"data": "null"}
    needed = net.plan_memory(grad_req=requests, data=(2, 20, 45, 45))
    data = 2 * 20 * 45 * 45
    weights = {3: 24 * 20 * 9, 5: 40 * 24 * 25, 1: 8 * 40}
    wanted = {f"conv{n}": (1 if n == 1 else 2) * size for n, size in weights.items()}
    if train:
        wanted |= {f"{name}_backward": n + weights[int(name[4:])] for name, n in wanted.items()}
    wanted = {name: n + data * ("conv3" in name) for name, n in wanted.items()}
    found = {
        s.names[0].split(",")[0]: s.size for s in needed.spans if s.scratch and s.offset is None
    }
    assert found == {name: 4 * n for name, n in wanted.items()}
    assert needed.adopted >= max(found.values())


@pytest.mark.parametrize(
    ("available", "enough"),
    [(10, False), (1 << 30, True), (-1, False), ("1KB", False), ("16GB", True), (mx.cpu(), True)],
)
def test_fits(available, enough):
    assert report().fits(available) is enough


def test_fits_refuses_what_is_no_memory():
    for wrong in ("much", None, [1]):
        with pytest.raises(mx.MXNetError, match="fit into should be bytes or a text like '2GB'"):
            report().fits(wrong)
    if not mx.context.num_gpus():
        with pytest.raises(mx.MXNetError, match="not available"):
            report().fits(mx.gpu())


def test_shapes_as_a_dict_or_as_keywords():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc")
    assert net.plan_memory({"data": (2, 3)}) == net.plan_memory(data=(2, 3))
    assert net.plan_memory({"data": (2, 3)}, "null", data=(5, 3)).parameters == 4 * (15 + 12 + 4)
    with pytest.raises(mx.MXNetError, match="should be a dict"):
        net.plan_memory("null", data=(2, 3))


def test_shapes_that_count_for_nothing_are_told():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc")
    with pytest.raises(mx.MXNetError, match=r"no argument dta\. Did you mean 'data'\?"):
        net.plan_memory(dta=(2, 3))
    with pytest.raises(mx.MXNetError, match=r"data=\[2, 3\] is ignored: a shape is a tuple"):
        net.simple_bind(mx.cpu(), data=[2, 3])


def test_debug_str_ends_as_that_of_1_x():
    """Programs take the number from the third part from the end of its lines."""
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(5, 5), num_filter=64, name="conv")
    executor = mx.sym.sum(mx.sym.tanh(net)).simple_bind(mx.cpu(), data=(8, 3, 36, 36))
    total, spaces, empty = executor.debug_str().split("\n")[-3:]
    memory = executor.memory
    assert total == f"Total {(memory.activations + memory.adopted) >> 20} MB allocated"
    assert int(total.split()[1]) > 1
    assert spaces.startswith("Total ")
    assert spaces.endswith(" TempSpace resource requested")
    assert not empty
