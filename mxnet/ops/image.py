"""Images as programs prepare them: read from files, as tensors, in other sizes, parts, borders.

Images are (h, w, c), some operators take batches (n, h, w, c). Results of integer types are cut to
the limits of the type, without rounding, as in 1.9.1.
"""

from typing import Annotated

from ..error import MXNetError
from .core import Op
from .lazy_torch import F, torch
from .parameters import Floats, Shape, at_least
from .shapes import UNKNOWN, Mismatch, known

__all__ = [
    "CopyMakeBorder",
    "DecodeImage",
    "DecodeInto",
    "ImageCrop",
    "ImageResize",
    "Normalize",
    "ReadImage",
    "ResizeImage",
    "ToTensor",
]


def require_image(shape, name="data", batches=False):
    """Complain about what is not an image, nor a batch of images."""
    if len(shape) != 3 and not (batches and len(shape) == 4):
        also = ", or (n, h, w, c)" if batches else ""
        raise Mismatch(f"{name} should be an image (h, w, c){also} but has shape {shape}")


def cut(values, like):
    """Values in the element type of another tensor, cut to its limits, fractions cut off."""
    if not like.is_floating_point():
        limits = torch.iinfo(like.dtype)
        values = values.clamp(limits.min, limits.max)
    return values.to(like.dtype)


def wide(data):
    """An image in a type to compute with."""
    return data if data.dtype in (torch.float32, torch.float64) else data.float()


class ToTensor(Op, name="_image_to_tensor"):
    """An image with numbers from 0 to 255 as float32 numbers from 0 to 1, channels first.

    Shapes: data (h, w, c) -> (c, h, w); (n, h, w, c) -> (n, c, h, w).
    """

    def infer_shape(self, s):
        require_image(s.data, batches=True)
        *batch, h, w, c = s.data
        s.output = (*batch, c, h, w)

    def infer_dtype(self, t):
        t.output = "float32"

    def forward(self, data):
        return (data.float() / 255).movedim(-1, -3).contiguous()


class Normalize(Op, name="_image_normalize"):
    """(data - mean) / std, by channel.

    Shapes: data (c, h, w) or (n, c, h, w) with 1 or 3 channels. ``mean`` and ``std`` have one
    number for all channels or one for each; the defaults fit both.
    """

    mean: Floats = (0.0, 0.0, 0.0, 0.0)
    std: Floats = (1.0, 1.0, 1.0, 1.0)
    waits = True

    def infer_shape(self, s):
        s.same("data", "output")
        if len(s.data) not in (3, 4):
            raise Mismatch(f"data should be (c, h, w) or (n, c, h, w) but have shape {s.data}")
        channels = s.data[-3]
        if known(channels):
            if channels not in (1, 3):
                raise Mismatch(f"data should have 1 or 3 channels but has {channels}")
            self.by_channel("mean", channels)
            self.by_channel("std", channels)

    def by_channel(self, name, channels):
        """A parameter as numbers for all channels."""
        numbers = getattr(self, name)
        if numbers == self.parameters[name].default:
            numbers = numbers[:channels]
        if len(numbers) not in (1, channels):
            raise Mismatch(f"{name} should have 1 or {channels} numbers but is {numbers}")
        return numbers

    def forward(self, data):
        values = wide(data)
        mean, std = (
            values.new_tensor(self.by_channel(name, data.shape[-3])).view(-1, 1, 1)
            for name in ("mean", "std")
        )
        return cut((values - mean) / std, data)


# -- sizes and parts --------------------------------------------------------------------------------
def resized(data, width, height, method):
    """Images (..., h, w, c) in another size; the weights are those of OpenCV."""
    from ..imaging import resize

    old_height, old_width = data.shape[-3:-1]
    if method not in range(5):
        raise MXNetError(f"interp should be 0, 1, 2, 3 or 4, not {method}")
    if (old_height, old_width) == (height, width):
        return data.clone()
    if not data.numel():
        return data.new_zeros((*data.shape[:-3], height, width, data.shape[-1]))
    if not data.is_floating_point():
        return resized_integers(data, width, height, method)
    axes = ((-3, old_height, height), (-2, old_width, width))
    if method == resize.NEAREST:
        for axis, old, new in axes:
            index = torch.as_tensor(resize.nearest(old, new), device=data.device)
            data = data.index_select(axis, index)
        return data
    values = wide(data)
    for axis, old, new in axes:
        indices, weights = resize.taps(
            old, new, method, old_height >= height and old_width >= width
        )
        shape = (-1, 1, 1) if axis == -3 else (-1, 1)
        values = sum(
            values.index_select(axis, torch.as_tensor(index, device=data.device))
            * torch.as_tensor(weight, device=data.device).view(shape)
            for index, weight in zip(indices, weights, strict=True)
        )
    return values.to(data.dtype)


