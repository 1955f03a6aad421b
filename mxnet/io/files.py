"""Iterators that read files: CSVIter, LibSVMIter and MNISTIter."""

from __future__ import annotations

import gzip
import logging
import math
import os
from typing import Any, NamedTuple

import numpy as np

from ..error import MXNetError
from .batch import DataBatch, DataDesc, DataIter

__all__ = ["CSVIter", "LibSVMIter", "MNISTIter", "MXDataIter"]


class MXDataIter(DataIter):
    """The base of iterators that read their rows from files.

    A file is read once, when the iterator is made, and kept in memory; so the 1.x
    parameters ``prefetch_buffer`` and ``ctx`` of its subclasses are accepted and change
    nothing.

    With ``round_batch`` the last batch of a pass is filled up with rows from the start, and
    the next pass goes on behind those; without, each pass starts at the first row.
    """

    def __init__(self, batch_size: int, num_rows: int, round_batch: bool, descriptions):
        super().__init__(batch_size)
        if batch_size < 1:
            raise MXNetError(f"batch_size must be at least 1 but is {batch_size}")
        if num_rows < 1:
            raise MXNetError(f"{type(self).__name__}: there is no row to read")
        self.num_rows = num_rows
        self.round_batch = round_batch
        self.provide_data, self.provide_label = ([desc] for desc in descriptions)
        self._start = 0
        self._cursor = -batch_size

    def reset(self) -> None:
        ended = self._cursor >= self.num_rows
        self._start = self._cursor - self.num_rows if ended and self.round_batch else 0
        self._start %= self.num_rows
        self._cursor = self._start - self.batch_size

    def iter_next(self) -> bool:
        if self._cursor < self.num_rows:
            self._cursor += self.batch_size
        return self._cursor < self.num_rows

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def getindex(self) -> np.ndarray:
        span = np.arange(self._cursor, self._cursor + self.batch_size, dtype=np.uint64)
        return span % np.uint64(self.num_rows)

    def getpad(self) -> int:
        return max(self._cursor + self.batch_size - self.num_rows, 0)

    def getdata(self) -> list[Any]:
        return [self._data_rows(self.getindex().astype(np.int64))]

    def getlabel(self) -> list[Any]:
        return [self._label_rows(self.getindex().astype(np.int64))]

    def _data_rows(self, rows: np.ndarray) -> Any:
        raise NotImplementedError

    def _label_rows(self, rows: np.ndarray) -> Any:
        raise NotImplementedError


class CSVIter(MXDataIter):
    """Rows of a file of comma-separated numbers.

    Parameters: ``data_csv``: the file, one sample a line; ``data_shape``: the shape of a
    sample; ``label_csv``, ``label_shape``: the same for labels, which are 0 without a file;
    ``round_batch``: see MXDataIter. Raises MXNetError for a missing file or lines of another
    length than the shape asks for.
    """

    def __init__(
        self,
        *,
        data_csv: str,
        data_shape: tuple[int, ...],
        batch_size: int,
        label_csv: str = "NULL",
        label_shape: tuple[int, ...] = (1,),
        round_batch: bool = True,
        prefetch_buffer: int = 4,
        ctx: str = "gpu",
        dtype: Any = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
    ):
        dtype = np.dtype(dtype or "float32")
        self._data = _read_csv(data_csv, _shape(data_shape), dtype)
        shape = _shape(label_shape)
        if label_csv == "NULL":
            self._label = np.zeros((len(self._data), *shape), dtype)
        else:
            self._label = _read_csv(label_csv, shape, dtype)
        if len(self._label) != len(self._data):
            raise MXNetError(
                f"{label_csv} has {len(self._label)} lines but {data_csv} has {len(self._data)}"
            )
        if shape == (1,):
            self._label = self._label[:, 0]
        descriptions = _describe(batch_size, (data_name, self._data), (label_name, self._label))
        super().__init__(batch_size, len(self._data), round_batch, descriptions)

    def _data_rows(self, rows: np.ndarray) -> Any:
        return _to_ndarray(self._data[rows])

    def _label_rows(self, rows: np.ndarray) -> Any:
        return _to_ndarray(self._label[rows])


