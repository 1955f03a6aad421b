"""Checkpoints, optimizer states, arrays and records between this project and MXNet 1.9.1.

Needs the Python of an environment with MXNet 1.9.1 in REMX_ORACLE.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from image_files import compressed, gradient

PROGRAM = Path(__file__).parent / "programs/travel.py"
SIDES = ("ours", "theirs")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif("REMX_ORACLE" not in os.environ, reason="REMX_ORACLE names no Python"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What both sides wrote, and what both made of what each wrote."""
    place = tmp_path_factory.mktemp("travel")
    (place / "picture.jpg").write_bytes(compressed(gradient(30, 40), "JPEG", quality=95))
    for side in SIDES:
        run(side, place, "begin", side)
    for side in SIDES:
        for origin in SIDES:
            run(side, place, "go-on", side, origin)
    return place


def run(side: str, *arguments) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MXNET_SUBGRAPH_BACKEND": "NONE"}
    if side == "theirs":
        environment.pop("PYTHONPATH", None)
    python = sys.executable if side == "ours" else os.environ["REMX_ORACLE"]
    done = subprocess.run(
        [python, str(PROGRAM), *map(str, arguments)], env=environment, capture_output=True,
        text=True, cwd=PROGRAM.parent, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("origin", SIDES)
def test_training_goes_on_alike(folder, origin):
    ours, theirs = (np.load(folder / f"{origin}-by-{side}.npz") for side in SIDES)
    assert sorted(ours.files) == sorted(theirs.files)
    assert len(ours.files) > 150
    for name in ours.files:
        one, other = ours[name], theirs[name]
        assert one.dtype == other.dtype, name
        # float16 rounds to 2**-11; the JPEG decoders differ by a unit.
        relative = 1e-3 if one.dtype == np.float16 else 2e-5
        absolute = 1.01 if name == "pictures" else relative * float(np.abs(other).max())
        np.testing.assert_allclose(one, other, rtol=relative, atol=absolute, err_msg=name)


@pytest.mark.parametrize(
    "name", [f"records{suffix}" for suffix in (".rec", ".idx", "-pictures.rec")] + ["arrays"]
)
def test_files_are_the_same_bytes(folder, name):
    ours, theirs = ((folder / f"{side}-{name}").read_bytes() for side in SIDES)
    assert ours == theirs
