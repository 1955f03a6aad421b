"""The key-value store of one process: sums over devices, and updates on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..error import MXNetError
from ..files import read_bytes, write_atomically
from .base import KVStoreBase
from .compression import TwoBitCompression

__all__ = ["KVStore"]


class KVStore(KVStoreBase):
    """Values by key (integers or strings, not both), shared by the devices of this process.

    ``push`` sums one array per device. Without an updater the sum becomes the value; with one
    the updater changes the value by it. ``pull`` copies the value to any number of arrays.
    A list of keys with a list of values is done in one go, which is faster than key by key.
    Made by ``mx.kv.create``.
    """

    def __init__(self, kind: str = "local"):
        self._type = kind
        self._on_device = "device" in kind or kind == "nccl"
        self._values: dict[Any, Any] = {}
        self._sparse: set[Any] = set()  # keys of row_sparse values, which are kept dense
        self._merged: dict[Any, Any] = {}
        self._updater_func: Callable[[Any, Any, Any], None] | None = None
        self._updater: Any = None
        self._compression: TwoBitCompression | None = None

    @property
    def type(self) -> str:
        return self._type

    @property
    def rank(self) -> int:
        return 0

    @property
    def num_workers(self) -> int:
        return 1

    def is_capable(self, capability: str) -> bool:
        return capability.lower() == self.OPTIMIZER

    def init(self, key: Any, value: Any) -> None:
        """Set new keys. Raises MXNetError for a key that is set already."""
        for one_key, values in _pairs(key, value):
            known_kind = type(next(iter(self._values), one_key))
            if known_kind is not type(one_key):
                raise MXNetError(
                    f"Mixed key types are not allowed: key {one_key!r} is of type "
                    f"{type(one_key).__name__}, the keys so far of type {known_kind.__name__}"
                )
            if one_key in self._values:
                raise MXNetError(
                    f"duplicate init of key {one_key!r}: call init or broadcast once for a key, "
                    f"then push"
                )
            self._values[one_key] = values[0].tostype("default").copy()
            if values[0].stype != "default":
                self._sparse.add(one_key)

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Sum the arrays given for a key and update the value.

        Parameters: ``value``: for one key an array or a list of arrays, one per device; for a
        list of keys a list of these; ``priority`` is accepted and changes nothing.
        Raises MXNetError for an unknown key or arrays of another shape than the value.
        """
        pairs = [(one_key, [_dense(a) for a in values]) for one_key, values in _pairs(key, value)]
        for one_key, values in pairs:
            self._check(one_key, values, "push")
        self._update([one_key for one_key, _ in pairs], self._sums(pairs))

    def pull(
        self, key: Any, out: Any = None, priority: int = 0, ignore_sparse: bool = True
    ) -> None:
        """Copy values to the arrays in ``out``, which is shaped as in ``push``.

        Parameters: ``ignore_sparse``: leave row_sparse values out, which ``row_sparse_pull`` is
        for. Raises MXNetError for an unknown key or arrays of another shape than the value.
        """
        if out is None:
            raise AssertionError("pull needs out: the array(s) to copy the value to")
        targets, sources = [], []
        for one_key, outs in _pairs(key, out):
            value = self._check(one_key, outs, "pull")
            if one_key in self._sparse:
                for array in () if ignore_sparse else outs:
                    value.tostype(array.stype).copyto(array)
                continue
            targets += [array._tensor for array in outs]
            sources += [value._tensor] * len(outs)
        _copy_all(targets, sources)

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """``push``, then ``pull`` to ``out``, or to the pushed arrays themselves."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """``init``, then ``pull``."""
        self.init(key, value)
        self.pull(key, out, priority)

    def row_sparse_pull(
        self, key: Any, out: Any = None, priority: int = 0, row_ids: Any = None
    ) -> None:
        """Copy only some rows of row_sparse values to row_sparse arrays.

        Parameters: ``row_ids``: the numbers of the rows as an NDArray, or a list with one for
        each array in ``out``. Raises MXNetError for dense values or arrays.
        """
        if out is None or row_ids is None:
            raise AssertionError("row_sparse_pull needs out and row_ids")
        pairs = _pairs(key, out)
        count = sum(len(outs) for _, outs in pairs)
        ids = list(row_ids) if isinstance(row_ids, (list, tuple)) else [row_ids] * count
        if len(ids) != count:
            raise AssertionError(f"{len(ids)} row_ids for {count} arrays: give one for each")
        remaining = iter(ids)
        for one_key, outs in pairs:
            value = self._check(one_key, outs, "row_sparse_pull")
            for array in outs:
                if one_key not in self._sparse or array.stype != "row_sparse":
                    raise MXNetError(
                        f"Expected row_sparse storage type for row_sparse_pull, but the value or "
                        f"array of key {one_key!r} is dense: use pull"
                    )
                _rows_of(value, next(remaining)).copyto(array)

    def set_gradient_compression(self, compression_params: dict[str, Any]) -> None:
        """Compress what is pushed, e.g. ``{"type": "2bit", "threshold": 0.5}``."""
        if not self._on_device:
            raise MXNetError(
                f"Gradient compression is not supported for kvstore {self._type!r}: use 'device'"
            )
        self._compression = TwoBitCompression(**compression_params)

    @property
    def compression(self) -> TwoBitCompression | None:
        """How gradients are compressed; None where they are not."""
        return self._compression

    def set_updater(self, updater: Callable[[Any, Any, Any], None]) -> None:
        """Let ``updater(key, pushed, value)`` change the value in place at each push."""
        self._updater_func = updater

    _set_updater = set_updater

    def set_optimizer(self, optimizer: Any) -> None:
        """Let an optimizer update the values at each push."""
        from ..optimizer import get_updater

        self._updater = get_updater(optimizer)
        self.set_updater(self._updater)

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write the optimizer's states, with ``dump_optimizer`` also the optimizer itself."""
        write_atomically(fname, self._optimizer_updater().get_states(dump_optimizer))

    def load_optimizer_states(self, fname: str) -> None:
        """Read states that ``save_optimizer_states`` wrote."""
        self._optimizer_updater().set_states(read_bytes(fname))

    def barrier(self) -> None:
        """Wait for all workers: there is one."""

    _barrier = barrier

    def _optimizer_updater(self) -> Any:
        if self._updater is None:
            raise AssertionError("the kvstore has no optimizer: call set_optimizer first")
        return self._updater

    def _check(self, key: Any, arrays: Sequence[Any], what: str) -> Any:
        value = self._values.get(key)
        if value is None:
            raise MXNetError(f"{what}: key {key!r} doesn't exist: call init first")
        for array in arrays:
            if array.shape != value.shape:
                raise MXNetError(
                    f"{what} of key {key!r}: operands shape mismatch: the array has shape "
                    f"{array.shape}, the stored value {value.shape}"
                )
        return value

    def _sums(self, pairs: list[tuple[Any, list[Any]]]) -> list[Any]:
        """The sum over the devices for each key; the array itself where there is only one."""
        if self._compression is not None:
            pairs = [(key, self._compressed(key, values)) for key, values in pairs]
        sums = [self._sum_target(key, values) for key, values in pairs]
        most = max((len(values) for _, values in pairs), default=0)
        for device in range(most):
            some = [
                (total._tensor, values[device]._tensor)
                for total, (_, values) in zip(sums, pairs, strict=True)
                if device < len(values) and total is not values[device]
            ]
            if some:
                (_copy_all if device == 0 else _add_all)(*zip(*some, strict=True))
        return sums

    def _sum_target(self, key: Any, values: list[Any]) -> Any:
        if len(values) == 1:
            return values[0]
        total = self._merged.get(key)
        if total is None:
            place = values[0].context if self._on_device else self._values[key].context
            total = self._merged[key] = values[0].copyto(place)
        return total

    def _compressed(self, key: Any, values: list[Any]) -> list[Any]:
        assert self._compression is not None
        return [
            type(array)(self._compression.compress((key, device), array._tensor), array.context)
            for device, array in enumerate(values)
        ]

    def _update(self, keys: list[Any], sums: list[Any]) -> None:
        values = [self._values[key] for key in keys]
        if self._updater_func is None:
            _copy_all([v._tensor for v in values], [s._tensor for s in sums])
            return
        for place, (key, value, total) in enumerate(zip(keys, values, sums, strict=True)):
            if value.context != total.context:
                sums[place] = total.as_in_context(value.context)
                if self._on_device:  # from now on the value lives where the sums are made
                    self._values[key] = values[place] = value.as_in_context(total.context)
                    sums[place] = total
        if getattr(self._updater_func, "aggregate_updates", False):
            self._updater_func(keys, sums, values)
        else:
            for key, total, value in zip(keys, sums, values, strict=True):
                self._updater_func(key, total, value)


