"""Begins trainings, or goes on with them from files: travel.py FOLDER (begin SIDE | go-on SIDE FROM).

Runs in this project and in MXNet 1.9.1 (Python 3.8) alike. ``begin`` writes checkpoints, optimizer
states, arrays and records that start with SIDE; ``go-on`` reads those of FROM, trains on, and writes
what came of it to FROM-by-SIDE.npz.
"""

import os
import sys

import numpy as np

import mxnet as mx

FOLDER, STEP, SIDE = sys.argv[1:4]
FROM = sys.argv[4] if STEP == "go-on" else SIDE
STEPS = 3
OPTIMIZERS = {
    "adadelta": {}, "adagrad": {"learning_rate": 0.1}, "adam": {"learning_rate": 0.01},
    "adamax": {"learning_rate": 0.01}, "ccsgd": {"momentum": 0.9}, "dcasgd": {},
    "ftml": {"learning_rate": 0.01}, "ftrl": {"learning_rate": 0.1}, "groupadagrad": {},
    "lamb": {"learning_rate": 0.01}, "lars": {"momentum": 0.9}, "lbsgd": {"momentum": 0.9},
    "nadam": {"learning_rate": 0.01}, "nag": {"momentum": 0.9}, "rmsprop": {"centered": True},
    "sgd": {"momentum": 0.9, "clip_gradient": 0.4}, "sgld": {}, "signum": {"momentum": 0.9},
    "test": {},
}  # fmt: skip
WITHOUT_DECAY = ("groupadagrad", "test")
DTYPES = ("float32", "float16", "float64", "int32", "uint8", "int8", "int64")


def path(name):
    return os.path.join(FOLDER, FROM + "-" + name)


def gradients(first):
    random = np.random.RandomState(7)
    drawn = random.uniform(-1, 1, (2 * STEPS, 2, 3, 4)).astype("float32")
    return drawn[first : first + STEPS]


def updated(name, dtype, dumped, results):
    """The weights and states of an optimizer after so many steps, from a file or from the start."""
    options = dict(OPTIMIZERS[name], multi_precision=dtype == "float16", rescale_grad=0.5)
    if name not in WITHOUT_DECAY:
        options["wd"] = 0.01
    if name == "sgd":
        options["lr_scheduler"] = mx.lr_scheduler.FactorScheduler(step=2, factor=0.5, base_lr=0.1)
    optimizer = mx.optimizer.create(name, param_idx2name={0: "a_weight", 1: "a_bias"}, **options)
    updater = mx.optimizer.get_updater(optimizer)
    place = path("-".join([name, dtype, "dumped" if dumped else "plain"]))
    if STEP == "begin":
        start = np.linspace(-1, 1, 24).reshape(2, 3, 4)
        weights = [mx.nd.array(part, dtype=dtype) for part in start]
    else:
        weights = mx.nd.load(place + ".params")
        with open(place + ".states", "rb") as file:
            updater.set_states(file.read())
    for step in gradients(0 if STEP == "begin" else STEPS):
        for index, gradient in enumerate(step):
            updater(index, mx.nd.array(gradient, dtype=dtype), weights[index])
    if STEP == "begin":
        mx.nd.save(place + ".params", weights)
        with open(place + ".states", "wb") as file:
            file.write(updater.get_states(dump_optimizer=dumped))
    elif name != "sgld":  # which adds random numbers, drawn by another generator
        for index, weight in enumerate(weights):
            results["-".join([name, dtype, str(dumped), str(index)])] = weight.asnumpy()


