"""Reading the records of images: which of them, in which order, by several threads."""

from __future__ import annotations

import ast
import os
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..error import MXNetError, did_you_mean
from ..imaging.lists import read_list
from ..recordio import MXIndexedRecordIO, read_record_at, record_offsets, unpack

__all__ = ["Reading", "Records", "list_labels", "orders", "split_parameters"]


@dataclass(frozen=True)
class Reading:
    """Which records are read, in which order, and how batches are made of them.

    ``path_imgrec``: the records; ``path_imgidx``: their index, which saves a walk over the file;
    ``path_imglist``: labels that replace those in the records; ``label_width``: labels per image;
    ``num_parts``, ``part_index``: read this part only; ``shuffle``, ``seed``: another order in each
    pass; ``round_batch``: fill the last batch from the next pass, which then starts behind;
    else the last batch is filled up and counted in ``pad``; ``preprocess_threads``,
    ``prefetch_buffer``: threads, and batches prepared ahead; ``seed_aug``: of the augmentation;
    ``dtype`` of the data. The rest is accepted and changes nothing.
    """

    path_imgrec: str
    batch_size: int
    data_shape: tuple[int, int, int]
    path_imglist: str = ""
    path_imgidx: str = ""
    label_width: int = 1
    preprocess_threads: int = 4
    prefetch_buffer: int = 4
    num_parts: int = 1
    part_index: int = 0
    shuffle: bool = False
    seed: int = 0
    seed_aug: int | None = None
    round_batch: bool = True
    dtype: Any = None
    data_name: str = "data"
    label_name: str = "softmax_label"
    verbose: bool = True
    shuffle_chunk_size: int = 0
    shuffle_chunk_seed: int = 0
    device_id: int = 0
    ctx: str = "gpu"
    aug_seq: str = ""


class Records:
    """The records of a part of a file, for reading in any order by several threads."""

    def __init__(self, reading: Reading):
        self.path = reading.path_imgrec
        if not os.path.isfile(self.path):
            raise MXNetError(f"there is no file {self.path!r} (looked from {os.getcwd()})")
        if reading.path_imgidx:
            with MXIndexedRecordIO(reading.path_imgidx, self.path, "r") as file:
                offsets = sorted(file.idx.values())
        else:
            offsets = list(record_offsets(self.path))
        if not 0 <= reading.part_index < reading.num_parts:
            raise MXNetError(
                f"part_index={reading.part_index} must be in 0..{reading.num_parts - 1}"
            )
        size = -(-len(offsets) // reading.num_parts)
        self.offsets = offsets[reading.part_index * size : (reading.part_index + 1) * size]
        if not self.offsets:
            raise MXNetError(f"{self.path}: there is no record in this part")
        self._files = threading.local()

    def __len__(self) -> int:
        return len(self.offsets)

    def read(self, number: int) -> tuple[Any, bytes]:
        """The header and the compressed image of a record."""
        file = getattr(self._files, "file", None)
        if file is None or self._files.process != os.getpid():
            file = self._files.file = open(self.path, "rb")  # noqa: SIM115 - closed with its thread
            self._files.process = os.getpid()
        record = read_record_at(file, self.path, self.offsets[number])
        try:
            return unpack(record)
        except MXNetError as error:
            raise MXNetError(f"{self.where(number)}: {error}") from None

    def where(self, number: int) -> str:
        """A record in words."""
        return f"{self.path}: record {number} at offset {self.offsets[number]}"


def orders(count: int, reading: Reading, first: int) -> Iterator[np.ndarray]:
    """The order of the records in one pass after the other."""
    number = first
    while True:
        rng = np.random.default_rng((reading.seed, number))
        yield rng.permutation(count) if reading.shuffle else np.arange(count)
        number += 1


def list_labels(reading: Reading) -> dict[int, np.ndarray] | None:
    """The labels that replace those in the records, by number; None where none do."""
    if not reading.path_imglist:
        return None
    return {number: labels for number, (labels, _) in read_list(reading.path_imglist).items()}


def split_parameters(iterator: str, given: dict[str, Any], *groups: type) -> list[Any]:
    """Parameter objects from keywords; a keyword goes to each group that knows it."""
    known = {field.name: field for group in groups for field in fields(group)}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known)
            warnings.warn(f"{iterator} has no parameter {name}.{hint}", stacklevel=4)
    for name in ("path_imgrec", "data_shape", "batch_size"):
        if name not in given:
            raise MXNetError(f"Required parameter {name} of {iterator} is not presented")
    read = {name: _parse(value) for name, value in given.items() if name in known}
    read["data_shape"] = tuple(int(size) for size in read["data_shape"])
    return [
        group(**{f.name: read[f.name] for f in fields(group) if f.name in read}) for group in groups
    ]


def _parse(value: Any) -> Any:
    """A value of a keyword; strings that are numbers, truths or tuples stand for these."""
    if not isinstance(value, str):
        return value
    if value in ("True", "true", "False", "false"):
        return value.lower() == "true"
    if value[:1] in "([+-.0123456789":
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
    return value
