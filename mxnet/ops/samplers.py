"""Random numbers by their distributions: waiting times, counts, integers.

Every distribution comes in three forms: of numbers as parameters and a shape, in the shape of an
array (``_like``), and of arrays as parameters, for each of whose elements numbers are drawn.
"""

from math import log, prod
from typing import Literal

from ..error import MXNetError
from .core import Op
from .lazy_torch import torch
from .parameters import Shape
from .random import ElementType, Random, RandomLike, Sample
from .shapes import UNKNOWN

__all__ = [
    "RandomExponential",
    "RandomExponentialLike",
    "RandomGamma",
    "RandomGammaLike",
    "RandomGeneralizedNegativeBinomial",
    "RandomGeneralizedNegativeBinomialLike",
    "RandomIntegers",
    "RandomNegativeBinomial",
    "RandomNegativeBinomialLike",
    "RandomPoisson",
    "RandomPoissonLike",
    "SampleExponential",
    "SampleGamma",
    "SampleGeneralizedNegativeBinomial",
    "SampleNegativeBinomial",
    "SamplePoisson",
]


# -- distributions ----------------------------------------------------------------------------


def allowed(rule, value):
    """Whether a parameter, a number or an array, obeys its rule."""
    if rule == "positive":
        return value > 0
    if rule == "not negative":
        return value >= 0
    return (value > 0) & (value <= 1)


class Distribution:
    """``limits``: what each parameter should be; ``sample``: draws for arrays of parameters."""

    limits: dict[str, str] = {}
    waits = True  # for the check of the parameters

    def check(self):
        for name, rule in self.limits.items():
            if name in self.parameters and not allowed(rule, value := getattr(self, name)):
                raise MXNetError(f"{name} should be {rule}, but is {value}")

    def drawn(self, rng, shape, parameters, dtype):
        """Draws of a dtype for parameters that broadcast to a shape."""
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        device = None if rng is None else rng.device
        arrays = []
        for (name, rule), value in zip(self.limits.items(), parameters, strict=True):
            array = torch.as_tensor(value, dtype=wide, device=device)
            if not allowed(rule, array).all():
                raise MXNetError(f"{name} should be {rule} everywhere")
            arrays.append(array.expand(shape))
        return self.sample(rng, *arrays).to(dtype)


class Exponential(Distribution):
    """The exponential distribution of rate ``lam``: its mean is 1 / lam."""

    limits = {"lam": "positive"}

    def sample(self, rng, lam):
        """One draw for each element."""
        return torch.empty_like(lam.contiguous()).exponential_(generator=rng).div_(lam)


class Gamma(Distribution):
    """The gamma distribution of shape ``alpha`` and scale ``beta``: its mean is alpha beta."""

    limits = {"alpha": "positive", "beta": "positive"}

    def sample(self, rng, alpha, beta):
        """One draw for each element."""
        return torch._standard_gamma(alpha.contiguous(), generator=rng).mul_(beta)


class Poisson(Distribution):
    """The Poisson distribution of mean ``lam``."""

    limits = {"lam": "not negative"}

    def sample(self, rng, lam):
        """One draw for each element."""
        return torch.poisson(lam.contiguous(), generator=rng)


class NegativeBinomial(Distribution):
    """The number of failures before the ``k``-th success, where each has probability ``p``."""

    limits = {"k": "not negative", "p": "in (0, 1]"}

    def sample(self, rng, k, p):
        """One draw for each element."""
        rate = torch._standard_gamma(k.contiguous(), generator=rng).mul_((1 - p) / p)
        return torch.poisson(rate, generator=rng)


class GeneralizedNegativeBinomial(Distribution):
    """The negative binomial distribution of mean ``mu`` and variance mu + alpha mu²."""

    limits = {"mu": "not negative", "alpha": "not negative"}

    def sample(self, rng, mu, alpha):
        """One draw for each element."""
        dispersed = alpha > 0
        safe = torch.where(dispersed, alpha, 1)
        rate = torch._standard_gamma(1 / safe, generator=rng).mul_(safe * mu)
        return torch.poisson(torch.where(dispersed, rate, mu), generator=rng)


