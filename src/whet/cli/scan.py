"""Lists the files of a folder as git sees them: tracked ones, and new ones that no rule ignores.

Works outside of repositories, too, and without git. Symbolic links are listed and never followed;
deleted files, and the content of submodules and nested repositories, are left out.

Examples:
  whet scan
  whet scan src -0 | xargs -0 wc -l
  whet scan . --json | head
  whet scan . --no-git
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import progress_listener

if TYPE_CHECKING:
    import argparse

    from whet.codebase.scan import ScanOptions
    from whet.records.event import Event, OnEvent

SUMMARY = "lists the files of a folder as git sees them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet scan`."""
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", type=Path)
    parser.add_argument(
        "-0", "--null", action="store_true", help="end each name with a NUL byte, not a newline"
    )
    parser.add_argument(
        "--json", action="store_true",
        help="print one JSON document: a file a line, with kind, size and time",
    )  # fmt: skip
    parser.add_argument(
        "--unchecked", action="store_true",
        help="quicker: what git lists, also what is deleted but tracked, and submodules' folders",
    )  # fmt: skip
    parser.add_argument(
        "--no-git", action="store_true", help="read ignore rules and index without git"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    """List the files."""
    from whet.codebase.scan import ScanOptions

    options = ScanOptions(
        present=not arguments.unchecked,
        use_git=not arguments.no_git,
        on_event=_listener(quiet=arguments.quiet),
    )
    if arguments.json:
        from whet.cli._streaming import print_document
        from whet.codebase.scan import scan

        print_document("files", scan(arguments.path, options, details=True))
    else:
        _print_names(arguments.path, options, b"\0" if arguments.null else b"\n")
    return 0


def _listener(*, quiet: bool) -> OnEvent:
    """Progress and notes on stderr; no progress between names on the same terminal."""
    show = progress_listener(quiet=quiet)
    mixed = sys.stdout.isatty()

    def hear(event: Event) -> None:
        if event.kind == "note" or not mixed:
            show(event)

    return hear


def _print_names(path: Path, options: ScanOptions, end: bytes) -> None:
    from whet.codebase.scan import scan_names

    out = sys.stdout.buffer
    shown = _visible if sys.stdout.isatty() and end == b"\n" else os.fsencode
    for names in scan_names(path, options):
        out.write(end.join(map(shown, names)) + end)
    out.flush()


def _visible(name: str) -> bytes:
    """A name for a terminal: nothing in it may act."""
    from whet.reports._inert import visible

    return visible(name).encode("utf-8", "backslashreplace")
