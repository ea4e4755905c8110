"""Instrument `imports`: what each import costs and who pulled it in.

The one function of the import machinery that every import of a module not yet loaded goes through
is wrapped, so nesting is exact. Times are CPU seconds of the importing thread, without what the
probe itself needs. Lines: `import` {module, self_s, cumulative_s, imported_by, memory_bytes, file,
warm, order}, written when no import is under way.
"""

import os
import sys
import time

from whet_probe._places import IMPORT_MACHINERY, wrap_imports
from whet_probe._write import out_of_the_way

_PAGE_BYTES = 4096


class Imports:
    """The imports of one process: a stack a thread, and what is not yet written."""

    def __init__(self, write):
        self._write = write
        self._stacks = {}
        self._done = []
        self._order = 0
        self._statm = (0, -1)
        self.page_bytes = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else _PAGE_BYTES

    def enter(self, name, thread, frame):
        """An import begins; kept: name, CPU of its own imports, importer, order, start."""
        self._order += 1
        entry = [name, 0.0, _importer(frame), self._order, self.memory(), time.time(), 0.0]
        self._stacks.setdefault(thread, []).append(entry)
        entry[6] = time.thread_time()

    def leave(self, thread, *, loaded):
        """The import that began last in this thread ends."""
        now = time.thread_time()
        stack = self._stacks[thread]
        name, inner, importer, order, memory, at, before = stack.pop()
        cumulative = now - before
        if stack:
            stack[-1][1] += cumulative
        else:
            del self._stacks[thread]
        if loaded:
            module = sys.modules.get(name)
            after = self.memory()
            known = memory is not None and after is not None
            file, warm = _origin(module, at)
            fields = {
                "module": name,
                "self_s": cumulative - inner,
                "cumulative_s": cumulative,
                "imported_by": importer,
                "memory_bytes": after - memory if known else None,
                "file": file,
                "warm": warm,
                "order": order,
            }
            self._done.append(fields)
        if not self._stacks:
            self.flush()

    def flush(self):
        """Write what is complete."""
        done, self._done = self._done, []
        for fields in done:
            self._write("import", fields)

    def memory(self):
        """Resident bytes of this process; None where /proc does not say."""
        try:
            pid = os.getpid()
            if self._statm[0] != pid:  # after a fork the old descriptor still tells of the parent
                opened = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
                self._statm = (pid, out_of_the_way(opened))
            return int(os.pread(self._statm[1], 128, 0).split()[1]) * self.page_bytes
        except (OSError, ValueError, IndexError):
            return None


def start(_configuration, _plan, write):
    """Wrap the import machinery of this process."""
    import _thread

    imports = Imports(write)
    get_ident = _thread.get_ident
    wrap_imports(
        lambda name, frame: imports.enter(name, get_ident(), frame),
        lambda _name, loaded: imports.leave(get_ident(), loaded=loaded),
    )
    return imports.flush


def _importer(frame):
    """The module whose code asks for the import."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(IMPORT_MACHINERY):
            name = frame.f_globals.get("__name__")
            if name != "importlib":
                return name if type(name) is str else None
        frame = frame.f_back
    return None


def _origin(module, at):
    """The module's file, and whether its bytecode was there before the import began."""
    spec = getattr(module, "__spec__", None)
    file = getattr(spec, "origin", None)
    cached = getattr(spec, "cached", None)
    if type(file) is not str or type(cached) is not str:
        return (file if type(file) is str else None), None
    try:
        return file, os.stat(cached).st_mtime < at
    except OSError:
        return file, False
