"""Recurrent layers over whole sequences."""

import math
from itertools import product as pairs
from typing import Annotated, Literal

from ..error import MXNetError
from .core import Op
from .generated import matrix_product
from .lazy_torch import torch
from .parameters import at_least, at_most
from .recurrence import GRU, LSTM, Direction, Plain, Relu, Weights
from .shapes import UNKNOWN, Mismatch, known

__all__ = ["RNN"]

_RECURRENCES = {"rnn_relu": Relu, "rnn_tanh": Plain, "lstm": LSTM, "gru": GRU}


class Memory:
    """Hands out consecutive pieces of one vector as arrays, or fresh arrays where it is None."""

    def __init__(self, vector, like):
        self.vector, self.like, self.start = vector, like, 0

    def take(self, shape):
        """The next piece, in a shape."""
        if self.vector is None:
            return self.like.new_empty(shape)
        size = math.prod(shape)
        self.start += size
        return self.vector[self.start - size : self.start].view(shape)

    def mask(self, shape):
        """The next piece as an array of truth values."""
        if self.vector is None:
            return torch.empty(shape, dtype=torch.bool, device=self.like.device)
        size = math.prod(shape)
        return self.take((size,)).view(torch.bool)[:size].view(shape)

    def take_all(self, shapes):
        """The next pieces, by name."""
        return {name: self.take(shape) for name, shape in shapes.items()}


def size_of(*groups):
    """The number of elements of arrays whose shapes are given by name."""
    return sum(math.prod(shape) for shapes in groups for shape in shapes.values())


