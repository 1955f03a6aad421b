"""The 1.x module name of the functions, augmenters and the iterator of images."""

from .augmenters import *  # noqa: F403
from .augmenters import __all__ as _augmenters
from .functions import *  # noqa: F403
from .functions import __all__ as _functions
from .functions import _get_interp_method  # noqa: F401 - programs of 1.x call it
from .iterator import ImageIter

__all__ = [*_functions, *_augmenters, "ImageIter"]
