"""Reductions: sums, means, norms, extremes, running sums, histograms."""

from collections.abc import Iterable
from typing import Annotated, Literal

from ..error import MXNetError
from .arithmetic import truncated
from .core import Op, get_op, remembered
from .lazy_torch import torch
from .parameters import Floats, Shape, at_least
from .shapes import Mismatch, product

__all__ = ["Max", "Mean", "Min", "Norm", "Prod", "Reduction", "Sum", "normalized_axes"]

ResultType = Literal[None, "float16", "float32", "float64", "int32", "int64", "int8"]


def normalized_axes(axes: Iterable[int], rank: int) -> tuple[int, ...]:
    """Axes, counted from either end, as sorted numbers from 0. Raises Mismatch."""
    found = set()
    for axis in axes:
        if not -rank <= axis < rank:
            raise Mismatch(f"axis {axis} should be in [{-rank}, {rank}) for {rank} dimensions")
        if axis % rank in found:
            raise Mismatch(f"axis {axis} is given twice in {tuple(axes)}")
        found.add(axis % rank)
    return tuple(sorted(found))


class OverAxes(Op, abstract=True):
    """What reductions share; they have the parameters ``axis``, ``keepdims`` and ``exclude``."""

    @remembered
    def axes(self, rank):
        """The axes that are reduced."""
        given = normalized_axes(self.axis or (), rank)
        if given and not self.exclude:
            return given
        return tuple(axis for axis in range(rank) if axis not in given)

    def reduced(self, shape):
        """The shape of the result."""
        axes = self.axes(len(shape))
        if self.keepdims:
            return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))
        return tuple(dim for axis, dim in enumerate(shape) if axis not in axes) or (1,)

    def infer_shape(self, s):
        s.output = self.reduced(s.data)

    @remembered
    def kernel_shapes(self, shape):
        """For data of a shape: that in which the kernel takes it, axes, ``keepdim``, and result.

        Shapes are None where nothing has to be changed.
        """
        axes, rank = self.axes(len(shape)), len(shape)
        if not axes:  # to torch, no axes mean all
            return (1, *shape), (0,), False, None if shape else (1,)
        emptied = len(axes) == rank and not self.keepdims
        return None, axes, self.keepdims, (1,) if emptied else None

    def forward(self, data, *, out):
        shape, axes, keepdim, result_shape = self.kernel_shapes(data.shape)
        if shape is not None:
            data = data.reshape(shape)
        if result_shape is None:
            return self.reduce(data, axes, keepdim, out)
        if out is None:
            return self.reduce(data, axes, keepdim, None).view(result_shape)
        self.reduce(data, axes, keepdim, out.view(()))
        return out

    def reduce(self, data, axes, keepdim, out):
        """The kernel."""
        raise NotImplementedError

    def spread(self, value, data):
        """A value in the shape of the output, stretched to that of the data."""
        return self.same_axes("_spread_like", value, data)

    def same_axes(self, name, *inputs):
        """A node of another operator over the same axes."""
        same = {"axis": self.axis, "exclude": self.exclude, "keepdims": self.keepdims}
        return get_op(name)(**same)(*inputs)


class Reduction(OverAxes, abstract=True):
    """A reduction over ``axis`` (an integer or several; all axes if it is None or empty).

    Shapes: data (*n) -> the axes that are left, or 1 in place of the others with ``keepdims``;
    (1,) where none is left. ``exclude`` reduces over all axes but the given ones.
    """

    axis: Shape | None = None
    keepdims: bool = False
    exclude: bool = False

    precision = "full"


class Sum(Reduction, name="sum", aliases=["_sparse_sum", "sum_axis"]):
    """Sum over axes."""

    def reduce(self, data, axes, keepdim, out):
        if data.is_floating_point():
            return torch.sum(data, axes, keepdim, out=out)
        return torch.sum(data, axes, keepdim, dtype=data.dtype, out=out)

    def gradient(self, d_output, data):
        return self.spread(d_output, data)


