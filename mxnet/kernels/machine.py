"""Machine code for this processor: kept on disk, and loaded from there without numba."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

__all__ = ["ENTRY", "cache_folder", "keep", "kept", "load", "processor_has", "target_machine"]

ENTRY = "kernel"  # the name of the function in an object file
_DAY = 24 * 60 * 60  # seconds
_LONG = 30 * _DAY  # for which machine code is kept that nobody uses


@functools.cache
def _processor() -> tuple[str, str]:
    """Its name and what it has, as LLVM says."""
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@functools.cache
def processor_has(feature: str) -> bool:
    """Whether the processor has what LLVM calls by a name."""
    return bool(llvm.get_host_cpu_features().get(feature))


@functools.cache
def target_machine() -> Any:
    """What LLVM makes machine code for: the processor that this runs on."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = _processor()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=name, features=features, opt=3, reloc="pic", codemodel="default", jit=True
    )


# -- on disk ---------------------------------------------------------------------------------------


@functools.cache
def _made_from() -> str:
    """Stands for all that machine code depends on."""
    here = Path(__file__).parent
    content = hashlib.sha256(repr((*_processor(), *_versions())).encode())
    for path in (*sorted(here.glob("*.py")), here.parent / "ops" / "generated.py"):
        content.update(path.read_bytes())
    return content.hexdigest()[:16]


def _versions() -> tuple[str, ...]:
    names = ("numba", "llvmlite")
    return *map(importlib.metadata.version, names), ".".join(map(str, sys.version_info[:2]))


def cache_folder() -> Path:
    """Where machine code is kept: below NUMBA_CACHE_DIR, or in a folder of the user's own.

    A user without a home has none: a path that can be neither read nor written to.
    """
    own = os.environ.get("NUMBA_CACHE_DIR")
    if own:
        return Path(own, f"remx-{_made_from()}")
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        base = os.devnull
    return Path(base, "remx", f"kernels-{_made_from()}")


def kept(name: str) -> bytes | None:
    """The object file of a kernel; None where there is none, one that is damaged, or another user's.

    What it holds will be run, so that nobody else may have put it there.
    """
    try:
        with open(cache_folder() / f"{name}.o", "rb") as file:
            if not _is_ours(os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    _mark_as_used(cache_folder())
    digest, code = content[:32], content[32:]
    return code if _digest(name, code) == digest else None


def _digest(name: str, code: bytes) -> bytes:
    """What stands before machine code in its file, which may have been given another name."""
    return hashlib.sha256(name.encode() + b"\0" + code).digest()


def _is_ours(facts: os.stat_result) -> bool:
    """Whether only this user, or the administrator, can have written a file."""
    if not hasattr(os, "geteuid"):  # where files have no owners of this kind
        return True
    return facts.st_uid in (0, os.geteuid()) and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def keep(name: str, code: bytes) -> None:
    """Put the object file of a kernel where ``kept`` finds it, if the folder can be written to."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_unused(folder)
        with tempfile.TemporaryDirectory(dir=folder) as own:
            made = Path(own, name)
            made.touch(0o600)
            made.write_bytes(_digest(name, code) + code)
            made.replace(folder / f"{name}.o")
    except OSError:  # the next process will compile it again
        pass


@functools.cache
def _mark_as_used(folder: Path) -> None:
    """Have the time of a folder say on what day it was used last."""
    try:
        if time.time() - folder.stat().st_mtime > _DAY:
            os.utime(folder)
    except OSError:  # another user's
        pass


@functools.cache
def _remove_unused(folder: Path) -> None:
    """Remove the folders of other versions and processors that have not been used for long."""
    names = folder.name[:-16] + "[0-9a-f]" * 16
    for other in folder.parent.glob(names):
        try:
            if other != folder and time.time() - other.lstat().st_mtime > _LONG:
                shutil.rmtree(other)
        except OSError:  # another user's, a link, or somebody else is removing it
            pass


# -- in memory -------------------------------------------------------------------------------------


@functools.cache
def _linker() -> Any:
    return llvm.create_lljit_compiler(target_machine())


_loaded: dict[str, Any] = {}  # by name, what would be unloaded otherwise


def load(name: str, code: bytes, imports: Mapping[str, int]) -> int:
    """The address of the function of an object file; ``imports``: those of functions that it calls."""
    if name not in _loaded:
        library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
        for other, address in imports.items():
            library.import_symbol(other, address)
        _loaded[name] = library.export_symbol(ENTRY).link(_linker(), name)
    return _loaded[name][ENTRY]
