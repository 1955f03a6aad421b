"""Initializers of recurrent cells."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .base import InitDesc, Initializer, create, register

__all__ = ["GATES", "FusedRNN", "LSTMBias"]


@register
class LSTMBias(Initializer):
    """Zeros, but ``forget_bias`` for the second quarter: the forget gate of an LSTM."""

    def __init__(self, forget_bias: float = 1.0):
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, name, arr):
        arr[:] = 0.0
        hidden = arr.shape[0] // 4
        arr[hidden : 2 * hidden] = self.forget_bias


# The endings that 1.x gives the names of single gates, in their order in the parameters.
GATES = {
    "rnn_relu": [""],
    "rnn_tanh": [""],
    "lstm": ["_i", "_f", "_c", "_o"],
    "gru": ["_r", "_z", "_o"],
}


@register
class FusedRNN(Initializer):
    """Fills the packed parameter vector of the RNN operator, gate by gate.

    Parameters: ``init``: for each part, under the name it has in unfused cells; that of the whole
    network if None; the others as of ``mx.rnn.FusedRNNCell``. Raises AssertionError where the
    vector does not have a size that fits them.
    """

    def __init__(
        self,
        init,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ):
        init = create(init) if isinstance(init, str) else init
        super().__init__(
            init=None if init is None else init.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )
        self._init = init
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode = mode
        self._bidirectional = bidirectional
        self._forget_bias = forget_bias

    def _init_weight(self, desc, arr):
        global_init = getattr(desc, "global_init", None)
        init = self._init or global_init
        if init is None or init is self:
            raise ValueError(f"{desc}: FusedRNN without init needs an initializer of the network")
        start = 0
        for name, shape in self.parts(arr.shape[0]):
            part = arr[start : start + math.prod(shape)].reshape(shape)
            start += math.prod(shape)
            if self._mode == "lstm" and name.endswith("_f_bias"):
                part[:] = self._forget_bias
            else:
                init(InitDesc(name, global_init=global_init), part)

    @property
    def _directions(self) -> list[str]:
        return ["l", "r"] if self._bidirectional else ["l"]

    @property
    def _per_feature(self) -> int:
        """How many elements each feature of the data adds."""
        return self._num_hidden * len(GATES[self._mode]) * len(self._directions)

    def size(self, features: int) -> int:
        """The size of the vector for data with so many features."""
        hidden, layers = self._num_hidden, self._num_layers
        width = hidden * len(self._directions)
        return self._per_feature * (features + layers * (hidden + 2) + (layers - 1) * width)

    def parts(self, size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes in their order in a vector of this size: all weights, then all biases.

        Raises AssertionError for a size that does not fit.
        """
        hidden, gates = self._num_hidden, GATES[self._mode]
        width = hidden * len(self._directions)
        cells = [f"{d}{layer}" for layer in range(self._num_layers) for d in self._directions]
        first, remainder = divmod(size - self.size(0), self._per_feature)
        if first < 1 or remainder:
            raise AssertionError(
                f"Invalid parameters size for FusedRNNCell: {size} does not fit {self._kwargs}"
            )
        for cell in cells:
            columns = {"i2h": first if cell[1:] == "0" else width, "h2h": hidden}
            for kind, count in columns.items():
                for gate in gates:
                    yield f"{cell}_{kind}{gate}_weight", (hidden, count)
        for cell in cells:
            for kind in ("i2h", "h2h"):
                for gate in gates:
                    yield f"{cell}_{kind}{gate}_bias", (hidden,)
