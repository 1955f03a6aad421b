"""The file format of arrays (``.params``, ``.nd``), byte for byte that of MXNet 1.x.

Little endian. A file: u64 0x112, u64 0, u64 count, the arrays, u64 count of names (0 or as many as
arrays), and per name u64 length and UTF-8 bytes. An array::

    u32 magic (V2, or V3 where sizes and axes are numpy's), i32 storage type
    [sparse: shape of the values]  shape  i32 device type, i32 device number, i32 dtype
    [sparse: per index array its dtype (i32) and shape]  values  [the index arrays]

A shape is u32 axes and an i64 for each. Older files: V1 has no storage type; before it there was no
magic either, the first word is the number of axes and sizes are u32.

What is read is not trusted: every size is compared with the bytes that are left before anything is
allocated, and an error says at which byte of which array it is.
"""

from __future__ import annotations

import io
import math
import os
import struct
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import torch

from ..context import Context, cpu, num_gpus
from ..error import MXNetError
from ..ops.dtypes import CODES, NAMES
from .dtypes import NAME_OF, TORCH_TYPE_OF
from .ndarray import _STORAGE_TYPE_STR_TO_ID, NDArray
from .sparse_array import BaseSparseNDArray, CSRNDArray, RowSparseNDArray

__all__ = ["array_from_bytes", "array_to_bytes", "read_file", "read_from", "write_to"]

_LIST_MAGIC = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_SPARSE_CLASSES: dict[int, type[BaseSparseNDArray]] = {1: RowSparseNDArray, 2: CSRNDArray}
_MAX_AXES = 32  # more than any array has; a corrupt header usually says billions
_CHUNK = 1 << 24


# -- writing --------------------------------------------------------------------------------------
def write_to(arrays: Iterable[NDArray], names: Iterable[str] = ()) -> Iterator[bytes | memoryview]:
    """The pieces of a file with these arrays, and names unless there are none."""
    arrays, encoded = list(arrays), [name.encode("utf-8") for name in names]
    yield struct.pack("<QQQ", _LIST_MAGIC, 0, len(arrays))
    for array in arrays:
        yield from _array_pieces(array)
    yield struct.pack("<Q", len(encoded))
    for name in encoded:
        yield struct.pack("<Q", len(name))
        yield name


def array_to_bytes(array: NDArray) -> bytearray:
    """One array without the frame of a file, as pickles contain it."""
    content = bytearray()
    for piece in _array_pieces(array):
        content += piece
    return content


def _array_pieces(array: NDArray) -> Iterator[bytes | memoryview]:
    from ..util import is_np_shape

    # Without axes V2 means "no array"; only V3 can say that there is one element.
    magic = _V3 if is_np_shape() or not array.shape else _V2
    device = struct.pack("<ii", array.context.device_typeid, array.context.device_id)
    yield struct.pack("<Ii", magic, _STORAGE_TYPE_STR_TO_ID[array.stype])
    if isinstance(array, BaseSparseNDArray):
        values, indices = array._values, array._indices
    else:
        values, indices = array._tensor, ()
    if array.stype != "default":
        yield _shape_bytes(values.shape)
    yield _shape_bytes(array.shape) + device + _dtype_bytes(values)
    for index in indices:
        yield _dtype_bytes(index) + _shape_bytes(index.shape)
    for tensor in (values, *indices):
        yield _content(tensor)


def _shape_bytes(shape: Iterable[int]) -> bytes:
    shape = tuple(shape)
    return struct.pack(f"<I{len(shape)}q", len(shape), *shape)


def _dtype_bytes(tensor: torch.Tensor) -> bytes:
    return struct.pack("<i", CODES[NAME_OF[tensor.dtype]])


def _content(tensor: torch.Tensor) -> memoryview:
    return _memory(tensor.detach().cpu().contiguous())


