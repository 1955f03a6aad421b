"""The cells themselves: plain, long short-term memory, gated recurrent units."""

from __future__ import annotations

from typing import Any

from .. import symbol
from ..initializer import LSTMBias
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "gated_unit", "memory"]


class _DenseCell(BaseRNNCell):
    """A cell whose input and state each pass through a fully connected layer."""

    _states = 1

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None, **bias: Any):
        super().__init__(prefix, params)
        self._num_hidden = num_hidden
        self._iW = self.params.get("i2h_weight")
        self._iB = self.params.get("i2h_bias", **bias)
        self._hW = self.params.get("h2h_weight")
        self._hB = self.params.get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        shape = (0, self._num_hidden)
        return [{"shape": shape, "__layout__": "NC"} for _ in range(self._states)]

    def _projections(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        """What the input and the state contribute to all gates."""
        width = self._num_hidden * self._num_gates
        i2h = symbol.FullyConnected(
            data=inputs, weight=self._iW, bias=self._iB, num_hidden=width, name=f"{name}i2h"
        )
        h2h = symbol.FullyConnected(
            data=state, weight=self._hW, bias=self._hB, num_hidden=width, name=f"{name}h2h"
        )
        return i2h, h2h


class RNNCell(_DenseCell):
    """h = activation(W x + b + R h + c), Elman 1990.

    Parameters: ``num_hidden``: the size of the state; ``activation``: a name, or a function of symbols.
    """

    def __init__(
        self,
        num_hidden: int,
        activation: Any = "tanh",
        prefix: str = "rnn_",
        params: RNNParams | None = None,
    ):
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    @property
    def _gate_names(self) -> tuple[str, ...]:
        return ("",)

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._projections(inputs, states[0], name)
        output = self._get_activation(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class LSTMCell(_DenseCell):
    """Long short-term memory, Hochreiter and Schmidhuber 1997, with forget gates.

    Parameters: ``num_hidden``: the size of the state; ``forget_bias``: the first bias of the forget
    gate, Jozefowicz et al. 2015. The states are the output and the cell.
    """

    _states = 2

    def __init__(
        self,
        num_hidden: int,
        prefix: str = "lstm_",
        params: RNNParams | None = None,
        forget_bias: float = 1.0,
    ):
        super().__init__(num_hidden, prefix, params, init=LSTMBias(forget_bias=forget_bias))

    @property
    def _gate_names(self) -> list[str]:
        return ["_i", "_f", "_c", "_o"]

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._projections(inputs, states[0], name)
        gates = symbol.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice")
        return memory(self, gates, states[1], "tanh", name)


class GRUCell(_DenseCell):
    """Gated recurrent unit, Cho et al. 2014, with the reset gate after the product as in cuDNN."""

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None):
        super().__init__(num_hidden, prefix, params)

    @property
    def _gate_names(self) -> list[str]:
        return ["_r", "_z", "_o"]

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        parts = self._projections(inputs, states[0], f"{name}_")
        return gated_unit(self, parts, states[0], "tanh", name)


def memory(
    cell: BaseRNNCell, gates: Symbol, state: Symbol, activation: Any, name: str
) -> tuple[Symbol, list[Symbol]]:
    """The output and states of a step of long short-term memory, from the sums for its gates."""
    in_gate = symbol.Activation(gates[0], act_type="sigmoid", name=f"{name}i")
    forget_gate = symbol.Activation(gates[1], act_type="sigmoid", name=f"{name}f")
    update = cell._get_activation(gates[2], activation, name=f"{name}c")
    out_gate = symbol.Activation(gates[3], act_type="sigmoid", name=f"{name}o")
    kept, added = forget_gate * state, in_gate * update
    new_state = symbol.elemwise_add(kept, added, name=f"{name}state")
    seen = cell._get_activation(new_state, activation)
    output = symbol.elemwise_mul(out_gate, seen, name=f"{name}out")
    return output, [output, new_state]


def gated_unit(
    cell: BaseRNNCell,
    parts: tuple[Symbol, Symbol],
    state: Symbol,
    activation: Any,
    name: str,
    **where: int,
) -> tuple[Symbol, list[Symbol]]:
    """The output and state of a step of a gated unit, from what input and state contribute.

    ``where`` may say along which axis the gates lie.
    """
    i2h, h2h = (
        symbol.SliceChannel(part, num_outputs=3, name=f"{name}_{kind}_slice", **where)
        for part, kind in zip(parts, ("i2h", "h2h"))
    )
    reset = symbol.Activation(i2h[0] + h2h[0], act_type="sigmoid", name=f"{name}_r_act")
    keep = symbol.Activation(i2h[1] + h2h[1], act_type="sigmoid", name=f"{name}_z_act")
    new = cell._get_activation(i2h[2] + reset * h2h[2], activation, name=f"{name}_h_act")
    changed, kept = (1.0 - keep) * new, keep * state
    output = symbol.elemwise_add(changed, kept, name=f"{name}out")
    return output, [output]
