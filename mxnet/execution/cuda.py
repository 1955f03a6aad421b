"""CUDA devices: the settings of its libraries under which programs run, and recorded runs.

The environment variables are those of 1.x. Torch keeps the settings for the whole process: they are
changed around what runs here, and are then as they were before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch

from ..base import setting
from ..passes.target import allows_conversion
from .collector import without_collection

__all__ = ["CudaRecorder", "settings", "wants_graphs"]

Call = Callable[[], Any]

# One stream a device, since libraries take memory for each stream that they are used on.
_streams: dict[torch.device, Any] = {}
_failed: list[Any] = []  # graphs that torch's allocator goes on to ask, see ``record``
_WAITED = "synchronizing"  # what torch warns of


def wants_graphs() -> bool:
    """Whether runs are recorded as CUDA graphs: MXNET_ENABLE_CUDA_GRAPHS=0 turns that off."""
    return setting("MXNET_ENABLE_CUDA_GRAPHS", 1) != 0


@contextmanager
def settings() -> Iterator[None]:
    """Choose the algorithms of cuDNN by measuring them, and compute in true float32.

    MXNET_CUDNN_AUTOTUNE_DEFAULT=0 measures nothing, 1 some algorithms, 2 all;
    MXNET_ENFORCE_DETERMINISM=1 takes only those that give the same bits at every run. With
    MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION=1 products of float32 numbers may be computed from 10 bits
    of their fractions (TF32), on tensor cores.
    """
    changed = []
    for place, name, value in _wanted():
        before = getattr(place, name)
        if before != value:
            setattr(place, name, value)
            changed.append((place, name, before))
    try:
        yield
    finally:
        for place, name, before in reversed(changed):
            setattr(place, name, before)


def _wanted() -> Iterator[tuple[Any, str, Any]]:
    """Settings of torch: whose, which, and the value."""
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    tuning = setting("MXNET_CUDNN_AUTOTUNE_DEFAULT", 1)
    yield cudnn, "benchmark", tuning > 0
    if tuning > 1 and cudnn.benchmark_limit is not None:
        yield cudnn, "benchmark_limit", 0
    if setting("MXNET_ENFORCE_DETERMINISM", 0):
        yield cudnn, "deterministic", True
    short = allows_conversion()
    if _has_old_name(cudnn):
        yield cudnn, "allow_tf32", short
    name, value = "allow_tf32", short
    if hasattr(cudnn, "conv"):
        name, value = "fp32_precision", "tf32" if short else "ieee"
        yield cudnn.conv, name, value
        yield cudnn.rnn, name, value
    if short:  # else as torch has it: true float32, unless the program has asked for less
        yield products, name, value


def _has_old_name(cudnn: Any) -> bool:
    """Whether torch answers by the older of its two names, after which it may be asked, too.

    It does not where a program has used the newer ones in a way that the older one cannot say.
    """
    try:
        return isinstance(cudnn.allow_tf32, bool)
    except RuntimeError:
        return False


class CudaRecorder:
    """Records runs on one device as CUDA graphs, of which each replay repeats one as a whole.

    What kernels allocate during a run comes from memory that all graphs of a recorder share: for
    programs that take turns, as those of one arena do. Values stay where they are from run to run.
    """

    def __init__(self, device: torch.device):
        self.device = device
        self._pool: Any = None
        self._anchor: Any = None  # a graph that keeps the shared memory when others have gone

    settings = staticmethod(settings)

    @contextmanager
    def warming(self) -> Iterator[None]:
        """For runs before the recording, on the same stream, so that libraries get ready for it."""
        outside = torch.cuda.current_stream(self.device)
        stream = self._side()
        stream.wait_stream(outside)
        try:
            with torch.cuda.stream(stream):
                yield
        finally:
            outside.wait_stream(stream)

    @contextmanager
    def noticing(self) -> Iterator[Callable[[], bool]]:
        """Gives a function that says whether the device has been waited for since it was last asked."""
        before, others = torch.cuda.get_sync_debug_mode(), []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")

            def waited() -> bool:
                found = [each for each in caught if _WAITED in str(each.message)]
                others.extend(each for each in caught if each not in found)
                caught.clear()
                return bool(found)

            torch.cuda.set_sync_debug_mode("warn")
            caught.clear()  # that this is a prototype
            try:
                yield waited
            finally:
                torch.cuda.set_sync_debug_mode(before)
                waited()
        for each in others:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)

    def record(self, body: Call, generators: Sequence[torch.Generator]) -> Call:
        """Record what ``body`` has the device do, which is not done yet; returns what does it.

        Draws of ``generators`` go on from their state at each replay. Raises what ``body`` raises, and
        RuntimeError for what CUDA cannot record.
        """
        with torch.cuda.device(self.device):
            if self._pool is None:
                self._pool = torch.cuda.graph_pool_handle()
                self._anchor = self._nothing(())
            graph = torch.cuda.CUDAGraph()
            try:
                self._capture(graph, body, generators)
            except BaseException:
                # The allocator goes on to ask a graph that has failed for its stream, and its memory
                # cannot be recorded into again.
                _failed.extend((graph, self._anchor))
                self._pool = self._anchor = None
                self._settle(generators)
                raise
        return graph.replay

    def _side(self) -> Any:
        found = _streams.get(self.device)
        if found is None:
            found = _streams[self.device] = torch.cuda.Stream(self.device)
        return found

    @without_collection
    def _capture(self, graph: Any, body: Call, generators: Sequence[torch.Generator]) -> None:
        for generator in generators:
            graph.register_generator_state(generator)
        torch.cuda.synchronize(self.device)
        torch.cuda.empty_cache()  # what runs so far have left is wanted for the shared memory
        with torch.cuda.stream(self._side()):
            # Other threads, such as loaders of data, go on with what they do.
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                body()
            finally:
                graph.capture_end()

    def _nothing(self, generators: Sequence[torch.Generator]) -> Any:
        """An empty recording."""
        graph = torch.cuda.CUDAGraph()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is empty
            self._capture(graph, lambda: None, generators)
        return graph

    def _settle(self, generators: Sequence[torch.Generator]) -> None:
        """End for generators what a failed recording has begun: they wait for the end of one."""
        if generators:
            with suppress(RuntimeError):
                _failed.append(self._nothing(generators))
