"""Samples of recurrent layers, against the equations written out step by step."""

import numpy as np

from ops.sample import Sample

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(mode, x, h, c, weights, clip):
    """One step of one sample: the new output and cell."""
    w, r, projection, b, rb = weights
    inner, outer = np.split(w @ x + b, GATES[mode]), np.split(r @ h + rb, GATES[mode])
    if mode in ("rnn_relu", "rnn_tanh"):
        total = inner[0] + outer[0]
        return (np.maximum(total, 0) if mode == "rnn_relu" else np.tanh(total)), c
    if mode == "gru":
        reset, update = (sigmoid(inner[i] + outer[i]) for i in (0, 1))
        return (1 - update) * np.tanh(inner[2] + reset * outer[2]) + update * h, c
    i, f, g, o = (a + b for a, b in zip(inner, outer, strict=True))
    c = np.clip(sigmoid(f) * c + sigmoid(i) * np.tanh(g), *clip)
    out = sigmoid(o) * np.tanh(c)
    return (out if projection is None else projection @ out), c


def cut(parameters, mode, size, layers, directions, features, projection):
    """The weights of each layer and direction, from the vector of all."""
    height, out = GATES[mode] * size, projection or size
    parameters = np.asarray(parameters)
    start = 0

    def take(*shape):
        nonlocal start
        start += int(np.prod(shape))
        return parameters[start - int(np.prod(shape)) : start].reshape(shape)

    found = []
    for layer in range(layers):
        for _ in range(directions):
            width = directions * out if layer else features
            matrices = [take(height, width), take(height, out)]
            found.append([*matrices, take(out, size) if projection else None])
    for each in found:
        each += [take(height), take(height)]
    assert start == parameters.size
    return found


def rnn(
    mode, state_size, num_layers=1, bidirectional=False, state_outputs=False, projection_size=None,
    lstm_state_clip_min=-np.inf, lstm_state_clip_max=np.inf, lstm_state_clip_nan=False,
    use_sequence_length=False, p=0.0,
):  # fmt: skip
    """The reference for given parameters of the operator."""

    def reference(data, parameters, state, state_cell=None, sequence_length=None):
        directions = 1 + bidirectional
        shape = mode, state_size, num_layers, directions, data.shape[2], projection_size
        weights = cut(parameters, *shape)
        clip = lstm_state_clip_min, lstm_state_clip_max
        states, cells = state.copy(), None if state_cell is None else state_cell.copy()
        size = state.shape[2]
        for layer in range(num_layers):
            output = np.zeros((*data.shape[:2], directions * size))
            for turn in range(directions):
                number = layer * directions + turn
                for n in range(data.shape[1]):
                    length = len(data) if sequence_length is None else int(sequence_length[n])
                    h, c = state[number, n], None if cells is None else state_cell[number, n]
                    for t in range(length)[:: -1 if turn else 1]:
                        h, c = step(mode, data[t, n], h, c, weights[number], clip)
                        output[t, n, turn * size : (turn + 1) * size] = h
                    states[number, n] = h
                    if cells is not None:
                        cells[number, n] = c
            data = output
        if not state_outputs:
            return data
        return (data, states) if cells is None else (data, states, cells)

    return reference


def sample(name, mode, shape=(4, 3, 2), state_size=3, inputs=None, **params):
    params = {"mode": mode, "state_size": state_size, "num_layers": 1, **params}
    inputs = {"data": shape, **(inputs or {})}
    return Sample("RNN", params, inputs, rnn(**params), name=f"{mode}-{name}")


BOTH = {"bidirectional": True, "state_outputs": True}
DEEP = {**BOTH, "num_layers": 3}
LENGTHS = {"sequence_length": np.array([2.5, 4.5, 1.5], "float32")}  # fractions are cut off

SAMPLES = [
    *(sample("plain", mode) for mode in GATES),
    *(sample("states", mode, state_outputs=True) for mode in GATES),
    *(sample("both", mode, **BOTH) for mode in GATES),
    *(sample("deep", mode, **DEEP) for mode in GATES),
    *(sample("one-step", mode, (1, 2, 3), **BOTH) for mode in GATES),
    *(
        sample("lengths", mode, inputs=LENGTHS, use_sequence_length=True, num_layers=2, **BOTH)
        for mode in GATES
    ),
    sample("projection", "lstm", projection_size=2, num_layers=2, **BOTH),
    sample(
        "projection-lengths",
        "lstm",
        inputs=LENGTHS,
        use_sequence_length=True,
        projection_size=2,
        num_layers=2,
        **BOTH,
    ),
    sample("clip", "lstm", lstm_state_clip_min=-0.2, lstm_state_clip_max=0.1, **BOTH),
    sample("clip-above", "lstm", lstm_state_clip_max=0.1, lstm_state_clip_nan=True),
    sample(
        "clip-lengths",
        "lstm",
        inputs=LENGTHS,
        use_sequence_length=True,
        lstm_state_clip_min=-0.1,
        lstm_state_clip_max=0.1,
        **BOTH,
    ),
]
