"""Indexing by arrays, coordinates, sorting and sequences."""

import numpy as np

from oracle.draw import Draw, Drawn, rule

INDEX_TYPES = ("float32", "float32", "int32", "int64")


def indices(draw: Draw, shape, low: int, high: int) -> np.ndarray:
    """Whole numbers from ``low`` to ``high``, of a type that indices may have."""
    found = draw.rng.randint(low, high + 1, tuple(shape))
    return np.asarray(found).astype(draw.choice(*INDEX_TYPES))


@rule("take")
def take(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    axis = draw.axis(len(shape))
    mode = draw.choice("clip", "wrap", "raise", None)
    n = shape[axis]
    low, high = (0, n - 1) if mode == "raise" else (-2 * n, 2 * n)
    params = {"axis": axis, **({"mode": mode} if mode else {})}
    a = draw.array(shape, -9, 9, draw.numbers())
    return Drawn(
        params, {"a": a, "indices": indices(draw, draw.shape(1, 3), low, high)}, gradients=["a"]
    )


@rule("Embedding")
def embedding(draw: Draw, op: str) -> Drawn:
    rows, columns = draw.sizes(2, 1, 6)
    params = {"input_dim": rows, "output_dim": columns}
    dtype = draw.choice("float32", "float32", "float64", "float16")
    if dtype != "float32":
        params["dtype"] = dtype
    data = indices(draw, draw.shape(1, 3), -1, rows + 1)
    return Drawn(params, {"data": data}, gradients=["weight"])


@rule("pick")
def pick(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    axis = draw.axis(len(shape))
    keep = draw.chance(0.5)
    place = axis % len(shape)
    index_shape = shape[:place] + ((1,) if draw.chance(0.5) else ()) + shape[place + 1 :]
    n = shape[axis]
    params = {"axis": axis, "keepdims": keep, **draw.some(mode=draw.choice("clip", "wrap"))}
    data = draw.array(shape, dtype=draw.floats())
    return Drawn(
        params,
        {"data": data, "index": indices(draw, index_shape or (1,), -n, 2 * n)},
        gradients=["data"],
    )


@rule("batch_take")
def batch_take(draw: Draw, op: str) -> Drawn:
    shape = draw.sizes(2)
    index = np.asarray(draw.rng.randint(0, shape[1], shape[:1])).astype("int32")
    return Drawn({}, {"a": draw.array(shape, dtype=draw.floats()), "indices": index})


@rule("gather_nd")
def gather_nd(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    deep = draw.integer(1, len(shape))
    places = draw.shape(1, 2)
    train = draw.chance(0.7)  # with negative indices the derivative of 1.9.1 writes elsewhere
    index = np.stack([draw.rng.randint(0 if train else -n, n, places) for n in shape[:deep]])
    return Drawn(
        {},
        {
            "data": draw.array(shape, dtype=draw.floats()),
            "indices": index.astype(draw.choice(*INDEX_TYPES)),
        },
        gradients=["data"],
        train=train,
    )


@rule("scatter_nd")
def scatter_nd(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    deep = draw.integer(1, len(shape))
    number = draw.integer(1, int(np.prod(shape[:deep])))
    flat = draw.rng.permutation(int(np.prod(shape[:deep])))[:number]
    index = np.stack(np.unravel_index(flat, shape[:deep]))
    data = draw.array((number, *shape[deep:]), dtype=draw.floats())
    return Drawn(
        {"shape": shape},
        {"data": data, "indices": index.astype(draw.choice(*INDEX_TYPES))},
        gradients=["data"],
    )


@rule("_scatter_set_nd")
def scatter_set_nd(draw: Draw, op: str) -> Drawn:
    drawn = scatter_nd(draw, op)
    data = drawn.inputs["data"]
    lhs = draw.array(drawn.params["shape"], dtype=data.dtype.name)
    inputs = {"lhs": lhs, "rhs": data, "indices": drawn.inputs["indices"]}
    return Drawn(drawn.params, inputs, imperative=True, out="lhs")


@rule("where")
def where(draw: Draw, op: str) -> Drawn:
    shape, dtype = draw.shape(1, 4), draw.numbers()
    rows = draw.chance(0.3)
    condition = draw.array(shape[:1] if rows else shape, -1, 1, draw.numbers()).round()
    return Drawn(
        {},
        {
            "condition": condition,
            "x": draw.array(shape, -9, 9, dtype),
            "y": draw.array(shape, -9, 9, dtype),
        },
        gradients=["x", "y"],
    )


@rule("one_hot")
def one_hot(draw: Draw, op: str) -> Drawn:
    depth = draw.integer(1, 5)
    params = {"depth": depth, **draw.some(on_value=draw.real(-4, 4), off_value=draw.real(-4, 4))}
    if draw.chance(0.4):
        params["dtype"] = draw.choice("int32", "float64", "int64", "float16")
    return Drawn(params, {"indices": indices(draw, draw.shape(1, 3), -2, depth + 1)})


@rule("fill_element_0index", "_onehot_encode")
def by_row(draw: Draw, op: str) -> Drawn:
    rows, columns = draw.sizes(2)
    index = draw.rng.randint(0, columns, rows).astype("float32")
    rhs = draw.array((rows, columns))
    if op == "_onehot_encode":
        return Drawn({}, {"lhs": index, "rhs": rhs}, imperative=True, positional=True)
    inputs = {"lhs": rhs, "mhs": draw.array((rows,)), "rhs": index}
    return Drawn({}, inputs, imperative=True, positional=True)


@rule("_contrib_boolean_mask")
def boolean_mask(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    mask = draw.rng.randint(0, 2, shape[0])
    mask[draw.integer(0, shape[0] - 1)] = 1
    return Drawn(
        {},
        {
            "data": draw.array(shape, dtype=draw.choice("float32", "float64")),
            "index": mask.astype(draw.choice("float32", "int32")),
        },
        imperative=True,
        positional=True,
    )


@rule("_contrib_index_copy")
def index_copy(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 3)
    index = draw.rng.permutation(shape[0])[: draw.integer(1, shape[0])]
    dtype = draw.choice("float32", "float64")
    return Drawn(
        {},
        {
            "old_tensor": draw.array(shape, dtype=dtype),
            "index_vector": index.astype(draw.choice("int32", "int64")),
            "new_tensor": draw.array((len(index), *shape[1:]), dtype=dtype),
        },
    )


@rule("_contrib_index_array")
def index_array(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = {"axes": draw.axes(len(shape))} if draw.chance(0.6) else {}
    return Drawn(params, {"data": draw.array(shape, dtype=draw.floats())})


@rule("_ravel_multi_index", "_unravel_index")
def ravel(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    places = (
        draw.integer(1, 5) if draw.chance(0.8) or op.startswith("_ravel") else draw.sizes(2, 1, 3)
    )
    flat = draw.rng.randint(0, int(np.prod(shape)), places)
    given = [-1, *shape[1:]] if draw.chance(0.3) else shape
    data = flat if op == "_unravel_index" else np.stack(np.unravel_index(flat, shape))
    return Drawn({"shape": given}, {"data": data.astype(draw.choice(*INDEX_TYPES))})


@rule("topk")
def topk(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    kind = draw.choice("value", "indices", "mask", "both")
    params = {"ret_typ": kind, **draw.some(is_ascend=draw.chance(0.6))}
    n = shape[-1]
    if draw.chance(0.15):
        params["axis"], n = None, int(np.prod(shape))
    elif draw.chance(0.6):
        params["axis"] = axis = draw.axis(len(shape))
        n = shape[axis]
    params["k"] = draw.integer(0, n)
    if kind in ("indices", "both"):
        params |= draw.some(dtype=draw.choice("int32", "float32", "float64", "int64", "uint8"))
    dtype = draw.choice("float32", "float32", "float64", "float16", "int32", "uint8", "int64")
    return Drawn(params, {"data": draw.distinct(shape, dtype) if dtype[0] == "f" else
                          (draw.distinct(shape) * 4 + 300).astype(dtype)})  # fmt: skip


@rule("sort", "argsort")
def sort(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = draw.some(is_ascend=draw.chance(0.5), axis=draw.choice(None, draw.axis(len(shape))))
    if op == "argsort":
        params |= draw.some(dtype=draw.choice("int32", "float32", "float64", "int64"))
    dtype = draw.choice("float32", "float64", "int32")
    data = draw.distinct(shape) * 4 if dtype == "int32" else draw.distinct(shape)
    return Drawn(params, {"data": data.astype(dtype)})


def lengths(draw: Draw, batch: int, longest: int, least: int = 1) -> np.ndarray:
    """Lengths of sequences."""
    found = draw.rng.randint(least, longest + 1, batch)
    return found.astype(draw.choice("float32", "float32", "int32", "int64"))


@rule("SequenceMask", "SequenceLast", "SequenceReverse")
def sequences(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(2, 4)
    params = {}
    axis = 0
    if op != "SequenceReverse" and draw.chance(0.4):
        params["axis"] = axis = draw.integer(0, 1)
    if op == "SequenceMask":
        params |= draw.some(value=draw.real(-2, 2))
    inputs = {"data": draw.array(shape, -9, 9, draw.choice("float32", "float64", "float16"))}
    if draw.chance(0.7):
        params["use_sequence_length"] = True
        inputs["sequence_length"] = lengths(draw, shape[1 - axis], shape[axis])
    return Drawn(params, inputs, gradients=["data"])
