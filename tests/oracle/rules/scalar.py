"""An array and a number."""

from oracle.draw import Draw, Drawn, rule

ARITHMETIC = """
    _plus_scalar _minus_scalar _rminus_scalar _mul_scalar _div_scalar _rdiv_scalar _mod_scalar
    _rmod_scalar _power_scalar _rpower_scalar _hypot_scalar _maximum_scalar _minimum_scalar
""".split()
RELATIONS = """
    _equal_scalar _not_equal_scalar _greater_scalar _greater_equal_scalar _lesser_scalar
    _lesser_equal_scalar _logical_and_scalar _logical_or_scalar _logical_xor_scalar
""".split()


def number(draw: Draw, low: float = -4.0) -> float:
    """A number; often a whole one."""
    value = draw.real(low, 4)
    return float(round(value)) if draw.chance(0.4) else value


@rule(*ARITHMETIC)
def arithmetic(draw: Draw, op: str) -> Drawn:
    dtype = draw.numbers()
    low = -4.0
    if "power" in op and draw.chance(0.7):
        low = 0.1
    scalar = number(draw, max(low, 0.125) if op == "_rpower_scalar" else -4.0)
    data = draw.array(draw.shape(), low, 4, dtype, special=0.3)
    params = {"scalar": scalar}
    if draw.chance(0.15):
        params["is_int"] = draw.chance(0.5)
    return Drawn(params, {"data": data})


@rule(*RELATIONS)
def relations(draw: Draw, op: str) -> Drawn:
    data = draw.array(draw.shape(), -4, 4, draw.numbers(), special=0.3)
    return Drawn({"scalar": number(draw)}, {"data": data.round() if draw.chance(0.5) else data})
