"""Group-sequential t: a test that may be looked at a few times, and no oftener.

Differences arrive one a unit (a process, or a block of whole runs). At planned numbers of units
the interval of their mean is computed; each look spends a fixed part of the error rate, so that
all looks together stay below it (Bonferroni over looks; the looks share data, which makes it
conservative). The interval of a look has coverage 1 - (its part), therefore the interval at
*whatever* look is the last covers with the full confidence (repeated confidence intervals:
Jennison and Turnbull, Journal of the Royal Statistical Society B 51 (1989), 305-361).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.stats.student import student_cdf, student_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

EARLY_UNITS = 4
"""Units at the early look, which decides only effects that nobody would doubt."""

_REFERENCE_ALPHA = 0.01


@dataclass(frozen=True)
class Look:
    """A planned look at the data.

    Attributes:
        units: Number of units at which it takes place.
        share: Part of the whole error rate that it spends, 0 to 1.
        large_only: It decides only effects above 10 %, and never at zero spread.
    """

    units: int
    share: float
    large_only: bool = False


@dataclass(frozen=True)
class Interval:
    """A mean with its bounds, on whatever scale the differences had."""

    mean: float
    low: float
    high: float
    spread: float  # standard deviation of the differences

    def excludes(self, value: float) -> bool:
        """Whether `value` lies outside the interval."""
        return not self.low <= value <= self.high

    def inside(self, low: float, high: float) -> bool:
        """Whether the whole interval lies strictly between two values."""
        return low < self.low and self.high < high


@dataclass(frozen=True)
class Schedule:
    """When to look, and what each look may spend.

    The default is 8, 16 and 24 units with .002, .003 and .005 of alpha .01, and an early look at
    4 units with .0005 that decides only large effects. The early look's share is taken from the
    slack that Bonferroni leaves (benchmarks/court_schedule.py measures the whole).
    """

    confidence: float = 0.99
    looks: tuple[Look, ...] = (
        Look(EARLY_UNITS, 0.0005 / _REFERENCE_ALPHA, large_only=True),
        Look(8, 0.002 / _REFERENCE_ALPHA),
        Look(16, 0.003 / _REFERENCE_ALPHA),
        Look(24, 0.005 / _REFERENCE_ALPHA),
    )

    @property
    def alpha(self) -> float:
        """The error rate of all looks together, 0 to 1."""
        return 1 - self.confidence

    @property
    def units(self) -> int:
        """Units at the last look."""
        return self.looks[-1].units

    @property
    def full_units(self) -> int:
        """Units at the first look that decides effects of any size."""
        return next(look.units for look in self.looks if not look.large_only)

    def look_at(self, units: int, *, final: bool = False) -> Look | None:
        """The look due at this number of units, or None.

        Args:
            units: Units so far.
            final: No more units will come (the budget is spent): the next planned look takes
                place now, with its own share; below 8 units it decides large effects only.
        """
        for look in self.looks:
            if look.units == units:
                return look
            if look.units > units:
                early = units >= EARLY_UNITS
                if final and early:
                    return Look(units, look.share, large_only=units < self.full_units)
                return None
        return Look(units, self.looks[-1].share) if final else None

    def interval(self, differences: Sequence[float], look: Look) -> Interval:
        """The interval of the mean at one look, at that look's own error rate."""
        return mean_interval(differences, 1 - self.alpha * look.share)

    def p_value(self, differences: Sequence[float], look: Look) -> float:
        """The smallest total error rate at which this look would have rejected "no difference".

        Holm over several verdicts takes these.
        """
        return min(1.0, two_sided_p(differences) / look.share)


def mean_interval(differences: Sequence[float], confidence: float) -> Interval:
    """Student's interval of the mean.

    Args:
        differences: At least two independent values.
        confidence: Between 0 and 1, both exclusive.
    """
    mean, spread = _mean_and_spread(differences)
    units = len(differences)
    reach = student_quantile((1 + confidence) / 2, units - 1) * spread / math.sqrt(units)
    return Interval(mean=mean, low=mean - reach, high=mean + reach, spread=spread)


def two_sided_p(differences: Sequence[float]) -> float:
    """The two-sided p value of Student's test of "the mean is 0"; 1 at zero spread."""
    mean, spread = _mean_and_spread(differences)
    if spread == 0:
        return 1.0
    units = len(differences)
    return 2 * student_cdf(-abs(mean) / (spread / math.sqrt(units)), units - 1)


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation; the latter exactly 0 when all values are equal."""
    if min(values) == max(values):
        return values[0], 0.0
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return mean, math.sqrt(squares / (len(values) - 1))
