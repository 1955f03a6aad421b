"""Arrays made from parameters alone, or in the shape of another one."""

from oracle.draw import NUMBERS, Draw, Drawn, rule


def dtype(draw: Draw) -> dict:
    return draw.some(dtype=draw.choice(*NUMBERS))


@rule("_zeros", "_ones")
def constants(draw: Draw, op: str) -> Drawn:
    return Drawn({"shape": draw.shape(), **dtype(draw)})


@rule("_full")
def full(draw: Draw, op: str) -> Drawn:
    return Drawn({"shape": draw.shape(), "value": draw.real(0, 100), **dtype(draw)})


@rule("_arange")
def arange(draw: Draw, op: str) -> Drawn:
    start, step = draw.real(-4, 4), draw.choice(0.5, 1.0, 2.0, -1.0, 0.3, -0.75)
    stop = start + step * (draw.integer(1, 8) - draw.choice(0, 0.5))
    params = {"start": start, "stop": stop, "step": step}
    if draw.chance(0.3):
        params = {"start": draw.real(1, 8)}
    some = draw.some(repeat=draw.integer(1, 3), infer_range=False)
    return Drawn({**params, **some, **dtype(draw)})


@rule("_zeros_without_dtype")
def untyped_zeros(draw: Draw, op: str) -> Drawn:
    shape = draw.shape()
    text = f"net = mx.sym._internal._zeros_without_dtype(shape={shape}) + data"
    return Drawn({}, {"data": draw.array(shape, dtype=draw.numbers())}, program=text)


@rule("reset_arrays")
def reset_arrays(draw: Draw, op: str) -> Drawn:
    inputs = {f"array{i}": draw.array(draw.shape()) for i in range(draw.integer(1, 4))}
    return Drawn({"num_arrays": len(inputs)}, inputs, imperative=True, positional=True)


@rule("_linspace")
def linspace(draw: Draw, op: str) -> Drawn:
    params = {"start": draw.real(-4, 4), "stop": draw.real(-4, 4), "num": draw.integer(1, 8)}
    return Drawn({**params, **draw.some(endpoint=draw.chance(0.5)), **dtype(draw)})


@rule("_eye")
def eye(draw: Draw, op: str) -> Drawn:
    some = draw.some(M=draw.integer(0, 6), k=draw.integer(-3, 3))
    return Drawn({"N": draw.integer(1, 6), **some, **dtype(draw)})


@rule("zeros_like", "ones_like")
def like(draw: Draw, op: str) -> Drawn:
    return Drawn({}, {"data": draw.array(draw.shape(), dtype=draw.numbers(), special=0.2)})


@rule("_contrib_arange_like")
def arange_like(draw: Draw, op: str) -> Drawn:
    shape = draw.shape()
    params = draw.some(start=draw.real(-4, 4), step=draw.real(0.25, 3))
    if draw.chance(0.5):
        params["axis"] = draw.axis(len(shape))
    elif draw.chance(0.3):
        params["repeat"] = draw.integer(1, 3)
    return Drawn(params, {"data": draw.array(shape, dtype=draw.floats())})
