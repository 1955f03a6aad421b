"""Samples of operators on images."""

import colorsys
from pathlib import Path

import numpy as np
from PIL import Image

from mxnet.imaging.resize import resize
from ops.sample import Sample

FILE = Path(__file__).parents[1] / "data" / "pixels.png"
BYTES = np.frombuffer(FILE.read_bytes(), "uint8")
PIXELS = np.asarray(Image.open(FILE))
BATCH = np.random.RandomState(5).randint(0, 256, (2, 4, 6, 3)).astype("uint8")
GRAY = np.array([0.299, 0.587, 0.114])


def normalized(mean, std):
    mean, std = np.reshape(mean, (-1, 1, 1)), np.reshape(std, (-1, 1, 1))
    return lambda data: (data - mean) / std


def scaled(width, height, method=1):
    def reference(data=None, src=None):
        data = src if data is None else data
        if data.ndim == 3:
            return resize(data, width, height, method)
        return np.stack([resize(image, width, height, method) for image in data])

    return reference


def bordered(mode, **options):
    return lambda src: np.pad(src, ((1, 2), (3, 1), (0, 0)), mode, **options)


def cut(values):
    return values.clip(0, 255).astype("uint8")


def turned(part):
    """Colours turned in the model of hue, lightness and saturation."""

    def pixel(color):
        hue, lightness, saturation = colorsys.rgb_to_hls(*color)
        return colorsys.hls_to_rgb((hue + part) % 1, lightness, saturation)

    return lambda data: np.apply_along_axis(pixel, 2, data)


