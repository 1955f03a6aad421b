"""The parameters of a Module: set, read, copied to and from the devices, saved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..context import cpu
from ..error import MXNetError
from ..initializer import InitDesc
from .base_module import BaseModule
from .steps import DEFAULT_INITIALIZER

__all__ = ["HasParameters"]


class HasParameters(BaseModule):
    """The part of Module that keeps the parameters.

    ``_arg_params`` and ``_aux_params`` are copies on the CPU, brought up to date when they are
    asked for. Modules that share parameters share these, and the note whether they are stale.
    """

    _exec_group: Any
    _param_names: list[str]
    _aux_names: list[str]

    def _start_without_parameters(self) -> None:
        self._arg_params: dict[str, Any] = {}
        self._aux_params: dict[str, Any] = {}
        self._on_devices = SimpleNamespace(newer=False)

    def get_params(self) -> tuple[dict, dict]:
        if not self.params_initialized:
            self._check_ready("get_params")
        self._sync_params_from_devices()
        return self._arg_params, self._aux_params

    def init_params(
        self,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: dict | None = None,
        aux_params: dict | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set all parameters, from the given ones or, where there is none, by the initializer.

        Parameters: ``arg_params``, ``aux_params``: arrays by name; names that the symbol does
        not have are left out. ``allow_missing``: whether the initializer may fill gaps (without
        an initializer the values stay as they are). Does nothing after the first time unless
        ``force_init``. Raises RuntimeError for a missing parameter, MXNetError for one of
        another shape.
        """
        if self.params_initialized and not force_init:
            if initializer is None or arg_params is not None or aux_params is not None:
                self.logger.warning(
                    "Parameters already initialized and force_init=False. init_params call ignored."
                )
            return
        self._check_bound("initializing the parameters")
        if initializer is not None and not callable(initializer):
            raise TypeError(
                f"initializer must be one such as mx.init.Xavier(), not {initializer!r}"
            )
        self._sync_params_from_devices()
        attributes = self._symbol.attr_dict()
        for own, given in ((self._arg_params, arg_params), (self._aux_params, aux_params)):
            for name, array in sorted(own.items()):
                if given is not None and name in given:
                    _copy_param(name, given[name], array)
                elif given is not None and not allow_missing:
                    raise RuntimeError(
                        f"{name} is not presented: give it in arg_params or aux_params, or pass "
                        f"allow_missing=True"
                    )
                elif initializer is not None:
                    initializer(InitDesc(name, attributes.get(name)), array)
        self.params_initialized = True
        self._on_devices.newer = False
        self._exec_group.set_params(self._arg_params, self._aux_params, allow_extra=allow_extra)

    def set_params(
        self,
        arg_params: dict,
        aux_params: dict,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters by name.

        Parameters: ``allow_missing``: keep those that are not given; then names that the symbol
        does not have are a ValueError unless ``allow_extra``. Raises RuntimeError for a missing
        parameter, MXNetError for one of another shape.
        """
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)
            return
        if self.params_initialized and not force_init:
            self.logger.warning(
                "Parameters already initialized and force_init=False. set_params call ignored."
            )
            return
        if not allow_extra:
            for given, known in ((arg_params, self._param_names), (aux_params, self._aux_names)):
                for name in given or ():
                    if name not in known:
                        raise ValueError(
                            f'Find name "{name}" that is not in the arguments: pass '
                            f"allow_extra=True to leave it out"
                        )
        self.init_params(None, arg_params or {}, aux_params or {}, True, True, allow_extra)

    def _sync_params_from_devices(self) -> None:
        if self._on_devices.newer:
            self._exec_group.get_params(self._arg_params, self._aux_params)
            self._on_devices.newer = False

    def _take_params(self, shared_module: Any) -> None:
        """The parameters of a shared module, those loaded before, or new ones."""
        if shared_module is not None:
            self._arg_params = shared_module._arg_params
            self._aux_params = shared_module._aux_params
            self._on_devices = shared_module._on_devices
            self.params_initialized = True
            return
        loaded = (self._arg_params, self._aux_params) if self.params_initialized else ({}, {})
        group = self._exec_group
        self._arg_params, self._aux_params = (
            _own_params(names, blocks, given)
            for names, blocks, given in (
                (group.param_names, group.param_arrays, loaded[0]),
                (group.aux_names, group.aux_arrays, loaded[1]),
            )
        )
        if self.params_initialized:
            group.set_params(self._arg_params, self._aux_params)


def _copy_param(name: str, source: Any, target: Any) -> None:
    if source is target:
        return
    if tuple(source.shape) != tuple(target.shape):
        raise MXNetError(
            f"parameter {name!r} has shape {tuple(source.shape)}, but the symbol needs shape "
            f"{tuple(target.shape)}"
        )
    target[:] = source


def _own_params(names: list[str], blocks: list[list[Any]], given: dict) -> dict[str, Any]:
    """The module's own arrays, on the CPU, one per parameter."""
    from ..ndarray import zeros

    arrays = {}
    for name, block in zip(names, blocks, strict=True):
        arrays[name] = zeros(block[0].shape, ctx=cpu(0), dtype=block[0].dtype)
        if name in given:
            _copy_param(name, given[name], arrays[name])
    return arrays
