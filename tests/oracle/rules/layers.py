"""Layers of neural networks: products, convolutions, pooling, activations, softmax."""

from oracle.draw import Draw, Drawn, rule

WIDE = ("float32", "float32", "float32", "float64")


@rule("FullyConnected")
def fully_connected(draw: Draw, op: str) -> Drawn:
    params = {"num_hidden": draw.integer(1, 6), **draw.some(no_bias=draw.chance(0.5))}
    shape = draw.shape(2, 4)
    if draw.chance(0.4):
        params["flatten"] = False
    return Drawn(params, {"data": draw.array(shape, dtype=draw.floats())})


def geometry(draw: Draw, rank: int, dilate: bool = True) -> dict:
    """kernel, stride, pad and dilate, some of them left out."""
    params: dict = {"kernel": draw.sizes(rank, 1, 3)}
    params |= draw.some(stride=draw.sizes(rank, 1, 3), pad=draw.sizes(rank, 0, 2))
    return params | (draw.some(dilate=draw.sizes(rank, 1, 2)) if dilate else {})


@rule("Convolution", "Convolution_v1")
def convolution(draw: Draw, op: str) -> Drawn:
    rank = draw.choice(1, 2, 2, 2, 3) if op == "Convolution" else 2
    groups = draw.choice(1, 1, 1, 2, 3)
    params = {"num_filter": groups * draw.integer(1, 3), **geometry(draw, rank)}
    if groups > 1:
        params["num_group"] = groups
    params |= draw.some(no_bias=draw.chance(0.5))
    shape = (draw.integer(1, 3), groups * draw.integer(1, 3), *draw.sizes(rank, 5, 8))
    return Drawn(params, {"data": draw.array(shape, dtype=draw.choice(*WIDE))}, loose=3)


@rule("Deconvolution")
def deconvolution(draw: Draw, op: str) -> Drawn:
    rank = draw.choice(1, 2, 2, 2, 3)
    groups = draw.choice(1, 1, 1, 2)
    params = {"num_filter": groups * draw.integer(1, 3), **geometry(draw, rank)}
    stride = params.get("stride", (1,) * rank)
    if groups > 1:
        params["num_group"] = groups
    shape = (draw.integer(1, 3), groups * draw.integer(1, 3), *draw.sizes(rank, 3, 5))
    if draw.chance(0.3):
        params["adj"] = [draw.integer(0, s - 1) for s in stride]
    elif draw.chance(0.3):
        dilate = params.get("dilate", (1,) * rank)
        params.pop("pad", None)
        params["target_shape"] = [
            s * (n - 1) + d * (k - 1) + 1 - draw.integer(0, 2)
            for s, n, d, k in zip(stride, shape[2:], dilate, params["kernel"], strict=True)
        ]
    params |= draw.some(no_bias=draw.chance(0.5))
    return Drawn(params, {"data": draw.array(shape, dtype=draw.choice(*WIDE))}, loose=3)


@rule("Pooling", "Pooling_v1")
def pooling(draw: Draw, op: str) -> Drawn:
    rank = draw.choice(1, 2, 2, 2, 3) if op == "Pooling" else 2
    kinds = ("max", "max", "avg", "avg", "sum", "lp") if op == "Pooling" else ("max", "avg", "sum")
    params: dict = {"pool_type": draw.choice(*kinds), **geometry(draw, rank, dilate=False)}
    if "pad" in params:  # a window should not lie in the padding alone
        params["pad"] = [
            min(p, k - 1) for p, k in zip(params["pad"], params["kernel"], strict=True)
        ]
    if draw.chance(0.15):
        params["global_pool"] = True
    if draw.chance(0.35):
        params["pooling_convention"] = "full"
    if params["pool_type"] == "lp":
        params["p_value"] = draw.integer(1, 3)
    if params["pool_type"] == "avg" and op == "Pooling":
        params |= draw.some(count_include_pad=draw.chance(0.5))
    shape = (*draw.sizes(2, 1, 3), *draw.sizes(rank, 3, 7))
    low = 0.1 if params["pool_type"] == "lp" else -1.0
    dtype = draw.choice(*WIDE)
    data = draw.distinct(shape, dtype) if params["pool_type"] == "max" else draw.array(
        shape, low, 1, dtype)  # fmt: skip
    return Drawn(params, {"data": data})


@rule("_contrib_AdaptiveAvgPooling2D")
def adaptive_pooling(draw: Draw, op: str) -> Drawn:
    params = {}
    if draw.chance(0.8):
        params["output_size"] = draw.choice(draw.sizes(2, 1, 4), draw.sizes(1, 1, 4))
    return Drawn(params, {"data": draw.array((*draw.sizes(2, 1, 3), *draw.sizes(2, 3, 8)))})


@rule("UpSampling")
def upsampling(draw: Draw, op: str) -> Drawn:
    n, c, h, w = draw.sizes(4, 1, 3)
    scale = draw.integer(1, 3)
    if draw.chance(0.4):
        params = {"scale": scale, "sample_type": "bilinear", "num_filter": c, "num_args": 2}
        return Drawn(params, {"data": draw.array((n, c, h, w))})
    params = {"scale": scale, "sample_type": "nearest", "num_args": 1}
    inputs = {"arg0": draw.array((n, c, h, w))}
    if draw.chance(0.4):
        mode = draw.choice("concat", "sum")
        params |= {"multi_input_mode": mode, "num_args": 2}
        channels = c if mode == "sum" else draw.integer(1, 3)
        inputs["arg1"] = draw.array((n, channels, h * scale, w * scale))
    return Drawn(params, inputs, positional=True)


