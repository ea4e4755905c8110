"""Deliver proven fixes as patches, a branch or in place; or decline a finding for good.

Fixes of the latest session of the project (with this workload, if one is named) are delivered;
without one, or with --no-resume, a session is held first.

Examples:
  whet fix . --patch fixes/
  whet fix . --branch whet/fixes
  whet fix . --only membership_in_list --in-place
  whet fix . --consent 3f9c2a --branch
  whet fix . --decline 3f9c2a
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import add_output_arguments, add_workload_arguments, print_json
from whet.cli._delivery import add_delivery_arguments, check_delivery, deliver
from whet.cli._session import (
    add_consent_argument,
    add_session_arguments,
    options_of,
    settings_of,
    workload_of,
)
from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.records import SessionRecord, Workload
    from whet.settings import Settings
    from whet.store import SessionFolder

SUMMARY = "delivers proven fixes as patches, a branch or in place"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet fix`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    add_delivery_arguments(parser)
    parser.add_argument(
        "--only", action="append", default=[], metavar="FIX", help="a fix's id or its remedy"
    )
    parser.add_argument("--session", metavar="SESSION", help="default: the latest with kept fixes")
    parser.add_argument("--decline", metavar="FINDING", help="do not offer this finding again")
    parser.add_argument("--fail-on", choices=("kept", "nothing-kept"), help="exit with 1 if so")
    add_consent_argument(parser)
    add_workload_arguments(parser)
    add_session_arguments(parser)
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Deliver, or decline."""
    check_delivery(arguments)
    project: Path = arguments.project
    if arguments.decline:
        return _decline(project, arguments.decline)
    session = _session(arguments, project)
    kept = [verdict for verdict in session.fix_verdicts if verdict.kept]
    said = ["no fix was kept; `whet report` tells why"]
    if kept:
        session, said = deliver(arguments, project, session, tuple(arguments.only))
    if arguments.json:
        _print(session)
    else:
        print(*said, sep="\n")
    return int(bool(kept) if arguments.fail_on == "kept" else
               not kept if arguments.fail_on else False)  # fmt: skip


def _session(arguments: argparse.Namespace, project: Path) -> SessionRecord:
    """The session whose fixes are meant; held now if there is none, or by `--no-resume`."""
    from whet.records import printable
    from whet.session.consent import proposes
    from whet.session.loop import optimize
    from whet.session.setup import resolve_project
    from whet.store import open_store

    project = resolve_project(project)
    store = open_store(project)
    settings = settings_of(arguments, project)
    workload = workload_of(arguments, project, settings)
    if arguments.session and arguments.consent:
        return _with_consent(arguments, project, settings, store.session(arguments.session))
    if arguments.session:
        return store.session(arguments.session).load()
    for folder in reversed(store.sessions() if arguments.resume else ()):
        known = folder.load()
        ours = {fix.fix_id for fix in known.fixes if fix.edits}
        kept = any(v.kept and v.fix_id in ours for v in known.fix_verdicts)
        asked = workload is None or _same(workload, known.workload)
        if known.project != printable(str(project)) or not asked:
            continue
        if arguments.consent and proposes(known):
            return _with_consent(arguments, project, settings, folder)
        if kept and not arguments.consent:
            return known
    return optimize(project, settings, workload, options_of(arguments))


def _with_consent(
    arguments: argparse.Namespace, project: Path, settings: Settings, folder: SessionFolder
) -> SessionRecord:
    """The session with the proposals that the user agrees to, proven with the kept fixes."""
    from whet.session.consent import take_proposals

    return take_proposals(project, settings, folder, options_of(arguments))


def _same(one: Workload, other: Workload | None) -> bool:
    """Whether two workloads run the same, whoever chose them."""
    import msgspec

    return other is not None and msgspec.structs.replace(one, chosen_by=other.chosen_by) == other


def _print(session: SessionRecord) -> None:
    import json

    from whet.records import to_json
    from whet.reports.redaction import redact

    rows = []
    for verdict in redact(session).fix_verdicts:
        row = json.loads(to_json(verdict))
        first = row["verdicts"][0] if row["verdicts"] else {}
        rows.append({**first, **row})
    document = {
        "version": 1,
        "session_id": session.session_id,
        "verdicts": rows,
        "deployments": json.loads(to_json(session.deployments)),
    }
    print_json(json.dumps(document).encode())


def _decline(project: Path, name: str) -> int:
    from whet.clock import SYSTEM_CLOCK, iso_utc
    from whet.store import Declined, open_store

    store = open_store(project)
    session = store.session().load()
    known = [f for f in session.findings if f.finding_id.startswith(name) or f.finding_id == name]
    if len(known) != 1:
        reason = "several begin so" if known else "the latest session found none of this name"
        listed = ", ".join(f.finding_id for f in (known or session.findings)[:10])
        raise UsageError(f"finding {name!r}", reason, f"Known: {listed}" if listed else "")
    found = known[0]
    store.decline(
        Declined(
            finding_id=found.finding_id,
            remedy=found.remedy,
            file=found.file,
            function=found.function,
            at=iso_utc(SYSTEM_CLOCK.now()),
        )
    )
    print(f"{found.remedy} at {found.file}:{found.line} will not be offered again")
    return 0
