"""Augmenters for detection: they change an image and the boxes of the objects in it.

Labels are arrays (objects, 5 or more): class, left, top, right, bottom, as shares of the width and
height, and whatever else follows.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..error import MXNetError
from ..ndarray import NDArray
from .augmenters import (
    Augmenter,
    CastAug,
    Described,
    ForceResizeAug,
    ResizeAug,
    color_augmenters,
    mirrored,
    statistics,
)
from .functions import copyMakeBorder, fixed_crop

__all__ = [
    "CreateDetAugmenter", "CreateMultiRandCropAugmenter", "DetAugmenter", "DetBorrowAug",
    "DetHorizontalFlipAug", "DetRandomCropAug", "DetRandomPadAug", "DetRandomSelectAug",
]  # fmt: skip

Range = tuple[float, float]


class Place(NamedTuple):
    """A rectangle in pixels."""

    x: int
    y: int
    w: int
    h: int


class DetAugmenter(Described):
    """The base of augmenters for detection: from (image, label) to a changed pair."""

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, src, label)")


class DetBorrowAug(DetAugmenter):
    """An augmenter of images that leaves boxes where they are."""

    def __init__(self, augmenter: Augmenter):
        if not isinstance(augmenter, Augmenter):
            raise TypeError(f"an Augmenter can be borrowed, not {type(augmenter)}")
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> list:
        """The class name and the dumps of the augmenter."""
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """One of several augmenters at random, or none with probability ``skip_prob``."""

    def __init__(self, aug_list: Any, skip_prob: float = 0):
        self.aug_list = list(aug_list) if isinstance(aug_list, (list, tuple)) else [aug_list]
        for aug in self.aug_list:
            if not isinstance(aug, DetAugmenter):
                raise ValueError("Allow DetAugmenter in list only")
        self.skip_prob = skip_prob if self.aug_list else 1
        super().__init__(skip_prob=skip_prob)

    def dumps(self) -> list:
        """The class name and the dumps of the augmenters."""
        return [type(self).__name__.lower(), [aug.dumps() for aug in self.aug_list]]

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        if random.random() < self.skip_prob:
            return src, label
        random.shuffle(self.aug_list)
        return self.aug_list[0](src, label)


class DetHorizontalFlipAug(DetAugmenter):
    """Left and right exchanged, with probability ``p``."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        if random.random() < self.p:
            src = mirrored(src)
            label = label.copy()
            label[:, 1], label[:, 3] = 1.0 - label[:, 3], 1.0 - label[:, 1]
        return src, label


class _Attempts(DetAugmenter):
    """Tries sizes at random, of an area and proportions in given ranges."""

    aspect_ratio_range: Range
    area_range: Range
    max_attempts: int

    def _ranges(self, aspect_ratio_range: Any, area_range: Any, least: Range) -> bool:
        """Take the ranges; whether there is anything to try in them."""
        if not isinstance(aspect_ratio_range, (tuple, list)):
            aspect_ratio_range = (aspect_ratio_range, aspect_ratio_range)
        if not isinstance(area_range, (tuple, list)):
            area_range = least
        self.aspect_ratio_range, self.area_range = aspect_ratio_range, area_range
        return (
            area_range[1] > 0
            and area_range[0] <= area_range[1]
            and 0 < aspect_ratio_range[0] <= aspect_ratio_range[1]
        )


