"""How a batch is shared out over devices, and put together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..error import MXNetError
from ..io import DataDesc

__all__ = [
    "batch_axes",
    "check_batch_size",
    "group2ctx_per_device",
    "load_rows",
    "mean_into",
    "merge_all",
    "part_of",
    "resized",
    "split_input_slice",
]


def split_input_slice(batch_size: int, work_load_list: Sequence[float]) -> list[slice]:
    """The rows of each device, in proportion to its work load; the last takes what is left over.

    Raises ValueError where a device would get no row.
    """
    total = sum(work_load_list)
    counts = [round(load * batch_size / total) for load in work_load_list]
    counts[-1] += max(batch_size - sum(counts), 0)
    slices, end = [], 0
    for count in counts:
        begin, end = min(end, batch_size), min(end + count, batch_size)
        if begin >= end:
            raise ValueError(
                f"Too many slices. Some splits are empty: a batch of {batch_size} cannot be shared "
                f"out over {len(counts)} devices with work loads {list(work_load_list)}"
            )
        slices.append(slice(begin, end))
    return slices


def batch_axes(descriptions: Sequence[DataDesc]) -> list[int]:
    """Which axis of each input is the batch; -1 for an input without one."""
    return [DataDesc.get_batch_axis(desc.layout) if desc.shape else -1 for desc in descriptions]


def check_batch_size(descriptions: Sequence[DataDesc], expected: int | None = None) -> int | None:
    """The batch size that all inputs share. Raises AssertionError where one differs."""
    for desc, axis in zip(descriptions, batch_axes(descriptions), strict=True):
        if axis < 0:
            continue
        if axis >= len(desc.shape):
            raise ValueError(
                f"{desc.name!r} of shape {desc.shape} has no batch axis in layout {desc.layout!r}"
            )
        size = desc.shape[axis]
        if expected is not None and size != expected:
            raise AssertionError(
                f"all data must have the same batch size: batch_size = {expected}, but "
                f"{desc.name} has shape {desc.shape}"
            )
        expected = size
    return expected


def resized(desc: DataDesc, size: int) -> DataDesc:
    """The same description with another batch size."""
    (axis,) = batch_axes([desc])
    if axis < 0:
        return desc
    shape = (*desc.shape[:axis], size, *desc.shape[axis + 1 :])
    return DataDesc(desc.name, shape, desc.dtype, desc.layout)


def part_of(tensor: Any, rows: slice, axis: int) -> Any:
    """A view of some rows of a tensor along its batch axis, all of it where it has none."""
    return tensor if axis < 0 else tensor.narrow(axis, rows.start, rows.stop - rows.start)


def merge_all(blocks: Sequence[Sequence[Any]], axes: Sequence[int]) -> list[Any]:
    """One array from one per device, for each block."""
    return [_merge(block, axis) for block, axis in zip(blocks, axes, strict=True)]


def _merge(parts: Sequence[Any], axis: int) -> Any:
    if len(parts) == 1 or axis < 0:
        return parts[0]
    import torch

    first = parts[0]
    tensors = [part._tensor.to(first._tensor.device) for part in parts]
    return type(first)(torch.cat(tensors, axis), first.context)


def load_rows(
    arrays: Sequence[Any], places: Sequence[Sequence[tuple[slice, Any]]], axes: Sequence[int]
) -> None:
    """Copy each array's rows to the bound arrays, converting type and device on the way."""
    for array, targets, axis in zip(arrays, places, axes, strict=True):
        source = _tensor_of(array)
        for rows, target in targets:
            part = source if len(targets) == 1 else part_of(source, rows, axis)
            bound = target._tensor
            if part.shape != bound.shape:  # copy_ would broadcast
                raise MXNetError(
                    f"an input of shape {tuple(part.shape)} was given where {tuple(bound.shape)} "
                    f"is bound: reshape the module or give a batch of the bound shape"
                )
            bound.copy_(part)


def _tensor_of(array: Any) -> Any:
    stype = getattr(array, "stype", None)
    if stype is None:
        from ..ndarray import array as to_array

        return to_array(array)._tensor
    return array._tensor if stype == "default" else array.tostype("default")._tensor


def mean_into(target: Any, block: Sequence[Any]) -> None:
    """Copy the mean over the devices."""
    if len(block) == 1:
        target._tensor.copy_(block[0]._tensor)
        return
    import torch

    tensors = [array._tensor.to(target._tensor.device) for array in block]
    target._tensor.copy_(torch.stack(tensors).sum(0).div(len(tensors)))


def group2ctx_per_device(group2ctxs: Any, count: int) -> list[Any]:
    """One ``{group: context}`` per device, from such a dict whose values may be lists."""
    if group2ctxs is None:
        return [None] * count
    if isinstance(group2ctxs, Mapping):
        result: list[dict[str, Any]] = [{} for _ in range(count)]
        for group, contexts in group2ctxs.items():
            contexts = list(contexts) if isinstance(contexts, (list, tuple)) else [contexts]
            contexts = contexts * count if len(contexts) == 1 else contexts
            if len(contexts) != count:
                raise ValueError(f"group2ctxs[{group!r}] must have one context per device: {count}")
            for mapping, context in zip(result, contexts, strict=True):
                mapping[group] = context
        return result
    if len(group2ctxs) != count:
        raise ValueError(f"group2ctxs must have one entry per device: {count}")
    return list(group2ctxs)
