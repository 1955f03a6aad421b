"""Random symbols: ``mx.sym.random``."""

from .functions import function
from .samplers import make_samplers
from .symbol import Symbol

globals().update(make_samplers(function, Symbol))
