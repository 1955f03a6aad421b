"""The array: a torch tensor with the interface, the views and the dtypes of MXNet 1.x."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from .._tape import state
from ..context import Context, cpu, torch_device
from ..error import MXNetError
from ..execution.hoisted import changes_unseen
from ..ops.core import get_op
from ..ops.dtypes import CODES, numpy_type
from . import arithmetic, indexing
from .arithmetic import *  # noqa: F403
from .arithmetic import Arithmetic
from .dtypes import NUMPY_TYPE_OF, cast, torch_type
from .shapes import reshape_arguments, reshaped, squeezed, stretched

# Tables that 1.x programs look up here.
_GRAD_REQ_MAP = {"null": 0, "write": 1, "add": 3}
_STORAGE_TYPE_STR_TO_ID = {"undefined": -1, "default": 0, "row_sparse": 1, "csr": 2}
_STORAGE_TYPE_ID_TO_STR = {code: name for name, code in _STORAGE_TYPE_STR_TO_ID.items()}
_DTYPE_NP_TO_MX = {None: -1} | {numpy_type(name): code for name, code in CODES.items()}
_DTYPE_MX_TO_NP = {code: dtype for dtype, code in _DTYPE_NP_TO_MX.items()}


class NDArray(Arithmetic):
    """An array of numbers of one dtype on one device, which can be changed in place.

    Parameters: ``tensor``: the torch tensor that holds the values, not copied; ``context``: its
    device, by default that of the tensor. Programs make arrays with ``nd.array``, ``nd.zeros``, ...
    Slices of rows, ``reshape`` and ``detach`` are views of the same memory; see ``indexing``.
    """

    _tensor: torch.Tensor
    # The defaults stand here so that making an array sets two attributes only.
    _grad: NDArray | None = None
    _grad_req: str = "null"
    _entry: Any = None  # what autograd knows of the array
    _writable: bool = True

    def __init__(self, tensor: torch.Tensor | None, context: Context | None = None):
        self._tensor = tensor  # type: ignore[assignment]  # None until a pickle is read
        self._context = context if context is not None else _context_of(tensor)

    # -- what it is ---------------------------------------------------------------------------
    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return tuple(self._tensor.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._tensor.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._tensor.numel()

    @property
    def dtype(self) -> type:
        """The type of the elements, as a numpy type such as ``numpy.float32``."""
        return NUMPY_TYPE_OF[self._tensor.dtype]

    @property
    def context(self) -> Context:
        """The device that holds the array."""
        return self._context

    ctx = context

    @property
    def stype(self) -> str:
        """The storage type: "default" for dense arrays, else "row_sparse" or "csr"."""
        return "default"

    @property
    def writable(self) -> bool:
        """False if the array shares the memory of a numpy array that was read-only."""
        return self._writable

    @property
    def T(self) -> NDArray:
        """The array with its axes in reverse order, as a copy."""
        return self._apply("transpose")

    def __len__(self) -> int:
        if not self._tensor.ndim:
            raise TypeError("an array of shape () has no length")
        return self._tensor.shape[0]

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError("The truth value of an NDArray with multiple elements is ambiguous.")
        return bool(self._tensor.item()) if self.size else False

    __nonzero__ = __bool__

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n{self.asnumpy()}\n<{type(self).__name__} {shape} @{self._context}>"

    def __getitem__(self, key: Any) -> NDArray:
        return indexing.get(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        indexing.assign(self, key, value)

    # -- to other libraries -------------------------------------------------------------------
    def asnumpy(self) -> np.ndarray:
        """A copy as a numpy array; bfloat16, which numpy does not have, becomes float32."""
        tensor = self._tensor
        if tensor.dtype is torch.bfloat16:
            tensor = tensor.float()
        return np.array(tensor.cpu().numpy(), order="C")

    def asscalar(self) -> np.generic:
        """The only element as a numpy scalar; raises ValueError where there are others."""
        if self.size != 1:
            raise ValueError(f"an array of shape {self.shape} is not a scalar: its size is not 1")
        return self.asnumpy().reshape(-1)[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("numpy gets a copy of an NDArray; use to_dlpack_for_read to share it")
        return self.asnumpy() if dtype is None else self.asnumpy().astype(dtype, copy=False)

    def to_torch(self) -> torch.Tensor:
        """A torch tensor that shares the memory."""
        return self._tensor.detach()

    def to_dlpack_for_read(self) -> Any:
        """A DLPack capsule of the array; it shares the memory and can be consumed once."""
        return torch.utils.dlpack.to_dlpack(self._tensor)

    def to_dlpack_for_write(self) -> Any:
        """A DLPack capsule of the array, whose consumer may change it."""
        return torch.utils.dlpack.to_dlpack(changes_unseen(self._tensor))

    def __dlpack__(self, **options: Any) -> Any:
        return changes_unseen(self._tensor).__dlpack__(**options)

    def __dlpack_device__(self) -> tuple:
        return self._tensor.__dlpack_device__()

    def __reduce__(self) -> tuple:
        return type(self), (None,), self.__getstate__()

    def __getstate__(self) -> dict[str, bytearray | None]:
        from .serialization import array_to_bytes

        return {"handle": None if self._tensor is None else array_to_bytes(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from .serialization import array_from_bytes

        if state["handle"] is not None:
            self.__dict__.update(array_from_bytes(state["handle"]).__dict__)

    # -- copies -------------------------------------------------------------------------------
    def copy(self) -> NDArray:
        """A copy on the same device."""
        return self.copyto(self._context)

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> NDArray:
        memo[id(self)] = copied = self.copy()
        return copied

    def copyto(self, other: NDArray | Context) -> Any:
        """Copy the values into another array, or into a new one on a device; returns that array.

        The dtype of the target stays. Returns False where both arrays are the same. Raises
        MXNetError if the shapes differ, TypeError for other targets.
        """
        if isinstance(other, Context):
            if state.recording:
                return self._apply("_copy")._copy_to_context(other)
            return self._copy_to_context(other)
        if not isinstance(other, NDArray):
            raise TypeError(f"copyto needs an NDArray or a Context, not {type(other)}")
        if other is self or (other.stype == "default" and other._tensor is self._tensor):
            return False
        if other.shape != self.shape:
            raise MXNetError(
                f"copyto: an array of shape {self.shape} does not fit in one of shape {other.shape}"
            )
        if other.stype != "default":
            other[:] = self
        else:
            indexing.assign(other, Ellipsis, self)
        return other

    def _copy_to_context(self, context: Context) -> NDArray:
        """A copy on a device, of which autograd knows as much as of this array."""
        device = torch_device(context)
        copied = NDArray(
            self._tensor.to(device, copy=True, memory_format=torch.contiguous_format), context
        )
        copied._entry = self._entry if state.recording else None
        return copied

    def as_in_context(self, context: Context) -> NDArray:
        """The array itself if it is on the device, else a copy there."""
        return self if context == self._context else self.copyto(context)

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """The values as another dtype; with ``copy=False`` the array itself where it has it."""
        wanted = torch_type(dtype)
        if wanted is self._tensor.dtype:
            return self.copy() if copy else self
        if state.recording:
            return self._apply("Cast", dtype=dtype)
        return NDArray(cast(self._tensor, wanted), self._context)

    def tostype(self, stype: str) -> NDArray:
        """A copy in another storage type: "default", "row_sparse" or "csr"."""
        from .sparse_array import cast_storage

        return cast_storage(self, stype)

    def as_nd_ndarray(self) -> NDArray:
        """The array itself."""
        return self

    def as_np_ndarray(self) -> NDArray:
        """The numpy-like array type of 1.6, which does not exist here."""
        raise MXNetError("there is no mx.np here; use asnumpy(), or the operators of mx.nd")

    # -- the same memory in another shape -------------------------------------------------------
    def reshape(self, *shape: Any, **options: Any) -> NDArray:
        """A view in another shape.

        Parameters: ``shape``, as a tuple or as numbers, may contain the codes of the operator
        Reshape (0 keep, -1 infer, -2 the rest, -3 merge, -4 split); ``reverse`` matches them from
        the right. Raises MXNetError if the number of elements differs.
        """
        shape, reverse = reshape_arguments(shape, options)
        if state.recording:
            return self._apply("Reshape", shape=shape, reverse=reverse)
        if not shape or 0 in shape or min(shape) < -1 or shape.count(-1) > 1:
            shape = reshaped(self.shape, shape, reverse)
        try:
            return NDArray(self._tensor.view(shape), self._context)._share_access(self)
        except RuntimeError:
            pass  # it does not fit, or the memory is in another order and has to be copied
        try:
            return NDArray(self._tensor.reshape(shape), self._context)
        except RuntimeError:
            raise MXNetError(f"cannot reshape {self.shape} to {shape}") from None

    def flatten(self, inplace: bool = False) -> NDArray:
        """All axes but the first merged into one; a view if ``inplace``, else a copy."""
        return self.reshape((0, -1)) if inplace else self._apply("Flatten")

    def expand_dims(self, axis: int, inplace: bool = False) -> NDArray:
        """With a new axis of size 1 before ``axis``; a view if ``inplace``, else a copy."""
        if not inplace:
            return self._apply("expand_dims", axis=axis)
        if not -self.ndim - 1 <= axis <= self.ndim:
            raise AssertionError(f"axis {axis} is out of range for an array of {self.ndim} axes")
        shape = list(self.shape)
        shape.insert(axis + self.ndim + 1 if axis < 0 else axis, 1)
        return self.reshape(tuple(shape))

    def squeeze(self, axis: Any = None, inplace: bool = False) -> NDArray:
        """Without axes of size 1 (all, or the given ones); a view if ``inplace``, else a copy."""
        if not inplace:
            return self._apply("squeeze", **({} if axis is None else {"axis": axis}))
        return self.reshape(squeezed(self.shape, axis))

    def broadcast_to(self, shape: Any) -> NDArray:
        """A copy of another shape, to which axes of size 1, also new ones in front, are stretched.

        A 0 in ``shape`` keeps the size. Raises ValueError if the shapes do not fit.
        """
        padded, wanted = stretched(self.shape, shape)
        source = self if padded == self.shape else self.reshape(padded)
        return source._apply("broadcast_to", shape=wanted)

    def broadcast_like(self, other: NDArray) -> NDArray:
        """A copy stretched to the shape of another array."""
        return self.broadcast_to(other.shape)

    def split_v2(self, *args: Any, **kwargs: Any) -> NDArray | list[NDArray]:
        """The parts of the array along an axis; see the function ``split_v2``."""
        return creation.split_v2(self, *args, **kwargs)

    def slice_assign(self, rhs: NDArray, begin: Any, end: Any, step: Any) -> NDArray:
        """A copy in which a slice has the values of another array."""
        return invoke(get_op("_slice_assign")(begin=begin, end=end, step=step), [self, rhs])

    def slice_assign_scalar(self, value: float, begin: Any, end: Any, step: Any) -> NDArray:
        """A copy in which a slice has one value."""
        return self._apply("_slice_assign_scalar", scalar=value, begin=begin, end=end, step=step)

    # -- gradients ----------------------------------------------------------------------------
    @property
    def grad(self) -> NDArray | None:
        """The gradient that ``attach_grad`` made room for, None before."""
        return self._grad

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Make room for a gradient of this array, filled by ``backward``.

        Parameters: ``grad_req``: "write", "add" (backward passes sum up) or "null"; ``stype``:
        "row_sparse" stores only rows of the gradient that are not zero. The array starts anew: what
        computed it is forgotten. Raises KeyError for an unknown ``grad_req``.
        """
        _GRAD_REQ_MAP[grad_req]
        if stype not in (None, "default", "row_sparse"):
            raise MXNetError(f"a gradient is 'default' or 'row_sparse', not {stype!r}")
        if stype == "row_sparse":
            from .sparse_creation import zeros

            self._grad = zeros(stype, self.shape, self._context, self.dtype)
        else:
            self._grad = NDArray(torch.zeros_like(self._tensor), self._context)
        self._grad_req = grad_req
        self._entry = None

    def detach(self) -> NDArray:
        """The same memory as a constant: gradients do not flow through it."""
        return NDArray(self._tensor, self._context)._share_access(self)

    def backward(
        self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True
    ) -> None:
        """Compute the gradients of this array, by the rules of ``autograd.backward``."""
        from .. import autograd

        head_grads = None if out_grad is None else [out_grad]
        autograd.backward([self], head_grads, retain_graph, train_mode)

    # -- waiting, and names that 1.x programs use -------------------------------------------------
    def wait_to_read(self) -> None:
        """Wait until the values are there."""
        if self._tensor.is_cuda:
            torch.cuda.synchronize(self._tensor.device)

    def _apply(self, operator: str, **parameters: Any) -> NDArray:
        return invoke(get_op(operator)(**parameters), [self])

    def _is_followed(self) -> bool:
        return self._entry is not None or self._grad_req != "null"

    def _check_writable(self) -> None:
        """Raise where the array may not be changed in place."""
        if not self._writable:
            raise ValueError("the array is read-only: it shares the memory of a numpy array")
        if state.recording and self._is_followed():
            raise MXNetError(
                "an array that autograd follows cannot be changed in place (+=, [:]=, ...) inside "
                "autograd.record(); make a new array, or change it outside of the block"
            )

    def _share_access(self, base: NDArray) -> NDArray:
        if not base._writable:
            self._writable = False
        return self

    def _slice(self, start: int, stop: int | None) -> NDArray:
        return self[start:stop]

    def _at(self, index: int) -> NDArray:
        return self[index]

    def _sync_copyfrom(self, source_array: Any) -> None:
        source = np.asarray(source_array)
        if source.shape != self.shape:
            raise ValueError(f"an array of shape {self.shape} cannot take shape {source.shape}")
        self[...] = source


def _context_of(tensor: torch.Tensor | None) -> Context:
    if tensor is None or not tensor.is_cuda:
        return cpu()
    return Context("gpu", tensor.device.index)


from . import creation, exchange  # noqa: E402 - they make NDArrays
from .creation import *  # noqa: E402, F403
from .exchange import *  # noqa: E402, F403
from .invoke import invoke  # noqa: E402

__all__ = ["NDArray"]
__all__ += arithmetic.__all__
__all__ += creation.__all__  # type: ignore[has-type]
__all__ += exchange.__all__  # type: ignore[has-type]
