"""The steps of a module: what loops over batches are made of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ..initializer import Uniform
from ..io import DataBatch, DataDesc

__all__ = ["DEFAULT_INITIALIZER", "Steps"]

DEFAULT_INITIALIZER = Uniform(0.01)


class Steps:
    """What every module can do with a batch, and before the first one; subclasses define how.

    Calling a step too early raises AssertionError.
    """

    def __init__(self, logger: Any = logging):
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Any = None

    @property
    def symbol(self) -> Any:
        """The symbol of this module."""
        return self._symbol

    @property
    def data_names(self) -> Sequence[str]:
        """The names of the data inputs."""
        raise NotImplementedError

    @property
    def output_names(self) -> Sequence[str]:
        """The names of the outputs."""
        raise NotImplementedError

    @property
    def data_shapes(self) -> list[DataDesc]:
        """What the data inputs are bound to."""
        raise NotImplementedError

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """What the labels are bound to; None where bound without labels."""
        raise NotImplementedError

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """The names and shapes of the outputs."""
        raise NotImplementedError

    def get_params(self) -> tuple[dict, dict]:
        """The parameters and auxiliary states by name, on the CPU."""
        raise NotImplementedError

    def init_params(
        self,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set the parameters, from the given ones or by an initializer."""
        raise NotImplementedError

    def bind(
        self,
        data_shapes: Sequence[Any],
        label_shapes: Sequence[Any] | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Steps | None = None,
        grad_req: Any = "write",
    ) -> None:
        """Make everything that running on batches of the given shapes takes."""
        raise NotImplementedError

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make the optimizer."""
        raise NotImplementedError

    def prepare(self, data_batch: Any, sparse_row_id_fn: Callable | None = None) -> None:
        """Get ready for a batch that is about to come."""
        if sparse_row_id_fn is not None:
            self.logger.warning("sparse_row_id_fn is not used by %s", type(self).__name__)

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run a batch; ``is_train`` defaults to the ``for_training`` of ``bind``."""
        raise NotImplementedError

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of the batch that ``forward`` ran."""
        raise NotImplementedError

    def update(self) -> None:
        """Change the parameters by the gradients."""
        raise NotImplementedError

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last ``forward``."""
        raise NotImplementedError

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients with respect to the data inputs."""
        raise NotImplementedError

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The states; a module without states has none."""
        self._check_ready("get_states")
        if merge_multi_context:
            raise AssertionError("this module has no states: use merge_multi_context=False")
        return []

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states."""
        self._check_ready("set_states")
        if states or value:
            raise AssertionError("this module has no states to set")

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Count the outputs of the last ``forward`` against labels."""
        raise NotImplementedError

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch the executors."""
        raise NotImplementedError

    # -- what has to come before ------------------------------------------------------------

    def _check_bound(self, what: str) -> None:
        if not self.binded:
            raise AssertionError(f"call bind before {what}")

    def _check_ready(self, what: str) -> None:
        self._check_bound(what)
        if not self.params_initialized:
            raise AssertionError(f"call init_params or set_params before {what}")
