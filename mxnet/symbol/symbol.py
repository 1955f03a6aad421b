"""The Symbol: one or several outputs of a graph, and everything that can be asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..base import MXNetError, NotImplementedForSymbol
from ..graph.node import Entry, Graph, Node
from ..graph.origin import caller
from . import json
from .compose import node_attributes, substitute
from .execution import Bindable
from .inference import Inferable
from .operators import Operators

__all__ = ["Group", "Symbol", "Variable", "load", "load_json", "var"]


class Symbol(Operators, Inferable, Bindable):
    """A symbolic expression with one or several outputs.

    Made by ``Variable``, by operator functions and by ``Group``; never changed by them. Its graph
    can be listed, inferred, differentiated, saved, plotted, and bound to arrays and run.
    """

    __slots__ = ("_cached_graph", "_outputs")
    __hash__ = None  # type: ignore[assignment] # ``==`` makes a symbol, as in 1.x

    def __init__(self, outputs: Sequence[Entry]):
        self._outputs = tuple(outputs)
        self._cached_graph: Graph | None = None

    @property
    def _graph(self) -> Graph:
        graph = self._cached_graph
        if graph is None:
            graph = self._cached_graph = Graph(self._outputs)
        return graph

    # -- listing ------------------------------------------------------------------------------
    def __repr__(self) -> str:
        name = self.name
        if name is None:
            names = ", ".join(str(symbol.name) for symbol in self)
            return f"<Symbol group [{names}]>"
        return f"<Symbol {name}>"

    @property
    def name(self) -> str | None:
        """The name of the node, None for a Group of several nodes."""
        nodes = {id(entry.node) for entry in self._outputs}
        return self._outputs[0].node.name if len(nodes) == 1 else None

    def list_arguments(self) -> list[str]:
        """The names of all arguments, in depth-first order of the graph."""
        return [node.name for node in self._graph.arguments]

    def list_auxiliary_states(self) -> list[str]:
        """The names of all auxiliary states, in graph order."""
        return [node.name for node in self._graph.auxiliary_states]

    def list_inputs(self) -> list[str]:
        """The names of all variables, arguments and auxiliary states, in graph order."""
        return [node.name for node in self._graph.variables]

    def list_outputs(self) -> list[str]:
        """The names of the outputs: ``<node>_output`` for operators, bare names for variables."""
        return [entry.name for entry in self._outputs]

    # -- outputs as a sequence ----------------------------------------------------------------
    def __len__(self) -> int:
        return len(self._outputs)

    def __iter__(self) -> Iterator[Symbol]:
        return (type(self)((entry,)) for entry in self._outputs)

    def __getitem__(self, index: int | str | slice) -> Symbol:
        """One output by number or full name, or a Group of several by slice."""
        if isinstance(index, str):
            matches = [entry for entry in self._outputs if entry.name == index]
            if len(matches) != 1:
                problem = "several outputs are" if matches else "there is no output"
                known = ", ".join(self.list_outputs()[:20])
                raise ValueError(f"{problem} named '{index}'; the outputs are: {known}")
            return type(self)(matches)
        if isinstance(index, slice):
            return self._slice(index)
        if not isinstance(index, int):
            raise TypeError(f"Symbol only supports integer, name or slice to index, not {index!r}")
        if index >= len(self._outputs):
            raise IndexError(f"output {index} of {len(self._outputs)}")
        if index < 0:
            raise MXNetError(f"output index {index} is negative; count from the front")
        return type(self)((self._outputs[index],))

    def _slice(self, index: slice) -> Symbol:
        start, step = index.start or 0, index.step or 1
        stop = len(self._outputs) if index.stop is None else index.stop
        positions = range(start, stop, step)
        if positions and max(positions) >= len(self._outputs):
            raise IndexError(f"output {index} of {len(self._outputs)}")
        if not positions:
            raise TypeError("an empty slice of a Symbol is not a Symbol")
        return type(self)([self._outputs[i] for i in positions])

    # -- structure ----------------------------------------------------------------------------
    def get_internals(self) -> Symbol:
        """A Group of the visible outputs of all nodes, in topological order."""
        entries: list[Entry] = []
        for node in self._graph.nodes:
            visible = 1 if node.op is None else node.op.num_visible
            entries.extend(Entry(node, index) for index in range(visible))
        return type(self)(entries)

    def get_children(self) -> Symbol | None:
        """The inputs of the head nodes, or None for a variable."""
        entries: list[Entry] = []
        for node in dict.fromkeys(entry.node for entry in self._outputs):
            entries.extend(node.inputs)
        return type(self)(entries) if entries else None

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """A copy of the graph in which variables are replaced by other symbols, by name.

        ``name=`` renames the head node. Raises MXNetError for names that are not variables here,
        TypeError for values that are not symbols.
        """
        name = kwargs.pop("name", None)
        if args and kwargs:
            raise TypeError("compose only accept input Symbols either as positional or keyword")
        if not all(isinstance(value, Symbol) for value in (*args, *kwargs.values())):
            raise TypeError("compose expects Symbols as arguments")
        if args:
            raise MXNetError("a composed symbol takes keyword arguments only: net(data=other)")
        names = [] if self._is_variable else self.list_inputs()
        replacements = {}
        for key, value in kwargs.items():
            if key not in names:
                raise json_unknown(key, names)
            if len(value._outputs) != 1:
                raise MXNetError(f"{value!r} for {key} is a tuple, single value is required")
            replacements[key] = value._outputs[0]
        return type(self)(substitute(self._graph, replacements, name))

    @property
    def _is_variable(self) -> bool:
        return len(self._outputs) == 1 and self._outputs[0].node.op is None

    def __copy__(self) -> Symbol:
        return type(self)(substitute(self._graph, {}))

    def __deepcopy__(self, _memo: Any) -> Symbol:
        return self.__copy__()

    # -- attributes ---------------------------------------------------------------------------
    def attr(self, key: str) -> str | None:
        """The attribute ``key`` of a symbol of one node, None if it is not set."""
        nodes = {entry.node for entry in self._outputs}
        if len(nodes) != 1:
            return None
        attrs = nodes.pop().attrs
        return attrs.get(f"__{key}__" if key in json.HIDDEN_KEYS else key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """All attributes of a symbol of one node, its parameters included; {} for a Group."""
        if recursive:
            raise DeprecationWarning(
                "Symbol.list_attr with recursive=True has been deprecated. Please use attr_dict"
                " instead."
            )
        if self.name is None:
            return {}
        return _shown(self._outputs[0].node.attrs)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """The attributes of every node that has some, by node name."""
        return {node.name: _shown(node.attrs) for node in self._graph.nodes if node.attrs}

    def _set_attr(self, **attributes: str) -> None:
        """Set attributes of the head node in place (all symbols that share the node see it)."""
        for key, value in attributes.items():
            if not isinstance(value, str):
                raise ValueError("Set Attr only accepts string values")
            node = self._outputs[0].node
            if key == "name":
                node.name = value
                continue
            stored = f"__{key}__" if key in json.HIDDEN_KEYS else key
            attrs = {**node.attrs, stored: value}
            if node.op is not None and node.op.parameters:
                node.op = json.changed_operator(node.op, attrs)
            node.attrs = attrs

    # -- saving -------------------------------------------------------------------------------
    def tojson(self, remove_amp_cast: bool = True) -> str:
        """The JSON text of the graph, byte for byte as 1.9.1 writes it."""
        return json.dumps(self._graph, remove_amp_cast)

    def save(self, fname: str, remove_amp_cast: bool = True) -> None:
        """Write ``tojson()`` to a file, atomically."""
        from ..files import write_atomically

        write_atomically(fname, self.tojson(remove_amp_cast).encode("utf-8"))

    def __reduce__(self) -> tuple:
        return _unpickle, (self.tojson(remove_amp_cast=False),)

    def debug_str(self) -> str:
        """The graph as text in the layout of 1.x: outputs, variables, operators."""
        graph = self._graph
        lines = ["Symbol Outputs:"]
        for i, entry in enumerate(graph.outputs):
            lines.append(f"\toutput[{i}]={entry.node.name}({entry.index})")
        for node in graph.nodes:
            lines.extend(_debug_lines(node))
        return "\n".join(lines) + "\n"


Symbol.__module__ = "mxnet.symbol"


def json_unknown(key: str, candidates: Sequence[str]) -> MXNetError:
    """The error for a keyword that is not an argument of a symbol."""
    from ..ops.parameters import unknown_argument

    return unknown_argument(key, candidates)


def _shown(attrs: dict[str, str]) -> dict[str, str]:
    """Attributes as programs read them: hidden keys under both spellings."""
    shown = dict(attrs)
    for key in json.HIDDEN_KEYS:
        if f"__{key}__" in attrs:
            shown[key] = attrs[f"__{key}__"]
    return shown


def _debug_lines(node: Node) -> list[str]:
    if node.op is None:
        return [f"Variable:{node.name}"]
    lines = ["--------------------", f"Op:{node.op.op_name}, Name={node.name}", "Inputs:"]
    for i, (name, entry) in enumerate(zip(node.op.input_names, node.inputs)):
        version = 1 if name in node.op.aux_names else 0
        lines.append(f"\targ[{i}]={entry.node.name}({entry.index}) version={version}")
    if node.attrs:
        lines.append("Attrs:")
        lines.extend(f"\t{key}={node.attrs[key]}" for key in sorted(node.attrs))
    return lines


def _unpickle(text: str) -> Symbol:
    return load_json(text)


def Variable(  # noqa: N802 - the 1.x spelling
    name: str,
    attr: dict[str, str] | None = None,
    shape: Any = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: str | None = None,
    profiler_scope: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """A free variable, to be bound to an array later.

    Parameters: its ``name``; hints for inference (``shape``, ``dtype``) and training (``lr_mult``,
    ``wd_mult``, ``init``: an Initializer or its string); further attributes as ``attr`` (strings)
    or keywords ``__x__``. Raises TypeError for a name that is not a string, ValueError for
    attributes.
    """
    from ..ops.dtypes import CODES, canonical

    if not isinstance(name, str):
        raise TypeError("Expect a string for variable `name`")
    for value in (attr or {}).values():
        if not isinstance(value, str):
            raise ValueError("Attributes need to be string")
    attrs = dict(node_attributes(attr))
    if shape is not None:
        attrs["__shape__"] = str(shape)
    if lr_mult is not None:
        attrs["__lr_mult__"] = str(lr_mult)
    if wd_mult is not None:
        attrs["__wd_mult__"] = str(wd_mult)
    if dtype is not None:
        attrs["__dtype__"] = str(CODES[canonical(dtype)])
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    if stype is not None:
        storage_types = {"default": 0, "row_sparse": 1, "csr": 2}
        attrs["__storage_type__"] = str(storage_types[stype])
    if profiler_scope is not None:
        attrs["__profiler_scope__"] = profiler_scope
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ValueError(
                f"Attribute name={key} is not supported. Additional attributes must start and end"
                " with double underscores, e.g., __yourattr__"
            )
        attrs[key] = str(value)
    return Symbol((Entry(Node(None, (), name, attrs, caller())),))


var = Variable


def Group(symbols: Sequence[Symbol], create_fn: Any = Symbol) -> Symbol:  # noqa: N802
    """A symbol with the outputs of several; groups inside are flattened.

    Raises TypeError for an empty list or members that are not symbols.
    """
    symbols = list(symbols)
    if not symbols or not all(isinstance(symbol, Symbol) for symbol in symbols):
        raise TypeError("Expected a list of symbols as input")
    return create_fn([entry for symbol in symbols for entry in symbol._outputs])


def load(fname: str) -> Symbol:
    """Read a symbol from a JSON file; raises MXNetError if it is missing or damaged."""
    if not isinstance(fname, str):
        raise TypeError("fname need to be string")
    from ..files import read_bytes

    try:
        text = read_bytes(fname).decode("utf-8")
    except UnicodeDecodeError as error:
        raise MXNetError(f"{fname} is not a symbol: it is not UTF-8 text ({error})") from None
    return Symbol(json.loads(text, fname).outputs)


def load_json(json_str: str) -> Symbol:
    """A symbol from its JSON text; raises MXNetError if the text is damaged."""
    if not isinstance(json_str, str):
        raise TypeError("fname required to be string")
    return Symbol(json.loads(json_str).outputs)


def _not_for_symbols(name: str):
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedForSymbol(name, None, *args)

    method.__name__ = name
    method.__doc__ = "Only for NDArray; raises NotImplementedForSymbol."
    return method


for _name in (
    "asnumpy asscalar copy detach backward wait_to_read as_in_context as_nd_ndarray as_np_ndarray"
    " __iadd__ __isub__ __imul__ __itruediv__ __idiv__ __bool__ __nonzero__"
).split():
    setattr(Symbol, _name, _not_for_symbols(_name))
