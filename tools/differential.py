"""Compare remx with MXNet 1.9.1 on random cases, and report where they disagree.

    REMX_ORACLE=/path/to/python python tools/differential.py [FAMILY...] [--count 200] [--seed 0]
                                                             [--op NAME] [--show 3] [--write]

``REMX_ORACLE`` is a Python that has MXNet 1.9.1. Disagreements that docs/differences.md explains
are counted by their key; the exit code is 1 where others are found. ``--write`` puts the counts of
all families into that page.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

from oracle import page
from oracle.draw import families
from oracle.run import judge_family


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", default=families())
    parser.add_argument("--count", type=int, default=200, help="cases of each family")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--op", action="append", default=[], help="only this operator")
    parser.add_argument("--show", type=int, default=2, help="disagreements shown by operator")
    parser.add_argument("--known", action="store_true", help="show explained ones, too")
    parser.add_argument("--write", action="store_true", help="write docs/differences.md")
    options = parser.parse_args()
    unexplained = 0
    everything = {}
    for family in options.families:
        found, counts = judge_family(family, options.seed, options.count, options.op)
        everything[family] = counts
        total: Counter = sum(counts.values(), Counter())
        print(f"{family}: {dict(total)}")
        for op in counts:
            mine = [d for d in found if d.case.op == op]
            new = [d for d in mine if d.parts]
            unexplained += len(new)
            shown = mine if options.known else new
            if shown or options.op:
                print(f"  {op}: {dict(counts[op])}")
            for disagreement in shown[: options.show]:
                print("    " + str(disagreement).replace("\n", "\n    "), flush=True)
    if options.write:
        command = f"python tools/differential.py --count {options.count} --seed {options.seed}"
        page.write(page.runs_section(everything, options.seed, command + " --write"))
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
