"""Where the time goes: calls, time and bytes of every node, as a table or a Chrome trace.

    mx.profiler.set_config(filename="profile.json")
    mx.profiler.set_state("run")
    ...
    mx.profiler.set_state("stop")
    print(mx.profiler.dumps())
    mx.profiler.dump()              # open profile.json in chrome://tracing or ui.perfetto.dev

While the profiler runs, networks run operator by operator, on a GPU each one to its end, so that
times belong to the operators that took them.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

from .error import MXNetError
from .execution.watch import Call, Watcher, everywhere
from .files import write_atomically
from .profiler_table import Statistics, as_json, as_table

__all__ = [
    "Counter", "Domain", "Event", "Frame", "Marker", "Task", "dump", "dump_profile", "dumps",
    "pause", "profiler_set_config", "profiler_set_state", "resume", "set_config",
    "set_kvstore_handle", "set_state",
]  # fmt: skip

_OPTIONS: dict[str, Any] = {
    "profile_all": False,
    "profile_symbolic": True,
    "profile_imperative": True,
    "profile_memory": True,
    "profile_api": True,
    "filename": "profile.json",
    "continuous_dump": False,
    "dump_period": 1.0,
    "aggregate_stats": False,
    "profile_process": "worker",
}


def _now() -> float:
    """Microseconds."""
    return time.perf_counter_ns() / 1000


class _Profiler(Watcher):
    """The profiler of this process: what it was told, and what it saw."""

    def __init__(self) -> None:
        self.options = dict(_OPTIONS)
        self.running = self.paused = self.finished = False
        self.events: list[dict[str, Any]] = []
        self._starts = threading.local()

    # -- events ------------------------------------------------------------------------------
    @property
    def collecting(self) -> bool:
        return self.running and not self.paused

    def add(self, name: str, category: str, phase: str, at: float, **facts: Any) -> None:
        """Note an event, in the terms of the trace format of Chrome."""
        if self.collecting:
            place = {"pid": os.getpid(), "tid": threading.get_ident()}
            self.events.append(
                {"name": name, "cat": category, "ph": phase, "ts": at, **place, **facts}
            )

    # -- operators ---------------------------------------------------------------------------
    def watch(self) -> None:
        """Be told of operators exactly while events are collected."""
        if self.collecting and self not in everywhere:
            everywhere.append(self)
        elif not self.collecting and self in everywhere:
            everywhere.remove(self)

    def before(self, instruction: Any) -> None:
        _finish(instruction)
        self._starts.__dict__[id(instruction)] = _now()

    def after(self, instruction: Any) -> None:
        _finish(instruction)
        stop = _now()
        start = self._starts.__dict__.pop(id(instruction), None)
        if start is None:
            return  # the profiler was switched on inside this operator
        node, options = instruction.node, self.options
        kind = "profile_imperative" if isinstance(instruction, Call) else "profile_symbolic"
        if not (options[kind] or options["profile_all"]):
            return
        facts: dict[str, Any] = {"node": node.name}
        if options["profile_memory"] or options["profile_all"]:
            facts["bytes_read"] = sum(map(_size, instruction.reads))
            facts["bytes_written"] = sum(map(_size, instruction.writes))
        if node.derived_from is not None:
            facts["gradient_of"] = node.derived_from.name
        if node.origin is not None:
            facts["made_at"] = str(node.origin)
        name = node.op.op_name if node.op is not None and not instruction.is_sink else "_copyto"
        self.add(name, "operator", "X", start, dur=stop - start, args=facts)

    # -- output ------------------------------------------------------------------------------
    def statistics(self) -> Statistics:
        """The events added up by category and name."""
        found = Statistics()
        for event in self.events:
            if event["ph"] == "X":
                found.add_time(event["cat"], event["name"], event["dur"] / 1000)
                if event["cat"] == "operator":
                    facts = event["args"]
                    moved = facts.get("bytes_read", 0) + facts.get("bytes_written", 0)
                    found.add_node(facts["node"], event["dur"] / 1000, moved)
            elif event["ph"] == "C":
                found.add_time(event["cat"], event["name"], event["args"][event["name"]])
        return found

    def trace(self) -> str:
        """The events as JSON."""
        name = {"name": "process_name", "ph": "M", "pid": os.getpid(), "args": {"name": "mxnet"}}
        return json.dumps({"traceEvents": [name, *self.events], "displayTimeUnit": "ms"})


def _finish(instruction: Any) -> None:
    """Wait until the device has done what it was given."""
    for tensor in (*instruction.reads, *instruction.writes):
        if tensor.is_cuda:
            import torch

            torch.cuda.synchronize(tensor.device)
            return


def _size(tensor: Any) -> int:
    return tensor.numel() * tensor.element_size()


_profiler = _Profiler()


# -- what programs call ----------------------------------------------------------------------------
def set_config(**kwargs: Any) -> None:
    """Say what to profile.

    Parameters: ``filename``: of the trace; ``profile_symbolic``, ``profile_imperative``: the
    operators of bound networks, of array code; ``profile_memory``: the bytes they read and write;
    ``profile_all``: everything. ``aggregate_stats``, ``profile_api``, ``continuous_dump``,
    ``dump_period`` and ``profile_process`` change nothing: statistics are always there, there is no
    C interface to profile, and ``dump`` writes the trace. Raises MXNetError for another name.
    """
    for name in kwargs:
        if name not in _OPTIONS:
            known = ", ".join(_OPTIONS)
            raise MXNetError(f"Cannot find argument '{name}', Possible Arguments: {known}")
    _check_process(kwargs.get("profile_process", "worker"))
    _profiler.options.update(kwargs)


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """Start ("run") or "stop" profiling; raises KeyError for another state."""
    running = {"run": True, "stop": False}[state]
    _check_process(profile_process)
    if running and _profiler.finished:
        _profiler.events.clear()
        _profiler.finished = False
    _profiler.running = running
    _profiler.paused = False
    _profiler.watch()


def pause(profile_process: str = "worker") -> None:
    """Stop collecting for a while."""
    _check_process(profile_process)
    _profiler.paused = True
    _profiler.watch()


def resume(profile_process: str = "worker") -> None:
    """Go on collecting after ``pause``."""
    _check_process(profile_process)
    _profiler.paused = False
    _profiler.watch()


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Write the trace to the configured file; after ``finished`` the next run starts a new one."""
    _check_process(profile_process)
    write_atomically(_profiler.options["filename"], _profiler.trace().encode())
    if finished:
        set_state("stop")
        _profiler.finished = True


