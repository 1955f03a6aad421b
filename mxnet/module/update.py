"""The parameter update of a training step, resolved once and then only called."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

from ..base import setting
from ..error import MXNetError

__all__ = [
    "choose_kvstore", "is_distributed", "rows_to_update", "start_kvstore", "update_alone", "update_step",
]  # fmt: skip

_LARGE = 16 * 1024 * 1024


def choose_kvstore(kvstore: Any, num_device: int, arg_params: dict) -> tuple[Any, bool]:
    """The store to sum gradients with (or None), and whether it also does the update.

    A store named by a string is not needed for one device. A local one leaves the update to the
    devices where an array has more than 16 million elements, as in 1.x; so does
    MXNET_UPDATE_ON_KVSTORE=0. Raises TypeError for anything but a store, a str or None, MXNetError
    for an unknown name.
    """
    from .. import kvstore as stores
    from ..kvstore.base import check_name

    if kvstore is None:
        return None, False
    on_kvstore = setting("MXNET_UPDATE_ON_KVSTORE", 1) != 0
    if isinstance(kvstore, stores.KVStoreBase):
        store = kvstore
    elif not isinstance(kvstore, str):
        raise TypeError(f"kvstore must be KVStore, str or None, not {type(kvstore).__name__}")
    else:
        check_name(kvstore)
        if num_device == 1 and "dist" not in kvstore:
            return None, False
        store = stores.create(kvstore)
        if kvstore == "local":
            largest = max((math.prod(array.shape) for array in arg_params.values()), default=0)
            on_kvstore = on_kvstore and largest <= _LARGE
    return store, on_kvstore and store.is_capable(store.OPTIMIZER)


def start_kvstore(kvstore: Any, group: Any, arg_params: dict, on_kvstore: bool) -> None:
    """Give the store the first values, and all devices (of all workers) the same ones."""
    several = is_distributed(kvstore)
    for name, arrays in zip(group.param_names, group.param_arrays, strict=True):
        if on_kvstore or several or not hasattr(kvstore, "init"):
            kvstore.broadcast(name, arg_params[name], out=arrays)
            if several and on_kvstore and arrays[0].stype == "default":
                kvstore.keep_in(name, arrays[0])  # updated in place, so that nothing is copied
        else:
            kvstore.init(name, arg_params[name])


def is_distributed(kvstore: Any) -> bool:
    """Whether a store sums over several workers."""
    from ..kvstore import KVStore

    return isinstance(kvstore, KVStore) and kvstore.num_workers > 1


def rows_to_update(group: Any) -> list[tuple[int, str, list, list]]:
    """(index, name, gradients, weights) of all parameters that have gradients."""
    return [
        (index, name, grads, weights)
        for index, (name, grads, weights) in enumerate(
            zip(group.param_names, group.grad_arrays or (), group.param_arrays, strict=False)
        )
        if grads[0] is not None
    ]


def update_alone(rows: list, updater: Any, kvstore: Any, on_kvstore: bool) -> Callable[[], None]:
    """The update on one device by gradients that are sums over the workers already."""
    if not on_kvstore:
        return _device_steps(rows, updater, 1)[0]
    names = [name for _, name, *_ in rows]
    gradients = [grads[0] for _, _, grads, _ in rows]
    return lambda: kvstore.update_by(names, gradients)


def update_step(
    group: Any, updater: Any, kvstore: Any, on_kvstore: bool, optimizer: Any = None
) -> Callable[[], None]:
    """A function that updates all parameters that have gradients.

    The arrays stay those of the first executors of the group, whose memory all its executors use.
    Where they compute in float16, the optimizer's LossScaler leaves out steps that overflowed.
    """
    rows = [
        (index, name, grads, weights)
        for index, (name, grads, weights) in enumerate(
            zip(group.param_names, group.grad_arrays or (), group.param_arrays, strict=False)
        )
        if grads[0] is not None
    ]
    if not rows:
        logging.getLogger(__name__).warning("no parameter has a gradient: update does nothing")
        return lambda: None
    step = _plain_step(group, rows, updater, kvstore, on_kvstore)
    if group.execs[0].loss_scale is None:
        return step
    if is_distributed(kvstore):
        raise MXNetError(
            "float16 does not train with several workers, which would have to agree on the steps to"
            " leave out: use bfloat16"
        )
    return _guarded(
        step, group.execs, [grad for _, _, grads, _ in rows for grad in grads], optimizer
    )


def _guarded(
    step: Callable[[], None], executors: list, grads: list, optimizer: Any
) -> Callable[[], None]:
    """The step, left out where gradients have overflowed; it moves the scale of the loss."""
    from ..amp import LossScaler

    scaler = getattr(optimizer, "_amp_loss_scaler", None)
    if scaler is None:
        scaler = optimizer._amp_loss_scaler = LossScaler()

    def guarded() -> None:
        if not scaler.has_overflow(grads):
            step()
        for executor in executors:
            executor.loss_scale = scaler.loss_scale

    return guarded


def _plain_step(
    group: Any, rows: list, updater: Any, kvstore: Any, on_kvstore: bool
) -> Callable[[], None]:
    _, names, grads, weights = map(list, zip(*rows, strict=True))
    if kvstore is not None and on_kvstore:
        return _exchange(kvstore, names, grads, weights)
    steps = _device_steps(rows, updater, len(group.contexts))
    if kvstore is not None:
        steps.insert(0, _exchange(kvstore, names, grads, grads))
    if len(steps) == 1:
        return steps[0]

    def step() -> None:
        for part in steps:
            part()

    return step


def _exchange(kvstore: Any, names: list, pushed: list, pulled: list) -> Callable[[], None]:
    from ..kvstore import KVStore

    if isinstance(kvstore, KVStore):
        return lambda: kvstore.pushpull(names, pushed, pulled)

    def one_by_one() -> None:
        for place, row in enumerate(zip(names, pushed, pulled, strict=True)):
            name, values, targets = row
            kvstore.pushpull(name, values, out=targets, priority=-place)

    return one_by_one


def _device_steps(rows: list, updater: Any, count: int) -> list[Callable[[], None]]:
    steps = []
    for device in range(count):
        indices = [index * count + device for index, *_ in rows]
        grads = [grads[device] for _, _, grads, _ in rows]
        weights = [weights[device] for *_, weights in rows]
        steps.append(_device_step(updater, indices, grads, weights))
    return steps


def _device_step(updater: Any, indices: list, grads: list, weights: list) -> Callable[[], None]:
    if getattr(updater, "aggregate_updates", False):
        return lambda: updater(indices, grads, weights)

    def one_by_one() -> None:
        for index, grad, weight in zip(indices, grads, weights, strict=True):
            updater(index, grad, weight)

    return one_by_one
