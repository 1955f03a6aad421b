"""Arrays of sparse storage, through ``mx.nd``."""

import numpy as np

from oracle.draw import Draw, Drawn, rule

ROWS, CELLS = "row_sparse", "csr"


def scattered(draw: Draw, kind: str, shape, dtype: str = "float32", low: float = -2.0):
    """Numbers of which many rows, or many elements, are 0."""
    data = draw.array(shape, low, 2, dtype)
    mask = draw.rng.rand(shape[0]) < 0.5 if kind == ROWS else draw.rng.rand(*shape) < 0.4
    return data * mask.reshape(-1, *(1,) * (len(shape) - 1)) if kind == ROWS else data * mask


def call(params: dict, inputs: dict, storage: dict, out: str | None = None) -> Drawn:
    return Drawn(params, inputs, imperative=True, positional=True, storage=storage, out=out)


def drawn_shape(draw: Draw, kind: str) -> tuple[int, ...]:
    return draw.sizes(2) if kind == CELLS else draw.shape(2, 3)


@rule("sparse:cast_storage")
def cast_storage(draw: Draw, op: str) -> Drawn:
    kinds = (CELLS, ROWS, "default")
    source, target = draw.choice(*kinds), draw.choice(*kinds)
    if {source, target} == {CELLS, ROWS}:
        source = "default"
    dtype = draw.choice("float32", "float64", "int32")
    data = scattered(draw, source, draw.sizes(2)).astype(dtype)
    storage = {} if source == "default" else {"data": source}
    return call({"stype": target}, {"data": data}, storage)