@rule("Activation")
def activation(draw: Draw, op: str) -> Drawn:
    kind = draw.choice("relu", "sigmoid", "softrelu", "softsign", "tanh")
    data = draw.array(draw.shape(), -4, 4, draw.floats(), special=0.2)
    return Drawn({"act_type": kind}, {"data": data})


@rule("LeakyReLU")
def leaky_relu(draw: Draw, op: str) -> Drawn:
    kind = draw.choice("leaky", "elu", "selu", "gelu", "prelu", "rrelu")
    params = {"act_type": kind, **draw.some(slope=draw.real(-1, 1))}
    shape = draw.shape(1 if kind != "prelu" else 2, 4)
    data = draw.array(shape, -4, 4, draw.choice("float32", "float32", "float64", "float16"))
    inputs = {"data": data}
    if kind == "prelu" and draw.chance(0.4):
        inputs["gamma"] = draw.array((1,), dtype=data.dtype.name)
    return Drawn(params, inputs, train=False if kind == "rrelu" else None)


@rule("Dropout")
def dropout(draw: Draw, op: str) -> Drawn:
    params = {"p": draw.real(0, 0.9)}
    train = draw.chance(0.3)
    if train:
        params["p"] = 0.0
    return Drawn(params, {"data": draw.array(draw.shape(), dtype=draw.floats())}, train=train)


@rule("softmax", "softmin", "log_softmax")
def softmax(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    dtype = draw.choice("float32", "float32", "float64", "float16")
    params = draw.some(axis=draw.axis(len(shape)))
    if draw.chance(0.3):
        params["temperature"] = draw.real(0.25, 4)
    if draw.chance(0.15):
        params["dtype"] = draw.choice("float32", "float64", "float16")
    inputs = {"data": draw.array(shape, -5, 5, dtype)}
    if op == "softmax" and len(shape) > 1 and draw.chance(0.3):
        axis = params.get("axis", -1) % len(shape)
        rest = shape[:axis] + shape[axis + 1 :]
        params["use_length"] = True
        longest = draw.rng.randint(1, shape[axis] + 1, rest)
        inputs["length"] = longest.astype(draw.choice("int32", "int64", "float32"))
    return Drawn(params, inputs, gradients=["data"])


@rule("SoftmaxActivation")
def softmax_activation(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(2, 4)
    params = draw.some(mode=draw.choice("instance", "channel") if len(shape) > 2 else "instance")
    return Drawn(params, {"data": draw.array(shape, -5, 5)})


@rule(
    "_contrib_interleaved_matmul_selfatt_qk",
    "_contrib_interleaved_matmul_selfatt_valatt",
    "_contrib_interleaved_matmul_encdec_qk",
    "_contrib_interleaved_matmul_encdec_valatt",
)
def attention(draw: Draw, op: str) -> Drawn:
    heads, batch, size, steps, others = draw.sizes(5, 1, 3)
    width = heads * size
    array = draw.array
    if op.endswith("selfatt_qk"):
        inputs = {"queries_keys_values": array((steps, batch, 3 * width))}
    elif op.endswith("selfatt_valatt"):
        inputs = {
            "queries_keys_values": array((steps, batch, 3 * width)),
            "attention": array((batch * heads, steps, steps)),
        }
    elif op.endswith("encdec_qk"):
        inputs = {
            "queries": array((steps, batch, width)),
            "keys_values": array((others, batch, 2 * width)),
        }
    else:
        inputs = {
            "keys_values": array((others, batch, 2 * width)),
            "attention": array((batch * heads, steps, others)),
        }
    return Drawn({"heads": heads}, inputs)


def rnn_size(mode: str, width: int, state: int, layers: int, directions: int) -> int:
    """The number of parameters of a recurrent network."""
    gates = {"rnn_relu": 1, "rnn_tanh": 1, "gru": 3, "lstm": 4}[mode]
    first = gates * state * (width + state + 2)
    later = gates * state * (directions * state + state + 2)
    return directions * (first + (layers - 1) * later)


@rule("RNN")
def rnn(draw: Draw, op: str) -> Drawn:
    mode = draw.choice("rnn_relu", "rnn_tanh", "gru", "lstm")
    steps, batch, width, state = draw.sizes(4, 1, 4)
    layers, both = draw.integer(1, 3), draw.chance(0.4)
    params = {"mode": mode, "state_size": state, "num_layers": layers}
    params |= draw.some(state_outputs=draw.chance(0.6))
    if both:
        params["bidirectional"] = True
    inputs = {"data": draw.array((steps, batch, width))}
    if draw.chance(0.15):
        params["use_sequence_length"] = True
        inputs["sequence_length"] = draw.rng.randint(1, steps + 1, batch).astype("float32")
    if mode == "lstm" and draw.chance(0.2):
        params |= {"lstm_state_clip_min": -0.125, "lstm_state_clip_max": 0.25}
        params |= draw.some(lstm_state_clip_nan=True)
    return Drawn(params, inputs, loose=3, gradients=None)
