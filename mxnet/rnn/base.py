"""What recurrent cells share: parameters by name, first states, unrolling, packing of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import symbol
from ..symbol import Symbol

__all__ = ["BaseRNNCell", "RNNParams", "normalize_sequence"]


class RNNParams:
    """The variables of cells, by name; cells that are given the same object share weights."""

    def __init__(self, prefix: str = ""):
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """The variable ``prefix + name``, made at the first call with the given keywords."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = symbol.Variable(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """A function of an input and states that gives an output and the next states.

    Parameters: ``prefix`` begins the names of everything that the cell makes; ``params`` is an
    RNNParams to share weights with other cells.
    """

    def __init__(self, prefix: str = "", params: RNNParams | None = None):
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Begin to count steps and first states anew, before the cell is unrolled again."""
        self._init_counter = -1
        self._counter = -1

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step: the output and the next states."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(inputs, states)")

    @property
    def params(self) -> RNNParams:
        """The parameters; from now on the cell counts as sharing them."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape (0 for the batch) and layout of each state."""
        raise NotImplementedError(f"{type(self).__name__} must define state_info")

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shape of each state."""
        return [info["shape"] for info in self.state_info]

    @property
    def _gate_names(self) -> Sequence[str]:
        return ()

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    def _check_unmodified(self) -> None:
        assert not self._modified, (
            "After applying modifier cells (e.g. DropoutCell) the base cell cannot be called"
            " directly. Call the modifier cell instead."
        )

    def begin_state(self, func: Callable = symbol.zeros, **kwargs: Any) -> list[Symbol]:
        """The first states: what ``func(name=..., shape=...)`` gives, by default zeros.

        Raises AssertionError for a cell inside of a modifier, which has to be asked instead.
        """
        self._check_unmodified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            name = f"{self._prefix}begin_state_{self._init_counter}"
            states.append(func(name=name, **{**kwargs, **info}))
        return states

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters in which each gate has matrices of its own, ``<prefix>i2h_i_weight``..."""
        args = dict(args)
        if not self._gate_names:
            return args
        for group in ("i2h", "h2h"):
            for kind in ("weight", "bias"):
                packed = args.pop(f"{self._prefix}{group}_{kind}")
                size = packed.shape[0] // self._num_gates
                for number, gate in enumerate(self._gate_names):
                    name = f"{self._prefix}{group}{gate}_{kind}"
                    args[name] = packed[number * size : (number + 1) * size].copy()
        return args

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The reverse of ``unpack_weights``."""
        args = dict(args)
        if not self._gate_names:
            return args
        from ..ndarray.register import function

        concat = function("concat")
        for group in ("i2h", "h2h"):
            for kind in ("weight", "bias"):
                names = [f"{self._prefix}{group}{gate}_{kind}" for gate in self._gate_names]
                args[f"{self._prefix}{group}_{kind}"] = concat(*map(args.pop, names), dim=0)
        return args

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Apply the cell ``length`` times.

        Parameters: ``inputs``: one symbol of all steps, with the axes of ``layout``, or a list with a
        symbol a step; ``begin_state``: by default that of ``begin_state()``; ``merge_outputs``:
        whether the outputs become one symbol (True) or a list (False); None leaves them as they are.
        Returns the outputs and the last states.
        """
        self.reset()
        steps, _ = normalize_sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
        return normalize_sequence(length, outputs, layout, merge_outputs)[0], states

    def _get_activation(self, inputs: Symbol, activation: Any, **kwargs: Any) -> Symbol:
        """An activation given by name, or as a function of symbols."""
        if isinstance(activation, str):
            return symbol.Activation(inputs, act_type=activation, **kwargs)
        return activation(inputs, **kwargs)

    def _step_name(self) -> str:
        """What the names of the next step begin with."""
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


def normalize_sequence(
    length: int | None, inputs: Any, layout: str, merge: bool | None
) -> tuple[Any, int]:
    """Inputs as one symbol (``merge``), as a list (not ``merge``), or as they are (None).

    Returns them and the axis of time. Raises AssertionError where they do not fit.
    """
    assert inputs is not None, (
        "unroll(inputs=None) has been deprecated. Please create input variables outside unroll."
    )
    axis = layout.find("T")
    if isinstance(inputs, Symbol):
        if merge is False:
            assert len(inputs) == 1, (
                "unroll doesn't allow grouped symbol as input. Please convert to list with"
                " list(inputs) first or let unroll handle splitting."
            )
            inputs = list(symbol.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))
        return inputs, axis
    assert length is None or len(inputs) == length, f"{len(inputs)} inputs for {length} steps"
    if merge:
        inputs = [symbol.expand_dims(item, axis=axis) for item in inputs]
        inputs = symbol.Concat(*inputs, dim=axis)
    return inputs, axis
