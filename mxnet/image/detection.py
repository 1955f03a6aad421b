"""The 1.x module name of the augmenters and the iterator for detection."""

from .detection_augmenters import *  # noqa: F403
from .detection_augmenters import __all__ as _augmenters
from .detection_iterator import ImageDetIter

__all__ = [*_augmenters, "ImageDetIter"]
