"""What is said where there are no workers, and the command line of the launcher."""

from __future__ import annotations

import pytest

import mxnet as mx
from mxnet.launch import main

PLACE = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("dist_sync", "RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT are not set"),
        ("dist_device_sync", "python -m mxnet.launch -n 2 python train.py"),
        ("dist_async", "use 'dist_sync'"),
        ("dist_device_async", "use 'dist_sync'"),
        ("horovod", "use 'dist_sync'"),
        ("p3store_dist", "use 'dist_sync'"),
    ],
)
def test_the_error_says_what_to_do(monkeypatch, kind, says):
    for name in PLACE:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(mx.MXNetError, match=says):
        mx.kv.create(kind)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"RANK": "2"}, "RANK=2 WORLD_SIZE=2"),
        ({"RANK": "first"}, "must be numbers"),
        ({"MASTER_PORT": "0"}, "MASTER_PORT=0"),
        ({"MXNET_KVSTORE_TIMEOUT": "soon"}, "MXNET_KVSTORE_TIMEOUT must be a number"),
        ({"MASTER_ADDR": ""}, "MASTER_ADDR is not set"),
    ],
)
def test_a_wrong_environment(monkeypatch, wrong, says):
    for name, value in {**PLACE, **wrong}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(mx.MXNetError, match=says):
        mx.kv.create("dist_sync")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-n", "0", "true"], "at least 1"),
        (["-n", "2", "--max-restarts", "-1", "true"], "at least 0"),
        (["-n", "2"], "name the program"),
        (["-n", "2", "--launcher", "ssh", "-H", "hosts", "true"], "torchrun"),
        (["-n", "1", "--env", "A", "true"], "NAME:VALUE"),
        (["-n", "1", "no-such-program-here"], "cannot run no-such-program-here"),
    ],
)
def test_launch_explains_wrong_options(capsys, arguments, says):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
