"""Files of arrays: those of 1.9.1 are read, written back byte for byte, and pickles are read."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

import golden_data
import mxnet as mx
from mxnet import nd


def recorded(extensions):
    return [
        case
        for case in golden_data.cases("files")
        if case.values[0].get("file", "").endswith(extensions)
    ]


def bits(array):
    """Values that compare equal only if they are the same to the last bit."""
    return array.shape, array.dtype.str, np.ascontiguousarray(array).tobytes()


@pytest.mark.parametrize("case", recorded((".params", ".nd")))
def test_recorded_file(case, tmp_path):
    path = golden_data.directory() / case["file"]
    found = nd.load(str(path))
    values = golden_data.parts("files", case)
    assert isinstance(found, dict if case["container"] == "dict" else list)
    assert len(found) == len(case["entries"])
    if isinstance(found, dict):
        assert list(found) == [entry["key"] for entry in case["entries"]]
    for entry in case["entries"]:
        array = found[entry["key"]]
        assert (list(array.shape), array.stype) == (entry["shape"], entry["stype"])
        assert np.dtype(array.dtype).name == entry["dtype"]
        assert array.context == mx.cpu(0)
        key = entry["key"]
        assert bits(array.asnumpy()) == bits(values[f"value/{key}"])
        for part in ("data", "indices", "indptr"):
            for prefix in ("csr", "rsp"):
                if f"{prefix}_{part}/{key}" in values:
                    expected = values[f"{prefix}_{part}/{key}"]
                    np.testing.assert_array_equal(getattr(array, part).asnumpy(), expected)
    if "legacy" not in case["op"]:
        with mx.util.np_shape("requires" in case):
            nd.save(str(tmp_path / "back"), found)
        assert (tmp_path / "back").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("case", golden_data.cases("files", op="checkpoint"))
def test_recorded_checkpoint(case):
    folder = golden_data.directory()
    values = golden_data.parts("files", case)
    arrays = nd.load(str(folder / case["params_file"]))
    assert sorted(arrays) == sorted(case["param_keys"])
    for key, array in arrays.items():
        np.testing.assert_array_equal(array.asnumpy(), values[key.replace(":", "/")])
    states = pickle.loads((folder / case["states_file"]).read_bytes())
    for index, shapes in case["state_shapes"].items():
        state = states[int(index)]
        state = state if isinstance(state, (tuple, list)) else [state]
        assert [list(array.shape) for array in state] == shapes
        for number, array in enumerate(state):
            expected = values[f"state/{index}/{number}"]
            np.testing.assert_array_equal(array.asnumpy(), expected)


ARRAYS = {
    "float": lambda: nd.array([[1, 2], [3, 4]]),
    "int16": lambda: nd.array([1, -2], dtype="int16"),
    "uint64": lambda: nd.array(np.array([2**63], "uint64"), dtype="uint64"),
    "bfloat16": lambda: nd.array([1.5, float("inf")], dtype="bfloat16"),
    "scalar": lambda: nd.array(3),
    "empty": lambda: nd.empty((0, 3)),
    "view": lambda: nd.array(np.arange(24).reshape(2, 3, 4))[1, 1:],
    "not contiguous": lambda: nd.from_torch(nd.ones((2, 3)).to_torch().t()),
    "csr": lambda: nd.array([[0, 1], [0, 2]]).tostype("csr"),
    "row_sparse": lambda: nd.array([[0, 1], [0, 0]]).tostype("row_sparse"),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_round_trip(kind, tmp_path):
    array, path = ARRAYS[kind](), str(tmp_path / "f.params")
    for data in (array, [array, array], {"a": array, "ö": nd.ones((2,))}):
        nd.save(path, data)
        found = nd.load(path)
        first = found["a"] if isinstance(found, dict) else found[0]
        assert (type(first), first.dtype, first.shape) == (type(array), array.dtype, array.shape)
        assert bits(first.asnumpy()) == bits(array.asnumpy())
        with open(path, "rb") as file:
            assert type(nd.load_frombuffer(file.read())) is type(found)


def test_containers(tmp_path):
    path = str(tmp_path / "f")
    for empty in ({}, []):
        nd.save(path, empty)
        assert nd.load(path) == []


@pytest.mark.parametrize(
    ("data", "error"),
    [({"w": 3}, TypeError), ({1: nd.ones((1,))}, TypeError), ([1], TypeError), ("w", ValueError),
     (3, ValueError), ((nd.ones((1,)),), ValueError), ({"w": None}, TypeError)],
    ids=repr,
)  # fmt: skip
def test_what_cannot_be_saved(data, error, tmp_path):
    with pytest.raises(error, match="NDArray"):
        nd.save(str(tmp_path / "f"), data)
    assert not os.listdir(tmp_path)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f.params"
    nd.save(str(path), nd.ones((2,)))
    before = path.read_bytes()

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(mx.MXNetError, match=r"No space left"):
        nd.save(str(path), nd.zeros((2,)))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["f.params"]


def test_missing_places(tmp_path):
    with pytest.raises(mx.MXNetError, match=r"missing\.params"):
        nd.load(str(tmp_path / "missing.params"))
    with pytest.raises(mx.MXNetError, match="nowhere"):
        nd.save(str(tmp_path / "nowhere" / "f"), nd.ones((1,)))
    with pytest.raises(mx.MXNetError):
        nd.load(str(tmp_path))
    with pytest.raises(TypeError):
        nd.load(3)
    with pytest.raises(TypeError):
        nd.load_frombuffer(3)


def test_other_files_are_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b")
    for content in (b"", b"garbage!" * 10, b"{}", buffer.getvalue()):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(mx.MXNetError, match="Invalid NDArray file format"):
            nd.load(str(tmp_path / "f"))
