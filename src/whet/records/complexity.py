"""How the cost of one function grows with the size of its input."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record

GrowthClass = Literal["1", "log n", "n", "n log n", "n^2", "n^3", "2^n"]


class ComplexityPoint(Record, frozen=True):
    """What one call took on inputs of one size."""

    size: int
    cpu_s: float  # least of some samples
    wall_s: float  # least of some samples
    noise: float  # of the CPU seconds: (median - least) / least
    peak_bytes: int | None = None  # allocated at once beyond the input; None: not followed
    held_bytes: int | None = None  # of these, left when the call is over: the result, caches


class GrowthEstimate(Record, frozen=True):
    """The empirical class of one cost, valid for the sizes that were measured."""

    metric: Literal["cpu_time", "wall_time", "peak_memory"]
    said: str  # such as "O(n log n)" or "undecided (n or n log n)"
    decided: GrowthClass | None  # None: undecided
    candidates: tuple[GrowthClass, ...] = ()  # what the costs allow, best first
    error: float | None = None  # root mean square of the relative residuals of the best class
    explained: float | None = None  # share of the variation of log(cost), up to 1
    exponent: float | None = None  # slope of log(cost) over log(size) among the largest sizes
    reason: str = ""  # why undecided
    since: float = 0.0  # smallest size that was looked at
    base: float | None = None  # of 2^n, which stands for all of c^n: the fitted c


class ComplexityProfile(Record, frozen=True):
    """Time and memory of one function over inputs of growing size."""

    target: str  # module:function
    inputs: str  # the generator, or where the inputs were scaled from
    points: tuple[ComplexityPoint, ...]
    time: GrowthEstimate | None = None  # None: nothing could be measured
    memory: GrowthEstimate | None = None  # same
    notes: tuple[str, ...] = ()
