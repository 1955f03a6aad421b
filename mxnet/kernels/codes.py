"""The numbers that stand for operations in native programs."""

from ..ops.generated import REGISTERS, TILE

__all__ = ["REGISTERS", "TILE"]

# Records.
(
    CHAIN, GEMM, GEMV_ROWS, GEMV_COLUMNS, OUTER, SUM_ROWS, SUM_COLUMNS, SOFTMAX, PRODUCT, CALL,
    MAX_COLUMNS, STAGES,
) = range(1, 13)  # fmt: skip

# Steps of a chain.
LOAD, STORE = 1, 2
(
    ADD, SUB, MUL, DIV, FUSED_MULTIPLY_ADD, TANH, SIGMOID, EXP, CLAMP_MIN, THRESHOLD_BACKWARD,
    TANH_BACKWARD, SIGMOID_BACKWARD, NEG, SQRT, RECIPROCAL, LOG, TRUNC, MAXIMUM, MINIMUM,
) = range(10, 29)  # fmt: skip
COMPARE = 40  # and after it: equal, unequal, less, less or equal, greater, greater or equal
