"""The models of the mix: each foresees the highest load of a coming window.

All work on logarithms relative to the present level, so that growth and daily shape carry over
when the level changes. A model that cannot say anything yet gives None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet_runtime.scale._history import MINUTES_A_DAY, load_numpy

if TYPE_CHECKING:
    from whet_runtime.scale._history import History, Window

WEEK = 7 * MINUTES_A_DAY
LEVEL = 5  # minutes of the present level
_TREND = 30  # minutes a trend is fitted on
_DAMPING = 0.5  # share of the trend that is believed
_RIDGE = 3.0  # penalty, in rows of unit variance
_REFIT = 60  # minutes between fits
_ROWS_EVERY = 5  # minutes between rows of a fit
_FIT_DAYS = 10
_LEAST_ROWS = 200
_BEFORE = 60  # minutes that a row looks back at each place
_LARGEST = 3.0  # no model foresees more than e**3 = 20 times the level
MODELS = ("naive", "trend", "day", "week", "ridge")


def naive(history: History) -> float:
    """The highest load of the last minutes stays."""
    return float(history.logs[max(history.end - LEVEL, history.begin) : history.end].max())


def trend(history: History, window: Window) -> float:
    """The difference between the two last quarters of an hour goes on, by half."""
    end, half = history.end, _TREND // 2
    slope = (history.level(end, half) - history.level(end - half, half)) / half
    return history.level(end, LEVEL) + _DAMPING * slope * (window.reach + LEVEL / 2)


def as_before(history: History, window: Window, lag: int) -> float | None:
    """What came a lag ago after the level of then, from the level of now."""
    then = history.end - lag
    if then - LEVEL < history.begin:
        return None
    growth = float(history.peaks[window][then]) - history.level(then, LEVEL)
    return history.level(history.end, LEVEL) + growth


class Ridge:
    """Regularized regression of the coming growth on recent slopes and on what came before.

    Fitted anew every hour on the last ten days.
    """

    def __init__(self, window: Window) -> None:
        self._np = load_numpy()
        self._window = window
        self._age = _REFIT
        self._weights: Any = None
        self._mean: Any = None
        self._scale: Any = None

    def forecast(self, history: History, elapsed: int) -> float | None:
        """The foreseen highest log load, after `elapsed` more minutes of history."""
        self._age += elapsed
        if self._age >= _REFIT:
            self._age = 0
            self._fit(history)
        if self._weights is None:
            return None
        rows, now = self._rows(history, self._np.array([history.end]))
        growth = ((rows - self._mean) / self._scale) @ self._weights[1:] + self._weights[0]
        return float(now[0] + growth[0])

    def _fit(self, history: History) -> None:
        np, window = self._np, self._window
        oldest = history.begin + MINUTES_A_DAY + _BEFORE
        begin = max(oldest, history.end - _FIT_DAYS * MINUTES_A_DAY)
        at = np.arange(begin, history.end - window.reach, _ROWS_EVERY)
        if len(at) < _LEAST_ROWS:
            self._weights = None
            return
        rows, now = self._rows(history, at)
        self._mean, self._scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        x = np.column_stack([np.ones(len(at)), (rows - self._mean) / self._scale])
        penalty = _RIDGE * np.eye(x.shape[1])
        penalty[0, 0] = 0.0
        growth = history.peaks[window][at] - now
        self._weights = np.linalg.solve(x.T @ x + penalty, x.T @ growth)

    def _rows(self, history: History, at: Any) -> tuple[Any, Any]:
        """Slopes and growth of now, of the last two days and the last week; and the level."""
        np, sums, peaks = self._np, history.sums, history.peaks[self._window]
        sums_now = sums[at]
        now = (sums_now - sums[at - LEVEL]) / LEVEL
        columns = [now - history.logs[at - 1]]
        columns += [now - (sums_now - sums[at - m]) / m for m in (15, 30, _BEFORE)]
        oldest = history.begin + _BEFORE
        for lag in (MINUTES_A_DAY, 2 * MINUTES_A_DAY, WEEK):
            known = at - lag >= oldest
            then = np.where(known, at - lag, oldest)
            sums_then = sums[then]
            before = (sums_then - sums[then - LEVEL]) / LEVEL
            slope = before - (sums_then - sums[then - 30]) / 30
            columns += [known * column for column in (peaks[then] - before, slope, now - before)]
        return np.column_stack(columns), now


def foresee(history: History, window: Window, ridge: Ridge, elapsed: int) -> dict[str, float]:
    """What each model that can say something foresees, within the growth that is believed."""
    answers = {
        "naive": naive(history),
        "trend": trend(history, window),
        "day": as_before(history, window, MINUTES_A_DAY),
        "week": as_before(history, window, WEEK),
        "ridge": ridge.forecast(history, elapsed),
    }
    now = history.level(history.end, LEVEL)
    return {
        name: min(max(answer, now - _LARGEST), now + _LARGEST)
        for name, answer in answers.items()
        if answer is not None
    }
