"""Slicing, splitting, joining, borders and windows."""

from oracle.draw import Draw, Drawn, rule


def joined(draw: Draw, params: dict, shapes: list, dtype: str) -> Drawn:
    inputs = {f"arg{i}": draw.array(s, -9, 9, dtype) for i, s in enumerate(shapes)}
    return Drawn(params, inputs, positional=True)


@rule("Concat")
def concat(draw: Draw, op: str) -> Drawn:
    shape = list(draw.shape(1, 5, 4))
    axis = draw.axis(len(shape))
    if len(shape) == 1:
        axis = 0
    shapes = []
    for _ in range(draw.integer(1, 4)):
        shape[axis] = draw.integer(1, 4)
        shapes.append(tuple(shape))
    return joined(draw, {"dim": axis}, shapes, draw.numbers())


@rule("_rnn_param_concat")
def rnn_param_concat(draw: Draw, op: str) -> Drawn:
    shapes = [(draw.integer(1, 5),) for _ in range(draw.integer(1, 4))]
    return joined(draw, {"dim": 0}, shapes, draw.floats())


@rule("stack")
def stack(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4, 4)
    axis = draw.integer(-len(shape) - 1, len(shape))
    return joined(draw, draw.some(axis=axis), [shape] * draw.integer(1, 4), draw.numbers())


def bounds(draw: Draw, shape: tuple[int, ...]) -> dict:
    """begin, end and step of a slice with elements."""
    begin, end, step = [], [], []
    for n in shape[: draw.integer(1, len(shape))]:
        by = draw.choice(None, 1, 2, -1, -2)
        first, last = sorted((draw.integer(0, n - 1), draw.integer(0, n - 1)))
        if by is not None and by < 0:
            start, stop = last, first - 1
            stop = None if stop < 0 else stop
        else:
            start, stop = first, last + 1
        if draw.chance(0.2):
            start = None
        elif draw.chance(0.3):
            start -= n
        if draw.chance(0.2):
            stop = None
        elif stop is not None and stop < n and draw.chance(0.3):
            stop -= n
        begin.append(start)
        end.append(stop)
        step.append(by)
    params = {"begin": begin, "end": end}
    return params if all(s is None for s in step) else {**params, "step": step}


@rule("slice")
def slice_(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 5)
    return Drawn(bounds(draw, shape), {"data": draw.array(shape, -9, 9, draw.numbers())})