# -- forms ------------------------------------------------------------------------------------


class Fixed(Random, abstract=True):
    """Numbers of a given shape; parameters are numbers."""

    def forward(self, *, out, rng):
        out = self.storage(self.shape or (1,), out, rng)
        parameters = [getattr(self, name) for name in self.limits]
        return out.copy_(self.drawn(rng, out.shape, parameters, out.dtype))


class Like(RandomLike, abstract=True):
    """Numbers in the shape and element type of an array; parameters are numbers."""

    def forward(self, data, *, rng):
        parameters = [getattr(self, name) for name in self.limits]
        return self.drawn(rng, data.shape, parameters, data.dtype)


class ForArrays(Sample, abstract=True):
    """Numbers for each element of arrays of parameters."""

    def draw(self, rng, *parameters):
        """Draws for each element."""
        shape = (*parameters[0].shape, *self.shape)
        parameters = [self.spread(parameter) for parameter in parameters]
        return self.drawn(rng, shape, parameters, getattr(torch, self.element_type))


class RandomExponential(
    Exponential, Fixed, name="_random_exponential", aliases=["random_exponential"]
):
    """Draws from the exponential distribution of rate ``lam``: their mean is 1 / lam."""

    lam: float = 1.0
    shape: Shape | None = None
    ctx: str = ""
    dtype: ElementType = None


class RandomExponentialLike(Exponential, Like, name="_random_exponential_like"):
    """Draws from the exponential distribution of rate ``lam``, in the shape of an array."""

    lam: float = 1.0


class SampleExponential(
    Exponential, ForArrays, name="_sample_exponential", aliases=["sample_exponential"]
):
    """Draws from the exponential distribution, for each rate. Shapes: (*k) -> (*k, *shape)."""

    def forward(self, lam, *, rng):
        return self.draw(rng, lam)


class RandomGamma(Gamma, Fixed, name="_random_gamma", aliases=["random_gamma"]):
    """Draws from the gamma distribution of shape ``alpha`` and scale ``beta``."""

    alpha: float = 1.0
    beta: float = 1.0
    shape: Shape | None = None
    ctx: str = ""
    dtype: ElementType = None


class RandomGammaLike(Gamma, Like, name="_random_gamma_like"):
    """Draws from the gamma distribution of shape ``alpha`` and scale ``beta``, like an array."""

    alpha: float = 1.0
    beta: float = 1.0


class SampleGamma(Gamma, ForArrays, name="_sample_gamma", aliases=["sample_gamma"]):
    """Draws from the gamma distribution, for each pair of shape and scale.

    Shapes: alpha and beta (*k) -> (*k, *shape).
    """

    def forward(self, alpha, beta, *, rng):
        return self.draw(rng, alpha, beta)


class RandomPoisson(Poisson, Fixed, name="_random_poisson", aliases=["random_poisson"]):
    """Draws from the Poisson distribution of mean ``lam``, as floats."""

    lam: float = 1.0
    shape: Shape | None = None
    ctx: str = ""
    dtype: ElementType = None


class RandomPoissonLike(Poisson, Like, name="_random_poisson_like"):
    """Draws from the Poisson distribution of mean ``lam``, in the shape of an array."""

    lam: float = 1.0


class SamplePoisson(Poisson, ForArrays, name="_sample_poisson", aliases=["sample_poisson"]):
    """Draws from the Poisson distribution, for each mean. Shapes: (*k) -> (*k, *shape)."""

    def forward(self, lam, *, rng):
        return self.draw(rng, lam)


class RandomNegativeBinomial(
    NegativeBinomial,
    Fixed,
    name="_random_negative_binomial",
    aliases=["random_negative_binomial"],
):
    """Draws of the number of failures before the ``k``-th success of probability ``p``."""

    k: int = 1
    p: float = 1.0
    shape: Shape | None = None
    ctx: str = ""
    dtype: ElementType = None


