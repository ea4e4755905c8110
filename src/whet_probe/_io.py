"""Instrument `io`: how often the program opens files, connects, starts programs and asks SQLite.

Files that the import machinery opens are not counted. Lines: `io` {reads, writes, network,
subprocesses, sql}, cumulative: the last of a process counts; `sql` counts statements of SQLite.
`io_site` {io, target, call_site, count} for the most frequent ones, written when the process ends.
"""

import os
import sys
import time

from whet_probe._places import Places, frame_outside, importing, wrap_imports

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_KINDS = ("read", "write", "network", "subprocess", "sql")
_MOST_SITES = 5000
_FLUSH_S = 0.2
_TARGET_LENGTH = 200


def start(configuration, plan, write):
    """Listen to the audit events of this process until it ends.

    `configuration["top"]` is how many sites of each kind are written (50).
    """
    counter = Counter(plan, write, configuration.get("top", 50))

    def hook(event, args):
        handler = _HANDLERS.get(event)
        if handler is not None and counter.active:
            try:
                handler(counter, args)
            except Exception:
                counter.failures += 1

    sys.addaudithook(hook)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=counter.forked)
    wrap_imports(lambda _name, _frame: None, counter.imported)
    if "_sqlite3" in sys.modules:  # a .pth file may have imported it before the probe
        _observe_sqlite(counter)
    return counter.finish


class Counter:
    """The counts of one process."""

    def __init__(self, plan, write, top):
        self._write = write
        self._places = Places(plan)
        self._out = plan["out"]
        self._top = top
        self.active = True
        self.failures = 0
        self._clear()

    def _clear(self):
        self._counts = dict.fromkeys(_KINDS, 0)
        self._sites = {}
        self._events = 0
        self._flushed = 0.0

    def forked(self):
        """In a forked child: begin anew."""
        self._clear()

    def imported(self, name, loaded):
        """A module was imported: SQLite's is made to tell its statements."""
        if loaded and name == "_sqlite3":
            _observe_sqlite(self)

    def count(self, kind, target, frame):
        """Count one event, with the line of the program that caused it."""
        self._counts[kind] += 1
        self._events += 1
        key = (kind, target[:_TARGET_LENGTH], self._places.call_site(frame))
        if key in self._sites or len(self._sites) < _MOST_SITES:
            self._sites[key] = self._sites.get(key, 0) + 1
        # A killed process writes no last line: what it did is written as it grows.
        few = self._events & (self._events - 1) == 0
        if few or time.monotonic() - self._flushed > _FLUSH_S:
            self._flush()

    def place(self, path):
        """A path relative to the measured code where it lies inside."""
        return self._places.name(path)[0]

    def own(self, path):
        """Whether a path is one of the probe's own."""
        return path.startswith(self._out + os.sep)

    def _flush(self):
        self._flushed = time.monotonic()
        counts = self._counts
        fields = {
            "reads": counts["read"],
            "writes": counts["write"],
            "network": counts["network"],
            "subprocesses": counts["subprocess"],
            "sql": counts["sql"],
        }
        self._write("io", fields)

    def finish(self):
        """Write the totals and the most frequent sites."""
        self.active = False
        self._flush()
        for kind in _KINDS:
            sites = [(count, key) for key, count in self._sites.items() if key[0] == kind]
            sites.sort(reverse=True)
            for count, (_, target, site) in sites[: self._top]:
                fields = {"io": kind, "target": target, "call_site": site, "count": count}
                self._write("io_site", fields)


def _open(counter, args):
    path, _, flags = args
    if isinstance(path, int):
        return
    frame = frame_outside(2)
    name = os.fsdecode(path)
    if importing(frame) or counter.own(name):
        return
    writing = isinstance(flags, int) and flags & _WRITING
    counter.count("write" if writing else "read", counter.place(name), frame)


def _connected(counter, args):
    address = args[1]
    inet = type(address) is tuple
    target = "%s:%s" % (address[0], address[1]) if inet else os.fsdecode(address)
    counter.count("network", target, frame_outside(2))


def _started(counter, args):
    words = args[1] if isinstance(args[1], (list, tuple)) else [args[1]]
    target = " ".join([os.fsdecode(word) for word in words])
    counter.count("subprocess", target, frame_outside(2))


def _spawned(counter, args):
    frame = frame_outside(2)
    if frame is None or frame.f_globals.get("__name__") != "subprocess":  # counted as Popen
        _started(counter, args)


def _shell(counter, args):
    counter.count("subprocess", os.fsdecode(args[0]), frame_outside(2))


def _observe_sqlite(counter):
    """Have SQLite tell every statement that runs on connections made from now on.

    Connections are made by `_sqlite3.connect`, which `sqlite3` takes over when it is imported. A
    program that sets a trace callback of its own replaces this one.
    """
    original = sys.modules["_sqlite3"].connect

    def trace(statement):
        if counter.active:
            counter.count("sql", statement, frame_outside(1))

    def connect(*args, **kwargs):
        connection = original(*args, **kwargs)
        connection.set_trace_callback(trace)
        return connection

    for name in ("_sqlite3", "sqlite3.dbapi2", "sqlite3"):
        module = sys.modules.get(name)
        if getattr(module, "connect", None) is original:
            module.connect = connect


_HANDLERS = {
    "open": _open,
    "socket.connect": _connected,
    "subprocess.Popen": _started,
    "os.posix_spawn": _spawned,
    "os.system": _shell,
}
