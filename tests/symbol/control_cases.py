"""Loops and branches whose files were recorded with MXNet 1.9.1 (data/control_flow.json).

Each takes the module and a name, so that marks of bodies, which are counted, do not depend on what
was made before.
"""


def _variables(mx):
    return [mx.sym.Variable(name) for name in "abcd"]


def _foreach(mx, name, body, data, states):
    outputs, last = mx.sym.contrib.foreach(body, data, states, name=name)
    return [outputs, last]


def accumulate(mx, name):
    a, b, c, _ = _variables(mx)
    return _foreach(mx, name, lambda x, s: (x * s + c, s + x), a, b)


def outside_values(mx, name):
    a, b, c, _ = _variables(mx)
    outside = mx.sym.exp(c, name="outside")
    parts = mx.sym.split(c, num_outputs=2, name="parts")
    return _foreach(
        mx, name, lambda x, s: (x * outside + parts[1], s * outside), mx.sym.sin(a, name="in"), b
    )


def nested_lists(mx, name):
    a, b, c, d = _variables(mx)
    return _foreach(
        mx, name, lambda x, s: ([x[0] + s[0], [x[1]]], [s[0], s[1] * 2]), [a, b], [c, d]
    )


def layer_inside(mx, name):
    b = mx.sym.Variable("b")

    def body(x, s):
        return mx.sym.FullyConnected(x, num_hidden=3, name="fc"), s * 2

    return _foreach(mx, name, body, mx.sym.Variable("a", shape=(4, 2, 5)), b)


def statistics_inside(mx, name):
    a, b, *_ = _variables(mx)
    return _foreach(mx, name, lambda x, s: (mx.sym.BatchNorm(x, name="bn"), s * 2), a, b)


def repeated_output(mx, name):
    a, b, *_ = _variables(mx)

    def body(x, s):
        total = x + s
        return [total, total], total

    return _foreach(mx, name, body, a, b)


def loop_in_loop(mx, name):
    a, b, c, _ = _variables(mx)

    def body(x, s):
        inner, _ = mx.sym.contrib.foreach(lambda y, t: (y + x + t + c, t * 2), c, s)
        return inner, s * 2

    return _foreach(mx, name, body, a, b)


def while_below(mx, name):
    a, b, c, _ = _variables(mx)
    return mx.sym.contrib.while_loop(
        lambda i, s: i < c,
        lambda i, s: ([s + i, s * c], [i + 1, s + i]),
        [a, b],
        max_iterations=5,
        name=name,
    )


def while_outside_values(mx, name):
    a, _, c, _ = _variables(mx)
    limit = mx.sym.exp(c, name="limit")
    return mx.sym.contrib.while_loop(
        lambda i: i < limit, lambda i: (i * limit, i + 1), a, max_iterations=3, name=name
    )


def while_without_outputs(mx, name):
    a, *_ = _variables(mx)
    return mx.sym.contrib.while_loop(
        lambda i: i < 5, lambda i: ([], [i + 1]), [a], max_iterations=5, name=name
    )


def branch(mx, name):
    a, b, c, d = _variables(mx)
    outside = mx.sym.exp(c, name="outside")
    return mx.sym.contrib.cond(
        mx.sym.sum(a) < b, lambda: [a * outside, c], lambda: [outside - d, a + c], name=name
    )


def branch_in_loop(mx, name):
    a, b, c, _ = _variables(mx)

    def body(x, s):
        chosen = mx.sym.contrib.cond(mx.sym.sum(x) > 0, lambda: x * c, lambda: x)
        return chosen, s + x

    return _foreach(mx, name, body, a, b)


def loop_in_branch(mx, name):
    a, b, c, _ = _variables(mx)

    def then():
        return mx.sym.contrib.while_loop(
            lambda i: i < c, lambda i: (i * c, [i + 1]), [a], max_iterations=5
        )[0]

    return mx.sym.contrib.cond(c, then, lambda: c * b, name=name)


CASES = {
    case.__name__: case
    for case in (
        accumulate,
        outside_values,
        nested_lists,
        layer_inside,
        statistics_inside,
        repeated_output,
        loop_in_loop,
        while_below,
        while_outside_values,
        while_without_outputs,
        branch,
        branch_in_loop,
        loop_in_branch,
    )
}


def flat(value):
    """The symbols of nested lists."""
    if isinstance(value, (list, tuple)):
        return [symbol for item in value for symbol in flat(item)]
    return [value]


def build(mx, name):
    """The symbol of a case, with names that start afresh."""
    with mx.name.NameManager():
        return mx.sym.Group(flat(CASES[name](mx, name)))
