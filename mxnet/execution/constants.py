"""Computing what depends on no variable: once, in memory that is given back at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ..graph.node import Graph
from ..passes.memory import Key

__all__ = ["Evaluation"]


class Evaluation:
    """Computes nodes of a graph, each together with all that it is made of.

    Parameters: the graph with its shapes and dtypes; ``requests``: what kernels may ask for, by name.
    """

    def __init__(
        self,
        graph: Graph,
        shapes: Sequence[tuple],
        dtypes: Sequence[tuple],
        requests: Mapping[str, Any],
    ):
        self.graph, self.shapes, self.dtypes = graph, shapes, dtypes
        self.requests = {**requests, "channels_last_storage": False, "workspace": None, "out": None}

    @torch.no_grad()
    def fill(self, position: int, outs: Sequence[torch.Tensor]) -> None:
        """Bring the results of a node to given tensors."""
        values: dict[Key, torch.Tensor] = {}
        for needed in sorted(self.needed(position)):
            results = self.results(needed, values)
            values.update(((needed, index), result) for index, result in enumerate(results))
        for index, out in enumerate(outs):
            out.copy_(values[position, index])

    def needed(self, position: int) -> set[int]:
        """A node, and those whose values it depends on."""
        found, waiting = {position}, [position]
        while waiting:
            last = waiting.pop()
            op = self.graph.nodes[last].op
            for name, (source, _) in zip(op.input_names, self.graph.sources[last]):
                if name not in op.shape_only_names and source not in found:
                    found.add(source)
                    waiting.append(source)
        return found

    def results(self, position: int, values: Mapping[Key, torch.Tensor]) -> Sequence[torch.Tensor]:
        """What a node makes of given values, in fresh memory."""
        op = self.graph.nodes[position].op
        inputs = [
            self.empty(key, alone=True) if name in op.shape_only_names else values[key]
            for name, key in zip(op.input_names, self.graph.sources[position])
        ]
        if "out" not in op.requests:
            return op.results(op.prepare(inputs, **self.requests)())
        outs = [self.empty((position, index)) for index in range(len(op.output_names))]
        op.prepare(inputs, **{**self.requests, "out": op.out_argument(outs)})()
        return outs

    def empty(self, key: Key, alone: bool = False) -> torch.Tensor:
        """Memory for a value; a single number in its shape where the shape ``alone`` is wanted."""
        shape, dtype = self.shapes[key[0]][key[1]], getattr(torch, self.dtypes[key[0]][key[1]])
        if alone:
            return torch.empty((), dtype=dtype, device=self.requests["device"]).expand(shape)
        return torch.empty(shape, dtype=dtype, device=self.requests["device"])
