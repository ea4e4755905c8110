"""The reactive floor: how many workers the present metrics ask for."""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from whet_runtime.scale._records import Sample
    from whet_runtime.scale._settings import ScalerSettings, Threshold

_MOST_GROWTH = 2.0  # a backlog alone at most doubles the workers in one decision
_EPSILON = 1e-9  # 8.000000001 workers are 8


class Wish(NamedTuple):
    """A number of workers and the reason for it."""

    workers: int
    reason: str


def proportional(sample: Sample, wanted: int, settings: ScalerSettings) -> Wish:
    """The workers at which each metric would stand at its threshold, the most of them.

    Source: the rule of Kubernetes' horizontal pod autoscaler, desired = ceil(current * metric /
    target) with a tolerance around the target.
    """
    wishes = [
        _one_proportional(sample, wanted, threshold, settings.tolerance)
        for threshold in settings.thresholds
        if threshold.metric in sample.metrics
    ]
    return max(wishes, default=Wish(wanted, "no metric"), key=lambda wish: wish.workers)


def _one_proportional(sample: Sample, wanted: int, threshold: Threshold, tolerance: float) -> Wish:
    value = sample.metrics[threshold.metric]
    name = threshold.metric
    if threshold.shared:
        exact = sample.workers * value / threshold.up
        if wanted and abs(exact / wanted - 1.0) <= tolerance:
            return Wish(wanted, f"{name} {value:g} is near {threshold.up:g}")
        return Wish(ceil(exact - _EPSILON), f"{name} {value:g} against {threshold.up:g}")
    if value > threshold.up:
        growth = min(value / threshold.up, _MOST_GROWTH)
        return Wish(ceil(max(wanted, 1) * growth), f"{name} {value:g} above {threshold.up:g}")
    if value < threshold.down:
        return Wish(0, f"{name} {value:g} below {threshold.down:g}")
    return Wish(wanted, f"{name} {value:g} within its band")


def stepwise(sample: Sample, wanted: int, settings: ScalerSettings) -> Wish:
    """One step up when any metric is above its threshold, one down when all are below theirs."""
    known = [t for t in settings.thresholds if t.metric in sample.metrics]
    for threshold in known:
        value = sample.metrics[threshold.metric]
        if value > threshold.up:
            reason = f"{threshold.metric} {value:g} above {threshold.up:g}"
            return Wish(wanted + settings.step, reason)
    if known and all(sample.metrics[t.metric] < t.down for t in known):
        return Wish(wanted - settings.step, "every metric below its lower threshold")
    return Wish(wanted, "within the thresholds")


class ReactiveFloor:
    """Wishes made steady: bounds, cool-down, and reduction only after a calm time."""

    def __init__(self, settings: ScalerSettings) -> None:
        self._settings = settings
        self._wishes: deque[tuple[float, int]] = deque()
        self.changed_s: float | None = None
        self.wanted: int | None = None

    def decide(self, sample: Sample) -> Wish:
        """How many workers there should be at least."""
        settings = self._settings
        now_s = sample.at_s
        if self.changed_s is not None and now_s < self.changed_s:  # the calendar went back
            self.changed_s = None
            self._wishes.clear()
        wanted = sample.workers if self.wanted is None else self.wanted
        rule = proportional if settings.rule == "proportional" else stepwise
        wish = rule(sample, wanted, settings)
        workers, reason = self._steady(now_s, wish.workers, wanted, wish.reason)
        if workers > wanted or (workers != wanted and settings.rule == "step"):
            self.changed_s = now_s
        self.wanted = workers
        return Wish(workers, reason)

    def _steady(self, now_s: float, wish: int, wanted: int, reason: str) -> tuple[int, str]:
        settings = self._settings
        bounded = min(max(wish, settings.least), settings.most)
        if bounded != wish:
            reason += f", within {settings.least} to {settings.most}"
        self._wishes.append((now_s, bounded))
        while len(self._wishes) > 1 and self._wishes[0][0] <= now_s - settings.stabilization_s:
            self._wishes.popleft()
        cooling = self.changed_s is not None and now_s - self.changed_s < settings.cooldown_s
        stepwise_rule = settings.rule == "step"
        inside = settings.least <= wanted <= settings.most
        if cooling and inside and (stepwise_rule or bounded < wanted):
            return wanted, f"{reason}; cooling down"
        if bounded < wanted and not stepwise_rule:
            held = max(workers for _, workers in self._wishes)
            return min(held, wanted), reason if held < wanted else f"{reason}; not for long yet"
        return bounded, reason

    def state(self) -> dict[str, object]:
        """What must survive a restart, as plain values."""
        return {"wanted": self.wanted, "changed_s": self.changed_s, "wishes": list(self._wishes)}

    def restore(self, state: dict[str, object]) -> None:
        """Take over what `state` gave."""
        wanted, changed_s, wishes = state["wanted"], state["changed_s"], state["wishes"]
        if not isinstance(wishes, list):
            raise TypeError("wishes is no list")
        self._wishes = deque((float(at_s), int(workers)) for at_s, workers in wishes)
        self.wanted = None if wanted is None else int(str(wanted))
        self.changed_s = None if changed_s is None else float(str(changed_s))
