"""The benchmarks of an asv suite, once each, driven by the probe's own driver."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import TargetError
from whet.workloads.probe import probe_package

if TYPE_CHECKING:
    from whet.records import Interpreter, Workload

CONFIGURATION = "asv.conf.json"
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|,(?=\s*[}\]])')


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line: the driver, the suite's folder, and which benchmarks to run."""
    source = root / "src"
    specification = {
        "folder": workload.target,
        "roots": [str(path) for path in (root, source) if path.is_dir()],
        "argv": list(workload.argv),
    }
    return [interpreter.path, str(probe_package() / "_asv.py"), repr(specification)]


def suite_folder(project: Path) -> str | None:
    """The folder of the project's asv suite, relative; None: it has none.

    Raises:
        TargetError: The configuration cannot be read, or names a folder that is not there.
    """
    path = project / CONFIGURATION
    if not path.is_file():
        return None
    what = f"asv suite of {str(project)!r}"
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        # asv allows comments, and commas behind the last entry.
        told = json.loads(_COMMENT.sub(lambda found: found[1] or "", text))
    except ValueError as error:
        raise TargetError(what, f"{CONFIGURATION} is not readable: {error}") from error
    folder = told.get("benchmark_dir", "benchmarks") if isinstance(told, dict) else None
    inside = isinstance(folder, str) and not Path(folder).is_absolute() and ".." not in folder
    if not inside or not (project / str(folder)).is_dir():
        raise TargetError(what, f"{CONFIGURATION} names the folder {folder!r}, which is not there")
    return Path(str(folder)).as_posix()
