"""Iterators: which rows come in which batch, and what happens at the ends."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import DataBatch, DataDesc, NDArrayIter, PrefetchingIter, ResizeIter

ROWS = np.arange(10, dtype="float32").reshape(10, 1)


def rows(batch, which="data"):
    return [array.asnumpy().ravel().tolist() for array in getattr(batch, which)]


def first_rows(iterator):
    return [rows(batch)[0] for batch in iterator]


FULL = [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize(
    ("handle", "passes", "pads"),
    [
        ("pad", [[*FULL, [8, 9, 0, 1]]] * 2, [[0, 0, 2]] * 2),
        ("discard", [FULL] * 2, [[0, 0]] * 2),
        (
            "roll_over",
            [FULL, [[8, 9, 0, 1], [2, 3, 4, 5], [6, 7, 8, 9]], FULL],
            [[0, 0], [2, 0, 0], [0, 0]],
        ),
    ],
)
def test_last_batch(handle, passes, pads):
    iterator = NDArrayIter(ROWS, ROWS, 4, last_batch_handle=handle)
    for expected, expected_pads in zip(passes, pads, strict=True):
        batches = [(rows(b), rows(b, "label"), b.pad) for b in iterator]
        assert [data[0] for data, _, _ in batches] == expected
        assert all(data == label for data, label, _ in batches)
        assert [pad for _, _, pad in batches] == expected_pads
        assert list(iterator) == []
        iterator.reset()


def test_hard_reset_drops_what_rolls_over():
    iterator = NDArrayIter(ROWS, None, 4, last_batch_handle="roll_over")
    list(iterator)
    iterator.hard_reset()
    assert first_rows(iterator) == FULL


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("pad", [[[0, 1, 2, 0, 1, 2, 0, 1]]] * 3),
        ("discard", [[]] * 3),
        ("roll_over", [[], [], [[0, 1, 2, 0, 1, 2, 0, 1]]]),
    ],
)
def test_batch_larger_than_the_data(handle, expected):
    iterator = NDArrayIter(ROWS[:3], None, 8, last_batch_handle=handle)
    for one_pass in expected:
        assert first_rows(iterator) == one_pass
        iterator.reset()


def test_shuffle_is_numpys_and_new_each_pass():
    np.random.seed(0)
    iterator = NDArrayIter(ROWS, ROWS, 4, shuffle=True)
    recorded = [
        [[2, 8, 4, 9], [1, 6, 7, 3], [0, 5, 2, 8]],
        [[5, 7, 0, 1], [6, 2, 4, 3], [9, 8, 5, 7]],
    ]
    for expected in recorded:
        assert first_rows(iterator) == expected
        iterator.reset()


def test_shuffle_with_roll_over_starts_with_the_rows_left():
    np.random.seed(0)
    iterator = NDArrayIter(ROWS, None, 4, shuffle=True, last_batch_handle="roll_over")
    assert first_rows(iterator) == [[2, 8, 4, 9], [1, 6, 7, 3]]
    iterator.reset()
    assert first_rows(iterator) == [[0, 5, 5, 7], [0, 1, 6, 2], [4, 3, 9, 8]]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (ROWS, ["data"]),
        ([ROWS], ["data"]),
        ([ROWS, ROWS], ["_0_data", "_1_data"]),
        ({"b": ROWS, "a": ROWS}, ["a", "b"]),
    ],
)
def test_names(source, names):
    iterator = NDArrayIter(source, None, 5)
    assert [desc.name for desc in iterator.provide_data] == names
    assert iterator.provide_label == []
    assert iterator.next().label == []


def test_types_of_numpy_become_float32_and_those_of_ndarrays_stay():
    iterator = NDArrayIter(ROWS.astype("int32"), mx.nd.array(ROWS, dtype="int32"), 5)
    assert iterator.provide_data[0].dtype is np.float32
    assert iterator.provide_label[0].dtype is np.int32
    assert iterator.next().label[0].dtype is np.int32


def test_layout_names_the_axis_of_the_batch():
    data = np.arange(24, dtype="float32").reshape(3, 4, 2)
    iterator = NDArrayIter(data, None, 2, layout="TNC")
    assert iterator.provide_data[0].shape == (3, 2, 2)
    batches = [batch.data[0].asnumpy() for batch in iterator]
    np.testing.assert_array_equal(np.concatenate(batches, axis=1), data)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("x",), TypeError),
        ((None,), AssertionError),
        (([],), AssertionError),
        ((ROWS, None, 0), ValueError),
        ((ROWS, None, 2, False, "wrap"), ValueError),
        ((ROWS[:0],), ValueError),
    ],
)
def test_wrong_arguments(arguments, error):
    with pytest.raises(error):
        NDArrayIter(*arguments)


def test_unequal_lengths_are_named_when_the_rows_run_out():
    iterator = NDArrayIter(ROWS, ROWS[:5], 4)
    iterator.next()
    with pytest.raises(mx.MXNetError, match="'softmax_label' has 5 rows but 'data' has 10"):
        iterator.next()


def test_data_desc():
    desc = DataDesc("data", (2, 3))
    assert desc == ("data", (2, 3))
    assert repr(desc) == "DataDesc[data,(2, 3),<class 'numpy.float32'>,NCHW]"
    assert (desc.dtype, desc.layout) == (np.float32, "NCHW")
    axes = [DataDesc.get_batch_axis(layout) for layout in ("NCHW", "TNC", None, "TC")]
    assert axes == [0, 1, 0, -1]
    assert DataDesc.get_list([("a", (1,))], [("a", "float16")])[0].dtype == "float16"


def test_data_batch_wants_lists():
    assert str(DataBatch([ROWS])) == "DataBatch: data shapes: [(10, 1)] label shapes: None"
    with pytest.raises(AssertionError, match="Label must be list of NDArrays"):
        DataBatch([ROWS], mx.nd.array(ROWS))


@pytest.mark.parametrize(
    ("size", "reset_internal", "passes"),
    [
        (5, True, [[*FULL, [8, 9, 0, 1], *FULL]] * 2),
        (2, True, [FULL] * 2),
        (2, False, [FULL, [[8, 9, 0, 1], FULL[0]]]),
    ],
)
def test_resize(size, reset_internal, passes):
    iterator = ResizeIter(NDArrayIter(ROWS, None, 4), size, reset_internal)
    for expected in passes:
        assert first_rows(iterator) == expected
        iterator.reset()


def test_prefetching_joins_iterators():
    iterator = PrefetchingIter(
        [NDArrayIter(ROWS, ROWS, 4), NDArrayIter(ROWS + 50, ROWS, 4)],
        rename_data=[{"data": "a"}, {"data": "b"}],
        rename_label=[{"softmax_label": "la"}, {"softmax_label": "lb"}],
    )
    assert [desc.name for desc in iterator.provide_data] == ["a", "b"]
    assert [desc.name for desc in iterator.provide_label] == ["la", "lb"]
    for _ in range(2):
        batches = list(iterator)
        assert [rows(batch)[0] for batch in batches] == [*FULL, [8, 9, 0, 1]]
        assert [rows(batch)[1][0] for batch in batches] == [50, 54, 58]
        assert [batch.pad for batch in batches] == [0, 0, 2]
        with pytest.raises(StopIteration):
            iterator.next()
        iterator.reset()


def test_prefetching_can_be_reset_early():
    iterator = PrefetchingIter(NDArrayIter(ROWS, None, 4))
    iterator.next()
    iterator.reset()
    assert first_rows(iterator) == [*FULL, [8, 9, 0, 1]]


class Failing(mx.io.DataIter):
    provide_data = provide_label = [DataDesc("data", (1,))]

    def next(self):
        raise ValueError("broken file")


def test_prefetching_hands_on_errors():
    iterator = PrefetchingIter(Failing())
    with pytest.raises(ValueError, match="broken file"):
        iterator.next()


def test_prefetching_of_unequal_iterators():
    iterator = PrefetchingIter([NDArrayIter(ROWS, None, 5), NDArrayIter(ROWS[:5], None, 5)])
    iterator.next()
    with pytest.raises(mx.MXNetError, match="different numbers of batches"):
        iterator.next()


# -- files -----------------------------------------------------------------------------------


@pytest.fixture
def csv(tmp_path):
    np.savetxt(tmp_path / "data.csv", np.arange(14).reshape(7, 2), delimiter=",", fmt="%g")
    np.savetxt(tmp_path / "label.csv", np.arange(7), fmt="%g")
    return {"data_csv": f"{tmp_path}/data.csv", "label_csv": f"{tmp_path}/label.csv"}


def test_csv_rounds_the_last_batch_and_goes_on_from_there(csv):
    iterator = mx.io.CSVIter(**csv, data_shape=(2,), batch_size=3)
    assert iterator.provide_data == [("data", (3, 2))]
    assert iterator.provide_label == [("softmax_label", (3,))]
    passes = []
    for _ in range(2):
        passes.append([(rows(b, "label")[0], b.pad, b.index.tolist()) for b in iterator])
        iterator.reset()
    assert passes == [
        [([0, 1, 2], 0, [0, 1, 2]), ([3, 4, 5], 0, [3, 4, 5]), ([6, 0, 1], 2, [6, 0, 1])],
        [([2, 3, 4], 0, [2, 3, 4]), ([5, 6, 0], 1, [5, 6, 0])],
    ]


def test_csv_without_rounding_starts_over(csv):
    iterator = mx.io.CSVIter(
        data_csv=csv["data_csv"], data_shape=(2, 1), batch_size=4, round_batch=False, dtype="int32"
    )
    for _ in range(2):
        assert first_rows(iterator) == [list(range(8)), [*range(8, 14), 0, 1]]
        iterator.reset()
    assert iterator.provide_data[0].dtype is np.int32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data_csv": "nope.csv"}, "no file 'nope.csv'"),
        ({"data_shape": (3,)}, "2 numbers a line"),
        ({"label_shape": (2,)}, "1 numbers a line"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_csv_errors(csv, change, message):
    with pytest.raises(mx.MXNetError, match=message):
        mx.io.CSVIter(**{**csv, "data_shape": (2,), "batch_size": 3, **change})


@pytest.fixture
def mnist(tmp_path):
    images = np.random.randint(0, 255, (10, 4, 5)).astype("uint8")
    labels = np.arange(10, dtype="uint8")
    (tmp_path / "images").write_bytes(struct.pack(">IIII", 2051, 10, 4, 5) + images.tobytes())
    label_bytes = struct.pack(">II", 2049, 10) + labels.tobytes()
    (tmp_path / "labels.gz").write_bytes(gzip.compress(label_bytes))
    return images, {"image": f"{tmp_path}/images", "label": f"{tmp_path}/labels.gz"}


def test_mnist_in_order(mnist):
    images, files = mnist
    iterator = mx.io.MNISTIter(**files, batch_size=4, shuffle=False, silent=True)
    assert iterator.provide_data == [("data", (4, 1, 4, 5))]
    batches = list(iterator)
    assert [rows(batch, "label")[0] for batch in batches] == FULL
    np.testing.assert_allclose(batches[1].data[0].asnumpy()[:, 0], images[4:8] / 256)


def test_mnist_shuffled_flat_part(mnist):
    images, files = mnist
    iterator = mx.io.MNISTIter(
        **files, batch_size=2, shuffle=True, seed=3, flat=True, num_parts=2, part_index=1
    )
    assert iterator.provide_data == [("data", (2, 20))]
    seen = [label for batch in iterator for label in rows(batch, "label")[0]]
    assert len(seen) == 4
    assert set(seen) <= {5, 6, 7, 8, 9}
    iterator.reset()
    batch = iterator.next()
    first = int(batch.label[0].asnumpy()[0])
    np.testing.assert_allclose(batch.data[0].asnumpy()[0], images[first].ravel() / 256)


def test_mnist_wrong_format(mnist):
    files = mnist[1]
    with pytest.raises(mx.MXNetError, match="not an idx file"):
        mx.io.MNISTIter(image=files["label"], label=files["label"])


@pytest.fixture
def libsvm(tmp_path):
    path = tmp_path / "data.svm"
    path.write_text("1.0 0:0.5 2:1.2\n-2.0 1:0.1\n\n3 0:1 1:2 2:3  # third\n0.5\n")
    return str(path)


def test_libsvm(libsvm):
    iterator = mx.io.LibSVMIter(data_libsvm=libsvm, data_shape=(3,), batch_size=3)
    assert iterator.provide_data == [("data", (3, 3))]
    assert iterator.provide_label == [("softmax_label", (3,))]
    matrix = np.array([[0.5, 0, 1.2], [0, 0.1, 0], [1, 2, 3], [0, 0, 0]], "float32")
    labels = [1, -2, 3, 0.5]
    passes = []
    for _ in range(2):
        for batch in iterator:
            order = batch.index.tolist()
            passes.append((order, batch.pad))
            assert batch.data[0].stype == "csr"
            np.testing.assert_array_equal(batch.data[0].asnumpy(), matrix[order])
            assert rows(batch, "label")[0] == [labels[i] for i in order]
        iterator.reset()
    assert passes == [([0, 1, 2], 0), ([3, 0, 1], 2), ([2, 3, 0], 1)]


def test_libsvm_labels_and_parts(libsvm, tmp_path):
    (tmp_path / "label.svm").write_text("0:1 1:2\n1:5\n0:7\n0:8 1:9\n")
    iterator = mx.io.LibSVMIter(
        data_libsvm=libsvm,
        data_shape=(3,),
        label_libsvm=f"{tmp_path}/label.svm",
        label_shape=(2,),
        batch_size=2,
        num_parts=2,
        part_index=1,
    )
    (batch,) = iterator
    assert batch.data[0].asnumpy().tolist() == [[1, 2, 3], [0, 0, 0]]
    assert batch.label[0].asnumpy().tolist() == [[7, 0], [8, 9]]


@pytest.mark.parametrize(
    ("text", "message"),
    [("1 3:1\n", "index 3 is outside 0..2"), ("1 x\n", ":1: '1 x' is not"), ("", "no row")],
)
def test_libsvm_errors(tmp_path, text, message):
    (tmp_path / "bad.svm").write_text(text)
    with pytest.raises(mx.MXNetError, match=message):
        mx.io.LibSVMIter(data_libsvm=f"{tmp_path}/bad.svm", data_shape=(3,), batch_size=1)


def test_sparse_rows_need_whole_batches():
    matrix = mx.nd.array(np.eye(5)).tostype("csr")
    with pytest.raises(NotImplementedError, match="discard"):
        NDArrayIter(matrix, None, 2)
    iterator = NDArrayIter(matrix, None, 2, last_batch_handle="discard")
    batches = [batch.data[0] for batch in iterator]
    assert [b.stype for b in batches] == ["csr"] * 2
    np.testing.assert_array_equal(batches[1].asnumpy(), np.eye(5)[2:4])


@pytest.mark.parametrize("shuffle", [False, True])
def test_h5py_datasets(tmp_path, shuffle):
    h5py = pytest.importorskip("h5py")
    values = np.random.uniform(size=(7, 2)).astype("float32")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"], file["y"] = values, np.arange(7, dtype="float32")
        batches = list(mx.io.NDArrayIter({"data": file["x"]}, {"y": file["y"]}, 3, shuffle=shuffle))
    rows = np.concatenate([batch.data[0].asnumpy() for batch in batches])[:7]
    numbers = np.concatenate([batch.label[0].asnumpy() for batch in batches])[:7].astype(int)
    assert sorted(numbers) == list(range(7))
    np.testing.assert_array_equal(rows, values[numbers])
