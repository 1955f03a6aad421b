"""A training that goes on after the end of a worker: elastic.py FOLDER [RANK EPOCH].

In its first attempt the worker of that rank is killed in the middle of that epoch. Every worker
appends a line to FOLDER/epochs-RANK for each epoch it begins; rank 0 writes FOLDER/end.params.
"""

import os
import signal
import sys

import numpy as np

import mxnet as mx

EPOCHS = 6
folder = sys.argv[1]
victim, fatal = (int(word) for word in sys.argv[2:] or (-1, -1))
rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
first_attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0"


def watch(batch):
    if batch.nbatch == 0:
        with open(os.path.join(folder, f"epochs-{rank}"), "a") as file:
            file.write(f"{batch.epoch}\n")
    if first_attempt and (rank, batch.epoch, batch.nbatch) == (victim, fatal, 2):
        os.kill(os.getpid(), signal.SIGKILL)


random = np.random.RandomState(5)
x = random.uniform(-1, 1, (48, 6)).astype("float32")[rank::count]
net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
net = mx.sym.Dropout(mx.sym.Activation(net, act_type="tanh"), p=0.2)
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")
mx.random.seed(rank)
np.random.seed(rank)
module = mx.mod.Module(net)
module.fit(
    mx.io.NDArrayIter(x, (x.sum(axis=1) > 0).astype("float32"), 4, shuffle=True),
    num_epoch=EPOCHS,
    kvstore="dist_sync",
    optimizer="adam",
    batch_end_callback=watch,
    resume=os.path.join(folder, "model"),
)
if rank == 0:
    module.save_params(os.path.join(folder, "end.params"))
