"""Going on where a training was interrupted: what ``fit(resume=prefix)`` writes and reads."""

from __future__ import annotations

import glob
import os
import random
import re
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..checkpoint import load_params, save_checkpoint
from ..context import Context
from ..error import MXNetError
from ..files import read_bytes, write_atomically

__all__ = ["Resuming"]

# Taken from the program that resumes: what the optimizer was made for, and objects.
_NOT_SAVED = {"idx2name", "lr_scheduler", "param_dict", "sym_info"}
_TEMPORARY = re.compile(
    r"-(symbol\.json|\d{4,}\.(params|params\.crc32|states|[\d.]*resume))\.[a-z0-9_]{8}$"
)


class Resuming:
    """Checkpoints of a module after every epoch, complete enough to go on from.

    ``<prefix>-0003.states`` and ``.resume`` (counters of the optimizer and its scheduler, order
    of the data, random states) are written before ``<prefix>-0003.params``, and the checksum of
    that last. So parameters with a good checksum have all the rest beside them, and whenever the
    process ends, the checkpoint before is still there.

    With several workers rank 0 writes the parameters, each worker its own ``.resume``.
    """

    def __init__(self, module: Any, prefix: str, train_data: Any, kvstore: Any):
        buckets = getattr(module, "_buckets", None)
        owner = buckets[module._default_bucket_key] if buckets else module
        if not hasattr(owner, "save_optimizer_states"):
            raise MXNetError(
                f"resume is not available for {type(module).__name__}: use Module or "
                f"BucketingModule"
            )
        folder = os.path.dirname(os.path.abspath(prefix))
        if not os.path.isdir(folder):  # rather now than after the first epoch
            raise MXNetError(f"resume={prefix!r}: there is no folder {folder!r} to write to")
        self._module, self._owner = module, owner
        self._prefix, self._train_data = prefix, train_data
        self._rank = _rank(kvstore)
        self._found: dict[str, Any] | None = None

    # -- reading -----------------------------------------------------------------------------

    def load_params(self) -> bool:
        """Set the module's parameters to those of the last good checkpoint, if there is one.

        Raises MXNetError for a checkpoint that was not written for resuming.
        """
        if self._rank == 0:
            for name in glob.glob(f"{glob.escape(self._prefix)}-*"):
                if _TEMPORARY.search(name[len(self._prefix) :]):
                    os.unlink(name)  # of a process that was ended while it wrote
        for epoch in reversed(self._epochs()):
            params = self._params_of(epoch)
            if params is not None:
                self._found = self._read(epoch)
                self._module.set_params(*params)
                self._module.logger.info('Resuming from "%s"', self._name(epoch, "params"))
                return True
        return False

    def restore(self, begin_epoch: int) -> int:
        """Bring optimizer, data and random numbers to where they were; the epoch to go on with."""
        found, store = self._found, self._owner._kvstore
        if _several(store):
            store._workers.agree(
                f"resume {found and found['epoch']}",
                f"resume of epoch {found and found['epoch']} from {self._prefix!r}",
            )
        if found is None:
            return begin_epoch
        name = self._name(found["epoch"], "states")
        if zlib.crc32(read_bytes(name)) != found["states"]:
            raise MXNetError(f"{name} is not what it was when the checkpoint was written")
        self._owner.load_optimizer_states(name)
        optimizer = self._owner._optimizer
        optimizer.__dict__.update(found["optimizer"])
        if found["scheduler"] is not None and optimizer.lr_scheduler is not None:
            optimizer.lr_scheduler.__dict__.update(found["scheduler"])
        self._restore_data(found)
        _set_random_states(found["random"])
        for (kind, number), state in found["store_random"].items():
            store.random_states[Context(kind, number)] = _tensor(state)
        compression = getattr(store, "compression", None)
        if compression is not None:
            compression.set_state(found.get("residuals", {}))
        return found["epoch"]

    def _restore_data(self, found: Mapping[str, Any]) -> None:
        data = self._train_data
        if found["data"] is not None:
            data.set_state(found["data"])
            return
        self._module.logger.info("Reading the data of %d epoch(s) once more", found["epoch"])
        for _ in range(found["epoch"]):
            for _ in data:
                pass
            data.reset()

    def _epochs(self) -> list[int]:
        names = glob.glob(f"{glob.escape(self._prefix)}-*.params")
        numbers = (re.fullmatch(r"-(\d{4,})\.params", n[len(self._prefix) :]) for n in names)
        return sorted(int(number[1]) for number in numbers if number)

    def _params_of(self, epoch: int) -> tuple[dict, dict] | None:
        """The parameters of a checkpoint; None for one that is damaged."""
        if not os.path.exists(self._name(epoch, "resume")):
            raise MXNetError(
                f"{self._name(epoch, 'params')} was not written by fit(resume=...), so there is "
                f"no {self._name(epoch, 'resume')} to go on from: give another prefix, or load it "
                f"with Module.load and call fit(begin_epoch={epoch})"
            )
        try:
            self._read(epoch)
            return load_params(self._prefix, epoch)
        except MXNetError as error:
            self._module.logger.warning("Checkpoint of epoch %d left out: %s", epoch, error)
            return None

    def _read(self, epoch: int) -> dict[str, Any]:
        from ..optimizer.states import load

        name = self._name(epoch, "resume", self._rank)
        content = read_bytes(name)
        if len(content) < 4 or zlib.crc32(content[4:]) != int.from_bytes(content[:4], "little"):
            raise MXNetError(f"{name} is damaged")
        return load(content[4:])

    # -- writing -----------------------------------------------------------------------------

    def save(self, epoch: int) -> None:
        """Write the checkpoint of so many finished epochs."""
        from ..optimizer.states import dump

        owner = self._owner
        states = self._name(epoch, "states")
        if self._rank == 0:
            owner.save_optimizer_states(states)
        self._wait(owner)
        optimizer, data = owner._optimizer, self._train_data
        scheduler = optimizer.lr_scheduler
        compression = getattr(owner._kvstore, "compression", None)
        content = dump(
            {
                "epoch": epoch,
                "states": zlib.crc32(read_bytes(states)),
                "optimizer": _plain_attributes(optimizer),
                "scheduler": None if scheduler is None else _plain_attributes(scheduler),
                "data": data.get_state() if hasattr(data, "get_state") else None,
                "random": _random_states(),
                "store_random": _store_states(owner._kvstore),
                "residuals": {} if compression is None else compression.get_state(),
            }
        )
        checksum = zlib.crc32(content).to_bytes(4, "little")
        write_atomically(self._name(epoch, "resume", self._rank), checksum + content)
        self._wait(owner)
        params = self._module.get_params()
        if self._rank == 0:
            save_checkpoint(self._prefix, epoch, owner.symbol, *params)
        self._wait(owner)

    @staticmethod
    def _wait(owner: Any) -> None:
        if _several(owner._kvstore):
            owner._kvstore.barrier()

    def _name(self, epoch: int, kind: str, rank: int = 0) -> str:
        return f"{self._prefix}-{epoch:04d}.{f'{rank}.' if rank else ''}{kind}"


