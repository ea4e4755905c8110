"""How an autoscaler works; every value checked once, none repaired."""

from __future__ import annotations

from typing import NamedTuple

from whet_runtime.errors import MisuseError


class Threshold(NamedTuple):
    """When a metric calls for more workers or allows fewer.

    Args:
        metric: Name in the samples.
        up: Value above which more are needed; the proportional rule aims at it.
        down: Value below which fewer may do, below `up`.
        shared: The workers share what is measured, so that it falls as they become more (CPU in
            percent). A backlog is not shared: it says that more are needed, not how many.
    """

    metric: str
    up: float
    down: float
    shared: bool = True


DEFAULT_THRESHOLDS = (
    Threshold("cpu", 80.0, 30.0),
    Threshold("memory", 85.0, 40.0),
    Threshold("queue", 50.0, 10.0, shared=False),
    Threshold("busy", 80.0, 30.0),  # slots in use: what shows the load of tasks that wait
)


class ForecastSettings(NamedTuple):
    """How load is foreseen and when that counts.

    Args:
        horizon_minutes: How far ahead the reported forecast looks.
        lead_minutes: Minutes until a new worker is ready.
        hold_minutes: Minutes from then on for which the highest load is foreseen.
        quantile: Share of the recent loads that stayed below their forecast and margin.
        min_samples: Minutes of history below which nothing is foreseen.
        min_confidence: Confidence above which a forecast counts.
        fill: Share of capacity above which a foreseen load asks for workers.
        window_days: Days in which forecasts must have paid, else they do not count.
    """

    horizon_minutes: int = 30
    lead_minutes: int = 5
    hold_minutes: int = 5
    quantile: float = 0.97
    min_samples: int = 100
    min_confidence: float = 0.8
    fill: float = 0.8
    window_days: float = 7.0


class ScalerSettings(NamedTuple):
    """How an autoscaler decides.

    Args:
        least: Fewest workers.
        most: Most workers.
        capacity: Load that one worker can do, in the unit of the samples' load.
        thresholds: When metrics call for a change.
        rule: "proportional" sizes by how far a metric is from its threshold; "step" changes by
            `step` workers.
        step: Workers of one change of the step rule.
        cooldown_s: Seconds in which the proportional rule does not reduce workers after it added
            some, and the step rule changes nothing after a change.
        tolerance: Relative distance from the threshold at which the proportional rule stays.
        stabilization_s: Workers are reduced only to the most that was wanted in this time.
        forecast: None reacts only.
    """

    least: int = 1
    most: int = 100
    capacity: float = 1.0
    thresholds: tuple[Threshold, ...] = DEFAULT_THRESHOLDS
    rule: str = "proportional"
    step: int = 1
    cooldown_s: float = 300.0
    tolerance: float = 0.1
    stabilization_s: float = 300.0
    forecast: ForecastSettings | None = ForecastSettings()


def check(settings: ScalerSettings) -> ScalerSettings:
    """The same settings.

    Raises:
        MisuseError: A value that can never work.
    """
    s = settings
    _refuse(not 0 <= s.least <= s.most, "least, most", (s.least, s.most), "0 <= least <= most")
    _refuse(not s.capacity > 0, "capacity", s.capacity, "a load above 0")
    _refuse(s.rule not in {"proportional", "step"}, "rule", s.rule, "'proportional' or 'step'")
    _refuse(s.step < 1, "step", s.step, "at least 1")
    _refuse(min(s.cooldown_s, s.stabilization_s) < 0, "times", s, "seconds from 0 on")
    _refuse(not 0 <= s.tolerance < 1, "tolerance", s.tolerance, "a share from 0 to below 1")
    _refuse(not s.thresholds, "thresholds", s.thresholds, "at least one")
    for threshold in s.thresholds:
        _refuse(not 0 <= threshold.down < threshold.up, "threshold", threshold, "0 <= down < up")
    names = [threshold.metric for threshold in s.thresholds]
    _refuse(len({*names}) < len(names), "thresholds", names, "each metric once")
    if s.forecast is not None:
        _check_forecast(s.forecast)
    return settings


def _check_forecast(f: ForecastSettings) -> None:
    times = (f.horizon_minutes, f.lead_minutes, f.hold_minutes)
    _refuse(min(times) < 1 or max(times) > 24 * 60, "forecast minutes", times, "1 to 1440")
    reach = f.lead_minutes + f.hold_minutes
    _refuse(reach > 24 * 60, "lead_minutes, hold_minutes", reach, "a day in all at most")
    for name in ("quantile", "min_confidence", "fill"):
        share = getattr(f, name)
        _refuse(not 0 < share < 1, name, share, "a share between 0 and 1")
    _refuse(f.min_samples < 2 * max(times), "min_samples", f.min_samples, "twice the horizon")
    _refuse(not f.window_days > 0, "window_days", f.window_days, "days above 0")


def _refuse(wrong: bool, name: str, value: object, right: str) -> None:  # noqa: FBT001 - reads as a sentence
    if wrong:
        raise MisuseError(f"{name}={value!r}", "this can never work", f"Give {right}")
