"""Resizing images: the five interpolation methods of 1.x, with the weights that OpenCV uses."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..error import MXNetError

__all__ = ["AREA", "CUBIC", "LANCZOS", "LINEAR", "NEAREST", "nearest", "resize", "taps"]

NEAREST, LINEAR, CUBIC, AREA, LANCZOS = range(5)


def resize(
    image: np.ndarray,
    width: int,
    height: int,
    method: int = LINEAR,
    part: tuple[int, int, int, int] | None = None,
) -> np.ndarray:
    """An image (h, w) or (h, w, c) in another size, of the same element type.

    Parameters: ``method``: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos over 8 pixels;
    ``part``: (x, y, w, h) of the result, if only that is needed. Raises MXNetError for another
    method or a size that is not positive.
    """
    if method not in range(5):
        raise MXNetError(f"interpolation should be 0, 1, 2, 3 or 4, not {method}")
    if width < 1 or height < 1:
        raise MXNetError(f"an image cannot be resized to width {width} and height {height}")
    old_height, old_width = image.shape[:2]
    x, y, w, h = part or (0, 0, width, height)
    if (old_height, old_width) == (height, width):
        return image[y : y + h, x : x + w].copy()
    if method == NEAREST:
        kept = image[nearest(old_height, height)[y : y + h]]
        return kept[:, nearest(old_width, width)[x : x + w]]
    # Averaging over areas makes sense where the image shrinks; else 1.x interpolates.
    shrinks = old_height >= height and old_width >= width
    rows = tuple(each[:, y : y + h] for each in taps(old_height, height, method, shrinks))
    columns = tuple(each[:, x : x + w] for each in taps(old_width, width, method, shrinks))
    channels = image.shape[2] if image.ndim == 3 else 1
    in_integers = image.dtype == np.uint8 and not (method == AREA and shrinks)
    weigh = _in_integers if in_integers else _in_floats
    # Rows of numbers, not of pixels: long vectors are what numpy is fast at.
    flat = weigh(image.reshape(old_height, -1), rows, _spread(columns, channels))
    return flat.reshape(h, w, *image.shape[2:])


def _spread(columns: tuple[np.ndarray, ...], channels: int) -> tuple[np.ndarray, ...]:
    """Taps of pixels as those of their channels."""
    if channels == 1:
        return columns
    indices, weights = columns
    spread = indices[..., None] * channels + np.arange(channels)
    return spread.reshape(len(indices), -1), np.repeat(weights, channels, axis=1)


def _in_floats(image: np.ndarray, rows: tuple, columns: tuple) -> np.ndarray:
    result = _along(_along(image, 0, *rows), 1, *columns)
    if image.dtype.kind in "ui":
        limits = np.iinfo(image.dtype)
        result = np.rint(result).clip(limits.min, limits.max)
    return result.astype(image.dtype, copy=False)


def _in_integers(image: np.ndarray, rows: tuple, columns: tuple) -> np.ndarray:
    """The same for bytes, with weights in units of 1/2048, and rounding, as OpenCV has them."""
    image, places = _rows_needed(image, rows[0])
    wide = _along(image, 1, columns[0], np.rint(columns[1] * 2048).astype(np.int32))
    high = np.rint(rows[1] * 2048).astype(np.int32)
    if len(high) == 2:
        wide >>= 4
        total, lower = (wide.take(i, 0) for i in places)
        for values, weight in ((total, high[0]), (lower, high[1])):
            values *= weight[:, None]
            values >>= 16
        total += lower
        total += 2
        total >>= 2
        return total.astype(np.uint8)
    total = _along(wide, 0, places, high)
    total += 1 << 21
    total >>= 22
    return total.clip(0, 255).astype(np.uint8)


def _rows_needed(image: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of an image whose rows are needed, and where they are in it."""
    first, last = int(places.min()), int(places.max())
    if last - first < 2 * places.shape[1]:
        return image[first : last + 1], places - first
    needed, found = np.unique(places, return_inverse=True)
    return image[needed], found.reshape(places.shape)


def _along(image: np.ndarray, axis: int, indices: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sums of rows (axis 0) or columns (axis 1); one row of indices per summand."""
    shape = (-1, 1) if axis == 0 else (1, -1)
    total = image.take(indices[0], axis) * weights[0].reshape(shape)
    for index, weight in zip(indices[1:], weights[1:], strict=True):
        total += image.take(index, axis) * weight.reshape(shape)
    return total


@lru_cache(1024)
def nearest(old: int, new: int) -> np.ndarray:
    """Which pixel each new pixel is, without interpolation."""
    return np.minimum(np.floor(np.arange(new) * (old / new)).astype(np.intp), old - 1)


@lru_cache(1024)
def taps(old: int, new: int, method: int, shrinks: bool) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels each new pixel is made of, and their weights: two arrays (summands, new)."""
    if method == AREA and shrinks:
        return _area_taps(old, new)
    scale = old / new
    if method == AREA:
        base = np.floor(np.arange(new) * scale)
        fraction = (np.arange(new) + 1) - (base + 1) / scale
        fraction = np.where(fraction <= 0, 0, fraction - np.floor(fraction))
    else:
        place = (np.arange(new) + 0.5) * scale - 0.5
        base = np.floor(place)
        fraction = place - base
    weigh, before = {
        LINEAR: (_linear, 0), AREA: (_linear, 0), CUBIC: (_cubic, 1), LANCZOS: (_lanczos, 3)
    }[method]  # fmt: skip
    weights = weigh(fraction)
    offsets = np.arange(len(weights))[:, None] - before
    indices = np.clip(base.astype(np.intp) + offsets, 0, old - 1)
    return indices, weights.astype(np.float32)


def _linear(fraction: np.ndarray) -> np.ndarray:
    return np.stack([1 - fraction, fraction])


def _cubic(fraction: np.ndarray) -> np.ndarray:
    """Keys' cubic convolution with a = -0.75, for the pixels -1, 0, 1 and 2."""
    a, x = -0.75, fraction
    outer = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    inner = ((a + 2) * x - (a + 3)) * x * x + 1
    other = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) ** 2 + 1
    return np.stack([outer, inner, other, 1 - outer - inner - other])


def _lanczos(fraction: np.ndarray) -> np.ndarray:
    """sinc(t) sinc(t / 4) for the pixels -3 to 4, made to sum to 1."""
    distance = fraction - np.arange(-3, 5)[:, None]
    weights = np.sinc(distance) * np.sinc(distance / 4)
    return weights / weights.sum(axis=0)


def _area_taps(old: int, new: int) -> tuple[np.ndarray, np.ndarray]:
    """Each new pixel is the mean of the old ones that it covers, the edges in part."""
    scale = old / new
    start = np.arange(new) * scale
    stop = np.minimum(start + scale, old)
    first = np.floor(start + 1e-6).astype(np.intp)
    summands = int(np.ceil(scale)) + 1
    indices = first + np.arange(summands)[:, None]
    covered = np.minimum(indices + 1, stop) - np.maximum(indices, start)
    covered = np.where(covered > 1e-6, covered, 0)
    weights = covered / covered.sum(axis=0)
    return np.minimum(indices, old - 1), weights.astype(np.float32)
