"""Module: a symbol with its parameters, bound to one or several devices."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..context import Context, cpu
from ..io import DataBatch, DataDesc
from .executor_group import DataParallelExecutorGroup
from .names import as_list, check_input_names, parse_descriptions
from .optimizing import HasOptimizer
from .slices import resized

__all__ = ["Module"]

_CPU = cpu(0)


class Module(HasOptimizer):
    """A symbol with its parameters, trained on one device or on slices of each batch on several.

    Parameters: ``data_names``, ``label_names``, ``state_names``: the arguments of the symbol
    that are inputs; all others are parameters. ``context``: a Context or a list of them;
    ``work_load_list``: how much of a batch each takes; ``fixed_param_names``: parameters that
    are not trained; ``group2ctxs``: devices by ``ctx_group``, a dict or one per device;
    ``compression_params``: see ``KVStore.set_gradient_compression``.

    A batch of another size than the bound one is taken without further ado. Raises ValueError
    for names that the symbol does not have.
    """

    def __init__(
        self,
        symbol: Any,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] = _CPU,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ):
        super().__init__(logger=logger)
        self._context = as_list(context)
        if not self._context:
            raise ValueError("context must be a Context or a list with at least one")
        self._work_load_list = list(work_load_list or [1] * len(self._context))
        if len(self._work_load_list) != len(self._context):
            raise AssertionError(
                f"work_load_list has {len(self._work_load_list)} entries for "
                f"{len(self._context)} contexts: give one for each"
            )
        self._symbol = symbol
        self._group2ctxs = group2ctxs
        self._compression_params = compression_params
        self._data_names = as_list(data_names)
        self._label_names = as_list(label_names)
        self._state_names = as_list(state_names)
        self._fixed_param_names = as_list(fixed_param_names)
        self._read_names(symbol)
        self._start_without_parameters()
        self._start_without_optimizer()
        self._grad_req: Any = None
        self._exec_group: Any = None
        self._data_shapes: list[DataDesc] = []
        self._label_shapes: list[DataDesc] | None = None

    def _read_names(self, symbol: Any) -> None:
        """Sort the arguments of the symbol into inputs and parameters."""
        check_input_names(symbol, self._data_names, "data_names", required=True)
        check_input_names(symbol, self._label_names, "label_names", required=False)
        check_input_names(symbol, self._state_names, "state_names", required=True)
        check_input_names(symbol, self._fixed_param_names, "fixed_param_names", required=True)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in symbol.list_arguments() if name not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()

    # -- files -----------------------------------------------------------------------------

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """A module from a checkpoint; ``kwargs`` go to the constructor.

        Optimizer states are read by ``init_optimizer``. Raises MXNetError for missing files.
        """
        from ..checkpoint import load_checkpoint

        symbol, arg_params, aux_params = load_checkpoint(prefix, epoch)
        module = Module(symbol=symbol, **kwargs)
        module._arg_params, module._aux_params = arg_params, aux_params
        module.params_initialized = True
        if load_optimizer_states:
            module._preload_opt_states = f"{prefix}-{epoch:04d}.states"
        return module

    def save_checkpoint(
        self,
        prefix: str,
        epoch: int,
        save_optimizer_states: bool = False,
        remove_amp_cast: bool = True,
    ) -> None:
        """Write ``<prefix>-symbol.json``, ``<prefix>-0001.params`` and, if asked, ``.states``."""
        from ..checkpoint import save_checkpoint

        save_checkpoint(prefix, epoch, self.symbol, *self.get_params(), remove_amp_cast)
        if save_optimizer_states:
            name = f"{prefix}-{epoch:04d}.states"
            self.save_optimizer_states(name)
            self.logger.info('Saved optimizer state to "%s"', name)

    # -- names and shapes ------------------------------------------------------------------

    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """The names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        self._check_bound("data_shapes")
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        self._check_bound("label_shapes")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        self._check_bound("output_shapes")
        return self._exec_group.get_output_shapes()

    # -- binding ---------------------------------------------------------------------------

    def bind(
        self,
        data_shapes: Sequence[Any],
        label_shapes: Sequence[Any] | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Make executors for batches of the given shapes.

        Parameters: ``data_shapes``, ``label_shapes``: lists of DataDesc or ``(name, shape)``, as
        an iterator's ``provide_data``; ``inputs_need_grad``: whether ``get_input_grads`` will be
        asked for; ``force_rebind``: bind again, keeping the parameters; ``shared_module``: a
        bound module whose parameters and memory are used in common; ``grad_req``: "write",
        "add" or "null", or a list or dict of them.

        Raises ValueError for wrong data names, KeyError for an input that is no argument,
        AssertionError for batch sizes that differ, MXNetError where shapes do not go together.
        """
        if force_rebind and self.binded:
            self._unbind()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise AssertionError("inputs_need_grad=True needs for_training=True")
        shared_group = None
        if shared_module is not None:
            if not (shared_module.binded and shared_module.params_initialized):
                raise AssertionError("shared_module must be bound and initialised")
            shared_group = shared_module._exec_group
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._grad_req = grad_req
        self._data_shapes, self._label_shapes = parse_descriptions(
            self._data_names, self._label_names, data_shapes, label_shapes
        )
        self._exec_group = self._executors(shared_group)
        self.binded = True
        self._take_params(shared_module)
        if shared_module is not None and shared_module.optimizer_initialized:
            self.borrow_optimizer(shared_module)

    def _unbind(self) -> None:
        """Forget the executors; their parameters are kept."""
        if not self.params_initialized:
            raise AssertionError(
                "call init_params before bind(force_rebind=True), which keeps the parameters"
            )
        self._sync_params_from_devices()
        self.binded = False
        self._exec_group, self._update_step, self._overlap = None, None, None

    def _executors(self, shared_group: Any) -> DataParallelExecutorGroup:
        """An executor for each device, as the module says now."""
        return DataParallelExecutorGroup(
            self._symbol,
            self._context,
            self._work_load_list,
            self._data_shapes,
            self._label_shapes,
            self._param_names,
            self.for_training,
            self.inputs_need_grad,
            shared_group,
            logger=self.logger,
            fixed_param_names=self._fixed_param_names,
            grad_req=self._grad_req,
            state_names=self._state_names,
            group2ctxs=self._group2ctxs,
        )

    def reshape(
        self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None = None
    ) -> None:
        """Take batches of other shapes from now on, with the same parameters."""
        self._check_bound("reshape")
        data, labels = parse_descriptions(
            self._data_names, self._label_names, data_shapes, label_shapes
        )
        self._exec_group.reshape(data, labels)
        self._data_shapes, self._label_shapes = data, labels

    # -- running ---------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Run a batch, or a list with one batch for each device.

        Parameters: ``is_train`` defaults to the ``for_training`` of ``bind``. A batch of another
        size than the bound one reshapes the module. Raises ValueError for a batch that does not
        go with the names of the module, or whose arrays differ in batch size.
        """
        self._check_ready("forward")
        if not isinstance(data_batch, list) and not self._exec_group.fits(
            data_batch.data, data_batch.label
        ):
            self._reshape_for(data_batch)
        self._exec_group.forward(data_batch, is_train)

    def _reshape_for(self, batch: DataBatch) -> None:
        """Bind to the shapes of a batch, checking it on the way."""
        data = _described(self._data_shapes, batch.data, batch.provide_data, "data")
        labels = self._label_shapes
        if labels and batch.label:
            labels = _described(labels, batch.label, batch.provide_label, "label")
        elif labels:
            axis = max(DataDesc.get_batch_axis(data[0].layout), 0)
            labels = [resized(desc, data[0].shape[axis]) for desc in labels]
        try:
            self.reshape(data, labels)
        except AssertionError as error:
            raise ValueError(f"the batch does not go together: {error}") from None

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of the batch that ``forward`` ran.

        Parameters: ``out_grads``: an array per output, needed where an output is no loss. Raises
        ValueError where the batch had no label.
        """
        self._check_ready("backward")
        self._exec_group.backward(out_grads=out_grads)
        self._on_devices.newer = True  # BatchNorm moves its averages

    def train_step(self, data_batch: Any) -> None:
        if self._overlap is None:
            self._overlap = self._overlapping()
        if not self._overlap:
            super().train_step(data_batch)
            return
        self.forward(data_batch, is_train=True)
        self._overlap.backward(self.backward)

    def _overlapping(self) -> Any:
        """The step in which gradients travel early; False where that is not possible.

        A subclass that changes one of the steps may do something with the gradients.
        """
        self._check_ready("train_step")
        self._check_optimizer("train_step")
        steps = ("forward", "backward", "forward_backward", "update")
        if any(getattr(type(self), n) is not getattr(Module, n) or n in vars(self) for n in steps):
            return False
        if not self.for_training:
            return False
        from .overlap import Overlap

        return (
            Overlap.of(self._exec_group, self._updater, self._kvstore, self._update_on_kvstore)
            or False
        )

    def prepare(self, data_batch: Any, sparse_row_id_fn: Callable | None = None) -> None:
        """Fetch the rows of row_sparse parameters that a batch needs, from the store.

        Parameters: ``sparse_row_id_fn``: from a batch to row numbers by parameter name.
        """
        if sparse_row_id_fn is None:
            return
        self._check_ready("prepare")
        if self._kvstore is None or not self._update_on_kvstore:
            self.logger.warning(
                "Parameters are not updated in the KVStore. No need to call sparse_row_id_fn."
            )
            return
        rows = sparse_row_id_fn(data_batch)
        if not isinstance(rows, Mapping):
            raise TypeError("sparse_row_id_fn must return a dict of row numbers by parameter name")
        for name, row_ids in rows.items():
            arrays = self._exec_group.param_arrays[self._exec_group.param_names.index(name)]
            self._kvstore.row_sparse_pull(name, arrays, row_ids=[row_ids] * len(arrays))

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last ``forward``; the next one overwrites them.

        Parameters: ``merge_multi_context``: one array over the whole batch for each output,
        rather than a list over the devices.
        """
        self._check_ready("get_outputs")
        return self._exec_group.get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients with respect to the data; needs ``bind(inputs_need_grad=True)``."""
        self._check_ready("get_input_grads")
        return self._exec_group.get_input_grads(merge_multi_context=merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays named by ``state_names``."""
        self._check_ready("get_states")
        return self._exec_group.get_states(merge_multi_context=merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states: each from an array or a list over the devices, or all to a number."""
        self._check_ready("set_states")
        self._exec_group.set_states(states, value)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Count the outputs of the last ``forward`` against labels."""
        self._exec_group.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch the executors of all devices."""
        self._check_bound("install_monitor")
        self._exec_group.install_monitor(mon)


def _described(
    bound: Sequence[DataDesc], arrays: Sequence[Any], given: Sequence[Any] | None, kind: str
) -> list[DataDesc]:
    """What the arrays of a batch are: as the batch says, else named as those bound."""
    descs = [d if isinstance(d, DataDesc) else DataDesc(*d) for d in given or bound]
    if len(arrays) != len(descs):
        raise ValueError(
            f"the batch has {len(arrays)} {kind} array(s), but the module is bound to "
            f"{len(descs)}: {[desc.name for desc in descs]}"
        )
    if given:
        for desc, array in zip(descs, arrays, strict=True):
            if tuple(array.shape) != desc.shape:
                raise ValueError(
                    f"the batch describes {desc.name!r} with shape {desc.shape}, but its array "
                    f"has shape {tuple(array.shape)}"
                )
        return descs
    return [
        DataDesc(desc.name, array.shape, desc.dtype, desc.layout)
        for desc, array in zip(descs, arrays, strict=True)
    ]
