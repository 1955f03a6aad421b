"""Reading and writing parts of an array: which keys there are, which are views, which are copies.

A key is basic (integers, slices, ``None``, ``...``) or advanced (an index array among them). A
basic key whose elements lie side by side in the array gives a view; everything else is a copy,
as in 1.x. Index arrays follow numpy, except that booleans count as the integers 0 and 1.
"""

from __future__ import annotations

import numbers
import operator
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import torch

from .._tape import state
from ..error import MXNetError
from . import ndarray as arrays
from .dtypes import cast, scalar_for

if TYPE_CHECKING:
    from .ndarray import NDArray

__all__ = ["assign", "fill", "get", "to_tensor"]

# What a key says about one axis: an index, a part, or an index array. ``None`` is a new axis.
Item = Union[int, range, torch.Tensor, None]  # noqa: UP007 - evaluated on 3.10 too
_WHOLE = slice(None)


def get(array: NDArray, key: Any) -> NDArray:
    """``array[key]``; raises IndexError or ValueError for a key that does not fit."""
    recording = state.recording
    if not recording:
        if type(key) is int:
            row = type(array)(_row(array._tensor, key), array._context)
            return row if array._writable else row._share_access(array)
        if _is_plain(key) and array._tensor.ndim:  # rows, which lie side by side
            if key.start is None and key.stop is None:
                return array
            rows = type(array)(array._tensor[key], array._context)
            return rows if array._writable else rows._share_access(array)
        if type(key) is tuple and array._tensor.is_contiguous():
            part = _plain_part(array._tensor, key)
            if part is not None:
                return type(array)(part, array._context)._share_access(array)
    tensor = array._tensor
    items = _parse(key, tensor)
    if not any(isinstance(item, torch.Tensor) for item in items):
        if _is_whole(items, tensor.shape):
            return array
        if recording:
            return _get_basic_recorded(array, items)
        return type(array)(_get_basic(tensor, items), array._context)._share_access(array)
    if recording:
        return _get_advanced_recorded(array, items)
    return type(array)(_get_advanced(tensor, items), array._context)


def assign(array: NDArray, key: Any, value: Any) -> None:
    """``array[key] = value``; raises ValueError where the value does not fit the part."""
    if state.recording or not array._writable:
        array._check_writable()
    tensor = array._tensor
    if not state.recording:
        if type(key) is int:
            _write(_row(tensor, key), value, [])
            return
        if tensor.ndim and (key is Ellipsis or _is_plain(key)):
            _write(tensor[key], value, [])
            return
    items = _parse(key, tensor)
    if state.recording and _assign_recorded(array, items, value):
        return
    if not any(isinstance(item, torch.Tensor) for item in items):
        part, reversed_axes = _part(tensor, items)
        _write(part if part.ndim else part.reshape(1), value, reversed_axes)
        return
    region, indices, reversed_axes = _advanced(tensor, items)
    source = _source(value, tensor)
    if not isinstance(source, torch.Tensor):
        source = torch.full((), source, dtype=tensor.dtype, device=tensor.device)
    shape = tuple(_lookup(region, indices).shape)
    source = _fit(cast(source.to(tensor.device), tensor.dtype), shape or (1,)).reshape(shape)
    work = region.flip(reversed_axes) if reversed_axes else region
    torch.ops.aten.index_put_(work, indices, source.clone() if _share(source, work) else source)
    if reversed_axes:
        region.copy_(work.flip(reversed_axes))


def fill(tensor: torch.Tensor, value: Any) -> None:
    """Write a value, broadcast, into a tensor."""
    _write(tensor if tensor.ndim else tensor.reshape(1), value, [])


def to_tensor(value: Any) -> torch.Tensor:
    """An array-like object as a tensor, sharing memory where it can; raises TypeError."""
    try:
        found = np.asarray(value)
        if found.dtype == object or found.dtype.kind in "cUSVMm":
            raise TypeError
        if any(stride < 0 for stride in found.strides) or not found.flags.writeable:
            found = found.copy()
        return torch.from_numpy(found.astype(found.dtype.newbyteorder("="), copy=False))
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise TypeError(f"an array-like object of numbers is needed, not {kind}") from None


def _is_plain(key: Any) -> bool:
    """Whether a key is a slice of the first axis that torch reads as we do."""
    if type(key) is not slice or key.step is not None:
        return False
    start, stop = key.start, key.stop
    return (start is None or type(start) is int) and (stop is None or type(stop) is int)


def _plain_part(tensor: torch.Tensor, key: tuple) -> torch.Tensor | None:
    """The elements of a key of integers and slices that torch reads as we do, else None."""
    for item in key:
        if type(item) is not int and not _is_plain(item):
            return None
    if key.count(_WHOLE) == tensor.ndim:
        return None  # the array itself
    try:
        part = tensor[key]
    except IndexError:
        return None  # it is explained elsewhere
    if not part.ndim:
        return part.view(1)
    return part.contiguous()  # a view of the array if its elements lie side by side there


