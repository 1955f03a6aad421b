"""From real numbers to integers of 8 bits and back.

Quantized values come with a range, two arrays of one element: the largest magnitude of the range
stands for the largest integer, zero stands for zero. 1.9.1 counts 127.5 steps of int8 and 255.5 of
uint8 from zero to that magnitude (127 and 255 in ``quantize`` and ``requantize``), and so does this
module; a range of zero gives zeros, where 1.9.1 divides by it.
"""

from typing import Literal

from ..error import MXNetError
from .core import Op
from .lazy_torch import torch
from .shapes import Mismatch

__all__ = [
    "CalibrateEntropy",
    "Dequantize",
    "Quantize",
    "QuantizeAsymmetrically",
    "QuantizeV2",
    "Requantize",
]

INT32_STEPS = 2.0**31


def steps_of(tensor):
    """The steps from zero to the end of the range of a quantized tensor."""
    return 255.5 if tensor.dtype == torch.uint8 else 127.5


def largest_of(tensor):
    """The largest number of a quantized tensor's element type."""
    return 255.0 if tensor.dtype == torch.uint8 else 127.0


def magnitude(low, high):
    """The largest magnitude in a range."""
    return torch.maximum(low.abs(), high.abs())


def per_unit(steps, reach):
    """Steps per unit of a range with this magnitude, as a float32 tensor; 0 for an empty range."""
    # A number over a tensor would be computed by the reciprocal, with another rounding.
    return torch.where(reach > 0, torch.full_like(reach, steps) / reach, 0)


def to_integers(values, dtype):
    """Real numbers rounded to integers of a type, ties to even, and cut to its limits."""
    limits = torch.iinfo(dtype)
    if limits.bits == 32:
        values = values.double()  # float32 does not have the largest int32
    return values.round().clamp(limits.min, limits.max).to(dtype)


def calibration(op):
    """The range that was measured in advance, or None."""
    if op.min_calib_range is None or op.max_calib_range is None:
        return None
    return op.min_calib_range, op.max_calib_range


def constants(numbers, like):
    """Numbers as float32 tensors of one element, on the device of another tensor."""
    return [torch.full((1,), n, dtype=torch.float32, device=like.device) for n in numbers]


class Ranged(Op, abstract=True):
    """What operators on quantized values share: ranges are float32 arrays of one element."""

    outputs = ("output", "min_output", "max_output")

    def ranges(self):
        """The names of the inputs and outputs that are ends of ranges."""
        names = (*self.input_names, *self.output_names)
        return [name for name in names if {"min", "max"} & {*name.split("_")}]

    def state_ranges(self, facts, value):
        """State the shape or the dtype of all ends of ranges."""
        for name in self.ranges():
            setattr(facts, name, value)


class ToInteger(Ranged, abstract=True):
    """What the operators that produce 8 bits share."""

    outputs = ("output0", "output1", "output2")

    def ranges(self):
        return [*super().ranges(), "output1", "output2"]

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        s.same("data", "output0")


class Quantize(ToInteger, name="_contrib_quantize"):
    """Real numbers of a given range as integers.

    Shapes: data (*n) float32, min_range, max_range (1,) -> (*n) of ``out_type``, and the range:
    for int8 the symmetric one.
    """

    out_type: Literal["int8", "uint8"] = "uint8"

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.data = "float32"
        t.output0 = self.out_type

    def forward(self, data, min_range, max_range):
        reach = magnitude(min_range, max_range)
        if self.out_type == "uint8":
            # Outputs are arrays of their own.
            return (
                to_integers(data * per_unit(255, reach), torch.uint8),
                min_range + 0,
                max_range + 0,
            )
        return to_integers(data * per_unit(127, reach), torch.int8), -reach, reach


