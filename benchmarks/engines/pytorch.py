"""PyTorch: eager, channels-last, and torch.compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import functional
from ..workloads import is_input, pack_gradients, unpack
from . import Case, NotHere


class Ops:
    """What ``functional`` needs, in torch."""

    relu, tanh = staticmethod(torch.relu), staticmethod(torch.tanh)
    linear, concat, swap = staticmethod(F.linear), staticmethod(torch.cat), torch.transpose
    attention = staticmethod(F.scaled_dot_product_attention)

    def __init__(self, train: bool):
        self.train = train

    def conv(self, x: Any, weight: Any, bias: Any, stride: int = 1, pad: int = 0) -> Any:
        return F.conv2d(x, weight, bias, stride, pad)

    def max_pool(self, x: Any, kernel: int, stride: int, pad: int) -> Any:
        return F.max_pool2d(x, kernel, stride, pad)

    def global_pool(self, x: Any) -> Any:
        return F.adaptive_avg_pool2d(x, 1).flatten(1)

    def batch_norm(
        self, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any, epsilon: float
    ) -> Any:
        return F.batch_norm(x, mean, variance, gamma, beta, self.train, 0.1, epsilon)

    def layer_norm(self, x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
        return F.layer_norm(x, gamma.shape, gamma, beta, epsilon)

    def embedding(self, weight: Any, words: Any) -> Any:
        return F.embedding(words, weight)

    def mean(self, x: Any, axis: int) -> Any:
        return x.mean(axis)

    def lstm(self, x: Any, weights: Sequence[tuple], states: Sequence[tuple]) -> Any:
        flat = [weight for layer in weights for weight in layer]
        start = tuple(torch.stack(kind) for kind in zip(*states))
        return torch.lstm(x, start, flat, True, len(weights), 0.0, self.train, False, False)[0]


class Network:
    """A function of ``functional`` with its parameters and inputs as tensors."""

    def __init__(self, case: Case):
        workload = case.workload
        self.case, self.sizes = case, workload.sizes
        self.function = getattr(functional, workload.function or workload.network)
        self.ops = Ops(case.train)
        layout = torch.channels_last if case.option == "channels_last" else None
        self.device = "cuda" if case.device == "gpu" else "cpu"
        self.inputs, self.parameters = {}, {}
        for name, array in unpack(case.arrays).items():
            tensor = torch.from_numpy(array.copy()).to(self.device)
            if layout and tensor.ndim == 4:
                tensor = tensor.to(memory_format=layout)
            if is_input(name):
                self.inputs[name] = tensor
            else:
                moving = name.endswith(("moving_mean", "moving_var"))
                self.parameters[name] = tensor.requires_grad_(case.train and not moving)
        label = self.inputs.pop("softmax_label").long()
        self.label = label.T.reshape(-1) if label.ndim == 2 else label
        if workload.words:
            self.inputs["data"] = self.inputs["data"].long()

    def logits(self, parameters: Mapping[str, Any], **inputs: Any) -> Any:
        """The forward part."""
        if self.case.dtype == "float32":
            return self.function(self.ops, parameters, **inputs, **self.sizes)
        with torch.autocast(self.device, getattr(torch, self.case.dtype)):
            return self.function(self.ops, parameters, **inputs, **self.sizes).float()

    def loss(self, parameters: Mapping[str, Any], label: Any, **inputs: Any) -> Any:
        """The sum of cross-entropies, which is what SoftmaxOutput differentiates; and the logits."""
        logits = self.logits(parameters, **inputs)
        return F.cross_entropy(logits, label, reduction="sum"), logits

    def probabilities(self, parameters: Mapping[str, Any], **inputs: Any) -> Any:
        """The forward part with softmax, as SoftmaxOutput has it."""
        return torch.softmax(self.logits(parameters, **inputs), -1)


def make(case: Case) -> tuple:
    """A step is forward and backward with fresh gradients, or forward in inference mode."""
    if case.device == "gpu":
        _prepare_gpu()
    torch.set_num_threads(case.threads)
    torch.manual_seed(0)
    network = Network(case)
    parameters, inputs = network.parameters, network.inputs
    kept: dict[str, Any] = {}
    compiled = torch.compile if case.option == "compile" else lambda function: function
    if not case.train:
        predict = compiled(network.probabilities)

        def forward() -> None:
            with torch.inference_mode():
                kept["output"] = predict(parameters, **inputs)

        return _waiting(forward, case), lambda: {"output": kept["output"].cpu().numpy()}

    loss_of = compiled(network.loss)
    trained = [p for p in parameters.values() if p.requires_grad]

    def train() -> None:
        for parameter in trained:
            parameter.grad = None
        loss, kept["logits"] = loss_of(parameters, network.label, **inputs)
        loss.backward()

    def values() -> dict[str, np.ndarray]:
        gradients = {n: p.grad.cpu().numpy() for n, p in parameters.items() if p.requires_grad}
        gradients = pack_gradients(case.arrays, gradients)
        result = {f"grad:{name}": gradient for name, gradient in gradients.items()}
        return {"output": torch.softmax(kept["logits"].detach(), -1).cpu().numpy(), **result}

    return _waiting(train, case), values


def _prepare_gpu() -> None:
    """Measured algorithms and true float32, as remx has them."""
    if not torch.cuda.is_available():
        raise NotHere("there is no GPU that PyTorch can use")
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = False


def _waiting(step: Callable[[], None], case: Case) -> Callable[[], None]:
    """The step, until the device has done it."""
    if case.device == "cpu":
        return step

    def step_and_wait() -> None:
        step()
        torch.cuda.synchronize()

    return step_and_wait


def version(option: str = "") -> str:
    """The version of the system."""
    return torch.__version__
