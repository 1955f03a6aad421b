"""Helpers for tests: comparisons, random arrays, checks of symbols against finite differences."""

from .context import current_context
from .io import DataIter
from .ndarray import array
from .testing.arrays import *  # noqa: F403
from .testing.arrays import __all__ as _arrays
from .testing.checks import *  # noqa: F403
from .testing.checks import __all__ as _checks
from .testing.compare import *  # noqa: F403
from .testing.compare import __all__ as _compare
from .testing.consistency import *  # noqa: F403
from .testing.consistency import __all__ as _consistency
from .testing.environment import *  # noqa: F403
from .testing.environment import __all__ as _environment
from .testing.generators import *  # noqa: F403
from .testing.generators import __all__ as _generators
from .util import getenv, setenv

__all__ = [
    "DataIter", "array", "current_context", "getenv", "setenv", *_arrays, *_checks, *_compare,
    *_consistency, *_environment, *_generators,
]  # fmt: skip
