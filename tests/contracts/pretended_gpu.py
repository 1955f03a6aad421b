"""Every operator on a GPU that is not there: tensors without values, which know where they are.

Run by ``test_pretended_gpu.py`` in a process of its own, since torch gets another device. Prints one
line for each problem: tensors that kernels make elsewhere, and values that they look at without saying
so (``Op.waits``).
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

import mxnet as mx
import mxnet.executor
import mxnet.module
import mxnet.random
from mxnet import context as contexts
from mxnet.ops.dtypes import is_floating
from ops.sample import Sample, all_samples
from small_networks import NETWORKS

_setup_privateuseone_for_python_backend("pretended")
DEVICE = torch.device("pretended", 0)
GPU = mx.gpu(0)
# For convolutions on CPUs alone, and questions that are asked once in a process.
LEFT_OUT = {
    "_contrib_quantized_conv", "_contrib_quantized_fully_connected", "_prepared_weight",
    "_winograd_convolution", "_winograd_filters", "_winograd_weight",
}  # fmt: skip
DRAWING = {
    "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_", "random_",
    "uniform_",
}  # fmt: skip


class Generator:
    """Stands for a generator of random numbers on the device."""

    device = DEVICE

    def get_state(self):
        return torch.zeros(1)

    def set_state(self, state):
        pass

    manual_seed = set_state

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return NotImplemented


class WithoutDraws(TorchFunctionMode):
    """Leaves generators out of calls, and random numbers out of tensors."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = {name: value for name, value in (kwargs or {}).items() if name != "generator"}
        args = tuple(each for each in args if not isinstance(each, Generator))
        return args[0] if getattr(func, "__name__", "") in DRAWING else func(*args, **kwargs)


def pretend() -> None:
    """Have contexts of GPUs mean the device."""
    real = contexts.torch_device

    def torch_device(context):
        return DEVICE if context.device_type == "gpu" else real(context)

    for module in list(sys.modules.values()):
        if getattr(module, "torch_device", None) is real:
            module.torch_device = torch_device
    mxnet.random._generators["gpu", 0] = Generator()


def on_device(array) -> mx.nd.NDArray:
    dtype = getattr(torch, array.dtype.name)
    return mx.nd.NDArray(torch.empty(array.shape, dtype=dtype, device=DEVICE), GPU)


def gradients_wanted(sample: Sample, arrays: dict) -> dict[str, str]:
    def wanted(name: str) -> bool:
        floats = is_floating(arrays[name].dtype.name)
        return sample.cls.differentiable and floats and name not in sample.operator.labels

    return {n: "write" if wanted(n) else "null" for n in sample.symbol().list_arguments()}


def try_sample(sample: Sample) -> None:
    """Forward and backward, planned; raises for what would not work."""
    symbol, arrays = sample.symbol(), sample.full_arrays()
    wanted = gradients_wanted(sample, arrays)
    with FakeTensorMode(), WithoutDraws():
        executor = symbol.bind(
            GPU,
            {name: on_device(arrays[name]) for name in symbol.list_arguments()},
            args_grad={n: on_device(arrays[n]) for n, req in wanted.items() if req != "null"},
            grad_req=wanted,
            aux_states={name: on_device(arrays[name]) for name in symbol.list_auxiliary_states()},
        )
        for _ in range(2):
            outputs = executor.forward(is_train=True)
            executor.backward([mx.nd.NDArray(out._tensor.clone(), GPU) for out in outputs])
        for output in outputs:
            assert output._tensor.device == DEVICE, f"an output is on {output._tensor.device}"


def try_network(make, shapes: dict) -> None:
    """Steps of training by a module, as far as no value is looked at."""
    with FakeTensorMode(), WithoutDraws():
        symbol = make()
        module = mx.mod.Module(symbol, context=GPU)
        module.bind([("data", shapes["data"])], [("softmax_label", shapes["data"][:1])])
        module.init_params(mx.init.Zero())
        module.init_optimizer("device", "adam")
        batch = mx.io.DataBatch(
            [mx.nd.zeros(shapes["data"], GPU)], [mx.nd.zeros(shapes["data"][:1], GPU)]
        )
        for _ in range(2):
            module.forward_backward(batch)
            module.update()


def problem(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "mxnet" in f.filename]
    where = f" ({Path(ours[-1].filename).name}:{ours[-1].lineno})" if ours else ""
    return (
        f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}{where}"
    )


def main() -> None:
    pretend()
    tried: set[str] = set()
    for sample in all_samples():
        op = sample.operator
        name = sample.cls.op_name
        if name in tried | LEFT_OUT or op.waits or op.dynamic or name == "_backward_boolean_mask":
            continue
        tried.add(name)
        try:
            try_sample(sample)
        except Exception as error:
            print(f"{sample}: {problem(error)}")
    for make, shapes in NETWORKS.items():
        if make.__name__ in ("perceptron", "convolutions", "dropout"):
            try:
                try_network(make, shapes)
            except Exception as error:
                print(f"{make.__name__}: {problem(error)}")
    print(f"{len(tried)} operators tried")


if __name__ == "__main__":
    main()