@rule("sparse:_sparse_retain")
def retain(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(2, 3)
    chosen = np.sort(draw.rng.permutation(shape[0])[: draw.integer(1, shape[0])])
    inputs = {"data": scattered(draw, ROWS, shape), "indices": chosen.astype("int64")}
    return call({}, inputs, {"data": ROWS})


@rule("sparse:dot")
def dot(draw: Draw, op: str) -> Drawn:
    m, k, n = draw.sizes(3)
    params = draw.some(transpose_a=draw.chance(0.6))
    shape = (k, m) if params.get("transpose_a") else (m, k)
    inputs = {"lhs": scattered(draw, CELLS, shape), "rhs": draw.array((k, n))}
    storage = {"lhs": CELLS}
    if params.get("transpose_a") and draw.chance(0.4):
        params["forward_stype"] = ROWS
    elif draw.chance(0.2) and not params.get("transpose_a"):
        inputs["rhs"], storage["rhs"] = scattered(draw, ROWS, (k, n)), ROWS
    return call(params, inputs, storage)


@rule(*(f"sparse:elemwise_{name}" for name in ("add", "sub", "mul", "div")))
def pairs(draw: Draw, op: str) -> Drawn:
    kind = draw.choice(CELLS, ROWS)
    shape = drawn_shape(draw, kind)
    inputs = {side: scattered(draw, kind, shape) for side in ("lhs", "rhs")}
    storage = {"lhs": kind, "rhs": kind}
    if draw.chance(0.3) or op == "elemwise_div":
        dense = "rhs" if op == "elemwise_div" else draw.choice("lhs", "rhs")
        del storage[dense]
        inputs[dense] = draw.array(shape, 0.5, 2)
    return call({}, inputs, storage)


@rule("sparse:add_n")
def add_n(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(2, 3)
    inputs = {f"arg{i}": scattered(draw, ROWS, shape) for i in range(draw.integer(1, 4))}
    return call({}, inputs, dict.fromkeys(inputs, ROWS))


UNARY = """
    abs arcsin arcsinh arctan ceil degrees expm1 fix floor log1p negative radians relu rint round
    sign sin sinh sqrt square tan tanh trunc exp cos
""".split()


@rule(*(f"sparse:{name}" for name in UNARY))
def unary(draw: Draw, op: str) -> Drawn:
    kind = draw.choice(CELLS, ROWS)
    low = 0.0 if op in ("sqrt", "log1p") else -1.0
    data = scattered(draw, kind, drawn_shape(draw, kind), low=low)
    return call({}, {"data": data / 2}, {"data": kind})


@rule(*(f"sparse:_{name}_scalar" for name in ("mul", "div", "plus", "minus")))
def scalar(draw: Draw, op: str) -> Drawn:
    kind = draw.choice(CELLS, ROWS)
    data = scattered(draw, kind, drawn_shape(draw, kind))
    return call({"scalar": draw.real(0.25, 2)}, {"data": data}, {"data": kind})


@rule("sparse:clip")
def clip(draw: Draw, op: str) -> Drawn:
    kind = draw.choice(CELLS, ROWS)
    data = scattered(draw, kind, drawn_shape(draw, kind))
    params = {"a_min": draw.choice(-1.0, 0.5), "a_max": 1.0}
    return call(params, {"data": data}, {"data": kind})


@rule("sparse:_scatter_plus_scalar", "sparse:_scatter_minus_scalar")
def scatter_scalar(draw: Draw, op: str) -> Drawn:
    data = scattered(draw, ROWS, draw.shape(2, 3))
    return call({"scalar": draw.real(0.25, 2)}, {"data": data}, {"data": ROWS})


@rule("sparse:_scatter_elemwise_div")
def scatter_div(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(2, 3)
    inputs = {"lhs": scattered(draw, ROWS, shape), "rhs": draw.array(shape, 0.5, 2)}
    return call({}, inputs, {"lhs": ROWS})


@rule("sparse:sum", "sparse:mean")
def sums(draw: Draw, op: str) -> Drawn:
    params = draw.some(axis=draw.integer(0, 1), keepdims=draw.chance(0.5))
    return call(params, {"data": scattered(draw, CELLS, draw.sizes(2))}, {"data": CELLS})


@rule("sparse:_square_sum")
def square_sum(draw: Draw, op: str) -> Drawn:
    params = {"axis": draw.integer(0, 1), **draw.some(keepdims=draw.chance(0.5))}
    return call(params, {"data": scattered(draw, ROWS, draw.sizes(2))}, {"data": ROWS})


@rule("sparse:norm")
def norm(draw: Draw, op: str) -> Drawn:
    kind = draw.choice(CELLS, ROWS)
    return call({}, {"data": scattered(draw, kind, draw.sizes(2))}, {"data": kind})


@rule("sparse:_contrib_getnnz")
def count(draw: Draw, op: str) -> Drawn:
    params = draw.some(axis=draw.integer(0, 1))
    return call(params, {"data": scattered(draw, CELLS, draw.sizes(2))}, {"data": CELLS})


@rule("sparse:broadcast_mul", "sparse:broadcast_div")
def broadcast(draw: Draw, op: str) -> Drawn:
    rows, columns = draw.sizes(2)
    inputs = {
        "lhs": scattered(draw, CELLS, (rows, columns)),
        "rhs": draw.array(draw.choice((1, columns), (columns,)), 0.5, 2),
    }
    return call({}, inputs, {"lhs": CELLS})


@rule("sparse:slice")
def slice_(draw: Draw, op: str) -> Drawn:
    rows, columns = draw.sizes(2, 2, 6)
    begin, end = sorted(draw.rng.permutation(rows + 1)[:2].tolist())
    params = {"begin": [begin], "end": [end]}
    if draw.chance(0.4):
        params = {"begin": [begin, 0], "end": [end, draw.integer(1, columns)]}
    return call(params, {"data": scattered(draw, CELLS, (rows, columns))}, {"data": CELLS})


@rule("_contrib_SparseEmbedding")
def embedding(draw: Draw, op: str) -> Drawn:
    rows, columns = draw.sizes(2)
    data = draw.rng.randint(0, rows, draw.shape(1, 2)).astype("float32")
    inputs = {"data": data, "weight": draw.array((rows, columns))}
    return call({"input_dim": rows, "output_dim": columns}, inputs, {})


@rule("sparse:zeros_like")
def zeros_like(draw: Draw, op: str) -> Drawn:
    kind = draw.choice(CELLS, ROWS)
    return call({}, {"data": scattered(draw, kind, draw.sizes(2))}, {"data": kind})


STATES = {
    "sgd_update": {},
    "sgd_mom_update": {"mom": (-1, 1)},
    "adam_update": {"mean": (-1, 1), "var": (0.1, 1)},
    "ftrl_update": {"z": (-1, 1), "n": (0.1, 1)},
    "_sparse_adagrad_update": {"history": (0.1, 1)},
    "_contrib_group_adagrad_update": {"history": (0.1, 1)},
}


@rule(*(f"sparse:{name}" for name in STATES))
def step(draw: Draw, op: str) -> Drawn:
    """Steps on the rows that the gradient has; weights are dense, or have all their rows."""
    shape = draw.sizes(2)
    params = {"lr": draw.real(0.0625, 0.5), **draw.some(rescale_grad=0.5, clip_gradient=0.25)}
    inputs = {"weight": draw.array(shape, 0.5, 2), "grad": scattered(draw, ROWS, shape)}
    for name, (low, high) in STATES[op].items():
        size = (shape[0], 1) if "group" in op else shape
        inputs[name] = draw.array(size, max(low, 0.1), high)
    storage = {"grad": ROWS}
    if op in ("ftrl_update", "_sparse_adagrad_update") or draw.chance(0.5):
        storage |= dict.fromkeys(inputs, ROWS)
    if "group" not in op and op != "_sparse_adagrad_update":
        params |= draw.some(wd=0.125)
    if op == "sgd_mom_update":
        params["momentum"] = 0.5
    if op in ("sgd_update", "sgd_mom_update", "adam_update"):
        params |= draw.some(lazy_update=draw.chance(0.5))
    return call(params, inputs, storage, out="weight")
