"""Take somebody else's change through validation and the court.

Exit 0 only if it is proven: same results, and better on the metric of --for.

Examples:
  whet prove faster.patch
  whet prove feature/fast-parser -w "python -m app input.txt"
  whet prove HEAD~1 --for memory
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import add_output_arguments, add_workload_arguments, print_json
from whet.cli._session import add_session_arguments, options_of, settings_of, workload_of

if TYPE_CHECKING:
    import argparse

    from whet.records import SessionRecord

SUMMARY = "validates and judges a patch, a branch or a commit"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet prove`."""
    parser.add_argument("change", metavar="PATCH|BRANCH|REF")
    parser.add_argument("--project", default=".", metavar="DIR", type=Path)
    add_workload_arguments(parser)
    add_session_arguments(parser)
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 proven, 1 not proven, 3 could not be measured."""
    from whet.reports.redaction import redact
    from whet.session.prove import prove_change

    project: Path = arguments.project
    settings = settings_of(arguments, project)
    workload = workload_of(arguments, project, settings)
    found = prove_change(project, arguments.change, settings, workload, options_of(arguments))
    session = redact(found)
    if arguments.json:
        _print(session)
    else:
        from whet.reports import change_terminal

        validation = found.validations.get(found.fix_verdicts[0].fix_id)
        counterexample = validation.counterexample if validation else None
        print(change_terminal.render(session, counterexample), end="")
    verdict = session.fix_verdicts[0]
    void = bool(verdict.verdicts) and verdict.verdicts[0].outcome == "void"
    return 3 if void else int(not verdict.kept)


def _print(session: SessionRecord) -> None:
    import json

    from whet.records import to_json

    verdict = session.fix_verdicts[0]
    validation = session.validations.get(verdict.fix_id)
    document = {
        "version": 1,
        "session_id": session.session_id,
        "proven": verdict.kept,
        "reason": verdict.reason,
        "verdicts": json.loads(to_json(verdict.verdicts)),
        "validation": json.loads(to_json(validation)),
    }
    print_json(json.dumps(document).encode())