class NanSum(Reduction, name="nansum"):
    """Sum over axes of what is not NaN."""

    def reduce(self, data, axes, keepdim, out):
        return torch.nansum(data, axes, keepdim=keepdim, dtype=data.dtype, out=out)

    def gradient(self, d_output, data):
        return self.spread(d_output, data) * get_op("_equal")()(data, data)


class Mean(Reduction, name="mean", aliases=["_sparse_mean"]):
    """Mean over axes, truncated for integers."""

    def reduce(self, data, axes, keepdim, out):
        if data.is_floating_point():
            return torch.mean(data, axes, keepdim, out=out)
        total = torch.sum(data, axes, keepdim=keepdim, dtype=torch.int64)
        count = data.numel() // max(total.numel(), 1)
        return truncated(total.div_(count, rounding_mode="trunc"), data.dtype, out)

    def gradient(self, d_output, data):
        return self.spread(self.same_axes("_over_count", d_output, data), data)


class OverCount(Reduction, name="_over_count"):
    """The values of a reduction, divided by how many elements went into each.

    Shapes: data (the result of a reduction with the same parameters), like (what was reduced) ->
    that of data.
    """

    shape_only = ("like",)
    inplace = {"output": ("data",)}

    def infer_shape(self, s):
        s.same("data", "output")

    def forward(self, data, like, *, out):
        count = like.numel() / max(data.numel(), 1)
        return torch.div(data, count, out=out)

    def gradient(self, d_output, like):
        return self(d_output, like), None


class SpreadLike(Reduction, name="_spread_like"):
    """The values of a reduction, stretched to the shape of what was reduced.

    Shapes: data (the result of a reduction with the same parameters), like -> that of like.
    """

    shape_only = ("like",)
    view = "strided"

    def infer_shape(self, s):
        s.same("like", "output")

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data, like):
        axes = self.axes(like.dim())
        kept = [1 if axis in axes else dim for axis, dim in enumerate(like.shape)]
        return data.reshape(kept).expand(like.shape)

    def gradient(self, d_output):
        return self.same_axes("sum", d_output), None


class Prod(Reduction, name="prod"):
    """Product over axes."""

    def forward(self, data):
        return Reduction.forward(self, data, out=None)

    def reduce(self, data, axes, keepdim, out):
        for axis in reversed(axes):
            data = torch.prod(data, axis, keepdim=keepdim, dtype=data.dtype)
        return data

    def gradient(self, d_output, data):
        return self.spread(d_output, data) * self.same_axes("_product_of_others", data)


class NanProd(Prod, name="nanprod"):
    """Product over axes of what is not NaN."""

    def reduce(self, data, axes, keepdim, out):
        return super().reduce(torch.where(torch.isnan(data), 1, data), axes, keepdim, out)

    def gradient(self, d_output, data):
        filled = get_op("_fill_nan")(value=1.0)(data)
        slope = self.spread(d_output, data) * self.same_axes("_product_of_others", filled)
        # A product with 0 would not do where the others are infinite.
        is_number, zeros = get_op("_equal")()(data, data), get_op("zeros_like")()(data)
        return get_op("where")()(is_number, slope, zeros)


class ProductOfOthers(Reduction, name="_product_of_others"):
    """For each element, the product over axes of all others; for derivatives of products.

    It does not divide, so that it is right where elements are 0. Shapes: data = output.
    """

    def infer_shape(self, s):
        s.same()

    def forward(self, data):
        axes = self.axes(data.dim())
        if not axes:
            return torch.ones_like(data)
        order = (*(axis for axis in range(data.dim()) if axis not in axes), *axes)
        moved = data.permute(order)
        rows = moved.reshape(*moved.shape[: data.dim() - len(axes)], -1)
        one = torch.ones_like(rows[..., :1])
        before = torch.cat([one, rows[..., :-1]], -1).cumprod(-1)
        after = torch.cat([one, rows.flip(-1)[..., :-1]], -1).cumprod(-1).flip(-1)
        inverse = sorted(range(data.dim()), key=order.__getitem__)
        return (before * after).reshape(moved.shape).permute(inverse)


