"""Names places in the target's code, and tells when threads start; shared by the instruments."""

import os
import sys

IMPORT_MACHINERY = ("<frozen importlib", "<frozen zipimport")
_OWN = os.path.dirname(os.path.abspath(__file__))
NOT_THE_PROGRAM = (_OWN, *IMPORT_MACHINERY)


class Places:
    """Call sites, relative to the measured code where they lie inside."""

    def __init__(self, plan):
        self._root = os.path.realpath(plan["root"]) + os.sep
        self._names = {}

    def name(self, file):
        """A file relative to the root if it lies inside; as it is otherwise."""
        known = self._names.get(file)
        if known is None:
            real = os.path.realpath(file) if not file.startswith("<") else file
            inside = real.startswith(self._root)
            known = self._names[file] = (real[len(self._root) :] if inside else file, inside)
        return known

    def call_site(self, frame):
        """`file:line` of the first frame in the measured code, else of the first outside whet.

        Empty where no Python code is running.
        """
        first = ""
        while frame is not None:
            file = frame.f_code.co_filename
            if not file.startswith(NOT_THE_PROGRAM):
                name, inside = self.name(file)
                if inside:
                    return name + ":" + str(frame.f_lineno)
                first = first or name + ":" + str(frame.f_lineno)
            frame = frame.f_back
        return first


def importing(frame):
    """Whether a file is opened by the import machinery for an import, not for the program."""
    if frame is None:
        return True  # the interpreter itself, before the program's first frame
    if not frame.f_code.co_filename.startswith(IMPORT_MACHINERY):
        return False
    caller = frame.f_back
    return caller is None or caller.f_code.co_filename.startswith(IMPORT_MACHINERY)


def frame_outside(depth=1):
    """The frame that `depth` levels above the caller's runs; None where there is none."""
    try:
        return sys._getframe(depth + 1)
    except ValueError:
        return None


def on_thread_start(entered, left):
    """Have every thread started from now on call `entered()` first and `left()` last.

    `threading` is not imported for it: it takes these functions from `_thread` when the program
    imports it.
    """
    import _thread

    threading = sys.modules.get("threading")  # a .pth file may have imported it before the probe
    for name in ("start_new_thread", "start_joinable_thread"):
        original = getattr(_thread, name, None)
        if original is not None:
            wrapped = _wrapped(original, entered, left)
            setattr(_thread, name, wrapped)
            if hasattr(threading, "_" + name):
                setattr(threading, "_" + name, wrapped)


def _wrapped(original, entered, left):
    def start(function, *rest, **options):
        def run(*args, **kwargs):
            entered()
            try:
                return function(*args, **kwargs)
            finally:
                left()

        return original(run, *rest, **options)

    return start


def at_exit_of_forks(finish):
    """Have children forked by `multiprocessing` call `finish()`: they end without `atexit`.

    Call in the child, right after the fork.
    """
    util = sys.modules.get("multiprocessing.util")
    if util is None or finish in _REGISTERED:
        return

    def register(_key):
        util.Finalize(None, finish, exitpriority=-1000)

    util.register_after_fork(register, register)
    _REGISTERED[finish] = register  # the registry of multiprocessing holds it weakly


_REGISTERED = {None: None}


def wrap_imports(enter, leave):
    """Call `enter(name, frame)` before and `leave(name, loaded)` after each module is imported.

    Every import of a module that is not yet loaded, by statement or by `importlib`, holds the
    module's lock meanwhile. Taking part in that adds no frame to the program's tracebacks.
    """
    machinery = sys.modules["_frozen_importlib"]

    class _ModuleLockManager(machinery._ModuleLockManager):
        def __enter__(self):
            result = super().__enter__()
            self._wanted = self._name not in sys.modules
            if self._wanted:
                enter(self._name, sys._getframe(1))
            return result

        def __exit__(self, kind, *rest):
            if self._wanted:
                leave(self._name, kind is None)
            return super().__exit__(kind, *rest)

    machinery._ModuleLockManager = _ModuleLockManager
