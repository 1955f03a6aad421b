"""Boxes drawn on images."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from ..error import MXNetError
from .augmenters import statistics

__all__ = ["draw_boxes", "restore"]

_COLORS = (
    (228, 26, 28), (55, 126, 184), (77, 175, 74), (152, 78, 163), (255, 127, 0), (166, 86, 40),
    (247, 129, 191),
)  # fmt: skip


def restore(image: np.ndarray, mean: Any, std: Any, clip: bool) -> np.ndarray:
    """An image before ``(image - mean) / std``, as uint8."""
    mean, std = statistics(mean, std)
    if std is not None:
        image = image * np.asarray(std, np.float32)
    if mean is not None:
        image = image + np.asarray(mean, np.float32)
    return (image.clip(0, 255) if clip else image).astype(np.uint8)


def draw_boxes(
    image: np.ndarray,
    objects: np.ndarray,
    color: tuple[int, int, int] | None,
    thickness: int,
    names: dict[int, str] | None,
) -> np.ndarray:
    """A copy of an image (h, w, 3) with the boxes of objects (class, left, top, right, bottom)."""
    try:
        pillow = importlib.import_module("PIL.Image")
        drawing = importlib.import_module("PIL.ImageDraw")
    except ImportError:
        raise MXNetError("boxes are drawn with Pillow: pip install pillow") from None
    picture = pillow.fromarray(np.ascontiguousarray(image))
    pen = drawing.Draw(picture)
    h, w = image.shape[:2]
    for number, *box in objects[:, :5]:
        corners = [round(float(share) * size) for share, size in zip(box, (w, h, w, h))]
        ink = color or _COLORS[int(number) % len(_COLORS)]
        pen.rectangle(corners, outline=tuple(ink), width=thickness)
        if names is not None:
            pen.text((corners[0] + 5, corners[1] + 5), names.get(int(number), ""), fill=tuple(ink))
    return np.asarray(picture)
