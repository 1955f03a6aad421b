"""BucketingModule: one set of parameters, a network for each length of input."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ..context import Context, cpu
from ..io import DataBatch, DataDesc
from .base_module import BaseModule
from .module import Module
from .steps import DEFAULT_INITIALIZER

__all__ = ["BucketingModule"]

_CPU = cpu(0)


class BucketingModule(BaseModule):
    """A network for each bucket key, such as a sequence length, on the same parameters.

    Parameters: ``sym_gen``: from a bucket key to ``(symbol, data_names, label_names)``;
    ``default_bucket_key``: the key that ``bind`` is for, best the one of the largest network,
    whose memory the others then use; the others as for Module.

    A batch names its network by ``bucket_key``, with ``provide_data`` and ``provide_label``.
    """

    def __init__(
        self,
        sym_gen: Callable[[Any], tuple],
        default_bucket_key: Any = None,
        logger: Any = logging,
        context: Context | Sequence[Context] = _CPU,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ):
        super().__init__(logger=logger)
        if default_bucket_key is None:
            raise AssertionError("give default_bucket_key, best the key of the largest network")
        self._sym_gen = sym_gen
        self._default_bucket_key = default_bucket_key
        self._options = {
            "logger": logger,
            "context": context,
            "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names,
            "state_names": state_names,
            "group2ctxs": group2ctxs,
            "compression_params": compression_params,
        }
        self._make_module(default_bucket_key)  # finds wrong names now rather than at bind
        self._loaded: tuple[dict, dict] | None = None
        self._reset()

    def _reset(self) -> None:
        self.binded = False
        self._buckets: dict[Any, Module] = {}
        self._curr_module: Module | None = None
        self._curr_bucket_key: Any = None
        self._monitor: Any = None
        self._grad_req: Any = None

    def _generate(self, bucket_key: Any) -> tuple[Any, Sequence[str], Sequence[str]]:
        result = self._sym_gen(bucket_key)
        if not isinstance(result, tuple) or len(result) != 3:
            raise ValueError(
                f"sym_gen must return (symbol, data_names, label_names), but for key "
                f"{bucket_key!r} it returned {type(result).__name__}"
            )
        return result

    def _make_module(self, bucket_key: Any) -> Module:
        return Module(*self._generate(bucket_key), **self._options)

    def _current(self, what: str) -> Module:
        self._check_bound(what)
        assert self._curr_module is not None
        return self._curr_module

    # -- files -----------------------------------------------------------------------------

    @staticmethod
    def load(
        prefix: str,
        epoch: int,
        sym_gen: Callable | None = None,
        default_bucket_key: Any = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """A module with the parameters of a checkpoint; ``kwargs`` go to the constructor."""
        from ..checkpoint import load_params

        if sym_gen is None:
            raise AssertionError("sym_gen is required for loading BucketingModule")
        arg_params, aux_params = load_params(prefix, epoch)
        return BucketingModule._with_params(
            sym_gen, default_bucket_key, arg_params, aux_params, kwargs
        )

    @staticmethod
    def load_dict(
        sym_dict: dict[Any, Any] | None = None,
        sym_gen: Callable | None = None,
        default_bucket_key: Any = None,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """A module with given parameters, and symbols by bucket key where there is no ``sym_gen``.

        Without ``sym_gen``, the inputs are named as Module does by default.
        """
        if sym_gen is None:
            if sym_dict is None:
                raise AssertionError("load_dict needs sym_dict or sym_gen")
            symbols = sym_dict

            def sym_gen(bucket_key: Any) -> tuple:
                if bucket_key not in symbols:
                    raise KeyError(f"sym_dict has no symbol for bucket key {bucket_key!r}")
                return symbols[bucket_key], ("data",), ("softmax_label",)

        return BucketingModule._with_params(
            sym_gen, default_bucket_key, arg_params or {}, aux_params or {}, kwargs
        )

    @staticmethod
    def _with_params(sym_gen, key, arg_params, aux_params, options) -> BucketingModule:
        module = BucketingModule(sym_gen, key, **options)
        module._loaded = (arg_params, aux_params)
        module.params_initialized = True
        return module

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Write the parameters, a symbol for each bucket used and the list of their keys.

        The files are ``<prefix>-0001.params``, ``<prefix>-<key>-symbol.json`` and, where the
        keys are integers, ``<prefix>.buckets``.
        """
        from ..checkpoint import save_checkpoint
        from ..ndarray import array, save

        self._check_ready("save_checkpoint")
        for key, module in self._buckets.items():
            name = f"{prefix}-{key}-symbol.json"
            module.symbol.save(name, remove_amp_cast=remove_amp_cast)
        save_checkpoint(prefix, epoch, None, *self.get_params())
        keys = list(self._buckets)
        if all(isinstance(key, int) for key in keys):
            save(f"{prefix}.buckets", [array(keys, dtype="int32")])

    # -- names and shapes ------------------------------------------------------------------

    @property
    def data_names(self) -> Sequence[str]:
        if self._curr_module is not None:
            return self._curr_module.data_names
        return self._generate(self._default_bucket_key)[1]

    @property
    def output_names(self) -> Sequence[str]:
        if self._curr_module is not None:
            return self._curr_module.output_names
        return self._generate(self._default_bucket_key)[0].list_outputs()

    @property
    def data_shapes(self) -> list[DataDesc]:
        return self._current("data_shapes").data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        return self._current("label_shapes").label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return self._current("output_shapes").output_shapes

    @property
    def symbol(self) -> Any:
        """The symbol of the current bucket."""
        return self._current("symbol").symbol

    # -- parameters ------------------------------------------------------------------------

    def get_params(self) -> tuple[dict, dict]:
        self._check_ready("get_params")
        return self._buckets[self._default_bucket_key].get_params()

    def init_params(
        self,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set the parameters, those of the default bucket's network."""
        if self.params_initialized and not force_init:
            return
        self._check_bound("init_params")
        self._buckets[self._default_bucket_key].init_params(
            initializer, arg_params, aux_params, allow_missing, force_init, allow_extra
        )
        self.params_initialized = True

    def set_params(
        self,
        arg_params: dict,
        aux_params: dict,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        self._check_bound("set_params")
        self._buckets[self._default_bucket_key].set_params(
            arg_params, aux_params, allow_missing, force_init, allow_extra
        )
        self.params_initialized = True

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
        """Bind the network of the default bucket key."""
        if shared_module is not None:
            raise AssertionError("shared_module for BucketingModule is not supported")
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        module = self._buckets.get(self._default_bucket_key) if self.params_initialized else None
        again = module is not None  # then it keeps its parameters, and its optimizer
        self._reset()
        module = module or self._make_module(self._default_bucket_key)
        module.bind(
            data_shapes, label_shapes, for_training, inputs_need_grad,
            force_rebind=again, grad_req=grad_req,
        )  # fmt: skip
        if self._loaded is not None:
            module.set_params(*self._loaded)
            self._loaded = None
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self._grad_req = grad_req
        self._buckets[self._default_bucket_key] = module
        self._curr_module, self._curr_bucket_key = module, self._default_bucket_key
        self.binded = True

    def switch_bucket(
        self, bucket_key: Any, data_shapes: Sequence[Any], label_shapes: Any = None
    ) -> None:
        """Make the network of a key current, binding it to the shapes when it is new."""
        self._check_bound("switch_bucket")
        module = self._buckets.get(bucket_key)
        if module is None:
            default = self._buckets[self._default_bucket_key]
            if not default.params_initialized:
                raise AssertionError("call init_params before switching to another bucket")
            module = self._make_module(bucket_key)
            module.bind(
                data_shapes,
                label_shapes,
                self.for_training,
                self.inputs_need_grad,
                shared_module=default,
                grad_req=self._grad_req,
            )
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        if self.optimizer_initialized and not module.optimizer_initialized:
            module.borrow_optimizer(self._buckets[self._default_bucket_key])
        self._curr_module, self._curr_bucket_key = module, bucket_key

    def _switch_to(self, batch: DataBatch) -> None:
        key = batch.bucket_key
        if key == self._curr_bucket_key:
            return
        shapes = batch.provide_data or ()
        if key not in self._buckets and not shapes:
            raise ValueError(
                f"a batch for the new bucket key {key!r} needs provide_data and provide_label"
            )
        self.switch_bucket(key, shapes, batch.provide_label)

    # -- optimizer -------------------------------------------------------------------------

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make one optimizer for all buckets."""
        self._check_ready("init_optimizer")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        default = self._buckets[self._default_bucket_key]
        default.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        for module in self._buckets.values():
            if module is not default:
                module.borrow_optimizer(default)
        self.optimizer_initialized = True

    # -- running ---------------------------------------------------------------------------

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Callable | None = None) -> None:
        """Bind the network of a batch that is about to come, leaving the current one current."""
        self._check_ready("prepare")
        current = self._curr_bucket_key, self._curr_module
        self._switch_to(data_batch)
        assert self._curr_module is not None
        self._curr_module.prepare(data_batch, sparse_row_id_fn=sparse_row_id_fn)
        self._curr_bucket_key, self._curr_module = current

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run a batch on the network of its bucket key."""
        self._check_ready("forward")
        self._switch_to(data_batch)
        assert self._curr_module is not None
        self._curr_module.forward(data_batch, is_train=is_train)

    def backward(self, out_grads: Any = None) -> None:
        self._check_ready("backward")
        self._current("backward").backward(out_grads=out_grads)

    def update(self) -> None:
        self._check_ready("update")
        if not self.optimizer_initialized:
            raise AssertionError("call init_optimizer before update")
        self._current("update").update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        self._check_ready("get_outputs")
        return self._current("get_outputs").get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        self._check_ready("get_input_grads")
        return self._current("get_input_grads").get_input_grads(merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        self._check_ready("get_states")
        return self._current("get_states").get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        self._check_ready("set_states")
        self._current("set_states").set_states(states, value)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Count the outputs of the last ``forward`` against labels."""
        self._check_ready("update_metric")
        self._current("update_metric").update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch the networks of all buckets."""
        self._check_bound("install_monitor")
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)
