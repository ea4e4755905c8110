"""Reads what the probe wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

VERSION = 1


def read_lines(out: Path) -> Iterator[dict[str, Any]]:
    """The probe's lines, process by process in the order of their start.

    The last line of a killed process may be torn: it is dropped. Each line carries
    `process_file`, the name of the file it came from, which is one process.

    Args:
        out: Folder of the records of one run.
    """
    for path in sorted(out.glob("*.jsonl"), key=_started):
        with path.open("rb") as file:
            for raw in file:
                line = _parse(raw)
                if line is not None:
                    # Some kinds have a `file` of their own (a module's, a function's): it stays.
                    yield {"file": path.name, **line, "process_file": path.name}


def _started(path: Path) -> tuple[int, str]:
    moment = path.stem.partition("-")[2]
    return (int(moment) if moment.isdigit() else 0, path.name)


def _parse(raw: bytes) -> dict[str, Any] | None:
    if not raw.endswith(b"\n"):
        return None
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) and line.get("v") == VERSION else None


def shadowed(lines: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Modules that came from the original project although a copy was to be run.

    Args:
        lines: Of one run, whose plan named the project that the root is a copy of.

    Returns:
        Files relative to the project, sorted; empty when the copy is the code that ran.
    """
    found = {
        str(file)
        for line in lines
        if line["kind"] == "exit"
        for _, file in line.get("shadowing", ())
    }
    return tuple(sorted(found))
