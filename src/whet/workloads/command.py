"""Any program: the words of a command line, run without a shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from whet.records import Interpreter, Workload


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line; a leading `python` is the chosen interpreter, the rest is unchanged."""
    del root
    return resolve_python(list(workload.argv), interpreter)


def resolve_python(words: list[str], interpreter: Interpreter) -> list[str]:
    """The words; a leading bare `python`, `python3` or that version's `python3.N` is resolved."""
    major, minor, _ = interpreter.version
    if words and re.fullmatch(rf"python({major}(\.{minor})?)?", words[0]):
        return [interpreter.path, *words[1:]]
    return words
