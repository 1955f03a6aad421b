"""Memory: plans against their lower bound, and what processes really allocate against the plans."""

from __future__ import annotations

import argparse
import ctypes
import fnmatch
import gc
import importlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from . import networks
from .compare import ROOT
from .engines import ENGINES, Case
from .report import table, write_json
from .workloads import WORKLOADS, Workload, is_input, make_arrays

MEBI = 2**20
MEASURED = ("remx", "torch")
PICTURE = (3, 224, 224)

# The networks whose plans are judged, at the batch sizes of the literature; small ones at larger
# batches, since MXNet tells its plans in whole MiB.
NETWORKS = (
    Workload("mlp", "", "mlp", 16384, (784,)),
    Workload("lenet", "", "lenet", 1024, (1, 28, 28)),
    Workload("alexnet", "", "alexnet", 64, PICTURE, tiny_shape=(3, 96, 96)),
    Workload("vgg16", "", "vgg16", 32, PICTURE, tiny_shape=(3, 32, 32)),
    Workload("inception-bn-28", "", "inception_bn_28", 128, (3, 28, 28)),
    Workload("inception-bn", "", "inception_bn", 32, PICTURE, tiny_shape=(3, 96, 96)),
    Workload("resnet-50", "", "resnet", 32, PICTURE, tiny_shape=(3, 32, 32)),
    Workload("resnet-152", "", "resnet", 32, PICTURE, {"units": networks.RESNETS[152]},
             (3, 32, 32)),
    Workload("lstm-lm 2x650", "", "lstm", 20, (35,), {"size": 650, "embed": 650}),
    Workload("transformer", "", "transformer", 8, (128, 256)),
)  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """A plan in bytes.

    ``every``: all values with memory of their own; ``arena``: as planned; ``bound``: the most bytes
    of the arena in use at one time; ``adopted``: the most that kernels allocate themselves;
    ``outputs``: arrays of results, which MXNet counts too; ``mxnet``: what MXNet 1.9.1 plans.
    """

    network: str
    train: bool
    nodes: int
    every: int
    arena: int
    bound: int
    adopted: int
    outputs: int = 0
    mxnet: int | None = None


# -- plans ----------------------------------------------------------------------------------------
def make_plan(symbol: Any, train: bool, shapes: dict[str, tuple]) -> tuple[Any, Any, Any, Any]:
    """The plan of a symbol without binding it: plan, graph, shapes, dtypes."""
    from mxnet import planning

    wanted = {n: "write" if train and not is_input(n) else "null" for n in symbol.list_arguments()}
    planned = planning.make_plan(symbol, wanted, {}, None, shapes)
    return planned.plan, planned.joint.graph, planned.shapes, planned.dtypes


def judge(name: str, train: bool, plan: Any, graph: Any, shapes: Any, dtypes: Any) -> Planned:
    """Check a plan and sum it up, from its lifetimes alone; AssertionError where it is wrong."""
    import numpy as np

    def size(key: tuple) -> int:
        position, index = key
        item = np.dtype(dtypes[position][index].replace("bfloat16", "float16")).itemsize
        return int(np.prod(shapes[position][index], dtype=np.int64)) * item

    exact: dict[int, int] = {}
    for key, buffer in plan.homes.items():
        exact[id(buffer)] = max(exact.get(id(buffer), 0), size(key))
    check_lifetimes(plan, graph)
    buffers = plan.buffers
    check_overlaps(buffers)
    spans = [(b.birth, b.death, exact.get(id(b), b.size)) for b in buffers]
    deaths = {key: time for time, keys in plan.frees.items() for key in keys}
    end = len(graph.nodes)
    adopted = most_at_once((k[0], deaths.get(k, end), amount) for k, amount in plan.adopted.items())
    every = sum(map(size, (*plan.homes, *plan.in_place))) + sum(plan.adopted.values())
    every += sum(buffer.size for buffer in plan.workspaces.values())
    return Planned(name, train, end, every, plan.arena_size, most_at_once(spans), adopted)


def most_at_once(spans: Iterable[tuple[int, int, int]]) -> int:
    """The largest sum of sizes over time of spans (first, last, size)."""
    changes: dict[int, int] = {}
    for first, last, size in spans:
        changes[first] = changes.get(first, 0) + size
        changes[last + 1] = changes.get(last + 1, 0) - size
    return max(accumulate(changes[time] for time in sorted(changes)), default=0)


