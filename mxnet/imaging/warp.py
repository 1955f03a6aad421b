"""Turning and shearing images."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["affine", "rotate"]


def _sample(image: np.ndarray, y: np.ndarray, x: np.ndarray, fill: float) -> np.ndarray:
    """Linear interpolation of an image (h, w, c) at places; outside it is ``fill``."""
    h, w = image.shape[:2]
    y0, x0 = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
    dy, dx = (y - y0)[..., None], (x - x0)[..., None]

    def at(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
        values = image[rows.clip(0, h - 1), columns.clip(0, w - 1)].astype(np.float32)
        return np.where(inside[..., None], values, np.float32(fill))

    top = at(y0, x0) * (1 - dx) + at(y0, x0 + 1) * dx
    bottom = at(y0 + 1, x0) * (1 - dx) + at(y0 + 1, x0 + 1) * dx
    return top * (1 - dy) + bottom * dy


def affine(
    image: np.ndarray, matrix: np.ndarray, width: int, height: int, fill: float = 0
) -> np.ndarray:
    """An image (h, w, c) moved by ``matrix`` (2, 3), from old to new places (x, y, 1)."""
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    y, x = np.mgrid[0:height, 0:width]
    old_x = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]
    old_y = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]
    result = _sample(image, old_y, old_x, fill)
    if image.dtype.kind in "ui":
        limits = np.iinfo(image.dtype)
        result = np.rint(result).clip(limits.min, limits.max)
    return result.astype(image.dtype)


def rotate(image: np.ndarray, degrees: float, zoom_in: bool, zoom_out: bool) -> np.ndarray:
    """An image (c, h, w) turned around its middle, counter-clockwise; empty corners are 0."""
    h, w = image.shape[1:]
    angle = math.radians(degrees)
    sine, cosine = math.sin(angle), math.cos(angle)
    # Places measured from the middle, in pixels, of the new image and of the old one.
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    y, x = y - (h - 1) / 2, x - (w - 1) / 2
    scale = _zoom(h, w, abs(sine), abs(cosine), zoom_in, zoom_out)
    old_x = (x * cosine - y * sine) / scale + (w - 1) / 2
    old_y = (x * sine + y * cosine) / scale + (h - 1) / 2
    return _sample(image.transpose(1, 2, 0), old_y, old_x, 0).transpose(2, 0, 1)


def _zoom(h: int, w: int, sine: float, cosine: float, zoom_in: bool, zoom_out: bool) -> float:
    """How much larger the turned image is drawn."""
    if zoom_out:
        return min(w / (w * cosine + h * sine), h / (w * sine + h * cosine))
    if zoom_in:
        return max((w * cosine + h * sine) / w, (w * sine + h * cosine) / h)
    return 1.0
