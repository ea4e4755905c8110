"""What one process found out about two versions of a function: medians over its pairs."""

from __future__ import annotations

import math

TYPE_CHECKING = False  # typing costs ten milliseconds in every process of a trial
if TYPE_CHECKING:
    from typing import Dict, List, Tuple

    Times = Tuple[float, float]
    Pairs = Dict[str, List[Tuple[Times, Times]]]

PRECISE = 0.0075
"""Standard error of the median of log(B / A) at which a process has told what it can: the memory
layout, drawn once a process, moves the result by 0.4 to 2 % (measured on four light workloads), so
that another process tells more than further pairs of this one."""


def median(values: List[float]) -> float:
    """The middle value; the statistics module costs fifteen milliseconds."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def precise(pairs: Pairs) -> bool:
    """Whether more pairs would tell little: the standard error of the median is small.

    Looks at the spread only, never at which side is ahead, so stopping here favors none.
    """
    ratios = [math.log(b[0] / a[0]) if a[0] > 0 < b[0] else 0.0 for a, b in pairs["b"]]
    center = median(ratios)
    spread = 1.4826 * median([abs(ratio - center) for ratio in ratios])
    return 1.2533 * spread / math.sqrt(len(ratios)) < PRECISE


def summary(pairs: Pairs, sign: int, clock: int) -> dict[str, float | None]:
    """Medians of one clock (0 CPU, 1 wall) over the pairs of this process."""
    main = [(a[clock], b[clock]) for a, b in pairs["b"]]
    control = [(a[clock], b[clock]) for a, b in pairs["a2"]]
    if min(min(pair) for pair in main + control) <= 0:
        return {"difference": None, "control": None, "baseline": 0.0, "candidate": 0.0}
    return {
        "difference": median([math.log(b / a) for a, b in main]),
        "control": sign * median([math.log(b / a) for a, b in control]),
        "baseline": median([a for a, _ in main]),
        "candidate": median([b for _, b in main]),
    }
