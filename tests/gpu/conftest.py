"""Tests that need a GPU: ``pytest -m gpu``. Elsewhere they are skipped, and say so."""

from __future__ import annotations

from pathlib import Path

import pytest

import mxnet as mx

HERE = Path(__file__).parent
ABSENT = "there is no GPU that PyTorch can use (torch.cuda.is_available() is false)"


def pytest_collection_modifyitems(items):
    ours = [item for item in items if HERE in item.path.parents]
    absent = bool(ours) and not mx.context.num_gpus()
    for item in ours:
        item.add_marker(pytest.mark.gpu)
        if absent:
            item.add_marker(pytest.mark.skip(reason=ABSENT))


@pytest.fixture
def deterministic(monkeypatch):
    """The same bits at every run, as far as libraries can."""
    monkeypatch.setenv("MXNET_ENFORCE_DETERMINISM", "1")
