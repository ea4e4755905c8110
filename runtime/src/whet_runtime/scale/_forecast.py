"""The mix of models for one window, weighted by what each has missed, and its own margin."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.scale._history import MINUTES_A_DAY, History, Window
from whet_runtime.scale._models import MODELS, Ridge, foresee
from whet_runtime.scale._records import Forecast

if TYPE_CHECKING:
    from whet_runtime.scale._settings import ForecastSettings

_FADE = 0.5 ** (1 / 720)  # an error counts half after twelve hours
_QUICK = 0.5 ** (1 / 10)  # and half after ten minutes in the present roughness
_SHARPNESS = 4.0  # weight of a model is its error to this power, inverted
_LEAST_ERROR = 1e-3
_MARGIN_MINUTES = 3 * MINUTES_A_DAY  # own errors behind the margin
_LEAST_SCORED = 60  # scored forecasts below which there is no confidence
_AROUND = 15  # minutes around the same time yesterday


class _Open(NamedTuple):
    """A forecast whose window is not over."""

    clock: int
    told: dict[str, float]
    mixed: float
    roughness: float


class _Margin:
    """How far loads come above what is foreseen, in units of the roughness of the time.

    Errors are not alike at all hours: the unit is the mean of the absolute errors of the last ten
    minutes, of the last half day, and of the same time yesterday.
    """

    def __init__(self) -> None:
        self._missed: deque[float] = deque(maxlen=MINUTES_A_DAY)
        self._units: deque[float] = deque()
        self._sorted: list[float] = []
        self._quick = 0.0
        self._slow = 0.0

    def roughness(self) -> float:
        """The present unit."""
        yesterday = self._slow
        if len(self._missed) == MINUTES_A_DAY:
            around = [self._missed[minute] for minute in range(0, 2 * _AROUND, 3)]
            yesterday = sum(around) / len(around)
        return max((self._quick + self._slow + yesterday) / 3.0, _LEAST_ERROR)

    def learn(self, error: float, roughness: float) -> None:
        """Take in by how much a load came above what was foreseen, and the unit of then."""
        missed = abs(error)
        first = not self._units
        self._quick = missed if first else self._quick * _QUICK + missed * (1 - _QUICK)
        self._slow = missed if first else self._slow * _FADE + missed * (1 - _FADE)
        self._missed.append(missed)
        self._add(error / roughness)

    def _add(self, units: float) -> None:
        self._units.append(units)
        insort(self._sorted, units)
        if len(self._units) > _MARGIN_MINUTES:
            del self._sorted[bisect_left(self._sorted, self._units.popleft())]

    def above(self, quantile: float) -> float:
        """The log margin that was enough for that share of the forecasts."""
        if not self._sorted:
            return 0.0
        units = self._sorted[int(quantile * (len(self._sorted) - 1))]
        return units * self.roughness()

    def state(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return {
            "quick": self._quick,
            "slow": self._slow,
            "missed": [float(f"{value:.4g}") for value in self._missed],
            "units": [float(f"{value:.4g}") for value in self._units],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self._quick, self._slow = float(state["quick"]), float(state["slow"])
        self._missed = deque(map(float, state["missed"]), maxlen=MINUTES_A_DAY)
        self._units = deque(map(float, state["units"][-_MARGIN_MINUTES:]))
        self._sorted = sorted(self._units)


class WindowForecaster:
    """Foresees the highest load of one window.

    Every minute each model's forecast is kept until its window is over and then scored. The mix
    weights models by the inverse of their recent errors; the margin is a quantile of the mix's own
    errors, so that it holds what it promises on this very load, whatever its distribution.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.errors: dict[str, list[float]] = {name: [0.0, 0.0] for name in MODELS}
        self.scored = 0
        self.mixed: float | None = None  # the log of what is foreseen now
        self._ridge = Ridge(window)
        self._open: deque[_Open] = deque()
        self._margin = _Margin()
        self._missed = 0.0  # faded sum of absolute errors, and of the loads that came
        self._came = 0.0

    def advance(self, history: History, clock: int, elapsed: int) -> None:
        """Score what is over and foresee anew.

        Args:
            history: The load.
            clock: Number of the minute after the last complete one.
            elapsed: Minutes since the last call.
        """
        while self._open and self._open[0].clock + self.window.reach <= clock:
            made = self._open.popleft()
            at = history.end - (clock - made.clock)
            if at >= history.begin:
                self._score(made, float(history.peaks[self.window][at]))
        told = foresee(history, self.window, self._ridge, elapsed)
        weights = {name: self._weight(name) for name in told}
        self.mixed = sum(weights[name] * told[name] for name in told) / sum(weights.values())
        self._open.append(_Open(clock, told, self.mixed, self._margin.roughness()))

    def confidence(self) -> float:
        """One minus the absolute error of recent forecasts over the load that came, 0 to 1."""
        if self.scored < _LEAST_SCORED or self._came <= 0:
            return 0.0
        return max(1.0 - self._missed / self._came, 0.0)

    def expected(self) -> float:
        """The highest load of the window, without margin."""
        return exp(self.mixed) if self.mixed is not None else 0.0

    def upper(self, quantile: float) -> float:
        """The load below which that share of the windows stayed, given the recent errors."""
        return self.expected() * exp(self._margin.above(quantile))

    def _score(self, made: _Open, came: float) -> None:
        for name, value in made.told.items():
            error = self.errors[name]
            error[0] = error[0] * _FADE + abs(value - came)
            error[1] = error[1] * _FADE + 1.0
        self._margin.learn(came - made.mixed, made.roughness)
        self._missed = self._missed * _FADE + abs(exp(came) - exp(made.mixed))
        self._came = self._came * _FADE + exp(came)
        self.scored += 1

    def _weight(self, name: str) -> float:
        total, count = self.errors[name]
        if count:
            mean = total / count
        else:  # as bad as the worst until it has been scored
            mean = max((e[0] / e[1] for e in self.errors.values() if e[1]), default=1.0)
        return float(max(mean, _LEAST_ERROR) ** -_SHARPNESS)

    def state(self) -> dict[str, Any]:
        """What was learned, as plain values; open forecasts are not kept."""
        return {
            "errors": self.errors,
            "margin": self._margin.state(),
            "missed": self._missed,
            "came": self._came,
            "scored": self.scored,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        pairs = {name: state["errors"][name] for name in MODELS}
        self.errors = {name: [float(pair[0]), float(pair[1])] for name, pair in pairs.items()}
        self._margin.restore(state["margin"])
        self._missed, self._came = float(state["missed"]), float(state["came"])
        self.scored = int(state["scored"])
        self._open.clear()
        self.mixed = None


class Forecaster:
    """Foresees load at the horizon, and the highest load that a decision of now must bear."""

    def __init__(self, settings: ForecastSettings, unit: float = 1.0) -> None:
        self.settings = settings
        needed = Window(settings.lead_minutes, settings.hold_minutes)
        horizon = Window(settings.horizon_minutes - 1, 1)
        self.history = History((needed, horizon), unit)
        self.needed = WindowForecaster(needed)
        self.horizon = WindowForecaster(horizon)

    def observe(self, at_s: float, load: float) -> None:
        """Take in the present load."""
        passed = self.history.add(at_s, load)
        if not passed or len(self.history) < self.settings.min_samples:
            return
        clock = self.history.minute or 0
        for window in (self.needed, self.horizon):
            window.advance(self.history, clock, passed)

    def forecast(self) -> Forecast | None:
        """What is foreseen; None without enough samples."""
        if len(self.history) < self.settings.min_samples or self.needed.mixed is None:
            return None
        return Forecast(
            predicted_load=self.horizon.expected(),
            confidence=self.horizon.confidence(),
            horizon_minutes=self.settings.horizon_minutes,
            needed_load=self.needed.upper(self.settings.quantile),
            needed_confidence=self.needed.confidence(),
        )

    def state(self) -> dict[str, Any]:
        """History and what was learned, as plain values."""
        return {
            "history": self.history.state(),
            "needed": self.needed.state(),
            "horizon": self.horizon.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.history.restore(state["history"])
        self.needed.restore(state["needed"])
        self.horizon.restore(state["horizon"])
