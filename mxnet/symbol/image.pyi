# Written by tools/make_stubs.py from the operator registry; do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from . import contrib as contrib
from . import creation as creation
from . import random as random
from .creation import arange as arange
from .creation import eye as eye
from .creation import full as full
from .creation import histogram as histogram
from .creation import hypot as hypot
from .creation import linspace as linspace
from .creation import maximum as maximum
from .creation import minimum as minimum
from .creation import ones as ones
from .creation import pow as pow
from .creation import power as power
from .creation import split_v2 as split_v2
from .creation import zeros as zeros
from .functions import OperatorFunction as OperatorFunction
from .functions import populate as populate
from .symbol import Group as Group
from .symbol import Symbol as Symbol
from .symbol import Variable as Variable
from .symbol import load as load
from .symbol import load_json as load_json
from .symbol import var as var
from . import contrib as contrib
from . import linalg as linalg
from . import sparse as sparse
from . import image as image
from . import random as random
from . import _internal as _internal

_Shape = Sequence[int | None] | int | str
_DType = str | type | None

def adjust_lighting(
    data: Symbol | None = None,
    alpha: Sequence[float] | float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, 3) with ``alpha`` times the main colour components of ImageNet added."""

def crop(
    data: Symbol | None = None,
    x: int = ...,
    y: int = ...,
    width: int = ...,
    height: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The part of images with ``width`` and ``height`` whose upper left corner is at ``x``, ``y``."""

def flip_left_right(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c) with left and right exchanged."""

def flip_top_bottom(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c) upside down."""

def normalize(
    data: Symbol | None = None,
    mean: Sequence[float] | float = (0.0, 0.0, 0.0, 0.0),
    std: Sequence[float] | float = (1.0, 1.0, 1.0, 1.0),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """(data - mean) / std, by channel."""

def random_brightness(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c) times a random factor."""

def random_color_jitter(
    data: Symbol | None = None,
    brightness: float = ...,
    contrast: float = ...,
    saturation: float = ...,
    hue: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c) with random brightness, contrast, saturation and hue, in random order."""

def random_contrast(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c) with its distance from the mean brightness times a random factor."""

def random_flip_left_right(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c), with left and right exchanged in one of two cases."""

def random_flip_top_bottom(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c), upside down in one of two cases."""

def random_hue(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c) with all colours turned by a random part of the colour circle."""

def random_lighting(
    data: Symbol | None = None,
    alpha_std: float = 0.05,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, 3) with random multiples of the main colour components of ImageNet added."""

def random_saturation(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The image (h, w, c) with its distance from shades of gray times a random factor."""

def resize(
    data: Symbol | None = None,
    size: _Shape = (),
    keep_ratio: bool = False,
    interp: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Images in another size."""

def to_tensor(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """An image with numbers from 0 to 255 as float32 numbers from 0 to 1, channels first."""
