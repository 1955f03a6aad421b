"""Conditions under which a difference from 1.9.1 is the known one; see differences.py."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from oracle.differential import Record
from oracle.draw import Case


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


def not_finite(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Where the sides differ, 1.9.1 has no finite number."""
    mine, other = ours.arrays[part], theirs.arrays[part]
    if mine.dtype != other.dtype or mine.shape != other.shape:
        return False
    close = np.isclose(mine, other, 1e-2, 1e-2, equal_nan=True)
    return bool(np.all(close | ~np.isfinite(other)))


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
    """Of four axes and more, one at most has several elements before."""
    data = case.input("data")
    return max(data.ndim, len(case.facts["params"]["reps"])) > 3 and max(data.shape) == data.size


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
    """We say unknown where 1.9.1 names a size, or a rank."""
    mine, other = ours.facts[part], theirs.facts[part]
    return all(
        not my_shape
        or not other_shape
        or (
            len(my_shape) == len(other_shape)
            and all(a in (0, b) or b == 0 for a, b in zip(my_shape, other_shape, strict=True))
        )
        for my_group, other_group in zip(mine, other, strict=True)
        for my_shape, other_shape in zip(my_group, other_group, strict=True)
    )


def unknown_types(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """We say unknown where 1.9.1 names a type."""
    mine, other = ours.facts[part], theirs.facts[part]
    return all(
        a in (None, b)
        for my_group, other_group in zip(mine, other, strict=True)
        for a, b in zip(my_group, other_group, strict=True)
    )


def negative_slope(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """A leaky or exponential unit that falls with its data."""
    params = case.facts["params"]
    return params.get("act_type") in ("elu", "leaky") and params.get("slope", 1) < 0


def untouched(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """1.9.1 leaves what was in the array, or adds nothing to it."""
    return np.array_equal(theirs.arrays[part], case.arrays[part])


def state_read_twice(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The output of a loop's body and its next state both use the state."""
    lines = [line for line in case.facts["program"].splitlines() if "return" in line]
    output, state = lines[0].split(", [")
    return bool(re.search(r"\bs\b", output) and re.search(r"\bs\b", state))


def beyond_the_end(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Where they differ, we have zeros."""
    mine, other = ours.arrays[part], theirs.arrays[part]
    return bool(np.all((mine == 0) | np.isclose(mine, other, 1e-3, 1e-3, equal_nan=True)))


def several_axes(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The data have two axes or more."""
    return case.input("data").ndim > 1


def one_pixel(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """A side of the grid is one pixel long."""
    sides = case.facts["params"].get("target_shape") or case.input("data").shape[2:]
    return 1 in tuple(sides)


def negative_labels(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """Labels are padded with negative numbers though 0 is the blank."""
    first = case.facts["params"].get("blank_label", "first") == "first"
    return first and bool(np.any(case.input("label") < 0))


def gray(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """A picture in colours is read as a gray one, off by one in places."""
    flag = case.facts["params"].get("flag")
    wanted = flag == 0 or "'flag': 0" in (case.facts["program"] or "")
    return wanted and off_by_one(case, part, ours, theirs)


def nan_data(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """They differ where the data are NaN."""
    wrong = ~np.isclose(ours.arrays[part], theirs.arrays[part], 1e-2, 1e-2, equal_nan=True)
    return bool(np.all(~wrong | np.isnan(case.input("data"))))


def list_and_new_axis(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The key has a list and None."""
    program = case.facts["program"]
    return "None" in program and ("[[" in program or " [" in program)


def list_and_negative(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """The key has a list and a negative number."""
    program = case.facts["program"]
    return bool(re.search(r"[\[ ]-\d+[,\]]", program)) and ("[[" in program or ", [" in program)


def norm_of_integers(case: Case, part: str, ours: Record, theirs: Record) -> bool:
    """A norm that is an integer."""
    is_norm = case.op == "norm" or ".norm()" in (case.facts["program"] or "")
    return is_norm and theirs.arrays[part].dtype.kind in "iu"
