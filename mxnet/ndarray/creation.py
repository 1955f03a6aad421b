"""Functions that make arrays."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..context import Context, current_context, torch_device
from ..error import MXNetError
from ..ops.core import get_op
from ..util import is_np_shape
from . import indexing
from .dtypes import NAME_OF, cast, torch_type
from .ndarray import NDArray

__all__ = [
    "arange", "array", "concatenate", "empty", "eye", "full", "histogram", "linspace", "moveaxis",
    "onehot_encode", "ones", "split_v2", "waitall", "zeros",
]  # fmt: skip


# -- from values ----------------------------------------------------------------------------------
def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array with the values of ``source_array``, copied.

    Parameters: ``source_array``: an array, a number, or nested lists of them; ``ctx``: the device,
    by default the current one; ``dtype``: by default that of an NDArray, else float32 (also for
    numpy arrays of another type). Raises TypeError for what is not array-like.
    """
    context = _context(ctx)
    device = torch_device(context)
    if isinstance(source_array, NDArray):
        source = source_array._tensor
        wanted = torch_type(dtype, source.dtype)
    else:
        wanted = torch_type(dtype)
        if source_array is None:
            source_array = float("nan")
        is_tensor = isinstance(source_array, torch.Tensor)
        source = source_array.detach() if is_tensor else indexing.to_tensor(source_array)
    converted = cast(source, wanted).to(device)
    if converted is source or _shares(converted, source):
        converted = converted.clone(memory_format=torch.contiguous_format)
    return NDArray(converted.contiguous(), context)


