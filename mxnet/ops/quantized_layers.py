"""Layers on quantized values: integers of 8 bits in, exact sums of their products out.

Where 1.9.1 on CPUs is at odds with its own ranges, these operators keep the ranges: the range of
``quantized_conv`` with uint8 data and its bias take the scales into account as those of
``quantized_fully_connected`` do, ReLU leaves uint8 as it is, and means of windows and ``fix_gamma``
are those of the float operators.
"""

from functools import partial
from math import prod
from typing import Annotated, Literal

from ..error import MXNetError
from .conv import Convolution
from .core import Aux
from .dense import FullyConnected
from .indexing import Embedding, take_along
from .lazy_torch import F, torch
from .norm import BatchNorm
from .parameters import at_least
from .pool import Pooling, Windows
from .quantize import (
    INT32_STEPS,
    Ranged,
    calibration,
    constants,
    largest_of,
    magnitude,
    per_unit,
    steps_of,
    to_integers,
)
from .shapes import Mismatch, product
from .slicing import Concat

__all__ = [
    "QuantizedActivation",
    "QuantizedAdd",
    "QuantizedBatchNorm",
    "QuantizedConcat",
    "QuantizedConvolution",
    "QuantizedEmbedding",
    "QuantizedFlatten",
    "QuantizedFullyConnected",
    "QuantizedMultiply",
    "QuantizedPooling",
    "QuantizedRNN",
]


def require_bytes(t, *names):
    """State that values are int8 or uint8."""
    for name in names:
        if t.get(name) not in (None, "int8", "uint8"):
            raise Mismatch(f"{name} should be int8 or uint8 but is {t.get(name)}")


def unit_of(tensor, low, high):
    """The real number that the integer 1 stands for."""
    return magnitude(low, high) / steps_of(tensor)


def ratio(steps, own_steps):
    """What integers with ``own_steps`` per unit are multiplied by to have ``steps``."""
    return torch.where(own_steps > 0, steps / own_steps, 0)


def product_range(lhs, rhs, lhs_reach, rhs_reach):
    """The range of int32 products of two quantized tensors with these magnitudes."""
    reach = lhs_reach / largest_of(lhs) * (rhs_reach / largest_of(rhs)) * INT32_STEPS
    return -reach, reach


# -- exact products ---------------------------------------------------------------------------------
_LIMIT = 1 << 24  # up to here float32 has every integer
_native = {}


def native_is_exact(device):
    """Whether the integer product of a device keeps all bits; some CPUs saturate sums of pairs."""
    found = _native.get(device.type)
    if found is None:
        rows = torch.full((32, 64), -128, dtype=torch.int8, device=device)
        weight = torch.full((64, 32), 127, dtype=torch.int8, device=device)
        exact = -128 * 127 * 64
        found = bool((torch._int_mm(rows, weight) == exact).all())
        _native[device.type] = found
    return found


def integer_product(rows, weight):
    """rows · weightᵀ in int32: rows (m, k) int8 or uint8, weight (n, k) int8 -> (m, n)."""
    m, k, n = *rows.shape, weight.shape[0]
    if not (m and k and n):
        return torch.zeros((m, n), dtype=torch.int32, device=rows.device)
    if k == 1:  # torch's kernel misreads columns of one element
        return rows.to(torch.int32) * weight.to(torch.int32).t()
    if not native_is_exact(rows.device):
        return product_in_parts(rows, weight)
    shift = 0
    if rows.dtype == torch.uint8:
        rows = rows.bitwise_xor(128).view(torch.int8)  # less by 128
        shift = 128 * weight.sum(1, dtype=torch.int32)
    if rows.device.type != "cpu":  # whose kernel takes any sizes; those of GPUs need multiples
        rows = F.pad(rows, (0, -k % 8, 0, max(-m % 8, 24 - m)))
        weight = F.pad(weight, (0, -k % 8, 0, -n % 8))
    return torch._int_mm(rows.contiguous(), weight.t())[:m, :n] + shift


def product_in_parts(rows, weight):
    """The same in float32, in parts whose sums float32 holds exactly."""
    k = rows.shape[1]
    step = _LIMIT // (255 * 128)
    total = torch.zeros((rows.shape[0], weight.shape[0]), dtype=torch.int32, device=rows.device)
    for begin in range(0, k, step):
        part = slice(begin, begin + step)
        total += torch.mm(rows[:, part].float(), weight[:, part].float().t()).to(torch.int32)
    return total


