"""The Executor: a symbol bound to arrays, ready to run forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from time import perf_counter
from typing import Any

import torch

from .base import MXNetError
from .context import Context, torch_device
from .execution.build import Program
from .execution.program import Instruction, Segment
from .execution.programs import Bind
from .execution.selfcheck import SelfCheck
from .execution.storage import Arena
from .execution.watch import Watcher, Watchers, everywhere
from .executor_binding import Kept, binding_of
from .executor_inputs import copy_inputs, set_head_gradients
from .graph.node import Entry, Node
from .ndarray import NDArray
from .passes.infer import Facts
from .passes.place import assign_contexts, same_device
from .passes.precision import Precision
from .passes.report import MemoryReport
from .planning import is_dynamic
from .random import generator

__all__ = ["Executor"]


class Executor:
    """A symbol bound to arrays; made by ``Symbol.bind`` and ``Symbol.simple_bind``.

    ``arg_arrays``, ``grad_arrays`` and ``aux_arrays`` are lists in the order of the symbol's
    ``list_*`` methods, ``arg_dict``, ``grad_dict`` and ``aux_dict`` the same by name. ``outputs``
    are the arrays that every forward run fills anew.
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Context,
        arg_arrays: Sequence[NDArray],
        grad_arrays: Sequence[NDArray | None] | None,
        grad_req: Sequence[str],
        aux_arrays: Sequence[NDArray],
        group2ctx: dict[str, Context] | None = None,
        shared: Executor | None = None,
        memory_budget: int | None = None,
        check: bool = False,
        precision: Precision | None = None,
        backend: str | None = None,
        inferred: tuple[Facts, Facts] | None = None,
        reshaped: bool = False,
    ):
        since = perf_counter()
        self._symbol = symbol
        self._ctx, self._group2ctx = ctx, group2ctx
        self._device = torch_device(ctx)
        self.arg_arrays, self.aux_arrays = list(arg_arrays), list(aux_arrays)
        self.grad_arrays = None if grad_arrays is None else list(grad_arrays)
        self._grad_req = list(grad_req)
        self._rng = generator(ctx)
        self._arena, self._loss_scale = _shared_memory(shared, self._device)
        self._budget, self._precision, self._backend = memory_budget, precision, backend
        self._monitor: Watcher | None = None
        self._check = SelfCheck(ctx, self._rng) if check else None
        self._watchers: list[Watcher] = [self._check] if self._check else []
        # The last forward run for training: it stands in the arena as long as its values are there.
        self._trained: tuple[Program] | None = None
        # The states of the generators, and of operators, before the last forward run.
        self._draws: list[torch.Tensor] | None = None
        self._moved: list[torch.Tensor] | None = None
        self._contexts = self._place()
        self._rngs = [generator(context) for context in {ctx, *self._contexts.values()}]
        self._kept = shared._kept if shared is not None and reshaped else Kept()
        binding = binding_of(self, shared, inferred, since)
        self._bound, self._programs, blueprint = binding.bound, binding.programs, binding.blueprint
        self._graph, self._scaled = blueprint.graph, blueprint.scale is not None
        self.outputs = self._make_outputs()
        self._program(self._bound.gradients != {})

    # -- arrays by name -----------------------------------------------------------------------
    @property
    def arg_dict(self) -> dict[str, NDArray]:
        """The argument arrays by name; ValueError where two arguments have one name."""
        return _by_name(self._symbol.list_arguments(), self.arg_arrays)

    @property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The gradient arrays by argument name, None where there is none."""
        arrays = self.grad_arrays or [None] * len(self.arg_arrays)
        return _by_name(self._symbol.list_arguments(), arrays)

    @property
    def aux_dict(self) -> dict[str, NDArray]:
        """The auxiliary states by name."""
        return _by_name(self._symbol.list_auxiliary_states(), self.aux_arrays)

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""
        return _by_name(self._symbol.list_outputs(), self.outputs)

    # -- binding ------------------------------------------------------------------------------
    def _place(self) -> dict[Node, Context]:
        """Where each node runs; empty where all of them are on the device of the executor."""
        if not self._group2ctx:
            return {}
        graph = self._symbol._graph
        variables = self._contexts_of_variables()
        contexts = assign_contexts(graph, self._group2ctx, variables)
        if all(same_device(context, self._ctx) for context in contexts.values()):
            return {}
        if (self._budget, self._check, self._precision, self._backend) != (None,) * 4:
            raise MXNetError(
                "a graph over several devices runs without a memory plan: leave memory_budget, check,"
                " dtype and backend out, or give group2ctx one device"
            )
        return contexts

    def _contexts_of_variables(self) -> dict[Node, Context]:
        graph = self._symbol._graph
        nodes = [*graph.arguments, *graph.auxiliary_states]
        return {n: a.context for n, a in zip(nodes, [*self.arg_arrays, *self.aux_arrays])}

    def _make_outputs(self) -> list[NDArray]:
        bound, graph = self._bound, self._graph
        arrays: dict[Entry, NDArray] = {}
        for entry in graph.outputs:
            if entry not in arrays:
                tensor = bound.heads.get(entry)
                arrays[entry] = NDArray(
                    bound.variables[entry.node] if tensor is None else tensor,
                    self._contexts.get(entry.node, self._ctx),
                )
        return [arrays[entry] for entry in graph.outputs]

    def _program(self, train: bool) -> Program:
        fused = not any(watcher.as_declared for watcher in self._watchers)
        return self._programs.get(train, fused)

    @property
    def binds(self) -> list[Bind]:
        """What was made ready for these arrays, when and why, and what it cost."""
        return list(self._programs.history)

    @property
    def loss_scale(self) -> float | None:
        """By what gradients are multiplied while they are in float16; arrays hold the true ones."""
        return float(self._loss_scale) if self._scaled else None

    @loss_scale.setter
    def loss_scale(self, value: float) -> None:
        if not (isinstance(value, Real) and 0 < value < float("inf")):
            raise MXNetError(f"loss_scale should be a positive number, not {value!r}")
        self._loss_scale.fill_(value)

    # -- running ------------------------------------------------------------------------------
    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Run the forward part and return ``outputs``.

        Parameters: ``is_train``: whether a backward run follows and dropout and the like are on;
        arrays by argument name are copied into the bound ones first. Raises TypeError for unknown
        names, ValueError for values that are not arrays of the right shape.
        """
        if kwargs:
            copy_inputs(self.arg_dict, kwargs)
        program = self._program(bool(is_train))
        self._arena.owner = None
        self._draws = self._moved = None
        if is_train and program.stochastic:
            self._draws = [rng.get_state() for rng in self._rngs]
        if is_train and program.moved:
            self._moved = [tensor.clone() for tensor in program.moved]
        if self._check is not None:
            self._check.train = bool(is_train)
        self._run(program.forward)
        if is_train:
            self._arena.owner = self._trained = (program,)
        return self.outputs

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Run the backward part: fill (or add to) the gradient arrays.

        Parameters: ``out_grads``: the gradients of the outputs, an NDArray, a list, or a dict by
        output name; not needed where all outputs are losses. Raises MXNetError where they are
        missing.
        """
        if not self._bound.gradients:
            return
        program = self._program(True)
        if out_grads is not None or self._bound.head_gradients:
            targets, names = self._bound.head_gradients, self._symbol.list_outputs()
            set_head_gradients(targets, names, out_grads, is_dynamic(self._graph))
        if self._check is not None:
            self._check.train = True
        shown: list[tuple[torch.Tensor, torch.Tensor]] = []
        if not self._has_values(program):
            if self._programs.shared:  # the outputs may be those of another executor's run
                shown = [(head, head.clone()) for head in self._bound.heads.values()]
            self._repeat_forward(program)
        assert program.backward is not None
        self._run(program.backward)
        self._arena.owner = None  # the backward run reuses the memory of forward values
        for head, value in shown:
            head.resize_(value.shape).copy_(value)

    def _has_values(self, program: Program) -> bool:
        """Whether the arena holds the forward values that a backward run of a program needs.

        Executors in equal shapes on the same arrays have one program: each has to find its own run
        there, and one that never ran takes that of another.
        """
        run = self._arena.owner
        if run is None or run[0] is not program:
            return False
        return self._trained is None or run is self._trained

    def _repeat_forward(self, program: Program) -> None:
        """Compute the forward values again, with the draws and the states of operators as before."""
        rngs = self._rngs if self._draws is not None else []
        moved = program.moved if self._moved is not None else []
        draws, states = [rng.get_state() for rng in rngs], [tensor.clone() for tensor in moved]
        _restore(rngs, self._draws, moved, self._moved)
        self._run(program.forward)
        _restore(rngs, draws, moved, states)

    def _run(self, segment: Segment) -> None:
        # No tensor here requires a gradient of torch, so no_grad() would cost time for nothing.
        watchers = self._watchers + everywhere if everywhere else self._watchers
        if watchers:
            segment.run_watched(Watchers(watchers))
        else:
            segment.run()

    # -- looking ------------------------------------------------------------------------------
    def set_monitor_callback(self, callback: Callable | None, monitor_all: bool = False) -> None:
        """Have ``callback(name, array)`` called with every operator's outputs as they are computed.

        With ``monitor_all`` also with inputs. Values are true: nothing has been overwritten yet.
        """
        if callback is not None and not callable(callback):
            raise TypeError(f"a monitor is a function of a name and an array, not {callback!r}")
        self.unwatch(self._monitor)
        self._monitor = None
        if callback is not None:
            self._monitor = _Monitoring(callback, monitor_all, self._ctx)
            self.watch(self._monitor)

    def watch(self, watcher: Watcher) -> None:
        """Let a watcher see every instruction before and after it runs (once, if told twice)."""
        if watcher not in self._watchers:
            self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher | None) -> None:
        """Stop what ``watch`` began."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    @property
    def memory(self) -> MemoryReport | None:
        """What the executor needs in bytes, with the values in memory at the peak.

        None where there is no plan: sizes depend on values (``boolean_mask``), the graph is on several
        devices, or another compiler takes care of it.
        """
        return self._program(bool(self._bound.gradients)).memory

    def debug_str(self) -> str:
        """The program as text; its last two lines say in whole MB what the plan takes, as in 1.x.

        ``memory`` has the exact numbers: these are ``activations`` and ``adopted`` together.
        """
        program = self._program(bool(self._bound.gradients))
        memory, plan = program.memory, program.plan
        total = 0 if memory is None else memory.activations + memory.adopted
        lines = [self._symbol.debug_str().rstrip(), "", str(program)]
        lines.append(f"Total {total >> 20} MB allocated")
        lines.append(f"Total {len(plan.workspaces)} TempSpace resource requested")
        return "\n".join(lines) + "\n"

    def get_optimized_symbol(self) -> Any:
        """The symbol that is run, with the casts of mixed precision."""
        return type(self._symbol)(self._graph.outputs) if self._precision else self._symbol

    # -- parameters and shapes ----------------------------------------------------------------
    def copy_params_from(
        self, arg_params: dict, aux_params: dict | None = None, allow_extra_params: bool = False
    ) -> None:
        """Copy arrays by name into the bound arguments and auxiliary states.

        Raises ValueError for names that are not bound, unless ``allow_extra_params``, TypeError for
        what is no NDArray, MXNetError for other shapes.
        """
        for params, bound, kind in (
            (arg_params, self.arg_dict, "arguments"),
            (aux_params or {}, self.aux_dict, "auxiliary states"),
        ):
            for name, array in params.items():
                if not isinstance(array, NDArray):
                    raise TypeError(f"{name} should be an NDArray, not {type(array)}")
                if name in bound:
                    target = bound[name]
                    if tuple(array.shape) != target.shape:
                        raise MXNetError(
                            f"{name} should be {target.shape} but the array to copy is"
                            f" {array.shape}"
                        )
                    target._tensor.copy_(array._tensor)
                elif not allow_extra_params:
                    raise ValueError(f'Find name "{name}" that is not in the {kind}')

    def reshape(
        self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: tuple
    ) -> Executor:
        """A new executor for other input shapes, sharing parameters and memory with this one.

        It keeps the options of ``bind``. Raises MXNetError where an array would have to grow
        (``allow_up_sizing``), an argument not given changes its shape (``partial_shaping``), or
        ``memory_budget`` does not suffice for the new shapes.
        """
        from .binding import reshape

        return reshape(self, partial_shaping, allow_up_sizing, kwargs)


