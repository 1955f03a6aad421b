"""Arrays and the functions on them, computed at once: ``mx.nd``."""

from __future__ import annotations

from . import contrib, dtypes, ndarray, random, register, sparse, utils
from .arithmetic import *
from .creation import *
from .exchange import *
from .ndarray import NDArray
from .sparse import BaseSparseNDArray, CSRNDArray, RowSparseNDArray, cast_storage
from .utils import array, empty, imdecode, load, load_frombuffer, save, zeros

register.register_functions(__name__)
# The operator's own function would give a dense array for a dense one.
globals()["op"].cast_storage = cast_storage


def __getattr__(name: str) -> object:
    """Functions of operators that were defined after this package was imported."""
    from ..ops.core import registered

    if name in registered():
        return register.function(name)
    raise AttributeError(f"module 'mxnet.ndarray' has no attribute {name!r}")
