"""What an optimizer is: its registry, its learning rates, its counts; and rules on tensors."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import torch

from ..ndarray import NDArray
from ..ops import update_rules as rules

__all__ = ["Job", "Optimizer", "Step", "TensorOptimizer", "create", "register", "zeros_like"]

_LOW_PRECISION = (torch.float16, torch.bfloat16)


class Optimizer:
    """Base class of optimizers, and the registry of their classes by name.

    A subclass implements ``create_state`` and ``update``; it changes ``weight`` and the state in
    place and leaves ``grad`` alone.

    Parameters: ``rescale_grad``: factor of every gradient (1 / batch size, usually);
    ``clip_gradient``: limit of the absolute value, after the factor; ``wd``: weight decay;
    ``learning_rate`` (0.01) or ``lr_scheduler``, whose ``base_lr`` it becomes; ``param_idx2name``:
    names by index, from which follow the multipliers: none for weight decay of parameters not
    called ``*_weight`` or ``*_gamma``; ``sym``: a Symbol whose ``__lr_mult__`` and ``__wd_mult__``
    attributes count; ``begin_num_update``: the first count of updates; ``multi_precision``: keep a
    float32 copy of weights of 16 bits; ``param_dict``: by index, objects with ``lr_mult`` and
    ``wd_mult``.
    """

    opt_registry: ClassVar[dict[str, type[Optimizer]]] = {}
    #: Of the state with multi_precision: (state, float32 weight), where others have the reverse.
    _weight_copy_last = False

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: dict[int, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler=None,
        sym=None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: dict[int, Any] | None = None,
    ):
        if not isinstance(param_idx2name or {}, dict):
            raise AssertionError("param_idx2name should be a dict of param indexes to names.")
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        self.lr: Any = 0.01 if learning_rate is None and lr_scheduler is None else learning_rate
        if lr_scheduler is not None and learning_rate is not None:
            lr_scheduler.base_lr = learning_rate
        self.wd = wd
        self.lr_mult: dict = {}
        self.wd_mult: dict = {}
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        # Counts by device number, since each device of a parallel run counts for itself.
        self._all_index_update_counts: dict[int, dict] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        #: How many weights an ``update`` of lists may take; 0: it takes one weight only.
        self.aggregate_num = 0
        # Not used here; MXNet 1.9.1 asks for it in an optimizer that it loads.
        self.allow_np_array = False
        self.idx2name = dict(param_idx2name or {})
        self.sym_info = (sym.attr_dict(), sym.list_arguments()) if sym is not None else ()
        self.param_dict = param_dict or {}
        self.set_lr_mult({})
        self.set_wd_mult({})

    # -- registry ------------------------------------------------------------------------

    @staticmethod
    def register(klass: type[Optimizer]) -> type[Optimizer]:
        """Make a class known to ``create`` under its name in lower case; a class decorator."""
        if not (isinstance(klass, type) and issubclass(klass, Optimizer)):
            raise AssertionError(f"Can only register subclass of Optimizer, not {klass!r}")
        name = klass.__name__.lower()
        known = Optimizer.opt_registry.get(name)
        if known not in (None, klass):
            warnings.warn(
                f"New optimizer {klass.__module__}.{klass.__name__} is overriding "
                f"existing optimizer {known.__module__}.{known.__name__}",
                stacklevel=2,
            )
        Optimizer.opt_registry[name] = klass
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs) -> Optimizer:
        """An optimizer by the name of its class in any case. Raises ValueError if unknown."""
        try:
            klass = Optimizer.opt_registry[name.lower()]
        except KeyError:
            known = ", ".join(sorted(Optimizer.opt_registry))
            raise ValueError(f"Cannot find optimizer {name}; there are {known}") from None
        return klass(**kwargs)

    # -- what subclasses do --------------------------------------------------------------

    def create_state(self, index, weight: NDArray):
        """The state that goes with a weight: None, an NDArray or a tuple of them."""
        return None

    def update(self, index, weight: NDArray, grad: NDArray, state) -> None:
        """Change a weight and its state in place."""
        raise NotImplementedError(f"{type(self).__name__} does not implement update")

    # -- weights of 16 bits --------------------------------------------------------------

    def create_state_multi_precision(self, index, weight: NDArray):
        """The state of a weight, with a float32 copy of it where multi_precision asks for one."""
        if self._keeps_copy(weight):
            copy = NDArray(weight._tensor.float(), weight._context)
            inner = self.create_state(index, copy)
            return (inner, copy) if self._weight_copy_last else (copy, inner)
        if weight._tensor.dtype in _LOW_PRECISION:
            warnings.warn(
                "Accumulating with 16 bits in optimizer can lead to poor accuracy or slow "
                "convergence. Consider using multi_precision=True option of the optimizer",
                stacklevel=2,
            )
        return self.create_state(index, weight)

    def update_multi_precision(self, index, weight, grad, state) -> None:
        """``update``, of the float32 copy where there is one; lists where ``update`` takes them."""
        if not isinstance(index, (list, tuple)):
            work = self._with_copies([weight], [grad], [state])
            self.update(index, *(column[0] for column in work))
            self._write_back([weight], work[0])
        else:
            work = self._with_copies(weight, grad, state)
            self.update(index, *work)  # type: ignore[arg-type]
            self._write_back(weight, work[0])

    def _keeps_copy(self, weight: NDArray) -> bool:
        return self.multi_precision and weight._tensor.dtype in _LOW_PRECISION

    def _with_copies(self, weights, grads, states) -> tuple[list, list, list]:
        columns: tuple[list, list, list] = ([], [], [])
        for weight, grad, state in zip(weights, grads, states, strict=True):
            if self._keeps_copy(weight):
                weight, state = reversed(state) if self._weight_copy_last else state
                grad = grad.astype("float32")
            for column, item in zip(columns, (weight, grad, state), strict=True):
                column.append(item)
        return columns

    def _write_back(self, weights, updated) -> None:
        for weight, copy in zip(weights, updated, strict=True):
            if copy is not weight:
                weight._tensor.copy_(copy._tensor)

    @property
    def together(self) -> int:
        """How many weights an Updater should hand over at once; 0 for one by one."""
        return self.aggregate_num

    # -- learning rate and weight decay --------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The learning rate now, before multipliers."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate. Raises UserWarning where a scheduler decides on it."""
        if self.lr_scheduler is not None:
            raise UserWarning(
                "LRScheduler of the optimizer has already been defined. Set its base_lr instead."
            )
        self.lr = lr

    def set_lr_scale(self, args_lrscale) -> None:
        """The old name of set_lr_mult: DeprecationWarning."""
        raise DeprecationWarning("use set_lr_mult")

    def set_lr_mult(self, args_lr_mult: dict) -> None:
        """Set the factors of the learning rate, by name or index; others come from the Symbol."""
        self.lr_mult = {**self._attributes("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: dict) -> None:
        """Set the factors of the weight decay, by name or index; 0 for biases and the like."""
        undecayed = {n: 0.0 for n in self.idx2name.values() if not self._decays(n)}
        self.wd_mult = {**undecayed, **self._attributes("__wd_mult__"), **args_wd_mult}

    def _decays(self, name: str) -> bool:
        return name.endswith(("_weight", "_gamma"))

    def _attributes(self, key: str) -> dict[str, float]:
        if not self.sym_info:
            return {}
        attributes, arguments = self.sym_info
        found = {name: attributes.get(name, {}).get(key) for name in arguments}
        return {name: float(value) for name, value in found.items() if value is not None}

    def _get_lrs(self, indices: Iterable) -> list[float]:
        lr = self.learning_rate
        return [lr * self._multiplier(index, "lr_mult") for index in indices]

    def _get_wds(self, indices: Iterable) -> list[float]:
        return [self.wd * self._multiplier(index, "wd_mult") for index in indices]

    def _get_lr(self, index) -> float:
        return self._get_lrs([index])[0]

    def _get_wd(self, index) -> float:
        return self._get_wds([index])[0]

    def _multiplier(self, index, kind: str) -> float:
        if index in self.param_dict:
            return getattr(self.param_dict[index], kind)
        factors = getattr(self, kind)
        if index in factors:
            return factors[index]
        return factors.get(self.idx2name[index], 1.0) if index in self.idx2name else 1.0

    # -- counts --------------------------------------------------------------------------

    def _set_current_context(self, device_id: int) -> None:
        counts = self._all_index_update_counts.setdefault(device_id, {})
        self._index_update_count = counts

    def _update_count(self, index) -> None:
        counts = self._index_update_count
        for i in index if isinstance(index, (list, tuple)) else [index]:
            counts[i] = counts.get(i, self.begin_num_update) + 1
            self.num_update = max(counts[i], self.num_update)

    # -- pickling ------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        # The parameters themselves are saved elsewhere.
        return {k: v for k, v in self.__dict__.items() if k != "param_dict"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = {**state, "param_dict": {}}


register = Optimizer.register
create = Optimizer.create_optimizer


class Step(NamedTuple):
    """The numbers of one update of one weight: learning rate, weight decay, count from 1."""

    lr: float
    wd: float
    t: int
    index: Any


class Job(NamedTuple):
    """One update on tensors; ``state`` has the structure that ``create_state`` gave it."""

    weight: torch.Tensor
    grad: torch.Tensor
    state: Any
    step: Step


class TensorOptimizer(Optimizer):
    """An optimizer that states its rule on torch tensors.

    ``rule(weight, grad, state, step)`` changes weight and state in place, never ``grad``. What
    belongs to all rules is here: counts, several parameters at once, gradients of few rows.
    """

    #: Whether a row_sparse gradient changes only its own rows, of the weight and of the state.
    lazy_update = False

    @property
    def together(self) -> int:
        """How many weights at once are best: many launches are slow, many temporaries are large.

        A subclass with an ``update`` of its own may know nothing of lists.
        """
        own = (type(self).update, type(self).update_multi_precision)
        inherited = (TensorOptimizer.update, Optimizer.update_multi_precision)
        return 64 if own == inherited else self.aggregate_num

    def rule(self, weight: torch.Tensor, grad: torch.Tensor, state, step: Step) -> None:
        """Change weight and state in place."""
        raise NotImplementedError

    def run(self, jobs: list[Job]) -> None:
        """Do several updates; a subclass may have kernels for all of them at once."""
        for job in jobs:
            self.rule(*job)

    @torch.no_grad()
    def update(self, index, weight, grad, state) -> None:
        """Change a weight and its state in place; or several, where all are lists."""
        if not isinstance(index, (list, tuple)):
            index, weight, grad, state = [index], [weight], [grad], [state]
        self._update_count(index)
        counts = self._index_update_count
        steps = [
            Step(lr, wd, counts[i], i)
            for lr, wd, i in zip(self._get_lrs(index), self._get_wds(index), index, strict=True)
        ]
        jobs = []
        for w, g, s, step in zip(weight, grad, state, steps, strict=True):
            if getattr(g, "stype", "default") == "row_sparse":
                self._update_rows(w._tensor, g, _tensors(s), step)
            else:
                jobs.append(Job(w._tensor, g._tensor, _tensors(s), step))
        if jobs:
            self.run(jobs)

    def _update_rows(self, weight: torch.Tensor, grad, state, step: Step) -> None:
        rows, values = grad.indices._tensor.long(), grad.data._tensor.to(weight.dtype)
        if not self.lazy_update:
            dense = torch.zeros_like(weight).index_copy_(0, rows, values)
            self.run([Job(weight, dense, state, step)])
            return
        part, part_state = weight[rows], _map(lambda t: t[rows], state)
        self.run([Job(part, values, part_state, step)])
        weight.index_copy_(0, rows, part)
        for whole, changed in zip(_leaves(state), _leaves(part_state), strict=True):
            whole.index_copy_(0, rows, changed)

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped: a limit of 0 or less is none, as in 1.x."""
        return self.clip_gradient is not None and self.clip_gradient > 0

    def scaled(self, grad: torch.Tensor, weight: torch.Tensor | None = None, wd: float = 0.0):
        """clip(rescale_grad grad + wd weight): not to be written to, since it may be ``grad``."""
        limit = self.clip_gradient if self.clips else None
        return rules.scaled(grad, self.rescale_grad, limit, weight, wd)


def zeros_like(weight: NDArray) -> NDArray:
    """Zeros in the shape, type, layout and place of a weight."""
    return NDArray(torch.zeros_like(weight._tensor), weight._context)


def _map(function, state):
    if state is None:
        return None
    if isinstance(state, (list, tuple)):
        return tuple(_map(function, item) for item in state)
    return function(state)


def _tensors(state):
    return _map(lambda array: array._tensor, state)


def _leaves(state) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    _map(found.append, state)
    return found
