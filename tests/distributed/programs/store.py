"""What a store of several workers does, checked in every worker: store.py CASE..."""

import os
import signal
import sys
import time

import numpy as np

import mxnet as mx


def pulled(store, key, shape=(2,)):
    out = mx.nd.zeros(shape)
    store.pull(key, out=out)
    return out.asnumpy()


def sums(store):
    """Values come from rank 0, pushes are summed over devices and workers, pulls are complete."""
    everyone = sum(range(1, store.num_workers + 1))
    store.init(["a", "b"], [mx.nd.full((2,), 5 + store.rank), mx.nd.zeros((3, 3))])
    assert pulled(store, "a").tolist() == [5, 5]
    store.push("a", [mx.nd.full((2,), store.rank + 1, ctx=mx.cpu(i)) for i in range(2)])
    mine = mx.nd.full((3, 3), store.rank + 1)
    store.push("b", mine)
    mine[:] = 99  # taken by value
    assert pulled(store, "b", (3, 3)).tolist() == np.full((3, 3), everyone).tolist()
    assert pulled(store, "a").tolist() == [2 * everyone] * 2
    store.push("a", mx.nd.ones((2,)))
    store.push("a", mx.nd.full((2,), 3))  # the second push replaces what the first one made
    assert pulled(store, "a").tolist() == [3 * store.num_workers] * 2
    out = mx.nd.zeros((2,))
    store.pushpull("a", mx.nd.ones((2,)), out=out)
    assert out.asnumpy().tolist() == [store.num_workers] * 2


def types(store):
    """Types share no bucket; arrays larger than a bucket have their own."""
    shapes = {"float32": (3,), "float16": (5,), "int32": (2, 2), "float64": (1 << 20,)}
    for key, shape in shapes.items():
        store.init(key, mx.nd.zeros(shape, dtype=key))
        store.push(key, mx.nd.full(shape, store.rank + 1, dtype=key))
    for key, shape in shapes.items():
        out = mx.nd.zeros(shape, dtype=key)
        store.pull(key, out=out)
        assert (out.asnumpy() == sum(range(1, store.num_workers + 1))).all()


def sparse(store):
    """Row-sparse values are summed, and pulled by rows."""
    store.init("e", mx.nd.zeros((4, 2)).tostype("row_sparse"))
    value = mx.nd.array([[0, 0], [1, 2], [0, 0], [3, 4]]) * (store.rank + 1)
    store.push("e", value.tostype("row_sparse"))
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    store.row_sparse_pull("e", out=out, row_ids=mx.nd.array([3]))
    total = sum(range(1, store.num_workers + 1))
    assert out.asnumpy().tolist() == [[0, 0], [0, 0], [0, 0], [3 * total, 4 * total]]


def compression(store):
    """Two bits a number, the rest kept: as the local store does with one device per worker."""
    one_process = mx.kv.create("device")
    for each in (store, one_process):
        each.set_gradient_compression({"type": "2bit", "threshold": 0.5})
        each.init(3, mx.nd.zeros((7,)))
    random = np.random.RandomState(3)
    for _ in range(5):
        gradients = random.uniform(-1, 1, (store.num_workers, 7)).astype("float32")
        store.push(3, mx.nd.array(gradients[store.rank]))
        one_process.push(3, [mx.nd.array(gradient) for gradient in gradients])
        assert np.array_equal(pulled(store, 3, (7,)), pulled(one_process, 3, (7,)))


def optimizer(store):
    """Optimizers that draw random numbers draw the same on all workers."""
    mx.random.seed(store.rank)
    store.init("w", mx.nd.zeros((4,)))
    store.set_optimizer(mx.optimizer.create("sgld", learning_rate=0.1))
    for _ in range(2):
        store.push("w", mx.nd.ones((4,)))
        value = mx.nd.array(pulled(store, "w", (4,)))
    store.init("check", value)
    assert np.array_equal(pulled(store, "check", (4,)), value.asnumpy())  # that of rank 0
    assert len(set(value.asnumpy().tolist())) == 4


def resume(store):
    """A training of several workers goes on where it was interrupted."""

    def train(epochs, name):
        mx.random.seed(store.rank)
        np.random.seed(store.rank)
        x = np.random.RandomState(store.rank).uniform(-1, 1, (12, 7)).astype("float32")
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc")
        net = mx.sym.SoftmaxOutput(mx.sym.Dropout(net, p=0.2), name="softmax")
        module = mx.mod.Module(net)
        data = mx.io.NDArrayIter(x, (x.sum(axis=1) > 0).astype("float32"), 4, shuffle=True)
        prefix = os.path.join(os.environ["FOLDER"], name)
        options = {"optimizer": "sgld", "kvstore": "dist_sync", "resume": prefix}
        module.fit(data, num_epoch=epochs, optimizer_params={"learning_rate": 0.1}, **options)
        return module.get_params()[0]["fc_weight"].asnumpy()

    expected = train(4, "alone")
    train(2, "interrupted")
    assert np.array_equal(train(4, "interrupted"), expected)
    store.barrier()


