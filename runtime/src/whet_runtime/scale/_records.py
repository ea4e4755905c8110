"""What the autoscaler sees, foresees and decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Sample(NamedTuple):
    """A look at the workers at one moment.

    Args:
        at_s: Seconds since 1970; the time of day and the day of the week count in forecasts.
        workers: Workers that are ready.
        metrics: Values by name: "cpu" and "memory" in percent of what the workers have, "queue" in
            waiting tasks, others as their thresholds say.
        load: Work that is asked for, in the unit of `ScalerSettings.capacity`. None takes the CPU
            percentage times workers, which cannot show more than the workers can do.
    """

    at_s: float
    workers: int
    metrics: Mapping[str, float]
    load: float | None = None


class Forecast(NamedTuple):
    """What load is to come.

    Args:
        predicted_load: At the horizon, in the unit of the samples' load.
        confidence: Accuracy of the recent forecasts for this horizon, 0 to 1: one minus their
            absolute error over the load that came.
        horizon_minutes: How far ahead.
        needed_load: Upper quantile of the highest load in the time for which a decision of now
            matters: from when a new worker would be ready.
        needed_confidence: Accuracy of the recent forecasts of that highest load, 0 to 1.
    """

    predicted_load: float
    confidence: float
    horizon_minutes: int
    needed_load: float
    needed_confidence: float


class Decision(NamedTuple):
    """How many workers there should be, and why.

    Args:
        at_s: When, in seconds since 1970.
        before: Workers that were wanted until now.
        wanted: Workers that are wanted from now on.
        floor: Workers that the reactive rule asks for.
        reason: The metric, forecast or bound that decided, in words.
        forecast: What was foreseen; None without enough samples.
        applied: Whether the target was told; never in a dry run.
    """

    at_s: float
    before: int
    wanted: int
    floor: int
    reason: str
    forecast: Forecast | None
    applied: bool = False
