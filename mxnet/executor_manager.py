"""DataParallelExecutorManager, which trained on several devices before Module did."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from .context import Context
from .io import DataBatch, DataDesc
from .module import executor_group
from .module.slices import split_input_slice as _split_input_slice

__all__ = ["DataParallelExecutorGroup", "DataParallelExecutorManager"]


def _check_arguments(symbol: Any) -> None:
    """Raise ValueError where two arguments or auxiliary states have the same name."""
    for kind, names in (
        ("argument", symbol.list_arguments()),
        ("auxiliary param", symbol.list_auxiliary_states()),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                raise ValueError(
                    f'Find duplicated {kind} name "{name}", please make the weight name '
                    f"non-duplicated(using name arguments), {kind}s are {names}"
                )


class DataParallelExecutorGroup(executor_group.DataParallelExecutorGroup):
    """The executors of a symbol on several devices, by the 1.x interface before Module.

    Parameters: ``ctx``: the devices; ``slices``: the rows of a batch for each; ``train_data``:
    an iterator, whose descriptions are bound.
    """

    def __init__(
        self,
        sym: Any,
        arg_names: Sequence[str],
        param_names: Sequence[str],
        ctx: Sequence[Context],
        slices: Sequence[slice],
        train_data: Any,
        shared_group: Any = None,
    ):
        _check_arguments(sym)
        super().__init__(
            sym,
            ctx,
            [rows.stop - rows.start for rows in slices],
            _descriptions(train_data.provide_data),
            _descriptions(train_data.provide_label) or None,
            param_names,
            for_training=True,
            inputs_need_grad=False,
            shared_group=shared_group,
        )

    def load_data_batch(self, data_batch: DataBatch) -> None:
        """Copy a batch to the devices."""
        self.load_data(data_batch.data)
        self._labels_loaded = bool(self.label_arrays and data_batch.label)
        if self._labels_loaded:
            self.load_labels(data_batch.label)

    def forward(self, is_train: bool = False) -> None:  # type: ignore[override]
        """Run all devices on the loaded batch."""
        for executor in self.execs:
            executor.forward(is_train=is_train)


class DataParallelExecutorManager:
    """Executors on several devices, and with ``sym_gen`` a network for each bucket key.

    Parameters: ``ctx``: the devices, with ``work_load_list`` how much of a batch each takes;
    ``train_data``: an iterator; ``sym_gen``: from a bucket key to a symbol.
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Sequence[Context],
        train_data: Any,
        arg_names: Sequence[str] | None = None,
        param_names: Sequence[str] | None = None,
        aux_names: Sequence[str] | None = None,
        work_load_list: Sequence[float] | None = None,
        logger: Any = logging,
        sym_gen: Callable[[Any], Any] | None = None,
    ):
        self.ctx = list(ctx)
        work_load_list = list(work_load_list or [1] * len(self.ctx))
        if len(work_load_list) != len(self.ctx):
            raise AssertionError("Invalid settings for work load. There must be one per device")
        inputs = {desc[0] for desc in [*train_data.provide_data, *(train_data.provide_label or ())]}
        self.arg_names = list(arg_names or symbol.list_arguments())
        self.param_names = list(param_names or [n for n in self.arg_names if n not in inputs])
        self.aux_names = list(aux_names or symbol.list_auxiliary_states())
        self.slices = _split_input_slice(train_data.batch_size, work_load_list)
        self.symbol = symbol
        self.sym_gen = sym_gen
        self.execgrp = self._group(symbol, train_data, None)
        self.curr_execgrp = self.execgrp
        key = getattr(train_data, "default_bucket_key", None)
        self.execgrp_bucket = {key: self.execgrp} if sym_gen is not None else {}
        logger.info("Start training with %s", str(self.ctx))

    def _group(self, symbol: Any, data: Any, shared: Any) -> DataParallelExecutorGroup:
        names = symbol.list_arguments()
        trained = [name for name in self.param_names if name in names]
        return DataParallelExecutorGroup(
            symbol, names, trained, self.ctx, self.slices, data, shared_group=shared
        )

    @property
    def param_arrays(self) -> list[list[Any]]:
        """The parameters, each a list over the devices."""
        return self.execgrp.param_arrays

    @property
    def grad_arrays(self) -> list[list[Any]] | None:
        """The gradients, each a list over the devices."""
        return self.execgrp.grad_arrays

    @property
    def aux_arrays(self) -> list[list[Any]]:
        """The auxiliary states, each a list over the devices."""
        return self.execgrp.aux_arrays

    def install_monitor(self, monitor: Any) -> None:
        """Let a Monitor watch all executors."""
        if self.sym_gen is not None:
            raise NotImplementedError("Monitoring is not implemented for bucketing")
        self.execgrp.install_monitor(monitor)

    def set_params(self, arg_params: dict, aux_params: dict) -> None:
        """Copy parameters to the devices."""
        self.execgrp.set_params(arg_params, aux_params)

    def copy_to(self, arg_params: dict, aux_params: dict) -> None:
        """Copy parameters, averaged over the devices, into the given arrays."""
        self.execgrp.get_params(arg_params, aux_params)

    def load_data_batch(self, data_batch: DataBatch) -> None:
        """Copy a batch to the devices, choosing the network by its bucket key."""
        if self.sym_gen is not None:
            key = data_batch.bucket_key
            if key not in self.execgrp_bucket:
                symbol = self.sym_gen(key)
                self.execgrp_bucket[key] = self._group(symbol, data_batch, self.execgrp)
            self.curr_execgrp = self.execgrp_bucket[key]
        self.curr_execgrp.load_data_batch(data_batch)

    def forward(self, is_train: bool = False) -> None:
        """Run all devices on the loaded batch."""
        self.curr_execgrp.forward(is_train=is_train)

    def backward(self) -> None:
        """Compute the gradients on all devices."""
        self.curr_execgrp.backward()

    def update_metric(self, metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Count the outputs against labels."""
        self.curr_execgrp.update_metric(metric, labels, pre_sliced)


def _descriptions(shapes: Sequence[Any] | None) -> list[DataDesc]:
    return [desc if isinstance(desc, DataDesc) else DataDesc(*desc) for desc in shapes or ()]