class RNN(Op):
    """Recurrent layers over a whole sequence, on top of each other, in one or both directions.

    Shapes: data (time, batch, features), parameters (a vector), state (layers·directions, batch,
    size), for ``mode="lstm"`` also state_cell (layers·directions, batch, state_size) -> output
    (time, batch, directions·size), and with ``state_outputs`` the last states and cells. ``size`` is
    ``state_size``, or ``projection_size`` where a matrix maps the state of an LSTM to its output.

    The parameters are, for each layer and direction, the matrices of the data, of the state and of
    the projection; then, in the same order, the biases of the data and of the state. The gates of
    an LSTM are i, f, g, o, of a GRU r, z, n. ``p`` is the probability of dropout between layers in
    training. ``lstm_state_clip_min`` and ``lstm_state_clip_max`` bound the cells; NaN is replaced
    by a bound unless ``lstm_state_clip_nan``. With ``use_sequence_length`` a further input
    sequence_length (batch,) says how long each sequence is: behind its end the output is 0, and the
    last states are those at the end. The other direction begins at the end.

    The hidden output ``reserve`` keeps what the derivative needs; where nobody reads it, layers take
    turns with the memory.
    """

    state_size: Annotated[int, at_least(1)]
    num_layers: Annotated[int, at_least(1)]
    bidirectional: bool = False
    mode: Literal["gru", "lstm", "rnn_relu", "rnn_tanh"]
    p: Annotated[float, at_least(0), at_most(1)] = 0.0
    state_outputs: bool = False
    projection_size: Annotated[int, at_least(1)] | None = None
    lstm_state_clip_min: float | None = None
    lstm_state_clip_max: float | None = None
    lstm_state_clip_nan: bool = False
    use_sequence_length: bool = False

    precision = "low"
    hidden = ("reserve",)
    unlisted = ("reserve",)
    optional = ("reserve",)
    labels = ("sequence_length",)
    dense = ("data",)

    def check(self):
        low, high = self.lstm_state_clip_min, self.lstm_state_clip_max
        if self.mode != "lstm" and (self.projection_size, low, high) != (None, None, None):
            raise MXNetError(
                f"projection_size and lstm_state_clip are for mode 'lstm', not {self.mode!r}"
            )
        if low is not None and high is not None and low > high:
            raise MXNetError(f"lstm_state_clip_min={low} is above lstm_state_clip_max={high}")

    @property
    def kernels(self):
        """Those of whole sequences of cells."""
        return (
            ("cells.run_forward", f"cells.rows_{self.mode}") if self.mode in ("lstm", "gru") else ()
        )

    @property
    def backward_kernels(self):
        """The same of the derivative."""
        if self.mode not in ("lstm", "gru"):
            return ()
        return ("cells.run_backward", f"cells.rows_{self.mode}_back")

    @property
    def stochastic(self):
        """Whether there is dropout."""
        return self.p > 0 and self.num_layers > 1

    # -- inputs, outputs, shapes --------------------------------------------------------------
    def inputs(self):
        names = ["data", "parameters", "state"]
        names += ["state_cell"] * (self.mode == "lstm")
        return (*names, *["sequence_length"] * self.use_sequence_length)

    def outputs(self):
        if not self.state_outputs:
            return ("output",)
        names = ("output", "state_output", "statecell_output")
        return names if self.mode == "lstm" else names[:2]

    @property
    def directions(self):
        """1 or 2."""
        return 1 + self.bidirectional

    @property
    def size(self):
        """The size of the output of one direction."""
        return self.projection_size or self.state_size

    @property
    def recurrence(self):
        """What one direction of one layer does."""
        clip = self.lstm_state_clip_min, self.lstm_state_clip_max
        kind = _RECURRENCES[self.mode]
        return kind(self.state_size, self.size, clip, self.lstm_state_clip_nan)

    def places(self):
        """The pairs (layer, direction), in the order of the parameters and the states."""
        return pairs(range(self.num_layers), range(self.directions))

    def features(self, layer, features):
        """How many features the data of a layer has."""
        return self.directions * self.size if layer else features

    def infer_shape(self, s):
        count = self.num_layers * self.directions
        batch = s.data[1] if s.get("data") is not None and len(s.data) == 3 else UNKNOWN
        s.state = (count, batch, self.size)
        if "state_cell" in s:
            s.state_cell = (count, s.state[1], self.state_size)
            s.state = (count, s.state_cell[1], self.size)
        batch = s.state[1]
        if self.use_sequence_length:
            s.sequence_length = (batch,)
            batch = s.sequence_length[0]
        if s.get("data") is not None and len(s.data) != 3:
            raise Mismatch(f"data should have 3 dimensions (time, batch, features) but is {s.data}")
        s.data = (UNKNOWN, batch, UNKNOWN)
        s.output = (s.data[0], batch, self.directions * self.size)
        s.data = (s.output[0], s.output[1], UNKNOWN)
        if self.state_outputs:
            s.same("state", "state_output")
            if "state_cell" in s:
                s.same("state_cell", "statecell_output")
        time, batch, features = s.data
        rest = self.parameter_count(0)
        per_feature = self.directions * self.recurrence.gates * self.state_size
        if s.get("parameters") is not None and not known(features):
            s.data = (time, batch, self.features_for(s.parameters, rest, per_feature))
            features = s.data[2]
        s.parameters = (rest + per_feature * features,)
        s.reserve = (self.reserve_size(time, batch) if known(time, batch) else UNKNOWN,)

    def features_for(self, parameters, rest, per_feature):
        """The number of features that a number of parameters means."""
        if len(parameters) != 1 or not known(*parameters):
            return UNKNOWN
        features, remainder = divmod(parameters[0] - rest, per_feature)
        if features < 1 or remainder:
            raise Mismatch(
                f"parameters should have {rest} + {per_feature}·features elements, not {parameters[0]}"
            )
        return features

    def infer_dtype(self, t):
        if self.use_sequence_length and t.get("sequence_length") is None:
            t.sequence_length = t.data
        t.same(
            *(name for name in (*self.input_names, *self.output_names) if name != "sequence_length")
        )

    # -- the layout of vectors ----------------------------------------------------------------
    def weight_shapes(self, layer, features):
        """The matrices of one direction of a layer: of the data, the state, the projection."""
        height = self.recurrence.gates * self.state_size
        shapes = [(height, self.features(layer, features)), (height, self.size)]
        return shapes + [(self.size, self.state_size)] * self.recurrence.projects

    def parameter_count(self, features):
        """The number of parameters, for data with so many features."""
        biases = 2 * self.recurrence.gates * self.state_size
        matrices = (
            math.prod(s) for at, _ in self.places() for s in self.weight_shapes(at, features)
        )
        return sum(matrices) + biases * self.num_layers * self.directions

    def weights(self, parameters, features):
        """The parameters of every layer and direction, as views of their vector."""
        memory = Memory(parameters.reshape(-1), parameters)
        matrices = {}
        for place in self.places():
            matrices[place] = [memory.take(s) for s in self.weight_shapes(place[0], features)]
        height = (self.recurrence.gates * self.state_size,)
        return {
            place: Weights(
                found[0], found[1], found[2] if len(found) > 2 else None,
                memory.take(height), memory.take(height),
            )
            for place, found in matrices.items()
        }  # fmt: skip

    def layer_shapes(self, time, batch):
        """What is kept for a layer below the top: its output, and what dropout makes of it."""
        names = ("output", "mask", "dropped") if self.stochastic else ("output",)
        return dict.fromkeys(names, (time, batch, self.directions * self.size))

    def direction_shapes(self, time, batch):
        """What is kept for one direction of a layer."""
        shapes = self.recurrence.saved(time, batch)
        if self.use_sequence_length:
            shapes = shapes | {"states": (time, batch, self.size)}
        return shapes

    def reserve_shapes(self, time, batch):
        """What the derivative needs, by layer and by (layer, direction)."""
        layers = dict.fromkeys(range(self.num_layers - 1), self.layer_shapes(time, batch))
        return layers | dict.fromkeys(self.places(), self.direction_shapes(time, batch))

    def passing_shapes(self, time, batch):
        """What takes the place of the reserve without a derivative: of a layer, the one below it,
        and one direction."""
        layers = range(min(2, self.num_layers - 1))
        shapes = dict.fromkeys(layers, self.layer_shapes(time, batch))
        return shapes | {"direction": self.direction_shapes(time, batch)}

    def reserve_size(self, time, batch):
        """The number of elements of ``reserve``."""
        return size_of(*self.reserve_shapes(time, batch).values())

    # -- the kernels --------------------------------------------------------------------------
    def forward(
        self, data, parameters, state, state_cell=None, sequence_length=None,
        *, out, train, rng, workspace,
    ):  # fmt: skip
        inputs = data, parameters, state, state_cell, sequence_length
        given = dict(zip(self.input_names, (x for x in inputs if x is not None)))
        out = out or self.fresh(given)
        memory = Memory(workspace, data)
        sequence = Sequence(self, given, out[0], out[-1], train, memory)
        bias = memory.take((self.recurrence.gates * self.state_size,))
        sequence.take(memory)
        for layer in range(self.num_layers):
            for turn in range(self.directions):
                each, part = sequence.direction(layer, turn)
                lasts = self.recurrence.run(each, bias)
                if self.use_sequence_length:
                    part.copy_(each.output).masked_fill_(each.ended, 0)
                for target, last in zip(out[1:-1], lasts):
                    target[layer * self.directions + turn].copy_(last)
            if sequence.drops and layer < self.num_layers - 1:
                kept = sequence.reserve[layer]
                kept["mask"].bernoulli_(1 - self.p, generator=rng).mul_(1 / (1 - self.p))
                torch.mul(kept["output"], kept["mask"], out=kept["dropped"])
        return out

    def workspace(self, inputs, outputs):
        """The sum of two biases, masks, packed weights, and what is in no reserve."""
        (time, batch, _), dtype = inputs[0]
        elements = self.recurrence.gates * self.state_size
        if outputs[-1] is None:
            elements += size_of(*self.passing_shapes(time, batch).values())
        elements += self.packing(batch, dtype == "float32")
        return (elements + 2 * time * batch * self.use_sequence_length,), dtype

    def products(self, inputs, outputs):
        (time, batch, features), _ = inputs[0]
        hidden, projected = self.state_size, self.recurrence.projects
        found = [*matrix_product(batch, self.size, hidden)] if projected else []
        found += matrix_product(batch, self.recurrence.gates * hidden, self.size)
        for width in {features, self.directions * self.size}:
            for *_, gates in self.recurrence.input_blocks:
                found += matrix_product(time * batch, gates * hidden, width)
        return found

    def backward_products(self, inputs, outputs):
        (time, batch, features), _ = inputs[self.gradient_reads().index("data")]
        hidden, all_gates = self.state_size, self.recurrence.gates * self.state_size
        found = [*matrix_product(batch, self.size, all_gates)]
        for rows in (batch, (time - 1) * batch):
            found += matrix_product(all_gates, self.size, rows, packs_left=True)
        if self.recurrence.projects:
            found += matrix_product(batch, hidden, self.size)
            found += matrix_product(self.size, hidden, time * batch, packs_left=True)
        for width in {features, self.directions * self.size}:
            for *_, gates in self.recurrence.input_blocks:
                found += matrix_product(gates * hidden, width, time * batch, packs_left=True)
                found += matrix_product(time * batch, width, gates * hidden)
        return found

    def packing(self, batch, fits):
        """The size of the memory into which generated kernels pack the weights of the state."""
        return self.recurrence.packing(batch) if fits and not self.use_sequence_length else 0

    def fresh(self, given):
        """New arrays for the outputs."""
        data = given["data"]
        time, batch = data.shape[:2]
        shapes = [(time, batch, self.directions * self.size)]
        if self.state_outputs:
            shapes += [given[name].shape for name in ("state", "state_cell") if name in given]
        return tuple(data.new_empty(s) for s in (*shapes, (self.reserve_size(time, batch),)))

    def gradient_reads(self):
        heads = (f"d_{name}" for name in self.outputs())
        return (*heads, *self.input_names, "output", "reserve")

    def scratch_shapes(self, time, batch):
        """The memory of the derivative: for one direction, and for the gradients between layers."""
        shapes = self.recurrence.scratch(time, batch, self.use_sequence_length)
        shapes |= {"d_state": (batch, self.size), "d_cell": (batch, self.state_size)}
        if self.use_sequence_length:
            shapes["d_output"] = (time, batch, self.size)
        between = (time, batch, self.directions * self.size)
        return shapes | dict.fromkeys(range(min(2, self.num_layers - 1)), between)

    def backward_workspace(self, inputs, outputs):
        """The scratch memory of the derivative, masks, and packed weights."""
        (time, batch, _), dtype = inputs[self.gradient_reads().index("data")]
        elements = 2 * time * batch * self.use_sequence_length
        elements += self.packing(batch, dtype == "float32")
        return (size_of(self.scratch_shapes(time, batch)) + elements,), dtype

    def backward(self, *values, out, needs, train, workspace):
        given = dict(zip(self.gradient_reads(), values))
        data = given["data"]
        grads = dict(zip(self.input_names, out or self.fresh_gradients(given, needs)))
        if data.shape[0] == 0:
            return tuple(None if grad is None else grad.zero_() for grad in grads.values())
        memory = Memory(workspace, data)
        sequence = Sequence(self, given, given["output"], given["reserve"], train, memory)
        scratch = memory.take_all(self.scratch_shapes(*data.shape[:2]))
        sequence.take(memory)
        d_weights = None
        if grads["parameters"] is not None:
            d_weights = self.weights(grads["parameters"], data.shape[2])
        d_layer = given["d_output"]
        for layer in reversed(range(self.num_layers)):
            d_below = scratch[(layer - 1) % 2] if layer else grads["data"]
            for turn in range(self.directions):
                each, _ = sequence.direction(layer, turn)
                part = d_layer[..., turn * self.size : (turn + 1) * self.size]
                heads = self.state_heads(given, grads, scratch, layer * self.directions + turn)
                if self.use_sequence_length:
                    part = scratch["d_output"].copy_(part).masked_fill_(each.ended, 0)
                self.recurrence.propagate(each, part, *heads, scratch)
                if d_weights is not None:
                    self.recurrence.weight_gradients(each, d_weights[layer, turn], scratch)
                if d_below is not None:
                    self.recurrence.data_gradient(each, d_below, turn > 0, scratch)
            if sequence.drops and layer:
                d_below.mul_(sequence.reserve[layer - 1]["mask"])
            d_layer = d_below
        return tuple(grads.values())

    def fresh_gradients(self, given, needs):
        """New arrays for the gradients asked for."""
        return [
            torch.empty_like(given[name], memory_format=torch.contiguous_format) if need else None
            for name, need in zip(self.input_names, needs)
        ]

    def state_heads(self, given, grads, scratch, number):
        """The gradients of the last state and cell of one direction, where those of the first ones
        are to be written."""
        heads = []
        for name, output, spare in (
            ("state", "d_state_output", "d_state"),
            ("state_cell", "d_statecell_output", "d_cell"),
        ):
            wanted = grads.get(name)
            target = scratch[spare] if wanted is None else wanted[number]
            heads.append(target.copy_(given[output][number]) if output in given else target.zero_())
        return heads