class FillNan(Op, name="_fill_nan"):
    """The array with ``value`` in place of NaN."""

    value: float = 0.0

    def forward(self, data):
        return torch.where(torch.isnan(data), self.value, data)

    def gradient(self, d_output, data):
        return d_output * get_op("_equal")()(data, data)


class Extreme(Reduction, abstract=True):
    """Every element that equals the result has the full gradient."""

    precision = "widest"

    def gradient(self, d_output, data, output):
        return self.spread(d_output, data) * get_op("_equal")()(data, self.spread(output, data))


class Max(Extreme, name="max", aliases=["max_axis"]):
    """Maximum over axes; NaN if there is one. Every maximum has the full gradient."""

    def reduce(self, data, axes, keepdim, out):
        return torch.amax(data, axes, keepdim=keepdim, out=out)


class Min(Extreme, name="min", aliases=["min_axis"]):
    """Minimum over axes; NaN if there is one. Every minimum has the full gradient."""

    def reduce(self, data, axes, keepdim, out):
        return torch.amin(data, axes, keepdim=keepdim, out=out)


class SquareSum(Reduction, name="_square_sum"):
    """Sum over axes of the squares."""

    def forward(self, data):
        return Reduction.forward(self, data, out=None)

    def reduce(self, data, axes, keepdim, out):
        return torch.sum(torch.square(data), axes, keepdim=keepdim, dtype=data.dtype)

    def gradient(self, d_output, data):
        return self.spread(d_output, data) * (data * 2)


class Norm(OverAxes, name="norm", aliases=["_sparse_norm"]):
    """Σ |x| (``ord`` 1) or √Σ x² (``ord`` 2) over axes; ``out_dtype`` is that of the result.

    Shapes: data (*n) -> the axes that are left, or 1 in place of the others with ``keepdims``;
    (1,) where none is left. The gradient at 0 is 0.
    """

    ord: int = 2
    axis: Shape | None = None
    out_dtype: ResultType = None
    keepdims: bool = False
    precision = "full"
    exclude = False

    def check(self):
        if self.ord not in (1, 2):
            raise MXNetError(f"norm only supports ord=1 and ord=2, not {self.ord}")

    def infer_dtype(self, t):
        t.output = self.out_dtype or t.data

    def reduce(self, data, axes, keepdim, out):
        dtype = getattr(torch, self.out_dtype) if self.out_dtype else data.dtype
        norm = torch.linalg.vector_norm
        if data.dtype == dtype and dtype.is_floating_point:
            return norm(data, self.ord, axes, keepdim=keepdim, out=out)
        wide = norm(data.double(), self.ord, axes, keepdim=keepdim)
        if not dtype.is_floating_point:
            return truncated(wide, dtype, out)
        return wide.to(dtype) if out is None else out.copy_(wide)

    def same_axes(self, name, *inputs):
        return get_op(name)(axis=self.axis, keepdims=self.keepdims)(*inputs)

    def gradient(self, d_output, data, output):
        cast_like = get_op("_cast_like")() if self.out_dtype else lambda value, like: value
        if self.ord == 1:
            scale = self.spread(d_output, data)
            return cast_like(scale, data) * get_op("sign")()(data)
        # Where the norm is 0, so is the data: any divisor but 0 gives the gradient 0.
        scale = d_output / (output + get_op("_equal_scalar")(scalar=0.0)(output))
        return cast_like(self.spread(scale, data), data) * data


