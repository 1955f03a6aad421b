"""Trains a small network on this worker's rows, once for every setting, and saves the parameters.

    train.py OUTPUT KVSTORE,OPTIMIZER,UPDATE_ON_KVSTORE ...

Without a launcher it is the one process with the joint batch.
"""

import os
import sys

import numpy as np

import mxnet as mx

ROWS, BATCH, EPOCHS = 48, 12, 3
rank, count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
random = np.random.RandomState(7)
x = random.uniform(-1, 1, (ROWS, 5)).astype("float32")
y = (x.sum(axis=1) > 0).astype("float32")
mine = np.arange(ROWS).reshape(-1, count, BATCH // count)[:, rank].reshape(-1)
data = mx.sym.Variable("data")
net = mx.sym.FullyConnected(data, num_hidden=8, name="fc1")
net = mx.sym.Activation(net, act_type="tanh", name="tanh")
net = mx.sym.FullyConnected(net, num_hidden=2, name="fc2")
net = mx.sym.SoftmaxOutput(net, name="softmax")

output, *settings = sys.argv[1:]
for setting in settings:
    kind, optimizer, on_store = setting.split(",")
    os.environ["MXNET_UPDATE_ON_KVSTORE"] = on_store
    mx.random.seed(10 + rank)  # the workers start apart: the store has to bring them together
    np.random.seed(10 + rank)
    module = mx.mod.Module(net, context=mx.cpu())
    module.fit(
        mx.io.NDArrayIter(x[mine], y[mine], BATCH // count),
        num_epoch=EPOCHS,
        kvstore=kind if count > 1 else "local",
        optimizer=optimizer,
        optimizer_params={"learning_rate": 0.1},
        initializer=mx.init.Xavier(),
    )
    module.save_params(f"{output}-{setting}-{rank}.params")
