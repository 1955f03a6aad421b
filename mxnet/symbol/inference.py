"""Shape and type inference, and differentiation, as methods of Symbol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..base import MXNetError
from ..graph.node import Entry, Graph, Node, unique_name
from ..ops.core import get_op
from ..ops.dtypes import canonical, numpy_type
from ..ops.parameters import unknown_argument
from ..ops.shapes import UNKNOWN, is_complete
from ..passes.differentiate import differentiate
from ..passes.infer import Facts, infer_dtypes, infer_shapes, partial_shape

__all__ = ["Inferable"]


# By node, what has been called after it in its derivatives: those of one network may be in one graph.
_derived: WeakKeyDictionary[Node, set[str]] = WeakKeyDictionary()


class Inferable:
    """What follows from a symbol's graph without running it."""

    __slots__ = ()
    if TYPE_CHECKING:  # what Symbol has
        list_outputs: Callable[[], list[str]]

        @property
        def _graph(self) -> Graph: ...

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple:
        """The shapes of arguments, outputs and auxiliary states that follow from some of them.

        Parameters: shapes as tuples, by position or by name; 0 and -1 are unknown dimensions.
        Returns three lists in the order of the ``list_*`` methods, or three None where the shapes
        given are not enough. Raises MXNetError naming the node where shapes disagree.
        """
        facts, known = self._infer_shapes(args, kwargs)
        values = [value for node in facts.values for value in node]
        if not all(map(is_complete, values)):
            return None, None, None
        return known

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple:
        """As ``infer_shape``, but with what is not known as 0, or () where not even the rank is."""
        return self._infer_shapes(args, kwargs)[1]

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple:
        """The types of arguments, outputs and auxiliary states that follow from some of them.

        Returns three lists of numpy type classes, or three None where they are not determined.
        """
        found = self._infer_dtypes(args, kwargs)
        if any(value is None for group in found for value in group):
            return None, None, None
        return found

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple:
        """As ``infer_type``, with None for what is not known."""
        return self._infer_dtypes(args, kwargs)

    def _infer_shapes(self, args: tuple, kwargs: dict) -> tuple[Facts, tuple]:
        known = self._known(args, kwargs, _shape)
        facts = infer_shapes(self._graph, known)
        return facts, self._listed(facts, _public_shape)

    def _infer_dtypes(self, args: tuple, kwargs: dict) -> tuple:
        known = self._known(args, kwargs, canonical)
        facts = infer_dtypes(self._graph, known)
        return self._listed(facts, lambda name: None if name is None else numpy_type(name))

    def _known(self, args: tuple, kwargs: Mapping[str, Any], convert: Any) -> dict[Node, Any]:
        if args and kwargs:
            raise ValueError("Can only specify known arguments either by positional or kwargs way.")
        graph = self._graph
        if args:
            pairs = zip(graph.arguments, args)
            return {node: convert(value) for node, value in pairs if value is not None}
        by_name: dict[str, list[Node]] = {}
        for node in graph.variables:
            by_name.setdefault(node.name, []).append(node)
        known = {}
        for name, value in kwargs.items():
            if name not in by_name:
                raise unknown_argument(name, by_name)
            if value is not None:
                known.update(dict.fromkeys(by_name[name], convert(value)))
        return known

    def _listed(self, facts: Facts, convert: Any) -> tuple:
        graph = self._graph
        arguments = [convert(facts.of(Entry(node))) for node in graph.arguments]
        outputs = [convert(facts.of(entry)) for entry in graph.outputs]
        auxiliary = [convert(facts.of(Entry(node))) for node in graph.auxiliary_states]
        return arguments, outputs, auxiliary

    def gradient(self, wrt: str | Sequence[str], head_grads: Any = None) -> Any:
        """The gradients with respect to some arguments, as a symbol with one output for each.

        Parameters: ``wrt``: names of arguments; ``head_grads``: a symbol with one output per output
        of this one, a list of symbols (None for ones), or None for ones everywhere. Loss heads
        bring their own gradient. The result can be listed, inferred, saved, bound and
        differentiated again; 1.9.1 declares this method but does not implement it. Raises
        MXNetError for names that are not arguments, or where an operator has no derivative.
        """
        graph = self._graph
        names = [wrt] if isinstance(wrt, str) else list(wrt)
        by_name = {node.name: node for node in graph.arguments}
        for name in names:
            if name not in by_name:
                raise unknown_argument(name, by_name)
        taken = Counter(node.name for node in graph.nodes)
        for node in graph.nodes:
            taken.update(_derived.get(node, ()))
        heads = self._head_gradients(head_grads, taken)
        derivative = differentiate(graph, [by_name[name] for name in names], heads, taken=taken)
        for node in derivative.made:
            if node.derived_from is not None:
                _derived.setdefault(node.derived_from, set()).add(node.name)
        gradients = []
        for name, gradient in zip(names, derivative.gradients):
            if gradient is None:
                gradient = get_op("zeros_like")()(Entry(by_name[name]), name=f"d_{name}")
            gradients.append(gradient)
        symbol: Any = type(self)
        return symbol(gradients)

    def _head_gradients(self, head_grads: Any, taken: Counter[str]) -> list[Entry]:
        outputs = self._graph.outputs
        if head_grads is None:
            given: list[Any] = [None] * len(outputs)
        else:
            given = list(head_grads)
        if len(given) != len(outputs):
            raise MXNetError(
                f"{len(given)} head gradients for {len(outputs)} outputs: {self.list_outputs()}"
            )
        heads = []
        for output, gradient in zip(outputs, given):
            if gradient is None:
                ones = get_op("ones_like")()
                heads.append(ones(output, name=unique_name(f"d_{output.name}", taken)))
                _derived.setdefault(output.node, set()).add(heads[-1].node.name)
            else:
                heads.append(gradient._outputs[0])
        return heads


def _shape(value: Any) -> tuple | None:
    if not isinstance(value, tuple):
        raise TypeError(
            f"Arguments need to be shapes (tuple), but {value!r} is a {type(value).__name__}"
        )
    if None in value:
        raise TypeError(f"the dimensions of a shape need to be integers, not {value!r}")
    return partial_shape(value) if value else None


def _public_shape(shape: tuple | None) -> tuple:
    return () if shape is None else tuple(0 if dim is UNKNOWN else dim for dim in shape)
