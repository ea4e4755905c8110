"""Instrument `io`: how often the program opens files, connects, starts programs and asks SQLite.

Files that the import machinery opens are not counted. Lines: `io` {reads, writes, network,
subprocesses, sql}, cumulative: the last of a process counts; `sql` counts statements of SQLite.
`io_site` {io, target, call_site, count} for the most frequent ones, written when the process ends.

A file opened again by the same instruction of the measured code is counted in the hook itself: a
loop over small files would otherwise take half as long again.
"""

import os
import sys
import time

from whet_probe._places import NOT_THE_PROGRAM, Places, frame_outside, importing, wrap_imports

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_KINDS = ("read", "write", "network", "subprocess", "sql")
_MOST_SITES = 5000
_MOST_FOLDERS = 2000
_MACHINERY = ("", False)  # code of the import machinery, and the probe's
_OFTEN = 16  # events of one place, from which on only each sixteenth looks at the clock
_FLUSH_S = 0.2
_TARGET_LENGTH = 200


def start(configuration, plan, write):
    """Listen to the audit events of this process until it ends.

    `configuration["top"]` is how many sites of each kind are written (50).
    """
    counter = Counter(plan, write, configuration.get("top", 50))
    again, frame_of, handlers = counter.again, sys._getframe, _HANDLERS

    def hook(event, args):
        try:
            if event == "open" and type(args[0]) is str:
                frame = frame_of(1)
                entry = again.get((args[0], args[2], frame.f_code, frame.f_lasti))
                if entry is not None:
                    times = entry[0] = entry[0] + 1
                    if times < _OFTEN or not times % _OFTEN:
                        counter.tick()
                    return
            handler = handlers.get(event)
            if handler is not None and counter.active:
                handler(counter, args)
        except ValueError:
            return  # the interpreter itself, before the program's first frame
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
        self._root = os.path.realpath(plan["root"]) + os.sep
        self._folders = {}
        self._codes = {}
        self._out = plan["out"]
        self._top = top
        self.active = True
        self.failures = 0
        # By path, flags, code and instruction: [times in all, times added up, site].
        self.again = {}
        self._clear()

    def _clear(self):
        self.again.clear()
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
        self._add((kind, target[:_TARGET_LENGTH], self._places.call_site(frame)), 1)
        self.tick()

    def opened(self, path, flags, frame):
        """Count a file opened by a frame, and have equal events counted in the hook."""
        code = frame.f_code
        known = self._code(code)
        if known is _MACHINERY and importing(frame):
            return
        name = path if type(path) is str else os.fsdecode(path)
        if self.own(name):
            return
        kind = "write" if isinstance(flags, int) and flags & _WRITING else "read"
        inside = known is not _MACHINERY and known[1]
        site = (kind, self.place(name)[:_TARGET_LENGTH], self._site(frame, known))
        self._add(site, 1)
        if inside and type(path) is str and len(self.again) < _MOST_SITES:
            self.again[path, flags, code, frame.f_lasti] = [0, 0, site]
        self.tick()

    def _code(self, code):
        """What a piece of code is: `_MACHINERY`, or its file's name and whether it is measured."""
        known = self._codes.get(code)
        if known is None:
            file = code.co_filename
            known = _MACHINERY if file.startswith(NOT_THE_PROGRAM) else self._places.name(file)
            if len(self._codes) < _MOST_SITES:
                self._codes[code] = known
        return known

    def _site(self, frame, known):
        """As `Places.call_site`, for the event that is the most frequent one."""
        first = None
        while not known[1]:
            if first is None and known is not _MACHINERY:
                first = (known, frame)
            caller = frame.f_back
            if caller is None:
                known, frame = first or (_MACHINERY, frame)
                break
            frame, known = caller, self._code(caller.f_code)
        return known[0] + ":" + str(frame.f_lineno) if known[0] else ""

    def tick(self):
        """A killed process writes no last line: what it did is written as it grows."""
        self._events += 1
        few = self._events & (self._events - 1) == 0
        if few or time.monotonic() - self._flushed > _FLUSH_S:
            self._flush()

    def _add(self, site, times):
        self._counts[site[0]] += times
        if site in self._sites or len(self._sites) < _MOST_SITES:
            self._sites[site] = self._sites.get(site, 0) + times

    def place(self, path):
        """A path relative to the measured code where it lies inside."""
        full = path if path.startswith(os.sep) else os.getcwd() + os.sep + path
        folder, _, name = full.rpartition(os.sep)
        real = self._folders.get(folder)
        if real is None:
            real = os.path.realpath(folder or os.sep).rstrip(os.sep) + os.sep
            if len(self._folders) < _MOST_FOLDERS:
                self._folders[folder] = real
        return real[len(self._root) :] + name if real.startswith(self._root) else path

    def own(self, path):
        """Whether a path is one of the probe's own."""
        return path.startswith(self._out + os.sep)

    def _flush(self):
        self._flushed = time.monotonic()
        for entry in list(self.again.values()):
            times = entry[0]
            if times > entry[1]:
                self._add(entry[2], times - entry[1])
                entry[1] = times
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
        self.again.clear()
        for kind in _KINDS:
            sites = [(count, key) for key, count in self._sites.items() if key[0] == kind]
            sites.sort(reverse=True)
            for count, (_, target, site) in sites[: self._top]:
                fields = {"io": kind, "target": target, "call_site": site, "count": count}
                self._write("io_site", fields)


def _open(counter, args):
    path, _, flags = args
    frame = frame_outside(2)
    if not isinstance(path, int) and frame is not None:
        counter.opened(path, flags, frame)


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
