"""Iterators over mini-batches."""

from .io import *
from .io import __all__
