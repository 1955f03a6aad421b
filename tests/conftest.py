"""What every test starts from: one thread, fresh automatic names, fixed random numbers."""

from __future__ import annotations

import logging
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

import mxnet as mx


@pytest.fixture(autouse=True, scope="session")
def _logs_pass_on():
    """Let the loggers of torch hand their messages on.

    To each of the fifty that do not, pytest attaches handlers, six times a test: a fifth of the time.
    """
    mx.random.seed(0)  # imports torch
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "torch":
            logging.getLogger(name).propagate = True


@pytest.fixture(autouse=True)
def _known_start(_logs_pass_on):
    """No test sees names or random numbers that another one used up."""
    np.random.seed(0)
    mx.random.seed(0)
    with mx.name.NameManager():
        yield
