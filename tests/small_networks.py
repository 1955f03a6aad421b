"""Small networks of every kind of layer, and steps of training on random numbers."""

from __future__ import annotations

import numpy as np

import mxnet as mx

__all__ = [
    "NETWORKS", "bits", "convolutions", "copy_arrays", "dropout", "fill", "in_any_order",
    "output_of_a_convolution", "perceptron", "recurrent", "same", "step", "training",
]  # fmt: skip


def perceptron():
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=12, name="first")
    x = mx.sym.Activation(x, act_type="tanh")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=5, name="last"), name="softmax")


def convolutions():
    x = mx.sym.Variable("data")
    for i in range(2):
        x = mx.sym.Convolution(x, kernel=(3, 3), num_filter=6, name=f"conv{i}")
        x = mx.sym.BatchNorm(x, fix_gamma=False, name=f"bn{i}")
        x = mx.sym.Activation(x, act_type="relu")
    x = mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=5, name="last"), name="softmax")


def dropout():
    x = mx.sym.Dropout(mx.sym.Variable("data"), p=0.4)
    x = mx.sym.FullyConnected(x, num_hidden=12, name="first")
    x = mx.sym.Dropout(mx.sym.Activation(x, act_type="relu"), p=0.5)
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=5, name="last"), name="softmax")


def recurrent():
    x = mx.sym.RNN(
        mx.sym.Variable("data"), mx.sym.Variable("parameters"), mx.sym.Variable("state"),
        mx.sym.Variable("cell"), mode="lstm", state_size=7, num_layers=2, p=0.3, name="lstm",
    )  # fmt: skip
    return mx.sym.MakeLoss(mx.sym.sum(x * x), name="loss")


def output_of_a_convolution():
    x = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=6, name="conv0")
    y = mx.sym.Convolution(x, kernel=(1, 1), num_filter=4, name="conv1")
    loss = mx.sym.MakeLoss(mx.sym.mean(y * y), name="loss")
    return mx.sym.Group([loss, mx.sym.BlockGrad(y, name="y"), x])


# By what makes a network, the shapes of its inputs.
NETWORKS = {
    perceptron: {"data": (8, 10)},
    convolutions: {"data": (4, 3, 12, 12)},
    dropout: {"data": (8, 10)},
    recurrent: {"data": (5, 3, 4), "state": (2, 3, 7), "cell": (2, 3, 7)},
    output_of_a_convolution: {"data": (2, 3, 8, 8)},
}


def fill(executor, seed: int, only: tuple = ()) -> None:
    """Random numbers, the same ones for the same seed, in the arguments (or some of them)."""
    rng = np.random.RandomState(seed)
    for name, array in executor.arg_dict.items():
        if not only or name in only:
            value = rng.uniform(-1, 1, array.shape)
            array[:] = rng.randint(0, 5, array.shape) if name.endswith("label") else value


def bits(executor) -> dict[str, np.ndarray]:
    """Outputs, states and gradients by name."""
    found = {**executor.output_dict, **executor.aux_dict}
    found |= {f"d_{name}": array for name, array in executor.grad_dict.items()}
    return {name: array.asnumpy() for name, array in found.items() if array is not None}


def step(executor, number: int) -> dict[str, np.ndarray]:
    """A step of training on other data than the last one."""
    fill(executor, number, ("data", "softmax_label"))
    heads = [mx.nd.ones(out.shape, out.context) * (number + 1) for out in executor.outputs]
    executor.forward(is_train=True)
    executor.backward(heads)
    for name, gradient in executor.grad_dict.items():
        if name not in ("data", "softmax_label"):
            mx.nd.sgd_update(executor.arg_dict[name], gradient, lr=0.1, out=executor.arg_dict[name])
    return bits(executor)


def same(one: dict, other: dict) -> None:
    """Check that two steps gave the same bits."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


def training(executor, steps: int) -> list[dict[str, np.ndarray]]:
    """What each of some steps of training gives, from the same parameters and draws each time."""
    fill(executor, 99)
    mx.random.seed(3)
    return [step(executor, number) for number in range(steps)]


def in_any_order(executor) -> list[dict[str, np.ndarray]]:
    """What runs give: forward ones without backward ones, and predictions in between."""
    fill(executor, 99)
    seen = []
    for number in range(8):
        fill(executor, number, ("data",))
        executor.forward(is_train=True)
        if number % 2:
            executor.forward(is_train=True)
        if number % 3 == 1:
            executor.forward(is_train=False)
        if number != 5:
            executor.backward()
        seen.append(bits(executor))
    return seen


def copy_arrays(source, target) -> None:
    """Copy arguments and states of one executor to another one, where they have the same shape."""
    arrays = {**target.arg_dict, **target.aux_dict}
    for name, array in (*source.arg_dict.items(), *source.aux_dict.items()):
        if arrays[name].shape == array.shape:
            arrays[name][:] = array
