"""Elements chosen by arrays of indices."""

from typing import Annotated, Literal

from ..error import MXNetError
from .core import Op, get_op
from .dtypes import item_size
from .lazy_torch import torch
from .parameters import Shape, at_least
from .reshape import Reshape, ReshapeLike, SelectionBackward, buffer, normal_axis, with_dim
from .shapes import UNKNOWN, Mismatch, is_complete, known, product

__all__ = ["Embedding", "GatherND", "Pick", "ScatterND", "Take", "Where"]

ElementType = Literal[
    "bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"
]

FEW = 4096  # elements for which the number of calls matters most


def whole(index):
    """Indices as whole numbers; fractions are cut off."""
    return index if index.dtype == torch.int64 else index.long()


def within(given, size, mode, workspace=None):
    """Indices from 0 to ``size - 1``: clipped, wrapped around, or checked.

    They are in ``workspace``, if given. Raises MXNetError in mode "raise" if one is outside.
    """
    index = whole(given) if workspace is None else workspace.view(given.shape).copy_(given)
    if mode == "wrap":
        return index.remainder(size) if index is given else index.remainder_(size)
    if mode == "raise" and index.numel():
        low, high = (int(limit) for limit in torch.aminmax(index))
        if low < 0 or high >= size:
            raise MXNetError(f"indices from {low} to {high} are outside of 0 to {size - 1}")
    return index.clamp(0, size - 1) if index is given else index.clamp_(0, size - 1)


class ByIndices(Op, abstract=True):
    """An operator whose input ``indices_name`` holds indices of one axis, of any element type."""

    indices_name = "indices"

    def workspace(self, inputs, outputs):
        """The indices as kernels of torch take them."""
        shape, _ = inputs[self.input_names.index(self.indices_name)]
        return (product(shape),), "int64"


class Take(ByIndices, name="take"):
    """The slices of ``a`` along an axis that ``indices`` name.

    Shapes: a (*left, k, *right), indices (*i) -> (*left, *i, *right). Indices that are out of
    range are clipped, wrapped around, or (``mode="raise"``) refused with MXNetError.
    """

    axis: int = 0
    mode: Literal["clip", "raise", "wrap"] = "clip"

    def infer_shape(self, s):
        axis = normal_axis(self.axis, len(s.a))
        s.output = (*s.a[:axis], *s.indices, *s.a[axis + 1 :])

    def infer_dtype(self, t):
        t.same("a", "output")

    @property
    def waits(self):
        """Indices are looked at where they may be refused."""
        return self.mode == "raise"

    def forward(self, a, indices, *, out, workspace):
        return take_along(a, indices, self.axis, self.mode, out, workspace)

    def gradient(self, d_output, a, indices):
        return TakeBackward(axis=self.axis, mode=self.mode)(d_output, indices, a), None


def take_along(array, indices, axis, mode, out, workspace=None):
    """The slices of an array along an axis."""
    axis %= array.dim()
    shape = array.shape
    index = within(indices, shape[axis], mode, workspace)
    if index.dim() == 1:
        return torch.index_select(array, axis, index, out=out)
    index = index.reshape(-1)
    out = buffer(out, (*shape[:axis], *indices.shape, *shape[axis + 1 :]), array)
    place = out.view(*shape[:axis], index.numel(), *shape[axis + 1 :])
    torch.index_select(array, axis, index, out=place)
    return out


