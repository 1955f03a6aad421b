"""Upsampling of images."""

from typing import Annotated, Literal

from ..error import MXNetError
from .core import Op
from .lazy_torch import F, torch
from .parameters import at_least
from .shapes import Mismatch, known

__all__ = ["UpSampling"]


class UpSampling(Op):
    """Enlarge images by a factor.

    nearest: every pixel is repeated; data (n, c, h, w) -> (n, c, scale h, scale w). Further inputs
    are enlarged to the same size, and joined along the channels or summed (``multi_input_mode``).
    bilinear: a transposed convolution, channel by channel, whose ``weight`` (num_filter, 1, k, k),
    k = 2 scale - scale % 2, is learned; c = num_filter.
    """

    scale: Annotated[int, at_least(1)]
    num_filter: Annotated[int, at_least(0)] = 0
    sample_type: Literal["bilinear", "nearest"]
    multi_input_mode: Literal["concat", "sum"] = "concat"
    num_args: Annotated[int, at_least(1)]
    workspace: Annotated[int, at_least(0)] = 512

    count = "num_args"
    default_init = {"weight": '["bilinear", {}]'}

    def check(self):
        if self.sample_type == "bilinear" and not self.num_filter:
            raise MXNetError("num_filter should be the number of channels for bilinear upsampling")

    def inputs(self):
        return ("data", "weight") if self.sample_type == "bilinear" else super().inputs()

    @property
    def kernel(self):
        """The kernel size of the transposed convolution."""
        return 2 * self.scale - self.scale % 2

    def infer_shape(self, s):
        if self.sample_type == "bilinear":
            s.weight = (self.num_filter, 1, self.kernel, self.kernel)
        bilinear = self.sample_type == "bilinear"
        first = s.get("data") if bilinear else s.data[0]
        if first is None:
            return
        if len(first) != 4:
            raise Mismatch(f"data should be (n, c, h, w) but is {first}")
        n, c, h, w = first
        size = h * self.scale, w * self.scale
        if not bilinear:
            c = self._joined_channels(s.data, size)
        elif known(c) and c != self.num_filter:
            raise Mismatch(f"data should have num_filter = {self.num_filter} channels but has {c}")
        if c is not None:
            s.output = (n, c, *size)

    def _joined_channels(self, shapes, size):
        """The channels of the output, or None; raises Mismatch where images do not fit."""
        for shape in shapes:
            if shape is None or len(shape) != 4:
                return None
            for target, side in zip(size, shape[2:], strict=True):
                if known(target, side) and target % side:
                    raise Mismatch(f"an image of {shape} cannot be enlarged to {size}")
        channels = [shape[1] for shape in shapes]
        return sum(channels[1:], channels[0]) if self.multi_input_mode == "concat" else channels[0]

    def forward(self, *data):
        first = data[0]
        if self.sample_type == "bilinear":
            options = {"stride": self.scale, "padding": self.scale // 2, "groups": self.num_filter}
            return F.conv_transpose2d(first, data[1], **options)
        size = [side * self.scale for side in first.shape[2:]]
        images = [enlarge(image, size) for image in data]
        if len(images) == 1:
            return images[0]
        return torch.cat(images, 1) if self.multi_input_mode == "concat" else sum(images)


def enlarge(image, size):
    """Every pixel repeated, so that an image has the given size."""
    n, c, h, w = image.shape
    repeats = image[:, :, :, None, :, None].expand(n, c, h, size[0] // h, w, size[1] // w)
    return repeats.reshape(n, c, *size)
