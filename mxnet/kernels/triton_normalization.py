"""Batch normalisation with what follows it on GPUs, in Triton's language, in few passes over memory.

Arrays are rows of channels, wherever the numbers lie: a row is a sample, or a pixel of one. A program
works on a rectangle of rows and channels, in float32; sums over all rows are made in parts, which are
put together in their order, so that all runs give the same bits.
"""

# Triton types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

import torch
import triton
import triton.language as tl

__all__ = ["backward", "fits", "forward"]

_MOST_PARTS = 256
_LEAST_IN_PART = 4  # rectangles


@triton.jit
def _offsets(rows, channels, spatial, image_step, pixel_step, channel_step):
    """Where the numbers of a rectangle lie."""
    image = rows.to(tl.int64) // spatial
    first = image * image_step + (rows - image * spatial) * pixel_step
    return first[:, None] + channels.to(tl.int64)[None, :] * channel_step


@triton.jit
def _statistics(
    x, means, squares, rows, channels, spatial, image_step, pixel_step, channel_step, part_rows,
    ROWS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """Of each part: the mean, and the sum of squares of what is apart from it (Chan et al. 1983)."""
    part = tl.program_id(0)
    c = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    first = part * part_rows
    last = tl.minimum(first + part_rows, rows)
    mean = tl.zeros((CHANNELS,), tl.float32)
    square = tl.zeros((CHANNELS,), tl.float32)
    for start in range(first, last, ROWS):
        r = start + tl.arange(0, ROWS)
        here = (r < last)[:, None] & (c < channels)[None, :]
        at = _offsets(r, c, spatial, image_step, pixel_step, channel_step)
        value = tl.load(x + at, here, other=0.0).to(tl.float32)
        count = (start - first).to(tl.float32)
        added = tl.minimum(last - start, ROWS).to(tl.float32)
        center = tl.sum(value, 0) / added
        apart = tl.where(here, value - center[None, :], 0.0)
        step = center - mean
        mean += step * (added / (count + added))
        square += tl.sum(apart * apart, 0) + step * step * (count * added / (count + added))
    tl.store(means + part * channels + c, mean, c < channels)
    tl.store(squares + part * channels + c, square, c < channels)


@triton.jit
def _finish_statistics(
    means, squares, mean, inverse, rows, channels, parts, part_rows, eps, CHANNELS: tl.constexpr
):
    """The mean of all parts, and 1 / sqrt(variance + eps)."""
    c = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    whole = tl.zeros((CHANNELS,), tl.float32)
    square = tl.zeros((CHANNELS,), tl.float32)
    for part in range(parts):
        center = tl.load(means + part * channels + c, c < channels, other=0.0)
        inner = tl.load(squares + part * channels + c, c < channels, other=0.0)
        before = part * part_rows
        count = before.to(tl.float32)
        added = tl.minimum(rows - before, part_rows).to(tl.float32)
        step = center - whole
        whole += step * (added / (count + added))
        square += inner + step * step * (count * added / (count + added))
    tl.store(mean + c, whole, c < channels)
    tl.store(inverse + c, 1.0 / tl.sqrt(square / rows + eps), c < channels)


@triton.jit
def _apply(
    x, residual, y, gamma, beta, mean, inverse, rows, channels, spatial, image_step, pixel_step,
    channel_step, RELU: tl.constexpr, ADD: tl.constexpr, ROWS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """y = max(gamma (x - mean) inverse + beta (+ residual), 0)."""
    r = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    c = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    here = (r < rows)[:, None] & (c < channels)[None, :]
    at = _offsets(r, c, spatial, image_step, pixel_step, channel_step)
    value = _normalised(x, gamma, beta, mean, inverse, at, here, c, channels)
    if ADD:
        value += tl.load(residual + at, here, other=0.0).to(tl.float32)
    if RELU:
        value = tl.where(value < 0.0, 0.0, value)
    tl.store(y + at, value, here)


@triton.jit
def _normalised(x, gamma, beta, mean, inverse, at, here, c, channels):
    scale = tl.load(gamma + c, c < channels, other=0.0) * tl.load(
        inverse + c, c < channels, other=0.0
    )
    offset = tl.load(beta + c, c < channels, other=0.0)
    center = tl.load(mean + c, c < channels, other=0.0)
    apart = tl.load(x + at, here, other=0.0).to(tl.float32) - center[None, :]
    return apart * scale[None, :] + offset[None, :]


@triton.jit
def _passed(
    x, y, d, gamma, beta, mean, inverse, at, here, c, channels, RELU: tl.constexpr,
    ADD: tl.constexpr,
):  # fmt: skip
    """The head gradient where relu lets it through: where y is above 0, which is read or made again."""
    gradient = tl.load(d + at, here, other=0.0).to(tl.float32)
    if RELU:
        if ADD:
            value = tl.load(y + at, here, other=0.0).to(tl.float32)
        else:
            value = _normalised(x, gamma, beta, mean, inverse, at, here, c, channels)
        gradient = tl.where(value <= 0.0, 0.0, gradient)
    return gradient


@triton.jit
def _gradient_sums(
    x, y, d, masked, gamma, beta, mean, inverse, sums, products, rows, channels, spatial, image_step,
    pixel_step, channel_step, part_rows, RELU: tl.constexpr, ADD: tl.constexpr, ROWS: tl.constexpr,
    CHANNELS: tl.constexpr,
):  # fmt: skip
    """Of each part: the sums of g, which relu lets through, and of g (x - mean) inverse."""
    part = tl.program_id(0)
    c = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    first = part * part_rows
    last = tl.minimum(first + part_rows, rows)
    center = tl.load(mean + c, c < channels, other=0.0)
    scale = tl.load(inverse + c, c < channels, other=0.0)
    total = tl.zeros((CHANNELS,), tl.float32)
    product = tl.zeros((CHANNELS,), tl.float32)
    for start in range(first, last, ROWS):
        r = start + tl.arange(0, ROWS)
        here = (r < last)[:, None] & (c < channels)[None, :]
        at = _offsets(r, c, spatial, image_step, pixel_step, channel_step)
        gradient = _passed(x, y, d, gamma, beta, mean, inverse, at, here, c, channels, RELU, ADD)
        if ADD:
            tl.store(masked + at, gradient, here)
        apart = tl.load(x + at, here, other=0.0).to(tl.float32) - center[None, :]
        total += tl.sum(gradient, 0)
        product += tl.sum(gradient * apart, 0)
    tl.store(sums + part * channels + c, total, c < channels)
    tl.store(products + part * channels + c, product * scale, c < channels)


@triton.jit
def _finish_sums(sums, products, d_gamma, d_beta, channels, parts, CHANNELS: tl.constexpr):
    """The sums of all parts."""
    c = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    total = tl.zeros((CHANNELS,), tl.float32)
    product = tl.zeros((CHANNELS,), tl.float32)
    for part in range(parts):
        total += tl.load(sums + part * channels + c, c < channels, other=0.0)
        product += tl.load(products + part * channels + c, c < channels, other=0.0)
    tl.store(d_beta + c, total, c < channels)
    tl.store(d_gamma + c, product, c < channels)


@triton.jit
def _gradient(
    x, d, d_x, gamma, beta, mean, inverse, d_gamma, d_beta, rows, channels, spatial, image_step,
    pixel_step, channel_step, RELU: tl.constexpr, ROWS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """d_x = gamma inverse (g - mean of g - z times the mean of g z), z being (x - mean) inverse."""
    r = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    c = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    here = (r < rows)[:, None] & (c < channels)[None, :]
    at = _offsets(r, c, spatial, image_step, pixel_step, channel_step)
    gradient = _passed(x, x, d, gamma, beta, mean, inverse, at, here, c, channels, RELU, False)
    scale = tl.load(inverse + c, c < channels, other=0.0)
    center = tl.load(mean + c, c < channels, other=0.0)
    apart = (tl.load(x + at, here, other=0.0).to(tl.float32) - center[None, :]) * scale[None, :]
    total = tl.load(d_beta + c, c < channels, other=0.0) / rows
    product = tl.load(d_gamma + c, c < channels, other=0.0) / rows
    factor = tl.load(gamma + c, c < channels, other=0.0) * scale
    value = factor[None, :] * (gradient - total[None, :] - apart * product[None, :])
    tl.store(d_x + at, value, here)


# -- calls ---------------------------------------------------------------------------------------


def fits(array):
    """Whether an array is stored so that its samples or pixels are rows: dense, or channels-last."""
    if array.dtype not in (torch.float32, torch.bfloat16, torch.float16) or not array.numel():
        return False
    if array.dim() == 2:
        return array.is_contiguous()
    last = array.dim() == 4 and array.is_contiguous(memory_format=torch.channels_last)
    return last or (array.dim() == 4 and array.is_contiguous())


class _Rows:
    """An array as rows of channels, and into what rectangles and parts it is cut."""

    def __init__(self, array):
        images, self.channels = array.shape[:2]
        spatial = array.numel() // (images * self.channels)
        self.rows = images * spatial
        if array.dim() == 2:
            steps = array.stride(0), 0, array.stride(1)
        elif array.is_contiguous(memory_format=torch.channels_last):
            steps = array.stride(0), self.channels, 1
        else:
            steps = array.stride(0), 1, spatial
        self.facts = self.rows, self.channels, spatial, *steps
        # Neighbours in memory belong to one rectangle.
        wide = min(64, triton.next_power_of_2(self.channels)) if steps[2] == 1 else 1
        self.block = {"ROWS": 2048 // wide, "CHANNELS": wide}
        self.across = triton.cdiv(self.channels, wide)
        self.down = triton.cdiv(self.rows, self.block["ROWS"])
        each = max(_LEAST_IN_PART, triton.cdiv(self.down, _MOST_PARTS))
        self.part_rows = each * self.block["ROWS"]
        self.parts = triton.cdiv(self.rows, self.part_rows)

    def partial(self, array):
        """Memory for two numbers a part and channel."""
        shape = (2, self.parts, self.channels)
        return torch.empty(shape, dtype=torch.float32, device=array.device)


def forward(data, gamma, beta, residual, eps, relu, *, out):
    """Normalise, add ``residual`` unless it is None, and apply relu if asked for.

    ``out``: the result, the mean, and 1 / sqrt(variance + eps). All arrays are stored as ``data`` is,
    see ``fits``; parameters and statistics are float32. The result may take the place of ``residual``.
    """
    if torch.overrides.has_torch_function((data,)):
        return torch.overrides.handle_torch_function(
            forward, (data,), data, gamma, beta, residual, eps, relu, out=out
        )
    y, mean, inverse = out
    view = _Rows(data)
    means, squares = view.partial(data)
    wide = {"CHANNELS": 128}
    narrow = (triton.cdiv(view.channels, 128),)
    _statistics[(view.parts, view.across)](
        data, means, squares, *view.facts, view.part_rows, **view.block
    )
    _finish_statistics[narrow](
        means, squares, mean, inverse, view.rows, view.channels, view.parts, view.part_rows, eps,
        **wide,
    )  # fmt: skip
    _apply[(view.down, view.across)](
        data, data if residual is None else residual, y, gamma, beta, mean, inverse, *view.facts,
        RELU=relu, ADD=residual is not None, **view.block,
    )  # fmt: skip
    torch.autograd.graph.increment_version(out)
    return out


def backward(d_output, data, y, gamma, beta, mean, inverse, relu, *, out):
    """The derivatives by data, by what was added (None without), gamma and beta, in ``out``.

    ``y``: the result of ``forward``, or None without a residual: then it is computed again. What is
    like ``data`` is stored as that; the first two may take the place of ``d_output``.
    """
    if torch.overrides.has_torch_function((data,)):
        arguments = d_output, data, y, gamma, beta, mean, inverse, relu
        return torch.overrides.handle_torch_function(backward, (data,), *arguments, out=out)
    d_data, masked, d_gamma, d_beta = out
    view, add = _Rows(data), y is not None
    sums, products = view.partial(data)
    _gradient_sums[(view.parts, view.across)](
        data, y if add else data, d_output, masked if add else data, gamma, beta, mean, inverse, sums,
        products, *view.facts, view.part_rows, RELU=relu, ADD=add, **view.block,
    )  # fmt: skip
    _finish_sums[(triton.cdiv(view.channels, 128),)](
        sums, products, d_gamma, d_beta, view.channels, view.parts, CHANNELS=128
    )
    _gradient[(view.down, view.across)](
        data, masked if add else d_output, d_data, gamma, beta, mean, inverse, d_gamma, d_beta,
        *view.facts, RELU=relu and not add, **view.block,
    )  # fmt: skip
    torch.autograd.graph.increment_version([each for each in out if each is not None])
    return out
