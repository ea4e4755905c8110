"""The whole loop: profile, diagnose, fix, validate, judge, report, and deliver if asked.

Examples:
  whet run examples/logstats
  whet run . -w "python -m app input.txt" --budget 120
  whet run . -w pytest:tests/unit --branch whet/fixes
  whet run . --level high
  whet run . --candidates "python assistant.py"
  whet run . --json | python -m json.tool
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import add_output_arguments, add_workload_arguments
from whet.cli._session import (
    add_consent_argument,
    add_session_arguments,
    options_of,
    settings_of,
    words_of,
    workload_of,
)

if TYPE_CHECKING:
    import argparse

    from whet.records import SessionRecord

SUMMARY = "finds what is slow, fixes it and proves the gain"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet run`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    add_workload_arguments(parser)
    add_session_arguments(parser)
    add_consent_argument(parser)
    add_output_arguments(parser)
    parser.add_argument(
        "--report", action="append", default=[], metavar="FILE", type=Path,
        help="write a report too: .html, .md, .csv or .json",
    )  # fmt: skip
    parser.add_argument(
        "--candidates", metavar="COMMAND", type=words_of, default=(),
        help="asked for patches of hot places: one JSON request a place on its standard input, "
        "unified diffs on its standard output; they are judged like whet's own",
    )  # fmt: skip
    parser.add_argument(
        "--fail-on", choices=("kept", "finding", "nothing-kept"),
        help="exit with 1 if a fix was kept, if anything was found, or if nothing was kept",
    )  # fmt: skip
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be run, and run nothing"
    )
    from whet.cli._delivery import add_delivery_arguments

    add_delivery_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """The session, its report and its delivery."""
    from whet.cli._delivery import check_delivery, deliver
    from whet.session.loop import optimize

    project: Path = arguments.project
    settings = settings_of(arguments, project)
    check_delivery(arguments)
    if arguments.dry_run:
        return _dry_run(arguments, project)
    workload = workload_of(arguments, project, settings)
    options = replace(options_of(arguments), candidates=arguments.candidates)
    session = optimize(project, settings, workload, options)
    said: list[str] = []
    if any(verdict.kept for verdict in session.fix_verdicts):
        session, said = deliver(arguments, project, session)
    _show(arguments, session)
    if not arguments.json:
        print(*said, sep="\n")
    return _gate(arguments.fail_on, session)


def _show(arguments: argparse.Namespace, session: SessionRecord) -> None:
    from whet.cli._reporting import print_report, write_report

    print_report(session, "json" if arguments.json else "terminal")
    for path in arguments.report:
        write_report(path, session, "full" if path.suffix == ".json" else None)


def _gate(fail_on: str | None, session: SessionRecord) -> int:
    kept = any(verdict.kept for verdict in session.fix_verdicts)
    failed = {
        None: False,
        "kept": kept,
        "nothing-kept": not kept,
        "finding": any(finding.refused is None for finding in session.findings),
    }
    return int(failed[fail_on])


def _dry_run(arguments: argparse.Namespace, project: Path) -> int:
    from whet.session.setup import choose_interpreter, choose_workload, resolve_project

    project = resolve_project(project)
    settings = settings_of(arguments, project)
    workload = choose_workload(project, settings, workload_of(arguments, project, settings))
    interpreter = choose_interpreter(project, settings, workload)
    version = ".".join(map(str, interpreter.version))
    print(f"workload: {workload.spelled} (chosen by {workload.chosen_by})")
    print(f"interpreter: {interpreter.path} ({version}, {interpreter.chosen_by})")
    print(f"budget: {settings.budget_s:g} s; nothing was run")
    return 0