class DetRandomCropAug(_Attempts):
    """A part of the image at random that shows enough of the objects.

    Parameters: ``min_object_covered``: the least share of each object that it touches;
    ``aspect_ratio_range`` of width/height, ``area_range`` of its share of the image;
    ``min_eject_coverage``: objects of which less is left are dropped; ``max_attempts``: after that
    many the image stays.
    """

    def __init__(
        self,
        min_object_covered: float = 0.1,
        aspect_ratio_range: Range = (0.75, 1.33),
        area_range: Range = (0.05, 1.0),
        min_eject_coverage: float = 0.3,
        max_attempts: int = 50,
    ):
        highest = area_range if isinstance(area_range, (int, float)) else 1.0
        self.enabled = self._ranges(aspect_ratio_range, area_range, (highest, highest))
        super().__init__(
            min_object_covered=min_object_covered,
            aspect_ratio_range=self.aspect_ratio_range,
            area_range=self.area_range,
            min_eject_coverage=min_eject_coverage,
            max_attempts=max_attempts,
        )
        self.min_object_covered = min_object_covered
        self.min_eject_coverage = min_eject_coverage
        self.max_attempts = max_attempts

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        h, w = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled else 0):
            place = self._propose(h, w)
            if place is None or not self._shows_enough(label, place, h, w):
                continue
            found = self._labels(label, place, h, w)
            if found is not None:
                return fixed_crop(src, *place), found
        return src, label

    def _propose(self, height: int, width: int) -> Place | None:
        least, most = (share * height * width for share in self.area_range)
        ratio = random.uniform(*self.aspect_ratio_range)
        h = round(math.sqrt(least / ratio))
        highest = round(math.sqrt(most / ratio))
        if round(highest * ratio) > width:
            highest = int((width + 0.4999999) / ratio)
        highest = min(highest, height)
        h = min(h, highest)
        if h < highest:
            h = random.randint(h, highest)
        w = round(h * ratio)
        if w * h < least:  # rounding may leave it a line short, or long
            h += 1
            w = round(h * ratio)
        if w * h > most:
            h -= 1
            w = round(h * ratio)
        if not (least <= w * h <= most and 0 < w <= width and 0 < h <= height):
            return None
        y = random.randint(0, height - h)
        return Place(random.randint(0, width - w), y, w, h)

    def _shows_enough(self, label: np.ndarray, place: Place, height: int, width: int) -> bool:
        """Whether each object that the place touches is covered enough, and there is one."""
        boxes = label[:, 1:5] * (width, height, width, height)
        areas = _area(boxes)
        boxes, areas = boxes[areas > 2], areas[areas > 2]  # too small to be seen
        if not len(boxes):
            return False
        covered = _area(_inside(boxes, place)) / areas
        covered = covered[covered > 0]
        return covered.size > 0 and covered.min() > self.min_object_covered

    def _labels(
        self, label: np.ndarray, place: Place, height: int, width: int
    ) -> np.ndarray | None:
        """The label of the part; None where no object is left."""
        scale = np.array([width, height, width, height], np.float32)
        boxes = label[:, 1:5] * scale
        before = _area(boxes)
        kept = _inside(boxes, place)
        share = _area(kept) / np.maximum(before, 1e-12)
        out = label.copy()
        out[:, 1:5] = (kept - [place.x, place.y] * 2) / ([place.w, place.h] * 2)
        valid = (
            (out[:, 3] > out[:, 1]) & (out[:, 4] > out[:, 2]) & (share > self.min_eject_coverage)
        )
        return out[valid] if valid.any() else None


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)


def _inside(boxes: np.ndarray, place: Place) -> np.ndarray:
    """The parts of boxes in a place."""
    x0, y0, x1, y1 = place.x, place.y, place.x + place.w, place.y + place.h
    return np.clip(boxes, [x0, y0, x0, y0], [x1, y1, x1, y1])