class Moments(Op, name="moments"):
    """Mean and variance over ``axes`` (an integer or several; all if None or empty).

    Shapes: data (*n) -> twice the axes that are left, or 1 in place of the others with
    ``keepdims``; (1,) where none is left. The variance divides by the number of elements.
    """

    axes: Shape | None = None
    keepdims: bool = False
    precision = "full"
    outputs = ("output0", "output1")

    @property
    def mean(self):
        """The reduction over the same axes."""
        return get_op("mean")(axis=self.axes, keepdims=self.keepdims)

    def infer_shape(self, s):
        s.output0 = s.output1 = self.mean.reduced(s.data)

    def forward(self, data):
        if not data.is_floating_point():
            return tuple(truncated(m, data.dtype, None) for m in self.forward(data.double()))
        axes = self.mean.axes(data.dim()) or None
        shape = self.mean.reduced(tuple(data.shape))
        variance, mean = torch.var_mean(data, axes, correction=0, keepdim=True)
        return mean.reshape(shape), variance.reshape(shape)

    def gradient(self, d_output0, d_output1, data, output0):
        mean = self.mean
        d_mean = mean.same_axes("_over_count", d_output0, data)
        d_variance = mean.same_axes("_over_count", d_output1, data) * 2
        distance = data - mean.spread(output0, data)
        return mean.spread(d_mean, data) + mean.spread(d_variance, data) * distance


# -- running sums and histograms ------------------------------------------------------------------
class Cumsum(Op, name="_np_cumsum", aliases=["cumsum"]):
    """Running sum along ``axis`` (None: of the flattened array); ``dtype`` is that of the result.

    Shapes: a (*n) -> (*n); without axis (∏n,). Booleans are summed as int64.
    """

    axis: int | None = None
    dtype: ResultType = None

    def infer_shape(self, s):
        if self.axis is not None:
            normalized_axes((self.axis,), len(s.a))
            s.same()
        else:
            s.output = (product(s.a),)

    def infer_dtype(self, t):
        t.output = self.dtype or ("int64" if t.a == "bool" else t.a)

    def forward(self, a, *, out):
        dtype = getattr(torch, self.dtype) if self.dtype else a.dtype
        dtype = torch.int64 if dtype is torch.bool else dtype
        if self.axis is None:
            return torch.cumsum(a.reshape(-1), 0, dtype=dtype, out=out)
        return torch.cumsum(a, self.axis, dtype=dtype, out=out)

    def gradient(self, d_output, a):
        d_a = get_op("_reverse_cumsum")(axis=0 if self.axis is None else self.axis)(d_output)
        d_a = get_op("reshape_like")()(d_a, a) if self.axis is None else d_a
        return get_op("_cast_like")()(d_a, a) if self.dtype else d_a


class ReverseCumsum(Op, name="_reverse_cumsum"):
    """Running sum along ``axis`` from its end; the derivative of cumsum."""

    axis: int = 0

    def forward(self, data):
        return data.flip(self.axis).cumsum(self.axis, dtype=data.dtype).flip(self.axis)

    def gradient(self, d_output):
        return get_op("_np_cumsum")(axis=self.axis)(d_output)


class Histogram(Op, name="_histogram"):
    """Counts of values between edges, and the edges; the last edge belongs to the last bin.

    Either ``bin_cnt`` bins of equal width between the two numbers ``range``: data -> (bin_cnt,),
    (bin_cnt + 1,); or between given edges: data, bins (n + 1,) -> (n,), (n + 1,). Counts are int64.
    """

    bin_cnt: Annotated[int, at_least(1)] | None = None
    range: Floats | None = None
    waits = True
    outputs = ("output0", "output1")
    differentiable = False

    def inputs(self):
        return ("data", "bins") if self.bin_cnt is None else ("data",)

    def check(self):
        if self.range is not None and (len(self.range) != 2 or self.range[0] >= self.range[1]):
            raise MXNetError(
                f"range should be two numbers, of which the second is larger, not {self.range}"
            )

    def infer_shape(self, s):
        if self.bin_cnt is not None:
            if self.range is None:
                raise Mismatch("bin_cnt needs range as well: the lowest and the highest edge")
            s.output0, s.output1 = (self.bin_cnt,), (self.bin_cnt + 1,)
            return
        s.same("bins", "output1")
        if len(s.bins) != 1 or s.bins[0] < 2:
            raise Mismatch(f"bins should have 1 dimension and at least 2 edges but is {s.bins}")
        s.output0 = (s.bins[0] - 1,)

    def infer_dtype(self, t):
        t.output0 = "int64"
        if self.bin_cnt is None:
            t.same("data", "bins", "output1")
        else:
            t.same("data", "output1")

    def forward(self, data, bins=None):
        if bins is None:
            count = self.bin_cnt
            edges = torch.linspace(*self.range, count + 1, dtype=torch.float64, device=data.device)
            bins = edges.to(data.dtype)
        else:
            count, edges, bins = bins.shape[0] - 1, bins, bins.clone()
        values = data.reshape(-1).to(edges.dtype)
        index = torch.searchsorted(edges, values, right=True) - 1
        index = torch.where(values == edges[-1], count - 1, index)
        index = index[(index >= 0) & (index < count)]
        return torch.bincount(index, minlength=count), bins


