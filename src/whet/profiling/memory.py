"""Memory throughout a run: the resident size of the process tree over time."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from whet.errors import InstrumentError
from whet.profiling._rig import cost
from whet.records import MemoryProfile
from whet.workloads import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.profiling._rig import Rig
    from whet.records import InstrumentCost, RunOutcome

_POINTS_KEPT = 400
_POINTS_FOR_SLOPE = 120  # 7,140 pairs
_LEAST_POINTS = 8
_LEAST_SPAN_S = 0.25
_LEAST_BYTES = 250_000  # a process that has not yet begun its program is smaller
_STARTED_S = 0.02
_START_UP_SHARE = 0.2  # interpreter and imports grow memory once; that is no growth of the work
_LEAK_REPETITIONS = 8

Series = tuple[tuple[float, int], ...]


class MemoryMeasured(NamedTuple):
    """A memory profile and what it cost."""

    profile: MemoryProfile
    cost: InstrumentCost


def measure(
    rig: Rig, plain: RunOutcome, *, interval_s: float = 0.01, budget_s: float = 8.0
) -> MemoryMeasured:
    """Follows the memory of one run, and of a repeated one where the workload can be repeated.

    Args:
        rig: Runs the workload.
        plain: Its run without instruments.
        interval_s: Between two samples.
        budget_s: Seconds that looking for leaks may take.

    Raises:
        InstrumentError: The run ended before the first sample.
    """
    meter = Meter(interval_s)
    outcome = rig.plain(meter=meter)
    series = tuple(point for point in meter.series if point[1] >= _LEAST_BYTES)
    if not series:
        raise InstrumentError("memory", "the run ended before its memory could be read")
    profile = profile_of(series, interval_s)
    profile = msgspec.structs.replace(
        profile,
        # Samples may miss a short peak; the kernel does not, but knows it of one process only.
        peak_bytes=max(profile.peak_bytes, outcome.peak_bytes or 0),
        leak_bytes_per_repetition=_leak(rig, plain, budget_s),
    )
    return MemoryMeasured(profile, cost("memory", outcome, plain))


def profile_of(series: Series, interval_s: float) -> MemoryProfile:
    """A memory profile from samples of the resident size; at least one."""
    return MemoryProfile(
        peak_bytes=max(size for _, size in series),
        average_bytes=average_bytes(series),
        growth_bytes_per_s=growth_bytes_per_s(series),
        start_bytes=_start_bytes(series),
        end_bytes=series[-1][1],
        interval_s=interval_s,
        series=thinned(series, _POINTS_KEPT),
    )


def _start_bytes(series: Series) -> int:
    """The first sample in which the program is an interpreter, not what starts it."""
    return next((size for at, size in series if at >= _STARTED_S), series[0][1])


def average_bytes(series: Series) -> int:
    """The mean over time; each sample stands until the next."""
    span = series[-1][0] - series[0][0]
    if span <= 0:
        return series[0][1]
    area = sum(size * (after - at) for (at, size), (after, _) in pairwise(series))
    return int(area / span)


def growth_bytes_per_s(series: Series) -> float | None:
    """The Theil-Sen slope after start-up: the median slope over all pairs of samples.

    Source: P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63
    (1968). Up to 29 % of the samples may be arbitrary (short peaks) without moving it far.

    Returns:
        Bytes a second; None for fewer than eight samples or less than a quarter of a second.
    """
    if not series:
        return None
    begin = series[0][0] + _START_UP_SHARE * (series[-1][0] - series[0][0])
    points = [point for point in series if point[0] >= begin]
    if len(points) < _LEAST_POINTS or points[-1][0] - points[0][0] < _LEAST_SPAN_S:
        return None
    return slope(thinned(tuple(points), _POINTS_FOR_SLOPE))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The median slope over all pairs of points with different abscissas."""
    slopes = [
        (y2 - y1) / (x2 - x1)
        for index, (x1, y1) in enumerate(points)
        for x2, y2 in points[index + 1 :]
        if x2 != x1
    ]
    return median(slopes) if slopes else 0.0


def thinned(series: Series, most: int) -> Series:
    """At most about so many samples: the ends, and the peak of each stretch."""
    if len(series) <= most:
        return series
    width = -(-len(series) // (most - 2))
    inner = series[1:-1]
    stretches = [inner[at : at + width] for at in range(0, len(inner), width)]
    peaks = [max(stretch, key=lambda point: point[1]) for stretch in stretches]
    return (series[0], *peaks, series[-1])


def _leak(rig: Rig, plain: RunOutcome, budget_s: float) -> float | None:
    """Bytes that stay with every repetition within one process; None where it cannot be told.

    Only a callable is repeated within one process. The run is compared over its repetitions, the
    first quarter left out: caches and arenas fill there once.
    """
    workload = rig.bare.workload
    if workload.kind != "callable":
        return None
    repetitions = max(workload.repetitions, _LEAK_REPETITIONS)
    if plain.wall_s * repetitions / workload.repetitions > budget_s:
        return None
    meter = Meter(0.005)
    rig.plain(meter=meter, repetitions=repetitions)
    series = meter.series
    growth = growth_bytes_per_s(series)
    if growth is None:
        return None
    return growth * (series[-1][0] - series[0][0]) / repetitions