def _rank(kvstore: Any) -> int:
    """The rank of this worker, before the module has made a store of a name."""
    if isinstance(kvstore, str):
        return int(os.environ.get("RANK") or 0) if kvstore.startswith("dist") else 0
    return kvstore.rank if _several(kvstore) else 0


def _several(store: Any) -> bool:
    from ..kvstore.distributed import DistributedKVStore

    return isinstance(store, DistributedKVStore)


def _plain_attributes(target: Any) -> dict[str, Any]:
    """The attributes that are numbers, strings, arrays and containers of them."""
    return {
        name: value
        for name, value in vars(target).items()
        if name not in _NOT_SAVED and _is_plain(value)
    }


def _is_plain(value: Any) -> bool:
    from ..ndarray import NDArray

    if isinstance(value, Mapping):
        return type(value) is dict and all(map(_is_plain, (*value, *value.values())))
    if isinstance(value, (list, tuple, set)):
        return type(value) in (list, tuple, set) and all(map(_is_plain, value))
    plain = (type(None), bool, int, float, str, bytes, np.ndarray, np.generic, NDArray)
    return isinstance(value, plain)


def _random_states() -> dict[str, Any]:
    from ..random import _generators

    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "devices": {
            place: generator.get_state().numpy().tobytes()
            for place, generator in _generators.items()
        },
    }


def _set_random_states(states: Mapping[str, Any]) -> None:
    from ..random import generator

    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    for (kind, number), state in states["devices"].items():
        generator(Context(kind, number)).set_state(_tensor(state))


def _store_states(store: Any) -> dict[tuple[str, int], bytes]:
    """The random numbers that the workers have in common."""
    states = store.random_states if _several(store) else {}
    return {(c.device_type, c.device_id): s.numpy().tobytes() for c, s in states.items()}


def _tensor(state: bytes) -> Any:
    import torch

    return torch.frombuffer(bytearray(state), dtype=torch.uint8)
