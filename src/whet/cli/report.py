"""What a session found: the latest one, unless another is named.

For example:
  whet report
  whet report --format html -o report.html
  whet report opt-20261121-101500-001 --format full
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._reporting import FORMATS, format_of, print_report, write_report

if TYPE_CHECKING:
    import argparse

    from whet.records import SessionRecord

SUMMARY = "shows what a session found, as text, HTML, Markdown, CSV or JSON"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whet report`."""
    parser.add_argument(
        "session", nargs="?", metavar="SESSION", help="its id or the end of it; the latest if none"
    )
    parser.add_argument(
        "--project", default=".", metavar="DIR", help="project whose session is shown"
    )
    parser.add_argument(
        "-f", "--format", choices=FORMATS, help="by the ending of the output file if not given"
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there, not on stdout")
    parser.add_argument(
        "--show-values", action="store_true", help="show recorded values and secrets"
    )
    parser.add_argument(
        "--baseline",
        metavar="NAME",
        help="put the profile beside one that `whet profile --save-baseline NAME` kept",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write one report."""
    kind = _format(arguments)
    session = _session(arguments)
    if arguments.output in {None, "-"}:
        print_report(session, kind, show_values=arguments.show_values)
    else:
        write_report(Path(arguments.output), session, kind, show_values=arguments.show_values)
    return 0


def _format(arguments: argparse.Namespace) -> str:
    from whet.errors import UsageError

    if arguments.json and arguments.format not in {None, "json"}:
        raise UsageError("--json", f"contradicts --format {arguments.format}", "Give one of them")
    if arguments.json or arguments.format:
        return str(arguments.format or "json")
    return "terminal" if arguments.output in {None, "-"} else format_of(arguments.output)


def _session(arguments: argparse.Namespace) -> SessionRecord:
    from whet.errors import TargetError
    from whet.reports.against_baseline import add_baseline
    from whet.store import open_store

    project = Path(arguments.project)
    if not project.is_dir():
        raise TargetError(f"project {arguments.project!r}", "is no folder", "Give one that is")
    store = open_store(project)
    session = store.session(arguments.session).load()
    if arguments.baseline is not None:
        baseline = store.load_baseline(arguments.baseline)
        session = add_baseline(session, arguments.baseline, baseline)
    return session
