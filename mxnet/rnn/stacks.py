"""Cells made of cells: on top of each other, and in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import symbol
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, normalize_sequence

__all__ = ["BidirectionalCell", "SequentialRNNCell"]


class _Compound(BaseRNNCell):
    """A cell that consists of others, and has their parameters and states."""

    _cells: list[BaseRNNCell]

    def __init__(self, prefix: str, params: RNNParams | None):
        super().__init__(prefix, params)
        self._override_cell_params = params is not None
        self._cells = []

    def reset(self) -> None:
        """Begin to count anew, in all cells."""
        super().reset()
        for cell in self.__dict__.get("_cells", ()):
            cell.reset()

    def _take(self, cell: BaseRNNCell) -> None:
        if self._override_cell_params:
            assert cell._own_params, (
                f"Either specify params for {type(self).__name__} or child cells, not both."
            )
            cell.params._params.update(self.params._params)
        self.params._params.update(cell.params._params)
        self._cells.append(cell)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, **kwargs: Any) -> list[Symbol]:  # type: ignore[override]
        """The first states of all cells."""
        self._check_unmodified()
        return [state for cell in self._cells for state in cell.begin_state(**kwargs)]

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What all cells make of them."""
        for cell in self._cells:
            args = cell.unpack_weights(args)
        return dict(args)

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What all cells make of them."""
        for cell in self._cells:
            args = cell.pack_weights(args)
        return dict(args)

    def _with_states(self, states: list[Symbol]) -> Iterator[tuple[BaseRNNCell, list[Symbol]]]:
        """Each cell with its own states."""
        start = 0
        for cell in self._cells:
            end = start + len(cell.state_info)
            yield cell, states[start:end]
            start = end


class SequentialRNNCell(_Compound):
    """Cells on top of each other; ``add`` puts one more on."""

    def __init__(self, params: RNNParams | None = None):
        super().__init__("", params)

    def add(self, cell: BaseRNNCell) -> None:
        """Put a cell on top of the others."""
        self._take(cell)

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        self._counter += 1
        next_states: list[Symbol] = []
        for cell, own in self._with_states(states):
            assert not isinstance(cell, BidirectionalCell), (
                "BidirectionalCell cannot be stepped. Please use unroll"
            )
            inputs, own = cell(inputs, own)
            next_states += own
        return inputs, next_states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Unroll one cell after the other; see ``BaseRNNCell.unroll``."""
        self.reset()
        states = self.begin_state() if begin_state is None else begin_state
        next_states: list[Symbol] = []
        for cell, own in self._with_states(states):
            merge = merge_outputs if cell is self._cells[-1] else None
            inputs, own = cell.unroll(length, inputs, own, layout, merge)
            next_states += own
        return inputs, next_states


class BidirectionalCell(_Compound):
    """Two cells over the same sequence, one forwards and one backwards, outputs side by side.

    Schuster and Paliwal 1997. Parameters: the cells, ``output_prefix`` for the names of the outputs.
    """

    def __init__(
        self,
        l_cell: BaseRNNCell,
        r_cell: BaseRNNCell,
        params: RNNParams | None = None,
        output_prefix: str = "bi_",
    ):
        super().__init__("", params)
        self._output_prefix = output_prefix
        self._take(l_cell)
        self._take(r_cell)

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        raise NotImplementedError("Bidirectional cannot be stepped. Please use unroll")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Unroll both cells and join their outputs; see ``BaseRNNCell.unroll``.

        The states are two lists, those of the two cells.
        """
        self.reset()
        steps, axis = normalize_sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else begin_state
        (l_cell, l_begin), (r_cell, r_begin) = self._with_states(states)
        left, l_states = l_cell.unroll(length, steps, l_begin, layout, merge_outputs)
        right, r_states = r_cell.unroll(length, steps[::-1], r_begin, layout, merge_outputs)
        if merge_outputs is None:
            merge_outputs = isinstance(left, Symbol) and isinstance(right, Symbol)
        left, right = (
            normalize_sequence(length, side, layout, merge_outputs)[0] for side in (left, right)
        )
        if merge_outputs:
            right = symbol.reverse(right, axis=axis)
            outputs = symbol.Concat(left, right, dim=2, name=f"{self._output_prefix}out")
        else:
            outputs = [
                symbol.Concat(one, other, dim=1, name=f"{self._output_prefix}t{step}")
                for step, (one, other) in enumerate(zip(left, right[::-1]))
            ]
        return outputs, [l_states, r_states]  # type: ignore[list-item]