class TakeBackward(ByIndices, name="_backward_take"):
    """The derivative of ``take``: the slices of ``grad`` added up at their indices in zeros."""

    axis: int = 0
    mode: Literal["clip", "raise", "wrap"] = "clip"
    shape_only = ("a",)
    dense = ("grad",)
    waits = Take.waits

    def infer_shape(self, s):
        s.same("a", "output")

    def infer_dtype(self, t):
        t.same("grad", "output")

    def forward(self, grad, indices, a, *, out, workspace):
        shape = a.shape
        axis = self.axis % len(shape)
        out = buffer(out, shape, grad)
        index = within(indices, shape[axis], self.mode, workspace).reshape(-1)
        slices = grad.reshape(*shape[:axis], index.numel(), *shape[axis + 1 :])
        return out.zero_().index_add_(axis, index, slices)

    def row_sparse(self, grad, indices, a):
        """The rows of the result that are not zero: their numbers, and what is in them."""
        if self.axis % a.ndim:
            return None
        index = within(indices, len(a), self.mode).reshape(-1)
        numbers, places = torch.unique(index, return_inverse=True)
        rows = grad.reshape(len(index), *a.shape[1:])
        return numbers, rows.new_zeros(len(numbers), *a.shape[1:]).index_add_(0, places, rows)

    def gradient(self, d_output, indices):
        return Take(axis=self.axis, mode=self.mode)(d_output, indices), None, None


class Embedding(ByIndices, aliases=["_sparse_Embedding"]):
    """The rows of ``weight`` that ``data`` names; indices out of range are clipped.

    Shapes: data (*n), weight (input_dim, output_dim) -> (*n, output_dim). ``sparse_grad`` is
    accepted for 1.x programs; whether the gradient is stored sparsely is said in ``attach_grad``.
    """

    input_dim: Annotated[int, at_least(1)]
    output_dim: Annotated[int, at_least(1)]
    dtype: ElementType = "float32"
    sparse_grad: bool = False

    indices_name = "data"

    def infer_shape(self, s):
        s.weight = (self.input_dim, self.output_dim)
        if s.get("output") is not None:
            s.data = s.output[:-1]
        s.output = (*s.data, self.output_dim)

    def infer_dtype(self, t):
        t.same("weight", "output")
        if t.get("weight") is None:
            t.weight = t.output = self.dtype

    def forward(self, data, weight, *, out, workspace):
        return take_along(weight, data, 0, "clip", out, workspace)

    def gradient(self, d_output, data, weight):
        return None, TakeBackward()(d_output, data, weight)


class Pick(ByIndices, name="pick", aliases=["choose_element_0index"]):
    """One element of each line along an axis, at the position that ``index`` names.

    Shapes: data (*left, k, *right), index (*left, *right) or with a 1 in the place of k ->
    (*left, *right), with that 1 if ``keepdims``.
    """

    axis: int | None = -1
    keepdims: bool = False
    mode: Literal["clip", "wrap"] = "clip"

    indices_name = "index"

    def check(self):
        if self.axis is None:
            raise MXNetError("pick needs an axis")

    def infer_shape(self, s):
        axis = normal_axis(self.axis, len(s.data))
        kept = with_dim(s.data, axis, 1)
        dropped = (*s.data[:axis], *s.data[axis + 1 :]) or (1,)
        index = s.get("index")
        s.index = dropped if index is None or len(index) == len(dropped) else kept
        s.output = kept if self.keepdims else dropped
        if known(*s.output) and (index is None or not is_complete(index)):
            s.index = s.output if len(s.index) == len(s.output) else s.index

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, index, *, out, workspace):
        axis = self.axis % data.dim()
        lines = picked(index, data.shape, axis, self.mode, workspace)
        if out is None:
            elements = torch.gather(data, axis, lines)
            return elements if self.keepdims else elements.view(without(lines.shape, axis))
        torch.gather(data, axis, lines, out=out.view(lines.shape))
        return out

    def gradient(self, d_output, data, index):
        operator = PickBackward(axis=self.axis, keepdims=self.keepdims, mode=self.mode)
        return operator(d_output, index, data), None


def without(shape, axis):
    """A shape that has lost an axis; (1,) if it was the only one."""
    return (*shape[:axis], *shape[axis + 1 :]) or (1,)


def picked(index, shape, axis, mode, workspace):
    """Indices with one position for each line of an array along an axis."""
    return within(index, shape[axis], mode, workspace).reshape(with_dim(tuple(shape), axis, 1))


