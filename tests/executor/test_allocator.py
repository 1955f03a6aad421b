"""Memory that kernels free at every step is kept, unless the user says otherwise."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys

import pytest
import torch

from mxnet.execution.allocator import populate

PROGRAM = "from mxnet.execution.allocator import keep_freed_memory as k; print(k(), k())"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, "True True"), ({"REMX_KEEP_FREED_MEMORY": "0"}, "False False"),
     ({"MALLOC_TRIM_THRESHOLD_": "100000"}, "False False")],
    ids=["kept", "turned off", "set by the user"],
)  # fmt: skip
def test_settings_of_the_c_library(settings, expected):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "REMX_KEEP"))}
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**clean, **settings}, capture_output=True, text=True
    )
    assert made.stdout.strip() == expected, made.stderr


def test_pages_are_got_at_once():
    memory = torch.full((1 << 20,), 7, dtype=torch.uint8)
    version = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    expected = platform.system() == "Linux" and version >= (5, 14)
    assert populate(memory.data_ptr() + 1, len(memory) - 1) == expected
    assert not populate(memory.data_ptr(), 1)
    assert bool((memory == 7).all())
