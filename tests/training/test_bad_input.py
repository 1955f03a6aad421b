"""What is said about bad input: each row of the table is a mistake, and what its error has to say."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from image_files import write_records

X = np.random.RandomState(0).uniform(-1, 1, (12, 5)).astype("float32")
Y = (np.arange(12) % 3).astype("float32")


def network():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def rows(data=X, label=Y):
    return mx.io.NDArrayIter(data, label, 4)


def fit(data=None, **options):
    module = mx.mod.Module(network())
    module.fit(rows() if data is None else data, num_epoch=1, **options)
    return module


def bind(data, label):
    mx.mod.Module(network()).bind([mx.io.DataDesc("data", *data)], [("softmax_label", label)])


def records(**options):
    return mx.io.ImageRecordIter(
        **{"path_imgrec": "none.rec", "data_shape": (3, 8, 8), "batch_size": 2, **options}
    )


def damaged(change):
    """A record file of which some bytes are changed."""
    path = Path(write_records(Path.cwd(), "damaged"))
    path.write_bytes(change(path.read_bytes()))
    return sum(1 for _ in records(path_imgrec=str(path)))


def start_of_third(content: bytes) -> bytes:
    third = list(mx.recordio.record_offsets("damaged.rec"))[2]
    return content[:third] + b"none" + content[third + 4 :]


SHAPES = [
    ("label of another shape", lambda: fit(rows(label=np.zeros((12, 2)))), mx.MXNetError,
     r"softmax: shape inference: label should be \(4,\) but is \(4, 2\)"),
    ("fewer labels", lambda: fit(rows(label=Y[:7])), mx.MXNetError,
     "'softmax_label' has 7 rows but 'data' has 12: give arrays of equal length"),
    ("data by another name", lambda: fit(rows({"x": X})), ValueError,
     r"name the inputs alike in the iterator \(data_name=...\) and in Module"),
    ("label by another name", lambda: fit(rows(label={"y": Y})), KeyError,
     "'y' is given as an input, but the symbol has no such argument"),
    ("no labels", lambda: fit(rows(label=None)), ValueError,
     r"backward needs the label\(s\) \['softmax_label'\].*DataBatch\(label="),
    ("parameter of another shape",
     lambda: fit(arg_params={"fc_weight": mx.nd.zeros((3, 4)), "fc_bias": mx.nd.zeros((3,))}),
     mx.MXNetError, r"'fc_weight' has shape \(3, 4\), but the symbol needs shape \(3, 5\)"),
    ("validation data of another width", lambda: fit(eval_data=rows(X[:, :3])), mx.MXNetError,
     r"fc: shape inference: weight should be \(3, 3\) but is \(3, 5\)"),
    ("another batch axis", lambda: bind(((4, 5), np.float32, "CN"), (4,)), AssertionError,
     "same batch size: batch_size = 5, but softmax_label has shape"),
    ("no such axis", lambda: bind(((4, 5), np.float32, "TCN"), (4,)), ValueError,
     "'data' of shape .* has no batch axis in layout 'TCN'"),
    ("an array for an iterator", lambda: fit(X), TypeError, "NDArrayIter"),
]  # fmt: skip
FILES = [
    ("checkpoint", lambda: mx.mod.Module.load("none", 3), "there is no file 'none-symbol.json'"),
    ("records", records, "there is no file 'none.rec'"),
    ("rows", lambda: mx.io.CSVIter(data_csv="none.csv", data_shape=(3,), batch_size=2),
     "there is no file 'none.csv'"),
    ("sparse rows", lambda: mx.io.LibSVMIter(data_libsvm="none", data_shape=(3,), batch_size=2),
     "there is no file 'none'"),
    ("digits", lambda: mx.io.MNISTIter(image="none", label="none", batch_size=2),
     "there is no file 'none'"),
    ("picture", lambda: mx.image.imread("none.jpg"), "cannot read none.jpg: No such file"),
    ("list", lambda: mx.image.ImageIter(2, (3, 4, 4), path_imglist="none.lst", path_root="."),
     "cannot read none.lst: No such file"),
    ("states", lambda: fit().load_optimizer_states("none.states"), "cannot read none.states"),
    ("folder to resume in", lambda: fit(resume="none/model"), "there is no folder .*none"),
    ("folder to save in", lambda: fit(epoch_end_callback=mx.callback.do_checkpoint("none/model")),
     "cannot write none/model-symbol.json"),
    ("end of a record", lambda: damaged(lambda c: c[:-7]), r"damaged.rec.*offset \d+"),
    ("start of a record", lambda: damaged(start_of_third), r"damaged.rec.*offset \d+.*damaged"),
    ("everything", lambda: damaged(lambda c: b"no records at all"), "no RecordIO file"),
    ("picture in a record", lambda: damaged(lambda c: c.replace(b"IHDR", b"none")),
     r"damaged.rec: record 0 at offset 0: Decoding failed"),
]  # fmt: skip
NAMES = [
    ("kvstore", mx.MXNetError, "unknown kvstore 'none': the names are local"),
    ("optimizer", ValueError, "Cannot find optimizer none; there are adadelta"),
    ("eval_metric", AssertionError, "none is not registered"),
    ("initializer", TypeError, r"initializer must be one such as mx.init.Xavier\(\), not 'none'"),
]


@pytest.mark.parametrize(
    ("call", "error", "says"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES]
)
@pytest.mark.filterwarnings("ignore:Data provided by label_shapes")
def test_names_and_shapes(call, error, says):
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize(("call", "says"), [row[1:] for row in FILES], ids=[r[0] for r in FILES])
def test_files(tmp_path, monkeypatch, call, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mx.MXNetError, match=says):
        call()
    assert {Path(name).stem for name in os.listdir()} <= {"damaged"}  # nothing half-written


@pytest.mark.parametrize(("what", "error", "says"), NAMES, ids=[row[0] for row in NAMES])
def test_unknown_names(what, error, says):
    with pytest.raises(error, match=says):
        fit(**{what: "none"})


def test_a_distributed_store_without_workers(monkeypatch):
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "MASTER_PORT": "29500"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(mx.MXNetError, match=r"MASTER_ADDR is not set.*python -m mxnet.launch"):
        fit(kvstore="dist_sync")


def test_training_that_diverges(tmp_path, caplog):
    far = {"optimizer_params": {"learning_rate": 1e38}, "data": rows(X * 1e30)}
    fit(**far)
    assert "of the 15 values of 'fc_weight' are NaN or infinite; try a smaller" in caplog.text
    with pytest.raises(mx.MXNetError, match=r"Epoch\[0\] training has diverged.*NanMonitor"):
        fit(**far, resume=str(tmp_path / "model"))
    assert os.listdir(tmp_path) == []
    with pytest.raises(mx.MXNetError, match=r"operator fc: .* NaN of the 12 values of fc_output"):
        fit(rows(X * np.nan), monitor=mx.mon.NanMonitor())
