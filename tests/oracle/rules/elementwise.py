"""Functions of one array, and of several arrays of equal shape."""

from oracle.draw import Draw, Drawn, rule

# Where a function is finite; special values are drawn besides.
RANGES = {
    "arccosh": (1.0, 4.0),
    "arcsin": (-1.0, 1.0),
    "arccos": (-1.0, 1.0),
    "arctanh": (-0.95, 0.95),
    "erfinv": (-0.95, 0.95),
    "log": (0.01, 5.0),
    "log2": (0.01, 5.0),
    "log10": (0.01, 5.0),
    "log1p": (-0.9, 5.0),
    "sqrt": (0.01, 5.0),
    "rsqrt": (0.05, 5.0),
    "cbrt": (-5.0, 5.0),
    "rcbrt": (0.05, 5.0),
    "reciprocal": (0.05, 5.0),
    "gamma": (-3.5, 4.0),
    "gammaln": (-3.5, 6.0),
    "tan": (-1.4, 1.4),
    "degrees": (-7.0, 7.0),
    "radians": (-400.0, 400.0),
    "_contrib_div_sqrt_dim": (-3.0, 3.0),
}
UNARY = """
    abs arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh degrees erf erfinv exp expm1
    fix floor gamma gammaln log log10 log1p log2 logical_not negative radians rcbrt reciprocal relu
    rint round rsqrt sigmoid sign sin sinh softsign sqrt square tan tanh trunc _copy
    _contrib_round_ste _contrib_sign_ste _contrib_div_sqrt_dim
""".split()


@rule(*UNARY)
def unary(draw: Draw, op: str) -> Drawn:
    low, high = RANGES.get(op, (-4.0, 4.0))
    dtype = draw.numbers()
    data = draw.array(draw.shape(), low, high, dtype, special=0.3)
    if draw.chance(0.1) and data.dtype.kind == "f":
        data = (data * 4).round() / 2  # halves: what rounds, and kinks
        data = data.astype(dtype)
    return Drawn({}, {"data": data})


@rule("Cast", "amp_cast")
def cast(draw: Draw, op: str) -> Drawn:
    targets = ["float32", "float64", "float16"]
    if op == "Cast":
        targets += ["int32", "int64", "uint8", "int8", "bool"]
    dtype = draw.choice(*targets)
    low = 0.0 if dtype == "uint8" else -100.0
    return Drawn({"dtype": dtype}, {"data": draw.array(draw.shape(), low, 100, draw.numbers())})


@rule("amp_multicast")
def amp_multicast(draw: Draw, op: str) -> Drawn:
    number = draw.integer(2, 4)
    inputs = {f"data_{i}": draw.array(draw.shape(), dtype=draw.floats()) for i in range(number)}
    params = {"num_outputs": number, **draw.some(cast_narrow=draw.chance(0.5))}
    return Drawn(params, inputs)


@rule("clip")
def clip(draw: Draw, op: str) -> Drawn:
    low = draw.real(-4, 2)
    params = {"a_min": low, "a_max": low + draw.real(0, 4)}
    return Drawn(params, {"data": draw.array(draw.shape(), -4, 4, draw.numbers(), special=0.2)})


@rule("smooth_l1")
def smooth_l1(draw: Draw, op: str) -> Drawn:
    data = draw.array(draw.shape(), -3, 3, draw.floats(), special=0.2)
    return Drawn(draw.some(scalar=draw.real(0.25, 3)), {"data": data})


@rule("hard_sigmoid")
def hard_sigmoid(draw: Draw, op: str) -> Drawn:
    params = draw.some(alpha=draw.real(0.125, 1), beta=draw.real(-1, 1))
    return Drawn(params, {"data": draw.array(draw.shape(), -4, 4, draw.floats(), special=0.2)})


@rule("_contrib_quadratic")
def quadratic(draw: Draw, op: str) -> Drawn:
    params = draw.some(a=draw.real(-2, 2), b=draw.real(-2, 2), c=draw.real(-2, 2))
    return Drawn(params, {"data": draw.array(draw.shape(), -4, 4, draw.floats())})


@rule("_contrib_gradientmultiplier", "_contrib_backward_gradientmultiplier")
def gradient_multiplier(draw: Draw, op: str) -> Drawn:
    return Drawn(
        {"scalar": draw.real(-2, 2)}, {"data": draw.array(draw.shape(), -4, 4, draw.floats())}
    )


@rule("_identity_with_attr_like_rhs")
def identity_like(draw: Draw, op: str) -> Drawn:
    shape = draw.shape()
    return Drawn({}, {"lhs": draw.array(shape), "rhs": draw.array(shape)})


PAIRS = """
    elemwise_add elemwise_sub elemwise_mul elemwise_div _mod _power _hypot _maximum _minimum
    _grad_add _equal _not_equal _greater _greater_equal _lesser _lesser_equal _logical_and
    _logical_or _logical_xor
""".split()


@rule(*PAIRS)
def pairs(draw: Draw, op: str) -> Drawn:
    shape, dtype = draw.shape(), draw.numbers()
    low = 0.1 if op == "_power" and draw.chance(0.7) else -4.0
    inputs = {
        "lhs": draw.array(shape, low, 4, dtype, special=0.3),
        "rhs": draw.array(shape, low if op != "_power" else -3.0, 4, dtype, special=0.3),
    }
    if draw.chance(0.3):  # ties
        inputs = {k: v.round() for k, v in inputs.items()}
    return Drawn({}, inputs)


@rule("add_n")
def add_n(draw: Draw, op: str) -> Drawn:
    number, shape, dtype = draw.integer(1, 6), draw.shape(), draw.numbers()
    return Drawn(
        {},
        {f"arg{i}": draw.array(shape, -4, 4, dtype) for i in range(number)},
        positional=True,
    )
