"""Compiling kernels: what is kept on disk, ahead of time, and by other processes."""

from __future__ import annotations

import os
import threading
import time
import types
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
    for name in (*named, *ahead._COMMON, ahead._PROGRAM, *ahead.PRODUCTS):
        assert ahead._called_by(name), name


def test_functions_name_what_they_call_by_way_of_others():
    assert ahead._called_by("im2col.convolve") == [
        "im2col._turn", "products._run_packing_in_parts", "im2col._visit", "products.block",
        "im2col._convolve",
    ]  # fmt: skip


def test_kernels_of_a_type(monkeypatch):
    """What tiles of bfloat16 are read by, and what multiplies them, which are float32 then."""
    monkeypatch.setattr("mxnet.ops.winograd.wants_products", lambda: True)
    names = get_op("_winograd_weight")().kernels
    assert [each for name in names for each in ahead._called_by(name, "bfloat16")] == [
        "winograd._transform_data_bfloat16", "winograd._transform_heads_bfloat16",
        "winograd._transform_filters", "products.block", "products.run_product",
    ]  # fmt: skip


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


def test_what_was_not_used_for_long_is_removed(cache, monkeypatch):
    long_ago = time.time() - 31 * 24 * 60 * 60
    own, others = cache.name, ("0" * 16, "1" * 16, "2" * 16)
    old, used, link = (cache.with_name(f"{own[:-16]}{each}") for each in others)
    kept = [used, link, cache.with_name("index"), cache.with_name(f"{own[:-16]}mine")]
    for folder in (old, used, *kept[2:], cache):
        folder.mkdir()
        (folder / "some.kernel.o").touch()
    link.symlink_to(kept[2])
    for folder in (old, *kept[2:], cache):
        os.utime(folder, (long_ago, long_ago))
    os.utime(link, (long_ago, long_ago), follow_symlinks=False)
    machine.keep("some.kernel", b"machine code")
    assert sorted(cache.parent.iterdir()) == sorted([cache, *kept])
    assert machine.kept("some.kernel") == b"machine code"


def test_what_is_used_says_so(cache):
    machine.keep("some.kernel", b"machine code")
    os.utime(cache, (0, 0))
    assert machine.kept("some.kernel") == b"machine code"
    assert time.time() - cache.stat().st_mtime < 60


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


@language.helper(inlined=False, kept=True)
def _double(w, i):
    w[i] *= 2


def _doubling(w):
    for i in range(1, w[0]):
        _double(w, i)


@pytest.mark.parametrize("loops", ["vectorised", "improved", "kept"])
def test_what_llvm_does_with_loops(cache, monkeypatch, loops):
    import numpy as np

    monkeypatch.setattr(native, "KERNELS", {})
    words = np.arange(40, 0, -1)
    name = f"doubling_{loops}"
    function = types.FunctionType(_doubling.__code__, globals(), name)
    native.function(native.compiled(function, loops=loops)())(words.ctypes.data)
    assert words.tolist() == [40, *range(78, 0, -2)]


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


def test_who_waits_compiles_what_is_needed_soon(cache, monkeypatch):
    worker, helped = _Answers(), []
    monkeypatch.setattr(ahead, "Worker", lambda: worker)
    monkeypatch.setattr(ahead, "_spare_cores", lambda: 1)
    queue = ahead._Queue()

    def compile_here(name):
        helped.append(name)
        if len(helped) == 2:
            worker.goes_on.set()

    monkeypatch.setattr(ahead, "_compiled_and_kept", compile_here)
    queue.begin(["a.first"])
    assert worker.begun.wait(10)
    queue.add(["a.first", "a.second", "a.third"], ["a.last"])
    queue.take("a.first")
    assert helped == ["a.second", "a.third"]
    assert worker.compiled[0] == "a.first"


def test_one_kernel_needs_no_other_process(cache, monkeypatch):
    monkeypatch.setattr(ahead, "Worker", lambda: pytest.fail("a process is started"))
    monkeypatch.setattr(ahead, "_spare_cores", lambda: 3)
    queue = ahead._Queue()
    queue.add(["a.kernel"])
    assert list(queue.waiting) == ["a.kernel"]
    queue.take("a.kernel")
    assert not queue.waiting
