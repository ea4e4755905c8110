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
        import _thread

        self._get_ident = _thread.get_ident
        self._write = write
        self._stacks = {}
        self._done = []
        self._order = 0
        self._statm = None
        self.page_bytes = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else _PAGE_BYTES

    def enter(self, name, frame):
        """An import begins; kept: name, CPU of its own imports, importer, order, start."""
        thread = self._get_ident()
        self._order += 1
        entry = [name, 0.0, _importer(frame), self._order, self.memory(), time.time(), 0.0]
        stack = self._stacks.get(thread)
        if stack is None:
            self._stacks[thread] = [entry]
        else:
            stack.append(entry)
        entry[6] = time.thread_time()

    def leave(self, _name, loaded):
        """The import that began last in this thread ends."""
        now = time.thread_time()
        thread = self._get_ident()
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
        if done:
            self._write("import", *done)

    def memory(self):
        """Resident bytes of this process; None where /proc does not say."""
        try:
            if self._statm is None:
                opened = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
                self._statm = out_of_the_way(opened)
            return int(os.pread(self._statm, 64, 0).split(None, 2)[1]) * self.page_bytes
        except (OSError, ValueError, IndexError):
            return None

    def forked(self):
        """In a forked child: the old descriptor still tells of the parent."""
        self._statm = None


def start(_configuration, _plan, write):
    """Wrap the import machinery of this process."""
    imports = Imports(write)
    wrap_imports(imports.enter, imports.leave)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=imports.forked)
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
