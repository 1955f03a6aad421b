"""Several workers on this machine: the same parameters as one process, errors, no waiting for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

import mxnet as mx
from distributed.starting import command, launched

pytestmark = pytest.mark.slow


SETTINGS = ["dist_sync,sgd,1", "dist_device_sync,adam,1", "dist_sync,adam,0"]


def test_two_workers_are_as_one_with_the_joint_batch(tmp_path):
    together, alone = str(tmp_path / "together"), str(tmp_path / "alone")
    done = launched(2, "train.py", together, *SETTINGS)
    assert done.returncode == 0, done.stderr
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command("train.py", alone, *SETTINGS), env=environment, check=True)
    for setting in SETTINGS:
        expected = mx.nd.load(f"{alone}-{setting}-0.params")
        for rank in range(2):
            found = mx.nd.load(f"{together}-{setting}-{rank}.params")
            assert found.keys() == expected.keys()
            for name, array in expected.items():
                np.testing.assert_allclose(
                    found[name].asnumpy(), array.asnumpy(), rtol=2e-4, atol=1e-5, err_msg=name
                )


@pytest.mark.parametrize(
    ("cases", "workers"),
    [
        (["sums", "types", "sparse", "compression", "optimizer", "overlap", "resume"], 3),
        (["different"], 2),
    ],
)
def test_store(cases, workers, tmp_path):
    done = launched(workers, "store.py", *cases, FOLDER=str(tmp_path))
    assert done.returncode == 0, done.stderr


def workers_of(program: str, *arguments: str, count: int, timeout: str):
    """Workers without the launcher, which would end all of them when one fails."""
    from mxnet.launch import _free_port

    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(count)}
    return [
        subprocess.Popen(
            command(program, *arguments),
            env={**os.environ, **place, "RANK": str(rank), "OMP_NUM_THREADS": "1",
                 "MXNET_KVSTORE_TIMEOUT": timeout},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(count)
    ]  # fmt: skip


def test_the_end_of_one_worker_ends_the_others_with_an_error():
    workers = workers_of("store.py", "killed", count=3, timeout="20")
    outputs = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, -9, 0], outputs
    for rank in (0, 2):
        assert f"rank {rank} of 3: sum of key 'weight'" in outputs[rank][0]
        assert "another worker has ended" in outputs[rank][0]


def test_a_stuck_worker_is_not_waited_for_longer_than_the_timeout():
    workers = workers_of("store.py", "stuck", count=2, timeout="3")
    started = time.monotonic()
    output, errors = workers[0].communicate(timeout=60)
    workers[1].kill()
    workers[1].communicate()
    assert workers[0].returncode == 3, errors
    assert "rank 0 of 2: sum of key 'weight': failed after 3." in output
    assert time.monotonic() - started < 30


def test_workers_that_do_not_come():
    (worker,) = workers_of("store.py", "sums", count=1, timeout="60")
    worker.communicate(timeout=60)
    assert worker.returncode == 0  # one worker is enough where there is one

    environment = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1", "WORLD_SIZE": "2", "RANK": "1"}
    alone = subprocess.run(
        command("store.py", "sums"),
        env={**os.environ, **environment, "MXNET_KVSTORE_TIMEOUT": "1"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert alone.returncode == 1
    assert "rank 1 of 2: the workers did not all meet at 127.0.0.1:1 within 1 s" in alone.stderr


def test_launch_reports_the_failure_of_a_worker():
    program = "import os, signal; os._exit(7) if os.environ['RANK'] == '1' else signal.pause()"
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "mxnet.launch", "-n", "2", sys.executable, "-c", program],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 7
    assert "worker 1 ended with status 7" in done.stderr
    assert time.monotonic() - started < 30


def starter(kind: str, restarts: int) -> list[str]:
    """The command that starts three workers, anew so many times."""
    from mxnet.launch import _free_port

    if kind == "mxnet.launch":
        return ["-m", kind, "-n", "3", "--max-restarts", str(restarts), sys.executable]
    place = f"127.0.0.1:{_free_port()}"
    return [
        "-m", "torch.distributed.run", "--nproc-per-node", "3", "--max-restarts", str(restarts),
        "--rdzv-backend", "c10d", "--rdzv-endpoint", place, "--local-addr", "127.0.0.1",
    ]  # fmt: skip


def elastic(kind: str, restarts: int, folder, *arguments: str):
    folder.mkdir()
    program = command("elastic.py", str(folder), *arguments)[1:]
    return subprocess.run(
        [sys.executable, *starter(kind, restarts), *program],
        env={**os.environ, "OMP_NUM_THREADS": "1", "MXNET_KVSTORE_TIMEOUT": "20"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["mxnet.launch", "torchrun"])
def test_a_job_goes_on_after_the_end_of_a_worker(kind, tmp_path):
    alone, ended = tmp_path / "alone", tmp_path / "ended"
    done = elastic("mxnet.launch", 0, alone)
    assert done.returncode == 0, done.stderr
    done = elastic(kind, 1, ended, "1", "3")
    assert done.returncode == 0, done.stderr
    for rank in range(3):
        begun = (ended / f"epochs-{rank}").read_text().split()
        assert begun == ["0", "1", "2", "3", "3", "4", "5"]  # no more than the epoch it was in
    expected, found = (mx.nd.load(str(f / "end.params")) for f in (alone, ended))
    for name, array in expected.items():
        assert np.array_equal(found[name].asnumpy(), array.asnumpy()), name


def test_a_job_without_restarts_ends(tmp_path):
    done = elastic("mxnet.launch", 0, tmp_path / "ended", "2", "1")
    assert done.returncode == 128 + 9
    assert "worker 2 ended by signal 9" in done.stderr
