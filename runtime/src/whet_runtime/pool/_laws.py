"""Laws of how many connections may be lent at once: numbers in, a number out.

A law is told of each connection that comes back and says how many may be out. It holds no lock,
starts no thread and reads no clock: the time comes with the sample.

| law | looks at | where it fails |
| --- | --- | --- |
| `VegasLaw` | how much longer connections are held than with an idle database | - |
| `StepLaw` | how many of the connections are lent | feeds the collapse of a busy database |
| `FixedLaw` | nothing | the right number differs fivefold between loads |
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import NamedTuple, Protocol

from whet_runtime.errors import MisuseError


class Sample(NamedTuple):
    """A connection that came back.

    Args:
        now_s: The moment, on any clock that never goes back.
        held_s: How long it was lent.
        in_use: Connections lent at that moment, this one included.
        waiting: Callers in the queue.
    """

    now_s: float
    held_s: float
    in_use: int
    waiting: int


class Law(Protocol):
    """A rule for the number of connections that may be lent at once."""

    name: str
    limit: int
    cap: int

    def observe(self, sample: Sample) -> None:
        """Takes note of a connection that came back; may change `limit`."""
        ...


class FixedLaw:
    """Always the same number of connections."""

    name = "fixed"

    def __init__(self, limit: int) -> None:
        check_bounds(limit, limit, limit)
        self.limit = self.cap = limit

    def observe(self, sample: Sample) -> None:
        """Does nothing."""


class StepLaw:
    """Five more when four fifths are in use, two fewer when three tenths are: the plain rule.

    The mean use of the last 100 samples decides, ten at least; each change starts anew. Selectable
    for comparison: where the database is the bottleneck, more connections make it slower, which
    keeps them all in use, which makes the rule add more.

    Args:
        start: Connections at first.
        floor: Fewest.
        cap: Most.
        every_s: Least time between two samples; 0 takes each connection that comes back.
    """

    name = "steps"
    _UP, _DOWN, _MORE, _FEWER, _SAMPLES, _LEAST = 0.8, 0.3, 5, 2, 100, 10

    def __init__(
        self, start: int = 10, floor: int = 10, cap: int = 50, every_s: float = 0.5
    ) -> None:
        check_bounds(floor, start, cap)
        self.limit, self.floor, self.cap, self.every_s = start, floor, cap, every_s
        self._uses: deque[float] = deque(maxlen=self._SAMPLES)
        self._sampled_at = -inf

    def observe(self, sample: Sample) -> None:
        """Takes note of the share in use; changes the limit by one step at most."""
        if sample.now_s - self._sampled_at < self.every_s:
            return
        self._sampled_at = sample.now_s
        self._uses.append(sample.in_use / self.limit)
        if len(self._uses) < self._LEAST:
            return
        mean = sum(self._uses) / len(self._uses)
        step = self._MORE if mean > self._UP else -self._FEWER if mean < self._DOWN else 0
        if step:
            self.limit = min(self.cap, max(self.floor, self.limit + step))
            self._uses.clear()


def check_bounds(floor: int, start: int, cap: int) -> None:
    """Refuses numbers of connections that do not rise."""
    if not 1 <= floor <= start <= cap:
        raise MisuseError(
            f"floor={floor}, start={start}, cap={cap}",
            "the numbers of connections must rise from at least 1",
            "Give 1 ≤ floor ≤ start ≤ cap",
        )
