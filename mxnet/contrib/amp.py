"""``mx.contrib.amp``: where 1.x has mixed precision; it is ``mx.amp``."""

import sys

from .. import amp

sys.modules[__name__] = amp
