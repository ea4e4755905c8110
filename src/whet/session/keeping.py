"""Keep or drop: pure decisions on verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Metric, Verdict
    from whet.settings import Settings

GOOD = frozenset({"faster", "smaller"})
BAD = frozenset({"slower", "larger"})
_SIDE_MARGIN = 0.05  # a metric that nobody asked about may get worse by this share
# Reads and writes of a few small modules that a fix imports (functools alone takes about 20, in
# less than a millisecond): a share of 20 % where the program itself reads next to nothing.
_SIDE_OPERATIONS = 64
_BYTES_IN_MB = 1e6


def objection(verdicts: Sequence[Verdict], claims: Metric, settings: Settings) -> str | None:
    """Why a fix is not kept; None: it is.

    The claimed metric must be proven better by at least `performance_threshold` percent; the
    others must not be proven worse: time and, with `--for both`, memory too by the court's own
    margin, what the objective does not ask about by 5 % (or a few dozen reads and writes).
    """
    claimed = next(verdict for verdict in verdicts if verdict.metric == claims)
    if claimed.outcome not in GOOD or claimed.effect is None:
        return f"{claimed.outcome}: {claimed.reason}" if claimed.reason else claimed.outcome
    gain = 100 * (1 - claimed.effect)
    least = settings.optimization.performance_threshold
    if gain < least:
        return f"{claimed.outcome} by {gain:.2g} %, less than the {least:g} % asked for"
    for verdict in verdicts:
        if verdict.metric != claims and (reason := _worse(verdict, settings)):
            return reason
    return _too_large(verdicts, settings)


def _worse(verdict: Verdict, settings: Settings) -> str | None:
    if verdict.outcome not in BAD or verdict.effect is None:
        return None
    asked = {
        "time": {"cpu_time", "wall_time"},
        "memory": {"peak_memory"},
        "io": {"io_operations"},
        "both": {"cpu_time", "wall_time", "peak_memory"},
    }[settings.objective]
    if verdict.metric not in asked and (verdict.effect <= 1 + _SIDE_MARGIN or _a_few(verdict)):
        return None
    return f"{verdict.metric} is {verdict.outcome} by {100 * (verdict.effect - 1):.2g} %"


def _a_few(verdict: Verdict) -> bool:
    """Whether some operations were added that no one would notice."""
    before, after = verdict.baseline, verdict.candidate
    if verdict.metric != "io_operations" or before is None or after is None:
        return False
    return after - before <= _SIDE_OPERATIONS


def _too_large(verdicts: Sequence[Verdict], settings: Settings) -> str | None:
    """The memory limit binds where the fix lifts the program above it."""
    limit = settings.optimization.memory_limit_mb * _BYTES_IN_MB
    for verdict in verdicts:
        if verdict.metric != "peak_memory" or None in {verdict.baseline, verdict.candidate}:
            continue
        before, after = verdict.baseline or 0.0, verdict.candidate or 0.0
        if after > limit and verdict.outcome == "larger" and after > before:
            return f"peak memory of {after / _BYTES_IN_MB:.0f} MB is above memory_limit_mb"
    return None


def praise(verdict: Verdict) -> str:
    """A kept fix in words."""
    if verdict.effect is None or verdict.low is None or verdict.high is None:
        return verdict.outcome
    return (
        f"kept: {verdict.metric} {verdict.outcome}, {verdict.effect:.3f} of what it was "
        f"({verdict.confidence:.0%} interval {verdict.low:.3f} to {verdict.high:.3f})"
    )
