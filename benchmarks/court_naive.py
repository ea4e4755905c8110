"""What the usual procedures say of the same samples: Welch, Mann-Whitney, minimum-of-N."""

from __future__ import annotations

import math
from statistics import NormalDist, fmean, variance
from typing import TYPE_CHECKING

from whet.stats import student_cdf

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMES = tuple(
    f"{name}, {form}"
    for form in ("pooled", "blocks")
    for name in ("Welch p<.01", "Mann-Whitney p<.01", "minimum >2 %", "minimum >5 %")
)


_ALPHA = 0.01


def judge_naively(processes: Sequence[dict[str, list[float]]], *, blocks: bool) -> dict[str, bool]:
    """Whether each scheme sees a difference.

    Args:
        processes: Samples of "a" and "b" in CPU seconds, a mapping a process.
        blocks: Judge the first process's samples of A against the second's of B, too.
    """
    pooled_a = [value for process in processes for value in process["a"]]
    pooled_b = [value for process in processes for value in process["b"]]
    answers: dict[str, bool] = {}
    if _enough(pooled_a, pooled_b):
        answers |= dict(zip(SCHEMES[:4], _alarms(pooled_a, pooled_b), strict=True))
    if blocks and len(processes) > 1 and _enough(processes[0]["a"], processes[1]["b"]):
        alarms = _alarms(processes[0]["a"], processes[1]["b"])
        answers |= dict(zip(SCHEMES[4:], alarms, strict=True))
    return answers


def _enough(a: Sequence[float], b: Sequence[float]) -> bool:
    return min(len(a), len(b)) > 1 and min(*a, *b) > 0


def _alarms(a: Sequence[float], b: Sequence[float]) -> tuple[bool, ...]:
    ratio = abs(math.log(min(b) / min(a)))
    return (
        welch_p(a, b) < _ALPHA,
        mann_whitney_p(a, b) < _ALPHA,
        ratio > math.log(1.02),
        ratio > math.log(1.05),
    )


def welch_p(a: Sequence[float], b: Sequence[float]) -> float:
    """The two-sided p value of Welch's t-test (Welch, Biometrika 34 (1947), 28-35)."""
    part_a, part_b = variance(a) / len(a), variance(b) / len(b)
    error = part_a + part_b
    if error == 0:
        return 1.0
    df = error**2 / (part_a**2 / (len(a) - 1) + part_b**2 / (len(b) - 1))
    return 2 * student_cdf(-abs(fmean(a) - fmean(b)) / math.sqrt(error), df)


def mann_whitney_p(a: Sequence[float], b: Sequence[float]) -> float:
    """The two-sided p value of the Mann-Whitney test, normal approximation without ties."""
    ranked = sorted([(value, 0) for value in a] + [(value, 1) for value in b])
    ranks = sum(rank for rank, (_, side) in enumerate(ranked, 1) if side == 0)
    u = ranks - len(a) * (len(a) + 1) / 2
    mean = len(a) * len(b) / 2
    spread = math.sqrt(len(a) * len(b) * (len(a) + len(b) + 1) / 12)
    return 2 * NormalDist().cdf(-abs(u - mean) / spread)
