"""Layers of cells over whole sequences, as one operator."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from .. import symbol
from ..initializer.recurrent import GATES, FusedRNN
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, normalize_sequence
from .cells import GRUCell, LSTMCell, RNNCell
from .modifiers import DropoutCell
from .stacks import BidirectionalCell, SequentialRNNCell

__all__ = ["FusedRNNCell"]


class FusedRNNCell(BaseRNNCell):
    """Recurrent layers that are computed by the operator ``RNN``: several times as fast as steps.

    Parameters: ``num_hidden``: the size of a state; ``num_layers``; ``mode``: "rnn_relu", "rnn_tanh",
    "lstm" or "gru"; ``bidirectional``; ``dropout``: between layers; ``get_next_state``: whether
    unrolling returns the last states; ``forget_bias``: the first bias of the forget gates of "lstm".
    All weights are one vector, ``<prefix>parameters``.
    """

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: str = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ):
        super().__init__(f"{mode}_" if prefix is None else prefix, params)
        self._num_hidden, self._num_layers, self._mode = num_hidden, num_layers, mode
        self._bidirectional, self._dropout = bidirectional, dropout
        self._get_next_state, self._forget_bias = get_next_state, forget_bias
        self._directions = ["l", "r"] if bidirectional else ["l"]
        self._initializer = FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._parameter = self.params.get("parameters", init=self._initializer)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        shape = (len(self._directions) * self._num_layers, 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(1 + (self._mode == "lstm"))]

    @property
    def _gate_names(self) -> list[str]:
        return GATES[self._mode]

    @property
    def _vector_name(self) -> str:
        return str(self._parameter.name)

    def _slices(self, vector: Any) -> Iterator[tuple[str, Any]]:
        """The matrices and biases of single gates, as views of the vector."""
        start = 0
        for name, shape in self._initializer.parts(vector.size):
            size = shape[0] * (shape[1] if len(shape) > 1 else 1)
            yield self._prefix + name, vector[start : start + size].reshape(shape)
            start += size

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters in which each gate has matrices of its own, ``<prefix>l0_i2h_i_weight``...

        Raises AssertionError where the vector does not have a size that fits.
        """
        args = dict(args)
        vector = args.pop(self._vector_name)
        args.update((name, part.copy()) for name, part in self._slices(vector))
        return args

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The reverse of ``unpack_weights``."""
        from ..ndarray import zeros

        args = dict(args)
        first = args[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"]
        size = self._initializer.size(first.shape[1])
        vector = zeros((size,), ctx=first.context, dtype=first.dtype)
        for name, part in self._slices(vector):
            part[:] = args.pop(name)
        args[self._vector_name] = vector
        return args

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        raise NotImplementedError("FusedRNNCell cannot be stepped. Please use unroll")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Symbol]]:
        """Apply the layers to ``length`` steps; see ``BaseRNNCell.unroll``.

        The layout "TNC" saves a transposition; others than that and "NTC" raise AssertionError.
        The states are empty unless the cell was made with ``get_next_state``.
        """
        self.reset()
        data, axis = normalize_sequence(length, inputs, layout, True)
        assert axis in (0, 1), f"Unsupported layout {layout}"
        if axis == 1:
            warnings.warn(
                "NTC layout detected. Consider using TNC for FusedRNNCell for faster speed",
                stacklevel=2,
            )
            data = symbol.swapaxes(data, dim1=0, dim2=1)
        first = self.begin_state() if begin_state is None else begin_state
        rnn = symbol.RNN(
            data=data,
            parameters=self._parameter,
            state_size=self._num_hidden,
            num_layers=self._num_layers,
            bidirectional=self._bidirectional,
            p=self._dropout,
            state_outputs=self._get_next_state,
            mode=self._mode,
            name=f"{self._prefix}rnn",
            **dict(zip(("state", "state_cell"), first)),
        )
        outputs, states = rnn, []
        if self._get_next_state:
            outputs, *states = rnn
            for state in states:
                state._set_attr(__layout__="LNC")
        if axis == 1:
            outputs = symbol.swapaxes(outputs, dim1=0, dim2=1)
        return normalize_sequence(length, outputs, layout, merge_outputs)[0], states

    def unfuse(self) -> SequentialRNNCell:
        """The same layers as cells that make a step at a time; ``unpack_weights`` fits their names."""
        stack = SequentialRNNCell()
        for layer in range(self._num_layers):
            cells = [self._cell(f"{self._prefix}{d}{layer}_") for d in self._directions]
            if self._bidirectional:
                output_prefix = f"{self._prefix}bi_l{layer}_"
                stack.add(BidirectionalCell(cells[0], cells[1], output_prefix=output_prefix))
            else:
                stack.add(cells[0])
            if self._dropout > 0 and layer < self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{layer}_"))
        return stack

    def _cell(self, prefix: str) -> BaseRNNCell:
        if self._mode == "lstm":
            return LSTMCell(self._num_hidden, prefix=prefix, forget_bias=self._forget_bias)
        if self._mode == "gru":
            return GRUCell(self._num_hidden, prefix=prefix)
        return RNNCell(self._num_hidden, self._mode.removeprefix("rnn_"), prefix=prefix)
