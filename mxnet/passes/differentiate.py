"""Reverse-mode differentiation as a pass over the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..error import NodeError, did_you_mean
from ..graph.node import Entry, Graph, Node, unique_name
from ..ops.backward import backward_of, visible_outputs
from ..ops.core import Op, building_for, get_op
from ..ops.expression import Expression
from ..ops.shapes import is_complete
from .infer import Facts

__all__ = ["Derivative", "differentiate", "own_head_gradient"]


@dataclass(frozen=True)
class Derivative:
    """``gradients``: one entry per variable asked for, None for mere labels of losses;
    ``made``: the new nodes, in a good order.

    The order follows the forward nodes in reverse, so that each forward value is used, and can be
    freed, as early as possible.
    """

    gradients: tuple[Entry | None, ...]
    made: tuple[Node, ...]


def own_head_gradient(op: Op | None) -> bool:
    """Whether an operator used as a head needs no gradient from outside (losses, BlockGrad)."""
    return op is not None and op.differentiable and not op.reads_head_gradient


def differentiate(
    graph: Graph,
    wrt: Sequence[Node],
    head_gradients: Sequence[Entry | None],
    shapes: Facts | None = None,
    monitored: bool = False,
    taken: Counter[str] | None = None,
) -> Derivative:
    """The gradients of the graph's outputs, weighted by ``head_gradients``, for variables ``wrt``.

    A head gradient may be None where the head is a loss that brings its own. Variables that no
    gradient reaches get zeros; labels get none at all (1.x leaves their arrays as they are).
    ``shapes``: those of the graph's values, if known, for rules that need fewer nodes then;
    ``monitored``: whether it is the derivative to which the names of 1.x for monitors belong;
    ``taken``: the names that no new node may have, by default those of the graph. Raises NodeError where
    an operator on the way has no derivative.
    """
    if taken is None:
        given = [*graph.nodes, *(entry.node for entry in head_gradients if entry is not None)]
        taken = Counter(node.name for node in given)
    return _Reverse(graph, wrt, shapes, taken, monitored).run(head_gradients)


class _Reverse:
    def __init__(
        self,
        graph: Graph,
        wrt: Sequence[Node],
        shapes: Facts | None,
        taken: Counter[str],
        monitored: bool,
    ):
        self.graph, self.wrt, self.shapes, self.monitored = graph, wrt, shapes, monitored
        self.made: list[Node] = []
        self.taken = taken
        self.gradients: dict[tuple[Node, int], Expression] = {}
        self.active = _dependent(graph, wrt)

    def run(self, head_gradients: Sequence[Entry | None]) -> Derivative:
        for output, gradient in zip(self.graph.outputs, head_gradients):
            if gradient is not None:
                self.add(output, Expression.of(gradient), output.node)
        for node in reversed(self.graph.nodes):
            if node.op is not None and node in self.active:
                self.visit(node)
        results = []
        labels = _mere_labels(self.graph)
        for variable in self.wrt:
            gradient = self.gradients.get((variable, 0))
            if gradient is None and variable not in labels:
                with building_for(variable, self.made, self.unique):
                    gradient = get_op("zeros_like")()(Entry(variable), name=f"d_{variable.name}")
            results.append(gradient)
        return Derivative(tuple(results), tuple(self.made))

    def unique(self, name: str) -> str:
        """A name that no other node of the graph has."""
        return unique_name(name, self.taken)

    def add(self, entry: Entry, gradient: Expression, source: Node) -> None:
        key = (entry.node, entry.index)
        before = self.gradients.get(key)
        if before is not None:
            with building_for(source, self.made, self.unique):
                gradient = get_op("_grad_add")()(before, gradient, name=f"d_{entry.name}_sum")
        self.gradients[key] = gradient

    def visit(self, node: Node) -> None:
        op = node.op
        heads = [self.gradients.pop((node, i), None) for i in range(op.num_visible)]
        hidden = range(op.num_visible, len(op.output_names))
        if hidden and not op.stochastic and any((node, i) in self.gradients for i in hidden):
            # What a derivative kernel reads of them would be missing in its own derivative.
            raise NodeError(
                node.facts(),
                "differentiation",
                f"the gradient of {op.op_name} is non-differentiable: it reads what {op.op_name} keeps"
                " for it",
            )
        if op.differentiable and not op.reads_head_gradient:
            pass
        elif not any(heads):
            return
        elif not op.differentiable:
            raise NodeError(
                node.facts(),
                "differentiation",
                f"{op.op_name} is a non-differentiable operator: it does not have FGradient"
                " defined",
                "put mx.sym.BlockGrad around it, or set grad_req='null' for the arguments before"
                " it",
            )
        needs = [
            learns and entry.node in self.active for learns, entry in zip(op.learns, node.inputs)
        ]
        with building_for(node, self.made, self.unique):
            contributions = self.derive(node, heads, needs)
        for number, (entry, need, gradient) in enumerate(zip(node.inputs, needs, contributions)):
            if need and gradient is not None:
                if self.monitored:
                    _mark(gradient, node, number)
                self.add(entry, gradient, node)

    def derive(self, node: Node, heads: list, needs: list[bool]) -> Sequence:
        op = node.op
        values = dict(zip(op.input_names, node.inputs))
        outputs = Expression.outputs_of(node)
        values.update(zip(op.output_names, outputs))

        def value(name: str) -> Expression:
            if name in values:
                return Expression.of(values[name])
            if name[:2] != "d_" or name[2:] not in op.output_names:
                known = [*values, *(f"d_{each}" for each in op.output_names)]
                reason = (
                    f"asks for {name}; there are {', '.join(known)}.{did_you_mean(name, known)}"
                )
                raise _wrong_rule(node, reason)
            index = op.output_names.index(name[2:])
            if heads[index] is None:
                heads[index] = get_op("zeros_like")()(outputs[index])
            return heads[index]

        if op.gradient is None:
            return self.derive_by_kernel(node, needs, value)
        groups = {name: tuple(map(value, names)) for name, names in op.groups.items()}
        arguments: list = []
        for name in op.gradient_reads():
            if name == "outputs":
                arguments.append(outputs)
            elif name == "d_outputs":
                arguments.append(tuple(value(f"d_{n}") for n in visible_outputs(op)))
            else:
                arguments.append(groups[name] if name in groups else value(name))
        if op.gradient_asks_shapes:
            result = op.gradient(*arguments, shapes=self.shapes_of(node))
        else:
            result = op.gradient(*arguments)
        result = tuple(result) if isinstance(result, (tuple, list)) else (result,)
        if len(result) != len(node.inputs) - len(op.aux_names):
            wanted = f"{len(node.inputs) - len(op.aux_names)} inputs"
            raise _wrong_rule(node, f"gave {len(result)} results for {wanted}")
        return result

    def shapes_of(self, node: Node) -> dict[str, tuple]:
        """By name, the shapes of inputs and outputs that are known."""
        if self.shapes is None:
            return {}
        shapes = [self.shapes.of(entry) for entry in node.inputs]
        shapes += self.shapes.values[self.graph.index[node]]
        names = (*node.op.input_names, *node.op.output_names)
        return {name: shape for name, shape in zip(names, shapes) if is_complete(shape)}

    def derive_by_kernel(self, node: Node, needs: list[bool], value) -> Sequence:
        if not any(needs):
            return [None] * len(needs)
        backward = backward_of(node.op, tuple(needs))
        results = backward(*map(value, backward.input_names), name=f"{node.name}_backward")
        remaining = iter(results if isinstance(results, tuple) else (results,))
        return [next(remaining) if need else None for need in needs]


def _wrong_rule(node: Node, reason: str) -> NodeError:
    """The error for a rule ``gradient`` or ``backward`` that is not what its operator needs."""
    rule = "backward" if node.op.gradient is None else "gradient"
    return NodeError(node.facts(), "differentiation", f"{node.op.op_name}.{rule} {reason}")


def _mark(gradient: Entry, node: Node, number: int) -> None:
    """Note with a gradient which input of a forward node it is for, if it was made for that node."""
    made = gradient.node
    if made.derived_from is node:
        made.towards = made.towards or {}
        made.towards.setdefault(gradient.index, number)


def _mere_labels(graph: Graph) -> set[Node]:
    """The variables that are used as labels of losses and for nothing else."""
    labels: set[Node] = set()
    others = {entry.node for entry in graph.outputs}
    for node in graph.nodes:
        if node.op is not None:
            for name, entry in zip(node.op.input_names, node.inputs):
                (labels if name in node.op.labels else others).add(entry.node)
    return labels - others


def _dependent(graph: Graph, wrt: Sequence[Node]) -> set[Node]:
    """The nodes whose values depend on the variables."""
    active = set(wrt)
    for node in graph.nodes:
        if node.inputs and any(entry.node in active for entry in node.inputs):
            active.add(node)
    return active
