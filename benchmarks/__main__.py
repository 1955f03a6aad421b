"""``python -m benchmarks [steps | memory | graphs | ops | first] [options]``; without a name, all."""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from pathlib import Path

PARTS = ("steps", "memory", "graphs", "ops", "first")


def note(text: str) -> None:
    """Progress and warnings."""
    print(text, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    result.add_argument("part", nargs="?", choices=PARTS, help="one part only")
    result.add_argument("--output", type=Path, default=Path("build/benchmarks"), metavar="FOLDER")
    result.add_argument(
        "--quick", action="store_true", help="minutes: PyTorch only, one thread, two rounds"
    )
    result.add_argument("--tiny", action="store_true", help="the smallest sizes, as tests use them")
    result.add_argument(
        "--only",
        nargs="+",
        default=["*"],
        metavar="PATTERN",
        help="workloads by name: mlp* resnet*",
    )
    result.add_argument(
        "--peers", nargs="*", metavar="SYSTEM", help="default: all that are installed"
    )
    result.add_argument("--modes", nargs="+", default=["training", "inference"])
    result.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    result.add_argument("--rounds", type=int, default=5)
    result.add_argument("--seconds", type=float, default=0.3, help="per system and round")
    result.add_argument("--patience", type=float, default=600, help="seconds to set up a system")
    result.add_argument(
        "--clock", choices=("wall", "processor"), default="wall",
        help="processor time is steadier on a busy machine; use it with one thread",
    )  # fmt: skip
    result.add_argument(
        "--device",
        choices=("cpu", "gpu"),
        default="cpu",
        help="where steps run: gpu is the first GPU",
    )
    result.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32",
                        help="of products in steps: 16 bits are mixed precision")  # fmt: skip
    result.add_argument("--batch", type=int, help="batch size of steps, rather than that of each")
    result.add_argument("--free", action="store_true", help="do not pin processes to cores")
    result.add_argument(
        "--mxnet-python", metavar="FILE", default=os.environ.get("MXNET_PYTHON"),
        help="the Python of an environment with MXNet 1.9.1 (default: $MXNET_PYTHON)",
    )  # fmt: skip
    return result


def steps(options: argparse.Namespace) -> str:
    """Times of training and inference steps against other systems."""
    from .compare import OURS, Plan, compare
    from .engines import ENGINES
    from .report import plot, tables, write_json
    from .workloads import WORKLOADS

    names = [n for n in WORKLOADS if any(fnmatch.fnmatch(n, p) for p in options.only)]
    on_device = [
        n
        for n, engine in ENGINES.items()
        if options.device in engine.devices and options.dtype in engine.dtypes
    ]
    peers = [n for n in on_device if n != OURS] if options.peers is None else options.peers
    unknown = [peer for peer in peers if peer not in ENGINES]
    if unknown or not names:
        what = f"no system {unknown[0]}; there are {', '.join(ENGINES)}" if unknown else (
            f"no workload fits {' '.join(options.only)}; there are {', '.join(WORKLOADS)}"
        )  # fmt: skip
        raise SystemExit(f"benchmarks: {what}")
    plan = Plan(
        names, [OURS, *peers], options.modes, options.threads, options.rounds, options.seconds,
        patience=options.patience, mxnet_python=options.mxnet_python, tiny=options.tiny,
        pin=not options.free, device=options.device, dtype=options.dtype, batch=options.batch,
    )  # fmt: skip
    rows = []
    for row in compare(plan, note):
        rows.append(row)
        write_json(options.output / "steps.json", {"rows": [each.as_json() for each in rows]})
    plot(rows, options.output / "steps.svg", options.clock)
    return "## Steps\n\n" + tables(rows, options.clock)


def main() -> None:
    options = parser().parse_args()
    if options.quick:
        options.peers, options.threads, options.rounds = ["torch"], [1], 2
    sections = []
    for part in [options.part] if options.part else PARTS:
        if part == "steps":
            section = steps(options)
        else:
            from importlib import import_module

            section = import_module(f".{part}", __package__).report(options, note)
        print(section, end="\n\n", flush=True)
        sections.append(section)
    options.output.mkdir(parents=True, exist_ok=True)
    name = f"{options.part or 'all'}.md"
    (options.output / name).write_text("\n\n".join(sections) + "\n")
    note(f"written to {options.output}")


if __name__ == "__main__":
    main()
