"""What matrix products are made of: tiles that stay in registers, and packed panels.

A tile of ROWS rows by PANEL vectors of the result stays in registers while a loop over the inner
dimension adds to it: one vector of the right matrix serves all the rows, one number of the left matrix
all the vectors.
"""

# numba types what is here by inference, so annotations would only mislead.
# mypy: ignore-errors

from functools import partial

from llvmlite import ir

from ..ops.generated import LANES, PANEL, ROWS
from .language import helper, intrinsic, types
from .vectors import FLOAT, LINE, LONG, VECTOR, Build, addresses, writing

__all__ = [
    "block_bytes",
    "move",
    "pack_left",
    "pack_right",
    "take_thread",
    "tile",
    "tile_of",
    "write_transposed",
]


class _Loop:
    """A loop in LLVM's language around the code that is made until it is closed."""

    def __init__(self, builder, count):
        self.builder, self.before = builder, builder.block
        self.body, self.end = map(builder.function.append_basic_block, ("steps", "written"))
        builder.branch(self.body)
        builder.position_at_end(self.body)
        self.left = self.value(count)

    def value(self, first):
        """A value that changes from step to step; all are made before anything else in the loop."""
        phi = self.builder.phi(first.type)
        phi.add_incoming(first, self.before)
        return phi

    def change(self, value, after):
        """Say what a value is in the next step."""
        value.add_incoming(after, self.body)

    def close(self):
        """End the loop after so many steps, at least one."""
        builder, one = self.builder, ir.Constant(LONG, 1)
        self.change(self.left, builder.sub(self.left, one))
        builder.cbranch(builder.icmp_signed(">", self.left, one), self.body, self.end)
        builder.position_at_end(self.end)


def _write_sums(
    build, rows, vectors, left, left_row, left_step, right, right_step, steps, ahead, ahead_row,
    ahead_rows,
):  # fmt: skip
    """The sums of a tile: vectors for each row, which stay in registers.

    At every step a line of memory is asked for that will be read next: those of ``ahead_rows`` rows in
    turn, from the address ``ahead`` on.
    """
    builder, zero, one = build.builder, build.number(0), build.number(1)
    sources = [build.after(left, left_row, i) for i in range(rows)]
    last_row = builder.sub(ahead_rows, one)
    back = builder.sub(build.number(LINE), builder.mul(ahead_row, last_row))
    nothing = ir.Constant(VECTOR, [0.0] * LANES)
    loop = _Loop(builder, steps)
    a, b, row, line = map(loop.value, (zero, right, zero, ahead))
    held = [[loop.value(nothing) for _ in range(vectors)] for _ in range(rows)]
    build.prefetch(line)
    below = builder.icmp_signed("==", row, last_row)
    loop.change(row, builder.select(below, zero, builder.add(row, one)))
    loop.change(line, builder.add(line, builder.select(below, back, ahead_row)))
    panel = [build.load(b, LINE * v) for v in range(vectors)]
    sums = []
    for source, line_held in zip(sources, held):
        number = build.spread(build.load(source, a, FLOAT))
        sums.append([build.multiply_add(number, *pair) for pair in zip(panel, line_held)])
        for pair in zip(line_held, sums[-1]):
            loop.change(*pair)
    loop.change(a, builder.add(a, left_step))
    loop.change(b, builder.add(b, right_step))
    loop.close()
    return sums


def _write_results(build, sums, start, start_row, shift, low, out, out_row, bits):
    """Add a shift, and what rows start from, to the sums of a tile, and store them.

    What they start from comes last: rounding a long sum in pieces loses less than adding to all of it.
    """
    builder, mask, last = build.builder, build.mask(bits), len(sums[0]) - 1

    def line(place):
        numbers = [build.load(place, build.line * v) for v in range(last)]
        return [*numbers, build.load_some(place, mask, build.line * last)]

    least = build.spread(builder.bitcast(builder.trunc(low, ir.IntType(32)), FLOAT))
    shifts = () if build.bare else line(shift)
    for i, row in enumerate(sums):
        place = build.after(out, out_row, i)
        if not build.bare:
            others = zip(row, line(build.after(start, start_row, i)), shifts)
            row = [builder.fadd(builder.fadd(*both), added) for *both, added in others]
        results = [build.at_least(value, least) for value in row]
        for v in range(last):
            build.store(results[v], place, build.line * v)
        build.store_some(results[last], place, mask, build.line * last)


def _write_tile(
    build, rows, vectors, left, left_row, left_step, right, right_step, start, start_row, shift,
    low, out, out_row, size, steps, bits, *ahead,
):  # fmt: skip
    """Add a product and a shift to what some rows start from; ``low``: bits of the least result.

    ``size``: bytes of a number of the result.
    """
    for i in range(rows):
        place = build.after(out, out_row, i)
        for v in range(vectors):
            build.prefetch(place, build.behind(size, v), write=True)
    sums = _write_sums(
        build, rows, vectors, left, left_row, left_step, right, right_step, steps, *ahead
    )
    for stored in build.stored(size, shift):
        _write_results(stored, sums, start, start_row, shift, low, out, out_row, bits)


