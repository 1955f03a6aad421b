"""What graphs of 10,000 and 100,000 nodes cost before they run, here and in MXNet 1.9.1."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .compare import ROOT
from .report import duration, table, write_json

KINDS = ("scalars", "layers")
SIZES = (1_000, 10_000, 100_000)
TITLES = {"remx": "remx", "mxnet": "MXNet 1.9.1"}


def run(
    python: str, engine: str, kind: str, nodes: int, repeats: int, patience: float
) -> dict[str, Any]:
    """Seconds by stage, and under "problem" why stages are missing, if some are."""
    with tempfile.TemporaryDirectory() as folder:
        # 1.9.1 must not find the package of its name that lies in the current folder.
        (Path(folder) / "benchmarks").symlink_to(Path(__file__).parent)
        paths = [folder] if engine == "mxnet" else [folder, str(ROOT)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
        command = [python, "-m", "benchmarks.chains", kind, str(nodes), str(repeats)]
        problem = ""
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True,
                timeout=patience,
            )  # fmt: skip
            output = done.stdout
            if done.returncode:
                last = done.stderr.strip().splitlines()[-1:]
                problem = " ".join([f"ended with status {done.returncode}", *last])
        except subprocess.TimeoutExpired as error:
            output = (error.stdout or b"").decode()
            problem = f"took longer than {patience:.0f} s"
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {
        "engine": engine, "kind": kind, "nodes": nodes, "problem": problem,
        "seconds": {each["stage"]: each["seconds"] for each in found},
    }  # fmt: skip


def tables(results: list[dict[str, Any]]) -> str:
    """A table for each kind of chain: stages down, systems and sizes across."""
    parts = []
    for kind in KINDS:
        columns = [each for each in results if each["kind"] == kind]
        stages = list(dict.fromkeys(stage for each in columns for stage in each["seconds"]))
        header = [f"chain of {kind}"]
        header += [f"{TITLES[each['engine']]}, {each['nodes']:,}" for each in columns]
        rows = []
        for stage in stages:
            times = (each["seconds"].get(stage) for each in columns)
            rows.append([stage, *("–" if t is None else duration(t) for t in times)])
        parts.append(table(header, rows))
    problems = [
        f"- {TITLES[each['engine']]}, {each['nodes']:,} {each['kind']}: {each['problem']}"
        for each in results
        if each["problem"]
    ]
    return "\n\n".join(parts + ["\n".join(problems)] * bool(problems))


def report(options: argparse.Namespace, note: Callable[[str], None]) -> str:
    """The tables as Markdown; the figures also go to graphs.json."""
    pythons = {"remx": sys.executable}
    if options.mxnet_python:
        pythons["mxnet"] = options.mxnet_python
    else:
        note("MXNet 1.9.1 is left out: no --mxnet-python")
    results = []
    for kind in KINDS:
        for nodes in (40,) if options.tiny else SIZES:
            for engine, python in pythons.items():
                note(f"chain of {nodes:,} {kind}, {engine}")
                repeats = 3 if nodes <= 10_000 else 1
                results.append(run(python, engine, kind, nodes, repeats, options.patience))
    write_json(options.output / "graphs.json", {"chains": results})
    return "## Graphs\n\nProcessor time, the least of three (one for 100,000 nodes).\n\n" + tables(
        results
    )
