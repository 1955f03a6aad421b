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

__all__ = ["block_bytes", "move", "pack_left", "pack_right", "take_thread", "tile"]


def _write_tile(
    build, rows, vectors, left, left_row, left_step, right, right_step, start, start_row, shift,
    low, out, out_row, steps, bits, ahead, ahead_row, ahead_rows,
):  # fmt: skip
    """Add a product and a shift to what some rows start from; ``low``: bits of the least result.

    What they start from comes last: rounding a long sum in pieces loses less than adding to all of it.
    At every step a line of memory is asked for that will be read next: those of ``ahead_rows`` rows in
    turn, from the address ``ahead`` on.
    """
    builder, mask, last = build.builder, build.mask(bits), vectors - 1

    def line(place):
        numbers = [build.load(place, LINE * v) for v in range(last)]
        return [*numbers, build.load_some(place, mask, LINE * last)]

    zeros = ir.Constant(VECTOR, [0.0] * LANES)
    sums = [[zeros] * vectors for _ in range(rows)]
    sources = [build.after(left, left_row, i) for i in range(rows)]
    for i in range(rows):
        for v in range(vectors):
            build.prefetch(build.after(out, out_row, i), LINE * v, write=True)
    last_row = builder.sub(ahead_rows, build.number(1))
    back = builder.sub(build.number(LINE), builder.mul(ahead_row, last_row))
    before = builder.block
    loop, end = (builder.function.append_basic_block(name) for name in ("steps", "written"))
    builder.branch(loop)
    builder.position_at_end(loop)
    counted = [builder.phi(LONG) for _ in range(3)]
    for phi, value in zip(counted, (steps, build.number(0), right)):
        phi.add_incoming(value, before)
    step, a, b = counted
    row, line_ahead = builder.phi(LONG), builder.phi(LONG)
    held = [[builder.phi(VECTOR) for _ in range(vectors)] for _ in range(rows)]
    build.prefetch(line_ahead)
    below = builder.icmp_signed("==", row, last_row)
    after_row = builder.select(below, build.number(0), builder.add(row, build.number(1)))
    after = builder.add(line_ahead, builder.select(below, back, ahead_row))
    for phi, first, then in ((row, build.number(0), after_row), (line_ahead, ahead, after)):
        phi.add_incoming(first, before)
        phi.add_incoming(then, loop)
    panel = [build.load(b, LINE * v) for v in range(vectors)]
    for i in range(rows):
        number = build.spread(build.load(sources[i], a, FLOAT))
        for v in range(vectors):
            held[i][v].add_incoming(sums[i][v], before)
            sums[i][v] = build.multiply_add(number, panel[v], held[i][v])
            held[i][v].add_incoming(sums[i][v], loop)
    for phi, change in zip(counted, (build.number(-1), left_step, right_step)):
        phi.add_incoming(builder.add(phi, change), loop)
    again = builder.icmp_signed(">", step, build.number(1))
    builder.cbranch(again, loop, end)
    builder.position_at_end(end)
    least = build.spread(builder.bitcast(builder.trunc(low, ir.IntType(32)), FLOAT))
    shifts = line(shift)
    for i in range(rows):
        place = build.after(out, out_row, i)
        results = []
        for value, first, added in zip(sums[i], line(build.after(start, start_row, i)), shifts):
            value = builder.fadd(builder.fadd(value, first), added)
            results.append(build.at_least(value, least))
        for v in range(last):
            build.store(results[v], place, LINE * v)
        build.store_some(results[last], place, mask, LINE * last)


@intrinsic
def tile(
    context, rows, vectors, left, left_row, left_step, right, right_step, start, start_row, shift,
    low, out, out_row, steps, bits, ahead, ahead_row, ahead_rows,
):  # fmt: skip
    """A tile of a product, see ``_write_tile``: code for each number of rows and vectors."""

    def generate(context, builder, signature, arguments):
        rows, vectors, *rest = arguments
        end = builder.function.append_basic_block("tiled")
        index = builder.add(builder.mul(rows, ir.Constant(LONG, PANEL)), vectors)
        switch = builder.switch(index, end)
        for r in range(1, ROWS + 1):
            for v in range(1, PANEL + 1):
                block = builder.function.append_basic_block(f"tile_{r}_{v}")
                switch.add_case(ir.Constant(LONG, PANEL * r + v), block)
                builder.position_at_end(block)
                _write_tile(Build(builder), r, v, *rest)
                builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return addresses(18), generate


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


def _write_transposed(build, source, pitch, target, target_pitch, rows, bits):
    builder, values = build.builder, []
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
    for i, value in enumerate(values):
        build.store(value, build.after(target, target_pitch, i))


@intrinsic
def _transpose(context, source, pitch, target, target_pitch, rows, bits):
    """Copy LANES columns of at most LANES rows to rows; ``bits``: which columns there are."""
    return addresses(6), writing(_write_transposed)


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
                bits = (1 << min(LANES, inner - k)) - 1
                _transpose(first + 4 * k, column, place + k * pitch, pitch, n, bits)


@helper(inlined=False)
def pack_left(source, step, inner, rows, target):
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