class QuantizeV2(ToInteger, name="_contrib_quantize_v2"):
    """Real numbers as integers, in a range that is given by calibration or else that of the data.

    Shapes: data (*n) float32 -> (*n), and the range (1,), (1,). ``out_type="auto"`` is uint8 if the
    calibrated range has nothing below zero, else int8. Data that are integers of 8 bits already
    pass unchanged; raises Mismatch if another type is asked for (1.9.1 takes their bits for it).
    """

    out_type: Literal["auto", "int8", "uint8"] = "int8"
    min_calib_range: float | None = None
    max_calib_range: float | None = None

    def infer_dtype(self, t):
        t.output1 = t.output2 = "float32"
        if t.data not in ("float32", "int8", "uint8"):
            raise Mismatch(f"data should be float32, int8 or uint8 but are {t.data}")
        if t.data == "float32":
            t.output0 = self.integer_type()
        elif self.out_type in ("auto", t.data):
            t.output0 = t.data
        else:
            raise Mismatch(f"data are {t.data} already and cannot become {self.out_type}")

    def integer_type(self):
        """The type of the integers that real numbers become."""
        if self.out_type != "auto":
            return self.out_type
        found = calibration(self)
        return "uint8" if found and found[0] >= 0 else "int8"

    def forward(self, data):
        found = calibration(self)
        if data.dtype != torch.float32:
            steps = steps_of(data)
            low = 0.0 if data.dtype == torch.uint8 else -steps
            return data.clone(), *constants(found or (low, steps), data)
        if found:
            low, high = constants(found, data)
        elif data.numel():
            low, high = data.min().reshape(1), data.max().reshape(1)
        else:
            raise MXNetError("data without elements have no range: give min_calib_range and max")
        reach = magnitude(low, high)
        if self.integer_type() == "uint8":
            return to_integers(data * per_unit(255.5, reach), torch.uint8), low, high
        return to_integers(data * per_unit(127.5, reach), torch.int8), -reach, reach


class QuantizeAsymmetrically(Op, name="_contrib_quantize_asym"):
    """Real numbers as uint8 such that the ends of their range become 0 and 255.

    Shapes: data (*n) float32 -> (*n) uint8, scale (1,), shift (1,): output = scale data + shift.
    """

    min_calib_range: float | None = None
    max_calib_range: float | None = None
    outputs = ("output", "scale", "shift")

    def infer_shape(self, s):
        s.scale = s.shift = (1,)
        s.same("data", "output")

    def infer_dtype(self, t):
        t.scale = t.shift = t.data = "float32"
        t.output = "uint8"

    def forward(self, data):
        found = calibration(self)
        if not (found or data.numel()):
            raise MXNetError("data without elements have no range: give min_calib_range and max")
        low, high = constants(found, data) if found else (data.min().view(1), data.max().view(1))
        scale = per_unit(255, high - low)
        shift = 255 - high * scale
        return to_integers(data * scale + shift, torch.uint8), scale, shift


class Dequantize(Ranged, name="_contrib_dequantize"):
    """Quantized values as real numbers.

    Shapes: data (*n) int8 or uint8, min_range, max_range (1,) -> (*n) float32.
    """

    out_type: Literal["float32"] = "float32"
    outputs = ("output",)

    def infer_shape(self, s):
        self.state_ranges(s, (1,))
        s.same("data", "output")

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.output = "float32"
        if t.data not in ("int8", "uint8"):
            raise Mismatch(f"data should be int8 or uint8 but are {t.data}")

    def forward(self, data, min_range, max_range):
        return data.float() * (magnitude(min_range, max_range) / steps_of(data))


class Requantize(ToInteger, name="_contrib_requantize"):
    """Sums of products, int32, as integers of 8 bits in a narrower range.

    Shapes: data (*n) int32, its range min_range, max_range (1,) -> (*n), and the range (1,), (1,):
    the calibrated one, or else that of the data. ``out_type="auto"`` is uint8 if the calibrated
    range has nothing below zero, else int8. For uint8 the range begins with 0.
    """

    out_type: Literal["auto", "int8", "uint8"] = "int8"
    min_calib_range: float | None = None
    max_calib_range: float | None = None

    def infer_dtype(self, t):
        self.state_ranges(t, "float32")
        t.data = "int32"
        t.output0 = self.integer_type()

    integer_type = QuantizeV2.integer_type

    def forward(self, data, min_range, max_range):
        unit = magnitude(min_range, max_range) / INT32_STEPS
        found = calibration(self)
        if found:
            reach = magnitude(*constants(found, data))
        elif data.numel():
            reach = magnitude(data.min().float(), data.max().float()) * unit
        else:
            raise MXNetError("data without elements have no range: give min_calib_range and max")
        if self.integer_type() == "uint8":
            result = to_integers(data.float() * (unit * per_unit(255, reach)), torch.uint8)
            return result, torch.zeros_like(reach), reach
        return to_integers(data.float() * (unit * per_unit(127, reach)), torch.int8), -reach, reach


