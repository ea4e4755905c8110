"""The law that watches how long connections are held."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING

from whet_runtime.errors import MisuseError
from whet_runtime.pool._laws import check_bounds

if TYPE_CHECKING:
    from whet_runtime.pool._laws import Sample

_FULL = 0.3  # share of the samples with callers waiting that makes a window count as full
_PROBE, _PROBE_SUSPECT = 0.75, 0.5  # the limit's share at which the base is measured again
_SHORTEST_HOLD_S = 1e-7  # a clock may show none at all, which has no logarithm


class VegasLaw:
    """As many connections as the database works on at once, and a little more.

    With `base` the time that a connection is held when the database is not busy and `held` the
    time now, `limit * base / held` connections would do the same work without queueing inside the
    database (Little's law); the rest of them wait there. TCP Vegas keeps that rest small; the
    step towards it is the one of its descendant FAST TCP, whose convergence is proven:

        limit ← limit + gain * (headroom - limit * (1 - base / held))

    Where callers wait and no queue can be seen, surely in one window or probably in two, it grows
    by three quarters instead: a load step must not wait for a straight line. The limit moves only
    while callers wait.

    The base is the least mean hold time of a long window. As the work may change, it is
    confirmed or replaced by a window at a lower limit once it is older than `probe_s`.

    Sources: L. Brakmo, L. Peterson, "TCP Vegas: End to End Congestion Avoidance on a Global
    Internet", 1995; C. Jin, D. Wei, S. Low, "FAST TCP", 2004.

    Args:
        start: Connections at first.
        floor: Fewest; with two, one caller works while another waits for a lock.
        cap: Most: the server's own bound times the share of this process.
        headroom: Connections that may queue inside the database, above 0.
        gain: Share of the way to the new limit that a window goes, above 0 to 1.
        probe_s: Age at which the base is measured again, while callers wait.
    """

    name = "vegas"
    # Chosen in simulation, over both kinds of load and eight seeds; see benchmarks/pools.py.
    _GROWTH = 0.75

    def __init__(
        self,
        start: int = 10,
        floor: int = 2,
        cap: int = 50,
        *,
        headroom: float = 1.0,
        gain: float = 0.5,
        probe_s: float = 30.0,
    ) -> None:
        check_bounds(floor, start, cap)
        if headroom <= 0 or not 0 < gain <= 1 or probe_s <= 0:
            raise MisuseError(
                f"headroom={headroom}, gain={gain}, probe_s={probe_s}",
                "the law would not settle",
                "Give headroom > 0, 0 < gain ≤ 1 and probe_s > 0",
            )
        self.limit, self.floor, self.cap = start, floor, cap
        self.headroom, self.gain, self.probe_s = headroom, gain, probe_s
        self._exact = float(start)
        self._base: _Base | None = None
        self._window: _Window | None = None
        self._probing = False
        self._no_queue = False  # in the last window

    @property
    def base_s(self) -> float | None:
        """Hold time with an idle database (geometric mean); None before the first window."""
        return None if self._base is None else exp(self._base.mean)

    def observe(self, sample: Sample) -> None:
        """Takes note of a hold time; at the end of a window the limit may change."""
        window = self._window
        if window is None:
            window = self._window = _Window(sample.now_s)
        window.add(sample, self.limit)
        if self._base is not None:
            self._base.add(sample, self.limit)
        if window.is_ripe(sample.now_s):
            self._close(window, sample.now_s)
            self._window = _Window(sample.now_s)

    def _close(self, window: _Window, now_s: float) -> None:
        full = window.share_full > _FULL
        if self._base is None:
            self._base = _Base(window.mean, now_s)
            self._base.is_suspect = full
        base = self._base
        if self._probing:
            self._probing = False
            base.is_suspect = base.probed(window, now_s) == _LOWER  # and may be lower still
        elif base.compare(window, now_s) == _HIGHER and now_s - base.at_s > self.probe_s:
            self._probing = full
        elif base.is_suspect and full:
            self._probing = True
        elif full:
            probably = _share_unqueued(base.mean, window.mean - window.error)
            self._move(probably, surely_none=window.mean - window.error / 2 <= base.mean)
        share = 1.0
        if self._probing:
            most = _PROBE_SUSPECT if base.is_suspect else _PROBE
            share = min(most, _share_unqueued(base.mean, window.mean))
        self.limit = min(self.cap, max(self.floor, round(self._exact * share)))

    def _move(self, unqueued: float, *, surely_none: bool) -> None:
        queued = self._exact * (1 - unqueued)
        no_queue_before, self._no_queue = self._no_queue, queued < self.headroom / 2
        if self._no_queue and (no_queue_before or surely_none):
            step = max(self.gain * self.headroom, self._GROWTH * self._exact)
        else:
            step = self.gain * (self.headroom - queued)
        self._exact = min(float(self.cap), max(float(self.floor), self._exact + step))


def _share_unqueued(base: float, held: float) -> float:
    return exp(min(0.0, base - held))


class _Window:
    """Hold times of the connections that came back since it was opened, as logarithms.

    Where queries share processors, a queue makes each of them longer by the same factor: the mean
    of the logarithms shows it however much the queries differ, and one slow query hides nothing.
    """

    __slots__ = ("_full", "_log", "_log_squared", "opened_s", "samples")

    _LEAST, _SHORTEST_S, _LONGEST_S = 20, 0.1, 2.0
    _ERROR = 0.08  # known to 8 %: some 250 times where they are exponential

    def __init__(self, opened_s: float) -> None:
        self.opened_s = opened_s
        self.samples = self._full = 0
        self._log = self._log_squared = 0.0

    def add(self, sample: Sample, limit: int) -> None:
        logarithm = log(max(sample.held_s, _SHORTEST_HOLD_S))
        self.samples += 1
        self._full += sample.waiting > 0 or sample.in_use >= limit
        self._log += logarithm
        self._log_squared += logarithm**2

    @property
    def mean(self) -> float:
        return self._log / self.samples

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        spread = self._log_squared / self.samples - self.mean**2
        return sqrt(max(spread, 0.0) / self.samples)

    @property
    def share_full(self) -> float:
        return self._full / self.samples

    def is_ripe(self, now_s: float) -> bool:
        """Whether it says enough, or has waited long enough with the least that says anything."""
        age_s = now_s - self.opened_s
        if self.samples < self._LEAST or age_s < self._SHORTEST_S:
            return False
        return age_s >= self._LONGEST_S or self.error <= self._ERROR


_LOWER, _SAME, _HIGHER = -1, 0, 1


class _Base:
    """The hold time without a queue, as a logarithm, from the first window on.

    The least of many short windows would be too low by luck alone: long ones, known to 4 %,
    replace it. Short windows change it only where they differ by two standard errors.
    """

    _ERROR, _LEAST = 0.04, 400

    def __init__(self, mean: float, now_s: float) -> None:
        self.mean = mean
        self.at_s = now_s  # when it was last seen to hold
        self.is_suspect = False  # measured while callers waited: perhaps a queue is in it
        self._is_guess = True
        self._long = _Window(now_s)

    def add(self, sample: Sample, limit: int) -> None:
        long = self._long
        long.add(sample, limit)
        if long.samples >= self._LEAST and long.error <= self._ERROR:
            if long.mean < self.mean or (self._is_guess and long.share_full < _FULL):
                self.mean, self._is_guess = long.mean, False
            self._long = _Window(sample.now_s)

    def compare(self, window: _Window, now_s: float) -> int:
        """How a window differs from it; a lower one replaces it, an equal one confirms it."""
        if window.mean - 2 * window.error > self.mean:
            return _HIGHER
        self.at_s = now_s
        if window.mean + 2 * window.error >= self.mean:
            return _SAME
        self.mean, self._is_guess = window.mean + window.error, True
        return _LOWER

    def probed(self, window: _Window, now_s: float) -> int:
        """`compare` for a window at a lower limit: a higher time there is the work, no queue."""
        answer = self.compare(window, now_s)
        if answer == _HIGHER:
            self.mean, self.at_s, self._is_guess = window.mean - window.error, now_s, True
        return answer
