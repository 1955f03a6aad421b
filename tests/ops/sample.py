"""Samples: one line of a table says what the derived tests of an operator need to know."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Sample", "all_samples"]


@dataclass(frozen=True, eq=False)
class Sample:
    """One operator with parameters and inputs, and what it should compute.

    A table is a list ``SAMPLES`` in ``tests/ops/samples/<family>.py``, which starts with
    ``from ops.sample import Sample``. Every sample is tested for the forward values against
    ``reference``, the gradient against central differences, inference with each known shape hidden
    in turn, dtypes, the JSON round trip, ``mx.nd`` against ``mx.sym``, and planned execution
    against execution node by node.

    Parameters
    ----------
    op: the operator's name (or an alias, to test that one).
    params: its parameters.
    inputs: by input name, a shape (filled with random numbers) or an array (used as it is).
        Shapes of inputs that are not named are inferred. Variadic inputs are named as the operator
        names them (``arg0``, ``arg1``...). Auxiliary states are named too.
    reference: takes numpy arrays by input name, auxiliary states included (computed in float64
        where the inputs are floats), and returns an array or a tuple of the visible outputs.
        None: the values are not compared (random operators; give the properties a test elsewhere).
    low, high: the range of random inputs. Keep clear of kinks, or the gradient test will fail.
    dtype: of the random inputs.
    train: whether the operator runs in training mode.
    gradient: whether to compare the gradient with central differences. False for operators without
        a derivative and for loss heads.
    rtol, atol: tolerance of the forward comparison in float32.
    name: distinguishes samples of one operator in test ids.
    """

    op: str
    params: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, tuple | np.ndarray] = field(default_factory=dict)
    reference: Callable | None = None
    low: float = -1.0
    high: float = 1.0
    dtype: str = "float32"
    train: bool = True
    gradient: bool = True
    rtol: float = 1e-4
    atol: float = 1e-5
    name: str = ""

    def __str__(self) -> str:
        shown = self.name or ",".join(f"{k}={v}" for k, v in self.params.items())
        return f"{self.op}-{shown}" if shown else self.op

    def arrays(self, dtype: str | None = None) -> dict[str, np.ndarray]:
        """The named inputs as arrays, the same ones at every call; random ones in ``dtype``."""
        rng = np.random.RandomState(sum(map(ord, str(self))) % 10007)
        return {
            name: given
            if isinstance(given, np.ndarray)
            else rng.uniform(self.low, self.high, given).astype(dtype or self.dtype)
            for name, given in self.inputs.items()
        }


def all_samples() -> list[Sample]:
    """The samples of all tables, in the order of the files."""
    found: list[Sample] = []
    for module in sorted(
        info.name for info in pkgutil.iter_modules([str(Path(__file__).parent / "samples")])
    ):
        found += importlib.import_module(f"ops.samples.{module}").SAMPLES
    return found
