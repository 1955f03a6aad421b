"""Modules whose computation is written in Python."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ..io import DataBatch, DataDesc
from .base_module import BaseModule

__all__ = ["PythonLossModule", "PythonModule"]


class PythonModule(BaseModule):
    """A module without parameters; a subclass defines what it computes.

    A subclass defines ``_compute_output_shapes``, ``forward``, ``get_outputs`` and, to take
    part in training, ``backward`` and ``get_input_grads``. One with parameters also overrides
    the methods for parameters and the optimizer, which do nothing here.

    Parameters: ``data_names``, ``label_names``, ``output_names``: lists of names.
    """

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ):
        super().__init__(logger=logger)
        self._data_names = list(data_names)
        self._label_names = None if label_names is None else list(label_names)
        self._output_names = list(output_names)
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def output_names(self) -> list[str]:
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return self._output_shapes

    def get_params(self) -> tuple[dict, dict]:
        return {}, {}

    def init_params(
        self,
        initializer: Any = None,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Nothing to set: a Python module has no parameters."""
        self._check_bound("init_params")
        self.params_initialized = True

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Nothing to optimize: a Python module has no parameters."""
        self._check_ready("init_optimizer")
        self.optimizer_initialized = True

    def update(self) -> None:
        """Nothing to update: a Python module has no parameters."""

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Count the outputs against labels, where the module has labels."""
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise RuntimeError("PythonModule does not support presliced labels")
        eval_metric.update_dict(
            dict(zip(self._label_names or (), labels, strict=False)),
            dict(zip(self._output_names, self.get_outputs(), strict=True)),
        )

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
        """Note the shapes. Raises AssertionError for names other than those of the module."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if grad_req != "write":
            raise AssertionError("Python module only support write gradient")
        given = [desc[0] for desc in data_shapes]
        if given != self._data_names:
            raise AssertionError(f"data_shapes are for {given}, the module has {self._data_names}")
        if label_shapes is not None and self._label_names is not None:
            labels = [desc[0] for desc in label_shapes]
            if labels != self._label_names:
                raise AssertionError(
                    f"label_shapes are for {labels}, the module has {self._label_names}"
                )
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self._data_shapes, self._label_shapes = data_shapes, label_shapes
        self._output_shapes = self._compute_output_shapes()
        self.binded = True

    def install_monitor(self, mon: Any) -> None:
        """Nothing to watch: a Python module has no executors."""

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """The names and shapes of the outputs, from ``_data_shapes`` and ``_label_shapes``."""
        raise NotImplementedError(f"{type(self).__name__} must define _compute_output_shapes")


class PythonLossModule(PythonModule):
    """A loss written in Python: the output is the input, the gradient is computed by a function.

    Parameters: ``grad_func(scores, labels)``: the gradient with respect to the scores, as an
    NDArray or numpy array; a subclass may override ``_backward_impl`` instead.
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[Any, Any], Any] | None = None,
    ):
        super().__init__(data_names, label_names, [f"{name}_output"], logger=logger)
        if len(data_names) != 1 or len(label_names) != 1:
            raise AssertionError("PythonLossModule takes one data input and one label")
        if grad_func is not None and not callable(grad_func):
            raise AssertionError(f"grad_func must be callable, not {type(grad_func).__name__}")
        self._name = name
        self._scores: Any = None
        self._labels: Any = None
        self._scores_grad: Any = None
        self._grad_func = grad_func

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(f"{self._name}_output", tuple(self._data_shapes[0][1]))]

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Keep the scores and, in training, the labels."""
        self._scores = data_batch.data[0]
        if self.for_training if is_train is None else is_train:
            if not data_batch.label:
                raise ValueError(f"{self._name}: the batch has no label: give label=[...]")
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        if not merge_multi_context:
            raise AssertionError("PythonLossModule has its outputs on one device only")
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradient of the loss."""
        if out_grads is not None:
            raise AssertionError("For a loss module, out_grads should be None")
        if not self.for_training:
            raise AssertionError("re-bind with for_training=True to run backward")
        self._backward_impl()

    def _backward_impl(self) -> None:
        from ..ndarray import NDArray, array

        if self._grad_func is None:
            raise NotImplementedError("give grad_func, or override _backward_impl")
        grad = self._grad_func(self._scores, self._labels)
        self._scores_grad = grad if isinstance(grad, NDArray) else array(grad)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        if not merge_multi_context:
            raise AssertionError("PythonLossModule has its gradients on one device only")
        return [self._scores_grad]

    def install_monitor(self, mon: Any) -> None:
        raise NotImplementedError("a monitor cannot watch a PythonLossModule")
