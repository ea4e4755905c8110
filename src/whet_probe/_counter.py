"""Instrument `counter`: how often each Python function is called; for a run of its own.

Uses `sys.monitoring` where there is one (3.12), else `sys.setprofile`, which a program that sets
its own replaces. Generators count once a call, not once a resumption. Lines: `calls` {total} and
`function_calls` {file, line, name, calls}, of the functions asked for and the most frequent ones.
"""

import os
import sys

from whet_probe._places import Places, on_thread_start

_TOOL = 4  # not one of the numbers that debuggers, coverage and profilers take
_RESUMABLE = 0x20 | 0x80 | 0x200  # generators, coroutines, asynchronous generators


def start(configuration, plan, write):
    """Count calls until the process ends.

    `configuration["functions"]` holds [file relative to the root, line] of functions whose counts
    are written in any case; `configuration["top"]` is how many others are (200).
    """
    calls = Calls(configuration, plan, write)
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        on_thread_start(lambda: sys.setprofile(calls.profile), lambda: None)
        sys.setprofile(calls.profile)
    else:
        monitoring.use_tool_id(_TOOL, "whet")
        monitoring.register_callback(_TOOL, monitoring.events.PY_START, calls.started)
        monitoring.set_events(_TOOL, monitoring.events.PY_START)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=calls.forked)
    return calls.finish


class Calls:
    """The counts of one process, by code object."""

    def __init__(self, configuration, plan, write):
        self._write = write
        self._places = Places(plan)
        self._wanted = {(file, line) for file, line in configuration.get("functions", ())}
        self._top = configuration.get("top", 200)
        self._counts = {}

    def started(self, code, _offset):
        """`sys.monitoring`: a function starts."""
        counts = self._counts
        counts[code] = counts.get(code, 0) + 1

    def profile(self, frame, event, _argument):
        """`sys.setprofile`: something is called, returns or raises."""
        if event == "call":
            code = frame.f_code
            if code.co_flags & _RESUMABLE and frame.f_lasti > _first(code):
                return
            counts = self._counts
            counts[code] = counts.get(code, 0) + 1

    def forked(self):
        """In a forked child: begin anew."""
        self._counts.clear()

    def finish(self):
        """Write the total and the counts of single functions."""
        if not hasattr(sys, "monitoring"):
            sys.setprofile(None)
        counts = [(count, code) for code, count in list(self._counts.items())]
        counts.sort(key=lambda item: item[0], reverse=True)
        own = os.path.dirname(os.path.abspath(__file__))
        counts = [item for item in counts if not item[1].co_filename.startswith(own)]
        self._write("calls", {"total": sum([count for count, _ in counts])})
        for rank, (count, code) in enumerate(counts):
            file = self._places.name(code.co_filename)[0]
            line = code.co_firstlineno
            if rank < self._top or (file, line) in self._wanted:
                name = getattr(code, "co_qualname", code.co_name)
                fields = {"file": file, "line": line, "name": name, "calls": count}
                self._write("function_calls", fields)


_RESUME_3_11 = 151  # the instruction that a 3.11 generator begins with, and continues with
_FIRST = {None: -1}


def _first(code):
    """The offset at which the first resumption of a generator begins; later ones are beyond."""
    if sys.version_info < (3, 11):
        return -1
    offset = _FIRST.get(code)
    if offset is None:
        instructions = code.co_code[::2]
        offset = _FIRST[code] = 2 * instructions.index(_RESUME_3_11)
    return offset
