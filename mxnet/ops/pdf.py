"""Probability densities (and probabilities of integers), of samples drawn for parameter arrays."""

from .core import Op
from .dtypes import is_floating
from .lazy_torch import torch
from .shapes import Mismatch

__all__ = [
    "DirichletDensity",
    "ExponentialDensity",
    "GammaDensity",
    "GeneralizedNegativeBinomialProbability",
    "NegativeBinomialProbability",
    "NormalDensity",
    "PoissonProbability",
    "UniformDensity",
]


class Density(Op, abstract=True):
    """The density at samples, or its logarithm (``is_log``).

    Shapes: sample (*k, *shape), parameters (*k) -> (*k, *shape): each element of the parameters has
    samples of its own. Outside the support the density is 0. Gradients go to the samples, unless
    these are integers, and to the parameters.
    """

    is_log: bool = False
    discrete = False
    event = 0  # how many last axes make one sample

    def infer_shape(self, s):
        parameters = self.input_names[1:]
        s.same(*parameters)
        batch = len(s.sample) - self.event
        s.output = s.sample[:batch]
        s.sample = (*s.output, *s.sample[batch:])
        shape = getattr(s, parameters[0])
        leading = len(shape) - self.event
        if not 0 <= leading <= batch:
            raise Mismatch(
                f"{parameters[0]} {shape} should have at most as many dimensions as sample"
                f" {s.sample}"
            )
        s.sample = (*shape[:leading], *s.sample[leading:batch], *shape[leading:])
        setattr(s, parameters[0], (*s.sample[:leading], *s.sample[batch:]))
        s.same(*parameters)

    def infer_dtype(self, t):
        t.same()
        if t.sample and not is_floating(t.sample):
            raise Mismatch(f"densities are of floats, not of {t.sample}")

    def evaluate(self, sample, *parameters):
        """The density; half precision is computed in float32."""
        dtype = torch.promote_types(sample.dtype, torch.float32)
        x, *parameters = (value.to(dtype) for value in (sample, *parameters))
        x = x.detach() if self.discrete else x
        between = x.ndim - parameters[0].ndim
        leading = parameters[0].ndim - self.event
        parameters = [
            p.reshape(*p.shape[:leading], *(1,) * between, *p.shape[leading:]) for p in parameters
        ]
        inside = self.support(x, *parameters)
        safe = torch.where(inside, x, 1)
        inside = inside.all(-1) if self.event else inside
        value = self.log_density(safe, *parameters)
        if self.is_log:
            value = torch.where(inside, value, float("-inf"))
        else:
            value = torch.where(inside, value.exp(), 0)
        return value.to(sample.dtype)

    def support(self, x, *parameters):
        """Where the density is not zero by definition."""
        return x >= 0


class UniformDensity(Density, name="_random_pdf_uniform", aliases=["random_pdf_uniform"]):
    """The density of the uniform distribution on [low, high], or its logarithm (``is_log``).

    Shapes: sample (*k, *shape), low and high (*k) -> (*k, *shape).
    """

    def forward(self, sample, low, high):
        return self.evaluate(sample, low, high)

    def support(self, x, low, high):
        return (x >= low) & (x <= high)

    def log_density(self, x, low, high):
        """The logarithm of the density inside the support."""
        return -(high - low).log() + torch.zeros_like(x)


class NormalDensity(Density, name="_random_pdf_normal", aliases=["random_pdf_normal"]):
    """The density of the normal distribution, or its logarithm (``is_log``).

    Shapes: sample (*k, *shape), mean mu and standard deviation sigma (*k) -> (*k, *shape).
    """

    def forward(self, sample, mu, sigma):
        return self.evaluate(sample, mu, sigma)

    def support(self, x, mu, sigma):
        return torch.ones_like(x, dtype=torch.bool)

    def log_density(self, x, mu, sigma):
        """The logarithm of the density."""
        return -0.5 * ((x - mu) / sigma).square() - (sigma * (2 * torch.pi) ** 0.5).log()


