"""Kills a training at random moments, so many times, and lets it go on: interrupted.py FOLDER KILLS.

After every kill the newest checkpoint has to be whole; in the end the parameters have to be those
of a training that was left alone. The network is so small that writing checkpoints is most of the
work; how many kills left files of an unfinished one is printed.
"""

import os
import random
import signal
import sys
import time

import numpy as np

import mxnet as mx
from mxnet.checkpoint import load_checkpoint

folder, kills = sys.argv[1], int(sys.argv[2])
EPOCHS = max(100, 10 * kills)
x = np.random.RandomState(1).uniform(-1, 1, (40, 6)).astype("float32")
y = (x.sum(axis=1) > 0).astype("float32")


def train(prefix: str, epochs: int) -> mx.mod.Module:
    mx.random.seed(3)
    np.random.seed(3)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=16, name="fc1")
    net = mx.sym.Dropout(mx.sym.BatchNorm(net, name="bn"), p=0.3)
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")
    schedule = mx.lr_scheduler.FactorScheduler(step=7, factor=0.9, base_lr=0.1)
    module = mx.mod.Module(net)
    module.fit(
        mx.io.NDArrayIter(x, y, 12, shuffle=True, last_batch_handle="roll_over"),
        num_epoch=epochs,
        optimizer="nadam",
        optimizer_params={"lr_scheduler": schedule},
        resume=prefix,
    )
    return module


def newest(prefix: str) -> int:
    names = [n for n in os.listdir(folder) if n.startswith(prefix) and n.endswith(".params")]
    return max((int(n[-11:-7]) for n in names), default=0)


def unfinished(prefix: str, epoch: int) -> bool:
    """Whether there are files of a checkpoint after that of an epoch."""
    return any(
        n.startswith(prefix)
        and (n.count(".") > 1 + n.endswith(".crc32") or f"-{epoch + 1:04d}" in n)
        for n in os.listdir(folder)
    )


def killed_after(seconds: float) -> None:
    child = os.fork()
    if child == 0:
        train(f"{folder}/killed", EPOCHS)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


train(f"{folder}/warm", 1)
expected = train(f"{folder}/alone", EPOCHS).get_params()
started = time.monotonic()
train(f"{folder}/timed", 12)
longest = time.monotonic() - started
reached, writing = [], 0
for _ in range(kills):
    killed_after(random.uniform(0, longest))
    reached.append(newest("killed"))
    writing += unfinished("killed", reached[-1])
    if reached[-1]:
        load_checkpoint(f"{folder}/killed", reached[-1])
found = train(f"{folder}/killed", EPOCHS).get_params()
print("epochs reached by kill:", reached)
print(f"{writing} of {kills} kills left files of an unfinished checkpoint")
assert reached == sorted(reached), "a checkpoint was lost"
assert reached[-1] > 0
assert reached[0] < EPOCHS
for one, other in zip(expected, found, strict=True):
    assert one.keys() == other.keys()
    for name in one:
        assert np.array_equal(one[name].asnumpy(), other[name].asnumpy()), name
leftovers = [n for n in os.listdir(folder) if n.count(".") > 1 and not n.endswith(".crc32")]
assert not leftovers, leftovers
