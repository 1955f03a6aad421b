"""The classes of sparse arrays, and their conversion to and from dense ones; see ``sparse``."""

from __future__ import annotations

import numbers
import operator
from typing import Any

import numpy as np
import torch

from .. import context as contexts
from .._tape import state
from ..base import NotSupportedForSparseNDArray
from ..context import Context, torch_device
from ..error import MXNetError
from ..ops.core import get_op
from . import creation, indexing
from .dtypes import NUMPY_TYPE_OF, cast, torch_type
from .ndarray import NDArray

__all__ = [
    "BaseSparseNDArray", "CSRNDArray", "RowSparseNDArray", "cast_storage", "index_problem",
    "is_sparse", "pointers_of", "retain",
]  # fmt: skip


class BaseSparseNDArray(NDArray):
    """What sparse arrays have in common: values, the arrays that say where they are, a shape."""

    _index_arrays: int
    _stype: str
    _values: torch.Tensor

    def __init__(
        self, values: torch.Tensor | None, indices: tuple[torch.Tensor, ...] = (),
        shape: tuple[int, ...] = (), context: Context | None = None,
    ):  # fmt: skip
        self._values = values  # type: ignore[assignment]
        self._indices, self._shape = indices, tuple(shape)
        self._context = context if context is not None else contexts.cpu()

    @property
    def _tensor(self) -> torch.Tensor:  # type: ignore[override]
        raise NotSupportedForSparseNDArray("this operation", None, self)

    shape = property(lambda self: self._shape, doc="The sizes of the axes, as of a dense array.")
    ndim = property(lambda self: len(self._shape), doc="The number of axes.")
    stype = property(lambda self: self._stype, doc='The storage type: "row_sparse" or "csr".')
    dtype = property(lambda self: NUMPY_TYPE_OF[self._values.dtype], doc="The type of the values.")

    @property
    def size(self) -> int:
        """Raises NotImplementedError: neither the stored nor all elements would be obvious."""
        raise NotImplementedError("take shape, or data.size for the number of stored values")

    @property
    def data(self) -> NDArray:
        """The stored values."""
        return NDArray(self._values, self._context)

    @property
    def indices(self) -> NDArray:
        """The columns of the values (csr), or the stored rows (row_sparse)."""
        return NDArray(self._indices[-1], self._context)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n<{type(self).__name__} {shape} @{self._context}>"

    def __len__(self) -> int:
        return self._shape[0]

    def __bool__(self) -> bool:
        raise ValueError("The truth value of an NDArray with multiple elements is ambiguous.")

    __nonzero__ = __bool__

    def __getstate__(self) -> dict[str, bytearray | None]:
        if self._values is None:
            return {"handle": None}
        from .serialization import array_to_bytes

        return {"handle": array_to_bytes(self)}

    def _dense(self) -> torch.Tensor:
        raise NotImplementedError

    def _problem(self, ordered: bool) -> str | None:
        """What is wrong with the format, if anything."""
        raise NotImplementedError

    def asnumpy(self) -> np.ndarray:
        """A dense copy as a numpy array."""
        return self.tostype("default").asnumpy()

    def asscalar(self) -> np.generic:
        """The only element as a numpy scalar."""
        return self.tostype("default").asscalar()

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The values as another dtype; with ``copy=False`` the array itself where it has it."""
        wanted = torch_type(dtype)
        if wanted is self._values.dtype:
            return self.copy() if copy else self
        return self._like(cast(self._values, wanted), self._indices, self._context)

    def check_format(self, full_check: bool = True, ordered: bool = True) -> None:
        """Raise MXNetError where the index arrays contradict the shape or, if ``ordered``, are not
        in ascending order. Without ``full_check`` only sizes are compared.
        """
        problem = self._misfit() or (self._problem(ordered) if full_check else None)
        if problem:
            raise MXNetError(f"{type(self).__name__} of shape {self.shape}: {problem}")

    def _misfit(self) -> str | None:
        raise NotImplementedError

    def copyto(self, other: NDArray | Context) -> Any:
        """Copy into another array, dense or of the same storage type, or to a device.

        Returns the target. Raises TypeError for other targets, MXNetError if the shapes differ.
        """
        if isinstance(other, Context):
            device = torch_device(other)
            values, *indices = [t.to(device, copy=True) for t in (self._values, *self._indices)]
            return self._like(values, tuple(indices), other)
        if not isinstance(other, NDArray):
            raise TypeError(f"copyto needs an NDArray or a Context, not {type(other)}")
        if other is self:
            return False
        if other.stype == "default":
            return self.tostype("default").copyto(other)
        if other.stype != self.stype:
            raise TypeError(f"a {self.stype} array cannot be copied to a {other.stype} one")
        other[:] = self
        return other

    def tostype(self, stype: str) -> NDArray:
        """A copy in this storage type, or a dense one ("default").

        Raises ValueError for the other sparse type.
        """
        return cast_storage(self, stype)

    def detach(self) -> BaseSparseNDArray:
        """The same memory as a constant."""
        return self._like(self._values, self._indices, self._context)

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Raises: gradients are dense, and of dense arrays."""
        raise NotSupportedForSparseNDArray(self.attach_grad, None)

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """Raises: the stored values would have to be placed anew."""
        raise NotSupportedForSparseNDArray(self.reshape, None, *shape)

    def wait_to_read(self) -> None:
        """Wait until the values are there."""
        self.data.wait_to_read()

    def __setitem__(self, key: Any, value: Any) -> None:
        if not (isinstance(key, slice) and key == slice(None)):
            raise TypeError(f"{type(self).__name__} only supports [:] for assignment")
        if isinstance(value, numbers.Number):
            value = self._filled(value)
        elif isinstance(value, BaseSparseNDArray):
            if value.stype != self.stype:
                raise TypeError(f"a {value.stype} array cannot be assigned to a {self.stype} one")
        elif not isinstance(value, NDArray):
            value = creation.array(value, self._context, self.dtype)
        self._take(cast_storage(value, self.stype))

    def _filled(self, value: Any) -> NDArray:
        return creation.full(self.shape, value, self._context, self.dtype)

    def _take(self, other: Any) -> None:
        """Become equal to another array of the type; dtype and device stay."""
        if other.shape != self.shape:
            raise MXNetError(f"an array of shape {self.shape} cannot take one of {other.shape}")
        moved = other.astype(self.dtype).copyto(self._context)
        self._values, self._indices = moved._values, moved._indices

    def _like(self, values: torch.Tensor, indices: tuple, context: Context) -> Any:
        return type(self)(values, indices, self._shape, context)


