"""Batch normalisation in native programs: its kernels, called from there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from ...kernels import codes, normalization, normalization_derivative
from ...kernels.native import openmp_address
from .claims import Record, Unfit, rule

__all__: list[str] = []


def _stages(find: Callable[..., list], *args: Any, out: tuple) -> Record:
    """The calls of kernels, on threads where there are several parts."""
    tensors = [each for each in (*args, *out) if isinstance(each, torch.Tensor)]
    threads = torch.get_num_threads()
    if threads > 1 and not openmp_address() or any(not tensor.numel() for tensor in tensors):
        raise Unfit
    words: list[int] = []
    for kernel, own, parts in find(*args, out=out):
        several = min(threads, parts)
        words += (6 + len(own), several, kernel(), 0, several, 0, *own)
    addresses = {tensor.data_ptr() for tensor in tensors}
    places = tuple(place for place, word in enumerate(words) if word in addresses)
    return Record(codes.STAGES, tuple(words), tuple(tensors), places)


rule(normalization.forward)(partial(_stages, normalization.forward_stages))
rule(normalization_derivative.backward)(partial(_stages, normalization_derivative.backward_stages))
