"""Arrays of numbers of 16 bits, bfloat16, which kernels read and write as float32.

A bfloat16 is the upper half of a float32, so that reading is a shift. What is written is rounded to the
nearest, of two to the even one; numbers below the smallest normal one, 1.2e-38, become 0. So does the
instruction that processors with AVX512-BF16 have, and arithmetic of integers gives the same bits.
"""

# mypy: ignore-errors

import functools
import operator

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_builtin

from .machine import processor_has

__all__ = ["BFLOAT16", "BfloatType", "rounded", "widen_loops", "widened"]

_SHORT, _WORD = ir.IntType(16), ir.IntType(32)
_LANES = 16  # that one instruction rounds


class BfloatType(ir.Type):
    """The type in LLVM's language."""

    def _to_string(self):
        return "bfloat"

    def __eq__(self, other):
        return isinstance(other, BfloatType)

    def __hash__(self):
        return hash(BfloatType)


class _Pointer(types.CPointer):
    """Where bfloat16 numbers are, which are float32 to those who read them."""

    key = "bfloat16*"

    def __init__(self):
        super().__init__(types.float32)
        self.name = self.key


BFLOAT16 = _Pointer()


@register_default(_Pointer)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _SHORT.as_pointer())


@lower_builtin(operator.getitem, _Pointer, types.Integer)
def _read(context, builder, signature, arguments):
    return widened(builder, builder.load(builder.gep(arguments[0], arguments[1:])))


@lower_builtin(operator.setitem, _Pointer, types.Integer, types.Any)
def _write(context, builder, signature, arguments):
    pointer, index, number = arguments
    builder.store(rounded(builder, number), builder.gep(pointer, [index]))


def widened(builder, short):
    """The float32 numbers, one or a vector, that integers of 16 bits stand for."""
    bits = builder.zext(short, _like(short, _WORD))
    return builder.bitcast(builder.shl(bits, _constant(bits, 16)), _like(bits, ir.FloatType()))


def rounded(builder, number):
    """What stands for float32 numbers, one or a vector: integers of 16 bits."""
    return (_rounded_at_once if processor_has("avx512bf16") else _rounded)(builder, number)


def _like(value, kind):
    """A type, or a vector of it if a value is one."""
    return ir.VectorType(kind, value.type.count) if isinstance(value.type, ir.VectorType) else kind


def _constant(like, value):
    """A number, or a vector of it if what it is computed with is one."""
    is_vector = isinstance(like.type, ir.VectorType)
    return ir.Constant(like.type, [value] * like.type.count if is_vector else value)


def _rounded_at_once(builder, number):
    narrow = builder.fptrunc(number, _like(number, BfloatType()))
    return builder.bitcast(narrow, _like(number, _SHORT))


def _rounded(builder, number):
    bits = builder.bitcast(number, _like(number, _WORD))
    constant = functools.partial(_constant, bits)
    odd = builder.icmp_unsigned("!=", builder.and_(bits, constant(1 << 16)), constant(0))
    nearest = builder.add(bits, builder.select(odd, constant(0x8000), constant(0x7FFF)))
    small = builder.icmp_unsigned("==", builder.and_(bits, constant(0x7F800000)), constant(0))
    nearest = builder.select(small, builder.and_(bits, constant(0x80000000)), nearest)
    missing = builder.fcmp_unordered("uno", number, number)
    nearest = builder.select(missing, builder.or_(bits, constant(1 << 22)), nearest)
    return builder.trunc(builder.lshr(nearest, constant(16)), _like(number, _SHORT))


def widen_loops(module):
    """Have loops that round at once do so with whole vectors, which LLVM takes to be dear."""
    for function in module.functions:
        instructions = [each for block in function.blocks for each in block.instructions]
        if not any(isinstance(each.type, BfloatType) for each in instructions):
            continue
        places = {block: place for place, block in enumerate(function.blocks)}
        for block, place in places.items():
            end = block.terminator
            if any(places.get(target, place + 1) <= place for target in end.operands):
                end.set_metadata("llvm.loop", _wish(module, len(module.metadata)))


def _wish(module, number):
    """What LLVM reads of a loop: a node that begins with itself."""
    width = ["llvm.loop.vectorize.width", ir.Constant(_WORD, _LANES)]
    wish = module.add_metadata([str(number), width])
    wish.operands = (wish, *wish.operands[1:])
    return wish