class Product(Ranged, abstract=True):
    """What the layers with weights share: they add int32 products and, if there is one, a bias."""

    gradient = backward = None
    memory_format = None
    precision = "widest"  # integers

    def inputs(self):
        names = ("data", "weight") if self.no_bias else ("data", "weight", "bias")
        return (*names, *(f"{end}_{name}" for name in names for end in ("min", "max")))

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.weight, t.output = "int8", "int32"
        if not self.no_bias:
            t.bias = "int8"
        require_bytes(t, "data")

    def prepare(self, tensors, **requests):
        return partial(self.forward, **dict(zip(self.input_names, tensors, strict=True)))

    def forward(self, data, weight, bias=None, min_data=None, max_data=None, min_weight=None,
                max_weight=None, min_bias=None, max_bias=None):  # fmt: skip
        data_reach = magnitude(min_data, max_data)
        weight_reach = magnitude(min_weight, max_weight)
        if bias is not None:
            steps = per_unit(steps_of(data), data_reach) * per_unit(steps_of(weight), weight_reach)
            scale = steps * unit_of(bias, min_bias, max_bias)
            bias = to_integers((bias.float() * scale).trunc(), torch.int32)
        ends = product_range(data, weight, data_reach, weight_reach)
        return self.sums(data, weight, bias), *ends


class QuantizedFullyConnected(Product, FullyConnected, name="_contrib_quantized_fully_connected"):
    """FullyConnected on integers.

    Shapes: data, weight and bias as of FullyConnected; data int8 or uint8, the others int8, each
    with the ends of its range (1,) -> the sums in int32, and their range.
    """

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        FullyConnected.infer_shape(self, s)

    def sums(self, data, weight, bias):
        """The layer's output, in int32."""
        result = integer_product(self.rows(data), weight)
        if bias is not None:
            result += bias
        return result.view(*self.leading(data), self.num_hidden)


class QuantizedConvolution(Product, Convolution, name="_contrib_quantized_conv"):
    """Convolution on integers.

    Shapes: data, weight and bias as of Convolution; data int8 or uint8, the others int8, each with
    the ends of its range (1,) -> the sums in int32, and their range.
    """

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        Convolution.infer_shape(self, s)

    def sums(self, data, weight, bias):
        """The layer's output, in int32."""
        if not self.channels_last:
            data, weight = data.movedim(1, -1), weight.movedim(1, -1)
        windows, extents = self.windows(data)
        parts = [
            integer_product(rows.reshape(-1, prod(kernels.shape[1:])), kernels.flatten(1))
            for rows, kernels in zip(
                windows.chunk(self.num_group, -1), weight.chunk(self.num_group), strict=True
            )
        ]
        result = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
        if bias is not None:
            result += bias
        result = result.view(len(data), *extents, self.num_filter)
        return result if self.channels_last else result.movedim(-1, 1).contiguous()

    def windows(self, data):
        """The windows of data (n, *k, c): (n, *m, *kernel, c), as a view; and m."""
        stride, pad, dilate = self.geometry()
        padded = F.pad(data, [0, 0, *(n for p in reversed(pad) for n in (p, p))]).contiguous()
        n, *sizes, c = padded.shape
        extents = [
            (size - gap * (k - 1) - 1) // step + 1
            for size, k, step, gap in zip(sizes, self.kernel, stride, dilate, strict=True)
        ]
        batch, *inner, channel = padded.stride()
        strides = (
            batch,
            *(a * b for a, b in zip(inner, stride, strict=True)),
            *(a * b for a, b in zip(inner, dilate, strict=True)),
            channel,
        )
        return padded.as_strided((n, *extents, *self.kernel, c), strides), extents


# -- layers that keep their type ----------------------------------------------------------------------
class Passing(Ranged, abstract=True):
    """What the operators that keep type and range of their data share."""

    gradient = backward = None

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        require_bytes(t, "data")
        t.same("data", "output")

    def forward(self, data, min_data, max_data):
        return self.compute(data), min_data + 0, max_data + 0  # outputs are arrays of their own


