"""Arithmetic with broadcasting, and stretching."""

from oracle.draw import Draw, Drawn, rule

BINARY = [
    f"broadcast_{name}"
    for name in """
        add sub mul div mod power hypot maximum minimum equal not_equal greater greater_equal lesser
        lesser_equal logical_and logical_or logical_xor
    """.split()
]


def thinned(draw: Draw, shape: tuple[int, ...], same_rank: bool = False) -> tuple[int, ...]:
    """A shape that broadcasts to another one."""
    shape = tuple(1 if draw.chance(0.35) else n for n in shape)
    if not same_rank and len(shape) > 1 and draw.chance(0.25):
        shape = shape[draw.integer(1, len(shape) - 1) :]
    return shape


@rule(*BINARY)
def binary(draw: Draw, op: str) -> Drawn:
    shape, dtype = draw.shape(1, 5, 4), draw.numbers()
    low = 0.1 if op == "broadcast_power" and draw.chance(0.8) else -4.0
    inputs = {
        "lhs": draw.array(thinned(draw, shape), low, 4, dtype, special=0.2),
        "rhs": draw.array(thinned(draw, shape), max(low, -3.0), 4, dtype, special=0.2),
    }
    if draw.chance(0.3):
        inputs = {k: v.round() for k, v in inputs.items()}
    return Drawn({}, inputs)


@rule("broadcast_to")
def broadcast_to(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    data = thinned(draw, shape, same_rank=True)
    target = [0 if n == m and draw.chance(0.5) else n for n, m in zip(shape, data, strict=True)]
    return Drawn({"shape": target}, {"data": draw.array(data, dtype=draw.numbers())})


@rule("broadcast_axis")
def broadcast_axis(draw: Draw, op: str) -> Drawn:
    rank = draw.integer(1, 5)
    axes = draw.axes(rank)
    shape = [draw.integer(1, 4) for _ in range(rank)]
    for axis in axes:
        shape[axis] = 1
    size = [draw.integer(1, 4) for _ in axes]
    params = {"axis": axes, "size": size}
    if len(axes) == 1 and draw.chance(0.5):
        params = {"axis": axes[0], "size": size[0]}
    return Drawn(params, {"data": draw.array(shape, dtype=draw.numbers())})


@rule("broadcast_like")
def broadcast_like(draw: Draw, op: str) -> Drawn:
    shape, dtype = draw.shape(1, 4), draw.floats()
    if draw.chance(0.5):
        lhs = thinned(draw, shape, same_rank=True)
        return Drawn({}, {"lhs": draw.array(lhs, dtype=dtype), "rhs": draw.array(shape)})
    rank = draw.integer(1, 4)
    number = draw.integer(1, min(rank, len(shape)))
    lhs_axes = [int(a) for a in draw.rng.permutation(rank)[:number]]
    rhs_axes = [int(a) for a in draw.rng.permutation(len(shape))[:number]]
    lhs = [1 if i in lhs_axes else draw.integer(1, 4) for i in range(rank)]
    lhs_axes = [a - rank if draw.chance(0.3) else a for a in lhs_axes]
    return Drawn(
        {"lhs_axes": lhs_axes, "rhs_axes": rhs_axes},
        {"lhs": draw.array(lhs, dtype=dtype), "rhs": draw.array(shape, dtype=dtype)},
    )