# -- keys -----------------------------------------------------------------------------------------
def _parse(key: Any, tensor: torch.Tensor) -> list[Item]:
    keys = key if isinstance(key, tuple) else (key,)
    shape = tensor.shape
    dots = sum(item is Ellipsis for item in keys)
    if dots > 1:
        raise IndexError("an index can have only one ellipsis ('...')")
    used = sum(item is not None and item is not Ellipsis for item in keys)
    if used > len(shape):
        raise IndexError(f"too many indices ({used}) for an array with {len(shape)} dimensions")
    if not dots:
        keys = (*keys, Ellipsis)
    items: list[Item] = []
    axis = 0
    for item in keys:
        if item is Ellipsis:
            rest = len(shape) - used
            items.extend(range(n) for n in shape[axis : axis + rest])
            axis += rest
        elif item is None:
            items.append(None)
        else:
            items.append(_parse_one(item, axis, shape[axis], tensor.device))
            axis += 1
    return items


def _parse_one(item: Any, axis: int, size: int, device: torch.device) -> Item:
    if isinstance(item, numbers.Integral):
        return _index(operator.index(item), axis, size)
    if isinstance(item, slice):
        return range(*item.indices(size))
    return _index_array(item, axis, size).to(device)


def _index(index: int, axis: int, size: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for axis {axis} with size {size}")
    return index + size if index < 0 else index


def _index_array(item: Any, axis: int, size: int) -> torch.Tensor:
    if isinstance(item, arrays.NDArray):
        indices = item._tensor
        if indices.dtype is torch.bool:
            raise ValueError(
                "boolean arrays do not select elements; use contrib.boolean_mask, "
                "or an integer dtype for their use as indices 0 and 1"
            )
    elif isinstance(item, (list, tuple, range, np.ndarray)):
        indices = to_tensor(item)
    else:
        raise ValueError(f"NDArray does not support the key {item!r} of type {type(item)}")
    indices = indices.to(torch.int64)
    if indices.numel():
        low, high = (int(bound) for bound in torch.aminmax(indices))
        _index(low, axis, size)
        _index(high, axis, size)
    return indices


def _is_whole(items: list[Item], shape: torch.Size) -> bool:
    return len(items) == len(shape) and all(
        isinstance(item, range) and item == range(size)
        for item, size in zip(items, shape, strict=True)
    )


# -- basic keys -----------------------------------------------------------------------------------
def _row(tensor: torch.Tensor, index: int) -> torch.Tensor:
    if not tensor.ndim:
        raise IndexError("an array without dimensions cannot be indexed")
    part = tensor[_index(index, 0, tensor.shape[0])]
    return part if part.ndim else part.reshape(1)


def _get_basic(tensor: torch.Tensor, items: list[Item]) -> torch.Tensor:
    part, reversed_axes = _part(tensor, items)
    if reversed_axes:
        part = part.flip(reversed_axes)
    elif not _side_by_side(items, tensor.shape):
        part = part.clone(memory_format=torch.contiguous_format)
    # An element is an array of shape (1,); only arrays made so have the shape ().
    return part if part.ndim or not items else part.reshape(1)


def _part(tensor: torch.Tensor, items: list[Item]) -> tuple[torch.Tensor, list[int]]:
    """The elements that a basic key names, as a view, and the axes of it that run backwards."""
    key: list[Any] = []
    reversed_axes: list[int] = []
    axis = 0
    for item in items:
        if isinstance(item, range):
            if item.step < 0 and len(item) > 1:
                reversed_axes.append(axis)
                item = item[::-1]
            stop = item[-1] + 1 if item else item.start
            key.append(slice(item.start, stop, abs(item.step)) if item else slice(0, 0))
        else:
            key.append(item)
        axis += not isinstance(item, int)
    return tensor[tuple(key)], reversed_axes


def _side_by_side(items: list[Item], shape: torch.Size) -> bool:
    """Whether the elements follow each other in row-major order without gaps."""
    inside = False  # within an axis of several elements, all further axes must be complete
    for item, size in zip((item for item in items if item is not None), shape, strict=True):
        length = len(item) if isinstance(item, range) else 1
        if inside and length != size:
            return False
        if isinstance(item, range) and length > 1:
            if item.step != 1:
                return False
            inside = True
    return True


# -- index arrays ---------------------------------------------------------------------------------
def _advanced(tensor: torch.Tensor, items: list[Item]):
    """The part that the slices name, the index arrays of its axes, and its reversed axes."""
    slices: list[Item] = []
    indices: list[torch.Tensor | None] = []
    sizes = iter(tensor.shape)
    for item in items:
        size = 0 if item is None else next(sizes)
        if item is None or isinstance(item, range):
            slices.append(item)
            indices.append(None)
        else:  # beside an index array, an integer is one too: they are broadcast together
            slices.append(range(size))
            indices.append(torch.as_tensor(item, device=tensor.device))
    part, reversed_axes = _part(tensor, slices)
    return part, indices, reversed_axes


def _lookup(tensor: torch.Tensor, indices: list[torch.Tensor | None]) -> torch.Tensor:
    try:
        return torch.ops.aten.index(tensor, indices)
    except (RuntimeError, IndexError) as error:
        shapes = ", ".join(str(tuple(i.shape)) for i in indices if i is not None)
        raise IndexError(f"index arrays of shapes {shapes} do not fit together: {error}") from None


def _get_advanced(tensor: torch.Tensor, items: list[Item]) -> torch.Tensor:
    part, indices, reversed_axes = _advanced(tensor, items)
    found = _lookup(part.flip(reversed_axes) if reversed_axes else part, indices)
    return found.contiguous() if found.ndim else found.reshape(1)


# -- writing --------------------------------------------------------------------------------------
def _source(value: Any, target: torch.Tensor) -> Any:
    """What is to be written: a tensor, or a number that the target can hold."""
    if isinstance(value, arrays.NDArray):
        if value.stype != "default":
            raise TypeError(f"a {value.stype} array cannot be assigned; use tostype('default')")
        return value._tensor
    if value is None and target.dtype.is_floating_point:
        return float("nan")
    if isinstance(value, (float, int, np.bool_, np.integer, np.floating)):
        return scalar_for(value, target.dtype)
    if isinstance(value, torch.Tensor):
        return value.detach()
    return to_tensor(value)


def _write(part: torch.Tensor, value: Any, reversed_axes: list[int]) -> None:
    source = _source(value, part)
    if not isinstance(source, torch.Tensor):
        part.fill_(source)
        return
    if source.dtype is not part.dtype:
        source = cast(source, part.dtype)
    if source.shape != part.shape:
        source = _fit(source, part.shape)
    if reversed_axes:
        source = source.flip(reversed_axes)
    part.copy_(source.clone() if _share(source, part) else source)


def _fit(source: torch.Tensor, shape: Any) -> torch.Tensor:
    """Broadcast to a shape; leading axes of size 1 too many do not matter."""
    given = tuple(source.shape)
    while source.ndim > len(shape) and source.shape[0] == 1:
        source = source[0]
    try:
        return source.expand(shape)
    except RuntimeError:
        raise ValueError(f"cannot assign shape {given} to shape {tuple(shape)}") from None


def _share(source: torch.Tensor, target: torch.Tensor) -> bool:
    """Whether two tensors are in one allocation; GPU and CPU addresses never coincide."""
    return source.untyped_storage().data_ptr() == target.untyped_storage().data_ptr()


# -- under autograd.record ------------------------------------------------------------------------
def _operator(name: str, inputs: list[NDArray], **parameters: Any) -> NDArray:
    from ..ops.core import get_op
    from .invoke import invoke

    return invoke(get_op(name)(**parameters), inputs)


def _get_basic_recorded(array: NDArray, items: list[Item]) -> NDArray:
    kept: list[Any] = [item for item in items if item is not None]
    shape = _part(array._tensor, items)[0].shape or (1,)
    found = array
    if not _is_whole(kept, array._tensor.shape):
        ranges = [item if isinstance(item, range) else range(item, item + 1) for item in kept]
        if not all(ranges):
            raise MXNetError("an empty part of an array cannot be recorded for autograd")
        ends = [None if item.stop < 0 else item.stop for item in ranges]
        begins, steps = [item.start for item in ranges], [item.step for item in ranges]
        found = _operator("slice", [found], begin=begins, end=ends, step=steps)
    return _operator("Reshape", [found], shape=tuple(shape))


def _get_advanced_recorded(array: NDArray, items: list[Item]) -> NDArray:
    """Look the same key up in the positions of the elements, and take these."""
    tensor = array._tensor
    positions = torch.arange(tensor.numel(), device=tensor.device).reshape(tensor.shape)
    positions = _get_advanced(positions, items)
    shape = tuple(positions.shape)
    flat = _operator("Reshape", [array], shape=(-1,))
    indices = type(array)(positions.reshape(-1), array._context)
    return _operator("Reshape", [_operator("take", [flat, indices])], shape=shape)


def _assign_recorded(array: NDArray, items: list[Item], value: Any) -> bool:
    """Record the assignment of an array that autograd follows; False if it is not such a one."""
    if isinstance(value, arrays.NDArray) and value._is_followed():
        if not _is_whole(items, array._tensor.shape) or value.shape != array.shape:
            raise MXNetError(
                "inside autograd.record() an array that autograd follows can only be assigned as a "
                "whole (x[:] = y, of one shape); use concat, stack or where to build from parts"
            )
        from ..ops.core import get_op
        from .invoke import invoke

        invoke(get_op("_copy")(), [value], out=array)
        return True
    return False
