"""The systems that are compared: each makes a step to be timed, and the values it computes.

``make(case)`` of an engine's module returns ``(step, values)``: ``step()`` does the work and returns
when the results are there; ``values()`` gives them as NumPy arrays, the probabilities under
"output", gradients under "grad:" and the name of the argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["ENGINES", "Case", "Engine", "NotHere"]


class NotHere(Exception):
    """A system that is not installed or cannot do a workload; the message says what to do."""


@dataclass(frozen=True)
class Engine:
    """A system: its module here, the package it needs, and what it can do."""

    name: str
    title: str
    module: str
    package: str
    trains: bool = True
    option: str = ""
    devices: tuple[str, ...] = ("cpu",)
    dtypes: tuple[str, ...] = ("float32",)


@dataclass(frozen=True)
class Case:
    """One workload to be run by one engine."""

    workload: Any
    arrays: dict
    train: bool
    threads: int
    option: str = ""
    device: str = "cpu"
    dtype: str = "float32"


EVERYWHERE = {"devices": ("cpu", "gpu"), "dtypes": ("float32", "bfloat16", "float16")}
ENGINES = {
    engine.name: engine
    for engine in (
        Engine("remx", "remx", "symbolic", "mxnet", **EVERYWHERE),
        Engine("mxnet", "MXNet 1.9.1", "symbolic", "mxnet"),
        Engine("torch", "PyTorch", "pytorch", "torch", **EVERYWHERE),
        Engine(
            "torch-cl",
            "PyTorch channels-last",
            "pytorch",
            "torch",
            option="channels_last",
            **EVERYWHERE,
        ),
        Engine("compile", "torch.compile", "pytorch", "torch", option="compile", **EVERYWHERE),
        Engine("jax", "JAX", "jax", "jax"),
        Engine("onnxruntime", "ONNX Runtime", "exported", "onnxruntime", False, "onnxruntime"),
        Engine("openvino", "OpenVINO", "exported", "openvino", False, "openvino"),
    )
}