class RowSparseNDArray(BaseSparseNDArray):
    """An array of which only some rows are stored, the others being zero.

    ``data`` (n, *shape[1:]) has the rows with the numbers ``indices`` (n).
    """

    _index_arrays, _stype = 1, "row_sparse"

    def __getitem__(self, key: Any) -> RowSparseNDArray:
        if isinstance(key, slice) and key == slice(None):
            return self
        raise TypeError("RowSparseNDArray only supports [:]; make it dense to take parts of it")

    def retain(self, indices: NDArray) -> RowSparseNDArray:
        """A copy with the stored rows of the given numbers only."""
        return retain(self, indices)

    def _dense(self) -> torch.Tensor:
        self.check_format(ordered=False)
        dense = self._values.new_zeros(self._shape)
        dense[self._indices[0].long()] = self._values
        return dense

    def _misfit(self) -> str | None:
        rows = self._indices[0]
        if rows.ndim != 1 or not self._shape:
            return f"indices have to be a vector, not of shape {tuple(rows.shape)}"
        wanted = (rows.numel(), *self._shape[1:])
        given = tuple(self._values.shape)
        return None if given == wanted else f"data have shape {given}, needed is {wanted}"

    def _problem(self, ordered: bool) -> str | None:
        return index_problem(self._indices[0], self._shape[0], "rows") or (
            "rows are not in ascending order"
            if ordered and bool((torch.diff(self._indices[0]) <= 0).any())
            else None
        )


class CSRNDArray(BaseSparseNDArray):
    """A matrix of which only some values are stored, row by row.

    Row i has the values ``data[indptr[i]:indptr[i + 1]]`` in the columns
    ``indices[indptr[i]:indptr[i + 1]]``.
    """

    _index_arrays, _stype = 2, "csr"

    @property
    def indptr(self) -> NDArray:
        """Where each row begins in ``data``; one entry more than there are rows."""
        return NDArray(self._indices[0], self._context)

    def __getitem__(self, key: Any) -> CSRNDArray:
        rows = self._shape[0]
        if isinstance(key, numbers.Integral):
            index = indexing._index(operator.index(key), 0, rows)
            begin, end = index, index + 1
        elif isinstance(key, slice):
            if key == slice(None):
                return self
            begin, end, step = key.indices(rows)
            if step != 1:
                raise ValueError("CSRNDArray only supports continuous slicing on axis 0")
        elif isinstance(key, tuple):
            raise ValueError("CSRNDArray can be indexed by rows only")
        else:
            raise ValueError(f"CSRNDArray does not support the key {key!r}")
        end = max(begin, end)
        indptr, columns = self._indices
        pointers = indptr[begin : end + 1]
        part = slice(int(pointers[0]), int(pointers[-1]))
        values, columns = self._values[part].clone(), columns[part].clone()
        shape = (end - begin, self._shape[1])
        return CSRNDArray(values, (pointers - pointers[0], columns), shape, self._context)

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(value, numbers.Number) and isinstance(key, slice):
            raise ValueError("a number cannot be assigned to a CSRNDArray")
        super().__setitem__(key, value)

    def asscipy(self) -> Any:
        """A copy as a ``scipy.sparse.csr_matrix``."""
        from scipy.sparse import csr_matrix as scipy_matrix

        parts = [part.asnumpy() for part in (self.data, self.indices, self.indptr)]
        return scipy_matrix(tuple(parts), shape=self.shape, dtype=self.dtype)

    def _rows(self) -> torch.Tensor:
        """The row of each stored value."""
        lengths = torch.diff(self._indices[0].long())
        return torch.repeat_interleave(lengths)

    def _dense(self) -> torch.Tensor:
        self.check_format(ordered=False)
        dense = self._values.new_zeros(self._shape)
        dense[self._rows(), self._indices[1].long()] = self._values
        return dense

    def _misfit(self) -> str | None:
        pointers, columns = self._indices
        if len(self._shape) != 2:
            return "a matrix has 2 axes"
        if tuple(pointers.shape) != (self._shape[0] + 1,):
            return f"indptr has shape {tuple(pointers.shape)}, needed is ({self._shape[0] + 1},)"
        if self._values.ndim != 1 or columns.shape != self._values.shape:
            given = f"{tuple(self._values.shape)} and {tuple(columns.shape)}"
            return f"data and indices have to be vectors of one length, not of shapes {given}"
        return None

    def _problem(self, ordered: bool) -> str | None:
        pointers, columns = self._indices
        last = self._values.numel()
        if int(pointers[0]) != 0 or int(pointers[-1]) != last:
            return f"indptr has to begin with 0 and end with {last}"
        if bool((torch.diff(pointers) < 0).any()):
            return "indptr decreases"
        problem = index_problem(columns, self._shape[1], "columns")
        if problem or not ordered:
            return problem
        same_row = torch.diff(self._rows()) == 0
        if bool((same_row & (torch.diff(columns) <= 0)).any()):
            return "columns are not in ascending order"
        return None


