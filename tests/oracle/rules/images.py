"""Operators on images; the random ones with a factor that leaves no choice."""

import struct
import zlib

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


@rule("_image_random_flip_left_right", "_image_random_flip_top_bottom")
def random_flip(draw: Draw, op: str) -> Drawn:
    """Of images that are their own mirror image."""
    h, w = (2 * n for n in draw.sizes(2, 1, 3))
    data = pixels(draw, h, w, draw.choice(1, 3))
    data = np.maximum(data, data[::-1])
    return Drawn({}, {"data": np.maximum(data, data[:, ::-1])}, train=False)


@rule("_image_random_color_jitter", "_image_random_lighting")
def no_jitter(draw: Draw, op: str) -> Drawn:
    data = image(draw, 3)
    names = (
        ("alpha_std",)
        if op.endswith("lighting")
        else ("brightness", "contrast", "saturation", "hue")
    )
    params = dict.fromkeys(names, 0.0)
    return Drawn(params, {"data": data[0] if data.ndim == 4 else data}, train=False, loose=3)


def png(picture: np.ndarray) -> np.ndarray:
    """The bytes of a file with the picture."""
    height, width, channels = picture.shape
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    file = b"\x89PNG\r\n\x1a\n"
    for kind, content in parts:
        check = struct.pack(">I", zlib.crc32(kind + content))
        file += struct.pack(">I", len(content)) + kind + content + check
    return np.frombuffer(file, "uint8")


@rule("_cvimdecode", "_cvimread")
def decode(draw: Draw, op: str) -> Drawn:
    params = draw.some(flag=draw.choice(0, 1), to_rgb=draw.choice(0, 1))
    inputs = {"buf": png(pixels(draw, *draw.sizes(2, 1, 6), draw.choice(1, 3)))}
    if op == "_cvimdecode":
        return Drawn(params, inputs, imperative=True, positional=True)
    text = f"""
open("picture.png", "wb").write(buf.asnumpy().tobytes())
net = mx.nd._internal._cvimread(filename="picture.png", **{params})
"""
    return Drawn({}, inputs, imperative=True, program=text)


@rule("_image_adjust_lighting")
def lighting(draw: Draw, op: str) -> Drawn:
    data = image(draw, 3)
    data = data[0] if data.ndim == 4 else data
    return Drawn({"alpha": draw.array((3,)).round(2).tolist()}, {"data": data}, train=False)
