"""The disagreements that are understood; docs/differences.md has the reason for each key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracle.differential import Record
from oracle.draw import Case

__all__ = ["DIFFERENCES", "FOUND_BY_RUNNING", "Difference", "key_of_part"]

# Keys that running a case again in another way finds; see run.py.
FOUND_BY_RUNNING = ("add", "onednn")


@dataclass(frozen=True)
class Difference:
    """A known disagreement: on which parts of which operators, under which condition."""

    key: str
    parts: tuple[str, ...]  # what their names start with
    operators: tuple[str, ...] = ()  # none: all
    holds: Callable[[Case, str, Record, Record], bool] = lambda *_: True


def invalid_integer(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """1.9.1 has the least integer where the result is not a number or does not fit."""
    mine, other = ours.arrays[part], theirs.arrays[part]
    if mine.dtype != other.dtype or mine.shape != other.shape or other.dtype.kind != "i":
        return False
    return bool(np.all((mine == other) | (other == np.iinfo(other.dtype).min)))


def not_a_number(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Where the sides differ, 1.9.1 has NaN and we have a number."""
    mine, other = ours.arrays[part], theirs.arrays[part]
    if mine.dtype != other.dtype or mine.shape != other.shape:
        return False
    close = np.isclose(mine, other, 1e-2, 1e-2, equal_nan=True)
    return bool(np.all(close | (np.isnan(other) & ~np.isnan(mine))))


