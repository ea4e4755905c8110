"""Judge two versions, commands, functions or environments: faster, slower, or the same?

The baseline comes first, the candidate second. Both run in turns, in fresh processes, until the
question is decided; identical code is called different in fewer than one of a hundred trials.

  whet compare -w 'python app.py data.csv' main my-branch    two git refs (or two folders)
  whet compare -w app.py v1.2                                 a ref against the files as they are
  whet compare --command 'python a.py' 'python b.py'          two commands
  whet compare --callable shop.price:old shop.price:new       two functions, side by side
  whet compare -w app.py --python-a python3.11 --python-b python3.12
  whet compare -w app.py --env-a MODE=old --env-b MODE=new
  whet compare -w app.py main my-branch --claim '67% fewer reads'

Time, peak memory and I/O operations are judged; the exit code follows those named by --metric or
--claim, else the time that counts for this workload (CPU time, or wall time for work that waits).
Standard output and exit codes must agree, else the candidate is refuted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.cli._common import (
    add_output_arguments,
    add_workload_arguments,
    print_json,
    progress_listener,
)
from whet.cli._session import settings_of

if TYPE_CHECKING:
    import argparse

    from whet.proof import ClaimedFigure, Rules
    from whet.records import Verdict
    from whet.session.compare import Setting

SUMMARY = "the court on two versions, commands, functions or environments"

METRICS = ("cpu_time", "wall_time", "peak_memory", "io_operations")
_PATIENCE_S = 15.0
_DEFAULT_BUDGET_S = 300.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whet compare`."""
    parser.add_argument(
        "versions", nargs="*", metavar="VERSION",
        help="baseline and candidate: folders or git refs; one alone is compared with the "
        "files as they are",
    )  # fmt: skip
    what = parser.add_argument_group("what is compared")
    what.add_argument("--command", nargs=2, metavar=("A", "B"), help="two commands")
    what.add_argument(
        "--callable", nargs=2, metavar=("M:F", "M:G"), help="two functions of the project"
    )
    what.add_argument("--calls", metavar="FILE", help="recorded calls: arguments for --callable")
    for side in "ab":
        what.add_argument(
            f"--python-{side}", metavar="PATH", help=f"interpreter of {side.upper()}"
        )
        what.add_argument(
            f"--env-{side}", action="append", default=[], metavar="NAME=VALUE",
            help=f"environment variable of {side.upper()}",
        )  # fmt: skip
    what.add_argument("--project", default=".", metavar="DIR", help="the project (default: here)")
    court = parser.add_argument_group("the court")
    court.add_argument(
        "--metric", action="append", choices=METRICS, help="what must be decided; repeatable"
    )
    court.add_argument(
        "--confidence", type=float, default=0.99, help="of intervals (default 0.99)"
    )
    court.add_argument(
        "--margin", type=float, default=0.01, help="difference that counts as none (default 0.01)"
    )
    court.add_argument("--claim", metavar="TEXT", help="a claimed figure, such as '2x faster'")
    court.add_argument(
        "--anytime", action="store_true",
        help="go on until decided or the budget ends; may be looked at after every unit",
    )  # fmt: skip
    court.add_argument("--any-output", action="store_true", help="output may differ")
    add_workload_arguments(parser)
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, and answer with the exit code."""
    from whet.cli._verdicts import as_document, as_text, exit_code
    from whet.proof import parse_claim

    figure = parse_claim(arguments.claim) if arguments.claim else None
    setting = _setting(arguments, _rules(arguments, figure))
    verdicts = _compare(arguments, setting)
    if figure is not None:
        verdicts = _answered(verdicts, figure)
    asked = len(setting.rules.claimed) or 1
    if arguments.json:
        print_json(as_document(verdicts))
    else:
        print(as_text(verdicts))
    return exit_code(verdicts[:asked])


def _rules(arguments: argparse.Namespace, figure: ClaimedFigure | None) -> Rules:
    from whet.proof import Rules

    claimed = list(dict.fromkeys(arguments.metric or ()))
    if figure is not None and figure.metric is not None and figure.metric not in claimed:
        claimed.insert(0, figure.metric)
    return Rules(
        claimed=tuple(claimed),
        confidence=arguments.confidence,
        margin=arguments.margin,
        budget_s=_DEFAULT_BUDGET_S if arguments.budget is None else arguments.budget,
        anytime=arguments.anytime,
        compare_output=not arguments.any_output,
        patience_s=_PATIENCE_S,
        # Who names a budget wants it used: longer units see smaller differences.
        unit_s=max(Rules.unit_s, arguments.budget or 0.0),
    )


def _setting(arguments: argparse.Namespace, rules: Rules) -> Setting:
    import shlex
    from pathlib import Path

    from whet.errors import UsageError
    from whet.reports.redaction import redact_words
    from whet.session.compare import Setting

    project = Path(arguments.project).resolve()
    if not project.is_dir():
        raise UsageError(f"project {arguments.project!r}", "is not a folder", "Give --project DIR")
    changes: dict[str, Any] = {
        "env": _variables(arguments.env) or None,
        "cwd": arguments.cwd,
        "stdin": arguments.stdin,
        "timeout_s": arguments.timeout,
        "repetitions": arguments.repetitions,
    }
    return Setting(
        project=project,
        python=settings_of(arguments, project).python,
        rules=rules,
        changes={name: value for name, value in changes.items() if value is not None},
        excludes=arguments.exclude,
        allow_effects=arguments.allow_effects,
        on_event=progress_listener(quiet=arguments.quiet),
        rerun=shlex.join(["whet", *redact_words(arguments.words)]),
    )


def _compare(arguments: argparse.Namespace, setting: Setting) -> tuple[Verdict, ...]:
    from pathlib import Path

    from whet.errors import UsageError
    from whet.session import compare

    kinds = [
        name
        for name, given in (
            ("--command", arguments.command),
            ("--callable", arguments.callable),
            ("-w", arguments.workload),
        )
        if given
    ]
    if len(kinds) != 1:
        reason = f"{' and '.join(kinds)} together" if kinds else "nothing to compare is given"
        way_out = "Give one of -w WORKLOAD A B, --command 'A' 'B', --callable M:F M:G"
        raise UsageError("whet compare", reason, way_out)
    if kinds[0] != "-w":
        if arguments.versions:
            raise UsageError(f"version {arguments.versions[0]!r}", f"does not go with {kinds[0]}")
        if arguments.command:
            command_a, command_b = arguments.command
            return compare.compare_commands(command_a, command_b, setting)
        calls = Path(arguments.calls) if arguments.calls else None
        target_a, target_b = arguments.callable
        return compare.compare_callables(target_a, target_b, calls, setting)
    if any((arguments.python_a, arguments.python_b, arguments.env_a, arguments.env_b)):
        if arguments.versions:
            reason = "versions and environments cannot be compared at once"
            raise UsageError("whet compare", reason, "Leave one of them out")
        return compare.compare_environments(
            arguments.workload,
            (arguments.python_a, arguments.python_b),
            (_variables(arguments.env_a), _variables(arguments.env_b)),
            setting,
        )
    return compare.compare_versions(arguments.workload, *_two(arguments.versions), setting)


def _two(versions: list[str]) -> tuple[str, str]:
    from whet.errors import UsageError

    if len(versions) == 1:
        return versions[0], "."
    if len(versions) != 2:  # noqa: PLR2004 - baseline and candidate
        reason = f"needs a baseline and a candidate, got {len(versions)} versions"
        raise UsageError("whet compare -w", reason, "Give two folders or git refs")
    return versions[0], versions[1]


def _variables(pairs: list[str]) -> dict[str, str]:
    from whet.errors import UsageError

    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise UsageError(f"environment variable {pair!r}", "is not NAME=VALUE")
        found[name] = value
    return found


def _answered(verdicts: tuple[Verdict, ...], figure: ClaimedFigure) -> tuple[Verdict, ...]:
    """The verdicts, the one that the claim is about first and with its answer."""
    import msgspec

    from whet.proof import answer_claim

    metric = figure.metric or next(
        one.metric for one in verdicts if one.metric in {"cpu_time", "wall_time"}
    )
    subject = next(one for one in verdicts if one.metric == metric)
    answered = msgspec.structs.replace(subject, claim=answer_claim(figure, subject))
    return (answered, *(one for one in verdicts if one.metric != metric))
