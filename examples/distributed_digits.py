"""Several workers train one network: each reads its own part of the digits.

python -m mxnet.launch -n 2 python examples/distributed_digits.py
"""

from __future__ import annotations

import argparse

import handwriting
from mlp import network

import mxnet as mx


def main(epochs: int = 20) -> float:
    """Train; return the held-out accuracy, which is the same on all workers."""
    store = mx.kv.create("dist_sync")
    handwriting.seed()
    train, held_out, train_digits, held_out_digits = handwriting.load()
    mine = slice(store.rank, None, store.num_workers)
    module = mx.mod.Module(network())
    module.fit(
        mx.io.NDArrayIter(train[mine], train_digits[mine], 24, last_batch_handle="discard"),
        num_epoch=epochs,
        kvstore=store,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
    )
    held_out_batches = mx.io.NDArrayIter(held_out, held_out_digits, handwriting.BATCH)
    found = handwriting.accuracy(module, held_out_batches)
    print(f"worker {store.rank} of {store.num_workers}: held-out accuracy {found:.3f}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--epochs", type=int, default=20)
    main(parser.parse_args().epochs)