class QuantizedPooling(Passing, Pooling, name="_contrib_quantized_pooling"):
    """Pooling on integers: the largest, or the mean rounded to the nearest (ties to even).

    Shapes: as of Pooling; data int8 or uint8, with the ends of its range (1,), which pass.
    """

    memory_format = None

    def check(self):
        if self.pool_type not in ("max", "avg"):
            raise MXNetError(
                f"pool_type {self.pool_type!r} is not available for quantized data: use 'max' or"
                " 'avg', or dequantize first"
            )
        super().check()

    def hidden(self):
        return ()

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        Pooling.infer_shape(self, s)

    def compute(self, data):
        """The layer's output; float32 has all sums over windows of fewer than 65,000 bytes."""
        wide = data.double() if prod(data.shape[2:]) > 1 << 16 else data.float()
        windows = Windows(self, wide)
        if self.pool_type == "max":
            return windows.unview(windows.max()[0]).to(data.dtype)
        if self.global_pool:
            mean = windows.x.mean(tuple(range(2, windows.x.ndim)), keepdim=True)
        else:
            mean = windows.average()
        return to_integers(windows.unview(mean), data.dtype)


class QuantizedActivation(Passing, name="_contrib_quantized_act"):
    """Activation on integers: ReLU.

    Shapes: data (*n) int8 or uint8, with the ends of its range (1,), which pass -> (*n).
    """

    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]
    differentiable = False

    def check(self):
        if self.act_type != "relu":
            raise MXNetError(
                f"act_type {self.act_type!r} is not available for quantized data: use 'relu', or"
                " dequantize first"
            )

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        s.same("data", "output")

    def compute(self, data):
        """The layer's output."""
        return data.clone() if data.dtype == torch.uint8 else data.clamp_min(0)


class QuantizedFlatten(Passing, name="_contrib_quantized_flatten"):
    """Flatten on integers: all axes but the first merged into one.

    Shapes: data (n, *k), with the ends of its range (1,), which pass -> (n, ∏k).
    """

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        if not s.data:
            raise Mismatch("data should have at least 1 dimension")
        s.output = (s.data[0], product(s.data[1:]))

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.same("data", "output")

    def compute(self, data):
        """The layer's output."""
        return data.reshape(len(data), -1).clone()


class QuantizedEmbedding(Ranged, Embedding, name="_contrib_quantized_embedding"):
    """Embedding with a weight of integers.

    Shapes: data (*n), weight (input_dim, output_dim) int8, with the ends of its range (1,), which
    pass -> (*n, output_dim) int8. ``dtype`` is that of the embedding before it was quantized.
    """

    gradient = None

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        super().infer_shape(s)

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.weight = t.output = "int8"

    def forward(self, data, weight, min_weight, max_weight):
        return take_along(weight, data, 0, "clip", None), min_weight + 0, max_weight + 0


class QuantizedBatchNorm(Ranged, BatchNorm, name="_contrib_quantized_batch_norm"):
    """BatchNorm with moving statistics on integers; the range of the result is the calibrated one.

    Shapes: as of BatchNorm; data int8 or uint8, with the ends of its range (1,) -> int8.
    """

    gradient = backward = None
    memory_format = None
    mutates = ()
    outputs = Ranged.outputs
    hidden = ()

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        s.same("data", "output")
        s.same("gamma", "beta", "moving_mean", "moving_var")
        if not -len(s.data) <= self.axis < len(s.data):
            raise Mismatch(f"axis {self.axis} is out of range for data of shape {s.data}")
        s.gamma = (s.data[self.axis],)
        s.same("gamma", "beta", "moving_mean", "moving_var")

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.gamma = t.beta = t.moving_mean = t.moving_var = "float32"
        t.output = "int8"
        require_bytes(t, "data")

    def forward(self, data, gamma, beta, moving_mean: Aux, moving_var: Aux, min_data, max_data):
        found = calibration(self)
        if not found:
            raise MXNetError(
                "quantized_batch_norm needs min_calib_range and max_calib_range, the range of its"
                " result"
            )
        low, high = constants(found, data)
        factor = (moving_var + self.eps).rsqrt()
        if not self.fix_gamma:
            factor = factor * gamma
        steps = per_unit(127.5, magnitude(low, high))
        scale = factor * unit_of(data, min_data, max_data) * steps
        shift = (beta - moving_mean * factor) * steps
        shape = [1] * data.ndim
        shape[self.axis] = -1
        result = data.float() * scale.view(shape) + shift.view(shape)
        return to_integers(result, torch.int8), low, high


