"""Whether this thread records operations for autograd, and whether it is training."""

from __future__ import annotations

import threading

__all__ = ["state"]


class _State(threading.local):
    recording = False
    training = False


state = _State()
