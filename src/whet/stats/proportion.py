"""How sure a counted rate is."""

from __future__ import annotations

from whet.stats.student import regularized_beta


def proportion_bounds(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """One-sided lower and upper bounds of a rate, each valid at `confidence` on its own.

    Args:
        successes: How often it happened, 0 to `trials`.
        trials: Independent trials, at least 1.
        confidence: Between 0 and 1, both exclusive.

    Returns:
        The exact (Clopper-Pearson) lower and upper bound, 0 to 1.

    Raises:
        ValueError: Counts that cannot be.

    Source: Clopper and Pearson, Biometrika 26 (1934), 404-413.
    """
    if not 0 <= successes <= trials or trials < 1:
        msg = f"{successes} of {trials} is no proportion"
        raise ValueError(msg)
    alpha = 1 - confidence
    low = 0.0
    if successes:
        low = _solve_beta(alpha, successes, trials - successes + 1)
    high = 1.0
    if successes < trials:
        high = _solve_beta(confidence, successes + 1, trials - successes)
    return low, high


def _solve_beta(p: float, a: float, b: float) -> float:
    """The x with I_x(a, b) = p, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        if regularized_beta(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2
