"""Products, and operators that change the shape or move elements."""

import numpy as np

from oracle.draw import Draw, Drawn, rule


@rule("dot")
def dot(draw: Draw, op: str) -> Drawn:
    inner, dtype = draw.integer(1, 5), draw.floats()
    lhs = (*draw.sizes(draw.integer(0, 2)), inner)
    rhs = (inner, *draw.sizes(draw.integer(0, 2)))
    params = draw.some(transpose_a=draw.chance(0.5), transpose_b=draw.chance(0.5))
    if params.get("transpose_a"):
        lhs = (inner, *lhs[:-1])
    if params.get("transpose_b"):
        rhs = (*rhs[1:], inner)
    return Drawn(params, {"lhs": draw.array(lhs, dtype=dtype), "rhs": draw.array(rhs, dtype=dtype)})


@rule("batch_dot")
def batch_dot(draw: Draw, op: str) -> Drawn:
    batch, dtype = draw.shape(1, 2, 3), draw.floats()
    m, k, n = draw.sizes(3)
    params = draw.some(transpose_a=draw.chance(0.5), transpose_b=draw.chance(0.5))
    lhs = (k, m) if params.get("transpose_a") else (m, k)
    rhs = (n, k) if params.get("transpose_b") else (k, n)
    return Drawn(
        params,
        {
            "lhs": draw.array((*batch, *lhs), dtype=dtype),
            "rhs": draw.array((*batch, *rhs), dtype=dtype),
        },
    )


@rule("khatri_rao")
def khatri_rao(draw: Draw, op: str) -> Drawn:
    columns, dtype = draw.integer(1, 4), draw.choice("float32", "float64")
    shapes = [(draw.integer(1, 4), columns) for _ in range(draw.integer(1, 3))]
    return Drawn(
        {},
        {f"arg{i}": draw.array(s, dtype=dtype) for i, s in enumerate(shapes)},
        positional=True,
    )


@rule("transpose")
def transpose(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 6, 4)
    params = {}
    if draw.chance(0.75):
        params["axes"] = [int(a) for a in draw.rng.permutation(len(shape))]
    return Drawn(params, {"data": draw.array(shape, -9, 9, draw.numbers())})


