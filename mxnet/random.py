"""Random numbers: one generator per device, and ``mx.random.seed``."""

from __future__ import annotations

from typing import Any

import torch

from .context import Context, current_context, torch_device

__all__ = ["generator", "seed"]  # and the samplers of ``mx.nd.random``, resolved at first use

_generators: dict[tuple[str, int], torch.Generator] = {}
_start = [0]  # the seed of generators that are still to come


def generator(context: Context | None = None) -> torch.Generator:
    """The torch generator that all random operators on a device draw from."""
    context = current_context() if context is None else context
    key = (context.device_type, context.device_id)
    found = _generators.get(key)
    if found is None:
        found = _generators[key] = torch.Generator(torch_device(context))
        found.manual_seed(_start[0])
    return found


def seed(seed_state: int, ctx: Any = "all") -> None:
    """Start the random numbers of all devices (or of one, ``ctx``) anew; equal seeds, equal draws.

    Raises ValueError for a seed that is not an integer.
    """
    if not isinstance(seed_state, int):
        seed_state = int(seed_state)
    if ctx == "all":
        _start[0] = seed_state
        for found in _generators.values():
            found.manual_seed(seed_state)
    else:
        generator(ctx).manual_seed(seed_state)


def __getattr__(name: str) -> Any:
    from .ndarray import random as samplers

    try:
        return getattr(samplers, name)
    except AttributeError:
        raise AttributeError(f"module 'mxnet.random' has no attribute {name!r}") from None
