"""Whether there are generated kernels (``mxnet.kernels``), and whether they are to be used."""

import functools
import importlib.util
import os
from collections.abc import Iterator

__all__ = [
    "INNER",
    "LANES",
    "PANEL",
    "has_kernels",
    "packed_size",
    "panels",
    "suits_products",
    "wants_kernels",
    "wants_products",
]

LANES = 16  # numbers in a vector
PANEL = 4  # at most so many vectors in a panel of a packed matrix
INNER = 256  # at most so many rows of it in a panel, of 64 KiB


@functools.cache
def has_kernels() -> bool:
    """Whether numba is there to generate kernels."""
    return importlib.util.find_spec("numba") is not None


def wants_kernels() -> bool:
    """Whether kernels can be generated and the variable of 1.x, MXNET_USE_FUSION=0, is not set."""
    off = os.environ.get("MXNET_USE_FUSION", "1").lower() in ("0", "false")
    return has_kernels() and not off


def wants_products() -> bool:
    """Whether generated matrix products are to be used: where they were measured to be faster.

    That is on AMD's processors with vectors of 512 bits: a core of a Zen 4, which can do 117 thousand
    million operations a second, does 104 to 116, with the products of MKL 84 to 104.
    """
    return wants_kernels() and suits_products()


def packed_size(inner: int, columns: int) -> int:
    """How many numbers a packed right matrix has, with those that packing may write behind it."""
    return -(-columns // LANES) * LANES * inner + LANES * PANEL * LANES


def panels(inner: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """The rows and columns of the panels of a packed matrix, in their order."""
    vectors = -(-columns // LANES)
    turns, count = -(-inner // INNER), -(-vectors // PANEL)
    for turn in range(turns):
        rows = slice(turn * inner // turns, (turn + 1) * inner // turns)
        for panel in range(count):
            first, end = panel * vectors // count * LANES, (panel + 1) * vectors // count * LANES
            yield rows, slice(first, min(end, columns))


@functools.cache
def suits_products() -> bool:
    """Whether this is such a processor."""
    try:
        with open("/proc/cpuinfo") as facts:
            text = facts.read(1 << 14)
    except OSError:
        return False
    return "AuthenticAMD" in text and " avx512f " in text
