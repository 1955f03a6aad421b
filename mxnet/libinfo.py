"""Where the library is. There is no shared library of its own: kernels come from torch."""

from __future__ import annotations

import importlib.util
import os

from .error import MXNetError
from .version import __version__

__all__ = ["__version__", "find_conf_path", "find_include_path", "find_lib_path"]


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """The paths of the library that computes: that of torch, whatever ``prefix`` says.

    Raises MXNetError where torch is not installed.
    """
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        raise MXNetError("torch, which computes everything here, is not installed")
    folder = os.path.join(spec.submodule_search_locations[0], "lib")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if name.startswith("libtorch")]


def find_include_path() -> str:
    """1.x gives its C headers here; there is no C interface. Raises MXNetError."""
    raise MXNetError("there is no C interface and so no include directory")


def find_conf_path(prefix: str = "tvmop") -> list[str]:
    """The configuration files of TVM operators, of which there are none."""
    return []