def _memory(tensor: torch.Tensor) -> memoryview:
    """The bytes of a contiguous tensor on the CPU, not copied."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data


# -- reading --------------------------------------------------------------------------------------
def read_file(path: str) -> tuple[list[NDArray], list[str]]:
    """The arrays and the names in a file; raises MXNetError if it cannot be read or is corrupt."""
    try:
        with open(path, "rb") as file:
            if file.seekable():
                return read_from(file, path)
            return read_from(io.BytesIO(file.read()), path)
    except OSError as error:
        raise MXNetError(f"cannot read {path}: {error.strerror or error}") from None


def read_from(file: BinaryIO, what: str) -> tuple[list[NDArray], list[str]]:
    """The arrays and the names in an open file, which errors call ``what``."""
    source = _Source(file, what)
    if source.left < 24:
        raise source.error(f"Invalid NDArray file format: {source.left} bytes are no header", 0)
    magic, _, count = source.numbers("<QQQ", "the header")
    if magic != _LIST_MAGIC:
        raise source.error(f"Invalid NDArray file format: magic number {magic:#x}, not 0x112", 0)
    source.check_count(count, 4, "arrays")
    arrays = []
    for number in range(count):
        source.part = f"array {number} of {count}"
        arrays.append(_read_array(source))
    source.part = "the names"
    (named,) = source.numbers("<Q", "the number of names")
    if named not in (0, count):
        raise source.error(f"Invalid NDArray file format: {named} names for {count} arrays")
    return arrays, [source.name(i) for i in range(named)]


def array_from_bytes(content: Any) -> NDArray:
    """One array without the frame of a file; raises MXNetError if it is corrupt."""
    return _read_array(_Source(io.BytesIO(content), "a pickled array"))


class _Source:
    """A file that knows how much of it is left, and where an error is."""

    def __init__(self, file: BinaryIO, what: str):
        self.file, self.what, self.part = file, what, ""
        self.start = file.tell()
        self.left = file.seek(0, os.SEEK_END) - self.start
        file.seek(self.start)
        self.position = 0

    def error(self, message: str, at: int | None = None) -> MXNetError:
        where = f"{self.what}: {self.part + ': ' if self.part else ''}"
        return MXNetError(f"{where}{message} (at byte {self.position if at is None else at})")

    def take(self, size: int, what: str) -> bytes:
        self.check(size, what)
        content = self.file.read(size)
        if len(content) != size:  # the file became shorter in the meantime
            raise self.error(f"Invalid NDArray file format: truncated in {what}")
        self.left -= size
        self.position += size
        return content

    def check(self, size: int, what: str) -> None:
        if size > self.left:
            raise self.error(
                f"Invalid NDArray file format: truncated or corrupt: {what} takes {size} bytes, "
                f"{self.left} are left"
            )

    def check_count(self, count: int, smallest: int, what: str) -> None:
        if count * smallest > self.left:
            raise self.error(
                f"Invalid NDArray file format: {count} {what} do not fit in {self.left} bytes"
            )

    def numbers(self, form: str, what: str) -> tuple:
        return struct.unpack(form, self.take(struct.calcsize(form), what))

    def name(self, number: int) -> str:
        (length,) = self.numbers("<Q", f"the length of name {number}")
        at = self.position
        try:
            return self.take(length, f"name {number}").decode("utf-8")
        except UnicodeDecodeError:
            raise self.error(f"name {number} is not UTF-8", at) from None

    def shape(self, code: str = "q", axes: int | None = None) -> tuple[int, ...]:
        at = self.position
        if axes is None:
            (axes,) = self.numbers("<I", "the number of axes")
        if axes > _MAX_AXES:
            raise self.error(f"Invalid NDArray file format: a shape with {axes} axes", at)
        shape = self.numbers(f"<{axes}{code}", "the shape")
        if any(size < 0 for size in shape):
            raise self.error(f"Invalid NDArray file format: negative size in shape {shape}", at)
        if math.prod(size for size in shape if size) >= 1 << 62:
            raise self.error(f"Invalid NDArray file format: impossible shape {shape}", at)
        return shape

    def dtype(self) -> torch.dtype:
        at = self.position
        (code,) = self.numbers("<i", "the dtype")
        if code not in NAMES:
            raise self.error(f"Invalid NDArray file format: unknown dtype code {code}", at)
        return TORCH_TYPE_OF[NAMES[code]]

    def tensor(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        size = math.prod(shape) * dtype.itemsize
        self.check(size, f"the content of shape {shape}")
        tensor = torch.empty(shape, dtype=dtype)
        if not size:
            return tensor
        buffer = _memory(tensor)
        for begin in range(0, size, _CHUNK):
            part = buffer[begin : begin + _CHUNK]
            if self.file.readinto(part) != len(part):  # type: ignore[attr-defined]
                raise self.error("Invalid NDArray file format: truncated in the content")
        self.left -= size
        self.position += size
        if dtype is torch.bool and tensor.view(torch.uint8).max() > 1:
            raise self.error("Invalid NDArray file format: a bool that is neither 0 nor 1")
        return tensor


def _read_array(source: _Source) -> NDArray:
    at = source.position
    (magic,) = source.numbers("<I", "the magic number")
    storage = 0
    if magic in (_V2, _V3):
        (storage,) = source.numbers("<i", "the storage type")
        if storage != 0 and storage not in _SPARSE_CLASSES:
            raise source.error(f"Invalid NDArray file format: storage type {storage}", at + 4)
        if storage:
            return _read_sparse(source, storage)
        shape = source.shape()
    elif magic == _V1:
        shape = source.shape()
    else:  # the oldest form, in which this word is the number of axes
        if magic > _MAX_AXES:
            raise source.error(f"Invalid NDArray file format: magic number {magic:#x}", at)
        shape = source.shape("I", axes=magic)
    if not shape and magic != _V3:
        raise source.error(
            "an array without a shape, which holds nothing; 1.x writes arrays of shape () so, "
            "unless np_shape is in force", at,
        )  # fmt: skip
    context = _read_context(source)
    tensor = source.tensor(shape, source.dtype())
    return NDArray(_on_device(tensor, context), context)


def _read_sparse(source: _Source, storage: int) -> NDArray:
    cls = _SPARSE_CLASSES[storage]
    at = source.position
    values_shape, shape = source.shape(), source.shape()
    context = _read_context(source)
    dtype = source.dtype()
    layout = [(source.dtype(), source.shape()) for _ in range(cls._index_arrays)]
    values = source.tensor(values_shape, dtype)
    indices = [source.tensor(index_shape, index_dtype) for index_dtype, index_shape in layout]
    try:
        made = cls(values, tuple(indices), shape, cpu())
        made.check_format(ordered=False)
    except (MXNetError, ValueError) as error:
        raise source.error(f"Invalid NDArray file format: {error}", at) from None
    return made.as_in_context(context)


def _read_context(source: _Source) -> Context:
    """Where the array was: that GPU, if there is one, else ``cpu(0)``."""
    at = source.position
    kind, number = source.numbers("<ii", "the device")
    if kind not in Context.devtype2str:
        raise source.error(f"Invalid NDArray file format: unknown device type {kind}", at)
    on_gpu = Context.devtype2str[kind] == "gpu" and 0 <= number < num_gpus()
    return Context("gpu", number) if on_gpu else cpu()


def _on_device(tensor: torch.Tensor, context: Context) -> torch.Tensor:
    return tensor if context == cpu() else tensor.to(f"cuda:{context.device_id}")
