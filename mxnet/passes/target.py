"""What a graph is prepared for: the device, the mode, and which fused kernels there are."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..base import setting
from ..ops.generated import wants_kernels, wants_products, wants_triton

__all__ = [
    "Facts",
    "Target",
    "allows_conversion",
    "available_kernels",
    "channels_last_types",
]

Facts = tuple[Sequence[tuple], Sequence[tuple]]  # shapes and dtypes of a graph's values


@dataclass(frozen=True)
class Target:
    """What passes ask before they choose kernels.

    ``device``: "cpu" or "cuda"; ``train``: whether operators run in training mode; ``kernels``: the
    providers of fused kernels that may be used: "onednn" (convolutions with what follows them),
    "numba" (generated loops), "products" and "products of bfloat16" (generated matrix products),
    "triton" (generated for GPUs).
    With none of them the graph runs operator by operator, which is the reference. ``monitored``:
    whether somebody looks at every node. ``prepared``: the most bytes of weights that layers of
    prediction keep in an order of their own beside the parameters; None if that is no matter.
    """

    device: str = "cpu"
    train: bool = False
    kernels: frozenset[str] = field(default_factory=frozenset)
    monitored: bool = False
    prepared: int | None = None


def available_kernels(device: str) -> frozenset[str]:
    """The providers of fused kernels on a kind of device.

    The environment variables of 1.x turn them off: MXNET_SUBGRAPH_BACKEND=NONE those of oneDNN,
    MXNET_USE_FUSION=0 generated ones; for GPUs there are some if it is 1.
    """
    if device != "cpu":
        return frozenset({"triton"} if device == "cuda" and wants_triton() else ())
    found = set()
    if _has_onednn() and os.environ.get("MXNET_SUBGRAPH_BACKEND", "").upper() != "NONE":
        found.add("onednn")
    if wants_kernels():
        found.add("numba")
        if wants_products():
            found.add("products")
        if wants_products("bfloat16"):
            found.add("products of bfloat16")
    return frozenset(found)


def allows_conversion() -> bool:
    """Whether tensor cores of GPUs may round float32 numbers to TF32: only if that is asked for."""
    cores = setting("MXNET_CUDA_ALLOW_TENSOR_CORE", 1)
    return bool(cores and setting("MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION", 0))


def channels_last_types(device: str) -> tuple[str, ...]:
    """The dtypes of which convolutions on a kind of device are faster channels-last.

    On GPUs that is so of what tensor cores compute.
    """
    if device == "cpu":
        return ("float32", "float16", "bfloat16")
    if not setting("MXNET_CUDA_ALLOW_TENSOR_CORE", 1):
        return ()
    return ("float16", "bfloat16", *(("float32",) if allows_conversion() else ()))


@functools.cache
def _has_onednn() -> bool:
    # PyTorch is built with oneDNN for these processors; asking it would import it.
    return platform.machine().lower() in ("x86_64", "amd64")