class CalibrateEntropy(Op, name="_contrib_calibrate_entropy"):
    """The range that loses least when data are quantized, from a histogram of the data.

    Shapes: hist (n,), hist_edges (n + 1,) symmetric about zero -> threshold (1,), divergence (1,).
    Of all ranges of whole bins around zero, from ``num_quantized_bins`` bins on, it is the one in
    which the distribution (what lies outside is put into the outermost bins) has the smallest
    Kullback-Leibler divergence from the same with bins merged to ``num_quantized_bins``.
    Source: Migacz, 8-bit inference with TensorRT, 2017.
    """

    num_quantized_bins: int = 255
    waits = True
    outputs = ("threshold", "divergence")
    differentiable = False

    def check(self):
        if self.num_quantized_bins < 1:
            raise MXNetError(
                f"num_quantized_bins should be positive, not {self.num_quantized_bins}"
            )

    def infer_shape(self, s):
        s.threshold = s.divergence = (1,)
        if s.get("hist") is None:
            if len(s.hist_edges) != 1:
                raise Mismatch(f"hist_edges should be a vector but has shape {s.hist_edges}")
            s.hist = (s.hist_edges[0] - 1,)
        if len(s.hist) != 1:
            raise Mismatch(f"hist should be a vector but has shape {s.hist}")
        if s.hist[0] < self.num_quantized_bins:
            raise Mismatch(
                f"hist has {s.hist[0]} bins, fewer than num_quantized_bins={self.num_quantized_bins}"
            )
        s.hist_edges = (s.hist[0] + 1,)

    def infer_dtype(self, t):
        t.hist = t.hist_edges = t.threshold = t.divergence = "float32"

    def forward(self, hist, hist_edges):
        counts = hist.double()
        zero = len(counts) // 2
        best = (float("inf"), len(counts))
        for reach in range(self.num_quantized_bins // 2, zero + 1):
            stop = min(zero + reach + 1, len(counts))
            found = loss_of_quantizing(counts, zero - reach, stop, self.num_quantized_bins)
            best = min(best, (found, stop))
        return hist_edges[best[1]].reshape(1), hist_edges.new_tensor([best[0]])


def loss_of_quantizing(counts, start, stop, bins):
    """The divergence of a histogram cut to [start, stop) from the same with merged bins."""
    cut = counts[start:stop].clone()
    whole = cut.clone()
    whole[0] += counts[:start].sum()
    whole[-1] += counts[stop:].sum()
    cut[0] = 0  # 1.9.1 merges the bins after the first one
    place = (torch.arange(len(cut), device=cut.device) // (len(cut) // bins)).clamp_(max=bins - 1)
    sums = cut.new_zeros(bins).index_add_(0, place, cut)
    sizes = cut.new_zeros(bins).index_add_(0, place, (cut != 0).double())
    merged = torch.where(whole != 0, (sums / sizes.clamp_min(1))[place], 0)
    p, q = smoothed(whole), smoothed(merged)
    if p is None or q is None:
        return float("inf")
    p, q = p / p.sum(), q / q.sum()
    return float((p * (p / q).log()).sum())


def smoothed(histogram, amount=1e-4):
    """The histogram with a little taken from filled bins for the empty ones; None if there is
    not enough."""
    filled = histogram != 0
    number = int(filled.sum())
    if not number:
        return None
    taken = amount * (len(histogram) - number) / number
    return None if taken >= 1 else torch.where(filled, histogram - taken, amount)
