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

def det(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The determinants of square matrices: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def extractdiag(
    A: NDArray | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The diagonals of square matrices, ``offset`` above the main one: (*b, n, n) -> (*b, m)."""

def extracttrian(
    A: NDArray | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The triangles of square matrices as vectors: (*b, n, n) -> (*b, m (m + 1) / 2)."""

def gelqf(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """The LQ factorisation A = L Q of matrices with at least as many columns as rows."""

def gemm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    C: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of matrices and a sum: alpha op(A) op(B) + beta C."""

def gemm2(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of matrices: alpha op(A) op(B)."""

def inverse(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The inverses of square matrices (*b, n, n); fails for singular ones."""

def makediag(
    A: NDArray | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Matrices with given diagonals, ``offset`` above the main one: (*b, n) -> (*b, m, m)."""

def maketrian(
    A: NDArray | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Matrices with given triangles, zeros elsewhere: (*b, m (m + 1) / 2) -> (*b, n, n)."""

def potrf(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The lower triangular L of symmetric positive definite matrices A = L Lᵀ."""

def potri(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The inverses of matrices given by their Cholesky factors: (A Aᵀ)⁻¹ for lower triangular A."""

def slogdet(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """The signs of the determinants of square matrices, and the logarithms of their sizes."""

def sumlogdiag(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The sums of the logarithms of diagonals: (*b, n, n) -> (*b), or (1,) of a single matrix."""

def syevd(
    A: NDArray | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> Any:
    """Eigenvectors and eigenvalues of symmetric matrices: A = Uᵀ diag(L) U."""

def syrk(
    A: NDArray | None = None,
    transpose: bool = False,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products of matrices with their own transposes: alpha A Aᵀ, or alpha Aᵀ A (``transpose``)."""

def triangle(
    A: NDArray | None = None,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """The lower (or upper) triangle of matrices, zeros elsewhere; for derivatives."""

def trmm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Products with triangular matrices: alpha op(A) B, or alpha B op(A) (``rightside``)."""

def trsm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    ctx: Any = None,
) -> NDArray:
    """Solutions X of triangular systems: op(A) X = alpha B, or X op(A) = alpha B (``rightside``)."""
