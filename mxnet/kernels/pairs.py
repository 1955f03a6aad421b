"""What matrix products of bfloat16 are made of: pairs of numbers of the inner dimension.

An instruction multiplies pairs of two vectors and adds both products of each to a float32 number. So a
pair is to these products what a number is to those of float32, and takes as much memory.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

from functools import partial

from llvmlite import ir

from ..ops.generated import LANES, ROWS
from ..ops.generated import PAIRS_DEPTH as DEPTH
from ..ops.generated import PAIRS_HEIGHT as HEIGHT
from .language import as_short, as_word, helper, intrinsic
from .tiles import block_bytes, tile_of, write_transposed
from .vectors import LINE, SHORTS, VECTOR, Build, addresses, writing

__all__ = ["DEPTH", "HEIGHT", "TOGETHER", "pack_left", "pack_right", "tile"]

TOGETHER = 2

_SHORT = ir.IntType(16)


class _Narrow(Build):
    """Float32 vectors that are stored as bfloat16."""

    line = LINE // 2

    def load(self, address, offset=0):
        value = self.builder.load(self.at(address, offset, SHORTS))
        value.align = 2
        return _narrow().widened(self.builder, value)

    def load_some(self, address, mask, offset=0):
        return _narrow().widened(self.builder, _load_shorts(self, address, mask, offset))

    def store(self, value, address, offset=0):
        value = _narrow().rounded(self.builder, value)
        self.builder.store(value, self.at(address, offset, SHORTS)).align = 2

    def store_some(self, value, address, mask, offset=0):
        value, place = _narrow().rounded(self.builder, value), self.at(address, offset, SHORTS)
        name = f"llvm.masked.store.v{LANES}i16.p0"
        self.call(name, ir.VoidType(), value, place, ir.Constant(ir.IntType(32), 2), mask)


class _Bare(_Narrow):
    bare = True


class Pairs(Build):
    """Vectors of LANES pairs, of the type of LANES float32 numbers; masks name single numbers."""

    def stored(self, size, shift):
        halves = self.builder.icmp_signed("==", size, self.number(2))
        with self.builder.if_else(halves) as (short, whole):
            with short:
                nothing = self.builder.icmp_signed("==", shift, self.number(0))
                with self.builder.if_else(nothing) as (alone, added):
                    with alone:
                        yield _Bare(self.builder)
                    with added:
                        yield _Narrow(self.builder)
            with whole:
                yield Build(self.builder)

    def behind(self, size, count):
        return self.builder.mul(size, self.number(LANES * count))

    def multiply_add(self, a, b, c):
        """``c`` and the products of both numbers of each pair."""
        kind = ir.VectorType(_narrow().BfloatType(), 2 * LANES)
        a, b = (self.builder.bitcast(each, kind) for each in (a, b))
        return self.call("llvm.x86.avx512bf16.dpbf16ps.512", VECTOR, c, a, b)

    def mask(self, bits):
        kind = ir.VectorType(ir.IntType(1), 2 * LANES)
        return self.builder.bitcast(self.builder.trunc(bits, ir.IntType(2 * LANES)), kind)

    def load_some(self, address, mask, offset=0):
        return self.builder.bitcast(_load_shorts(self, address, mask, offset), VECTOR)


def _narrow():
    """The module, which imports numba."""
    from . import narrow

    return narrow


def _load_shorts(build, address, mask, offset=0):
    """The numbers of 16 bits that a mask names, zeros for the others."""
    kind = ir.VectorType(_SHORT, mask.type.count)
    zeros, align = ir.Constant(kind, [0] * kind.count), ir.Constant(ir.IntType(32), 2)
    name = f"llvm.masked.load.v{kind.count}i16.p0"
    return build.call(name, kind, build.at(address, offset, kind), align, mask, zeros)


def _woven(build, first, second):
    """Pairs of the numbers of two vectors."""
    words = ir.VectorType(ir.IntType(32), first.type.count)
    first, second = (build.builder.zext(each, words) for each in (first, second))
    high = build.builder.shl(second, ir.Constant(words, [16] * words.count))
    return build.builder.or_(first, high)


tile = tile_of(Pairs)


def _write_woven(build, source, other, target, bits, other_bits):
    pairs = ((source, bits), (other, other_bits))
    pairs = _woven(build, *(_load_shorts(build, place, build.mask(each)) for place, each in pairs))
    build.store(pairs, target, kind=pairs.type)


@intrinsic
def _weave(context, source, other, target, bits, other_bits):
    """Pairs of numbers of two steps, those that masks name; zeros for the others."""
    return addresses(5), writing(_write_woven)


def _write_all(count, build, source, other, target):
    kind = ir.VectorType(_SHORT, count)
    pairs = _woven(build, *(build.load(place, kind=kind) for place in (source, other)))
    build.store(pairs, target, kind=pairs.type)


@intrinsic
def _weave_all(context, source, other, target):
    """A vector of pairs."""
    return addresses(3), writing(partial(_write_all, LANES))


@intrinsic
def _weave_half(context, source, other, target):
    """Half a vector of pairs, of which ROWS are wanted."""
    return addresses(3), writing(partial(_write_all, LANES // 2))


@intrinsic
def _transpose(context, source, pitch, target, target_pitch, rows, columns, numbers):
    """Copy at most LANES columns of pairs, of at most LANES rows, to rows."""
    return addresses(7), writing(write_transposed, Pairs)


@helper(inlined=False)
def pack_right(source, step, column, inner, columns, target):
    """A panel of the right matrix: of each pair of steps its columns, with zeros to whole vectors.

    ``step``: bytes from pair to pair; ``column``: from column to column, 2 where columns lie side by
    side; ``inner``: how many numbers there are.
    """
    pitch = (columns + LANES - 1) // LANES * LINE
    if column == 2:
        last = pitch - LINE
        bits = (1 << (columns - last // 4)) - 1
        for k in range(inner // 2):
            line, place = source + k * step, target + k * pitch
            for v in range(0, last, LINE):
                _weave_all(line + v // 2, line + step // 2 + v // 2, place + v)
            line += last // 2
            _weave(line, line + step // 2, place + last, bits, bits)
        if inner % 2:
            line, place = source + inner // 2 * step, target + inner // 2 * pitch
            for v in range(0, pitch, LINE):
                bits = (1 << min(LANES, columns - v // 4)) - 1
                _weave(line + v // 2, line, place + v, bits, 0)
    else:
        for v in range(0, columns, LANES):
            first, place, n = source + v * column, target + 4 * v, min(LANES, columns - v)
            for k in range(0, inner, 2 * LANES):
                numbers = min(2 * LANES, inner - k)
                count = (numbers + 1) // 2
                _transpose(first + 2 * k, column, place + k // 2 * pitch, pitch, n, count, numbers)


@helper(inlined=False)
def pack_left(source, row, step, inner, rows, target):
    """Rows of the left matrix in blocks of ROWS: of each pair of steps its rows.

    They lie side by side, or (``step`` is 4) their numbers do, of which there are not whole pairs.
    Mostly more is written, for it is faster: the next step overwrites what is too much.
    """
    pitch = block_bytes((inner + 1) // 2)
    if step == 4:
        _pack_numbers(source, row, inner, rows, target, pitch)
    else:
        _pack_steps(source, step, inner, rows, target, pitch)


@helper(inlined=False)
def _pack_numbers(source, row, inner, rows, target, pitch):
    for i in range(rows):
        numbers = as_short(source + i * row)
        place = target + i // ROWS * pitch + 4 * (i % ROWS)
        for k in range(inner // 2):
            as_word(place + 4 * ROWS * k)[0] = numbers[2 * k] | numbers[2 * k + 1] << 16
        if inner % 2:
            as_word(place + 4 * ROWS * (inner // 2))[0] = numbers[inner - 1]


@helper(inlined=False)
def _pack_steps(source, step, inner, rows, target, pitch):
    whole = rows // ROWS
    bits, other_bits = (1 << ROWS) - 1, (1 << (rows - whole * ROWS)) - 1
    for k in range(inner // 2):
        line, place = source + k * step, target + 4 * ROWS * k
        for _ in range(whole - 1):
            _weave_half(line, line + step // 2, place)
            line += 2 * ROWS
            place += pitch
        if whole:
            _weave(line, line + step // 2, place, bits, bits)
            line += 2 * ROWS
            place += pitch
        if other_bits:
            _weave(line, line + step // 2, place, other_bits, other_bits)
    if inner % 2:
        line, place = source + inner // 2 * step, target + 4 * ROWS * (inner // 2)
        for i in range(0, rows, ROWS):
            bits = (1 << min(ROWS, rows - i)) - 1
            _weave(line + 2 * i, line, place, bits, 0)
            place += pitch
