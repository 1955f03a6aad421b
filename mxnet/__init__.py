"""remx: the symbolic deep-learning system that MXNet 1.x described, on today's kernels.

Importing it does not import torch; that happens when the first array is made.
"""

from __future__ import annotations

from typing import Any

from . import attribute, base, context, error, name, symbol
from . import symbol as sym
from .attribute import AttrScope
from .base import MXNetError, import_part
from .context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus
from .version import __version__

# Public modules that are imported at their first use, most of them because they need torch.
_LAZY = {
    "amp": "amp",
    "autograd": "autograd",
    "callback": "callback",
    "contrib": "contrib",
    "engine": "engine",
    "executor": "executor",
    "executor_manager": "executor_manager",
    "image": "image",
    "img": "image",
    "init": "initializer",
    "initializer": "initializer",
    "io": "io",
    "kv": "kvstore",
    "kvstore": "kvstore",
    "libinfo": "libinfo",
    "lr_scheduler": "lr_scheduler",
    "log": "log",
    "metric": "metric",
    "misc": "misc",
    "mod": "module",
    "model": "model",
    "module": "module",
    "mon": "monitor",
    "monitor": "monitor",
    "nd": "ndarray",
    "ndarray": "ndarray",
    "operator": "operator",
    "optimizer": "optimizer",
    "profiler": "profiler",
    "random": "random",
    "registry": "registry",
    "recordio": "recordio",
    "rnd": "random",
    "rnn": "rnn",
    "runtime": "runtime",
    "test_utils": "test_utils",
    "util": "util",
    "visualization": "visualization",
    "viz": "visualization",
}

# Switches that 1.x shows at the top, of mxnet.util.
_SWITCHES = (
    "is_np_array", "is_np_shape", "np_array", "np_shape", "set_np_shape", "use_np", "use_np_array",
    "use_np_shape",
)  # fmt: skip

__all__ = [
    "AttrScope", "Context", "MXNetError", "__version__", "attribute", "base", "context", "cpu",
    "cpu_pinned", "current_context", "error", "gpu", "gpu_memory_info", "name", "num_gpus", "sym",
    "symbol", *_LAZY, *_SWITCHES,
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _SWITCHES:
        return getattr(import_part("util"), name)
    target = _LAZY.get(name)
    if target is None:
        raise AttributeError(f"module 'mxnet' has no attribute {name!r}")
    module = import_part(target)
    globals()[name] = module
    return module


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_SWITCHES})
