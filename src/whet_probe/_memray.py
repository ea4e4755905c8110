"""Instrument `memray`: which lines hold the memory at its peak, native allocations included.

Carries whet's own build of memray into the target, for a run of its own and only where the build
fits the target's ABI (the conductor decides). Configuration: `package` (memray's folder) and `out`
(folder of the recordings, one a process). Of memray only the tracker is loaded; what its module
imports for showing results, which the target may not have, is stood in for meanwhile.
"""

import os
import sys
import time

# Imported by the tracker's module, used by its readers only.
_SHOWING = {"rich": ("print",), "rich.progress": ("Progress", "SpinnerColumn")}


def start(configuration, _plan, _write):
    """Record until the process ends; forked children record into files of their own."""
    before = set(sys.modules)
    _stand_in(configuration["package"])
    try:
        tracker = _tracker(configuration["out"])
        tracker.__enter__()
    finally:
        for name in [*sys.modules]:
            if name not in before and name.split(".")[0] in {"memray", "rich"}:
                del sys.modules[name]  # the program must not meet them by name

    def finish():
        tracker.__exit__(None, None, None)

    return finish


def _stand_in(folder):
    kind = type(sys)
    for name, place in (
        ("memray", folder),
        ("memray.reporters", os.path.join(folder, "reporters")),
    ):
        package = sys.modules[name] = kind(name)
        package.__path__ = [place]
    for name, words in _SHOWING.items():
        if name not in sys.modules:
            stand_in = sys.modules[name] = kind(name)
            vars(stand_in).update(dict.fromkeys(words), __path__=[])


def _tracker(folder):
    from memray import _memray  # found in whet's own folder
    from memray._destination import FileDestination

    sys.modules["memray"].FileDestination = FileDestination
    path = os.path.join(folder, "%d-%d.bin" % (os.getpid(), time.time_ns()))
    return _memray.Tracker(
        destination=FileDestination(path),
        file_format=_memray.FileFormat.AGGREGATED_ALLOCATIONS,
        follow_fork=True,
    )