def network():
    # No bias before BatchNorm: its gradient is rounding, of which Adam makes whole steps.
    data = mx.sym.Variable("data")
    net = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, no_bias=True, name="conv")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name="bn"), act_type="tanh")
    net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def fitted(optimizer, options, results):
    """A Module trained for two epochs, or for two more from its checkpoint."""
    random = np.random.RandomState(3)
    x = random.uniform(-1, 1, (24, 2, 8, 8)).astype("float32")
    y = (x.mean(axis=(1, 2, 3)) > 0).astype("float32") + (x[:, 0, 0, 0] > 0)
    data = mx.io.NDArrayIter(x, y, 6)
    prefix = path("module-" + optimizer)
    symbol = network()
    if STEP == "begin":
        module = mx.mod.Module(symbol)
        shapes = dict(zip(symbol.list_arguments(), symbol.infer_shape(data=(6, 2, 8, 8))[0]))
        arguments = {
            name: mx.nd.array(random.uniform(-0.5, 0.5, shape))
            for name, shape in shapes.items() if name not in ("data", "softmax_label")
        }  # fmt: skip
        start = {"arg_params": arguments, "aux_params": {
            "bn_moving_mean": mx.nd.zeros((4,)), "bn_moving_var": mx.nd.ones((4,))}}  # fmt: skip
    else:
        module = mx.mod.Module.load(prefix, 2, load_optimizer_states=True)
        start = {"begin_epoch": 2}
    end = 2 if STEP == "begin" else 4
    module.fit(data, num_epoch=end, optimizer=optimizer, optimizer_params=options, **start)
    if STEP == "begin":
        module.save_checkpoint(prefix, 2, save_optimizer_states=True)
        return
    for group in module.get_params():
        for name, array in group.items():
            results["-".join(["module", optimizer, name])] = array.asnumpy()


def arrays(results):
    """Array files of all types, dense and sparse."""
    values = np.arange(12).reshape(3, 4) % 5
    made = {dtype: mx.nd.array(values, dtype=dtype) for dtype in DTYPES}
    made["rows"] = made["float32"].tostype("row_sparse")
    made["csr"] = made["float32"].tostype("csr")
    if STEP == "begin":
        mx.nd.save(path("arrays"), made)
        return
    for name, array in mx.nd.load(path("arrays")).items():
        assert array.stype == made[name].stype
        assert array.dtype == made[name].dtype
        results["array-" + name] = array.asnumpy()


def records(results):
    """Record files with an index: bytes with every header, and pictures."""
    payloads = [bytes(bytearray(range(n))) for n in (0, 1, 2, 3, 4, 5, 250)]
    payloads.append(b"\x0a\x23\xd7\xce" * 3)  # the mark that separates records
    labels = [2.5, [1.0, 2.0, 3.0]]
    name = path("records")
    with open(os.path.join(FOLDER, "picture.jpg"), "rb") as file:
        picture = file.read()
    if STEP == "begin":
        written = mx.recordio.MXIndexedRecordIO(name + ".idx", name + ".rec", "w")
        for number, payload in enumerate(payloads):
            header = mx.recordio.IRHeader(0, labels[number % 2], number, 0)
            written.write_idx(number, mx.recordio.pack(header, payload))
        written.close()
        written = mx.recordio.MXRecordIO(name + "-pictures.rec", "w")
        for number in range(4):
            header = mx.recordio.IRHeader(0, float(number), number, 0)
            written.write(mx.recordio.pack(header, picture))
        written.close()
        return
    read = mx.recordio.MXIndexedRecordIO(name + ".idx", name + ".rec", "r")
    for number in reversed(range(len(payloads))):
        header, payload = mx.recordio.unpack(read.read_idx(number))
        assert payload == payloads[number]
        results[f"label-{number}"] = np.array(header.label)
    batches = mx.io.ImageRecordIter(
        path_imgrec=name + "-pictures.rec", data_shape=(3, 20, 20), batch_size=4, mean_r=100.0,
        preprocess_threads=1, prefetch_buffer=1,
    )  # fmt: skip
    batch = batches.next()
    results["pictures"] = batch.data[0].asnumpy()
    results["picture-labels"] = batch.label[0].asnumpy()


found = {}
for each in OPTIMIZERS:
    for kind in ("float32", "float16"):
        for with_optimizer in (False, True):
            updated(each, kind, with_optimizer, found)
fitted("sgd", {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.001}, found)
fitted("adam", {"learning_rate": 0.01}, found)
arrays(found)
records(found)
if STEP == "go-on":
    np.savez(os.path.join(FOLDER, FROM + "-by-" + SIDE + ".npz"), **found)
