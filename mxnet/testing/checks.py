"""Checks of symbols: values, gradients, agreement between devices and types, speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import symbol as sym
from ..context import Context
from ..error import MXNetError
from ..ndarray import NDArray, array, waitall
from ..symbol import Symbol
from .arrays import random_arrays
from .compare import assert_almost_equal, default_numeric_eps, get_tols
from .environment import default_context

__all__ = [
    "check_gluon_hybridize_consistency", "check_numeric_gradient", "check_speed",
    "check_symbolic_backward", "check_symbolic_forward", "numeric_grad", "same_symbol_structure",
    "simple_forward",
]  # fmt: skip

Arrays = Any  # a list in the order of the symbol's arguments, or a dict by name


def simple_forward(
    sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any
) -> Any:
    """The outputs of a symbol for inputs by name, as numpy arrays; one array for one output."""
    ctx = ctx or default_context()
    given = {name: array(value) for name, value in inputs.items()}
    executor = sym.bind(ctx, args=given)
    outputs = [out.asnumpy() for out in executor.forward(is_train=is_train)]
    return outputs[0] if len(outputs) == 1 else outputs


def _by_name(names: Sequence[str], values: Arrays, what: str) -> dict[str, Any]:
    """Values by name; raises ValueError where names do not match, TypeError for other types."""
    if isinstance(values, Mapping):
        if set(names) != set(values):
            raise ValueError(
                f"Symbol {what} and keys of the given values do not match: the symbol has"
                f" {sorted(names)}, given are {sorted(values)}"
            )
        return dict(values)
    if isinstance(values, (list, tuple)):
        if len(values) != len(names):
            raise ValueError(f"{len(values)} values are given for the {what} {list(names)}")
        return dict(zip(names, values))
    raise AssertionError(f"a dict or a list of arrays is needed, not {type(values)}")


def _placed(values: dict[str, Any], ctx: Context, dtype: Any) -> dict[str, NDArray]:
    """Arrays on a device; floats as ``dtype``, NDArrays and integers as they are."""
    placed = {}
    for name, value in values.items():
        if isinstance(value, NDArray):
            placed[name] = value.as_in_context(ctx)
            continue
        value = np.asarray(value)
        kind = dtype if value.dtype.kind == "f" or value.dtype == np.int64 else value.dtype
        placed[name] = array(value, ctx=ctx, dtype=kind)
    return placed


def _location(symbol: Symbol, location: Arrays, ctx: Context, dtype: Any) -> dict[str, NDArray]:
    return _placed(_by_name(symbol.list_arguments(), location, "arguments"), ctx, dtype)


def _aux(symbol: Symbol, states: Arrays, ctx: Context, dtype: Any) -> dict[str, NDArray] | None:
    if states is None:
        return None
    names = symbol.list_auxiliary_states()
    if isinstance(states, Mapping):
        unknown = sorted(set(states) - set(names))
        if unknown:
            raise ValueError(f"the symbol has no auxiliary states {unknown}, but {list(names)}")
        return _placed(dict(states), ctx, dtype)
    return _placed(_by_name(names, states, "auxiliary states"), ctx, dtype)


# -- values ----------------------------------------------------------------------------------------
def check_symbolic_forward(
    sym: Symbol,
    location: Arrays,
    expected: Arrays,
    rtol: Any = None,
    atol: Any = None,
    aux_states: Arrays = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """Compare the outputs of a symbol with expected ones; returns them.

    Parameters: ``location``, ``aux_states``: the arguments and states, as a list or by name;
    ``expected``: the outputs, as a list or by name. Raises AssertionError where they differ.
    """
    ctx = ctx or default_context()
    args, states = _location(sym, location, ctx, dtype), _aux(sym, aux_states, ctx, dtype)
    executor = sym.bind(ctx, args=args, aux_states=states, grad_req="null")
    executor.forward(is_train=False)
    names = sym.list_outputs()
    wanted = [expected[name] for name in names] if isinstance(expected, Mapping) else expected
    for name, want, got in zip(names, wanted, executor.outputs):
        labels = (f"EXPECTED_{name}", f"FORWARD_{name}")
        assert_almost_equal(want, got, rtol, atol, labels, equal_nan=equal_nan)
    return executor.outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Arrays,
    out_grads: Arrays,
    expected: Arrays,
    rtol: Any = None,
    atol: Any = None,
    aux_states: Arrays = None,
    grad_req: Any = "write",
    ctx: Context | None = None,
    grad_stypes: dict[str, str] | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray]:
    """Compare the gradients of a symbol with expected ones; returns them by name.

    Parameters: as in ``check_symbolic_forward``; ``out_grads``: the gradients of the outputs;
    ``expected``: the gradients of arguments, as a list or by name (others are not looked at);
    ``grad_req``: "write", "add" or "null", as a string, list or dict; with "add" the expected
    gradient is what is added, with "null" nothing must change. Raises AssertionError where they
    differ, MXNetError for gradients of sparse storage, which do not exist.
    """
    ctx = ctx or default_context()
    _refuse_sparse(grad_stypes)
    args, states = _location(sym, location, ctx, dtype), _aux(sym, aux_states, ctx, dtype)
    names = sym.list_arguments()
    wanted = dict(expected) if isinstance(expected, Mapping) else dict(zip(names, expected))
    requests = _requests(names, grad_req)
    start: dict[str, np.ndarray] = {
        n: np.random.normal(size=args[n].shape).astype(args[n].dtype) for n in wanted
    }
    grads = {n: array(value, ctx=ctx, dtype=value.dtype) for n, value in start.items()}
    executor = sym.bind(ctx, args, args_grad=grads, grad_req=requests, aux_states=states)
    executor.forward(is_train=True)
    executor.backward(_head_gradients(sym, out_grads, executor.outputs, ctx))
    for name, want in wanted.items():
        got, before = executor.grad_dict[name].asnumpy(), start[name]
        want = want.asnumpy() if isinstance(want, NDArray) else np.asarray(want)
        if requests[name] == "null":
            want = before
        elif requests[name] == "add":
            want = before + want
        labels = (f"EXPECTED_{name}", f"BACKWARD_{name}")
        assert_almost_equal(want, got, rtol, atol, labels, equal_nan=equal_nan)
    return executor.grad_dict


def _refuse_sparse(stypes: dict[str, str] | None) -> None:
    sparse = [name for name, stype in (stypes or {}).items() if stype not in (None, "default")]
    if sparse:
        raise MXNetError(
            f"gradients are dense here; none of sparse storage for {', '.join(sparse)}"
        )


def _requests(names: Sequence[str], grad_req: Any) -> dict[str, str]:
    if isinstance(grad_req, str):
        return dict.fromkeys(names, grad_req)
    if isinstance(grad_req, (list, tuple)):
        return dict(zip(names, grad_req))
    return {name: grad_req.get(name, "null") for name in names}


def _head_gradients(symbol: Symbol, given: Arrays, outputs: Sequence[NDArray], ctx: Context) -> Any:
    if given is None:
        return None
    if isinstance(given, (NDArray, np.ndarray)):
        given = [given]
    values = [given[n] for n in symbol.list_outputs()] if isinstance(given, Mapping) else given
    return [
        v.as_in_context(ctx) if isinstance(v, NDArray) else array(v, ctx=ctx, dtype=out.dtype)
        for v, out in zip(values, outputs)
    ]


# -- finite differences ----------------------------------------------------------------------------
def numeric_grad(
    executor: Any,
    location: dict[str, Any],
    aux_states: dict[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: Any = np.float32,
) -> dict[str, np.ndarray]:
    """The derivatives of the sum of the first output by the arguments in ``location``, from central
    differences with step ``eps``."""
    start = {
        n: v.asnumpy() if isinstance(v, NDArray) else np.asarray(v) for n, v in location.items()
    }
    states = {
        n: v.asnumpy() if isinstance(v, NDArray) else v for n, v in (aux_states or {}).items()
    }
    for name, value in start.items():
        executor.arg_dict[name][:] = value

    def total(name: str, values: np.ndarray) -> float:
        executor.arg_dict[name][:] = values
        for state, value in states.items():
            executor.aux_dict[state][:] = value
        return executor.forward(is_train=use_forward_train)[0].asnumpy().astype(np.float64).sum()

    gradients = {}
    for name, value in start.items():
        if value.dtype.kind != "f":
            continue
        found = np.zeros(value.shape, dtype)
        for place in np.ndindex(value.shape):
            moved = value.copy()
            moved[place] = value[place] + eps / 2
            above = total(name, moved)
            moved[place] = value[place] - eps / 2
            found[place] = (above - total(name, moved)) / eps
        executor.arg_dict[name][:] = value
        gradients[name] = found
    return gradients


def check_numeric_gradient(
    sym: Symbol,
    location: Arrays,
    aux_states: Arrays = None,
    numeric_eps: float | None = None,
    rtol: Any = None,
    atol: Any = None,
    grad_nodes: Any = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    grad_stype_dict: dict[str, str] | None = None,
    dtype: Any = np.float32,
) -> None:
    """Compare the gradients of a symbol with those of finite differences, for a random projection of
    its first output.

    Parameters: ``location``, ``aux_states``: the arguments and states, as a list or by name;
    ``numeric_eps``: the step; ``grad_nodes``: the arguments to look at, a list of names or a dict
    from names to "write", "add" or "null"; ``use_forward_train``: whether differences are taken in
    training mode; ``dtype``: what is computed with. Raises AssertionError where they differ.
    """
    ctx, dtype = ctx or default_context(), np.dtype(dtype)
    if dtype.kind != "f":
        raise AssertionError(f"derivatives need a floating-point dtype, not {dtype}")
    _refuse_sparse(grad_stype_dict)
    args, states = _location(sym, location, ctx, dtype), _aux(sym, aux_states, ctx, dtype)
    requests = _requests_of_nodes(list(args), grad_nodes)
    head = _projected(sym, args, dtype)
    proj = random_arrays(head[1]).astype(dtype)
    args["__random_proj"] = array(proj, ctx=ctx, dtype=dtype)
    requests["__random_proj"] = "null"
    start = {n: np.random.normal(0, 0.01, size=args[n].shape).astype(dtype) for n in args}
    grads = {n: array(start[n], ctx=ctx, dtype=dtype) for n in args if requests[n] != "null"}
    executor = head[0].bind(ctx, args, args_grad=grads, grad_req=requests, aux_states=states)
    numbers = {n: a.asnumpy() for n, a in args.items() if requests.get(n, "null") != "null"}
    kept = None if states is None else {n: a.asnumpy() for n, a in states.items()}
    executor.forward(is_train=True)
    executor.backward()
    got = {name: executor.grad_dict[name].asnumpy() for name in numbers}
    eps = default_numeric_eps()[dtype] if numeric_eps is None else numeric_eps
    want = numeric_grad(executor, numbers, kept, eps, use_forward_train, dtype)
    for name, numeric in want.items():
        if requests[name] == "add":
            numeric = start[name] + numeric
        tolerances = get_tols(numeric, got[name], rtol, atol)
        labels = (f"NUMERICAL_{name}", f"BACKWARD_{name}")
        assert_almost_equal(numeric, got[name], *tolerances, labels)


def _requests_of_nodes(names: Sequence[str], nodes: Any) -> dict[str, str]:
    """What is asked of gradients: "write" for the named nodes, by default all, or as a dict says."""
    if isinstance(nodes, Mapping):
        return dict.fromkeys(names, "null") | dict(nodes)
    return {name: "write" if nodes is None or name in nodes else "null" for name in names}


def _projected(symbol: Symbol, args: dict[str, NDArray], dtype: np.dtype) -> tuple[Symbol, tuple]:
    """The sum of the first output times random numbers, as a loss; the shape of these numbers."""
    shapes = {name: value.shape for name, value in args.items()}
    _, out_shapes, _ = symbol.infer_shape(**shapes)
    factor = sym.Variable("__random_proj", shape=out_shapes[0], dtype=dtype.name)
    first = symbol[0] if len(symbol.list_outputs()) > 1 else symbol
    return sym.make_loss(sym.sum(first * factor)), out_shapes[0]


# -- the rest --------------------------------------------------------------------------------------
def check_speed(
    sym: Symbol,
    location: dict[str, Any] | None = None,
    ctx: Context | None = None,
    N: int = 20,  # noqa: N803 - the 1.x spelling
    grad_req: Any = None,
    typ: str = "whole",
    **kwargs: Any,
) -> float:
    """The average seconds of a run.

    Parameters: ``location``: the arguments by name, or shapes as keywords for random ones; ``N``:
    runs; ``grad_req``: "write" by default; ``typ``: "whole" (forward and backward) or "forward".
    Raises ValueError for another ``typ``.
    """
    if typ not in ("whole", "forward"):
        raise ValueError('typ can only be "whole" or "forward".')
    ctx = ctx or default_context()
    request = grad_req or ("write" if typ == "whole" else "null")
    shapes = kwargs if location is None else {name: v.shape for name, v in location.items()}
    executor = sym.simple_bind(ctx, grad_req=request, **shapes)
    if location is None:
        location = {n: np.random.normal(size=a.shape) for n, a in executor.arg_dict.items()}
    for name, value in location.items():
        executor.arg_dict[name][:] = value
    whole = typ == "whole"

    def run() -> None:
        executor.forward(is_train=whole)
        if whole:
            executor.backward(executor.outputs)

    return _seconds(run, N)


def _seconds(run: Callable[[], None], count: int) -> float:
    run()  # the first run allocates and watches
    waitall()
    start = time.perf_counter()
    for _ in range(count):
        run()
    waitall()
    return (time.perf_counter() - start) / count


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Whether two symbols have the same operators, wired in the same way; names do not matter."""
    nodes1, nodes2 = sym1._graph.nodes, sym2._graph.nodes
    if len(nodes1) != len(nodes2):
        return False
    return all(
        (one.op is None) == (other.op is None)
        and (one.op is None or one.op.op_name == other.op.op_name)
        and sources == other_sources
        for one, other, sources, other_sources in zip(
            nodes1, nodes2, sym1._graph.sources, sym2._graph.sources
        )
    )


def check_gluon_hybridize_consistency(
    net_builder: Callable,
    data_l: Sequence[NDArray],
    numpy_func: Callable | None = None,
    test_grad: bool = True,
    rtol: float = 1e-4,
    atol: float = 1e-4,
) -> None:
    """1.x checks gluon networks by this; there is no gluon here. Raises MXNetError."""
    raise MXNetError("there is no gluon here: check symbols with check_consistency")
