"""What every test starts from: one thread, fresh automatic names, fixed random numbers."""

from __future__ import annotations

import importlib.util
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _known_start():
    """No test sees names or random numbers that another one used up."""
    import mxnet as mx

    np.random.seed(0)
    if importlib.util.find_spec("mxnet.random"):
        mx.random.seed(0)
    with mx.name.NameManager():
        yield
