"""RecordIO: byte for byte as recorded, any order, damage named by its offset."""

from __future__ import annotations

import base64
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxnet as mx
from golden_data import cases, directory
from mxnet.recordio import IRHeader, MXIndexedRecordIO, MXRecordIO, pack, record_offsets, unpack

MAGIC = struct.pack("<I", 0xCED7230A)


def content(case) -> list[bytes]:
    return [base64.b64decode(record["record_b64"]) for record in case["records"]]


def header_of(record) -> IRHeader:
    facts = record["header"]
    return IRHeader(facts["flag"], facts["label"], facts["id"], facts["id2"])


# -- recorded files --------------------------------------------------------------------------------
@pytest.mark.parametrize("case", cases("files", op="recordio"))
def test_recorded_files_are_read_and_written_back(case, tmp_path):
    recorded = directory() / case["rec_file"]
    reader = MXRecordIO(str(recorded), "r")
    assert [reader.read() for _ in case["records"]] == content(case)
    assert reader.read() is None
    with MXRecordIO(str(tmp_path / "x.rec"), "w") as writer:
        for record in content(case):
            writer.write(record)
    assert (tmp_path / "x.rec").read_bytes() == recorded.read_bytes()


@pytest.mark.parametrize(
    "case", [*cases("files", op="recordio_indexed"), *cases("files", op="irheader")]
)
def test_recorded_indexed_files(case, tmp_path):
    recorded = directory() / case["rec_file"]
    reader = MXIndexedRecordIO(str(directory() / case["idx_file"]), str(recorded), "r")
    keys = [record["key"] for record in case["records"]]
    assert reader.keys == keys
    assert [reader.read_idx(key) for key in reversed(keys)] == content(case)[::-1]
    with MXIndexedRecordIO(str(tmp_path / "x.idx"), str(tmp_path / "x.rec"), "w") as writer:
        for key, record in zip(keys, content(case), strict=True):
            writer.write_idx(key, record)
    assert (tmp_path / "x.rec").read_bytes() == recorded.read_bytes()
    assert (tmp_path / "x.idx").read_text() == case["idx_text"]


@pytest.mark.parametrize("case", cases("files", op="irheader"))
def test_recorded_headers(case):
    for record, raw in zip(case["records"], content(case), strict=True):
        payload = base64.b64decode(record["payload_b64"])
        assert pack(header_of(record), payload) == raw
        header, rest = unpack(raw)
        assert rest == payload
        np.testing.assert_array_equal(header.label, record["header"]["label"])
        assert header[2:] == header_of(record)[2:]


# -- round trips -----------------------------------------------------------------------------------
pieces = st.one_of(st.just(MAGIC), st.binary(max_size=9))
payloads = st.lists(pieces, max_size=5).map(b"".join)


# A busy machine takes longer than hypothesis expects, and files take longer than its deadline.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(payloads, max_size=6))
def test_round_trip(records, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("rec") / "x.rec")
    with MXRecordIO(path, "w") as writer:
        for record in records:
            writer.write(record)
    reader = MXRecordIO(path, "r")
    assert [reader.read() for _ in records] == records
    assert reader.read() is None
    reader.reset()
    assert reader.read() == (records[0] if records else None)
    assert len(list(record_offsets(path))) == len(records)


@pytest.fixture
def path(tmp_path):
    with MXRecordIO(str(tmp_path / "x.rec"), "w") as writer:
        for record in (b"", b"abc", b"abcd" + MAGIC + b"efg", b"last"):
            writer.write(record)
    return str(tmp_path / "x.rec")


def test_sequential_file_opens_again_in_another_process(path):
    reader = MXRecordIO(path, "r")
    reader.read()
    assert reader.read() == b"abc"
    assert pickle.loads(pickle.dumps(reader)).read() == b""
    child = os.fork()
    if child == 0:
        os._exit(reader.read() != b"")
    assert os.waitpid(child, 0)[1] == 0
    assert reader.read() == b"abcd" + MAGIC + b"efg"


def test_indexed_file(tmp_path):
    names = str(tmp_path / "x.idx"), str(tmp_path / "x.rec")
    with MXIndexedRecordIO(*names, "w", key_type=str) as writer:
        for key in "cab":
            writer.write_idx(key, key.encode() * 3)
        assert writer.tell() == 36
    reader = MXIndexedRecordIO(*names, "r", key_type=str)
    assert (reader.keys, reader.idx) == (["c", "a", "b"], {"c": 0, "a": 12, "b": 24})
    assert [reader.read_idx("b"), reader.read_idx("c"), reader.read()] == [b"bbb", b"ccc", b"aaa"]
    assert pickle.loads(pickle.dumps(reader)).read_idx("a") == b"aaa"
    with pytest.raises(KeyError):
        reader.read_idx("d")


