"""Samples of random numbers; tests/ops/test_random.py looks at the distributions."""

from ops.sample import Sample

SAMPLES = [
    Sample("_random_uniform", {"low": -1.0, "high": 2.0, "shape": (3, 2)}),
    Sample("_random_normal", {"loc": 1.0, "scale": 2.0, "shape": (3,), "dtype": "float64"}),
    Sample("_random_uniform_like", {"high": 3.0}, {"data": (2, 3)}, gradient=False),
    Sample("_random_normal_like", {"scale": 3.0}, {"data": (2, 3)}, gradient=False),
    Sample("_sample_uniform", {"shape": (4,)}, {"low": (2,), "high": (2,)}, gradient=False),
    Sample("_sample_normal", {}, {"mu": (2, 3), "sigma": (2, 3)}, low=0.1, gradient=False),
]
