"""Student's t distribution: its tail and its quantile.

The standard library knows the normal distribution only, and the court must work without numpy.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_TINY = 1e-300
_PRECISION = 1e-15
_MOST_TERMS = 10_000


def regularized_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b).

    Args:
        x: Between 0 and 1, both inclusive.
        a: Above 0.
        b: Above 0.

    Returns:
        Between 0 and 1; relative error about 1e-13 for a and b up to some thousands.

    Source: DLMF 8.17.22 (continued fraction), evaluated by the modified Lentz method
    (Press et al., Numerical Recipes, 3rd edition, section 6.4); the symmetry of DLMF 8.17.4 picks
    the side on which it converges quickly.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return min(1.0, front * _beta_fraction(x, a, b) / a)
    return max(0.0, 1 - front * _beta_fraction(1 - x, b, a) / b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of DLMF 8.17.22 without its front factor."""
    c = 1.0
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _away_from_zero(1 + even * d)
        c = _away_from_zero(1 + even / c)
        value *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _away_from_zero(1 + odd * d)
        c = _away_from_zero(1 + odd / c)
        value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def student_cdf(t: float, df: float) -> float:
    """The probability that Student's t with `df` degrees of freedom is at most `t`.

    Source: DLMF 8.17 with x = df / (df + t²); Abramowitz and Stegun 26.7.1. Near the middle the
    complement is computed, where df + t² would swallow t².
    """
    if t * t < df:
        middle = regularized_beta(t * t / (df + t * t), 0.5, df / 2) / 2
        return 0.5 - middle if t < 0 else 0.5 + middle
    tail = regularized_beta(df / (df + t * t), df / 2, 0.5) / 2
    return tail if t < 0 else 1 - tail


@lru_cache(maxsize=4096)
def student_quantile(p: float, df: float) -> float:
    """The value that Student's t stays below with probability `p`.

    Args:
        p: Between 0 and 1, both exclusive.
        df: Degrees of freedom, at least 1.

    Returns:
        The quantile, to about 12 digits.

    Raises:
        ValueError: `p` or `df` outside their range.
    """
    if not 0 < p < 1 or df < 1:
        msg = f"no t quantile for p={p}, df={df}"
        raise ValueError(msg)
    if p == 0.5:  # noqa: PLR2004 - the median of a symmetric distribution
        return 0.0
    if p > 0.5:  # noqa: PLR2004 - work in the lower tail, where no digits are lost
        return -_lower_quantile(1 - p, df)
    return _lower_quantile(p, df)


def _lower_quantile(p: float, df: float) -> float:
    """The quantile below the median, by doubling outwards and bisection."""
    low = NormalDist().inv_cdf(p)
    high = 0.0
    while student_cdf(low, df) > p:
        high, low = low, low * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if student_cdf(middle, df) > p:
            high = middle
        else:
            low = middle
    return (low + high) / 2
