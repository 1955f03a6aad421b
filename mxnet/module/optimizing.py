"""The optimizer of a Module, and the store that sums gradients over its devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..context import Context
from ..files import read_bytes, write_atomically
from .parameters import HasParameters
from .update import choose_kvstore, is_distributed, start_kvstore, update_step

__all__ = ["HasOptimizer"]


class HasOptimizer(HasParameters):
    """The part of Module that updates the parameters."""

    _context: list[Context]
    _compression_params: dict[str, Any] | None

    def _start_without_optimizer(self) -> None:
        self._optimizer: Any = None
        self._kvstore: Any = None
        self._update_on_kvstore = False
        self._updater: Any = None
        self._update_step: Callable[[], None] | None = None
        self._overlap: Any = None  # False where gradients cannot travel early
        self._preload_opt_states: str | None = None

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make the optimizer, and the store that sums the gradients of several devices.

        Parameters: ``kvstore``: a name, a KVStore or None; ``optimizer``: a name, with
        ``optimizer_params`` a dict or pairs (``rescale_grad`` is 1 / batch size unless given),
        or an Optimizer. Does nothing after the first time unless ``force_init``.
        """
        self._check_ready("init_optimizer")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        self._sync_params_from_devices()
        store, on_kvstore = choose_kvstore(kvstore, len(self._context), self._arg_params)
        self._optimizer = self._make_optimizer(optimizer, optimizer_params, store, on_kvstore)
        self._kvstore, self._update_on_kvstore = store, on_kvstore
        self._updater, self._update_step, self._overlap = None, None, None
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            start_kvstore(store, self._exec_group, self._arg_params, on_kvstore)
            self._on_devices.newer = is_distributed(store)  # the devices have those of rank 0
        if on_kvstore:
            store.set_optimizer(self._optimizer)
        else:
            from ..optimizer import get_updater

            self._updater = get_updater(self._optimizer)
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def _make_optimizer(self, optimizer: Any, params: Any, store: Any, on_kvstore: bool) -> Any:
        from .. import optimizer as optimizers

        batch_size = self._exec_group.batch_size
        if store is not None and "dist" in store.type and "_sync" in store.type:
            batch_size *= store.num_workers
        count = 1 if on_kvstore else len(self._context)
        names = {
            index * count + device: name
            for index, name in enumerate(self._exec_group.param_names)
            for device in range(count)
        }
        if isinstance(optimizer, str):
            params = {"rescale_grad": 1.0 / batch_size, **dict(params)}
            return optimizers.create(optimizer, sym=self.symbol, param_idx2name=names, **params)
        if not isinstance(optimizer, optimizers.Optimizer):
            raise AssertionError(
                f"optimizer must be a str or an Optimizer, not {type(optimizer).__name__}"
            )
        if optimizer.rescale_grad != 1.0 / batch_size:
            self.logger.warning(
                "Optimizer created manually outside Module but rescale_grad is not normalized to "
                "1.0/batch_size/num_workers (%s vs. %s). Is this intended?",
                optimizer.rescale_grad,
                1.0 / batch_size,
            )
        if not optimizer.idx2name:
            optimizer.idx2name = names
        return optimizer

    def borrow_optimizer(self, shared_module: Any) -> None:
        """Use the optimizer, its states and the store of another module."""
        shared_module._check_optimizer("borrow_optimizer")
        self._optimizer = shared_module._optimizer
        self._kvstore = shared_module._kvstore
        self._update_on_kvstore = shared_module._update_on_kvstore
        self._updater = shared_module._updater
        self._update_step, self._overlap = None, None
        self.optimizer_initialized = True

    def update(self) -> None:
        """Change all parameters by their gradients, as the optimizer says."""
        step = self._update_step
        if step is None:
            self._check_ready("update")
            self._check_optimizer("update")
            if not self.for_training:
                raise AssertionError("re-bind with for_training=True to update parameters")
            step = self._update_step = update_step(
                self._exec_group,
                self._updater,
                self._kvstore,
                self._update_on_kvstore,
                self._optimizer,
            )
        self._on_devices.newer = True
        step()

    def save_optimizer_states(self, fname: str) -> None:
        """Write the states of the optimizer (momentum and so on) to a file."""
        self._check_optimizer("save_optimizer_states")
        if self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname)
        else:
            write_atomically(fname, self._updater.get_states())

    def load_optimizer_states(self, fname: str) -> None:
        """Read what ``save_optimizer_states`` wrote. Raises MXNetError for a missing file."""
        self._check_optimizer("load_optimizer_states")
        if self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
        else:
            self._updater.set_states(read_bytes(fname))

    def _check_optimizer(self, what: str) -> None:
        if not self.optimizer_initialized:
            raise AssertionError(f"call init_optimizer before {what}")
