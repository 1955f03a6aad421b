"""ImageRecordIter: batches of images from RecordIO files, decoded and augmented by threads while
the batches before them are used."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..error import MXNetError
from ..imaging import codec
from ..imaging.augment import Augmentation
from .batch import DataBatch, DataDesc, DataIter
from .record_reading import Reading, Records, list_labels, orders, split_parameters
from .workers import Ahead

__all__ = [
    "ImageRecordInt8Iter", "ImageRecordIter", "ImageRecordIter_v1", "ImageRecordUInt8Iter",
    "ImageRecordUInt8Iter_v1",
]  # fmt: skip


@dataclass(frozen=True)
class Normalization:
    """From pixels to numbers: ``((x - mean) * contrast + illumination) * scale / std``.

    ``mean_img``: a file with the mean image, made if it does not exist; else ``mean_r`` and so on;
    ``std_r`` and so on; ``mirror``: left and right exchanged, with ``rand_mirror`` half of the time;
    ``max_random_contrast``, ``max_random_illumination``: how far these are from 1 and 0 at most.
    """

    mirror: bool = False
    rand_mirror: bool = False
    mean_img: str = ""
    mean_r: float = 0.0
    mean_g: float = 0.0
    mean_b: float = 0.0
    mean_a: float = 0.0
    std_r: float = 1.0
    std_g: float = 1.0
    std_b: float = 1.0
    std_a: float = 1.0
    scale: float = 1.0
    max_random_contrast: float = 0.0
    max_random_illumination: float = 0.0

    def channels(self, kind: str, count: int) -> np.ndarray:
        """The values of a kind ("mean" or "std"), (channels, 1, 1)."""
        values = [getattr(self, f"{kind}_{letter}") for letter in "rgba"][:count]
        return np.array(values, np.float32).reshape(-1, 1, 1)


class RecordIter(DataIter):
    """What both iterators share: passes, batches, threads. Subclasses say what a sample is."""

    label_shape: tuple[int, ...]
    label_fill = 0.0

    def __init__(self, reading: Reading):
        super().__init__(reading.batch_size)
        if reading.batch_size < 1:
            raise MXNetError(f"batch_size must be at least 1 but is {reading.batch_size}")
        if len(reading.data_shape) != 3 or reading.data_shape[0] not in (1, 3, 4):
            raise MXNetError(
                f"data_shape should be (1, 3 or 4, height, width), not {reading.data_shape}"
            )
        self._reading = reading
        self._dtype = np.dtype(reading.dtype or "float32")
        self._records = Records(reading)
        self._labels = list_labels(reading)
        self._pass = 0  # how many passes were started
        self._skip = 0  # how many samples of this pass went into the last batch before it
        self._batch: DataBatch | None = None
        self._untouched = False
        self._ahead: Ahead | None = None

    def _describe(self) -> None:
        reading = self._reading
        data = (reading.batch_size, *reading.data_shape)
        label = (reading.batch_size, *self.label_shape)
        self.provide_data = [DataDesc(reading.data_name, data, self._dtype.type)]
        self.provide_label = [DataDesc(reading.label_name, label, np.float32)]
        if reading.verbose:
            logging.getLogger(__name__).info(
                "%s: %s, %d images", type(self).__name__, reading.path_imgrec, len(self._records)
            )

    # -- passes ------------------------------------------------------------------------------
    def _start(self) -> None:
        if self._ahead is not None:
            self._ahead.close()
        reading = self._reading
        self._ahead = Ahead(self._batches(), reading.preprocess_threads, reading.prefetch_buffer)
        self._untouched = True

    def reset(self) -> None:
        """Start the next pass."""
        if self._untouched:
            return
        count, size = len(self._records), self.batch_size
        finished = self._ended
        rest = (self._skip - count) % size if finished and self._reading.round_batch else 0
        self._pass += 1
        self._skip = rest % count
        self._start()

    def _batches(self) -> Iterator[tuple[tuple, list[Callable[[], None]]]]:
        """The batches of one pass: arrays, and the jobs that fill them."""
        self._ended = False
        count, size = len(self._records), self.batch_size
        passes = orders(count, self._reading, self._pass)
        order = next(passes)[self._skip :]
        following = (number for order in passes for number in order)
        for start in range(0, len(order), size):
            chosen = order[start : start + size].tolist()
            pad = size - len(chosen)
            if self._reading.round_batch:
                chosen += [int(next(following)) for _ in range(pad)]
            yield self._jobs(chosen, start, pad)

    def _jobs(self, chosen: list[int], start: int, pad: int) -> tuple[tuple, list]:
        size, reading = self.batch_size, self._reading
        data = np.zeros((size, *reading.data_shape), self._dtype)
        label = np.full((size, *self.label_shape), self.label_fill, np.float32)
        index = np.zeros(size, np.uint64)
        seed = reading.seed if reading.seed_aug is None else reading.seed_aug
        jobs: list[Callable[[], None]] = []
        for i, number in enumerate(chosen):
            places = data[i], label[i : i + 1], index[i : i + 1]
            jobs.append(partial(self._fill, number, (seed, self._pass, start + i), *places))
        return (data, label, index, pad), jobs

    def _fill(self, number: int, seed: tuple, data: Any, label: Any, index: Any) -> None:
        """Make one sample, in place; runs in a thread."""
        header, content = self._records.read(number)
        index[0] = header.id
        try:
            self._sample(header, content, np.random.default_rng(seed), data, label[0:1])
        except Exception as error:
            raise MXNetError(f"{self._records.where(number)}: {error}") from error

    def _sample(self, header: Any, content: bytes, rng: Any, data: Any, label: Any) -> None:
        raise NotImplementedError

    def _label(self, header: Any) -> np.ndarray:
        """The labels of a record, from the list if there is one."""
        if self._labels is None:
            return np.asarray(header.label, np.float32).reshape(-1)
        if header.id not in self._labels:
            raise MXNetError(f"{self._reading.path_imglist} has no line for image {header.id}")
        return self._labels[header.id]

    # -- batches -----------------------------------------------------------------------------
    def iter_next(self) -> bool:
        assert self._ahead is not None
        self._untouched = False
        try:
            data, label, index, pad = self._ahead.next()
        except StopIteration:
            self._ended = True
            return False
        self._batch = DataBatch([_to_ndarray(data)], [_to_ndarray(label)], pad, index)
        return True

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        assert self._batch is not None
        return self._batch

    def getdata(self) -> list[Any]:
        return self._batch.data if self._batch else []

    def getlabel(self) -> list[Any]:
        return self._batch.label if self._batch else []

    def getindex(self) -> Any:
        return self._batch.index if self._batch else None

    def getpad(self) -> int | None:
        return self._batch.pad if self._batch else None


def _to_ndarray(values: np.ndarray) -> Any:
    from ..image.functions import from_numpy

    return from_numpy(values)


class ImageRecordIter(RecordIter):
    """Batches of images (n, c, h, w) and labels from a RecordIO file.

    Parameters: ``path_imgrec``, ``data_shape`` (c, h, w), ``batch_size``, and what Reading,
    imaging.augment.Augmentation and Normalization describe. The same seeds give the same batches,
    however many threads there are. Raises MXNetError that names the record for whatever is wrong
    with one, when its batch is due.
    """

    def __init__(self, **kwargs: Any):
        reading, augmentation, self._normalization = split_parameters(
            type(self).__name__, kwargs, Reading, Augmentation, Normalization
        )
        super().__init__(reading)
        self._augmentation: Augmentation = augmentation
        self.label_shape = () if reading.label_width == 1 else (reading.label_width,)
        self._describe()
        self._mean = self._normalization.channels("mean", reading.data_shape[0])
        self._factor = self._normalization.scale / self._normalization.channels(
            "std", reading.data_shape[0]
        )
        if self._normalization.mean_img:
            self._mean = self._mean_image(self._normalization.mean_img)
        self._start()

    def _sample(self, header: Any, content: bytes, rng: Any, data: Any, label: Any) -> None:
        found = self._label(header)
        if found.size != self._reading.label_width:
            raise MXNetError(
                f"it has {found.size} labels, but label_width is {self._reading.label_width}"
            )
        label[...] = found if self.label_shape else found[0]
        self._normalize(self._pixels(content, rng), rng, data)

    def _pixels(self, content: bytes, rng: Any) -> np.ndarray:
        image = codec.decode(content, self._reading.data_shape[0])
        return self._augmentation(image, rng).transpose(2, 0, 1)

    def _normalize(self, pixels: np.ndarray, rng: Any, data: np.ndarray) -> None:
        rule = self._normalization
        if rule.mirror or (rule.rand_mirror and rng.random() < 0.5):
            pixels = pixels[:, :, ::-1]
        changes = rule.max_random_contrast > 0 or rule.max_random_illumination > 0
        if not changes and not self._mean.any() and (self._factor == 1).all():
            _store(pixels, data)
            return
        values = data if data.dtype == np.float32 else np.empty(data.shape, np.float32)
        np.subtract(pixels, self._mean, out=values)
        if changes:
            contrast = 1 + rng.uniform(-rule.max_random_contrast, rule.max_random_contrast)
            illumination = rng.uniform(-rule.max_random_illumination, rule.max_random_illumination)
            values *= np.float32(contrast)
            values += np.float32(illumination)
        if (self._factor != 1).any():
            values *= self._factor
        if values is not data:
            _store(values, data)

    def _mean_image(self, path: str) -> np.ndarray:
        """The mean image of a file, which is made from all records if it does not exist."""
        from ..ndarray import array, load, save

        if os.path.exists(path):
            stored = load(path)
            mean = (stored["mean_img"] if isinstance(stored, dict) else stored[0]).asnumpy()
        else:
            total = np.zeros(self._reading.data_shape, np.float64)
            for number in range(len(self._records)):
                _, content = self._records.read(number)
                total += self._pixels(content, np.random.default_rng((self._reading.seed, number)))
            mean = (total / len(self._records)).astype(np.float32)
            save(path, {"mean_img": array(mean)})
        if mean.shape != tuple(self._reading.data_shape):
            raise MXNetError(
                f"{path} holds an image of shape {mean.shape}, data_shape is"
                f" {self._reading.data_shape}"
            )
        return mean


def _store(values: np.ndarray, data: np.ndarray) -> None:
    """Copy numbers into an array of another type, stopping at the ends of integers."""
    if data.dtype.kind in "ui" and values.dtype != data.dtype:
        limits = np.iinfo(data.dtype)
        values = np.rint(values).clip(limits.min, limits.max)
    data[...] = values


def ImageRecordUInt8Iter(**kwargs: Any) -> ImageRecordIter:  # noqa: N802 - the 1.x spelling
    """An ImageRecordIter of pixels as uint8."""
    return ImageRecordIter(**{**kwargs, "dtype": "uint8"})


def ImageRecordInt8Iter(**kwargs: Any) -> ImageRecordIter:  # noqa: N802 - the 1.x spelling
    """An ImageRecordIter of pixels as int8; those above 127 become 127, so give a mean."""
    return ImageRecordIter(**{**kwargs, "dtype": "int8"})


def ImageRecordIter_v1(**kwargs: Any) -> ImageRecordIter:  # noqa: N802 - the 1.x spelling
    """The old name of ImageRecordIter."""
    return ImageRecordIter(**kwargs)


def ImageRecordUInt8Iter_v1(**kwargs: Any) -> ImageRecordIter:  # noqa: N802 - the 1.x spelling
    """The old name of ImageRecordUInt8Iter."""
    return ImageRecordUInt8Iter(**kwargs)
