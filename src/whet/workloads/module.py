"""A module run as a program: `python -m package.module arguments`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from whet.records import Interpreter, Workload


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line."""
    del root
    return [interpreter.path, "-m", workload.target, *workload.argv]
