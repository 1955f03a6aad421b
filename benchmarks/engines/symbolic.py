"""remx and MXNet 1.9.1: the same program, since they have the same interface."""

from __future__ import annotations

from typing import Any

import mxnet as mx

from ..workloads import is_input
from . import Case, NotHere

try:
    from mxnet.version import REMX_VERSION
except ImportError:
    REMX_VERSION = ""


def make(case: Case) -> tuple:
    """Bind the symbol to the arrays; a step is forward, and backward in training."""
    symbol = case.workload.symbol
    names = symbol.list_arguments()
    requests = {name: "write" if case.train and not is_input(name) else "null" for name in names}
    shapes: dict[str, Any] = {
        name: array.shape for name, array in case.arrays.items() if name in names
    }
    on_gpu = case.device == "gpu"
    if on_gpu and not mx.context.num_gpus():
        raise NotHere("there is no GPU that PyTorch can use")
    if case.dtype != "float32":
        shapes["dtype"] = case.dtype
    executor = symbol.simple_bind(mx.gpu(0) if on_gpu else mx.cpu(), grad_req=requests, **shapes)
    for name, array in [*executor.arg_dict.items(), *executor.aux_dict.items()]:
        array[:] = case.arrays[name]

    def train() -> None:
        executor.forward(is_train=True)
        executor.backward()

    def predict() -> None:
        executor.forward(is_train=False)

    step = train if case.train else predict

    def step_and_wait() -> None:  # 1.9.1 computes in the background, and so do GPUs
        step()
        mx.nd.waitall()

    def values() -> dict[str, Any]:
        result = {"output": executor.outputs[0].asnumpy()}
        for name, array in executor.grad_dict.items():
            if array is not None and requests[name] == "write":
                result[f"grad:{name}"] = array.asnumpy()
        return result

    return (step if REMX_VERSION and not on_gpu else step_and_wait), values


def version(option: str = "") -> str:
    """The version of the system."""
    return REMX_VERSION or mx.__version__
