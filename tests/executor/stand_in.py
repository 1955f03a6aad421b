"""A stand-in for CUDA graphs on the CPU: kernels are recorded by address, and repeated by replay.

As with the real ones, nothing is done while it is recorded, results of kernels stay where they were
allocated, draws go on from the state of generators that were given, and who looks at a value fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

__all__ = ["StandIn"]

WAITING = {"_local_scalar_dense", "nonzero", "_unique2", "bincount"}
ALLOCATING = {"empty", "empty_strided", "new_empty", "empty_like", "new_empty_strided"}


def name_of(func) -> str:
    return func.overloadpacket.__name__


def makes_view(func) -> bool:
    returned = [each.alias_info for each in func._schema.returns]
    return any(info is not None and not info.is_write for info in returned)


def is_metadata(func) -> bool:
    """Whether a call writes no values: views, storage that is replaced, fresh memory."""
    return name_of(func) in {"set_", "detach", *ALLOCATING} or makes_view(func)


class Place:
    """A tensor by its address."""

    def __init__(self, tensor: torch.Tensor):
        self.tensor, self.address = tensor.detach(), tensor.data_ptr()

    def now(self) -> torch.Tensor:
        assert self.tensor.data_ptr() == self.address, "memory is elsewhere than when recorded"
        return self.tensor


def places(values):
    return tree_map_only(torch.Tensor, Place, values)


def tensors(values):
    return tree_map_only(Place, Place.now, values)


class Kernels(TorchDispatchMode):
    """Records the kernels that are called, and what they write to."""

    def __init__(self, recorder: StandIn, generators: Sequence[torch.Generator]):
        super().__init__()
        self.recorder, self.generators = recorder, list(generators)
        self.calls: list[tuple] = []
        self.before: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.allocated: dict[int, torch.Tensor] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if name_of(func) in WAITING | self.recorder.refused:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")
        given = tree_leaves((args, kwargs))
        for each in given:
            assert not isinstance(each, torch.Generator) or self.knows(each)
        if not is_metadata(func):
            self.keep_written(func, args, kwargs)
        result = func(*args, **kwargs)
        if not makes_view(func) and name_of(func) != "set_":
            known = {id(each) for each in given}
            for each in tree_leaves(result):
                if isinstance(each, torch.Tensor) and id(each) not in known:
                    self.allocated.setdefault(each.untyped_storage()._cdata, each.detach())
        if not is_metadata(func):
            self.calls.append((func, places(args), places(kwargs), places(result)))
        return result

    def knows(self, generator: torch.Generator) -> bool:
        """Whether it is one of those given; as an argument it is another Python object."""
        state = generator.get_state()
        return any(torch.equal(state, each.get_state()) for each in self.generators)

    def keep_written(self, func, args, kwargs):
        declared = func._schema.arguments
        named = {**dict(zip((each.name for each in declared), args)), **kwargs}
        for argument in declared:
            if argument.alias_info is not None and argument.alias_info.is_write:
                for each in tree_leaves(named.get(argument.name)):
                    if isinstance(each, torch.Tensor):
                        whole = torch.empty(0, dtype=torch.uint8).set_(each.untyped_storage())
                        if each.untyped_storage()._cdata not in self.allocated:
                            key = each.untyped_storage()._cdata
                            self.before.setdefault(key, (whole, whole.clone()))

    def undo(self) -> None:
        """Nothing has been done: what was written is as before, what was allocated holds anything."""
        for whole, value in self.before.values():
            whole.copy_(value)
        for each in self.allocated.values():
            torch.empty(0, dtype=torch.uint8).set_(each.untyped_storage()).fill_(0xFF)

    def replay(self) -> None:
        for func, args, kwargs, results in self.calls:
            found = func(*tensors(args), **tensors(kwargs))
            for new, place in zip(tree_leaves(found), tree_leaves(results), strict=True):
                if isinstance(place, Place) and new.data_ptr() != place.address:
                    place.now().copy_(new)


class Waits(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.seen = False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.seen = self.seen or name_of(func) in WAITING
        return func(*args, **(kwargs or {}))


class StandIn:
    """See ``mxnet.execution.recorded.Recorder``. ``refused``: kernels that cannot be recorded."""

    def __init__(self, device: torch.device):
        self.log: list[str] = []
        self.refused: set[str] = set()

    settings = nullcontext

    @contextmanager
    def warming(self) -> Iterator[None]:
        self.log.append("warm")
        yield

    @contextmanager
    def noticing(self) -> Iterator[Callable[[], bool]]:
        with Waits() as mode:

            def waited() -> bool:
                found, mode.seen = mode.seen, False
                return found

            yield waited

    def record(self, body: Callable, generators: Sequence[torch.Generator]) -> Callable:
        states = [each.get_state() for each in generators]
        kernels = Kernels(self, generators)
        try:
            with kernels:
                body()
        finally:
            kernels.undo()
            for each, state in zip(generators, states):
                each.set_state(state)
        self.log.append("record")

        def replay() -> None:
            self.log.append("replay")
            kernels.replay()

        return replay
