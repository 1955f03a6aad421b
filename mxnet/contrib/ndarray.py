"""``mx.contrib.nd``: the operators of ``mx.nd.contrib``."""

import sys

from ..ndarray import contrib

sys.modules[__name__] = contrib
