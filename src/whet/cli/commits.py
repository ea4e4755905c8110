"""Lists the commits of a repository with the files that each one changes, newest first.

Renames are found as `git log -M -l1000` finds them; merges are compared with their first parent.

Examples:
  whet commits --limit 10
  whet commits . --since 1.year --csv out.csv
  whet commits . --range v1.0..main --path src --jsonl
  whet commits . --all --no-lines --json
  whet commits . --since 2026-01-01 --store
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import count, progress_listener
from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from whet.codebase.history import CommitQuery
    from whet.records import CommitData

SUMMARY = "lists commits with their files and line counts"
_STORED_AT_ONCE = 1000
_SHORT = 10  # digits of an id that people read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet commits`."""
    parser.add_argument("repository", nargs="?", default=".", metavar="REPO", type=Path)
    _add_choice(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--jsonl", action="store_true", help="print a JSON object a commit and line")
    form.add_argument(
        "--json", action="store_true", help="print one JSON document with all that is known"
    )
    form.add_argument(
        "--csv", metavar="FILE", help="write a table, a row a changed file; `-` prints it"
    )
    form.add_argument(
        "--store", action="store_true", help="keep them with the recorded commits (`whet track`)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which commits")
    group.add_argument(
        "--range", action="append", default=[], metavar="RANGE",
        help="main, v1..v2, main...topic or ^v1; can be repeated (default: HEAD)",
    )  # fmt: skip
    group.add_argument("--all", action="store_true", help="of every branch and tag")
    group.add_argument("--since", metavar="DATE", help="younger ones: 2026-01-31, 1.year")
    group.add_argument("--until", metavar="DATE", help="older ones")
    group.add_argument("--limit", type=count, metavar="N", help="no more than N")
    group.add_argument(
        "--path", action="append", default=[], metavar="PATH",
        help="that change this file or folder; can be repeated",
    )  # fmt: skip
    group.add_argument(
        "--no-lines", action="store_true",
        help="count no lines and find no renames: ten times quicker, and enough for clones "
        "without file contents",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """List the commits in the form asked for."""
    from whet.codebase.history import CommitQuery, commits, line_of

    query = CommitQuery(
        ranges=tuple(arguments.range),
        every_branch=arguments.all,
        since=arguments.since,
        until=arguments.until,
        limit=arguments.limit,
        paths=tuple(arguments.path),
        line_counts=not arguments.no_lines,
    )
    found = commits(arguments.repository, query)
    if arguments.jsonl:
        from whet.cli._streaming import print_lines

        print_lines(map(line_of, found))
    elif arguments.json:
        from whet.cli._streaming import print_document

        print_document("commits", found)
    elif arguments.csv is not None:
        _write_table(arguments.csv, found)
    elif arguments.store:
        _store(arguments.repository, query, found, quiet=arguments.quiet)
    else:
        for commit in found:
            print(_shown(commit))
    return 0


def _shown(commit: CommitData) -> str:
    """One line for people."""
    from whet.reports._inert import visible

    subject = visible(commit.message.partition("\n")[0])
    size = "files unknown"
    if commit.files is not None:
        size = f"{len(commit.files)} files +{commit.added} -{commit.deleted}"
    day = commit.authored_at[:10]
    return f"{commit.commit[:_SHORT]}  {day}  {visible(commit.author)}  {size}  {subject}"


def _write_table(target: str, found: Iterable[CommitData]) -> None:
    """A table in a file that is there as a whole or not at all, or on stdout."""
    if target == "-":
        sys.stdout.buffer.writelines(_rows(found))
        sys.stdout.buffer.flush()
        return
    import tempfile
    from contextlib import suppress

    path = Path(target)
    if path.is_dir() or not path.parent.is_dir():
        reason = "is a folder" if path.is_dir() else "its folder does not exist"
        raise UsageError(f"--csv {target}", reason, "Name a file")
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".whet-", delete=False) as draft:
        try:
            draft.writelines(_rows(found))
            draft.flush()
            Path(draft.name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(draft.name).unlink()
            raise


def _rows(found: Iterable[CommitData]) -> Iterator[bytes]:
    import csv
    import io

    from whet.codebase.history import CSV_COLUMNS, rows_of
    from whet.reports._inert import csv_cell

    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(CSV_COLUMNS)
    for commit in found:
        for row in rows_of(commit):
            writer.writerow([csv_cell(cell) for cell in row])
        yield line.getvalue().encode("utf-8", "backslashreplace")
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()


def _store(
    repository: Path, query: CommitQuery, found: Iterator[CommitData], *, quiet: bool
) -> None:
    from itertools import islice

    from whet.codebase.activity._places import places_of
    from whet.codebase.activity.ledger import open_ledger
    from whet.records.event import Event

    if not query.line_counts:
        raise UsageError("--store", "keeps line counts, too", "Leave --no-lines out")
    tell = progress_listener(quiet=quiet)
    new = done = 0
    with open_ledger(places_of(repository)) as ledger:
        assert ledger is not None  # noqa: S101 - it is made where it is missing
        while batch := list(islice(found, _STORED_AT_ONCE)):
            new += ledger.record(batch, on_branch=True)
            done += len(batch)
            tell(Event(kind="progress", stage="commits", message="stored", count=done))
        print(f"{done} commits stored, {new} of them new, in {ledger.path}")