class MNISTIter(MXDataIter):
    """The MNIST images (``idx`` files, plain or .gz) as numbers from 0 to 255/256.

    Parameters: ``image``, ``label``: the files; ``flat``: shape (n, 784) instead of
    (n, 1, 28, 28); ``shuffle``, ``seed``: one fixed random order; ``num_parts``,
    ``part_index``: read only this part of the rows. Rows that do not fill a batch are left
    out. Raises MXNetError for a missing file or one of another format.
    """

    def __init__(
        self,
        *,
        image: str = "./train-images-idx3-ubyte",
        label: str = "./train-labels-idx1-ubyte",
        batch_size: int = 128,
        shuffle: bool = True,
        flat: bool = False,
        seed: int = 0,
        silent: bool = False,
        num_parts: int = 1,
        part_index: int = 0,
        prefetch_buffer: int = 4,
        ctx: str = "gpu",
        dtype: Any = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
    ):
        images, labels = _read_idx(image, dimensions=3), _read_idx(label, dimensions=1)
        if len(images) != len(labels):
            raise MXNetError(f"{image} has {len(images)} images, {label} has {len(labels)} labels")
        part = _part(len(images), num_parts, part_index)
        images, labels = images[part], labels[part]
        if len(images) < batch_size:
            raise MXNetError(f"MNISTIter: {len(images)} images do not fill a batch of {batch_size}")
        order = np.arange(len(images))
        if shuffle:
            np.random.RandomState(seed).shuffle(order)
        self._order = order
        self._images = images.reshape(len(images), -1) if flat else images[:, None]
        self._labels = labels
        self._dtype = np.dtype(dtype or "float32")
        shapes = [(batch_size, *self._images.shape[1:]), (batch_size,)]
        descriptions = [
            DataDesc(name, shape, self._dtype.type)
            for name, shape in zip((data_name, label_name), shapes, strict=True)
        ]
        whole_batches = len(order) // batch_size * batch_size
        super().__init__(batch_size, whole_batches, False, descriptions)
        if not silent:
            message = "MNISTIter: load %d images, shuffle=%d, shape=%s"
            logging.getLogger(__name__).info(message, len(order), shuffle, shapes[0])

    def getindex(self) -> np.ndarray:
        return self._order[super().getindex().astype(np.int64)].astype(np.uint64)

    def _data_rows(self, rows: np.ndarray) -> Any:
        return _to_ndarray(self._images[rows].astype(self._dtype) / self._dtype.type(256))

    def _label_rows(self, rows: np.ndarray) -> Any:
        return _to_ndarray(self._labels[rows].astype(self._dtype))


class LibSVMIter(MXDataIter):
    """Sparse rows of a LibSVM file (``label index:value index:value ...``) as CSR batches.

    Parameters: ``data_libsvm``: the file, with indices from 0; ``data_shape``: ``(columns,)``;
    ``label_libsvm``, ``label_shape``: a file of sparse labels, in place of the number at the
    start of each line; ``num_parts``, ``part_index``: read only this part of the rows.
    Raises MXNetError for a missing file, a line that is not LibSVM or an index out of range.
    """

    def __init__(
        self,
        *,
        data_libsvm: str,
        data_shape: tuple[int, ...],
        batch_size: int,
        label_libsvm: str = "NULL",
        label_shape: tuple[int, ...] = (1,),
        num_parts: int = 1,
        part_index: int = 0,
        round_batch: bool = True,
        prefetch_buffer: int = 4,
        ctx: str = "gpu",
        dtype: Any = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
    ):
        if not round_batch:
            raise MXNetError("LibSVMIter works with round_batch=True only")
        dtype = np.dtype(dtype or "float32")
        (columns,), (label_columns,) = _shape(data_shape), _shape(label_shape)
        self._data, labels = _read_libsvm(data_libsvm, columns, dtype)
        part = _part(len(labels), num_parts, part_index)
        self._offset = part.start
        self._labels: Any = labels
        label_tail: tuple[int, ...] = ()
        if label_libsvm != "NULL":
            self._labels, rows = _read_libsvm(label_libsvm, label_columns, dtype)
            label_tail = (label_columns,)
            if len(rows) != len(labels):
                raise MXNetError(
                    f"{label_libsvm} has {len(rows)} lines but {data_libsvm} has {len(labels)}"
                )
        descriptions = [
            DataDesc(data_name, (batch_size, columns), dtype.type),
            DataDesc(label_name, (batch_size, *label_tail), dtype.type),
        ]
        super().__init__(batch_size, part.stop - part.start, True, descriptions)

    def _data_rows(self, rows: np.ndarray) -> Any:
        return self._data.rows(rows + self._offset)

    def _label_rows(self, rows: np.ndarray) -> Any:
        if isinstance(self._labels, _Rows):
            return self._labels.rows(rows + self._offset)
        return _to_ndarray(self._labels[rows + self._offset])


