"""Functions of arrays that bring their own derivative: ``mx.autograd.Function``."""

from __future__ import annotations

from typing import Any

from ._tape import state
from .error import MXNetError
from .ndarray import NDArray
from .ops.core import Op

__all__ = ["Function"]


class Function:
    """A computation on arrays whose derivative the program states itself; subclass it.

    Write ``forward(self, *inputs)``, which returns one NDArray or several, and
    ``backward(self, *output_grads)``, which returns one gradient per input. Neither is recorded.
    Each object is called once. ``save_for_backward`` keeps arrays for ``saved_tensors``.

        class Sigmoid(mx.autograd.Function):
            def forward(self, x):
                y = 1 / (1 + mx.nd.exp(-x))
                self.save_for_backward(y)
                return y

            def backward(self, dy):
                (y,) = self.saved_tensors
                return dy * y * (1 - y)
    """

    def __init__(self):
        self._used = False
        self._saved: tuple = ()

    @property
    def saved_tensors(self) -> tuple:
        """What ``save_for_backward`` kept."""
        return self._saved

    def save_for_backward(self, *args: Any) -> None:
        """Keep arrays for ``backward``."""
        self._saved = args

    def forward(self, *inputs: NDArray) -> Any:
        """Compute the outputs; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(self, *inputs)")

    def backward(self, *output_grads: NDArray) -> Any:
        """Compute the gradients of the inputs from those of the outputs; subclasses define it."""
        raise NotImplementedError(
            f"{type(self).__name__} must define backward(self, *output_grads)"
        )

    def __call__(self, *inputs: NDArray) -> Any:
        """Run ``forward``, and record it if operations are recorded."""
        from .autograd import attach, record_operation

        if getattr(self, "_used", False):
            raise AssertionError(
                f"an object of {type(self).__name__} can be called once: make another one"
            )
        self._used = True
        with _unrecorded():
            results = self.forward(*inputs)
        outputs = [results] if isinstance(results, NDArray) else list(results)
        if state.recording:
            # An output that is an input itself is a value of its own in the recorded graph.
            outputs = [
                NDArray(y._tensor, y.context) if any(y is x for x in inputs) else y for y in outputs
            ]
            op = _CustomFunction(num_inputs=len(inputs), num_outputs=len(outputs))
            values = tuple([y._tensor for y in outputs])
            node = record_operation(op, inputs, values, {"function": self})
            if node is not None:
                attach(node, outputs)
        return outputs[0] if isinstance(results, NDArray) else outputs


class _unrecorded:  # noqa: N801 - reads as a statement
    """A ``with`` block that is not recorded; the training mode stays."""

    def __enter__(self) -> None:
        self._before, state.recording = state.recording, False

    def __exit__(self, *exc_info: Any) -> None:
        state.recording = self._before


class _CustomFunction(Op, abstract=True):
    """What a Function is in the recorded graph; it never runs forward."""

    num_inputs: int
    num_outputs: int

    # Kept out of the registry, since no symbol can have it; so what that derives stands here.
    op_name = "_CustomFunction"
    aliases = ()
    variadic = "data"
    input_signature = ("data",)
    capture = False
    keeps_state = True
    count = "num_inputs"

    def forward(self, *data):
        raise MXNetError("a Function runs where it is called; it is no operator of a symbol")

    def outputs(self):
        return tuple(f"output{i}" for i in range(self.num_outputs))

    def infer_shape(self, s):
        """Inputs and outputs may have any shapes: those that they had."""

    infer_dtype = infer_shape

    def backward(self, d_outputs, *, context, needs, state):
        function = state["function"]
        with _unrecorded():
            found = function.backward(*(NDArray(tensor, context) for tensor in d_outputs))
        gradients = [found] if isinstance(found, NDArray) else list(found)
        if len(gradients) != len(needs):
            raise MXNetError(
                f"{type(function).__name__}.backward returned {len(gradients)} gradients for"
                f" {len(needs)} inputs"
            )
        for gradient in gradients:
            if not isinstance(gradient, NDArray):
                raise MXNetError(
                    f"{type(function).__name__}.backward returned {type(gradient)}, not an NDArray"
                )
        return tuple(gradient._tensor for gradient in gradients)
