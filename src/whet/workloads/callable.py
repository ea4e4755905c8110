"""A function that takes no argument: `module:function`, driven by the probe's own driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.workloads.probe import probe_package

if TYPE_CHECKING:
    from pathlib import Path

    from whet.records import Interpreter, Workload


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line: the driver and what it shall call.

    The driver is run from whet's own installation, so the command is the same whether the
    probe is installed or not.
    """
    source = root / "src"
    specification = {
        "target": workload.target,
        "roots": [str(path) for path in (root, source) if path.is_dir()],
        "argv": list(workload.argv),
        "repetitions": workload.repetitions,
    }
    # A literal that Python 3.8 reads back without importing json.
    return [interpreter.path, str(probe_package() / "_main.py"), repr(specification)]
