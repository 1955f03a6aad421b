"""Inference engines: ONNX Runtime and OpenVINO, given the PyTorch network as an ONNX file."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import Case, NotHere
from .pytorch import Network


class _Module(torch.nn.Module):
    """The network as a module whose inputs have an order."""

    def __init__(self, network: Network):
        super().__init__()
        self.network, self.names = network, list(network.inputs)
        for name, tensor in network.parameters.items():
            self.register_buffer(name, tensor)

    def forward(self, *inputs: Any) -> Any:
        parameters = dict(self.named_buffers())
        return self.network.probabilities(parameters, **dict(zip(self.names, inputs)))


def make(case: Case) -> tuple:
    """A step is one inference, with the inputs given and the outputs in NumPy arrays."""
    if importlib.util.find_spec("onnx") is None:
        raise NotHere("onnx is not installed; it is needed to hand over the network")
    network = Network(case)
    feeds = {name: tensor.numpy() for name, tensor in network.inputs.items()}
    kept: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Module(network).eval(), tuple(network.inputs.values()), path,
                input_names=list(feeds), output_names=["output"], opset_version=17, dynamo=False,
            )  # fmt: skip
        run = _ENGINES[case.option](path, case.threads)

    def step() -> None:
        kept["output"] = run(feeds)

    return step, lambda: {"output": np.asarray(kept["output"])}


def _onnxruntime(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    return lambda feeds: session.run(None, feeds)[0]


def _openvino(path: Path, threads: int) -> Any:
    import openvino

    hints = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    hints["PERFORMANCE_HINT"] = "LATENCY"
    request = openvino.Core().compile_model(path, "CPU", hints).create_infer_request()
    return lambda feeds: request.infer(feeds, share_inputs=True)[0]


_ENGINES = {"onnxruntime": _onnxruntime, "openvino": _openvino}


def version(option: str) -> str:
    """The version of the system."""
    return importlib.import_module(option).__version__
