"""Instrument `allocations`: which lines hold the memory; for a run of its own, it costs much.

`_tracemalloc` follows every allocation of Python's; `tracemalloc` itself is not imported. A timer
on CPU time looks whether the traced memory has grown by a quarter since the last look, and if so
notes what each line holds: so the lines written are those near the peak, not those left at exit.
Lines: `traced` {peak_bytes, described_bytes} and `allocation` {file, line, bytes, count}.
"""

import _signal  # type: ignore[import-not-found]  # not in typeshed
import os
import sys

from whet_probe._places import Places

_INTERVAL_S = 0.02
_GROWTH = 1.25
_LEAST_BYTES = 100_000


def start(configuration, plan, write):
    """Trace until the process ends; `configuration["top"]` lines are written (100)."""
    import _tracemalloc

    tracer = Tracer(_tracemalloc, plan, write, configuration.get("top", 100))
    os.register_at_fork(after_in_child=tracer.forked)
    sys.addaudithook(tracer.audit)
    _tracemalloc.start(1)
    tracer.arm()
    return tracer.finish


class Tracer:
    """What the lines of one process hold when it holds most."""

    def __init__(self, tracemalloc, plan, write, top):
        self._tracemalloc = tracemalloc
        self._write = write
        self._places = Places(plan)
        self._top = top
        self._described = 0
        self._lines = {}
        self._looking = False

    def arm(self):
        """Set the handler and the timer."""
        _signal.signal(_signal.SIGPROF, self._look)
        _signal.setitimer(_signal.ITIMER_PROF, _INTERVAL_S, _INTERVAL_S)

    def audit(self, event, _args):
        """A timer survives `exec`, its handler does not: the next program would be killed."""
        if event == "os.exec":
            _signal.setitimer(_signal.ITIMER_PROF, 0)

    def forked(self):
        """In a forked child: its memory is described anew."""
        self._described, self._lines = 0, {}
        self.arm()

    def _look(self, _number, _frame):
        if self._looking:
            return  # the timer fired while the last look was still going on
        held, _ = self._tracemalloc.get_traced_memory()
        if held > max(self._described * _GROWTH, _LEAST_BYTES):
            self._describe(held)

    def _describe(self, held):
        self._looking = True
        lines = {}
        for trace in self._tracemalloc._get_traces():
            place = trace[2][0]
            line = lines.setdefault(place, [0, 0])
            line[0] += trace[1]
            line[1] += 1
        self._described, self._lines = held, lines
        self._looking = False

    def finish(self):
        """Write the peak and the lines that held most."""
        _signal.setitimer(_signal.ITIMER_PROF, 0)
        _signal.signal(_signal.SIGPROF, _signal.SIG_IGN)
        held, peak = self._tracemalloc.get_traced_memory()
        if held > self._described:
            self._describe(held)
        self._tracemalloc.stop()
        self._write("traced", {"peak_bytes": peak, "described_bytes": self._described})
        largest = sorted(self._lines.items(), key=lambda item: item[1][0], reverse=True)
        for (file, line), (size, count) in largest[: self._top]:
            name = self._places.name(file)[0]
            fields = {"file": name, "line": line, "bytes": size, "count": count}
            self._write("allocation", fields)
