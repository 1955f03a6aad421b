"""ImageIter: batches of augmented images from RecordIO files, lists or folders."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import recordio
from ..error import MXNetError
from ..files import read_bytes
from ..imaging.lists import read_list
from ..io import DataBatch, DataDesc, DataIter
from ..ndarray import NDArray, array
from .augmenters import CreateAugmenter
from .functions import from_numpy, imdecode, to_numpy

__all__ = ["ImageIter"]


def _labels_of(entries: Sequence[Sequence[Any]]) -> dict[str, tuple[np.ndarray, str]]:
    """A list ``[[label, file], [label, label, file], [[label, label], file], ...]`` by number."""
    found = {}
    for number, (*labels, file) in enumerate(entries, 1):
        values = labels[0] if len(labels) == 1 and np.ndim(labels[0]) else labels
        found[str(number)] = (np.array(values, np.float32), file)
    return found


class ImageIter(DataIter):
    """Batches of images, decoded and augmented one after the other.

    Parameters: ``batch_size``; ``data_shape`` (c, h, w); ``label_width``: labels per image; where the
    images are: ``path_imgrec`` (with ``path_imgidx`` in any order), or ``path_imglist`` or
    ``imglist`` under ``path_root``; ``shuffle``, ``part_index``, ``num_parts`` (both need an order);
    ``aug_list``: augmenters, by default ``CreateAugmenter(data_shape, **kwargs)``;
    ``last_batch_handle``: "pad" with images from the start, "discard", or "roll_over" into the next
    pass; ``dtype``. Images that augmenters leave empty are left out. Raises MXNetError naming an
    image that cannot be decoded. To prepare batches ahead, see ``io.ImageRecordIter`` and
    ``io.PrefetchingIter``.
    """

    seq: list[Any] | None

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
        label_width: int = 1,
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence[Any] | None = None,
        imglist: Sequence[Sequence[Any]] | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ):
        super().__init__()
        assert dtype in ("int32", "float32", "int64", "float64"), f"{dtype} is not supported"
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise MXNetError(
                f"last_batch_handle should be pad, discard or roll_over, not {last_batch_handle!r}"
            )
        self.check_data_shape(data_shape)
        self.batch_size, self.data_shape, self.label_width = batch_size, data_shape, label_width
        self.path_root, self.shuffle, self.dtype = path_root, shuffle, dtype
        self.last_batch_handle = last_batch_handle
        self._open(path_imgrec, path_imgidx, path_imglist, imglist)
        if shuffle or num_parts > 1:
            self._keep_part(part_index, num_parts)
        self.auglist = aug_list if aug_list is not None else CreateAugmenter(data_shape, **kwargs)
        label_shape = (batch_size,) if label_width == 1 else (batch_size, label_width)
        self.provide_data = [DataDesc(data_name, (batch_size, *data_shape))]
        self.provide_label = [DataDesc(label_name, label_shape)]
        self.cur = 0
        self._carried: list[tuple[np.ndarray, np.ndarray]] = []
        self._ended = False
        self.reset()

    def _open(self, path_imgrec, path_imgidx, path_imglist, imglist) -> None:
        assert path_imgrec or path_imglist or isinstance(imglist, (list, tuple)), (
            "say where the images are: path_imgrec, path_imglist or imglist"
        )
        self.imgrec: Any = None
        self.imglist: dict[Any, tuple[np.ndarray, str]] | None = None
        self.seq = None
        if path_imgrec and path_imgidx:
            self.imgrec = recordio.MXIndexedRecordIO(path_imgidx, path_imgrec, "r")
            self.seq = list(self.imgrec.keys)
        elif path_imgrec:
            self.imgrec = recordio.MXRecordIO(path_imgrec, "r")
        if path_imglist:
            self.imglist = read_list(path_imglist)
        elif isinstance(imglist, (list, tuple)):
            self.imglist = _labels_of(imglist)
        if self.imglist is not None and (self.imgrec is None or self.seq is not None):
            self.seq = list(self.imglist)

    def _keep_part(self, index: int, count: int) -> None:
        """Leave out all images but those of one of ``count`` parts of equal size."""
        assert self.seq is not None, (
            "a RecordIO file has no order without its index: give path_imgidx"
        )
        assert 0 <= index < count, f"part_index should be in 0..{count - 1}, below num_parts"
        size = len(self.seq) // count
        self.seq = self.seq[index * size : (index + 1) * size]

    # -- passes ------------------------------------------------------------------------------
    def reset(self) -> None:
        """Start the next pass, in another order with ``shuffle``."""
        if self.seq is not None and self.shuffle:
            random.shuffle(self.seq)
        if self.last_batch_handle != "roll_over":
            self._carried = []
        self._rewind()

    def hard_reset(self) -> None:
        """Start the next pass, and forget what ``roll_over`` kept."""
        self._carried = []
        self.reset()

    def _rewind(self) -> None:
        if self.imgrec is not None:
            self.imgrec.reset()
        self.cur = 0
        self._ended = False

    # -- samples -----------------------------------------------------------------------------
    def next_sample(self) -> tuple[Any, bytes]:
        """The labels and the compressed bytes of the next image. Raises StopIteration at the end."""
        if self.seq is not None:
            if self.cur >= len(self.seq):
                raise StopIteration
            key = self.seq[self.cur]
            self.cur += 1
            if self.imgrec is None:
                assert self.imglist is not None
                label, file = self.imglist[key]
                return label, self.read_image(file)
            header, content = recordio.unpack(self.imgrec.read_idx(key))
            return (header.label if self.imglist is None else self.imglist[key][0]), content
        record = self.imgrec.read()
        if record is None:
            raise StopIteration
        self.cur += 1
        header, content = recordio.unpack(record)
        return header.label, content

    def _where(self) -> str:
        """The sample that was read last, in words."""
        if self.seq is None:
            return f"record {self.cur - 1} of {self.imgrec.uri}"
        key = self.seq[self.cur - 1]
        if self.imgrec is not None:
            return f"record {key} of {self.imgrec.uri}"
        assert self.imglist is not None
        return os.path.join(self.path_root or "", self.imglist[key][1])

    def read_image(self, fname: str) -> bytes:
        """The compressed bytes of a file under ``path_root``."""
        return read_bytes(os.path.join(self.path_root or "", fname))

    def imdecode(self, s: bytes) -> NDArray:
        """The pixels of an image; grey where ``data_shape`` has one channel."""
        try:
            return imdecode(s, flag=0 if self.data_shape[0] == 1 else 1)
        except MXNetError as error:
            raise MXNetError(f"Broken image: {self._where()}: {error}") from None

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """Apply the augmenters to an image."""
        for aug in self.auglist:
            data = aug(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """An image (h, w, c) as (c, h, w)."""
        return from_numpy(to_numpy(datum).transpose(2, 0, 1))

    def check_data_shape(self, data_shape: Sequence[int]) -> None:
        """Raises ValueError for what is not the shape of an image."""
        if len(data_shape) != 3:
            raise ValueError("data_shape should have length 3, with dimensions CxHxW")
        if data_shape[0] not in (1, 3):
            raise ValueError("This iterator expects inputs to have 1 or 3 channels.")

    def check_valid_image(self, data: Sequence[NDArray]) -> None:
        """Raises RuntimeError for an image without pixels."""
        if len(data[0].shape) == 0 or 0 in data[0].shape:
            raise RuntimeError("Data shape is wrong")

    def _load(self) -> tuple[np.ndarray, np.ndarray]:
        """The next image, ready for the batch, and its labels."""
        while True:
            label, content = self.next_sample()
            image = self.imdecode(content)
            try:
                self.check_valid_image([image])
            except RuntimeError as error:
                logging.debug("Invalid image, skipping: %s: %s", self._where(), error)
                continue
            return self._ready(self.augmentation_transform(image), label)

    def _ready(self, image: NDArray, label: Any) -> tuple[np.ndarray, np.ndarray]:
        pixels = to_numpy(self.postprocess_data(image))
        if pixels.shape != tuple(self.data_shape):
            raise MXNetError(
                f"{self._where()} has shape {pixels.shape} after augmentation, but data_shape is"
                f" {tuple(self.data_shape)}: add a crop or ForceResizeAug"
            )
        values = np.asarray(label, np.float32).reshape(-1)
        if values.size != self.label_width:
            raise MXNetError(
                f"{self._where()} has {values.size} labels, but label_width is {self.label_width}"
            )
        return pixels, values

    # -- batches -----------------------------------------------------------------------------
    def _samples(self, load: Any) -> tuple[list, int]:
        """The samples of a batch and how many of them only fill it up. Raises StopIteration."""
        if self._ended:
            raise StopIteration
        samples, self._carried = self._carried, []
        pad = self.batch_size - len(samples) if samples else 0  # as 1.x counts what rolled over
        while len(samples) < self.batch_size:
            try:
                samples.append(load())
            except StopIteration:
                if not samples:
                    raise
                if self.last_batch_handle != "pad":
                    self._carried = samples if self.last_batch_handle == "roll_over" else []
                    self._ended = True
                    raise
                pad = pad or self.batch_size - len(samples)
                self._rewind()
        if pad and self.last_batch_handle == "pad":
            self._ended = True
        return samples, pad

    def next(self) -> DataBatch:
        """The next batch: data (n, c, h, w), label (n) or (n, label_width)."""
        samples, pad = self._samples(self._load)
        data = np.stack([pixels for pixels, _ in samples])
        label = np.stack([values for _, values in samples])
        if self.label_width == 1:
            label = label[:, 0]
        return DataBatch([array(data, dtype=self.dtype)], [array(label)], pad=pad)
