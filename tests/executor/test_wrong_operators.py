"""Operators of users that are wrong: errors say what is, and where."""

from __future__ import annotations

import pytest

import mxnet as mx
from mxnet.ops.core import Op
from mxnet.ops.lazy_torch import torch


class Doubling(Op, abstract=True):
    def forward(self, data, *, out):
        return torch.mul(data, 2, out=out)

    def gradient(self, d_output):
        return d_output * 2.0


class ForgetsOut(Doubling, name="forgets_out"):
    def forward(self, data, *, out):
        return data * 2


class ReturnsLess(Doubling, name="returns_less"):
    def forward(self, data):
        return data[:1] * 2


class ReturnsNumber(Doubling, name="returns_number"):
    def forward(self, data):
        return 2


class Fails(Doubling, name="fails_inside"):
    def forward(self, data):
        return data * (1 / 0)


class AsksForNothing(Doubling, name="asks_for_nothing"):
    def gradient(self, d_outptu):
        return d_outptu


class GivesTooMuch(Doubling, name="gives_too_much"):
    def gradient(self, d_output):
        return d_output, d_output


class SpeaksOfNothing(Doubling, name="speaks_of_nothing"):
    def infer_shape(self, s):
        s.outptu = s.data


class ChangesInput(Doubling, name="changes_input"):
    def forward(self, data, *, out):
        return torch.mul(data.mul_(2), 1, out=out)


class ReadsWhatItHasWritten(Doubling, name="reads_what_it_has_written"):
    inplace = {"output": ("data",)}

    def forward(self, data, *, out):
        out = torch.mul(data, 2, out=out)
        return torch.sub(out, data, out=out)


def step(name, **options):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, no_bias=True, name="fc")
    net = getattr(mx.sym, name)(net, name="mine")
    executor = mx.sym.MakeLoss(mx.sym.sum(mx.sym.tanh(net))).simple_bind(
        mx.cpu(), data=(4, 5), **options
    )
    for array in executor.arg_arrays:
        array[:] = 0.5
    executor.forward(is_train=True)
    executor.backward()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("forgets_out", "asks for out, but has not written"),
        ("returns_less", r"returned an array of shape \(1, 8\), not an array of shape \(4, 8\)"),
        ("returns_number", "returned 2, not an array"),
        ("fails_inside", r"ZeroDivisionError: .* raised at test_wrong_operators\.py:\d+"),
        ("asks_for_nothing", "gradient asks for d_outptu; .* Did you mean 'd_output'"),
        ("gives_too_much", "gave 2 results for 1 input"),
        ("speaks_of_nothing", "the rule speaks of outptu"),
    ],
)
def test_wrong_operators(name, says):
    with pytest.raises(mx.MXNetError, match=says) as caught:
        step(name)
    assert "Error in operator mine" in str(caught.value)
    assert "made at test_wrong_operators.py" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("changes_input", "the kernel changes its input data"),
        ("reads_what_it_has_written", "mine_output differs from the plain run"),
    ],
)
def test_the_self_check_finds_them(name, says):
    step(name)
    with pytest.raises(mx.MXNetError, match=f"Error in operator mine: self-check: {says}"):
        step(name, check=True)
