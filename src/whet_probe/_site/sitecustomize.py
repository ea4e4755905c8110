"""Starts the probe if a plan is named, then runs the sitecustomize that this file shadows.

It must run, silently, on any Python that a workload may start: the syntax is common to Python 2.7
and 3. Nothing that goes wrong in the probe reaches the program; what the shadowed module raises
does, exactly as without the probe.
"""

import os
import sys


def _start_probe():
    plan = os.environ.get("WHET_PROBE_PLAN")
    if not plan or sys.version_info < (3, 8):
        return
    try:
        from whet_probe import _start

        _start.start(plan)
    except Exception:
        return


def _forget(folder):
    """Take the probe's folder off the path: the program sees the path it would have."""
    same = [entry for entry in sys.path if os.path.abspath(entry) == folder]
    for entry in same:
        sys.path.remove(entry)


def _chain():
    """Run the next sitecustomize on the path, as if this one were not there."""
    if sys.version_info < (3, 4):
        _chain_old()
        return
    finder = sys.modules["_frozen_importlib_external"].PathFinder
    spec = finder.find_spec("sitecustomize", None)
    if spec is None or spec.loader is None:
        return
    module = type(sys)("sitecustomize")
    module.__spec__ = spec
    module.__loader__ = spec.loader
    module.__file__ = spec.origin
    module.__cached__ = spec.cached
    module.__package__ = ""
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def _chain_old():
    import imp

    try:
        found = imp.find_module("sitecustomize")
    except ImportError:
        return
    sys.modules.pop("sitecustomize", None)
    imp.load_module("sitecustomize", *found)


_folder = os.path.dirname(os.path.abspath(__file__))
_start_probe()
_forget(_folder)
_chain()
