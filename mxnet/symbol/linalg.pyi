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

def det(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The determinants of square matrices: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def extractdiag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The diagonals of square matrices, ``offset`` above the main one: (*b, n, n) -> (*b, m)."""

def extracttrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The triangles of square matrices as vectors: (*b, n, n) -> (*b, m (m + 1) / 2)."""

def gelqf(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The LQ factorisation A = L Q of matrices with at least as many columns as rows."""

def gemm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    C: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products of matrices and a sum: alpha op(A) op(B) + beta C."""

def gemm2(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products of matrices: alpha op(A) op(B)."""

def inverse(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The inverses of square matrices (*b, n, n); fails for singular ones."""

def makediag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Matrices with given diagonals, ``offset`` above the main one: (*b, n) -> (*b, m, m)."""

def maketrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Matrices with given triangles, zeros elsewhere: (*b, m (m + 1) / 2) -> (*b, n, n)."""

def potrf(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The lower triangular L of symmetric positive definite matrices A = L Lᵀ."""

def potri(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The inverses of matrices given by their Cholesky factors: (A Aᵀ)⁻¹ for lower triangular A."""

def slogdet(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The signs of the determinants of square matrices, and the logarithms of their sizes."""

def sumlogdiag(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The sums of the logarithms of diagonals: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def syevd(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Eigenvectors and eigenvalues of symmetric matrices: A = Uᵀ diag(L) U."""

def syrk(
    A: Symbol | None = None,
    transpose: bool = False,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products of matrices with their own transposes: alpha A Aᵀ, or alpha Aᵀ A (``transpose``)."""

def triangle(
    A: Symbol | None = None,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """The lower (or upper) triangle of matrices, zeros elsewhere; for derivatives."""

def trmm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Products with triangular matrices: alpha op(A) B, or alpha B op(A) (``rightside``)."""

def trsm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: Symbol | Sequence[Symbol] | None = None,
) -> Symbol:
    """Solutions X of triangular systems: op(A) X = alpha B, or X op(A) = alpha B (``rightside``)."""
