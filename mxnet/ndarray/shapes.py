"""The shapes that views and copies of an array get: arithmetic on tuples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..error import MXNetError
from ..ops.core import get_op
from ..ops.shapes import Mismatch

__all__ = ["reshape_arguments", "reshaped", "squeezed", "stretched"]

Shape = tuple[int, ...]


def reshape_arguments(shape: tuple, options: dict[str, Any]) -> tuple[Shape, bool]:
    """What a call of ``NDArray.reshape`` asks for: the shape with its codes, and ``reverse``."""
    unknown = options.keys() - {"shape", "reverse"}
    if unknown:
        raise TypeError(f"reshape has no argument {unknown.pop()!r}; it takes shape and reverse")
    given = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
    if not shape:
        if "shape" not in options:
            raise AssertionError("reshape needs a shape")
        given = options["shape"]
    given = (given,) if isinstance(given, (int, np.integer)) else given
    for size in given:
        if not isinstance(size, (int, np.integer)):
            raise TypeError(f"a shape consists of integers, not of {type(size).__name__}")
    return tuple(int(size) for size in given), bool(options.get("reverse", False))


def reshaped(old: Shape, shape: Shape, reverse: bool) -> Shape:
    """The shape that the codes of the operator Reshape stand for; raises MXNetError for none."""
    if not shape:
        return ()
    if 0 in old and min(shape) >= 0:
        return shape  # for an empty array 0 is a size
    try:
        op = get_op("Reshape")(shape=shape, reverse=reverse)
        return op.infer("shape", (old,), (None,))[1][0]
    except Mismatch as error:
        raise MXNetError(f"cannot reshape {old} to {shape}: {error}") from None


def squeezed(shape: Shape, axis: Any) -> Shape:
    """A shape without its axes of size 1, or without given ones; at least (1,) is left."""
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = [a + len(shape) if a < 0 else a for a in axes]
    for a in axes if axis is not None else ():
        if shape[a] != 1:
            raise AssertionError(f"axis {a} has size {shape[a]}, only size 1 can be squeezed")
    return tuple(size for i, size in enumerate(shape) if i not in axes or size != 1) or (1,)


def stretched(old: Shape, shape: Any) -> tuple[Shape, Shape]:
    """The old shape with axes of size 1 in front, and the one to which it is broadcast.

    A 0 in ``shape`` keeps the size. Raises ValueError if the shapes do not fit.
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    padded = (1,) * (len(shape) - len(old)) + old
    wanted = tuple(size or old_size for size, old_size in zip(shape, padded, strict=False))
    fits = all(one in (1, new) for one, new in zip(padded, wanted, strict=False))
    if len(padded) != len(shape) or not fits:
        raise ValueError(f"an array of shape {old} cannot be broadcast to {shape}")
    return padded, wanted
