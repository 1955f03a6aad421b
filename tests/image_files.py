"""Pictures and record files that the tests make for themselves."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

import mxnet as mx


def gradient(height: int, width: int, shift: int = 0) -> np.ndarray:
    """A picture (height, width, 3) in which every pixel tells where it is."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([(y * 4 + shift) % 256, x * 3 % 256, (x + y) * 2 % 256], -1).astype(np.uint8)


def compressed(pixels: np.ndarray, kind: str = "PNG", **options) -> bytes:
    """A picture as the bytes of a file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def pictures(count: int = 7) -> list[np.ndarray]:
    """Pictures of several sizes."""
    return [gradient(30 + i, 40 - i, 10 * i) for i in range(count)]


def boxes(number: int) -> list[float]:
    """The label of picture ``number`` for detection: one to three objects."""
    objects = [[j, 0.1 + 0.05 * j, 0.1, 0.5 + 0.1 * j, 0.6] for j in range(number % 3 + 1)]
    return [2, 5, *(value for each in objects for value in each)]


def write_records(folder, name: str = "x", label=lambda i: i % 3, images=None) -> str:
    """A record file with its index; returns the path of the former."""
    path = str(folder / f"{name}.rec")
    with mx.recordio.MXIndexedRecordIO(path[:-3] + "idx", path, "w") as file:
        for i, picture in enumerate(pictures() if images is None else images):
            content = picture if isinstance(picture, bytes) else compressed(picture)
            header = mx.recordio.IRHeader(0, label(i), i, 0)
            file.write_idx(i, mx.recordio.pack(header, content))
    return path
