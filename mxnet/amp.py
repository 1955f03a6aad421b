"""Mixed precision: networks that compute in 16-bit floats where that is safe, see docs/precision.md.

``init`` turns it on for every executor bound afterwards; ``bind(dtype="bfloat16")`` for one.
``convert_symbol`` and ``convert_model`` write the casts into a network, to be saved with it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .error import MXNetError
from .graph.node import Entry, Graph, Node
from .ops.core import Op, get_op, registered
from .ops.dtypes import CODES, canonical
from .ops.parameters import to_text
from .passes.differentiate import own_head_gradient
from .passes.precision import LOW, Precision, Rule, mix_precision, own_precision
from .precision import set_default
from .symbol.symbol import Symbol

__all__ = [
    "LossScaler", "convert_hybrid_block", "convert_model", "convert_symbol", "init", "init_trainer",
    "list_conditional_fp32_ops", "list_fp32_ops", "list_loss_output_functions", "list_lp16_fp32_ops",
    "list_lp16_ops", "list_lp16_use_fp32_params", "list_widest_type_cast", "scale_loss", "unscale",
]  # fmt: skip

Condition = tuple[str, str, Sequence[str]]  # operator, parameter, values for which it needs 32 bits


def init(
    target_dtype: Any = "float16",
    target_precision_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    fp32_ops: list[str] | None = None,
) -> None:
    """Have every executor that is bound from now on compute with mixed precision.

    Parameters: ``target_dtype``: "float16" or "bfloat16"; "float32" turns it off again; the lists as
    in ``convert_symbol``. Functions of ``mx.nd`` compute in the types of their arrays, as ever.
    Raises MXNetError for other types.
    """
    rule = _rule(target_precision_ops, fp32_ops, conditional_fp32_ops, ())
    set_default(Precision.parse(target_dtype, rule))


# -- converting a network ---------------------------------------------------------------------------
def convert_symbol(
    sym: Symbol,
    target_dtype: Any = "float16",
    target_dtype_ops: list[str] | None = None,
    fp32_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    excluded_sym_names: list[str] | None = None,
    data_names: Sequence[str] | None = None,
    cast_optional_params: bool = False,
) -> Symbol:
    """The network with casts written into it.

    Parameters: ``target_dtype``: "float16" or "bfloat16"; ``target_dtype_ops``, ``fp32_ops``: names of
    the operators that compute in 16 and in 32 bits, instead of those that say so themselves;
    ``conditional_fp32_ops``: (operator, parameter, values) that need 32; ``excluded_sym_names``:
    nodes that stay in 32; ``data_names``: with them, all other arguments get their dtype declared:
    float32, or with ``cast_optional_params`` the 16-bit type where nothing reads them in float32.
    Raises AssertionError for arguments of the wrong kind, MXNetError for unknown operators.
    """
    _check("First argument to convert_symbol", sym, Symbol)
    low = _low(target_dtype)
    excluded = _names("excluded_sym_names", excluded_sym_names)
    present = {node.name for node in sym._graph.nodes}
    for name in excluded:
        if name not in present:
            warnings.warn(f"excluded_sym_names: there is no {name!r} in the network", stacklevel=2)
    rule = _rule(target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded)
    graph = mix_precision(sym._graph, low, rule=rule)
    if data_names is not None:
        graph = _declare(graph, set(data_names), low, cast_optional_params)
    return Symbol(graph.outputs)


def convert_model(
    sym: Symbol,
    arg_params: dict,
    aux_params: dict,
    target_dtype: Any = "float16",
    target_dtype_ops: list[str] | None = None,
    fp32_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    excluded_sym_names: list[str] | None = None,
    cast_optional_params: bool = False,
) -> tuple[Symbol, dict, dict]:
    """A trained network with casts written into it, and its parameters.

    With ``cast_optional_params`` those parameters are returned in 16 bits that nothing reads in 32:
    half the memory for prediction. The other parameters as in ``convert_symbol``.
    """
    _check("First argument to convert_model", sym, Symbol)
    _check("Second argument to convert_model", arg_params, dict)
    _check("Third argument to convert_model", aux_params, dict)
    data = [name for name in sym.list_inputs() if name not in {**arg_params, **aux_params}]
    converted = convert_symbol(
        sym, target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names, data,
        cast_optional_params,
    )  # fmt: skip
    low = _low(target_dtype)
    code = str(CODES[low])
    wanted = {
        node.name for node in converted._graph.variables if node.attrs.get("__dtype__") == code
    }

    def cast(params: dict) -> dict:
        return {name: x.astype(low) if name in wanted else x for name, x in params.items()}

    return converted, cast(arg_params), cast(aux_params)


def convert_hybrid_block(block: Any, *args: Any, **kwargs: Any) -> None:
    """Blocks of Gluon are not here; raises MXNetError that says what to do."""
    raise MXNetError(
        "there are no Gluon blocks here: export the block to a symbol and parameters, load them with"
        " mx.model.load_checkpoint and use convert_model"
    )


def _low(dtype: Any) -> str:
    try:
        name = canonical(dtype)
    except TypeError:
        name = str(dtype)
    if name not in LOW:
        raise AssertionError(f"Only target_dtype float16 and bfloat16 are supported, not {dtype!r}")
    return name


def _check(what: str, given: Any, kind: type) -> None:
    if not isinstance(given, kind):
        raise AssertionError(f"{what} should be a {kind.__name__}, not {type(given).__name__}")


def _names(what: str, given: Any) -> frozenset[str]:
    if given is None:
        return frozenset()
    if not isinstance(given, (list, tuple)) or not all(isinstance(name, str) for name in given):
        raise AssertionError(f"{what} should be a list of strs")
    return frozenset(given)


def _rule(low: Any, full: Any, conditions: Any, excluded: Iterable[str]) -> Rule:
    """What a node wants by the lists of a caller, and by its operator where they say nothing."""
    if low is full is conditions is None and not excluded:
        return own_precision
    lists = {"low": _names("target_dtype_ops", low), "full": _names("fp32_ops", full)}
    both = lists["low"] & lists["full"]
    if both:
        raise AssertionError(f"Ops cannot be in two or more lists: {', '.join(sorted(both))}")
    listed = {get_op(name): key for key, names in lists.items() for name in names}
    cases = [_case(condition) for condition in conditions or ()]
    replaced = {key for key, given in (("low", low), ("full", full)) if given is not None}

    def wanted(node: Node) -> str:
        cls = type(node.op)
        if node.name in excluded:
            return "full"
        for each, parameter, values in cases:
            if cls is each and to_text(getattr(node.op, parameter)) in values:
                return "full"
        own = own_precision(node)
        return listed.get(cls, "widest" if own in replaced else own)

    return wanted


def _case(condition: Any) -> tuple[type[Op], str, Sequence[str]]:
    """A condition with the class of its operator."""
    if not isinstance(condition, (list, tuple)) or len(condition) != 3:
        raise AssertionError(
            "conditional_fp32_ops should be a list of (operator, parameter, values), such as"
            f" ('Activation', 'act_type', ['softrelu']), not of {condition!r}"
        )
    name, parameter, values = condition
    cls = get_op(name)
    if parameter not in cls.parameters:
        raise MXNetError(f"{cls.op_name} has no parameter {parameter!r}")
    return cls, parameter, values


def _declare(graph: Graph, data: set[str], low: str, optional: bool) -> Graph:
    """The graph with the dtypes of all variables but the data declared."""
    readers: dict[Node, list[Op]] = {}
    for node in graph.nodes:
        for entry in node.inputs:
            readers.setdefault(entry.node, []).append(node.op)
    cast = get_op("amp_cast")(dtype=low)
    copies: dict[Node, Node] = {}
    order = []
    for node in graph.nodes:
        inputs = tuple(Entry(copies.get(e.node, e.node), e.index) for e in node.inputs)
        attrs = node.attrs
        if node.op is None and node.name not in data:
            narrow = optional and all(op is cast for op in readers.get(node, [None]))
            attrs = {**attrs, "__dtype__": str(CODES[low if narrow else "float32"])}
        if attrs is not node.attrs or inputs != node.inputs:
            copies[node] = node.with_inputs(inputs, attrs=attrs)
        order.append(copies.get(node, node))
    outputs = [Entry(copies.get(e.node, e.node), e.index) for e in graph.outputs]
    return Graph(outputs, order)


# -- scaling the loss -------------------------------------------------------------------------------
class LossScaler:
    """By what gradients in float16 are multiplied: as much as they bear without overflow.

    Starts at ``init_scale``; halves when gradients have become infinite or NaN, and doubles after
    ``scale_window`` steps without that, up to 2²⁴.
    """

    def __init__(self, init_scale: float = 2.0**16, scale_window: int = 2000):
        self._loss_scale = self._next_loss_scale = float(init_scale)
        self._max_loss_scale = 2.0**24
        self._scale_seq_len = scale_window
        self._unskipped = 0

    @property
    def loss_scale(self) -> float:
        """The scale for the next step."""
        self._loss_scale = self._next_loss_scale
        return self._loss_scale

    def has_overflow(self, params: Iterable[Any]) -> bool:
        """Whether a gradient is infinite or NaN, so that the step has to be left out.

        ``params``: gradient arrays (None is passed over), or objects with ``list_grad()``. Changes
        ``loss_scale`` for the next step.
        """
        overflow = not _all_finite(params)
        if overflow:
            self._next_loss_scale = max(1.0, self._loss_scale / 2)
            self._unskipped = 0
            logging.getLogger(__name__).info(
                "gradients overflowed: the step is left out, the scale becomes %g",
                self._next_loss_scale,
            )
        else:
            self._unskipped += 1
        if self._unskipped == self._scale_seq_len:
            self._unskipped = 0
            self._next_loss_scale = min(self._max_loss_scale, self._loss_scale * 2)
        return overflow


def _all_finite(params: Iterable[Any]) -> bool:
    import torch

    tensors = []
    for each in params:
        arrays = each.list_grad() if hasattr(each, "list_grad") else [each]
        tensors += [array._tensor for array in arrays if array is not None]
    # The sum of 0 · x is NaN where an x is infinite or NaN: one pass, and no array of results.
    marks: Iterable[Any] = (t.mul(0).sum(dtype=torch.float32) for t in tensors)
    if tensors and tensors[0].is_cuda:  # waited for once, rather than for each array
        marks = [sum(mark.to(tensors[0].device) for mark in marks)]
    return all(bool(torch.isfinite(mark)) for mark in marks)


def init_trainer(optimizer_or_trainer: Any) -> None:
    """Give an optimizer a ``LossScaler``, for ``scale_loss``. Raises TypeError for anything else."""
    optimizer = _optimizer(optimizer_or_trainer)
    optimizer._amp_loss_scaler = LossScaler()
    optimizer._amp_original_scale = optimizer.rescale_grad


@contextmanager
def scale_loss(loss: Any, optimizer_or_trainer: Any) -> Iterator[Any]:
    """A ``with`` block in which the loss (an NDArray, or a list of them) is multiplied by the scale.

    The optimizer divides gradients by it again (``rescale_grad``). Leave the update out where
    ``optimizer._amp_loss_scaler.has_overflow(gradients)``. Raises MXNetError before ``init_trainer``.
    """
    optimizer = _optimizer(optimizer_or_trainer)
    scaler = getattr(optimizer, "_amp_loss_scaler", None)
    if scaler is None:
        raise MXNetError("call amp.init_trainer with the optimizer first")
    scale = scaler.loss_scale
    optimizer.rescale_grad = optimizer._amp_original_scale / scale
    yield [each * scale for each in loss] if isinstance(loss, (list, tuple)) else loss * scale


def unscale(optimizer_or_trainer: Any) -> None:
    """Gradients belong to arrays, not to optimizers; raises TypeError that says what to do."""
    _optimizer(optimizer_or_trainer)
    raise TypeError(
        "an optimizer does not hold gradients: divide them by optimizer._amp_loss_scaler.loss_scale and"
        " set optimizer.rescale_grad back"
    )


def _optimizer(given: Any) -> Any:
    from .optimizer import Optimizer

    if not isinstance(given, Optimizer):
        raise TypeError(f"optimizer_or_trainer should be an optimizer, instead is {type(given)}")
    return given


# -- what operators want ----------------------------------------------------------------------------
def _classes(target_dtype: Any) -> dict[str, type[Op]]:
    _low(target_dtype)
    return registered()


def _several(cls: type[Op]) -> bool:
    """Whether several inputs have to agree on a type."""
    return not cls.aux_signature and (len(cls.input_signature) > 1 or cls.variadic is not None)


def _with(precision: str, target_dtype: Any) -> dict[str, type[Op]]:
    classes = _classes(target_dtype)
    return {name: cls for name, cls in classes.items() if cls.precision == precision}


def list_lp16_ops(target_dtype: str = "float16") -> list[str]:
    """The operators that compute in 16 bits."""
    return sorted(_with("low", target_dtype))


def list_fp32_ops(target_dtype: str = "float16") -> list[str]:
    """The operators that compute in 32 bits."""
    return sorted(_with("full", target_dtype))


def list_lp16_fp32_ops(target_dtype: str = "float16") -> list[str]:
    """The operators that compute in the type of their input."""
    return sorted(name for name, cls in _with("widest", target_dtype).items() if not _several(cls))


def list_widest_type_cast(target_dtype: str = "float16") -> list[str]:
    """The operators that compute in the widest type of their inputs."""
    return sorted(name for name, cls in _with("widest", target_dtype).items() if _several(cls))


def list_conditional_fp32_ops(target_dtype: str = "float16") -> list[tuple[str, str, list[str]]]:
    """The operators that compute in 32 bits for some values of a parameter."""
    found = []
    for name, cls in sorted(_classes(target_dtype).items()):
        if not isinstance(cls.precision, property) or name != cls.op_name:
            continue
        for parameter in cls.parameters.values():
            made = {v: _made(cls, **{parameter.name: v}) for v in parameter.choices or () if v}
            full = [v for v, op in made.items() if op is not None and op.precision == "full"]
            if full and len(full) < len(made):
                found.append((name, parameter.name, full))
    return found


def _made(cls: type[Op], **parameters: Any) -> Op | None:
    """The operator; None where it needs more parameters."""
    try:
        return cls(**parameters)
    except MXNetError:
        return None


def list_loss_output_functions(target_dtype: str = "float16") -> list[str]:
    """The operators that bring their own gradient, by which losses are computed."""
    made = {name: _made(cls) for name, cls in _classes(target_dtype).items() if cls.labels}
    return sorted(name for name, op in made.items() if own_head_gradient(op))


def list_lp16_use_fp32_params(target_dtype: str = "float16") -> list[str]:
    """The operators that take 16-bit data with parameters in 32 bits."""
    follows = _with("widest", target_dtype).items()
    return sorted(name for name, cls in follows if cls.aux_signature and cls.differentiable)
