"""Images mirrored and in other colours, by given or random amounts.

Images are (h, w, c) with 1 or 3 channels. Results of integer types are cut to the limits of the
type, without rounding, as in 1.9.1. Unlike there, saturation takes the gray of a pixel from all its
channels (not from blue alone), images of 1 channel are returned as they are where colours change,
and derivatives are those of what was computed (not the head gradient).
"""

from typing import Annotated

from .core import Op
from .image import cut, require_image, wide
from .lazy_torch import torch
from .parameters import Floats, at_least
from .shapes import Mismatch, known

__all__ = [
    "AdjustLighting",
    "ColorJitter",
    "FlipLeftRight",
    "FlipTopBottom",
    "RandomBrightness",
    "RandomContrast",
    "RandomFlipLeftRight",
    "RandomFlipTopBottom",
    "RandomHue",
    "RandomLighting",
    "RandomSaturation",
]

# Eigenvalues and eigenvectors (in columns) of the colours of ImageNet: Krizhevsky et al., ImageNet
# classification with deep convolutional neural networks, 2012.
_COLOR_VALUES = (55.46, 4.794, 1.148)
_COLOR_VECTORS = (
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)
_GRAY = (0.299, 0.587, 0.114)  # ITU-R BT.601


# -- mirrors ---------------------------------------------------------------------------------------
class ColorImage(Op, abstract=True):
    """What the operators share that take one image (h, w, c) of 1 or 3 channels."""

    def infer_shape(self, s):
        s.same("data", "output")
        require_image(s.data)
        if known(s.data[2]) and s.data[2] not in (1, 3):
            raise Mismatch(f"data should have 1 or 3 channels but has {s.data[2]}")


class FlipLeftRight(ColorImage, name="_image_flip_left_right"):
    """The image (h, w, c) with left and right exchanged."""

    def forward(self, data):
        return data.flip(1)


class FlipTopBottom(ColorImage, name="_image_flip_top_bottom"):
    """The image (h, w, c) upside down."""

    def forward(self, data):
        return data.flip(0)


class RandomImage(ColorImage, abstract=True):
    """What the random operators share; a hidden output has the numbers that a run drew."""

    waits = True
    stochastic = True
    hidden = ("drawn",)
    number = 1

    def infer_shape(self, s):
        s.drawn = (self.number,)
        s.same("data", "output")
        super().infer_shape(s)

    def infer_dtype(self, t):
        t.drawn = "float64"
        t.same("data", "output")

    def draw(self, like, rng):
        """The numbers, by default one between 0 and 1."""
        return uniform(self.number, like, rng)

    def forward(self, data, *, rng):
        drawn = self.draw(data, rng)
        return self.adjusted(data, drawn), drawn

    def backward(self, d_output, data, drawn):
        with torch.enable_grad():
            image = data.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(self.adjusted(image, drawn), image, d_output)
        return gradient


def uniform(number, like, rng):
    """Random numbers between 0 and 1, on the device of a tensor."""
    return torch.rand(number, dtype=torch.float64, generator=rng, device=like.device)


class RandomFlip(RandomImage, abstract=True):
    """What the random mirrors share."""

    axis = 0

    def adjusted(self, data, drawn):
        """The image, or its mirror image."""
        return torch.where(drawn[0] < 0.5, data.flip(self.axis), data)


class RandomFlipLeftRight(RandomFlip, name="_image_random_flip_left_right"):
    """The image (h, w, c), with left and right exchanged in one of two cases."""

    axis = 1


class RandomFlipTopBottom(RandomFlip, name="_image_random_flip_top_bottom"):
    """The image (h, w, c), upside down in one of two cases."""


# -- colours ---------------------------------------------------------------------------------------
def gray(values):
    """The brightness of pixels, (h, w, 1)."""
    if values.shape[2] == 1:
        return values
    return (values * values.new_tensor(_GRAY)).sum(2, keepdim=True)


def with_brightness(data, factor):
    """The image with every number times a factor."""
    return cut(wide(data) * factor, data)


def with_contrast(data, factor):
    """The image with the distance of every number from the mean brightness times a factor."""
    values = wide(data)
    return cut(values * factor + gray(values).mean() * (1 - factor), data)


def with_saturation(data, factor):
    """The image with the distance of every number from the pixel's brightness times a factor."""
    if data.shape[2] == 1:
        return data.clone()
    values = wide(data)
    return cut(values * factor + gray(values) * (1 - factor), data)


