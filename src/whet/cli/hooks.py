"""Git hooks that note commits at the least cost; your own hooks go on running.

A hook appends a line to a file below the repository's git directory and starts no program. What
is noted is recorded by `whet track`, which finds all commits, also those without a mark.
With --pre-commit whet also looks at staged files before a commit: at once finished when no
relevant one is staged, and at those files only otherwise. It tells what it finds and never
refuses a commit. `whet hooks uninstall` restores everything byte for byte.

Examples:
  whet hooks install
  whet hooks install --pre-commit --relevant '*.py' --relevant 'src/*.pyi'
  whet hooks status --json
  whet hooks uninstall
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import print_json
from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.records.activity import HooksReport

SUMMARY = "installs, shows and removes the git hooks that note commits"
_ACTIONS = ("install", "status", "uninstall", "pre-commit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet hooks`."""
    parser.add_argument(
        "action", nargs="?", default="status", choices=_ACTIONS,
        help="pre-commit is what the hook itself calls: a look at the staged files",
    )  # fmt: skip
    parser.add_argument("repository", nargs="?", default=".", metavar="REPOSITORY", type=Path)
    parser.add_argument(
        "--pre-commit", action="store_true",
        help="with install: also look at relevant staged files before a commit",
    )  # fmt: skip
    parser.add_argument(
        "--relevant", action="append", default=[], metavar="GLOB",
        help="staged files that are looked at: a pathspec of git, repeatable; *.py if none",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Do it and show how the hooks are now."""
    from whet.codebase.activity import hooks_report, install_hooks, uninstall_hooks
    from whet.codebase.activity.hooks import RELEVANT

    globs = tuple(arguments.relevant) or RELEVANT
    if arguments.action == "pre-commit":
        return _look(arguments, globs)
    installing = arguments.action == "install"
    if (arguments.pre_commit or arguments.relevant) and not installing:
        raise UsageError("--pre-commit", "belongs to `whet hooks install`", "Leave it out")
    if arguments.relevant and not arguments.pre_commit:
        raise UsageError("--relevant", "needs --pre-commit", "Add it")
    where = arguments.repository
    if installing:
        report = install_hooks(where, pre_commit=arguments.pre_commit, relevant=globs)
    elif arguments.action == "uninstall":
        report = uninstall_hooks(where)
    else:
        report = hooks_report(where)
    _show(report, as_json=arguments.json)
    return 0


def _show(report: HooksReport, *, as_json: bool) -> None:
    from whet.records import to_json

    if as_json:
        print_json(to_json(report))
        return
    print(f"{report.repository}: {report.recorded_commits} commits recorded")
    for hook in report.hooks:
        if not hook.installed:
            print(f"  {hook.name}: not installed; `whet hooks install` does it")
            continue
        state = "runs" if hook.runs else f"does not run: {hook.problem}"
        chained = f", then {hook.chained}" if hook.chained else ""
        print(f"  {hook.name}: {state}{chained}")
    if report.pending_marks:
        print(f"  {report.pending_marks} marks wait: `whet track ingest` records the commits")
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)


def _look(arguments: argparse.Namespace, globs: tuple[str, ...]) -> int:
    from whet.codebase.activity.staged import look_at_staged
    from whet.records import to_json

    report = look_at_staged(arguments.repository, globs)
    if arguments.json:
        print_json(to_json(report))
        return 0
    for finding in report.findings:
        where = f"{finding.place.file}:{finding.place.line}"
        print(f"whet: {where}: {finding.message}", file=sys.stderr)
    for note in report.notes:
        print(f"whet: {note}", file=sys.stderr)
    return 0
