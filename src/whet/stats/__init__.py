"""Numbers in, answer out: the arithmetic of the court. Standard library only."""

from whet.stats.betting import confidence_sequence
from whet.stats.complexity import Growth, estimate_growth
from whet.stats.multiple import holm
from whet.stats.proportion import proportion_bounds
from whet.stats.sequential import Interval, Look, Schedule, mean_interval, two_sided_p
from whet.stats.student import regularized_beta, student_cdf, student_quantile

__all__ = [
    "Growth",
    "Interval",
    "Look",
    "Schedule",
    "confidence_sequence",
    "estimate_growth",
    "holm",
    "mean_interval",
    "proportion_bounds",
    "regularized_beta",
    "student_cdf",
    "student_quantile",
    "two_sided_p",
]
