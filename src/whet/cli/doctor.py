"""Says within two seconds what can be measured here, what cannot, and why.

Examples:
  whet doctor
  whet doctor path/to/project --python python3.12
  whet doctor --json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.workloads.capabilities import Capability

SUMMARY = "says what can be measured here, what cannot, and why"
_MARKS = {"yes": "ok", "limited": "limited", "no": "no"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet doctor`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    parser.add_argument("--python", metavar="PATH", help="interpreter that runs the target")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Look at everything and print one line for each."""
    from whet.workloads.capabilities import capabilities

    project: Path = arguments.project
    if not project.is_dir():
        raise UsageError(f"project {str(project)!r}", "is not a folder")
    found = (*capabilities(project.resolve(), arguments.python), _settings(project))
    if arguments.json:
        from whet.cli._common import print_json
        from whet.records import to_json

        print_json(to_json({"version": 1, "capabilities": found}, indent=2))
    else:
        print("\n".join(table(found)))
    return 0


def _settings(project: Path) -> Capability:
    """Whether the project's settings can be used."""
    from whet.errors import SettingsError
    from whet.settings import load_settings
    from whet.workloads.capabilities import Capability

    try:
        file = load_settings(project).file
    except SettingsError as error:
        return Capability("settings", "no", f"{error.what}: {error.reason}", error.way_out)
    return Capability("settings", "yes", file or "none; defaults are used")


def table(found: tuple[Capability, ...]) -> list[str]:
    """One line a capability, and what could be done below those that are limited."""
    width = max(len(one.name) for one in found)
    lines = []
    for one in found:
        lines.append(f"{one.name:<{width}}  {_MARKS[one.status]:<7}  {one.detail}")
        if one.way_out:
            lines.append(f"{'':<{width}}           {one.way_out}")
    return lines