def overlap(store):
    """Gradients travel during the backward run, and change nothing but the time."""
    from mxnet.kvstore import exchange

    exchange._ALONE = 256  # bytes: the large layers alone, the rest in buckets
    net = mx.sym.Variable("data")
    for layer in range(4):
        net = mx.sym.FullyConnected(net, num_hidden=9 + layer, name=f"fc{layer}")
        net = mx.sym.Activation(net, act_type="tanh", name=f"tanh{layer}")
    net = mx.sym.SoftmaxOutput(net, name="softmax")
    random = np.random.RandomState(store.rank)
    batches = [
        mx.io.DataBatch([mx.nd.array(random.uniform(size=(rows, 7)))],
                        [mx.nd.array(random.randint(0, 9, rows))])
        for rows in (6, 6, 4, 6)
    ]  # fmt: skip

    def trained(on_store, early):
        os.environ["MXNET_UPDATE_ON_KVSTORE"] = on_store
        mx.random.seed(2)
        module = mx.mod.Module(net)
        module.bind([("data", (6, 7))], [("softmax_label", (6,))])
        module.init_params(mx.init.Xavier())
        module.init_optimizer("dist_sync", "sgd", {"learning_rate": 0.5, "momentum": 0.9})
        for batch in batches:
            if early:
                module.train_step(batch)
            else:
                module.forward_backward(batch)
                module.update()
        assert bool(module._overlap) == early
        return module

    for on_store in "10":
        early, late = trained(on_store, True), trained(on_store, False)
        for name, array in late.get_params()[0].items():
            # One array alone is summed in another order than as a part of a bucket.
            np.testing.assert_allclose(
                early.get_params()[0][name].asnumpy(), array.asnumpy(), rtol=1e-5, atol=1e-6
            )
        del os.environ["MXNET_UPDATE_ON_KVSTORE"]
        for name, array in early.get_params()[0].items():
            store.init(f"{on_store}{name}", array)
            value = pulled(store, f"{on_store}{name}", array.shape)
            assert np.array_equal(value, array.asnumpy()), name  # those of rank 0
    _starts_early(early, batches[0])


def _starts_early(module, batch):
    exchange = module._overlap._exchange
    assert len(exchange._groups) > 2
    started, finish = [], exchange.finish
    exchange.finish = lambda: (started.append(exchange._started), finish())
    module.train_step(batch)
    assert started == [len(exchange._groups)]  # all of them from within the backward run
    segment = module._exec_group.execs[0]._program(True).backward
    made = [bool(instruction.then) for instruction in segment.instructions]
    assert sum(made) > 2, made
    assert made.index(True) < len(made) / 2, made


def different(store):
    """Workers that push different keys are told so."""
    store.init(["a", "b"], [mx.nd.zeros((2,)), mx.nd.zeros((2,))])
    store.push("ab"[store.rank % 2], mx.nd.ones((2,)))
    try:
        pulled(store, "a")
        raise AssertionError("no error")
    except mx.MXNetError as error:
        said = str(error)
    assert f"rank {store.rank} of" in said, said
    assert "not doing the same" in said, said
    try:
        store.barrier()  # nothing goes on after a failure
        raise AssertionError("no error")
    except mx.MXNetError as error:
        again = str(error)
    assert again == said


def killed(store):
    """Rank 1 is killed; the others report which sum they waited for."""
    store.init("weight", mx.nd.zeros((2,)))
    store._barrier()
    if store.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    started = time.monotonic()
    try:
        while True:
            store.push("weight", mx.nd.ones((2,)))
            pulled(store, "weight")
    except mx.MXNetError as error:
        assert time.monotonic() - started < 30
        print(error, flush=True)


def stuck(store):
    """Rank 1 never pushes; rank 0 does not wait for ever."""
    store.init("weight", mx.nd.zeros((2,)))
    if store.rank == 1:
        signal.pause()
    store.push("weight", mx.nd.ones((2,)))
    try:
        pulled(store, "weight")
    except mx.MXNetError as error:
        print(error, flush=True)
        sys.exit(3)


for case in sys.argv[1:]:
    made = mx.kv.create("dist_sync" if case != "types" else "dist_device_sync")
    globals()[case](made)
if case not in ("different", "killed"):
    made.barrier()
