"""Loops, branches and operators of a program's own."""

import textwrap

import numpy as np

from oracle.draw import Draw, Drawn, rule

# What a body computes of an item ``d``, a state ``s`` and a value from outside ``w``.
STEPS = (
    "d * s", "d + s * 0.5", "mx.sym.tanh(d) * s", "d * w + s", "mx.sym.sigmoid(s + w) * d",
    "mx.sym.FullyConnected(d, w2, num_hidden={width}, no_bias=True) + s", "mx.sym.maximum(d, s) * w",
)  # fmt: skip
WITHOUT_STATE = ("d * 2", "mx.sym.tanh(d)", "d * w")


def program(text: str, **values: object) -> str:
    return textwrap.dedent(text).format(**values)


@rule("_foreach")
def foreach(draw: Draw, op: str) -> Drawn:
    length, batch, width = draw.sizes(3, 1, 4)
    out = draw.choice(*STEPS, *WITHOUT_STATE, *WITHOUT_STATE).format(width=width)
    state = draw.choice(*STEPS).format(width=width)
    text = program(
        """
        def body(d, states):
            s, = states
            return {out}, [{state}]
        outputs, states = mx.sym.contrib.foreach(body, x, [start], name="loop")
        net = mx.sym.Group([outputs, *states])
        """,
        out=out, state=state,
    )  # fmt: skip
    inputs = {"x": draw.array((length, batch, width)), "start": draw.array((batch, width))}
    if "w)" in text or "w " in text or "w," in text:
        inputs["w"] = draw.array((batch, width))
    if "w2" in text:
        inputs["w2"] = draw.array((width, width))
    return Drawn({}, inputs, program=text)


@rule("_while_loop")
def while_loop(draw: Draw, op: str) -> Drawn:
    limit, start = draw.integer(1, 6), draw.integer(0, 5)
    shape = draw.shape(1, 2)
    text = program(
        """
        def step(i, s):
            return [{out}], [i + 1, {state}]
        outputs, states = mx.sym.contrib.while_loop(
            lambda i, s: i < {end}, step, [count, start], max_iterations={limit}, name="loop")
        net = mx.sym.Group([*outputs, *states])
        """,
        out=draw.choice("s * 2", "mx.sym.broadcast_mul(s, i)", "mx.sym.tanh(s)"),
        state=draw.choice("s + 1", "s * 0.5", "mx.sym.broadcast_add(s, i)", "s * outer"),
        end=start + draw.choice(limit, max(limit - 2, 1)),
        limit=limit,
    )
    inputs = {"count": np.array([start], "float32"), "start": draw.array(shape)}
    if "outer" in text:
        inputs["outer"] = draw.array(shape)
    return Drawn({}, inputs, program=text, gradients=[k for k in inputs if k != "count"])


@rule("_cond")
def cond(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 3)
    branches = ("a * 2", "a + b", "mx.sym.sin(b)", "a * b", "mx.sym.broadcast_mul(a, p)")
    text = program(
        """
        net = mx.sym.contrib.cond(
            {condition}, lambda: {then}, lambda: {other}, name="branch")
        """,
        condition=draw.choice("p > 0", "p", "p < 0.5"),
        then=draw.choice(*branches),
        other=draw.choice(*branches),
    )
    inputs = {"p": np.array([draw.choice(-1, 0, 1, 0.25)], "float32"), "a": draw.array(shape)}
    if " b" in text or "(b" in text or "a * b" in text:
        inputs["b"] = draw.array(shape)
    return Drawn({}, inputs, program=text, gradients=[k for k in inputs if k != "p"])


CUSTOM = """
class Compute(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        x, y = in_data[0].asnumpy(), in_data[1].asnumpy()
        self.assign(out_data[0], req[0], mx.nd.array(x * y + is_train, dtype=x.dtype))
        self.assign(out_data[1], req[1], mx.nd.array(x * {scale}, dtype=x.dtype))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        first, second = out_grad
        self.assign(in_grad[0], req[0], first * in_data[1] + second * {scale})
        self.assign(in_grad[1], req[1], first * in_data[0])


@mx.operator.register("{name}")
class Properties(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=True)

    def list_arguments(self):
        return ["data", "factor"]

    def list_outputs(self):
        return ["product", "scaled"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0]], [in_shape[0], in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Compute()


net = mx.sym.Custom(data, factor, op_type="{name}", name="t")
net = mx.sym.Group([{outputs}])
"""


@rule("Custom")
def custom(draw: Draw, op: str) -> Drawn:
    shape, dtype = draw.shape(), draw.choice("float32", "float32", "float64")
    outputs = draw.choice("net", "net[0] * 2, net[1]", "mx.sym.relu(net[0]) + net[1]")
    text = CUSTOM.replace("{scale}", str(draw.real(-2, 2))).replace("{outputs}", outputs)
    inputs = {name: draw.array(shape, dtype=dtype) for name in ("data", "factor")}
    return Drawn({}, inputs, program=text.replace("{name}", f"custom{draw.integer(0, 10**9)}"))
