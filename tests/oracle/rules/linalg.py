"""Linear algebra, densities and transforms."""

import numpy as np

from oracle.draw import Draw, Drawn, rule

WIDE = ("float32", "float64")


def matrix(draw: Draw, n: int, m: int | None = None, batch=None, dtype=None) -> np.ndarray:
    """A stack of matrices."""
    batch = draw.shape(0, 2, 3) if batch is None else batch
    return draw.array((*batch, n, m or n), -1, 1, dtype or draw.choice(*WIDE))


def definite(draw: Draw, n: int) -> np.ndarray:
    """Symmetric matrices with eigenvalues well above 0, and apart from each other."""
    a = matrix(draw, n)
    return a @ np.swapaxes(a, -1, -2) + np.diag(np.arange(1, n + 1)).astype(a.dtype)


def triangular(draw: Draw, n: int, lower: bool = True, batch=None, dtype=None) -> np.ndarray:
    """Triangular matrices with a dominant diagonal."""
    a = matrix(draw, n, batch=batch, dtype=dtype)
    a = np.tril(a) if lower else np.triu(a)
    return a + 2 * np.eye(n, dtype=a.dtype)


@rule("_linalg_gemm", "_linalg_gemm2")
def gemm(draw: Draw, op: str) -> Drawn:
    m, k, n = draw.sizes(3, 1, 4)
    params = draw.some(
        transpose_a=draw.chance(0.5), transpose_b=draw.chance(0.5), alpha=draw.real(-2, 2)
    )
    batch, dtype = draw.shape(0, 2, 3), draw.choice(*WIDE)
    a, b = (k, m) if params.get("transpose_a") else (m, k), (k, n)
    b = b[::-1] if params.get("transpose_b") else b
    shapes = {"A": (*batch, *a), "B": (*batch, *b)}
    if op == "_linalg_gemm":
        params |= draw.some(beta=draw.real(-2, 2))
        shapes["C"] = (*batch, m, n)
    if batch and draw.chance(0.4):  # rows along another axis
        params["axis"] = axis = draw.choice(0, -3)
        shapes = {k: tuple(np.moveaxis(np.empty(s), -2, axis).shape) for k, s in shapes.items()}
    return Drawn(params, {k: draw.array(s, dtype=dtype) for k, s in shapes.items()}, loose=3)


@rule("_linalg_potrf", "_linalg_sumlogdiag")
def of_definite(draw: Draw, op: str) -> Drawn:
    return Drawn({}, {"A": definite(draw, draw.integer(1, 4))}, loose=10)


@rule("_linalg_syevd")
def syevd(draw: Draw, op: str) -> Drawn:
    # Eigenvectors have no sign of their own: without derivatives, and see differences.py.
    return Drawn({}, {"A": definite(draw, draw.integer(1, 4))}, train=False, loose=10)


@rule("_linalg_potri")
def potri(draw: Draw, op: str) -> Drawn:
    return Drawn({}, {"A": triangular(draw, draw.integer(1, 4))}, loose=10)


@rule("_linalg_inverse", "_linalg_det", "_linalg_slogdet")
def of_general(draw: Draw, op: str) -> Drawn:
    n = draw.integer(1, 4)
    a = matrix(draw, n)
    return Drawn({}, {"A": a + 2 * np.eye(n, dtype=a.dtype)}, loose=10)


@rule("_linalg_trmm", "_linalg_trsm")
def triangle_times(draw: Draw, op: str) -> Drawn:
    n, m = draw.sizes(2, 1, 4)
    params = draw.some(
        transpose=draw.chance(0.5), rightside=draw.chance(0.5), lower=draw.chance(0.5),
        alpha=draw.real(-2, 2),
    )  # fmt: skip
    batch, dtype = draw.shape(0, 2, 3), draw.choice(*WIDE)
    a = triangular(draw, n, params.get("lower", True), batch, dtype)
    b = (m, n) if params.get("rightside") else (n, m)
    return Drawn(params, {"A": a, "B": draw.array((*batch, *b), dtype=dtype)}, loose=10)


@rule("_linalg_syrk")
def syrk(draw: Draw, op: str) -> Drawn:
    params = draw.some(transpose=draw.chance(0.5), alpha=draw.real(-2, 2))
    return Drawn(params, {"A": matrix(draw, *draw.sizes(2, 1, 4))}, loose=3)