def index_problem(indices: torch.Tensor, size: int, what: str) -> str | None:
    """What is wrong with indices into an axis of some size, if anything."""
    if indices.dtype.is_floating_point or indices.dtype is torch.bool:
        return f"{what} have to be integers"
    if not indices.numel():
        return None
    low, high = (int(bound) for bound in torch.aminmax(indices))
    return f"{what} from {low} to {high} are outside of {size}" if low < 0 or high >= size else None


def is_sparse(value: Any) -> bool:
    """Whether a value is a sparse array, of this package or of scipy."""
    scipy = type(value).__module__.startswith("scipy.sparse")
    return isinstance(value, BaseSparseNDArray) or scipy


def cast_storage(data: Any, stype: str, out: Any = None, name: Any = None) -> Any:
    """A copy of an array in a storage type: "default", "row_sparse" or "csr".

    Parameters: ``out``: an array that takes the result; ``name`` is not used. An array that
    autograd follows stays dense. Raises ValueError where there is no conversion, MXNetError for an
    unknown type.
    """
    if stype not in ("default", "row_sparse", "csr"):
        raise MXNetError(f"unknown storage type {stype!r}: use 'default', 'row_sparse' or 'csr'")
    if out is not None:
        return data.copyto(out)
    if state.recording and data._is_followed():
        from .invoke import invoke

        return invoke(get_op("cast_storage")(stype=stype), [data])
    if stype == data.stype:
        return data.copy()
    if stype == "default":
        return NDArray(data._dense(), data.context)
    if data.stype != "default":
        raise ValueError(f"cast_storage from {data.stype} to {stype} is not supported")
    tensor = data._tensor
    if stype == "row_sparse":
        rows = (tensor != 0).reshape(len(tensor), -1).any(dim=1).nonzero().reshape(-1)
        return RowSparseNDArray(tensor[rows], (rows,), data.shape, data.context)
    if tensor.ndim != 2:
        raise ValueError(f"a csr array has 2 axes, this one has shape {data.shape}")
    stored = tensor != 0
    rows, columns = stored.nonzero(as_tuple=True)
    return CSRNDArray(
        tensor[rows, columns], (pointers_of(rows, len(tensor)), columns), data.shape, data.context
    )


def pointers_of(rows: torch.Tensor, count: int) -> torch.Tensor:
    """Where each of ``count`` rows begins, given the row of each value in ascending order."""
    lengths = torch.bincount(rows, minlength=count)
    return torch.nn.functional.pad(lengths.cumsum(0), (1, 0))


def retain(data: RowSparseNDArray, indices: NDArray) -> RowSparseNDArray:
    """A copy of a row_sparse array with the stored rows of the given numbers only.

    Of a dense array the other rows become zero.
    """
    if data.stype == "default":
        from .invoke import invoke

        return invoke(get_op("_sparse_retain")(), [data, indices])
    if not isinstance(data, RowSparseNDArray):
        raise MXNetError(f"retain takes a row_sparse array, not a {data.stype} one")
    rows = data._indices[0]
    wanted = cast(indices._tensor, torch.int64).to(rows.device)
    kept = torch.isin(rows, wanted)
    return data._like(data._values[kept], (rows[kept],), data.context)


# Pickles, also those of 1.x, know the classes by the name of the public module.
for _class in (BaseSparseNDArray, CSRNDArray, RowSparseNDArray):
    _class.__module__ = "mxnet.ndarray.sparse"
