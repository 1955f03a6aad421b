"""Loops and branches over arrays."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

contrib = mx.nd.contrib


def values(result):
    """Arrays in nested lists as numbers."""
    if isinstance(result, (list, tuple)):
        return [values(item) for item in result]
    return result.asnumpy().tolist()


DATA, STATE = mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([10, 20])


@pytest.mark.parametrize(
    ("body", "data", "states", "expected"),
    [
        (lambda x, s: (x + s, s * 2), DATA, STATE, [[[11, 22], [23, 44]], [40, 80]]),
        (
            lambda x, s: ([x[0] + s[0], [x[1]]], [s[0] * 2]),
            [DATA, DATA],
            [STATE],
            [[[[11, 22], [23, 44]], [[[1, 2], [3, 4]]]], [[40, 80]]],
        ),
        (lambda x, s: (x * 2, []), DATA, [], [[[2, 4], [6, 8]], []]),
        (
            lambda x, s: (x + s, s * 2),
            mx.nd.array([1, 2]),
            mx.nd.array([1]),
            [[[2], [4]], [4]],
        ),
    ],
)
def test_foreach(body, data, states, expected):
    assert values(contrib.foreach(body, data, states)) == expected


@pytest.mark.parametrize(
    ("error", "body", "data", "states"),
    [
        (AssertionError, lambda x, s: (3, s), DATA, STATE),
        (AssertionError, lambda x, s: (x, s), 3, STATE),
        (AssertionError, lambda x, s: (x, s), DATA, "state"),
        (IndexError, lambda x, s: (s, s), [], STATE),
        (IndexError, lambda x, s: (x[0], s), [DATA, DATA[:1]], STATE),
    ],
)
def test_foreach_refuses(error, body, data, states):
    with pytest.raises(error):
        contrib.foreach(body, data, states)


def repeat(function, variables, max_iterations=3, limit=5):
    return contrib.while_loop(lambda *v: v[0] < limit, function, variables, max_iterations)


@pytest.mark.parametrize(
    ("function", "variables", "iterations", "expected"),
    [
        (lambda i: (i * 2, i + 3), mx.nd.array([0]), 3, [[[0], [6], [0]], [6]]),
        (lambda i: ([i], [i + 3]), [mx.nd.array([0])], 1, [[[[0]]], [[3]]]),
        (lambda i: (i, [i]), [mx.nd.array([9])], 3, [[], [[9]]]),
        (lambda i: (None, [i + 1]), [mx.nd.array([0])], 3.7, [[], [[3]]]),
    ],
)
def test_while_loop(function, variables, iterations, expected):
    assert values(repeat(function, variables, iterations)) == expected


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda: repeat(lambda i: (i, [i]), [STATE])),
        (ValueError, lambda: repeat(lambda i: (i, [i, i]), [mx.nd.zeros((1,))])),
        (ValueError, lambda: repeat(lambda: (1, []), [])),
        (ValueError, lambda: repeat(lambda i: (i, i), STATE, None)),
        (ValueError, lambda: repeat(lambda i: (i, i), STATE, "many")),
        (AssertionError, lambda: repeat(lambda i: (i, i), [3])),
        (ValueError, lambda: contrib.cond(STATE, lambda: 1, lambda: 2)),
    ],
)
def test_refused(error, call):
    with pytest.raises(error):
        call()


def test_cond():
    for predicate, expected in ((mx.nd.array([1]), 1), (mx.nd.array([0]), 2), (True, 1)):
        assert contrib.cond(predicate, lambda: 1, lambda: 2) == expected


def test_loops_are_recorded():
    x = mx.nd.array([2, 3])
    x.attach_grad()
    with mx.autograd.record():
        outputs, state = contrib.foreach(lambda d, s: (d * s * x, s * x), DATA, x)
        loss = outputs.sum() + state.sum()
    loss.backward()
    # Σ d x², d x³, and x³
    expected = (
        2 * DATA.asnumpy()[0] * [2, 3] + 3 * DATA.asnumpy()[1] * [4, 9] + 3 * np.square([2, 3])
    )
    np.testing.assert_allclose(x.grad.asnumpy(), expected)
    with mx.autograd.record():
        outputs, (_, last) = contrib.while_loop(
            lambda i, s: i < 2, lambda i, s: (s * x, [i + 1, s * x]), [mx.nd.zeros((1,)), x], 4
        )
        loss = outputs.sum() + last.sum()
    loss.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), 2 * np.array([2, 3]) + 6 * np.square([2, 3]))
