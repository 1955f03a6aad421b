"""Contexts, environment variables, repetition, and files that 1.x would download."""

from __future__ import annotations

import contextlib
import functools
import gzip
import os
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..context import Context, _thread, current_context, num_gpus
from ..error import MXNetError
from ..io import DataIter, MNISTIter

__all__ = [
    "DummyIter", "default_context", "default_dtype", "discard_stderr", "download",
    "download_model", "environment", "get_bz2_data", "get_cifar10", "get_im2rec_path", "get_mnist",
    "get_mnist_iterator", "get_mnist_pkl", "get_mnist_ubyte", "get_zip_data", "has_tvm_ops",
    "is_aarch64_run", "is_cd_run", "is_op_runnable", "list_gpus", "retry", "set_default_context",
]  # fmt: skip


# -- where and how ---------------------------------------------------------------------------------
def default_context() -> Context:
    """The context that the checks use by default: the current one."""
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Make a context the current one of this thread."""
    _thread.context = ctx


def default_dtype() -> type:
    """The element type that the checks use by default."""
    return np.float32


def list_gpus() -> range:
    """The numbers of the GPUs."""
    return range(num_gpus())


def has_tvm_ops() -> bool:
    """Whether there are operators made by TVM: no."""
    return False


def is_op_runnable() -> bool:
    """Whether all operators can run here: yes."""
    return True


def is_cd_run() -> bool:
    """Whether ``CD_JOB`` is set in the environment."""
    return os.environ.get("CD_JOB", "0") == "1"


def is_aarch64_run() -> bool:
    """Whether ``AARCH64_JOB`` is set in the environment."""
    return os.environ.get("AARCH64_JOB", "0") == "1"


@contextlib.contextmanager
def environment(*args: Any) -> Iterator[None]:
    """A ``with`` block with other environment variables: ``(name, value)`` or a dict; None removes
    one."""
    if len(args) == 2:
        wanted = {args[0]: args[1]}
    else:
        (wanted,) = args
    before = {name: os.environ.get(name) for name in wanted}
    try:
        _set_environment(wanted)
        yield
    finally:
        _set_environment(before)


def _set_environment(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def discard_stderr() -> Iterator[None]:
    """A ``with`` block whose standard error, also that of C code, goes nowhere."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def retry(n: int) -> Callable[[Callable], Callable]:
    """A decorator for tests that may fail by chance: up to ``n`` tries until one passes."""
    assert n > 0, f"retry needs at least one try, not {n}"

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def tries(*args: Any, **kwargs: Any) -> Any:
            for _ in range(n - 1):
                try:
                    return function(*args, **kwargs)
                except AssertionError:
                    pass
            return function(*args, **kwargs)

        return tries

    return decorate


class DummyIter(DataIter):
    """The first batch of an iterator again and again, for measuring without the cost of data."""

    def __init__(self, real_iter: Any):
        super().__init__()
        self.real_iter = real_iter
        self.provide_data = real_iter.provide_data
        self.provide_label = real_iter.provide_label
        self.batch_size = real_iter.batch_size
        self.the_batch = next(real_iter)

    def __iter__(self) -> DummyIter:
        return self

    def next(self) -> Any:
        """The batch."""
        return self.the_batch


# -- files -----------------------------------------------------------------------------------------
def download(
    url: str,
    fname: str | None = None,
    dirname: str | None = None,
    overwrite: bool = False,
    retries: int = 5,
) -> str:
    """The path of a file that is there already; nothing is downloaded.

    Parameters: ``url``: says the name of the file, if ``fname`` does not; ``dirname``: its folder.
    Raises MXNetError, with the place where the file is expected, if it is not there.
    """
    name = fname or url.split("/")[-1]
    path = os.path.join(dirname, name) if dirname is not None else name
    if os.path.exists(path) and not overwrite:
        return path
    raise MXNetError(
        f"nothing is downloaded here: fetch {url} and store it as {os.path.abspath(path)}"
    )


def download_model(model_name: str, dst_dir: str = "./", meta_info: Any = None) -> tuple:
    """1.x downloads trained models; raises MXNetError, as nothing is downloaded."""
    raise MXNetError(
        f"models are not downloaded here: fetch {model_name}-symbol.json and {model_name}-0000.params"
        f" into {dst_dir} and use mx.model.load_checkpoint"
    )


def get_zip_data(data_dir: str, url: str, data_origin_name: str) -> None:
    """Unpack a zip file that is in ``data_dir`` already; see ``download``."""
    import zipfile

    with zipfile.ZipFile(download(url, data_origin_name, data_dir)) as file:
        file.extractall(data_dir)


def get_bz2_data(data_dir: str, data_name: str, url: str, data_origin_name: str) -> None:
    """Unpack a bz2 file that is in ``data_dir`` already; see ``download``."""
    import bz2

    target = os.path.join(data_dir, data_name)
    if not os.path.exists(target):
        with (
            bz2.open(download(url, data_origin_name, data_dir)) as packed,
            open(target, "wb") as file,
        ):
            file.write(packed.read())


_MNIST = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)  # fmt: skip


def _mnist_file(name: str) -> str:
    places = [
        os.path.join(folder, name + ending)
        for folder in (".", "data", os.path.join("data", "mnist"))
        for ending in ("", ".gz")
    ]
    for place in places:
        if os.path.exists(place):
            return place
    raise MXNetError(
        f"nothing is downloaded here: put the MNIST file {name} (or {name}.gz) into"
        f" {os.path.abspath('data')}"
    )


def _read_idx(path: str) -> np.ndarray:
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        content = file.read()
    rank = content[3]
    shape = struct.unpack(f">{rank}I", content[4 : 4 + 4 * rank])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def get_mnist() -> dict[str, np.ndarray]:
    """The MNIST images (n, 1, 28, 28), 0 to 1, and labels, from files in the current folder or
    ``data``; raises MXNetError where they are not there."""
    parts = [_read_idx(_mnist_file(name)) for name in _MNIST]
    images = [part[:, None].astype(np.float32) / 255 for part in parts[::2]]
    return {
        "train_data": images[0],
        "train_label": parts[1],
        "test_data": images[1],
        "test_label": parts[3],
    }


def get_mnist_ubyte() -> None:
    """Raises MXNetError unless the MNIST files are there."""
    for name in _MNIST:
        _mnist_file(name)


def get_mnist_pkl() -> None:
    """Raises MXNetError unless ``data/mnist.pkl.gz`` is there."""
    download("mnist.pkl.gz", dirname="data")


def get_cifar10() -> None:
    """Raises MXNetError unless ``data/cifar/train.rec`` and ``test.rec`` are there."""
    for name in ("train.rec", "test.rec"):
        download(name, dirname=os.path.join("data", "cifar"))


def get_mnist_iterator(
    batch_size: int, input_shape: tuple[int, ...], num_parts: int = 1, part_index: int = 0
) -> tuple[MNISTIter, MNISTIter]:
    """Iterators over the training and test images of MNIST, flat if ``input_shape`` is."""
    paths = [_mnist_file(name) for name in _MNIST]
    options: dict[str, Any] = {"batch_size": batch_size, "flat": len(input_shape) != 3}
    options |= {"num_parts": num_parts, "part_index": part_index}
    train = MNISTIter(image=paths[0], label=paths[1], shuffle=True, **options)
    return train, MNISTIter(image=paths[2], label=paths[3], shuffle=False, **options)


def get_im2rec_path(home_env: str = "MXNET_HOME") -> str:
    """The path of the program that makes RecordIO files; also ``python -m mxnet.im2rec``."""
    from .. import im2rec

    return os.path.abspath(im2rec.__file__)
