"""Compressed images to numpy arrays and back, with Pillow."""

from __future__ import annotations

import importlib
import io
from typing import Any

import numpy as np

from ..error import MXNetError

__all__ = ["decode", "decode_stored", "encode", "image_size"]


def _pillow() -> Any:
    try:
        return importlib.import_module("PIL.Image")
    except ImportError:
        raise MXNetError(
            "images are read and written with Pillow, which is not installed: pip install pillow"
        ) from None


def _open(buffer: Any) -> Any:
    pillow = _pillow()
    if len(buffer) == 0:
        raise MXNetError("there is no image in an empty buffer")
    try:
        image = pillow.open(io.BytesIO(buffer))
        image.load()
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        raise _undecodable(error) from None
    return image


def _undecodable(error: Exception) -> MXNetError:
    # Pillow names the buffer by its address where the format is unknown.
    reason = "its format is not known" if "cannot identify" in str(error) else str(error)
    return MXNetError(f"Decoding failed. Invalid image file: {reason}")


def decode(buffer: Any, channels: int = 3, rgb: bool = True) -> np.ndarray:
    """The pixels of a compressed image as uint8 (h, w, channels).

    Parameters: ``channels``: 1 grey, 3 colour, 4 with transparency; ``rgb``: red first, else blue
    first. 16 bits become 8. Raises MXNetError for what is not an image.
    """
    image = _open(buffer)
    if image.mode.startswith("I"):
        image = _pillow().fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    pixels = np.array(image if image.mode == mode else image.convert(mode))
    if channels == 1:
        return pixels[..., None]
    return pixels if rgb else pixels[..., [2, 1, 0, 3][:channels]]


def decode_stored(buffer: Any, iscolor: int = -1) -> np.ndarray:
    """The pixels in the order blue, green, red: (h, w, 3); (h, w) for grey; (h, w, 4) with alpha.

    Parameters: ``iscolor``: 1 colour, 0 grey, -1 as it is stored.
    """
    if iscolor == 1:
        return decode(buffer, 3, rgb=False)
    if iscolor == 0:
        return decode(buffer, 1)[..., 0]
    image = _open(buffer)
    if image.mode in ("L", "1"):
        return np.array(image.convert("L"))
    if image.mode.startswith("I"):
        return np.asarray(image).astype(np.uint16)
    if image.mode in ("RGBA", "LA", "PA"):
        return np.asarray(image.convert("RGBA"))[..., [2, 1, 0, 3]]
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[..., ::-1])


def encode(image: np.ndarray, extension: str = ".jpg", quality: int = 95) -> bytes:
    """An image (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), blue first, as the bytes of a file.

    Parameters: ``extension``: ".jpg" or ".png"; ``quality``: 1 to 100 for JPEG, the compression
    0 to 9 for PNG. Raises MXNetError for another extension, shape or element type.
    """
    pillow = _pillow()
    kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}.get(extension.lower())
    if kind is None:
        raise MXNetError(f"images are stored as .jpg or .png, not {extension!r}")
    channels = 1 if image.ndim == 2 else image.shape[-1]
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise MXNetError(
            f"an image is uint8 of shape (h, w), (h, w, 3) or (h, w, 4), not {image.dtype}"
            f" {image.shape}"
        )
    if channels == 1:
        pixels = image.reshape(image.shape[:2])
    else:
        pixels = image[..., [2, 1, 0] if channels == 3 or kind == "JPEG" else [2, 1, 0, 3]]
    options = {"quality": quality} if kind == "JPEG" else {"compress_level": min(quality, 9)}
    file = io.BytesIO()
    pillow.fromarray(np.ascontiguousarray(pixels)).save(file, kind, **options)
    return file.getvalue()


def image_size(buffer: Any) -> tuple[int, int]:
    """The height and width of a compressed image, from its first bytes alone."""
    pillow = _pillow()
    try:
        width, height = pillow.open(io.BytesIO(buffer)).size
    except (OSError, SyntaxError, ValueError) as error:
        raise _undecodable(error) from None
    return height, width
