"""What a failure of a kernel means, in the words of this system rather than of the kernels."""

from __future__ import annotations

import re
import sysconfig

from ..error import MXNetError
from ..graph.origin import PACKAGE, Origin
from ..ops.shapes import Mismatch

__all__ = ["explain"]

_NAMES = {
    "Bool": "bool", "Byte": "uint8", "Char": "int8", "Short": "int16", "Int": "int32",
    "Long": "int64", "Half": "float16", "BFloat16": "bfloat16", "Float": "float32",
    "Double": "float64",
}  # fmt: skip
_CAST = "convert the inputs, for instance to float32, with astype or Cast"
_DTYPES = (
    "can't be cast to the desired output type|torch.iinfo|torch.finfo|floating point"
    "|could not infer output dtype|Could not set tensor of type|expected scalar type|same dtype"
    "|not supported for|bool tensor|Found dtype|Expected dtype"
)
_SHAPES = (
    "must match|invalid for input of size|Sizes of tensors|doesn't match the broadcast|equal size"
    "|number of dimensions|too many indices|Dimension out of range|out of range for tensor"
    "|exceeds dimension size|shape mismatch|Size does not match|number of sizes provided"
    "|cannot reshape|same shape|tuple index out of range|values to unpack|zip\\(\\)"
    "|has to be a vector|Index should have dimension|is ambiguous|shapes cannot be multiplied"
    "|number of indices|reduction dim|non-zero size|must not be empty|0-d(im)? tensor|1-dimensional"
    "|same slice shapes"
    "|Expected index|larger than 0 in RNN|size is inconsistent|sum exactly|cannot be broadcast"
    "|expand\\("
)
_SIZES = "negative dimension|non-negative|Overflow when unpacking|multiplication overflow"
_LIBRARIES = (PACKAGE, *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")))


def explain(error: Exception) -> tuple[str, str | None]:
    """The reason of a failure, and a hint or None.

    Our own errors speak for themselves; those of operators that users wrote are told as they are.
    """
    text = str(error)
    if isinstance(error, (MXNetError, Mismatch)):
        return text or "the inputs do not fit", None
    place = _users_line(error)
    if place is not None:
        return f"{type(error).__name__}: {text}, raised at {place}", None
    missing = re.search(r"not implemented for '(\w+)'", text)
    if missing:
        name = _NAMES.get(missing[1], missing[1])
        return f"there is no kernel for arrays of {name}", _CAST
    if isinstance(error, ZeroDivisionError):
        return "a parameter leads to a division by zero", None
    if "ZeroDivisionError" in text:
        return "integers are divided by zero", "floats give inf or nan instead"
    for patterns, reason, hint in (
        (_DTYPES, "the data types do not fit this operator", _CAST),
        ("out of bounds", "an index is out of range", None),
        (_SHAPES, "the shapes do not fit this operator", None),
        (_SIZES, "a size of the result is negative or too large", None),
        ("overflow|too big to convert", "a number is too large for the data type", None),
    ):
        if re.search(patterns, text):
            return reason, hint
    kind = "" if isinstance(error, RuntimeError) else f"{type(error).__name__}: "
    return f"{kind}{text}", None


def _users_line(error: Exception) -> Origin | None:
    """The innermost line of a user's own kernel that an error passed through."""
    found, trace = None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((*_LIBRARIES, "<")):
            found = Origin(file, trace.tb_lineno)
        trace = trace.tb_next
    return found
