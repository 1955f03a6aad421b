"""Values that move between devices."""

from __future__ import annotations

from .core import Op, get_op

__all__ = ["CrossDeviceCopy"]


class CrossDeviceCopy(Op, name="_CrossDeviceCopy"):
    """The array on the device that the node is placed on; ``passes/place`` inserts it.

    Shapes: data (*k) -> (*k).
    """

    def forward(self, data, *, device=None):
        return data.to(data.device if device is None else device, copy=True)

    def gradient(self, d_output):
        return get_op("_CrossDeviceCopy")()(d_output)
