"""Where the recorded results of 1.9.1 are not followed; docs/differences.md is made from this, too."""

from __future__ import annotations

from typing import Any

__all__ = ["BETTER_ERRORS", "BETTER_RESULTS", "DEFECTS"]

# Parts ("" for all) in which 1.9.1 is wrong and we do what it promises, with what it does instead.
DEFECTS = {
    "RNN.25": ("", "on the CPU it ignores the lengths of the sequences"),
    "SoftmaxOutput.25": (
        "grad/data",
        "with out_grad it multiplies by the output instead",
    ),
    "SoftmaxOutput.28": ("grad/data", "it overwrites the gradient array that it should add to"),
    "unravel_index.03": ("out/0", "it infers too few elements for data with two dimensions"),
    "unravel_index.04": ("out/0", "it infers too few elements for data with two dimensions"),
}

# Where we give another result: the result, and what 1.9.1 does.
BETTER_RESULTS: dict[str, tuple[Any, str]] = {
    "inference.01": (
        [[[2, 3], [2, 0]], [[2, 0]], []],
        "partial inference names the size of a concatenation of which a part is not known",
    ),
}

# Where we fail and 1.9.1 does not: what it accepts.
BETTER_ERRORS = {
    "axis_range.02": "softmax over an axis that the data do not have",
    "shape_mismatch.08": "Reshape to another number of elements",
    "shape_mismatch.11": "where with a condition of another shape",
}