class PickBackward(SelectionBackward, ByIndices, name="_backward_pick"):
    """The derivative of ``pick``: zeros, with ``grad`` at the positions that were picked."""

    axis: int = -1
    keepdims: bool = False
    mode: Literal["clip", "wrap"] = "clip"

    indices_name = "index"

    def forward(self, grad, index, data, *, out, workspace):
        axis = self.axis % data.dim()
        lines = picked(index, data.shape, axis, self.mode, workspace)
        return self.zeros(grad, data, out).scatter_(axis, lines, grad.reshape(lines.shape))

    def gradient(self, d_output, index):
        operator = Pick(axis=self.axis, keepdims=self.keepdims, mode=self.mode)
        return operator(d_output, index), None, None


class BatchTake(Op, name="batch_take"):
    """One element of each row of ``a``; use ``pick`` in new programs.

    Shapes: a (*n, k), indices with as many elements as there are rows, of type int32 ->
    the shape of indices. Indices out of range are clipped.
    """

    def infer_shape(self, s):
        s.same("indices", "output")
        if len(s.a) < 2:
            raise Mismatch(f"a should have at least 2 dimensions, but is {s.a}")
        if is_complete(s.a) and is_complete(s.indices) and product(s.a[:-1]) != product(s.indices):
            raise Mismatch(f"indices {s.indices} should have one element for each row of a {s.a}")

    def infer_dtype(self, t):
        t.indices = "int32"
        t.same("a", "output")

    def forward(self, a, indices):
        rows = a.reshape(-1, a.shape[-1])
        return rows.gather(1, within(indices, a.shape[-1], "clip").reshape(-1, 1)).view(
            indices.shape
        )

    def gradient(self, d_output, a, indices):
        flat = Reshape(shape=(-1,))
        rows = Reshape(shape=(-1, 0), reverse=True)(a)
        d_rows = PickBackward()(flat(d_output), flat(indices), rows)
        return ReshapeLike()(d_rows, a), None


class GatherND(Op, name="gather_nd"):
    """The elements or slices of ``data`` at the given coordinates; negative ones count backwards.

    Shapes: data (d1, ..., dm, *rest), indices (m, *i) -> (*i, *rest).
    """

    def infer_shape(self, s):
        if len(s.indices) < 2:
            raise Mismatch(f"indices {s.indices} should have at least 2 dimensions")
        depth = s.indices[0]
        if not known(depth):
            return
        if depth > len(s.data):
            raise Mismatch(f"indices {s.indices} have more rows than data {s.data} has dimensions")
        s.output = (*s.indices[1:], *s.data[depth:])

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, indices):
        return data[tuple(whole(indices))]

    def gradient(self, d_output, data, indices):
        return GatherNDBackward()(d_output, indices, data), None


class GatherNDBackward(SelectionBackward, name="_backward_gather_nd"):
    """The derivative of ``gather_nd``: ``grad`` added up at the coordinates in zeros."""

    def forward(self, grad, indices, data, *, out):
        return self.zeros(grad, data, out).index_put_(tuple(whole(indices)), grad, accumulate=True)

    def gradient(self, d_output, indices):
        return GatherND()(d_output, indices), None, None


class ScatterND(Op, name="scatter_nd"):
    """Zeros of the given shape, with ``data`` at the coordinates; a repeated one keeps one value.

    Shapes: data (*i, *rest), indices (m, *i) -> shape = (d1, ..., dm, *rest).
    """

    shape: Shape

    def infer_shape(self, s):
        s.output = self.shape
        s.data = scattered_shape(s.indices, self.shape)

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, indices, *, out):
        out = buffer(out, self.shape, data).zero_()
        return out.index_put_(tuple(whole(indices)), data)

    def gradient(self, d_output, indices):
        return GatherND()(d_output, indices), None