class _Monitoring(Watcher):
    """Calls back with the name and value of outputs, and of inputs if asked for."""

    as_declared = True

    def __init__(self, callback: Callable, inputs_too: bool, context: Context):
        self._callback, self._inputs_too, self._context = callback, inputs_too, context

    def before(self, instruction: Instruction) -> None:
        node = instruction.node
        if self._inputs_too and node.op is not None and not instruction.is_sink:
            for name, tensor in zip(node.op.input_names, instruction.reads):
                if name not in node.op.shape_only_names:
                    self._callback(f"{node.name}_{name}", NDArray(tensor, self._context))

    def after(self, instruction: Instruction) -> None:
        if not instruction.is_sink:
            for index, tensor in enumerate(instruction.writes):
                name = instruction.node.monitored_name(index)
                self._callback(name, NDArray(tensor, self._context))


def _restore(rngs: Sequence, draws: Any, tensors: Sequence[torch.Tensor], values: Any) -> None:
    """Set generators and tensors to states that they had before."""
    for rng, draw in zip(rngs, draws or ()):
        rng.set_state(draw)
    for tensor, value in zip(tensors, values or ()):
        tensor.copy_(value)


def _shared_memory(shared: Executor | None, device: torch.device) -> tuple[Arena, torch.Tensor]:
    """The arena, and the loss scale: one for all that share, whose parameters are updated together."""
    if shared is not None and shared._device == device:
        return shared._arena, shared._loss_scale
    return Arena(device), torch.full((1,), 2.0**16, device=device)


def _by_name(names: Sequence[str], arrays: Sequence[Any]) -> dict[str, Any]:
    if len(set(names)) != len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"Duplicate names detected, {', '.join(repeated)}")
    return dict(zip(names, arrays))