class RandomNegativeBinomialLike(NegativeBinomial, Like, name="_random_negative_binomial_like"):
    """Draws of the number of failures before the ``k``-th success, in the shape of an array."""

    k: int = 1
    p: float = 1.0


class SampleNegativeBinomial(
    NegativeBinomial,
    ForArrays,
    name="_sample_negative_binomial",
    aliases=["sample_negative_binomial"],
):
    """Draws of the number of failures before the k-th success, for each pair of k and p.

    Shapes: k and p (*k) -> (*k, *shape); k need not be whole.
    """

    def forward(self, k, p, *, rng):
        return self.draw(rng, k, p)


class RandomGeneralizedNegativeBinomial(
    GeneralizedNegativeBinomial,
    Fixed,
    name="_random_generalized_negative_binomial",
    aliases=["random_generalized_negative_binomial"],
):
    """Draws from the negative binomial distribution of mean ``mu`` and variance mu + alpha mu²."""

    mu: float = 1.0
    alpha: float = 1.0
    shape: Shape | None = None
    ctx: str = ""
    dtype: ElementType = None


class RandomGeneralizedNegativeBinomialLike(
    GeneralizedNegativeBinomial, Like, name="_random_generalized_negative_binomial_like"
):
    """Draws from the negative binomial distribution by mean and dispersion, like an array."""

    mu: float = 1.0
    alpha: float = 1.0


class SampleGeneralizedNegativeBinomial(
    GeneralizedNegativeBinomial,
    ForArrays,
    name="_sample_generalized_negative_binomial",
    aliases=["sample_generalized_negative_binomial"],
):
    """Draws from the negative binomial distribution, for each pair of mean and dispersion.

    Shapes: mu and alpha (*k) -> (*k, *shape).
    """

    def forward(self, mu, alpha, *, rng):
        return self.draw(rng, mu, alpha)


# -- integers ---------------------------------------------------------------------------------


class RandomIntegers(Random, name="_random_randint", aliases=["random_randint"]):
    """Draws of integers from [low, high), all equally likely."""

    low: int
    high: int
    shape: Shape | None = None
    ctx: str = ""
    dtype: Literal[None, "None", "int32", "int64"] = None

    @property
    def element_type(self):
        """The element type of the result."""
        return "int32" if self.dtype in (None, "None") else self.dtype

    def check(self):
        bits = 31 if self.element_type == "int32" else 63
        if not (-(2**bits) <= self.low < 2**bits and -(2**bits) < self.high <= 2**bits):
            raise MXNetError(
                f"low {self.low} and high {self.high} should fit into {self.element_type}"
            )

    def draw(self, out, rng):
        """Fill an array."""
        if self.low >= self.high:
            raise MXNetError(f"low {self.low} should be below high {self.high}")
        return out.random_(self.low, self.high, generator=rng)


