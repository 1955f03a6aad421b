"""The 1.x entry point of parameter servers."""

from __future__ import annotations

from typing import Any

from ..error import MXNetError

__all__ = ["KVStoreServer"]


class KVStoreServer:
    """A parameter server, of which there is none: making one raises MXNetError."""

    def __init__(self, kvstore: Any):
        raise MXNetError(
            "there is no parameter server: train on the devices of one machine, with a list of "
            "contexts and kvstore='device'"
        )