@rule("_linalg_gelqf")
def gelqf(draw: Draw, op: str) -> Drawn:
    m, n = sorted(draw.sizes(2, 1, 4))
    return Drawn({}, {"A": matrix(draw, m, n)}, loose=20)


@rule("_linalg_extractdiag", "_linalg_extracttrian")
def extract(draw: Draw, op: str) -> Drawn:
    n = draw.integer(1, 5)
    params = draw.some(offset=draw.integer(1 - n, n - 1))
    if op.endswith("trian") and "offset" not in params:
        params |= draw.some(lower=draw.chance(0.5))
    return Drawn(params, {"A": matrix(draw, n)})


@rule("_linalg_makediag", "_linalg_maketrian")
def make(draw: Draw, op: str) -> Drawn:
    n = draw.integer(1, 4)
    size = n if op.endswith("diag") else n * (n + 1) // 2
    params = draw.some(offset=draw.integer(-2, 2))
    if op.endswith("trian") and not params.get("offset"):
        params |= draw.some(lower=draw.chance(0.5))
    return Drawn(params, {"A": draw.array((*draw.shape(0, 2, 3), size), dtype=draw.choice(*WIDE))})


# -- densities ------------------------------------------------------------------------------------
DENSITIES = {
    "uniform": {"low": (-2, -1), "high": (1, 2)},
    "normal": {"mu": (-1, 1), "sigma": (0.5, 2)},
    "gamma": {"alpha": (0.5, 3), "beta": (0.5, 2)},
    "exponential": {"lam": (0.5, 2)},
    "poisson": {"lam": (0.5, 4)},
    "negative_binomial": {"k": (1, 5), "p": (0.2, 0.8)},
    "generalized_negative_binomial": {"mu": (0.5, 3), "alpha": (0.2, 1)},
}
COUNTS = ("poisson", "negative_binomial", "generalized_negative_binomial")


@rule(*(f"_random_pdf_{name}" for name in DENSITIES))
def density(draw: Draw, op: str) -> Drawn:
    name, dtype = op.removeprefix("_random_pdf_"), draw.choice(*WIDE)
    shape = draw.shape(1, 2, 4)
    sample = (*shape, *draw.shape(0, 1))
    inputs = {"sample": draw.array(sample, 0.1, 2, dtype)}
    if name in COUNTS:
        inputs["sample"] = draw.rng.randint(0, 6, sample).astype(dtype)
    for parameter, (low, high) in DENSITIES[name].items():
        inputs[parameter] = draw.array(shape, low, high, dtype)
        if parameter == "k":
            inputs[parameter] = inputs[parameter].round()
    gradients = None if name not in COUNTS else [p for p in inputs if p != "sample"]
    return Drawn(draw.some(is_log=draw.chance(0.6)), inputs, gradients=gradients, loose=5)


@rule("_random_pdf_dirichlet")
def dirichlet(draw: Draw, op: str) -> Drawn:
    shape, dtype = (*draw.shape(1, 2, 3), draw.integer(2, 4)), draw.choice(*WIDE)
    repeats = draw.shape(0, 1)
    sample = draw.array((*shape[:-1], *repeats, shape[-1]), 0.1, 1, dtype)
    sample /= sample.sum(-1, keepdims=True)
    inputs = {"sample": sample, "alpha": draw.array(shape, 0.5, 3, dtype)}
    return Drawn(draw.some(is_log=draw.chance(0.6)), inputs, loose=5)


@rule("_contrib_hawkesll")
def hawkes(draw: Draw, op: str) -> Drawn:
    batch, marks, steps = draw.sizes(3, 1, 4)
    dtype = "float32"
    lengths = draw.rng.randint(1, steps + 1, batch).astype(dtype)
    lags = draw.array((batch, steps), 0.1, 1, dtype)
    return Drawn(
        {},
        {
            "lda": draw.array((batch, marks), 0.2, 1.5, dtype),
            "alpha": draw.array((marks,), 0.1, 0.8, dtype),
            "beta": draw.array((marks,), 0.5, 2, dtype),
            "state": draw.array((batch, marks), 0, 1, dtype),
            "lags": lags,
            "marks": draw.rng.randint(0, marks, (batch, steps)).astype("int32"),
            "valid_length": lengths,
            "max_time": (lags.sum(1) + 1).astype(dtype),
        },
        gradients=["lda", "alpha", "beta", "state"],
        loose=5,
    )
