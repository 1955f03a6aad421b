"""Samples: one line of a table says what the derived tests of an operator need to know."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import mxnet as mx
from mxnet.ops.core import Op, get_op
from mxnet.symbol.functions import function

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

    @property
    def cls(self) -> type[Op]:
        """The class of the operator."""
        return get_op(self.op)

    @property
    def operator(self) -> Op:
        """The operator with its parameters."""
        params = dict(self.params)
        if self.cls.count and self.cls.count not in params:
            params[self.cls.count] = len(self.inputs) - (len(self.cls.input_signature) - 1)
        return self.cls(**params)

    def symbol(self) -> mx.sym.Symbol:
        """The operator applied to one variable per input, named like the input."""
        variables = {name: mx.sym.Variable(name) for name in self.operator.input_names}
        return function(self.op)(name="t", **variables, **self.params)

    def full_arrays(self, dtype: str | None = None) -> dict[str, np.ndarray]:
        """Arrays for all inputs and auxiliary states; what is not given is inferred.

        Given arrays of floats, too, are converted to ``dtype``.
        """
        found = {
            name: value.astype(dtype) if dtype and value.dtype.kind == "f" else value
            for name, value in self.arrays(dtype).items()
        }
        symbol = self.symbol()
        names = symbol.list_arguments(), symbol.list_auxiliary_states()
        shapes = symbol.infer_shape_partial(**{k: v.shape for k, v in found.items() if v.ndim})
        types = symbol.infer_type_partial(**{k: v.dtype.name for k, v in found.items()})
        rng = np.random.RandomState(1)
        for group, index in ((names[0], 0), (names[1], 2)):
            for name, shape, kind in zip(group, shapes[index], types[index], strict=True):
                if name not in found:
                    made = rng.uniform(self.low, self.high, shape)
                    found[name] = made.astype(kind or dtype or self.dtype)
        return found

    def expected(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """What the reference gives for these arrays, computed in float64."""
        wide = {k: v.astype("float64") if v.dtype.kind == "f" else v for k, v in arrays.items()}
        result = self.reference(**wide)
        results = result if isinstance(result, (tuple, list)) else (result,)
        return tuple(np.asarray(value) for value in results)


def all_samples() -> list[Sample]:
    """The samples of all tables, in the order of the files."""
    found: list[Sample] = []
    for module in sorted(
        info.name for info in pkgutil.iter_modules([str(Path(__file__).parent / "samples")])
    ):
        found += importlib.import_module(f"ops.samples.{module}").SAMPLES
    return found
