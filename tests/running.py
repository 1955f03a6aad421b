"""Running symbols in tests: through the public Executor, and node by node as the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import mxnet as mx

__all__ = [
    "Result",
    "array",
    "replay",
    "requests",
    "run_bound",
    "run_plainly",
]


@dataclass
class Result:
    """What one forward (and backward) pass gave, as numpy arrays."""

    outputs: list[np.ndarray]
    gradients: dict[str, np.ndarray]
    arguments: dict[str, np.ndarray]
    auxiliary: dict[str, np.ndarray]


def array(value: np.ndarray) -> mx.nd.NDArray:
    """An NDArray of the same dtype."""
    value = np.asarray(value)
    return mx.nd.array(value, dtype=value.dtype)


def requests(symbol: mx.sym.Symbol, grad_req: str | Mapping[str, str]) -> dict[str, str]:
    """What to do with the gradient of each argument."""
    if isinstance(grad_req, str):
        return dict.fromkeys(symbol.list_arguments(), grad_req)
    return {name: grad_req.get(name, "null") for name in symbol.list_arguments()}


def run_bound(
    symbol: mx.sym.Symbol,
    arrays: Mapping[str, np.ndarray],
    heads: Sequence[np.ndarray] | None = None,
    grad_req: str | Mapping[str, str] = "null",
    train: bool = True,
    grad_init: Mapping[str, np.ndarray] | None = None,
    replayed: bool = False,
) -> Result:
    """One pass of an Executor. ``arrays`` holds arguments and auxiliary states by name.

    ``replayed``: the second pass of an executor, whose first one had other values: the calls that
    the first run recorded are run again.
    """
    wanted = requests(symbol, grad_req)
    start = grad_init or {}
    gradients = {
        name: array(start.get(name, np.zeros_like(arrays[name])))
        for name, request in wanted.items()
        if request != "null"
    }
    executor = symbol.bind(
        mx.cpu(),
        {name: array(arrays[name]) for name in symbol.list_arguments()},
        args_grad=gradients,
        grad_req=wanted,
        aux_states={name: array(arrays[name]) for name in symbol.list_auxiliary_states()},
    )
    heads = None if heads is None else [array(head) for head in heads]
    for scale in [0.5, 1.0] if replayed else [1.0]:
        if replayed:
            _restart(executor, arrays, start, scale)
        outputs = [output.asnumpy() for output in executor.forward(is_train=train)]
        if gradients:
            executor.backward(heads)
    return Result(
        outputs,
        {name: value.asnumpy() for name, value in gradients.items()},
        {name: value.asnumpy() for name, value in executor.arg_dict.items()},
        {name: value.asnumpy() for name, value in executor.aux_dict.items()},
    )


def _restart(executor, arrays: Mapping, gradients: Mapping, scale: float) -> None:
    """Fill what is bound as at the start; floats scaled, so that nothing stale goes unnoticed."""
    for name, value in (*executor.arg_dict.items(), *executor.aux_dict.items()):
        given = arrays[name]
        value[:] = given * given.dtype.type(scale) if given.dtype.kind == "f" else given
    for name, value in executor.grad_dict.items():
        if value is not None:
            value[:] = gradients.get(name, 0)


def run_plainly(
    symbol: mx.sym.Symbol,
    arrays: Mapping[str, np.ndarray],
    heads: Sequence[np.ndarray] | None = None,
    grad_req: str | Mapping[str, str] = "null",
    train: bool = True,
    grad_init: Mapping[str, np.ndarray] | None = None,
) -> Result:
    """The same by ``execution.plain``: every node on its own, nothing planned or shared."""
    import torch

    from mxnet.execution.plain import run_plain
    from mxnet.graph.node import Entry, Graph, Node
    from mxnet.passes.differentiate import differentiate

    graph = symbol._graph
    values = {node: torch.from_numpy(arrays[node.name].copy()) for node in graph.variables}
    wanted = {
        name: request for name, request in requests(symbol, grad_req).items() if request != "null"
    }
    outputs, order, sources = list(graph.outputs), list(graph.nodes), []
    if wanted:
        head_entries = [None] * len(outputs)
        for i, head in enumerate(heads or ()):
            node = Node(None, (), f"head{i}", {})
            values[node] = torch.from_numpy(np.asarray(head).copy())
            head_entries[i] = Entry(node)
            order.append(node)
        sources = [node for node in graph.arguments if node.name in wanted]
        derivative = differentiate(graph, sources, head_entries)
        # The labels of losses have no gradients.
        found = [pair for pair in zip(sources, derivative.gradients, strict=True) if pair[1]]
        sources = [source for source, _ in found]
        outputs += [gradient for _, gradient in found]
        needed = set(Graph(outputs).nodes)  # others, such as those before BlockGrad, do not run
        order += [node for node in derivative.made if node in needed]
    rng = torch.Generator().manual_seed(0)
    results = run_plain(Graph(outputs, order), values, train=train, rng=rng, context=mx.cpu())
    results = [result.detach().clone().numpy() for result in results]
    gradients = dict(zip([n.name for n in sources], results[len(graph.outputs) :], strict=True))
    for name, request in wanted.items():
        if request == "add" and grad_init:
            gradients[name] = gradients[name] + grad_init[name]
    return Result(
        results[: len(graph.outputs)],
        gradients,
        {node.name: values[node].numpy() for node in graph.arguments},
        {node.name: values[node].numpy() for node in graph.auxiliary_states},
    )


def replay(build: Sequence[Mapping]) -> mx.sym.Symbol:
    """The symbol of a recorded construction: calls in which ``$x`` is an earlier symbol."""
    made: dict[str, object] = {}

    def value(given):
        if isinstance(given, str) and given.startswith("$"):
            return made[given[1:]]
        if isinstance(given, list):
            items = [value(item) for item in given]
            return items if any(isinstance(item, mx.sym.Symbol) for item in items) else tuple(items)
        return given

    result = None
    for step in build:
        if "expr" in step:
            symbols = {name: value(given) for name, given in step["symbols"].items()}
            result = eval(step["expr"], {"mx": mx, **symbols})
        else:
            positional = [value(item) for item in step.get("args", ())]
            named = {name: value(item) for name, item in step.get("kwargs", {}).items()}
            result = eval(step["call"], {"mx": mx})(*positional, **named)
        made[step["out"]] = result
    return result
