"""Lists of images, and RecordIO files made from them: ``python -m mxnet.im2rec``.

    python -m mxnet.im2rec --list --recursive data/train images/     # data/train.lst
    python -m mxnet.im2rec --resize 256 data/train images/           # data/train.rec, data/train.idx

A list has lines ``number<tab>label...<tab>file``; with ``--recursive`` each folder is a class.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np

from .error import MXNetError
from .files import read_bytes, write_atomically
from .imaging import codec
from .imaging.lists import read_list
from .imaging.resize import resize
from .recordio import IRHeader, MXIndexedRecordIO, pack

__all__ = ["find_images", "main", "make_lists", "make_record_file"]

Item = tuple[int, str, float]  # number, file under the root, label


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mxnet.im2rec",
        description="Make a list of images, or RecordIO files from lists.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("prefix", help="of the list (.lst) and the files made from it (.rec, .idx)")
    add("root", help="the folder with the images")
    group = parser.add_argument_group("lists")
    add = group.add_argument
    add("--list", action="store_true", help="make a list; else a RecordIO file of each list")
    add("--exts", nargs="+", default=[".jpeg", ".jpg", ".png"], help="endings of images")
    add("--chunks", type=int, default=1, help="number of lists to divide the images among")
    add("--train-ratio", type=float, default=1.0, help="share of the images in the training list")
    add("--test-ratio", type=float, default=0.0, help="share of the images in the test list")
    add("--recursive", action="store_true", help="folders below too; each is a class")
    add("--no-shuffle", dest="shuffle", action="store_false", help="keep the order of the names")
    group = parser.add_argument_group("RecordIO files")
    add = group.add_argument
    add("--pass-through", action="store_true", help="store the files as they are")
    add("--resize", type=int, default=0, help="length of the shorter side; 0 keeps it")
    add("--center-crop", action="store_true", help="cut the middle square out")
    add("--quality", type=int, default=95, help="JPEG quality 1-100, PNG compression 0-9")
    add("--num-thread", type=int, default=1, help="threads; the order stays that of the list")
    add("--color", type=int, default=1, choices=[-1, 0, 1], help="1 colour, 0 grey, -1 as stored")
    add("--encoding", default=".jpg", choices=[".jpg", ".png"], help="how images are stored")
    add("--pack-label", action="store_true", help="store all labels of a line, not the first alone")
    return parser


# -- lists -----------------------------------------------------------------------------------------
def find_images(root: str, recursive: bool, endings: Sequence[str]) -> Iterator[Item]:
    """The images under a folder, numbered; with ``recursive`` the label is that of their folder.

    Folders get labels in the order in which a walk in order of names meets the first image.
    """
    endings = tuple(ending.lower() for ending in endings)
    labels: dict[str, int] = {}
    number = 0
    for folder, below, files in os.walk(root, followlinks=True):
        below.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if not name.lower().endswith(endings) or not os.path.isfile(path):
                continue
            label = labels.setdefault(os.path.relpath(folder, root), len(labels))
            yield number, os.path.relpath(path, root), float(label) if recursive else 0.0
            number += 1
        if not recursive:
            return
    for folder, label in labels.items():
        print(folder, label)


def _write_list(path: str, items: Sequence[Item]) -> None:
    lines = (f"{number}\t{label:f}\t{file}\n".encode() for number, file, label in items)
    write_atomically(path, lines)


def make_lists(args: argparse.Namespace) -> None:
    """Write ``<prefix>.lst``, or one list for each chunk and part (train, test, val)."""
    items = list(find_images(args.root, args.recursive, args.exts))
    if not items:
        raise MXNetError(f"there is no image ({', '.join(args.exts)}) in {args.root!r}")
    if args.shuffle:
        random.Random(100).shuffle(items)
    size = -(-len(items) // args.chunks)
    for number in range(args.chunks):
        chunk = items[number * size : (number + 1) * size]
        prefix = f"{args.prefix}_{number}" if args.chunks > 1 else args.prefix
        if args.train_ratio == 1:
            _write_list(f"{prefix}.lst", chunk)
            continue
        test = int(size * args.test_ratio)
        train = test + int(size * args.train_ratio)
        if args.test_ratio:
            _write_list(f"{prefix}_test.lst", chunk[:test])
        if args.train_ratio + args.test_ratio < 1:
            _write_list(f"{prefix}_val.lst", chunk[train:])
        _write_list(f"{prefix}_train.lst", chunk[test:train])


# -- RecordIO files --------------------------------------------------------------------------------
def _encoded(args: argparse.Namespace, file: str) -> bytes:
    """The bytes to store for an image file."""
    content = read_bytes(os.path.join(args.root, file))
    if args.pass_through:
        return content
    image = codec.decode_stored(content, args.color)
    if args.center_crop:
        h, w = image.shape[:2]
        side = min(h, w)
        y, x = (h - side) // 2, (w - side) // 2
        image = image[y : y + side, x : x + side]
    if args.resize:
        h, w = image.shape[:2]
        shape = (
            (args.resize * w // h, args.resize) if h < w else (args.resize, args.resize * h // w)
        )
        image = resize(image, *shape)
    return codec.encode(image, args.encoding, args.quality)


def _packed(args: argparse.Namespace, line: tuple[int, tuple[np.ndarray, str]]) -> bytes | str:
    """The payload of the record for a line of a list, or what is wrong with its image."""
    number, (labels, file) = line
    if len(labels) == 0:
        raise MXNetError(f"image {number} ({file}) has no label")
    label = labels if args.pack_label and len(labels) > 1 else float(labels[0])
    try:
        return pack(IRHeader(0, label, number, 0), _encoded(args, file))
    except MXNetError as error:
        return f"{file} is left out: {error}"


def make_record_file(args: argparse.Namespace, list_path: str) -> int:
    """Write the .rec and .idx of a list; returns how many images could not be stored."""
    prefix = os.path.splitext(list_path)[0]
    failed, start = 0, time.time()
    lines = iter(read_list(list_path).items())
    threads = max(args.num_thread, 1)
    with (
        MXIndexedRecordIO(f"{prefix}.idx", f"{prefix}.rec", "w") as file,
        ThreadPoolExecutor(threads) as pool,
    ):
        # A bounded number of images at a time, so that memory does not grow with the list.
        while batch := list(islice(lines, 64 * threads)):
            for (number, _), payload in zip(batch, pool.map(partial(_packed, args), batch)):
                if isinstance(payload, str):
                    print(payload, file=sys.stderr)
                    failed += 1
                else:
                    file.write_idx(number, payload)
        count = len(file.keys)
    print(f"{prefix}.rec: {count} images in {time.time() - start:.1f} s")
    return failed


def _lists(prefix: str) -> list[str]:
    """The lists whose names start with the prefix."""
    folder, name = os.path.split(os.path.abspath(prefix))
    found = sorted(
        f for f in os.listdir(folder or ".") if f.startswith(name) and f.endswith(".lst")
    )
    if not found:
        raise MXNetError(f"there is no list {prefix}*.lst; make it with --list")
    return [os.path.join(folder, file) for file in found]


def main(arguments: Sequence[str] | None = None) -> int:
    """What the command does; returns its exit status: 1 if images had to be left out."""
    args = _arguments().parse_args(arguments)
    try:
        if args.list:
            make_lists(args)
            return 0
        return int(any([make_record_file(args, path) for path in _lists(args.prefix)]))
    except MXNetError as error:
        print(f"im2rec: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
