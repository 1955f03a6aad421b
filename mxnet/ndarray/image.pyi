# Written by tools/make_stubs.py from the operator registry; do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from . import contrib as contrib
from . import dtypes as dtypes
from . import ndarray as ndarray
from . import random as random
from . import register as register
from . import sparse as sparse
from . import utils as utils
from .arithmetic import Arithmetic as Arithmetic
from .arithmetic import add as add
from .arithmetic import divide as divide
from .arithmetic import equal as equal
from .arithmetic import greater as greater
from .arithmetic import greater_equal as greater_equal
from .arithmetic import lesser as lesser
from .arithmetic import lesser_equal as lesser_equal
from .arithmetic import logical_and as logical_and
from .arithmetic import logical_or as logical_or
from .arithmetic import logical_xor as logical_xor
from .arithmetic import maximum as maximum
from .arithmetic import minimum as minimum
from .arithmetic import modulo as modulo
from .arithmetic import multiply as multiply
from .arithmetic import not_equal as not_equal
from .arithmetic import power as power
from .arithmetic import subtract as subtract
from .arithmetic import true_divide as true_divide
from .creation import arange as arange
from .creation import array as array
from .creation import concatenate as concatenate
from .creation import empty as empty
from .creation import eye as eye
from .creation import full as full
from .creation import histogram as histogram
from .creation import linspace as linspace
from .creation import moveaxis as moveaxis
from .creation import onehot_encode as onehot_encode
from .creation import ones as ones
from .creation import split_v2 as split_v2
from .creation import waitall as waitall
from .creation import zeros as zeros
from .exchange import from_dlpack as from_dlpack
from .exchange import from_numpy as from_numpy
from .exchange import from_torch as from_torch
from .exchange import to_dlpack_for_read as to_dlpack_for_read
from .exchange import to_dlpack_for_write as to_dlpack_for_write
from .ndarray import NDArray as NDArray
from .sparse import BaseSparseNDArray as BaseSparseNDArray
from .sparse import CSRNDArray as CSRNDArray
from .sparse import RowSparseNDArray as RowSparseNDArray
from .sparse import cast_storage as cast_storage
from .utils import array as array
from .utils import empty as empty
from .utils import imdecode as imdecode
from .utils import load as load
from .utils import load_frombuffer as load_frombuffer
from .utils import save as save
from .utils import zeros as zeros
from . import contrib as contrib
from . import linalg as linalg
from . import sparse as sparse
from . import image as image
from . import random as random
from . import _internal as _internal

_Shape = Sequence[int | None] | int | str
_DType = str | type | None

def adjust_lighting(
    data: NDArray | None = None,
    alpha: Sequence[float] | float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, 3) with ``alpha`` times the main colour components of ImageNet added."""

def crop(
    data: NDArray | None = None,
    x: int = ...,
    y: int = ...,
    width: int = ...,
    height: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The part of images with ``width`` and ``height`` whose upper left corner is at ``x``, ``y``."""

def flip_left_right(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c) with left and right exchanged."""

def flip_top_bottom(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c) upside down."""

def normalize(
    data: NDArray | None = None,
    mean: Sequence[float] | float = (0.0, 0.0, 0.0, 0.0),
    std: Sequence[float] | float = (1.0, 1.0, 1.0, 1.0),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """(data - mean) / std, by channel."""

def random_brightness(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c) times a random factor."""

def random_color_jitter(
    data: NDArray | None = None,
    brightness: float = ...,
    contrast: float = ...,
    saturation: float = ...,
    hue: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c) with random brightness, contrast, saturation and hue, in random order."""

def random_contrast(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c) with its distance from the mean brightness times a random factor."""

def random_flip_left_right(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c), with left and right exchanged in one of two cases."""

def random_flip_top_bottom(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c), upside down in one of two cases."""

def random_hue(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c) with all colours turned by a random part of the colour circle."""

def random_lighting(
    data: NDArray | None = None,
    alpha_std: float = 0.05,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, 3) with random multiples of the main colour components of ImageNet added."""

def random_saturation(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The image (h, w, c) with its distance from shades of gray times a random factor."""

def resize(
    data: NDArray | None = None,
    size: _Shape = (),
    keep_ratio: bool = False,
    interp: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Images in another size."""

def to_tensor(
    data: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """An image with numbers from 0 to 255 as float32 numbers from 0 to 1, channels first."""
