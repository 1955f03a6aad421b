"""The augmentation of ImageRecordIter: one image after decoding, on numpy arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..error import MXNetError
from . import resize as resizing
from .color import EIGENVALUES, EIGENVECTORS, LUMINANCE, from_hls, to_hls
from .resize import resize
from .warp import affine

__all__ = ["Augmentation", "interpolation"]


def interpolation(method: int, old: tuple[int, int], new: tuple[int, int], rng: Any) -> int:
    """0 to 4 for a method: 9 is area to shrink, cubic to enlarge, linear for both; 10 is any."""
    if method == 9:
        if new[0] > old[0] and new[1] > old[1]:
            return resizing.CUBIC
        if new[0] < old[0] and new[1] < old[1]:
            return resizing.AREA
        return resizing.LINEAR
    return int(rng.integers(0, 5)) if method == 10 else method


@dataclass(frozen=True)
class Augmentation:
    """What is done to each image, in this order; by default only a crop in the middle.

    ``resize``: the shorter side; then an affine map: ``max_rotate_angle`` or ``rotate`` in degrees,
    ``max_shear_ratio``, ``min_random_scale`` to ``max_random_scale``, ``min_aspect_ratio`` to
    ``max_aspect_ratio`` (or 1 ± ``max_aspect_ratio``), with sides between ``min_img_size`` and
    ``max_img_size``; ``pad`` pixels of ``fill_value`` on each side; a crop: of random area and
    proportions (``random_resized_crop``, ``min_random_area`` to ``max_random_area``), of
    ``min_crop_size`` to ``max_crop_size``, or of ``data_shape``, at a random place with
    ``rand_crop``; ``brightness``, ``contrast``, ``saturation`` in random order; ``random_h``,
    ``random_l``, ``random_s``: shifts of hue, lightness and saturation; ``pca_noise``.
    """

    data_shape: tuple[int, int, int]
    resize: int = -1
    rand_crop: bool = False
    random_resized_crop: bool = False
    max_rotate_angle: int = 0
    max_aspect_ratio: float = 0.0
    min_aspect_ratio: float | None = None
    max_shear_ratio: float = 0.0
    max_crop_size: int = -1
    min_crop_size: int = -1
    max_random_scale: float = 1.0
    min_random_scale: float = 1.0
    max_random_area: float = 1.0
    min_random_area: float = 1.0
    max_img_size: float = 1e10
    min_img_size: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    pca_noise: float = 0.0
    random_h: int = 0
    random_s: int = 0
    random_l: int = 0
    rotate: int = -1
    fill_value: int = 255
    inter_method: int = 1
    pad: int = 0

    def __post_init__(self) -> None:
        if self.inter_method not in (0, 1, 2, 3, 4, 9, 10):
            raise MXNetError(f"inter_method should be 0 to 4, 9 or 10, not {self.inter_method}")
        for name in ("crop_size", "random_scale", "random_area", "img_size"):
            low, high = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if low > high:
                raise MXNetError(f"min_{name}={low} should not be above max_{name}={high}")

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An image (h, w, c) as one of ``data_shape``."""
        if self.resize > 0:
            h, w = image.shape[:2]
            short = min(h, w)
            new = self.resize * w // short, self.resize * h // short
            if self._only_crops(*new):
                # Pixels that the crop leaves out need not be computed.
                method = interpolation(self.inter_method, (h, w), new[::-1], rng)
                return self._colored(resize(image, *new, method, self._place(*new, rng)), rng)
            image = self._resized(image, *new, rng)
        if self._maps:
            image = self._mapped(image, rng)
        if self.pad > 0:
            widths = ((self.pad, self.pad), (self.pad, self.pad), (0, 0))
            image = np.pad(image, widths, constant_values=self.fill_value)
        return self._colored(self._cropped(image, rng), rng)

    def _resized(self, image: np.ndarray, w: int, h: int, rng: np.random.Generator) -> np.ndarray:
        method = interpolation(self.inter_method, image.shape[:2], (h, w), rng)
        return resize(image, w, h, method)

    def _only_crops(self, w: int, h: int) -> bool:
        """Whether an image of this size is cropped next, and no more than that."""
        others = self._maps or self.pad > 0 or self.random_resized_crop
        sized = self.max_crop_size > 0 or self.min_crop_size > 0
        return not others and not sized and h >= self.data_shape[1] and w >= self.data_shape[2]

    # -- the affine map ----------------------------------------------------------------------
    @property
    def _maps(self) -> bool:
        """Whether there is an affine map at all."""
        stretched = self.max_aspect_ratio != 0 and not self.random_resized_crop
        scaled = (self.min_random_scale, self.max_random_scale) != (1, 1)
        scaled = scaled and not self.random_resized_crop
        limited = self.min_img_size > 0 or self.max_img_size < 1e10
        turned = self.max_rotate_angle > 0 or self.rotate > 0
        return turned or self.max_shear_ratio > 0 or stretched or scaled or limited

    def _mapped(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        h, w = image.shape[:2]
        shear = rng.uniform(-self.max_shear_ratio, self.max_shear_ratio)
        angle = int(rng.integers(-self.max_rotate_angle, self.max_rotate_angle + 1))
        if self.rotate > 0:
            angle = self.rotate
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        scale = ratio = 1.0
        if not self.random_resized_crop:
            scale = rng.uniform(self.min_random_scale, self.max_random_scale)
            ratio = self._aspect_ratio(rng)
        tall = 2 * scale / (1 + ratio)
        wide = ratio * tall
        new_w, new_h = (
            int(max(self.min_img_size, min(self.max_img_size, scale * size))) for size in (w, h)
        )
        matrix = np.array(
            [
                [tall * cosine - shear * sine * wide, tall * sine + shear * cosine * wide, 0],
                [-sine * wide, cosine * wide, 0],
            ]
        )
        matrix[:, 2] = (np.array([new_w, new_h]) - matrix[:, :2] @ [w, h]) / 2
        return affine(image, matrix, new_w, new_h, self.fill_value)

    def _aspect_ratio(self, rng: np.random.Generator) -> float:
        if self.min_aspect_ratio is not None:
            return rng.uniform(
                self.min_aspect_ratio, max(self.min_aspect_ratio, self.max_aspect_ratio)
            )
        return 1 + rng.uniform(-self.max_aspect_ratio, self.max_aspect_ratio)

    # -- the crop ----------------------------------------------------------------------------
    def _cropped(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        _, height, width = self.data_shape
        if self.random_resized_crop:
            return self._resized(self._random_area(image, rng), width, height, rng)
        if self.max_crop_size > 0 or self.min_crop_size > 0:
            size = int(rng.integers(self.min_crop_size, self.max_crop_size + 1))
            if min(image.shape[:2]) < size:
                raise MXNetError(
                    f"the image {image.shape[:2]} is smaller than max_crop_size={self.max_crop_size}"
                )
            x, y, _, _ = self._place(image.shape[1], image.shape[0], rng, (size, size))
            return self._resized(image[y : y + size, x : x + size], width, height, rng)
        h, w = image.shape[:2]
        if h < height:
            image = self._resized(image, int(height * w / h), height, rng)
        h, w = image.shape[:2]
        if w < width:
            image = self._resized(image, width, int(width * h / w), rng)
        x, y, _, _ = self._place(image.shape[1], image.shape[0], rng)
        return image[y : y + height, x : x + width]

    def _place(
        self, w: int, h: int, rng: np.random.Generator, size: tuple[int, int] | None = None
    ) -> tuple[int, int, int, int]:
        """Where a crop of ``size`` (w, h), by default that of ``data_shape``, is taken."""
        width, height = size or self.data_shape[:0:-1]
        y, x = h - height, w - width
        if self.rand_crop:
            y, x = int(rng.integers(0, y + 1)), int(rng.integers(0, x + 1))
        else:
            y, x = y // 2, x // 2
        return x, y, width, height

    def _random_area(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        h, w = image.shape[:2]
        for _ in range(10):
            area = rng.uniform(self.min_random_area, self.max_random_area) * h * w
            ratio = self._aspect_ratio(rng)
            new_w, new_h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if rng.random() < 0.5:
                new_w, new_h = new_h, new_w
            if 0 < new_w <= w and 0 < new_h <= h:
                y, x = int(rng.integers(0, h - new_h + 1)), int(rng.integers(0, w - new_w + 1))
                return image[y : y + new_h, x : x + new_w]
        side = min(h, w)
        y, x = (h - side) // 2, (w - side) // 2
        return image[y : y + side, x : x + side]

    # -- colours -----------------------------------------------------------------------------
    def _colored(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        jitters = [
            (amount, jitter)
            for amount, jitter in (
                (self.brightness, _brighter),
                (self.contrast, _contrast),
                (self.saturation, _saturated),
            )
            if amount > 0
        ]
        shifts = (self.random_h, self.random_l, self.random_s)
        if not jitters and not any(shifts) and self.pca_noise <= 0:
            return image
        values = image.astype(np.float32)
        for number in rng.permutation(len(jitters)):
            amount, jitter = jitters[number]
            values = _limit(jitter(values, 1 + rng.uniform(-amount, amount)))
        if image.shape[2] == 3:
            if any(shifts):
                values = _shifted(values, [int(rng.integers(-s, s + 1)) for s in shifts])
            if self.pca_noise > 0:
                alpha = rng.normal(0, self.pca_noise, 3) * EIGENVALUES
                values = values + (np.array(EIGENVECTORS) @ alpha).astype(np.float32)
        return np.rint(_limit(values)).astype(np.uint8)


def _limit(values: np.ndarray) -> np.ndarray:
    return values.clip(0, 255)


def _grey(values: np.ndarray) -> np.ndarray:
    return (values * LUMINANCE).sum(axis=2) if values.shape[2] == 3 else values[..., 0]


def _brighter(values: np.ndarray, alpha: float) -> np.ndarray:
    return values * np.float32(alpha)


def _contrast(values: np.ndarray, alpha: float) -> np.ndarray:
    return values * np.float32(alpha) + np.float32((1 - alpha) * _grey(values).mean())


def _saturated(values: np.ndarray, alpha: float) -> np.ndarray:
    return values * np.float32(alpha) + np.float32(1 - alpha) * _grey(values)[..., None]


def _shifted(values: np.ndarray, shifts: list[int]) -> np.ndarray:
    """Hue goes around, lightness and saturation stop at their ends."""
    hls = to_hls(values) + np.array(shifts, np.float32)
    hls[..., 0] %= 180
    hls[..., 1:] = hls[..., 1:].clip(0, 255)
    return from_hls(hls)