class DetRandomPadAug(_Attempts):
    """The image at a random place on a larger one, of one colour.

    Parameters: ``aspect_ratio_range``, ``area_range`` in shares of the image, ``max_attempts``: see
    DetRandomCropAug; ``pad_val``: the colour.
    """

    def __init__(
        self,
        aspect_ratio_range: Range = (0.75, 1.33),
        area_range: Range = (1.0, 3.0),
        max_attempts: int = 50,
        pad_val: Any = (128, 128, 128),
    ):
        if not isinstance(pad_val, (list, tuple)):
            pad_val = (pad_val,)
        highest = area_range if isinstance(area_range, (int, float)) else 1.0
        valid = self._ranges(aspect_ratio_range, area_range, (1.0, highest))
        self.enabled = valid and self.area_range[1] > 1.0
        super().__init__(
            aspect_ratio_range=self.aspect_ratio_range,
            area_range=self.area_range,
            max_attempts=max_attempts,
            pad_val=pad_val,
        )
        self.max_attempts, self.pad_val = max_attempts, pad_val

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        height, width = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled else 0):
            place = self._propose(height, width)
            if place is None:
                continue
            x, y, w, h = place
            src = copyMakeBorder(
                src, y, h - y - height, x, w - x - width, type=0, values=self.pad_val
            )
            label = label.copy()
            label[:, (1, 3)] = (label[:, (1, 3)] * width + x) / w
            label[:, (2, 4)] = (label[:, (2, 4)] * height + y) / h
            break
        return src, label

    def _propose(self, height: int, width: int) -> Place | None:
        least, most = (share * height * width for share in self.area_range)
        ratio = random.uniform(*self.aspect_ratio_range)
        h = round(math.sqrt(least / ratio))
        highest = round(math.sqrt(most / ratio))
        if round(h * ratio) < width:
            h = int((width + 0.499999) / ratio)
        h = min(max(h, height), highest)
        if h < highest:
            h = random.randint(h, highest)
        w = round(h * ratio)
        if h - height < 2 or w - width < 2:
            return None
        y = random.randint(0, h - height)
        return Place(random.randint(0, w - width), y, w, h)


def CreateMultiRandCropAugmenter(  # noqa: N802 - the 1.x spelling
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    skip_prob: float = 0,
) -> DetRandomSelectAug:
    """One of several random crops; lists of parameters give one crop an item.

    Raises MXNetError for lists of different lengths.
    """
    given = [min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts]
    columns = [value if isinstance(value, list) else [value] for value in given]
    count = max(map(len, columns))
    for column in columns:
        if len(column) not in (1, count):
            raise MXNetError(f"{len(column)} values are given where others have {count}: {column}")
    rows = [[column[i % len(column)] for column in columns] for i in range(count)]
    return DetRandomSelectAug([DetRandomCropAug(*row) for row in rows], skip_prob=skip_prob)


def CreateDetAugmenter(  # noqa: N802 - the 1.x spelling
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: float = 0,
    rand_pad: float = 0,
    rand_gray: float = 0,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    pca_noise: float = 0,
    hue: float = 0,
    inter_method: int = 2,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Range = (0.75, 1.33),
    area_range: Range = (0.05, 3.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    pad_val: Sequence[float] = (127, 127, 127),
) -> list[DetAugmenter]:
    """The usual list of augmenters for detection in images of ``data_shape`` (c, h, w).

    Parameters: as in ``image.CreateAugmenter``, with ``rand_crop`` and ``rand_pad`` as
    probabilities; the others: see DetRandomCropAug and DetRandomPadAug.
    """
    augs: list[DetAugmenter] = []
    if resize > 0:
        augs.append(DetBorrowAug(ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        crop = (
            min_object_covered,
            aspect_ratio_range,
            area_range,
            min_eject_coverage,
            max_attempts,
        )
        augs.append(CreateMultiRandCropAugmenter(*crop, skip_prob=1 - rand_crop))
    if rand_mirror:
        augs.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        pad = DetRandomPadAug(aspect_ratio_range, (1.0, area_range[1]), max_attempts, pad_val)
        augs.append(DetRandomSelectAug([pad], 1 - rand_pad))
    augs.append(DetBorrowAug(ForceResizeAug((data_shape[2], data_shape[1]), inter_method)))
    augs.append(DetBorrowAug(CastAug()))
    mean, std = statistics(mean, std)
    colors = (brightness, contrast, saturation, hue, pca_noise, rand_gray, mean, std)
    return augs + [DetBorrowAug(aug) for aug in color_augmenters(*colors)]
