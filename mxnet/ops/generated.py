"""Whether there are generated kernels (``mxnet.kernels``), and whether they are to be used."""

import functools
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..base import setting
from .lazy_torch import torch

__all__ = [
    "ALONE",
    "CHUNK",
    "DEPTH",
    "GROUP",
    "HEIGHT",
    "INNER",
    "LANES",
    "LINE",
    "PAIRS_DEPTH",
    "PAIRS_HEIGHT",
    "PANEL",
    "REGISTERS",
    "ROWS",
    "TILE",
    "VECTOR",
    "WORD_BYTES",
    "MatrixProduct",
    "has_kernels",
    "has_triton",
    "matrix_product",
    "multiplies_pairs",
    "packed_size",
    "panels",
    "scratch_bytes",
    "suits_products",
    "threads",
    "wants_kernels",
    "wants_products",
    "wants_triton",
]

LANES = 16  # numbers in a vector
LINE = 4 * LANES  # bytes in a vector
PANEL = 4  # at most so many vectors in a panel of a packed matrix
INNER = 400  # at most so many rows of it in a panel, of 100 KiB
DEPTH = 256  # the same where both matrices are packed
ROWS = 6  # of a tile of a result, which takes 24 of 32 registers
HEIGHT = 192  # rows of the left matrix that are packed at a time, in 200 KiB
PAIRS_DEPTH, PAIRS_HEIGHT = 128, 768  # the same for bfloat16, in 400 KiB
ALONE = 1 << 20  # multiplications below which a second thread costs more than it does
VECTOR = 1 << 20  # numbers in a matrix up to which vectors are multiplied by it without packing

# Convolutions as products with patches, see kernels/im2col.py.
CHUNK = 32 * ROWS  # patches that are gathered at a time
GROUP = 4 * PANEL * LANES  # columns of patches that derivatives take at a time
WORD_BYTES = 256  # for the words of a product

# Elementwise chains run on numbers in registers of so many float32 each: all fit the first cache.
TILE = 512
REGISTERS = 12


@functools.cache
def has_kernels() -> bool:
    """Whether numba is there to generate kernels, and torch to run them."""
    return all(importlib.util.find_spec(name) is not None for name in ("numba", "torch"))


def wants_kernels() -> bool:
    """Whether kernels can be generated and the variable of 1.x, MXNET_USE_FUSION=0, is not set."""
    return has_kernels() and setting("MXNET_USE_FUSION", 1) != 0


@functools.cache
def has_triton() -> bool:
    """Whether Triton is there to generate kernels for GPUs; PyTorch for CUDA brings it."""
    return importlib.util.find_spec("triton") is not None


def wants_triton() -> bool:
    """Whether there are to be such kernels: MXNET_USE_FUSION=1 asks for them.

    By default there are none, since nobody has measured them yet.
    """
    return setting("MXNET_USE_FUSION", 0) != 0 and has_triton()


def wants_products(dtype: str = "float32") -> bool:
    """Whether generated matrix products of a type are to be used: where they were measured to be faster.

    That is on AMD's processors with vectors of 512 bits: a core of a Zen 4, which can do 117 thousand
    million operations a second, does 104 to 116, with the products of MKL 84 to 104. Of bfloat16 it
    can do twice as many.
    """
    if dtype == "bfloat16":
        return wants_products() and multiplies_pairs()
    return dtype == "float32" and wants_kernels() and suits_products()