# -- several quantized arrays -------------------------------------------------------------------------
class QuantizedConcat(Ranged, Concat, name="_contrib_quantized_concat"):
    """Concat on integers, in the range that holds those of all parts.

    Inputs: ``num_args`` arrays, int8 or uint8, then the two ends of the range of each, (1,). The
    result is uint8 if all parts are, else int8.
    """

    gradient = None

    def inputs(self):
        return [f"arg{i}" for i in range(3 * self.num_args)]

    @property
    def groups(self):
        names = self.input_names
        return {"data": names[: self.num_args], "ends": names[self.num_args :]}

    def ranges(self):
        return [*self.groups["ends"], "min_output", "max_output"]

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        super().infer_shape(s)

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        names = self.groups["data"]
        require_bytes(t, *names)
        found = [t.get(name) for name in names]
        if "int8" in found:
            t.output = "int8"
        elif None not in found:
            t.output = "uint8"

    def forward(self, *data):
        parts, ends = data[: self.num_args], data[self.num_args :]
        lows, highs = ends[::2], ends[1::2]
        low, high = torch.cat(lows).amin(0, True), torch.cat(highs).amax(0, True)
        narrow = all(part.dtype == torch.uint8 for part in parts)
        dtype = torch.uint8 if narrow else torch.int8
        steps = per_unit(255.5 if narrow else 127.5, magnitude(low, high))
        scaled = [
            to_integers(
                part.float() * ratio(steps, per_unit(steps_of(part), magnitude(*own))), dtype
            )
            for part, *own in zip(parts, lows, highs, strict=True)
        ]
        return torch.cat(scaled, self.dim), low, high


class Pair(Ranged, abstract=True):
    """What the arithmetic of two quantized arrays shares."""

    min_calib_range: float | None = None
    max_calib_range: float | None = None

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        s.same("lhs", "rhs", "output")


class QuantizedAdd(Pair, name="_contrib_quantized_elemwise_add"):
    """The sum of two quantized arrays.

    Shapes: lhs, rhs (*n) int8 or uint8, with the ends of their ranges (1,) -> (*n) and its range.
    With a calibrated range the result is uint8 if both terms are, else int8; without one it is
    int32 and its range is the sum of theirs.
    """

    differentiable = False

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        require_bytes(t, "lhs", "rhs")
        if not calibration(self):
            t.output = "int32"
        else:
            t.output = "uint8" if t.lhs == t.rhs == "uint8" else "int8"

    def forward(self, lhs, rhs, lhs_min, lhs_max, rhs_min, rhs_max):
        found = calibration(self)
        if found:
            low, high = constants(found, lhs)
            dtype = torch.uint8 if lhs.dtype == rhs.dtype == torch.uint8 else torch.int8
            steps = 255.5 if dtype == torch.uint8 else 127.5
        else:
            high = magnitude(lhs_min, lhs_max) + magnitude(rhs_min, rhs_max)
            low, dtype, steps = -high, torch.int32, INT32_STEPS
        steps = per_unit(steps, magnitude(low, high))
        total = lhs.float() * (unit_of(lhs, lhs_min, lhs_max) * steps)
        total += rhs.float() * (unit_of(rhs, rhs_min, rhs_max) * steps)
        return to_integers(total, dtype), low, high


class QuantizedMultiply(Pair, name="_contrib_quantized_elemwise_mul"):
    """The product of two quantized arrays.

    Shapes: lhs, rhs (*n) int8 or uint8, with the ends of their ranges (1,) -> (*n) and its range:
    int8 with fractions cut off where there is a calibrated range, else the products in int32; or,
    with ``enable_float_output``, real numbers and no range.
    """

    enable_float_output: bool = False

    def outputs(self):
        return ("output",) if self.enable_float_output else Ranged.outputs

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        require_bytes(t, "lhs", "rhs")
        if self.enable_float_output:
            t.output = "float32"
        else:
            t.output = "int8" if calibration(self) else "int32"

    def forward(self, lhs, rhs, lhs_min, lhs_max, rhs_min, rhs_max):
        products = lhs.to(torch.int32) * rhs
        unit = unit_of(lhs, lhs_min, lhs_max) * unit_of(rhs, rhs_min, rhs_max)
        if self.enable_float_output:
            return products * unit
        found = calibration(self)
        if not found:
            reaches = magnitude(lhs_min, lhs_max), magnitude(rhs_min, rhs_max)
            return products, *product_range(lhs, rhs, *reaches)
        low, high = constants(found, lhs)
        scaled = products * (unit * per_unit(127.5, magnitude(low, high)))
        return to_integers(scaled.trunc(), torch.int8), low, high


