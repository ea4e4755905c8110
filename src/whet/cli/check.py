"""Finds where time is lost and what could be gained, and changes nothing.

Examples:
  whet check examples/logstats
  whet check . -w pytest:tests/unit --level low
  whet check . --json --fail-on 0.05
  whet check . --structure
  whet check . --structure --split pkg/big.py > split.patch
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.cli._cache import add_cache_argument, cache_lines
from whet.cli._common import add_output_arguments, add_workload_arguments, print_json
from whet.cli._session import add_session_arguments, options_of, settings_of, workload_of
from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.records import Finding, SessionRecord

SUMMARY = "finds what is slow and what could be gained; changes nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet check`."""
    parser.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    add_workload_arguments(parser)
    add_session_arguments(parser)
    add_output_arguments(parser)
    add_cache_argument(parser)
    parser.add_argument(
        "--fail-on", type=float, metavar="GAIN",
        help="exit with 1 if a finding could gain this share of the time (0-1) or more",
    )  # fmt: skip
    parser.add_argument(
        "--all", action="store_true", help="also what the evidence spoke against, and why"
    )
    parser.add_argument(
        "--structure", action="store_true",
        help="modules that are too large or tangled instead, with a proposed split; their import "
        "cost too, if a workload is named",
    )  # fmt: skip
    parser.add_argument(
        "--moves", action="store_true", help="with --structure: every move of a proposed split"
    )
    parser.add_argument(
        "--split", metavar="FILE",
        help="with --structure: this module taken apart, as a patch on standard output",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Profile, diagnose, look at the evidence, and show the findings."""
    from whet.reports.redaction import redact
    from whet.session import diagnose_project

    if arguments.structure:
        from whet.cli._structure import show_structure

        return show_structure(arguments)
    if arguments.split is not None:
        raise UsageError("--split", "takes modules apart by their structure", "Add --structure")
    fail_on: float | None = arguments.fail_on
    if fail_on is not None and not 0 <= fail_on <= 1:
        raise UsageError(f"--fail-on {fail_on:g}", "is no share of the time", "Give 0 to 1")
    settings = settings_of(arguments, arguments.project)
    workload = workload_of(arguments, arguments.project, settings)
    session = diagnose_project(arguments.project, settings, workload, options_of(arguments))
    session = redact(session)
    if arguments.json:
        from whet.records import to_json

        print_json(to_json(document(session), indent=2))
    else:
        show(session.findings, with_refused=arguments.all)
        for note in session.notes:
            print(f"note: {note}", file=sys.stderr)
        if arguments.cache_stats and session.file_cache is not None:
            print("", *cache_lines(session.file_cache), sep="\n")
    if fail_on is None:
        return 0
    return int(any(f.attainable_gain >= fail_on for f in offered(session.findings)))


def offered(findings: tuple[Finding, ...]) -> list[Finding]:
    """Those that the evidence admits and the user has not declined."""
    return [finding for finding in findings if finding.refused is None and not finding.declined]


def document(session: SessionRecord) -> dict[str, Any]:
    """What `--json` prints: every finding, refused and declined ones marked."""
    rows = [
        {
            "id": finding.finding_id,
            "remedy": finding.remedy,
            "file": finding.file,
            "line": finding.line,
            "function": finding.function,
            "message": finding.message,
            "safety": finding.safety,
            "claims": finding.claims,
            "attainable_gain": finding.attainable_gain,
            "evidence": finding.evidence,
            "refused": finding.refused,
            "declined": finding.declined,
        }
        for finding in session.findings
    ]
    spelled = session.workload.spelled if session.workload else None
    return {
        "version": 1,
        "workload": spelled,
        "findings": rows,
        "notes": list(session.notes),
        "file_cache": session.file_cache,
    }


def show(findings: tuple[Finding, ...], *, with_refused: bool) -> None:
    """The findings as a table, the most promising first."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = list(findings) if with_refused else offered(findings)
    hidden = len(findings) - len(shown)
    console = Console(width=None if sys.stdout.isatty() else 160)
    if shown:
        table = Table("gain", "place", "what", "evidence", box=box.SIMPLE_HEAD)
        for finding in shown:
            cells = (_gain(finding), f"{finding.file}:{finding.line}", _what(finding))
            table.add_row(*(Text(cell) for cell in (*cells, _evidence(finding))))
        console.print(table)
        print(
            "gain: share of all time that could vanish at the most. `whet run` tries and proves."
        )
    else:
        print("nothing found that is hot and that the evidence admits")
    if hidden:
        print(f"{hidden} more refused or declined: `whet check --all` says why")


def _gain(finding: Finding) -> str:
    if finding.refused is not None:
        return "refused"
    return "declined" if finding.declined else f"{100 * finding.attainable_gain:.1f} %"


def _what(finding: Finding) -> str:
    inside = f" in {finding.function}" if finding.function else ""
    told = {"consent": ", needs consent", "advice": ", advice"}
    consent = told.get(finding.safety, "")
    return f"{finding.message}{inside} ({finding.remedy}{consent})"


def _evidence(finding: Finding) -> str:
    if finding.refused is not None:
        return finding.refused
    return ", ".join(f"{name} {_short(value)}" for name, value in finding.evidence.items())


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
