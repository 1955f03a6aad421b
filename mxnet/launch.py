"""Start the workers of a distributed training on this machine.

    python -m mxnet.launch -n 2 [--max-restarts 3] [--env NAME:VALUE] python train.py ...

The options are those of tools/launch.py of 1.x, and ``--max-restarts`` of torchrun. Workers find each
other by the environment that torchrun also sets (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR,
MASTER_PORT, TORCHELASTIC_RESTART_COUNT). When one of them fails, the others are ended; then all are
started anew, as often as ``--max-restarts`` allows, or the exit status is that of the one that failed.
Programs that train with ``fit(..., resume=prefix)`` go on from their last checkpoint.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

__all__ = ["launch", "main"]

_GRACE = 5.0  # seconds between asking the workers to end and ending them
_POLL = 0.05


def launch(
    command: Sequence[str],
    num_workers: int,
    environment: Mapping[str, str] | None = None,
    max_restarts: int = 0,
) -> int:
    """Run a command in so many processes at once, and wait for them.

    Parameters: ``environment``: further environment variables of the workers; ``max_restarts``:
    how often all of them are started anew after one has failed.
    Returns 0, or the status of the first worker that failed (128 + the number of the signal that
    ended it), after whose failure the others are ended. Raises OSError where the command cannot
    be run.
    """
    for attempt in range(max_restarts + 1):
        count = {"TORCHELASTIC_RESTART_COUNT": str(attempt)}
        status = _launch_once(command, num_workers, {**count, **(environment or {})})
        if status == 0:
            break
        if attempt < max_restarts:
            again = f"mxnet.launch: starting all workers anew ({attempt + 1} of {max_restarts})"
            print(again, file=sys.stderr, flush=True)
    return status


def _launch_once(command: Sequence[str], num_workers: int, environment: Mapping[str, str]) -> int:
    common = {
        **os.environ,
        "WORLD_SIZE": str(num_workers),
        "LOCAL_WORLD_SIZE": str(num_workers),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        "DMLC_ROLE": "worker",  # what programs for 1.x look at
        "DMLC_NUM_WORKER": str(num_workers),
        **environment,
    }
    common.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // num_workers)))
    workers: list[subprocess.Popen] = []
    try:
        for rank in range(num_workers):
            place = {"RANK": str(rank), "LOCAL_RANK": str(rank), "DMLC_WORKER_ID": str(rank)}
            workers.append(subprocess.Popen(list(command), env={**common, **place}))
        return _wait(workers)
    finally:
        _end(workers)


def _wait(workers: Sequence[subprocess.Popen]) -> int:
    """The first status that is not 0, or 0 when all have ended."""
    while True:
        states = [worker.poll() for worker in workers]
        for rank, state in enumerate(states):
            if state:
                ended = f"by signal {-state}" if state < 0 else f"with status {state}"
                print(f"mxnet.launch: worker {rank} ended {ended}", file=sys.stderr)
                return 128 - state if state < 0 else state
        if None not in states:
            return 0
        time.sleep(_POLL)


def _end(workers: Sequence[subprocess.Popen]) -> None:
    for worker in workers:
        worker.terminate()  # does nothing where it has ended
    deadline = time.monotonic() + _GRACE
    for worker in workers:
        try:
            worker.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mxnet.launch",
        description="Start the workers of a distributed training on this machine.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-n", "--num-workers", type=int, required=True, help="how many workers to start")
    add("-s", "--num-servers", type=int, help="of 1.x; there are no servers, so it has no effect")
    add("--max-restarts", type=int, default=0, help="how often to start anew after a failure")
    add("--launcher", default="local", help="only 'local': all workers on this machine")
    add("-H", "--hostfile", help="of 1.x; not available")
    add("--env", action="append", default=[], metavar="NAME:VALUE",
        help="an environment variable for the workers")  # fmt: skip
    add("command", nargs=argparse.REMAINDER, help="the program to run in every worker")
    options = parser.parse_args(arguments)
    if options.launcher != "local" or options.hostfile:
        parser.error(
            "only --launcher local is available, on this machine; for several machines run "
            "torchrun on each of them: torchrun --nnodes 2 --node-rank 0 --nproc-per-node 8 "
            "--master-addr HOST --master-port 29500 train.py"
        )
    if options.num_workers < 1:
        parser.error(f"-n must be at least 1, not {options.num_workers}")
    if options.max_restarts < 0:
        parser.error(f"--max-restarts must be at least 0, not {options.max_restarts}")
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        parser.error("name the program to run, such as: python train.py")
    environment = {}
    for pair in options.env:
        name, separator, value = pair.partition(":")
        if not (name and separator):
            parser.error(f"--env takes NAME:VALUE, not {pair!r}")
        environment[name] = value
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return launch(command, options.num_workers, environment, options.max_restarts)
    except OSError as error:
        parser.error(f"cannot run {command[0]}: {error.strerror or error}")
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
