"""The benchmarks run, and what they compare computes the same."""

from __future__ import annotations

import importlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import compare, memory, precision, report
from benchmarks.engines import Case
from benchmarks.workloads import WORKLOADS, is_input, make_arrays, pack_gradients, unpack

ROOT = Path(__file__).resolve().parents[1]


def values(engine: str, workload, arrays: dict, train: bool, dtype: str = "float32") -> dict:
    """What one step of a system computes."""
    module = importlib.import_module(f"benchmarks.engines.{engine}")
    step, read = module.make(Case(workload, arrays, train, 1, dtype=dtype))
    step()
    return read()


@pytest.mark.parametrize("train", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("name", WORKLOADS)
def test_ours_and_pytorch_compute_the_same(name, train):
    workload = WORKLOADS[name].shrunk()
    arrays = make_arrays(workload)
    ours = values("symbolic", workload, arrays, train)
    theirs = values("pytorch", workload, arrays, train)
    assert len(ours) == 1 + train * sum(
        not is_input(n) and not n.endswith(("moving_mean", "moving_var")) for n in arrays
    )
    difference, where = compare.largest_difference(ours, theirs)
    assert difference <= workload.tolerance, where


@pytest.mark.parametrize("name", ["mlp-b100", "transformer-b8", "resnet-50-b8"])
def test_in_16_bits_with_another_batch_size(name):
    workload = WORKLOADS[name].chosen(tiny=True, batch=5)
    arrays = make_arrays(workload)
    assert arrays["data"].shape[0] == 5
    found = [values(each, workload, arrays, True, "bfloat16") for each in ("symbolic", "pytorch")]
    most, little = compare.LOW_LIMITS
    difference, where = compare.largest_difference(*found, little)
    assert 0 < difference <= most, where


def test_full_sizes_infer():
    for workload in WORKLOADS.values():
        shapes = workload.symbol.infer_shape(**workload.shapes)[0]
        assert shapes is not None, workload.name
        assert (workload.words > 0) == ("-lm-" in workload.name)


def test_gradients_of_a_fused_layer_are_packed_as_it_is_unpacked():
    arrays = make_arrays(WORKLOADS["lstm-lm-fused-b32"].shrunk())
    apart = unpack(arrays)
    assert "lstm_parameters" not in apart
    packed = pack_gradients(arrays, {n: a for n, a in apart.items() if not is_input(n)})
    np.testing.assert_array_equal(packed["lstm_parameters"], arrays["lstm_parameters"])


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"output": [3, 4]}, 0),
        ({"output": [3, 4.5]}, 0.1),
        ({"output": [3, math.nan]}, math.nan),
        ({"output": [[3, 4]]}, math.inf),
        ({"result": [3, 4]}, math.inf),
    ],
)
def test_differences(other, difference):
    other = {name: np.array(array, "float32") for name, array in other.items()}
    found, _ = compare.largest_difference({"output": np.array([3, 4], "float32")}, other)
    assert found == pytest.approx(difference, nan_ok=True)


@pytest.mark.parametrize("train", [True, False], ids=["training", "prediction"])
@pytest.mark.parametrize("network", memory.NETWORKS, ids=lambda n: n.name)
def test_plans_are_sound_and_near_their_bound(network, train):
    small = network.shrunk()
    planned = memory.judge(
        network.name, train, *memory.make_plan(small.symbol, train, small.shapes)
    )
    assert planned.bound <= planned.arena <= planned.every
    assert planned.arena <= 1.1 * planned.bound + 4096


def test_a_wrong_plan_is_noticed():
    symbol = WORKLOADS["mlp-b1"].symbol
    plan, *facts = memory.make_plan(symbol, True, {"data": (2, 784)})
    for buffer in plan.buffers:
        buffer.offset = 0
    with pytest.raises(AssertionError, match="overlap"):
        memory.judge("mlp", True, plan, *facts)


def test_durations():
    assert [report.duration(s) for s in (2, 0.0123, 4.5e-6, 1e-8)] == [
        "2 s", "12.3 ms", "4.5 µs", "0.01 µs",
    ]  # fmt: skip


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "benchmarks", *arguments, "--tiny", "--output", str(folder)]
    environment = {key: value for key, value in os.environ.items() if key != "MXNET_PYTHON"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_steps(tmp_path):
    done = run(
        tmp_path, "steps", "--only", "mlp-b1", "--peers", "torch", "mxnet", "--modes", "training",
        "--threads", "1", "--rounds", "2", "--seconds", "0.01",
    )  # fmt: skip
    (row,) = json.loads((tmp_path / "steps.json").read_text())["rows"]
    timings = row["timings"]
    assert timings["torch"]["ratio"] == timings["torch"]["wall"] / timings["remx"]["wall"]
    assert timings["torch"]["difference"] < 1e-4
    assert "--mxnet-python" in timings["mxnet"]["problem"]
    assert "MXNet 1.9.1: the interpreter of its environment" in done.stdout
    assert (tmp_path / "steps.md").read_text().startswith("## Steps")


@pytest.mark.slow
@pytest.mark.parametrize("part", ["memory", "graphs", "ops", "first"])
def test_other_parts(part, tmp_path):
    workload = "mlp-b100" if part == "first" else "mlp-b1"
    options = ["--only", workload, "--modes", "training", "--rounds", "1", "--seconds", "0.001"]
    run(tmp_path, part, *options)
    facts = json.loads((tmp_path / f"{part}.json").read_text())
    assert facts["machine"]["command"].startswith("python -m benchmarks")


def test_unknown_names_are_refused(tmp_path):
    for option, name in (("--peers", "caffe"), ("--only", "gan")):
        command = [sys.executable, "-m", "benchmarks", "steps", option, name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1
        assert name in done.stderr


def test_precision_prints_a_table(capsys):
    precision.main(["--tiny", "--only", "lenet*", "--rounds", "1"])
    head, _, row, alone = capsys.readouterr().out.splitlines()
    assert row.count("|") == alone.count("|") == head.count("|")
    assert "nan" not in row
