"""Whether forecasts pay: what the reactive floor alone would have done, beside what they do."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

_PREVENTED = 0.25  # share of the minutes over capacity that forecasts must prevent to stay on
_DAY_S = 86400.0


class _Fleet:
    """Workers as they would be: those that are ordered are ready after the start-up time."""

    def __init__(self, startup_s: float) -> None:
        self._startup_s = startup_s
        self._ordered: deque[tuple[float, int]] = deque()
        self.ready: int | None = None  # until the first order, which is the present state

    def order(self, at_s: float, workers: int) -> None:
        """Want a number of workers; fewer leave at once."""
        if self.ready is None:
            self.ready = workers
        ordered = self.ready + sum(count for _, count in self._ordered)
        if workers > ordered:
            self._ordered.append((at_s + self._startup_s, workers - ordered))
        while workers < ordered and self._ordered:
            due_s, count = self._ordered.pop()
            gone = min(count, ordered - workers)
            ordered -= gone
            if count > gone:
                self._ordered.append((due_s, count - gone))
        self.ready = min(self.ready, workers)

    def lacks(self, at_s: float, load: float, capacity: float) -> bool:
        """Whether a load is more than the workers that are ready at a moment can do."""
        if self.ready is None:
            return False
        while self._ordered and self._ordered[0][0] <= at_s:
            self.ready += self._ordered.popleft()[1]
        return load > self.ready * capacity


class Payoff(NamedTuple):
    """The last days with and without forecasts, in samples.

    Args:
        samples: Looks at the load.
        short_without: Looks at which the load was above what the reactive floor alone had ready.
        short_with: The same with forecasts always on.
    """

    samples: int
    short_without: int
    short_with: int


class PayoffGate:
    """Lets forecasts count while they prevent shortages that the reactive floor alone has.

    Both ways are played through on the load that came. Forecasts begin to count with the first
    shortage that the floor would have had, so that a load on which the floor is enough never costs
    more than the floor; they stop when in the last days there was none, or when they prevent too
    few of them.
    """

    def __init__(self, startup_s: float, window_days: float) -> None:
        self._window_s = window_days * _DAY_S
        self._without = _Fleet(startup_s)
        self._with = _Fleet(startup_s)
        self._short: deque[tuple[float, bool, bool]] = deque()
        self._samples: deque[float] = deque()
        self._short_without = 0
        self._short_with = 0

    def observe(self, at_s: float, load: float, capacity: float) -> None:
        """Play the load that came on both fleets."""
        without = self._without.lacks(at_s, load, capacity)
        with_ = self._with.lacks(at_s, load, capacity)
        self._samples.append(at_s)
        if without or with_:
            self._short.append((at_s, without, with_))
            self._short_without += without
            self._short_with += with_
        horizon_s = at_s - self._window_s
        while self._samples and self._samples[0] < horizon_s:
            self._samples.popleft()
        while self._short and self._short[0][0] < horizon_s:
            _, without, with_ = self._short.popleft()
            self._short_without -= without
            self._short_with -= with_

    def order(self, at_s: float, floor: int, foreseen: int) -> None:
        """What the floor alone wants, and what it wants together with forecasts."""
        self._without.order(at_s, floor)
        self._with.order(at_s, max(floor, foreseen))

    @property
    def pays(self) -> bool:
        """Whether forecasts count now."""
        if not self._short_without:
            return False
        return self._short_with <= (1.0 - _PREVENTED) * self._short_without

    def payoff(self) -> Payoff:
        """The evidence."""
        return Payoff(len(self._samples), self._short_without, self._short_with)

    def state(self) -> dict[str, Any]:
        """The evidence, as plain values."""
        return {"short": [list(entry) for entry in self._short]}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self._short = deque((float(at), bool(a), bool(b)) for at, a, b in state["short"])
        self._short_without = sum(entry[1] for entry in self._short)
        self._short_with = sum(entry[2] for entry in self._short)
