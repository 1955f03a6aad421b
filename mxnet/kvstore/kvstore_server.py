"""The 1.x entry point of parameter servers."""

from __future__ import annotations

from typing import Any

from ..error import MXNetError

__all__ = ["KVStoreServer"]


class KVStoreServer:
    """A parameter server, of which there is none: making one raises MXNetError."""

    def __init__(self, kvstore: Any):
        raise MXNetError(
            "there is no parameter server: with kvstore 'dist_sync' the workers sum gradients "
            "among themselves; start them with `python -m mxnet.launch -n 2 python train.py`"
        )
