"""Loss heads and losses."""

import numpy as np

from oracle.draw import Draw, Drawn, rule


def classes(draw: Draw, shape, number: int, ignore: bool = False) -> np.ndarray:
    """Labels from 0; with ``ignore``, some are -1."""
    return draw.rng.randint(-1 if ignore else 0, number, shape).astype("float32")


@rule("LinearRegressionOutput", "MAERegressionOutput", "LogisticRegressionOutput")
def regression(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    inputs = {"data": draw.array(shape, -2, 2)}
    if draw.chance(0.7):
        label = shape if shape[1:] != (1,) or draw.chance(0.5) else shape[:1]
        inputs["label"] = draw.array(label, 0, 1)
    return Drawn(draw.some(grad_scale=draw.real(0.25, 3)), inputs, heads=draw.chance(0.5))


@rule("SVMOutput")
def svm(draw: Draw, op: str) -> Drawn:
    shape = draw.sizes(2, 1, 5)
    params = draw.some(
        margin=draw.real(0.25, 2),
        regularization_coefficient=draw.real(0.25, 2),
        use_linear=draw.chance(0.6),
    )
    inputs = {"data": draw.array(shape, -2, 2), "label": classes(draw, shape[:1], shape[1])}
    return Drawn(params, inputs, heads=draw.chance(0.5))


@rule("SoftmaxOutput")
def softmax_output(draw: Draw, op: str) -> Drawn:
    kind = draw.choice("plain", "plain", "multi", "preserve", "probabilities")
    shape = draw.shape(2, 2) if kind in ("plain", "probabilities") else draw.shape(3, 4)
    params = draw.some(
        grad_scale=draw.real(0.25, 3),
        use_ignore=draw.chance(0.6),
        normalization=draw.choice("null", "batch", "valid"),
    )
    if draw.chance(0.2):
        params["smooth_alpha"] = 0.125
    if draw.chance(0.1):
        params["ignore_label"] = 0.0
    if draw.chance(0.15):
        params["out_grad"] = True
    number, label = shape[1], shape[:1]
    if kind == "multi":
        params["multi_output"] = True
        label = draw.choice(
            (shape[0], *shape[2:]), (shape[0], int(np.prod(shape[2:]))), (shape[0], 1, *shape[2:])
        )
    elif kind == "preserve":
        params["preserve_shape"] = True
        number, label = shape[-1], shape[:-1]
    inputs = {"data": draw.array(shape, -3, 3, draw.choice("float32", "float32", "float64"))}
    if kind == "probabilities":
        inputs["label"] = draw.array(shape, 0, 1)
    else:
        inputs["label"] = classes(draw, label, number, "use_ignore" in params)
    inputs["label"] = inputs["label"].astype(inputs["data"].dtype)
    return Drawn(params, inputs, heads="out_grad" in params or draw.chance(0.5))


@rule("MakeLoss")
def make_loss_layer(draw: Draw, op: str) -> Drawn:
    params = draw.some(
        grad_scale=draw.real(0.25, 3),
        normalization=draw.choice("null", "batch", "valid"),
        valid_thresh=draw.real(0, 0.5),
    )
    return Drawn(params, {"data": draw.array(draw.shape())}, heads=draw.chance(0.5))


@rule("make_loss", "BlockGrad")
def identity(draw: Draw, op: str) -> Drawn:
    data = draw.array(draw.shape(), dtype=draw.floats())
    return Drawn({}, {"data": data}, heads=draw.chance(0.5))


@rule("IdentityAttachKLSparseReg")
def sparse_regularization(draw: Draw, op: str) -> Drawn:
    params = draw.some(sparseness_target=0.25, penalty=0.01, momentum=0.5)
    return Drawn(params, {"data": draw.array(draw.sizes(2), 0.1, 0.9)}, low=0.1, high=0.9)


@rule("softmax_cross_entropy")
def softmax_cross_entropy(draw: Draw, op: str) -> Drawn:
    n, number = draw.sizes(2, 1, 5)
    return Drawn(
        {},
        {"data": draw.array((n, number), -3, 3), "label": classes(draw, (n,), number)},
        gradients=["data"],
    )


@rule("CTCLoss")
def ctc_loss(draw: Draw, op: str) -> Drawn:
    steps, batch, number = draw.integer(4, 8), draw.integer(1, 3), draw.integer(3, 6)
    longest = draw.integer(1, steps // 2)
    last = draw.chance(0.4)
    params = {"blank_label": "last"} if last else draw.some(blank_label="first")
    first, padding = (0, -1) if last else (1, 0)
    label = np.full((batch, longest), padding, "float32")
    inputs = {"data": draw.array((steps, batch, number), -2, 2)}
    used = [draw.integer(1, longest) for _ in range(batch)]
    for row, length in zip(label, used, strict=True):
        row[:length] = draw.rng.randint(first, number - 1 + first, length)
    inputs["label"] = label
    if not last and draw.chance(0.2):
        label[label == 0] = -1  # negative numbers end a label, too
    if draw.chance(0.3):
        params["use_data_lengths"] = True
        inputs["data_lengths"] = draw.rng.randint(2 * longest, steps + 1, batch).astype("float32")
    if draw.chance(0.4):
        params["use_label_lengths"] = True
        inputs["label_lengths"] = np.array(used, "float32")
    return Drawn(params, inputs, gradients=["data"], loose=3)
