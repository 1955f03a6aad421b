"""Loops and branches over symbols: ``foreach``, ``while_loop`` and ``cond``.

The function that a program gives is called once, on variables that stand for what the loop hands to
it; what it returns becomes a graph inside the operator. Everything made meanwhile carries the
attribute ``__subgraph_name__``, as in 1.x; what a body reads from outside becomes an input.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..attribute import AttrScope, current_scope
from ..graph.node import Entry, Graph, Node, depth_first
from ..ops.core import get_op
from ..ops.subgraphs import Subgraphs
from .compose import apply_operator
from .functions import function
from .nesting import flatten, iterations, nest
from .symbol import Symbol, Variable

__all__ = ["cond", "foreach", "while_loop"]

_MARK = "__subgraph_name__"
_counters: defaultdict[str, itertools.count] = defaultdict(itertools.count)
_lock = threading.Lock()


def foreach(body: Callable, data: Any, init_states: Any, name: str = "foreach") -> tuple[Any, Any]:
    """Run ``body(item, states)`` on the items of ``data`` along axis 0, handing on states.

    Parameters: ``body`` returns ``(outputs, states)``; ``data`` and ``init_states`` are symbols or
    nested lists of them, and the body sees the same nesting; ``name`` marks what the body makes.
    Returns the outputs, stacked along axis 0, and the last states. Raises AssertionError for values
    that are not symbols, where the body does not use an input, or where it changes the nesting of
    the states.
    """
    items, item_form = _flatten(data, "foreach input")
    states, state_form = _flatten(init_states, "foreach states")
    mark = _unique_mark(name)
    with AttrScope(**{_MARK: mark}):
        places = _placeholders((*items, *states))
        given = nest(item_form, places[: len(items)]), nest(state_form, places[len(items) :])
        outputs, next_states = body(*given)
        outputs, output_form = _flatten(outputs, "foreach output")
        next_states, next_form = _flatten(next_states, "foreach loop_vars")
        if next_form != state_form:
            raise AssertionError("The input and output loop_vars have different format")
        outputs = [_made_inside(symbol, mark, ()) for symbol in outputs]
        names = {symbol.name for symbol in outputs}
        next_states = [_made_inside(symbol, mark, names) for symbol in next_states]
    part = _Part((*outputs, *next_states), mark, places)
    locations = [part.location(place) for place in places]
    for kind, found in (("data", locations[: len(items)]), ("state", locations[len(items) :])):
        if None in found:
            raise AssertionError(f"the {kind} arrays have to be used in the loop body")
    rest = [at for at in range(len(part.names)) if at not in locations]
    outside = [symbol for symbol in map(part.inputs.__getitem__, rest) if symbol is not None]
    results = _apply(
        "_foreach",
        [part],
        [*items, *states, *outside],
        num_outputs=len(outputs) + len(states),
        num_out_data=len(outputs),
        in_state_locs=locations[len(items) :],
        in_data_locs=locations[: len(items)],
        remain_locs=rest,
    )
    return (
        nest(output_form, results[: len(outputs)]),
        nest(state_form, results[len(outputs) :]),
    )


def while_loop(
    cond: Callable,
    func: Callable,
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """Run ``func(*loop_vars)`` as long as ``cond(*loop_vars)`` holds, ``max_iterations`` times at most.

    Parameters: ``cond`` returns a symbol of one number; ``func`` returns ``(outputs, loop_vars)``, with
    outputs None for none; ``loop_vars`` are symbols. Returns the outputs of all runs, stacked and
    filled up with zeros to ``max_iterations``, and the last loop variables. Raises ValueError where
    the number of variables changes, one of them is not used, or ``max_iterations`` is no number.
    """
    limit = iterations(max_iterations)
    variables, form = _flatten(loop_vars, "while loop_vars")
    if not variables:
        raise ValueError("loop_vars should contain at least one element")
    condition = _capture(f"{name}_cond", variables, lambda places: [_call(cond, form, places)])
    body, output_form, next_form = _capture_step(f"{name}_func", variables, form, func)
    locations = [body.location(place) for place in body.places]
    for number, location in enumerate(locations):
        if location is None:
            raise ValueError(f"The {number + 1}-th loop_var doesn't involve into the computation")
    inputs, (at_condition, at_body) = _union([condition, body], variables, share_variables=False)
    count = len(body.graph.outputs) - len(variables)
    results = _apply(
        "_while_loop",
        [condition, body],
        inputs,
        num_outputs=count + len(variables),
        num_out_data=count,
        func_input_locs=at_body,
        cond_input_locs=at_condition,
        func_var_locs=locations,
        max_iterations=limit,
    )
    return nest(output_form, results[:count]), nest(next_form, results[count:])


def cond(pred: Symbol, then_func: Callable, else_func: Callable, name: str = "cond") -> Any:
    """What ``then_func()`` gives if ``pred`` is not zero, else what ``else_func()`` gives.

    Parameters: ``pred``: a symbol of one number; both functions return symbols or nested lists of
    them, of the same shapes. Raises ValueError where the numbers of outputs differ.
    """
    condition = _capture(f"{name}_pred", (), lambda _: _flatten(pred, "cond outputs")[0])
    forms = []

    def branch(function: Callable) -> Callable:
        def outputs(_: Any) -> list[Symbol]:
            found, form = _flatten(function(), "cond outputs")
            forms.append(form)
            return found

        return outputs

    then_part = _capture(f"{name}_then", (), branch(then_func))
    else_part = _capture(f"{name}_else", (), branch(else_func))
    if len(then_part.graph.outputs) != len(else_part.graph.outputs):
        raise ValueError("Number of outputs differs between then-branch and else-branch")
    parts = [condition, then_part, else_part]
    inputs, (at_condition, at_then, at_else) = _union(parts, (), share_variables=True)
    results = _apply(
        "_cond",
        parts,
        inputs,
        num_outputs=len(then_part.graph.outputs),
        cond_input_locs=at_condition,
        then_input_locs=at_then,
        else_input_locs=at_else,
    )
    return nest(forms[0], results)


class _Part:
    """A graph made from what a function returned, cut off from everything outside.

    ``names`` are those of its variables; ``inputs`` are what they stand for outside, None for the
    placeholders; ``was_variable`` says where that is a variable itself.
    """

    def __init__(self, outputs: Sequence[Symbol], mark: str, places: Sequence[Symbol]):
        self.places = places
        entries = [entry for symbol in outputs for entry in symbol._outputs]
        inside = _inside(entries, mark, {place._outputs[0].node for place in places})
        self._cuts: dict[str, Entry] = {}
        self._new: dict[Entry, Entry] = {}
        copies: dict[Node, Node] = {}
        for node in depth_first(entries):
            if node in inside:
                copies[node] = self._copy(node, inside, copies)
        self.graph = Graph([Entry(copies[entry.node], entry.index) for entry in entries])
        originals = {copy: node for node, copy in copies.items()}
        self.names = [node.name for node in self.graph.variables]
        if len(set(self.names)) != len(self.names):
            raise AssertionError(
                f"The inputs of the subgraph don't have unique names: {self.names}"
            )
        self._variables = [originals.get(node) for node in self.graph.variables]
        own = {place._outputs[0].node for place in places}
        self.inputs = [
            None if node in own else Symbol((self._cuts[name] if node is None else Entry(node),))
            for node, name in zip(self._variables, self.names)
        ]

    def _copy(self, node: Node, inside: set[Node], copies: Mapping[Node, Node]) -> Node:
        if node.op is None:
            return node
        inputs = tuple(
            Entry(copies[e.node], e.index) if e.node in inside else self._cut(e)
            for e in node.inputs
        )
        return node.with_inputs(inputs)

    def _cut(self, entry: Entry) -> Entry:
        """The variable that stands for a value from outside."""
        found = self._new.get(entry)
        if found is None:
            node = Node(None, (), entry.name, {}, entry.node.origin)
            found = self._new[entry] = Entry(node)
            self._cuts[entry.name] = entry
        return found

    def location(self, place: Symbol) -> int | None:
        """The number of a placeholder among the variables, None if it is not used."""
        node = place._outputs[0].node
        return self._variables.index(node) if node in self._variables else None


def _inside(entries: Iterable[Entry], mark: str, places: set[Node]) -> set[Node]:
    """The nodes that belong to a body: made while it ran, or dependent on its placeholders."""
    found: set[Node] = set()
    for node in depth_first(entries):
        if (
            node.attrs.get(_MARK) == mark
            or node in places
            or any(entry.node in found and entry.node.op is not None for entry in node.inputs)
            or any(entry.node in places for entry in node.inputs)
        ):
            found.add(node)
    return found


def _capture(name: str, inputs: Sequence[Symbol], function: Callable) -> _Part:
    """The graph that a function of placeholders gives, one placeholder an input."""
    mark = _unique_mark(name)
    with AttrScope(**{_MARK: mark}):
        places = _placeholders(inputs)
        outputs = [_made_inside(symbol, mark, ()) for symbol in function(places)]
        if not outputs:
            raise TypeError(f"{name} returned nothing; it should return at least one symbol")
    return _Part(outputs, mark, places)


def _capture_step(
    name: str, variables: Sequence[Symbol], form: Any, function: Callable
) -> tuple[_Part, Any, Any]:
    """The graph of one run of a loop; the nesting of its outputs, and of the next variables."""
    forms: list[Any] = []

    def step(places: Sequence[Symbol]) -> list[Symbol]:
        outputs, next_variables = _call(function, form, places)
        outputs, output_form = _flatten([] if outputs is None else outputs, "while output")
        next_variables, next_form = _flatten(next_variables, "while loop_vars")
        if len(next_variables) != len(variables):
            raise ValueError("The number of loop_vars should be consistent during the loop")
        forms.extend((output_form, next_form))
        return [*outputs, *next_variables]

    part = _capture(name, variables, step)
    output_form, next_form = forms
    return part, output_form, next_form


def _call(function: Callable, form: Any, places: Sequence[Symbol]) -> Any:
    """What a function of loop variables gives for placeholders in their nesting."""
    nested = nest(form, places)
    return function(*nested) if isinstance(nested, list) else function(nested)


def _union(
    parts: Sequence[_Part], variables: Sequence[Symbol], share_variables: bool
) -> tuple[list[Symbol], list[list[int]]]:
    """The inputs of several graphs, and for each graph the numbers of its own ones.

    Placeholders of the same loop variable are one input, so are variables of one name if
    ``share_variables``; everything else is an input for each graph, as in files of 1.x.
    """
    inputs: list[Symbol] = []
    known: dict[Any, int] = {}
    locations = []
    for part in parts:
        places = {part.location(place): number for number, place in enumerate(part.places)}
        numbers = []
        for at, outside in enumerate(part.inputs):
            key: Any
            if outside is None:
                key = number = places[at]
                symbol = variables[number]
            else:
                symbol, entry = outside, outside._outputs[0]
                key = entry.node.name if share_variables and entry.node.op is None else object()
            if key not in known:
                known[key] = len(inputs)
                inputs.append(symbol)
            numbers.append(known[key])
        locations.append(numbers)
    return inputs, locations


def _apply(
    operator: str, parts: Sequence[_Part], inputs: Sequence[Symbol], **parameters: Any
) -> list[Symbol]:
    """Make the node of a control operator; returns its outputs."""
    parameters["num_args"] = len(parts) + len(inputs)
    parameters["subgraphs"] = Subgraphs([part.graph for part in parts])
    outputs = apply_operator(get_op(operator), operator, inputs, {}, parameters, depth=4)
    return [Symbol((entry,)) for entry in outputs]


def _unique_mark(name: str) -> str:
    """The name by which what a body makes is marked: numbered, after that of the body around it."""
    outer = current_scope().get(None).get(_MARK)
    full = f"{outer}${name}" if outer else name
    with _lock:
        return f"{full}{next(_counters[full])}"


def _placeholders(symbols: Sequence[Symbol]) -> list[Symbol]:
    """Variables that stand for symbols inside a body: ``<node>-<output>``."""
    places = []
    for symbol in symbols:
        (entry,) = symbol._outputs
        places.append(Variable(f"{entry.node.name}-{entry.index}"))
    return places


def _made_inside(symbol: Symbol, mark: str, taken: Iterable[str | None]) -> Symbol:
    """The symbol as something that the body made: an identity of variables and outside values."""
    node = symbol._outputs[0].node
    if node.op is None or node.attrs.get(_MARK) != mark or node.name in taken:
        return function("identity")(symbol)
    return symbol


def _flatten(value: Any, what: str) -> tuple[list[Symbol], Any]:
    """The symbols of a nested list in one list, and its form; several outputs count as a list."""
    return flatten(_outputs(value), Symbol, what)


def _outputs(value: Any) -> Any:
    if isinstance(value, Symbol):
        return value if len(value) == 1 else list(value)
    return [_outputs(item) for item in value] if isinstance(value, (list, tuple)) else value
