"""Arrays without graphs: keys, arithmetic, methods, and what autograd records."""

from oracle.draw import Draw, Drawn, rule

METHODS = (
    "x.reshape((-1,))", "x.reshape((0, -1))", "x.reshape((-3, -2))", "x.reshape((-4, 1, -1, -2))",
    "x.T", "x.sum(axis=0)", "x.mean()", "x.max(axis=-1, keepdims=True)", "x.astype('int32')",
    "x.astype('float16')", "x.expand_dims(0)", "x.flatten()", "x.slice_axis(0, 0, 1)", "x.argmax(0)",
    "x.clip(-1, 1)", "x.abs()", "x.broadcast_to((2,) + x.shape)", "x.norm()", "x.tile((2, 1))",
    "x.swapaxes(0, 1)", "x.flip(0)", "x.one_hot(3)", "x.pad((0, 0, 0, 0, 1, 1, 1, 1), mode='edge')",
    "x.square().sqrt()", "x.split(1, axis=0)", "x.repeat(2, axis=0)", "x.topk(k=1)", "x.sort()",
    "x.size_array()", "x.shape_array()", "x.diag()", "x.round()", "x.copy()",
    "x.as_in_context(mx.cpu())",
)  # fmt: skip
ARITHMETIC = (
    "x + y", "x - 2", "2 - x", "x * y", "x / y", "3 / x", "x % 3", "5 % x", "x ** 2", "2 ** x",
    "-x", "x == y", "x != 2", "x > y", "x >= 1", "x < y", "x <= 0", "x // 2", "abs(x)", "x.__iadd__(y)",
    "x.__imul__(2)", "x.__isub__(y)", "x.__itruediv__(2)", "x.__imod__(2)", "x @ y",
)  # fmt: skip


def key(draw: Draw, shape: tuple[int, ...]) -> str:
    """The text of a basic or advanced key."""
    parts = []
    for n in shape[: draw.integer(1, len(shape))]:
        kind = draw.choice("at", "slice", "slice", "step", "list", "none")
        start, stop = draw.integer(-n, n - 1), draw.integer(0, n)
        by = draw.choice("", "1", "2", "-1", "-2")
        parts += {
            "at": [str(start)],
            "slice": [f"{draw.choice('', start)}:{draw.choice('', stop)}"],
            "step": [f"::{by}"],
            "list": [str([draw.integer(0, n - 1) for _ in range(2)])],
            "none": ["None", ":"],
        }[kind]
    if draw.chance(0.2):
        parts.append("...")
    return ", ".join(parts)


def run(draw: Draw, inputs: dict, text: str) -> Drawn:
    return Drawn({}, inputs, imperative=True, program=text)


@rule("arrays:getitem")
def getitem(draw: Draw, op: str) -> Drawn:
    x = draw.array(draw.shape(1, 4), -9, 9, draw.choice("float32", "float32", "int32", "float64"))
    return run(draw, {"x": x}, f"net = x[{key(draw, x.shape)}]")


@rule("arrays:setitem")
def setitem(draw: Draw, op: str) -> Drawn:
    x = draw.array(draw.shape(1, 4), -9, 9)
    at = key(draw, x.shape)
    value = draw.choice("2.5", "x.asnumpy()[SAME] + 1", "x[SAME] * 2").replace("SAME", at)
    return run(draw, {"x": x}, f"x[{at}] = {value}\nnet = x")


@rule("arrays:arithmetic")
def arithmetic(draw: Draw, op: str) -> Drawn:
    shape, dtype = (
        draw.shape(1, 3),
        draw.choice("float32", "float32", "float64", "int32", "float16"),
    )
    y = tuple(1 if draw.chance(0.3) else n for n in shape)
    inputs = {"x": draw.array(shape, 1, 4, dtype), "y": draw.array(y, 1, 4, dtype)}
    return run(draw, inputs, f"net = {draw.choice(*ARITHMETIC)}")


@rule("arrays:methods")
def methods(draw: Draw, op: str) -> Drawn:
    x = draw.array(draw.shape(2, 4), -3, 3, draw.choice("float32", "float32", "float64", "int32"))
    return run(draw, {"x": x}, f"net = {draw.choice(*METHODS)}")


RECORDED = (
    "y = x * w", "y = mx.nd.tanh(x)", "y = x[0]", "y = x[0:1] + w[0]", "y = (x * 2).detach() * w",
    "y = mx.nd.FullyConnected(x, w, num_hidden=n, no_bias=True)", "y = mx.nd.concat(x, w, dim=0)",
    "y = mx.nd.softmax(x)", "y = x.reshape((-1,))", "y = mx.nd.BlockGrad(x) * w + x",
    "y = mx.nd.dot(x, w.T)", "y = mx.nd.Dropout(x, p=0.0)", "y = mx.nd.where(x > 0, x, w)",
)  # fmt: skip


@rule("arrays:autograd")
def recorded(draw: Draw, op: str) -> Drawn:
    n = draw.integer(1, 4)
    first, second = draw.choice(*RECORDED).replace("=n", f"={n}"), draw.choice(
        "y.square()", "y.sum()", "y * 3", "mx.nd.exp(y * 0.1)", "y")  # fmt: skip
    request = draw.choice("write", "write", "add")
    text = f"""
for a in (x, w):
    a.attach_grad("{request}")
for _ in range({draw.integer(1, 2)}):
    with mx.autograd.record({draw.choice("", "train_mode=False")}):
        {first}
        z = {second}
    z.backward({draw.choice("", "mx.nd.ones_like(z) * 0.5")})
net = [z, x.grad, w.grad]
"""
    return run(draw, {"x": draw.array((n, n)), "w": draw.array((n, n))}, text)
