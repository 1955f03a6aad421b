"""Arithmetic on vectors in LLVM's language, for kernels whose loops compilers do not vectorise well."""

# mypy: ignore-errors

from llvmlite import ir

from ..ops.generated import LANES, LINE
from .language import types

__all__ = ["FLOAT", "LINE", "LONG", "SHORTS", "VECTOR", "Build", "addresses", "writing"]

FLOAT, LONG = ir.FloatType(), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)
SHORTS = ir.VectorType(ir.IntType(16), LANES)  # bfloat16 numbers, see narrow
_MASK = ir.VectorType(ir.IntType(1), LANES)


def addresses(count):
    """The signature of a function of so many addresses or sizes."""
    return types.void(*(types.int64,) * count)


def writing(write, build=None):
    """What numba asks for LLVM's code, from a function of a ``Build`` and arguments that writes it.

    ``build``: another class than ``Build``.
    """

    def generate(context, builder, signature, arguments):
        write((build or Build)(builder), *arguments)
        return context.get_dummy_value()

    return generate


class Build:
    """Loads, stores and arithmetic on vectors of LANES float32 numbers."""

    line = LINE  # bytes of a vector where it is stored
    bare = False  # whether nothing is added to sums

    def __init__(self, builder):
        self.builder = builder

    def stored(self, size, shift):
        """What reads and writes results, in code for each case that there is.

        ``size``: the bytes of their numbers; ``shift``: the address of what is added to them.
        """
        yield self

    def behind(self, size, count):
        """How many bytes some vectors of results take."""
        return LINE * count

    def number(self, value):
        """A 64-bit integer."""
        return ir.Constant(LONG, value)

    def after(self, address, pitch, count):
        """The address ``count`` times ``pitch`` bytes after another."""
        return self.builder.add(address, self.builder.mul(pitch, self.number(count)))

    def at(self, address, offset, kind=VECTOR):
        """A pointer to what lies some bytes after an address; ``offset``: a number or a value."""
        offset = self.number(offset) if isinstance(offset, int) else offset
        return self.builder.inttoptr(self.builder.add(address, offset), kind.as_pointer())

    def load(self, address, offset=0, kind=VECTOR):
        value = self.builder.load(self.at(address, offset, kind))
        value.align = 4
        return value

    def store(self, value, address, offset=0, kind=VECTOR):
        self.builder.store(value, self.at(address, offset, kind)).align = 4

    def prefetch(self, address, offset=0, write=False):
        """Ask for a line of memory before it is needed, to be read or written."""
        options = [ir.Constant(ir.IntType(32), value) for value in (int(write), 3, 1)]
        name, kind = "llvm.prefetch.p0", ir.IntType(8)
        self.call(name, ir.VoidType(), self.at(address, offset, kind), *options)

    def mask(self, bits):
        return self.builder.bitcast(self.builder.trunc(bits, ir.IntType(LANES)), _MASK)

    def load_some(self, address, mask, offset=0):
        """The numbers that a mask names; the others are 0 and not read."""
        zeros = ir.Constant(VECTOR, [0.0] * LANES)
        name = f"llvm.masked.load.v{LANES}f32.p0"
        return self.call(name, VECTOR, self.at(address, offset), _ALIGN, mask, zeros)

    def store_some(self, value, address, mask, offset=0):
        name = f"llvm.masked.store.v{LANES}f32.p0"
        self.call(name, ir.VoidType(), value, self.at(address, offset), _ALIGN, mask)

    def multiply_add(self, a, b, c):
        return self.call(f"llvm.fma.v{LANES}f32", VECTOR, a, b, c)

    def times(self, value, factor):
        constant = ir.Constant(VECTOR, [ir.Constant(FLOAT, factor)] * LANES)
        return self.builder.fmul(value, constant, flags=("contract",))

    def add(self, one, other):
        return self.builder.fadd(one, other, flags=("contract",))

    def subtract(self, one, other):
        return self.builder.fsub(one, other, flags=("contract",))

    def at_least(self, value, least):
        """The larger one of two; not-a-number stays."""
        less = self.builder.fcmp_ordered("<", value, least)
        return self.builder.select(less, least, value)

    def spread(self, number):
        """A vector of one number."""
        undefined = ir.Constant(VECTOR, ir.Undefined)
        one = self.builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
        return self.shuffle(one, undefined, [0] * LANES)

    def shuffle(self, a, b, order):
        places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), order)
        return self.builder.shuffle_vector(a, b, places)

    def call(self, name, result, *arguments):
        """What a function returns that LLVM knows by a name."""
        kind = ir.FunctionType(result, [each.type for each in arguments])
        found = self.builder.module.globals.get(name)
        if found is None:
            found = ir.Function(self.builder.module, kind, name)
        return self.builder.call(found, arguments)


_ALIGN = ir.Constant(ir.IntType(32), 4)
