"""Colours of images (h, w, 3), red first, with values 0 to 255."""

from __future__ import annotations

import numpy as np

__all__ = ["EIGENVALUES", "EIGENVECTORS", "LUMINANCE", "from_hls", "to_hls"]

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
# The principal components of the colours of ImageNet.
EIGENVALUES = (55.46, 4.794, 1.148)
EIGENVECTORS = (
    (-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203)
)  # fmt: skip


def to_hls(image: np.ndarray) -> np.ndarray:
    """Hue 0 to 180 (half degrees), lightness and saturation 0 to 255, as float32."""
    red, green, blue = (image[..., i].astype(np.float32) / 255 for i in range(3))
    high = np.maximum(np.maximum(red, green), blue)
    low = np.minimum(np.minimum(red, green), blue)
    span, total = high - low, high + low
    lightness = total / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        saturation = np.where(lightness < 0.5, span / total, span / (2 - total))
        hue = np.select(
            [high == red, high == green],
            [(green - blue) / span, 2 + (blue - red) / span],
            4 + (red - green) / span,
        )
    grey = span == 0
    hue = np.where(grey, 0, hue * 30 % 180)
    saturation = np.where(grey, 0, saturation)
    return np.stack([hue, lightness * 255, saturation * 255], axis=-1)


def from_hls(image: np.ndarray) -> np.ndarray:
    """Red, green and blue, 0 to 255, of what ``to_hls`` gives."""
    hue, lightness, saturation = image[..., 0] / 15, image[..., 1] / 255, image[..., 2] / 255
    chroma = saturation * np.minimum(lightness, 1 - lightness)

    def channel(start: int) -> np.ndarray:
        place = (hue + start) % 12  # the circle in twelfths, seen from this channel's own colour
        return lightness - chroma * np.clip(np.minimum(place - 3, 9 - place), -1, 1)

    return np.stack([channel(0), channel(8), channel(4)], axis=-1).clip(0, 1) * 255
