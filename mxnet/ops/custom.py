"""Operators that users write in Python: the graph's side of ``mx.operator``."""

from collections.abc import Callable
from typing import Any

from ..error import MXNetError
from .core import Op
from .lazy_torch import torch
from .shapes import NotKnown, is_complete

__all__ = ["Custom", "register_property"]

_PROPERTIES: dict[str, Callable[..., Any]] = {}


def register_property(op_type: str, property_class: Callable[..., Any]) -> None:
    """Make a CustomOpProp class known as ``op_type``; a later one of the same name replaces it."""
    _PROPERTIES[op_type] = property_class
    Custom._instances.clear()


class Custom(Op):
    """An operator registered with ``mx.operator.register``, run in the calling thread.

    Its CustomOpProp says what its inputs, outputs and auxiliary states are and infers their shapes;
    all keywords reach it as strings. Raises MXNetError for an ``op_type`` that is not registered.
    """

    op_type: str

    waits = True
    precision = "full"
    open_parameters = True
    capture = False
    keeps_state = True

    @property
    def prop(self) -> Any:
        """The user's CustomOpProp, made from the keywords."""
        prop = self.__dict__.get("_prop")
        if prop is None:
            prop = self.__dict__["_prop"] = self._make_property()
        return prop

    def _make_property(self) -> Any:
        made = _PROPERTIES.get(self.op_type)
        if made is None:
            known = ", ".join(sorted(_PROPERTIES)) or "none"
            raise MXNetError(
                f"custom operator type {self.op_type!r} is not registered (registered: {known});"
                " decorate its CustomOpProp with @mx.operator.register"
            )
        return made(**self.extra)

    def inputs(self):
        return (*self.prop.list_arguments(), *self.auxiliary())

    def auxiliary(self):
        return tuple(self.prop.list_auxiliary_states() or ())

    def outputs(self):
        return tuple(self.prop.list_outputs())

    @property
    def arguments(self) -> int:
        """How many inputs are not auxiliary states."""
        return len(self.input_names) - len(self.aux_names)

    def infer_shape(self, s):
        arguments = self.input_names[: self.arguments]
        given = [s.get(name) for name in arguments]
        complete = all(map(is_complete, given))
        try:
            found = self.prop.infer_shape(
                [list(shape) if is_complete(shape) else [] for shape in given]
            )
        except Exception:
            if complete:
                raise
            raise NotKnown from None  # the user's function asked for a shape that is not known yet
        inputs, outputs, *rest = found
        if not is_complete(given[0] if given else ()):
            raise NotKnown
        self._state(s, arguments, inputs, "input")
        self._state(s, self.output_names, outputs, "output")
        self._state(s, self.auxiliary(), rest[0] if rest else (), "auxiliary")

    def infer_dtype(self, t):
        arguments = self.input_names[: self.arguments]
        given = [t.get(name) for name in arguments]
        if arguments and given[0] is None:
            raise NotKnown
        import numpy as np

        from .dtypes import canonical, numpy_type

        types = [numpy_type(name or given[0]) for name in given]
        inputs, outputs, *rest = self.prop.infer_type(types)
        default = np.float32
        aux = rest[0] if rest else [default] * len(self.auxiliary())
        self._state(t, arguments, map(canonical, inputs), "input")
        self._state(t, self.output_names, map(canonical, outputs), "output")
        self._state(t, self.auxiliary(), map(canonical, aux), "auxiliary")

    def _state(self, facts, names, values, kind):
        values = [tuple(v) if isinstance(v, (list, tuple)) else v for v in values]
        if len(values) != len(names):
            raise MXNetError(
                f"custom operator {self.op_type}: {len(values)} {kind} facts for {len(names)}"
            )
        for name, value in zip(names, values):
            setattr(facts, name, value)

    def operator(self, data, context, state, node):
        """The user's CustomOp for one node: made once, kept with the executor."""
        state = {} if state is None else state
        operator = state.get(node)
        if operator is None:
            shapes = [tuple(tensor.shape) for tensor in data[: self.arguments]]
            dtypes = [_numpy_dtype(tensor) for tensor in data[: self.arguments]]
            operator = state[node] = self.prop.create_operator(context, shapes, dtypes)
        return operator

    def forward(self, *data, out, train, context, state, node):
        outs = self._outputs(data, out)
        operator = self.operator(data, context, state, node)
        arrays = [_array(tensor, context) for tensor in data]
        operator.forward(
            bool(train),
            ["write"] * len(outs),
            arrays[: self.arguments],
            [_array(tensor, context) for tensor in outs],
            arrays[self.arguments :],
        )
        return tuple(outs) if len(outs) > 1 else outs[0]

    def _outputs(self, data, out):
        if out is not None:
            return list(out) if isinstance(out, tuple) else [out]
        shapes = tuple(tuple(tensor.shape) for tensor in data)
        dtypes = tuple(str(tensor.dtype)[6:] for tensor in data)
        unknown = (None,) * len(self.output_names)
        _, shapes = self.infer("shape", shapes, unknown)
        _, dtypes = self.infer("dtype", dtypes, unknown)
        device = data[0].device if data else None
        return [
            torch.zeros(shape, dtype=getattr(torch, dtype), device=device)
            for shape, dtype in zip(shapes, dtypes)
        ]

    def gradient_reads(self):
        reads = ("data", "outputs")
        return (*reads, "d_outputs") if self.prop.need_top_grad_ else reads

    def backward(self, data, outputs, d_outputs=(), *, out, needs, context, state, node):
        operator = self.operator(data, context, state, node)
        arguments = data[: self.arguments]
        given = out or (None,) * len(arguments)
        grads = [
            torch.zeros_like(tensor) if planned is None else planned.zero_()
            for tensor, planned in zip(arguments, given)
        ]
        arrays = [_array(tensor, context) for tensor in data]
        operator.backward(
            ["write" if need else "null" for need in needs[: self.arguments]],
            [_array(tensor, context) for tensor in d_outputs],
            arrays[: self.arguments],
            [_array(tensor, context) for tensor in outputs],
            [_array(tensor, context) for tensor in grads],
            arrays[self.arguments :],
        )
        rest = len(self.input_names) - self.arguments
        return (*grads, *(None,) * rest)

    @property
    def groups(self):
        return {"data": self.input_names}


def _array(tensor, context):
    from ..ndarray import NDArray

    return NDArray(tensor, context)


def _numpy_dtype(tensor):
    from .dtypes import numpy_type

    return numpy_type(str(tensor.dtype)[6:])
