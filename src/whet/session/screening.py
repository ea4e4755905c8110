"""Small gains looked at in paired calls first: a cheap look may spare many whole runs.

Only for changes that keep no state between calls (a loop in one process measures warm caches),
and only where the workload leaves no files behind, since calls are repeated. It can drop a fix and
never keep one; and it drops only where the recorded calls are most of the function's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.errors import WhetError
from whet.proof.pairs import CallSide, Pairing, compare_calls
from whet.proof.trial import Rules
from whet.session import court
from whet.session.order import LARGE_GAIN

if TYPE_CHECKING:
    from pathlib import Path

    from whet.records import Fix, Profile, Validation, Verdict
    from whet.session.work import Run

_DEAR_S = 12.0  # of whole runs up to the first full look; below it they are cheap enough
_FULL_LOOK_RUNS = 8 * 4 + 3
_BUDGET_S = 6.0
_LEAST_COVERED = 0.5  # of the function's time


@dataclass(frozen=True)
class Screened:
    """Why a fix is not worth whole runs."""

    reason: str
    verdicts: tuple[Verdict, ...]


def screen(
    run: Run, fix: Fix, validation: Validation, calls: Path, run_s: float
) -> Screened | None:
    """Judge the recorded calls of copies A and B in pairs; None: whole runs shall decide.

    Args:
        run: The session.
        fix: What B has and A has not.
        validation: It was found equal.
        calls: Recorded calls of the changed functions; it may be missing.
        run_s: Seconds that one whole run takes.
    """
    profile = run.session.record.profile
    if profile is None or not calls.exists() or not _fit(run, fix, validation, run_s):
        return None
    root = {name: run.bench.copies[name] for name in ("a", "b")}
    try:
        found = compare_calls(
            CallSide(root["a"]),
            CallSide(root["b"]),
            Pairing(run.bench.interpreter, calls=calls, pairs=16, limit_s=0.4),
            rules=Rules(
                claimed=("cpu_time",),
                confidence=court.CONFIDENCE,
                budget_s=_BUDGET_S,
                give_up=True,
                compare_output=False,
            ),
            on_event=run.session.on_event,
            bench=court.court_bench(run),
        )
    except WhetError:
        return None
    reason = objection(found[0], fix, profile)
    return None if reason is None else Screened(reason, found)


def _fit(run: Run, fix: Fix, validation: Validation, run_s: float) -> bool:
    """Whether paired calls are allowed here, and cheaper than whole runs."""
    prospect = run.prospects.get(fix.fix_id)
    return (
        not fix.keeps_state
        and fix.claims == "cpu_time"
        and not validation.files_compared
        and not run.options.allow_effects
        and prospect is not None
        and prospect.most < LARGE_GAIN
        and _FULL_LOOK_RUNS * run_s > _DEAR_S
    )


def objection(verdict: Verdict, fix: Fix, profile: Profile) -> str | None:
    """Why paired calls speak against a fix; None: they do not, or they are no fair sample.

    Args:
        verdict: On CPU time, A against B, in-process pairs.
        fix: What B has and A has not.
        profile: What the functions take in the whole workload.
    """
    if verdict.outcome not in {"same", "slower"} or verdict.baseline is None:
        return None
    whole_s = _time_of(fix, profile)
    if whole_s <= 0 or verdict.baseline < _LEAST_COVERED * whole_s:
        return None
    where = f"on its recorded calls ({verdict.baseline / whole_s:.0%} of its time)"
    return f"{verdict.outcome} {where}, in paired calls: no whole runs were spent on it"


def _time_of(fix: Fix, profile: Profile) -> float:
    """CPU seconds that the changed functions take in one run, with what they call."""
    if profile.cpu is None:
        return 0.0
    names = {name.partition("::")[::2] for name in fix.functions}
    shares = [
        each.total_share for each in profile.cpu.functions if (each.file, each.name) in names
    ]
    return max(shares, default=0.0) * profile.plain_cpu_s
