"""The key-value store: sums over devices, updaters, errors."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

KINDS = ["local", "device"]


def ones(shape=(2,), value=1.0, **kwargs):
    return mx.nd.full(shape, value, **kwargs)


def pulled(store, key, shape=(2,)):
    out = mx.nd.zeros(shape)
    store.pull(key, out=out)
    return out.asnumpy().tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_push_replaces_the_value_by_the_sum(kind):
    store = mx.kv.create(kind)
    assert (store.type, store.rank, store.num_workers) == (kind, 0, 1)
    store.init(3, ones(value=2))
    assert pulled(store, 3) == [2, 2]
    store.push(3, ones(value=8))
    assert pulled(store, 3) == [8, 8]
    for _ in range(2):
        store.push(3, [ones(ctx=mx.cpu(i)) for i in range(4)])
        assert pulled(store, 3) == [4, 4]


@pytest.mark.parametrize("kind", KINDS)
def test_lists_of_keys(kind):
    store = mx.kv.create(kind)
    store.init(["a", "b"], [ones((2,)), ones((3,))])
    store.push(["a", "b"], [[ones((2,)), ones((2,))], [ones((3,), 5)]])
    out = [[mx.nd.zeros((2,)), mx.nd.zeros((2,))], mx.nd.zeros((3,))]
    store.pull(["a", "b"], out=out)
    assert [a.asnumpy().tolist() for a in (*out[0], out[1])] == [[2, 2], [2, 2], [5, 5, 5]]
    store.push(["a", "a"], [ones(), ones(value=5)])  # a repeated key is summed
    assert pulled(store, "a") == [6, 6]


def test_pushed_arrays_stay_as_they_are():
    store = mx.kv.create()
    store.init(1, ones())
    arrays = [ones(), ones(value=2)]
    store.push(1, arrays)
    store.push(1, arrays)
    assert [a.asnumpy().tolist() for a in arrays] == [[1, 1], [2, 2]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keys", [[1, 2], ["a", "b"]])
def test_updater_gets_key_sum_and_value(kind, keys):
    seen = []

    def updater(key, pushed, value):
        seen.append((key, pushed.asnumpy().tolist(), value.asnumpy().tolist()))
        value += pushed * 2

    store = mx.kv.create(kind)
    store.init(keys, [ones(), ones()])
    store.set_updater(updater)
    store.push(keys, [[ones(), ones()], [ones()]])
    assert seen == [(keys[0], [2, 2], [1, 1]), (keys[1], [1, 1], [1, 1])]
    assert pulled(store, keys[0]) == [5, 5]
    assert pulled(store, keys[1]) == [3, 3]


def test_optimizer_updates_the_value():
    store = mx.kv.create()
    store.init("w_weight", ones(value=5))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.1))
    store.push("w_weight", [ones(), ones()])
    np.testing.assert_allclose(pulled(store, "w_weight"), [4.8, 4.8], rtol=1e-6)


def test_optimizer_states_are_saved(tmp_path):
    name = str(tmp_path / "states")

    def run(steps, load=False, save=False):
        store = mx.kv.create()
        store.init("w_weight", ones())
        store.set_optimizer(mx.optimizer.SGD(learning_rate=0.1, momentum=0.9))
        if load:
            store.load_optimizer_states(name)
        for _ in range(steps):
            store.push("w_weight", ones())
        if save:
            store.save_optimizer_states(name)
        return 1 - np.array(pulled(store, "w_weight"))

    first = run(1, save=True)
    np.testing.assert_allclose(first + run(1, load=True), run(2), rtol=1e-5)


def test_pushpull_and_broadcast():
    store = mx.kv.create()
    store.init(1, ones(value=0))
    arrays = [ones(), ones(value=2)]
    store.pushpull(1, arrays, out=arrays)
    assert [a.asnumpy().tolist() for a in arrays] == [[3, 3], [3, 3]]
    store.pushpull(1, one := ones(value=5))
    assert one.asnumpy().tolist() == pulled(store, 1) == [5, 5]
    out = [ones(), ones()]
    store.broadcast(7, ones(value=4), out=out)
    assert [a.asnumpy().tolist() for a in out] == [[4, 4], [4, 4]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s: s.init(1, ones()), mx.MXNetError, "duplicate init of key 1"),
        (lambda s: s.init("x", ones()), mx.MXNetError, "Mixed key types"),
        (lambda s: s.push(9, ones()), mx.MXNetError, "key 9 doesn't exist"),
        (lambda s: s.pull(9, out=ones()), mx.MXNetError, "key 9 doesn't exist"),
        (lambda s: s.push(1, ones((4,))), mx.MXNetError, r"shape \(4,\)"),
        (lambda s: s.pull(1, out=ones((4,))), mx.MXNetError, r"shape \(4,\)"),
        (lambda s: s.pull(1), AssertionError, "out"),
        (lambda s: s.push([1, 2], [ones()]), AssertionError, "2 keys but 1 values"),
        (lambda s: s.push(1.5, ones()), TypeError, "int or a str"),
        (lambda s: s.push(1, 5), TypeError, "NDArray"),
        (lambda s: s.save_optimizer_states("x"), AssertionError, "set_optimizer"),
        (lambda s: s.set_gradient_compression({"type": "2bit"}), mx.MXNetError, "not supported"),
        (lambda s: s.row_sparse_pull(1, ones(), row_ids=ones()), mx.MXNetError, "row_sparse"),
    ],
)
def test_errors(call, error, message):
    store = mx.kv.create()
    store.init(1, ones())
    with pytest.raises(error, match=message):
        call(store)


@pytest.mark.parametrize("kind", ["dist_sync", "dist_device_sync", "horovod", "nccl"])
def test_stores_that_are_not_there_say_what_to_use(kind):
    with pytest.raises(mx.MXNetError, match="'device'"):
        mx.kv.create(kind)


def test_nccl_sums_where_there_are_gpus(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    store = mx.kv.create("nccl")
    store.init(1, ones(value=0))
    store.push(1, [ones(), ones(value=2)])
    assert (store.type, pulled(store, 1)) == ("nccl", [3, 3])


def test_row_sparse_values():
    table = mx.nd.array(np.arange(6).reshape(3, 2)).tostype("row_sparse")
    store = mx.kv.create()
    store.init("table", table)
    out = mx.nd.sparse.zeros("row_sparse", (3, 2))
    store.pull("table", out=out)  # ignores row_sparse values, as in 1.x
    assert out.asnumpy().sum() == 0
    store.row_sparse_pull("table", out=out, row_ids=mx.nd.array([2, 0, 2]))
    assert out.indices.asnumpy().tolist() == [0, 2]
    assert out.asnumpy().tolist() == [[0, 1], [0, 0], [4, 5]]
    store.push("table", [table, table])
    store.pull("table", out=out, ignore_sparse=False)
    assert out.asnumpy().tolist() == [[0, 2], [4, 6], [8, 10]]
    with pytest.raises(mx.MXNetError, match=r"0\.\.2"):
        store.row_sparse_pull("table", out=out, row_ids=mx.nd.array([7]))


def test_unknown_names():
    with pytest.raises(mx.MXNetError, match=r"unknown kvstore 'devise'.* Did you mean 'device'"):
        mx.kv.create("devise")
    with pytest.raises(TypeError, match="name must be a string"):
        mx.kv.create(5)


def test_two_bit_compression_keeps_the_rest():
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    store.init(1, ones((4,), 0))
    recorded = [[0, 0, 1, -1], [0, 1, 1, -1], [0, 0, 1, -1], [0, 1, 1, -1]]
    for expected in recorded:
        gradient = [mx.nd.array([0.1, 0.3, 0.6, -1.2]) for _ in range(2)]
        store.push(1, gradient)
        assert pulled(store, 1, (4,)) == expected
    with pytest.raises(mx.MXNetError, match="Unknown type for gradient compression"):
        store.set_gradient_compression({"type": "1bit"})


def test_registered_stores_are_created_by_name():
    @mx.kv.KVStoreBase.register
    class Mine(mx.kv.KVStoreBase):
        pass

    try:
        assert isinstance(mx.kv.create("mine"), Mine)
    finally:
        del mx.kv.KVStoreBase.kv_registry["mine"]
