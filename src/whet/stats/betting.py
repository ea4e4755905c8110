"""The anytime-valid confidence sequence: it may be looked at after every unit, for ever.

For a shift theta one bets on the sign of (difference - theta). If the differences are symmetric
about theta, the capital is a nonnegative martingale and exceeds 1/alpha at any time with
probability alpha at most (Ville). Shifts whose capital grew that large are ruled out.

Sources: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, Journal
of the Royal Statistical Society B 86 (2024), 1-27; Ville, Étude critique de la notion de collectif
(1939). Symmetry holds under "no difference" because the roles are drawn by coin.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from whet.stats.sequential import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

STAKES = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
"""Shares of the capital that are bet; the capital of all of them is averaged."""

BURN_IN = 4
"""Units that only set the scale."""


def confidence_sequence(differences: Sequence[float], confidence: float) -> Interval | None:
    """The shifts that are not ruled out after these units.

    Args:
        differences: One a unit, in the order of measurement.
        confidence: 0 to 1; holds for all times together.

    Returns:
        The interval; None while the scale is unknown (too few units, or no spread) or while
        nothing is ruled out on one of the sides.
    """
    bets = _bets(differences)
    if not bets:
        return None
    limit = math.log(2 / (1 - confidence))  # each side takes half of the error rate
    scale = max(scale for _, scale in bets)
    low = _bound(bets, limit, statistics.median(differences), scale, side=1)
    high = _bound(bets, limit, statistics.median(differences), scale, side=-1)
    if low is None or high is None or low > high:
        return None
    mean = math.fsum(differences) / len(differences)
    return Interval(mean=mean, low=low, high=high, spread=statistics.stdev(differences))


def _bets(differences: Sequence[float]) -> list[tuple[float, float]]:
    """(difference, scale known before it) for every unit that can be bet on."""
    bets = []
    for index in range(BURN_IN, len(differences)):
        earlier = differences[:index]
        center = statistics.median(earlier)
        scale = 1.4826 * statistics.median(abs(value - center) for value in earlier)
        if scale > 0:
            bets.append((differences[index], scale))
    return bets


def _log_capital(bets: Sequence[tuple[float, float]], shift: float, side: int) -> float:
    """Log of the mean capital of bets that the differences lie above (side 1) a shift."""
    outcomes = [
        max(-1.0, min(1.0, side * (difference - shift) / (2 * scale)))
        for difference, scale in bets
    ]
    logs = [math.fsum(math.log1p(stake * outcome) for outcome in outcomes) for stake in STAKES]
    largest = max(logs)
    return largest + math.log(math.fsum(math.exp(x - largest) for x in logs) / len(logs))


def _bound(
    bets: Sequence[tuple[float, float]], limit: float, center: float, scale: float, *, side: int
) -> float | None:
    """Where the capital falls below the limit: it is monotone in the shift."""
    far = center - side * 4 * scale
    for _ in range(60):
        if _log_capital(bets, far, side) >= limit:
            break
        far = center - (center - far) * 2
    else:
        return None
    near = center + side * 1024 * scale
    for _ in range(200):
        middle = (far + near) / 2
        if middle in (far, near):
            break
        if _log_capital(bets, middle, side) >= limit:
            far = middle
        else:
            near = middle
    return far
