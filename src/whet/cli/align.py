"""Says how branches lie to each other, what would conflict, and in which order to merge them.

Every branch is compared with the default one, or with `--into`; `--all` compares every two.
Merges are tried outside of the repository: nothing in it changes. `--plan` gives an order of
merges with the fewest conflicts, each step tried with all clean ones before it done.

Examples:
  whet align
  whet align . --all --plan
  whet align . topic other --into main --plan --rebase
  whet align . --pair main...topic --json
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.cli._common import print_json
from whet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from whet.codebase.alignment import AlignQuery
    from whet.records.alignment import AlignedPair, Alignment, AlignmentPlan, PlanStep

SUMMARY = "compares branches, predicts conflicts and plans merges"
_DOTS = "..."
_NAMED_CONFLICTS = 5  # files that people are shown of a step or pair


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet align`."""
    parser.add_argument("repository", nargs="?", default=".", metavar="REPO", type=Path)
    parser.add_argument(
        "branches", nargs="*", metavar="BRANCH", help="only these (default: all local branches)"
    )
    parser.add_argument(
        "--into", metavar="BRANCH", help="compare with, and merge into, this one (default: what "
        "origin/HEAD names, main, master, or the one checked out)",
    )  # fmt: skip
    parser.add_argument(
        "--pair", action="append", default=[], metavar="LEFT...RIGHT",
        help="compare these two; can be repeated",
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help="compare every two of the branches")
    parser.add_argument("--remote", action="store_true", help="take remote branches, too")
    parser.add_argument("--plan", action="store_true", help="in which order to merge them")
    parser.add_argument(
        "--rebase", action="store_true",
        help="with --plan: also whether each branch could be rebased without a conflict",
    )  # fmt: skip
    parser.add_argument(
        "--no-conflicts", action="store_true", help="do not try the merges of the pairs"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Compare, plan, and show."""
    from whet.codebase.alignment import align

    if arguments.rebase and not arguments.plan:
        raise UsageError("--rebase", "belongs to --plan", "Add --plan")
    found = align(arguments.repository, _query(arguments))
    if arguments.json:
        from whet.records import to_json

        print_json(to_json(found))
        return 0
    _show(found)
    return 0


def _query(arguments: argparse.Namespace) -> AlignQuery:
    from whet.codebase.alignment import AlignQuery, branch_names, every_pair

    pairs: list[tuple[str, str]] = [_pair(text) for text in arguments.pair]
    if arguments.all:
        names = arguments.branches or branch_names(arguments.repository, remote=arguments.remote)
        pairs += every_pair(names)
    return AlignQuery(
        pairs=tuple(pairs) if arguments.pair or arguments.all else None,
        into=arguments.into,
        branches=tuple(arguments.branches) or None,
        plan=arguments.plan,
        rebase=arguments.rebase,
        conflicts=not arguments.no_conflicts,
        remote=arguments.remote,
    )


def _pair(text: str) -> tuple[str, str]:
    left, dots, right = text.partition(_DOTS)
    if not (left and dots and right):
        raise UsageError(f"--pair {text!r}", "names no two branches", "Write main...topic")
    return left, right


def _show(found: Alignment) -> None:
    """Lines for people."""
    for pair in found.pairs:
        print(_pair_line(pair))
    if not found.pairs:
        print("no two branches to compare")
    if found.plan is not None:
        _show_plan(found.plan)
    if not found.complete:
        note = "a shallow clone: older commits and merge bases may be missing"
        print(f"note: {note}", file=sys.stderr)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)


def _pair_line(pair: AlignedPair) -> str:
    from whet.reports._inert import visible

    line = (
        f"{visible(pair.left)}...{visible(pair.right)}: {pair.ahead} ahead, {pair.behind} behind"
    )
    if not pair.merge_bases:
        return f"{line}, unrelated histories"
    line += f", {pair.files_changed} files +{pair.added} -{pair.deleted}"
    if len(pair.merge_bases) > 1:
        line += f", {len(pair.merge_bases)} merge bases"
    if pair.conflicts:
        line += f", conflicts in {_files(pair.conflicts)}"
    return line


def _show_plan(plan: AlignmentPlan) -> None:
    from whet.reports._inert import visible

    print(f"\nplan for {visible(plan.into)}:")
    if not plan.steps:
        print("  nothing to merge")
    for number, step in enumerate(plan.steps, 1):
        print(f"  {number}. {_step_line(step)}")


def _step_line(step: PlanStep) -> str:
    from whet.reports._inert import visible

    words = {
        "nothing": "nothing to do: it is contained already",
        "fast-forward": "fast-forward",
        "merge": "merge, no conflict",
        "resolve": f"merge and resolve {_files(step.conflicts)}",
        "unrelated": "leave alone: its history is unrelated",
    }
    line = f"{visible(step.branch)}: {words[step.action]}"
    if step.rebases is not None:
        line += "; rebases cleanly" if step.rebases else "; a rebase would conflict"
    return line


def _files(names: tuple[str, ...]) -> str:
    from whet.reports._inert import visible

    more = len(names) - _NAMED_CONFLICTS
    shown = ", ".join(map(visible, names[:_NAMED_CONFLICTS]))
    return f"{shown} and {more} more" if more > 0 else shown