def scattered_shape(indices, shape):
    """The shape of the values at the coordinates of an array with this shape."""
    if len(indices) < 2 or (known(indices[0]) and indices[0] > len(shape)):
        raise Mismatch(f"indices {indices} should be (m, *i) with m up to {len(shape)}")
    return (*indices[1:], *shape[indices[0] :]) if known(indices[0]) else None


class ScatterSetND(Op, name="_scatter_set_nd"):
    """``lhs`` with the elements at the coordinates ``indices`` replaced by ``rhs``."""

    shape: Shape
    inplace = {"output": ("lhs",)}
    differentiable = False

    def infer_shape(self, s):
        s.lhs = s.output = self.shape
        s.rhs = scattered_shape(s.indices, self.shape)

    def infer_dtype(self, t):
        t.same("lhs", "rhs", "output")

    def forward(self, lhs, rhs, indices, *, out):
        return buffer(out, lhs.shape, lhs).copy_(lhs).index_put_(tuple(whole(indices)), rhs)


def select_bits(condition, x, y, out, mask):
    """``torch.where``, whose loop on a CPU branches for each element, by operations on bits."""
    bits = getattr(torch, f"int{8 * x.element_size()}")
    if mask is None:
        mask = torch.empty(condition.shape, dtype=bits)
    torch.ne(condition, 0, out=mask).neg_()
    out = buffer(out, x.shape, x)
    one, other = x.view(bits), y.view(bits)
    torch.bitwise_xor(one, other, out=out.view(bits)).bitwise_and_(mask).bitwise_xor_(other)
    return out


class Where(Op, name="where", aliases=["_sparse_where"]):
    """Elements of ``x`` where ``condition`` is not zero, else of ``y``.

    Shapes: x and y alike; condition too, or one number for each row.
    """

    def infer_shape(self, s):
        s.same("x", "y", "output")
        condition, x = s.get("condition"), s.get("x")
        if condition is None or x is None or len(condition) == 1 == len(x):
            return
        if len(condition) == 1:
            if x and known(condition[0], x[0]) and condition[0] != x[0]:
                raise Mismatch(f"condition {condition} should have one element for each row of {x}")
        elif len(condition) == len(x):
            s.condition = x
            s.x = s.y = s.output = s.condition
        else:
            raise Mismatch(f"condition should be {x} or {x[:1]}, but is {condition}")

    def infer_dtype(self, t):
        t.same("x", "y", "output")

    def workspace(self, inputs, outputs):
        return inputs[0][0], f"int{8 * item_size(outputs[0][1])}"

    def forward(self, condition, x, y, *, out, workspace):
        if condition.dim() != x.dim():
            condition = condition.reshape(*condition.shape, *(1,) * (x.dim() - condition.dim()))
            workspace = None if workspace is None else workspace.view(condition.shape)
        if x.device.type != "cpu" or x.numel() < FEW:
            return torch.where(condition != 0, x, y, out=out)
        return select_bits(condition, x, y, out, workspace)

    def gradient(self, d_output, condition):
        zeros = get_op("zeros_like")()(d_output)
        return None, self(condition, d_output, zeros), self(condition, zeros, d_output)


class FillElement(Op, name="fill_element_0index"):
    """``lhs`` with element ``rhs[i]`` of each row i replaced by ``mhs[i]``.

    Shapes: lhs (n, k), mhs (n,), rhs (n,) -> (n, k).
    """

    inplace = {"output": ("lhs",)}
    auto_create = False
    differentiable = False

    def infer_shape(self, s):
        s.same("lhs", "output")
        s.same("mhs", "rhs")
        if len(s.lhs) != 2:
            raise Mismatch(f"lhs should be (n, k), but is {s.lhs}")
        s.mhs = s.rhs = s.lhs[:1]

    def infer_dtype(self, t):
        t.same("lhs", "mhs", "output")

    def forward(self, lhs, mhs, rhs, *, out):
        column = within(rhs, lhs.shape[1], "clip").unsqueeze(1)
        return buffer(out, lhs.shape, lhs).copy_(lhs).scatter_(1, column, mhs.unsqueeze(1))