def with_hue(data, turn):
    """The image with all colours turned around the colour circle; 1 is the whole circle."""
    if data.shape[2] == 1:
        return data.clone()
    values = wide(data)
    red, green, blue = values.unbind(2)
    high, low = values.amax(2), values.amin(2)
    spread = high - low
    divisor = torch.where(spread > 0, spread, 1)
    sector = torch.where(
        high == red,
        (green - blue) / divisor,
        torch.where(high == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    sector = sector + 6 * turn
    channels = []
    for offset in (5, 3, 1):
        place = torch.remainder(sector + offset, 6)
        weight = torch.minimum(place, 4 - place).clamp(0, 1)
        channels.append(high - spread * weight)
    return cut(torch.stack(channels, 2), data)


def with_lighting(data, alpha):
    """The image with a multiple of the main colour components of ImageNet added."""
    if data.shape[2] == 1:
        return data.clone()
    values = wide(data)
    vectors, lengths = values.new_tensor(_COLOR_VECTORS), values.new_tensor(_COLOR_VALUES)
    return cut(values + vectors @ (alpha.to(values.dtype) * lengths), data)


class RandomFactor(RandomImage, abstract=True):
    """What the operators share that draw one factor."""

    min_factor: Annotated[float, at_least(0)]
    max_factor: Annotated[float, at_least(0)]

    def draw(self, like, rng):
        """The factor."""
        return super().draw(like, rng) * (self.max_factor - self.min_factor) + self.min_factor

    def adjusted(self, data, drawn):
        """The result for a factor."""
        return self.change(data, drawn[0])


class RandomBrightness(RandomFactor, name="_image_random_brightness"):
    """The image (h, w, c) times a random factor."""

    change = staticmethod(with_brightness)


class RandomContrast(RandomFactor, name="_image_random_contrast"):
    """The image (h, w, c) with its distance from the mean brightness times a random factor."""

    change = staticmethod(with_contrast)


class RandomSaturation(RandomFactor, name="_image_random_saturation"):
    """The image (h, w, c) with its distance from shades of gray times a random factor."""

    change = staticmethod(with_saturation)


class RandomHue(RandomFactor, name="_image_random_hue"):
    """The image (h, w, c) with all colours turned by a random part of the colour circle."""

    change = staticmethod(with_hue)


class ColorJitter(RandomImage, name="_image_random_color_jitter"):
    """The image (h, w, c) with random brightness, contrast, saturation and hue, in random order.

    The factors are between 1 - x and 1 + x; hue turns by a part between -hue and hue.
    """

    brightness: Annotated[float, at_least(0)]
    contrast: Annotated[float, at_least(0)]
    saturation: Annotated[float, at_least(0)]
    hue: Annotated[float, at_least(0)]

    number = 8

    def draw(self, like, rng):
        """The order of the four steps, and their numbers."""
        order = torch.randperm(4, generator=rng, device=like.device)
        return torch.cat([order.double(), uniform(4, like, rng) * 2 - 1])

    def adjusted(self, data, drawn):
        """The result of the steps in their order."""
        steps = [
            (with_brightness, self.brightness, 1),
            (with_contrast, self.contrast, 1),
            (with_saturation, self.saturation, 1),
            (with_hue, self.hue, 0),
        ]
        result = data
        for step in drawn[:4].long().tolist():
            function, width, middle = steps[step]
            if width:
                result = function(result, middle + width * drawn[4 + step])
        return data.clone() if result is data else result


class AdjustLighting(ColorImage, name="_image_adjust_lighting"):
    """The image (h, w, 3) with ``alpha`` times the main colour components of ImageNet added."""

    alpha: Floats
    waits = True

    def infer_shape(self, s):
        super().infer_shape(s)
        if len(self.alpha) != 3:
            raise Mismatch(f"alpha should be 3 numbers but is {self.alpha}")

    def forward(self, data):
        return with_lighting(data, torch.tensor(self.alpha, device=data.device))


class RandomLighting(RandomImage, name="_image_random_lighting"):
    """The image (h, w, 3) with random multiples of the main colour components of ImageNet added."""

    alpha_std: float = 0.05
    number = 3

    def draw(self, like, rng):
        """The multiples, normally distributed."""
        made = torch.randn(3, dtype=torch.float64, generator=rng, device=like.device)
        return made * self.alpha_std

    def adjusted(self, data, alpha):
        """The result for three multiples."""
        return with_lighting(data, alpha)