class ExponentialDensity(
    Density, name="_random_pdf_exponential", aliases=["random_pdf_exponential"]
):
    """The density of the exponential distribution of rate lam, or its logarithm (``is_log``).

    Shapes: sample (*k, *shape), lam (*k) -> (*k, *shape).
    """

    def forward(self, sample, lam):
        return self.evaluate(sample, lam)

    def log_density(self, x, lam):
        """The logarithm of the density inside the support."""
        return lam.log() - lam * x


class GammaDensity(Density, name="_random_pdf_gamma", aliases=["random_pdf_gamma"]):
    """The density of the gamma distribution, or its logarithm (``is_log``).

    Shapes: sample (*k, *shape), shape alpha and rate beta (*k) -> (*k, *shape). (The samplers take
    the scale as beta, which is 1 / rate; so it is in 1.x.)
    """

    def forward(self, sample, alpha, beta):
        return self.evaluate(sample, alpha, beta)

    def log_density(self, x, alpha, beta):
        """The logarithm of the density inside the support."""
        return torch.xlogy(alpha - 1, x) + alpha * beta.log() - beta * x - torch.lgamma(alpha)


class PoissonProbability(Density, name="_random_pdf_poisson", aliases=["random_pdf_poisson"]):
    """The probability of integers under the Poisson distribution, or its logarithm (``is_log``).

    Shapes: sample (*k, *shape), mean lam (*k) -> (*k, *shape).
    """

    discrete = True

    def forward(self, sample, lam):
        return self.evaluate(sample, lam)

    def log_density(self, x, lam):
        """The logarithm of the probability inside the support."""
        return torch.xlogy(x, lam) - lam - torch.lgamma(x + 1)


def log_negative_binomial(x, k, p):
    """The logarithm of the probability of x failures before the k-th success, of probability p."""
    choices = torch.lgamma(x + k) - torch.lgamma(x + 1) - torch.lgamma(k)
    return choices + k * p.log() + torch.xlogy(x, 1 - p)


class NegativeBinomialProbability(
    Density, name="_random_pdf_negative_binomial", aliases=["random_pdf_negative_binomial"]
):
    """The probability of so many failures before the k-th success, or its logarithm (``is_log``).

    Shapes: sample (*k, *shape), number k and probability p of successes (*k) -> (*k, *shape).
    """

    discrete = True

    def forward(self, sample, k, p):
        return self.evaluate(sample, k, p)

    def log_density(self, x, k, p):
        """The logarithm of the probability inside the support."""
        return log_negative_binomial(x, k, p)


class GeneralizedNegativeBinomialProbability(
    Density,
    name="_random_pdf_generalized_negative_binomial",
    aliases=["random_pdf_generalized_negative_binomial"],
):
    """The probability of integers under the negative binomial distribution by mean and dispersion.

    Shapes: sample (*k, *shape), mean mu and dispersion alpha (*k) -> (*k, *shape). The variance is
    mu + alpha mu²; with alpha = 0 it is the Poisson distribution. ``is_log``: the logarithm.
    """

    discrete = True

    def forward(self, sample, mu, alpha):
        return self.evaluate(sample, mu, alpha)

    def log_density(self, x, mu, alpha):
        """The logarithm of the probability inside the support."""
        dispersed = alpha > 0
        safe = torch.where(dispersed, alpha, 1)
        general = log_negative_binomial(x, 1 / safe, 1 / (1 + mu * safe))
        return torch.where(dispersed, general, PoissonProbability.log_density(self, x, mu))


class DirichletDensity(Density, name="_random_pdf_dirichlet", aliases=["random_pdf_dirichlet"]):
    """The density of the Dirichlet distribution, or its logarithm (``is_log``).

    Shapes: sample (*k, *shape, n), each summing to 1, concentrations alpha (*k, n) -> (*k, *shape).
    """

    event = 1

    def forward(self, sample, alpha):
        return self.evaluate(sample, alpha)

    def log_density(self, x, alpha):
        """The logarithm of the density inside the support."""
        weight = torch.lgamma(alpha.sum(-1)) - torch.lgamma(alpha).sum(-1)
        return torch.xlogy(alpha - 1, x).sum(-1) + weight
