"""The judge: measured units in, a verdict out. Pure; measures and runs nothing.

Outcomes, by the interval of candidate / baseline at the look that is taken:

- inside 1 ± margin: "same";
- excludes 1: "faster" or "slower" (times), "smaller" or "larger" (memory, I/O);
- else "undecided", which is never sold as "no change".

The control (A against a second copy of A, sign drawn by coin) takes the same test at the same
look; if it finds a difference where none can be, the verdict is "void".

Differences of exactly equal size in all units prove nothing about a clock (it is too coarse, or
two-valued), so at zero spread no time is ever decided. Counts are another matter: when memory or
I/O operations agree exactly among all runs of A and its copy, and among all runs of B, in each of
at least `EXACT_UNITS` fresh, randomized units, then the ratio is known exactly. A false verdict
would need at least sixteen fresh runs to split by label by chance: 2 to the power of -15 for a
quantity that takes two values like a coin.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from whet.records import Metric, Outcome, Record, Verdict
from whet.stats import (
    Interval,
    Look,
    Schedule,
    confidence_sequence,
    mean_interval,
    student_quantile,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Design

EXACT_UNITS = 4
"""Units that exact counts must agree in before they decide."""

LARGE_EFFECT = math.log(1.1)
"""An early look decides only beyond this, as log(candidate / baseline)."""

_LARGEST_LOG = 700.0
_UNFIT = "this host is not fit to judge now"
_WIDE = "the interval reaches from 1 beyond the margin"

_COUNTED: frozenset[Metric] = frozenset({"peak_memory", "io_operations"})


class Unit(Record, frozen=True):
    """One unit of evidence: a process with pairs inside, or a block of whole runs."""

    difference: float | None  # log(candidate / baseline); None: not measured here
    control: float | None  # log of A against a second copy of A, sign by coin
    baseline: float | None = None  # seconds, bytes or calls
    candidate: float | None = None
    exact: bool = False  # all values of A and its copy agree, and all of B
    pairs: int = 1


@dataclass(frozen=True)
class Question:
    """What the judge is asked.

    Attributes:
        metric: What is judged.
        clock: Where the figures come from: "cpu", "wall", "ru_maxrss", "io calls".
        design: How they were measured.
        schedule: Planned looks and confidence.
        margin: Relative difference that counts as none, such as 0.01.
        anytime: Judge by the anytime-valid confidence sequence instead of the planned looks.
    """

    metric: Metric
    clock: str
    design: Design
    schedule: Schedule = field(default_factory=Schedule)
    margin: float = 0.01
    anytime: bool = False


@dataclass(frozen=True)
class _Decision:
    outcome: Outcome
    interval: Interval | None
    reason: str = ""
    p_value: float | None = None


def unit_of_runs(
    baseline: tuple[float | None, float | None],
    candidate: tuple[float | None, float | None],
    *,
    flipped: bool,
) -> Unit:
    """A unit from the four whole runs of a block.

    Args:
        baseline: The figure of A and of its second copy.
        candidate: The figure of B, twice.
        flipped: The control's sign, drawn by coin.
    """
    values = (*baseline, *candidate)
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return Unit(difference=None, control=None)
    a, a2, b, b2 = known
    difference, control = _log_ratios(a, a2, b, b2)
    return Unit(
        difference=difference,
        control=-control if flipped and control is not None else control,
        baseline=(a + a2) / 2,
        candidate=(b + b2) / 2,
        exact=a == a2 and b == b2,
    )


def _log_ratios(
    a: float, a2: float, b: float, b2: float
) -> tuple[float, float] | tuple[None, None]:
    """Log of B / A and of A / A2; nothing where a figure is zero but not all are."""
    if a == a2 == b == b2 == 0:
        return 0.0, 0.0
    if min(a, a2, b, b2) <= 0:
        return None, None
    return (math.log(b / a) + math.log(b2 / a2)) / 2, math.log(a / a2)


def merge_units(blocks: Sequence[Unit]) -> Unit:
    """One unit from several blocks of very short runs; the mean of what they showed."""
    if len(blocks) == 1:
        return blocks[0]
    differences = [block.difference for block in blocks if block.difference is not None]
    controls = [block.control for block in blocks if block.control is not None]
    same = len(set(differences)) == 1
    complete = len(differences) == len(controls) == len(blocks)
    return Unit(
        difference=(differences[0] if same else statistics.fmean(differences))
        if complete
        else None,
        control=statistics.fmean(controls) if complete else None,
        baseline=_median([block.baseline for block in blocks]),
        candidate=_median([block.candidate for block in blocks]),
        exact=all(block.exact for block in blocks) and same,
        pairs=sum(block.pairs for block in blocks),
    )


def judge(
    units: Sequence[Unit], question: Question, *, final: bool = True, elapsed_s: float = 0.0
) -> Verdict:
    """The verdict on one metric after these units.

    Args:
        units: All units so far, in the order of measurement.
        question: Metric, design, planned looks, margin.
        final: No more units will come; else only a planned look decides.
        elapsed_s: Seconds that measuring took.
    """
    decision = _decide(units, question, final=final)
    interval = decision.interval
    pairs = sum(unit.pairs for unit in units)
    return Verdict(
        metric=question.metric,
        outcome=decision.outcome,
        effect=None if interval is None else _ratio(interval.mean),
        low=None if interval is None else _ratio(interval.low),
        high=None if interval is None else _ratio(interval.high),
        confidence=question.schedule.confidence,
        margin=question.margin,
        processes=len(units),
        pairs=pairs,
        clock=question.clock,
        design=question.design,
        elapsed_s=elapsed_s,
        baseline=_median([unit.baseline for unit in units]),
        candidate=_median([unit.candidate for unit in units]),
        control=_control_effect(units),
        reason=decision.reason,
        p_value=decision.p_value,
    )


def _ratio(log_ratio: float) -> float:
    """The ratio itself; what is beyond all floats becomes the largest that JSON can hold."""
    return math.exp(min(log_ratio, _LARGEST_LOG))


def hopeless(units: Sequence[Unit], question: Question) -> bool:
    """Whether more units are unlikely to find a difference: a reason to stop, never a verdict.

    At a full look, the interval is projected to the last look with the present spread. If it
    would still hold "no difference" though the mean lay one standard error further out, stopping
    now costs little power; and giving up can only turn a finding into "undecided", so the error
    rate stays what it was (non-binding futility: Jennison and Turnbull, Group Sequential Methods,
    2000, chapter 10).
    """
    schedule = question.schedule
    look = schedule.look_at(len(units))
    if question.anytime or look is None or look.large_only or len(units) >= schedule.units:
        return False
    differences = [unit.difference for unit in units if unit.difference is not None]
    if len(differences) < len(units):
        return False
    last = schedule.looks[-1]
    now = mean_interval(differences, schedule.confidence)
    level = 1 - schedule.alpha * last.share
    reach = student_quantile((1 + level) / 2, last.units - 1) * now.spread / math.sqrt(last.units)
    return abs(now.mean) + now.spread / math.sqrt(len(units)) < reach


def _decide(units: Sequence[Unit], question: Question, *, final: bool) -> _Decision:
    differences = [unit.difference for unit in units if unit.difference is not None]
    if not units:
        return _Decision("undecided", None, "no unit was measured")
    if len(differences) < len(units):
        return _Decision("undecided", None, _missing(units))
    exact = _exact(units, question)
    if exact is not None:
        return exact
    if question.anytime:
        return _decide_anytime(units, differences, question)
    look = question.schedule.look_at(len(units), final=final)
    if look is None:
        return _Decision("undecided", None, f"{len(units)} units are too few for a verdict")
    return _decide_at(look, units, differences, question, final=final)


def _missing(units: Sequence[Unit]) -> str:
    if any(unit.baseline is not None for unit in units):
        return "a figure was zero, so there is no ratio"
    return "this platform does not tell this figure"


def _exact(units: Sequence[Unit], question: Question) -> _Decision | None:
    """The verdict on counts that never vary, or None when they do."""
    first = units[0].difference
    if question.metric not in _COUNTED or len(units) < EXACT_UNITS or first is None:
        return None
    if not all(unit.exact and unit.difference == first for unit in units):
        return None
    interval = Interval(mean=first, low=first, high=first, spread=0.0)
    outcome = _outcome(interval, question)
    return _Decision(outcome, interval, "exact in every run", None if outcome == "same" else 0.0)


def _decide_at(
    look: Look,
    units: Sequence[Unit],
    differences: list[float],
    question: Question,
    *,
    final: bool,
) -> _Decision:
    schedule = question.schedule
    interval = schedule.interval(differences, look)
    decision = _by_interval(look, interval, len(units), question)
    if decision.outcome == "undecided" and not final:
        return decision
    controls = [unit.control for unit in units if unit.control is not None]
    if len(controls) == len(units) and _fires(schedule.interval(controls, look), look):
        percent = 100 * math.expm1(abs(math.fsum(controls) / len(controls)))
        reason = f"two copies of the same code differed by {percent:.1f} %: {_UNFIT}"
        return _Decision("void", interval, reason)
    return replace(decision, p_value=schedule.p_value(differences, look))


def _by_interval(look: Look, interval: Interval, units: int, question: Question) -> _Decision:
    if interval.spread == 0:
        reason = "all units gave exactly the same difference: the clock is too coarse to judge"
        return _Decision("undecided", None, reason)
    if look.large_only and not _fires(interval, look):
        return _Decision("undecided", interval, f"{units} units decide only effects above 10 %")
    outcome = _outcome(interval, question)
    return _Decision(outcome, interval, _WIDE if outcome == "undecided" else "")


def _fires(interval: Interval, look: Look) -> bool:
    """Whether a look finds a difference."""
    if interval.spread == 0 or not interval.excludes(0):
        return False
    return not look.large_only or abs(interval.mean) > LARGE_EFFECT


def _decide_anytime(
    units: Sequence[Unit], differences: list[float], question: Question
) -> _Decision:
    confidence = question.schedule.confidence
    interval = confidence_sequence(differences, confidence)
    if interval is None:
        return _Decision("undecided", None, "nothing is ruled out yet")
    controls = [unit.control for unit in units if unit.control is not None]
    control = confidence_sequence(controls, confidence) if len(controls) == len(units) else None
    if control is not None and control.excludes(0):
        return _Decision("void", interval, f"two copies of the same code differed: {_UNFIT}")
    outcome = _outcome(interval, question)
    return _Decision(outcome, interval, _WIDE if outcome == "undecided" else "")


def _outcome(interval: Interval, question: Question) -> Outcome:
    margin = question.margin
    if interval.inside(math.log(1 - margin), math.log1p(margin)):
        return "same"
    if not interval.excludes(0):
        return "undecided"
    better = interval.mean < 0
    names: tuple[Literal["smaller", "larger"], ...] | tuple[Literal["faster", "slower"], ...]
    names = ("smaller", "larger") if question.metric in _COUNTED else ("faster", "slower")
    return names[0] if better else names[1]


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _control_effect(units: Sequence[Unit]) -> float | None:
    controls = [unit.control for unit in units if unit.control is not None]
    return math.exp(math.fsum(controls) / len(controls)) if controls else None
