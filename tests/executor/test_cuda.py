"""What is asked of CUDA, seen through a torch.cuda that only writes down what is called."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import pytest
import torch

from mxnet.execution import cuda

DEVICE = torch.device("cuda", 0)


class Calls:
    """A stand-in for torch.cuda; ``log``: what was called."""

    def __init__(self, monkeypatch):
        self.log: list[str] = []
        self.fail = False
        self.now = "main"
        for name in ("synchronize", "empty_cache"):
            monkeypatch.setattr(torch.cuda, name, lambda *_, name=name: self.log.append(name))
        monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Stream(self, "main"))
        monkeypatch.setattr(torch.cuda, "Stream", lambda device: Stream(self, "side"))
        monkeypatch.setattr(torch.cuda, "stream", self.stream)
        monkeypatch.setattr(torch.cuda, "device", self.device)
        monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: f"pool {len(self.log)}")
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: Graph(self))
        monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
        monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", self.set_sync_debug_mode)

    def set_sync_debug_mode(self, mode):
        self.log.append(f"sync debug mode {mode}")
        if mode:
            warnings.warn("Synchronization debug mode is a prototype", stacklevel=2)

    @contextmanager
    def stream(self, stream):
        before, self.now = self.now, stream.name
        try:
            yield
        finally:
            self.now = before

    @contextmanager
    def device(self, device):
        assert device == DEVICE
        yield


class Stream:
    def __init__(self, calls, name):
        self.calls, self.name = calls, name

    def wait_stream(self, other):
        self.calls.log.append(f"{self.name} waits for {other.name}")


class Graph:
    def __init__(self, calls):
        self.calls, self.generators = calls, []

    def register_generator_state(self, generator):
        self.generators.append(generator)

    def capture_begin(self, pool=None, capture_error_mode="global"):
        assert self.calls.now == "side"
        self.calls.log.append(f"begin {capture_error_mode} {len(self.generators)}")
        self.pool = pool

    def capture_end(self):
        assert self.calls.now == "side"
        self.calls.log.append("end")
        if self.calls.fail:
            self.calls.fail = False
            raise RuntimeError(
                "CUDA error: operation failed due to a previous error during capture"
            )

    def replay(self):
        self.calls.log.append(f"replay {self.pool}")


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.setattr(cuda, "_streams", {})
    monkeypatch.setattr(cuda, "_failed", [])
    return Calls(monkeypatch)


CAPTURE = ["synchronize", "empty_cache", "begin thread_local 0"]


def test_record(calls):
    """The first recording is of nothing: it keeps the memory that all of them share."""
    recorder = cuda.CudaRecorder(DEVICE)
    replay = recorder.record(lambda: calls.log.append(f"run on {calls.now}"), [object()])
    assert calls.log == [
        *CAPTURE, "end", "synchronize", "empty_cache", "begin thread_local 1", "run on side", "end",
    ]  # fmt: skip
    replay()
    again = recorder.record(lambda: None, ())
    again()
    assert calls.log[-1] == calls.log[9] == "replay pool 0"
    assert calls.now == "main"


def test_a_recording_that_fails(calls):
    """Its memory is left alone, and generators are made to leave the recording."""
    recorder = cuda.CudaRecorder(DEVICE)
    recorder.record(lambda: None, ())
    calls.log.clear()

    def fail():
        calls.fail = True
        raise ValueError("in the kernel")

    with pytest.raises(RuntimeError, match="during capture") as error:
        recorder.record(fail, [object()])
    assert isinstance(error.value.__context__, ValueError)
    assert calls.now == "main"
    begin = "begin thread_local 1"
    assert [each for each in calls.log if each[:3] in ("beg", "end")] == [
        begin,
        "end",
        begin,
        "end",
    ]
    calls.log.clear()
    recorder.record(lambda: None, ())()
    assert calls.log[-1] == "replay pool 0"  # a new one, since the log was empty
    assert calls.log.count("end") == 2


def test_warming(calls):
    recorder = cuda.CudaRecorder(DEVICE)

    def run():
        with recorder.warming():
            calls.log.append(calls.now)
            raise ValueError

    with pytest.raises(ValueError):
        run()
    assert calls.log == ["side waits for main", "side", "main waits for side"]


def test_noticing(calls):
    """Only what torch says of waiting counts; other warnings are passed on."""
    recorder = cuda.CudaRecorder(DEVICE)

    def run():
        with recorder.noticing() as waited:
            assert not waited()
            warnings.warn("another", stacklevel=1)
            assert not waited()
            warnings.warn("called a synchronizing CUDA operation", stacklevel=1)
            assert waited()
            assert not waited()

    with pytest.warns(UserWarning, match="another") as passed:
        run()
    assert len(passed) == 1
    assert calls.log == ["sync debug mode warn", "sync debug mode 0"]


def switches() -> dict:
    cudnn = torch.backends.cudnn
    found = {"benchmark": cudnn.benchmark, "deterministic": cudnn.deterministic}
    if hasattr(cudnn, "conv"):
        found["conv"], found["rnn"] = cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision
        found["products"] = torch.backends.cuda.matmul.fp32_precision
    else:
        found["conv"] = found["rnn"] = "tf32" if cudnn.allow_tf32 else "ieee"
        found["products"] = "tf32" if torch.backends.cuda.matmul.allow_tf32 else "ieee"
    return found


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, {"benchmark": True, "deterministic": False, "conv": "ieee", "rnn": "ieee"}),
        ({"MXNET_CUDNN_AUTOTUNE_DEFAULT": "0"}, {"benchmark": False}),
        ({"MXNET_CUDNN_AUTOTUNE_DEFAULT": "2"}, {"benchmark": True}),
        ({"MXNET_ENFORCE_DETERMINISM": "1"}, {"deterministic": True}),
        (
            {"MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION": "1"},
            {"conv": "tf32", "rnn": "tf32", "products": "tf32"},
        ),
        (
            {
                "MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION": "1",
                "MXNET_CUDA_ALLOW_TENSOR_CORE": "0",
            },
            {"conv": "ieee"},
        ),
    ],
)
def test_settings(monkeypatch, variables, expected):
    """They hold within the block, and are then as they were."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    before = switches()
    within: dict = {}

    def run():
        with cuda.settings():
            within.update(switches(), old=torch.backends.cudnn.allow_tf32)
            raise ValueError

    with pytest.raises(ValueError):
        run()
    assert {name: within[name] for name in expected} == expected
    assert switches() == before
    assert within["old"] == (within["conv"] == "tf32")  # old names can still be asked
    assert torch.backends.cudnn.allow_tf32


@pytest.mark.skipif(not hasattr(torch.backends.cudnn, "conv"), reason="names of newer versions")
def test_settings_by_newer_names():
    conv = torch.backends.cudnn.conv
    conv.fp32_precision = "ieee"
    try:
        with cuda.settings():
            assert switches()["rnn"] == "ieee"
        assert (switches()["conv"], switches()["rnn"]) == ("ieee", "tf32")
    finally:
        conv.fp32_precision = "tf32"


def test_settings_of_the_program_are_kept(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    monkeypatch.setenv("MXNET_CUDNN_AUTOTUNE_DEFAULT", "0")
    with cuda.settings():
        assert not torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.benchmark
