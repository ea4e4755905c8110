"""The seconds of a session: what a trial may take, and what is kept back for the whole set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.session.order import LARGE_GAIN
from whet.session.placing import kept
from whet.stats import Schedule
from whet.stats.sequential import EARLY_UNITS

if TYPE_CHECKING:
    from whet.records import Fix
    from whet.session.work import Run

_FIRST_LOOK_RUNS = 4 * EARLY_UNITS + 3  # with the court's pilot
_WHOLE_UNITS = 8  # the figure that people quote deserves a narrow interval
_WHOLE_RUNS = 4 * _WHOLE_UNITS + 3
_CHECK_RUNS = 10  # about what validation takes
_LATER_CHECKS = 0.6
_RENEWAL_RUNS = 3
_UNIT_S = 1.0  # the court joins short runs to units of about this length
_SMALL_SHARE = 0.35  # of the budget; the rest is for large gains, and for slow hosts


def run_s(run: Run) -> float:
    """Seconds that one run takes at present."""
    profile = run.session.record.profile
    return run.bench.recent_s or (profile.plain_wall_s if profile else 0.0)


def unit_s(run: Run) -> float:
    """Seconds that one unit of whole runs takes."""
    return max(4 * run_s(run), _UNIT_S)


def renewal_s(run: Run) -> float:
    """Seconds that looking again where the time goes takes."""
    return _RENEWAL_RUNS * run_s(run)


def note_check(run: Run, elapsed_s: float) -> None:
    """Remember what a validation took; those after the first find half of their runs made."""
    run.check_s = elapsed_s if run.check_s else _LATER_CHECKS * elapsed_s


def next_check_s(run: Run) -> float:
    """Seconds that the next validation takes."""
    return run.check_s or _CHECK_RUNS * run_s(run)


def first_look_s(run: Run) -> float:
    """Seconds of a first look at the whole set."""
    profile = run.session.record.profile
    slowest_s = max(run_s(run), profile.plain_wall_s if profile else 0.0)
    return _FIRST_LOOK_RUNS * (slowest_s + run_s(run)) / 2


def least_s(run: Run) -> float:
    """Seconds without which no trial makes sense: a first look at the fix, and at the whole."""
    return _FIRST_LOOK_RUNS * run_s(run) + _needed_s(run)


def small_until_s(run: Run) -> float:
    """Seconds of the session up to which small gains are tried, the proof of the whole included.

    They take long to decide: without this bound a session on a host where all is decided would
    spend most of its time on its last few percent.
    """
    return _SMALL_SHARE * run.settings.budget_s


def trial_s(run: Run, fix: Fix) -> float:
    """Seconds for one trial: a share by what can be gained, but enough for a look that decides.

    Rather few trials that decide than many that cannot: what is left over for the last ones is
    said. What the proof of the whole set takes is kept back.
    """
    gain = _gain(run, fix)
    large = gain >= LARGE_GAIN
    units = EARLY_UNITS if large else Schedule().full_units
    look_s = 1.5 * (3 * run_s(run) + units * unit_s(run))
    most_s = run.left_s - _needed_s(run)
    share_s = (run.left_s - _reserve_s(run)) * _part(run, gain)
    if not large:
        late_s = run.settings.budget_s - small_until_s(run)
        most_s = run.left_s - late_s - _reserve_s(run)
    return max(1.0, min(most_s, max(share_s, look_s)))


def _gain(run: Run, fix: Fix) -> float:
    """What a fix could gain now; of one that somebody brought, nobody knows: as good as large."""
    prospect = run.prospects.get(fix.fix_id)
    return LARGE_GAIN if prospect is None else prospect.likely


def _part(run: Run, gain: float) -> float:
    """A gain as part (0-1) of all that large fixes without a verdict could gain."""
    tried = {verdict.fix_id for verdict in run.session.record.fix_verdicts}
    waiting = [_gain(run, fix) for fix in run.session.record.fixes if fix.fix_id not in tried]
    return gain / max(gain, sum(each for each in waiting if each >= LARGE_GAIN), LARGE_GAIN)


def _needed_s(run: Run) -> float:
    """Seconds without which the whole set stays unproven.

    A set of one fix is what its own trial compared with the original: that one needs no more.
    """
    return next_check_s(run) + first_look_s(run) if kept(run) else 0.0


def _reserve_s(run: Run) -> float:
    """Seconds that a good proof of the whole set takes."""
    return next_check_s(run) + first_look_s(run) * _WHOLE_RUNS / _FIRST_LOOK_RUNS
