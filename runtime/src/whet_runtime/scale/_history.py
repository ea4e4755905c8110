"""Load a minute, on a fixed grid."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.errors import MissingDependency

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy import ndarray

MINUTES_A_DAY = 24 * 60
_STEP_S = 60.0
_DRY = 0.01  # loads below this share of a worker's capacity count as this, for the logarithm


class Window(NamedTuple):
    """The minutes that a forecast is about.

    Args:
        lead: Minutes from now on until it begins.
        hold: Its length in minutes.
    """

    lead: int
    hold: int

    @property
    def reach(self) -> int:
        """Minutes until the window is over."""
        return self.lead + self.hold


def load_numpy() -> Any:
    """The numpy module.

    Raises:
        MissingDependency: It is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency(
            "forecasts",
            "numpy is not installed",
            'Run: pip install "whet-runtime[forecast]", or set ScalerSettings(forecast=None)',
        ) from error
    return np


class History:
    """The logarithms of the load of the last weeks, the mean of each minute.

    With them their running sums, for means of any minutes, and for each window the highest load
    that came in the window seen from each minute. Minutes without a sample take the load of the
    day before, or the last one; a gap longer than a day begins a new history. Samples older than
    the newest minute are passed over.

    Args:
        windows: Those whose peaks are kept.
        unit: Load of one worker at capacity.
        days: Days that are kept.
    """

    def __init__(self, windows: Iterable[Window], unit: float, days: int = 21) -> None:
        np = load_numpy()
        self._np = np
        self._unit = unit
        self._windows = tuple(windows)
        self._room = days * MINUTES_A_DAY
        self.logs: ndarray[Any, Any] = np.zeros(2 * self._room)
        self.sums: ndarray[Any, Any] = np.zeros(2 * self._room + 1)
        self.peaks = {window: np.zeros(2 * self._room) for window in self._windows}
        self.end = 0  # index behind the last complete minute
        self.begin = 0  # index of the oldest minute that is known
        self.minute: int | None = None  # the one that is being collected, since 1970
        self._sum = 0.0
        self._samples = 0

    def __len__(self) -> int:
        """Complete minutes."""
        return self.end - self.begin

    def level(self, at: int, minutes: int) -> float:
        """The mean log load of the minutes before an index."""
        first = max(at - minutes, self.begin)
        return float(self.sums[at] - self.sums[first]) / (at - first)

    def add(self, at_s: float, load: float) -> int:
        """Take in a sample; gives how many minutes it completed."""
        minute = int(at_s // _STEP_S)
        if self.minute is None:
            self.minute = minute
        passed = minute - self.minute
        if passed < 0:
            return 0
        if passed > MINUTES_A_DAY:
            self.begin = self.end = passed = self._samples = 0
            self._sum = 0.0
        if passed:
            self._append(self._log(self._sum / self._samples) if self._samples else self._last())
            for _ in range(passed - 1):
                self._append(self._day_before())
            self._sum, self._samples = 0.0, 0
        self.minute = minute
        self._sum += load
        self._samples += 1
        return passed

    def _log(self, load: float) -> float:
        return log(max(load, _DRY * self._unit))

    def _append(self, value: float) -> None:
        if self.end == len(self.logs):
            self._make_room()
        end = self.end
        self.logs[end] = value
        self.sums[end + 1] = self.sums[end] + value
        self.end = end = end + 1
        for window, peaks in self.peaks.items():
            if len(self) >= window.reach:
                peaks[end - window.reach] = self.logs[end - window.hold : end].max()

    def _make_room(self) -> None:
        kept = self._room
        self.logs[:kept] = self.logs[-kept:]
        self.sums[: kept + 1] = self.sums[-kept - 1 :] - self.sums[-kept - 1]
        for peaks in self.peaks.values():
            peaks[:kept] = peaks[-kept:]
        self.end, self.begin = kept, 0

    def _last(self) -> float:
        return float(self.logs[self.end - 1]) if len(self) else self._log(0.0)

    def _day_before(self) -> float:
        if len(self) >= MINUTES_A_DAY:
            return float(self.logs[self.end - MINUTES_A_DAY])
        return self._last()

    def state(self) -> dict[str, Any]:
        """The loads, as plain values."""
        logs = self.logs[max(self.begin, self.end - self._room) : self.end]
        return {"minute": self.minute, "loads": [float(f"{exp(value):.6g}") for value in logs]}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave; the minute that was being collected begins anew."""
        loads = [float(load) for load in state["loads"]][-self._room :]
        if not self._np.isfinite(loads).all():
            raise ValueError("loads are no finite numbers")
        self.begin = self.end = 0
        self.minute = None if state["minute"] is None else int(state["minute"])
        self._sum, self._samples = 0.0, 0
        for load in loads:
            self._append(self._log(load))
