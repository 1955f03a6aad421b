"""Recurrent networks: cells that make symbols, step by step or unrolled, and data of sentences."""

from __future__ import annotations

import importlib
from typing import Any

from . import rnn, rnn_cell
from .rnn import do_rnn_checkpoint, load_rnn_checkpoint, rnn_unroll, save_rnn_checkpoint
from .rnn_cell import *

# What needs arrays is imported at its first use.
_LAZY = ("BucketSentenceIter", "encode_sentences", "io")


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'mxnet.rnn' has no attribute {name!r}")
    module = importlib.import_module(".io", __name__)
    return module if name == "io" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