class BooleanMask(Op, name="_contrib_boolean_mask"):
    """The slices along an axis at which ``index`` is not zero; how many is known at run time only.

    Shapes: data (*left, k, *right), index (k,) -> (*left, number of nonzeros, *right).
    """

    axis: int = 0
    dynamic = True

    def infer_shape(self, s):
        axis = normal_axis(self.axis, len(s.data))
        s.index = s.data[axis : axis + 1]
        s.data = with_dim((UNKNOWN,) * len(s.data), axis, s.index[0])
        s.output = with_dim(s.data, axis, UNKNOWN)

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, index):
        return data.index_select(self.axis, chosen_positions(index))

    def gradient(self, d_output, data, index):
        return BooleanMaskBackward(axis=self.axis)(d_output, index, data), None


class BooleanMaskBackward(SelectionBackward, name="_backward_boolean_mask"):
    """The derivative of ``boolean_mask``: zeros, with ``grad`` in the slices that were chosen."""

    axis: int = 0
    capture = False

    def forward(self, grad, index, data, *, out):
        out = self.zeros(grad, data, out)
        return out.index_copy_(self.axis, chosen_positions(index), grad)

    def gradient(self, d_output, index):
        return BooleanMask(axis=self.axis)(d_output, index), None, None


def chosen_positions(index):
    """The positions at which ``index`` is not zero."""
    return index.nonzero().squeeze(1)


class IndexCopy(Op, name="_contrib_index_copy"):
    """``old_tensor`` with the slices along the first axis at ``index_vector`` replaced.

    Shapes: old_tensor (n, *k), index_vector (m,), new_tensor (m, *k) -> (n, *k). Raises
    MXNetError where an index is out of range; of a repeated one the last slice stays.
    """

    waits = True
    capture = False

    def infer_shape(self, s):
        s.same("old_tensor", "output")
        if s.get("new_tensor") is not None:
            s.index_vector = s.new_tensor[:1]
            s.old_tensor = (UNKNOWN, *s.new_tensor[1:])
        s.new_tensor = (s.index_vector[0], *s.old_tensor[1:])
        s.same("old_tensor", "output")

    def infer_dtype(self, t):
        t.same("old_tensor", "new_tensor", "output")

    def forward(self, old_tensor, index_vector, new_tensor):
        index = within(index_vector, old_tensor.shape[0], "raise")
        last = last_of_each(index)
        return old_tensor.index_copy(0, index[last], new_tensor[last])

    def gradient(self, d_output, index_vector):
        d_old, d_new = IndexCopyBackward()(d_output, index_vector)
        return d_old, None, d_new


def last_of_each(index):
    """The places in ``index`` that no later place repeats."""
    ordered, places = torch.sort(index, stable=True)
    last = torch.ones_like(ordered, dtype=torch.bool)
    torch.ne(ordered[1:], ordered[:-1], out=last[:-1])
    return places[last]


class IndexCopyBackward(Op, name="_contrib_backward_index_copy"):
    """The derivative of ``index_copy``: each part of ``grad`` goes to the array it came from."""

    waits = True
    outputs = ("d_old_tensor", "d_new_tensor")
    capture = False
    auto_create = False

    def infer_shape(self, s):
        s.same("grad", "d_old_tensor")
        s.d_new_tensor = (s.index_vector[0], *s.grad[1:])

    def infer_dtype(self, t):
        t.same("grad", "d_old_tensor", "d_new_tensor")

    def forward(self, grad, index_vector):
        index = within(index_vector, grad.shape[0], "raise")
        last = last_of_each(index)
        rows = torch.zeros((len(index), *grad.shape[1:]), dtype=grad.dtype, device=grad.device)
        return grad.index_fill(0, index, 0), rows.index_copy(0, last, grad[index[last]])

    def gradient(self, d_d_old_tensor, d_d_new_tensor, index_vector):
        return IndexCopy()(d_d_old_tensor, index_vector, d_d_new_tensor), None
