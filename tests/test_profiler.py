"""The profiler: calls, time and bytes by node; traces; the program's own events."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

import mxnet as mx
from mxnet import profiler


@pytest.fixture(autouse=True)
def _own_profile(tmp_path):
    profiler.set_config(
        filename=str(tmp_path / "profile.json"), profile_all=False, profile_memory=True,
        profile_symbolic=True, profile_imperative=True,
    )  # fmt: skip
    profiler.dumps(reset=True)
    yield
    profiler.set_state("stop")
    profiler.dumps(reset=True)


@pytest.fixture
def executor():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(net, name="so").simple_bind(mx.cpu(), data=(2, 4))


def run(executor, times=1):
    for _ in range(times):
        executor.forward(is_train=True)
        executor.backward()


def statistics() -> dict:
    return json.loads(profiler.dumps(format="json"))


def test_nodes_of_a_network(executor):
    run(executor)
    profiler.set_state("run")
    run(executor, times=3)
    profiler.set_state("stop")
    run(executor)
    found = statistics()
    operators, nodes = found["Time"]["operator"], found["Time"]["node"]
    assert operators["FullyConnected"]["Count"] == nodes["fc"]["Count"] == 3
    assert operators["SoftmaxOutput"]["Count"] == 3
    assert operators["dot"]["Count"] == 6  # two gradients of fc
    facts = nodes["fc"]
    assert 0 < facts["Min"] <= facts["Avg"] <= facts["Max"] <= facts["Total"]
    moved = 4 * (2 * 4 + 3 * 4 + 3 + 2 * 3)  # data, weight, bias, output
    assert found["Memory"]["node"]["fc"] == {"Count": 3, "Total": pytest.approx(3 * moved / 1000)}
    assert found["Unit"] == {"Time": "ms", "Memory": "kB"}


def test_trace(executor, tmp_path):
    profiler.set_state("run")
    run(executor)
    profiler.dump()
    events = json.loads((tmp_path / "profile.json").read_text())["traceEvents"]
    assert events[0]["ph"] == "M"
    fc = next(e for e in events if e.get("args", {}).get("node") == "fc")
    assert (fc["name"], fc["cat"], fc["ph"]) == ("FullyConnected", "operator", "X")
    assert fc["args"]["made_at"].startswith("test_profiler.py:")
    assert any(e.get("args", {}).get("gradient_of") == "fc" for e in events)
    times = [(e["ts"], e["ts"] + e["dur"]) for e in events if e["ph"] == "X"]
    assert all(end <= start for (_, end), (start, _) in pairwise(times))
    profiler.set_state("run")  # a dump that finished starts a new trace
    assert profiler._profiler.events == []


def test_arrays_are_profiled_too():
    profiler.set_state("run")
    x = mx.nd.ones((4, 5))
    mx.nd.dot(x, x.T)
    profiler.set_config(profile_imperative=False)
    mx.nd.exp(x)
    profiler.set_state("stop")
    operators = statistics()["Time"]["operator"]
    assert operators["dot"]["Count"] == 1
    assert "exp" not in operators


def test_symbolic_can_be_left_out(executor):
    profiler.set_config(profile_symbolic=False)
    profiler.set_state("run")
    run(executor)
    assert "operator" not in statistics()["Time"]


def test_pause_and_resume(executor):
    profiler.set_state("run")
    run(executor)
    profiler.pause()
    run(executor)
    profiler.resume()
    run(executor)
    assert statistics()["Time"]["node"]["fc"]["Count"] == 2


def test_failing_operators_leave_it_usable():
    profiler.set_state("run")
    with pytest.raises(mx.MXNetError):
        mx.nd.dot(mx.nd.ones((2, 3)), mx.nd.ones((2, 3)))
    mx.nd.exp(mx.nd.ones(3))
    assert statistics()["Time"]["operator"] == {"exp": statistics()["Time"]["operator"]["exp"]}


def test_own_events():
    domain = profiler.Domain("training")
    profiler.set_state("run")
    task, frame = domain.new_task("load"), domain.new_frame("batch")
    counter, marker = domain.new_counter("images", 3), domain.new_marker("epoch")
    with task:
        frame.start()
        frame.stop()
    event = profiler.Event("alone")
    event.start()
    event.stop()
    event.stop()
    counter += 4
    counter -= 1
    counter.increment()
    counter.decrement(2)
    marker.mark("global")
    times = statistics()["Time"]
    assert times["training"]["load"]["Count"] == 1
    assert times["training,frame"]["batch"]["Count"] == 1
    assert times["event"]["alone"]["Count"] == 1
    assert times["training"]["images"]["Count"] == 5
    assert (counter.value, times["training"]["images"]["Max"]) == (5, 7)
    assert [str(x) for x in (domain, task, frame, counter, event)] == [
        "training", "load", "batch", "images", "alone",
    ]  # fmt: skip
    with pytest.raises(mx.MXNetError, match="scope"):
        marker.mark("x")


def test_table_is_sorted(executor):
    profiler.set_state("run")
    run(executor, times=2)
    mx.nd.exp(mx.nd.ones(3))
    text = profiler.dumps(sort_by="count", ascending=True)
    assert "Profile Statistics:" in text
    section = text.split("operator\n")[1].split("\n\n")[0].splitlines()[3:]
    counts = [int(line.split()[1]) for line in section]
    assert counts == sorted(counts)
    assert "Bytes (kB)" in text.split("node\n")[1]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: profiler.set_config(foo=1), mx.MXNetError),
        (lambda: profiler.set_config(profile_process="server"), mx.MXNetError),
        (lambda: profiler.set_state("go"), KeyError),
        (lambda: profiler.dumps(format="xml"), AssertionError),
        (lambda: profiler.dumps(sort_by="name"), AssertionError),
        (lambda: profiler.profiler_set_config("x"), KeyError),
        (lambda: profiler.set_kvstore_handle(None), mx.MXNetError),
    ],
)
def test_refusals(call, error):
    with pytest.raises(error):
        call()


def test_old_names(executor, tmp_path):
    profiler.profiler_set_config("all", str(tmp_path / "old.json"))
    profiler.profiler_set_state("run")
    run(executor)
    profiler.profiler_set_state("stop")
    profiler.dump_profile()
    assert "FullyConnected" in (tmp_path / "old.json").read_text()
