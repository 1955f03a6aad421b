"""What every key-value store does, and ``create``, which makes one by name."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from ..error import MXNetError, did_you_mean

__all__ = ["KVStoreBase", "check_name", "create"]

_LOCAL = ("local", "local_update_cpu", "local_allreduce_cpu")
_DEVICE = ("device", "local_allreduce_device")
_DISTRIBUTED = ("dist", "horovod", "byteps", "p3")


class KVStoreBase:
    """The interface that a Module and a Trainer need of a key-value store.

    A class of one's own joins with ``@KVStoreBase.register`` and is then made by
    ``mx.kv.create`` with its lower-case name.
    """

    OPTIMIZER = "optimizer"
    kv_registry: ClassVar[dict[str, type]] = {}

    @staticmethod
    def register(klass: type) -> type:
        """Make a class known to ``create`` under its lower-case name."""
        name = klass.__name__.lower()
        if name in KVStoreBase.kv_registry:
            logging.getLogger(__name__).warning("the key-value store %r is replaced", name)
        KVStoreBase.kv_registry[name] = klass
        return klass

    @property
    def type(self) -> str:
        """The name of the kind of store."""
        raise NotImplementedError

    @property
    def rank(self) -> int:
        """The number of this worker."""
        raise NotImplementedError

    @property
    def num_workers(self) -> int:
        """How many workers share the store."""
        raise NotImplementedError

    def is_capable(self, capability: str) -> bool:
        """Whether the store has an ability, such as ``KVStoreBase.OPTIMIZER``."""
        raise NotImplementedError

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Set a new key and copy its value to all of ``out``."""
        raise NotImplementedError

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Sum ``value`` over devices and workers, and copy the result to ``out``."""
        raise NotImplementedError

    def set_optimizer(self, optimizer: Any) -> None:
        """Let the store update the stored values with an optimizer."""
        raise NotImplementedError

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write the states of the store's optimizer to a file."""
        raise NotImplementedError

    def load_optimizer_states(self, fname: str) -> None:
        """Read the states of the store's optimizer from a file."""
        raise NotImplementedError


def create(name: str = "local") -> KVStoreBase:
    """A key-value store by name.

    "local" sums on the CPU, "device" and "nccl" (GPUs only) on the device of the first array
    pushed; "dist_sync" and "dist_device_sync" also over all workers, see DistributedKVStore. Raises
    MXNetError for an unknown name (1.x makes a local store), for stores of 1.x that do not exist,
    and for distributed ones where the environment does not name the workers.
    """
    check_name(name)
    from .kvstore import KVStore

    kind = name.lower()
    if kind in KVStoreBase.kv_registry:
        return KVStoreBase.kv_registry[kind]()
    if kind == "nccl":
        import torch

        if not torch.cuda.is_available():
            raise MXNetError("kvstore 'nccl' needs GPUs, and PyTorch finds none here: use 'device'")
    if kind.startswith(_DISTRIBUTED):
        from .distributed import DistributedKVStore, check_supported

        check_supported(kind)
        return DistributedKVStore(kind)
    return KVStore(kind)


def check_name(name: Any) -> None:
    """Raise TypeError for what is no name, MXNetError for that of no store."""
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, not {type(name).__name__}")
    kind = name.lower()
    known = [*_LOCAL, *_DEVICE, "nccl", "dist_sync", "dist_device_sync", *KVStoreBase.kv_registry]
    if kind in known or kind.startswith(_DISTRIBUTED):
        return
    hint = did_you_mean(kind, known)
    raise MXNetError(f"unknown kvstore {name!r}: the names are {', '.join(known)}.{hint}")
