"""``mx.contrib.nd``: the operators of ``mx.nd.contrib``."""

import sys

from ..ndarray import contrib  # type: ignore[attr-defined]

sys.modules[__name__] = contrib
