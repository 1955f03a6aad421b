"""Compiling kernels: what is kept on disk, ahead of time, and by other processes."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mxnet import MXNetError
from mxnet.__main__ import main
from mxnet.ops.core import get_op, registered_names

pytest.importorskip("numba")

from mxnet.kernels import ahead, language, machine, native

FEW = ["interpreter.product", "interpreter.run_program", "steps.step_add"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return machine.cache_folder()


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(ahead, "kernel_names", lambda: FEW)


def test_operators_name_kernels():
    classes = {get_op(name) for name in registered_names()}
    named = {
        name
        for each in classes
        for names in (each.kernels, each.backward_kernels)
        if isinstance(names, tuple)
        for name in names
    }
    modes = ("lstm", "gru")
    named |= {f"cells.rows_{mode}{end}" for mode in modes for end in ("", "_back")}
    assert len(named) > 8
    for name in (*named, *ahead._COMMON, "interpreter.product", "products.multiply"):
        assert ahead._called_by(name), name


def test_ahead_of_time(cache, few, capsys):
    assert main(["compile-kernels", "--jobs", "1"]) == 0
    assert sorted(path.name for path in cache.iterdir()) == [f"{name}.o" for name in FEW]
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told[:-1]] == FEW
    assert told[-1].startswith(f"3 kernels in {cache}, 3 of them compiled")
    assert main(["compile-kernels", "--quiet"]) == 0
    assert "0 of them compiled" in capsys.readouterr().out


def test_without_numba(monkeypatch, capsys):
    monkeypatch.setattr("mxnet.__main__.has_kernels", lambda: False)
    assert main(["compile-kernels"]) == 1
    assert "pip install 'remx[fusion]'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch, few, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert main(["compile-kernels", "--jobs", "1"]) == 1
    assert "cannot be written to" in capsys.readouterr().err


def test_all_modules_are_known():
    folder = Path(machine.__file__).parent
    texts = {path.stem: path.read_text() for path in folder.glob("*.py")}
    found = {stem for stem, text in texts.items() if "import compiled" in text}
    assert found - set(ahead._MODULES) == set()


@pytest.mark.slow
def test_all_kernels(cache, capsys):
    assert main(["compile-kernels", "--quiet"]) == 0
    assert {path.stem for path in cache.iterdir()} == set(ahead.kernel_names())


def test_damaged_files_are_not_loaded(cache):
    machine.keep("some.kernel", b"machine code")
    assert machine.kept("some.kernel") == b"machine code"
    path = cache / "some.kernel.o"
    path.write_bytes(path.read_bytes()[:-1])
    assert machine.kept("some.kernel") is None


def test_files_of_other_kernels_are_not_loaded(cache):
    machine.keep("some.kernel", b"machine code")
    file = machine.cache_folder() / "some.kernel.o"
    file.rename(file.with_name("another.kernel.o"))
    assert machine.kept("another.kernel") is None


def test_without_a_home_nothing_is_kept(monkeypatch):
    def home():
        raise RuntimeError("Could not determine home directory.")

    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", home)
    machine.keep("some.kernel", b"machine code")
    assert machine.kept("some.kernel") is None
    assert not machine.cache_folder().exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners of this kind")
def test_files_that_others_can_write_are_not_loaded(cache):
    machine.keep("some.kernel", b"machine code")
    assert [path.name for path in cache.iterdir()] == ["some.kernel.o"]
    (cache / "some.kernel.o").chmod(0o666)
    assert machine.kept("some.kernel") is None


def test_another_numba(cache, monkeypatch):
    def fail(*arguments):
        raise AttributeError("no such thing")

    monkeypatch.setattr("mxnet.kernels.compiler.object_code", fail)
    monkeypatch.setattr(native, "KERNELS", {})
    kernel = native.compiled(lambda words: None)
    with pytest.raises(MXNetError, match="MXNET_USE_FUSION=0"):
        kernel()


@language.helper(returns="int64", inlined=False)
def _larger_by(number, more):
    return max(number, 0) + more


def _with_helpers(w):
    for i in range(w[0]):
        w[1 + i] = _larger_by(w[1 + i], 10) if i != 1 else min(w[2], -1)


def test_what_kernels_are_written_in(cache, monkeypatch):
    import numpy as np

    monkeypatch.setattr(native, "KERNELS", {})
    kernel = native.compiled(_with_helpers)
    words = np.array([3, 5, 7, -9], np.int64)
    native.function(kernel())(words.ctypes.data)
    assert words.tolist() == [3, 15, -1, 10]


class _Answers:
    """In place of a process: one that waits, answers or ends."""

    def __init__(self):
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self.compiled, self.answer = [], ""

    def compile(self, name):
        self.begun.set()
        self.goes_on.wait(10)
        self.compiled.append(name)
        return self.answer

    def close(self):
        pass


@pytest.mark.parametrize("answer", ["", "the process has ended"])
def test_who_compiles(cache, monkeypatch, answer):
    worker = _Answers()
    worker.answer = answer
    monkeypatch.setattr(ahead, "Worker", lambda: worker)
    monkeypatch.setattr(ahead, "_spare_cores", lambda: 1)
    queue = ahead._Queue()
    queue.add(["a.first", "a.second", "a.third"])
    assert worker.begun.wait(10)
    queue.take("a.third")  # nobody has begun it: it is ours
    taker = threading.Thread(target=queue.take, args=("a.first",))
    taker.start()
    assert worker.compiled == []
    worker.goes_on.set()
    taker.join(10)
    assert worker.compiled[0] == "a.first"
    assert not taker.is_alive()
    queue.take("a.second")
    assert "a.third" not in worker.compiled


def test_one_kernel_needs_no_other_process(cache, monkeypatch):
    monkeypatch.setattr(ahead, "Worker", lambda: pytest.fail("a process is started"))
    monkeypatch.setattr(ahead, "_spare_cores", lambda: 3)
    queue = ahead._Queue()
    queue.add(["a.kernel"])
    assert list(queue.waiting) == ["a.kernel"]
    queue.take("a.kernel")
    assert not queue.waiting