# -- checks and sums over arrays ------------------------------------------------------------------
class AllClose(Op, name="_contrib_allclose"):
    """1 if |a - b| ≤ atol + rtol · |b| everywhere, else 0, as uint8: a, b of one shape -> ()."""

    rtol: Annotated[float, at_least(0)] = 1e-5
    atol: Annotated[float, at_least(0)] = 1e-8
    equal_nan: bool = True
    differentiable = False

    def infer_shape(self, s):
        s.same("a", "b")
        s.output = ()

    def infer_dtype(self, t):
        t.same("a", "b")
        t.output = "uint8"

    def forward(self, a, b):
        close = torch.isclose(a, b, rtol=self.rtol, atol=self.atol, equal_nan=self.equal_nan)
        return close.all().to(torch.uint8)


class Finite(Op, abstract=True):
    """1 if every element is finite, else 0, as float32: -> (1,).

    With ``init_output=False`` the array given as ``out=`` stays 0 where it was 0.
    """

    differentiable = False

    def infer_dtype(self, t):
        t.output = "float32"

    def verdict(self, arrays, out, node):
        """The result for several arrays."""
        if not self.init_output and (out is None or node is not None):
            raise MXNetError("init_output=False needs an existing array: give it as out=")
        # Everything is finite if the extremes are: NaN is both of them.
        ends = [end for array in arrays if array.numel() for end in torch.aminmax(array)]
        finite = torch.ones(1, device=arrays[0].device)
        for end in ends:
            finite.mul_(torch.isfinite(end))
        if out is None:
            return finite
        return out.copy_(finite) if self.init_output else out.mul_(finite)


class AllFinite(Finite, name="all_finite"):
    """1 if every element is finite, else 0, as float32: data -> (1,)."""

    init_output: bool = True

    def infer_shape(self, s):
        s.output = (1,)

    def forward(self, data, *, out, node):
        return self.verdict([data], out, node)


class MultiAllFinite(Finite, name="multi_all_finite"):
    """1 if every element of several arrays is finite, else 0, as float32: -> (1,)."""

    num_arrays: Annotated[int, at_least(1)] = 1
    init_output: bool = True
    count = "num_arrays"
    variadic_prefix = "array_"

    def infer_shape(self, s):
        s.output = (1,)

    def forward(self, *data, out, node):
        return self.verdict(data, out, node)


class MultiSumSq(Op, name="multi_sum_sq"):
    """The sum of squares of each of several arrays, as float32: -> (num_arrays,)."""

    num_arrays: Annotated[int, at_least(1)]
    count = "num_arrays"
    variadic_prefix = "array_"
    differentiable = False

    def infer_shape(self, s):
        s.output = (self.num_arrays,)

    def infer_dtype(self, t):
        t.output = "float32"
        t.same(*self.input_names)

    def forward(self, *data):
        return torch.stack([array.float().square().sum() for array in data])
