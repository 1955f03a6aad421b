"""SequentialModule: modules in a row, each fed with the outputs of the one before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ..io import DataBatch, DataDesc
from .base_module import BaseModule
from .steps import DEFAULT_INITIALIZER

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """Modules in a row, trained together.

    ``add`` puts a module at the end; its keywords say whether it gets the labels
    (``take_labels=True``) and whether its inputs are renamed to the outputs before it
    (``auto_wiring=True``; without, the names must be the same).
    """

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging):
        super().__init__(logger=logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._data_shapes: Any = None
        self._label_shapes: Any = None

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Put a module at the end; returns this module, so that calls can be chained."""
        known = {self.META_TAKE_LABELS, self.META_AUTO_WIRING}
        for key in kwargs:
            if key not in known:
                raise AssertionError(f'Unknown meta "{key}", a typo? There are {sorted(known)}')
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    @property
    def data_names(self) -> Sequence[str]:
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> Sequence[str]:
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> list[DataDesc]:
        self._check_bound("data_shapes")
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        self._check_bound("label_shapes")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        self._check_bound("output_shapes")
        return self._modules[-1].output_shapes

    def get_params(self) -> tuple[dict, dict]:
        self._check_ready("get_params")
        arg_params: dict[str, Any] = {}
        aux_params: dict[str, Any] = {}
        for module in self._modules:
            arg, aux = module.get_params()
            arg_params.update(arg)
            aux_params.update(aux)
        return arg_params, aux_params

    def init_params(
        self,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set the parameters of all modules. Raises AssertionError where names occur twice."""
        if self.params_initialized and not force_init:
            return
        self._check_bound("init_params")
        for module in self._modules:
            # What one module does not have belongs to another.
            module.init_params(
                initializer, arg_params, aux_params, allow_missing, force_init, allow_extra=True
            )
        self._check_names()
        self.params_initialized = True

    def _check_names(self) -> None:
        owners: dict[str, int] = {}
        for place, module in enumerate(self._modules):
            for params in module.get_params():
                for name in params:
                    if name in owners:
                        raise AssertionError(
                            f'Duplicated parameter names: "{name}" is in module {place} '
                            f"({type(module).__name__}) and in module {owners[name]}: name the "
                            f"layers differently"
                        )
                    owners[name] = place

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
        """Bind all modules, each to the output shapes of the one before."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise AssertionError("inputs_need_grad=True needs for_training=True")
        if shared_module is not None:
            raise AssertionError("Shared module is not supported")
        if not self._modules:
            raise AssertionError("Attempting to bind an empty SequentialModule: add modules first")
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        takes_labels = [bool(meta.get(self.META_TAKE_LABELS)) for meta in self._metas]
        self._label_shapes = label_shapes if any(takes_labels) else None
        shapes = data_shapes
        for place, module in enumerate(self._modules):
            if self._metas[place].get(self.META_AUTO_WIRING):
                shapes = _wired(place, module.data_names, shapes)
            module.bind(
                shapes,
                label_shapes if takes_labels[place] else None,
                for_training,
                inputs_need_grad=inputs_need_grad or (for_training and place > 0),
                force_rebind=force_rebind,
                grad_req=grad_req,
            )
            shapes = module.output_shapes
        self.binded = True

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make an optimizer for each module."""
        self._check_ready("init_optimizer")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        for module in self._modules:
            module.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        self.optimizer_initialized = True

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        self._check_ready("forward")
        batch = data_batch
        for place, module in enumerate(self._modules):
            module.forward(batch, is_train=is_train)
            if place + 1 < len(self._modules):
                # The descriptions of the whole do not describe what is inside.
                batch = DataBatch(
                    module.get_outputs(), data_batch.label, data_batch.pad, data_batch.index
                )

    def backward(self, out_grads: Any = None) -> None:
        self._check_ready("backward")
        for place in range(len(self._modules) - 1, -1, -1):
            self._modules[place].backward(out_grads=out_grads)
            if place:
                out_grads = self._modules[place].get_input_grads()

    def update(self) -> None:
        self._check_ready("update")
        if not self.optimizer_initialized:
            raise AssertionError("call init_optimizer before update")
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        self._check_ready("get_outputs")
        return self._modules[-1].get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        self._check_ready("get_input_grads")
        if not self.inputs_need_grad:
            raise AssertionError("bind with inputs_need_grad=True to get input gradients")
        return self._modules[0].get_input_grads(merge_multi_context=merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Count the outputs of the modules that take labels."""
        self._check_ready("update_metric")
        for module, meta in zip(self._modules, self._metas, strict=True):
            if meta.get(self.META_TAKE_LABELS):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        self._check_bound("install_monitor")
        for module in self._modules:
            module.install_monitor(mon)


def _wired(place: int, names: Sequence[str], shapes: Sequence[Any]) -> list[tuple[str, Any]]:
    """The shapes of outputs under the names of the inputs that they go into."""
    if len(names) != len(shapes):
        raise AssertionError(f"module {place} has inputs {list(names)} but is given {len(shapes)}")
    return [(name, desc[1]) for name, desc in zip(names, shapes, strict=True)]
