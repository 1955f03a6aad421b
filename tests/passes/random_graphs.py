"""Random graphs for hypothesis: symbols with known shapes, values that stay of moderate size."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

import mxnet as mx

__all__ = ["RandomGraph", "random_graphs"]

SHAPES = [(2, 3), (3, 2), (6,), (2, 3, 2), (1, 3)]


@dataclass
class RandomGraph:
    """A symbol, the shapes of its variables, and the steps that made it (for failure messages)."""

    variables: dict[str, tuple[int, ...]] = field(default_factory=dict)
    values: list[tuple[mx.sym.Symbol, tuple[int, ...]]] = field(default_factory=list)
    heads: list[mx.sym.Symbol] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"RandomGraph({self.variables}: {'; '.join(self.steps)})"

    @property
    def symbol(self) -> mx.sym.Symbol:
        return mx.sym.Group(self.heads)

    def variable(self, shape: tuple[int, ...]) -> mx.sym.Symbol:
        name = f"v{len(self.variables)}"
        self.variables[name] = shape
        symbol = mx.sym.Variable(name)
        self.values.append((symbol, shape))
        return symbol

    def add(self, step: str, symbol: mx.sym.Symbol, shape: tuple[int, ...]) -> None:
        self.values.append((symbol, shape))
        self.steps.append(step)

    def arrays(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Values for all variables that are used."""
        rng = np.random.RandomState(seed)
        used = self.symbol.list_arguments()
        return {n: rng.uniform(-1, 1, self.variables[n]).astype("float32") for n in used}


UNARY = {
    "tanh": lambda x: mx.sym.Activation(x, act_type="tanh"),
    "relu": lambda x: mx.sym.relu(x - 0.31),
    "negative": mx.sym.negative,
    "plus": lambda x: x + 0.5,
    "times": lambda x: 0.7 * x,
    "minus": lambda x: 1.0 - x,
    "block": mx.sym.BlockGrad,
    "square": lambda x: x * x,
    "copy": lambda x: mx.sym.identity(x),
    "zeros": mx.sym.zeros_like,
}
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 1.0),
    "maximum": mx.sym.maximum,
}
RESHAPING = ["transpose", "flatten", "slice", "sum", "split", "concat", "stack", "dense", "spread"]


def reshaping_step(draw, graph: RandomGraph, kind: str, data, shape) -> None:
    """One step that changes the shape."""
    rank = len(shape)
    if kind == "transpose":
        axes = tuple(draw(st.permutations(range(rank))))
        moved = tuple(shape[axis] for axis in axes)
        graph.add(f"transpose{axes}", mx.sym.transpose(data, axes=axes), moved)
    elif kind == "flatten":
        graph.add("reshape", mx.sym.Reshape(data, shape=(-1,)), (int(np.prod(shape)),))
    elif kind == "slice":
        axis = draw(st.integers(0, rank - 1))
        begin = draw(st.integers(0, shape[axis] - 1))
        end = draw(st.integers(begin + 1, shape[axis]))
        part = (*shape[:axis], end - begin, *shape[axis + 1 :])
        sliced = mx.sym.slice_axis(data, axis=axis, begin=begin, end=end)
        graph.add(f"slice{axis, begin, end}", sliced, part)
    elif kind == "sum":
        axis = draw(st.integers(0, rank - 1))
        kept = (*shape[:axis], 1, *shape[axis + 1 :])
        graph.add(f"sum{axis}", mx.sym.sum(data, axis=axis, keepdims=True), kept)
    elif kind == "split" and shape[-1] > 1:
        parts = mx.sym.SliceChannel(data, num_outputs=shape[-1], axis=rank - 1)
        for index in range(shape[-1]):
            graph.add(f"split[{index}]", parts[index], (*shape[:-1], 1))
    elif kind == "concat":
        axis = draw(st.integers(0, rank - 1))
        joined = (*shape[:axis], 2 * shape[axis], *shape[axis + 1 :])
        other = draw(st.sampled_from([s for s, other in graph.values if other == shape]))
        graph.add(f"concat{axis}", mx.sym.Concat(data, other, dim=axis), joined)
    elif kind == "stack":
        graph.add("stack", mx.sym.stack(data, 0.5 * data, axis=0), (2, *shape))
    elif kind == "dense":
        size = int(np.prod(shape[1:]))
        weight = graph.variable((3, size))
        dense = mx.sym.FullyConnected(data, weight, num_hidden=3, no_bias=True)
        graph.add("dense", mx.sym.Activation(dense, act_type="tanh"), (shape[0], 3))
    elif kind == "spread":
        axis = draw(st.integers(0, rank - 1))
        thin = mx.sym.sum(data, axis=axis, keepdims=True)
        graph.add(f"spread{axis}", mx.sym.broadcast_mul(data, thin * 0.3), shape)


@st.composite
def random_graphs(draw, min_steps: int = 3, max_steps: int = 16) -> RandomGraph:
    """Graphs with fan-out, views, multiple outputs, shared heads, and variables as heads."""
    graph = RandomGraph()
    with mx.name.NameManager():
        for shape in draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3)):
            graph.variable(shape)
        for _ in range(draw(st.integers(min_steps, max_steps))):
            recent = draw(st.booleans())
            data, shape = draw(st.sampled_from(graph.values[-4:] if recent else graph.values))
            kind = draw(st.sampled_from([*UNARY, *BINARY, *RESHAPING]))
            if kind in UNARY:
                graph.add(kind, UNARY[kind](data), shape)
            elif kind in BINARY:
                other = draw(st.sampled_from([s for s, o in graph.values if o == shape]))
                graph.add(kind, BINARY[kind](data, other), shape)
            elif np.prod(shape) <= 200:
                reshaping_step(draw, graph, kind, data, shape)
        count = draw(st.integers(0, 2))
        graph.heads = [draw(st.sampled_from(graph.values))[0] for _ in range(count)]
        graph.heads += unused(graph)[-5:] or [graph.values[-1][0]]
    return graph


def unused(graph: RandomGraph) -> list[mx.sym.Symbol]:
    """The values that no step uses."""
    entries = [value._outputs[0] for value, _ in graph.values]
    used = {entry for e in entries for entry in e.node.inputs}
    return [value for value, _ in graph.values if value._outputs[0] not in used]
