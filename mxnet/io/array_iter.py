"""NDArrayIter: mini-batches from arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..error import MXNetError
from .batch import DataBatch, DataDesc, DataIter

__all__ = ["NDArrayIter"]

_HANDLES = ("pad", "discard", "roll_over")


class NDArrayIter(DataIter):
    """Mini-batches of rows of arrays.

    Parameters: ``data``, ``label``: an NDArray, numpy array, scipy matrix (made CSR) or h5py
    dataset, a list of them (named ``_0_data``, ``_1_data``, ...) or a dict by name (taken in the
    order of the names); numpy arrays become float32 as with ``mx.nd.array``. ``shuffle``: a new
    order each pass, from numpy's random generator. ``last_batch_handle``: what becomes of rows
    that do not fill a batch: "pad" fills it up from the start, "discard" drops them, "roll_over"
    puts them at the start of the next pass. ``layout``: whose ``N`` is the axis cut into batches.

    Raises TypeError for anything else than arrays. Arrays of unequal length are an error
    (MXNetError) as soon as a batch needs a row that is not there.
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ):
        super().__init__(batch_size)
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1 but is {batch_size}")
        if last_batch_handle not in _HANDLES:
            raise ValueError(
                f"last_batch_handle={last_batch_handle!r}: it must be one of {', '.join(_HANDLES)}"
            )
        self.data = _named_arrays(data, data_name, allow_empty=False)
        self.label = _named_arrays(label, label_name, allow_empty=True)
        self.layout = layout
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self._axis = max(DataDesc.get_batch_axis(layout), 0)
        self.data_list = [array for _, array in self.data + self.label]
        self.num_source = len(self.data_list)
        self.num_data = self._length(self.data[0][1])
        if self.num_data == 0:
            raise ValueError(f"the data array {self.data[0][0]!r} has no rows")
        self._check_sparse()
        self.idx = np.arange(self.num_data)
        self._order = self.idx.copy()
        self.hard_reset()

    @property
    def provide_data(self) -> list[DataDesc]:
        """Name, batch shape and type of each data array."""
        return self._describe(self.data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Name, batch shape and type of each label array."""
        return self._describe(self.label)

    def hard_reset(self) -> None:
        """Start over, dropping the rows that a "roll_over" would carry into the next pass."""
        if self.shuffle:
            self._shuffle_data()
        self._carried = self._order[:0]
        self.cursor = -self.batch_size
        self._ended = False

    def reset(self) -> None:
        carried = self._order[:0]
        last = self.num_data - self.batch_size
        if self.last_batch_handle == "roll_over" and last < self.cursor < self.num_data:
            fresh = self._order[max(self.cursor, 0) :]
            carried = np.concatenate([self._carried, fresh]) if self.cursor < 0 else fresh
        if self.shuffle:
            self._shuffle_data()
        self._carried = carried
        self.cursor = -len(carried) - self.batch_size
        self._ended = False

    def get_state(self) -> dict[str, Any]:
        """Where the iterator stands and in what order it goes on; for ``set_state``."""
        order = {"idx": self.idx, "order": self._order, "carried": self._carried}
        position = {"cursor": self.cursor, "ended": self._ended, "rows": self.num_data}
        return {**{name: rows.copy() for name, rows in order.items()}, **position}

    def set_state(self, state: dict[str, Any]) -> None:
        """Stand where ``get_state`` was called. Raises MXNetError for data of another length."""
        if state["rows"] != self.num_data:
            raise MXNetError(
                f"the state is of an iterator over {state['rows']} rows; here are {self.num_data}"
            )
        self.idx, self._order, self._carried = (
            state[name].copy() for name in ("idx", "order", "carried")
        )
        self.cursor, self._ended = state["cursor"], state["ended"]

    def iter_next(self) -> bool:
        if self._ended:
            return False
        self.cursor += self.batch_size
        # A batch needs one row of its own to be padded, all of them otherwise.
        needed = 1 if self.last_batch_handle == "pad" else self.batch_size
        self._ended = self.cursor + needed > self.num_data
        return not self._ended

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        return DataBatch(data=self.getdata(), label=self.getlabel(), pad=self.getpad())

    def getdata(self) -> list[Any]:
        return self._batch(self.data)

    def getlabel(self) -> list[Any]:
        return self._batch(self.label)

    def getpad(self) -> int:
        if self.last_batch_handle == "pad":
            return max(self.cursor + self.batch_size - self.num_data, 0)
        # 1.x counts the carried rows as padding of the batch that they start.
        return max(-self.cursor, 0) if self.cursor > -self.batch_size else 0

    def _shuffle_data(self) -> None:
        # 1.x shuffles idx and then the rows, already shuffled, by it: the same order for a seed.
        np.random.shuffle(self.idx)
        self._order = self._order[self.idx]

    def _length(self, array: Any) -> int:
        return array.shape[min(self._axis, len(array.shape) - 1)] if len(array.shape) else 0

    def _describe(self, arrays: list[tuple[str, Any]]) -> list[DataDesc]:
        result = []
        for name, array in arrays:
            shape = list(array.shape)
            shape[min(self._axis, len(shape) - 1)] = self.batch_size
            result.append(DataDesc(name, tuple(shape), array.dtype, self.layout))
        return result

    def _check_sparse(self) -> None:
        for name, array in self.data + self.label:
            if getattr(array, "stype", "default") == "default":
                continue
            if self.last_batch_handle != "discard" or self.shuffle or self._axis:
                raise NotImplementedError(
                    f"{name!r} is sparse: NDArrayIter then needs last_batch_handle='discard', "
                    f"shuffle=False and the batch on axis 0; or pass a dense array"
                )

    def _batch(self, arrays: list[tuple[str, Any]]) -> list[Any]:
        start, stop = self.cursor, self.cursor + self.batch_size
        if stop <= -len(self._carried):
            raise MXNetError("no current batch: call next() or iter_next() first")
        for name, array in arrays:
            needed = min(stop, self.num_data)
            if self._length(array) < needed:
                raise MXNetError(
                    f"{name!r} has {self._length(array)} rows but {self.data[0][0]!r} has "
                    f"{self.num_data}: give arrays of equal length"
                )
        if not self.shuffle and start >= 0 and stop <= self.num_data:
            return [_span(array, start, stop, self._axis) for _, array in arrays]
        rows = self._order[np.arange(max(start, 0), stop) % self.num_data]
        if start < 0:
            rows = np.concatenate([self._carried[start:], rows])
        return [_gather(array, rows, self._axis) for _, array in arrays]


def _named_arrays(source: Any, name: str, allow_empty: bool) -> list[tuple[str, Any]]:
    """``(name, array)`` pairs from an array, a list of arrays or a dict of arrays."""
    if source is None:
        if not allow_empty:
            raise AssertionError("NDArrayIter needs data: an array, or a list or dict of arrays")
        return []
    if isinstance(source, (list, tuple)):
        if not source and not allow_empty:
            raise AssertionError("NDArrayIter needs data, but the list of arrays is empty")
        names = [name] if len(source) == 1 else [f"_{i}_{name}" for i in range(len(source))]
        pairs = list(zip(names, source, strict=True))
    elif isinstance(source, Mapping):
        if not source and not allow_empty:
            raise AssertionError("NDArrayIter needs data, but the dict of arrays is empty")
        pairs = sorted(source.items())
    else:
        pairs = [(name, source)]
    return [(name, _as_array(name, value)) for name, value in pairs]


def _as_array(name: str, value: Any) -> Any:
    from ..ndarray import NDArray, array

    if isinstance(value, NDArray) or _is_h5py(value):
        return value
    if isinstance(value, np.ndarray):
        return array(value)
    if type(value).__module__.startswith("scipy.sparse"):
        from ..ndarray.sparse import csr_matrix

        return csr_matrix(value)
    raise TypeError(
        f"{name!r} is a {type(value).__name__}: NDArrayIter takes an NDArray, a numpy.ndarray "
        f"or an h5py.Dataset, a list of them, or a dict with them as values"
    )


def _is_h5py(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "h5py"


def _span(array: Any, start: int, stop: int, axis: int) -> Any:
    """Rows ``start`` to ``stop``, as a view where the array is in memory."""
    axis = min(axis, len(array.shape) - 1)
    if _is_h5py(array):
        from ..ndarray import array as to_array

        return to_array(array[(slice(None),) * axis + (slice(start, stop),)], dtype=array.dtype)
    if axis == 0:
        return array[start:stop]
    from ..ndarray import NDArray

    return NDArray(array._tensor.narrow(axis, start, stop - start), array._context)


def _gather(array: Any, rows: np.ndarray, axis: int) -> Any:
    """A copy of the given rows, in their order."""
    axis = min(axis, len(array.shape) - 1)
    if _is_h5py(array):
        from ..ndarray import array as to_array

        unique, places = np.unique(rows, return_inverse=True)  # h5py wants increasing indices
        values = array[(slice(None),) * axis + (unique,)]
        return to_array(np.take(values, places, axis), dtype=array.dtype)
    import torch

    from ..ndarray import NDArray

    index = torch.from_numpy(rows).to(array._tensor.device)
    return NDArray(array._tensor.index_select(axis, index), array._context)
