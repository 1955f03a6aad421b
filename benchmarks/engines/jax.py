"""JAX with jit; matrix products in full float32, as everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .. import functional
from ..workloads import is_input, pack_gradients, unpack
from . import Case


class Ops:
    """What ``functional`` needs, in JAX."""

    relu, tanh = staticmethod(jax.nn.relu), staticmethod(jnp.tanh)
    concat, swap = staticmethod(jnp.concatenate), staticmethod(jnp.swapaxes)

    def __init__(self, train: bool):
        self.train = train

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        return x @ weight.T + bias

    def conv(self, x: Any, weight: Any, bias: Any, stride: int = 1, pad: int = 0) -> Any:
        axes = ("NCHW", "OIHW", "NCHW")
        y = lax.conv_general_dilated(
            x, weight, (stride, stride), [(pad, pad)] * 2, dimension_numbers=axes
        )
        return y if bias is None else y + bias[:, None, None]

    def max_pool(self, x: Any, kernel: int, stride: int, pad: int) -> Any:
        sides = ((0, 0), (0, 0), (pad, pad), (pad, pad))
        window, steps = (1, 1, kernel, kernel), (1, 1, stride, stride)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, steps, sides)

    def global_pool(self, x: Any) -> Any:
        return x.mean((2, 3))

    def batch_norm(
        self, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any, epsilon: float
    ) -> Any:
        if self.train:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))
        scale = gamma * lax.rsqrt(variance + epsilon)
        return x * scale[:, None, None] + (beta - mean * scale)[:, None, None]

    def layer_norm(self, x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
        return jax.nn.standardize(x, axis=-1, epsilon=epsilon) * gamma + beta

    def attention(self, query: Any, key: Any, value: Any) -> Any:
        scores = query @ jnp.swapaxes(key, -1, -2) * query.shape[-1] ** -0.5
        return jax.nn.softmax(scores, -1) @ value

    def embedding(self, weight: Any, words: Any) -> Any:
        return weight[words]

    def mean(self, x: Any, axis: int) -> Any:
        return x.mean(axis)

    def lstm(self, x: Any, weights: Sequence[tuple], states: Sequence[tuple]) -> Any:
        for (i2h, h2h, bias, h2h_bias), start in zip(weights, states):

            def cell(carry: tuple, gates: Any, h2h: Any = h2h) -> tuple:
                state, memory = carry
                enter, forget, change, out = jnp.split(gates + state @ h2h.T, 4, -1)
                memory = jax.nn.sigmoid(forget) * memory + jax.nn.sigmoid(enter) * jnp.tanh(change)
                state = jax.nn.sigmoid(out) * jnp.tanh(memory)
                return (state, memory), state

            _, x = lax.scan(cell, start, x @ i2h.T + bias + h2h_bias)
        return x


def make(case: Case) -> tuple:
    """A step is one call of a jitted function, awaited."""
    workload = case.workload
    function = getattr(functional, workload.function or workload.network)
    ops = Ops(case.train)
    arrays = {name: jnp.asarray(array) for name, array in unpack(case.arrays).items()}
    inputs = {name: array for name, array in arrays.items() if is_input(name)}
    label = inputs.pop("softmax_label").astype(int)
    label = label.T.reshape(-1) if label.ndim == 2 else label
    if workload.words:
        inputs["data"] = inputs["data"].astype(int)
    moving = {n: a for n, a in arrays.items() if n.endswith(("moving_mean", "moving_var"))}
    trained = {n: a for n, a in arrays.items() if not is_input(n) and n not in moving}
    kept: dict[str, Any] = {}

    def probabilities(trained: dict, inputs: dict) -> Any:
        return jax.nn.softmax(function(ops, {**moving, **trained}, **inputs, **workload.sizes))

    def loss(trained: dict, inputs: dict, label: Any) -> tuple:
        logits = function(ops, {**moving, **trained}, **inputs, **workload.sizes)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), label[:, None], 1)
        return -chosen.sum(), logits

    run = jax.jit(jax.value_and_grad(loss, has_aux=True) if case.train else probabilities)
    arguments = (trained, inputs, label) if case.train else (trained, inputs)

    def step() -> None:
        kept["result"] = jax.block_until_ready(run(*arguments))

    def values() -> dict[str, np.ndarray]:
        if not case.train:
            return {"output": np.asarray(kept["result"])}
        (_, logits), gradients = kept["result"]
        gradients = {name: np.asarray(gradient) for name, gradient in gradients.items()}
        gradients = pack_gradients(case.arrays, gradients)
        result = {f"grad:{name}": gradient for name, gradient in gradients.items()}
        return {"output": np.asarray(jax.nn.softmax(logits)), **result}

    return step, values


def version(option: str = "") -> str:
    """The version of the system."""
    return jax.__version__
