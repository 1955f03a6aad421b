"""Samples of random numbers by distribution; tests/ops/test_samplers.py looks at what is drawn."""

from ops.sample import Sample

PROBABILITY = {"low": 0.1, "high": 0.9, "gradient": False}
POSITIVE = {"low": 0.1, "high": 3.0, "gradient": False}

SAMPLES = [
    Sample("_random_exponential", {"lam": 2.0, "shape": (3, 2)}),
    Sample("_random_exponential_like", {"lam": 2.0}, {"data": (2, 3)}, gradient=False),
    Sample("_sample_exponential", {"shape": (4,)}, {"lam": (2,)}, **POSITIVE),
    Sample("_random_gamma", {"alpha": 2.0, "beta": 0.5, "shape": (3,), "dtype": "float64"}),
    Sample("_random_gamma_like", {"alpha": 0.5}, {"data": (2, 3)}, gradient=False),
    Sample("_sample_gamma", {"shape": (4,)}, {"alpha": (2,), "beta": (2,)}, **POSITIVE),
    Sample("_random_poisson", {"lam": 3.0, "shape": (3, 2), "dtype": "float16"}),
    Sample("_random_poisson_like", {"lam": 3.0}, {"data": (2, 3)}, gradient=False),
    Sample("_sample_poisson", {}, {"lam": (2, 3)}, **POSITIVE),
    Sample("_random_negative_binomial", {"k": 3, "p": 0.4, "shape": (3,)}),
    Sample("_random_negative_binomial_like", {"k": 2, "p": 0.4}, {"data": (3,)}, gradient=False),
    Sample("_sample_negative_binomial", {"shape": (2, 2)}, {"k": (2,), "p": (2,)}, **PROBABILITY),
    Sample("_random_generalized_negative_binomial", {"mu": 2.0, "alpha": 0.3, "shape": (3,)}),
    Sample(
        "_random_generalized_negative_binomial_like", {"mu": 3.0}, {"data": (3,)}, gradient=False
    ),
    Sample(
        "_sample_generalized_negative_binomial",
        {"shape": (3,)},
        {"mu": (2,), "alpha": (2,)},
        **POSITIVE,
    ),
    Sample("_random_randint", {"low": -3, "high": 4, "shape": (5,)}),
    Sample("_random_randint", {"low": 0, "high": 2**40, "dtype": "int64"}),
    Sample("_sample_multinomial", {"shape": (2, 3)}, {"data": (2, 4)}, **PROBABILITY),
    Sample("_sample_multinomial", {"dtype": "uint8"}, {"data": (4,)}, **PROBABILITY),
    Sample(
        "_sample_multinomial", {"shape": (3,), "get_prob": True}, {"data": (2, 4)}, **PROBABILITY
    ),
    Sample("_shuffle", {}, {"data": (4, 2)}),
    Sample("_sample_unique_zipfian", {"range_max": 50, "shape": (2, 5)}),
]
