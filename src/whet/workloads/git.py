"""Branch alignment: how the branches of the project's repository stand to each other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from whet.records import Interpreter, Workload


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line: whet's own interpreter on whet's own branch engine."""
    del interpreter
    return [sys.executable, "-m", "whet.codebase.branches", str(root), *workload.argv]
