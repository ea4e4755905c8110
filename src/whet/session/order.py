"""Which fix is tried next, and which is not worth a trial: pure decisions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.diagnosis.hotspots import LEAST_SHARE
from whet.diagnosis.rank import CLAIMS
from whet.stats import Schedule
from whet.stats.student import student_quantile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from whet.diagnosis import Objective
    from whet.records import Finding, Fix, Profile, Verdict

LARGE_GAIN = 0.1  # what the court's early look decides
_SIGMAS = 2.0
_HAPPENED = 0.25
_UNSEEN = 3.0  # samples: a place that was never seen takes as much at the most (at 95 %)
_LEAST_FREEDOM = 7  # fewer units say little about the spread of this host
TIMES = frozenset({"cpu_time", "wall_time"})


@dataclass(frozen=True)
class Prospect:
    """What a fix could gain now, as shares (0-1) of the claimed metric.

    Attributes:
        likely: Amdahl's share times the part of it that the cure can take away.
        most: What the samples do not rule out.
    """

    likely: float
    most: float


def prospect_of(finding: Finding, profile: Profile) -> Prospect:
    """What a finding could gain by a profile; sampled shares are known to a certain extent only.

    A share that rests on k samples is uncertain by the square root of k (Poisson).
    """
    likely = finding.attainable_gain
    share = float(finding.evidence.get("share", 0.0))
    samples = profile.cpu.samples if profile.cpu else 0
    if finding.claims not in TIMES or share <= 0 or not samples:
        return Prospect(likely, likely)
    seen = share * samples
    most = min(1.0, (seen + _SIGMAS * math.sqrt(seen)) / samples)
    return Prospect(likely, min(1.0, likely * most / share))


def renewed(finding: Finding, profile: Profile, before: Finding, earlier: Profile) -> Prospect:
    """What a finding could gain now, from two profiles.

    A place that no kept fix touched takes as many seconds as before, a larger share of what is
    left; a loaded host puts its pauses on single lines, so one sampled run may be far off either
    way. Only where the new profile shows less than a quarter of what the earlier one leads to
    expect, something has happened there, and the new one counts alone; else both count.
    """
    now = prospect_of(finding, profile)
    expected = _expected(before, profile, earlier)
    if now.most < _HAPPENED * expected.likely:
        return now
    return Prospect((now.likely + expected.likely) / 2, max(now.most, expected.most))


def _expected(before: Finding, profile: Profile, earlier: Profile) -> Prospect:
    """The earlier prospect as a share of the time that is left."""
    then = prospect_of(before, earlier)
    wall = before.claims == "wall_time"
    then_s = earlier.plain_wall_s if wall else earlier.plain_cpu_s
    now_s = profile.plain_wall_s if wall else profile.plain_cpu_s
    grown = then_s / now_s if now_s > 0 else 1.0
    return Prospect(min(1.0, then.likely * grown), min(1.0, then.most * grown))


def cold(profile: Profile, before: Finding, earlier: Profile) -> Prospect:
    """What is left to gain at a place that a profile no longer shows as hot.

    Args:
        profile: That of the present state.
        before: The finding as it was made.
        earlier: The profile that it was made by.
    """
    samples = profile.cpu.samples if profile.cpu else 0
    share = float(before.evidence.get("share", 0.0))
    removable = before.attainable_gain / share if share else 1.0
    seen = max(LEAST_SHARE, _UNSEEN / samples) if samples else 1.0
    now = Prospect(0.0, min(1.0, removable * seen))
    expected = _expected(before, profile, earlier)
    return now if now.most < _HAPPENED * expected.likely else expected


def next_fix(
    fixes: Iterable[Fix],
    tried: Collection[str],
    prospects: Mapping[str, Prospect],
    objective: Objective,
    *,
    agreed: Collection[str] = (),
) -> Fix | None:
    """The most promising fix that has no verdict yet.

    What needs a consent that was not given comes last, upon all that is kept; before it what the
    objective does not ask for.

    Args:
        fixes: All of the session.
        tried: Ids of those with a verdict.
        prospects: By fix id; without one a fix has the gain that it was found with.
        objective: Of the session.
        agreed: Ids of fixes that the user agreed to.
    """

    def rank(fix: Fix) -> tuple[bool, bool, float, str, int]:
        known = prospects.get(fix.fix_id)
        gain = known.likely if known else fix.attainable_gain or 0.0
        asks = fix.safety == "consent" and fix.fix_id not in agreed
        return asks, fix.claims not in CLAIMS[objective], -gain, fix.file, fix.line

    return min((fix for fix in fixes if fix.fix_id not in tried), key=rank, default=None)


def decidable(verdicts: Iterable[Verdict], units: float) -> float | None:
    """The least gain (0-1) that the court tells from none in so many units of whole runs.

    Half of the gains of this size would be found; before the first full look it is 10 %. None:
    too little is known of the host.

    Args:
        verdicts: Of earlier trials of the session, on the metric that is asked about.
        units: Blocks of four runs that there is time for.
    """
    squares, freedom = 0.0, 0
    for verdict in verdicts:
        if verdict.design == "interpreter pairs" and (spread := _spread(verdict)) is not None:
            squares += spread**2 * (verdict.processes - 1)
            freedom += verdict.processes - 1
    last = Schedule().looks[-1]
    units = min(float(last.units), units)
    if freedom < _LEAST_FREEDOM or units < 1:
        return None
    level = 1 - Schedule().alpha * last.share
    reach = student_quantile((1 + level) / 2, last.units - 1)
    least = 1 - math.exp(-reach * math.sqrt(squares / freedom / units))
    return max(least, LARGE_GAIN) if units < Schedule().full_units else least


def _spread(verdict: Verdict) -> float | None:
    """The standard deviation of the units behind a verdict, from its interval."""
    low, high, units = verdict.low, verdict.high, verdict.processes
    schedule = Schedule(confidence=verdict.confidence)
    look = schedule.look_at(units, final=True)
    if low is None or high is None or low <= 0 or units < 2 or look is None:  # noqa: PLR2004 - no spread of one
        return None
    level = 1 - schedule.alpha * look.share
    reach = (math.log(high) - math.log(low)) / 2
    return reach * math.sqrt(units) / student_quantile((1 + level) / 2, units - 1)


def too_small(prospect: Prospect, least_percent: float, least: float | None) -> str | None:
    """Why a gain is too small for a trial; None: it is not.

    Args:
        prospect: What could be gained.
        least_percent: What the user asks of a fix.
        least: What the court can decide (0-1), if that is known.
    """
    most = 100 * prospect.most
    if most < least_percent:
        return f"could gain {most:.1f} % at the most, less than the {least_percent:g} % asked for"
    if least is not None and prospect.most < least:
        return (
            f"could gain {most:.1f} % at the most; on this host the court cannot tell less than "
            f"{100 * least:.1f} % from nothing within its share of the budget"
        )
    return None
