"""Arrays and the functions on them, computed at once: ``mx.nd``."""

from __future__ import annotations

from . import dtypes, ndarray, random, register, sparse, utils
from .arithmetic import *
from .creation import *
from .ndarray import NDArray
from .sparse import BaseSparseNDArray, CSRNDArray, RowSparseNDArray
from .utils import array, empty, load, load_frombuffer, save, zeros

register.register_functions(__name__)
