"""``mx.contrib.sym``: the operators of ``mx.sym.contrib``."""

import sys

from ..symbol import contrib

sys.modules[__name__] = contrib
