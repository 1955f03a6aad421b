"""The workers of a distributed training, connected by torch.distributed."""

from __future__ import annotations

import atexit
import os
import socket
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from ..error import MXNetError

__all__ = ["Workers", "fingerprint"]

_NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_BITS = 32


class Workers:
    """All processes that train together: who they are, and collective calls that cannot hang.

    Gloo carries arrays of the CPU, NCCL those of GPUs. Every wait ends after ``timeout`` seconds
    (MXNET_KVSTORE_TIMEOUT, by default 300) in an MXNetError that names this worker and what it
    waited for; from then on every call fails with the same error.
    """

    _connected: Workers | None = None

    def __init__(self, rank: int, count: int, timeout: float):
        self.rank, self.count, self.timeout = rank, count, timeout
        self._failure: str | None = None

    @classmethod
    def connect(cls, kind: str) -> Workers:
        """The workers of this training; the first call waits for all of them.

        Raises MXNetError where the environment does not say who they are, or where they do not
        come within the timeout.
        """
        if cls._connected is None:
            cls._connected = _connect(kind)
        return cls._connected

    def start_sum(self, tensor: Any, what: str) -> Callable[[], None]:
        """Begin to replace a tensor by its sum over the workers; the result waits for it."""
        import torch.distributed as dist

        return self._begin(lambda: dist.all_reduce(tensor, async_op=True), what)

    def start_gather(self, targets: list[Any], tensor: Any, what: str) -> Callable[[], None]:
        """Begin to collect a tensor from every worker, by rank."""
        import torch.distributed as dist

        return self._begin(lambda: dist.all_gather(targets, tensor, async_op=True), what)

    def copy_from_first(self, tensor: Any, what: str) -> None:
        """Replace a tensor by that of rank 0."""
        import torch
        import torch.distributed as dist

        self._begin(lambda: dist.broadcast(tensor, 0, async_op=True), what)()
        torch.autograd.graph.increment_version(tensor)  # the broadcast does not count as a change

    def agree(self, text: str, what: str) -> None:
        """Wait for all workers. Raises MXNetError, on all of them, where texts differ."""
        import torch

        bits = torch.tensor(fingerprint(text), dtype=torch.int32)
        self.start_sum(bits, what)()
        self.check_agreement(bits, what)

    def check_agreement(self, bits: Any, what: str) -> None:
        """Raise MXNetError unless summed fingerprints were all equal."""
        if any(bit not in (0, self.count) for bit in bits.tolist()):
            raise self._failed(
                f"{what}: the {self.count} workers are not doing the same: all have to use the "
                f"same keys, with the same shapes and types, in the same order"
            )

    def _begin(self, start: Callable[[], Any], what: str) -> Callable[[], None]:
        if self._failure is not None:
            raise MXNetError(self._failure)
        started = time.monotonic()
        try:
            work = start()
        except RuntimeError as error:
            raise self._lost(what, started, error) from None

        def wait() -> None:
            try:
                work.wait(timedelta(seconds=self.timeout))
            except RuntimeError as error:
                raise self._lost(what, started, error) from None

        return wait

    def _lost(self, what: str, started: float, error: Exception) -> MXNetError:
        reason = str(error).split("\n", 1)[0]
        return self._failed(
            f"{what}: failed after {time.monotonic() - started:.1f} s of at most "
            f"{self.timeout:g} s (MXNET_KVSTORE_TIMEOUT): another worker has ended, is stuck or "
            f"does something else; see what the other workers say ({reason})"
        )

    def fail(self, reason: str) -> None:
        """Let every call from now on fail for a reason."""
        self._failed(reason)

    def _failed(self, message: str) -> MXNetError:
        self._failure = f"rank {self.rank} of {self.count}: {message}"
        return MXNetError(self._failure)


def fingerprint(text: str) -> Sequence[int]:
    """32 zeros and ones for a text; sums over workers show whether all have the same text."""
    code = zlib.crc32(text.encode())
    return [code >> position & 1 for position in range(_BITS)]


def _connect(kind: str) -> Workers:
    import torch
    import torch.distributed as dist

    rank, count = _place(kind)
    timeout = _timeout()
    if not dist.is_initialized():
        address = os.environ["MASTER_ADDR"]
        if address == "localhost" or address.startswith("127."):
            _stay_on_loopback()
        backend = "gloo"
        if torch.cuda.is_available() and dist.is_nccl_available():
            backend = "cpu:gloo,cuda:nccl"
            # Waits then end in an exception rather than in the end of the process.
            os.environ.setdefault("TORCH_NCCL_BLOCKING_WAIT", "1")
        try:
            store = _meeting_point(rank, count, timedelta(seconds=timeout))
            dist.init_process_group(
                backend,
                store=store,
                rank=rank,
                world_size=count,
                timeout=timedelta(seconds=timeout),
            )
        except (RuntimeError, ValueError) as error:
            raise MXNetError(
                f"rank {rank} of {count}: the workers did not all meet at {address}:"
                f"{os.environ['MASTER_PORT']} within {timeout:g} s (MXNET_KVSTORE_TIMEOUT): "
                f"{str(error).splitlines()[0]}"
            ) from None
        atexit.register(_disconnect)
    return Workers(dist.get_rank(), dist.get_world_size(), timeout)


def _meeting_point(rank: int, count: int, timeout: timedelta) -> Any:
    """The store of addresses; torchrun keeps one for all attempts, so each gets a part of it."""
    from torch.distributed import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    store, *_ = next(iter(rendezvous("env://", rank, count, timeout=timeout)))
    return PrefixStore(f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)


def _place(kind: str) -> tuple[int, int]:
    """Rank and number of workers from the environment that launchers set."""
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    if missing:
        raise MXNetError(
            f"kvstore {kind!r} needs several workers, but {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set in the environment: start the "
            f"program with `python -m mxnet.launch -n 2 python train.py`, or with torchrun; "
            f"for the devices of one process use kvstore 'device'"
        )
    try:
        rank, count, port = (int(os.environ[n]) for n in ("RANK", "WORLD_SIZE", "MASTER_PORT"))
    except ValueError as error:
        raise MXNetError(f"RANK, WORLD_SIZE and MASTER_PORT must be numbers: {error}") from None
    if not 0 <= rank < count or not 0 < port < 65536:
        raise MXNetError(f"RANK={rank} WORLD_SIZE={count} MASTER_PORT={port} is not possible")
    return rank, count


def _timeout() -> float:
    given = os.environ.get("MXNET_KVSTORE_TIMEOUT", "300")
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise MXNetError(f"MXNET_KVSTORE_TIMEOUT must be a number of seconds, not {given!r}")
    return seconds


def _stay_on_loopback() -> None:
    """Keep workers of one machine off the network, whose names may not even resolve."""
    for _, name in socket.if_nameindex():
        if name in ("lo", "lo0"):
            os.environ.setdefault("GLOO_SOCKET_IFNAME", name)
            os.environ.setdefault("NCCL_SOCKET_IFNAME", name)


def _disconnect() -> None:
    import torch.distributed as dist

    Workers._connected = None
    if dist.is_initialized():
        dist.destroy_process_group()
