"""Small random graphs: what fusing, sharing of memory and sums of derivatives could get wrong."""

from oracle.draw import Draw, Drawn, rule

ELEMENTWISE = (
    "mx.sym.relu({a})", "mx.sym.tanh({a})", "mx.sym.sigmoid({a})", "mx.sym.exp({a} * 0.25)",
    "mx.sym.square({a})", "{a} + {b}", "{a} - {b}", "{a} * {b}", "mx.sym.maximum({a}, {b})",
    "{a} * 0.5", "1 - {a}", "mx.sym.clip({a}, -0.75, 0.75)", "mx.sym.abs({a})", "-{a}",
    "mx.sym.softsign({a})", "mx.sym.BlockGrad({a})", "mx.sym.add_n({a}, {b}, {a})",
    "mx.sym.broadcast_add({a}, mx.sym.sum({b}, axis=1, keepdims=True))",
    "mx.sym.broadcast_mul({a}, mx.sym.mean({b}, axis=0, keepdims=True))",
    "mx.sym.softmax({a})", "mx.sym.LayerNorm({a}, g, h)", "mx.sym.where({a} > 0, {a}, {b})",
    "mx.sym.reverse({a}, axis=1)", "mx.sym.Dropout({a}, p=0.0)", "mx.sym.cumsum({a}, axis=0)",
    "mx.sym.dot({a}, mx.sym.dot({b}, {a}, transpose_a=True)) * 0.1",
    "mx.sym.FullyConnected({a}, w, num_hidden={n}, no_bias=True)",
    "mx.sym.concat({a}, {b}, dim=1).slice_axis(axis=1, begin=1, end={n} + 1)",
    "mx.sym.stack({a}, {b}).sum(axis=0)", "mx.sym.transpose(mx.sym.transpose({a}) * 2)",
    "mx.sym.split({a} * {b}, num_outputs=1, axis=0)", "{a}.reshape((-1,)).reshape(({m}, {n}))",
    "mx.sym.take({a}, mx.sym.BlockGrad(mx.sym.zeros_like({b}).slice_axis(axis=1, begin=0, end=1)"
    ".reshape((-1,))))",
)  # fmt: skip

IMAGES = (
    "mx.sym.Activation({a}, act_type='relu')", "mx.sym.BatchNorm({a}, fix_gamma=False, eps=0.01)",
    "mx.sym.Convolution({a}, kernel=(3, 3), pad=(1, 1), num_filter={c})",
    "mx.sym.Convolution({a}, kernel=(1, 1), num_filter={c}, no_bias=True)",
    "mx.sym.Convolution({a}, kernel=(3, 3), pad=(1, 1), num_filter={c}, num_group={c})",
    "mx.sym.Pooling({a}, kernel=(3, 3), pad=(1, 1), pool_type='max')",
    "mx.sym.Pooling({a}, kernel=(3, 3), pad=(1, 1), pool_type='avg')",
    "{a} + {b}", "{a} * 0.5", "mx.sym.LeakyReLU({a}, act_type='leaky', slope=0.1)",
    "mx.sym.broadcast_mul({a}, mx.sym.Pooling({b}, kernel=(1, 1), global_pool=True,"
    " pool_type='avg'))",
    "mx.sym.concat({a}, {b}, dim=1).slice_axis(axis=1, begin=0, end={c})",
    "mx.sym.Pooling(mx.sym.UpSampling({a}, scale=2, sample_type='nearest'), kernel=(2, 2),"
    " stride=(2, 2), pool_type='max')",
    "mx.sym.transpose(mx.sym.transpose({a}, axes=(0, 2, 3, 1)), axes=(0, 3, 1, 2))",
    "mx.sym.Deconvolution({a}, kernel=(3, 3), pad=(1, 1), num_filter={c})",
    "mx.sym.InstanceNorm({a}, eps=0.01)", "mx.sym.L2Normalization({a}, mode='channel')",
)  # fmt: skip


def chain(draw: Draw, forms: tuple, start: list[str], **sizes: int) -> str:
    """A program of several lines: each applies a form to earlier values."""
    values, lines = [*start], []
    for i in range(draw.integer(2, 12)):
        recent = values[-3:] if draw.chance(0.7) else values
        a, b = draw.choice(*recent), draw.choice(*values)
        lines.append(f"v{i} = " + draw.choice(*forms).format(a=a, b=b, **sizes))
        values.append(f"v{i}")
    heads = [values[-1]] + [v for v in values[len(start) : -1] if draw.chance(0.15)]
    last = f"net = mx.sym.Group([{', '.join(heads)}])"
    used, kept = _names(last), [last]
    for line in reversed(lines):  # the lines that the heads depend on
        if line.split()[0] in used:
            used |= _names(line)
            kept.append(line)
    return "\n".join(reversed(kept))


@rule("graphs:elementwise")
def elementwise(draw: Draw, op: str) -> Drawn:
    m, n = draw.sizes(2, 1, 4)
    text = chain(draw, ELEMENTWISE, ["x", "y", "z"], m=m, n=n)
    shapes = {"x": (m, n), "y": (m, n), "z": (m, n), "w": (n, n), "g": (n,), "h": (n,)}
    inputs = {k: draw.array(shape) for k, shape in shapes.items() if k in _names(text)}
    return Drawn({}, inputs, program=text, loose=10)


@rule("graphs:images")
def images(draw: Draw, op: str) -> Drawn:
    shape = (draw.integer(2, 3), draw.integer(1, 3), *draw.sizes(2, 3, 5))
    text = chain(draw, IMAGES, ["x", "y"], c=shape[1])
    # The names of variables that operators make are counted up in a process.
    lines = [
        line[:-1] + f", name='{line.split()[0]}')"
        if any(layer in line for layer in ("onv", "Norm(")) and line.endswith(")")
        else line
        for line in text.splitlines()
    ]  # fmt: skip
    inputs = {k: draw.array(shape) for k in ("x", "y") if k in _names(text)}
    return Drawn({}, inputs, program="\n".join(lines), loose=30)


def _names(text: str) -> set[str]:
    return {*compile(text, "<program>", "exec").co_names}