class QuantizedRNN(Ranged, name="_contrib_quantized_rnn"):
    """A recurrent network (LSTM) on data that ``quantize_asym`` made uint8.

    Shapes: data (t, n, c) uint8, parameters (p,) float32 as of RNN, state and state_cell
    (num_layers · directions, n, state_size); min_data and max_data (1,) are the scale and the shift
    of the data -> (t, n, directions · state_size) float32 and, with ``state_outputs``, both states.
    The data are quantized, the arithmetic is in float32.
    """

    state_size: Annotated[int, at_least(0)]
    num_layers: Annotated[int, at_least(0)]
    bidirectional: bool = False
    mode: Literal["gru", "lstm", "rnn_relu", "rnn_tanh"]
    p: float = 0.0
    state_outputs: bool = False
    projection_size: int | None = None
    lstm_state_clip_min: float | None = None
    lstm_state_clip_max: float | None = None
    lstm_state_clip_nan: bool = False
    use_sequence_length: bool = False
    differentiable = False

    def check(self):
        if self.mode != "lstm":
            raise MXNetError(f"mode {self.mode!r} is not available for quantized data: use 'lstm'")
        if self.state_size < 1 or self.num_layers < 1:
            raise MXNetError("state_size and num_layers should be positive")
        for name in ("projection_size", "lstm_state_clip_min", "lstm_state_clip_max",
                     "use_sequence_length", "lstm_state_clip_nan"):  # fmt: skip
            if getattr(self, name) not in (None, False):
                raise MXNetError(f"{name} is not available for quantized data: use RNN")

    def outputs(self):
        # The spelling of the last is that of 1.x.
        return ("output", "state_output", "statecell_ouput") if self.state_outputs else ("output",)

    @property
    def directions(self):
        """How many networks run over the sequence."""
        return 2 if self.bidirectional else 1

    def parts(self, width):
        """The shapes of weights and then biases, in the order of ``parameters``."""
        rows, weights = 4 * self.state_size, []
        for layer in range(self.num_layers):
            columns = width if layer == 0 else self.directions * self.state_size
            weights += [(rows, columns), (rows, self.state_size)] * self.directions
        return weights, [(rows,)] * len(weights)

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        if len(s.data) != 3:
            raise Mismatch(f"data should have 3 dimensions (t, n, c) but is {s.data}")
        t, n, c = s.data
        state = (self.num_layers * self.directions, n, self.state_size)
        s.state = s.state_cell = state
        s.output = (t, n, self.directions * self.state_size)
        if self.state_outputs:
            s.state_output = s.statecell_ouput = state
        s.parameters = (sum(product(shape) for part in self.parts(c) for shape in part),)

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.data = "uint8"
        for name in ("parameters", "state", "state_cell", *self.output_names):
            setattr(t, name, "float32")

    def forward(self, data, parameters, state, state_cell, min_data, max_data):
        scale, shift = min_data, max_data
        real = (data - shift) * per_unit(1, scale)
        weights, biases = self.parts(data.shape[2])
        pieces = parameters.split([prod(shape) for shape in (*weights, *biases)])
        shaped = [p.view(shape) for p, shape in zip(pieces, (*weights, *biases), strict=True)]
        half = len(weights)
        flat = [
            part
            for i in range(0, half, 2)
            for part in (*shaped[i : i + 2], *shaped[half + i : half + i + 2])
        ]
        results = torch.lstm(
            real, (state, state_cell), flat, True, self.num_layers, 0.0, False,
            self.bidirectional, False,
        )  # fmt: skip
        return results if self.state_outputs else results[0]