def dumps(
    reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False
) -> str:
    """The statistics as text: calls and times by category and operator, and by node with bytes.

    Parameters: ``reset``: forget the events; ``format``: "table" or "json"; ``sort_by``: "total",
    "avg", "min", "max" or "count"; ``ascending``: the smallest first. Raises AssertionError for
    others.
    """
    assert format in ("table", "json"), f"format should be 'table' or 'json', not {format!r}"
    orders = ("total", "avg", "min", "max", "count")
    assert sort_by in orders, f"sort_by should be one of {', '.join(orders)}, not {sort_by!r}"
    statistics = _profiler.statistics()
    text = (as_table if format == "table" else as_json)(statistics, sort_by, ascending)
    if reset:
        _profiler.events.clear()
    return text


def dump_profile() -> None:
    """The 1.0 name of ``dump``."""
    dump(True)


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """The 1.0 form of ``set_config``; modes are "symbolic", "imperative", "api", "memory", "all"."""
    known = ("symbolic", "imperative", "api", "memory", "all")
    if mode not in known:
        raise KeyError(mode)
    set_config(filename=filename, **{f"profile_{kind}": mode in (kind, "all") for kind in known})


def profiler_set_state(state: str = "stop") -> None:
    """The 1.0 name of ``set_state``."""
    set_state(state)


def set_kvstore_handle(handle: Any) -> None:
    """1.x profiles parameter servers by this; there are none here. Raises MXNetError."""
    raise MXNetError("there are no parameter servers to profile: each worker profiles itself")


def _check_process(profile_process: str) -> None:
    if profile_process not in ("worker", 0):
        raise MXNetError(
            f"profile_process should be 'worker', not {profile_process!r}: there are no servers"
        )


# -- the user's own events -------------------------------------------------------------------------
class Domain:
    """A name under which events of a program are put together."""

    def __init__(self, name: str):
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """A task of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """A frame of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> Counter:
        """A counter of this domain."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """A marker of this domain."""
        return Marker(self, name)


class _Span:
    """Something that lasts from ``start`` to ``stop``; also a ``with`` block."""

    def __init__(self, name: str, category: str):
        self.name = name
        self._category = category
        self._start: float | None = None

    def start(self) -> None:
        """It begins now."""
        self._start = _now()

    def stop(self) -> None:
        """It ends now; without a beginning there is nothing to note."""
        if self._start is not None:
            _profiler.add(self.name, self._category, "X", self._start, dur=_now() - self._start)
            self._start = None

    def __enter__(self) -> _Span:
        self.start()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.stop()

    def __str__(self) -> str:
        return self.name


class Task(_Span):
    """A piece of work of a domain."""

    def __init__(self, domain: Domain, name: str):
        super().__init__(name, str(domain))


class Frame(_Span):
    """One of many equal pieces of work, such as a batch."""

    def __init__(self, domain: Domain, name: str):
        super().__init__(name, f"{domain},frame")


class Event(_Span):
    """A piece of work of no domain."""

    def __init__(self, name: str):
        super().__init__(name, "event")


class Counter:
    """A number that changes over time; ``counter += 1`` works too."""

    def __init__(self, domain: Domain, name: str, value: float | None = None):
        self.name = name
        self.domain = domain
        self.value: float = 0
        if value is not None:
            self.set_value(value)

    def set_value(self, value: float) -> None:
        """Give it a value."""
        self.value = value
        _profiler.add(self.name, str(self.domain), "C", _now(), args={self.name: value})

    def increment(self, delta: float = 1) -> None:
        """Add to it."""
        self.set_value(self.value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Subtract from it."""
        self.set_value(self.value - delta)

    def __iadd__(self, delta: float) -> Counter:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Counter:
        self.decrement(delta)
        return self

    def __str__(self) -> str:
        return self.name


class Marker:
    """A moment worth a mark."""

    def __init__(self, domain: Domain, name: str):
        self.name = name
        self.domain = domain

    def mark(self, scope: str = "process") -> None:
        """Mark this moment for the "thread", "process" or "global"."""
        letters = {"thread": "t", "task": "t", "process": "p", "global": "g"}
        if scope not in letters:
            raise MXNetError(f"scope should be one of {', '.join(letters)}, not {scope!r}")
        category = f"{self.domain},instant_marker"
        _profiler.add(self.name, category, "i", _now(), s=letters[scope])
