"""Augmenters: callables that change an image, at random or not. Randomness is Python's ``random``
and numpy's, so their seeds fix it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..imaging.color import EIGENVALUES, EIGENVECTORS, LUMINANCE
from ..ndarray import NDArray, array
from .functions import (
    _get_interp_method,
    center_crop,
    color_normalize,
    from_numpy,
    imresize,
    random_crop,
    random_size_crop,
    resize_short,
    to_numpy,
)

__all__ = [
    "Augmenter", "BrightnessJitterAug", "CastAug", "CenterCropAug", "ColorJitterAug",
    "ColorNormalizeAug", "ContrastJitterAug", "CreateAugmenter", "ForceResizeAug",
    "HorizontalFlipAug", "HueJitterAug", "LightingAug", "RandomCropAug", "RandomGrayAug",
    "RandomOrderAug", "RandomSizedCropAug", "ResizeAug", "SaturationJitterAug", "SequentialAug",
]  # fmt: skip

# Means and deviations of the colours of ImageNet.
IMAGENET_MEAN = (123.68, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
_FROM_YIQ = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.107, 1.705]])


class Described:
    """What tells its parameters, for logs. Parameters: what ``dumps`` writes."""

    def __init__(self, **kwargs: Any):
        self._kwargs = {
            name: value.asnumpy().tolist()
            if isinstance(value, NDArray)
            else value.tolist()
            if isinstance(value, np.ndarray)
            else value
            for name, value in kwargs.items()
        }

    def dumps(self) -> Any:
        """The class name in small letters and the parameters, as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])


class Augmenter(Described):
    """The base of augmenters: from an image, an NDArray (h, w, c), to a changed one.

    Parameters: what ``dumps`` writes.
    """

    def __call__(self, src: NDArray) -> NDArray:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, src)")


