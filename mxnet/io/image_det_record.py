"""ImageDetRecordIter: batches of images with the boxes of the objects in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..error import MXNetError
from ..imaging import codec
from ..imaging.detection_augment import DetectionAugmentation
from ..imaging.resize import resize
from .image_record import ImageRecordIter, Normalization, RecordIter
from .record_reading import Reading, split_parameters

__all__ = ["ImageDetRecordIter"]


@dataclass(frozen=True)
class DetectionLabels:
    """``label_pad_width``: numbers in a label, by default those of the longest one;
    ``label_pad_value``: fills up the shorter ones."""

    label_pad_width: int = 0
    label_pad_value: float = -1.0


class ImageDetRecordIter(ImageRecordIter):
    """Batches of images (n, c, h, w) with labels (n, 4 + width) for detection.

    A label is: channels, height and width of the image, how many numbers follow, those numbers (the
    length of the head, the width of an object, the rest of the head, the objects), and
    ``label_pad_value`` to the end. Where ``resize_mode`` leaves an image smaller than
    ``data_shape``, it lies in the upper left corner. Parameters: as ImageRecordIter, with
    imaging.detection_augment.DetectionAugmentation and DetectionLabels.
    """

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("label_width", -1)
        groups = (Reading, DetectionAugmentation, Normalization, DetectionLabels)
        reading, augmentation, normalization, labels = split_parameters(
            "ImageDetRecordIter", kwargs, *groups
        )
        RecordIter.__init__(self, reading)
        self._detection: DetectionAugmentation = augmentation
        self._normalization = normalization
        self.label_fill = labels.label_pad_value
        longest = max(self._raw_label(number).size for number in range(len(self._records)))
        if 0 < labels.label_pad_width < longest:
            raise MXNetError(
                f"label_pad_width={labels.label_pad_width} is less than the longest label, {longest}"
            )
        self.label_shape = (4 + max(longest, labels.label_pad_width),)
        self._describe()
        count = reading.data_shape[0]
        self._mean = normalization.channels("mean", count)
        std = normalization.channels("std", count)
        self._factor = normalization.scale / np.where(std > 0, std, 1)
        if normalization.mean_img:
            self._mean = self._mean_image(normalization.mean_img)
        self._start()

    def _raw_label(self, number: int) -> np.ndarray:
        header, _ = self._records.read(number)
        raw = self._label(header)
        if raw.size < 7:
            raise MXNetError(
                f"{self._records.where(number)}: its label has {raw.size} numbers; a detection label"
                " has the length of its head, the width of an object, and 5 numbers an object"
            )
        return raw

    def _sample(self, header: Any, content: bytes, rng: Any, data: Any, label: Any) -> None:
        raw = self._label(header)
        head, width = int(raw[0]), int(raw[1])
        if width < 5 or head < 2 or (raw.size - head) % width:
            raise MXNetError(
                f"its label of {raw.size} numbers does not fit head {head}, width {width}"
            )
        image = codec.decode(content, self._reading.data_shape[0])
        image, objects = self._detection(image, raw[head:].reshape(-1, width), rng)
        h, w = image.shape[:2]
        self._normalize(image.transpose(2, 0, 1), rng, data[:, :h, :w])
        count = head + objects.size
        label[0, :4] = image.shape[2], h, w, count
        label[0, 4 : 4 + head] = raw[:head]
        label[0, 4 + head : 4 + count] = objects.reshape(-1)

    def _pixels(self, content: bytes, rng: Any) -> np.ndarray:
        _, height, width = self._reading.data_shape
        image = codec.decode(content, self._reading.data_shape[0])
        return resize(image, width, height).transpose(2, 0, 1)
