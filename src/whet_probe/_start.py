"""Starts the instruments of a plan in this process and writes its first and last line.

Imports nothing that a bare interpreter has not loaded, except `atexit`, which is built into the
interpreter and opens no file. (Instruments of the evidence run import more; they say so.)
"""

import os
import sys
import time

from whet_probe._places import at_exit_of_forks
from whet_probe._write import Writer

_NAMES = {"__builtins__": {}, "true": True, "false": False, "null": None}


class _Process:
    """What this process records with."""

    writer = None
    plan = None
    finishers = ()
    folder = ""  # where the program began: what relative names of files start from


def read_plan(path):
    """The plan: JSON written by whet itself into its private folder.

    JSON with true, false and null named is a Python expression; `json` must not be imported here.
    """
    with open(path, "rb") as file:
        text = file.read().decode("utf-8")
    return eval(text, dict(_NAMES))  # noqa: S307 - whet's own file, mode 0600


def start(path):
    """Start every instrument that the plan names; called once a process, from the stub."""
    import atexit

    plan = read_plan(path)
    writer = Writer(plan["out"])
    _Process.writer, _Process.plan = writer, plan
    _Process.folder = os.getcwd()
    _write_process(writer)
    atexit.register(_finish)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)
    for name, configuration in plan["instruments"].items():
        _start_instrument(name, configuration, plan, writer)


def _start_instrument(name, configuration, plan, writer):
    try:
        module = getattr(__import__("whet_probe._" + name), "_" + name)
        finish = module.start(configuration, plan, writer.write)
    except Exception as error:
        fields = {"instrument": name, "error": type(error).__name__, "message": str(error)}
        writer.write("failure", fields)
        return
    if finish is not None:
        _Process.finishers += ((name, finish),)


def _write_process(writer, *, forked=False):
    fields = {
        "pid": os.getpid(),
        "ppid": os.getppid(),
        "argv": list(getattr(sys, "orig_argv", ())) or list(getattr(sys, "argv", ())),
        "executable": sys.executable,
        "version": list(sys.version_info[:3]),
        "forked": forked,
        "at": time.time(),
    }
    writer.write("process", fields)


def _after_fork():
    """A forked child is a process of its own: own file, own first line, own last one."""
    _write_process(_Process.writer, forked=True)
    at_exit_of_forks(_finish)


def _finish():
    """The last words: what instruments still have to say, then the line `exit`."""
    writer = _Process.writer
    for name, finish in _Process.finishers:
        try:
            finish()
        except Exception as error:
            fields = {"instrument": name, "error": type(error).__name__, "message": str(error)}
            writer.write("failure", fields)
    uncaught = getattr(sys, "last_type", None)  # set when an exception ended the program
    inside, shadowing = _modules(_Process.plan)
    fields = {
        "pid": os.getpid(),
        "status": 1 if uncaught else None,
        "uncaught": getattr(uncaught, "__name__", None),
        "peak_bytes": peak_bytes(),
        "modules": inside,
        "shadowing": shadowing,
        "lost_lines": writer.failures,
    }
    writer.write("exit", fields)


def peak_bytes():
    """The largest resident size of this process in bytes; None where /proc does not say."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def _modules(plan):
    """Files of loaded modules inside the root, and inside the project it is a copy of."""
    root = _real(plan.get("root"))
    origin = _real(plan.get("origin"))
    environment = _real(sys.prefix) + os.sep
    standard = _standard_library([path + os.sep for path in (root, origin) if path])
    folders = {}
    inside, shadowing = [], []
    for name, module in list(sys.modules.items()):
        file = _file(module)
        if file is None or (file.startswith(standard) and "-packages" + os.sep not in file):
            continue
        real = _real_file(file, folders)
        if root and real.startswith(root + os.sep):
            inside.append([str(name), real[len(root) + 1 :]])
        elif origin and real.startswith(origin + os.sep) and not real.startswith(environment):
            shadowing.append([str(name), real[len(origin) + 1 :]])
    return inside, shadowing


def _standard_library(measured):
    """What the files of the standard library begin with; nothing if it is what is measured.

    A program has hundreds of them. To resolve each would cost it 5 % of its start.
    """
    folder = os.path.dirname(os.__file__) + os.sep
    real = os.path.realpath(folder) + os.sep
    near = [path for path in measured if path.startswith(real) or real.startswith(path)]
    return (folder,) if not near else ()


def _real_file(file, folders):
    """The real path of a file; that of its folder is looked up once."""
    path = os.path.join(_Process.folder, file)
    head, tail = os.path.split(path)
    real = folders.get(head)
    if real is None:
        real = folders[head] = os.path.realpath(head)
    return os.path.realpath(path) if os.path.islink(path) else os.path.join(real, tail)


def _file(module):
    """A module's file; a script's own name is taken from it when it ends, its loader's is not."""
    names = getattr(module, "__dict__", {})
    file = names.get("__file__")
    if file is None and names.get("__name__") == "__main__":
        file = getattr(names.get("__loader__"), "path", None)
    return file if type(file) is str else None


def _real(path):
    return os.path.realpath(path) if path else None