@rule("_slice_assign_scalar")
def slice_assign_scalar(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = {"scalar": draw.real(-4, 4), **bounds(draw, shape)}
    return Drawn(params, {"data": draw.array(shape, dtype=draw.floats())})


@rule("_slice_assign")
def slice_assign(draw: Draw, op: str) -> Drawn:
    shape, dtype = draw.shape(1, 4), draw.floats()
    params = bounds(draw, shape)
    lhs = draw.array(shape, dtype=dtype)
    steps = params.get("step", [None] * len(params["begin"]))
    places = tuple(
        slice(b, e, s) for b, e, s in zip(params["begin"], params["end"], steps, strict=True)
    )
    rhs = draw.array(lhs[places].shape, dtype=dtype)
    return Drawn(params, {"lhs": lhs, "rhs": rhs})


@rule("slice_axis")
def slice_axis(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 5)
    axis = draw.axis(len(shape))
    n = shape[axis]
    begin = draw.integer(0, n - 1)
    end = draw.integer(begin + 1, n)
    params = {
        "axis": axis,
        "begin": begin - n if draw.chance(0.3) else begin,
        "end": None if end == n and draw.chance(0.5) else end,
    }
    return Drawn(params, {"data": draw.array(shape, -9, 9, draw.numbers())})


@rule("slice_like")
def slice_like(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    like = tuple(draw.integer(1, n) for n in shape)
    params = {}
    if draw.chance(0.6):
        params["axes"] = axes = draw.axes(len(shape))
        chosen = {a % len(shape) for a in axes}
        like = tuple(n if i in chosen else draw.integer(1, 6) for i, n in enumerate(like))
    return Drawn(
        params, {"data": draw.array(shape, dtype=draw.floats()), "shape_like": draw.array(like)}
    )


@rule("SliceChannel")
def slice_channel(draw: Draw, op: str) -> Drawn:
    shape, number = list(draw.shape(1, 4, 4)), draw.integer(1, 3)
    axis = draw.axis(len(shape))
    params = {"num_outputs": number, "axis": axis}
    if len(shape) > 1 and draw.chance(0.4):
        params["squeeze_axis"] = True
        shape[axis] = number
    else:
        shape[axis] *= number
    return Drawn(params, {"data": draw.array(shape, -9, 9, draw.numbers())})


@rule("_split_v2")
def split_v2(draw: Draw, op: str) -> Drawn:
    shape = list(draw.shape(1, 4))
    axis = draw.axis(len(shape))
    params = {"axis": axis}
    if draw.chance(0.5):
        number = draw.integer(1, 3)
        shape[axis] = number * draw.integer(1, 3)
        params |= {"indices": [], "sections": number}
    else:
        places = draw.rng.permutation(shape[axis] - 1)[: draw.integer(0, 3)] + 1
        params["indices"] = [0, *sorted(int(i) for i in places)]
    return Drawn(params, {"data": draw.array(shape, dtype=draw.floats())})


@rule("Pad")
def pad(draw: Draw, op: str) -> Drawn:
    rank = draw.integer(4, 5)
    shape = draw.sizes(rank, 2, 4)
    mode = draw.choice("constant", "edge", "reflect")
    widths = [0] * 4
    for n in shape[2:]:
        most = n - 1 if mode == "reflect" else 3
        widths += [draw.integer(0, most), draw.integer(0, most)]
    params = {"mode": mode, "pad_width": widths}
    if mode == "constant":
        params |= draw.some(constant_value=draw.real(-2, 2))
    return Drawn(params, {"data": draw.array(shape, dtype=draw.choice("float32", "float64"))})


@rule("Crop")
def crop(draw: Draw, op: str) -> Drawn:
    shape = draw.sizes(4, 1, 6)
    size = [draw.integer(1, n) for n in shape[2:]]
    params: dict = {"center_crop": True}
    if draw.chance(0.5):
        offset = [draw.integer(0, n - m) for n, m in zip(shape[2:], size, strict=True)]
        params = {"offset": offset}
    data = draw.array(shape)
    if draw.chance(0.5):
        params |= {"num_args": 1, "h_w": size}
        return Drawn(params, {"arg0": data}, positional=True)
    like = draw.array((*draw.sizes(2), *size))
    return Drawn({**params, "num_args": 2}, {"arg0": data, "arg1": like}, positional=True)


def window(draw: Draw, rank: int) -> dict:
    """Geometry of a moving window."""
    params = {"kernel": draw.sizes(rank, 1, 3)}
    if draw.chance(0.8):
        params |= {
            "stride": draw.sizes(rank, 1, 2),
            "dilate": draw.sizes(rank, 1, 2),
            "pad": draw.sizes(rank, 0, 2),
        }
    return params


@rule("im2col")
def im2col(draw: Draw, op: str) -> Drawn:
    rank = 2  # in 1.9.1 others fail
    shape = (*draw.sizes(2, 1, 3), *draw.sizes(rank, 5, 6))
    data = draw.array(shape, dtype=draw.choice("float32", "float64"))
    return Drawn(window(draw, rank), {"data": data})


@rule("col2im")
def col2im(draw: Draw, op: str) -> Drawn:
    rank = 2
    params = window(draw, rank)
    size = draw.sizes(rank, 5, 6)
    ones = (1,) * rank
    columns = kernel = 1
    for n, k, s, d, p in zip(
        size,
        params["kernel"],
        params.get("stride", ones),
        params.get("dilate", ones),
        params.get("pad", (0,) * rank),
        strict=True,
    ):
        columns *= (n + 2 * p - d * (k - 1) - 1) // s + 1
        kernel *= k
    shape = (draw.integer(1, 2), draw.integer(1, 3) * kernel, columns)
    return Drawn({"output_size": size, **params}, {"data": draw.array(shape)})
