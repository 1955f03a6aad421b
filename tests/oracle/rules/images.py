"""Operators on images; the random ones with a factor that leaves no choice."""

import numpy as np

from oracle.draw import Draw, Drawn, rule


def pixels(draw: Draw, *shape: int) -> np.ndarray:
    """Bytes."""
    return draw.rng.randint(0, 256, shape).astype("uint8")


def image(draw: Draw, channels: int, kinds=("uint8", "float32")) -> np.ndarray:
    """An image (h, w, c) or a batch of them."""
    shape = (*draw.shape(0, 1, 3), *draw.sizes(2, 2, 6), channels)
    found = pixels(draw, *shape)
    return found if draw.choice(*kinds) == "uint8" else (found / np.float32(255)).astype("float32")


@rule("_image_to_tensor")
def to_tensor(draw: Draw, op: str) -> Drawn:
    return Drawn({}, {"data": image(draw, draw.choice(1, 3))}, train=False)


@rule("_image_normalize")
def normalize(draw: Draw, op: str) -> Drawn:
    channels = draw.choice(1, 3)
    size = draw.choice(1, channels)
    mean = draw.array((size,), 0, 1).round(2).tolist()
    params = {"mean": mean, "std": draw.array((size,), 0.5, 2).round(2).tolist()}
    shape = (*draw.shape(0, 1, 3), channels, *draw.sizes(2, 2, 5))
    return Drawn(params, {"data": draw.array(shape, 0, 1)})


@rule("_image_resize")
def resize(draw: Draw, op: str) -> Drawn:
    params = {"size": draw.choice(draw.integer(1, 8), draw.sizes(2, 1, 8))}
    params |= draw.some(interp=draw.choice(0, 1), keep_ratio=draw.chance(0.5))
    return Drawn(params, {"data": image(draw, draw.choice(1, 3))}, train=False)


@rule("_cvimresize")
def cv_resize(draw: Draw, op: str) -> Drawn:
    w, h = draw.sizes(2, 1, 9)
    params = {"w": w, "h": h, **draw.some(interp=draw.integer(0, 4))}
    src = pixels(draw, *draw.sizes(2, 2, 7), draw.choice(1, 3))
    return Drawn(params, {"src": src}, imperative=True, positional=True)


@rule("_cvcopyMakeBorder")
def border(draw: Draw, op: str) -> Drawn:
    top, bot, left, right = draw.sizes(4, 0, 2)
    kind = draw.integer(0, 4)
    params = {"top": top, "bot": bot, "left": left, "right": right, "type": kind}
    if kind == 0:
        params |= draw.some(value=draw.real(0, 200))
    src = pixels(draw, *draw.sizes(2, 3, 6), draw.choice(1, 3))
    return Drawn(params, {"src": src}, imperative=True, positional=True)


@rule("_image_crop")
def crop(draw: Draw, op: str) -> Drawn:
    data = image(draw, draw.choice(1, 3))
    h, w = data.shape[-3:-1]
    x, y = draw.integer(0, w - 1), draw.integer(0, h - 1)
    params = {"x": x, "y": y, "width": draw.integer(1, w - x), "height": draw.integer(1, h - y)}
    return Drawn(params, {"data": data})


@rule("_image_flip_left_right", "_image_flip_top_bottom")
def flip(draw: Draw, op: str) -> Drawn:
    data = image(draw, draw.choice(1, 3))
    return Drawn({}, {"data": data[0] if data.ndim == 4 else data}, train=False)


@rule("_image_random_brightness", "_image_random_contrast", "_image_random_saturation",
      "_image_random_hue")  # fmt: skip
def color(draw: Draw, op: str) -> Drawn:
    factor = draw.real(0.25, 2) if op != "_image_random_hue" else draw.real(0, 0.5)
    data = image(draw, 3)
    data = data[0] if data.ndim == 4 else data
    params = {"min_factor": factor, "max_factor": factor}
    return Drawn(params, {"data": data}, train=False, loose=3)


@rule("_image_adjust_lighting")
def lighting(draw: Draw, op: str) -> Drawn:
    data = image(draw, 3)
    data = data[0] if data.ndim == 4 else data
    return Drawn({"alpha": draw.array((3,)).round(2).tolist()}, {"data": data}, train=False)