# -- from a rule ----------------------------------------------------------------------------------
def empty(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array with arbitrary values, float32 by default."""
    return _allocate(_shape(shape, zeros=True), ctx, dtype)


def zeros(shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """An array of zeros, float32 by default; ``out`` takes them if given.

    Raises MXNetError for a shape with a size of 0, unless ``util.np_shape`` is in force.
    """
    return _constant(0, shape, ctx, dtype, kwargs)


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """An array of ones, float32 by default; ``out`` takes them if given."""
    return _constant(1, shape, ctx, dtype, kwargs)


def full(
    shape: Any, val: Any, ctx: Context | None = None, dtype: Any = np.float32, out: Any = None
) -> NDArray:
    """An array filled with a number, or with an array broadcast to the shape."""
    made = _allocate(_shape(shape), ctx, dtype) if out is None else out
    made[:] = val
    return made


def _constant(value: int, shape: Any, ctx: Any, dtype: Any, kwargs: dict[str, Any]) -> NDArray:
    out = kwargs.pop("out", None)
    kwargs.pop("name", None)
    if kwargs:
        raise MXNetError(
            f"Cannot find argument {next(iter(kwargs))!r}, "
            "Possible Arguments: shape, ctx, dtype, out"
        )
    shape = _shape(shape)
    if out is None:
        return _allocate(shape, ctx, dtype, torch.ones if value else torch.zeros)
    if out.shape != shape or out._tensor.dtype is not torch_type(dtype):
        raise MXNetError(
            f"out has shape {out.shape} and dtype {NAME_OF[out._tensor.dtype]}; needed are {shape} "
            f"and {NAME_OF[torch_type(dtype)]}"
        )
    indexing.assign(out, Ellipsis, value)
    return out


def arange(
    start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1,
    infer_range: bool | None = None, ctx: Context | None = None, dtype: Any = np.float32,
) -> NDArray:  # fmt: skip
    """The numbers from ``start`` (or 0) up to, not including, ``stop``, each ``repeat`` times.

    Raises MXNetError for an empty range. ``infer_range`` has a meaning for symbols only.
    """
    start, stop = (0, start) if stop is None else (start, stop)
    for value in (start, stop, step):
        if not isinstance(value, numbers.Real):
            raise MXNetError(f"arange takes numbers, not {value!r}")
    if step == 0 or (stop - start) * step <= 0:
        raise MXNetError(f"Invalid range (start, stop, step) = ({start}, {stop}, {step})")
    if repeat < 1:
        raise MXNetError(f"repeat has to be at least 1, not {repeat}")
    context = _context(ctx)
    count = int(np.ceil((stop - start) / step))
    wanted = torch_type(dtype)
    # As in 1.x every value is start + i * step, rounded in the dtype itself.
    steps = torch.arange(count, device=torch_device(context)).to(wanted)
    if wanted.is_floating_point:
        values = steps.mul_(step).add_(start)
    else:
        values = steps.mul_(int(step)).add_(int(start))
    return NDArray(values if repeat == 1 else values.repeat_interleave(repeat), context)


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:  # fmt: skip
    """``num`` evenly spaced numbers from ``start`` to ``stop``, with or without the latter."""
    if not isinstance(num, numbers.Integral) or num < 0:
        raise MXNetError(f"num has to be a number of values, not {num!r}")
    context = _context(ctx)
    values = np.linspace(start, stop, int(num), endpoint=endpoint)
    return NDArray(
        cast(torch.from_numpy(values), torch_type(dtype)).to(torch_device(context)), context
    )


def eye(
    N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = None, **kwargs: Any,
) -> NDArray:  # fmt: skip
    """A matrix of N x M (N x N without M) with ones on the k-th diagonal, zeros elsewhere."""
    rows, columns = _size(N), _size(M) if M > 0 else _size(N)
    found = _allocate((rows, columns), ctx, dtype)
    found._tensor.zero_().diagonal(int(k)).fill_(1)
    if kwargs.get("out") is not None:
        return found.copyto(kwargs["out"])
    return found


# -- from arrays ----------------------------------------------------------------------------------
def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """The arrays of a list one after the other along an axis, on the device of the first.

    A single array is returned itself if not ``always_copy``. Raises AssertionError if dtypes or
    the other axes differ.
    """
    if not isinstance(arrays, list) or not arrays:
        raise AssertionError("concatenate takes a list of at least one NDArray")
    if not all(isinstance(item, NDArray) for item in arrays):
        raise AssertionError("concatenate takes NDArrays only")
    first = arrays[0]
    if len(arrays) == 1 and not always_copy:
        return first
    if not -first.ndim <= axis < first.ndim:
        raise IndexError(f"axis {axis} is out of range for arrays of {first.ndim} axes")
    axis %= first.ndim
    for item in arrays:
        rest = [shape[:axis] + shape[axis + 1 :] for shape in (item.shape, first.shape)]
        if item.ndim != first.ndim or rest[0] != rest[1] or item.dtype != first.dtype:
            raise AssertionError(
                f"{item.shape} {item.dtype.__name__} does not continue "
                f"{first.shape} {first.dtype.__name__} along axis {axis}"
            )
    from .invoke import invoke

    return invoke(get_op("Concat")(num_args=len(arrays), dim=axis), list(arrays))


def moveaxis(tensor: NDArray, source: Any, destination: Any) -> NDArray:
    """A copy with one or several axes at other places; the others keep their order.

    Raises ValueError for axes that do not exist, occur twice or differ in number.
    """
    sources = _axes(source, tensor.ndim, "source")
    targets = _axes(destination, tensor.ndim, "destination")
    if len(sources) != len(targets):
        raise ValueError("source and destination need the same number of axes")
    order = [axis for axis in range(tensor.ndim) if axis not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return tensor._apply("transpose", axes=tuple(order))


def _axes(given: Any, rank: int, what: str) -> list[int]:
    axes: list[int] = [int(given)] if isinstance(given, numbers.Integral) else list(given)
    for axis in axes:
        if not -rank <= axis < rank:
            raise ValueError(f"{what} axis {axis} does not exist in an array of {rank} axes")
    axes = [axis % rank for axis in axes]
    if len(set(axes)) < len(axes):
        raise ValueError(f"repeated axis in {what}")
    return axes


def split_v2(
    ary: NDArray, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False
) -> NDArray | list[NDArray]:
    """The parts of an array along an axis: so many equal ones, or cut before given indices.

    Raises ValueError if the axis cannot be divided evenly.
    """
    size = ary.shape[axis]
    if isinstance(indices_or_sections, numbers.Integral):
        sections = int(indices_or_sections)
        if sections < 1 or size % sections:
            raise ValueError(f"an axis of size {size} cannot be split into {sections} equal parts")
        cuts: tuple[int, ...] = ()
    elif isinstance(indices_or_sections, (tuple, list)):
        sections, cuts = 0, (0, *indices_or_sections)
    else:
        raise ValueError("indices_or_sections must be a number, or a tuple of indices")
    return ary._apply(
        "_split_v2", indices=cuts, axis=axis, squeeze_axis=squeeze_axis, sections=sections
    )


def histogram(a: NDArray, bins: Any = 10, range: Any = None) -> Any:
    """How many values fall into each bin, and the edges of the bins.

    Parameters: ``bins``: their number, or an array with all edges; ``range``: the lowest and the
    highest edge, by default those of the values.
    """
    from .invoke import invoke

    if isinstance(bins, NDArray):
        return invoke(get_op("_histogram")(), [a, bins])
    if not isinstance(bins, numbers.Integral):
        raise ValueError("bins must be a number of bins, or an NDArray of their edges")
    if range is None:
        range = (float(a._tensor.min()), float(a._tensor.max()))
    op = get_op("_histogram")(bin_cnt=int(bins), range=tuple(range))
    return invoke(op, [a])


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write into ``out`` (n, k) rows that are 1 at the column given by ``indices`` (n), else 0."""
    from .invoke import invoke

    return invoke(get_op("one_hot")(depth=out.shape[1]), [indices], out=out)


def waitall() -> None:
    """Wait until everything that was started is done."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for number in range(torch.cuda.device_count()):
            if torch.cuda.memory_reserved(number):  # there is something on it
                torch.cuda.synchronize(number)


# -- arguments ------------------------------------------------------------------------------------
def _context(ctx: Any) -> Context:
    if ctx is None:
        return current_context()
    if isinstance(ctx, Context):
        return ctx
    raise MXNetError(f"a Context such as mx.cpu() is needed, not {ctx!r}")


def _size(value: Any) -> int:
    try:
        size = operator.index(value)
    except TypeError:
        raise MXNetError(f"a shape consists of integers, not of {value!r}") from None
    if size < 0:
        raise MXNetError(f"a shape has no negative sizes such as {size}")
    return size


def _shape(shape: Any, zeros: bool = False) -> tuple[int, ...]:
    if isinstance(shape, numbers.Integral):
        shape = (shape,)
    if not isinstance(shape, (tuple, list)):
        raise MXNetError(f"a shape is a tuple of integers, not {shape!r}")
    sizes = tuple(_size(size) for size in shape)
    if not zeros and (not sizes or 0 in sizes) and not is_np_shape():
        raise MXNetError(
            f"shape {sizes}: 0 and () stand for what is not known yet; "
            "use nd.empty, or mx.util.np_shape, for arrays without elements or axes"
        )
    return sizes


def _allocate(
    shape: tuple[int, ...], ctx: Any, dtype: Any, make: Callable = torch.empty
) -> NDArray:
    context = _context(ctx)
    return allocate(shape, context, torch_device(context), torch_type(dtype), make)


def allocate(
    shape: tuple[int, ...],
    context: Context,
    device: torch.device,
    dtype: torch.dtype,
    make: Callable = torch.zeros,
) -> NDArray:
    """An array of what ``make`` gives, where context and dtype have been looked up before.

    Raises MXNetError where there is no room for it.
    """
    try:
        return NDArray(make(shape, dtype=dtype, device=device), context)
    except (RuntimeError, TypeError) as error:
        message = str(error).splitlines()[0]
        raise MXNetError(
            f"cannot allocate an array of shape {shape} and dtype {NAME_OF[dtype]} on {context}: "
            f"{message}"
        ) from None


def _shares(made: torch.Tensor, source: torch.Tensor) -> bool:
    return (
        made.device == source.device
        and made.untyped_storage().data_ptr() == source.untyped_storage().data_ptr()
    )
