"""Operators written in Python: subclass CustomOp and CustomOpProp, and ``register``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .base import MXNetError
from .ops.custom import register_property

__all__ = ["CustomOp", "CustomOpProp", "register"]


class CustomOp:
    """The two computations of a custom operator: subclasses define ``forward`` and ``backward``.

    They run in the calling thread, on NDArrays. An exception inside them reaches the caller of the
    executor, with its traceback, as the cause of an MXNetError that names the node.
    """

    def forward(
        self, is_train: bool, req: Sequence[str], in_data: list, out_data: list, aux: list
    ) -> None:
        """Compute ``out_data`` from ``in_data``; ``aux`` may be changed.

        ``req`` says for each output how to store it: give it to ``assign``.
        """
        raise MXNetError(f"{type(self).__name__} does not define forward")

    def backward(
        self,
        req: Sequence[str],
        out_grad: list,
        in_data: list,
        out_data: list,
        in_grad: list,
        aux: list,
    ) -> None:
        """Compute ``in_grad`` from ``out_grad``, ``in_data`` and ``out_data``."""
        raise MXNetError(
            f"{type(self).__name__} does not define backward; define it, or bind with"
            " grad_req='null'"
        )

    def assign(self, dst: Any, req: str, src: Any) -> None:
        """Store ``src`` into ``dst`` as ``req`` says: "null", "write", "inplace" or "add"."""
        if req == "null":
            return
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] += src
        else:
            raise MXNetError(f"req should be null, write, inplace or add, not {req!r}")


class CustomOpProp:
    """What the graph needs to know of a custom operator; subclass it and ``register`` it.

    Parameters: ``need_top_grad``: whether ``backward`` reads ``out_grad``; a loss does not.
    """

    def __init__(self, need_top_grad: bool = True):
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """The names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """The names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """The names of the auxiliary states."""
        return []

    def infer_shape(self, in_shape: list) -> tuple:
        """Shapes of inputs, outputs and auxiliary states from those of the inputs."""
        return in_shape, (in_shape[0],) * len(self.list_outputs()), ()

    def infer_type(self, in_type: list) -> tuple:
        """Types of inputs, outputs and auxiliary states from those of the inputs."""
        first = in_type[0]
        return (
            in_type,
            [first] * len(self.list_outputs()),
            [first] * len(self.list_auxiliary_states()),
        )

    def declare_backward_dependency(
        self, out_grad: Sequence, in_data: Sequence, out_data: Sequence
    ) -> list:
        """Which of the arrays ``backward`` reads."""
        dependencies = list(out_grad) if self.need_top_grad_ else []
        return [*dependencies, *in_data, *out_data]

    def create_operator(self, ctx: Any, in_shapes: list, in_dtypes: list) -> CustomOp:
        """The CustomOp for inputs of these shapes and types."""
        return CustomOp()


def register(reg_name: str) -> Callable[[type], type]:
    """A decorator that makes a CustomOpProp class known as ``reg_name``.

    The operator is then ``mx.sym.Custom(..., op_type=reg_name)`` and ``mx.nd.Custom``.
    Raises MXNetError for a class that is not a CustomOpProp.
    """

    def decorate(property_class: type) -> type:
        if not (isinstance(property_class, type) and issubclass(property_class, CustomOpProp)):
            raise MXNetError(
                f"can only register subclasses of CustomOpProp, not {property_class!r}"
            )
        register_property(reg_name, property_class)
        return property_class

    return decorate
