"""Buckets: many small arrays in one, to travel between workers together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .compression import TwoBitCompression
from .workers import Workers, fingerprint

__all__ = ["BUCKET_BYTES", "Bucket"]

BUCKET_BYTES = 4 << 20
_CHECK = len(fingerprint(""))


class Bucket:
    """One flat array that gradients of one type and device are copied into.

    Behind them goes a fingerprint of their keys and shapes: its sum over the workers shows
    whether all of them have put the same into the bucket.
    """

    def __init__(self, dtype: Any, device: Any, size: int):
        import torch

        self.kind = (dtype, device)
        self.size = size
        self._flat = torch.zeros(size // dtype.itemsize + _CHECK, dtype=dtype, device=device)
        self._wait: Callable[[], None] | None = None
        self._parts: list[Any] = []
        self._checks: dict[str, Any] = {}
        self.clear()

    def clear(self) -> None:
        """Empty the bucket."""
        self.keys: list[Any] = []
        self.arrays: list[Any] = []  # of the keys, as views of the bucket
        self._sources: list[Any] = []
        self._used = 0

    def has_room(self, tensor: Any) -> bool:
        """Whether a tensor can be added."""
        return self._used + tensor.numel() + _CHECK <= self._flat.numel()

    @property
    def is_full(self) -> bool:
        """Whether nothing can be added any more."""
        return self._used + _CHECK >= self._flat.numel()

    def add(self, key: Any, array: Any) -> None:
        """Take an array in; ``fill`` copies it."""
        tensor = array._tensor
        end = self._used + tensor.numel()
        view = self._flat[self._used : end].view(tensor.shape)
        self._used = end
        self.keys.append(key)
        self.arrays.append(type(array)(view, array.context))
        self._sources.append(tensor)

    def fill(self, compression: TwoBitCompression | None) -> None:
        """Copy what was added since the last time."""
        import torch

        if not self._sources:
            return
        fresh = slice(len(self.keys) - len(self._sources), None)
        sources = self._sources
        if compression is not None:
            sources = [
                compression.compress(key, tensor)
                for key, tensor in zip(self.keys[fresh], sources, strict=True)
            ]
        torch._foreach_copy_([array._tensor for array in self.arrays[fresh]], sources)
        self._sources = []

    def refill(self, sources: Sequence[Any]) -> None:
        """Copy tensors in once more, one for each array that was added."""
        import torch

        self._sources = []
        torch._foreach_copy_([array._tensor for array in self.arrays], list(sources))

    @property
    def _what(self) -> str:
        more = f" and {len(self.keys) - 1} more, up to {self.keys[-1]!r}" if self.keys[1:] else ""
        return f"sum of key {self.keys[0]!r}{more}"

    def start(self, workers: Workers, compression: TwoBitCompression | None) -> None:
        """Begin the exchange."""
        contents = self._flat[: self._used + _CHECK]
        contents[self._used :] = self._fingerprint()
        if compression is None:
            self._wait = workers.start_sum(contents, self._what)
            return
        import torch

        packed = compression.pack(contents[: self._used])
        sent = torch.cat([packed, contents[self._used :].to(torch.uint8)])
        self._parts = [torch.empty_like(sent) for _ in range(workers.count)]
        self._wait = workers.start_gather(self._parts, sent, self._what)

    def wait(self, workers: Workers, compression: TwoBitCompression | None) -> None:
        """Wait for the exchange; then ``arrays`` are the sums over the workers."""
        assert self._wait is not None
        self._wait()
        check = self._flat[self._used : self._used + _CHECK]
        if compression is not None:
            total = self._flat[: self._used].zero_()
            for part in self._parts:
                total += compression.unpack(part[:-_CHECK], total)
            check = sum(part[-_CHECK:].int() for part in self._parts)
            self._parts = []
        workers.check_agreement(check, self._what)

    def _fingerprint(self) -> Any:
        """The fingerprint as a tensor; a training step after step needs the same one again."""
        import torch

        text = repr([(key, a.shape) for key, a in zip(self.keys, self.arrays, strict=True)])
        found = self._checks.get(text)
        if found is None:
            if len(self._checks) > 16:
                self._checks.clear()
            dtype, device = self.kind
            found = torch.tensor(fingerprint(text), dtype=dtype, device=device)
            self._checks[text] = found
        return found
