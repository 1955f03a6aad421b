"""What an operator is: a class whose instances are the operator with its parameters filled in.

A subclass states everything that the system knows about the operator (see CONTRIBUTING.md):

* parameters: annotated class attributes, with defaults;
* inputs: the positional parameters of ``forward``; ``*data`` is variadic, ``x=None`` may be absent
  (say when in ``inputs``), an annotation ``Aux`` marks an auxiliary state;
* outputs: ``outputs`` (and ``hidden`` ones after them), names or a method that computes them;
* rules: ``infer_shape(s)`` and ``infer_dtype(t)``, equations on partial values (by default: all
  equal);
* kernel: ``forward(self, <inputs>, *, <requests>)`` on torch tensors;
* derivative: ``gradient`` (builds nodes) or ``backward`` (a kernel), both reading what they need by
  name: inputs, outputs, ``d_<output>``; neither: torch differentiates ``forward``. ``gradient`` may
  also ask for ``shapes``, keyword-only: a dict of those that are known, by name.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial, wraps
from math import copysign
from operator import is_not
from typing import TYPE_CHECKING, Any, ClassVar, Union

from ..error import InternalError, MXNetError, did_you_mean
from ..graph.node import Entry, Node
from .expression import Expression
from .generated import MatrixProduct
from .parameters import REQUIRED, Parameter, declare, parse_all, to_text
from .shapes import (
    Equations,
    Mismatch,
    NotKnown,
    is_complete,
    known,
    product,
    unify_dtypes,
    unify_shapes,
)

__all__ = [
    "Aux", "Op", "building_for", "get_op", "registered", "registered_names", "remembered",
]  # fmt: skip

_REGISTRY: dict[str, type[Op]] = {}
_MEMO_LIMIT = 1 << 16
_LARGEST = 1 << 62
_MOST_RESULTS = 1 << 10
_MOST_INPUTS = 1 << 20  # a file may ask for any number; names for that many take a second
_building = threading.local()


def remembered(method: Callable) -> Callable:
    """A method of an operator whose results for given arguments, such as shapes, are kept with it.

    For what kernels compute from shapes at every call.
    """
    name = f"_{method.__name__}_results"

    @wraps(method)
    def find(self: Op, *arguments: Any) -> Any:
        try:
            return self.__dict__[name][arguments]
        except KeyError:
            results = self.__dict__.setdefault(name, {})
        if len(results) >= _MOST_RESULTS:
            results.clear()
        results[arguments] = found = method(self, *arguments)
        return found

    return find


class Aux:
    """Annotation of a ``forward`` parameter: an auxiliary state, which the operator may change."""


Names = Union[Sequence[str], Callable[..., Sequence[str]]]  # noqa: UP007 - evaluated on 3.10 too


class Op:
    """An operator with its parameters: immutable, hashable, printable; see the module's text."""

    # What subclasses may declare; a method instead of a tuple computes it from the parameters.
    outputs: ClassVar[Any] = ("output",)
    hidden: ClassVar[Any] = ()
    unlisted: ClassVar[tuple[str, ...]] = ()  # hidden outputs that files of 1.x do not count
    # The last outputs, hidden ones, that ``forward`` leaves out where ``out`` has None for them.
    optional: ClassVar[tuple[str, ...]] = ()
    inplace: ClassVar[dict[str, tuple[str, ...]]] = {}
    view: ClassVar[str | None] = None  # "reshape" or "strided": the output is a view of input 0
    joins: ClassVar[bool] = False  # the output is the inputs one after the other in memory
    # Inputs along whose first axis are samples: each sample of them gives that sample of the outputs,
    # whatever the others are. In training mode that need not be so. May be a property.
    per_sample: ClassVar[Any] = ()
    shape_only: ClassVar[Any] = ()  # inputs that are read for their shape alone
    backward_shape_only: ClassVar[tuple[str, ...]] = ()  # the same for the kernel ``backward``
    dense: ClassVar[Any] = ()  # inputs that a kernel would have to copy if they were strided views
    conversion: ClassVar[bool] = False  # the values of input 0, in the element type of the output
    # By input or parameter, the number with which (of an input, everywhere) the other input is the
    # result, to the last bit of floating point.
    neutral: ClassVar[dict[str, float]] = {}
    filled: ClassVar[Any] = None  # the number that all elements of the output are
    labels: ClassVar[tuple[str, ...]] = ()  # inputs without gradient: their arrays are left alone
    mutates: ClassVar[tuple[str, ...]] = ()  # inputs that the operator writes to
    count: ClassVar[str | None] = None  # the parameter that says how many variadic inputs there are
    variadic_prefix: ClassVar[str] = "arg"
    # Storage of 4-D results: "channels_last" where the kernel prefers it, "follows" where it passes
    # on that of its inputs; None: always dense in the order of the axes.
    memory_format: ClassVar[Any] = None
    differentiable: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    heavy: ClassVar[bool] = False  # so much work an element that it is not computed twice lightly
    light: ClassVar[bool] = False  # so little work that computing it twice saves memory for nothing
    capture: ClassVar[bool] = True  # False: ``forward`` does work that a list of torch calls is not
    dynamic: ClassVar[bool] = False  # sizes of the results depend on values
    hoisted: ClassVar[bool] = False  # reads parameters alone; run again only when they have changed
    # The kernel looks at values, copies from the host or runs code of users, so that a GPU is waited
    # for. May be a property.
    waits: ClassVar[Any] = False
    # A run takes a state further (momentum, moving statistics): none is repeated. May be a property.
    once: ClassVar[Any] = False
    keeps_state: ClassVar[bool] = False  # a run leaves objects in ``state`` for the backward run
    # Generated kernels that ``forward`` and ``backward`` may call, or functions that call them: module
    # and name in ``mxnet.kernels``; for the type of the first input. May be properties.
    kernels: ClassVar[Any] = ()
    backward_kernels: ClassVar[Any] = ()
    # Inputs under mixed precision: "low", in 16 bits; "full", in 32; "widest", as they come. May be a
    # property; see passes/precision.
    precision: ClassVar[Any] = "widest"
    default_init: ClassVar[dict[str, str]] = {}  # ``__init__`` of variables made for missing inputs
    auto_create: ClassVar[bool] = True  # missing inputs become variables
    open_parameters: ClassVar[bool] = False  # keywords beyond the parameters are kept, as strings

    # What is derived.
    op_name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]]
    abstract: ClassVar[bool] = True
    parameters: ClassVar[dict[str, Parameter]] = {}
    input_signature: ClassVar[tuple[str, ...]] = ()
    variadic: ClassVar[str | None] = None
    aux_signature: ClassVar[frozenset[str]] = frozenset()
    requests: ClassVar[frozenset[str]] = frozenset()
    _instances: ClassVar[dict[Any, Op]]
    _runner: Any = None  # of an instance, what runs it on arrays (``mxnet.ndarray.invoke``)

    gradient: ClassVar[Callable | None] = None
    backward: ClassVar[Callable | None] = None
    # Of an operator that draws: like ``gradient``, the node that makes its first output again from
    # inputs and from the other outputs, which keep what was drawn.
    replay: ClassVar[Callable | None] = None

    if TYPE_CHECKING:  # of every instance, see ``_make``; parameters are attributes, too
        input_names: tuple[str, ...]
        output_names: tuple[str, ...]
        aux_names: frozenset[str]
        shape_only_names: frozenset[str]
        num_visible: int
        extra: dict[str, str]
        _values: tuple
        _given_types: tuple
        _attrs: dict[str, str] | None
        _hash: int
        _memo: ClassVar[dict]

    def __init_subclass__(
        cls, name: str | None = None, aliases: Iterable[str] = (), abstract: bool = False, **kwargs
    ):
        super().__init_subclass__(**kwargs)
        cls.abstract = abstract
        cls.parameters = _declared_parameters(cls)
        cls._instances = {}
        cls._memo = {}
        if abstract:
            return
        cls.op_name = name or cls.__name__
        if cls.inplace and cls.infer_shape is Op.infer_shape and cls.memory_format is None:
            cls.memory_format = "follows"  # an elementwise operator
        cls.aliases = tuple(aliases)
        _read_signature(cls)
        for key in (cls.op_name, *cls.aliases):
            if key in _REGISTRY:
                raise InternalError(f"operator {key!r} is defined twice")
            _REGISTRY[key] = cls

    def __new__(cls, **given: Any) -> Op:
        key: tuple = tuple(given.items())
        types = tuple(map(type, given.values()))
        if float in types:
            for value in given.values():
                if type(value) is float and not value:
                    key += (copysign(1.0, value),)  # 0.0 and -0.0 are equal, but not as parameters
        try:
            found = cls._instances.get(key)
        except TypeError:  # an unhashable value, such as a list
            key = tuple((name, to_text(value)) for name, value in given.items())
            found = cls._instances.get(key)
        if found is None or types != found._given_types:
            extra = {}
            if cls.open_parameters:
                extra = {k: to_text(v) for k, v in given.items() if k not in cls.parameters}
            declared = {k: v for k, v in given.items() if k not in extra}
            found = cls._make(parse_all(cls.parameters, declared), key, types, extra)
        return found

    @classmethod
    def _make(cls, values: tuple, key: tuple, types: tuple, extra: dict[str, str]) -> Op:
        self = object.__new__(cls)
        fields = self.__dict__
        fields["extra"] = extra
        fields.update(zip(cls.parameters, values))
        fields["_values"], fields["_attrs"] = values, None
        # 1, 1.0 and True are equal as keys but not as parameters.
        fields["_given_types"] = types
        fields["_hash"] = hash((cls, repr(values), *extra.items()))
        fields["input_names"] = tuple(self.inputs())
        fields["aux_names"] = frozenset(self.auxiliary())
        visible = _resolve(self, "outputs")
        fields["num_visible"] = len(visible)
        fields["output_names"] = (*visible, *_resolve(self, "hidden"))
        fields["shape_only_names"] = frozenset(_resolve(self, "shape_only"))
        self.check()
        if len(cls._instances) > _MEMO_LIMIT:
            cls._instances.clear()
        cls._instances[key] = self
        return self

    # -- identity -----------------------------------------------------------------------------
    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and repr(self) == repr(other))

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v!r}" for k, v in self.changed().items())
        return f"{self.op_name}({shown})"

    def __reduce__(self):
        return _rebuild, (self.op_name, self.attrs())

    def changed(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        pairs = zip(self.parameters.values(), self._values)
        return {p.name: v for p, v in pairs if p.required or v != p.default} | self.extra

    def attrs(self) -> dict[str, str]:
        """The parameters that differ from their defaults, as the strings that JSON stores."""
        if self._attrs is None:
            texts = {name: to_text(value) for name, value in self.changed().items()}
            self.__dict__["_attrs"] = texts
        return dict(self._attrs)

    # -- what subclasses may override ---------------------------------------------------------
    def inputs(self) -> Sequence[str]:
        """The names of the inputs that the operator has with these parameters."""
        if self.variadic is None:
            return self.input_signature
        fixed = [name for name in self.input_signature if name != self.variadic]
        number = getattr(self, self.count) if self.count else 0
        if number > _MOST_INPUTS:
            raise MXNetError(f"{self.count}={number} is more than {_MOST_INPUTS}")
        return (*fixed, *(f"{self.variadic_prefix}{i}" for i in range(number)))

    def auxiliary(self) -> Iterable[str]:
        """The names of those inputs that are auxiliary states."""
        return self.aux_signature

    def check(self) -> None:
        """Raise MXNetError where parameters contradict each other."""

    def infer_shape(self, s: Equations) -> None:
        """Equations on the shapes of inputs and outputs; by default all are equal."""
        s.same()

    def infer_dtype(self, t: Equations) -> None:
        """Equations on the dtypes of inputs and outputs; by default all are equal."""
        t.same()

    def forward(self, *inputs: Any, **requests: Any) -> Any:
        """The kernel, on torch tensors."""
        raise InternalError(f"{self.op_name} has no kernel")

    def multiplications(self, weight: tuple) -> int:
        """Of a heavy operator, how many an element of the result takes, from the weight's shape."""
        return product(weight[1:])

    def temporary(self, inputs: list, outputs: list, last: Sequence[bool]) -> int:
        """Bytes that a kernel on a CPU allocates beside its results, from shapes and dtypes.

        Asked where values are stored channels-last; ``last`` says which of the inputs are.
        """
        return 0

    def backward_temporary(
        self, inputs: list, outputs: list, last: Sequence[bool], wanted: Sequence[str]
    ) -> int:
        """The same of the kernel ``backward``; ``wanted``: the inputs whose gradients are computed."""
        return 0

    def products(self, inputs: list, outputs: list) -> Sequence[MatrixProduct]:
        """Matrix products that generated kernels may compute, from shapes and dtypes."""
        return ()

    def backward_products(self, inputs: list, outputs: list) -> Sequence[MatrixProduct]:
        """Those of the kernel ``backward``."""
        return ()

    # -- what the system asks -----------------------------------------------------------------
    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The names that stand for several values: the variadic input."""
        if self.variadic is None:
            return {}
        fixed = len(self.input_signature) - 1
        return {self.variadic: self.input_names[fixed:]}

    def infer(self, kind: str, inputs: tuple, outputs: tuple) -> tuple[tuple, tuple]:
        """Apply the shape or dtype rule once (``kind``), to what is known of inputs and outputs.

        Returns both, completed as far as the rule reaches. Raises Mismatch.
        """
        return self.inferred(kind, inputs, outputs)[:2]

    def inferred(self, kind: str, inputs: tuple, outputs: tuple) -> tuple[tuple, tuple, bool]:
        """The same, and whether nothing is missing."""
        key = (kind, self, inputs, outputs)
        memo = type(self)._memo
        found = memo.get(key)
        if found is None:
            inputs, outputs = self._apply_rule(kind, inputs, outputs)
            complete = is_complete if kind == "shape" else partial(is_not, None)
            found = inputs, outputs, all(map(complete, (*inputs, *outputs)))
            if len(memo) > _MEMO_LIMIT:
                memo.clear()
            memo[key] = found
        return found

    def _apply_rule(self, kind: str, inputs: tuple, outputs: tuple) -> tuple[tuple, tuple]:
        values = dict(zip(self.input_names + self.output_names, inputs + outputs))
        rule, unify = (
            (self.infer_shape, unify_shapes)
            if kind == "shape"
            else (self.infer_dtype, unify_dtypes)
        )
        try:
            rule(Equations(values, self.groups, unify))
        except NotKnown:
            pass
        except (ValueError, IndexError, ArithmeticError) as error:  # of shapes of other ranks
            raise Mismatch(f"the input {kind}s do not fit this operator") from error
        result = tuple(values.values())
        if kind == "shape":
            for name, shape in values.items():
                if shape and any(known(dim) and not 0 <= dim < _LARGEST for dim in shape):
                    raise Mismatch(f"{name} would have the shape {shape}")
        return result[: len(inputs)], result[len(inputs) :]

    def prepare(self, tensors: Sequence[Any], **requests: Any) -> Callable[[], Any]:
        """The call of ``forward`` on given tensors, with those of the requests that it asks for."""
        given = {name: requests[name] for name in self.requests if name in requests}
        return partial(self.forward, *tensors, **given)

    def results(self, raw: Any) -> tuple:
        """What a kernel returned, as a tuple with one tensor per output."""
        return raw if isinstance(raw, tuple) else (raw,)

    def out_argument(self, outs: Sequence[Any]) -> Any:
        """The planned output tensors in the form in which the kernel takes them."""
        return outs[0] if len(outs) == 1 else tuple(outs)

    @cached_property
    def written_names(self) -> frozenset[str]:
        """The inputs that a run may write to."""
        return self.aux_names | frozenset(_resolve(self, "mutates"))

    def without_update(self) -> Op:
        """The operator that gives the same results and leaves its states alone; see ``Backward``."""
        return self

    @property
    def changed_names(self) -> Iterable[str]:
        """The inputs that files of 1.x mark as changed by the operator: auxiliary states."""
        return self.aux_names

    @cached_property
    def hint(self) -> str:
        """What nodes are called by default."""
        return self.op_name.lower().lstrip("_")

    @cached_property
    def learns(self) -> tuple[bool, ...]:
        """For each input whether it can have a gradient: not states, and not labels."""
        without = self.aux_names.union(self.labels)
        return tuple(name not in without for name in self.input_names)

    @cached_property
    def gradient_asks_shapes(self) -> bool:
        """Whether the rule ``gradient`` makes nodes that depend on shapes."""
        return self.gradient is not None and "shapes" in keyword_only(self.gradient)

    @cached_property
    def reads_head_gradient(self) -> bool:
        """Whether the derivative depends on the head gradient; loss heads bring their own."""
        names = self.gradient_reads()
        return names is None or any(name.startswith("d_") for name in names)

    @remembered
    def gradient_reads(self) -> Sequence[str] | None:
        """The names that ``gradient`` or ``backward`` asks for; None where there is neither."""
        rule = self.gradient or self.backward
        return None if rule is None else positional(rule)[1:]

    def __call__(self, *inputs: Entry, name: str | None = None) -> Any:
        """Make a node, for gradient rules and passes; return an Expression or a tuple of them."""
        source = getattr(_building, "source", None)
        if name is None:
            base = f"{source.name}_backward" if source is not None else "node"
            name = f"{base}_{self.hint}"
        rename = getattr(_building, "rename", None)
        if rename is not None:
            name = rename(name)
        node = Node(self, tuple(inputs), name, self.attrs(), derived_from=source)
        made = getattr(_building, "made", None)
        if made is not None:
            made.append(node)
        return Expression(node) if len(self.output_names) == 1 else Expression.outputs_of(node)


class building_for:  # noqa: N801 - reads as a statement
    """A ``with`` block in which nodes are made on behalf of a forward node, noted in ``made``.

    ``rename`` gives the names that they get in place of their own.
    """

    def __init__(
        self, source: Node | None, made: list[Node], rename: Callable[[str], str] | None = None
    ):
        self.new = {"source": source, "made": made, "rename": rename}

    def __enter__(self) -> None:
        self.old = {name: getattr(_building, name, None) for name in self.new}
        _building.__dict__.update(self.new)

    def __exit__(self, *exc_info) -> None:
        _building.__dict__.update(self.old)


def positional(function: Callable) -> tuple[str, ...]:
    """The names of a function's positional parameters (and of ``*rest``, last)."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    if code.co_flags & inspect.CO_VARARGS:
        names += (code.co_varnames[code.co_argcount + code.co_kwonlyargcount],)
    return names


def keyword_only(function: Callable) -> frozenset[str]:
    """The names of a function's keyword-only parameters."""
    code = function.__code__
    start = code.co_argcount
    return frozenset(code.co_varnames[start : start + code.co_kwonlyargcount])


def _resolve(op: Op, attribute: str) -> tuple[str, ...]:
    declared = getattr(op, attribute)
    return tuple(declared() if callable(declared) else declared)


def _declared_parameters(cls: type[Op]) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    for base in reversed(cls.__mro__[1:]):
        parameters.update(base.__dict__.get("parameters", {}))
    own = inspect.get_annotations(cls, eval_str=cls.__module__ != __name__)
    for name, annotation in own.items():
        if isinstance(annotation, str) or getattr(annotation, "__origin__", None) is ClassVar:
            continue
        parameters[name] = declare(name, annotation, cls.__dict__.get(name, REQUIRED))
    for name in list(parameters):
        # A subclass may change an inherited default by assigning it without annotation.
        if name in cls.__dict__ and name not in own:
            old = parameters[name]
            parameters[name] = Parameter(
                name, old.kind, cls.__dict__[name], old.optional, old.choices, old.checks, old.read
            )
    return parameters


def _read_signature(cls: type[Op]) -> None:
    forward = cls.forward
    names = positional(forward)[1:]
    cls.variadic = names[-1] if forward.__code__.co_flags & inspect.CO_VARARGS else None
    cls.input_signature = names
    cls.aux_signature = frozenset(
        name for name, kind in forward.__annotations__.items() if kind in (Aux, "Aux")
    )
    cls.requests = keyword_only(forward)


def _rebuild(name: str, attrs: dict[str, str]) -> Op:
    return get_op(name)(**attrs)


def get_op(name: str) -> type[Op]:
    """The class of an operator, by its name or an alias.

    Raises MXNetError that suggests the nearest name.
    """
    found = _REGISTRY.get(name)
    if found is None and name.startswith("_backward_") and name.lstrip("_") != "backward":
        from .backward import backward_class

        found = backward_class(get_op(name.removeprefix("_backward_")))
    if found is None:
        from .excluded import refuse

        refuse(name)
        raise MXNetError(f"Operator {name} is not registered.{did_you_mean(name, _REGISTRY)}")
    return found


def registered() -> dict[str, type[Op]]:
    """All operators by name and alias."""
    return dict(_REGISTRY)


def registered_names() -> list[str]:
    """The names of all operators, without aliases."""
    return sorted({cls.op_name for cls in _REGISTRY.values()})