def lit(alpha):
    vectors = np.array(
        [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
    )
    return lambda data: data + vectors @ (np.array([55.46, 4.794, 1.148]) * alpha)


def same(data):
    return data


MARGINS = {"top": 1, "bot": 2, "left": 3, "right": 1}
GEOMETRY = [
    Sample(
        "_image_to_tensor", {}, {"data": PIXELS}, lambda data: data.transpose(2, 0, 1) / 255,
        name="bytes",
    ),
    Sample("_image_to_tensor", {}, {"data": (2, 3, 2, 1)}, lambda data: np.moveaxis(data, 3, 1) / 255),
    Sample("_image_normalize", {}, {"data": (3, 2, 4)}, same),
    Sample(
        "_image_normalize",
        {"mean": (0.1, 0.2, 0.3), "std": (1, 2, 4)},
        {"data": (2, 3, 2, 4)},
        normalized((0.1, 0.2, 0.3), (1, 2, 4)),
    ),
    Sample(
        "_image_normalize", {"mean": 0.5, "std": 2}, {"data": (1, 2, 4)}, normalized(0.5, 2)
    ),
    *(
        Sample(
            "_image_resize", {"size": (3, 6), "interp": method}, {"data": (4, 5, 3)},
            scaled(3, 6, method), rtol=1e-3, atol=1e-5,
        )
        for method in range(5)
    ),
    Sample("_image_resize", {"size": 3}, {"data": BATCH}, scaled(3, 3), name="bytes"),
    Sample("_image_resize", {"size": 2, "keep_ratio": True}, {"data": BATCH}, scaled(3, 2)),
    Sample("_image_resize", {"size": 2, "keep_ratio": True}, {"data": (8, 4, 1)}, scaled(2, 4)),
    Sample("_image_resize", {"size": (5, 4)}, {"data": PIXELS}, same),
    Sample(
        "_image_resize", {"size": (3, 2), "interp": 3}, {"data": (4, 6, 1)},
        lambda data: data.reshape(2, 2, 3, 2, 1).mean((1, 3)), name="means",
    ),
    Sample("_cvimresize", {"w": 3, "h": 6}, {"src": PIXELS}, scaled(3, 6)),
    Sample(
        "_image_crop", {"x": 1, "y": 2, "width": 3, "height": 2}, {"data": (4, 5, 3)},
        lambda data: data[2:4, 1:4],
    ),
    Sample(
        "_image_crop", {"x": 0, "y": 1, "width": 2, "height": 1}, {"data": BATCH},
        lambda data: data[:, 1:2, :2],
    ),
    *(
        Sample("_cvcopyMakeBorder", {**MARGINS, "type": kind}, {"src": (3, 4, 2)}, bordered(mode))
        for kind, mode in enumerate(("constant", "edge", "symmetric", "wrap", "reflect"))
    ),
    Sample(
        "_cvcopyMakeBorder", {**MARGINS, "value": 7.5}, {"src": (3, 4, 2)},
        bordered("constant", constant_values=7.5),
    ),
    Sample(
        "_cvcopyMakeBorder",
        {**MARGINS, "values": (1, 300)},
        {"src": PIXELS},
        lambda src: np.stack(
            [
                np.pad(src[..., channel], ((1, 2), (3, 1)), constant_values=value)
                for channel, value in enumerate((1, 255, 0))
            ],
            axis=2,
        ),
    ),
]  # fmt: skip

PLACE = {"index": 0, "c": 3, "size": len(BYTES)}
FILES = [
    Sample("_cvimdecode", {}, {"buf": BYTES}, lambda buf: PIXELS),
    Sample("_cvimdecode", {"to_rgb": False}, {"buf": BYTES}, lambda buf: PIXELS[..., ::-1]),
    Sample(
        "_cvimdecode", {"flag": 0}, {"buf": BYTES},
        lambda buf: np.asarray(Image.fromarray(PIXELS).convert("L"))[..., None],
    ),
    Sample("_cvimread", {"filename": str(FILE)}, {}, lambda: PIXELS, name="file"),
    Sample(
        "_imdecode",
        {**PLACE, "x0": 0, "y0": 0, "x1": 0, "y1": 0},
        {"mean": np.zeros(0, "float32"), "str_img": BYTES},
        lambda mean, str_img: PIXELS.transpose(2, 0, 1),
    ),
    Sample(
        "_imdecode",
        {**PLACE, "x0": 1, "y0": 2, "x1": 4, "y1": 3},
        {"mean": np.ones((3, 1, 3), "float32"), "str_img": BYTES},
        lambda mean, str_img: PIXELS[2:3, 1:4].transpose(2, 0, 1) - mean,
    ),
]  # fmt: skip

COLORS = [
    Sample("_image_flip_left_right", {}, {"data": (2, 3, 1)}, lambda data: data[:, ::-1]),
    Sample("_image_flip_top_bottom", {}, {"data": PIXELS}, lambda data: data[::-1]),
    Sample("_image_random_flip_left_right", {}, {"data": (2, 3, 3)}),
    Sample("_image_random_flip_top_bottom", {}, {"data": (2, 3, 3)}),
    *(
        Sample(
            f"_image_random_{kind}",
            {"min_factor": factor, "max_factor": factor},
            {"data": data},
            reference,
            low=0,
            name=f"{factor} {name}",
        )
        for kind, factor, name, data, reference in (
            ("brightness", 1.5, "", (2, 3, 3), lambda data: data * 1.5),
            ("brightness", 1.5, "bytes", PIXELS, lambda data: cut(data * 1.5)),
            ("contrast", 0.5, "", (2, 3, 3), lambda data: (data + (data @ GRAY).mean()) / 2),
            ("contrast", 0.5, "gray", (2, 3, 1), lambda data: (data + data.mean()) / 2),
            ("contrast", 1.5, "bytes", PIXELS,
             lambda data: cut(data * 1.5 - (data @ GRAY).mean() / 2)),
            ("saturation", 0.5, "", (2, 3, 3), lambda data: (data + (data @ GRAY)[..., None]) / 2),
            ("saturation", 0.5, "gray", (2, 3, 1), same),
            ("hue", 0.2, "", (2, 3, 3), turned(0.2)),
            ("hue", 0.7, "", (2, 3, 3), turned(0.7)),
            ("hue", 0.7, "gray", (2, 3, 1), same),
        )
    ),
    Sample(
        "_image_random_color_jitter",
        {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0},
        {"data": PIXELS},
        same,
    ),
    Sample(
        "_image_random_color_jitter",
        {"brightness": 0.1, "contrast": 0.2, "saturation": 0.3, "hue": 0.4},
        {"data": (2, 3, 3)},
    ),
    Sample("_image_random_lighting", {"alpha_std": 0}, {"data": (2, 3, 3)}, same),
    Sample("_image_random_lighting", {}, {"data": (2, 3, 3)}),
    Sample(
        "_image_adjust_lighting", {"alpha": (0.5, 0.2, 0.1)}, {"data": (2, 3, 3)},
        lit((0.5, 0.2, 0.1)),
    ),
    Sample(
        "_image_adjust_lighting", {"alpha": (0.5, 0.2, 0.1)}, {"data": PIXELS},
        lambda data: cut(lit((0.5, 0.2, 0.1))(data)), name="bytes",
    ),
    Sample("_image_adjust_lighting", {"alpha": (0.5, 0.2, 0.1)}, {"data": (2, 3, 1)}, same, name="gray"),
]  # fmt: skip

SAMPLES = [*GEOMETRY, *FILES, *COLORS]