@dataclass(frozen=True)
class MatrixProduct:
    """The size of a matrix product, or of each of a batch, as generated kernels compute it.

    ``packs_left``: not rows but columns of the left matrix are dense, so that it is packed, too;
    ``packed``: the right one has been packed before; ``together``: how many numbers of the inner
    dimension are multiplied at a step, two of bfloat16; ``narrow``: results are bfloat16, too, so that
    sums stay in registers over the whole of it.
    """

    rows: int
    columns: int
    inner: int
    packs_left: bool = False
    packed: bool = False
    batch: int = 1
    together: int = 1
    narrow: bool = False

    def parts(self, threads: int) -> tuple[int, int]:
        """Into how many parts it is cut, across and down."""
        if threads == 1 or self.batch * self.rows * self.columns * self.inner < ALONE:
            return 1, 1
        # Each part packs what it needs of the right matrix: no more parts than threads, then.
        wanted = -(-(threads if self.packs_left else 4 * threads) // self.batch)
        panels = -(-self.columns // (LANES * PANEL))
        if self.packs_left or panels < threads:
            down = min(wanted, max(1, self.rows // (4 * ROWS)))
            return min(panels, -(-wanted // down)), down
        return min(panels, wanted), 1

    @property
    def depth(self) -> int:
        """In how many steps the inner dimension is taken."""
        return -(-self.inner // self.together)

    @property
    def steps(self) -> int:
        """How many of them are taken at a time."""
        if self.narrow:
            return self.depth
        depth = PAIRS_DEPTH if self.together > 1 else DEPTH
        most = depth if self.packs_left and not self.packed else INNER
        return -(-self.depth // max(1, -(-self.depth // most)))

    @property
    def left_bytes(self) -> int:
        """What a thread packs of the left matrix at a time, in whole vectors."""
        if not self.packs_left and self.inner % self.together == 0:
            return 0
        height = PAIRS_HEIGHT if self.together > 1 else HEIGHT
        blocks = -(-min(self.rows, height) // ROWS)
        return -(-blocks * (4 * ROWS * self.steps + LINE) // LINE) * LINE

    @property
    def thread_bytes(self) -> int:
        """What a thread packs of both at a time."""
        if self.packed:
            return self.left_bytes
        vectors = -(-self.columns // LANES)
        width = -(-vectors // max(1, -(-vectors // PANEL)))
        return self.left_bytes + self.steps * width * LINE

    def packing(self, threads: int) -> int:
        """The bytes that all threads that take part pack."""
        across, down = self.parts(threads)
        return self.thread_bytes * min(threads, across * down * self.batch)


def matrix_product(
    rows: int, columns: int, inner: int, packs_left: bool = False
) -> Sequence[MatrixProduct]:
    """The product that torch is asked for, if it is not of vectors, which have loops of their own."""
    if not (rows and columns) or inner <= 1 or (rows == 1 and inner * columns <= VECTOR):
        return ()
    return (MatrixProduct(rows, columns, inner, packs_left and rows > 1),)


def threads() -> int:
    """On how many threads kernels run."""
    return int(torch.get_num_threads())


def scratch_bytes(threads: int, packing: int) -> int:
    """What native programs compute in: registers for each thread, and what products pack."""
    return threads * 4 * REGISTERS * TILE + packing


def packed_size(inner: int, columns: int) -> int:
    """How many numbers a packed right matrix has, in whole vectors."""
    return -(-columns // LANES) * LANES * inner


def panels(inner: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """The rows and columns of the panels of a packed matrix, in their order."""
    vectors = -(-columns // LANES)
    turns, count = -(-inner // INNER), -(-vectors // PANEL)
    for turn in range(turns):
        rows = slice(turn * inner // turns, (turn + 1) * inner // turns)
        for panel in range(count):
            first, end = panel * vectors // count * LANES, (panel + 1) * vectors // count * LANES
            yield rows, slice(first, min(end, columns))


def suits_products() -> bool:
    """Whether this is such a processor."""
    return "AuthenticAMD" in _processor() and " avx512f " in _processor()


def multiplies_pairs() -> bool:
    """Whether the processor has an instruction for products of bfloat16."""
    return " avx512_bf16 " in _processor()


@functools.cache
def _processor() -> str:
    """What the operating system says of it."""
    try:
        with open("/proc/cpuinfo") as facts:
            return facts.read(1 << 14)
    except OSError:
        return ""
