"""Optimizer states as bytes: pickles as 1.x writes them, read without trusting them.

A pickle can name any function and have it called. Here only a few names mean anything, and those
mean stand-ins that note down what the file says; the real objects are made of them afterwards.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from .. import lr_scheduler
from ..error import MXNetError
from ..ndarray import NDArray
from ..ndarray.serialization import array_from_bytes
from .base import Optimizer

__all__ = ["dump", "load"]

_PROTOCOL = 4  # what MXNet 1.9.1 writes


def dump(content: Any) -> bytes:
    """A pickle of containers, numbers, strings, arrays, optimizers and schedulers."""
    return pickle.dumps(content, _PROTOCOL)


def load(data: bytes) -> Any:
    """The content of such a pickle; MXNetError for any other, of which nothing is executed."""
    try:
        return _real(_Unpickler(io.BytesIO(data)).load())
    except MXNetError:
        raise
    except Exception as error:
        # A damaged pickle can fail in any way at all.
        raise MXNetError(f"These bytes are no optimizer states: {error}") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str):
        known = _NAMES.get((module, name))
        if known is not None:
            return known
        target = _object_class(module, name)
        if target is None:
            raise MXNetError(
                f"Optimizer states may not contain {module}.{name}. If it is an optimizer of your "
                "own, register it (mx.optimizer.register) before loading; anything else has no "
                "place in such a file, which may be damaged or hostile."
            )
        return type(f"_Noted{name}", (_NotedObject,), {"target": target})

    def persistent_load(self, pid):
        raise MXNetError("Optimizer states may not refer to objects outside of the file.")


def _object_class(module: str, name: str) -> type | None:
    registered = Optimizer.opt_registry.get(name.lower())
    if registered is not None and (registered.__module__, registered.__name__) == (module, name):
        return registered
    if module == lr_scheduler.__name__ and name in lr_scheduler.__all__:
        return getattr(lr_scheduler, name)
    return None


# -- stand-ins -------------------------------------------------------------------------------


class _Noted:
    """What the file says about an object; ``real`` makes it."""

    arguments: tuple
    state: Any

    def __new__(cls, *arguments):
        self = super().__new__(cls)
        self.arguments, self.state = arguments, None
        return self

    def __init__(self, *arguments):
        pass

    def __setstate__(self, state):
        self.state = state

    def real(self) -> Any:
        raise NotImplementedError


class _NotedObject(_Noted):
    """An optimizer or a scheduler: its attributes, set without calling its constructor."""

    target: type[Any]

    def real(self) -> Any:
        if self.arguments or not isinstance(self.state, dict):
            raise MXNetError(f"The {self.target.__name__} in these optimizer states is damaged.")
        made = object.__new__(self.target)
        state = _real(self.state)
        if isinstance(made, Optimizer):
            made.__setstate__(state)
        else:
            made.__dict__.update(state)
        return made


class _NotedArray(_Noted):
    """An NDArray: the bytes under "handle"."""

    def real(self) -> NDArray | None:
        handle = (self.state or {}).get("handle")
        return None if handle is None else array_from_bytes(handle)


class _NotedDtype(_Noted):
    """A numpy dtype: its code, and its byte order in the state."""

    def real(self) -> np.dtype:
        dtype = np.dtype(str(self.arguments[0]))
        if dtype.hasobject or dtype.fields:
            raise MXNetError(f"Optimizer states may not contain numpy arrays of {dtype}.")
        return dtype.newbyteorder(">") if self.state and self.state[1] == ">" else dtype


class _NotedNumpy(_Noted):
    """A numpy array: version, shape, dtype, Fortran order, data as the state."""

    def real(self) -> np.ndarray:
        _, shape, dtype, fortran, data = self.state
        flat = np.frombuffer(bytes(data), dtype.real())
        return flat.reshape(shape, order="F" if fortran else "C").copy()


class _NotedScalar(_Noted):
    """A numpy number: dtype and data."""

    def real(self) -> np.generic:
        dtype, data = self.arguments
        return np.frombuffer(bytes(data), dtype.real())[0]


class _NotedBuffer(_Noted):
    """A numpy array of protocol 5: data, dtype, shape, order."""

    def real(self) -> np.ndarray:
        data, dtype, shape, order = self.arguments
        return np.frombuffer(bytes(data), dtype.real()).reshape(shape, order=order).copy()


class _Marker(_Noted):
    """A class that is only ever an argument."""


class _Bytes(_Noted):
    """Bytes, where a pickle calls ``bytearray(bytes)`` or ``_codecs.encode(text, "latin1")``."""

    def __new__(cls, content: bytes | str = b"", encoding: str = "latin1"):
        if not isinstance(content, (bytes, bytearray, str)) or encoding != "latin1":
            raise MXNetError("Optimizer states contain damaged bytes.")
        return content.encode(encoding) if isinstance(content, str) else content


_NAMES: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _Bytes,
    ("collections", "OrderedDict"): dict,
    ("numpy", "dtype"): _NotedDtype,
    ("numpy", "ndarray"): _Marker,
    ("mxnet.ndarray", "NDArray"): _NotedArray,
    ("mxnet.ndarray.ndarray", "NDArray"): _NotedArray,
    ("mxnet.ndarray.sparse", "CSRNDArray"): _NotedArray,
    ("mxnet.ndarray.sparse", "RowSparseNDArray"): _NotedArray,
}
for _module in ("builtins", "__builtin__"):
    _NAMES[_module, "bytearray"] = _Bytes
    for _harmless in (complex, frozenset, set):
        _NAMES[_module, _harmless.__name__] = _harmless
for _core in ("numpy.core", "numpy._core"):
    _NAMES[f"{_core}.multiarray", "_reconstruct"] = _NotedNumpy
    _NAMES[f"{_core}.multiarray", "scalar"] = _NotedScalar
    _NAMES[f"{_core}.numeric", "_frombuffer"] = _NotedBuffer


def _real(content: Any, made: dict[int, Any] | None = None) -> Any:
    """The content with real objects for stand-ins; what was one object stays one."""
    made = {} if made is None else made
    key = id(content)
    if key in made:
        return made[key]
    if isinstance(content, dict):
        # Registered before its items, since optimizers refer to one of their dicts twice.
        result: Any = made.setdefault(key, {})
        result.update({_real(k, made): _real(v, made) for k, v in content.items()})
    elif isinstance(content, list):
        result = [_real(item, made) for item in content]
    elif isinstance(content, tuple):
        result = tuple(_real(item, made) for item in content)
    elif isinstance(content, _Noted):
        result = content.real()
    else:
        return content
    made[key] = result
    return result
