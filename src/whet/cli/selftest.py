"""Test the court on this machine: how often is it wrong, and what does it see how soon?

Whole trials are held on identical code, and on code that really does 10, 5 or 2 % more work,
until the budget is spent. More budget gives tighter bounds.

  whet selftest                     about a minute
  whet selftest --budget 1800       enough for a useful bound of the false-verdict rate
  whet selftest --python python3.13 --json
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.cli._common import add_output_arguments, print_json, progress_listener

if TYPE_CHECKING:
    import argparse

    from whet.proof.selftest import Selftest, SelftestRow

SUMMARY = "false-verdict rate and power of the court on this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whet selftest`."""
    parser.add_argument(
        "--budget", type=float, default=60.0, metavar="SECONDS", help="seconds (default 60)"
    )
    parser.add_argument("--confidence", type=float, default=0.99, help="of the court (0.99)")
    parser.add_argument("--python", metavar="PATH", help="interpreter whose timing is tested")
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Hold the trials and print what came out."""
    from pathlib import Path

    from whet.errors import UsageError
    from whet.proof.selftest import hold_selftest
    from whet.records import to_json
    from whet.workloads import find_interpreter

    if arguments.budget <= 0:
        raise UsageError(f"budget {arguments.budget}", "must be above 0 seconds", "Try 60")
    result = hold_selftest(
        find_interpreter(Path.cwd(), arguments.python),
        budget_s=arguments.budget,
        confidence=arguments.confidence,
        on_event=progress_listener(quiet=arguments.quiet),
    )
    if arguments.json:
        print_json(to_json(result, indent=2))
    else:
        print(_text(result))
    return 0


def _text(result: Selftest) -> str:
    alpha = 100 * (1 - result.confidence)
    head = f"at most {alpha:.3g} % false verdicts promised ({result.elapsed_s:.0f} s)"
    return "\n".join([f"The court on this machine, {head}:", *map(_line, result.rows)])


def _line(row: SelftestRow) -> str:
    took = "" if row.median_s is None else f", median {row.median_s:.1f} s to a verdict"
    void = f", {row.void} void" if row.void else ""
    bound = 0.0 if row.bound is None else 100 * row.bound
    if not row.percent:
        return (
            f"  identical code: {row.wrong} of {row.trials} verdicts were false "
            f"(the rate is below {bound:.0f} % with 95 % confidence){void}{took}"
        )
    return (
        f"  {row.percent:>2} % more work: found in {row.expected} of {row.trials} trials "
        f"(power above {bound:.0f} % with 95 % confidence){void}{took}"
    )