def read_all(reader) -> None:
    while reader.read() is not None:
        pass


# -- damage ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("removed", range(1, 57))
def test_truncated_file_names_the_offset(path, removed):
    whole = Path(path).read_bytes()
    offsets = list(record_offsets(path))
    Path(path).write_bytes(whole[:-removed])
    left = len(whole) - removed
    reader = MXRecordIO(path, "r")
    if left in (*offsets, 0):  # cut between records: nothing to see
        read_all(reader)
        return
    with pytest.raises(mx.MXNetError, match=r"x\.rec.*offset \d+"):
        read_all(reader)
    with pytest.raises(mx.MXNetError, match="offset"):
        list(record_offsets(path))


@pytest.mark.parametrize(
    ("at", "value", "offset"), [(0, 0, 0), (8, 0, 8), (12, 0x60000003, 8), (24, 0xA0000000, 20)]
)
def test_corrupt_file_names_the_offset(path, at, value, offset):
    damaged = bytearray(Path(path).read_bytes())
    damaged[at : at + 4] = struct.pack("<I", value)
    Path(path).write_bytes(damaged)
    reader = MXRecordIO(path, "r")
    with pytest.raises(mx.MXNetError, match=f"offset {offset}"):
        read_all(reader)


def test_refusals(path, tmp_path):
    with pytest.raises(ValueError, match="Invalid flag"):
        MXRecordIO(path, "a")
    with pytest.raises(mx.MXNetError, match="nope"):
        MXRecordIO("nope.rec", "r")
    with pytest.raises(FileNotFoundError):
        MXIndexedRecordIO("nope.idx", path, "r")
    reader = MXRecordIO(path, "r")
    with pytest.raises(AssertionError):
        reader.write(b"x")
    reader.close()
    reader.close()
    with pytest.raises(RuntimeError, match="closed"):
        reader.read()
    writer = MXRecordIO(str(tmp_path / "y.rec"), "w")
    with pytest.raises(AssertionError):
        writer.read()
    with pytest.raises(TypeError):
        writer.write("text")
    (tmp_path / "bad.idx").write_text("1 2\n")
    with pytest.raises(mx.MXNetError, match=r"bad\.idx:1"):
        MXIndexedRecordIO(str(tmp_path / "bad.idx"), path, "r")
    with pytest.raises(mx.MXNetError, match="at least 24 bytes"):
        unpack(b"short")
    with pytest.raises(mx.MXNetError, match="does not fit"):
        unpack(pack(IRHeader(0, [1, 2], 3, 0), b"")[:-4])


# -- images ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_images_in_records(shape):
    image = np.random.randint(0, 256, shape).astype(np.uint8)
    header, found = mx.recordio.unpack_img(
        mx.recordio.pack_img(IRHeader(0, 4.0, 2, 0), image, quality=3, img_fmt=".png")
    )
    assert (header.label, header.id) == (4.0, 2)
    np.testing.assert_array_equal(found, image)


def test_stored_images_are_blue_first():
    image = np.zeros((8, 8, 3), np.uint8)
    image[..., 0] = 255
    packed = mx.recordio.pack_img(IRHeader(0, 1, 2, 0), image, quality=100)
    assert mx.image.imdecode(unpack(packed)[1])[0, 0].asnumpy()[2] > 250
    assert mx.recordio.unpack_img(packed, iscolor=0)[1].shape == (8, 8)
    assert mx.recordio.unpack_img(packed, iscolor=1)[1][0, 0, 0] > 250


@pytest.mark.parametrize(
    ("image", "extension"),
    [
        (np.zeros((2, 2), np.float32), ".jpg"),
        (np.zeros((2, 2, 2), np.uint8), ".png"),
        (np.zeros((2, 2), np.uint8), ".gif"),
    ],
)
def test_images_that_cannot_be_stored(image, extension):
    with pytest.raises(mx.MXNetError):
        mx.recordio.pack_img(IRHeader(0, 1, 2, 0), image, img_fmt=extension)


@pytest.mark.parametrize("content", [None, "1\n"], ids=["none", "damaged"])
def test_files_are_closed_where_there_is_no_good_index(tmp_path, content):
    record, index = tmp_path / "a.rec", tmp_path / "a.idx"
    record.touch()
    if content is not None:
        index.write_text(content)
    reader = MXIndexedRecordIO.__new__(MXIndexedRecordIO)
    with pytest.raises((FileNotFoundError, mx.MXNetError)):
        reader.__init__(str(index), str(record), "r")
    assert not reader.is_open
    assert reader._file.closed
    assert reader.fidx is None or reader.fidx.closed
