"""Cells around cells: dropout, zoneout, residual connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import symbol
from ..base import numeric_types
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, normalize_sequence

__all__ = ["DropoutCell", "ModifierCell", "ResidualCell", "ZoneoutCell"]


class DropoutCell(BaseRNNCell):
    """Dropout between the cells of a stack; it has no state.

    Raises AssertionError for a probability that is not a number.
    """

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None):
        super().__init__(prefix, params)
        assert isinstance(dropout, numeric_types), "dropout probability must be a number"
        self.dropout = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return []

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        if self.dropout > 0:
            inputs = symbol.Dropout(data=inputs, p=self.dropout)
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Drop out of all steps; of one symbol where they are one."""
        self.reset()
        inputs, _ = normalize_sequence(length, inputs, layout, merge_outputs)
        if isinstance(inputs, Symbol):
            return self(inputs, [])
        return super().unroll(length, inputs, begin_state, layout, merge_outputs)


class ModifierCell(BaseRNNCell):
    """A cell that changes what another one does; it has the parameters of that one.

    The base cell cannot be called on its own any more.
    """

    def __init__(self, base_cell: BaseRNNCell):
        super().__init__()
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> RNNParams:
        """The parameters of the base cell."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return self.base_cell.state_info

    def begin_state(self, init_sym: Callable = symbol.zeros, **kwargs: Any) -> list[Symbol]:  # type: ignore[override]
        """The first states of the base cell."""
        self._check_unmodified()
        self.base_cell._modified = False
        try:
            return self.base_cell.begin_state(init_sym, **kwargs)
        finally:
            self.base_cell._modified = True

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What the base cell makes of them."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What the base cell makes of them."""
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """Keep some elements of outputs and states as they were a step before, Krueger et al. 2016.

    Parameters: the probabilities of that. Raises AssertionError for cells that cannot be stepped.
    """

    def __init__(
        self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0
    ):
        from .fused import FusedRNNCell
        from .stacks import BidirectionalCell, SequentialRNNCell

        assert not isinstance(base_cell, FusedRNNCell), (
            "FusedRNNCell doesn't support zoneout. Please unfuse first."
        )
        inner = base_cell._cells if isinstance(base_cell, SequentialRNNCell) else [base_cell]
        assert not any(isinstance(cell, BidirectionalCell) for cell in inner), (
            "BidirectionalCell doesn't support zoneout since it doesn't support step. Please add"
            " ZoneoutCell to the cells underneath instead."
        )
        self.prev_output: Symbol | None = None
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states

    def reset(self) -> None:
        """Forget the output of the step before; the base cell goes on counting, as in 1.x."""
        super().reset()
        self.prev_output = None

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        output, next_states = self.base_cell(inputs, states)
        before = symbol.zeros((0, 0)) if self.prev_output is None else self.prev_output
        if self.zoneout_outputs:
            output = self._mixed(self.zoneout_outputs, output, before)
        if self.zoneout_states:
            next_states = [
                self._mixed(self.zoneout_states, new, old) for new, old in zip(next_states, states)
            ]
        self.prev_output = output
        return output, next_states

    def _mixed(self, probability: float, new: Symbol, old: Symbol) -> Symbol:
        mask = symbol.Dropout(symbol.ones_like(new), p=probability)
        return symbol.where(mask, new, old)


class ResidualCell(ModifierCell):
    """Add the input to the output, He et al. 2015; they need the same shape."""

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        output, states = self.base_cell(inputs, states)
        return _plus(output, inputs), states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Unroll the base cell and add the inputs to its outputs."""
        self.reset()
        self.base_cell._modified = False
        try:
            outputs, states = self.base_cell.unroll(
                length, inputs, begin_state, layout, merge_outputs
            )
        finally:
            self.base_cell._modified = True
        merged = isinstance(outputs, Symbol)
        inputs, _ = normalize_sequence(length, inputs, layout, merged)
        if merged:
            return _plus(outputs, inputs), states
        return [_plus(output, item) for output, item in zip(outputs, inputs)], states


def _plus(output: Symbol, inputs: Symbol) -> Symbol:
    return symbol.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
