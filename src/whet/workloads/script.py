"""A script file: `python path.py arguments`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.records import Interpreter, Workload


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line; the script's path is relative to the working directory."""
    del root
    path = workload.target
    if workload.cwd != "." and not Path(path).is_absolute():
        path = os.path.relpath(path, workload.cwd)
    return [interpreter.path, path, *workload.argv]
