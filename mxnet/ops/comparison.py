"""Comparison and logic: two arrays of equal shape, or an array and a number.

Results are 0 and 1 in the element type of the inputs. The operators of two arrays also serve their
broadcasting variants (``broadcast``).
"""

import math

from .arithmetic import Binary, Scalar
from .lazy_torch import torch

__all__ = ["Comparison", "ScalarComparison"]


def relation(function, lhs, rhs, out):
    """A comparison by a torch function; the result has the element type of ``lhs``."""
    function = getattr(torch, function)
    return function(lhs, rhs).to(lhs.dtype) if out is None else function(lhs, rhs, out=out)


# -- two arrays ---------------------------------------------------------------------------------
class Comparison(Binary, abstract=True):
    """1 where the relation holds, else 0, in the element type of the inputs; no gradient."""

    function = ""  # of torch

    def forward(self, lhs, rhs, *, out):
        return relation(self.function, lhs, rhs, out)

    def slopes(self, d_output, lhs, rhs, output):
        return None, None


class Equal(Comparison, abstract=True):
    """lhs = rhs."""

    function = "eq"


class NotEqual(Comparison, abstract=True):
    """lhs ≠ rhs."""

    function = "ne"


class Greater(Comparison, abstract=True):
    """lhs > rhs."""

    function = "gt"


class GreaterEqual(Comparison, abstract=True):
    """lhs ≥ rhs."""

    function = "ge"


class Lesser(Comparison, abstract=True):
    """lhs < rhs."""

    function = "lt"


class LesserEqual(Comparison, abstract=True):
    """lhs ≤ rhs."""

    function = "le"


class LogicalAnd(Comparison, abstract=True):
    """Both are not 0."""

    function = "logical_and"


class LogicalOr(Comparison, abstract=True):
    """At least one is not 0."""

    function = "logical_or"


class LogicalXor(Comparison, abstract=True):
    """Exactly one is not 0."""

    function = "logical_xor"


class ElemwiseEqual(Equal, name="_equal", aliases=["_Equal"]):
    """1 where lhs = rhs, else 0."""


class ElemwiseNotEqual(NotEqual, name="_not_equal", aliases=["_Not_Equal"]):
    """1 where lhs ≠ rhs, else 0."""


class ElemwiseGreater(Greater, name="_greater", aliases=["_Greater"]):
    """1 where lhs > rhs, else 0."""


class ElemwiseGreaterEqual(GreaterEqual, name="_greater_equal", aliases=["_Greater_Equal"]):
    """1 where lhs ≥ rhs, else 0."""


class ElemwiseLesser(Lesser, name="_lesser", aliases=["_Lesser"]):
    """1 where lhs < rhs, else 0."""


class ElemwiseLesserEqual(LesserEqual, name="_lesser_equal", aliases=["_Lesser_Equal"]):
    """1 where lhs ≤ rhs, else 0."""


class ElemwiseLogicalAnd(LogicalAnd, name="_logical_and", aliases=["_Logical_And"]):
    """1 where both are not 0, else 0."""


class ElemwiseLogicalOr(LogicalOr, name="_logical_or", aliases=["_Logical_Or"]):
    """1 where at least one is not 0, else 0."""


class ElemwiseLogicalXor(LogicalXor, name="_logical_xor", aliases=["_Logical_Xor"]):
    """1 where exactly one is not 0, else 0."""


# -- an array and a number -----------------------------------------------------------------------
class ScalarComparison(Scalar, abstract=True):
    """1 where the relation holds, else 0, in the element type of the data; no gradient."""

    function = ""  # of torch

    def forward(self, data, *, out):
        if math.isfinite(self.scalar) or data.is_floating_point():
            return super().forward(data, out=out)
        result = relation(self.function, data.double(), self.scalar, None).to(data.dtype)
        return result if out is None else out.copy_(result)

    def compute(self, data, scalar, out):
        return relation(self.function, data, scalar, out)

    def gradient(self, d_output):
        return None


class EqualScalar(ScalarComparison, name="_equal_scalar", aliases=["_EqualScalar"]):
    """1 where data = scalar, else 0."""

    function = Equal.function


class NotEqualScalar(ScalarComparison, name="_not_equal_scalar", aliases=["_NotEqualScalar"]):
    """1 where data ≠ scalar, else 0."""

    function = NotEqual.function


class GreaterScalar(ScalarComparison, name="_greater_scalar", aliases=["_GreaterScalar"]):
    """1 where data > scalar, else 0."""

    function = Greater.function


class GreaterEqualScalar(
    ScalarComparison, name="_greater_equal_scalar", aliases=["_GreaterEqualScalar"]
):
    """1 where data ≥ scalar, else 0."""

    function = GreaterEqual.function


class LesserScalar(ScalarComparison, name="_lesser_scalar", aliases=["_LesserScalar"]):
    """1 where data < scalar, else 0."""

    function = Lesser.function


class LesserEqualScalar(
    ScalarComparison, name="_lesser_equal_scalar", aliases=["_LesserEqualScalar"]
):
    """1 where data ≤ scalar, else 0."""

    function = LesserEqual.function


class LogicalAndScalar(ScalarComparison, name="_logical_and_scalar", aliases=["_LogicalAndScalar"]):
    """1 where data and scalar are not 0, else 0."""

    def compute(self, data, scalar, out):
        if scalar:
            return relation("ne", data, 0, out)
        return torch.zeros_like(data) if out is None else out.zero_()


class LogicalOrScalar(ScalarComparison, name="_logical_or_scalar", aliases=["_LogicalOrScalar"]):
    """1 where data or scalar is not 0, else 0."""

    def compute(self, data, scalar, out):
        if not scalar:
            return relation("ne", data, 0, out)
        return torch.ones_like(data) if out is None else out.fill_(1)


class LogicalXorScalar(ScalarComparison, name="_logical_xor_scalar", aliases=["_LogicalXorScalar"]):
    """1 where exactly one of data and scalar is not 0, else 0."""

    def compute(self, data, scalar, out):
        return relation("eq" if scalar else "ne", data, 0, out)
