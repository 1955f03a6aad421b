"""Random numbers."""

from typing import Literal

from ..error import MXNetError
from .core import Op
from .lazy_torch import torch
from .parameters import Shape
from .shapes import UNKNOWN

__all__ = [
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "SampleNormal",
    "SampleUniform",
]

ElementType = Literal[None, "None", "float16", "float32", "float64"]


class RandomBase(Op, abstract=True):
    """What the operators share whose result has a parameter ``dtype``, by default float32."""

    stochastic = True

    @property
    def element_type(self):
        """The element type of the result."""
        return "float32" if self.dtype in (None, "None") else self.dtype

    def storage(self, shape, out, rng):
        """Where the numbers go: the planned storage, or a fresh array."""
        if out is not None:
            return out
        dtype = getattr(torch, self.element_type)
        if rng is None or rng.device.type == "cpu":
            return torch.empty(shape, dtype=dtype)
        return torch.empty(shape, dtype=dtype, device=rng.device)


class Random(RandomBase, abstract=True):
    """Random numbers of a given shape, by default (1,); sizes 0 and -1 follow from the use."""

    def infer_shape(self, s):
        s.output = tuple(dim if dim and dim > 0 else UNKNOWN for dim in self.shape or (1,))

    def infer_dtype(self, t):
        t.output = self.element_type

    def forward(self, *, out, rng):
        return self.draw(self.storage(self.shape or (1,), out, rng), rng)


class RandomLike(Op, abstract=True):
    """Random numbers in the shape and element type of ``data``, whose values are not read."""

    stochastic = True
    shape_only = ("data",)

    def forward(self, data, *, out, rng):
        if out is None:
            out = torch.empty(data.shape, dtype=data.dtype, device=data.device)
        if not out.is_floating_point():
            return out.copy_(self.draw(torch.empty_like(out, dtype=torch.float32), rng))
        return self.draw(out, rng)

    def gradient(self, d_output):
        return None


class Sample(RandomBase, abstract=True):
    """Random numbers for every element of parameter arrays; they have no gradients.

    Shapes: parameters (*k) -> (*k, *shape).
    """

    shape: Shape = ()
    dtype: ElementType = None

    def infer_shape(self, s):
        s.same(*self.input_names)
        first = self.input_names[0]
        if s.get(first) is None and len(s.output) >= len(self.shape):
            setattr(s, first, s.output[: len(s.output) - len(self.shape)])
            s.same(*self.input_names)
        s.output = (*getattr(s, first), *self.shape)

    def infer_dtype(self, t):
        t.output = self.element_type
        t.same(*self.input_names)

    def spread(self, parameter):
        """A parameter array in a shape that broadcasts against the output."""
        return parameter.reshape(*parameter.shape, *(1,) * len(self.shape))

    def gradient(self, d_output):
        return (None,) * len(self.input_names)


class RandomUniform(Random, name="_random_uniform", aliases=["random_uniform", "uniform"]):
    """Uniform random numbers from [low, high)."""

    low: float = 0.0
    high: float = 1.0
    shape: Shape | None = None
    ctx: str = ""
    dtype: ElementType = None

    def check(self):
        if not self.low <= self.high:
            raise MXNetError(f"low {self.low} should not be above high {self.high}")

    def draw(self, out, rng):
        """Fill an array."""
        return out.uniform_(self.low, self.high, generator=rng)


class RandomNormal(Random, name="_random_normal", aliases=["normal", "random_normal"]):
    """Normal random numbers of mean ``loc`` and standard deviation ``scale``."""

    loc: float = 0.0
    scale: float = 1.0
    shape: Shape | None = None
    ctx: str = ""
    dtype: ElementType = None

    def check(self):
        if not self.scale >= 0:
            raise MXNetError(f"scale should not be negative but is {self.scale}")

    def draw(self, out, rng):
        """Fill an array."""
        return out.normal_(self.loc, self.scale, generator=rng)


class RandomUniformLike(RandomLike, name="_random_uniform_like"):
    """Uniform random numbers from [low, high), in the shape of an array."""

    low: float = 0.0
    high: float = 1.0

    check, draw = RandomUniform.check, RandomUniform.draw


class RandomNormalLike(RandomLike, name="_random_normal_like"):
    """Normal random numbers of mean ``loc`` and deviation ``scale``, in the shape of an array."""

    loc: float = 0.0
    scale: float = 1.0

    check, draw = RandomNormal.check, RandomNormal.draw


class SampleUniform(Sample, name="_sample_uniform", aliases=["sample_uniform"]):
    """Uniform random numbers from [low, high), for each pair of bounds."""

    def forward(self, low, high, *, out, rng):
        out = self.storage((*low.shape, *self.shape), out, rng).uniform_(generator=rng)
        return out.mul_(self.spread(high - low)).add_(self.spread(low))


class SampleNormal(Sample, name="_sample_normal", aliases=["sample_normal"]):
    """Normal random numbers, for each pair of a mean and a standard deviation."""

    def forward(self, mu, sigma, *, out, rng):
        out = self.storage((*mu.shape, *self.shape), out, rng).normal_(generator=rng)
        return out.mul_(self.spread(sigma)).add_(self.spread(mu))