def _pairs(key: Any, value: Any) -> list[tuple[Any, list[Any]]]:
    """``(key, [arrays])`` for each key, the arrays of a repeated key put together."""
    from ..ndarray import NDArray

    if isinstance(key, (list, tuple)):
        if not isinstance(value, (list, tuple)):
            raise AssertionError("a list of keys needs a list of values")
        if len(key) != len(value):
            raise AssertionError(f"{len(key)} keys but {len(value)} values")
        grouped: dict[Any, list[Any]] = {}
        for one_key, one_value in zip(key, value, strict=True):
            ((name, arrays),) = _pairs(one_key, one_value)
            grouped.setdefault(name, []).extend(arrays)
        return list(grouped.items())
    if isinstance(key, bool) or not isinstance(key, (int, str)):
        raise TypeError(f"a key must be an int or a str, not {type(key).__name__}")
    arrays = list(value) if isinstance(value, (list, tuple)) else [value]
    for array in arrays:
        if not isinstance(array, NDArray):
            raise TypeError(
                f"the value of key {key!r} must be an NDArray or a list of them, "
                f"not {type(array).__name__}"
            )
    if not arrays:
        raise AssertionError(f"key {key!r} has an empty list of arrays")
    return [(key, arrays)]


def _dense(array: Any) -> Any:
    return array if array.stype == "default" else array.tostype("default")


def _rows_of(value: Any, row_ids: Any) -> Any:
    """Some rows of a dense array, as a row_sparse one."""
    from ..ndarray.sparse import row_sparse_array

    rows = np.unique(row_ids.asnumpy().astype(np.int64))
    if len(rows) and not 0 <= rows[0] <= rows[-1] < value.shape[0]:
        raise MXNetError(f"row_ids {rows.tolist()} are not all in 0..{value.shape[0] - 1}")
    content = (value.asnumpy()[rows], rows)
    return row_sparse_array(content, shape=value.shape, ctx=value.context, dtype=value.dtype)


def _copy_all(targets: Sequence[Any], sources: Sequence[Any]) -> None:
    """Copy tensors to tensors, unless they are the same; one kernel launch for many on a GPU."""
    import torch

    pairs = [pair for pair in zip(targets, sources, strict=True) if pair[0] is not pair[1]]
    if pairs:
        torch._foreach_copy_([target for target, _ in pairs], [source for _, source in pairs])


def _add_all(targets: Sequence[Any], sources: Sequence[Any]) -> None:
    import torch

    moved = [source.to(target.device) for target, source in zip(targets, sources, strict=True)]
    torch._foreach_add_(list(targets), moved)
