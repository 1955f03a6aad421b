"""What a graph is prepared for: the device, the mode, and which fused kernels there are."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ops.generated import wants_kernels, wants_products

__all__ = ["Facts", "Target", "available_kernels"]

Facts = tuple[Sequence[tuple], Sequence[tuple]]  # shapes and dtypes of a graph's values


@dataclass(frozen=True)
class Target:
    """What passes ask before they choose kernels.

    ``device``: "cpu" or "cuda"; ``train``: whether operators run in training mode; ``kernels``: the
    providers of fused kernels that may be used: "onednn" (convolutions with what follows them),
    "numba" (generated loops), "products" (generated matrix products). With none of them the graph
    runs operator by operator, which is the reference.
    """

    device: str = "cpu"
    train: bool = False
    kernels: frozenset[str] = field(default_factory=frozenset)


def available_kernels(device: str) -> frozenset[str]:
    """The providers of fused kernels on a kind of device.

    The environment variables of 1.x turn them off: MXNET_SUBGRAPH_BACKEND=NONE those of oneDNN,
    MXNET_USE_FUSION=0 generated ones.
    """
    if device != "cpu":
        return frozenset()
    found = set()
    if _has_onednn() and os.environ.get("MXNET_SUBGRAPH_BACKEND", "").upper() != "NONE":
        found.add("onednn")
    if wants_kernels():
        found.add("numba")
        if wants_products():
            found.add("products")
    return frozenset(found)


@functools.cache
def _has_onednn() -> bool:
    # PyTorch is built with oneDNN for these processors; asking it would import it.
    return platform.machine().lower() in ("x86_64", "amd64")
