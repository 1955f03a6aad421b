"""Cells whose input and states are maps, and whose products are convolutions; Shi et al. 2015."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .. import symbol
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams
from .cells import gated_unit, memory

__all__ = ["BaseConvRNNCell", "ConvGRUCell", "ConvLSTMCell", "ConvRNNCell"]

_LEAKY = partial(symbol.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(BaseRNNCell):
    """What the convolutional cells share.

    Parameters: ``input_shape``: the shape of the input of one step, with its batch, in
    ``conv_layout``; ``num_hidden``: the channels of a state; kernels, strides, padding and dilation
    of the convolutions of input and state (that of the state keeps its size: odd kernels only);
    initializers of the parameters; ``activation``: a name, or a function of symbols.
    """

    _states = 1

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: tuple[int, ...],
        h2h_dilate: tuple[int, ...],
        i2h_kernel: tuple[int, ...],
        i2h_stride: tuple[int, ...],
        i2h_pad: tuple[int, ...],
        i2h_dilate: tuple[int, ...],
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        activation: Any,
        prefix: str = "",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ):
        super().__init__(prefix, params)
        assert all(size % 2 for size in h2h_kernel), (
            f"Only support odd number, get h2h_kernel= {h2h_kernel}"
        )
        self._num_hidden, self._activation, self._conv_layout = num_hidden, activation, conv_layout
        self._h2h = {
            "kernel": h2h_kernel,
            "dilate": h2h_dilate,
            "pad": tuple(d * (k - 1) // 2 for k, d in zip(h2h_kernel, h2h_dilate)),
            "stride": (1,) * len(h2h_kernel),
        }
        self._i2h = {
            "kernel": i2h_kernel, "stride": i2h_stride, "pad": i2h_pad, "dilate": i2h_dilate,
        }  # fmt: skip
        self._state_shape = self._map_shape(input_shape)
        self._iW = self.params.get("i2h_weight", init=i2h_weight_initializer)
        self._hW = self.params.get("h2h_weight", init=h2h_weight_initializer)
        self._iB = self.params.get("i2h_bias", init=i2h_bias_initializer)
        self._hB = self.params.get("h2h_bias", init=h2h_bias_initializer)

    def _map_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a state, 0 for the batch; MXNetError where the input does not fit."""
        maps = symbol.Convolution(
            data=symbol.Variable("data"),
            num_filter=self._num_hidden,
            layout=self._conv_layout,
            **self._i2h,
        )
        return (0, *maps.infer_shape_partial(data=tuple(input_shape))[1][0][1:])

    @property
    def state_info(self) -> list[dict[str, Any]]:
        info = {"shape": self._state_shape, "__layout__": self._conv_layout}
        return [dict(info) for _ in range(self._states)]

    def _convolutions(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        """What the input and the state contribute to all gates."""
        shared = {"num_filter": self._num_hidden * self._num_gates, "layout": self._conv_layout}
        i2h = symbol.Convolution(
            data=inputs, weight=self._iW, bias=self._iB, name=f"{name}i2h", **self._i2h, **shared
        )
        h2h = symbol.Convolution(
            data=state, weight=self._hW, bias=self._hB, name=f"{name}h2h", **self._h2h, **shared
        )
        return i2h, h2h


def _starting_with(default: str) -> Callable[..., None]:
    """The constructor of a cell, with the defaults of all and one for the prefix of its names."""

    def __init__(
        self: BaseConvRNNCell,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: tuple[int, ...] = (3, 3),
        h2h_dilate: tuple[int, ...] = (1, 1),
        i2h_kernel: tuple[int, ...] = (3, 3),
        i2h_stride: tuple[int, ...] = (1, 1),
        i2h_pad: tuple[int, ...] = (1, 1),
        i2h_dilate: tuple[int, ...] = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = _LEAKY,
        prefix: str = default,
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        BaseConvRNNCell.__init__(
            self, input_shape, num_hidden, h2h_kernel, h2h_dilate, i2h_kernel, i2h_stride, i2h_pad,
            i2h_dilate, i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer,
            h2h_bias_initializer, activation, prefix, params, conv_layout,
        )  # fmt: skip

    return __init__


class ConvRNNCell(BaseConvRNNCell):
    """The plain cell with convolutions; parameters as of ``BaseConvRNNCell``."""

    __init__ = _starting_with("ConvRNN_")

    @property
    def _gate_names(self) -> tuple[str, ...]:
        return ("",)

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._convolutions(inputs, states[0], name)
        output = self._get_activation(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class ConvLSTMCell(BaseConvRNNCell):
    """Long short-term memory with convolutions; parameters as of ``BaseConvRNNCell``."""

    _states = 2

    __init__ = _starting_with("ConvLSTM_")

    @property
    def _gate_names(self) -> list[str]:
        return ["_i", "_f", "_c", "_o"]

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        i2h, h2h = self._convolutions(inputs, states[0], name)
        axis = self._conv_layout.find("C")
        gates = symbol.SliceChannel(i2h + h2h, num_outputs=4, axis=axis, name=f"{name}slice")
        return memory(self, gates, states[1], self._activation, name)


class ConvGRUCell(BaseConvRNNCell):
    """Gated recurrent unit with convolutions; parameters as of ``BaseConvRNNCell``."""

    __init__ = _starting_with("ConvGRU_")

    @property
    def _gate_names(self) -> list[str]:
        return ["_r", "_z", "_o"]

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        name = self._step_name()
        parts = self._convolutions(inputs, states[0], name)
        axis = self._conv_layout.find("C")
        where = {} if axis == 1 else {"axis": axis}  # 1.x writes no axis, and is wrong for others
        return gated_unit(self, parts, states[0], self._activation, name, **where)
