"""Samples of loss heads; tests/ops/test_losses.py looks at their gradients."""

import numpy as np

from ops.sample import Sample
from ops.samples.softmax import softmax

CLASSES = np.array([2, 0, 1], "float32")
CTC_LABELS = np.array([[1, 2], [2, 0]], "float32")


def data(data, label=None):
    return data


def head(op, reference, inputs, **params):
    return Sample(op, params, inputs, reference, gradient=False)


def first(function):
    return lambda data, label: function(data)


def cross_entropy(data, label):
    p = softmax()(data)
    return -np.log(p[np.arange(len(p)), label.astype(int)]).sum().reshape(1)


def paths(length, time):
    """All alignments of ``time`` steps: sequences of classes, 0 is the blank."""
    return np.stack(np.meshgrid(*[range(length)] * time, indexing="ij"), -1).reshape(-1, time)


def ctc(data, label, data_lengths=None, label_lengths=None):
    """The likelihood by a sum over all alignments."""
    time, batch, classes = data.shape
    p = softmax()(data)
    losses = np.zeros(batch)
    for i in range(batch):
        steps = time if data_lengths is None else int(data_lengths[i])
        wanted = (
            label[i][label[i] > 0] if label_lengths is None else label[i][: int(label_lengths[i])]
        )
        likelihood = 0.0
        for path in paths(classes, steps):
            merged = [c for j, c in enumerate(path) if j == 0 or c != path[j - 1]]
            if [c for c in merged if c] == list(wanted):
                likelihood += np.prod(p[np.arange(steps), i, path])
        losses[i] = -np.log(likelihood)
    return losses


def blank_last(data, label):
    return ctc(np.roll(data, 1, 2), label + 1)


SAMPLES = [
    head("BlockGrad", lambda data: data, {"data": (2, 3)}),
    head("make_loss", lambda data: data, {"data": (2, 3)}),
    head("MakeLoss", lambda data: data, {"data": (2, 3)}),
    head("MakeLoss", lambda data: data, {"data": (2, 3)}, normalization="valid", valid_thresh=0.1),
    head("LinearRegressionOutput", data, {"data": (2, 3)}),
    head("LinearRegressionOutput", data, {"data": (2, 1), "label": (2,)}, grad_scale=2.0),
    head("MAERegressionOutput", data, {"data": (2, 3)}),
    head("LogisticRegressionOutput", first(lambda data: 1 / (1 + np.exp(-data))), {"data": (2, 3)}),
    head("SVMOutput", data, {"data": (3, 4), "label": CLASSES}),
    head("SVMOutput", data, {"data": (3, 4), "label": CLASSES}, use_linear=True, margin=0.5),
    head("SoftmaxOutput", first(softmax()), {"data": (3, 4), "label": CLASSES}),
    head(
        "SoftmaxOutput",
        first(softmax()),
        {"data": (3, 4), "label": CLASSES},
        smooth_alpha=0.1,
        use_ignore=True,
        ignore_label=1.0,
        normalization="valid",
        grad_scale=2.0,
    ),
    head("SoftmaxOutput", first(softmax(1)), {"data": (2, 3, 4)}, multi_output=True),
    head("SoftmaxOutput", first(softmax()), {"data": (2, 3, 4)}, preserve_shape=True),
    head("SoftmaxOutput", first(softmax()), {"data": (3, 4), "label": CLASSES}, out_grad=True),
    head(
        "SoftmaxOutput",
        lambda data, label: softmax(1)(data.reshape(2, -1)).reshape(data.shape),
        {"data": (2, 3, 2)},
    ),
    Sample("softmax_cross_entropy", {}, {"data": (3, 4), "label": CLASSES}, cross_entropy),
    Sample("CTCLoss", {}, {"data": (4, 2, 3), "label": CTC_LABELS}, ctc),
    Sample(
        "CTCLoss",
        {"use_data_lengths": True, "use_label_lengths": True},
        {
            "data": (4, 2, 3),
            "label": CTC_LABELS,
            "data_lengths": np.array([4, 2], "float32"),
            "label_lengths": np.array([1, 1], "float32"),
        },
        ctc,
    ),
    Sample(
        "CTCLoss",
        {"blank_label": "last"},
        {"data": (4, 2, 3), "label": CTC_LABELS - 1},
        blank_last,
    ),
    Sample(
        "IdentityAttachKLSparseReg",
        {},
        {"data": (3, 2)},
        lambda data, moving_avg: data,
        low=0.1,
        high=0.9,
        gradient=False,
    ),
]
