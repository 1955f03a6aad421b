"""Operators on images: what they draw, what they refuse, files."""

import io

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, nd

PIXELS = np.random.RandomState(0).randint(0, 256, (4, 6, 3)).astype("uint8")
IMAGE = nd.array(PIXELS, dtype="uint8")
ONES = nd.ones((2, 3, 3))


def factors(function, number=300):
    """What ``function`` makes of ones, often."""
    mx.random.seed(1)
    return np.array([function(ONES).asnumpy().flat[0] for _ in range(number)])


def test_factors_fill_their_range():
    found = factors(lambda image: nd.image.random_brightness(image, 0.5, 1.5))
    assert 0.5 <= found.min() < 0.52
    assert 1.48 < found.max() <= 1.5
    found = factors(lambda image: nd.image.random_color_jitter(image, 0.4, 0, 0, 0))
    assert 0.6 <= found.min() < 0.62
    assert 1.38 < found.max() <= 1.4


def test_flips_are_fair():
    image = nd.array(np.arange(6).reshape(2, 3, 1))
    for flip, other in ((nd.image.random_flip_left_right, 2), (nd.image.random_flip_top_bottom, 3)):
        mx.random.seed(2)
        found = [flip(image).asnumpy().flat[0] for _ in range(200)]
        assert set(found) == {0, other}
        assert 70 < found.count(0) < 130


def test_lighting_is_normal():
    mx.random.seed(3)
    shifts = [nd.image.random_lighting(nd.zeros((1, 1, 3)), 0.1).asnumpy() for _ in range(400)]
    assert np.mean(shifts) == pytest.approx(0, abs=0.5)
    assert np.std(shifts) == pytest.approx(0.1 * 55.46 / 3**0.5, rel=0.1)


def test_jitter_is_one_of_the_orders():
    mx.random.seed(4)
    image = nd.array(np.random.RandomState(1).uniform(size=(4, 4, 3)))
    made = {
        nd.image.random_color_jitter(image, 0.1, 0.9, 0.9, 0.5).asnumpy().tobytes()
        for _ in range(9)
    }
    assert len(made) == 9


@pytest.mark.parametrize("name", ["random_brightness", "random_contrast", "random_hue"])
def test_derivative_is_that_of_the_draw(name):
    image = nd.array(np.random.RandomState(1).uniform(size=(3, 3, 3)))
    image.attach_grad()
    with autograd.record():
        result = getattr(nd.image, name)(image, 0.2, 0.9)
    result.backward(image)  # the operators are homogeneous: image · dᵀresult = result · image
    assert (image.grad * image).sum().asscalar() == pytest.approx(
        (result * image).sum().asscalar(), rel=1e-4
    )


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda image: image.to_tensor(IMAGE[0]), "image"),
        (lambda image: image.resize(IMAGE), "size"),
        (lambda image: image.resize(IMAGE, size=(1, 2, 3)), "size"),
        (lambda image: image.resize(IMAGE, size=(-1, 2)), "size"),
        (lambda image: image.resize(IMAGE, size=2, interp=7), "interp"),
        (lambda image: image.crop(IMAGE, x=4, y=0, width=3, height=1), "inside"),
        (lambda image: image.crop(IMAGE, x=-1, y=0, width=3, height=1), "greater"),
        (lambda image: image.normalize(nd.zeros((2, 3, 3))), "1 or 3 channels"),
        (lambda image: image.normalize(nd.zeros((3, 3, 3)), mean=(1, 2)), "mean"),
        (lambda image: image.adjust_lighting(IMAGE, alpha=(1, 2)), "3 numbers"),
        (lambda image: image.flip_left_right(nd.zeros((2, 2, 3, 3))), "image"),
        (lambda image: image.random_hue(nd.zeros((2, 2, 4)), 0, 1), "channels"),
        (lambda image: nd._internal._cvimdecode(nd.array([1, 2, 3], dtype="uint8")), "image"),
        (lambda image: nd._internal._cvimdecode(nd.array([1, 2, 3])), "uint8"),
        (lambda image: nd._internal._cvimread("no such file.png"), "no such file"),
        (lambda image: nd._internal._cvcopyMakeBorder(IMAGE, 1, 1, 1, 1, type=5), "type"),
    ],
)
def test_refusals(use, words):
    with pytest.raises(mx.MXNetError, match=words):
        use(nd.image)


@pytest.fixture
def compressed():
    pillow = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    pillow.fromarray(PIXELS).save(file, "PNG")
    return file.getvalue()


def test_imdecode(compressed):
    wanted = PIXELS.transpose(2, 0, 1)
    np.testing.assert_array_equal(nd.imdecode(compressed).asnumpy(), wanted)
    assert nd.imdecode(compressed, channels=1).shape == (1, 4, 6)
    part = wanted[:, 1:3, 2:5]
    out = nd.zeros((2, 3, 2, 3))
    nd.imdecode(compressed, (2, 1, 5, 3), out=out, index=1, mean=nd.ones((3, 2, 3)))
    np.testing.assert_array_equal(out[1].asnumpy(), part - 1.0)
    assert not out[0].asnumpy().any()
    for rectangle in ((0, 0, 7, 3), (3, 0, 2, 3)):
        with pytest.raises(mx.MXNetError):
            nd.imdecode(compressed, rectangle)


def test_decoding_inside_of_a_graph(compressed):
    symbol = mx.sym.image.to_tensor(mx.sym._internal._cvimdecode(mx.sym.var("file")))
    array = nd.array(np.frombuffer(compressed, "uint8"), dtype="uint8")
    result = symbol.bind(mx.cpu(), {"file": array}).forward()[0]
    np.testing.assert_allclose(result.asnumpy(), PIXELS.transpose(2, 0, 1) / 255, rtol=1e-6)