class _Rows(NamedTuple):
    """A sparse matrix by rows."""

    values: np.ndarray
    indices: np.ndarray
    starts: np.ndarray
    columns: int

    def rows(self, rows: np.ndarray) -> Any:
        from ..ndarray.sparse import csr_matrix

        counts = self.starts[rows + 1] - self.starts[rows]
        places = np.concatenate([np.arange(self.starts[r], self.starts[r + 1]) for r in rows])
        starts = np.concatenate([[0], np.cumsum(counts)])
        parts = (self.values[places], self.indices[places], starts)
        return csr_matrix(parts, shape=(len(rows), self.columns), dtype=self.values.dtype)


def _to_ndarray(values: np.ndarray) -> Any:
    from ..ndarray import array

    return array(values, dtype=values.dtype)


def _describe(batch_size: int, *named: tuple[str, np.ndarray]) -> list[DataDesc]:
    return [DataDesc(n, (batch_size, *a.shape[1:]), a.dtype.type) for n, a in named]


def _shape(shape: Any) -> tuple[int, ...]:
    return (
        (int(shape),)
        if isinstance(shape, (int, np.integer))
        else tuple(int(size) for size in shape)
    )


def _part(count: int, num_parts: int, part_index: int) -> slice:
    if not 0 <= part_index < num_parts:
        raise MXNetError(f"part_index={part_index} must be in 0..{num_parts - 1} (num_parts - 1)")
    return slice(count * part_index // num_parts, count * (part_index + 1) // num_parts)


def _existing(path: str) -> str:
    if not os.path.isfile(path):
        raise MXNetError(f"there is no file {path!r} (looked from {os.getcwd()})")
    return path


def _read_csv(path: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    try:
        rows = np.loadtxt(_existing(path), delimiter=",", dtype=dtype, ndmin=2)
    except ValueError as error:
        raise MXNetError(f"{path}: {error}") from None
    if rows.shape[1] != math.prod(shape):
        raise MXNetError(
            f"{path} has {rows.shape[1]} numbers a line, but the shape {shape} of a row needs "
            f"{math.prod(shape)}"
        )
    return rows.reshape(-1, *shape)


def _read_idx(path: str, dimensions: int) -> np.ndarray:
    """An array of bytes in the ``idx`` format: 0, 0, type, rank, the sizes, the values."""
    opened = gzip.open if _existing(path).endswith(".gz") else open
    with opened(path, "rb") as file:
        content = file.read()
    head = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) < head:
        raise MXNetError(f"{path} is not an idx file of bytes with {dimensions} dimension(s)")
    sizes = np.frombuffer(content[4:head], ">u4").astype(int)
    if len(content) - head < math.prod(sizes):
        raise MXNetError(f"{path} is cut short: {math.prod(sizes)} bytes expected after the head")
    return np.frombuffer(content, np.uint8, math.prod(sizes), head).reshape(sizes)


def _read_libsvm(path: str, columns: int, dtype: np.dtype) -> tuple[_Rows, np.ndarray]:
    labels, indices, values, starts = [], [], [], [0]
    with open(_existing(path)) as file:
        for number, line in enumerate(file, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            try:
                labels.append(0.0 if ":" in words[0] else float(words[0]))
                for word in words[":" not in words[0] :]:
                    index, value = word.split(":")
                    indices.append(int(index))
                    values.append(float(value))
            except ValueError:
                message = "is not 'label index:value ...'"
                raise MXNetError(f"{path}:{number}: {line.strip()!r} {message}") from None
            starts.append(len(indices))
    if indices and not 0 <= min(indices) <= max(indices) < columns:
        worst = max(indices) if max(indices) >= columns else min(indices)
        raise MXNetError(
            f"{path}: index {worst} is outside 0..{columns - 1}; data_shape=({columns},) gives the "
            f"number of columns, and indices start at 0"
        )
    matrix = _Rows(np.array(values, dtype), np.array(indices, np.int64), np.array(starts), columns)
    return matrix, np.array(labels, dtype)
