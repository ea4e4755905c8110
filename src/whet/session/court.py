"""The court of a session: copies compared by validation and by whole runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.proof.paired import Bench as CourtBench
from whet.proof.paired import compare_runs
from whet.proof.trial import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from whet.proof.validate import ValidationCache
    from whet.records import Fix, Metric, Validation, Verdict
    from whet.session.work import Run

_TESTS_SHARE = 0.2  # of the time left, for one run of covering tests
_LEAST_TESTS_S = 5.0
CONFIDENCE = 0.99
_METRICS: tuple[Metric, ...] = ("cpu_time", "wall_time", "peak_memory", "io_operations")


def validate(run: Run, fix: Fix, keep_calls: Path | None = None) -> Validation:
    """Whether copy B gives the same results as copy A.

    Args:
        run: The session.
        fix: What B has and A has not.
        keep_calls: File that gets the recorded calls of the changed functions.
    """
    from whet.proof.validate import Checks, Pair
    from whet.proof.validate import validate as compare_results

    return compare_results(
        Pair(run.bench.launch("a"), run.bench.launch("b")),
        fix,
        Checks(
            tolerance=run.settings.tolerance,
            mask=run.options.allow_unrepeatable,
            tests_limit_s=max(_LEAST_TESTS_S, round(run.left_s * _TESTS_SHARE)),
            workers=run.settings.performance.max_workers,
            keep_calls=keep_calls,
        ),
        cache=_shared(run, fix),
        on_event=run.session.on_event,
    )


def _shared(run: Run, fix: Fix) -> ValidationCache:
    """What the validations share; anew where fixes came that change other functions."""
    from whet.proof.validate import ValidationCache as Shared

    known = run.validations
    fixes = run.session.record.fixes or (fix,)
    if known is not None and set(fix.functions) <= set(known.functions):
        return known
    if known is not None:
        known.close()
    run.validations = Shared(
        functions=tuple(dict.fromkeys(name for each in fixes for name in each.functions)),
        stateful=frozenset(n for each in fixes if each.keeps_state for n in each.functions),
    )
    return run.validations


def measure(
    run: Run,
    claimed: tuple[Metric, ...],
    budget_s: float,
    *,
    patience_s: float = 0.0,
    give_up: bool = True,
) -> tuple[Verdict, ...]:
    """The court on whole runs of copy A (and its double C) against copy B."""
    different = run.session.folder.read("repeatable", list[str]) or []
    return compare_runs(
        run.bench.launch("a"),
        run.bench.launch("b"),
        run.bench.launch("c"),
        rules=Rules(
            metrics=_METRICS,
            claimed=claimed,
            confidence=CONFIDENCE,
            budget_s=budget_s,
            give_up=give_up,
            patience_s=patience_s,
            compare_output=not different,
        ),
        on_event=run.session.on_event,
        bench=court_bench(run),
    )


def court_bench(run: Run) -> CourtBench:
    """What measuring needs from this session."""
    return CourtBench(
        run=run.bench.run,
        environment=run.session.record.environment,
        rerun=f"whet run {run.project} -w {run.bench.workload.spelled!r}",
    )
