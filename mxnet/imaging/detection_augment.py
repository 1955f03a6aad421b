"""The augmentation of ImageDetRecordIter: an image and the boxes in it, on numpy arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..error import MXNetError
from .augment import interpolation
from .color import from_hls, to_hls
from .resize import resize

__all__ = ["DetectionAugmentation"]


@dataclass(frozen=True)
class DetectionAugmentation:
    """What is done to each image and its objects, in this order.

    ``resize``: the shorter side; shifts of hue, saturation and illumination and a change of contrast
    by up to ``max_random_*``, each with its ``random_*_prob``; with ``rand_mirror_prob`` left and
    right exchanged; with ``rand_pad_prob`` on a canvas up to ``max_pad_scale`` times as large; with
    ``rand_crop_prob`` one of ``num_crop_sampler`` crops, whose limits are tuples with an item each:
    ``*_crop_scales`` (side), ``*_crop_aspect_ratios``, ``*_crop_overlaps`` (intersection over union
    with some object), ``*_crop_sample_coverages`` (share of the crop), ``*_crop_object_coverages``
    (share of the object), ``max_crop_trials``; objects stay if their ``crop_emit_mode`` "center" is
    inside, or an "overlap" above ``emit_overlap_thresh``; last the size: ``resize_mode`` "force",
    "fit" (same proportions) or "shrink" (the same, but never larger).
    """

    data_shape: tuple[int, int, int]
    resize: int = -1
    rand_crop_prob: float = 0.0
    min_crop_scales: tuple[float, ...] = (0.0,)
    max_crop_scales: tuple[float, ...] = (1.0,)
    min_crop_aspect_ratios: tuple[float, ...] = (1.0,)
    max_crop_aspect_ratios: tuple[float, ...] = (1.0,)
    min_crop_overlaps: tuple[float, ...] = (0.0,)
    max_crop_overlaps: tuple[float, ...] = (1.0,)
    min_crop_sample_coverages: tuple[float, ...] = (0.0,)
    max_crop_sample_coverages: tuple[float, ...] = (1.0,)
    min_crop_object_coverages: tuple[float, ...] = (0.0,)
    max_crop_object_coverages: tuple[float, ...] = (1.0,)
    num_crop_sampler: int = 1
    crop_emit_mode: Literal["center", "overlap"] = "center"
    emit_overlap_thresh: float = 0.3
    max_crop_trials: tuple[int, ...] = (25,)
    rand_pad_prob: float = 0.0
    max_pad_scale: float = 1.0
    max_random_hue: int = 0
    random_hue_prob: float = 0.0
    max_random_saturation: int = 0
    random_saturation_prob: float = 0.0
    max_random_illumination: int = 0
    random_illumination_prob: float = 0.0
    max_random_contrast: float = 0.0
    random_contrast_prob: float = 0.0
    rand_mirror_prob: float = 0.0
    fill_value: int = 127
    inter_method: int = 1
    resize_mode: Literal["force", "fit", "shrink"] = "force"

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if (
                "_crop_" in name
                and isinstance(value, (int, float, list))
                and name != "num_crop_sampler"
            ):
                items = tuple(value) if isinstance(value, list) else (value,)
                if name not in ("rand_crop_prob",):
                    object.__setattr__(self, name, items)
        for name, choices in (
            ("crop_emit_mode", ("center", "overlap")),
            ("resize_mode", ("force", "fit", "shrink")),
        ):
            if getattr(self, name) not in choices:
                raise MXNetError(
                    f"{name} should be {' or '.join(choices)}, not {getattr(self, name)!r}"
                )

    def _setting(self, name: str, sampler: int) -> float:
        """A parameter of one crop; one value stands for all crops."""
        values = getattr(self, name)
        if len(values) not in (1, self.num_crop_sampler):
            raise MXNetError(
                f"{name} has {len(values)} values, but num_crop_sampler is {self.num_crop_sampler}"
            )
        return values[sampler % len(values)]

    def __call__(
        self, image: np.ndarray, objects: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """An image (h, w, c) no larger than ``data_shape``, and its objects (class, box, ...)."""
        if self.resize > 0:
            h, w = image.shape[:2]
            short = min(h, w)
            image = self._resized(image, self.resize * w // short, self.resize * h // short, rng)
        image = self._colored(image, rng)
        if rng.random() < self.rand_mirror_prob:
            image = image[:, ::-1]
            objects = objects.copy()
            objects[:, 1], objects[:, 3] = 1 - objects[:, 3], 1 - objects[:, 1]
        if self.max_pad_scale > 1 and rng.random() < self.rand_pad_prob:
            image, objects = self._padded(image, objects, rng)
        if rng.random() < self.rand_crop_prob:
            image, objects = self._cropped(image, objects, rng)
        _, height, width = self.data_shape
        h, w = height, width
        if self.resize_mode != "force":
            scale = min(height / image.shape[0], width / image.shape[1])
            if self.resize_mode == "shrink":
                scale = min(scale, 1.0)
            h, w = (max(1, int(size * scale + 1e-6)) for size in image.shape[:2])
        return self._resized(image, w, h, rng), objects

    def _resized(self, image: np.ndarray, w: int, h: int, rng: np.random.Generator) -> np.ndarray:
        method = interpolation(self.inter_method, image.shape[:2], (h, w), rng)
        return resize(image, w, h, method)

    def _colored(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        def draw(kind: str) -> float:
            most = getattr(self, f"max_random_{kind}")
            chosen = most > 0 and rng.random() < getattr(self, f"random_{kind}_prob")
            return rng.uniform(-most, most) if chosen else 0.0

        shifts = [draw(kind) for kind in ("hue", "illumination", "saturation")]
        contrast = draw("contrast")
        if not any(shifts) and not contrast:
            return image
        values = image.astype(np.float32)
        if any(shifts) and image.shape[2] == 3:
            hls = to_hls(values) + np.array(shifts, np.float32)
            hls[..., 0] %= 180
            hls[..., 1:] = hls[..., 1:].clip(0, 255)
            values = from_hls(hls)
        return np.rint((values * (1 + contrast)).clip(0, 255)).astype(np.uint8)

    def _padded(
        self, image: np.ndarray, objects: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        h, w = image.shape[:2]
        scale = rng.uniform(1, self.max_pad_scale)
        new_h, new_w = int(h * scale), int(w * scale)
        y, x = int(rng.integers(0, new_h - h + 1)), int(rng.integers(0, new_w - w + 1))
        canvas = np.full((new_h, new_w, image.shape[2]), self.fill_value, image.dtype)
        canvas[y : y + h, x : x + w] = image
        objects = objects.copy()
        objects[:, (1, 3)] = (objects[:, (1, 3)] * w + x) / new_w
        objects[:, (2, 4)] = (objects[:, (2, 4)] * h + y) / new_h
        return canvas, objects

    def _cropped(
        self, image: np.ndarray, objects: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        for sampler in rng.permutation(self.num_crop_sampler):
            for _ in range(int(self._setting("max_crop_trials", sampler))):
                box = self._propose(int(sampler), rng)
                if box is None or not self._fits(int(sampler), box, objects):
                    continue
                kept = self._emit(objects, box)
                if not len(kept):
                    continue
                h, w = image.shape[:2]
                left, top, right, bottom = (
                    round(float(share) * size)
                    for share, size in zip(box, (w, h, w, h), strict=True)
                )
                if right > left and bottom > top:
                    return image[top:bottom, left:right], kept
        return image, objects

    def _propose(self, sampler: int, rng: np.random.Generator) -> np.ndarray | None:
        """A box (left, top, right, bottom), in shares of the image."""
        scale = rng.uniform(
            self._setting("min_crop_scales", sampler), self._setting("max_crop_scales", sampler)
        )
        low, high = (self._setting(f"{m}_crop_aspect_ratios", sampler) for m in ("min", "max"))
        ratio = rng.uniform(max(low, scale * scale), max(min(high, 1 / max(scale, 1e-6) ** 2), low))
        w, h = scale * math.sqrt(ratio), scale / math.sqrt(ratio)
        if not (0 < w <= 1 + 1e-6 and 0 < h <= 1 + 1e-6):
            return None
        left, top = rng.uniform(0, max(1 - w, 0)), rng.uniform(0, max(1 - h, 0))
        return np.array([left, top, min(left + w, 1.0), min(top + h, 1.0)])

    def _fits(self, sampler: int, box: np.ndarray, objects: np.ndarray) -> bool:
        """Whether some object is related to the box as the limits ask."""
        common = _areas(_clipped(objects[:, 1:5], box))
        own, whole = _areas(box[None])[0], _areas(objects[:, 1:5])
        measures = {
            "overlaps": common / np.maximum(own + whole - common, 1e-12),
            "sample_coverages": common / own,
            "object_coverages": common / np.maximum(whole, 1e-12),
        }
        fits = np.ones(len(objects), bool)
        for name, values in measures.items():
            low = self._setting(f"min_crop_{name}", sampler)
            high = self._setting(f"max_crop_{name}", sampler)
            fits &= (values >= low) & (values <= high + 1e-6)
        return bool(fits.any())

    def _emit(self, objects: np.ndarray, box: np.ndarray) -> np.ndarray:
        """The objects that stay in a crop, with their boxes in it."""
        boxes = objects[:, 1:5]
        inside = _clipped(boxes, box)
        if self.crop_emit_mode == "center":
            center = (boxes[:, :2] + boxes[:, 2:]) / 2
            stays = ((center >= box[:2]) & (center <= box[2:])).all(axis=1)
        else:
            share = _areas(inside) / np.maximum(_areas(boxes), 1e-12)
            stays = share > self.emit_overlap_thresh
        kept = objects[stays].copy()
        kept[:, 1:5] = (inside[stays] - box[[0, 1, 0, 1]]) / (box[2:] - box[:2])[[0, 1, 0, 1]]
        return kept


def _clipped(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    return np.clip(boxes, box[[0, 1, 0, 1]], box[[2, 3, 2, 3]])


def _areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]).clip(0) * (boxes[:, 3] - boxes[:, 1]).clip(0)
