"""What whet sees here and the next step; the same as `whet` alone.

Examples:
  whet
  whet overview path/to/project
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from whet.records import SessionRecord

SUMMARY = "what whet sees here and the next step"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet overview`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Look and say."""
    from whet.records import printable
    from whet.session.setup import resolve_project
    from whet.store import open_store

    project = resolve_project(arguments.project)
    seen = {"project": str(project), **_target(project)}
    sessions = [folder.load() for folder in open_store(project).sessions()[-1:]]
    own = [session for session in sessions if session.project == printable(str(project))]
    seen["latest_session"] = own[-1].session_id if own else None
    seen["next"] = _next(seen, own)
    if arguments.json:
        import json

        print(json.dumps({"version": 1, **seen}))
        return 0
    for key, value in seen.items():
        if value is not None:
            print(f"{key.replace('_', ' '):<15} {value}")
    return 0


def _target(project: Path) -> dict[str, str | None]:
    """Workload and interpreter, or why there is none."""
    from whet.errors import WhetError
    from whet.session.setup import choose_interpreter, choose_workload
    from whet.settings import load_settings

    settings = load_settings(project).settings
    found: dict[str, str | None] = {"workload": None, "interpreter": None, "problem": None}
    try:
        workload = choose_workload(project, settings)
        found["workload"] = f"{workload.spelled} (chosen by {workload.chosen_by})"
        interpreter = choose_interpreter(project, settings, workload)
        version = ".".join(map(str, interpreter.version))
        found["interpreter"] = f"{interpreter.path} ({version}, {interpreter.chosen_by})"
    except WhetError as error:
        found["problem"] = str(error)
    return found


def _next(seen: dict[str, str | None], sessions: list[SessionRecord]) -> str:
    if seen["workload"] is None:
        return "whet run -w TARGET"
    if not sessions:
        return "whet run"
    latest = sessions[-1]
    if latest.status in {"running", "interrupted"}:
        return "whet run  (goes on where it stopped)"
    kept = any(verdict.kept for verdict in latest.fix_verdicts)
    delivered = any(d.form != "patch" and not d.reverted for d in latest.deployments)
    return "whet fix --branch whet/fixes" if kept and not delivered else "whet report"
