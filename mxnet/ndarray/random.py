"""Random arrays: ``mx.nd.random``."""

from ..symbol.samplers import make_samplers
from .ndarray import NDArray
from .register import function

globals().update(make_samplers(function, NDArray))
