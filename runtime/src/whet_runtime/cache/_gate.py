"""Whether predictions pay: measured on what came of them, before they may cost anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable


class GateStatistics(NamedTuple):
    """What came of predictions."""

    on: bool
    issued: int  # loads that were started for a prediction
    used: int  # of these, asked for afterwards
    unused: int  # of these, not asked for in time
    shadowed: int  # predictions that were only watched
    precision: float | None  # share of the last predictions that came true; None before any ended


class Gate:
    """Lets predictions through while enough of them come true, and within a budget.

    A prediction is watched from when it is made: asked for within the horizon it came true, else
    not. At first predictions are only watched. They are let through once the measured precision
    is high enough, and stop when it falls; watching goes on, so that they can come back. The
    budget bounds what they may cost even so: every load that callers caused anyway allows
    `budget` loads for predictions that do not come true, and a prediction holds its allowance
    until it came true.

    Args:
        horizon: Accesses within which a prediction has to come true.
        budget: Extra loads for each load that was needed anyway.
        on_from: Precision that opens the gate.
        off_below: Precision that closes it.
        memory: Predictions over which precision is measured.
    """

    def __init__(
        self,
        horizon: int,
        budget: float = 0.05,
        on_from: float = 0.6,
        off_below: float = 0.4,
        memory: int = 100,
    ) -> None:
        self.on = False
        self._horizon = horizon
        self._budget = budget
        self._on_from = on_from
        self._off_below = off_below
        self._weight = 1.0 / memory
        self._learned = memory // 5  # predictions before the first judgment
        self._open: dict[Hashable, tuple[int, bool]] = {}
        self._time = 0
        self._allowance = 2.0
        self._precision = 0.0
        self._ended = self._issued = self._used = self._unused = self._shadowed = 0

    def access(self, key: Hashable, *, loaded: bool) -> None:
        """Notes an access of a caller.

        Args:
            key: What was asked for.
            loaded: Whether it had to be loaded.
        """
        self._time += 1
        if loaded:
            self._allowance = min(self._allowance + self._budget, 200.0)
        watched = self._open.pop(key, None)
        if watched is not None:
            self._end(came_true=True, issued=watched[1])
        while self._open:
            oldest = next(iter(self._open))
            made, issued = self._open[oldest]
            if self._time - made <= self._horizon:
                break
            del self._open[oldest]
            self._end(came_true=False, issued=issued)

    def _end(self, *, came_true: bool, issued: bool) -> None:
        self._ended += 1
        weight = max(self._weight, 1.0 / self._ended)
        self._precision += (came_true - self._precision) * weight
        if issued:
            self._used += came_true
            self._unused += not came_true
            self._allowance += came_true
        if self._ended >= self._learned:
            bar = self._off_below if self.on else self._on_from
            self.on = self._precision >= bar

    def admit(self, key: Hashable, *, free: bool = True) -> bool:
        """Watches a prediction; whether it may be loaded.

        Args:
            key: What was predicted.
            free: Whether loading is allowed otherwise (no pressure, loaders not busy).
        """
        if key in self._open:
            return False
        issue = self.on and free and self._allowance >= 1.0
        self._open[key] = (self._time, issue)
        if issue:
            self._allowance -= 1.0
            self._issued += 1
        else:
            self._shadowed += 1
        return issue

    def statistics(self) -> GateStatistics:
        """The counters."""
        precision = self._precision if self._ended else None
        return GateStatistics(
            self.on, self._issued, self._used, self._unused, self._shadowed, precision
        )