class Multinomial(Op, name="_sample_multinomial", aliases=["sample_multinomial"]):
    """Draws of category numbers by the probabilities along the last axis.

    Shapes: data (*b, k) -> (*b, *shape), and (1,) of a single distribution without ``shape``.
    Probabilities are divided by their sum. ``get_prob``: also the logarithms of the probabilities
    of what was drawn, through which gradients reach ``data``.
    """

    shape: Shape = ()
    get_prob: bool = False
    dtype: Literal["float16", "float32", "float64", "int32", "uint8"] = "int32"

    stochastic = True

    def outputs(self):
        return ("output0", "output1") if self.get_prob else ("output",)

    def infer_shape(self, s):
        if not s.data:
            raise MXNetError("data should have at least 1 dimension")
        drawn = (*s.data[:-1], *self.shape) or (1,)
        for name in self.outputs():
            setattr(s, name, drawn)

    def infer_dtype(self, t):
        if self.get_prob:
            t.output0 = self.dtype
            t.same("data", "output1")
        else:
            t.output = self.dtype
        if t.data not in ("float16", "bfloat16", "float32", "float64"):
            raise MXNetError(f"probabilities should be floats, not {t.data}")

    def forward(self, data, *, rng):
        count = prod(self.shape)
        rows = data.reshape(-1, data.shape[-1])
        if count and rows.shape[0]:
            index = torch.multinomial(rows, count, replacement=True, generator=rng)
        else:
            index = torch.empty(rows.shape[0], count, dtype=torch.int64, device=data.device)
        shape = (*data.shape[:-1], *self.shape) or (1,)
        drawn = index.to(getattr(torch, self.dtype)).reshape(shape)
        if not self.get_prob:
            return drawn
        return drawn, rows.gather(1, index).log().reshape(shape)

    def backward(self, d_outputs, data, outputs):
        if not self.get_prob:
            return torch.zeros_like(data)
        rows = data.reshape(-1, data.shape[-1])
        index = outputs[0].reshape(rows.shape[0], -1).long()
        slope = d_outputs[1].reshape(index.shape) / rows.gather(1, index)
        return torch.zeros_like(rows).scatter_add_(1, index, slope).reshape(data.shape)


class Shuffle(Op, name="_shuffle", aliases=["shuffle"]):
    """The slices of ``data`` along its first axis, in random order."""

    stochastic = True
    differentiable = False

    def forward(self, data, *, rng):
        order = torch.randperm(data.shape[0], generator=rng, device=data.device)
        return data.index_select(0, order)


class UniqueZipfian(Op, name="_sample_unique_zipfian"):
    """Draws without repetition from a Zipf-like distribution on [0, range_max), row by row.

    P(class) = log((class + 2) / (class + 1)) / log(range_max + 1), each drawn once only. Shapes:
    -> (m, n) of int64, and (m,): how many draws each row took, repetitions included. ``shape`` is
    (m, n), with n at most ``range_max``.
    """

    range_max: int
    shape: Shape | None = None

    waits = True
    outputs = ("output0", "output1")
    stochastic = True

    def check(self):
        if self.shape is not None and len(self.shape) != 2:
            raise MXNetError(f"shape should have 2 dimensions but is {self.shape}")
        if self.range_max < 1 or (self.shape and self.shape[1] > self.range_max):
            raise MXNetError(
                f"there are {self.range_max} classes, of which {self.shape} asks for more"
            )

    def infer_shape(self, s):
        rows, columns = self.shape or (UNKNOWN, UNKNOWN)
        s.output0 = (rows, columns)
        s.output1 = (rows,)

    def infer_dtype(self, t):
        t.output0 = t.output1 = "int64"

    def forward(self, *, rng):
        if self.shape is None:
            raise MXNetError("_sample_unique_zipfian needs the parameter shape")
        rows, count = self.shape
        device = None if rng is None else rng.device
        drawn = torch.empty(rows, count, dtype=torch.int64, device=device)
        tries = torch.zeros(rows, dtype=torch.int64, device=device)
        for row in range(rows):
            drawn[row], tries[row] = self.unique_row(count, rng)
        return drawn, tries

    def unique_row(self, count, rng):
        """One row of distinct classes, and the number of draws that it took."""
        first = classes = torch.empty(0, dtype=torch.int64, device=rng.device)
        while len(first) < count:
            size = max(2 * count, len(classes))
            uniform = torch.rand(size, dtype=torch.float64, generator=rng, device=rng.device)
            more = torch.exp(uniform * log(self.range_max + 1)).long() - 1
            classes = torch.cat([classes, more.clamp_(max=self.range_max - 1)])
            first = first_occurrences(classes)
        first = first[:count]
        return classes[first], first[-1] + 1 if count else 0


def first_occurrences(values):
    """The positions at which a value occurs for the first time, ascending."""
    ordered, positions = values.sort(stable=True)
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return positions[new].sort().values
