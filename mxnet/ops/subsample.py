"""Images of fewer pixels, of which convolutions with filters of one pixel and with strides are made."""

from .core import Op
from .lazy_torch import torch
from .parameters import Shape
from .reshape import SelectionBackward

__all__ = ["Subsample", "SubsampleBackward"]


def subsampled(images, stride):
    """Every so many rows and columns of images, as a view."""
    down, across = stride
    return images[:, :, ::down, ::across]


class Subsample(Op, name="_subsample"):
    """Every so many rows and columns of images, from the first on.

    Shapes: data (n, c, h, w), for a stride (a, b) -> (n, c, ceil(h / a), ceil(w / b)).
    """

    stride: Shape

    differentiable = False
    memory_format = "channels_last"
    per_sample = ("data",)

    def infer_shape(self, s):
        s.output = subsampled_shape(s.data, self.stride)

    def forward(self, data, *, out):
        part = subsampled(data, self.stride)
        return part.clone(memory_format=torch.channels_last) if out is None else out.copy_(part)


class SubsampleBackward(SelectionBackward, name="_backward_subsample"):
    """Its derivative: grad with zeros between the pixels, in the shape of data."""

    stride: Shape

    differentiable = False
    memory_format = "channels_last"

    def infer_shape(self, s):
        super().infer_shape(s)
        s.grad = subsampled_shape(s.data, self.stride)

    def forward(self, grad, data, *, out):
        out = self.zeros(grad, data, out)
        subsampled(out, self.stride).copy_(grad)
        return out


def subsampled_shape(shape, stride):
    """The shape of it."""
    n, c, *sizes = shape
    return (n, c, *(-(-size // step) for size, step in zip(sizes, stride, strict=True)))
