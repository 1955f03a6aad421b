"""DataLoaderIter: a loader of (data, label) pairs as an iterator for Module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..error import MXNetError
from ..io import DataDesc, DataIter
from ..ndarray import NDArray, array, from_torch, zeros

__all__ = ["DataLoaderIter"]


class DataLoaderIter(DataIter):
    """The batches of a loader, such as a ``torch.utils.data.DataLoader``.

    Parameters: ``loader``: an iterable of pairs of NDArrays, torch tensors or numpy arrays, which
    can be gone through again; ``data_name``, ``label_name``, ``dtype``. A last batch that is smaller
    is filled up with zeros, which ``pad`` counts. Raises MXNetError for a loader without batches.
    """

    def __init__(
        self,
        loader: Iterable[Any],
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
    ):
        super().__init__()
        self._loader, self._dtype = loader, dtype
        self._iter: Iterator[Any] = iter(loader)
        first = next(self._iter, None)
        if first is None:
            raise MXNetError("DataLoaderIter: the loader has no batch")
        data, label = first
        self.batch_size = data.shape[0]
        kind = np.dtype(dtype).type
        self.provide_data = [DataDesc(data_name, tuple(data.shape), kind)]
        self.provide_label = [DataDesc(label_name, tuple(label.shape), kind)]
        self._current: Any = None
        self.reset()

    def reset(self) -> None:
        """Start the next pass."""
        self._iter = iter(self._loader)

    def iter_next(self) -> bool:
        """Take the next pair; False at the end."""
        self._current = next(self._iter, None)
        return self._current is not None

    def _padded(self, value: Any) -> NDArray:
        if not isinstance(value, NDArray):
            value = array(value) if isinstance(value, np.ndarray) else from_torch(value)
        value = value.astype(self._dtype, copy=False)
        if value.shape[0] == self.batch_size:
            return value
        full = zeros((self.batch_size, *value.shape[1:]), ctx=value.context, dtype=self._dtype)
        full[: value.shape[0]] = value
        return full

    def getdata(self) -> list[NDArray]:
        """The data of the current batch."""
        return [self._padded(self._current[0])]

    def getlabel(self) -> list[NDArray]:
        """The labels of the current batch."""
        return [self._padded(self._current[1])]

    def getpad(self) -> int:
        """How many rows at the end only fill the batch up."""
        return self.batch_size - self._current[0].shape[0]

    def getindex(self) -> None:
        """The numbers of the samples are not known."""
        return None
