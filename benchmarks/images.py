"""Batches of JPEG images for training: ImageRecordIter against the DataLoader of PyTorch.

python -m benchmarks.images [--images 512] [--height 375] [--width 500] [--rounds 4]

The same JPEGs, once in a RecordIO file and once in files of their own, are decoded, resized (shorter
side 256), cropped to 224x224 at a random place, mirrored at random, normalised and put into batches of
32 as float32. The DataLoader has two workers whose Dataset decodes and resizes with Pillow and does
the rest with numpy. Both make whole passes in turns; the most images a second count, and the least
processor time of an image, over all threads and processes.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MEAN, STD = (123.68, 116.78, 103.94), (58.4, 57.12, 57.38)
SHORT, CROP, BATCH = 256, 224, 32


def picture(random: np.random.RandomState, height: int, width: int) -> Any:
    """Something that compresses as photographs do: large shapes, small ones, some noise."""
    from PIL import Image

    total = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((4, 60), (16, 30), (64, 15)):
        small = random.uniform(-1, 1, (cells, cells, 3)) * 127 + 128
        layer = Image.fromarray(small.astype("uint8")).resize((width, height), Image.BICUBIC)
        total += (np.asarray(layer, np.float32) - 128) / 127 * strength
    total += random.normal(128, 4, total.shape)
    return Image.fromarray(total.clip(0, 255).astype("uint8"))


def write(folder: Path, count: int, height: int, width: int) -> None:
    """Make the images, and the record file of the same bytes."""
    import mxnet as mx

    random = np.random.RandomState(0)
    records = mx.recordio.MXIndexedRecordIO(str(folder / "all.idx"), str(folder / "all.rec"), "w")
    with records:
        for number in range(count):
            file = io.BytesIO()
            picture(random, height, width).save(file, "JPEG", quality=90)
            (folder / f"{number}.jpg").write_bytes(file.getvalue())
            header = mx.recordio.IRHeader(0, number % 10, number, 0)
            records.write_idx(number, mx.recordio.pack(header, file.getvalue()))


class Pictures:
    """A Dataset of files, as programs for PyTorch write it."""

    def __init__(self, folder: Path, count: int):
        self.folder, self.count = folder, count
        self.mean = np.array(MEAN, np.float32).reshape(3, 1, 1)
        self.std = np.array(STD, np.float32).reshape(3, 1, 1)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> tuple[np.ndarray, float]:
        from PIL import Image

        image = Image.open(self.folder / f"{number}.jpg").convert("RGB")
        width, height = image.size
        short = min(width, height)
        image = image.resize((SHORT * width // short, SHORT * height // short), Image.BILINEAR)
        pixels = np.asarray(image)
        y, x = (np.random.randint(size - CROP + 1) for size in pixels.shape[:2])
        pixels = pixels[y : y + CROP, x : x + CROP].transpose(2, 0, 1)
        if np.random.rand() < 0.5:
            pixels = pixels[:, :, ::-1]
        return (pixels.astype(np.float32) - self.mean) / self.std, float(number % 10)


def record_pass(folder: Path, workers: int) -> Callable[[], int]:
    """A pass of ImageRecordIter."""
    import mxnet as mx

    iterator = mx.io.ImageRecordIter(
        path_imgrec=str(folder / "all.rec"), path_imgidx=str(folder / "all.idx"),
        data_shape=(3, CROP, CROP), batch_size=BATCH, resize=SHORT, rand_crop=True,
        rand_mirror=True, mean_r=MEAN[0], mean_g=MEAN[1], mean_b=MEAN[2], std_r=STD[0],
        std_g=STD[1], std_b=STD[2], shuffle=True, preprocess_threads=workers, verbose=False,
    )  # fmt: skip

    def run() -> int:
        iterator.reset()  # here, so that nothing is prepared outside of the measured time
        return sum(batch.data[0].shape[0] for batch in iterator)

    return run


def loader_pass(folder: Path, count: int, workers: int) -> Callable[[], int]:
    """A pass of the DataLoader."""
    from torch.utils.data import DataLoader

    loader = DataLoader(
        Pictures(folder, count),  # type: ignore[arg-type] # has what a Dataset has
        batch_size=BATCH, shuffle=True, num_workers=workers, persistent_workers=True,
    )  # fmt: skip
    return lambda: sum(len(data) for data, _ in loader)


def processor() -> float:
    """Processor seconds of this process and of its children, running ones included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = used.ru_utime + used.ru_stime
    tick = os.sysconf("SC_CLK_TCK")
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += (int(fields[11]) + int(fields[12])) / tick
    return total


def main() -> None:
    """Make the images, run both in turns, and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--height", type=int, default=375)
    parser.add_argument("--width", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, options.images, options.height, options.width)
        size = sum(path.stat().st_size for path in folder.glob("*.jpg")) / options.images
        print(
            f"{options.images} JPEGs of {options.width}x{options.height}, {size / 1024:.0f} KiB each,"
            f" {options.workers} workers, load {os.getloadavg()[0]:.1f}"
        )
        kinds = {
            "ImageRecordIter": record_pass(folder, options.workers),
            "DataLoader": loader_pass(folder, options.images, options.workers),
        }
        best: dict[str, tuple[float, float]] = {}
        for turn in range(options.rounds + 1):
            for kind, run in kinds.items():
                used, started = processor(), time.perf_counter()
                count = run()
                found = ((time.perf_counter() - started) / count, (processor() - used) / count)
                if turn:  # the first one starts the workers
                    best[kind] = tuple(map(min, best.get(kind, found), found))  # type: ignore[assignment]
        for kind, (wall, used) in best.items():
            print(f"  {kind:<18}{1 / wall:8.0f} images/s{used * 1e3:8.2f} ms of processor each")
        ours, theirs = best["ImageRecordIter"], best["DataLoader"]
        print(f"  ratio {theirs[0] / ours[0]:.2f}, of processor time {theirs[1] / ours[1]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
