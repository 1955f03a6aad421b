"""Files that are truncated, damaged or malicious end in an MXNetError that says where."""

import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet import nd
from mxnet.ndarray.serialization import write_to

V2 = 0xF993FAC9
HEADER = struct.pack("<QQQ", 0x112, 0, 1)


def content_of(*arrays, names=()):
    return b"".join(write_to(arrays, names))


DENSE = content_of(nd.array([[1, 2], [3, 4]]), nd.array([5], dtype="int64"), names=["w", "b"])
BOOLS = content_of(nd.array([1, 0, 1], dtype="bool"))
CSR = content_of(nd.array([[0, 1, 2], [0, 0, 3]]).tostype("csr"))
ROWS = content_of(nd.array([[0, 0], [1, 2], [0, 0]]).tostype("row_sparse"))
SAMPLES = [DENSE, BOOLS, CSR, ROWS]


def load_or_error(content):
    """Either arrays that can be used or an MXNetError, and never much memory."""
    tracemalloc.start()
    message = "byte"
    arrays = None
    try:
        arrays = nd.load_frombuffer(content)
        for array in arrays.values() if isinstance(arrays, dict) else arrays:
            if array.stype == "default" or np.prod(array.shape, dtype=object) < 10_000:
                array.asnumpy()
    except mx.MXNetError as error:
        message = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert "byte" in message
    assert peak < 4_000_000
    return arrays


@pytest.mark.parametrize("sample", SAMPLES, ids=["dense", "bool", "csr", "row_sparse"])
def test_truncated_anywhere(sample):
    for length in range(len(sample)):
        with pytest.raises(mx.MXNetError, match="byte"):
            nd.load_frombuffer(sample[:length])


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_bits(sample, data):
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        bit = data.draw(st.integers(0, 8 * len(sample) - 1))
        damaged[bit // 8] ^= 1 << bit % 8
    load_or_error(bytes(damaged))


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=300, deadline=None)
def test_hostile_words(sample, data):
    """Any field may say anything: huge, negative, slightly off."""
    words = st.sampled_from([0, 1, 2, 3, 33, 2**31 - 1, 2**31, 2**32 - 1, V2, V2 + 1, V2 - 1])
    damaged = bytearray(sample)
    place = data.draw(st.integers(0, len(sample) // 4 - 2)) * 4
    for offset in range(0, 4 * data.draw(st.integers(1, 2)), 4):
        struct.pack_into("<I", damaged, place + offset, data.draw(words))
    load_or_error(bytes(damaged))


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_noise(noise):
    load_or_error(noise)
    load_or_error(HEADER + noise)
    load_or_error(HEADER + struct.pack("<Ii", V2, 2) + noise)


def dense(axes, dims, device=(1, 0), dtype=0, data=b""):
    shape = struct.pack(f"<I{len(dims)}q", axes, *dims)
    return HEADER + struct.pack("<Ii", V2, 0) + shape + struct.pack("<iii", *device, dtype) + data


NAMES = struct.pack("<Q", 1)
VECTOR = dense(1, [1], data=b"\0" * 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (struct.pack("<QQQ", 0x112, 0, 2**60), "arrays do not fit"),
        (struct.pack("<QQQ", 0x113, 0, 0), "magic number 0x113"),
        (HEADER + struct.pack("<I", 0xF993FACB) + bytes(40), "magic number 0xf993facb"),
        (HEADER + struct.pack("<Ii", V2, 3) + bytes(40), "storage type 3"),
        (dense(2**32 - 1, [1]), "4294967295 axes"),
        (dense(2, [2**40, 2**40]), "impossible shape"),
        (dense(1, [2**40]), "takes 4398046511104 bytes"),
        (dense(2, [-1, 4]), "negative size"),
        (dense(0, []), "without a shape"),
        (dense(1, [1], device=(4, 0), data=bytes(4)), "device type 4"),
        (dense(1, [1], dtype=99, data=bytes(4)), "dtype code 99"),
        (dense(1, [2], dtype=7, data=b"\1\2"), "neither 0 nor 1"),
        (VECTOR + struct.pack("<Q", 2), "2 names for 1 arrays"),
        (VECTOR + NAMES + struct.pack("<Q", 2**62), "name 0 takes"),
        (VECTOR + NAMES + struct.pack("<Q", 2) + b"\xff\xfe", "not UTF-8"),
    ],
)
def test_messages(content, message):
    with pytest.raises(mx.MXNetError, match=message):
        nd.load_frombuffer(content)


def test_sparse_indices_stay_inside():
    at = CSR.index(struct.pack("<qqq", 1, 2, 2))
    with pytest.raises(mx.MXNetError, match="columns from 1 to 9 are outside of 3"):
        nd.load_frombuffer(CSR[:at] + struct.pack("<qqq", 1, 9, 2) + CSR[at + 24 :])
    at = CSR.index(struct.pack("<qqq", 0, 2, 3))
    with pytest.raises(mx.MXNetError, match="indptr"):
        nd.load_frombuffer(CSR[:at] + struct.pack("<qqq", 0, 5, 3) + CSR[at + 24 :])


def test_device_of_another_machine():
    content = dense(1, [1], device=(2, 7), data=bytes(4)) + bytes(8)
    assert nd.load_frombuffer(content)[0].context == mx.cpu()


def test_huge_sparse_shape_allocates_nothing():
    rows = nd.sparse.zeros("row_sparse", (2**40, 2))
    assert load_or_error(content_of(rows))[0].shape == (2**40, 2)
