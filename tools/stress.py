"""Compare random networks, used in random ways, with the plain run, for as long as one likes.

    python tools/stress.py [--first 0] [--count 1000]

What fails is printed with its number, by which ``RandomNetwork(number)`` of
``tests/passes/random_networks.py`` makes it again. The exit code is 1 where anything failed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

from mxnet import MXNetError
from passes.random_networks import RandomNetwork, exercise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="number of the first network")
    parser.add_argument("--count", type=int, default=1000, help="networks")
    options = parser.parse_args()
    failed = 0
    for number in range(options.first, options.first + options.count):
        net = RandomNetwork(number)
        try:
            exercise(net)
        except (AssertionError, MXNetError) as error:
            failed += 1
            print(f"{number}: {error}\n    {net}", flush=True)
    print(f"{options.count} networks, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
