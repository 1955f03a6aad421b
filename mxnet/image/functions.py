"""Functions of images: NDArrays (h, w, c), red first, of uint8 or float32."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..context import cpu
from ..error import MXNetError
from ..files import read_bytes
from ..imaging import codec, resize, warp
from ..ndarray import NDArray, array

__all__ = [
    "center_crop", "color_normalize", "copyMakeBorder", "fixed_crop", "imdecode", "imread",
    "imresize", "imrotate", "random_crop", "random_rotate", "random_size_crop", "resize_short",
    "scale_down",
]  # fmt: skip

# The names that numpy.pad has for the border types of OpenCV.
_BORDERS: Any = ("constant", "edge", "symmetric", "wrap", "reflect")


def from_numpy(pixels: np.ndarray) -> NDArray:
    """An NDArray that shares the memory of a numpy array made for it."""
    return NDArray(torch.from_numpy(np.ascontiguousarray(pixels)), cpu())


def to_numpy(image: NDArray) -> np.ndarray:
    """The values of an image, shared if it is in main memory."""
    return image._tensor.detach().cpu().numpy()


def _deliver(pixels: np.ndarray, out: NDArray | None) -> NDArray:
    made = from_numpy(pixels)
    return made if out is None else made.copyto(out)


# -- files -----------------------------------------------------------------------------------------
def imdecode(buf: Any, flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """The pixels of a compressed image, uint8 (h, w, 3), or (h, w, 1) for grey.

    Parameters: ``buf``: bytes, a bytearray, or a numpy array or NDArray of bytes; ``flag``: 1 for
    colour, 0 for grey; ``to_rgb``: red first, else blue first. Raises MXNetError for what is not an
    image, ValueError for another type.
    """
    if isinstance(buf, NDArray):
        buf = buf.asnumpy()
    if isinstance(buf, np.ndarray):
        buf = buf.astype(np.uint8, copy=False).tobytes()
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise ValueError(f"buf must be bytes, bytearray, numpy.ndarray or NDArray, not {type(buf)}")
    if flag not in (0, 1):
        raise MXNetError(f"flag should be 1 for colour or 0 for grey, not {flag}")
    return _deliver(codec.decode(buf, 3 if flag else 1, bool(to_rgb)), out)


def imread(
    filename: str, flag: int = 1, to_rgb: bool = True, out: NDArray | None = None
) -> NDArray:
    """The pixels of an image file; see ``imdecode``. Raises MXNetError if it cannot be read."""
    return imdecode(read_bytes(filename), flag, to_rgb, out)


# -- size ------------------------------------------------------------------------------------------
def imresize(src: NDArray, w: int, h: int, interp: int = 1, out: NDArray | None = None) -> NDArray:
    """An image in another size.

    Parameters: ``interp``: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos.
    """
    return _deliver(resize.resize(to_numpy(src), int(w), int(h), interp), out)


def _get_interp_method(interp: int, sizes: Sequence[int] = ()) -> int:
    """One of 0 to 4: 9 stands for area to shrink, cubic to enlarge and linear for both; 10 for any.

    Parameters: ``sizes``: old height, old width, new height, new width. Raises ValueError.
    """
    if interp == 9:
        if not sizes:
            return resize.CUBIC
        old_height, old_width, new_height, new_width = sizes
        if new_height > old_height and new_width > old_width:
            return resize.CUBIC
        if new_height < old_height and new_width < old_width:
            return resize.AREA
        return resize.LINEAR
    if interp == 10:
        return random.randint(0, 4)
    if interp not in range(5):
        raise ValueError(f"Unknown interp method {interp}: it should be 0 to 4, 9 or 10")
    return interp


def scale_down(src_size: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """A size (w, h) made smaller in proportion, so that it fits in ``src_size``."""
    w: float
    h: float
    w, h = size
    src_w, src_h = src_size
    if src_h < h:
        w, h = w * src_h / h, src_h
    if src_w < w:
        w, h = src_w, h * src_w / w
    return int(w), int(h)


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """An image whose shorter side has the given size, in the same proportions."""
    h, w = src.shape[:2]
    new_w, new_h = (size, size * h // w) if h > w else (size * w // h, size)
    return imresize(src, new_w, new_h, _get_interp_method(interp, (h, w, new_h, new_w)))


def copyMakeBorder(  # noqa: N802 - the 1.x spelling
    src: NDArray,
    top: int,
    bot: int,
    left: int,
    right: int,
    type: int = 0,
    value: float = 0.0,
    values: Sequence[float] = (),
    out: NDArray | None = None,
) -> NDArray:
    """An image with a border.

    Parameters: ``type``: 0 constant, 1 the edge pixel, 2 mirrored with it, 3 from the other side,
    4 mirrored without it; ``value``, or ``values`` per channel: of a constant border.
    """
    if type not in range(5):
        raise MXNetError(f"type should be 0 to 4, not {type}")
    pixels = to_numpy(src)
    widths = ((int(top), int(bot)), (int(left), int(right)), (0, 0))[: pixels.ndim]
    if type:
        return _deliver(np.pad(pixels, widths, _BORDERS[type]), out)
    shape = [size + sum(width) for size, width in zip(pixels.shape, widths, strict=True)]
    fill = np.asarray(values if len(values) else value)
    framed = np.empty(shape, pixels.dtype)
    framed[...] = fill[: shape[-1]] if fill.ndim else fill
    framed[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return _deliver(framed, out)


# -- crops -----------------------------------------------------------------------------------------
def fixed_crop(
    src: NDArray,
    x0: int,
    y0: int,
    w: int,
    h: int,
    size: tuple[int, int] | None = None,
    interp: int = 2,
) -> NDArray:
    """The part of an image from (x0, y0), resized to ``size`` (w, h) if given."""
    out = src[y0 : y0 + h, x0 : x0 + w].copy()
    if size is not None and (w, h) != tuple(size):
        method = _get_interp_method(interp, (h, w, size[1], size[0]))
        out = imresize(out, *size, interp=method)
    return out


def random_crop(
    src: NDArray, size: tuple[int, int], interp: int = 2
) -> tuple[NDArray, tuple[int, int, int, int]]:
    """A part of ``size`` (w, h) at a random place, and where it is (x0, y0, w, h).

    An image that is too small gives a smaller part, which is enlarged.
    """
    h, w = src.shape[:2]
    new_w, new_h = scale_down((w, h), size)
    x0, y0 = random.randint(0, w - new_w), random.randint(0, h - new_h)
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def center_crop(
    src: NDArray, size: tuple[int, int], interp: int = 2
) -> tuple[NDArray, tuple[int, int, int, int]]:
    """The middle part of ``size`` (w, h), and where it is; see ``random_crop``."""
    h, w = src.shape[:2]
    new_w, new_h = scale_down((w, h), size)
    x0, y0 = (w - new_w) // 2, (h - new_h) // 2
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def random_size_crop(
    src: NDArray,
    size: tuple[int, int],
    area: float | tuple[float, float],
    ratio: tuple[float, float],
    interp: int = 2,
    **kwargs: Any,
) -> tuple[NDArray, tuple[int, int, int, int]]:
    """A part of random area and proportions, resized to ``size`` (w, h), and where it was.

    Parameters: ``area``: the range of its share of the image, or the least share; ``ratio``: the
    range of width/height. After ten misses the middle is taken.
    """
    area = kwargs.pop("min_area", area)
    if kwargs:
        raise MXNetError(f"random_size_crop does not know {', '.join(kwargs)}")
    h, w = src.shape[:2]
    lowest, highest = (area, 1.0) if isinstance(area, (int, float, np.number)) else area
    for _ in range(10):
        target = random.uniform(lowest, highest) * h * w
        proportion = math.exp(random.uniform(math.log(ratio[0]), math.log(ratio[1])))
        new_w = round(math.sqrt(target * proportion))
        new_h = round(math.sqrt(target / proportion))
        if new_w <= w and new_h <= h:
            x0, y0 = random.randint(0, w - new_w), random.randint(0, h - new_h)
            return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)
    return center_crop(src, size, interp)


# -- values ----------------------------------------------------------------------------------------
def color_normalize(src: NDArray, mean: Any, std: Any = None) -> NDArray:
    """``(src - mean) / std``; either may be None, a number or an array that broadcasts."""
    if mean is not None:
        src = src - (array(mean) if isinstance(mean, np.ndarray) else mean)
    if std is not None:
        src = src / (array(std) if isinstance(std, np.ndarray) else std)
    return src


# -- rotation --------------------------------------------------------------------------------------
def imrotate(
    src: NDArray, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """An image (c, h, w), or several (n, c, h, w), of float32, turned around the middle.

    Parameters: ``rotation_degrees``: counter-clockwise, one number or an NDArray (n); ``zoom_in``:
    enlarge until no corner is empty; ``zoom_out``: shrink until nothing is cut off. Raises TypeError
    for other element types, ValueError for both zooms or other shapes.
    """
    if zoom_in and zoom_out:
        raise ValueError("`zoom_in` and `zoom_out` cannot be both True")
    if src.dtype is not np.float32:
        raise TypeError("Only `float32` images are supported by this function")
    single = src.ndim == 3
    if src.ndim not in (3, 4):
        raise ValueError(f"images are (c, h, w) or (n, c, h, w), not {src.shape}")
    images = to_numpy(src)[None] if single else to_numpy(src)
    if isinstance(rotation_degrees, NDArray):
        degrees = rotation_degrees.asnumpy().reshape(-1)
    else:
        degrees = np.full(len(images), rotation_degrees, np.float64)
    if len(degrees) != len(images):
        raise ValueError(f"{len(degrees)} angles are given for {len(images)} images")
    turned = np.stack(
        [
            warp.rotate(image, float(angle), zoom_in, zoom_out)
            for image, angle in zip(images, degrees, strict=True)
        ]
    )
    return from_numpy(turned[0] if single else turned)


def random_rotate(
    src: NDArray, angle_limits: tuple[float, float], zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """An image, or several, turned by random angles between ``angle_limits``; see ``imrotate``."""
    if src.ndim == 3:
        return imrotate(src, random.uniform(*angle_limits), zoom_in, zoom_out)
    degrees = [random.uniform(*angle_limits) for _ in range(src.shape[0])]
    return imrotate(src, array(degrees), zoom_in, zoom_out)
