"""The convolutions of a joint graph and their derivatives, for passes that compute them otherwise."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..graph.node import Entry, Node
from ..ops.backward import backward_class
from ..ops.core import get_op
from .joint import Joint
from .readers import Readers
from .rewrite import Replacement, made
from .target import Facts

__all__ = ["Casts", "Layer", "convolutions", "derivative_parts", "of_dtype"]


@dataclass(frozen=True)
class Layer:
    """A convolution over two dimensions, channels first, without groups; or its derivative.

    ``data``, ``result``: the shapes of the data and of the result, which is that of the head gradient;
    ``dtype``: of all of them;
    ``from_user``: an array of the user is read as one of these; ``to_user``: the result is an output.
    """

    node: Node
    op: Any
    forward: bool
    dtype: str
    data: tuple
    result: tuple
    from_user: bool
    to_user: bool


def convolutions(
    joint: Joint, facts: Callable[[], Facts], wanted: Container[str] = ("float32",)
) -> Iterator[Layer]:
    """The convolutions of a graph, and their derivatives, in its order; of the wanted dtypes."""
    convolution: Any = get_op("Convolution")
    derivative = backward_class(convolution)
    graph = joint.graph
    if graph.operators.isdisjoint((convolution, derivative)):
        return
    found = [node for node in graph.nodes if type(node.op) in (convolution, derivative)]
    shapes, dtypes = facts()
    heads = set(map(joint.key, graph.outputs))
    for node in found:
        position = graph.index[node]
        forward = type(node.op) is convolution
        op: Any = node.op if forward else node.op.forward_op
        dtype = dtypes[position][0]
        if dtype not in wanted or op.rank != 2 or op.channels_last or op.num_group != 1:
            continue
        inputs = dict(zip(node.op.input_names, node.inputs))
        read = [inputs["data"]] if forward else [inputs["data"], inputs["d_output"]]
        data, *rest = (shapes[p][o] for p, o in map(joint.key, read))
        result = shapes[position][0] if forward else rest[0]
        from_user = any(entry.node.op is None for entry in read)
        to_user = forward and (position, 0) in heads
        yield Layer(node, op, forward, dtype, data, result, from_user, to_user)


def derivative_parts(
    node: Node,
    makers: Mapping[str, Callable[[Mapping[str, Entry]], Entry]],
    now: Callable[[Entry], Entry],
) -> list[Entry]:
    """What stands for the outputs of the derivative of a convolution, some of which are made apart.

    ``makers``: by the name of what the derivative is by, what makes that part of the inputs. The rest
    is computed as it was; a bias alone by a sum.
    """
    own: Any = node.op
    inputs = dict(zip(own.input_names, map(now, node.inputs)))
    parts = {name: make(inputs) for name, make in makers.items()}
    rest = [name for name in own.wanted() if name not in parts]
    if rest == ["bias"]:
        parts["bias"] = made(get_op("sum")(axis=(0, 2, 3)), (inputs["d_output"],), node, "bias")
    elif rest:
        flags = "".join("01"[name in rest] for name in own.forward_op.input_names)
        others = made(
            type(own)(**{**own.changed(), own.needs_name: flags}), tuple(inputs.values()), node
        )
        parts.update((name, Entry(others.node, i)) for i, name in enumerate(rest))
    return [parts[name] for name in own.wanted()]


def of_dtype(dtype: str | None, result: Entry, node: Node) -> Entry:
    """A derivative by a weight, which is made in float32, cast to the type that is wanted, if any."""
    if dtype in (None, "float32"):
        return result
    return made(get_op("amp_cast")(dtype=dtype), (result,), node, "weight_cast")


class Casts:
    """Finds what reads derivatives of bfloat16 as float32, which they can be made in."""

    def __init__(self, joint: Joint, facts: Callable[[], Facts]):
        self.joint, self.facts = joint, facts
        self.readers = cache(lambda: Readers(joint))

    def of_weight(self, node: Node) -> dict[Node, Replacement]:
        """The casts of a derivative by a weight to float32, if nothing else reads it."""
        index, graph, dtypes = node.op.wanted().index("weight"), self.joint.graph, self.facts()[1]
        if dtypes[graph.index[node]][index] == "float32":
            return {}
        found = self.readers().of(node, index)
        fits = not self.readers().shapes_only(node, index) and all(
            type(reader.op) is get_op("_cast_like") and dtypes[graph.index[reader]][0] == "float32"
            for reader in found
        )
        return {reader: lambda now: [now(Entry(node, index))] for reader in found} if fits else {}
