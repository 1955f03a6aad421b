"""Whole sequences of recurrent cells in native programs: their kernels, called from there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...kernels import codes, recurrent
from .claims import Record, rule

__all__: list[str] = []


def _sequence(find: Callable[..., recurrent.Run], *args: Any, **kwargs: Any) -> Record:
    """The call of a kernel, whose arrays are all to stay where they are."""
    run = find(*args, **kwargs)
    words = run.kernel, run.words.ctypes.data, len(run.words), run.memory, *run.words.tolist()
    return Record(codes.CALL, words, run, packing=run.packing)


rule(recurrent.forward)(partial(_sequence, recurrent.forward_run))
rule(recurrent.backward)(partial(_sequence, recurrent.backward_run))
