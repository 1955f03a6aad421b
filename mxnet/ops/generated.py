"""Whether there are generated kernels (``mxnet.kernels``), and whether they are to be used."""

import functools
import importlib.util
import os

__all__ = ["has_kernels", "wants_kernels"]


@functools.cache
def has_kernels() -> bool:
    """Whether numba is there to generate kernels."""
    return importlib.util.find_spec("numba") is not None


def wants_kernels() -> bool:
    """Whether kernels can be generated and the variable of 1.x, MXNET_USE_FUSION=0, is not set."""
    off = os.environ.get("MXNET_USE_FUSION", "1").lower() in ("0", "false")
    return has_kernels() and not off