def resized_integers(data, width, height, method):
    """The same for integers, which have no derivative, with the rounding of OpenCV."""
    from ..imaging import resize

    images = data.cpu().numpy().reshape(-1, *data.shape[-3:])
    made = [torch.as_tensor(resize.resize(image, width, height, method)) for image in images]
    return torch.stack(made).reshape(*data.shape[:-3], *made[0].shape).to(data.device)


class ImageResize(Op, name="_image_resize"):
    """Images in another size.

    Shapes: data (h, w, c) or (n, h, w, c). ``size`` is (width, height), or one number: that of both
    or, with ``keep_ratio``, of the shorter side. ``interp`` is 0 nearest, 1 linear, 2 cubic, 3 area
    or 4 Lanczos.
    """

    size: Shape = ()
    keep_ratio: bool = False
    interp: int = 1
    waits = True

    def sides(self, height, width):
        """Width and height of the result."""
        if len(self.size) not in (1, 2) or any(side is None or side < 1 for side in self.size):
            raise Mismatch(f"size should be 1 or 2 positive numbers but is {self.size}")
        if len(self.size) == 2:
            return self.size
        (side,) = self.size
        if not self.keep_ratio:
            return side, side
        if not known(height, width):
            return UNKNOWN, UNKNOWN
        if height > width:
            return side, side * height // width
        return side * width // height, side

    def infer_shape(self, s):
        require_image(s.data, batches=True)
        *batch, h, w, c = s.data
        if h == 0 or w == 0:
            raise Mismatch(f"data of shape {s.data} is no image that could be resized")
        width, height = self.sides(h, w)
        s.output = (*batch, height, width, c)

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data):
        return resized(data, *self.sides(*data.shape[-3:-1]), self.interp)


class ResizeImage(Op, name="_cvimresize"):
    """An image (h, w, c) in the size ``h``, ``w``; see ``ImageResize``."""

    w: Annotated[int, at_least(1)]
    h: Annotated[int, at_least(1)]
    interp: int = 1
    waits = True

    def infer_shape(self, s):
        require_image(s.src, "src")
        if 0 in s.src[:2]:
            raise Mismatch(f"src of shape {s.src} is no image that could be resized")
        s.output = (self.h, self.w, s.src[2])

    def infer_dtype(self, t):
        t.same("src", "output")

    def forward(self, src):
        return resized(src, self.w, self.h, self.interp)


class ImageCrop(Op, name="_image_crop"):
    """The part of images with ``width`` and ``height`` whose upper left corner is at ``x``, ``y``.

    Shapes: data (h, w, c) or (n, h, w, c) -> (height, width, c) or (n, height, width, c).
    """

    x: Annotated[int, at_least(0)]
    y: Annotated[int, at_least(0)]
    width: Annotated[int, at_least(1)]
    height: Annotated[int, at_least(1)]
    view = "strided"

    def infer_shape(self, s):
        require_image(s.data, batches=True)
        *batch, h, w, c = s.data
        if self.x + self.width > w or self.y + self.height > h:
            raise Mismatch(
                f"the part from ({self.x}, {self.y}) of size {self.width} by {self.height} is not"
                f" inside of data of width {w} and height {h}"
            )
        s.output = (*batch, self.height, self.width, c)

    def infer_dtype(self, t):
        t.same("data", "output")

    def forward(self, data):
        return data.narrow(-3, self.y, self.height).narrow(-2, self.x, self.width)


class CopyMakeBorder(Op, name="_cvcopyMakeBorder"):
    """An image with a border.

    Shapes: src (h, w, c) -> (top + h + bot, left + w + right, c). ``type`` is that of OpenCV: 0
    a constant, ``value`` or, by channel, ``values``; 1 the edge repeated; 2 mirrored; 3 wrapped
    around; 4 mirrored without repeating the edge.
    """

    top: Annotated[int, at_least(0)]
    bot: Annotated[int, at_least(0)]
    left: Annotated[int, at_least(0)]
    right: Annotated[int, at_least(0)]
    type: int = 0
    value: float = 0.0
    values: Floats = ()
    waits = True

    def check(self):
        if self.type not in range(5):
            raise MXNetError(f"type should be 0, 1, 2, 3 or 4, not {self.type}")

    def infer_shape(self, s):
        require_image(s.src, "src")
        h, w, c = s.src
        if self.type and (h == 0 or w == 0):
            raise Mismatch(f"src of shape {s.src} has no pixels to repeat")
        s.output = (self.top + h + self.bot, self.left + w + self.right, c)

    def infer_dtype(self, t):
        t.same("src", "output")

    def forward(self, src):
        if self.type == 0:
            return self.framed(src)
        for axis, margins in ((0, (self.top, self.bot)), (1, (self.left, self.right))):
            index = border_index(src.shape[axis], margins, self.type)
            src = src.index_select(axis, torch.as_tensor(index, device=src.device))
        return src

    def framed(self, src):
        """The image in a border of one colour."""
        channels = src.shape[2]
        numbers = (*self.values[:channels], *(0.0,) * (channels - len(self.values)))
        color = wide(src).new_tensor(numbers if self.values else (self.value,) * channels)
        if not src.is_floating_point():
            color = color.round()
        margins = self.left, self.right, self.top, self.bot
        inside = torch.ones(src.shape[:2], dtype=torch.bool, device=src.device)
        inside = F.pad(inside, margins).unsqueeze(2)
        return torch.where(inside, F.pad(src, (0, 0, *margins)), cut(color, src))