class Sequence:
    """The arrays of one run of an ``RNN``, cut into those of its layers and directions.

    Where ``reserve`` is None, ``memory`` gives what takes its place.
    """

    def __init__(self, op, given, output, reserve, train, memory):
        self.op, self.given, self.output = op, given, output
        self.data = given["data"].contiguous()
        self.weights = op.weights(given["parameters"], self.data.shape[2])
        time, batch = self.data.shape[:2]
        shapes = op.reserve_shapes(time, batch)
        if reserve is None:
            passing = op.passing_shapes(time, batch)
            found = {key: memory.take_all(each) for key, each in passing.items()}
            turns = {key: "direction" if isinstance(key, tuple) else key % 2 for key in shapes}
            self.reserve = {key: found[turn] for key, turn in turns.items()}
        else:
            memory = Memory(reserve, self.data)
            self.reserve = {key: memory.take_all(each) for key, each in shapes.items()}
        self.drops = train and op.stochastic
        self.valid = self.ended = None

    def take(self, memory):
        """Memory for what all layers use: room to pack weights, masks of what is within sequences."""
        time, batch = self.data.shape[:2]
        size = self.op.packing(batch, self.data.dtype == torch.float32)
        self.packed = memory.take((size,)) if size else None
        if not self.op.use_sequence_length:
            return
        lengths = self.given["sequence_length"].view(1, -1, 1)
        ends = torch.arange(1, time + 1, device=self.data.device).view(-1, 1, 1)
        self.valid = torch.le(ends, lengths, out=memory.mask((time, batch, 1)))
        self.ended = torch.logical_not(self.valid, out=memory.mask((time, batch, 1)))

    def input_of(self, layer):
        """The data of a layer."""
        if layer == 0:
            return self.data
        return self.reserve[layer - 1]["dropped" if self.drops else "output"]

    def output_of(self, layer):
        """The output of a layer, of all directions."""
        return self.reserve[layer]["output"] if layer in self.reserve else self.output

    def direction(self, layer, turn):
        """What one direction of a layer works on, and where its output goes."""
        op, given, saved = self.op, self.given, self.reserve[layer, turn]
        number = layer * op.directions + turn
        part = self.output_of(layer)[..., turn * op.size : (turn + 1) * op.size]
        times = range(self.data.shape[0])
        return Direction(
            self.weights[layer, turn],
            self.input_of(layer),
            given["state"][number],
            given["state_cell"][number] if "state_cell" in given else None,
            saved.get("states", part),
            saved,
            times[::-1] if turn else times,
            self.valid,
            self.ended,
            self.packed,
        ), part