def poles(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """They differ at zero, at negative whole numbers and at infinity alone."""
    data = case.input("data")
    wrong = ~np.isclose(ours.arrays[part], theirs.arrays[part], 1e-2, 1e-2, equal_nan=True)
    return bool(np.all(~wrong | np.isinf(data) | (data <= 0) & (data == np.floor(data))))


def has_float16(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The result is of half precision."""
    return theirs.arrays[part].dtype == np.float16


def parameters(**wanted) -> Callable[[Case, str, Record, Record], bool]:
    """Parameters have these values."""

    def holds(case: Case, part: str, ours: Record, theirs: Record) -> bool:
        return all(case.facts["params"].get(k) == v for k, v in wanted.items())

    return holds


def strides_and_dilates(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Some axis has both a stride and a dilation."""
    params = case.facts["params"]
    pairs = zip(params.get("stride", ()), params.get("dilate", ()), strict=False)
    return any(s > 1 and d > 1 for s, d in pairs)


def flattens(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The softmax is over the last of three or more axes."""
    return case.input("data").ndim > 2 and case.facts["params"].get("mode") != "channel"


def four_copies(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """One axis becomes four."""
    return case.input("data").ndim == 1 and len(case.facts["params"]["reps"]) == 4


def outside(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Some samples lie outside of the interval."""
    sample, low, high = (case.input(name) for name in ("sample", "low", "high"))
    shape = (*low.shape, *(1,) * (sample.ndim - low.ndim))
    return bool(np.any((sample < low.reshape(shape)) | (sample > high.reshape(shape))))


def converts_boxes(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Boxes come in one format and go in another, or in the one by centres."""
    params = case.facts["params"]
    return "center" in (params.get("in_format"), params.get("out_format"))


def odd_side(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The mirror leaves a middle row or column."""
    axis = 1 if case.op.endswith("left_right") else 0
    return case.input("data").shape[axis] % 2 == 1


def off_by_one(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Bytes that differ by 1."""
    mine, other = ours.arrays[part], theirs.arrays[part]
    return mine.dtype == np.uint8 and np.abs(mine.astype(int) - other.astype(int)).max() <= 1


def of_bytes(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The data are unsigned."""
    return case.input("data").dtype == np.uint8


def with_bias(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The layer has a bias, which is scaled to the range of the sums."""
    return "bias" in case.facts["inputs"]


def overflows(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Where the sides differ, we have a limit of the type."""
    mine, other = ours.arrays[part], theirs.arrays[part]
    info = np.iinfo(mine.dtype)
    near = np.abs(mine.astype(int) - other.astype(int)) <= 1  # where a half is rounded
    return bool(np.all(near | (mine == info.min) | (mine == info.max)))


def asks_for_negatives(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """A least number of negatives is given."""
    return "minimum_negative_samples" in case.facts["params"]


def csr_of_one_row(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """A csr matrix with one row is divided by a dense one."""
    return case.facts["storage"].get("lhs") == "csr" and len(case.input("lhs")) == 1


def unknown_sizes(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """We say unknown where 1.9.1 names a size."""
    mine, other = ours.facts[part], theirs.facts[part]
    pairs = [
        (a, b)
        for my_group, other_group in zip(mine, other, strict=True)
        for my_shape, other_shape in zip(my_group, other_group, strict=True)
        if my_shape
        for a, b in zip(my_shape, other_shape, strict=True)
    ]
    return all(a in (0, b) for a, b in pairs)


def unknown_types(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """We say unknown where 1.9.1 names a type."""
    mine, other = ours.facts[part], theirs.facts[part]
    return all(
        a in (None, b)
        for my_group, other_group in zip(mine, other, strict=True)
        for a, b in zip(my_group, other_group, strict=True)
    )


DIFFERENCES = (
    Difference("integer-conversion", ("out/",), holds=invalid_integer),
    Difference(
        "power-of-zero",
        ("grad/",),
        ("_power", "_rpower_scalar", "broadcast_power"),
        not_a_number,
    ),
    Difference("product-with-zeros", ("grad/",), ("prod", "nanprod"), not_a_number),
    Difference(
        "unknown-size",
        ("partial shapes",),
        (
            "Concat",
            "_rnn_param_concat",
            "Pad",
            "broadcast_like",
            "Convolution_v1",
            "_contrib_quantized_conv",
            "_contrib_box_encode",
            "_linalg_makediag",
            "RNN",
            "UpSampling",
        ),
        unknown_sizes,
    ),
    Difference(
        "unknown-type",
        ("partial types",),
        (
            "Crop",
            "_contrib_MultiBoxPrior",
            "_contrib_quantized_elemwise_add",
            "_contrib_quantized_act",
            "InstanceNorm",
            "IdentityAttachKLSparseReg",
            "softmin",
            "softmax",
            "log_softmax",
            "amp_multicast",
        ),
        unknown_types,
    ),
    Difference("undefined-mask", ("out/1",), ("LeakyReLU",), parameters(act_type="rrelu")),
    Difference("selu-gradient", ("grad/",), ("LeakyReLU",), parameters(act_type="selu")),
    Difference("gamma-poles", ("grad/",), ("gamma", "gammaln"), poles),
    Difference("infinite-sums", ("out/",), ("sum", "nansum", "mean", "norm"), not_a_number),
    Difference("half-ranges", ("out/",), ("_arange", "_contrib_arange_like"), has_float16),
    Difference("dilated-deconvolution", ("out/",), ("Deconvolution",), strides_and_dilates),
    Difference("softmax-activation", ("grad/",), ("SoftmaxActivation",), flattens),
    Difference("lamb-master-weights", ("argument/weight32",), ("mp_lamb_update_phase2",)),
    Difference("uniform-support", ("out/", "grad/"), ("_random_pdf_uniform",), outside),
    Difference(
        "odd-mirrors", ("out/",), ("_image_flip_left_right", "_image_flip_top_bottom"), odd_side
    ),
    Difference("hue-rounding", ("out/",), ("_image_random_hue",), off_by_one),
    Difference("saturation-gray", ("out/",), ("_image_random_saturation",)),
    Difference("quantized-convolution", ("out/1", "out/2"), ("_contrib_quantized_conv",), of_bytes),
    Difference("quantized-convolution", ("out/0",), ("_contrib_quantized_conv",), with_bias),
    Difference(
        "quantized-activation",
        ("out/0", "types", "partial types"),
        ("_contrib_quantized_act",),
        of_bytes,
    ),
    Difference("quantized-overflow", ("out/0",), ("_contrib_quantized_elemwise_mul",), overflows),
    Difference("resize-like-gradient", ("grad/like",), ("_contrib_BilinearResize2D",)),
    Difference("minimum-negatives", ("out/2",), ("_contrib_MultiBoxTarget",), asks_for_negatives),
    Difference("hawkes-gradient", ("grad/state", "grad/beta"), ("_contrib_hawkesll",)),
    Difference("gradient-of-boxes", ("grad/",), ("_contrib_box_nms",), converts_boxes),
    Difference("tile-to-four-axes", ("out/",), ("tile",), four_copies),
    Difference("sparse-division", ("out/", "storage"), ("broadcast_div",), csr_of_one_row),
    Difference(
        "fixed-gamma",
        ("argument/t_gamma",),
        ("BatchNorm", "BatchNorm_v1", "_contrib_BatchNormWithReLU"),
    ),
)


def key_of_part(case: Case, part: str, ours: Record, theirs: Record) -> str | None:
    """The key of the difference that explains a part, or None."""
    for difference in DIFFERENCES:
        if (
            part.startswith(difference.parts)
            and (not difference.operators or case.op in difference.operators)
            and difference.holds(case, part, ours, theirs)
        ):
            return difference.key
    return None