def tile_of(build):
    """A tile of a product, see ``_write_tile``: code for each number of rows and vectors.

    ``build``: the class of what writes it, for numbers of a type.
    """

    def tile(
        context, rows, vectors, left, left_row, left_step, right, right_step, start, start_row, shift,
        low, out, out_row, size, steps, bits, ahead, ahead_row, ahead_rows,
    ):  # fmt: skip
        return addresses(19), partial(_generate_tiles, build)

    return intrinsic(tile)


def _generate_tiles(build, context, builder, signature, arguments):
    rows, vectors, *rest = arguments
    end = builder.function.append_basic_block("tiled")
    index = builder.add(builder.mul(rows, ir.Constant(LONG, PANEL)), vectors)
    switch = builder.switch(index, end)
    for r in range(1, ROWS + 1):
        for v in range(1, PANEL + 1):
            block = builder.function.append_basic_block(f"tile_{r}_{v}")
            switch.add_case(ir.Constant(LONG, PANEL * r + v), block)
            builder.position_at_end(block)
            _write_tile(build(builder), r, v, *rest)
            builder.branch(end)
    builder.position_at_end(end)
    return context.get_dummy_value()


tile = tile_of(Build)


@intrinsic
def take_thread(context, product):
    """The number of the thread that asks: how many have asked before."""

    def generate(context, builder, signature, arguments):
        one = ir.Constant(LONG, 1)
        return builder.atomic_rmw("add", builder.gep(arguments[0], [one]), one, "monotonic")

    return types.int64(types.CPointer(types.int64)), generate


# -- packing ------------------------------------------------------------------------------------


def _write_move(build, source, target, bits):
    build.store(build.load_some(source, build.mask(bits)), target)


@intrinsic
def move(context, source, target, bits):
    """Copy the numbers of a vector that ``bits`` name; zeros for the others."""
    return addresses(3), writing(_write_move)


def _write_numbers(count, build, source, target):
    kind = ir.VectorType(FLOAT, count)
    build.store(build.load(source, kind=kind), target, kind=kind)


@intrinsic
def _move_rows(context, source, target):
    """Copy ROWS numbers."""
    return addresses(2), writing(partial(_write_numbers, ROWS))


@intrinsic
def _move_more(context, source, target):
    """Copy half a vector, in one instruction."""
    return addresses(2), writing(partial(_write_numbers, LANES // 2))


def write_transposed(build, source, pitch, target, target_pitch, rows, columns, numbers):
    """Code that turns at most LANES columns of LANES rows; ``numbers``: in a row, as masks count."""
    builder, values = build.builder, []
    one = build.number(1)
    bits = builder.sub(builder.shl(one, numbers), one)
    for i in range(LANES):
        there = builder.icmp_signed("<", build.number(i), rows)
        mask = build.mask(builder.select(there, bits, build.number(0)))
        values.append(build.load_some(build.after(source, pitch, i), mask))
    low = [i // 2 + LANES * (i % 2) for i in range(LANES)]
    high = [place + LANES // 2 for place in low]
    for _ in range(4):  # interleaving halves as often as numbers have bits turns bits round
        values = [
            build.shuffle(values[i // 2], values[i // 2 + LANES // 2], high if i % 2 else low)
            for i in range(LANES)
        ]
    for i, value in enumerate(values):  # what lies behind may be packed by another thread
        with builder.if_then(builder.icmp_signed("<", build.number(i), columns)):
            build.store(value, build.after(target, target_pitch, i))


@intrinsic
def _transpose(context, source, pitch, target, target_pitch, rows, columns, numbers):
    """Copy at most LANES columns of at most LANES rows to rows."""
    return addresses(7), writing(write_transposed)


@helper(inlined=False)
def pack_right(source, step, column, inner, columns, target):
    """A panel of the right matrix: of each step its columns, with zeros to whole vectors.

    ``step``, ``column``: bytes from step to step and from column to column, of which one is 4.
    """
    vectors = (columns + LANES - 1) // LANES
    pitch = vectors * LINE
    for v in range(vectors):
        n = min(LANES, columns - v * LANES)
        first, place = source + v * LANES * column, target + v * LINE
        if column == 4:
            bits = (1 << n) - 1
            for k in range(inner):
                move(first + k * step, place + k * pitch, bits)
        else:
            for k in range(0, inner, LANES):
                count = min(LANES, inner - k)
                _transpose(first + 4 * k, column, place + k * pitch, pitch, n, count, count)


@helper(inlined=False)
def pack_left(source, row, step, inner, rows, target):
    """Rows of the left matrix that lie side by side, in blocks of ROWS: of each step its rows.

    Mostly more is written, for it is faster: the next step overwrites what is too much.
    """
    whole = rows // ROWS
    bits = (1 << (rows - whole * ROWS)) - 1
    pitch = block_bytes(inner)
    for k in range(inner):
        line, place = source + k * step, target + 4 * ROWS * k
        for i in range(whole - 1):
            _move_more(line + 4 * ROWS * i, place + i * pitch)
        if whole:
            _move_rows(line + 4 * ROWS * (whole - 1), place + (whole - 1) * pitch)
        if bits:
            move(line + 4 * ROWS * whole, place + whole * pitch, bits)


@helper(returns="int64")
def block_bytes(inner):
    """The size of a packed block of rows of the left matrix."""
    return 4 * ROWS * inner + LINE