def check_lifetimes(plan: Any, graph: Any) -> None:
    """Every value is kept from where it is made to its last reader, also through views."""

    deaths = {key: time for time, keys in plan.frees.items() for key in keys}

    def root(key: tuple) -> tuple:
        while key in plan.views:
            key = plan.views[key]
        return key

    def owner(key: tuple) -> tuple:
        while key in plan.views or key in plan.in_place:
            key = plan.views.get(key) or plan.in_place[key]
        return key

    for position, node in enumerate(graph.nodes):
        shape_only = node.op.shape_only_names if node.op is not None else ()
        names = node.op.input_names if node.op is not None else ()
        for name, source in zip(names, graph.sources[position]):
            if name in shape_only:
                continue
            buffer = plan.homes.get(root(source))
            if buffer is not None:
                assert buffer.birth <= source[0], node.name
                assert buffer.death >= position, node.name
            elif owner(source) in plan.adopted:
                assert deaths.get(owner(source), position) >= position, node.name


def check_overlaps(buffers: Sequence[Any]) -> None:
    """No two buffers are in use at one time at one place."""
    import numpy as np

    facts = np.array([(b.birth, b.death, b.offset, b.offset + b.size) for b in buffers if b.size])
    for row, (birth, death, start, end) in enumerate(facts):
        rest = facts[row + 1 :]
        together = (rest[:, 0] <= death) & (rest[:, 1] >= birth)
        assert not (together & (rest[:, 2] < end) & (rest[:, 3] > start)).any(), "buffers overlap"


def plans(tiny: bool, note: Callable[[str], None], mxnet_python: str | None) -> list[Planned]:
    """The plans of all networks, in training and in prediction."""
    results = []
    for network in NETWORKS:
        chosen = network.shrunk() if tiny else network
        for train in (True, False):
            note(f"planning {chosen.name}, {'training' if train else 'prediction'}")
            facts = make_plan(chosen.symbol, train, chosen.shapes)
            ours = judge(chosen.name, train, *facts)
            shapes = chosen.symbol.infer_shape(**chosen.shapes)[1]
            ours = replace(ours, outputs=sum(4 * math.prod(shape) for shape in shapes))
            if mxnet_python:
                ours = replace(ours, mxnet=plan_of_mxnet(mxnet_python, chosen, train))
            results.append(ours)
    return results


_OF_MXNET = """
import json, re, sys
import mxnet as mx
request = json.load(sys.stdin)
symbol = mx.sym.load_json(request["symbol"])
shapes = {name: tuple(shape) for name, shape in request["shapes"].items()}
bound = symbol.simple_bind(mx.cpu(), grad_req=request["grad_req"], **shapes)
print(re.search("Total ([0-9]+) MB allocated", bound.debug_str()).group(1))
"""


def plan_of_mxnet(python: str, network: Workload, train: bool) -> int | None:
    """What MXNet 1.9.1 plans for a network, in bytes; it says so in whole MiB, rounded down."""
    symbol = network.symbol
    names = symbol.list_arguments()
    wanted = {n: "write" if train and not is_input(n) else "null" for n in names}
    shapes = {name: shape for name, shape in network.shapes.items() if name in names}
    request = {"symbol": symbol.tojson(), "shapes": shapes, "grad_req": wanted}
    with tempfile.TemporaryDirectory() as folder:  # not here, where a package has its name
        done = subprocess.run(
            [python, "-c", _OF_MXNET], cwd=folder, input=json.dumps(request), text=True,
            capture_output=True, env={**os.environ, "MXNET_SUBGRAPH_BACKEND": "NONE", "PYTHONPATH": ""},
        )  # fmt: skip
    return int(done.stdout) * MEBI if done.returncode == 0 else None


def plan_table(results: Sequence[Planned]) -> str:
    """The plans as a Markdown table in MiB."""
    header = ["MiB", "mode", "every value", "arena", "bound", "arena / bound", "adopted",
              "every value / (arena + adopted)"]  # fmt: skip
    if any(each.mxnet is not None for each in results):
        header += ["outputs", "MXNet 1.9.1", "MXNet / remx"]
    rows = []
    for each in results:
        mode = "training" if each.train else "prediction"
        amounts = [f"{n / MEBI:.2f}" for n in (each.every, each.arena, each.bound)]
        saved = each.every / (each.arena + each.adopted)
        ratio = f"{each.arena / each.bound:.4f}" if each.bound else "–"
        row = [each.network, mode, *amounts, ratio, f"{each.adopted / MEBI:.2f}", f"{saved:.1f}"]
        if len(header) > len(row):
            ours = each.arena + each.adopted + each.outputs
            row += [f"{each.outputs / MEBI:.2f}", "–", "–"]
            if each.mxnet is not None:
                row[-2:] = [f"{each.mxnet / MEBI:.0f}", f"{each.mxnet / ours:.2f}"]
        rows.append(row)
    return table(header, rows)


