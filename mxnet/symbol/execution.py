"""Binding a symbol to arrays, as methods of Symbol; the work is done behind the torch half."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from ..base import MXNetError, import_part

__all__ = ["Bindable"]


class Bindable:
    """From a declared computation to an Executor that runs it."""

    __slots__ = ()

    def bind(
        self,
        ctx: Any,
        args: Any,
        args_grad: Any = None,
        grad_req: Any = "write",
        aux_states: Any = None,
        group2ctx: Any = None,
        shared_exec: Any = None,
        memory_budget: Any = None,
        check: bool = False,
        dtype: Any = None,
        backend: str | None = None,
    ) -> Any:
        """An Executor on arrays that the caller brings.

        Parameters: ``ctx``: the device; ``args``: NDArrays, a list in the order of
        ``list_arguments()`` or a dict by name; ``args_grad``: arrays that receive gradients,
        likewise; ``grad_req``: "write", "add" or "null", one for all, a list or a dict;
        ``aux_states``: arrays for ``list_auxiliary_states()``; ``group2ctx``: devices by
        ``ctx_group``; ``shared_exec``: an executor whose memory may be reused; ``memory_budget``:
        the most bytes to take in all, a number or a text such as "2GB", kept by computing values
        again (docs/memory.md); ``check``: whether every node runs twice, and the results are
        compared; ``dtype``: "bfloat16" or "float16" for mixed precision, arrays stay as they are
        (docs/precision.md); ``backend``: "inductor" to have torch compile the program. The arrays
        themselves are kept: later changes are seen. Raises ValueError and TypeError for missing or
        wrong arrays, MXNetError where shapes disagree or the budget cannot be kept.
        """
        return import_part("binding").bind(
            self, ctx, args, args_grad, grad_req, aux_states, group2ctx, shared_exec,
            memory_budget, check, dtype, backend,
        )  # fmt: skip

    def simple_bind(
        self,
        ctx: Any = None,
        grad_req: Any = "write",
        type_dict: Any = None,
        stype_dict: Any = None,
        group2ctx: Any = None,
        shared_arg_names: Any = None,
        shared_exec: Any = None,
        shared_buffer: Any = None,
        memory_budget: Any = None,
        check: bool = False,
        dtype: Any = None,
        backend: str | None = None,
        **kwargs: tuple,
    ) -> Any:
        """An Executor with all arrays made here, zero-filled, from the shapes of some arguments.

        Parameters: ``ctx``: the device, by default the current one; ``grad_req`` as in ``bind``;
        ``type_dict``: dtypes by name; ``shared_arg_names``, ``shared_exec``, ``shared_buffer``:
        what to share with another executor; ``memory_budget``, ``check``, ``dtype`` and ``backend``
        as in ``bind``; shapes by argument name. Raises RuntimeError that begins "simple_bind error"
        where shapes are missing or disagree.
        """
        return import_part("binding").simple_bind(
            self, ctx, grad_req, type_dict, stype_dict, group2ctx, shared_arg_names, shared_exec,
            shared_buffer, memory_budget, check, dtype, backend, kwargs,
        )  # fmt: skip

    def plan_memory(
        self,
        shapes: Mapping[str, tuple] | None = None,
        grad_req: Any = "write",
        type_dict: Any = None,
        memory_budget: Any = None,
        dtype: Any = None,
        **kwargs: tuple,
    ) -> Any:
        """The exact memory that an executor on the current context would take; nothing is allocated.

        Parameters: ``shapes``: a dict by argument name, or keywords as for ``simple_bind``, or both;
        ``grad_req``, ``memory_budget`` and ``dtype`` as in ``bind``; ``type_dict``: dtypes by name.
        Returns a MemoryReport: bytes of parameters, gradients, states, outputs and activations, the
        peak, and the values in memory then with the lines that made them. Raises MXNetError where
        shapes are missing or disagree, the budget cannot be kept, or sizes depend on values.
        """
        from ..planning import make_plan

        if not isinstance(shapes, (Mapping, NoneType)):
            raise MXNetError(
                f"plan_memory: shapes should be a dict such as {{'data': (32, 784)}}, not {shapes!r}"
            )
        given = {**(shapes or {}), **kwargs}
        return make_plan(self, grad_req, type_dict or {}, memory_budget, given, dtype).report

    def eval(self, ctx: Any = None, **kwargs: Any) -> list:
        """The outputs for given arrays: ``bind`` and ``forward`` in one call."""
        from ..context import current_context

        return self.bind(ctx or current_context(), kwargs).forward()
