"""The key-value store of several workers: gradients are summed over all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..error import MXNetError
from .buckets import BUCKET_BYTES, Bucket
from .compression import TwoBitCompression
from .exchange import Exchange
from .kvstore import KVStore, _pairs
from .workers import Workers

__all__ = ["DistributedKVStore"]


class DistributedKVStore(KVStore):
    """Values by key, the same on all workers; each worker is a process of its own.

    ``init`` takes the value of rank 0. ``push`` sums over the devices of each worker and over
    the workers, and every worker makes the same update to its copy of the value, so that there
    is no server. Pushes are collected: small arrays travel together, in buckets of up to
    4 MiB, which start when they are full and are waited for at the first ``pull``. All workers
    have to use the same keys in the same order; where they do not, or where one of them ends,
    calls raise MXNetError.

    Made by ``mx.kv.create("dist_sync")``, or "dist_device_sync", which keeps sums and values of
    several devices on the first of them. Workers are started by ``python -m mxnet.launch`` or
    torchrun.
    """

    def __init__(self, kind: str = "dist_sync"):
        super().__init__(kind)
        self._workers = Workers.connect(kind)
        self._open: dict[Any, Bucket] = {}  # not full yet, by type and device
        self._started: list[Bucket] = []
        self._spare: dict[Any, list[Bucket]] = {}
        self._pending: set[Any] = set()
        # States of random generators by context, common to all workers, for updates.
        self.random_states: dict[Any, Any] = {}

    @property
    def rank(self) -> int:
        return self._workers.rank

    @property
    def num_workers(self) -> int:
        return self._workers.count

    def init(self, key: Any, value: Any) -> None:
        """Set new keys to the values of rank 0. Raises MXNetError for keys that are set already."""
        super().init(key, value)
        names = [name for name, _ in _pairs(key, value)]
        arrays = [self._values[name] for name in names]
        facts = "; ".join(
            f"{name!r} {a.shape} {a._tensor.dtype}" for name, a in zip(names, arrays, strict=True)
        )
        self._workers.agree(f"init {facts}", f"init of {facts}")
        for name, array in zip(names, arrays, strict=True):
            self._workers.copy_from_first(array._tensor, f"init of key {name!r}")

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Add arrays to what is summed over the workers; values change at the next ``pull``.

        Parameters and errors: as ``KVStore.push``; an error of the exchange may come later, at
        the ``pull``.
        """
        super().push(key, value, priority)

    def pull(
        self, key: Any, out: Any = None, priority: int = 0, ignore_sparse: bool = True
    ) -> None:
        self._finish()
        super().pull(key, out, priority, ignore_sparse)

    def row_sparse_pull(
        self, key: Any, out: Any = None, priority: int = 0, row_ids: Any = None
    ) -> None:
        self._finish()
        super().row_sparse_pull(key, out, priority, row_ids)

    def set_gradient_compression(self, compression_params: dict[str, Any]) -> None:
        """Send 2 bits for each number between workers, e.g. ``{"type": "2bit", "threshold": 0.5}``.

        What a worker has summed over its devices is rounded, and the rest kept for the next time.
        """
        self._finish()
        self._compression = TwoBitCompression(**compression_params)

    def set_updater(self, updater: Callable[[Any, Any, Any], None]) -> None:
        """Let ``updater(key, sum, value)`` change the value, on every worker alike."""
        self._finish()
        super().set_updater(updater)

    _set_updater = set_updater

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        self._finish()
        super().save_optimizer_states(fname, dump_optimizer)

    def load_optimizer_states(self, fname: str) -> None:
        self._finish()
        super().load_optimizer_states(fname)

    def barrier(self) -> None:
        """Wait until all workers are here."""
        self._finish()
        self._workers.agree("barrier", "barrier")

    _barrier = barrier

    # -- what a training step needs ----------------------------------------------------------

    def keep_in(self, key: Any, array: Any) -> None:
        """Let the value of a key live in an array, such as the weight of the one device."""
        self._finish()
        array._tensor.copy_(self._values[key]._tensor)
        self._values[key] = array

    def exchange(
        self, keys: Sequence[Any], arrays: Sequence[Any], order: Sequence[int]
    ) -> Exchange | None:
        """What sums arrays over the workers in place, see Exchange; None where that is not possible."""
        if self.num_workers == 1 or self._compression is not None:
            return None
        return Exchange(self._workers, keys, arrays, order)

    def update_by(self, keys: Sequence[Any], sums: Sequence[Any]) -> None:
        """Update the values by sums over the workers."""
        self._finish()
        self._update_alike(list(keys), list(sums))

    # -- the exchange ----------------------------------------------------------------------

    def _compressed(self, key: Any, values: list[Any]) -> list[Any]:
        return values  # the sum over the devices is compressed, not its parts

    def _update(self, keys: list[Any], sums: list[Any]) -> None:
        """Take the sums of this worker into buckets."""
        if not self._pending.isdisjoint(keys):
            self._finish()
        self._pending.update(keys)
        touched = []
        for key, total in zip(keys, sums, strict=True):
            bucket = self._bucket_for(key, total)
            bucket.add(key, total)
            if bucket not in touched:
                touched.append(bucket)
            if bucket.is_full:
                self._start(bucket)
        for bucket in touched:
            bucket.fill(self._compression)

    def _bucket_for(self, key: Any, total: Any) -> Bucket:
        tensor = total._tensor
        kind = (tensor.dtype, tensor.device)
        bucket = self._open.get(kind)
        if bucket is not None and not bucket.has_room(tensor):
            self._start(bucket)
            bucket = None
        if bucket is None:
            size = max(BUCKET_BYTES, tensor.nbytes)
            spare = self._spare.setdefault((*kind, size), [])
            bucket = spare.pop() if spare else Bucket(*kind, size)
            self._open[kind] = bucket
        return bucket

    def _start(self, bucket: Bucket) -> None:
        del self._open[bucket.kind]
        bucket.fill(self._compression)
        bucket.start(self._workers, self._compression)
        self._started.append(bucket)

    def _finish(self) -> None:
        """Wait for all that was pushed, and update the values by it."""
        for bucket in list(self._open.values()):
            self._start(bucket)
        started, self._started = self._started, []
        self._pending.clear()
        for bucket in started:
            bucket.wait(self._workers, self._compression)
        keys = [key for bucket in started for key in bucket.keys]
        if keys:
            sums = [array for bucket in started for array in bucket.arrays]
            self._update_alike(keys, sums)
        for bucket in started:
            bucket.clear()
            self._spare.setdefault((*bucket.kind, bucket.size), []).append(bucket)

    def _update_alike(self, keys: list[Any], sums: list[Any]) -> None:
        """Update the values; optimizers that draw random numbers draw the same everywhere."""
        if self._updater_func is None:
            super()._update(keys, sums)
            return
        from ..random import generator

        contexts = {self._values[key].context for key in keys}
        contexts |= {total.context for total in sums}
        own = {}
        for context in contexts:
            drawn_from = generator(context)
            own[context] = drawn_from.get_state()
            drawn_from.set_state(self._common_draws(context, own[context]))
        try:
            super()._update(keys, sums)
        finally:
            for context, state in own.items():
                self.random_states[context] = generator(context).get_state()
                generator(context).set_state(state)

    def _common_draws(self, context: Any, state: Any) -> Any:
        if context not in self.random_states:
            self.random_states[context] = state.clone()
            self._workers.copy_from_first(
                self.random_states[context], "start of the random numbers"
            )
        return self.random_states[context]


def check_supported(kind: str) -> None:
    """Raise MXNetError for distributed stores of 1.x that do not exist here, naming others."""
    if "async" in kind:
        raise MXNetError(
            f"kvstore {kind!r} is not available: there are no servers that workers could update "
            f"at different times; use 'dist_sync' (or 'dist_device_sync' with several GPUs a "
            f"worker)"
        )
    if not kind.startswith("dist"):
        raise MXNetError(
            f"kvstore {kind!r} is not available: use 'dist_sync', or 'device' for the devices of "
            f"one process"
        )
