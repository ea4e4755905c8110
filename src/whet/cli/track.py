"""Records every commit of a repository, and hands the recorded ones on.

`ingest` asks git for what is new, so that no commit is lost whether or not a hook noted it:
amended and rebased ones are found in the reflog. It may be killed at any moment and goes on
where it was. `export` prints what is recorded, a JSON object a line, newest first.

Examples:
  whet track ingest
  whet track ingest . --follow --every 10
  whet track export . --all
  whet track days --json
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import add_output_arguments, count, print_json, progress_listener, seconds
from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.records.activity import IngestReport

SUMMARY = "records commits without loss and exports them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet track`."""
    parser.add_argument(
        "action", nargs="?", default="ingest", choices=("ingest", "export", "days"),
        help="record what is new, print the commits, or print how many a day",
    )  # fmt: skip
    parser.add_argument("repository", nargs="?", default=".", metavar="REPOSITORY", type=Path)
    parser.add_argument(
        "--follow", action="store_true", help="with ingest: go on until interrupted"
    )
    parser.add_argument(
        "--every", type=seconds, default=5.0, metavar="SECONDS",
        help="with --follow: a burst of commits within this time becomes one ingestion",
    )  # fmt: skip
    parser.add_argument(
        "--batch", type=count, default=500, metavar="N",
        help="with ingest: commits read and written at once",
    )  # fmt: skip
    parser.add_argument(
        "--pause", type=seconds, default=0.0, metavar="SECONDS",
        help="with ingest: rest between two batches",
    )  # fmt: skip
    parser.add_argument(
        "--all", action="store_true",
        help="with export: also commits that only the reflog knew, such as amended ones",
    )  # fmt: skip
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Record, or print what is recorded."""
    if arguments.action != "ingest" and (arguments.follow or arguments.pause):
        raise UsageError("--follow and --pause", "belong to `whet track ingest`", "Leave them out")
    if arguments.all and arguments.action != "export":
        raise UsageError("--all", "belongs to `whet track export`", "Leave it out")
    if arguments.action == "export":
        return _export(arguments.repository, every=arguments.all)
    if arguments.action == "days":
        return _days(arguments)
    return _ingest(arguments)


def _ingest(arguments: argparse.Namespace) -> int:
    from whet.codebase.activity import follow, ingest

    listener = progress_listener(quiet=arguments.quiet)
    where, size = arguments.repository, arguments.batch
    if not arguments.follow:
        report = ingest(where, batch=size, pause_s=arguments.pause, on_event=listener)
        _show(report, as_json=arguments.json)
        return 0
    for report in follow(where, every_s=arguments.every, batch=size, on_event=listener):
        if report.recorded or report.lost:
            _show(report, as_json=arguments.json)
            sys.stdout.flush()
    return 0


def _show(report: IngestReport, *, as_json: bool) -> None:
    from whet.records import to_json

    if as_json:
        print_json(to_json(report))
        return
    amended = f", {report.from_reflog} of them only in the reflog" if report.from_reflog else ""
    print(f"{report.recorded} commits recorded{amended}; {report.total} in all")
    if report.lost:
        print(f"{len(report.lost)} were noted but pruned before they were read")
    if report.without_files:
        print(f"{report.without_files} without their files: objects are missing here")
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)


def _export(repository: Path, *, every: bool) -> int:
    from whet.codebase.activity import recorded_commits
    from whet.codebase.history import line_of
    from whet.records import to_json

    for commit in recorded_commits(repository, every=every):
        sys.stdout.buffer.write(to_json(line_of(commit)) + b"\n")
    return 0


def _days(arguments: argparse.Namespace) -> int:
    from whet.codebase.activity import commits_by_day
    from whet.records import to_json

    days = commits_by_day(arguments.repository)
    if arguments.json:
        where = os.fspath(arguments.repository)
        print_json(to_json({"version": 1, "repository": where, "commits_by_day": days}))
    else:
        for day, number in days.items():
            print(f"{day} {number}")
    return 0
