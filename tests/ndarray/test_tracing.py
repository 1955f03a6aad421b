"""Calls of operators on arrays that become nothing but torch calls."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

import mxnet as mx
from mxnet.ndarray.tracing import trace

ELSEWHERE = torch.ones(2, 3)


def tensors(count: int, scale: float = 1.0) -> list[torch.Tensor]:
    return [scale * (n + 1 + torch.arange(6.0).view(2, 3)) for n in range(count)]


def in_place(x, y):
    total = x.exp()
    total.add_(y).clamp_(max=3)
    total[0] = 7
    return (total,)


def into(x, y):
    storage = torch.empty_like(x)
    torch.mul(x, y, out=storage[:, :])
    return (storage,)


def parts(x, y):
    left, right = torch.cat([x, y], 1).split(3, dim=1)
    values, order = torch.sort(left.reshape((3, 2)).permute((1, 0)))
    return values, order.to(torch.float32), right


def with_constants(x):
    ones = torch.ones((3,)).mul_(2)
    return x + torch.arange(3) + ones, torch.zeros((2,))


def by_shape(x):
    total = x
    for _ in range(x.shape[0] * x.dim() if x.is_floating_point() else 0):
        total = total + len(x)
    return (total,)


KERNELS = {
    "in place": (in_place, 2),
    "out": (into, 2),
    "parts": (parts, 2),
    "constants": (with_constants, 1),
    "shape": (by_shape, 1),
    "an input": (lambda x, y: (y, x), 2),
}


@pytest.mark.parametrize(("kernel", "count"), KERNELS.values(), ids=KERNELS)
def test_programs_do_what_kernels_do(kernel, count):
    _, program = trace(lambda given: kernel(*given), tensors(count), 9, True)
    for scale in (-2.0, 3.0):
        want = kernel(*tensors(count, scale))
        got = program(tensors(count, scale))
        assert len(got) == len(want)
        for one, other in zip(got, want, strict=True):
            assert one.dtype == other.dtype
            assert torch.equal(one, other)


UNTRACED = {
    "a value": lambda x: (x + x.sum().item(),),
    "a truth": lambda x: (x if x[0, 0] > 0 else -x,),
    "a list": lambda x: (torch.tensor(x.tolist()),),
    "a tensor as a number": lambda x: (x[int(x.min()) :],),
    "memory": lambda x: (torch.from_numpy(x.numpy()) + 1,),
    "strides": lambda x: (x + x.stride(0),),
    "an address": lambda x: (x * (x.data_ptr() % 2),),
    "a tensor from elsewhere": lambda x: (x + ELSEWHERE,),
}


@pytest.mark.parametrize("kernel", UNTRACED.values(), ids=UNTRACED)
def test_kernels_that_look_at_more_are_not_traced(kernel):
    results, program = trace(lambda given: kernel(*given), tensors(1), 1, True)
    assert program is None
    assert torch.equal(results[0], kernel(*tensors(1))[0])


def test_devices_are_asked_for_only_where_there_is_one():
    def kernel(given):
        return (torch.zeros(2, device=given[0].device),)

    assert trace(kernel, tensors(1), 1, True)[1] is not None
    assert trace(kernel, tensors(1), 1, False)[1] is None


def test_an_array_given_twice():
    one, other = tensors(2)
    _, program = trace(lambda given: (given[0] - given[1],), [one, one], 1, True)
    assert torch.equal(program([one, other])[0], one - other)


def test_what_nobody_wants_is_not_computed_but_draws_are():
    generator = torch.Generator().manual_seed(1)

    def kernel(given):
        unused = torch.rand(2, generator=generator)
        return given[0] * 2, given[0].exp(), unused

    _, program = trace(kernel, tensors(1), 1, True)
    called = [program.__globals__[name] for name in program.__code__.co_names]
    assert torch.Tensor.exp not in called
    before = generator.get_state()
    assert len(program(tensors(1))) == 1
    assert not torch.equal(generator.get_state(), before)


class Living(TorchFunctionMode):
    """How many results of torch calls there are at a time, at most."""

    def __init__(self):
        super().__init__()
        self.results, self.most = [], 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        self.results.append(weakref.ref(result))
        self.most = max(self.most, sum(each() is not None for each in self.results))
        return result


def test_memory_is_given_back_within_a_program():
    def kernel(given):
        return (given[0].exp().add(1).mul(2).sub(3).sum(),)

    _, program = trace(kernel, tensors(1), 1, True)
    with Living() as living:
        program(tensors(1)[:1])
    assert len(living.results) > 5
    assert living.most <= 3


# -- by way of mx.nd ----------------------------------------------------------------------------
def test_results_are_arrays_of_their_own():
    data = mx.nd.ones((2, 3))
    results = [mx.nd.zeros_like(data) for _ in range(5)]
    results += [mx.nd.one_hot(mx.nd.array([0, 1]), 3) * 0 for _ in range(5)]
    for number, result in enumerate(results):
        result += number + 1
    assert [int(r[0, 0].asscalar()) for r in results] == list(range(1, 11))


@pytest.mark.parametrize("place", ["input", "other", "view", "narrow"])
def test_out(place):
    for step in range(4):
        memory = mx.nd.arange(8)
        a, b = memory[:4], mx.nd.full((4,), step)
        out = {"input": a, "other": mx.nd.zeros(4), "view": memory[2:6]}.get(place)
        out = mx.nd.zeros(4, dtype="float64") if out is None else out
        assert mx.nd.elemwise_add(a, b, out=out) is out
        assert out.asnumpy().tolist() == [step, step + 1, step + 2, step + 3]


def test_modes():
    data = mx.nd.ones((50, 50))
    for _ in range(3):
        assert mx.nd.Dropout(data, p=0.5).asnumpy().min() == 1
        with mx.autograd.train_mode():
            assert mx.nd.Dropout(data, p=0.5).asnumpy().min() == 0


def test_hidden_results_are_there_for_gradients():
    data = mx.nd.array([[1, 2, 4], [0, 3, 5]])
    gamma, beta = mx.nd.array([1, 2, 3]), mx.nd.zeros(3)
    data.attach_grad()
    gradients = []
    for _ in range(4):
        plain = mx.nd.LayerNorm(data, gamma, beta)
        with mx.autograd.record():
            recorded = mx.nd.LayerNorm(data, gamma, beta)
        recorded.backward()
        assert plain.asnumpy().tolist() == recorded.asnumpy().tolist()
        gradients.append(data.grad.asnumpy())
    assert np.abs(gradients[0]).max() > 0.01
    for gradient in gradients[1:]:
        np.testing.assert_allclose(gradient, gradients[0], rtol=1e-6)


def test_random_numbers_go_on():
    draws = []
    for _ in range(2):
        mx.random.seed(3)
        draws.append([mx.nd.random.uniform(shape=(3,)).asnumpy().tolist() for _ in range(5)])
    assert draws[0] == draws[1]
    assert len({tuple(draw) for draw in draws[0]}) == 5


def test_errors_of_later_calls():
    data = mx.nd.ones((2, 3))
    for _ in range(4):
        with pytest.raises(mx.MXNetError, match="dot"):
            mx.nd.dot(data, data)
        assert mx.nd.dot(data, data.T).shape == (2, 2)