@rule("SwapAxis")
def swap_axis(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(2, 5, 4)
    dims = draw.some(dim1=draw.axis(len(shape)), dim2=draw.axis(len(shape)))
    return Drawn(dims, {"data": draw.array(shape, dtype=draw.numbers())})


@rule("reverse")
def reverse(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 5, 4)
    axes = draw.axes(len(shape))
    axis = axes if draw.chance(0.6) else axes[0]
    return Drawn({"axis": axis}, {"data": draw.array(shape, -9, 9, draw.numbers())})


@rule("tile")
def tile(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4, 4)
    return Drawn(
        {"reps": draw.sizes(draw.integer(1, 4), 1, 3)}, {"data": draw.array(shape, dtype="float32")}
    )


@rule("repeat")
def repeat(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4, 4)
    params = {"repeats": draw.integer(1, 4), **draw.some(axis=draw.axis(len(shape)))}
    return Drawn(params, {"data": draw.array(shape, -9, 9, draw.numbers())})


@rule("diag")
def diag(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4, 4)
    rank = len(shape)
    bound = 2 if rank == 1 else min(shape) - 1
    params = draw.some(k=draw.integer(-bound, bound))
    if rank > 1 and draw.chance(0.5):
        first, second = (int(a) for a in draw.rng.permutation(rank)[:2])
        params |= {"axis1": first, "axis2": second - rank if draw.chance(0.4) else second}
    return Drawn(params, {"data": draw.array(shape, dtype=draw.numbers())})


@rule("depth_to_space", "space_to_depth")
def blocks(draw: Draw, op: str) -> Drawn:
    block, (n, c, h, w) = draw.integer(1, 3), draw.sizes(4, 1, 3)
    shape = (n, c * block**2, h, w) if op == "depth_to_space" else (n, c, h * block, w * block)
    return Drawn({"block_size": block}, {"data": draw.array(shape, dtype=draw.floats())})


def reshape_codes(draw: Draw, shape: tuple[int, ...]) -> list[int]:
    """Codes of Reshape that fit a shape."""
    codes: list[int] = []
    rest, guessed = list(shape), False
    while rest:
        code = draw.choice(0, 0, -1, -2, -3, -4, 1, "size")
        if code == 0:
            codes.append(0)
            rest.pop(0)
        elif code == 1:
            codes.append(1)
        elif code == "size":
            codes.append(rest.pop(0))
        elif code == -2 and draw.chance(0.3):
            codes.append(-2)
            rest = []
        elif code == -3 and len(rest) > 1:
            codes.append(-3)
            rest = rest[2:]
        elif code == -4:
            size = rest.pop(0)
            factor = draw.choice(*(f for f in range(1, size + 1) if size % f == 0))
            pair = [factor, size // factor]
            if draw.chance(0.4):
                pair[draw.integer(0, 1)] = -1
            codes += [-4, *pair]
        elif code == -1 and not guessed:
            guessed = True
            codes.append(-1)
            rest.pop(0)
    return codes


@rule("Reshape")
def reshape(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 5, 6)
    data = draw.array(shape, dtype=draw.numbers())
    if draw.chance(0.1):
        return Drawn({"target_shape": [shape[0], 0]}, {"data": data})
    codes = reshape_codes(draw, shape)
    if draw.chance(0.2):
        codes = reshape_codes(draw, shape[::-1])[::-1]
        if -4 not in codes:
            return Drawn({"shape": codes, "reverse": True}, {"data": data})
        codes = [-1]
    return Drawn({"shape": codes}, {"data": data})


@rule("Flatten", "shape_array", "size_array")
def plain(draw: Draw, op: str) -> Drawn:
    return Drawn({}, {"data": draw.array(draw.shape(1, 5), dtype=draw.numbers())})


@rule("reshape_like")
def reshape_like(draw: Draw, op: str) -> Drawn:
    dtype = draw.floats()
    if draw.chance(0.4):
        shape = draw.shape(1, 4)
        other = [int(np.prod(shape))] if draw.chance(0.5) else draw.rng.permutation(shape)
        return Drawn({}, {"lhs": draw.array(shape, dtype=dtype), "rhs": draw.array(other)})
    before, middle, after = draw.shape(0, 2), draw.shape(1, 3, 4), draw.shape(0, 2)
    other = [int(n) for n in draw.rng.permutation(middle)]
    outer = draw.shape(0, 2)
    lhs, rhs = (*before, *middle, *after), (*outer, *other, *draw.shape(0, 2))
    params = {
        "lhs_begin": len(before),
        "lhs_end": len(before) + len(middle),
        "rhs_begin": len(outer),
        "rhs_end": len(outer) + len(other),
    }
    for name, rank in (("lhs_end", len(lhs)), ("rhs_end", len(rhs))):
        if params[name] == rank and draw.chance(0.5):
            params[name] = None
        elif draw.chance(0.3) and params[name] < rank:
            params[name] -= rank
    return Drawn(params, {"lhs": draw.array(lhs, dtype=dtype), "rhs": draw.array(rhs)})


@rule("expand_dims")
def expand_dims(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    axis = draw.integer(-len(shape) - 1, len(shape))
    return Drawn({"axis": axis}, {"data": draw.array(shape, dtype=draw.numbers())})


@rule("squeeze")
def squeeze(draw: Draw, op: str) -> Drawn:
    shape = [1 if draw.chance(0.5) else n for n in draw.shape(1, 5)]
    ones = [i for i, n in enumerate(shape) if n == 1]
    params = {}
    if ones and draw.chance(0.6):
        chosen = [a for a in ones if draw.chance(0.6)] or ones[:1]
        params["axis"] = [a - len(shape) if draw.chance(0.3) else a for a in chosen]
        if draw.chance(0.3):
            params["axis"] = params["axis"][0]
    return Drawn(params, {"data": draw.array(shape, dtype=draw.numbers())})