def border_index(size, margins, kind):
    """Which pixel along an axis each one is, border included."""
    import numpy as np

    return np.pad(np.arange(size), margins, (None, "edge", "symmetric", "wrap", "reflect")[kind])


# -- compressed images ---------------------------------------------------------------------------
class Decoding(Op, abstract=True):
    """What the decoders share: the size of the image is known at run time only."""

    waits = True
    dynamic = True
    differentiable = False

    def infer_shape(self, s):
        s.output = (UNKNOWN, UNKNOWN, 3 if self.flag else 1)

    def decoded(self, buffer):
        """The image in a file's bytes."""
        from ..imaging import codec

        return torch.from_numpy(codec.decode(buffer, 3 if self.flag else 1, self.to_rgb))


class DecodeImage(Decoding, name="_cvimdecode"):
    """The pixels of a compressed image, with Pillow.

    Shapes: buf (n,) uint8 -> (h, w, 3) uint8, or (h, w, 1) with ``flag=0``: gray. Red is first, or
    blue unless ``to_rgb``.
    """

    flag: Annotated[int, at_least(0)] = 1
    to_rgb: bool = True

    def infer_shape(self, s):
        super().infer_shape(s)
        if len(s.buf) != 1:
            raise Mismatch(f"buf should be a vector of bytes but has shape {s.buf}")

    def infer_dtype(self, t):
        t.buf = t.output = "uint8"

    def forward(self, buf):
        return self.decoded(buf.cpu().numpy()).to(buf.device)


class ReadImage(Decoding, name="_cvimread"):
    """The pixels of an image file, (h, w, 3) uint8, or (h, w, 1) with ``flag=0``; see
    ``DecodeImage``."""

    filename: str
    flag: Annotated[int, at_least(0)] = 1
    to_rgb: bool = True

    def infer_dtype(self, t):
        t.output = "uint8"

    def forward(self, *, device):
        from ..files import read_bytes

        return self.decoded(read_bytes(self.filename)).to(device)


class DecodeInto(Op, name="_imdecode"):
    """A compressed image, or a part of it, minus a mean, channels first.

    Shapes: mean (0,), or of the shape of the result, str_img (n,) uint8 -> (c, y1 - y0, x1 - x0)
    float32, or all of the image where the corners are 0. ``index`` and ``size`` are accepted for
    1.x programs; ``nd.imdecode`` writes to a place in a larger array.
    """

    index: int
    x0: int
    y0: int
    x1: int
    y1: int
    c: int
    size: int
    waits = True
    dynamic = True
    differentiable = False

    def check(self):
        if self.c not in (1, 3):
            raise MXNetError(f"c should be 1 or 3 channels, not {self.c}")
        if not (0 <= self.x0 <= self.x1 and 0 <= self.y0 <= self.y1):
            raise MXNetError(f"({self.x0}, {self.y0}, {self.x1}, {self.y1}) is no rectangle")

    def infer_shape(self, s):
        s.output = (self.c, UNKNOWN, UNKNOWN)
        if len(s.str_img) != 1:
            raise Mismatch(f"str_img should be a vector of bytes but has shape {s.str_img}")

    def infer_dtype(self, t):
        t.str_img = "uint8"
        t.mean = t.output = "float32"

    def forward(self, mean, str_img):
        from ..imaging import codec

        pixels = torch.from_numpy(codec.decode(str_img.cpu().numpy(), self.c))
        h, w = pixels.shape[:2]
        if self.x1 > w or self.y1 > h:
            raise MXNetError(
                f"({self.x0}, {self.y0}, {self.x1}, {self.y1}) is not inside of an image of width"
                f" {w} and height {h}"
            )
        part = pixels[self.y0 : self.y1 or None, self.x0 : self.x1 or None]
        result = part.permute(2, 0, 1).to(mean.device, torch.float32)
        if not mean.numel():
            return result.contiguous()
        if mean.shape != result.shape:
            raise MXNetError(f"mean has shape {tuple(mean.shape)}, the image {tuple(result.shape)}")
        return result - mean
