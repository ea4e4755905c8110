"""The sessions of a project: their stages, what was kept, how to go on.

Examples:
  whet status
  whet status opt-20261121-033313-001 --json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import print_json

if TYPE_CHECKING:
    import argparse

    from whet.records import SessionRecord

SUMMARY = "lists sessions, their stages and what is delivered"
_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet status`."""
    parser.add_argument("session", nargs="?", metavar="SESSION", help="one session in detail")
    parser.add_argument("--project", default=".", metavar="DIR", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Print the sessions."""
    from whet.session.setup import resolve_project
    from whet.store import open_store

    store = open_store(resolve_project(arguments.project))
    if arguments.session:
        sessions = [store.session(arguments.session).load()]
    else:
        sessions = [folder.load() for folder in store.sessions()[-_SHOWN:]]
    if arguments.json:
        _print(sessions)
        return 0
    if not sessions:
        print("no session yet; `whet run` holds one")
    for session in sessions:
        print("\n".join(_lines(session, detailed=bool(arguments.session))))
    return 0


def _print(sessions: list[SessionRecord]) -> None:
    import json

    from whet.records import to_json

    rows = [
        {
            "session_id": session.session_id,
            "project": session.project,
            "status": session.status,
            "start_time": session.start_time,
            "end_time": session.end_time,
            "stages": json.loads(to_json(session.stages)),
            "kept": [v.fix_id for v in session.fix_verdicts if v.kept],
            "proposals": [v.fix_id for v in session.fix_verdicts if v.proposal and not v.kept],
            "tried": len(session.fix_verdicts),
            "fixes": len(session.fixes),
            "deployments": json.loads(to_json(session.deployments)),
        }
        for session in sessions
    ]
    print_json(json.dumps({"version": 1, "sessions": rows}).encode())


def _lines(session: SessionRecord, *, detailed: bool) -> list[str]:
    from whet.reports.redaction import redact

    kept = sum(verdict.kept for verdict in session.fix_verdicts)
    shown = redact(session).workload
    target = shown.spelled if shown else "no workload yet"
    asked = sum(verdict.proposal and not verdict.kept for verdict in session.fix_verdicts)
    tried = f"{kept} of {len(session.fix_verdicts)} fixes kept"
    tried += f", {asked} need consent" if asked else ""
    rows = [f"{session.session_id}  {session.status}  {tried}  {target}"]
    for deployment in session.deployments:
        state = "taken back" if deployment.reverted else "delivered"
        rows.append(
            f"  {state}: {len(deployment.fix_ids)} as {deployment.form} {deployment.target}"
        )
    unfinished = session.status in {"running", "interrupted"}
    if detailed or unfinished:
        for stage in session.stages:
            took = "" if stage.elapsed_s is None else f" {stage.elapsed_s:.1f} s"
            reason = f" ({stage.reason})" if stage.reason else ""
            rows.append(f"  {stage.name:<9} {stage.status}{took}{reason}")
    if unfinished:
        rows.append("  go on with the same `whet run` command; what was measured is kept")
    return rows
