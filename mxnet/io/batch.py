"""What iterators speak: DataDesc describes an array, DataBatch carries a mini-batch."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["DataBatch", "DataDesc", "DataIter"]


class DataDesc(namedtuple("DataDesc", ["name", "shape"])):
    """The name, shape, type and layout of one input; unpacks as ``(name, shape)``.

    Parameters: ``layout``: one letter per axis, of which ``N`` is the batch.
    """

    dtype: Any
    layout: str | None

    def __new__(cls, name, shape, dtype=np.float32, layout="NCHW"):
        self = super().__new__(cls, name, tuple(shape))
        self.dtype = dtype
        self.layout = layout
        return self

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    def __reduce__(self):
        return DataDesc, (self.name, self.shape, self.dtype, self.layout)

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Which axis is the batch: where ``N`` is, 0 without a layout, -1 without an ``N``."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(shapes, types) -> list[DataDesc]:
        """Descriptions from ``(name, shape)`` pairs and, where given, ``(name, dtype)`` pairs."""
        known = dict(types or ())
        return [
            DataDesc(name, shape, known[name]) if types is not None else DataDesc(name, shape)
            for name, shape in shapes
        ]


class DataBatch:
    """A mini-batch.

    Parameters: ``data``, ``label``: lists of NDArrays in the order of the iterator's
    descriptions; ``pad``: how many rows at the end only fill the batch up; ``index``: the
    numbers of the samples; ``bucket_key``, ``provide_data``, ``provide_label``: for
    bucketing, which network the batch is for and what it holds.
    """

    def __init__(
        self,
        data: Sequence[Any] | None,
        label: Sequence[Any] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Sequence[Any] | None = None,
        provide_label: Sequence[Any] | None = None,
    ):
        for what, arrays in (("Data", data), ("Label", label)):
            if arrays is not None and not isinstance(arrays, (list, tuple)):
                raise AssertionError(
                    f"{what} must be list of NDArrays, not {type(arrays).__name__}: "
                    f"put the array in brackets"
                )
        self.data: Any = data
        self.label: Any = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        data, label = (
            None if arrays is None else [array.shape for array in arrays]
            for arrays in (self.data, self.label)
        )
        return f"{type(self).__name__}: data shapes: {data} label shapes: {label}"


class DataIter:
    """The base of iterators over mini-batches.

    A subclass has ``provide_data`` and ``provide_label`` (lists of DataDesc) and either
    overrides ``next``, or ``iter_next`` together with ``getdata``, ``getlabel``, ``getpad``
    and ``getindex``. One pass ends with StopIteration; ``reset`` starts the next.
    """

    def __init__(self, batch_size: int = 0):
        self.batch_size = batch_size

    def __iter__(self):
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def next(self) -> DataBatch:
        """The next mini-batch. Raises StopIteration at the end of the data."""
        if not self.iter_next():
            raise StopIteration
        return DataBatch(
            data=self.getdata(), label=self.getlabel(), pad=self.getpad(), index=self.getindex()
        )

    def reset(self) -> None:
        """Go back to the start of the data."""

    def iter_next(self) -> bool:
        """Go to the next batch; False at the end of the data."""
        raise NotImplementedError(f"{type(self).__name__} must define next() or iter_next()")

    def getdata(self) -> list[Any]:
        """The data of the current batch."""
        raise NotImplementedError(f"{type(self).__name__} must define next() or getdata()")

    def getlabel(self) -> list[Any]:
        """The labels of the current batch."""
        raise NotImplementedError(f"{type(self).__name__} must define next() or getlabel()")

    def getindex(self) -> Any:
        """The numbers of the samples in the current batch, None where they are not known."""
        return None

    def getpad(self) -> int | None:
        """How many rows at the end of the current batch only fill it up."""
        raise NotImplementedError(f"{type(self).__name__} must define next() or getpad()")
