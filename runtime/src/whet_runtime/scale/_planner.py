"""The decision: the reactive floor, and what forecasts may add to it."""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import TYPE_CHECKING, Any

from whet_runtime.scale._forecast import Forecaster
from whet_runtime.scale._payoff import Payoff, PayoffGate
from whet_runtime.scale._reactive import ReactiveFloor
from whet_runtime.scale._records import Decision, Forecast, Sample
from whet_runtime.scale._settings import ScalerSettings, check

if TYPE_CHECKING:
    from whet_runtime.scale._settings import ForecastSettings

_EPSILON = 1e-9


class Planner:
    """Decides from samples; holds no thread, no clock and no target.

    The reactive floor always holds. A forecast may only add workers to it, and only while it is
    confident, asks for more than a share of the capacity, and has paid in the last days.
    """

    def __init__(self, settings: ScalerSettings | None = None) -> None:
        self.settings = check(settings or ScalerSettings())
        self.floor = ReactiveFloor(self.settings)
        foresight = self.settings.forecast
        self.foresight = None if foresight is None else Foresight(self.settings, foresight)
        self._wanted: int | None = None

    @property
    def wanted(self) -> int | None:
        """Workers that the last decision asked for; None before the first."""
        return self._wanted

    def decide(self, sample: Sample, *, asked: int = 0) -> Decision:
        """How many workers there should be.

        Args:
            sample: The present state.
            asked: Workers beyond the wanted ones that somebody needs now, whatever the metrics.
        """
        before = sample.workers if self._wanted is None else self._wanted
        wish = self.floor.decide(sample)
        wanted, reason, forecast = wish.workers, wish.reason, None
        if self.foresight is not None:
            load = _load(sample, self.settings.capacity)
            added = self.foresight.add(sample.at_s, load, wish.workers) if load is not None else 0
            forecast = self.foresight.forecaster.forecast()
            if added > wanted:
                wanted, reason = added, f"foreseen load, above the floor of {wanted}"
        if asked and before + asked > wanted:
            wanted = min(before + asked, self.settings.most)
            reason = f"{asked} more asked for by waiting tasks"
        self._wanted = wanted
        return Decision(sample.at_s, before, wanted, wish.workers, reason, forecast)

    def state(self) -> dict[str, Any]:
        """All that must survive a restart, as plain values."""
        foresight = None if self.foresight is None else self.foresight.state()
        return {"wanted": self._wanted, "floor": self.floor.state(), "foresight": foresight}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.floor.restore(state["floor"])
        if self.foresight is not None and state["foresight"] is not None:
            self.foresight.restore(state["foresight"])
        self._wanted = None if state["wanted"] is None else int(state["wanted"])


class Foresight:
    """Forecasts turned into workers, behind the gate."""

    def __init__(self, settings: ScalerSettings, forecast: ForecastSettings) -> None:
        self._settings = settings
        self._forecast = forecast
        self.forecaster = Forecaster(forecast, settings.capacity)
        self.gate = PayoffGate(forecast.lead_minutes * 60.0, forecast.window_days)
        self._wishes: deque[tuple[float, int]] = deque()

    def add(self, at_s: float, load: float, floor: int) -> int:
        """Workers that forecasts ask for now; 0 while they do not count."""
        self.forecaster.observe(at_s, load)
        self.gate.observe(at_s, load, self._settings.capacity)
        foreseen = self._held(at_s, self._workers(self.forecaster.forecast(), floor))
        self.gate.order(at_s, floor, foreseen)
        return foreseen if self.gate.pays else 0

    def payoff(self) -> Payoff:
        """What forecasts did in the last days."""
        return self.gate.payoff()

    def _workers(self, forecast: Forecast | None, floor: int) -> int:
        rules, settings = self._forecast, self._settings
        if forecast is None or forecast.needed_confidence <= rules.min_confidence:
            return 0
        if forecast.needed_load <= rules.fill * floor * settings.capacity:
            return 0
        return min(ceil(forecast.needed_load / settings.capacity - _EPSILON), settings.most)

    def _held(self, at_s: float, workers: int) -> int:
        """The most that was foreseen within the cool-down, so that wishes do not flutter."""
        self._wishes.append((at_s, workers))
        while self._wishes[0][0] <= at_s - self._settings.cooldown_s:
            self._wishes.popleft()
        return max(wish for _, wish in self._wishes)

    def state(self) -> dict[str, Any]:
        """All that must survive a restart, as plain values."""
        return {"forecaster": self.forecaster.state(), "gate": self.gate.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.forecaster.restore(state["forecaster"])
        self.gate.restore(state["gate"])


def _load(sample: Sample, capacity: float) -> float | None:
    if sample.load is not None:
        return sample.load
    cpu = sample.metrics.get("cpu")
    return None if cpu is None else cpu / 100.0 * sample.workers * capacity