class SequentialAug(Augmenter):
    """Several augmenters, one after the other."""

    def __init__(self, ts: Sequence[Augmenter]):
        super().__init__()
        self.ts = list(ts)

    def dumps(self) -> list:
        """The class name and the dumps of the augmenters."""
        return [type(self).__name__.lower(), [t.dumps() for t in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        for aug in self.ts:
            src = aug(src)
        return src


class RandomOrderAug(SequentialAug):
    """Several augmenters in random order."""

    def __call__(self, src: NDArray) -> NDArray:
        random.shuffle(self.ts)
        return super().__call__(src)


class ResizeAug(Augmenter):
    """Resize the shorter side to ``size``."""

    def __init__(self, size: int, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return resize_short(src, self.size, self.interp)


class ForceResizeAug(Augmenter):
    """Resize to ``size`` (w, h), whatever the proportions."""

    def __init__(self, size: tuple[int, int], interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        sizes = (src.shape[0], src.shape[1], self.size[1], self.size[0])
        return imresize(src, *self.size, interp=_get_interp_method(self.interp, sizes))


class RandomCropAug(Augmenter):
    """A part of ``size`` (w, h) at a random place."""

    def __init__(self, size: tuple[int, int], interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_crop(src, self.size, self.interp)[0]


class CenterCropAug(Augmenter):
    """The middle part of ``size`` (w, h)."""

    def __init__(self, size: tuple[int, int], interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return center_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """A part of random area and proportions, resized to ``size``; see ``random_size_crop``."""

    def __init__(
        self,
        size: tuple[int, int],
        area: float | tuple[float, float],
        ratio: tuple[float, float],
        interp: int = 2,
        **kwargs: Any,
    ):
        area = kwargs.pop("min_area", area)
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        self.size, self.area, self.ratio, self.interp = size, area, ratio, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


def mirrored(src: NDArray) -> NDArray:
    """An image with left and right exchanged."""
    return from_numpy(to_numpy(src)[:, ::-1])


class HorizontalFlipAug(Augmenter):
    """Left and right exchanged, with probability ``p``."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        return mirrored(src) if random.random() < self.p else src


class CastAug(Augmenter):
    """Another element type."""

    def __init__(self, typ: str = "float32"):
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        return src.astype(self.typ)


class BrightnessJitterAug(Augmenter):
    """All values times a random number in 1 ± ``brightness``."""

    def __init__(self, brightness: float):
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        return src * (1.0 + random.uniform(-self.brightness, self.brightness))


class ContrastJitterAug(Augmenter):
    """Values nearer to the mean grey or further from it, by up to ``contrast``."""

    def __init__(self, contrast: float):
        super().__init__(contrast=contrast)
        self.contrast = contrast

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.contrast, self.contrast)
        grey = float((to_numpy(src) * LUMINANCE).sum(axis=2).mean())
        return src * alpha + grey * (1.0 - alpha)


class SaturationJitterAug(Augmenter):
    """Each pixel nearer to its grey or further from it, by up to ``saturation``."""

    def __init__(self, saturation: float):
        super().__init__(saturation=saturation)
        self.saturation = saturation

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.saturation, self.saturation)
        grey = (to_numpy(src) * LUMINANCE).sum(axis=2, keepdims=True)
        return src * alpha + from_numpy((grey * (1.0 - alpha)).astype(np.float32))


class HueJitterAug(Augmenter):
    """All colours turned around the grey axis by up to ``hue`` half turns."""

    def __init__(self, hue: float):
        super().__init__(hue=hue)
        self.hue = hue

    def __call__(self, src: NDArray) -> NDArray:
        alpha = random.uniform(-self.hue, self.hue) * math.pi
        cosine, sine = math.cos(alpha), math.sin(alpha)
        turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
        return _mix(src, (_FROM_YIQ @ turn @ _TO_YIQ).T)


def _mix(src: NDArray, matrix: Any) -> NDArray:
    return from_numpy(to_numpy(src) @ np.asarray(matrix, np.float32))


class ColorJitterAug(RandomOrderAug):
    """Brightness, contrast and saturation, in random order."""

    def __init__(self, brightness: float, contrast: float, saturation: float):
        kinds = (BrightnessJitterAug, ContrastJitterAug, SaturationJitterAug)
        amounts = (brightness, contrast, saturation)
        super().__init__([kind(amount) for kind, amount in zip(kinds, amounts) if amount > 0])


class LightingAug(Augmenter):
    """A random shift along the principal components of the colours.

    Parameters: ``alphastd``: its deviation in units of the components; ``eigval``, ``eigvec``: these.
    """

    def __init__(self, alphastd: float, eigval: Any, eigvec: Any):
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd = alphastd
        self.eigval, self.eigvec = np.asarray(eigval), np.asarray(eigvec)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = np.random.normal(0, self.alphastd, size=(3,))
        return src + array(np.dot(self.eigvec * alpha, self.eigval))


class ColorNormalizeAug(Augmenter):
    """``(src - mean) / std``; see ``color_normalize``."""

    def __init__(self, mean: Any, std: Any):
        super().__init__(mean=mean, std=std)
        self.mean = mean if mean is None or isinstance(mean, NDArray) else array(mean)
        self.std = std if std is None or isinstance(std, NDArray) else array(std)

    def __call__(self, src: NDArray) -> NDArray:
        return color_normalize(src, self.mean, self.std)


class RandomGrayAug(Augmenter):
    """Grey in place of colours, with probability ``p``."""

    _WEIGHTS = ((0.21,) * 3, (0.72,) * 3, (0.07,) * 3)

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        return _mix(src, self._WEIGHTS) if random.random() < self.p else src


def statistics(mean: Any, std: Any) -> tuple[Any, Any]:
    """Means and deviations of three (or one) channels; True stands for those of ImageNet."""
    if mean is True:
        mean = np.array(IMAGENET_MEAN)
    if std is True:
        std = np.array(IMAGENET_STD)
    for name, value in (("mean", mean), ("std", std)):
        if value is not None:
            array_like = isinstance(value, (np.ndarray, NDArray))
            assert array_like, f"{name} should be True or an array, not {type(value)}"
            assert value.shape[0] in (1, 3), f"{name} should have 1 or 3 numbers"
    return mean, std


def CreateAugmenter(  # noqa: N802 - the 1.x spelling
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = 2,
) -> list[Augmenter]:
    """The usual list of augmenters for images of ``data_shape`` (c, h, w).

    Parameters: ``resize``: the shorter side first; ``rand_crop``, with ``rand_resize`` of random
    size too, else the middle; ``rand_mirror``; ``mean``, ``std``: arrays, or True for those of
    ImageNet; the rest: how strong or how likely.
    """
    size = (data_shape[2], data_shape[1])
    augs: list[Augmenter] = [ResizeAug(resize, inter_method)] if resize > 0 else []
    if rand_resize:
        assert rand_crop, "rand_resize goes with rand_crop=True"
        augs.append(RandomSizedCropAug(size, 0.08, (3.0 / 4.0, 4.0 / 3.0), inter_method))
    elif rand_crop:
        augs.append(RandomCropAug(size, inter_method))
    else:
        augs.append(CenterCropAug(size, inter_method))
    if rand_mirror:
        augs.append(HorizontalFlipAug(0.5))
    augs.append(CastAug())
    mean, std = statistics(mean, std)
    as_arrays = [value if value is None else array(value) for value in (mean, std)]
    return augs + color_augmenters(
        brightness, contrast, saturation, hue, pca_noise, rand_gray, *as_arrays
    )


def color_augmenters(
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
    pca_noise: float,
    rand_gray: float,
    mean: Any,
    std: Any,
) -> list[Augmenter]:
    """The augmenters of values, in the order in which lists have them."""
    augs: list[Augmenter] = []
    if brightness or contrast or saturation:
        augs.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        augs.append(HueJitterAug(hue))
    if pca_noise > 0:
        augs.append(LightingAug(pca_noise, np.array(EIGENVALUES), np.array(EIGENVECTORS)))
    if rand_gray > 0:
        augs.append(RandomGrayAug(rand_gray))
    if mean is not None or std is not None:
        augs.append(ColorNormalizeAug(mean, std))
    return augs
