"""Saving and loading arrays, and the creation functions with a storage type."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..context import Context, cpu
from ..files import write_atomically
from ..ops.core import get_op
from . import creation, sparse_creation
from .invoke import invoke
from .ndarray import NDArray
from .serialization import read_file, read_from, write_to
from .sparse_array import is_sparse

__all__ = ["array", "empty", "imdecode", "load", "load_frombuffer", "save", "zeros"]


def save(fname: str, data: NDArray | list[NDArray] | dict[str, NDArray]) -> None:
    """Write an array, a list or a dict of arrays to a file, which 1.x can read as well.

    The file appears whole or not at all. Raises ValueError for other kinds of data, TypeError for
    entries that are not arrays under string keys, MXNetError if the place cannot be written to.
    """
    if not isinstance(fname, str):
        raise TypeError(f"a file name has to be a string, not {type(fname)}")
    names: list[str] = []
    if isinstance(data, NDArray):
        arrays = [data]
    elif isinstance(data, dict):
        names, arrays = list(data), list(data.values())
    elif isinstance(data, list):
        arrays = data
    else:
        raise ValueError(f"only an NDArray, or a dict or list of them, is saved, not {type(data)}")
    wrong: list = [name for name in names if not isinstance(name, str)]
    wrong += [array for array in arrays if not isinstance(array, NDArray)]
    if wrong:
        raise TypeError(f"NDArrays, under strings in a dict, are saved, not a {type(wrong[0])}")
    write_atomically(fname, write_to(arrays, names))


def load(fname: str) -> list[NDArray] | dict[str, NDArray]:
    """The arrays in a file: a dict if they have names, else a list.

    Raises MXNetError if the file cannot be read or is corrupt.
    """
    if not isinstance(fname, str):
        raise TypeError(f"a file name has to be a string, not {type(fname)}")
    return _collect(*read_file(fname))


def load_frombuffer(buf: bytes | str) -> list[NDArray] | dict[str, NDArray]:
    """The arrays in the content of a file; raises MXNetError if it is corrupt."""
    if not isinstance(buf, (bytes, bytearray, memoryview, str)):
        raise TypeError(f"bytes are needed, not {type(buf)}")
    content = buf.encode("latin-1", "replace") if isinstance(buf, str) else buf
    return _collect(*read_from(io.BytesIO(content), "the buffer"))


def _collect(arrays: list[NDArray], names: list[str]) -> list[NDArray] | dict[str, NDArray]:
    return dict(zip(names, arrays, strict=True)) if names else arrays


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array with the values of ``source_array``, copied; sparse if that is sparse."""
    if is_sparse(source_array):
        return sparse_creation.array(source_array, ctx=ctx, dtype=dtype)
    return creation.array(source_array, ctx=ctx, dtype=dtype)


def empty(
    shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None
) -> NDArray:
    """An array with arbitrary values; of storage type ``stype`` one without any values."""
    if stype in (None, "default"):
        return creation.empty(shape, ctx, dtype)
    return sparse_creation.empty(stype, shape, ctx, dtype)


def zeros(
    shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None,
    **kwargs: Any,
) -> NDArray:  # fmt: skip
    """An array of zeros, dense or of storage type ``stype``; ``out`` takes them if given."""
    if stype in (None, "default"):
        return creation.zeros(shape, ctx, np.float32 if dtype is None else dtype, **kwargs)
    return sparse_creation.zeros(stype, shape, ctx, dtype, **kwargs)


def imdecode(
    str_img: bytes,
    clip_rect: Sequence[int] = (0, 0, 0, 0),
    out: NDArray | None = None,
    index: int = 0,
    channels: int = 3,
    mean: NDArray | None = None,
) -> NDArray:
    """A compressed image as float32 (channels, h, w), red first; ``mx.image`` has newer functions.

    Parameters: ``clip_rect``: the part (x0, y0, x1, y1), all of the image by default; ``out``: an
    array (c, h, w), or (n, c, h, w) of which place ``index`` takes the image; ``channels``: 3, or 1
    for gray; ``mean``: an array of the shape of the result, which is subtracted. Raises MXNetError
    for what is not an image, or does not fit.
    """
    buffer = NDArray(torch.from_numpy(np.frombuffer(bytes(str_img), np.uint8).copy()), cpu())
    corners = dict(zip(("x0", "y0", "x1", "y1"), clip_rect, strict=True))
    op = get_op("_imdecode")(index=index, c=channels, size=len(str_img), **corners)
    mean = creation.array(np.zeros(0), cpu()) if mean is None else mean
    if out is None:
        return invoke(op, [mean, buffer])
    return invoke(op, [mean, buffer], out=out[index] if out.ndim == 4 else out)
