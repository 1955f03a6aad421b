"""``mx.contrib.sym``: the operators of ``mx.sym.contrib``."""

import sys

from ..symbol import contrib  # type: ignore[attr-defined]

sys.modules[__name__] = contrib
