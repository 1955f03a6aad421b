"""A stand-in for CUDA graphs on the CPU: kernels are recorded by address, and repeated by replay.

As with the real ones, nothing is done while it is recorded, results of kernels stay where they were
allocated, in memory that all recordings share and that is used again when tensors have gone, draws go on
from the state of generators that were given, and who looks at a value fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from torch.multiprocessing.reductions import StorageWeakRef
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


class Block:
    """Memory of the recorder's own, handed out again as soon as no tensor is left in it."""

    def __init__(self, size: int):
        self.memory = torch.full((max(size, 1),), 0xFF, dtype=torch.uint8)
        self.user: StorageWeakRef | None = None

    @property
    def free(self) -> bool:
        return self.user is None or self.user.expired()

    def __contains__(self, address: int) -> bool:
        return 0 <= address - self.memory.data_ptr() < len(self.memory)

    def tensor_like(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor here; the block is in use as long as its storage is."""
        size = tensor.untyped_storage().nbytes()
        address = self.memory.data_ptr()
        storage = torch._C._construct_storage_from_data_pointer(address, tensor.device, size)
        self.user = StorageWeakRef(storage)
        return at(storage, tensor)


def at(storage: torch.UntypedStorage, tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of the same form in other memory."""
    made = torch.empty(0, dtype=tensor.dtype)
    return made.set_(storage, tensor.storage_offset(), tensor.shape, tensor.stride())


def whole(storage: torch.UntypedStorage) -> torch.Tensor:
    return torch.empty(0, dtype=torch.uint8).set_(storage)


class Place:
    """A tensor by its address; what is in a block does not keep it in use."""

    def __init__(self, tensor: torch.Tensor, block: Block | None):
        self.address = tensor.data_ptr()
        if block is None:
            self.tensor = tensor.detach()
        else:
            assert tensor.untyped_storage().data_ptr() == block.memory.data_ptr()
            self.tensor = at(block.memory.untyped_storage(), tensor)

    def now(self) -> torch.Tensor:
        assert self.tensor.data_ptr() == self.address, "memory is elsewhere than when recorded"
        return self.tensor


def tensors(values):
    return tree_map_only(Place, Place.now, values)


class Kernels(TorchDispatchMode):
    """Records the kernels that are called; ``undo`` makes good what they wrote meanwhile."""

    def __init__(self, recorder: StandIn, generators: Sequence[torch.Generator]):
        super().__init__()
        self.recorder, self.generators = recorder, list(generators)
        self.calls: list[tuple] = []
        self.before: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # by address of the memory

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if name_of(func) in WAITING | self.recorder.refused:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")
        given = tree_leaves((args, kwargs))
        for each in given:
            assert not isinstance(each, torch.Generator) or self.knows(each)
        self.keep_written(func, args, kwargs)
        result = func(*args, **kwargs)
        if not makes_view(func) and name_of(func) != "set_":
            known = {id(each) for each in given}
            result = tree_map_only(
                torch.Tensor, lambda t: t if id(t) in known else self.moved(t), result
            )
        if not is_metadata(func):
            self.calls.append((func, *map(self.places, (args, kwargs, result))))
        return result

    def places(self, values):
        return tree_map_only(torch.Tensor, lambda t: Place(t, self.recorder.block_of(t)), values)

    def moved(self, tensor: torch.Tensor) -> torch.Tensor:
        """What a kernel has allocated, in memory of the recorder."""
        block = self.recorder.take(tensor.untyped_storage().nbytes())
        self.keep(block.memory)
        return block.tensor_like(tensor).copy_(tensor)

    def knows(self, generator: torch.Generator) -> bool:
        """Whether it is one of those given; as an argument it is another Python object."""
        state = generator.get_state()
        return any(torch.equal(state, each.get_state()) for each in self.generators)

    def keep_written(self, func, args, kwargs):
        if is_metadata(func):
            return
        declared = func._schema.arguments
        named = {**dict(zip((each.name for each in declared), args)), **kwargs}
        for argument in declared:
            if argument.alias_info is not None and argument.alias_info.is_write:
                for each in tree_leaves(named.get(argument.name)):
                    if isinstance(each, torch.Tensor):
                        block = self.recorder.block_of(each)
                        self.keep(whole(each.untyped_storage()) if block is None else block.memory)

    def keep(self, memory: torch.Tensor) -> None:
        if memory.data_ptr() not in self.before:
            self.before[memory.data_ptr()] = memory, memory.clone()

    def undo(self) -> None:
        for memory, value in self.before.values():
            memory.copy_(value)

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
        self.blocks: list[Block] = []

    settings = nullcontext

    def block_of(self, tensor: torch.Tensor) -> Block | None:
        address = tensor.untyped_storage().data_ptr()
        return next((block for block in self.blocks if address in block), None)

    def take(self, size: int) -> Block:
        """A block of that size, as an allocator would: one that is free, if there is one."""
        fits = [block for block in self.blocks if block.free and len(block.memory) >= size]
        if not fits:
            fits = [Block(size)]
            self.blocks += fits
        return min(fits, key=lambda block: len(block.memory))

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
