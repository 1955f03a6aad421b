"""ImageDetIter: batches of augmented images with the boxes of the objects in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..error import MXNetError
from ..io import DataBatch, DataDesc
from ..ndarray import NDArray, array
from .detection_augmenters import CreateDetAugmenter, DetAugmenter
from .functions import to_numpy
from .iterator import ImageIter

__all__ = ["ImageDetIter", "parse_label"]


def parse_label(raw: np.ndarray) -> np.ndarray:
    """The objects (n, width) in a stored label: length of its head, width of an object, the rest of
    the head, the objects one after the other.

    Objects without area are left out. Raises MXNetError for a label of another form.
    """
    raw = np.asarray(raw, np.float32).reshape(-1)
    if raw.size < 7:
        raise MXNetError(
            f"Label shape is invalid: {raw.size} numbers; a detection label starts with the length of"
            " its head and the width of an object, and each object has at least 5 numbers"
        )
    head, width = int(raw[0]), int(raw[1])
    if width < 5 or (raw.size - head) % width:
        raise MXNetError(
            f"Label shape {raw.shape} inconsistent with annotation width {width} after a head of {head}"
        )
    objects = raw[head:].reshape(-1, width)
    valid = (objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])
    if not valid.any():
        raise MXNetError("Encounter sample with no valid label.")
    return objects[valid]


class ImageDetIter(ImageIter):
    """Batches of images (n, c, h, w) and of labels (n, objects, width), filled up with -1.

    Parameters: as ImageIter; ``aug_list``: DetAugmenters, by default
    ``CreateDetAugmenter(data_shape, **kwargs)``. The number of objects is the largest in the data,
    or what ``reshape`` says. Raises MXNetError for labels that are not those of detection.
    """

    auglist: Sequence[DetAugmenter]

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence[DetAugmenter] | None = None,
        imglist: Sequence[Sequence[Any]] | None = None,
        data_name: str = "data",
        label_name: str = "label",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ):
        super().__init__(
            batch_size,
            data_shape,
            path_imgrec=path_imgrec,
            path_imglist=path_imglist,
            path_root=path_root,
            path_imgidx=path_imgidx,
            shuffle=shuffle,
            part_index=part_index,
            num_parts=num_parts,
            aug_list=[],
            imglist=imglist,
            data_name=data_name,
            label_name=label_name,
            last_batch_handle=last_batch_handle,
        )
        self.auglist = (
            CreateDetAugmenter(data_shape, **kwargs) if aug_list is None else list(aug_list)
        )
        self.label_shape = self._largest_label()
        self._describe()

    def _largest_label(self) -> tuple[int, int]:
        """The most objects in a label, and their width, from one pass over the data."""
        most, width = 0, 5
        try:
            while True:
                label, _ = self.next_sample()
                objects = self._parse(label)
                most, width = max(most, len(objects)), objects.shape[1]
        except StopIteration:
            self.hard_reset()
        return most, width

    def _parse(self, label: Any) -> np.ndarray:
        try:
            return parse_label(label)
        except MXNetError as error:
            raise MXNetError(f"{self._where()}: {error}") from None

    def _describe(self) -> None:
        data_name, label_name = self.provide_data[0].name, self.provide_label[0].name
        self.provide_data = [DataDesc(data_name, (self.batch_size, *self.data_shape))]
        self.provide_label = [DataDesc(label_name, (self.batch_size, *self.label_shape))]

    # -- shapes ------------------------------------------------------------------------------
    def reshape(
        self,
        data_shape: tuple[int, int, int] | None = None,
        label_shape: tuple[int, int] | None = None,
    ) -> None:
        """Give batches another shape; raises ValueError where labels would not fit."""
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.data_shape = data_shape
        if label_shape is not None:
            self.check_label_shape(label_shape)
            self.label_shape = label_shape
        self._describe()

    def check_label_shape(self, label_shape: Sequence[int]) -> None:
        """Raises ValueError for a label shape that the data does not fit in."""
        if len(label_shape) != 2:
            raise ValueError(f"label_shape should be (objects, width), not {tuple(label_shape)}")
        for what, new, old in zip(("count", "width"), label_shape, self.label_shape, strict=True):
            if new < old:
                raise ValueError(
                    f"Attempts to reduce label {what} from {old} to {new}, not allowed."
                )

    def sync_label_shape(self, it: ImageDetIter, verbose: bool = False) -> ImageDetIter:
        """Give this iterator and another the larger of their label shapes; returns the other."""
        assert isinstance(it, ImageDetIter), f"an ImageDetIter is needed, not {type(it)}"
        if self.label_shape[1] != it.label_shape[1]:
            raise ValueError(f"objects have {self.label_shape[1]} and {it.label_shape[1]} numbers")
        most = max(self.label_shape[0], it.label_shape[0])
        for iterator in (self, it):
            if iterator.label_shape[0] < most:
                iterator.reshape(label_shape=(most, iterator.label_shape[1]))
        if verbose:
            print(f"Resized label_shape to {self.label_shape}.")
        return it

    # -- batches -----------------------------------------------------------------------------
    def augmentation_transform(  # type: ignore[override]
        self, data: NDArray, label: np.ndarray
    ) -> tuple[NDArray, np.ndarray]:
        """Apply the augmenters to an image and its objects."""
        for aug in self.auglist:
            data, label = aug(data, label)
        return data, label

    def _load_objects(self) -> tuple[np.ndarray, np.ndarray]:
        raw, content = self.next_sample()
        image = self.imdecode(content)
        self.check_valid_image([image])
        image, objects = self.augmentation_transform(image, self._parse(raw))
        pixels = to_numpy(self.postprocess_data(image))
        if pixels.shape != tuple(self.data_shape):
            raise MXNetError(
                f"{self._where()} has shape {pixels.shape} after augmentation, but data_shape is"
                f" {tuple(self.data_shape)}: add a ForceResizeAug"
            )
        label = np.full(self.label_shape, -1, np.float32)
        count = min(len(objects), self.label_shape[0])
        label[:count, : objects.shape[1]] = objects[:count]
        return pixels, label

    def next(self) -> DataBatch:
        """The next batch."""
        samples, pad = self._samples(self._load_objects)
        data = np.stack([pixels for pixels, _ in samples])
        label = np.stack([objects for _, objects in samples])
        return DataBatch([array(data)], [array(label)], pad=pad)

    # -- looking -----------------------------------------------------------------------------
    def draw_next(
        self,
        color: tuple[int, int, int] | None = None,
        thickness: int = 2,
        mean: Any = None,
        std: Any = None,
        clip: bool = True,
        waitKey: int | None = None,  # noqa: N803 - the 1.x spelling
        window_name: str = "draw_next",
        id2labels: dict[int, str] | None = None,
    ) -> Iterator[np.ndarray]:
        """The augmented images with their boxes drawn on them, as uint8 arrays (h, w, 3).

        Parameters: ``color``: of the lines, by default one per class; ``mean``, ``std`` (or True for
        those of ImageNet): to undo a normalisation; ``clip``: to 0..255; ``id2labels``: names of
        classes to write. Windows (``waitKey``) are not opened: MXNetError.
        """
        if waitKey is not None:
            raise MXNetError("no windows are opened here: show the arrays with matplotlib")
        from .drawing import draw_boxes, restore

        while True:
            try:
                pixels, label = self._load_objects()
            except StopIteration:
                return
            image = restore(pixels.transpose(1, 2, 0), mean, std, clip)
            yield draw_boxes(image, label[label[:, 0] >= 0], color, thickness, id2labels)