# -- reality --------------------------------------------------------------------------------------
def build_counter(folder: Path) -> Path | None:
    """Compile the counter of allocations; None where that is not possible."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    library = folder / "malloc_counter.so"
    source = Path(__file__).with_name("malloc_counter.c")
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(source)]
    return library if subprocess.run(command, capture_output=True).returncode == 0 else None


def measure(engine: str, workload: str, train: bool, tiny: bool, steps: int = 5) -> dict[str, Any]:
    """Set up a workload in this process and count what steady steps allocate.

    "blocks" and "bytes" are those of blocks of 16 KiB or more, by step; "peak" is the most in use
    at one time, "large" the same of large blocks alone. Has to run with the counter preloaded.
    """
    counter = ctypes.CDLL(None)
    for part in ("blocks", "bytes", "live", "peak", "large", "large_peak"):
        getattr(counter, f"counted_{part}").restype = ctypes.c_long
    small = WORKLOADS[workload].shrunk()
    chosen = small if tiny else WORKLOADS[workload]
    facts = ENGINES[engine]
    module = importlib.import_module(f".engines.{facts.module}", __package__)
    # What the system itself needs once, its modules and tables, is not what a network costs.
    _steps(module.make(Case(small, make_arrays(small), train, 1, facts.option))[0], 3)
    arrays = make_arrays(chosen)
    gc.collect()
    before, large_before = counter.counted_live(), counter.counted_large()
    step, _ = module.make(Case(chosen, arrays, train, 1, facts.option))
    _steps(step, 3)
    counter.counted_restart()
    blocks, size = counter.counted_blocks(), counter.counted_bytes()
    _steps(step, steps)
    result = {
        "engine": engine,
        "workload": workload,
        "title": chosen.title,
        "train": train,
        "blocks": (counter.counted_blocks() - blocks) / steps,
        "bytes": (counter.counted_bytes() - size) / steps,
        "peak": counter.counted_peak() - before,
        "large": counter.counted_large_peak() - large_before,
    }
    if engine == "remx":
        symbol = chosen.symbol
        wanted = {n: "null" if is_input(n) or not train else "write" for n in arrays}
        inputs = symbol.list_arguments()
        report = symbol.plan_memory(
            grad_req=wanted, **{n: a.shape for n, a in arrays.items() if n in inputs}
        )
        result["plan"] = report.total
    return result


def _steps(step: Callable[[], None], count: int) -> None:
    for _ in range(count):
        step()


def reality(options: argparse.Namespace, note: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure in a fresh process for each workload, system and mode."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        library = build_counter(Path(folder))
        if library is None:
            note("allocations are not counted: that needs Linux and gcc")
            return []
        environment = {**os.environ, "LD_PRELOAD": str(library), "OMP_NUM_THREADS": "1"}
        for name in WORKLOADS:
            if not any(fnmatch.fnmatch(name, pattern) for pattern in options.only):
                continue
            for mode in options.modes:
                for engine in MEASURED:
                    note(f"allocations of {name}, {mode}, {engine}")
                    results.append(_in_process(environment, name, mode, engine, options.tiny))
    return results


def _in_process(environment: dict, name: str, mode: str, engine: str, tiny: bool) -> dict:
    command = [sys.executable, "-m", "benchmarks.memory", engine, name, mode, str(int(tiny))]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{name}, {mode}, {engine}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def reality_table(results: Sequence[dict[str, Any]]) -> str:
    """What steady steps allocate, as a Markdown table."""
    header = ["", "mode", "remx: plan, MiB", "large blocks, MiB", "large / plan", "real, MiB",
              "real / plan", "blocks a step", "PyTorch: real, MiB", "blocks a step"]  # fmt: skip
    ours = [each for each in results if each["engine"] == "remx"]
    rows = []
    for one in ours:
        other = next(
            each for each in results
            if each["engine"] == "torch" and (each["workload"], each["train"])
            == (one["workload"], one["train"])
        )  # fmt: skip
        mode = "training" if one["train"] else "inference"
        rows.append([
            one["title"], mode, f"{one['plan'] / MEBI:.2f}", f"{one['large'] / MEBI:.2f}",
            f"{one['large'] / one['plan']:.3f}", f"{one['peak'] / MEBI:.2f}",
            f"{one['peak'] / one['plan']:.3f}", f"{one['blocks']:g}",
            f"{other['peak'] / MEBI:.2f}", f"{other['blocks']:g}",
        ])  # fmt: skip
    return table(header, rows)


def report(options: argparse.Namespace, note: Callable[[str], None]) -> str:
    """Both parts as Markdown; the figures also go to memory.json."""
    planned = plans(options.tiny, note, options.mxnet_python)
    real = reality(options, note)
    write_json(
        options.output / "memory.json", {"plans": [asdict(each) for each in planned], "real": real}
    )
    parts = ["## Memory", plan_table(planned)]
    if real:
        parts += [
            "Memory in use while stepping, and blocks of 16 KiB or more, on one thread:",
            reality_table(real),
        ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    engine, workload, mode, tiny = sys.argv[1:]
    print(json.dumps(measure(engine, workload, mode == "training", tiny == "1")))
